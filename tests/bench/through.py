"""Messages a second through the npm gateway: our bot, and a bare echo bot on `wechaty`."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from handlers.ports import load_event
from tests.bench import ours
from tests.bench.burst import RESIDENTS, WORKERS, Burst, make_burst
from tests.gateways.wechaty_world import Control, Process, control_of, gateway_process

ROOT = Path(__file__).parents[2]
LONGEST = 60.0
"""Seconds after which a run that has not ended counts as broken."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second, medians over the repetitions; `answers` of `count` messages were answered."""

    ours: float
    echo: float
    ratio: float
    count: int
    answers: int


def measure(count: int, rooms: int, repetitions: int) -> Rates:
    """Both bots in turns, each in a process of its own, on one gateway process."""
    burst = make_burst(count, rooms)
    with gateway_process(rooms, RESIDENTS + WORKERS) as process:
        pairs = [asyncio.run(_patient_pair(process, burst)) for _ in range(repetitions)]
    mine, theirs, answers = zip(*pairs, strict=True)
    ratio = statistics.median(one / other for one, other in zip(mine, theirs, strict=True))
    return Rates(statistics.median(mine), statistics.median(theirs), ratio, count, round(statistics.median(answers)))


async def _patient_pair(process: Process, burst: Burst) -> tuple[float, float, int]:
    """One pair; another one if it breaks, as the echo sometimes loses a message and then waits for ever."""
    try:
        return await _pair(process, burst)
    except TimeoutError:
        return await _pair(process, burst)


async def _pair(process: Process, burst: Burst) -> tuple[float, float, int]:
    """Messages a second of ours and of the echo, and how many messages each sent."""
    with tempfile.TemporaryDirectory() as folder:
        async with control_of(process) as control, asyncio.timeout(2 * LONGEST):
            mine, answers = await _ours(process, control, burst, Path(folder) / "bench.db")
            plan = Path(folder) / "plan.json"
            theirs = await _echo(process, control, burst, plan, answers)
    return mine, theirs, sum(answers.values())


async def _ours(process: Process, control: Control, burst: Burst, database: Path) -> tuple[float, dict[str, int]]:
    """Messages a second until all are done in the database and sent; what was answered how often."""
    await control("reset")
    url = f"sqlite:///{database}"
    await ours.prepare(url, process)
    async with bot_process("tests.bench.ours", url, process.endpoint) as bot:
        await line(bot, "ready")
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as look:
            await control("burst", messages=burst.warm)
            await _settled(look, len(burst.warm))
            before = _sent(look)
            await control("burst", messages=burst.measured)
            await _settled(look, len(burst.warm) + len(burst.measured))
            done = await control("sentAfter", count=_sent(look) - before)
            return len(burst.measured) / done["seconds"], _answers(look, len(burst.measured))


async def _echo(process: Process, control: Control, burst: Burst, plan: Path, answers: dict[str, int]) -> float:
    """Messages a second until all are heard, and the same ones answered."""
    await control("reset")
    tell = [len(burst.warm), len(burst.warm) + len(burst.measured)]
    _write(plan, {"answers": answers, "tell": tell})
    async with bot_process("tests.bench.echo", str(plan), process.endpoint) as bot:
        await line(bot, "ready")
        await control("burst", messages=burst.warm)
        await line(bot, "heard")
        await control("burst", messages=burst.measured)
        await line(bot, "heard")
        done = await control("sentAfter", count=sum(answers.values()))
        return len(burst.measured) / done["seconds"]


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


async def _settled(look: sqlite3.Connection, count: int) -> None:
    """Wait until `count` events are stored, all are done, and nothing that may go waits to be sent."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        stored, fresh = look.execute(
            "SELECT COUNT(*), COALESCE(SUM(state = 'new'), 0) FROM inboxevent WHERE kind = 'message'"
        ).fetchone()
        if stored >= count and not fresh and not _waiting(look):
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{stored} of {count} messages stored, {fresh} of them not handled")


def _waiting(look: sqlite3.Connection) -> int:
    query = (
        "SELECT COUNT(*) FROM deliverypart WHERE state = 'sending' OR "
        "state = 'queued' AND tries = 0 AND due_at <= strftime('%Y-%m-%d %H:%M:%f', 'now')"
    )
    count: int = look.execute(query).fetchone()[0]
    return count


def _sent(look: sqlite3.Connection) -> int:
    count: int = look.execute("SELECT COUNT(*) FROM deliverypart WHERE state = 'sent'").fetchone()[0]
    return count


def _answers(look: sqlite3.Connection, count: int) -> dict[str, int]:
    """How many messages were sent because of each of the last `count`, by "<room id> <text>"."""
    rows = look.execute(
        "SELECT inboxevent.payload FROM deliverypart JOIN delivery ON delivery.id = deliverypart.delivery_id "
        "JOIN post ON post.id = delivery.post_id JOIN inboxevent ON inboxevent.id = post.inbox_id "
        "WHERE deliverypart.state = 'sent' AND inboxevent.id IN "
        "(SELECT id FROM inboxevent WHERE kind = 'message' ORDER BY id DESC LIMIT ?)",
        (count,),
    )
    events = [load_event(payload) for (payload,) in rows]
    return Counter(f"{event.room} {event.text}" for event in events)


@asynccontextmanager
async def bot_process(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A bot's process; closing its input ends it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, env=bot_environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        yield process
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def line(bot: asyncio.subprocess.Process, wanted: str) -> None:
    """Wait until it says this; RuntimeError if it ends before."""
    assert bot.stdout
    async with asyncio.timeout(LONGEST):
        while (said := await bot.stdout.readline()) != f"{wanted}\n".encode():
            if not said:
                raise RuntimeError(f"the bot ended before it said {wanted!r}")


def bot_environment() -> dict[str, str]:
    """The environment of a measured process: with compiled modules kept, as on a user's machine."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}
