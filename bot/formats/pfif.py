"""Alerts as records of the People Finder Interchange Format, PFIF 1.4 (29 May 2012, zesty.ca/pfif/1.4).

A person record is what is known of who they are, its notes say how the search stands. After the end the record no
longer says who it was; after its `expiry_date` a placeholder is left (4 "Data expiry mechanism"). A death is told to
nobody here: `believed_dead` is never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from bot.formats.writing import Publisher, add, add_known, root, to_bytes, utc
from handlers.alerts.publishing import Card, Public, Step, Word

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


def add_person(parent: Element, alert: Public, publisher: Publisher) -> None:
    """The record with its notes, its fields in the order of the specification's list."""
    person = add(parent, "pfif:person")
    written = utc(alert.kept_until if alert.gone else alert.now.at)
    card = alert.card
    add(person, "pfif:person_record_id", record_id(alert, publisher))
    add(person, "pfif:entry_date", written)
    add(person, "pfif:expiry_date", utc(alert.kept_until))
    if card:
        add(person, "pfif:author_name", card.contact_name or "家属")
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
