"""What a preview says is right within a fifth: the real courier on a virtual clock, against what was foretold."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.forecast import Forecast
from bot.machine import make_pacer
from bot.pacing import Pacer, PaceRules
from bot.simulation import Result, Setup, VirtualLoop, simulate
from handlers.estimating import duration
from handlers.ports import Load
from handlers.quiet_hours import QuietHours
from storage.outbox import Priority, Queued, Send
from storage.people import Account
from tests.harness import NOON, Talk

SLACK = 12.0
"""Seconds by which the dice may differ, however few sends there are."""


def play(**wanted: Any) -> Result:
    """One simulated fan-out."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(simulate(Setup(**wanted)))


def close(told: float, real: float) -> bool:
    """Within a fifth of what it really took."""
    return abs(told - real) <= real / 5 + SLACK


@pytest.mark.parametrize(
    "wanted",
    [
        {"groups": 1, "alert": False},
        {"groups": 6, "alert": False},
        {"groups": 40, "alert": False},
        {"groups": 160, "alert": False},  # more than an hour's budget
        {"groups": 320, "alert": False, "accounts": 3},
        {"groups": 450, "alert": False},  # more than a day's, and a night
        {"groups": 60, "alert": False, "start": "20:52"},  # runs into the quiet hours
        {"groups": 60, "alert": False, "start": "23:00"},
        {"groups": 60, "alert": False, "start": "07:30"},
        {"groups": 130, "alert": False, "new": True},  # a new account: 37 an hour, 100 a day
        {"groups": 80, "alert": False, "accounts": 4, "new": True},
        {"groups": 1},
        {"groups": 6},
        {"groups": 160},
        {"groups": 300, "accounts": 4, "start": "23:30"},  # an alert waits for no morning
        {"groups": 160, "new": True},
        {"groups": 160, "delay": 0.9},
        {"groups": 90, "alert": False, "pace": PaceRules(routine_gap=(1.0, 60.0), routine_hour=50)},
        {"groups": 90, "pace": PaceRules(urgent_gap=(0.0, 1.0), urgent_minute=12)},
    ],
    ids=str,
)
def test_a_fan_out_alone(wanted: dict[str, Any]) -> None:
    for seed in (1, 2) if wanted["groups"] < 50 else (1,):
        result = play(**wanted, seed=seed)
        assert result.whole is not None
        assert close(result.expected, result.whole), (result.expected, result.whole)


class Foretold:
    """Remembers what was foretold: the latest end over the accounts, for the post that was asked about last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = NOON
        whole = Forecast.finish

        def finish(forecast: Forecast, load: Load, now: datetime) -> datetime:
            self.at = whole(forecast, load, now)
            return self.at

        monkeypatch.setattr(Forecast, "finish", finish)


async def town(folder: Path, pace: PaceRules, start: datetime, **columns: Any) -> Talk:
    """The small town, its account's row changed first."""
    talk = Talk(folder, start=start)
    await talk.open(pace=pace)
    machine = talk.replay.machine
    async with talk.database.write() as session:
        await session.execute(update(Account).values(**{"rate": 1.0, **columns}))
    machine.courier._pacer = await make_pacer(
        talk.database, machine.account_id, pace, random.Random(0), start, QuietHours.of(talk.rules)
    )
    machine.outside.pace._rules = pace  # type: ignore[attr-defined]  # a replay knows no new accounts
    return talk


async def last_arrival(talk: Talk, words: str) -> datetime:
    """When the last group gets these words, however long that takes."""
    for _ in range(24):
        await talk.wait(minutes=20)
        times = [one.at for one in talk.outputs if words in one.text and one.room.startswith("g")]
        if len(times) == 3:
            return max(times)
    raise AssertionError("never whole")


EVEN = PaceRules(routine_gap=(10.0, 10.0), slow_start_days=0)


