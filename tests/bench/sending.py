"""Sends a second of an unpaced fan-out through the npm gateway, beside a bare loop of the same calls."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import ours
from tests.bench.burst import RESIDENTS, WORKERS
from tests.bench.through import LONGEST, bot_process, line
from tests.gateways.wechaty_world import Control, Process, control_of, gateway_process

ORDER = "寻人 王秀英 女 78岁 紫外套 早上8点从老粮站走的"


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends a second, medians over the repetitions."""

    ours: float
    bare: float
    ratio: float
    rooms: int


def measure(rooms: int, repetitions: int) -> Sending:
    """Both in turns on one gateway process, each in a process of its own."""
    with gateway_process(rooms, RESIDENTS + WORKERS) as process:
        pairs = [asyncio.run(_pair(process)) for _ in range(repetitions)]
    mine, bare = zip(*pairs, strict=True)
    ratio = statistics.median(one / other for one, other in zip(mine, bare, strict=True))
    return Sending(statistics.median(mine), statistics.median(bare), ratio, rooms)


async def _pair(process: Process) -> tuple[float, float]:
    async with control_of(process) as control, asyncio.timeout(2 * LONGEST):
        mine = await _fan_out(process, control)
        card = next(entry["text"] for entry in await control("received", room=await _room(control, 1)))
        return mine, await _loop(process, control, card)


async def _room(control: Control, number: int) -> str:
    room: str = (await control("look"))["rooms"][number]["id"]
    return room


async def _fan_out(process: Process, control: Control) -> float:
    """An alert to all rooms: each send committed before and after."""
    await control("reset")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        await ours.prepare(url, process)
        async with bot_process("tests.bench.ours", url, process.endpoint) as bot:
            await line(bot, "ready")
            return await _rate(control, [[0, RESIDENTS, ORDER]])


async def _loop(process: Process, control: Control, text: str) -> float:
    """The same texts to the same rooms, one call after the other."""
    await control("reset")
    rooms = [room["id"] for room in (await control("look"))["rooms"]]
    async with bot_process("tests.bench.bare", process.endpoint, text, *rooms) as bot:
        await line(bot, "ready")
        assert bot.stdin
        bot.stdin.write(b"\n")
        return await _rate(control, [])


async def _rate(control: Control, said: list[list[object]]) -> float:
    """Sends a second, from the first to the last."""
    await control("burst", messages=said)
    count = len((await control("look"))["rooms"])
    first = await control("sentAfter", count=1)
    last = await control("sentAfter", count=count)
    return float((last["sent"] - first["sent"]) / (last["seconds"] - first["seconds"]))
