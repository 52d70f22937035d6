"""One connection to the gateway, from its start to its end, and the watch over whether it still lives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from grpc import StatusCode, aio
from wechaty_grpc.wechaty.puppet import EventType

from bot.gateways.protocol import GatewayError, Unreachable
from bot.gateways.wechaty.wire import BROKEN, Link, meaning

log = logging.getLogger(__name__)

OnEvent = Callable[[int, dict[str, Any]], Awaitable[None]]

MISSES = 2
"""Probes that may fail one after the other before the connection counts as dead."""


class Session:
    """Holds the connection. A gateway that has gone shows in three ways: the stream of events ends (quietly), a probe
    gets no answer, or probes are answered while their echoes no longer come as events."""

    def __init__(self, link: Link, on_event: OnEvent, *, probe_seconds: float, patience: float) -> None:
        self._link = link
        self._on_event = on_event
        self._probe_seconds = probe_seconds
        self._patience = patience
        self._echoes = False  # some puppets never echo; then only the answers count
        self._handling = False
        self._last_event = 0.0

    async def hold(self) -> GatewayError:
        """Connect and stay until the connection ends; why it did. Whoever calls closes the link afterwards."""
        await self._link.open()
        try:
            await self._link.start()
            await self._until_one_ends(self._listen(), self._watch())
        except GatewayError as error:
            return error
        except BROKEN as error:
            return meaning(error)
        except Exception as error:  # whatever it is, the next connection may do without it
            log.exception("the connection to the gateway failed")
            return Unreachable(f"the connection failed: {type(error).__name__}")
        return Unreachable("the gateway ended the connection")

    async def _until_one_ends(self, *work: Any) -> None:
        tasks = [asyncio.ensure_future(part) for part in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            await self._read()
        except aio.AioRpcError as error:
            if error.code() is not StatusCode.ALREADY_EXISTS:
                raise
            log.warning("another client holds the gateway, or our last connection still does; taking it over")
            await self._link.restart()
            await self._read()

    async def _read(self) -> None:
        async for kind, payload in self._link.events():
            self._last_event = time.monotonic()
            self._echoes = self._echoes or kind == EventType.EVENT_TYPE_DONG
            self._handling = True
            try:
                await self._on_event(kind, payload)
            except Exception:
                log.exception("an event of type %s cannot be read: %s", kind, sorted(payload))
            self._handling = False

    async def _watch(self) -> None:
        missed = 0
        while True:
            await asyncio.sleep(self._probe_seconds)
            asked = time.monotonic()
            try:
                await self._link.probe()
            except Unreachable as error:
                missed += 1
                if missed >= MISSES:
                    raise Unreachable(f"the gateway no longer answers: {error}") from error
                continue
            missed = 0
            await self._await_echo(asked)

    async def _await_echo(self, asked: float) -> None:
        """Any event since the probe will do; while events wait for us to take them, nothing can be told."""
        if not self._echoes:
            return
        until = asked + self._patience
        while self._last_event < asked and not self._handling:
            if time.monotonic() > until:
                raise Unreachable("events no longer arrive")
            await asyncio.sleep(min(0.1, self._patience / 4))
