"""Cases of the Open311 interface: what comes in from other systems, and what anybody may read of cases.

https://wiki.open311.org/GeoReport_v2/
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlmodel import col

from handlers.cases import texts
from handlers.cases.complaints import passed_on
from handlers.cases.outside import area_named
from handlers.cases.placing import place_of
from handlers.cases.privacy import is_private
from handlers.cases.reporting import case_of, tell_owner, write_case
from handlers.clipping import hide_identity_numbers
from handlers.matters import CASE_KINDS, Refusal
from handlers.ports import Rules
from handlers.reading_words import read_matter
from handlers.turn import Speaker, Turn, Where
from handlers.understanding import Kind
from handlers.understanding.learned import learned
from storage.areas import Area, Chat
from storage.matters import CASE_OPEN, Case, CaseSource, CaseState, CaseStep, is_open
from storage.people import Contact

MAX_TEXT = 2000
MOST = 1000
"""Requests of one answer, as the specification limits it."""

AGAIN = timedelta(minutes=30)
"""Within this time the same words of the same person are the same report, however often they are sent."""

WEB_KEY, WEB_NAME = "@open311", "网上报事"
"""The contact that stands for whoever writes on the web; no file of people may have such a key."""

TOLD = ("进展", "办结", "驳回", "挂起")
"""Moves whose words were written for the public."""

NO_AREA = "这里还没有导入区域，暂时收不了"

_PHONE = re.compile(r"\d{7,}|\d{3,4}[- ]\d{4}")
_HOUSE = re.compile(r"[\dA-Za-z]{1,4}(?:栋|幢|号楼|座)")


@dataclass(frozen=True, slots=True)
class Submission:
    """A report from another system; `name` and `phone` are for who handles it, and are never given out."""

    service: str
    words: str
    address: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """Which cases are wanted: by number, which overrides all else, or by category, time of report and openness."""

    numbers: Collection[int] = ()
    services: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    open: bool | None = None


@dataclass(frozen=True, slots=True)
class PublicCase:
    """What anybody may read of a case: no person, and of the reporter's words none."""

    number: int
    open: bool
    service: str
    address: str
    summary: str
    notes: str
    reported_at: datetime
    updated_at: datetime
    due_at: datetime | None


def services(rules: Rules) -> list[str]:
    """The categories, in the order of the config."""
    return list(rules.cases.categories) or list(learned().categories.labels)


async def submit(turn: Turn, said: Submission) -> Case:
    """Write the case of a report and tell its owner; the same report again is the same case."""
    turn.speaker = await _web(turn)
    chat_id = await turn.session.scalar(select(col(Chat.id)).where(Chat.contact_id == turn.me.contact_id))
    words = f"{said.words}\n地址：{said.address}"[:MAX_TEXT]
    known = select(Case).where(
        Case.chat_id == chat_id,
        Case.text == words,
        Case.category == said.service,
        Case.phone == said.phone,
        Case.relayed_for == said.name,
        col(Case.created_at) > turn.now - AGAIN,
    )
    if (case := (await turn.session.scalars(known.order_by(col(Case.id)).limit(1))).first()) is not None:
        return case
    area = await _area(turn, said)
    turn.where = Where(chat_id or 0, area=area)
    reading = await read_matter(turn, words)
    about_worker = await passed_on(turn, area, words, reading)
    case = case_of(
        turn,
        area,
        reading,
        words,
        category=said.service,
        chat_id=chat_id or 0,
        text=words,
        place=place_of(reading.fields) or said.address[:100],
        phone=said.phone,
        urgent=reading.urgent or reading.kind == Kind.EMERGENCY,
        quiet=about_worker or is_private(words, said.service),
        about_worker=about_worker,
        source=CaseSource.OPEN311,
        relayed_for=said.name,
        created_at=turn.now,
    )
    await write_case(turn, case, area)
    await tell_owner(turn, case, area)
    return case


