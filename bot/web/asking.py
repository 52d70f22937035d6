"""How the addresses that anybody may reach ask the database: seldom enough, one at a time, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from handlers.ports import Clock, Outside
from handlers.turn import Turn
from storage.engine import Database

PATIENCE = 2.0
"""Seconds that an answer waits for the database."""

BURST = 2.0
"""Seconds' worth of answers that may be given at once."""

T = TypeVar("T")


class Allowance:
    """So many answers a second, and a few at once."""

    def __init__(self, per_second: float, seconds: Callable[[], float]) -> None:
        self._rate, self._seconds = per_second, seconds
        self._left, self._seen = per_second * BURST, seconds()

    def take(self) -> bool:
        """Whether one more may be given."""
        now = self._seconds()
        self._left = min(self._rate * BURST, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Asking:
    """One at a time asks the database: the bot's own work goes first. Who holds `alone` is that one."""

    def __init__(self, database: Database, outside: Outside, clock: Clock) -> None:
        self._database, self._outside, self._clock = database, outside, clock
        self.alone = asyncio.Semaphore(1)

    async def ask(self, question: Callable[[Turn], Awaitable[T]]) -> T:
        """The answer to a question that changes nothing; TimeoutError if it takes too long."""
        async with asyncio.timeout(PATIENCE), self.alone, self._database.read() as session:
            return await question(Turn(session, self._clock.now(), self._outside))
