"""Pictures that somebody sent right before the words that want them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, select
from sqlmodel import col

from handlers.turn import Turn
from storage.engine import run
from storage.inbox import InboxEvent, Picture

RIGHT_BEFORE = timedelta(minutes=10)
"""How long before the words a picture may come that belongs to them."""


_ANY = (
    select(col(Picture.id))
    .join(InboxEvent, col(Picture.inbox_id) == col(InboxEvent.id))
    .where(
        InboxEvent.contact_id == bindparam("contact"),
        col(Picture.at) >= bindparam("since"),
        col(Picture.at) <= bindparam("until"),
    )
    .limit(1)
)


async def any_sent(turn: Turn) -> bool:
    """Whether the speaker sent a picture lately, anywhere; where not, none need be looked for."""
    times = {"since": turn.at - RIGHT_BEFORE, "until": turn.at}
    return (await run(turn.session, _ANY, {"contact": turn.me.contact_id, **times})).first() is not None


async def just_sent(
    turn: Turn,
    most: int,
    also: ColumnElement[bool] | None = None,
    *,
    chats: Collection[int] = (),
    within: timedelta = RIGHT_BEFORE,
) -> Sequence[Picture]:
    """The speaker's latest pictures in this chat, at most so many, that nothing else wanted; the oldest first.

    `also`: others that are free again. `chats`: where else they may have been sent.
    """
    free = col(Picture.state) == "handle"
    query = (
        select(Picture)
        .join(InboxEvent, col(Picture.inbox_id) == col(InboxEvent.id))
        .where(
            col(InboxEvent.chat_id).in_({turn.here.chat_id, *chats}),
            InboxEvent.contact_id == turn.me.contact_id,
            col(Picture.at) >= turn.at - within,
            col(Picture.at) <= turn.at,
            free if also is None else free | also,
        )
        .order_by(col(Picture.id).desc())
        .limit(most)
    )
    return list(reversed((await turn.session.scalars(query)).all()))
