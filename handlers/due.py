"""Doing what is due."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.following import about, following
from handlers.outdoors import confess
from handlers.ports import Outside
from handlers.table import DUE
from handlers.turn import Turn, leave_traces
from storage.agenda import DueItem
from storage.engine import Database, retrying, unavailable

TRIES = 3
AGAIN, LATER = timedelta(minutes=1), timedelta(hours=1)

log = logging.getLogger("gridbot.due")


async def run_due(database: Database, outside: Outside, now: datetime) -> datetime | None:
    """Do everything due by `now`, by (due_at, id), each in its own transaction; when the next is due, or None."""
    while True:
        async with database.read() as session:
            item = await _first(session)
        if item is None or item.due_at > now:
            return item.due_at if item else None
        await _do(database, outside, item, now)


async def _first(session: AsyncSession) -> DueItem | None:
    return await session.scalar(select(DueItem).order_by(col(DueItem.due_at), col(DueItem.id)).limit(1))


async def _do(database: Database, outside: Outside, item: DueItem, now: datetime) -> None:
    async def attempt() -> Turn | None:
        async with database.write() as session:
            current = await session.get(DueItem, item.id)
            if current is None or current.due_at > now:
                return None
            await session.delete(current)
            await session.flush()
            turn = Turn(session, now, outside, due=f"{item.kind}:{item.ref}")
            await DUE[item.kind](turn, item.ref)
            await leave_traces(session, [turn])
            return turn

    began = perf_counter()
    with following(about(None, f"{item.kind}:{item.ref}")):
        try:
            turn = await retrying(attempt)
        except Exception as error:
            if unavailable(error):
                raise
            log.exception("due %s %s failed", item.kind, item.ref)
            await _later(database, outside, item, now)
            return
    if turn is not None:
        outside.watch.done_due(turn.about, item.kind, perf_counter() - began, turn.queued)


async def _later(database: Database, outside: Outside, item: DueItem, now: datetime) -> None:
    """Try again a minute later, after three tries hourly: what was promised, and what recurs, is never dropped."""
    async with database.write() as session:
        current = await session.get(DueItem, item.id)
        if current is None:
            return
        current.tries += 1
        current.due_at = now + (AGAIN if current.tries < TRIES else LATER)
        if current.tries == TRIES:
            await confess(Turn(session, now, outside), f"定时的事（{item.kind}）三次没做成，请让维护的人看日志。")
