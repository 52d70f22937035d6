"""How an account of ours takes over what another one did.

Every chat has one account that listens and speaks there (`Chat.account_id`); the others in it keep shadows of what
they hear. Where that account is offline, or its process gone, for longer than the config says, one that is online
takes its chats over: what is queued for them goes along, and of its shadows it works those that the other never heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.courier import interrupted
from bot.gateways.protocol import GatewayState
from handlers.ports import Event, load_event
from storage.areas import Chat, RoomBinding
from storage.inbox import InboxEvent, InboxState, Picture, forget_shadows
from storage.outbox import Delivery, DeliveryPart, PartState, PostPart, hand_over
from storage.people import Account, ContactBinding

SAME = timedelta(minutes=2)
"""How far apart in time two accounts' copies of one message may be (DESIGN.md, "What is known of wechaty")."""

SPOKEN = (PartState.SENT, PartState.UNKNOWN)
WORKING = (GatewayState.ONLINE, GatewayState.SILENT)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over: from which accounts, how many groups and private chats, how many messages are worked now."""

    names: tuple[str, ...]
    rooms: int
    people: int
    worked: int


def gone(now: datetime, patience: timedelta) -> ColumnElement[bool]:
    """Accounts that no process has worked for, for this long; one that never had a process has not gone."""
    return col(Account.lease_until) < now - patience


def _silent(now: datetime, patience: timedelta) -> ColumnElement[bool]:
    """Accounts that are gone, or offline for this long."""
    offline = col(Account.state).not_in(WORKING) & (col(Account.state_at) < now - patience)
    return or_(gone(now, patience), offline)


async def orphaned(session: AsyncSession, account_id: int, now: datetime, patience: timedelta) -> set[int]:
    """The other accounts that are gone: what they stored and did not work is anybody's."""
    query = select(col(Account.id)).where(col(Account.id) != account_id, gone(now, patience))
    return set(await session.scalars(query))


async def may_take(session: AsyncSession, account_id: int, now: datetime, patience: timedelta) -> bool:
    """Whether a silent account has a chat in which this one is too."""
    silent = select(col(Account.id)).where(col(Account.id) != account_id, _silent(now, patience))
    return await session.scalar(_common(account_id).where(col(Chat.account_id).in_(silent)).limit(1)) is not None


async def take_over(
    session: AsyncSession, account_id: int, now: datetime, patience: timedelta, keep: timedelta
) -> Taken | None:
    """Take the chats of silent accounts in which this one is too; None if there are none.

    `keep` is how long what was heard is kept at all. The accounts' rows are locked in the order of their ids, so that
    two standbys do not take the same chat.
    """
    accounts = (await session.scalars(select(Account).order_by(col(Account.id)).with_for_update())).all()
    silent_ids = set(
        await session.scalars(select(col(Account.id)).where(col(Account.id) != account_id, _silent(now, patience)))
    )
    silent = [one for one in accounts if one.id in silent_ids]
    for one in silent:
        if one.lease_until is not None and one.lease_until < now - patience:
            await interrupted(session, one.id or 0, now)
    found = await session.execute(_common(account_id).where(col(Chat.account_id).in_(silent_ids)))
    chats = {chat: (room, owner) for chat, room, owner in found}
    if not chats:
        return None
    await hand_over(session, chats, account_id)
    worked = await _work_shadows(session, account_id, chats, now - keep + SAME)
    owners = {owner for _, owner in chats.values()}
    rooms = sum(room is not None for room, _ in chats.values())
    names = tuple(one.name for one in silent if one.id in owners)
    return Taken(names, rooms, len(chats) - rooms, worked)


def _common(account_id: int) -> Select[tuple[int, int | None, int | None]]:
    """Chats where this account is too: a group it has not left, or somebody who has written to it."""
    inside = (
        select(RoomBinding.id)
        .where(RoomBinding.chat_id == Chat.id, RoomBinding.account_id == account_id, col(RoomBinding.left_at).is_(None))
        .exists()
    )
    known = (
        select(ContactBinding.id)
        .where(
            ContactBinding.contact_id == Chat.contact_id,
            ContactBinding.account_id == account_id,
            col(ContactBinding.friend).is_(True),
        )
        .exists()
    )
    return select(col(Chat.id), col(Chat.room_id), col(Chat.account_id)).where(or_(inside, known))


async def _work_shadows(session: AsyncSession, account_id: int, chats: Collection[int], since: datetime) -> int:
    """Work what only this account heard in these chats; how many. The other shadows there have done their service."""
    mine = (
        col(InboxEvent.account_id) == account_id,
        col(InboxEvent.state) == InboxState.SHADOW,
        col(InboxEvent.chat_id).in_(list(chats)),
    )
    rows = await session.execute(_HEARD.where(*mine, col(InboxEvent.at) >= since))
    shadows = [(row_id, chat, load_event(payload)) for row_id, chat, payload in rows]
    copies = await _copies(session, account_id, {chat for _, chat, _ in shadows}, since)
    fresh: list[int] = []
    for row_id, chat, event in shadows:
        if copies.said(chat, event):
            continue
        if (known := copies.take(chat, event)) is None:
            fresh.append(row_id)
        elif event.picture:
            await _fetch_by_us(session, known, row_id)
    await session.execute(update(InboxEvent).where(col(InboxEvent.id).in_(fresh)).values(state=InboxState.NEW))
    await forget_shadows(session, *mine)
    return len(fresh)


