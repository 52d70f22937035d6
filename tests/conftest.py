"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Talk


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """A bot in the small town, at noon, all groups in mode 正式."""
    made = await Talk(tmp_path).open()
    yield made
    await made.close()
