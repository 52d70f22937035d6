"""How an account of ours takes over what another one did.

Every chat has one account that listens and speaks there (`Chat.account_id`); the others in it keep shadows of what
they hear. Where that account is offline, or its process gone, for longer than the config says, one that is online
takes its chats over: what is queued for them goes along, and of its shadows it works those that the other never heard.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.courier import interrupted
from handlers.shadows import left_behind, work_shadows
from storage.areas import Chat, RoomBinding
from storage.inbox import InboxEvent, InboxState, Picture
from storage.outbox import bring_back, hand_over, strayed
from storage.people import Account, ContactBinding, away, gone


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over: from which accounts, how many groups and private chats, how many messages are worked now."""

    names: tuple[str, ...]
    rooms: int
    people: int
    worked: int


async def orphaned(session: AsyncSession, account_id: int, now: datetime, patience: timedelta) -> set[int]:
    """The other accounts that are gone: what they stored and did not work is anybody's."""
    query = select(col(Account.id)).where(col(Account.id) != account_id, gone(now - patience))
    return set(await session.scalars(query))


async def may_take(session: AsyncSession, account_id: int, now: datetime, patience: timedelta) -> bool:
    """Whether a silent account has a chat in which this one is too."""
    silent = select(col(Account.id)).where(col(Account.id) != account_id, away(now - patience))
    return await session.scalar(_common(account_id).where(col(Chat.account_id).in_(silent)).limit(1)) is not None


async def take_over(session: AsyncSession, account_id: int, now: datetime, patience: timedelta) -> Taken | None:
    """Take the chats of silent accounts in which this one is too; None if there are none.

    The accounts' rows are locked in the order of their ids, so that two standbys do not take the same chat.
    """
    accounts = (await session.scalars(select(Account).order_by(col(Account.id)).with_for_update())).all()
    silent_ids = set(
        await session.scalars(select(col(Account.id)).where(col(Account.id) != account_id, away(now - patience)))
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
    worked = await work_shadows(session, account_id, chats)
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


async def untidy(session: AsyncSession, account_id: int) -> bool:
    """Whether something was left behind as a chat changed hands: parts with the wrong account, or shadows."""
    return await strayed(session) or bool(await left_behind(session, account_id))


async def tidy(session: AsyncSession, account_id: int) -> None:
    """Mend what was left behind."""
    await bring_back(session)
    if chats := await left_behind(session, account_id):
        await work_shadows(session, account_id, chats)


def _lost(now: datetime, patience: timedelta) -> Select[tuple[int | None]]:
    """Pictures that an account which is away was to fetch, and of which no standby can have a copy."""
    copy = aliased(InboxEvent)
    copied = (
        select(copy.id)
        .where(copy.chat_id == InboxEvent.chat_id, copy.state == InboxState.SHADOW)
        .where(col(Chat.account_id) == col(Picture.account_id))
        .exists()
    )
    return (
        select(col(Picture.id))
        .join(InboxEvent, col(Picture.inbox_id) == col(InboxEvent.id))
        .outerjoin(Chat, col(InboxEvent.chat_id) == col(Chat.id))
        .join(Account, col(Picture.account_id) == col(Account.id))
        .where(Picture.state == "wanted", away(now - patience), ~copied)
    )


async def lost_pictures(session: AsyncSession, account_id: int, now: datetime, patience: timedelta) -> list[int]:
    """The ids of pictures that nobody will fetch: what waits for them waits in vain."""
    found = await session.scalars(_lost(now, patience).where(col(Account.id) != account_id))
    return [number for number in found if number is not None]


async def give_up(session: AsyncSession, pictures: Collection[int]) -> None:
    """These pictures have not come."""
    await session.execute(
        update(Picture).where(col(Picture.id).in_(list(pictures)), Picture.state == "wanted").values(state="failed")
    )


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
