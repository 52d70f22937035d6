"""Answers from the notices that a group has got: which they are, and the one answer to who asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.helping import addressed
from handlers.notices.telling import KEPT, Told, answer_in, may_ask
from handlers.posting import say
from handlers.refs import label
from handlers.turn import Turn
from storage.areas import Chat, Purpose, Room
from storage.inbox import Outcome
from storage.matters import Notice, NoticeState
from storage.outbox import REACHED, Delivery, DeliveryPart, Post, Sort

AGAIN = timedelta(minutes=10)
"""Within what time a group does not hear the same notice quoted again that nobody asked the bot for."""


async def notices_told(session: AsyncSession, chats: Collection[int], now: datetime) -> dict[int, list[Told]]:
    """Chat id -> the notices of the last days that are there, the latest first."""
    lately = (Notice.state == NoticeState.SENT) & (col(Notice.sent_at) > now - KEPT)
    rows = (await session.scalars(select(Notice).where(lately).order_by(col(Notice.id).desc()))).all()
    by_ref = {f"N{one.id}": Told(one.id or 0, one.text, one.sent_at, one.corrects_id) for one in rows if one.sent_at}
    if not by_ref:
        return {}
    query = (
        select(col(Delivery.chat_id), col(Post.ref))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(col(Post.ref).in_(by_ref), Post.sort == Sort.NOTICE, col(Delivery.chat_id).in_(chats))
        .where(col(DeliveryPart.state).in_(REACHED))
    )
    found: dict[int, dict[int, Told]] = defaultdict(dict)
    for chat_id, ref in await session.execute(query):
        found[chat_id][by_ref[ref].number] = by_ref[ref]
    return {chat_id: sorted(told.values(), key=lambda one: -one.number) for chat_id, told in found.items()}


async def told(turn: Turn) -> bool:
    """Whether a notice that the asker's group has got answers the question, and was quoted."""
    from handlers.cases.reporting import hears_fresh  # its package imports this one

    if not may_ask(turn.text):
        return False
    chats = [turn.here.chat_id]
    if turn.here.private and turn.here.area is not None:
        rooms = select(col(Chat.id)).join(Room, col(Chat.room_id) == col(Room.id))
        near = rooms.where(Room.area_id == turn.here.area.id, Room.purpose == Purpose.RESIDENTS)
        chats = list(await turn.session.scalars(near))
    known = await notices_told(turn.session, chats, turn.now)
    every = {one.number: one for told_there in known.values() for one in told_there}
    found = answer_in([every[one] for one in sorted(every, reverse=True)], turn.text, turn.at, turn.outside.zone)
    if found is None:
        return False
    notice, words = found
    ref = f"N{notice.number}"
    if not addressed(turn) and not (await hears_fresh(turn) and not await _said_lately(turn, ref)):
        turn.outcome = Outcome.CHAT
        return True
    turn.outcome = Outcome.CHAT
    await say(turn, f"{label(ref)}里写了：{words}", ref=ref, sort=Sort.REPLY if addressed(turn) else Sort.FRESH)
    return True


async def _said_lately(turn: Turn, ref: str) -> bool:
    query = (
        select(col(Post.id))
        .join(Delivery, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == ref, Post.sort == Sort.FRESH, Delivery.chat_id == turn.here.chat_id)
        .where(col(Post.at) > turn.now - AGAIN)
    )
    return await turn.session.scalar(query.limit(1)) is not None
