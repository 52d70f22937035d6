"""Fetching what messages may need to be understood: one round of queries for all that are looked at together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    String,
    bindparam,
    cast,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.likeness import tells_of_outage
from handlers.matters import RECENT_DONE
from handlers.notices.answering import notices_told
from handlers.notices.hearing import LONGEST, receipts_open
from handlers.notices.telling import may_ask
from handlers.ports import Event, Rules, load_event, moment_and_text
from handlers.refs import tickets
from handlers.surroundings import Message, Nearby, Surroundings, as_ref
from handlers.turn import Speaker, Where
from handlers.understanding import Kind, Line, OpenMatter, Ref, says_same
from storage.agenda import Question
from storage.areas import Area, Chat, Purpose, Room, as_area
from storage.duty import duties_of
from storage.engine import dialect_of, run
from storage.inbox import DECIDED, LOCATED, InboxEvent, InboxState, Outcome
from storage.matters import (
    ALERT_OPEN,
    CASE_OPEN,
    Alert,
    Case,
    CaseFollower,
    CaseState,
    Sighting,
    Stray,
    numbered_outside,
)
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from storage.people import Held, Seen, names_of, private_chats, roles_of

DANGER_LASTS = timedelta(hours=3)
"""How long after the last word about an emergency a line may be about it, though it is over."""

JOINABLE = timedelta(hours=24)
"""How long others may join a case that was reported elsewhere."""

WAITING_WITH = timedelta(days=30)
"""How long what they say is still about the case that they joined."""

MAX_JOINING = 120
"""Characters of a line that may join what a neighbour reported, without being a report that is sure by itself."""

NEARBY = 40
"""Cases at most that a report is compared with, the newest first."""


MESSAGE_COLUMNS = (
    col(InboxEvent.id),
    col(InboxEvent.payload),
    col(InboxEvent.chat_id),
    col(InboxEvent.contact_id),
    col(InboxEvent.ref),
)


def to_message(row: Row[Any]) -> Message:
    """A row of MESSAGE_COLUMNS."""
    note = row[4]
    area_id = int(note.removeprefix(LOCATED)) if note.startswith(LOCATED) else None
    return Message(row[0], load_event(row[1]), row[2], row[3], note == DECIDED, area_id)


# Put together once, which takes longer than to run them.
_ROOM, _AREA = Room.__table__.columns, Area.__table__.columns  # type: ignore[attr-defined]
_WHERE = (
    select(col(Chat.id), col(Chat.contact_id), *_ROOM, *_AREA)
    .outerjoin(Room, col(Chat.room_id) == col(Room.id))
    .outerjoin(Area, col(Room.area_id) == col(Area.id))
    .where(col(Chat.id).in_(bindparam("chats")))
)
_ALERTS = (
    select(Alert)
    .where(or_(col(Alert.state).in_(ALERT_OPEN), col(Alert.ended_at) > bindparam("since")))
    .order_by(col(Alert.id))
)
_OVER = (CaseState.CONFIRMED, CaseState.CLOSED)
_FRESH = col(Case.state).in_((CaseState.DONE, *_OVER)) & (col(Case.updated_at) > bindparam("since"))
_WITHDRAWN = (col(Case.state) == CaseState.WITHDRAWN) & (col(Case.updated_at) > bindparam("since"))
_MERGED = (col(Case.state) == CaseState.MERGED) & (col(Case.updated_at) > bindparam("since"))
_STATES: tuple[ColumnElement[bool], ...] = (col(Case.state).in_(CASE_OPEN), _FRESH, _MERGED)
_WHOSE = (col(Case.chat_id).in_(bindparam("chats")), col(Case.reporter_id).in_(bindparam("alone")))
_QUIET = (col(Case.reporter_id).in_(bindparam("writers")), text('"case".quiet'), or_(*_STATES))
_LIVE = union(
    *(select(col(Case.id)).where(whose, state) for whose in _WHOSE for state in _STATES),
    select(col(Case.id)).where(*_QUIET),
).subquery()
"""One way in for each index: of alternatives in one condition a database reads all cases there ever were."""
_CASES = select(Case).join(_LIVE, _LIVE.c.id == col(Case.id))
"""Those of these chats, all that those who write in private reported, and what any writer reported in private."""
_FOLLOWED = union(
    *(
        select(col(CaseFollower.case_id), col(CaseFollower.chat_id), col(CaseFollower.contact_id))
        .join(Case, col(CaseFollower.case_id) == col(Case.id))
        .where(
            whose, col(CaseFollower.at) > bindparam("joined"), or_(col(Case.state).in_(CASE_OPEN), _FRESH, _WITHDRAWN)
        )
        for whose in (
            col(CaseFollower.chat_id).in_(bindparam("chats")),
            col(CaseFollower.contact_id).in_(bindparam("alone")),
        )
    )
)
_JOINED = _FOLLOWED.order_by(_FOLLOWED.selected_columns.case_id)
"""Withdrawn ones too: who had joined was asked to say it if they have the trouble still."""
_HELD = (
    select(Case)
    .where(col(Case.owner_id).in_(bindparam("alone")), col(Case.state).in_(CASE_OPEN))
    .order_by(col(Case.id))
)
_ELSEWHERE = select(Case).where(col(Case.id).in_(bindparam("ids"))).order_by(col(Case.id))
_DANGERS = (
    select(Case, col(Area.path))
    .join(Area, col(Area.id) == col(Case.area_id))
    .where(Case.kind == literal_column(f"'{Kind.EMERGENCY}'"), col(Case.updated_at) > bindparam("since"))
    .order_by(col(Case.id))
)
_STRAYS = (
    select(Stray, col(Delivery.chat_id))
    .outerjoin(Post, (col(Post.ref) == literal("F") + cast(col(Stray.id), String)) & (col(Post.sort) == Sort.ALERT))
    .outerjoin(Delivery, (col(Delivery.post_id) == col(Post.id)) & col(Delivery.chat_id).in_(bindparam("chats")))
    .where(Stray.state == "open", or_(col(Stray.chat_id).in_(bindparam("chats")), col(Delivery.chat_id).is_not(None)))
    .order_by(col(Stray.id))
)
_ROOMS_OF = (
    select(col(Seen.contact_id), col(Chat.id))
    .join(Chat, col(Chat.room_id) == col(Seen.room_id))
    .where(col(Seen.contact_id).in_(bindparam("alone")))
)
"""The groups of those who write in private."""
_VILLAGE = select(col(Area.id)).where(col(Area.path) == bindparam("village")).with_for_update(key_share=True)
_NEARBY = (
    select(
        col(Case.id),
        col(Case.reporter_id),
        col(Chat.contact_id).is_not(None),
        col(Case.text),
        col(Case.category),
        col(Case.place),
        col(Area.path),
        col(Case.created_at),
        col(Case.urgent),
    )
    .join(Area, col(Area.id) == col(Case.area_id))
    .join(Chat, col(Chat.id) == col(Case.chat_id))
    .where(
        col(Area.path).startswith(bindparam("village")),
        col(Case.created_at) > bindparam("since"),
        col(Case.state).in_(CASE_OPEN),
        col(Case.kind).in_((Kind.REQUEST, Kind.COMPLAINT)),
        col(Case.quiet).is_(False),
        col(Case.about_worker).is_(False),
    )
    .order_by(col(Case.created_at).desc(), col(Case.id).desc())
    .limit(NEARBY)
)
_QUESTIONS = (
    select(Question)
    .where(
        col(Question.chat_id).in_(bindparam("chats")),
        col(Question.answered_at).is_(None),
        or_(col(Question.expires_at).is_(None), col(Question.expires_at) > bindparam("now")),
    )
    .order_by(col(Question.id))
)
_CLUES = (
    select(Sighting)
    .where(
        tuple_(Sighting.chat_id, Sighting.contact_id).in_(bindparam("writers")), col(Sighting.at) >= bindparam("since")
    )
    .order_by(col(Sighting.id))
)
_LINES = (
    select(col(InboxEvent.id), col(InboxEvent.payload), col(InboxEvent.chat_id), col(InboxEvent.contact_id))
    .where(
        tuple_(InboxEvent.chat_id, InboxEvent.contact_id).in_(bindparam("writers")),
        col(InboxEvent.at) >= bindparam("since"),
        col(InboxEvent.kind) == "message",
        col(InboxEvent.state) == InboxState.DONE,
        col(InboxEvent.outcome) == Outcome.CHAT,
        col(InboxEvent.wiped).is_(False),
    )
    .order_by(col(InboxEvent.id))
)


async def survey(session: AsyncSession, messages: Sequence[Message], rules: Rules, now: datetime) -> Surroundings:
    """Fetch what these messages may need."""
    around = Surroundings(rules)
    chats = {one.chat_id for one in messages if one.chat_id is not None}
    contacts = {one.contact_id for one in messages if one.contact_id is not None}
    if contacts:
        await _speakers(session, around, contacts, now)
    if not chats:
        return around
    await _where(session, around, chats)
    if named := {one.area_id for one in messages if one.area_id is not None}:
        areas = await session.scalars(select(Area).where(col(Area.id).in_(named)))
        around.located = {area.id or 0: area for area in areas}
    await _matters(session, around, messages, now)
    await _questions(session, around, chats, now)
    await _lines(session, around, messages)
    await _quotes(session, around, messages)
    await _clues(session, around, messages)
    for chat_id in {one.chat_id for one in messages if one.chat_id and _may_join(one.event.text)}:
        if (where := around.where.get(chat_id)) and where.area:
            around.nearby[chat_id] = await nearby_cases(session, where.area, rules, now)
    if answering := {one.chat_id for one in messages if one.chat_id and _may_be_receipt(one.event)}:
        await _receipts(session, around, messages, answering, now)
    if named := {number for one in messages for number in tickets(one.event.text)}:
        numbers = select(col(Case.outside_number), col(Case.id)).where(numbered_outside(named))
        around.tickets = {number: case_id for number, case_id in await session.execute(numbers) if case_id}
    if asking := {one.chat_id for one in messages if one.chat_id and may_ask(one.event.text)}:
        around.notices = await notices_told(session, asking, now)
    if any(one.event.from_self for one in messages):
        unknown = select(DeliveryPart.id).where(col(DeliveryPart.state) == PartState.UNKNOWN)
        around.unsettled = await session.scalar(unknown.limit(1)) is not None
    return around


async def _receipts(
    session: AsyncSession, around: Surroundings, messages: Sequence[Message], chats: set[int], now: datetime
) -> None:
    """What asks for a receipt in these chats; of who writes in a staff room also what they were told in private."""
    rooms = {one: around.where[one].room for one in chats if one in around.where}
    staff = {one for one, room in rooms.items() if room is not None and room.purpose != Purpose.RESIDENTS}
    people = {one.contact_id for one in messages if one.chat_id in staff and one.contact_id}
    alone = await private_chats(session, people) if people else {}
    found = await receipts_open(session, {*chats, *alone.values()}, now)
    around.receipts = {chat: numbers for chat, numbers in found.items() if chat in chats}
    around.receipts_alone = {who: found[chat] for who, chat in alone.items() if chat in found}


def _village(area: Area, rules: Rules) -> str:
    return area.path.rstrip("/").rsplit("/", 1)[0] + "/" if area.level >= len(rules.levels) - 1 else area.path


async def lock_village(session: AsyncSession, area: Area, rules: Rules) -> None:
    """Until the end of the transaction nobody else opens a case there: neighbours of two groups, each served by a
    process of its own, may tell of the same thing in the same instant. On SQLite there is one writer anyway."""
    if dialect_of(session) == "postgresql":
        await run(session, _VILLAGE, {"village": _village(area, rules)})


async def nearby_cases(session: AsyncSession, area: Area, rules: Rules, now: datetime) -> list[Nearby]:
    """The open requests and complaints of an area's village in the last day."""
    rows = (await run(session, _NEARBY, {"village": _village(area, rules), "since": now - JOINABLE})).all()
    return [Nearby(*row) for row in reversed(rows)]


