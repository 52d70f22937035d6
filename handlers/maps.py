"""A town's own map picture: which of its places lie where on it, and what is to be drawn on it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from handlers.posting import Piece
from handlers.refs import fold
from handlers.turn import Turn
from storage.areas import Area, AreaMap, LocalPlace, below
from storage.inbox import Picture

SHORTEST = 2
"""Letters of the shortest name that is looked for in words."""
_DIGIT = "零一二三四五六七八九十百两0-9"
_NUMBERED = re.compile(f"[{_DIGIT}]")


class Spot(NamedTuple):
    """A place on the map, `x` and `y` as the map counts them."""

    name: str
    x: float
    y: float


class Point(NamedTuple):
    """What is drawn there: a stop with its number, or with 0 a place that only has a name."""

    number: int
    x: float
    y: float
    words: str


class Drawing(NamedTuple):
    """What the courier needs beside the picture: the size in which the points count, and the points in order."""

    title: str
    width: int
    height: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class TownMap:
    """A stored map: its picture, the size in which its places count, and the places on it by each of their names."""

    area: Area
    picture_id: int
    width: int
    height: int
    spots: dict[str, Spot]

    def find(self, words: str) -> Spot | None:
        """The place that these words name; with several the longest, then the last. One that lies twice is none."""
        text = fold(words)
        found = [(len(name), match.start(), name) for name in self.spots if (match := _named(name).search(text))]
        return self.spots[max(found)[2]] if found else None

    def piece(self, title: str, points: Iterable[Point]) -> Piece:
        """The part of a post that the courier draws."""
        drawing = Drawing(title, self.width, self.height, tuple(points))
        return Piece(json.dumps(drawing, ensure_ascii=False), picture_id=self.picture_id, mapped=True)


def drawing_from(text: str) -> Drawing:
    """What `TownMap.piece` wrote; ValueError for anything else."""
    title, width, height, points = json.loads(text)
    return Drawing(title, width, height, tuple(Point(*one) for one in points))


def _named(name: str) -> re.Pattern[str]:
    """二中 is not in 十二中."""
    lead = f"(?<![{_DIGIT}])" if _NUMBERED.match(name) else ""
    return re.compile(lead + re.escape(name))


async def map_of(turn: Turn, town: Area) -> TownMap | None:
    """The map of a town, with the places that are on it; None where none is stored."""
    query = (
        select(AreaMap, col(Picture.width), col(Picture.height))
        .join(Picture, col(AreaMap.picture_id) == col(Picture.id))
        .where(AreaMap.area_id == town.id, Picture.state == "ready")
    )
    row = (await turn.session.execute(query)).first()
    if row is None:
        return None
    stored, width, height = row
    width, height = stored.width or width, stored.height or height
    return TownMap(town, stored.picture_id, width, height, _once(await _spots(turn, town), width, height))


async def _spots(turn: Turn, town: Area) -> list[tuple[str, Spot]]:
    """Every name that people have for a place, with the place."""
    query = (
        select(col(LocalPlace.name), col(LocalPlace.aliases), col(LocalPlace.x), col(LocalPlace.y))
        .join(Area, col(LocalPlace.area_id) == col(Area.id))
        .where(below(town.path), col(LocalPlace.x).is_not(None), col(LocalPlace.y).is_not(None))
        .order_by(col(LocalPlace.id))
    )
    rows = await turn.session.execute(query)
    return [(one, Spot(name, x, y)) for name, aliases, x, y in rows for one in (name, *aliases.split())]


def _once(named: Sequence[tuple[str, Spot]], width: int, height: int) -> dict[str, Spot]:
    """The places within the picture by folded name; a name of two places says nothing."""
    found: dict[str, set[Spot]] = defaultdict(set)
    for name, spot in named:
        if len(name) >= SHORTEST:
            found[fold(name)].add(spot)
    return {
        name: spot
        for name, (spot, *others) in ((name, tuple(some)) for name, some in found.items())
        if not others and on_picture(spot.x, spot.y, width, height)
    }


def on_picture(x: float, y: float, width: int, height: int) -> bool:
    """Whether a point lies on a picture of this size."""
    return 0 <= x <= width and 0 <= y <= height
