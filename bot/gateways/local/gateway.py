"""The bot's account in the local chat."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.gateways.local.chat import LocalChat
from bot.gateways.local.records import BOT, ChatError, Draft, private_chat
from bot.gateways.protocol import Address, GatewayState, Refused, Sink, Unreachable
from handlers.ports import Capabilities, Event, EventKind, MessageType

log = logging.getLogger(__name__)

RETRY_FIRST, RETRY_MOST = 0.2, 5.0
"""Seconds before an event that the sink refused is offered again: doubled each time, up to the second figure."""


class LocalGateway:
    """The `Gateway` of the local chat.

    An event is offered until the sink has taken it; whatever was not taken before a stop comes again after the
    start, so a sink must know an event by its id. Of our own private messages `sender` is the person they went to.
    """

    name = "local"

    def __init__(self, chat: LocalChat) -> None:
        self.chat = chat
        self.capabilities = Capabilities(
            max_text_bytes=4000,
            can_recall=True,
            stable_ids=True,
            returns_message_ids=True,
            can_message_strangers=True,
            paced=False,
        )
        self._running = False
        self._link = asyncio.Event()
        self._link.set()
        self._link_news = asyncio.Event()
        self._links = 0

    @property
    def state(self) -> GatewayState:
        """Online as soon as `run` is."""
        if not self._link.is_set():
            return GatewayState.GONE
        return GatewayState.ONLINE if self._running else GatewayState.STARTING

    @property
    def scan_code(self) -> str | None:
        """Nothing has to be scanned here."""
        return None

    async def run(self, sink: Sink) -> None:
        """Hand events to `sink` until cancelled."""
        self._running = True
        try:
            while True:
                await self._link.wait()
                await self._offer(sink, self._link_event(EventKind.ONLINE))
                await self._deliver(sink)
                await self._offer(sink, self._link_event(EventKind.OFFLINE))
        finally:
            self._running = False

    def disconnect(self) -> None:
        """As if the chat system were gone: for tests of what then follows."""
        self._link.clear()
        self._link_news.set()

    def reconnect(self) -> None:
        """End what `disconnect` began."""
        self._link.set()

    async def send_text(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str | None:
        """Send `text`; the message's id."""
        if not text.strip():
            raise Refused("the text is empty")
        size = len(text.encode("utf-8", "replace"))
        if size > self.capabilities.max_text_bytes:
            raise Refused(f"the text has {size} bytes, {self.capabilities.max_text_bytes} are allowed")
        return await self._say(to, Draft(text=text, mentions=tuple(mentions)))

    async def send_picture(self, to: Address, data: bytes, name: str) -> str | None:
        """Send a picture; the message's id."""
        return await self._say(to, Draft(type=MessageType.PICTURE, picture=data))

    async def recall(self, to: Address, message_id: str) -> None:
        """Take back a message of ours, within two minutes."""
        async with self._call():
            n = await self.chat.internal(message_id)
            mine = await self.chat.history(BOT, self._chat(to), after=n - 1, before=n + 1, limit=1)
            if not mine:
                raise Refused("the message is not in this chat")
            await self.chat.recall(BOT, n)

    async def fetch_picture(self, handle: str) -> bytes:
        """The picture behind a handle."""
        async with self._call():
            return await self.chat.picture(handle)

    async def accept_invitation(self, subject: str) -> None:
        """Join the group."""
        async with self._call():
            await self.chat.accept("invite", subject)

    async def accept_friend(self, subject: str) -> None:
        """Become friends."""
        async with self._call():
            await self.chat.accept("friend", subject)

    async def _say(self, to: Address, draft: Draft) -> str:
        async with self._call():
            message = await self.chat.say(BOT, self._chat(to), draft)
            return await self.chat.external(message.n)

    def _chat(self, to: Address) -> str:
        if to.room:
            if to.room.startswith("@"):
                raise Refused(f"{to.room} is not a room")
            return to.room
        if not to.person:
            raise Refused("the address names neither a room nor a person")
        return private_chat(to.person)

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        if not self._link.is_set():
            raise Unreachable("the local chat is disconnected")
        try:
            yield
        except ChatError as error:
            raise Refused(str(error)) from error
        except sqlite3.Error as error:
            # The transaction was rolled back: nothing was said.
            raise Unreachable(f"the chat file cannot be used: {error}") from error

    async def _deliver(self, sink: Sink) -> None:
        """All waiting events and all to come, until the link breaks."""
        self._link_news.clear()
        while self._link.is_set():
            try:
                waiting = await self.chat.waiting_events()
            except sqlite3.Error as error:
                log.error("the chat file cannot be read, next try in %.1f s: %s", RETRY_MOST, error)
                await asyncio.sleep(RETRY_MOST)
                continue
            if not waiting:
                await self._news()
                continue
            await self._deliver_batch(sink, waiting)

    async def _deliver_batch(self, sink: Sink, waiting: list[tuple[int, Event]]) -> None:
        done = 0
        try:
            for seq, event in waiting:
                if not self._link.is_set():
                    break
                await self._offer(sink, event)
                done = seq
        finally:
            # One write for the batch: after a kill in between some come twice, which the ids make harmless.
            if done and not await self._acknowledged(done):
                await asyncio.sleep(RETRY_MOST)

    async def _acknowledged(self, seq: int) -> bool:
        """Whether that could be written down; what could not comes again."""
        try:
            await asyncio.shield(self.chat.acknowledge(seq))
        except sqlite3.Error as error:
            log.error("the chat file cannot be written, next try in %.1f s: %s", RETRY_MOST, error)
            return False
        return True

    async def _offer(self, sink: Sink, event: Event) -> None:
        wait = RETRY_FIRST
        while True:
            try:
                return await sink(event)
            except Exception:
                log.exception("event %s (%s) was not taken, next try in %.1f s", event.id, event.kind, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, RETRY_MOST)

    async def _news(self) -> None:
        tasks = [asyncio.ensure_future(self.chat.bot_news()), asyncio.ensure_future(self._link_news.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _link_event(self, kind: EventKind) -> Event:
        self._links += 1
        now = datetime.now(UTC)
        return Event(f"{kind}-{now:%Y%m%dT%H%M%S%f}-{self._links}", kind, now)
