"""Draws the fields out of a message that matters."""

from __future__ import annotations

import re
from typing import Any

from handlers.understanding.found import find_all
from handlers.understanding.last_seen import last_seen
from handlers.understanding.model import OF_PERSONS, Context, Fields, Kind
from handlers.understanding.normal import fold
from handlers.understanding.personal import fields_of_person
from handlers.understanding.phones import find_plate
from handlers.understanding.pieces import first_of, pieces_of, stated
from handlers.understanding.places import nowhere
from handlers.understanding.placing import place_of
from handlers.understanding.scan import Scan
from handlers.understanding.tagging import tagger

_CASE_OF = re.compile(
    r"(?:^\d{3,4}室? ?|(?<=[^ ,，] ))(?P<name>[一-鿿](?:奶奶|爷爷|大爷|大妈|阿姨|师傅|叔|婶|姨|伯))(?=[ ,，])"
)
"""Whom a case is about, in the form 301 张奶奶 ...: who is to be told."""


def extract(scan: Scan, kind: Kind, context: Context) -> Fields:
    """The fields of a message of this kind; those of a person only where it is about one."""
    text, found = scan.text, find_all(scan.text, context.now)
    personal, pieces = kind in OF_PERSONS, pieces_of(scan, kind, found)
    house, seen = found.house, last_seen(found.times, text, context)
    place = place_of(text, kind, pieces, house, context)
    known: dict[str, Any] = {
        "place": None if place and personal and nowhere(place) else place,
        "building": house.building if house else None,
        "unit": house.unit if house else None,
        "room": house.room if house else None,
        "seen_at": seen.at if seen else None,
        "seen_precision": seen.precision if seen else None,
        "duration": first_of(text, pieces, "duration"),
        "phone": stated(text, [(phone.start, phone.number) for phone in found.phones]),
        "contact_name": text[slice(*found.callees[0])] if found.callees else _of_case(text),
        "plate": find_plate(text),
    }
    if personal:
        known |= fields_of_person(scan, kind, pieces, found, context.now.date())
    return Fields(**known)


def _of_case(text: str) -> str | None:
    match = _CASE_OF.search(text)
    return match["name"] if match else None


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
