"""Draws the fields out of a message that matters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar

from handlers.understanding.looks import has_phone, height_at
from handlers.understanding.model import Context, Fields, Kind, Precision
from handlers.understanding.normal import fold
from handlers.understanding.people import BORN, IN_YEARS, age_at, age_of_birth, find_sex
from handlers.understanding.persons import forwarded
from handlers.understanding.phones import Phone, find_phones, find_plate
from handlers.understanding.places import House, find_house, floor_apart, known_place, nowhere
from handlers.understanding.scan import BIT, Scan
from handlers.understanding.tagging import FIELDS, OF_MATTERS, Mark, Piece, tagger, trimmed
from handlers.understanding.times import Time, find_times

MOST_PIECES = 6
"""Marks, or illnesses, of one person that are told apart."""
_CORRECTS = re.compile(r"打错|写错|说错|记错|不对|更正|不是")
"""Between two figures of which the later counts: 72岁，打错了是75岁."""
_OWN_AGE = re.compile(r"(?:我|俺|本人)(?:今年|都|已经|快|也|才|是)*$")
"""Before the age of who writes: 我今年40岁，我儿子6岁."""
_MINE = re.compile(r"(?:我|俺|我的)$")
_OWNS = re.compile(
    r"[她他]?家?的?(?:老?[爸妈爹娘]|父亲|母亲|爷爷|奶奶|公公|婆婆|儿子|女儿|闺女|孙子|孙女|老公|老婆|媳妇|老伴)"
)
_ILLNESS = re.compile(
    r"痴呆|阿尔[茨兹]|糊涂|精神(?:病|不|有|分裂)|智[力障]|自闭|聋|哑|耳朵?背|听力|心脏病|高血压|糖尿病|抑郁|脑梗|癫痫|失语|失忆|记性|"
    r"记不得|认不得|癌|化疗|透析|中风|偏瘫"
)
_NO_PHONE = BIT["nophone"]
_HOME = re.compile(r"(?:送到|送回|送至|家住|住在?|家在|我是|我在|他家|她家|我家)的?$")
"""Before the number of the house where the family waits, which is not where somebody was last seen."""
_ANY_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""Where only the places of times in a text count."""
_PERSONAL = frozenset({Kind.MISSING, Kind.SIGHTING, Kind.STRAY, Kind.FOUND})
_DUE_BACK = re.compile(r"(?:回|该|都没|了没|就该|要|开会|上班|之?前(?:联系|回复|回话|给|打|告诉|通知|报))")
_PROMISED = re.compile(r"(?:说好|约好|讲好|都这?|这都|应该|平时|每天|现在|眼看)$")


_Figure = TypeVar("_Figure")

_FINENESS = {Precision.DAY: 0, Precision.PART_OF_DAY: 1, Precision.HOUR: 2, Precision.EXACT: 3}


def _seen(times: list[Time], text: str, context: Context) -> Time | None:
    """The time somebody was last seen: the first that has passed and is not when they were due back.

    A later and finer time without a day of its own belongs to it: 昨天在集市，下午三点.
    """
    if not times:
        return None
    born = [match.span() for match in BORN.finditer(text)]
    passed = [
        time
        for time in times
        if time.at <= context.now
        and not _DUE_BACK.match(text, time.end)
        and not _PROMISED.search(text, max(0, time.start - 3), time.start)
        and not any(start < time.end and time.start < end for start, end in born)
    ]
    if not passed:
        return None
    first = passed[0]
    for time in passed[1:]:
        if time.start == first.end and time.at.date() == first.at.date():  # 刚才11点
            return time
        if _FINENESS[time.precision] <= max(_FINENESS[first.precision], first.precision is not Precision.DAY):
            continue
        if time.at.date() == first.at.date():
            return time
        joined = replace(time, at=datetime.combine(first.at, time.at.timetz()))
        if first.dated and not time.dated and joined.at <= context.now:
            return joined
    return first