async def _fetch_by_us(session: AsyncSession, known: int, shadow: int) -> None:
    """A picture that the other account was to fetch is fetched by the handle under which this one knows it."""
    wanted = await session.scalar(select(Picture).where(Picture.inbox_id == known, Picture.state == "wanted"))
    own = await session.scalar(select(Picture).where(Picture.inbox_id == shadow))
    if wanted is not None and own is not None:
        wanted.account_id, wanted.handle = own.account_id, own.handle


_HEARD = select(col(InboxEvent.id), col(InboxEvent.chat_id), col(InboxEvent.payload)).order_by(col(InboxEvent.id))


def _key(chat: int, event: Event) -> tuple[object, ...]:
    """What two accounts' copies of one message have in common; message ids differ between accounts."""
    return chat, event.kind, event.type, event.sender_name, "".join(event.text.split())


class _Copies:
    """What other accounts worked in the chats, and what ours said there; each copy stands for one message only."""

    def __init__(self, heard: Sequence[tuple[int, int, Event]], said: Sequence[tuple[int, str]]) -> None:
        self._heard: dict[tuple[object, ...], list[tuple[datetime, int]]] = defaultdict(list)
        for row_id, chat, event in heard:
            self._heard[_key(chat, event)].append((event.at, row_id))
        self._said = {(chat, "".join(text.split())) for chat, text in said}

    def said(self, chat: int, event: Event) -> bool:
        """Whether a message is one of our own posts."""
        return bool(event.text) and (chat, "".join(event.text.split())) in self._said

    def take(self, chat: int, event: Event) -> int | None:
        """The inbox id of another account's copy of a message, which then stands for no other one."""
        copies = self._heard[_key(chat, event)]
        near = [one for one in copies if abs(one[0] - event.at) <= SAME]
        if not near:
            return None
        nearest = min(near, key=lambda one: abs(one[0] - event.at))
        copies.remove(nearest)
        return nearest[1]


async def _copies(session: AsyncSession, account_id: int, chats: Collection[int], since: datetime) -> _Copies:
    heard = await session.execute(
        _HEARD.where(
            col(InboxEvent.account_id) != account_id,
            col(InboxEvent.state) != InboxState.SHADOW,
            col(InboxEvent.chat_id).in_(list(chats)),
            col(InboxEvent.at) >= since - SAME,
            col(InboxEvent.wiped).is_(False),
        )
    )
    said = await session.execute(
        select(col(Delivery.chat_id), col(PostPart.text))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(
            PostPart, (col(PostPart.post_id) == col(Delivery.post_id)) & (col(PostPart.number) == DeliveryPart.number)
        )
        .where(
            col(Delivery.chat_id).in_(list(chats)),
            col(DeliveryPart.state).in_(SPOKEN) | col(DeliveryPart.doubtful),
            col(DeliveryPart.tried_at) >= since - SAME,
            PostPart.kind == "text",
        )
    )
    events = [(row_id, chat, load_event(payload)) for row_id, chat, payload in heard]
    return _Copies(events, [(chat, text) for chat, text in said])


async def adopt_names(session: AsyncSession, account_id: int, people: Collection[str], rooms: Collection[str]) -> None:
    """Where every account calls groups and people the same, what another one knows by these ids this one knows too."""
    gateway = select(Account.gateway).where(col(Account.id) == account_id).scalar_subquery()
    others = select(col(Account.id)).where(col(Account.gateway) == gateway, col(Account.id) != account_id)
    known = select(ContactBinding).where(
        col(ContactBinding.account_id).in_(others), col(ContactBinding.external_id).in_(list(people))
    )
    for external, one in {row.external_id: row for row in await session.scalars(known)}.items():
        session.add(
            ContactBinding(
                account_id=account_id, external_id=external, contact_id=one.contact_id, shown_name=one.shown_name
            )
        )
    groups = (
        select(RoomBinding)
        .join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
        .where(
            col(RoomBinding.account_id).in_(others),
            col(RoomBinding.external_id).in_(list(rooms)),
            col(RoomBinding.left_at).is_(None),
            col(Chat.room_id).is_not(None),
        )
    )
    for external, group in {row.external_id: row for row in await session.scalars(groups)}.items():
        session.add(RoomBinding(account_id=account_id, external_id=external, chat_id=group.chat_id, name=group.name))
    await session.flush()
