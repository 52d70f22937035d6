"""What the tests of open formats share: what is public of an alert, and the rules that a document must keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from bot.formats.cap import cap_document
from bot.formats.pfif import pfif_document
from bot.formats.writing import Publisher
from handlers.alerts.publishing import Public, public
from handlers.turn import Turn
from tests.harness import Talk

PUBLISHER = Publisher("柳河镇格格", "liuhe.example", "https://liuhe.example/x", ZoneInfo("Asia/Shanghai"))
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
PFIF = "{http://zesty.ca/pfif/1.4}"
SCHEMA = Path(__file__).parents[2] / ".." / "shared" / "schemas" / "CAP-v1.2.xsd"


async def seen(talk: Talk, number: int = 1) -> Public | None:
    """What is public at the talk's present moment."""
    async with talk.database.read() as session:
        return await public(Turn(session, talk.now, talk.replay.machine.outside), number)


async def cap(talk: Talk, number: int = 1) -> tuple[bytes, dict[str, str]]:
    """The CAP message that stands, and the text of its elements by name (the first of each)."""
    found = await seen(talk, number)
    assert found is not None
    data = cap_document(found, PUBLISHER)
    return data, {
        one.tag.removeprefix(CAP): one.text or "" for one in reversed(list(ElementTree.fromstring(data).iter()))
    }


async def pfif(talk: Talk, number: int = 1) -> tuple[dict[str, str], list[dict[str, str]]]:
    """A person record and its notes, by field, checked against the rules of PFIF 1.4."""
    found = await seen(talk, number)
    assert found is not None
    document = ElementTree.fromstring(pfif_document([found], PUBLISHER))
    assert document.tag == f"{PFIF}pfif"
    (person,) = document
    notes = [_record(note) for note in person.findall(f"{PFIF}note")]
    for note in notes:
        keeps_rules(note, NOTE)
    record = _record(person)
    keeps_rules(record, PERSON)
    return record, notes


def _record(element: Any) -> dict[str, str]:
    fields = [(one.tag, one.text or "") for one in element if one.tag != f"{PFIF}note"]
    assert len({tag for tag, _ in fields}) == len(fields), "a field stands there twice"
    return {tag.removeprefix(PFIF): text for tag, text in fields}


ID, TIME = r"[a-z0-9.-]+/.+", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
TEXT, PHONE = r"[\s\S]*", r"[-+()\d ]+"
_RECORD = {"entry_date": TIME, "author_name": TEXT, "author_email": ".+@.+", "author_phone": PHONE, "source_date": TIME}
PERSON = _RECORD | {
    "person_record_id": ID,
    "expiry_date": TIME,
    "source_name": "[ -~]+",
    "source_url": "https?://.+",
    "full_name": TEXT,
    "description": TEXT,
    "sex": "female|male|other",
    "age": r"\d+(-\d+)?",
    "photo_url": "https?://.+",
}
NOTE = _RECORD | {
    "note_record_id": ID,
    "person_record_id": ID,
    "status": "information_sought|is_note_author|believed_alive|believed_missing|believed_dead",
    "last_known_location": TEXT,
    "text": TEXT,
}
"""Fields and their patterns, from the RELAX NG schema in the specification of PFIF 1.4 (5)."""

MUST = {"person_record_id": ("source_date", "full_name"), "note_record_id": ("author_name", "source_date", "text")}


def keeps_rules(record: dict[str, str], fields: dict[str, str]) -> None:
    """Each field is one of the schema's, of its form, and those that must be there are."""
    assert next(iter(record)) in MUST
    for name in MUST[next(iter(record))]:
        assert name in record
    for name, text in record.items():
        assert re.fullmatch(fields[name], text), (name, text)


def fits_schema(data: bytes) -> None:
    """Against the schema of OASIS, where it lies beside the project."""
    if not SCHEMA.is_file():
        pytest.skip("the schema of CAP 1.2 does not lie beside the project")
    import xmlschema

    xmlschema.XMLSchema(str(SCHEMA.resolve())).validate(data.decode())
