"""Databases for the town's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.engine import Database
from storage.people import Account


async def opened(url: str) -> AsyncIterator[Database]:
    """An open database with account 1."""
    database = Database(url)
    await database.open()
    async with database.write() as session:
        session.add(Account(name="格格", gateway="local"))
    yield database
    await database.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    async for one in opened(f"sqlite:///{tmp_path}/one.db"):
        yield one


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[Database]:
    """Another empty database."""
    async for one in opened(f"sqlite:///{tmp_path}/two.db"):
        yield one