async def _web(turn: Turn) -> Speaker:
    """Who stands for the writer, with a private chat in which no account speaks."""
    contact = await turn.session.scalar(select(Contact).where(Contact.key == WEB_KEY))
    if contact is None:
        contact = Contact(key=WEB_KEY, name=WEB_NAME)
        turn.session.add(contact)
        await turn.session.flush()
        turn.session.add(Chat(contact_id=contact.id))
        await turn.session.flush()
    return Speaker(contact.id or 0, contact.name)


async def _area(turn: Turn, said: Submission) -> Area:
    """The area that the address names, else the words; else the only town, else the highest area there is.

    Refusal where there is none: nobody could see to it.
    """
    for words in (said.address, said.words):
        if (named := await area_named(turn, words, {"/"})) is not None:
            return named
    town = turn.rules.levels.index(turn.rules.town_level)
    towns = (await turn.session.scalars(select(Area).where(Area.level == town).limit(2))).all()
    if len(towns) == 1:
        return towns[0]
    highest = (await turn.session.scalars(select(Area).order_by(col(Area.level), col(Area.id)).limit(1))).first()
    if highest is None:
        raise Refusal(NO_AREA)
    return highest


def _visible() -> Select[tuple[Case, str]]:
    """Cases that a group could read, or that came from the web: none that is private, or was told the bot alone."""
    return (
        select(Case, col(Area.name))
        .join(Area, col(Area.id) == col(Case.area_id))
        .join(Chat, col(Chat.id) == col(Case.chat_id))
        .where(
            col(Case.quiet).is_(False),
            col(Case.about_worker).is_(False),
            col(Case.kind).in_(CASE_KINDS),
            col(Case.state) != CaseState.MISREAD,
            or_(col(Case.shown).is_(True) & col(Chat.room_id).is_not(None), Case.source == CaseSource.OPEN311),
        )
    )


async def published(turn: Turn, search: Search) -> list[PublicCase]:
    """What may be read of the cases that are wanted, the newest first, at most `MOST`."""
    query = _visible().order_by(col(Case.id).desc()).limit(MOST)
    query = query.where(col(Case.id).in_(search.numbers)) if search.numbers else _narrowed(query, search)
    rows = (await turn.session.execute(query)).all()
    notes = await _notes(turn, [case.id or 0 for case, _ in rows])
    return [_public(case, area, notes.get(case.id or 0, "")) for case, area in rows]


def _narrowed(query: Select[tuple[Case, str]], search: Search) -> Select[tuple[Case, str]]:
    if search.services:
        query = query.where(col(Case.category).in_(search.services))
    if search.since is not None:
        query = query.where(col(Case.created_at) >= search.since)
    if search.until is not None:
        query = query.where(col(Case.created_at) <= search.until)
    if search.open is not None:
        query = query.where(is_open() if search.open else col(Case.state).not_in(CASE_OPEN))
    return query


async def _notes(turn: Turn, numbers: Collection[int]) -> dict[int, str]:
    """The last public step of each case that was written for the public, without what may be a person's."""
    query = select(CaseStep).where(
        col(CaseStep.case_id).in_(numbers), col(CaseStep.public).is_(True), col(CaseStep.action).in_(TOLD)
    )
    found: dict[int, str] = {}
    for step in await turn.session.scalars(query.order_by(col(CaseStep.id))):
        personal = _PHONE.search(step.text) or is_private(step.text, "")
        words = "" if personal else hide_identity_numbers(step.text)
        found[step.case_id] = f"{step.action}：{words}" if words else step.action
    return found


def _public(case: Case, area: str, notes: str) -> PublicCase:
    house = _HOUSE.search(case.place)
    address = f"{area}{house[0]}" if house else area
    return PublicCase(
        number=case.id or 0,
        open=case.state in CASE_OPEN,
        service=case.category,
        address=address,
        summary=f"{case.category}，{address}，{texts.state(case)}",
        notes=notes,
        reported_at=case.created_at,
        updated_at=case.updated_at,
        due_at=case.due_at,
    )
