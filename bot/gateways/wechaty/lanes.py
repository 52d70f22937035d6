"""Order within a chat, many chats at once, and never too much in hand."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

log = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]
Found = tuple[str, Step] | None
"""The chat that something belongs to and what is to be done there; None for nothing."""

IN_HAND = 512
"""Arrivals between the wire and the sink; beyond that the gateway is not read, and gRPC makes it wait."""

AT_ONCE = 32
"""Lookups under way at once."""

PATIENCE = 2.0
"""Seconds that those behind wait for a lookup; then it loses its place, so one hanging call does not stop all."""


@dataclass(slots=True, eq=False)
class _Arrival:
    found: Found = None
    looked_up: bool = False
    late: bool = False


class Lanes:
    """Arrivals are looked up side by side, put in line by chat in the order they came, and done one by one there."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._free = asyncio.Semaphore(IN_HAND)
        self._lookups = asyncio.Semaphore(AT_ONCE)
        self._arrived: deque[_Arrival] = deque()
        self._waits_since = 0.0  # when the first of them became the first
        self._timer: asyncio.TimerHandle | None = None
        self._lanes: dict[str, deque[Step]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._loop = asyncio.get_running_loop()

    async def add(self, lookup: Callable[[], Awaitable[Found]]) -> None:
        """Take one arrival; waits while too many are in hand."""
        await self._free.acquire()
        self._in_hand += 1
        self._empty.clear()
        arrival = _Arrival()
        self._arrived.append(arrival)
        if len(self._arrived) == 1:
            self._wait_for_first()
        self._keep(self._look(arrival, lookup))

    async def drain(self) -> None:
        """Wait until nothing is in hand."""
        await self._empty.wait()

    async def close(self) -> None:
        """Drop what is in hand."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, arrival: _Arrival, lookup: Callable[[], Awaitable[Found]]) -> None:
        try:
            async with self._lookups:
                arrival.found = await lookup()
        except Exception:
            log.exception("an event could not be read and is lost")
        arrival.looked_up = True
        if arrival.late:
            self._place(arrival.found)
        elif arrival is self._arrived[0]:
            self._sort()

    def _sort(self) -> None:
        while self._arrived and self._arrived[0].looked_up:
            self._place(self._arrived.popleft().found)
        if self._arrived:
            self._wait_for_first()

    def _wait_for_first(self) -> None:
        self._waits_since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience, self._out_of_patience)

    def _out_of_patience(self) -> None:
        self._timer = None
        if not self._arrived:
            return
        rest = self._waits_since + self._patience - self._loop.time()
        if rest > 0.001:
            self._timer = self._loop.call_later(rest, self._out_of_patience)
            return
        self._arrived.popleft().late = True
        self._sort()

    def _place(self, found: Found) -> None:
        if found is None:
            return self._done()
        chat, step = found
        if chat in self._lanes:
            self._lanes[chat].append(step)
            return None
        self._lanes[chat] = deque((step,))
        self._keep(self._work(chat))
        return None

    async def _work(self, chat: str) -> None:
        lane = self._lanes[chat]
        while lane:
            try:
                await lane.popleft()()
            except Exception:
                log.exception("an event could not be handed on and is lost")
            finally:
                self._done()
        del self._lanes[chat]

    def _done(self) -> None:
        self._in_hand -= 1
        self._free.release()
        if not self._in_hand:
            self._empty.set()

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
