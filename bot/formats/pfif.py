"""Alerts as records of the People Finder Interchange Format, PFIF 1.4 (29 May 2012, zesty.ca/pfif/1.4).

A person record is what is known of who they are, its notes say how the search stands. After the end the record no
longer says who it was; after its `expiry_date` a placeholder is left (4 "Data expiry mechanism"). A death is told to
nobody here: `believed_dead` is never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from bot.cleaning import clean_name
from bot.formats.reading import BadDocument, Node, read_time
from bot.formats.writing import Publisher, add, add_known, root, to_bytes, utc
from handlers.alerts.importing import Foreign
from handlers.alerts.publishing import Card, Public, Step, Word
from handlers.clipping import clip
from storage.matters import AlertState

NAMESPACE = "http://zesty.ca/pfif/1.4"
MIME = "application/pfif+xml"

HIDDEN = "（寻人已结束，姓名不再公开）"
NAMELESS = "姓名不详"
AGE_SLACK = 5
"""Years above and below a guessed age."""

_SEXES = {"男": "male", "女": "female"}
_PHONE = re.compile(r"[-+()\d ]+")
_ENDS = {"found": "已找到。", "withdrawn": "报事人或网格员已撤销。", "false": "经核实不属实，请不要再转发。"}
_OVER = "寻人已经结束。"


def pfif_document(alerts: Iterable[Public], publisher: Publisher) -> bytes:
    """A document with these records."""
    document = root("pfif:pfif", {"pfif": NAMESPACE})
    for alert in alerts:
        add_person(document, alert, publisher)
    return to_bytes(document)


def record_id(alert: Public, publisher: Publisher) -> str:
    """`example.org/M3`."""
    return f"{publisher.domain}/M{alert.number}"


def full_name(alert: Public) -> str:
    """As the record has it; it must have one."""
    if alert.gone:
        return ""
    return alert.card.name or f"{NAMELESS}：{alert.card.nameless}" if alert.card else HIDDEN


def author_name(card: Card) -> str:
    """Who reported it, as far as the card says."""
    return card.contact_name or "家属"


def add_person(parent: Element, alert: Public, publisher: Publisher) -> None:
    """The record with its notes, its fields in the order of the specification's list."""
    person = add(parent, "pfif:person")
    written = utc(alert.kept_until if alert.gone else alert.now.at)
    card = alert.card
    add(person, "pfif:person_record_id", record_id(alert, publisher))
    add(person, "pfif:entry_date", written)
    add(person, "pfif:expiry_date", utc(alert.kept_until))
    if card:
        add(person, "pfif:author_name", author_name(card))
        add_known(person, "pfif:author_phone", card.phone if _PHONE.fullmatch(card.phone) else "")
    if not alert.gone:
        add(person, "pfif:source_name", publisher.domain)
    add(person, "pfif:source_date", written)
    if not alert.gone:
        add(person, "pfif:source_url", publisher.page(alert.number))
    add(person, "pfif:full_name", full_name(alert))
    if card:
        _who(person, alert.number, card, publisher)
    for word in () if alert.gone else alert.words:
        _note(person, alert, word, publisher)


def _who(person: Element, number: int, card: Card, publisher: Publisher) -> None:
    add_known(person, "pfif:description", card.description)
    add_known(person, "pfif:sex", _SEXES.get(card.sex, ""))
    add_known(person, "pfif:age", _age(card))
    if card.picture_id:
        add(person, "pfif:photo_url", f"{publisher.page(number)}/photo")


def _age(card: Card) -> str:
    """Whole years, or a range where it is a guess."""
    if card.age is None:
        return ""
    years = int(card.age)
    return f"{max(0, years - AGE_SLACK)}-{years + AGE_SLACK}" if card.about else str(years)


def _note(person: Element, alert: Public, word: Word, publisher: Publisher) -> None:
    """That the search began, or ended; changes are in the record itself."""
    if word.step is Step.CHANGE:
        return
    note, sought = add(person, "pfif:note"), word.step is Step.FIRST
    add(note, "pfif:note_record_id", f"{publisher.domain}/M{alert.number}-{word.id}")
    add(note, "pfif:person_record_id", record_id(alert, publisher))
    add(note, "pfif:entry_date", utc(word.at))
    add(note, "pfif:author_name", publisher.name)
    add(note, "pfif:source_date", utc(word.at))
    status = "believed_missing" if sought else "believed_alive" if word.state == "found" else ""
    add_known(note, "pfif:status", status)
    if sought and alert.card:
        add_known(note, "pfif:last_known_location", alert.card.place)
    add(note, "pfif:text", "正在寻找。" if sought else _ENDS.get(word.state, _OVER))


