"""One account on a chat system that takes its time, as a process: `python -m tests.bench.slow DATABASE ACCOUNT PORT`.

The chat system is `SlowChats`, in the process that measures: lines of JSON over TCP, each call answered after 100 ms.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from bot.gateways.protocol import Address, GatewayState, NotSupported, Sink
from bot.gateways.wechaty import WechatyGateway
from bot.lease import Lease
from bot.machine import Machine, SystemClock, open_account
from bot.pacing import Pacer
from handlers.ports import Event, EventKind, Rules
from storage.engine import Database

CALL = 0.1
"""Seconds that a call takes."""


class SlowChats:
    """What every account's calls come to, and when (seconds of the running clock); one order is said in it."""

    def __init__(self) -> None:
        self.sent: dict[str, list[float]] = {}
        self._ears: dict[str, asyncio.StreamWriter] = {}
        self._news = asyncio.Condition()
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SlowChats]:
        """Be there until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            for ear in self._ears.values():
                ear.close()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            call = json.loads(line)
            async with self._news:
                if "listens" in call:
                    self._ears[call["listens"]] = writer
                    self._news.notify_all()
                    continue
                self.sent.setdefault(call["room"], []).append(time.perf_counter())
                self._news.notify_all()
            await asyncio.sleep(CALL)
            writer.write(b'{"id": "%d"}\n' % time.perf_counter_ns())
            await writer.drain()
        writer.close()

    async def listened(self, count: int) -> None:
        """Wait until so many accounts listen."""
        async with self._news:
            await self._news.wait_for(lambda: len(self._ears) >= count)

    async def say(self, account: str, room: str, sender: str, text: str) -> None:
        """One account hears something."""
        self._ears[account].write(json.dumps({"room": room, "sender": sender, "text": text}).encode() + b"\n")
        await self._ears[account].drain()

    async def heard_in(self, rooms: Sequence[str]) -> float:
        """Wait until each of these rooms has got something; the seconds from the first of these sends to the last."""
        async with self._news:
            await self._news.wait_for(lambda: all(room in self.sent for room in rooms))
        times = [self.sent[room][-1] for room in rooms]
        return max(times) - min(times)


class SlowGateway:
    """The other end, in the process of an account."""

    name = "slow"
    capabilities = WechatyGateway("127.0.0.1:9", "t").capabilities
    scan_code: str | None = None
    state = GatewayState.STARTING

    def __init__(self, account: str, port: int) -> None:
        self._account = account
        self._port = port
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self, sink: Sink) -> None:
        """Hand on what is said."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(json.dumps({"listens": self._account}).encode() + b"\n")
        self.state = GatewayState.ONLINE
        while line := await reader.readline():
            await sink(Event("m1", EventKind.MESSAGE, datetime.now(UTC), **json.loads(line)))

    async def send_text(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str | None:
        """One call, answered late."""
        if self._line is None:
            self._line = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._line
        writer.write(json.dumps({"room": to.room or f"@{to.person}"}).encode() + b"\n")
        return str(json.loads(await reader.readline())["id"])

    async def send_picture(self, to: Address, data: bytes, name: str) -> str | None:
        """The same."""
        return await self.send_text(to, name)

    async def recall(self, to: Address, message_id: str) -> None:
        """Nobody asks for it."""
        raise NotSupported

    async def fetch_picture(self, handle: str) -> bytes:
        """There are none."""
        raise NotSupported

    async def accept_invitation(self, subject: str) -> None:
        """There are none."""

    async def accept_friend(self, subject: str) -> None:
        """There are none."""


async def work(url: str, account: str, port: str) -> None:
    """Run the machine of one account, unpaced, until standard input ends."""
    database, clock = Database(url, durable=True), SystemClock()
    await database.open()
    account_id = await open_account(database, account, "wechaty")
    lease = Lease(database, account_id, clock, 60.0)
    await lease.take()
    machine = Machine(
        database, SlowGateway(account, int(port)), account_id, Rules(), clock,
        pacer=Pacer(None, random.Random(0)), lease=lease,
    )  # fmt: skip
    running = asyncio.create_task(machine.run())
    await asyncio.wait(
        {running, asyncio.create_task(asyncio.to_thread(sys.stdin.read))}, return_when=asyncio.FIRST_COMPLETED
    )
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await database.close()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4]))
