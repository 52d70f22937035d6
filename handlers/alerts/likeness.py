"""Whether two reports are of one person: how well they fit, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rapidfuzz import fuzz

from handlers.alerts import facts
from storage.matters import Alert

SURE, LIKELY = 4.0, 2.5
"""Points from which two reports are merged without asking, and from which a worker is asked.

A name and the age or the phone make it sure; a name alone, or clothes and age and sex, only likely.
"""
_ALIKE = 60
_NEAR = timedelta(hours=1)
_YEARS = 2


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well two reports fit (points), what fits, and what speaks against it."""

    points: float
    fits: Sequence[str]
    against: Sequence[str]
    known: bool  # the name or the phone is the same, so that they are not merely alike

    @property
    def sure(self) -> bool:
        """Whether they are surely of one person."""
        return self.known and not self.against and self.points >= SURE

    @property
    def likely(self) -> bool:
        """Whether somebody should look."""
        return not self.against and self.points >= LIKELY


def compare(one: Alert, other: Alert) -> Likeness:
    """Two reports, fact by fact; a fact that either lacks says nothing."""
    name = bool(one.name) and one.name == other.name
    phone = bool(one.phone) and one.phone == other.phone
    fits = [
        (3.0, "同名", name),
        (2.0, "电话相同", phone),
        (1.0, "年龄相近", _close(one, other, _YEARS)),
        (0.5, "性别相同", bool(one.sex) and one.sex == other.sex),
        *((1.0, words, _alike(getattr(one, key), getattr(other, key))) for key, words in _WORDS.items()),
        (1.0, "时间相近", bool(one.seen_at and other.seen_at) and abs(one.seen_at - other.seen_at) <= _NEAR),  # type: ignore[operator]
    ]
    total = sum(points for points, _, holds in fits if holds)
    # who shares a phone but not a name may be a brother: only the same clothes or age make that sure
    known = name or (
        phone and not (one.name and other.name) and (_close(one, other, _YEARS) or _same_clothes(one, other))
    )
    return Likeness(total, [words for _, words, holds in fits if holds], against(one, other), known)


_WORDS = {"clothes": "穿着相像", "place": "地点相同", "features": "特征相像", "transport": "出行相同"}


def _alike(ours: str, theirs: str) -> bool:
    return bool(ours and theirs) and fuzz.partial_ratio(ours, theirs) >= _ALIKE


def _same_clothes(one: Alert, other: Alert) -> bool:
    return _alike(one.clothes, other.clothes)


def _close(one: Alert, other: Alert, years: float) -> bool:
    return one.age is not None and other.age is not None and abs(one.age - other.age) <= years


def against(one: Alert, other: Alert) -> list[str]:
    """What cannot be of one person."""
    said = {key: getattr(other, key) for key in ("sex", "age", "height_cm", "name") if getattr(other, key)}
    words = {"sex": "性别不同", "age": "年龄差得多", "height_cm": "身高差得多", "name": "姓名不同"}
    return [words[key] for key, value in said.items() if facts.contradicts(one, {key: value})]
