"""Plain words of a sender about notices, and ordinary sentences that only begin like a command about one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case, Notice, NoticeState
from tests.harness import Talk, rooms, texts


async def send(talk: Talk, room: str | None = None) -> None:
    await talk.say("t1", room, "通知 全镇 回执 停水")
    await talk.say("t1", room, "确认")


async def states(talk: Talk) -> list[str]:
    return [one.state for one in await talk.rows(select(Notice).order_by(Notice.id))]


async def test_a_bare_recall_means_what_was_just_sent(talk: Talk) -> None:
    await send(talk)
    await talk.wait(seconds=40)
    assert "【通知 N1】正在收回 3 条" in texts(await talk.say("t1", None, "撤回"), "@t1")[0]
    assert await states(talk) == [NoticeState.RECALLED]


async def test_later_or_with_two_it_does_not(talk: Talk) -> None:
    await send(talk)
    await talk.wait(minutes=11)
    assert "现在没有" in texts(await talk.say("t1", None, "撤回"), "@t1")[0]
    for words in ("收卫生费", "周二体检"):
        await talk.say("t1", None, f"通知 全镇 {words}")
        await talk.say("t1", None, "确认")
    await talk.wait(minutes=1)
    (line,) = texts(await talk.say("t1", None, "撤回"), "@t1")
    assert "撤回哪条" in line and "N3、N2" in line
    assert await states(talk) == [NoticeState.SENT] * 3


async def test_a_correction_and_receipts_of_what_was_sent_lately(talk: Talk) -> None:
    await send(talk)
    await talk.wait(hours=1)
    assert "回执 0 人" in texts(await talk.say("t1", None, "回执"), "@t1")[0]
    assert "（原通知 N1）" in texts(await talk.say("t1", None, "更正 停水改到大后天"), "@t1")[0]


@pytest.mark.parametrize("words", ["撤回刚才的通知", "发错了，撤回", "快撤回", "停止通知", "停止发送", "请撤回那条"])
async def test_which_one_is_asked_in_one_line(talk: Talk, words: str) -> None:
    await send(talk)
    await talk.wait(minutes=1)
    (line,) = texts(await talk.say("t1", None, words), "@t1")
    assert "哪条" in line and "N1" in line
    assert await states(talk) == [NoticeState.SENT]


@pytest.mark.parametrize("words", ["发通知 明天停水", "我想给本格发通知", "帮我发个通知，明天停水", "怎么发通知"])
async def test_how_a_notice_is_written_is_shown(talk: Talk, words: str) -> None:
    (line,) = texts(await talk.say("w1", None, words), "@w1")
    assert line.startswith("请这样写：通知")
    assert await talk.rows(select(Case)) == []


@pytest.mark.parametrize(
    "words",
    [
        "发通知 全镇 明天停水",
        "群发 全镇 明天停水",
        "帮我通知全镇明天停水",
        "通知一下全镇，明天停水",
        "全镇通知：明天停水",
        "给全镇发通知，明天停水",
        "通知 全体居民 明天停水",
        "通知 柳河镇居民：明天停水",
    ],
)
async def test_however_it_is_said_the_notice_is_shown(talk: Talk, words: str) -> None:
    (line,) = texts(await talk.say("t1", None, words), "@t1")
    assert line.startswith("通知 N1 预览：发到柳河镇 3 个群") and "\n明天停水\n" in line
    assert await talk.rows(select(Case)) == []


async def test_a_planned_one_too(talk: Talk) -> None:
    (line,) = texts(await talk.say("t1", None, "定时通知 全镇 明早8点停水"), "@t1")
    assert "定时 2026-11-22 08:00 发" in line and "\n停水\n" in line
    assert "没看懂什么时候发" in texts(await talk.say("t1", None, "定时通知 全镇 停水"), "@t1")[0]


async def test_other_words_with_a_number_end_it_too_or_say_what_does(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 定时明早8点 停水")
    await talk.say("t1", None, "确认")
    assert "先发“停止 N1”" in texts(await talk.say("t1", None, "修改 N1 改成停电"), "@t1")[0]
    assert "只有" in texts(await talk.say("a2", None, "取消 N1"), "@a2")[0]
    assert "作废了" in texts(await talk.say("t1", None, "取消通知 N1"), "@t1")[0]
    assert await states(talk) == [NoticeState.DROPPED]
    await send(talk)
    await talk.wait(minutes=1)
    assert "发“更正 N2 …”" in texts(await talk.say("t1", None, "修改 n2 停电"), "@t1")[0]
    assert "停不了了" in texts(await talk.say("t1", None, "别发 N2 了"), "@t1")[0]
    assert await talk.rows(select(Case)) == []


async def test_how_far_it_has_got_may_be_asked_in_plain_words(talk: Talk) -> None:
    assert "【通知" not in "".join(texts(await talk.say("t1", None, "发到哪了"), "@t1"))
    await send(talk)
    await talk.wait(minutes=1)
    for words in ("发到哪了？", "通知发完了吗", "哪些群没收到", "N1 发完了吗", "看看N1发到哪了"):
        assert "【通知 N1】柳河镇｜已发" in texts(await talk.say("t1", None, words), "@t1")[0]
    assert "只有发起人" in texts(await talk.say("a2", None, "N1 发到哪了"), "@a2")[0]
    for words in ("收到多少人了", "有几个人回了？", "N1 多少人回了"):
        assert "【通知 N1】回执 0 人" in texts(await talk.say("t1", None, words), "@t1")[0]


async def test_a_nod_that_is_no_sure_yes_is_told_that_nothing_has_gone_out(talk: Talk) -> None:
    assert "N1" not in "".join(texts(await talk.say("t1", None, "没问题"), "@t1"))
    await talk.say("t1", None, "通知 全镇 停水")
    for words in ("没问题", "👌", "1", "收到", "看过了，就这样"):
        said = await talk.say("t1", None, words)
        assert rooms(said) == {"@t1"} and "【通知 N1】还没有发" in texts(said, "@t1")[0], words
    assert await states(talk) == [NoticeState.DRAFT]


@pytest.mark.parametrize("words", ["重发 N1", "再发一遍", "帮我重新发一次通知", "转发 N1 柳树村"])
async def test_nothing_goes_out_twice_and_that_is_said(talk: Talk, words: str) -> None:
    await send(talk)
    await talk.wait(minutes=1)
    (line,) = texts(await talk.say("t1", None, words), "@t1")
    assert "请重新写“通知 …”" in line
    assert await states(talk) == [NoticeState.SENT]


async def test_of_a_search_it_is_said_what_ends_it(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸72岁，今早从柳树巷走丢了，穿灰夹克")
    for word in ("撤回", "停止"):
        (line,) = texts(await talk.say("t1", None, f"{word} M1"), "@t1")
        assert "“误报 M1”" in line and "N5" not in line


async def test_what_has_no_audience_is_not_taken_for_a_notice(talk: Talk) -> None:
    assert "请这样写：通知" in texts(await talk.say("t1", None, "停水通知：明早停水，请接水"), "@t1")[0]
    assert "通知 N" not in "".join(texts(await talk.say("t1", None, "帮我通知电工来修3栋的路灯"), "@t1"))
    for words in ("通知 全体居民：明天停水", "通知 居民 明天停水"):
        assert rooms(await talk.say("w1", "g1", words)) == set()
    assert await talk.rows(select(Notice)) == []


async def test_what_only_begins_so_is_still_read(talk: Talk) -> None:
    for words in ("停止供水三天了，3栋水管爆了没人修", "发通知说今天来水，3栋水管还是爆的，麻烦来人修"):
        assert "请这样写" not in "".join(texts(await talk.say("w1", None, words), "@w1"))


ORDINARY = [
    "停止 5 小时",
    "停止 7 天",
    "撤回 6 条",
    "停止！",
    "撤回",
    "马上发",
    "待发",
    "模板 我发群里了，大家照着填",
    "收回 上次的通知单",
    "授权 书发通知了吗",
    "更正 12号停水改到13号",
    "回执 4 都交齐了",
    "通知 居民小组 明天开会",
    "通知 二组 明天开会",
    f"通知：{'、'.join(f'王{one}强' for one in '一二三四五六七八九十百千万东西南北中春夏秋冬')}，明天来领物资",
]


async def test_ordinary_words_in_a_group_are_left_alone(talk: Talk) -> None:
    for number in range(7):
        await talk.say("t1", None, f"通知 全镇 第{number}次停水")
        await talk.say("t1", None, f"确认 N{number + 1}")
    await talk.wait(minutes=20)
    for words in ORDINARY:
        assert "g3" not in rooms(await talk.say("a2", "g3", words)), words
        await talk.wait(minutes=10)
    assert set(await states(talk)) == {NoticeState.SENT}


async def test_a_quote_in_a_group_needs_no_number(talk: Talk) -> None:
    await send(talk, "s1")
    await talk.wait(minutes=20)
    assert "回执 0 人" in texts(await talk.say("t1", "s1", "回执", quote="N1.1"), "s1")[0]
    assert "（原通知 N1）" in "".join(texts(await talk.say("t1", "s1", "更正 停水改到后天", quote="N1.1"), "s1"))


async def test_a_correction_may_ask_for_receipts(talk: Talk) -> None:
    await send(talk)
    assert "要回执" in texts(await talk.say("t1", None, "更正 N1 改到后天，收到请回复"), "@t1")[0]
    assert "@t1" in rooms(await talk.say("t1", None, "确认 N2"))


@pytest.mark.parametrize(("person", "area"), [("w1", "柳树一格"), ("a1", "柳树村"), ("t1", "柳河镇"), ("d1", "清江区")])
async def test_what_is_shown_as_an_example_is_the_senders_own_area(talk: Talk, person: str, area: str) -> None:
    for words in ("帮我发个通知", f"通知 {area}"):
        assert f"请这样写：通知 {area} " in texts(await talk.say(person, None, words), f"@{person}")[0]


async def test_a_receipt_may_be_asked_for_at_the_end(talk: Talk) -> None:
    said = texts(await talk.say("t1", None, "通知 全镇 下午三点开会 回执"), "@t1")[0]
    assert "要回执" in said and "下午三点开会\n" in said