def _may_join(text: str) -> bool:
    return len(text) <= MAX_JOINING and (says_same(text) or tells_of_outage(text))


def _may_be_receipt(event: Event) -> bool:
    nodding = event.room is None and len(event.text) <= LONGEST
    return nodding or event.quote is not None or "收到" in event.text


async def _speakers(session: AsyncSession, around: Surroundings, contacts: set[int], now: datetime) -> None:
    roles: dict[int, list[Held]] = defaultdict(list)
    for held in await roles_of(session, contacts, now):
        roles[held.contact_id].append(held)
    if roles:  # who has no role is put on no roster
        for held in await duties_of(session, list(roles), now):
            roles[held.contact_id].append(held)
    for contact_id, name in (await names_of(session, contacts)).items():
        around.speakers[contact_id] = Speaker(contact_id, name, tuple(roles[contact_id]))


async def _where(session: AsyncSession, around: Surroundings, chats: set[int]) -> None:
    private: dict[int, int] = {}
    for chat_id, contact_id, *rest in await run(session, _WHERE, {"chats": list(chats)}):
        room = _room(tuple(rest[: len(_ROOM)]))
        area = as_area(tuple(rest[len(_ROOM) :])) if room else None
        around.where[chat_id] = Where(chat_id, room, area, unbound=room is None and contact_id is None)
        if contact_id:
            private[contact_id] = chat_id
    if private:
        await _private_areas(session, around, private)


