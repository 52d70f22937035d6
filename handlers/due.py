"""Doing what is due."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.ports import Outside
from handlers.table import DUE
from handlers.turn import Turn
from storage.agenda import DueItem
from storage.engine import Database, retrying

MAX_TRIES = 3
AGAIN = timedelta(minutes=1)

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
    async def attempt() -> None:
        async with database.write() as session:
            current = await session.get(DueItem, item.id)
            if current is None or current.due_at > now:
                return
            await session.delete(current)
            await session.flush()
            await DUE[item.kind](Turn(session, now, outside), item.ref)

    try:
        await retrying(attempt)
    except Exception:
        log.exception("due %s %s failed", item.kind, item.ref)
        await _later(database, item, now)


async def _later(database: Database, item: DueItem, now: datetime) -> None:
    """Try again a minute later; after three tries the row is dropped and the log has said so."""
    async with database.write() as session:
        current = await session.get(DueItem, item.id)
        if current is None:
            return
        current.tries += 1
        current.due_at = now + AGAIN
        if current.tries >= MAX_TRIES:
            await session.delete(current)