class Found(NamedTuple):
    """What is written in a shape of its own, wherever it stands: times, telephones, and the most exact house number."""

    times: list[Time]
    phones: list[Phone]
    house: House | None

    @property
    def taken(self) -> list[tuple[int, int]]:
        """Where the times and telephones stand."""
        return [(one.start, one.end) for one in (*self.times, *self.phones)]

    @property
    def marks(self) -> list[Mark]:
        """What the tagger is told of it."""
        marks = [Mark("t", time.start, time.end) for time in self.times]
        marks += [Mark("p", phone.start, phone.end) for phone in self.phones]
        return [*marks, Mark("h", self.house.start, self.house.end)] if self.house else marks


def find_all(text: str, now: datetime = _ANY_TIME) -> Found:
    """What a folded text says in a shape of its own."""
    found = Found(find_times(text, now), find_phones(text), None)
    return found._replace(house=find_house(text, found.taken))


def extract(scan: Scan, kind: Kind, context: Context) -> Fields:
    """The fields of a message of this kind; those of a person only where it is about one."""
    text, found = scan.text, find_all(scan.text, context.now)
    pieces: dict[str, list[Piece]] = {}
    personal = kind in _PERSONAL
    for piece in tagger().pieces(scan, found.marks, len(FIELDS if personal else OF_MATTERS)):
        pieces.setdefault("health" if _ails(scan, piece) else piece.field, []).append(piece)
    house, seen = found.house, _seen(found.times, text, context)
    place = _place(text, pieces, house, context, personal)
    known: dict[str, Any] = {
        "place": None if place and personal and nowhere(place) else place,
        "building": house.building if house else None,
        "unit": house.unit if house else None,
        "room": house.room if house else None,
        "seen_at": seen.at if seen else None,
        "seen_precision": seen.precision if seen else None,
        "duration": _first(text, pieces, "duration"),
        "phone": _told(text, [(phone.start, phone.number) for phone in found.phones]),
        "contact_name": _whole(text, _first(text, pieces, "contact_name")),
        "plate": find_plate(text),
    }
    return Fields(**known, **_personal(scan, kind, pieces, context.now.date())) if personal else Fields(**known)


def _ails(scan: Scan, piece: Piece) -> bool:
    """Whether what looks like a mark of somebody is an illness: 耳朵背, 老年痴呆."""
    return piece.field == "features" and _ILLNESS.search(scan.text, piece.start, piece.end) is not None


_DOUBLED = frozenset("奶爷婆公伯叔姨姑舅婶嫂妈爸姐哥弟妹")


def _whole(text: str, called: str | None) -> str | None:
    """张奶奶, where the tagger stopped at 张奶: the second of two like characters belongs to the title."""
    longer = f"{called}{called[-1]}" if called and called[-1] in _DOUBLED else None
    return longer if longer and longer in text and called and called[-2:-1] != called[-1] else called


def _told(text: str, figures: Sequence[tuple[int, _Figure]]) -> _Figure | None:
    """The first of the figures that begin at these places, unless a later one corrects it."""
    told: tuple[int, _Figure] | None = None
    for start, figure in figures:
        if told is None or _CORRECTS.search(text, told[0], start):
            told = start, figure
    return told[1] if told else None


def reasons(text: str, fields: Fields) -> dict[str, list[str]]:
    """What led to each field of a folded text: of those that are learned, what spoke most; else what the rule found."""
    scan, found = Scan(text), find_all(text)
    house = [text[found.house.start : found.house.end]] if found.house else []
    ruled = {
        "seen_at": [time.text for time in found.times],
        "phone": [text[phone.start : phone.end] for phone in found.phones],
        **dict.fromkeys(("building", "unit", "room"), house),
    }
    known = {name: ruled.get(name, []) for name in fields.present()}
    for piece in tagger().pieces(scan, found.marks):
        if piece.field in known and not known[piece.field]:
            said = text[piece.start : piece.end]
            known[piece.field] = [said, *(f"“{key}”" for key in tagger().leading(scan, found.marks, piece))]
    return {name: why or ["规则"] for name, why in known.items()}


