"""Order within a chat, many chats at once, and never too much in hand."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine

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


class Lanes:
    """Arrivals are looked up side by side, put in line by chat in the order they came, and done one by one there."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._free = asyncio.Semaphore(IN_HAND)
        self._lookups = asyncio.Semaphore(AT_ONCE)
        self._arrived: asyncio.Queue[asyncio.Task[Found]] = asyncio.Queue()
        self._lanes: dict[str, deque[Step]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._in_hand = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self._sorter = asyncio.ensure_future(self._sort())

    async def add(self, lookup: Callable[[], Awaitable[Found]]) -> None:
        """Take one arrival; waits while too many are in hand."""
        await self._free.acquire()
        self._in_hand += 1
        self._empty.clear()
        self._arrived.put_nowait(self._keep(self._look(lookup)))

    async def drain(self) -> None:
        """Wait until nothing is in hand."""
        await self._empty.wait()

    async def close(self) -> None:
        """Drop what is in hand."""
        tasks = [self._sorter, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, lookup: Callable[[], Awaitable[Found]]) -> Found:
        async with self._lookups:
            return await lookup()

    async def _sort(self) -> None:
        while True:
            task = await self._arrived.get()
            if not task.done():
                await asyncio.wait((task,), timeout=self._patience)
            if task.done():
                self._place(task)
            else:
                task.add_done_callback(self._place)

    def _place(self, task: asyncio.Task[Found]) -> None:
        if task.cancelled():
            return self._done()
        if error := task.exception():
            log.error("an event could not be read and is lost: %s", error, exc_info=error)
            return self._done()
        found = task.result()
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

    def _keep(self, work: Coroutine[object, object, Found] | Coroutine[object, object, None]) -> asyncio.Task:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