@lru_cache(4096)
def _room(values: tuple[Any, ...]) -> Room | None:
    """The room with these columns: the same object while nothing about it has changed; it belongs to no session."""
    return Room(**dict(zip(_ROOM.keys(), values, strict=True))) if values[0] is not None else None


async def _private_areas(session: AsyncSession, around: Surroundings, private: dict[int, int]) -> None:
    query = (
        select(col(Seen.contact_id), Area)
        .join(Room, col(Seen.room_id) == col(Room.id))
        .join(Area, col(Room.area_id) == col(Area.id))
        .where(col(Seen.contact_id).in_(private))
    )
    areas: dict[int, dict[int, Area]] = defaultdict(dict)
    for contact_id, area in await session.execute(query):
        areas[contact_id][area.id] = area
    for contact_id, chat_id in private.items():
        known = areas[contact_id]
        if len(known) == 1:
            around.where[chat_id] = Where(chat_id, None, next(iter(known.values())))
        elif contact_id in around.speakers and (held := around.speakers[contact_id].roles):
            area = await session.get(Area, held[0].area_id)
            around.where[chat_id] = Where(chat_id, None, area)


async def _matters(session: AsyncSession, around: Surroundings, messages: Sequence[Message], now: datetime) -> None:
    writers = {(one.chat_id, one.contact_id) for one in messages if one.chat_id is not None}
    chats = {chat_id for chat_id, _ in writers}
    for alert in await session.scalars(_ALERTS, {"since": now - RECENT_DONE}):
        if alert.merged_id is not None:
            around.parts.setdefault(alert.merged_id, []).append(alert)
        else:
            (around.alerts if alert.state in ALERT_OPEN else around.ended).append(alert)
    by_chat: dict[int, list[Case]] = defaultdict(list)
    since = now - timedelta(days=around.rules.cases.reopen_days)
    alone = {chat_id: contact_id for chat_id, contact_id in writers if _private(around, chat_id)}
    theirs = {
        "chats": list(chats),
        "alone": [contact_id for contact_id in alone.values() if contact_id is not None],
        "writers": [contact_id for _, contact_id in writers if contact_id is not None],
    }
    speaks_in: dict[int | None, set[int]] = defaultdict(set)
    for chat_id, contact_id in writers:
        speaks_in[contact_id].add(chat_id)
    for case in sorted(await session.scalars(_CASES, {**theirs, "since": since}), key=lambda one: one.id or 0):
        if case.state == CaseState.MERGED:
            around.merged.append(Ref("", case.id or 0))
            continue
        own = speaks_in.get(case.reporter_id, ())
        for chat_id in {case.chat_id} & chats | {one for one in own if case.quiet or one in alone}:
            by_chat[chat_id].append(case)
    await _joined(session, around, by_chat, chats, alone, now)
    if busy := [one for one in theirs["alone"] if one in around.speakers and around.speakers[one].roles]:
        for case in await session.scalars(_HELD, {"alone": busy}):
            around.held.setdefault(case.owner_id or 0, []).append(case)
    for chat_id, cases in by_chat.items():
        over = (*_OVER, CaseState.WITHDRAWN)
        around.cases[chat_id] = [one for one in cases if one.state not in over]
        around.over[chat_id] = [one for one in cases if one.state in over]
    around.dangers = [(case, path) for case, path in await session.execute(_DANGERS, {"since": now - DANGER_LASTS})]
    await _strays(session, around, chats, alone)


