"""Cases that were open before reminders were rows."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete, select, text, update

from handlers.cases import reminding
from storage.agenda import DueItem
from storage.engine import migrate
from storage.matters import Case
from tests.harness import Talk


async def test_they_get_theirs_at_the_start_after_the_upgrade(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    for words in ("3栋楼道灯坏了，黑咕隆咚的，麻烦修一下", "巷子口垃圾三天没人拉了，招苍蝇"):
        await talk.say("r1", "g1", words)
    await talk.say("w1", None, "接单 1 2")
    async with talk.database.connect() as connection:
        await connection.execute(delete(DueItem).where(DueItem.kind == reminding.REMIND))
        await connection.execute(update(Case).where(Case.id == 2).values(due_at=None))
        head = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
        await connection.execute(text("UPDATE alembic_version SET version_num = '0022'"))
        await connection.run_sync(migrate, "0023")
        await connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        await connection.commit()
    await talk.wait(minutes=1)
    rows = await talk.rows(select(DueItem.ref).where(DueItem.kind == reminding.REMIND))
    assert sorted(rows) == ["1", "2"]
    assert all(one.due_at for one in await talk.rows(select(Case)))
    await talk.close()
