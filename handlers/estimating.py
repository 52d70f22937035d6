"""How long a fan-out will take, with all that waits before it; that of several accounts is that of the slowest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.ports import Load
from handlers.posting import PRIORITY, Piece, kinds_of
from handlers.turn import Turn
from storage.outbox import Priority, Queued, Sort, queue, sends_since
from storage.people import Account, accounts_of

_PLANNED = 0
"""Stands for the id of a post that is not written yet; its parts are younger than any that is."""
_YOUNGEST = 2**62


def duration(seconds: float) -> str:
    """How long something takes, within a fifth: 不到 1 分钟, 约 40 秒, 约 4 分钟, 约 2.5 小时, 约 3 天."""
    if seconds < 30:
        return "不到 1 分钟"
    if seconds < 150:
        return f"约 {round(seconds / 10) * 10} 秒"
    if seconds < 90 * 60:
        return f"约 {round(seconds / 60)} 分钟"
    hours = seconds / 3600
    if hours < 48:
        return f"约 {round(hours * 2) / 2:g} 小时" if hours < 10 else f"约 {round(hours)} 小时"
    return f"约 {round(hours / 12) / 2:g} 天"


async def seconds_left(turn: Turn, sort: Sort, post_id: int | None, begin: datetime | None = None) -> float:
    """Seconds from `begin` (or now) until every part of a post that is queued has been sent."""
    if not turn.outside.pace.paced or post_id is None:
        return 0.0
    return await _seconds(turn, await queue(turn.session, PRIORITY[sort]), post_id, begin or turn.now)


async def seconds_for(
    turn: Turn, sort: Sort, pieces: Sequence[Piece], chats: Sequence[int], begin: datetime | None = None
) -> float:
    """The same for a post that is not written yet, to these chats in this order, not to be sent before `begin`."""
    if not turn.outside.pace.paced:
        return 0.0
    begin = begin or turn.now
    kinds = kinds_of(pieces, turn.outside.capabilities)
    planned = [
        Queued(PRIORITY[sort], int(kind != "text"), rank, _YOUNGEST + rank, chat, _PLANNED, begin, True)
        for rank, chat in enumerate(chats)
        for kind in kinds
    ]
    return await _seconds(turn, [*await queue(turn.session, PRIORITY[sort]), *planned], _PLANNED, begin)


async def _seconds(turn: Turn, rows: Sequence[Queued], post_id: int, begin: datetime) -> float:
    loads = await _loads(turn, rows, post_id)
    finished = [turn.outside.pace.finish(load, turn.now) for load in loads]
    return max(0.0, (max(finished, default=begin) - begin).total_seconds())


async def _loads(turn: Turn, rows: Sequence[Queued], post_id: int) -> list[Load]:
    """What each of the accounts that will send the post has to send up to its last part."""
    speaking = await accounts_of(turn.session)
    lines: dict[int, list[Queued]] = defaultdict(list)
    ends: dict[int, tuple[int, ...]] = {}
    for row in rows:
        if (account_id := speaking.get(row.chat_id)) is not None:
            lines[account_id].append(row)
            if row.post_id == post_id:
                ends[account_id] = max(ends.get(account_id, ()), row[:4])
    if not ends:
        return []
    accounts = await turn.session.scalars(select(Account).where(col(Account.id).in_(ends)))
    urgent = all(row.priority <= Priority.URGENT for row in rows)
    since = turn.now - (timedelta(minutes=1) if urgent else timedelta(days=1))
    sent = await sends_since(turn.session, list(ends), since)
    return [
        Load(
            post_id,
            one.rate,
            one.paused_until,
            one.started_at,
            sent.get(one.id or 0, ()),
            [row for row in lines[one.id or 0] if row[:4] <= ends[one.id or 0]],
        )
        for one in accounts
    ]