@pytest.mark.parametrize(
    ("rules", "before", "columns"),
    [
        (EVEN, 0, {}),
        (EVEN, 1, {}),
        (EVEN, 3, {}),
        (EVEN.model_copy(update={"room_gap": 900.0}), 2, {}),
        (EVEN.model_copy(update={"routine_hour": 4}), 2, {}),
        (EVEN, 2, {"rate": 0.125, "paused_until": NOON + timedelta(minutes=30)}),
        (EVEN.model_copy(update={"routine_hour": 16, "slow_start_days": 14}), 1, {"started_at": NOON}),
    ],
)
async def test_with_all_that_waits_before_it(
    tmp_path: Path, rules: PaceRules, before: int, columns: dict[str, Any]
) -> None:
    """Other notices are queued, rooms rest, the account is new or was too fast: with even gaps it is exact."""
    talk = await town(tmp_path, rules, NOON, **columns)
    with pytest.MonkeyPatch.context() as patch:
        foretold = Foretold(patch)
        for number in range(before + 1):
            await talk.say("t1", None, f"通知 全镇 第{number}件事，请大家留意")
            await talk.say("t1", None, f"确认 N{number + 1}")
    real = await last_arrival(talk, f"第{before}件事")
    await talk.close()
    assert close((foretold.at - NOON).total_seconds(), (real - NOON).total_seconds()), (foretold.at, real)


@pytest.mark.parametrize("seconds", [30, 44, 75, 149, 150, 200, 3000, 5399, 5400, 6200, 20_000, 36_000, 170_000, 1e6])
def test_what_is_said_is_rounded_by_less_than_a_fifth(seconds: float) -> None:
    words = duration(seconds)
    number, unit = words.removeprefix("约 ").split()
    assert float(number) * {"秒": 1, "分钟": 60, "小时": 3600, "天": 86400}[unit] == pytest.approx(seconds, rel=0.2)


def loads() -> list[Load]:
    """What an account may have before it: other posts, other urgencies, something planned, a rate error."""

    def parts(post: int, priority: int, rooms: range, due: datetime = NOON, first: int = 0) -> list[Queued]:
        return [Queued(priority, 0, n, first + n, room, post, due, True) for n, room in enumerate(rooms)]

    own = parts(9, Priority.NOTICE, range(300), first=5000)
    alert = parts(1, Priority.URGENT, range(200))
    planned = parts(2, Priority.URGENT, range(200), NOON + timedelta(hours=3))
    before = parts(3, Priority.NOTICE, range(300), first=1000)
    replies = [part._replace(in_room=False) for part in parts(4, Priority.REPLY, range(900, 960), first=2000)]
    few = [Queued(Priority.NOTICE, 0, n, 3000 + n, 1 + n % 2, 20 + n, NOON, True) for n in range(40)]
    sent = [Send(NOON - timedelta(seconds=20 * n), Priority.NOTICE, n, 8) for n in reversed(range(100))]
    old = NOON - timedelta(days=99)
    return [
        Load(9, 1.0, None, old, [], own),
        Load(9, 1.0, None, NOON, sent, [*own, *alert]),
        Load(9, 0.25, NOON + timedelta(minutes=10), old, sent, [*own, *planned, *before, *replies]),
        Load(9, 1.0, None, old, [], [*own[:3], *few]),
        Load(1, 0.125, NOON + timedelta(minutes=10), old, sent, [*alert, *replies]),
    ]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(
    "rules", [PaceRules(), PaceRules(urgent_gap=(0.0, 1.0), urgent_minute=12, room_gap=300.0)], ids=["usual", "odd"]
)
def test_parts_taken_together_go_when_they_would_one_by_one(number: int, rules: PaceRules) -> None:
    load, quiet = loads()[number], QuietHours.of(Talk(Path()).rules)
    together = Forecast(rules, quiet).finish(load, NOON) - NOON
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.forecast._Line._together", lambda *_: [])
        single = Forecast(rules, quiet).finish(load, NOON) - NOON
    assert together.total_seconds() == pytest.approx(single.total_seconds(), rel=0.05)


def test_a_whole_district_is_asked_for_its_limits_only_where_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """3,170 rooms cost a quarter of a second inside the write transaction when every part asked anew."""
    asked, limits = [], Pacer._limits

    def counted(pacer: Pacer, priority: int, now: datetime) -> Any:
        asked.append(now)
        return limits(pacer, priority, now)

    monkeypatch.setattr(Pacer, "_limits", counted)
    parts = [Queued(Priority.NOTICE, 0, n, n, n, 1, NOON, True) for n in range(3170)]
    Forecast(PaceRules(), QuietHours.of(Talk(Path()).rules)).finish(Load(1, 1.0, None, NOON, [], parts), NOON)
    assert len(asked) < 200