def name_in(text: str) -> str | None:
    """The name that a text says somebody has."""
    scan = Scan(fold(text))
    pieces = tagger().pieces(scan, find_all(scan.text).marks)
    return next((scan.text[start:end] for field, start, end in pieces if field == "name"), None)


def _place(
    text: str, pieces: Mapping[str, Sequence[Piece]], house: House | None, context: Context, personal: bool
) -> str | None:
    """Where it is: what the town has a name for, else what the tagger takes for it, with the house number behind it;
    else the house."""
    marked = []
    for _, start, end in pieces.get("place", ()):
        if value := trimmed("place", text[start:end]):
            start = text.index(value, start)
            marked.append((start, start + len(value)))
    named = known_place(text, context.gazetteer, context.grid)
    if named:
        marked = [span for span in marked if span[0] <= named[0] and named[1] + 1 < span[1]] or [named]
    if not marked:
        if house is None or not (house.building or house.room):
            return None
        at_home = personal and _HOME.search(text, max(0, house.start - 4), house.start)
        return None if at_home else text[house.start : house.end].strip(" ,，") + floor_apart(text, house)
    start, end = marked[0]
    whole = text[start : house.end if house and start <= house.start <= end + 1 and end < house.end else end]
    return " ".join(whole.split())


def _all(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> list[str]:
    found = (trimmed(field, text[piece.start : piece.end]) for piece in pieces.get(field, ()))
    least = 1 if field == "direction" else 2
    return list(dict.fromkeys(" ".join(value.split()) for value in found if len(value) >= least))


def _first(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> str | None:
    return next(iter(_all(text, pieces, field)), None)


def _owner(text: str, piece: Piece) -> bool:
    """王姨她爸: the name is of somebody whose relative it is."""
    return _OWNS.match(text, piece.end) is not None or text[piece.end - 1] in "她他"


def _list(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> str | None:
    return "、".join(_all(text, pieces, field)[:MOST_PIECES]) or None


_OCLOCK = re.compile(r"\d?\s*(?:点|[:：]\d)")
"""After the figures of an hour, which are no age: 穿红棉袄，11点走的."""


def _personal(scan: Scan, kind: Kind, pieces: Mapping[str, Sequence[Piece]], today: date) -> dict[str, Any]:
    text = scan.text
    figures = {one.start: one.end for one in pieces.get("age", ()) if not _OCLOCK.match(text, one.end)}
    figures |= {match.start(): match.end() for match in IN_YEARS.finditer(text)}
    ages = [(start, age) for start, end in sorted(figures.items()) if (age := age_at(text, start, end))]
    theirs = [one for one in ages if not _OWN_AGE.search(text, max(0, one[0] - 6), one[0])]
    age = _told(text, theirs or ages) or age_of_birth(text, today)
    heights = [(one.start, cm) for one in pieces.get("height_cm", ()) if (cm := height_at(text, one.start))]
    return {
        "name": _first(text, {"name": [one for one in pieces.get("name", ()) if not _owner(text, one)]}, "name"),
        "sex": find_sex(text),
        "age": age.years if age else None,
        "age_precision": "about" if age and age.about else None,
        "height_cm": _told(text, heights),
        "build": _first(text, pieces, "build"),
        "clothes": _first(text, pieces, "clothes"),
        "features": _list(text, pieces, "features"),
        "health": _list(text, pieces, "health"),
        "transport": _first(text, pieces, "transport"),
        "direction": _first(text, pieces, "direction"),
        "has_phone": has_phone(
            text, any(not _MINE.search(text, max(0, token.start - 2), token.start) for token in scan.of(_NO_PHONE))
        ),
        "forwarded": True if kind is Kind.MISSING and forwarded(text) else None,
    }
