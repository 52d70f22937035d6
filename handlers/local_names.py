"""The gazetteer of the whole database, rebuilt when areas or places have changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.understanding import Gazetteer
from storage.areas import Area, LocalPlace

LOOK_AGAIN = timedelta(minutes=1)


class LocalNames:
    """Holds the gazetteer; `import` beside a running bot is seen within a minute."""

    def __init__(self) -> None:
        self.gazetteer = Gazetteer()
        self._state: tuple[int, ...] = ()
        self._looked: datetime | None = None

    async def refresh(self, session: AsyncSession, now: datetime) -> None:
        """Build it anew if there is something new and a minute has passed."""
        if self._looked and self._looked <= now < self._looked + LOOK_AGAIN:
            return
        self._looked = now
        state: list[int] = []
        for table in (Area, LocalPlace):
            counts = await session.execute(select(func.count(), func.coalesce(func.max(col(table.id)), 0)))
            state += counts.one()
        if tuple(state) != self._state:
            self._state = tuple(state)
            self.gazetteer = Gazetteer(await _names(session))


async def _names(session: AsyncSession) -> list[tuple[str, str | None]]:
    names: list[tuple[str, str | None]] = []
    for name, code in await session.execute(select(col(Area.name), col(Area.code)).order_by(col(Area.id))):
        names.append((name, code))
    places = (
        select(col(LocalPlace.name), col(LocalPlace.aliases), col(Area.code))
        .join(Area, col(LocalPlace.area_id) == col(Area.id))
        .order_by(col(LocalPlace.id))
    )
    for name, aliases, code in await session.execute(places):
        names += [(one, code) for one in (name, *aliases.split())]
    return names
