"""The trail of somebody who is sought: the clues in order, and those of them that lie on the town's map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.alerts import describing, texts
from handlers.alerts.texts import MAX_TRAIL, Here
from handlers.clipping import clip
from handlers.maps import Point, Spot, TownMap
from handlers.posting import Piece
from storage.matters import Alert, Sighting

NOT_ON_MAP = "（图上没有）"
MAX_WORDS = 16
"""Characters of a place that are written below the map."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """A line of the trail, and what is drawn for it."""

    number: int
    line: str
    words: str
    spot: Spot | None = None


def trail(alert: Alert, seen: Sequence[Sighting], here: Here, town: TownMap | None) -> tuple[str, list[Piece]]:
    """The list of the clues (of many the latest), and the map if any of them is on it.

    On the map 1 is where the person was last seen by those who reported it, so the list then begins with that too.
    """
    if not seen:
        return texts.no_clues(alert), []
    if town is not None:
        stops = _stops(alert, seen, here, town)
        if points := [Point(one.number, one.spot.x, one.spot.y, one.words) for one in stops if one.spot]:
            lines = [f"{one.number}. {one.line}{'' if one.spot else NOT_ON_MAP}" for one in stops]
            return texts.trail(alert, len(seen), lines), [town.piece(f"M{alert.id} 线索图", points)]
    lines = [f"{one.number}. {one.line}" for one in _clues(seen, here, 1, None)]
    return texts.trail(alert, len(seen), lines), []


def _stops(alert: Alert, seen: Sequence[Sighting], here: Here, town: TownMap) -> list[_Stop]:
    """Where it began, if that is known, and the clues that are listed."""
    if not alert.place:
        return _clues(seen, here, 1, town)
    when = describing.dated(alert.seen_at, alert.seen_precision, here.zone) if alert.seen_at else ""
    words = f"{when} {clip(alert.place, MAX_WORDS)}".strip() + "（走失处）"
    first = _Stop(1, texts.first_step(alert, here), words, town.find(alert.place))
    return [first, *_clues(seen, here, 2, town)]


def _clues(seen: Sequence[Sighting], here: Here, begin: int, town: TownMap | None) -> list[_Stop]:
    """The latest clues, all of them counted from `begin`."""
    skipped = max(0, len(seen) - MAX_TRAIL)
    return [
        _Stop(
            number,
            texts.step(one, here),
            f"{describing.dated(one.seen_at or one.at, '', here.zone)} {clip(one.place, MAX_WORDS)}",
            town.find(one.place) if town else None,
        )
        for number, one in enumerate(seen[skipped:], begin + skipped)
    ]
