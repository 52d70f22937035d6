"""A sink that a test can wait on, and a gateway that runs for as long as a block does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.gateways.protocol import Gateway, Sink
from handlers.ports import Event, EventKind

Fits = Callable[[Event], bool]


def anything(_: Event) -> bool:
    """Every event fits."""
    return True


class Collector:
    """Keeps the events it gets, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Condition()

    async def __call__(self, event: Event) -> None:
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    def of(self, kind: EventKind, fits: Fits = anything) -> list[Event]:
        """What has come of a kind so far."""
        return [event for event in self.events if event.kind is kind and fits(event)]

    async def first(self, kind: EventKind, fits: Fits = anything, seconds: float = 10) -> Event:
        """The first event of a kind that fits, waiting for it if need be."""
        return (await self.some(1, kind, fits, seconds))[0]

    async def message(self, message_id: str) -> Event:
        """The message with an id."""
        return await self.first(EventKind.MESSAGE, lambda event: event.id == message_id)

    async def some(self, count: int, kind: EventKind, fits: Fits = anything, seconds: float = 10) -> list[Event]:
        """The first `count` events of a kind that fit."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.of(kind, fits)) >= count)
        return self.of(kind, fits)[:count]


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(gateway: Gateway, sink: Sink) -> AsyncIterator[None]:
    """A gateway that runs until the block ends."""
    task = asyncio.ensure_future(gateway.run(sink))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
