"""One of our accounts on real WeChat."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from wechaty_grpc.wechaty.puppet import EventType, ImageType

from bot.gateways.protocol import (
    Address,
    GatewayError,
    GatewayState,
    NotSupported,
    Refused,
    Sink,
    Unknown,
    Unreachable,
)
from bot.gateways.wechaty import bubbles, pictures
from bot.gateways.wechaty.lanes import Found, Lanes
from bot.gateways.wechaty.messages import Me, Messages, instant
from bot.gateways.wechaty.names import Names
from bot.gateways.wechaty.notices import Notices
from bot.gateways.wechaty.session import Session
from bot.gateways.wechaty.wire import Blocked, Link, Wire, kind_of
from handlers.ports import Capabilities, Event, EventKind

log = logging.getLogger(__name__)

T = TypeVar("T")
StateListener = Callable[[GatewayState, str], None]

WAITING = (2, 5)
"""States of a scan code that somebody must scan: shown, timed out (a new one follows)."""

AGAIN = (0.5, 2.0, 5.0)
"""Seconds before each further try to fetch what an event tells of."""

OFFER_FIRST, OFFER_MOST = 0.2, 5.0
"""Seconds before an event that the sink refused is offered again: doubled each time, up to the second figure."""

STOPPED = "the bot has stopped"

GRACE = 2.0
"""Seconds that what has come in may take to be stored when the bot stops."""


class WechatyGateway:
    """The `Gateway` of real WeChat, through a Wechaty puppet service.

    `endpoint` is `host:port` (or `https://host:port`), `token` what the gateway was started with; it is never
    logged. `call_seconds` bounds each call, `probe_seconds` is how often the connection is tried, `silent_seconds`
    after how long without any news from WeChat the state is `SILENT`. `backoff` is the first and the longest delay
    in seconds between connects. `stable_ids` says that the gateway's protocol keeps ids of rooms and people over
    logins, which web protocols do not. `state_listener` hears each change of state and why.

    Whatever happens while the gateway is away is lost: Wechaty has no history to ask for.
    """

    name = "wechaty"

    def __init__(
        self,
        endpoint: str,
        token: str,
        *,
        call_seconds: float = 15.0,
        silent_seconds: float = 600.0,
        probe_seconds: float = 30.0,
        backoff: tuple[float, float] = (1.0, 60.0),
        stable_ids: bool = False,
        state_listener: StateListener | None = None,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self.capabilities = Capabilities(can_recall=True, stable_ids=stable_ids)
        self.endpoint = endpoint
        self._link = Link(endpoint, token, call_seconds)
        self._me = Me()
        self._names = Names(self._link)
        self._messages = Messages(self._link, self._names, self._me)
        self._notices = Notices(self._link, self._names, self._me)
        self._call_seconds = call_seconds
        self._silent_seconds = silent_seconds
        self._probe_seconds = probe_seconds
        self._backoff = backoff
        self._listener = state_listener
        self._sleep = sleep
        self._state = GatewayState.STARTING
        self._scan_code: str | None = None
        self._logged_in = False
        self._doubted = False
        self._last_news = time.monotonic()
        self._serial = itertools.count(1)
        self._lanes: Lanes | None = None
        self._sink: Sink | None = None
        self._on: dict[int, Callable[[dict[str, Any]], Awaitable[None]]] = {
            EventType.EVENT_TYPE_MESSAGE: self._on_message,
            EventType.EVENT_TYPE_LOGIN: self._on_login,
            EventType.EVENT_TYPE_LOGOUT: self._on_logout,
            EventType.EVENT_TYPE_SCAN: self._on_scan,
            EventType.EVENT_TYPE_ERROR: self._on_error,
            EventType.EVENT_TYPE_DIRTY: self._on_dirty,
            EventType.EVENT_TYPE_ROOM_INVITE: self._noticing(self._notices.invited),
            EventType.EVENT_TYPE_FRIENDSHIP: self._noticing(self._notices.friendship),
            EventType.EVENT_TYPE_ROOM_JOIN: self._noticing(self._notices.joined),
            EventType.EVENT_TYPE_ROOM_LEAVE: self._noticing(self._notices.left),
            EventType.EVENT_TYPE_ROOM_TOPIC: self._noticing(self._notices.renamed),
        }

    @property
    def state(self) -> GatewayState:
        """How it stands now."""
        silent = time.monotonic() - self._last_news > self._silent_seconds
        return GatewayState.SILENT if silent and self._state is GatewayState.ONLINE else self._state

    @property
    def scan_code(self) -> str | None:
        """What must be scanned to log in; None while none is shown."""
        return self._scan_code

    @property
    def account_id(self) -> str:
        """Our own id on WeChat at the last login; empty before the first."""
        return self._me.id

    # --- staying connected

    async def run(self, sink: Sink) -> None:
        """Connect, stay connected, and hand events to `sink` until cancelled."""
        if self._lanes is not None:
            raise RuntimeError("this gateway runs already")
        self._sink, self._lanes = sink, Lanes()
        watch = asyncio.ensure_future(self._watch_silence())
        try:
            await self._reconnect_for_ever()
        finally:
            watch.cancel()
            await self._wind_up(self._lanes)

    async def _reconnect_for_ever(self) -> None:
        delay, longest = self._backoff
        while True:
            began = time.monotonic()
            session = Session(
                self._link, self._on_event, probe_seconds=self._probe_seconds, patience=self._call_seconds
            )
            why = await session.hold()
            if self._logged_in or time.monotonic() - began > longest:  # it worked: no reason to wait for long
                delay = self._backoff[0]
            await self._gone(why)
            log.info("wechaty: next try in %g s", delay)
            await self._sleep(delay)
            delay = min(delay * 2, longest)

    async def _gone(self, why: GatewayError) -> None:
        await self._link.close()
        self._scan_code = None
        await self._offline(GatewayState.BLOCKED if isinstance(why, Blocked) else GatewayState.GONE, str(why))

    async def _wind_up(self, lanes: Lanes) -> None:
        self._logged_in, self._scan_code = False, None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await lanes.drain()
        await lanes.close()
        await self._link.close()
        self._lanes = None
        self._become(GatewayState.GONE, STOPPED)

    async def _watch_silence(self) -> None:
        """Silence begins by nothing happening, so somebody must look for it to be logged."""
        told = self.state
        while True:
            await asyncio.sleep(min(5.0, self._silent_seconds / 4))
            if (state := self.state) is not told and GatewayState.SILENT in (state, told):
                self._tell(state, f"no news for {self._silent_seconds:g} s" if state is GatewayState.SILENT else "news")
            told = state

    def _become(self, state: GatewayState, why: str) -> None:
        if state is self._state:
            return
        self._state = state
        self._tell(state, why)

    def _tell(self, state: GatewayState, why: str) -> None:
        fine = state is GatewayState.ONLINE or why is STOPPED
        log.log(logging.INFO if fine else logging.WARNING, "wechaty: %s (%s)", state.value, why)
        if self._listener is not None:
            self._listener(state, why)

    # --- what the gateway reports

    async def _on_event(self, kind: int, payload: dict[str, Any]) -> None:
        handle = self._on.get(kind)
        if handle is None:
            return  # echoes, heartbeats, and what comes with later versions
        if kind != EventType.EVENT_TYPE_ERROR:
            self._last_news = time.monotonic()
        await handle(payload)

    async def _on_message(self, payload: dict[str, Any]) -> None:
        message_id = str(payload.get("messageId") or "")
        if message_id:
            await self._add(lambda: self._find_message(message_id))

    async def _find_message(self, message_id: str) -> Found:
        payload = await self._patiently(f"message {message_id}", lambda: self._link.message(message_id))
        payload.id = payload.id or message_id

        async def step() -> None:
            await self._offer(await self._messages.event(payload))

        return self._messages.chat(payload), step

    async def _patiently(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        """Some tries: the gateway may know a thing only a moment after it told of it."""
        for delay in AGAIN:
            try:
                return await call()
            except GatewayError as error:
                log.warning("wechaty: %s cannot be fetched, trying again: %s", what, error)
            await asyncio.sleep(delay)
        return await call()

    def _noticing(self, read: Callable[[dict[str, Any]], Awaitable[Event | None]]) -> Callable[..., Awaitable[None]]:
        async def handle(payload: dict[str, Any]) -> None:
            async def step() -> None:
                event = await self._patiently("a notice", lambda: read(payload))
                if event is not None:
                    await self._offer(event)

            async def find() -> Found:
                return str(payload.get("roomId") or "notices"), step

            await self._add(find)

        return handle

    async def _on_login(self, payload: dict[str, Any]) -> None:
        account = str(payload.get("contactId") or "")
        if self._logged_in and account == self._me.id:
            return
        self._me.id = account
        self._names.clear()
        self._scan_code = None
        self._logged_in = True
        self._become(GatewayState.ONLINE, "logged in")
        await self._report(EventKind.ONLINE, self._me.id)

    async def _on_logout(self, payload: dict[str, Any]) -> None:
        why = str(payload.get("data") or "logged out")
        await self._offline(GatewayState.BLOCKED if kind_of(why) is Blocked else GatewayState.SCAN, why)

    async def _on_scan(self, payload: dict[str, Any]) -> None:
        code = str(payload.get("qrcode") or "")
        if payload.get("status") not in WAITING or not code or code == self._scan_code:
            return
        self._scan_code = code
        await self._offline(GatewayState.SCAN, f"scan to log in: {code}")
        await self._report(EventKind.SCAN, code)

    async def _on_error(self, payload: dict[str, Any]) -> None:
        text = str(payload.get("gerror") or payload.get("data") or "")[:300]
        log.warning("wechaty: the gateway reports an error: %s", text)
        if kind_of(text) is Blocked:
            self._become(GatewayState.BLOCKED, text)

    async def _on_dirty(self, payload: dict[str, Any]) -> None:
        self._names.forget(str(payload.get("payloadId") or ""))

    async def _offline(self, state: GatewayState, why: str) -> None:
        self._become(state, why)
        if self._logged_in:
            self._logged_in = False
            await self._report(EventKind.OFFLINE, why[:200])

    async def _report(self, kind: EventKind, subject: str) -> None:
        at = instant(None)
        event_id = f"{kind}-{at:%Y%m%dT%H%M%S%f}-{next(self._serial)}"
        account = self._me.id or None

        async def step() -> None:
            name = await self._names.person(None, account) if account and kind is EventKind.ONLINE else ""
            await self._offer(Event(event_id, kind, at, sender=account, sender_name=name, subject=subject))

        async def find() -> Found:
            return "account", step

        await self._add(find)

    async def _add(self, find: Callable[[], Awaitable[Found]]) -> None:
        if self._lanes is not None:
            await self._lanes.add(find)

    async def _offer(self, event: Event) -> None:
        """Hand an event on until it is taken; its chat waits, the others do not."""
        delay = OFFER_FIRST
        while self._sink is not None:
            try:
                return await self._sink(event)
            except Exception:
                log.exception("event %s (%s) was not taken, next try in %.1f s", event.id, event.kind, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, OFFER_MOST)

    # --- what the bot asks for

    async def send_text(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str | None:
        """Send `text`, with `@name` before it for each mention that it does not show. The message's id, if any."""
        if not text.strip():
            raise Refused("the text is empty")
        size, most = len(text.encode("utf-8", "replace")), self.capabilities.max_text_bytes
        if size > most:
            raise Refused(f"the text has {size} bytes, {most} are allowed")
        chat, ids = _conversation(to), list(dict.fromkeys(mentions)) if to.room else []
        self._check_online()
        text = bubbles.address(text, [await self._names.person(to.room, person) for person in ids])
        answer = await self._do(lambda wire: wire.message_send_text(conversation_id=chat, text=text, mentonal_ids=ids))
        return answer.id or None

    async def send_picture(self, to: Address, data: bytes, name: str) -> str | None:
        """Send a PNG or JPEG of at most 3 MB. The message's id, if any."""
        chat, box = _conversation(to), pictures.box(data, name)
        answer = await self._do(lambda wire: wire.message_send_file(conversation_id=chat, filebox=box))
        return answer.id or None

    async def recall(self, to: Address, message_id: str) -> None:
        """Take back a message of ours, within two minutes."""
        answer = await self._do(lambda wire: wire.message_recall(id=message_id))
        if not answer.success:
            raise Refused("the message cannot be taken back any more")

    async def fetch_picture(self, handle: str) -> bytes:
        """The picture of a message."""
        self._check_online()
        try:
            return await self._link.ask(lambda wire: _image(wire, handle))
        except (Refused, NotSupported):
            # Some puppets give pictures only as files.
            return await self._link.ask(lambda wire: _file(wire, handle))

    async def accept_invitation(self, subject: str) -> None:
        """Join the group."""
        await self._do(lambda wire: wire.room_invitation_accept(id=subject))

    async def accept_friend(self, subject: str) -> None:
        """Become friends."""
        await self._do(lambda wire: wire.friendship_accept(id=subject))

    async def _do(self, call: Callable[[Wire], Awaitable[T]]) -> T:
        self._check_online()
        if self._doubted:  # a gateway that goes away takes only one send with it
            await self._link.probe()
            self._doubted = False
        try:
            answer = await self._link.do(call)
        except Blocked as error:
            self._become(GatewayState.BLOCKED, str(error))
            raise
        except Unknown:
            self._doubted = True
            raise
        if self._logged_in:
            self._become(GatewayState.ONLINE, "a call went through")
        return answer

    def _check_online(self) -> None:
        if not self._logged_in:
            raise Unreachable(f"the account is not online: {self._state.value}")


def _conversation(to: Address) -> str:
    chat = to.room or to.person
    if not chat:
        raise Refused("the address names neither a room nor a person")
    return chat


async def _image(wire: Wire, message_id: str) -> bytes:
    answer = await wire.message_image(id=message_id, type=ImageType(pictures.ARTWORK))
    return await pictures.unbox(wire, answer.filebox)


async def _file(wire: Wire, message_id: str) -> bytes:
    answer = await wire.message_file(id=message_id)
    return await pictures.unbox(wire, answer.filebox)