async def _strays(
    session: AsyncSession, around: Surroundings, chats: set[int], alone: Mapping[int, int | None]
) -> None:
    """Who was found here, and of whom people heard: in private what their groups heard."""
    groups: dict[int | None, set[int]] = defaultdict(set)
    if alone:
        for contact_id, chat_id in await session.execute(_ROOMS_OF, {"alone": list(alone.values())}):
            groups[contact_id].add(chat_id)
    found: dict[int, dict[int, Stray]] = defaultdict(dict)
    heard: dict[int, dict[int, Stray]] = defaultdict(dict)
    for stray, asked in await session.execute(_STRAYS, {"chats": list(chats.union(*groups.values()))}):
        found[stray.chat_id][stray.id or 0] = stray
        for chat_id in {stray.chat_id, asked} - {None}:
            heard[chat_id][stray.id or 0] = stray
    for chat_id, contact_id in alone.items():
        for group in groups[contact_id]:
            heard[chat_id] |= heard.get(group, {})
    around.strays = {chat: list(ones.values()) for chat, ones in found.items()}
    around.claimable = {chat: list(ones.values()) for chat, ones in heard.items()}


def _private(around: Surroundings, chat_id: int | None) -> bool:
    return chat_id in around.where and around.where[chat_id].private


async def _joined(
    session: AsyncSession,
    around: Surroundings,
    by_chat: dict[int, list[Case]],
    chats: set[int],
    alone: Mapping[int, int | None],
    now: datetime,
) -> None:
    """Who of these chats, and of those who write in private, has the trouble of a case; cases from elsewhere."""
    since = {"since": now - timedelta(days=around.rules.cases.reopen_days), "joined": now - WAITING_WITH}
    writers = [contact_id for contact_id in alone.values() if contact_id is not None]
    rows = (await run(session, _JOINED, {"chats": list(chats), "alone": writers, **since})).all()
    around.followers = {(case_id, contact_id) for case_id, _, contact_id in rows}
    known = {one.id: one for cases in by_chat.values() for one in cases}
    if missing := {case_id for case_id, _, _ in rows} - known.keys():
        known |= {one.id: one for one in await session.scalars(_ELSEWHERE, {"ids": list(missing)})}
    heard = [(case_id, chat_id) for case_id, chat_id, _ in rows if chat_id in chats]
    heard += [(case_id, chat_id) for case_id, _, who in rows for chat_id, writer in alone.items() if writer == who]
    for case_id, chat_id in dict.fromkeys(heard):
        if known[case_id] not in by_chat[chat_id]:
            by_chat[chat_id].append(known[case_id])


