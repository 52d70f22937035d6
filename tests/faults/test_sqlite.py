"""Five rounds of each kind of fault, on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.conftest import five_rounds
from tests.gateways.wechaty_world import Process

pytestmark = pytest.mark.gateway


@pytest.mark.parametrize("kind", ["kill", "gateway", "database", "twins", "clock"])
async def test_rooms_got_what_the_table_says(kind: str, tmp_path: Path, npm: Process) -> None:
    await five_rounds(kind, tmp_path, f"sqlite:///{tmp_path}/bot.db", npm)
