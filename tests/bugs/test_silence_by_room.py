"""Whether a room stands under a silence was looked for in all areas: seconds for a district's rooms."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import sqlite
from sqlmodel import col

from storage.areas import Area, Room, under_silence
from tests.harness import Talk


async def test_no_room_makes_the_database_go_through_all_areas(talk: Talk) -> None:
    query = select(col(Room.id), under_silence()).join(Area, col(Room.area_id) == col(Area.id))
    said = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    async with talk.database.connect() as connection:
        plan = [row[3] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}")]
    inner = plan[[step.startswith("CORRELATED") for step in plan].index(True) :]
    assert not any("area" in step for step in inner), plan
