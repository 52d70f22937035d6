"""Turns what the puppet says about a message into an `Event`."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.gateways.protocol import GatewayError
from bot.gateways.wechaty import bubbles
from bot.gateways.wechaty.answers import Payload
from bot.gateways.wechaty.names import Names
from bot.gateways.wechaty.wire import Link
from handlers.ports import Event, EventKind, Location, MessageType, Quote

log = logging.getLogger(__name__)

RECALLED = 13

TYPES: dict[int, MessageType] = {
    1: MessageType.FILE,
    2: MessageType.VOICE,
    3: MessageType.CARD,
    4: MessageType.FORWARDED,
    5: MessageType.STICKER,
    6: MessageType.PICTURE,
    7: MessageType.TEXT,
    8: MessageType.LOCATION,
    9: MessageType.LINK,  # mini program
    10: MessageType.LINK,  # group note
    14: MessageType.LINK,
    15: MessageType.VIDEO,
    16: MessageType.LINK,  # moment, channel
}
"""Types as wechaty-puppet numbers them; gateways send these, not the numbers of the protocol file. What is missing
(unknown, transfers, red packets) is `SYSTEM`."""

AHEAD = 300
"""Seconds that a message may come from the future before its time counts as wrong."""


Parts = dict[str, Any]
"""What a message adds to its event: values by field."""


@dataclass(slots=True)
class Me:
    """The account that is logged in; without an id before the first login."""

    id: str = ""


class Messages:
    """Reads messages for one account."""

    def __init__(self, link: Link, names: Names, me: Me) -> None:
        self._link = link
        self._names = names
        self._me = me
        self._by_type: dict[MessageType, Callable[[Payload], Awaitable[Parts]]] = {
            MessageType.TEXT: self._text,
            MessageType.PICTURE: self._picture,
            MessageType.LOCATION: self._location,
            MessageType.FILE: self._file,
            MessageType.LINK: self._link_card,
            MessageType.CARD: self._card,
            MessageType.FORWARDED: self._forwarded,
            MessageType.SYSTEM: self._system,
        }

    def chat(self, payload: Payload) -> str:
        """The chat that a message belongs to: the room, or the other person."""
        return payload.room_id or self._other(payload)

    async def event(self, payload: Payload) -> Event:
        """The event that a message makes. What is not known is left empty, nothing is raised."""
        room = payload.room_id or None
        sender = (payload.from_id if room else self._other(payload)) or None
        known: Parts = {
            "id": payload.id,
            "kind": EventKind.MESSAGE,
            "at": instant(payload.timestamp),
            "room": room,
            "room_name": await self._names.room(room) if room else "",
            "sender": sender,
            "sender_name": await self._names.person(room, sender) if sender else "",
            "from_self": self._is_mine(payload),
            "type": TYPES.get(payload.type, MessageType.SYSTEM),
        }
        if payload.type == RECALLED:
            return Event(**(known | _recalled(payload)))
        read = self._by_type.get(known["type"], _nothing_more)
        try:
            known |= await read(payload)
        except Exception:  # a form that nobody foresaw: what was said must not be lost for it
            log.exception("message %s (type %s) is taken as it is", payload.id, payload.type)
            known["text"] = bubbles.plain(payload.text)
        if "text" in known:
            known["text"] = bubbles.clean(known["text"])
        return Event(**known)

    def _is_mine(self, payload: Payload) -> bool:
        return bool(self._me.id) and payload.from_id == self._me.id

    def _other(self, payload: Payload) -> str:
        """In private the other person, also for our own messages, so that both lie in one chat."""
        return payload.to_id if payload.from_id == self._me.id and payload.to_id else payload.from_id

    async def _text(self, payload: Payload) -> Parts:
        raw = payload.text[: bubbles.MAX_TEXT]
        quote, text = bubbles.split_quote(raw)
        if quote is None:
            quote, text = bubbles.xml_quote(raw)
        if self._is_mine(payload):
            return {"text": bubbles.strip_own_prefix(text), "mentions": tuple(payload.mention_ids), "quote": quote}
        mentions = tuple(id for id in payload.mention_ids if id not in bubbles.EVERYBODY)
        sure = self._me.id in mentions
        names = await self._own_names(payload.room_id or None) if "@" in text or quote else ()
        text, named = bubbles.strip_mention(text, names, sure=sure) if "@" in text else (text, False)
        if named and not sure:
            mentions = (*mentions, self._me.id)
        quote = self._resolved(quote, names)
        return {"text": text, "mentions": mentions, "mentions_me": sure or named, "quote": quote}

    async def _own_names(self, room: str | None) -> tuple[str, ...]:
        if not self._me.id:
            return ()
        own = await self._names.person(None, self._me.id)
        return (own, await self._names.person(room, self._me.id)) if room else (own,)

    def _resolved(self, quote: Quote | None, own_names: tuple[str, ...]) -> Quote | None:
        """A quote whose sender is an id: a shown name proves nothing, only our own is known for sure."""
        if quote is None or quote.message_id:
            return quote
        return replace(quote, sender=self._me.id if quote.sender and quote.sender in own_names else None)

    async def _picture(self, payload: Payload) -> Parts:
        return {"picture": payload.id}

    async def _file(self, payload: Payload) -> Parts:
        return {"text": payload.filename or bubbles.plain(payload.text)}

    async def _forwarded(self, payload: Payload) -> Parts:
        return {"text": bubbles.bundle_text(payload.text[: bubbles.MAX_TEXT])}

    async def _system(self, payload: Payload) -> Parts:
        quote, text = bubbles.xml_quote(payload.text[: bubbles.MAX_TEXT])
        if quote is not None:  # some puppets do not know replies and give them as of unknown type
            return {"type": MessageType.TEXT, "quote": quote, "text": text}
        return {"text": bubbles.plain(payload.text)}

    async def _location(self, payload: Payload) -> Parts:
        place = bubbles.xml_location(payload.text[: bubbles.MAX_TEXT]) or await self._asked_location(payload.id)
        if place is None:
            return {"text": bubbles.plain(payload.text)}
        words = dict.fromkeys(part for part in (place.name, place.address) if part)
        return {"location": place, "text": " ".join(words)}

    async def _asked_location(self, message_id: str) -> Location | None:
        try:
            place = await self._link.ask(lambda wire: wire.message_location(id=message_id))
        except GatewayError:
            return None
        if not (place.latitude or place.longitude):
            return None
        return Location(place.latitude, place.longitude, place.name[:200], place.address[:500])

    async def _link_card(self, payload: Payload) -> Parts:
        text = (
            bubbles.link_text(payload.text[: bubbles.MAX_TEXT])
            if bubbles.parse_xml(payload.text[: bubbles.MAX_TEXT]) is not None
            else ""
        )
        return {"text": text or await self._asked_link(payload) or bubbles.plain(payload.text)}

    async def _asked_link(self, payload: Payload) -> str:
        try:
            if payload.type == 9:
                found = await self._link.ask(lambda wire: wire.message_mini_program(id=payload.id))
                return bubbles.json_words(found.mini_program, "title", "description")
            answer = await self._link.ask(lambda wire: wire.message_url(id=payload.id))
            return bubbles.json_words(answer.url_link, "title", "description", "url")
        except GatewayError:
            return ""

    async def _card(self, payload: Payload) -> Parts:
        try:
            person = (await self._link.ask(lambda wire: wire.message_contact(id=payload.id))).id
        except GatewayError:
            return {}
        name = await self._names.person(None, person) if person else ""
        return {"text": name, "people": (person,) if person else ()}


async def _nothing_more(payload: Payload) -> Parts:
    return {}


def _recalled(payload: Payload) -> Parts:
    """A recall is a message that names another; it counts once, however often and under what id it comes."""
    gone = bubbles.recalled_id(payload.text)
    return {"id": f"recalled-{gone}", "kind": EventKind.RECALLED, "type": MessageType.TEXT, "subject": gone}


def instant(timestamp: object) -> datetime:
    """A gateway's time, in seconds or milliseconds; now where it is missing, senseless or lies in the future."""
    now = time.time()
    seconds = float(timestamp) if isinstance(timestamp, int | float) else 0.0
    if seconds > 1e11:
        seconds /= 1000
    if not 0 < seconds < now + AHEAD:
        seconds = now
    return datetime.fromtimestamp(seconds, UTC)
