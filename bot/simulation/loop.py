"""An event loop on which waiting takes no time: when nothing is ready, its clock leaps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any


class _Leaping(selectors.BaseSelector):
    """Waits for files as usual, and for time by setting the clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; if nothing is and a timer is next, its time has come."""
        if timeout is None:  # no timer at all: only a file or a signal can go on
            return self._real.select(None)
        ready = self._real.select(0)
        if not ready:
            self.now += max(0.0, timeout)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """As usual."""
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """As usual."""
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """As usual."""
        return self._real.get_map()

    def close(self) -> None:
        """As usual."""
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; nothing that runs on it may use threads, whose work takes real time."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Virtual seconds since it was made."""
        return self._leaping.now


class LoopClock:
    """The time of day on the running loop, which began at `start` when this was made."""

    def __init__(self, start: datetime) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = start - timedelta(seconds=self._loop.time())

    def now(self) -> datetime:
        """The current instant, UTC."""
        return self._start + timedelta(seconds=self._loop.time())
