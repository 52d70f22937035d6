"""Rooms that rest, quiet hours, new accounts, and what a rate error leaves behind."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from bot.checking import findings
from bot.config import Config
from bot.gateways.protocol import RateLimited
from bot.machine import make_pacer
from bot.pacing import DAY, HOUR, Pacer, PaceRules, Standing
from handlers.quiet_hours import QuietHours
from storage.outbox import Priority, Send
from storage.people import Account
from tests.courier.test_outcomes import REPAIR, Faults
from tests.harness import NOON, Talk, rooms, texts

EVEN = PaceRules(routine_gap=(10.0, 10.0), slow_start_days=0, room_gap=0.0)
NIGHT = QuietHours("21:00", "08:00", ZoneInfo("Asia/Shanghai"))
EVENING = NOON + timedelta(hours=8, minutes=59)
MORNING = NOON + timedelta(hours=20)


def pacer(rules: PaceRules | None = EVEN, quiet: QuietHours | None = NIGHT, **standing: object) -> Pacer:
    return Pacer(rules, random.Random(0), standing=Standing(**standing), quiet=quiet)  # type: ignore[arg-type]


def sent_in(paced: Pacer, span: timedelta, start: datetime = NOON) -> int:
    """How many routine posts go within a span."""
    now, count = start, 0
    while (now := paced.free_at(Priority.NOTICE, now)) < start + span:
        paced.note(Priority.NOTICE, now)
        count += 1
    return count


def test_what_is_routine_waits_for_the_morning() -> None:
    paced = pacer()
    for moment in (EVENING + timedelta(minutes=1), EVENING + timedelta(hours=5)):
        assert paced.free_at(Priority.NOTICE, moment) == MORNING
        assert paced.free_at(Priority.URGENT, moment) == moment
        assert paced.free_at(Priority.REPLY, moment) == moment
    assert paced.free_at(Priority.NOTICE, EVENING) == EVENING


def test_a_gap_that_ends_in_the_quiet_hours_ends_with_them() -> None:
    paced = pacer(PaceRules(routine_gap=(90.0, 90.0)))
    paced.note(Priority.NOTICE, EVENING)
    assert paced.free_at(Priority.NOTICE, EVENING) == MORNING


def test_an_unpaced_account_keeps_the_quiet_hours() -> None:
    assert pacer(None).free_at(Priority.NOTICE, EVENING + HOUR) == MORNING


def test_no_quiet_hours_where_both_ends_are_the_same() -> None:
    paced = pacer(quiet=QuietHours("08:00", "08:00", NIGHT.zone))
    assert paced.free_at(Priority.NOTICE, EVENING + HOUR) == EVENING + HOUR


@pytest.mark.parametrize(("day", "share"), [(0, 0.25), (1, 0.325), (5, 0.625), (9, 0.925), (10, 1.0), (400, 1.0)])
def test_a_new_account_sends_more_every_day(day: int, share: float) -> None:
    rules = EVEN.model_copy(update={"slow_start_days": 10, "slow_start_share": 0.25})
    paced = pacer(rules, None, started_at=NOON - day * DAY)
    assert sent_in(paced, HOUR) == int(150 * share)
    assert sent_in(pacer(rules, None, started_at=NOON - day * DAY), DAY) == int(400 * share)


def test_a_new_account_is_as_fast_as_any_where_it_is_urgent() -> None:
    paced = pacer(PaceRules(urgent_gap=(1.0, 1.0)))
    paced.note(Priority.URGENT, NOON)
    assert paced.free_at(Priority.URGENT, NOON) == NOON + timedelta(seconds=1)
    assert paced.standing.started_at == NOON


def test_the_first_send_is_the_first_day() -> None:
    paced = pacer()
    paced.note(Priority.REPLY, NOON)
    paced.note(Priority.REPLY, NOON + DAY)
    assert paced.standing.started_at == NOON


def test_a_rate_error_halves_and_clean_hours_give_it_back_in_steps() -> None:
    rules = EVEN.model_copy(update={"pause_minutes": 10, "recover_hours": 3})
    paced = pacer(rules, None)
    paced.pause(NOON)
    again = NOON + timedelta(minutes=10)
    for priority in Priority:
        assert paced.free_at(priority, NOON) == again
    rates = [paced.standing.rate_at(again + timedelta(hours=hours), rules) for hours in (0, 2.9, 3, 6, 9, 12, 99)]
    assert rates == [0.5, 0.5, 0.625, 0.75, 0.875, 1.0, 1.0]
    assert paced.standing.whole_at(rules) == again + timedelta(hours=12)
    assert sent_in(paced, HOUR, again) == 75


def test_rate_errors_add_up_but_never_stop_an_account() -> None:
    paced, rates = pacer(), []
    for minute in range(5):
        paced.pause(NOON + timedelta(minutes=minute))
        rates.append(paced.standing.rate)
    assert rates == [0.5, 0.25, 0.125, 0.125, 0.125]
    assert sent_in(paced, DAY + HOUR) > 0


def test_a_late_rate_error_halves_what_had_come_back() -> None:
    paced = pacer()
    paced.pause(NOON)
    paced.pause(NOON + timedelta(hours=7))
    assert paced.standing.rate == 0.375


def test_the_budgets_count_urgent_sends_and_never_hold_them() -> None:
    earlier = [Send(NOON - timedelta(hours=2) + timedelta(seconds=one), Priority.URGENT) for one in range(400)]
    paced = Pacer(EVEN, random.Random(0), earlier, standing=Standing(started_at=NOON))
    assert paced.free_at(Priority.URGENT, NOON) == NOON
    assert paced.free_at(Priority.NOTICE, NOON) == earlier[0].at + DAY


def test_a_room_rests_from_other_posts_only() -> None:
    paced = pacer(EVEN.model_copy(update={"room_gap": 60.0}))
    paced.note(Priority.NOTICE, NOON, 7, 1)
    paced.note(Priority.URGENT, NOON, 8, 2)
    paced.note(Priority.NOTICE, NOON, None, 3)
    assert [(one.chat_id, one.post_id) for one in paced.resting(NOON + timedelta(seconds=59))] == [(7, 1)]
    assert paced.resting(NOON + timedelta(seconds=60)) == []


async def test_two_notices_reach_a_room_a_minute_apart(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    await talk.open(pace=PaceRules(routine_gap=(5.0, 5.0), room_gap=60.0))
    said = []
    for text in ("明天停水", "后天停电"):
        said += await talk.say("t1", None, f"通知 全镇 {text}")
        said += await talk.say("t1", None, "确认")
    said += await talk.wait(minutes=5)
    for room in ("g1", "g2", "g3"):
        first, second = [one.at for one in said if one.room == room]
        assert timedelta(seconds=60) <= second - first < timedelta(seconds=80)
    await talk.close()


async def test_a_long_notice_is_not_held_between_its_parts(tmp_path: Path) -> None:
    talk = Talk(tmp_path)
    await talk.open(pace=PaceRules(routine_gap=(1.0, 1.0), room_gap=3600.0))
    await talk.say("w1", None, "通知 本格 " + "请把楼道里的东西搬走。" * 170)
    said = await talk.say("w1", None, "确认")
    said += await talk.wait(minutes=1)
    assert len(texts(said, "g1")) > 1
    await talk.close()


async def test_a_notice_begun_in_the_evening_stops_for_the_night(tmp_path: Path) -> None:
    talk = Talk(tmp_path, start=EVENING + timedelta(seconds=40))
    await talk.open(pace=PaceRules(routine_gap=(12.0, 12.0)))
    preview = await talk.say("t1", None, "通知 全镇 明天停水")
    assert "约 11 小时" in preview[0].text
    said = await talk.say("t1", None, "确认")
    said += await talk.wait(hours=10)
    assert len(rooms(said) & {"g1", "g2", "g3"}) in (1, 2)
    said = await talk.wait(hours=2)
    assert said[0].at >= MORNING
    assert "送达 3 个群" in texts(said, "@t1")[0]
    await talk.close()


async def test_an_answer_to_the_one_who_just_wrote_goes_at_night(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, start=EVENING + HOUR).open()
    await talk.say("r1", "g1", REPAIR)
    said = await talk.say("w1", None, "接单 1")
    assert "g1" in rooms(said)
    await talk.close()


async def test_what_a_rate_error_left_survives_a_restart(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rules = PaceRules()
    machine = talk.replay.machine
    machine.courier._pacer = Pacer(rules, random.Random(0))
    Faults(talk).plan("g1", RateLimited("too fast"))
    await talk.say("r1", "g1", REPAIR)
    again = await make_pacer(talk.database, machine.account_id, rules, random.Random(0), talk.now)
    (account,) = await talk.rows(select(Account))
    assert account.rate == again.standing.rate == 0.5
    assert again.free_at(Priority.URGENT, talk.now) == account.paused_until > talk.now
    assert again.standing.started_at == account.started_at is not None
    async with talk.database.write() as session:
        await session.execute(update(Account).values(paused_until=datetime.now(UTC) + timedelta(hours=1)))
    lines = await findings(Config(), talk.database)
    assert any(line.startswith("速度：") and "50%" in line for line in lines)


async def test_a_room_still_rests_after_a_restart(talk: Talk) -> None:
    await talk.say("w1", None, "通知 本格 明天停水")
    await talk.say("w1", None, "确认")
    again = await make_pacer(talk.database, talk.replay.machine.account_id, PaceRules(), random.Random(0), talk.now)
    assert len(again.resting(talk.now)) == 1
