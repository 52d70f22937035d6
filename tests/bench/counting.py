"""How long 统计 of a district for a month takes over a million cases, beside counting the rows of the table."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select, text

from handlers.figures import counting
from handlers.periods import month
from handlers.ports import Outside, Rules
from handlers.turn import Speaker, Turn, Where
from handlers.understanding.learned import learned
from storage.areas import Area, Chat
from storage.engine import Database
from storage.matters import Case, CaseState
from storage.people import Contact, Held, Role

LAID = Case.__table__  # type: ignore[attr-defined]
MONTHS = 24
AT_ONCE = 20_000
NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
PERIOD = month(NOW.date().replace(day=1))
STATES = (CaseState.CLOSED,) * 6 + (CaseState.CONFIRMED,) * 8 + (CaseState.REPORTED, CaseState.MISREAD)


@dataclass(frozen=True, slots=True)
class Counting:
    """Milliseconds, medians: the whole answer to 统计 本月 for the district, and `count(*)` of its table."""

    answer: float
    bare: float
    stored: int
    within: int


def measure(url: str | None, stored: int, repetitions: int, towns: int = 20) -> Counting:
    """In turns on one database: a file of its own, or the one named."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Database(url or f"sqlite:///{folder}/bench.db"), stored, repetitions, towns))


async def _measure(database: Database, stored: int, repetitions: int, towns: int) -> Counting:
    await database.open()
    await _fill(database, stored, towns)
    pairs = []
    async with database.read() as session:
        turn = _turn(session)
        for _ in range(repetitions + 1):
            answer, words = await _timed(counting.figures_of(turn, PERIOD, "", ""))
            bare, counted = await _timed(session.scalar(select(func.count()).select_from(Case)))
            pairs.append((answer, bare))
    await database.close()
    within = next(line for line in words.splitlines() if line.startswith("收到"))
    assert counted == stored and "办结率" in words, "not everything was counted"
    answer, bare = (statistics.median(one) for one in zip(*pairs[1:], strict=True))  # the first one warms up
    return Counting(answer, bare, stored, int(within.split()[1]))


def _turn(session: Any) -> Turn:
    held = Held(1, Role.ADMIN, 1, "/1/", 0)
    return Turn(session, NOW, Outside(Rules()), Where(1), Speaker(1, "区长", (held,)))


async def _timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    result = await work
    return (time.perf_counter() - began) * 1000, result


async def _fill(database: Database, stored: int, towns: int) -> None:
    """A district of towns with ten villages of fifteen grids each; cases of this month in them, and of 23 before it."""
    areas = list(_areas(towns))
    grids = [one["id"] for one in areas if one["level"] == 3]
    rng, categories = random.Random(1), list(learned().categories.labels)
    async with database.connect() as connection:
        await connection.execute(insert(Contact), [{"id": 1, "name": "区长"}])
        await connection.execute(insert(Area), areas)
        await connection.execute(insert(Chat), [{"id": 1, "contact_id": 1}])
        month_ = [_case(n * MONTHS / stored, grids, categories, rng) for n in range(stored // MONTHS)]
        for first in range(0, len(month_), AT_ONCE):
            await connection.execute(insert(Case), month_[first : first + AT_ONCE])
        for back in range(1, MONTHS):
            await connection.execute(_copied(NOW - timedelta(days=30 * back)))
        await connection.execute(_copied(NOW - timedelta(days=700), stored - stored // MONTHS * MONTHS))
        await connection.execute(text("ANALYZE"))


def _copied(at: datetime, rest: int | None = None) -> Any:
    """The first month's cases once more, long ago; or as many of them as are missing."""
    times = {"created_at": at, "done_at": at, "due_at": at}
    names = [one.name for one in LAID.columns if one.name != "id"]
    values = [literal(times[name], LAID.c[name].type) if name in times else LAID.c[name] for name in names]
    first = select(*values).where(LAID.c.created_at > NOW - timedelta(days=29)).order_by(LAID.c.id)
    return insert(Case).from_select(names, first if rest is None else first.limit(rest))


def _areas(towns: int) -> Iterator[dict[str, Any]]:
    number = 0

    def made(level: int, above: dict[str, Any] | None) -> dict[str, Any]:
        nonlocal number
        number += 1
        path = f"{above['path'] if above else '/'}{number}/"
        parent = above["id"] if above else None
        return {"id": number, "code": f"A{number}", "name": f"第{number}", "level": level, "parent_id": parent,
                "path": path}  # fmt: skip

    district = made(0, None)
    yield district
    for _ in range(towns):
        town = made(1, district)
        yield town
        for _ in range(10):
            village = made(2, town)
            yield village
            yield from (made(3, village) for _ in range(15))


def _case(share: float, grids: list[int], categories: list[str], rng: random.Random) -> dict[str, Any]:
    at = NOW - timedelta(days=27.1) * (1 - share)
    state = rng.choice(STATES)
    done = at + timedelta(hours=20) if state in (CaseState.CLOSED, CaseState.CONFIRMED) else None
    return {
        "kind": "request",
        "category": rng.choice(categories),
        "state": state,
        "area_id": rng.choice(grids),
        "chat_id": 1,
        "reporter_id": 1,
        "text": "楼道里的灯坏了好几天了，晚上黑得看不见，麻烦派人来修一下",
        "quiet": rng.random() < 0.05,
        "created_at": at,
        "updated_at": at,
        "taken_at": done,
        "done_at": done,
        "ended_at": done,
        "due_at": at + timedelta(hours=72),
        "answered_late": None if done is None else rng.random() < 0.1,
        "satisfied": rng.choice((True, True, False, None)) if done else None,
        "reopened": int(rng.random() < 0.05),
    }
