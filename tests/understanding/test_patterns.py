"""A pattern that is tried only where it may begin finds what it finds when it is tried everywhere."""

from __future__ import annotations

import re

import pytest

from handlers.understanding import patterns
from handlers.understanding.normal import fold
from tests.understanding.evaluate import WRITTEN, rows_of

TABLES = (patterns._OF_PERSON, patterns._OF_DANGER, patterns._OF_MATTER)


@pytest.mark.parametrize("name", sorted(patterns.FIRSTS))
def test_nothing_is_lost_by_its_first_characters(name: str) -> None:
    (plain,) = (table[name] for table in TABLES if name in table)
    led, free = patterns._led(name, plain), re.compile(plain)
    texts = [fold(row["text"]) for path in sorted(WRITTEN.glob("*.jsonl")) for row in rows_of(path)[::4]]
    found = [text for text in texts if free.search(text)]
    assert len(found) > 10
    assert all(led.search(text) for text in found)
