"""What a message says in a shape of its own: times, telephones, house numbers, and what looks like a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from handlers.understanding.names import callee_shapes, name_shapes
from handlers.understanding.phones import Phone, find_phones
from handlers.understanding.places import House, find_house
from handlers.understanding.tagging import Mark
from handlers.understanding.times import Time, find_times

_ANY_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""Where only the places of times in a text count."""


@dataclass(frozen=True)
class Found:
    """What is written in a shape of its own, wherever it stands: times, telephones, and the most exact house number."""

    text: str
    times: list[Time]
    phones: list[Phone]
    house: House | None

    @cached_property
    def named(self) -> list[tuple[int, int]]:
        """What has the shape of a person's name."""
        return sorted({*name_shapes(self.text)})

    @cached_property
    def callees(self) -> list[tuple[int, int]]:
        """The names of those to call."""
        return list(callee_shapes(self.text, [(one.start, one.end) for one in self.phones]))

    @property
    def taken(self) -> list[tuple[int, int]]:
        """Where the times and telephones stand."""
        return [(one.start, one.end) for one in (*self.times, *self.phones)]

    @property
    def marks(self) -> list[Mark]:
        """What the tagger is told of it."""
        marks = [Mark("t", time.start, time.end) for time in self.times]
        marks += [Mark("p", phone.start, phone.end) for phone in self.phones]
        marks += [Mark("h", self.house.start, self.house.end)] if self.house else []
        marks += [Mark("c", *span) for span in self.callees]
        return marks + [Mark("n", *span) for span in self.named]


def find_all(text: str, now: datetime = _ANY_TIME) -> Found:
    """What a folded text says in a shape of its own."""
    times, phones = find_times(text, now), find_phones(text)
    return Found(text, times, phones, find_house(text, [(one.start, one.end) for one in (*times, *phones)]))
