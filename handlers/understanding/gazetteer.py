"""The town's own place names: areas and local names, found in one pass over a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from handlers.understanding.normal import fold
from handlers.understanding.numerals import CN

_TAILS = ("社区居委会", "村委会", "居委会", "社区", "小区", "街道", "新村", "村", "镇", "乡", "区", "网格")


@dataclass(frozen=True, slots=True)
class Place:
    """A place name of the town. `area` is the code of the grid, village or town it lies in, if known."""

    name: str
    area: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """A place name found in a folded text at [start, end)."""

    place: Place
    start: int
    end: int


_COUNT = re.compile(rf"第?(?:\d+|{CN}+)")
"""What is left of 第1网格: in 第15天 it names no place."""


def _forms(name: str) -> set[str]:
    """A name as people say it: 南刘庄村 is also 南刘庄."""
    folded = fold(name)
    forms = {folded}
    for tail in _TAILS:
        short = folded.removesuffix(tail)
        if short != folded and len(short) >= 2 and not _COUNT.fullmatch(short):
            forms.add(short)
            break
    return {form for form in forms if len(form) >= 2}


class Gazetteer:
    """Place names matched longest first.

    `Gazetteer([("南刘庄", "V03"), ("二中", "G0312")])`: pairs of name and area code (or plain names), or a
    mapping of area code to names. The same name may lie in several areas; `near` then decides.
    """

    def __init__(self, names: Iterable[str | tuple[str, str | None]] | Mapping[str, Iterable[str]] = ()) -> None:
        self._places: dict[str, list[Place]] = {}
        for name, area in _pairs(names):
            for form in _forms(name):
                self._places.setdefault(form, []).append(Place(name, area))
        forms = sorted(self._places)
        self._names = forms
        self._automaton = AhoCorasick(forms, matchkind=MatchKind.LeftmostLongest) if forms else None

    def __len__(self) -> int:
        return len(self._names)

    def find(self, text: str, grid: str | None = None) -> list[PlaceHit]:
        """The places named in a folded `text`; among places of one name the one of `grid` comes first."""
        if self._automaton is None:
            return []
        hits = []
        for index, start, end in self._automaton.find_matches_as_indexes(text):
            hits.append(PlaceHit(_nearest(self._places[self._names[index]], grid), start, end))
        return hits


def _pairs(
    names: Iterable[str | tuple[str, str | None]] | Mapping[str, Iterable[str]],
) -> Iterable[tuple[str, str | None]]:
    if isinstance(names, Mapping):
        return [(name, area) for area, group in names.items() for name in group]
    return [(item, None) if isinstance(item, str) else item for item in names]


def _nearest(places: list[Place], grid: str | None) -> Place:
    return next((place for place in places if grid is not None and place.area == grid), places[0])
