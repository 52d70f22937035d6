"""Who has heard of a matter, so that its end reaches exactly them, each once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlmodel import col

from handlers.posting import Piece, Target, post
from handlers.turn import Turn
from storage.outbox import REACHED, UNDER_WAY, Delivery, DeliveryPart, PartState, Post, PostPart, Sort
from storage.people import private_chats

HEARD = (PartState.SENDING, *REACHED)
"""States of a part that was said, or is being said this moment."""


async def speakers_chats(turn: Turn) -> set[int]:
    """Where the speaker reads: this chat and their private one; who decides needs not be told of it again."""
    if turn.speaker is None or turn.where is None:
        return set()
    return {turn.here.chat_id, *(await private_chats(turn.session, [turn.me.contact_id])).values()}


async def heard_of(turn: Turn, ref: str, but: Collection[Sort] = (Sort.REPLY,)) -> set[int]:
    """The chats that got a post about the matter, of any sort `but` these: answers to somebody's question."""
    return await _chats(turn, (col(Post.ref) == ref) & col(Post.sort).not_in(but))


async def just_told(turn: Turn) -> set[int]:
    """The chats that hear something because of this very message."""
    return await _chats(turn, col(Post.inbox_id) == turn.inbox_id)


async def tell_rest(turn: Turn, ref: str, text: str) -> None:
    """Whoever heard of the matter hears how it ended, unless this message told them already or is their own."""
    rest = await heard_of(turn, ref) - await just_told(turn) - await speakers_chats(turn)
    await post(turn, ref, Sort.END, [Piece(text)], [Target(chat) for chat in sorted(rest)])


async def stopped(turn: Turn, refs: Sequence[str], sort: Sort, other: Sort) -> list[Target]:
    """Cancel what is queued of one sort about these; then those whose last word was of it, and not of the other.

    Cancelling comes first: what the courier takes at the same time is then seen as `sending`, never missed.
    """
    deliveries = select(col(Delivery.id)).where(col(Delivery.post_id).in_(posts_of(refs, sort)))
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.delivery_id).in_(deliveries), col(DeliveryPart.state) == PartState.QUEUED)
        .values(state=PartState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    return await last_heard(turn, refs, sort, other)


async def last_heard(turn: Turn, refs: Sequence[str], sort: Sort, other: Sort) -> list[Target]:
    """Those whose last word about these was of one sort, and not of the other."""
    later = {chat: delivery for chat, delivery, *_ in await turn.session.execute(_texts_heard(posts_of(refs, other)))}
    heard: dict[int, Target] = {}
    for chat_id, delivery_id, state, rank, doubtful in await turn.session.execute(_texts_heard(posts_of(refs, sort))):
        if delivery_id < later.get(chat_id, 0):
            continue
        sure = doubtful or state != PartState.SENDING  # doubtful: perhaps received at the first try
        if sure or chat_id not in heard:
            heard[chat_id] = Target(chat_id, rank, None if sure else delivery_id)
    return list(heard.values())


def posts_of(refs: Sequence[str], sort: Sort) -> Select[tuple[int | None]]:
    """The posts of a sort about these matters."""
    return select(col(Post.id)).where(col(Post.ref).in_(refs), Post.sort == sort)


def _texts_heard(posts: Select[tuple[int | None]]) -> Select[Any]:
    """(chat, delivery, state, rank, doubtful) of the texts of these posts that went out, or may have."""
    return (
        select(
            col(Delivery.chat_id),
            col(Delivery.id),
            col(DeliveryPart.state),
            col(DeliveryPart.rank),
            col(DeliveryPart.doubtful),
        )
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(PostPart, (col(PostPart.post_id) == Delivery.post_id) & (col(PostPart.number) == DeliveryPart.number))
        .where(
            col(Delivery.post_id).in_(posts),
            PostPart.kind == "text",
            or_(col(DeliveryPart.state).in_(HEARD), col(DeliveryPart.doubtful)),
        )
        .order_by(col(Delivery.id))
    )


async def having(turn: Turn, posts: Sequence[int]) -> list[Target]:
    """The chats that have the text of one of these posts, perhaps have it, or will: what comes next waits for that."""
    query = (
        select(col(Delivery.chat_id), col(Delivery.id), col(DeliveryPart.state), col(DeliveryPart.rank))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(PostPart, (col(PostPart.post_id) == Delivery.post_id) & (col(PostPart.number) == DeliveryPart.number))
        .where(col(Delivery.post_id).in_(posts), PostPart.kind == "text")
        .order_by(col(DeliveryPart.number))
    )
    targets: dict[int, Target] = {}
    for chat_id, delivery_id, state, rank in await turn.session.execute(query):
        if state in REACHED:
            targets.setdefault(chat_id, Target(chat_id, rank))
        elif state in UNDER_WAY:
            targets[chat_id] = Target(chat_id, rank, delivery_id)
    return list(targets.values())


async def _chats(turn: Turn, which: ColumnElement[bool]) -> set[int]:
    query = select(col(Delivery.chat_id)).join(Post, col(Delivery.post_id) == col(Post.id))
    return set(await turn.session.scalars(query.where(which)))
