"""Draws the fields out of a message that matters."""

from __future__ import annotations

import re
from typing import Any

from handlers.understanding import looks, phones
from handlers.understanding.model import Context, Fields, Kind
from handlers.understanding.people import find_age, find_name, find_sex
from handlers.understanding.persons import forwarded
from handlers.understanding.places import find_house, find_place, nowhere, spans
from handlers.understanding.scan import Scan
from handlers.understanding.times import Time, find_times

_PERSONAL = frozenset({Kind.MISSING, Kind.SIGHTING, Kind.STRAY, Kind.FOUND})
_DUE_BACK = re.compile(r"^(?:回|该|都没|了没|就该|要|开会|上班)")
_PROMISED = re.compile(r"(?:说好|约好|讲好|都这?|这都|应该|平时|每天|现在|眼看)$")
_DURATION = re.compile(
    r"(?:(?:大|小)?半个?(?:小时|钟头|天|月|年|个多月)|(?:\d{1,3}|[一二两三四五六七八九十几好多]{1,3})(?:来|多)?个?(?:多|半)?(?:小时|钟头|天|星期|礼拜|周|月|年|夜|晚上|晚|上午|下午)(?:多|半)?|大半年|大半天|一上午|一下午|一晚上|一宿)(?!前|后|以前|之前|大|岁|[一-鿿]{0,1}岁|级|费|卡|租|底|初|末|份)"
)


def _seen(times: list[Time], text: str, context: Context) -> Time | None:
    """The time somebody was last seen: the first that has passed and is not when they were due back."""
    passed = [
        time
        for time in times
        if time.at <= context.now
        and not _DUE_BACK.match(text[time.end : time.end + 3])
        and not _PROMISED.search(text[max(0, time.start - 3) : time.start])
    ]
    return passed[0] if passed else None


def _duration(text: str, taken: list[tuple[int, int]]) -> str | None:
    for match in _DURATION.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            return match[0]
    return None


def extract(scan: Scan, kind: Kind, context: Context) -> Fields:
    """The fields of a message of this kind; those of a person only where it is about one."""
    text = scan.text
    times = find_times(text, context.now)
    calls = phones.find_phones(text)
    taken = spans(times) + [(phone.start, phone.end) for phone in calls]
    house = find_house(text, taken)
    way = looks.direction_span(text)
    hidden = [*taken, way] if way else taken
    seen = _seen(times, text, context)
    known: dict[str, Any] = {
        "place": find_place(text, context.gazetteer, context.grid, hidden, house),
        "building": house.building if house else None,
        "unit": house.unit if house else None,
        "room": house.room if house else None,
        "seen_at": seen.at if seen else None,
        "seen_precision": seen.precision if seen else None,
        "duration": _duration(text, taken),
        "phone": calls[0].number if calls else None,
        "contact_name": phones.contact_name(text),
        "plate": phones.find_plate(text),
    }
    if kind not in _PERSONAL:
        return Fields(**known)
    if known["place"] and nowhere(known["place"]):
        known["place"] = None
    return Fields(**known, **_personal(scan, kind))


def _personal(scan: Scan, kind: Kind) -> dict[str, Any]:
    text = scan.text
    age = find_age(text)
    return {
        "name": find_name(text),
        "sex": find_sex(scan),
        "age": age.years if age else None,
        "age_precision": ("about" if age.about else None) if age else None,
        "height_cm": looks.height_cm(text),
        "build": looks.build(text),
        "clothes": looks.clothes(text),
        "features": looks.features(text),
        "health": looks.health(text),
        "transport": looks.transport(text),
        "direction": looks.direction(text),
        "has_phone": looks.has_phone(text, scan.has("nophone")),
        "forwarded": True if kind is Kind.MISSING and forwarded(text) else None,
    }
