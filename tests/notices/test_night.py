"""A notice in quiet hours (21:00 to 08:00): it waits for the morning where everybody can see it, and need not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.pacing import PaceRules
from storage.matters import Notice, NoticeState
from tests.harness import NOON, Talk, rooms, texts

EVERYWHERE = {"g1", "g2", "g3", "@t1"}


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Talk]:
    """Half past six in the morning."""
    made = await Talk(tmp_path, start=NOON + timedelta(hours=18, minutes=30)).open()
    yield made
    await made.close()


async def ask(talk: Talk, words: str) -> str:
    said = await talk.say("t1", None, words)
    assert rooms(said) == {"@t1"}, said
    return texts(said, "@t1")[0]


async def test_what_waits_for_the_morning_says_so_everywhere(night: Talk) -> None:
    await ask(night, "通知 全镇 停水")
    assert "等到 11-22 08:00 发 3 个群" in await ask(night, "确认 N1")
    assert "11-22 08:00 柳河镇｜停水" in await ask(night, "待发")
    assert "等到 11-22 08:00 发\n" in await ask(night, "查 N1")
    assert "已经确认，等到 11-22 08:00 发" in await ask(night, "确认 N1")
    said = await night.wait(hours=2)
    assert rooms(said) == EVERYWHERE
    assert "没有等着" in await ask(night, "待发")


async def test_a_burst_pipe_goes_out_at_night_after_one_more_word(night: Talk) -> None:
    await ask(night, "通知 全镇 爆管停水")
    await ask(night, "确认 N1")
    asked = await ask(night, "马上发 N1")
    assert "现在是安静时段（到 11-22 08:00），马上发会吵到人：发到 3 个群" in asked and "爆管停水" in asked
    said = await night.say("t1", None, "确认")
    assert rooms(said) == EVERYWHERE
    assert "正在发 3 个群" in texts(said, "@t1")[0]
    assert "已经发过了" in await ask(night, "确认 N1")
    assert "已经发过了" in await ask(night, "马上发 N1")
    assert rooms(await night.wait(minutes=2)) == {"@t1"}
    assert await night.wait(hours=3) == []


async def test_what_a_dismissed_sender_left_for_the_morning_is_not_sent(night: Talk) -> None:
    await night.say("a1", None, "通知 全村 停水")
    await night.say("a1", None, "确认 N1")
    said = await night.say("t1", None, "免去 钱村长 管理员 柳树村")
    assert "还没发完的通知 N1 停了" in texts(said, "@t1")[0]
    assert not await night.wait(hours=3)


@pytest.mark.parametrize("before", ["通知 全镇 爆管", "通知 全镇 定时明早9点 爆管"])
async def test_a_draft_and_a_plan_too(night: Talk, before: str) -> None:
    await ask(night, before)
    assert "马上发会吵到人" in await ask(night, "马上发 N1")
    assert rooms(await night.say("t1", None, "确认 N1")) == EVERYWHERE
    assert rooms(await night.wait(hours=3)) == {"@t1"}


async def test_no_leaves_it_for_the_morning(night: Talk) -> None:
    await ask(night, "通知 全镇 停水")
    await ask(night, "确认")
    await ask(night, "马上发 N1")
    assert "现在不发" in await ask(night, "不是")
    assert "已经确认，等到 11-22 08:00 发" in await ask(night, "确认 N1")
    assert rooms(await night.wait(hours=2)) == EVERYWHERE


async def test_asked_at_night_and_answered_in_the_morning_hurries_nothing(night: Talk) -> None:
    await ask(night, "通知 全镇 定时明早9点 停水")
    await ask(night, "确认")
    await night.wait(hours=1, minutes=15)
    await ask(night, "马上发 N1")
    await night.wait(minutes=20)
    assert rooms(await night.say("t1", None, "确认 N1")) == EVERYWHERE
    assert rooms(await night.wait(hours=2)) == {"@t1"}


async def test_stopped_it_waits_for_no_answer(night: Talk) -> None:
    await ask(night, "通知 全镇 停水")
    await ask(night, "确认")
    await ask(night, "马上发 N1")
    assert "撤下 3 个群" in await ask(night, "停止 N1")
    assert await night.say("t1", None, "确认 N1")
    assert {one.state for one in await night.rows(select(Notice))} == {NoticeState.STOPPED}
    assert await night.wait(hours=3) == []


async def test_others_may_not_wake_the_town(night: Talk) -> None:
    await ask(night, "通知 全镇 停水")
    await ask(night, "确认")
    assert "只有发起人" in texts(await night.say("w1", None, "马上发 N1"), "@w1")[0]
    await ask(night, "马上发 N1")
    assert rooms(await night.say("w1", None, "确认 N1")) == {"@w1"}


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Talk]:
    """The small town on a paced account, at ten to nine in the evening."""
    made = Talk(tmp_path, start=NOON + timedelta(hours=8, minutes=50))
    rules = PaceRules(routine_gap=(500.0, 500.0), urgent_gap=(5.0, 5.0), slow_start_days=0)
    await made.open(pace=rules)
    yield made
    await made.close()


async def test_the_rest_of_one_that_ran_into_the_night_is_hurried_behind_an_alert(slow: Talk) -> None:
    await slow.say("t1", None, "通知 全镇 爆管停水")
    await slow.say("t1", None, "确认")
    await slow.wait(minutes=15)
    assert "等到 11-22 08:00 发\n送达 1 个群，等待 2 个" in texts(await slow.say("t1", None, "查 N1"), "@t1")[0]
    assert "发到 2 个群" in texts(await slow.say("t1", None, "马上发 N1"), "@t1")[0]
    await slow.say("t1", None, "确认 N1")
    await slow.say("w1", None, "寻人 我爸72岁早上9点从柳树巷出去没回来，灰夹克")
    await slow.wait(minutes=2)
    order = [one.text[:5] for one in slow.outputs if one.room in ("g1", "g2", "g3") and not one.image]
    assert order[-1] == "【通知 N" and order.count("【通知 N") == 3 and "【寻人 M" in order, order


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        ("通知 全镇 今早7点到10点停水，提前接水", "今早7点"),
        ("通知 全镇 各位邻居：今天上午7:30在广场集合", "今天上午7:30"),
        ("通知 全镇 定时明早9点 明早8点半停电", "明早8点半"),
        ("通知 全镇 今早9点停水", ""),
        ("通知 全镇 昨晚7点停的水来了", ""),
        ("通知 全镇 今天停水", ""),
        ("通知 全镇 定时明早8点 明早9点停电", ""),
    ],
)
async def test_what_goes_out_after_that_of_which_it_tells_is_pointed_out(night: Talk, words: str, passed: str) -> None:
    shown = await ask(night, words)
    assert (f"正文里的“{passed}”已经过了。要早发，回“马上发 N1”" in shown) is bool(passed)
    assert ("已经过了" in shown) is bool(passed)