MAX_PERSONS = 20
"""Records that are taken from a document: somebody is asked about each."""

_ENDED = {
    "is_note_author": AlertState.FOUND,
    "believed_alive": AlertState.FOUND,
    "believed_dead": AlertState.DIED,
}
_RECORD_ID = re.compile(r"[^\s/]+/\S+")


def read_pfif(document: Node, now: datetime) -> list[Foreign]:
    """Somebody else's records, with their notes; BadDocument if there is none or too many, or one cannot be read."""
    persons = list(document.all(_tag("person")))
    if not persons:
        raise BadDocument("PFIF 里没有 person 记录")
    if len(persons) > MAX_PERSONS:
        raise BadDocument(f"PFIF 里有 {len(persons)} 个人，一次最多 {MAX_PERSONS} 个")
    loose = list(document.all(_tag("note")))
    return [_read_person(person, loose, now) for person in persons]


def _read_person(person: Node, loose: Sequence[Node], now: datetime) -> Foreign:
    key = person.get(_tag("person_record_id"))
    at = read_time(person.get(_tag("source_date")))
    if not _RECORD_ID.fullmatch(key) or at is None:
        raise BadDocument("PFIF 的记录缺 person_record_id 或 source_date")
    notes = [*person.all(_tag("note")), *(one for one in loose if one.get(_tag("person_record_id")) == key)]
    dated = [(moment, note) for note in notes if (moment := read_time(note.get(_tag("source_date"))))]
    dated.sort(key=lambda pair: pair[0])
    expiry = read_time(person.get(_tag("expiry_date")))
    expired = not person.get(_tag("full_name")) or (expiry is not None and expiry <= now)
    return Foreign(
        source=f"外地消息（{clip(clean_name(key), 60)}）",
        key=f"pfif:{key}"[:400],
        at=max([at, *(moment for moment, _ in dated)]),
        text=_words(person, [note for _, note in dated]),
        stated=dict(_stated(person, at, [note for _, note in dated])),
        places=tuple(filter(None, (person.get(_tag(f"home_{level}")) for level in ("neighborhood", "city")))),
        over=_over([note for _, note in dated]) or (AlertState.WITHDRAWN if expired else None),
    )


def _tag(name: str) -> str:
    return f"{NAMESPACE} {name}"


def _over(notes: Sequence[Node]) -> AlertState | None:
    """What the last note that says how they are says; None while they are missing."""
    for note in reversed(notes):
        if status := note.get(_tag("status")):
            return _ENDED.get(status)
        if note.get(_tag("author_made_contact")) == "true":
            return AlertState.FOUND
    return None


def _words(person: Node, notes: Sequence[Node]) -> str:
    name = clip(clean_name(person.get(_tag("full_name"))), 100)
    parts = [name, person.get(_tag("description")), *(note.get(_tag("text")) for note in notes[-3:])]
    return "\n".join(part for part in parts if part)


def _stated(person: Node, at: datetime, notes: Sequence[Node]) -> Iterator[tuple[str, Any]]:
    name = person.get(_tag("full_name")).split("\n")[0]
    if name and not name.startswith(NAMELESS):
        yield "name", clip(clean_name(name), 40)
    if sex := {value: key for key, value in _SEXES.items()}.get(person.get(_tag("sex"))):
        yield "sex", sex
    yield from _stated_age(person, at)
    if places := [place for note in notes if (place := note.get(_tag("last_known_location")))]:
        yield "place", clip(clean_name(places[-1]), 100)
    phone = person.get(_tag("author_phone"))
    if _PHONE.fullmatch(phone):
        yield "phone", re.sub(r"[() ]", "", phone)[:30]
        if author := person.get(_tag("author_name")):
            yield "contact_name", clip(clean_name(author), 40)


def _stated_age(person: Node, at: datetime) -> Iterator[tuple[str, Any]]:
    """In years: as stated, the middle of a range, or reckoned from the year of birth."""
    if age := re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", person.get(_tag("age")), re.ASCII):
        low, high = int(age[1]), int(age[2] or age[1])
        yield "age", float((low + high) // 2)
        yield "age_precision", "about" if high > low else ""
    elif born := re.fullmatch(r"(\d{4})(?:-\d\d){0,2}", person.get(_tag("date_of_birth")), re.ASCII):
        yield "age", float(at.year - int(born[1]))
        yield "age_precision", "about"
