"""The town's own names as the reader knows them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from handlers.local_names import LOOK_AGAIN, LocalNames, gazetteer
from storage.areas import Area, LocalPlace
from storage.engine import Database

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


async def test_a_place_that_is_called_otherwise_is_found_within_a_minute(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.db")
    await database.open()
    names = LocalNames()
    async with database.write() as session:
        area = Area(code="G1", name="第1网格", level=0)
        session.add(area)
        await session.flush()
        place = LocalPlace(area_id=area.id or 0, name="老粮站")
        session.add(place)
        await session.flush()
        await names.refresh(session, NOW)
        known = names.gazetteer
        assert known.find("在老粮站") and not known.find("在供销社")
        await names.refresh(session, NOW + LOOK_AGAIN)
        assert names.gazetteer is known, "nothing is new, and it is built once"
        place.aliases = "供销社"
        await names.refresh(session, NOW + LOOK_AGAIN)
        assert names.gazetteer is known
        await names.refresh(session, NOW + 2 * LOOK_AGAIN)
        assert names.gazetteer.find("在供销社")
        assert await gazetteer(session) is names.gazetteer
    await database.close()
