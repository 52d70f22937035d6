"""What a standby has heard in a chat, worked once the chat is its own: only what nobody else has worked or said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.ports import Event, load_event
from handlers.settling import unspaced
from storage.areas import Chat
from storage.inbox import InboxEvent, InboxState, Picture, forget_shadows
from storage.outbox import REACHED, Delivery, DeliveryPart, PostPart
from storage.people import ContactBinding

SAME = timedelta(minutes=2)
"""How far apart in time two accounts' copies of one message may be (DESIGN.md, "What is known of wechaty")."""


AT_ONCE = 5000
"""Ids in one statement: PostgreSQL takes at most 32,767."""


class _Heard(NamedTuple):
    """A message as one account has it; `event` is None once it is wiped, `writer` is its writer's shown name."""

    inbox_id: int
    chat_id: int
    at: datetime
    writer: str | None
    event: Event | None


async def work_shadows(session: AsyncSession, account_id: int, chats: Collection[int]) -> int:
    """Work what only this account heard in these chats; how many. The other shadows there have done their service."""
    mine = (
        col(InboxEvent.account_id) == account_id,
        col(InboxEvent.state) == InboxState.SHADOW,
        col(InboxEvent.chat_id).in_(list(chats)),
    )
    shadows = await _heard(session, *mine, col(InboxEvent.wiped).is_(False))
    fresh: list[int] = []
    if shadows:
        copies = await _copies(session, account_id, shadows)
        for shadow in shadows:
            assert shadow.event is not None
            if copies.said(shadow):
                continue
            if (known := copies.take(shadow)) is None:
                fresh.append(shadow.inbox_id)
            elif shadow.event.picture:
                await _fetch_by_us(session, known, shadow.inbox_id)
    for ids in _slices(fresh):
        await session.execute(update(InboxEvent).where(col(InboxEvent.id).in_(ids)).values(state=InboxState.NEW))
    await forget_shadows(session, *mine)
    return len(fresh)


async def left_behind(session: AsyncSession, account_id: int) -> set[int]:
    """Chats of an account's own in which it still has shadows: it heard them while it was about to get the chat."""
    query = select(col(InboxEvent.chat_id)).join(Chat, col(InboxEvent.chat_id) == col(Chat.id))
    query = query.where(InboxEvent.account_id == account_id, InboxEvent.state == InboxState.SHADOW)
    return set(await session.scalars(query.where(Chat.account_id == account_id).distinct()))


def _slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


async def _fetch_by_us(session: AsyncSession, known: int, shadow: int) -> None:
    """A picture that the other account was to fetch is fetched by the handle under which this one knows it."""
    wanted = await session.scalar(select(Picture).where(Picture.inbox_id == known, Picture.state == "wanted"))
    own = await session.scalar(select(Picture).where(Picture.inbox_id == shadow))
    if wanted is not None and own is not None:
        wanted.account_id, wanted.handle = own.account_id, own.handle


_WRITER = (
    select(func.max(ContactBinding.shown_name))
    .where(
        col(ContactBinding.contact_id) == col(InboxEvent.contact_id),
        col(ContactBinding.account_id) == col(InboxEvent.account_id),
    )
    .scalar_subquery()
)


async def _heard(session: AsyncSession, *which: object) -> list[_Heard]:
    query = select(
        col(InboxEvent.id), col(InboxEvent.chat_id), col(InboxEvent.at), _WRITER, InboxEvent.payload, InboxEvent.wiped
    )  # type: ignore[call-overload]
    rows = await session.execute(query.where(*which).order_by(col(InboxEvent.id)))
    return [_Heard(*heard, None if wiped else load_event(payload)) for *heard, payload, wiped in rows]


def _key(heard: _Heard) -> tuple[object, ...]:
    """What two accounts' copies of one message have in common; message ids differ between accounts."""
    if heard.event is None:
        return heard.chat_id, heard.writer
    event = heard.event
    return heard.chat_id, event.kind, event.type, event.sender_name, unspaced(event.text)


class _Copies:
    """What other accounts worked in the chats, and what ours said there; each copy stands for one message only."""

    def __init__(self, heard: Sequence[_Heard], said: Sequence[tuple[int, str]]) -> None:
        self._heard: dict[tuple[object, ...], list[_Heard]] = defaultdict(list)
        for one in heard:
            self._heard[_key(one)].append(one)
        self._said = {(chat, unspaced(text)) for chat, text in said}

    def said(self, shadow: _Heard) -> bool:
        """Whether a message is one of our own posts."""
        text = unspaced(shadow.event.text) if shadow.event else ""
        return bool(text) and (shadow.chat_id, text) in self._said

    def take(self, shadow: _Heard) -> int | None:
        """The inbox id of another account's copy of a message, which then stands for no other one.

        Of what was wiped, as it came to nothing, only the writer and the time are left to go by.
        """
        for key in (_key(shadow), _key(shadow._replace(event=None))):
            near = [one for one in self._heard[key] if abs(one.at - shadow.at) <= SAME]
            if near:
                nearest = min(near, key=lambda one: abs(one.at - shadow.at))
                self._heard[key].remove(nearest)
                return nearest.inbox_id
        return None


async def _copies(session: AsyncSession, account_id: int, shadows: Sequence[_Heard]) -> _Copies:
    """What may be the same as one of these shadows."""
    chats, since = list({one.chat_id for one in shadows}), min(one.at for one in shadows) - SAME
    heard = await _heard(
        session,
        col(InboxEvent.account_id) != account_id,
        col(InboxEvent.state) != InboxState.SHADOW,
        col(InboxEvent.chat_id).in_(chats),
        col(InboxEvent.at) >= since,
    )
    said = await session.execute(
        select(col(Delivery.chat_id), col(PostPart.text))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(
            PostPart, (col(PostPart.post_id) == col(Delivery.post_id)) & (col(PostPart.number) == DeliveryPart.number)
        )
        .where(
            col(Delivery.chat_id).in_(chats),
            col(DeliveryPart.state).in_(REACHED) | col(DeliveryPart.doubtful),
            col(DeliveryPart.tried_at) >= since,
            PostPart.kind == "text",
        )
    )
    return _Copies(heard, [(chat, text) for chat, text in said])
