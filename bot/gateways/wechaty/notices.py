"""Turns what the puppet reports besides messages into events: invitations, friend requests, who came and went."""

from __future__ import annotations

from typing import Any

from bot.gateways.wechaty import bubbles
from bot.gateways.wechaty.messages import Me, instant
from bot.gateways.wechaty.names import Names
from bot.gateways.wechaty.wire import Link
from handlers.ports import Event, EventKind

REQUEST = 2
"""The friendship event that asks; the others confirm."""


class Notices:
    """Reads notices for one account. Calls may raise `GatewayError`."""

    def __init__(self, link: Link, names: Names, me: Me) -> None:
        self._link = link
        self._names = names
        self._me = me

    async def invited(self, payload: dict[str, Any]) -> Event | None:
        """Somebody invites the bot into a group."""
        subject = str(payload.get("roomInvitationId") or "")
        if not subject:
            return None
        found = await self._link.ask(lambda wire: wire.room_invitation_payload(id=subject))
        return Event(
            id=f"invited-{subject}",
            kind=EventKind.INVITED,
            at=instant(found.timestamp),
            room_name=found.topic,
            sender=found.inviter_id or None,
            sender_name=await self._names.person(None, found.inviter_id) if found.inviter_id else "",
            subject=subject,
        )

    async def friendship(self, payload: dict[str, Any]) -> Event | None:
        """Somebody asks to be friends; None for anything else about friendship."""
        subject = str(payload.get("friendshipId") or "")
        if not subject:
            return None
        found = await self._link.ask(lambda wire: wire.friendship_payload(id=subject))
        if int(found.type) != REQUEST:
            return None
        return Event(
            id=f"friend-{subject}",
            kind=EventKind.FRIEND_REQUEST,
            at=instant(None),
            sender=found.contact_id or None,
            sender_name=await self._names.person(None, found.contact_id) if found.contact_id else "",
            text=bubbles.clean(found.hello),
            subject=subject,
        )

    async def joined(self, payload: dict[str, Any]) -> Event | None:
        """People have joined a room; `from_self` if the bot is among them."""
        return await self._moved(EventKind.JOINED, payload, "inviteeIdList", "inviterId")

    async def left(self, payload: dict[str, Any]) -> Event | None:
        """People have left a room or were removed; `from_self` if the bot is among them."""
        return await self._moved(EventKind.LEFT, payload, "removeeIdList", "removerId")

    async def renamed(self, payload: dict[str, Any]) -> Event | None:
        """A room has a new name."""
        topic = str(payload.get("newTopic") or "")[:200]
        event = await self._change(EventKind.RENAMED, payload, "changerId", topic)
        if event is not None and event.room:
            self._names.set_room(event.room, topic)
        return event

    async def _moved(self, kind: EventKind, payload: dict[str, Any], who: str, by: str) -> Event | None:
        people = tuple(str(person) for person in payload.get(who) or ())
        return await self._change(kind, payload, by, ",".join(sorted(people)), people)

    async def _change(
        self, kind: EventKind, payload: dict[str, Any], by: str, what: str, people: tuple[str, ...] = ()
    ) -> Event | None:
        room = str(payload.get("roomId") or "")
        if not room:
            return None
        sender = str(payload.get(by) or "")
        renamed = kind is EventKind.RENAMED
        return Event(
            id=f"{kind}-{room}-{payload.get('timestamp') or instant(None).timestamp()}-{what}"[:250],
            kind=kind,
            at=instant(payload.get("timestamp")),
            room=room,
            room_name=what if renamed else await self._names.room(room),
            sender=sender or None,
            sender_name=await self._names.person(room, sender) if sender else "",
            from_self=self._me.id in people,
            subject=what if renamed else "",
            people=people,
        )
