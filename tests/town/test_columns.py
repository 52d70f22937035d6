"""The handbook names every column, and every word that fills one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.town.answers import ANSWERS
from bot.town.columns import KINDS, MODE_WORDS, PURPOSE_NAMES, ROLE_NAMES, TABLES, Table
from bot.town.tickets import TICKETS

HANDBOOK = Path(__file__).parents[2] / "docs" / "部署.md"


@pytest.mark.parametrize("table", (*TABLES, ANSWERS, TICKETS), ids=lambda table: table.stem)
def test_every_column_is_in_the_handbook(table: Table) -> None:
    section = HANDBOOK.read_text(encoding="utf-8").split(f"### {table.stem} {table.title}\n")[1].split("\n### ")[0]
    for column in table.columns:
        line = next(line for line in section.splitlines() if line.startswith("|") and f"`{column.name}`" in line)
        assert column.chinese in line
        assert ("| 是 |" in line) == column.required


def test_every_word_is_in_the_handbook() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    for word in (*KINDS, *MODE_WORDS, *PURPOSE_NAMES, *ROLE_NAMES):
        assert word in text