async def _questions(session: AsyncSession, around: Surroundings, chats: set[int], now: datetime) -> None:
    by_chat: dict[int, list[Question]] = defaultdict(list)
    for question in await session.scalars(_QUESTIONS, {"chats": list(chats), "now": now}):
        by_chat[question.chat_id].append(question)
    around.questions = by_chat


async def _lines(session: AsyncSession, around: Surroundings, messages: Sequence[Message]) -> None:
    since = min(one.event.at for one in messages) - timedelta(minutes=around.rules.reading.join_minutes)
    writers = list({(one.chat_id, one.contact_id) for one in messages if one.chat_id and one.contact_id})
    if not writers:
        return
    for inbox_id, payload, chat_id, contact_id in await run(session, _LINES, {"writers": writers, "since": since}):
        at, text = moment_and_text(payload)
        if text.strip():
            around.lines.setdefault((chat_id, contact_id), []).append((inbox_id, Line(at, text)))


async def _clues(session: AsyncSession, around: Surroundings, messages: Sequence[Message]) -> None:
    """What those who write told just now of somebody they saw: what they send next may go on about that."""
    sent = [one for one in messages if one.chat_id and one.contact_id] if around.alerts else []
    if not sent:
        return
    since = min(one.event.at for one in sent) - timedelta(minutes=around.rules.reading.voice_minutes)
    writers = list({(one.chat_id, one.contact_id) for one in sent})
    for clue in await session.scalars(_CLUES, {"writers": writers, "since": since}):
        matter = OpenMatter(ref=Ref("M", clue.alert_id), at=clue.at, mine=True)
        around.clues.setdefault((clue.chat_id, clue.contact_id), []).append(matter)


async def _quotes(session: AsyncSession, around: Surroundings, messages: Sequence[Message]) -> None:
    ids = {one.event.quote.message_id for one in messages if one.event.quote and one.event.quote.message_id}
    if not ids:
        return
    ours = (
        select(col(DeliveryPart.external_id), col(Post.ref))
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(col(DeliveryPart.external_id).in_(ids))
    )
    theirs = select(col(InboxEvent.external_id), col(InboxEvent.ref)).where(col(InboxEvent.external_id).in_(ids))
    for query in (theirs, ours):
        for external_id, shown in await session.execute(query):
            if ref := as_ref(shown):
                around.quotes[external_id] = ref
