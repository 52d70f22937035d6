"""通知 that go at a time: what is read as one, when it goes, and what may come between. It is noon, 21 November."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.matters import Notice, NoticeState
from tests.harness import Talk, rooms, texts


async def notice(talk: Talk) -> Notice:
    return (await talk.rows(select(Notice).order_by(Notice.id.desc())))[0]


@pytest.mark.parametrize(
    ("words", "at", "text"),
    [
        ("明早8点 停水", "11-22 08:00", "停水"),
        ("明早8点：停水", "11-22 08:00", "停水"),
        ("明早8点\n停水", "11-22 08:00", "停水"),
        ("定时明早8点 停水", "11-22 08:00", "停水"),
        ("定时 明早8点，停水", "11-22 08:00", "停水"),
        ("明早8点发 停水", "11-22 08:00", "停水"),
        ("明早8点发：停水", "11-22 08:00", "停水"),
        ("今晚8点 停水", "11-21 20:00", "停水"),
        ("周五下午3点 停水", "11-27 15:00", "停水"),
        ("12月1日9:30 停水", "12-01 09:30", "停水"),
        ("定时下午3点 停水", "11-21 15:00", "停水"),
        ("定时半小时后 停水", "11-21 12:30", "停水"),
        ("半小时后发 停水", "11-21 12:30", "停水"),
        ("定时明早 停水", "11-22 08:00", "停水"),
        ("明早8点 明早9点停水", "11-22 08:00", "明早9点停水"),
        ("回执 明早8点 停水", "11-22 08:00", "停水"),
        ("明早8点 回执 停水", "11-22 08:00", "停水"),
        ("停水，明早9点来水，定时明早8点", "11-22 08:00", "停水，明早9点来水"),
        ("停水 定时明早8点发。", "11-22 08:00", "停水"),
    ],
)
async def test_a_time_of_sending(talk: Talk, words: str, at: str, text: str) -> None:
    (preview,) = texts(await talk.say("t1", None, f"通知 全镇 {words}"), "@t1")
    assert f"定时 2026-{at} 发" in preview
    assert (await notice(talk)).text == text


@pytest.mark.parametrize(
    "words",
    [
        "明早6点到10点停水",
        "明早6点 到10点停水",
        "明早6点-10点 停水",
        "明早8点停水",
        "明早8点，全镇停水",
        "明早8点前 把车移走",
        "明早 停水",
        "下午3点 村委会开会",
        "2小时后 停水",
        "8点 开会",
        "今早8点 捡到钥匙一串",
        "昨天下午3点 捡到钥匙一串",
        "今晚10点 停水",
        "明早6点 停水",
        "明天8点 10点停水",
        "明天8点 以后停水",
        "明天8点 准时开会",
        "定时供水通知：每天两次",
        "除夕 放假",
        "药要按时吃，定时8点和20点各一次",
        "大家领鸡蛋，明早8点发",
    ],
)
async def test_a_time_that_is_part_of_the_words(talk: Talk, words: str) -> None:
    (preview,) = texts(await talk.say("t1", None, f"通知 全镇 {words}"), "@t1")
    assert "定时 2026" not in preview
    assert (await notice(talk)).text == words
    assert (await notice(talk)).plan_at is None


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("定时今早8点 停水", "已经过了"),
        ("昨天8点发 停水", "已经过了"),
        ("定时2030年1月1日8点 停水", "超过一年"),
        ("定时明天 停水", "几点发"),
        ("定时 停水", "没看懂什么时候发"),
        ("定时2月30日8点 停水", "没看懂什么时候发"),
        ("定时25点 停水", "没看懂什么时候发"),
        ("定时9点到10点 停水", "没看懂什么时候发"),
        ("定时每周一9点 停水", "没看懂什么时候发"),
        ("定时月底9点 停水", "没看懂什么时候发"),
        ("定时0830 停水", "没看懂什么时候发"),
        ("定时一年后 停水", "没看懂什么时候发"),
        ("停水，定时春节", "没看懂什么时候发"),
        ("停水 定时明天", "几点发"),
        ("定时明早8点", "没有正文"),
    ],
)
async def test_one_line_for_a_plan_that_cannot_be(talk: Talk, words: str, answer: str) -> None:
    said = await talk.say("t1", None, f"通知 全镇 {words}")
    assert rooms(said) == {"@t1"}
    assert answer in texts(said, "@t1")[0]
    assert await talk.rows(select(Notice)) == []


async def test_after_midnight_it_is_said_which_morning_it_is(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, start=datetime(2026, 11, 20, 16, 30, tzinfo=UTC)).open()
    said = texts(await talk.say("t1", None, "通知 全镇 定时明早8点 停水"), "@t1")[0]
    assert "定时 2026-11-22 08:00 发" in said and "现在是 11-21 凌晨，定的是 11-22" in said
    assert "凌晨" not in texts(await talk.say("t1", None, "通知 全镇 定时今天08:00 停水"), "@t1")[0]
    await talk.close()


async def test_it_goes_at_its_time_and_not_before(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 明早9点 停水")
    said = await talk.say("t1", None, "确认")
    assert rooms(said) == {"@t1"}
    assert "2026-11-22 09:00 发" in texts(said, "@t1")[0]
    assert rooms(await talk.wait(hours=20)) == set()
    said = await talk.wait(hours=2)
    assert texts(said, "g1") == ["【通知 N1】柳河镇：\n停水"]
    started, whole = texts(said, "@t1")
    assert "正在发 3 个群" in started and "送达 3 个群" in whole
    assert await talk.wait(days=2) == []


async def test_the_list_and_stopping(talk: Talk) -> None:
    assert "没有等着" in texts(await talk.say("t1", None, "待发"), "@t1")[0]
    await talk.say("t1", None, "通知 全镇 明早9点 停水")
    await talk.say("t1", None, "确认")
    for words in ("待发", "通知 待发", "通知待发"):
        (listed,) = texts(await talk.say("t1", None, words), "@t1")
        assert "【通知 N1】11-22 09:00 柳河镇｜停水" in listed
    assert "没有等着" in texts(await talk.say("w3", None, "待发"), "@w3")[0]
    assert "定在 2026-11-22 09:00 发" in texts(await talk.say("t1", None, "查 N1"), "@t1")[0]
    assert "只有发起人" in texts(await talk.say("w1", None, "停止 N1"), "@w1")[0]
    assert "作废" in texts(await talk.say("t1", None, "停止 N1"), "@t1")[0]
    assert (await notice(talk)).state == NoticeState.DROPPED
    assert await talk.wait(days=2) == []


async def test_what_was_no_time_of_sending_goes_at_once_with_it(talk: Talk) -> None:
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 明早8点 在村委会开会"), "@t1")
    assert "“明早8点”读作发送的时间" in preview and "马上发 N1" in preview
    said = await talk.say("t1", None, "马上发 N1")
    assert texts(said, "g1") == ["【通知 N1】柳河镇：\n明早8点 在村委会开会"]
    assert (await notice(talk)).state == NoticeState.SENT


async def test_a_guessed_time_is_text_again_after_the_plan_too(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 明早9点 停水")
    await talk.say("t1", None, "确认")
    assert texts(await talk.say("t1", None, "马上发 N1"), "g1") == ["【通知 N1】柳河镇：\n明早9点 停水"]


async def test_a_planned_one_is_sent_at_once(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 定时明早9点 停水")
    await talk.say("t1", None, "确认")
    said = await talk.say("t1", None, "马上发 N1")
    assert texts(said, "g1") == ["【通知 N1】柳河镇：\n停水"]
    after = await talk.wait(days=2)
    assert rooms(after) == {"@t1"}
    assert "已经发过" in texts(await talk.say("t1", None, "马上发 N1"), "@t1")[0]


async def test_into_the_quiet_hours_is_said(talk: Talk) -> None:
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 定时今晚10点 停水"), "@t1")
    assert "定时 2026-11-21 22:00 发（周六，那时是安静时段，到 11-22 08:00 才发）" in preview
    await talk.say("t1", None, "确认")
    assert "g1" not in rooms(await talk.wait(hours=19))
    assert texts(await talk.wait(hours=2), "g1") == ["【通知 N1】柳河镇：\n停水"]


async def test_a_sender_who_left_office_sends_nothing(talk: Talk) -> None:
    await talk.say("a1", None, "通知 全村 明早9点 停水")
    await talk.say("a1", None, "确认")
    said = await talk.say("t1", None, "免去 钱村长 管理员 柳树村")
    assert all("通知 N1 停了" in texts(said, who)[0] for who in ("@t1", "@a1"))
    assert not await talk.wait(days=1)


async def test_missed_by_hours_it_is_asked_about_again(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 明早9点 停水")
    await talk.say("t1", None, "确认")
    talk.now = talk.replay.clock.moment = talk.now.replace(hour=6, day=23)  # nobody was there
    said = await talk.wait(seconds=1)
    assert rooms(said) == {"@t1"}
    assert "当时我不在线，没有发" in texts(said, "@t1")[0]
    said = await talk.say("t1", None, "确认 N1")
    assert "再看一遍" in texts(said, "@t1")[0]
    assert "“明早9点”读作发送的时间" in texts(said, "@t1")[0]
    assert "g1" in rooms(await talk.say("t1", None, "确认 N1"))


async def test_confirmed_after_its_time_it_does_not_go(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 定时10分钟后 停水")
    await talk.wait(minutes=15)
    said = await talk.say("t1", None, "确认")
    assert rooms(said) == {"@t1"}
    assert "已经过了，没有发" in texts(said, "@t1")[0]
    assert "g1" in rooms(await talk.say("t1", None, "马上发 N1"))


async def test_a_late_message_means_the_day_on_which_it_was_said(talk: Talk) -> None:
    await talk.wait(hours=24)
    said = await talk.say("t1", None, "通知 全镇 明天9点 停水", at=talk.now.replace(day=21, hour=4))
    assert "2026-11-22 09:00 已经过了" in texts(said, "@t1")[0]
