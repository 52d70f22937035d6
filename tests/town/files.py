"""Writes small town files for the tests, and opens databases."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from bot.town import TownFaults, read_town
from handlers.ports import Rules

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
RULES = Rules()

Rows = Sequence[Sequence[Any]]

AREAS: Rows = (
    ("key", "name", "level", "parent"),
    ("D", "澄湾区", "区", ""),
    ("T", "枫渡镇", "镇街", "D"),
    ("V", "东渡村", "村社区", "T"),
    ("G1", "一网格", "网格", "V"),
    ("G2", "二网格", "网格", "V"),
)
ROOMS: Rows = (
    ("key", "area", "purpose", "mode"),
    ("r1", "G1", "居民", "正式"),
    ("r2", "G2", "", ""),
    ("v", "V", "工作", "静默"),
    ("t", "T", "staff", "试点"),
)
PEOPLE: Rows = (
    ("key", "name", "role", "area", "phone"),
    ("li", "李一", "居民", "G1", "13000000001"),
    ("wang", "王二", "网格员", "G1", "0900-0000110"),
    ("zhao", "赵三", "网格长", "V", ""),
    ("qian", "钱四", "镇管理员", "T", "12345"),
)
PLACES: Rows = (("name", "area", "aliases", "x", "y"), ("老粮站", "G1", "粮站；旧粮库", "120", "80.5"))


def write_csv(path: Path, rows: Rows, encoding: str = "utf-8") -> None:
    """The rows as a .csv file."""
    with path.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle).writerows(rows)


def write_xlsx(path: Path, rows: Rows) -> None:
    """The rows as a workbook; text that begins with = becomes a formula."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)


def write_town(directory: Path, **files: Rows) -> Path:
    """A small sound town as .csv, with the given files instead of its own."""
    for stem, rows in ({"areas": AREAS, "rooms": ROOMS, "people": PEOPLE, "places": PLACES} | files).items():
        write_csv(directory / f"{stem}.csv", rows)
    return directory


def faults_of(directory: Path, rules: Rules = RULES) -> tuple[str, ...]:
    """The faults of a directory that has some."""
    with pytest.raises(TownFaults) as caught:
        read_town(directory, rules)
    return caught.value.faults
