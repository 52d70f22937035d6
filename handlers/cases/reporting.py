"""A case is opened: category, owner, number, and who hears of it."""

from __future__ import annotations

from datetime import timedelta

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlmodel import col

from handlers import locating
from handlers.cases import hooks, texts
from handlers.cases.complaints import complaint_handlers
from handlers.cases.placing import place_of
from handlers.cases.privacy import is_private, is_private_danger
from handlers.posting import ALLOWED, Piece, Target, post, responsible, say, tell, whisper
from handlers.turn import Turn
from handlers.understanding import Kind
from storage.areas import Area, Mode, silenced
from storage.matters import CASE_OPEN, CASE_OUTSIDE, Case, CaseStep
from storage.outbox import Sort
from storage.people import Role, names_of

DEFAULT_HOURS = 72
AGAIN, ALIKE = timedelta(minutes=30), 95
"""Within what time, and how alike (of 100), two messages of one person are one report."""


async def reported(turn: Turn) -> None:
    """Free words that ask, complain or propose: open a case and give the first answer."""
    area = await locating.area_here(turn)
    if area is not None and not await _said_already(turn):
        await open_and_tell(turn, area)


async def open_and_tell(turn: Turn, area: Area) -> None:
    """Open the case of this area, give the first answer and tell its owner."""
    case = await open_case(turn, area, shown=await hears_fresh(turn))
    worker = await owner_name(turn, case)
    await announce(turn, case, area, worker)
    await tell_owner(turn, case, area)
    if not case.shown and not case.quiet and turn.here.private:
        await say(turn, texts.accepted(case, worker), ref=str(case.id))


async def _said_already(turn: Turn) -> bool:
    """Whether the same person said the same here a moment ago: it has its number and its answer."""
    query = select(Case).where(
        Case.chat_id == turn.here.chat_id,
        Case.reporter_id == turn.me.contact_id,
        col(Case.state).in_(CASE_OPEN),
        col(Case.updated_at) > turn.now - AGAIN,
    )
    for case in await turn.session.scalars(query.order_by(col(Case.id).desc()).limit(5)):
        if fuzz.ratio(case.text, turn.text[:2000]) >= ALIKE:
            turn.concerns(str(case.id))
            return True
    return False


async def open_case(turn: Turn, area: Area, *, shown: bool = False) -> Case:
    """The case that the turn's words report; `shown` if the group will hear of it unless it is private."""
    reading = turn.reading
    assert reading is not None
    category = reading.category or "其他"
    danger = reading.kind == Kind.EMERGENCY  # its neighbours must hear of it
    private = is_private_danger(turn.text) if danger else is_private(turn.text, category)
    quiet = reading.about_worker or private
    case = Case(
        kind=reading.kind,
        category=category,
        area_id=area.id or 0,
        chat_id=turn.here.chat_id,
        reporter_id=turn.me.contact_id,
        text=turn.text[:2000],
        place=place_of(reading.fields),
        phone=reading.fields.phone or "",
        urgent=reading.urgent,
        quiet=quiet,
        about_worker=reading.about_worker,
        shown=shown and not quiet,
        confidence=reading.confidence,
        created_at=turn.at,
        updated_at=turn.now,
    )
    await write_case(turn, case, area)
    return case


async def write_case(turn: Turn, case: Case, area: Area) -> None:
    """Write a case with its limits, its owner, its first step and its timers."""
    limits(turn, case)
    case.owner_id = await owner_for(turn, case, area)
    turn.session.add(case)
    await turn.session.flush()
    add_step(turn, case, hooks.OPENED, case.text[:200], public=False)
    await turn.schedule("case.unclaimed", f"{case.id}#1", turn.now + timedelta(minutes=wait_minutes(turn, case)))
    turn.concerns(str(case.id))
    turn.audit("case.open", str(case.id))


def limits(turn: Turn, case: Case) -> None:
    """Set until when the case is to be done, from when it was written down; an outside office's limit stands."""
    if case.source in CASE_OUTSIDE and case.due_at is not None:
        return
    rule = turn.rules.cases.categories.get(case.category)
    start = turn.now if case.id is None else case.created_at
    case.due_at = start + timedelta(hours=rule.hours if rule else DEFAULT_HOURS)


def wait_minutes(turn: Turn, case: Case) -> int:
    """Minutes until an unclaimed case is brought up again; a third of it when harm is near."""
    minutes = turn.rules.cases.unclaimed_minutes
    return max(1, minutes // 3) if case.urgent else minutes


async def owner_for(turn: Turn, case: Case, area: Area) -> int | None:
    """The grid's worker, else the substitute, the lead, the village, the town; past the worker if it is about one."""
    if case.about_worker:
        return next(iter(await complaint_handlers(turn, case, area)), None)
    for roles in ((Role.WORKER,), (Role.LEAD,), (Role.ADMIN,)):
        if people := await responsible(turn, area, roles):
            return people[0]
    return None


async def owner_name(turn: Turn, case: Case) -> str:
    """The owner's name with the role's word in front, or nothing."""
    if case.owner_id is None:
        return ""
    return (await names_of(turn.session, [case.owner_id])).get(case.owner_id, "")


async def announce(turn: Turn, case: Case, area: Area, worker: str) -> None:
    """The first answer: in the group where its mode allows, in private for what is private."""
    if case.quiet:
        sent = await whisper(turn, case.reporter_id, texts.accepted_quietly(case, worker), ref=str(case.id))
        if not sent.chats and await hears_fresh(turn):
            await say(turn, texts.ACCEPTED_UNSEEN, sort=Sort.FRESH)
        return
    if not case.shown:
        return
    sent = await post(
        turn,
        str(case.id),
        Sort.FRESH,
        [Piece(texts.accepted(case, worker), (case.reporter_id,))],
        [Target(case.chat_id)],
    )
    case.shown = bool(sent.chats)


async def hears_fresh(turn: Turn) -> bool:
    """Whether this room is in a mode in which a free-text case is answered at once."""
    room, area = turn.here.room, turn.here.area
    if room is None or area is None:
        return False
    mode = Mode.SILENT if await silenced(turn.session, [area.path]) else room.mode
    return Sort.FRESH in ALLOWED[mode]


async def tell_owner(turn: Turn, case: Case, area: Area) -> None:
    """The owner hears of it in private, or in a staff room without personal data."""
    if case.owner_id is None or case.owner_id == turn.me.contact_id:
        return
    await tell(
        turn,
        case.owner_id,
        texts.for_worker(case, turn.me.name, area.name, turn.local(case.created_at)),
        texts.for_staff_room(case, area.name),
        area=area,
        ref=str(case.id),
    )


def add_step(turn: Turn, case: Case, action: str, text: str = "", *, public: bool = True) -> None:
    """Note what happened, by whom, and what the case's state is now."""
    turn.session.add(
        CaseStep(
            case_id=case.id or 0,
            at=turn.now,
            actor_id=turn.speaker.contact_id if turn.speaker else None,
            action=action,
            state=case.state,
            text=text,
            public=public,
        )
    )
    hooks.note(turn, case, action)
