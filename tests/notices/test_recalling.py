"""更正 N5 and 撤回 N5: who had the first words hears the second, and what can be taken back is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.gateways.protocol import Refused, Unknown
from bot.pacing import PaceRules
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from tests.alerts.town import breaking
from tests.harness import Talk, rooms, texts

TOLD = "【通知 N1】柳河镇：\n停水"
CORRECTED = "【通知 N2】柳河镇：\n更正：停电，不停水\n（原通知 N1）"
BACK = "（已撤回）"


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Talk]:
    """The small town on an account that sends a routine message every minute and a half."""
    made = Talk(tmp_path)
    await made.open(pace=PaceRules(routine_gap=(90.0, 90.0)))
    yield made
    await made.close()


def got(talk: Talk, text: str) -> set[str]:
    return {one.room for one in talk.outputs if one.text == text}


async def send(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    await talk.say("t1", None, "确认 N1")


async def test_a_correction_goes_where_the_notice_went(talk: Talk) -> None:
    await talk.say("w2", "g2", "模式 静默")
    await send(talk)
    await talk.say("w2", "g2", "模式 正式")
    (preview,) = texts(await talk.say("t1", None, "更正 N1 停电，不停水"), "@t1")
    assert "发到柳河镇 2 个群" in preview and "（原通知 N1）" in preview
    assert not got(talk, CORRECTED)
    await talk.say("t1", None, "确认")
    assert got(talk, CORRECTED) == {"g1", "g3"}


async def test_who_perhaps_had_it_is_told_and_who_had_not_is_not(talk: Talk) -> None:
    breaking(talk, "g1", Unknown)
    await send(talk)
    talk.replay.gateway.send_text = type(talk.replay.gateway).send_text.__get__(talk.replay.gateway)  # type: ignore[method-assign]
    await talk.say("t1", None, "通知 北关社区 检修")
    breaking(talk, "g3", Refused)
    await talk.say("t1", None, "确认 N2")
    await talk.say("t1", None, "更正 N1 停电，不停水")
    chats = (
        select(Delivery)
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == "N3", Post.sort == Sort.NOTICE)
    )
    await talk.say("t1", None, "确认 N3")
    assert len(await talk.rows(chats)) == 3
    said = await talk.say("t1", None, "更正 N2 检修完了")
    assert "没有群收到过 N2" in texts(said, "@t1")[0]


async def test_who_still_waits_hears_both_in_order(slow: Talk) -> None:
    await send(slow)
    await slow.say("t1", None, "更正 N1 停电，不停水")
    await slow.say("t1", None, "确认 N2")
    await slow.wait(minutes=30)
    order = [(one.room, one.text) for one in slow.outputs if one.text in (TOLD, CORRECTED)]
    assert got(slow, TOLD) == got(slow, CORRECTED) == {"g1", "g2", "g3"}
    assert all(order.index((room, TOLD)) < order.index((room, CORRECTED)) for room in ("g1", "g2", "g3"))


@pytest.mark.parametrize(
    ("before", "answer"),
    [("通知 全镇 停水", "没有发出，不用更正"), ("通知 全镇 明早8点 停水", "没有发出，不用更正")],
)
async def test_what_never_went_out_needs_no_correction(talk: Talk, before: str, answer: str) -> None:
    await talk.say("t1", None, before)
    assert answer in texts(await talk.say("t1", None, "更正 N1 停电"), "@t1")[0]
    assert "没有 N9" in texts(await talk.say("t1", None, "更正 N9 停电"), "@t1")[0]


async def test_others_neither_correct_nor_recall(talk: Talk) -> None:
    await send(talk)
    for words in ("更正 N1 停电", "撤回 N1"):
        assert "只有发起人" in texts(await talk.say("w1", None, words), "@w1")[0]
        assert "只有" in texts(await talk.say("r1", None, words), "@r1")[0]
    assert not got(talk, BACK)


async def test_within_two_minutes_all_is_taken_back(talk: Talk) -> None:
    await send(talk)
    said = await talk.say("t1", None, "撤回 N1")
    assert "正在收回 3 条" in texts(said, "@t1")[0]
    assert got(talk, BACK) == {"g1", "g2", "g3"}
    (told,) = texts(await talk.wait(minutes=5), "@t1")
    assert "收回 3 个群。" in told and "更正" not in told
    assert "没有群收到过" in texts(await talk.say("t1", None, "更正 N1 停电"), "@t1")[0]
    assert "不用再撤" in texts(await talk.say("t1", None, "撤回 N1"), "@t1")[0]
    assert "撤回 3 个" in texts(await talk.say("t1", None, "查 N1"), "@t1")[0]


async def test_later_only_what_is_fresh_is(slow: Talk) -> None:
    await send(slow)  # 90, 180 and 270 s after the answer to it
    await slow.wait(seconds=250)
    said = await slow.say("t1", None, "撤回 N1")
    assert "撤下 1 个群没有发，正在收回 1 条" in texts(said, "@t1")[0]
    (told,) = texts(await slow.wait(minutes=10), "@t1")
    assert "收回 1 个群，撤下 1 个群没有发。还有 1 个群收不回（发出超过两分钟，或平台没让收回）" in told
    assert len(got(slow, BACK)) == len(got(slow, TOLD)) == 1
    await slow.say("t1", None, "更正 N1 停电，不停水")
    await slow.say("t1", None, "确认 N2")
    await slow.wait(minutes=10)
    assert got(slow, CORRECTED) == got(slow, TOLD)


async def test_a_stop_names_the_groups_that_did_not_get_it(slow: Talk) -> None:
    breaking(slow, "g1", Refused)
    await send(slow)
    await slow.wait(seconds=100)
    (stopped,) = (text for text in texts(await slow.say("t1", None, "停止 N1"), "@t1") if "停了" in text)
    assert "没收到的：" in stopped and "已发出 0 个群" in stopped


async def test_a_gateway_that_refuses_is_believed(talk: Talk) -> None:
    async def recall(to: object, message_id: str) -> None:
        raise Refused("too late")

    await send(talk)
    talk.replay.gateway.recall = recall  # type: ignore[method-assign]
    await talk.say("t1", None, "撤回 N1")
    (told,) = texts(await talk.wait(minutes=10), "@t1")
    assert "撤下" not in told
    assert "收回 0 个群" in told and "还有 3 个群收不回" in told
    parts = select(DeliveryPart).where(col(DeliveryPart.state) == PartState.CANCELLED)
    assert await talk.rows(parts) == []


async def test_a_draft_and_a_plan_are_dropped(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    assert "作废" in texts(await talk.say("t1", None, "撤回 N1"), "@t1")[0]
    await talk.say("t1", None, "通知 全镇 明早8点 停水")
    await talk.say("t1", None, "确认 N2")
    assert "作废" in texts(await talk.say("t1", None, "撤回 N2"), "@t1")[0]
    assert rooms(await talk.wait(days=1)) == set()
    assert {one.state for one in await talk.rows(select(Notice))} == {NoticeState.DROPPED}
