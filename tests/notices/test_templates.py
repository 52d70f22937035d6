"""模板: kept by admins for their area, used by everybody below."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Notice, NoticeTemplate
from tests.harness import Talk, texts


async def told(talk: Talk, person: str, text: str) -> str:
    return texts(await talk.say(person, None, text), f"@{person}")[0]


async def body(talk: Talk, person: str, text: str) -> str:
    preview = await told(talk, person, text)
    assert "预览" in preview, preview
    return (await talk.rows(select(Notice).order_by(Notice.id.desc())))[0].text


async def test_saved_listed_used_changed_deleted(talk: Talk) -> None:
    assert "还没有模板" in await told(talk, "w1", "模板")
    assert "存好了" in await told(talk, "t1", "模板 保存 停水 ____停水，____恢复，收到请回复")
    assert "停水（柳河镇）" in await told(talk, "w1", "模板")
    assert "____停水" in await told(talk, "w1", "模板 停水")
    assert await body(talk, "w1", "通知 本格 模板 停水 明早6点 10点左右") == "明早6点停水，10点左右恢复，收到请回复"
    assert await body(talk, "t1", "通知 全镇 定时明早9点 模板停水 今晚 明早") == "今晚停水，明早恢复，收到请回复"
    notice = (await talk.rows(select(Notice).order_by(Notice.id.desc())))[0]
    assert notice.receipt and notice.plan_at is not None
    assert "改好了" in await told(talk, "t1", "模板 保存 停水 停水了")
    assert await body(talk, "w1", "通知 本格 模板 停水 明早6点") == "停水了\n明早6点"
    assert "删了" in await told(talk, "t1", "模板 删除 停水")
    assert await talk.rows(select(NoticeTemplate)) == []


async def test_the_nearer_of_two_is_used_and_others_are_not_seen(talk: Talk) -> None:
    await told(talk, "t1", "模板 保存 停水 镇里停水")
    await told(talk, "a1", "模板 保存 停水 村里停水")
    assert await body(talk, "w1", "通知 本格 模板 停水") == "村里停水"
    assert await body(talk, "w3", "通知 本格 模板 停水") == "镇里停水"
    assert "没有叫“停水”" in await told(talk, "w4", "通知 本格 模板 停水")


@pytest.mark.parametrize(
    ("person", "text", "answer"),
    [
        ("w1", "模板 保存 停水 停水了", "由管理员保存"),
        ("w1", "模板 删除 停水", "由管理员保存"),
        ("r1", "模板", "只有"),
        ("t1", "模板 删除 停气", "没有叫“停气”"),
        ("t1", "模板 停气", "没有叫“停气”"),
        ("t1", f"模板 保存 {'长' * 13} 停水", "最多 12 字"),
        ("t1", f"模板 保存 停水 {'水' * 2001}", "最多 12 字"),
        ("t1", "模板 保存 停水", "请这样写：模板 保存"),
        ("t1", "模板 保存 ____ ____", "请这样写：模板 保存"),
        ("t1", "通知 全镇 模板", "用哪个模板？有：停电"),
        ("t1", "通知 全镇 模板 停气", "没有叫“停气”的模板，没有发"),
        ("t1", "通知 全镇 模板 停电 明早", "有 2 个空，只填了 1 个"),
    ],
)
async def test_one_line_for_what_cannot_be(talk: Talk, person: str, text: str, answer: str) -> None:
    await talk.say("t1", None, "模板 保存 停电 __停电__")
    assert answer in await told(talk, person, text)
    assert await talk.rows(select(Notice)) == []


async def test_a_trade_is_no_template(talk: Talk) -> None:
    assert await body(talk, "t1", "通知 全镇 模板工招聘，有意请联系") == "模板工招聘，有意请联系"
