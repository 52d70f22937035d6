"""What a start does not load: it would cost a second, and memory that the bot itself never uses."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from storage.engine import MIGRATIONS, Database, newest_revision

LATER_START = """
import asyncio, sys
from storage.engine import Database
import bot.cli, bot.running, bot.gateways.local, bot.web.chat
async def opened():
    database = Database("sqlite:///a.db")
    await database.open()
    await database.close()
asyncio.run(opened())
print(*(name for name in {names!r} if name in sys.modules))
"""


def test_the_newest_revision_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


async def _first_start(file: Path) -> None:
    """The tables are made."""
    database = Database(f"sqlite:///{file}")
    await database.open()
    await database.close()


def test_a_later_start_loads_nothing_it_does_not_use(tmp_path: Path) -> None:
    names = ("alembic", "jieba", "openpyxl", "rich.progress", "sqlalchemy.dialects.postgresql", "wechaty", "aiosqlite",
             "wechaty_grpc", "bot.gateways.wechaty")  # fmt: skip
    script = LATER_START.format(names=names)
    root = Path(__file__).parents[2]
    asyncio.run(_first_start(tmp_path / "a.db"))
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == []
