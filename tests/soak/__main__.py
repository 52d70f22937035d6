"""`make soak`: a town that talks for ten minutes, through the real gateway; nothing lost, memory flat, nothing left.

python -m tests.soak [--minutes 10] [--rate 50] [--database URL]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from storage.inbox import InboxEvent, InboxState
from storage.outbox import PartState
from tests.bench.burst import Said, make_burst
from tests.bench.starting import megabytes
from tests.faults.comparing import compare
from tests.faults.stage import PEOPLE, Broken, Stage, staged
from tests.gateways.wechaty_world import gateway_process, missing

ROOMS = 160
BEAT = 0.1
"""Seconds between two handfuls of messages."""

GROWTH = 1.1
"""Memory is flat if the last fifth of the run holds at most this many times what the second fifth held (means)."""


class Soak:
    """A run: says so many messages a second, and looks at what becomes of them."""

    def __init__(self, stage: Stage, minutes: float, rate: int) -> None:
        self._stage, self._seconds, self._rate = stage, minutes * 60, rate
        self.held: list[float] = []
        self.said = 0

    async def run(self) -> None:
        """Say it all, a line a minute; then wait until all is read and sent. Broken if something is wrong."""
        burst = make_burst(int(self._seconds * self._rate), ROOMS)
        await self._stage.start()
        watching = asyncio.create_task(self._watch())
        await self._say(burst.measured)
        await self._stage.settle()
        watching.cancel()
        await self._tell("at the end")
        await self._compare(len(burst.measured))
        await self._stage.stop()

    async def _say(self, messages: tuple[Said, ...]) -> None:
        began = time.monotonic()
        while self.said < len(messages):
            upto = min(len(messages), int((time.monotonic() - began) * self._rate))
            if upto > self.said:
                await self._stage.control("burst", messages=messages[self.said : upto], echo=True)
                self.said = upto
            await asyncio.sleep(BEAT)

    async def _watch(self) -> None:
        beat = self._seconds / 100
        for number in range(1, 1000):
            await asyncio.sleep(beat)
            self.held.append(await self._megabytes())
            if int(number * beat / 60) > int((number - 1) * beat / 60):
                await self._tell(f"minute {number * beat / 60:.0f}")

    async def _megabytes(self) -> float:
        assert self._stage.bot is not None
        return await asyncio.to_thread(megabytes, self._stage.bot.process.pid)

    async def _tell(self, when: str) -> None:
        stored, undone = await self._stored()
        states = await self._stage.states()
        waiting = states[PartState.QUEUED] + states[PartState.SENDING]
        print(
            f"{when}: {self.said:,} said, {stored:,} stored, {undone} of them not done, "
            f"{states[PartState.SENT]:,} sent, {waiting} waiting, {await self._megabytes():.0f} MB",
            flush=True,
        )

    async def _stored(self) -> tuple[int, int]:
        """How many messages of people are stored, and how many of those are not done."""
        theirs = select(func.count()).where(InboxEvent.kind == "message", col(InboxEvent.contact_id).is_not(None))
        everything = await self._stage.rows(theirs)
        undone = await self._stage.rows(theirs.where(InboxEvent.state != InboxState.DONE))
        return everything[0][0], undone[0][0]

    async def _compare(self, count: int) -> None:
        found = []
        stored, undone = await self._stored()
        if stored != count or undone:
            found.append(f"of {count} messages {stored} are stored, {undone} of them not done")
        try:
            await compare(self._stage, whole=True)
        except Broken as broken:
            found += broken.differences
        fifth = max(1, len(self.held) // 5)
        early, late = statistics.fmean(self.held[fifth : 2 * fifth]), statistics.fmean(self.held[-fifth:])
        print(f"memory: {early:.0f} MB in the second fifth, {late:.0f} MB in the last, {late / early:.2f} times")
        if late > GROWTH * early:
            found.append(f"memory grew from {early:.0f} to {late:.0f} MB")
        if found:
            raise Broken(found)


async def soak(asked: argparse.Namespace) -> None:
    """On a fresh database and gateway."""
    with tempfile.TemporaryDirectory() as folder, gateway_process(ROOMS, PEOPLE) as gateway:
        url = asked.database or f"sqlite:///{folder}/bot.db"
        async with staged(Path(folder), url, gateway, "soak") as stage:
            await Soak(stage, asked.minutes, asked.rate).run()


def main() -> None:
    """Exit status 1 if something was lost, left, or grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="A town that talks for long")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=50, help="messages a second")
    parser.add_argument("--database", help="by default SQLite, in a folder of its own")
    asked = parser.parse_args()
    if why := missing():
        sys.exit(why)
    try:
        asyncio.run(soak(asked))
    except Broken as broken:
        print("failed:", *broken.differences, sep="\n  ")
        sys.exit(1)
    print("passed: nothing lost, nothing left in the outbox, memory flat")


if __name__ == "__main__":
    main()
