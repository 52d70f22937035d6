"""The windows that are open: each hears at once what concerns its person."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import WSCloseCode, web

from bot.gateways.local import Change
from bot.web.wire import change_out

BACKLOG = 1000
"""Changes that may wait for one window; a slower one is cut off and, coming back, reads what it missed."""

Line = asyncio.Queue[str | None]


class Windows:
    """Who is looking, and the line to each window."""

    def __init__(self) -> None:
        self._lines: dict[str, set[Line]] = defaultdict(set)

    def __call__(self, change: Change) -> None:
        """Put a change into the lines of the people concerned."""
        watching = change.people & self._lines.keys()
        if not watching:
            return
        words = json.dumps(change_out(change), ensure_ascii=False)
        for person in watching:
            for line in self._lines[person]:
                _put(line, words)

    @contextmanager
    def line(self, person: str) -> Iterator[Line]:
        """A line for one window, as long as it is open."""
        line: Line = asyncio.Queue(BACKLOG)
        self._lines[person].add(line)
        try:
            yield line
        finally:
            self._lines[person].discard(line)
            if not self._lines[person]:
                del self._lines[person]

    async def close(self, app: web.Application) -> None:
        """Tell all windows that the program stops."""
        for lines in list(self._lines.values()):
            for line in lines:
                _cut(line)


async def serve_window(socket: web.WebSocketResponse, line: Line) -> None:
    """Send what comes down the line until the window or the program goes."""
    sender = asyncio.create_task(_send(socket, line))
    try:
        async for _ in socket:  # a window has nothing to say here; reading keeps pings and the goodbye going
            pass
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def _send(socket: web.WebSocketResponse, line: Line) -> None:
    while (words := await line.get()) is not None:
        await socket.send_str(words)
    await socket.close(code=WSCloseCode.GOING_AWAY)


def _put(line: Line, words: str) -> None:
    try:
        line.put_nowait(words)
    except asyncio.QueueFull:
        _cut(line)


def _cut(line: Line) -> None:
    while not line.empty():
        line.get_nowait()
    line.put_nowait(None)
