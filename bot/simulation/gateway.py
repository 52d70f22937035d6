"""The imagined chat system: rooms that remember what they got, and one gateway an account that goes wrong by seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.gateways.protocol import Address, GatewayState, NotSupported, RateLimited, Sink, Unknown, Unreachable
from bot.simulation.setup import Setup
from handlers.ports import Capabilities, Clock

DEADLINE = 15.0
"""Seconds after which a call that nobody answers is given up, as `wechaty.call_seconds`."""

AWAY = 60.0
"""Seconds until a connection that broke is there again."""


class World:
    """What every room got, by its own record; times are the instants of arrival."""

    def __init__(self, clock: Clock, reached: Callable[[], None]) -> None:
        """`reached` is called when a room gets the first of its messages."""
        self._clock = clock
        self._reached = reached
        self._rooms: set[str] = set()
        self.got: Counter[tuple[str, str]] = Counter()
        self.first: dict[tuple[str, str], datetime] = {}
        self.calls: dict[str, list[datetime]] = {}

    def arrive(self, to: Address, what: str) -> None:
        """A message is there."""
        where = to.room or f"@{to.person}"
        self.got[where, what] += 1
        self.first.setdefault((where, what), self._clock.now())
        if to.room and to.room not in self._rooms:
            self._rooms.add(to.room)
            self._reached()

    def note_call(self, account: str) -> None:
        """An account begins a call."""
        self.calls.setdefault(account, []).append(self._clock.now())


class SimulatedGateway:
    """One account of the imagined chat system. `dies_at` is the number of its last call, if it is to be banned."""

    capabilities = Capabilities(can_message_strangers=True)
    scan_code = None

    def __init__(self, name: str, setup: Setup, world: World, dies_at: int | None, changed: Callable[[], None]) -> None:
        self.name = name
        self.state = GatewayState.ONLINE
        self._setup = setup
        self._world = world
        self._changed = changed
        self._random = random.Random(f"{setup.seed} {name}")
        self._dies_at = dies_at
        self._calls = 0

    async def run(self, sink: Sink) -> None:
        """Nobody writes here but the one who begins."""

    async def send_text(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str:
        """It arrives after the delay, unless something goes wrong."""
        return await self._send(to, text)

    async def send_picture(self, to: Address, data: bytes, name: str) -> str:
        """Kept by its file name."""
        return await self._send(to, name)

    async def _send(self, to: Address, what: str) -> str:
        self._calls += 1
        self._world.note_call(self.name)
        setup, chance = self._setup, self._random.random()
        await asyncio.sleep(setup.delay * self._random.uniform(0.5, 1.5))
        if self._calls == self._dies_at:
            self._become(GatewayState.BLOCKED)
        if self.state != GatewayState.ONLINE:
            raise Unreachable("没有连接")
        if chance < setup.loss:
            self._perhaps(to, what)
            await asyncio.sleep(DEADLINE)
            raise Unknown("没有回音")
        if (chance := chance - setup.loss) < setup.rate_errors:
            raise RateLimited("发得太快")
        if chance - setup.rate_errors < setup.disconnects:
            self._perhaps(to, what)
            self._become(GatewayState.GONE)
            asyncio.get_running_loop().call_later(AWAY, self._come_back)
            raise Unknown("连接断了")
        self._world.arrive(to, what)
        return f"{self.name}-{self._calls}"

    def _perhaps(self, to: Address, what: str) -> None:
        if self._random.random() < 0.5:
            self._world.arrive(to, what)

    def _come_back(self) -> None:
        if self.state == GatewayState.GONE:
            self._become(GatewayState.ONLINE)

    def _become(self, state: GatewayState) -> None:
        self.state = state
        self._changed()

    async def recall(self, to: Address, message_id: str) -> None:
        """Nobody takes anything back here."""
        raise NotSupported("simulated")

    async def fetch_picture(self, handle: str) -> bytes:
        """Nobody sends a picture here."""
        raise NotSupported("simulated")

    async def accept_invitation(self, subject: str) -> None:
        """Nobody invites here."""
        raise NotSupported("simulated")

    async def accept_friend(self, subject: str) -> None:
        """Everybody is a friend already."""
