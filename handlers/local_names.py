"""The gazetteer of the whole database, rebuilt when names have changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.understanding import Gazetteer
from storage.areas import Area, LocalPlace
from storage.engine import run

LOOK_AGAIN = timedelta(minutes=1)


class LocalNames:
    """Holds the gazetteer; `import` beside a running bot is seen within a minute."""

    def __init__(self) -> None:
        self.gazetteer = Gazetteer()
        self._looked: datetime | None = None

    async def refresh(self, session: AsyncSession, now: datetime) -> None:
        """Look whether there is something new, once a minute."""
        if self._looked and self._looked <= now < self._looked + LOOK_AGAIN:
            return
        self._looked = now
        self.gazetteer = await gazetteer(session)


async def gazetteer(session: AsyncSession) -> Gazetteer:
    """Every area and local name as of now."""
    areas = map(tuple, (await run(session, _AREAS)).all())
    places = [(one, code) for name, aliases, code in await run(session, _PLACES) for one in (name, *aliases.split())]
    return _built((*areas, *places))


_AREAS = select(col(Area.name), col(Area.code)).order_by(col(Area.id))
_PLACES = (
    select(col(LocalPlace.name), col(LocalPlace.aliases), col(Area.code))
    .join(Area, col(LocalPlace.area_id) == col(Area.id))
    .order_by(col(LocalPlace.id))
)


@lru_cache(maxsize=2)
def _built(names: tuple[tuple[str, str], ...]) -> Gazetteer:
    """Kept for as long as the names are the same: that of a district takes longer to build than a command."""
    return Gazetteer(names)
