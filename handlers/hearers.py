"""Who has heard of a matter, so that its end reaches exactly them, each once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from handlers.posting import Piece, Target, post
from handlers.turn import Turn
from storage.outbox import Delivery, Post, Sort
from storage.people import private_chats


async def speakers_chats(turn: Turn) -> set[int]:
    """Where the speaker reads: this chat and their private one; who decides needs not be told of it again."""
    if turn.speaker is None or turn.where is None:
        return set()
    return {turn.here.chat_id, *(await private_chats(turn.session, [turn.me.contact_id])).values()}


async def heard_of(turn: Turn, ref: str) -> set[int]:
    """The chats that got a post about the matter, answers to somebody's question aside."""
    return await _chats(turn, (col(Post.ref) == ref) & (col(Post.sort) != Sort.REPLY))


async def just_told(turn: Turn) -> set[int]:
    """The chats that hear something because of this very message."""
    return await _chats(turn, col(Post.inbox_id) == turn.inbox_id)


async def tell_rest(turn: Turn, ref: str, text: str) -> None:
    """Whoever heard of the matter hears how it ended, unless this message told them already or is their own."""
    rest = await heard_of(turn, ref) - await just_told(turn) - await speakers_chats(turn)
    await post(turn, ref, Sort.END, [Piece(text)], [Target(chat) for chat in sorted(rest)])


async def _chats(turn: Turn, which: ColumnElement[bool]) -> set[int]:
    query = select(col(Delivery.chat_id)).join(Post, col(Delivery.post_id) == col(Post.id))
    return set(await turn.session.scalars(query.where(which)))
