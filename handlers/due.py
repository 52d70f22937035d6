"""Doing what is due."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import bindparam, select
from sqlmodel import col

from handlers.following import about, following
from handlers.outdoors import confess
from handlers.ports import Outside
from handlers.table import DUE
from handlers.turn import Turn, leave_traces
from storage.agenda import DueItem
from storage.engine import Database, announce, retrying, unavailable

TRIES = 3
AGAIN, LATER = timedelta(minutes=1), timedelta(hours=1)
SOON = timedelta(seconds=1)
"""When to look again at what another process is at."""

log = logging.getLogger("gridbot.due")


async def run_due(database: Database, outside: Outside, now: datetime) -> datetime | None:
    """Do everything due by `now`, by (due_at, id), each in its own transaction; when the next is due, or None.

    Several processes may do so at once: what one of them is at is passed over by the others, and looked at again soon.
    """
    while True:
        async with database.read() as session:
            item = await session.scalar(_FIRST)
        if item is None or item.due_at > now:
            return item.due_at if item else None
        if not await _do(database, outside, now):
            return now + SOON


_FIRST = select(DueItem).order_by(col(DueItem.due_at), col(DueItem.id)).limit(1)
_CLAIM = _FIRST.where(col(DueItem.due_at) <= bindparam("now")).with_for_update(skip_locked=True)


async def _do(database: Database, outside: Outside, now: datetime) -> bool:
    """Do the first thing due that nobody else is at; whether there was one."""
    at: tuple[int | None, str, str] | None = None

    async def attempt() -> Turn | None:
        nonlocal at
        async with database.write() as session:
            item = await session.scalar(_CLAIM, {"now": now})
            at = (item.id, item.kind, item.ref) if item else None
            if item is None:
                return None
            await session.delete(item)
            await session.flush()
            turn = Turn(session, now, outside, due=f"{item.kind}:{item.ref}")
            with following(turn.about):
                await DUE[item.kind](turn, item.ref)
            await leave_traces(session, [turn])
            await announce(session)
            return turn

    began = perf_counter()
    try:
        turn = await retrying(attempt)
    except Exception as error:
        if unavailable(error) or at is None:
            raise
        number, kind, ref = at
        with following(about(None, f"{kind}:{ref}")):
            log.exception("due %s %s failed", kind, ref)
        await _later(database, outside, number, now)
        return True
    if turn is None or at is None:
        return False
    outside.watch.done_due(turn.about, at[1], perf_counter() - began, turn.queued)
    return True


async def _later(database: Database, outside: Outside, number: int | None, now: datetime) -> None:
    """Try again a minute later, after three tries hourly: what was promised, and what recurs, is never dropped."""
    async with database.write() as session:
        current = await session.get(DueItem, number)
        if current is None:
            return
        current.tries += 1
        current.due_at = now + (AGAIN if current.tries < TRIES else LATER)
        if current.tries == TRIES:
            await confess(Turn(session, now, outside), f"定时的事（{current.kind}）三次没做成，请让维护的人看日志。")
