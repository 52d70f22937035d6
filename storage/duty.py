"""值班: who is there for an area in the night, or on a day off."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Index, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.areas import Area
from storage.columns import time_field
from storage.engine import run
from storage.people import Held, Role


class Duty(SQLModel, table=True):
    """Somebody is on duty for an area and all below it, from `begins` until before `ends`."""

    __table_args__ = (Index("ix_duty_area", "area_id", "ends"),)

    id: int | None = Field(default=None, primary_key=True)
    area_id: int = Field(foreign_key="area.id")
    contact_id: int = Field(foreign_key="contact.id", index=True)
    begins: datetime = time_field()
    ends: datetime = time_field()


_RUNNING = (
    select(col(Duty.contact_id), col(Area.id), col(Area.path), col(Area.level))
    .join(Area, col(Duty.area_id) == col(Area.id))
    .where(col(Duty.begins) <= bindparam("now"), col(Duty.ends) > bindparam("now"))
    .order_by(col(Area.level).desc(), col(Duty.id))
)
_THERE = _RUNNING.where(col(Duty.area_id).in_(bindparam("areas", expanding=True)))
_THEIRS = _RUNNING.where(col(Duty.contact_id).in_(bindparam("contacts", expanding=True)))


def _as_worker(contact_id: int, area_id: int, path: str, level: int) -> Held:
    """On duty one may do what its worker may, standing in for whoever is at home."""
    return Held(contact_id, Role.WORKER, area_id, path, level, stands_in_for=contact_id)


async def on_duty(session: AsyncSession, path: str, now: datetime) -> list[Held]:
    """Who is on duty for the area with this path: of itself, else of the nearest above it where anybody is."""
    areas = [int(part) for part in path.strip("/").split("/") if part]
    held = [_as_worker(*row) for row in await run(session, _THERE, {"areas": areas, "now": now})]
    return [one for one in held if one.level == held[0].level]


async def duties_of(session: AsyncSession, contacts: Collection[int], now: datetime) -> list[Held]:
    """What these people are on duty for now."""
    return [_as_worker(*row) for row in await run(session, _THEIRS, {"contacts": list(contacts), "now": now})]
