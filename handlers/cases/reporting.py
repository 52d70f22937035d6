"""A case is opened: category, owner, number, and who hears of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from handlers import quiet_hours
from handlers.cases import evidence, hooks, reminding, texts
from handlers.cases.complaints import complaint_handlers
from handlers.cases.deadlines import limits, next_wait, on_the_clock, promise
from handlers.cases.hands import in_hand
from handlers.cases.placing import place_of
from handlers.cases.pressing import is_pressing
from handlers.cases.privacy import is_private, is_private_danger
from handlers.matters import CASE_KINDS
from handlers.posting import ALLOWED, Piece, Target, post, responsible, say, tell, whisper
from handlers.turn import Turn
from handlers.understanding import OTHER, Kind, Reading
from handlers.understanding.harm import is_violence_at_home
from storage.areas import Area, Mode, silenced
from storage.behind import Later, behind
from storage.duty import on_duty
from storage.matters import Case, CaseStep, Shows
from storage.outbox import Sort
from storage.people import Role, names_of


async def open_and_tell(turn: Turn, area: Area, hint: str = "") -> Case:
    """Open the case of this area, give the first answer and tell its owner, with a `hint` if there is one."""
    case = await open_case(turn, area, shown=await hears_fresh(turn))
    photos = await evidence.keep_sent(turn, case, Shows.REPORT)
    await evidence.with_step(turn, case, photos)
    look = f"\n有 {len(photos)} 张照片，发“照片 {case.id}”看。" if photos else ""
    people = await told(turn, case, area)
    worker = await _names(turn, people)
    await announce(turn, case, area, worker)
    await _tell(turn, case, area, people, hint.format(case.id) + look)
    if not case.shown and not case.quiet and turn.here.private:
        await say(turn, texts.accepted(case, worker, promise(turn, case)), ref=str(case.id))
    return case


_CALLING = re.compile(
    r"^\s*(?:[@＠]\S{1,12}\s+)?(?:[小老][\u4e00-\u9fff]{1,2}?|[\u4e00-\u9fff]{0,3}(?:网格[员长]|主任|书记|师傅|村长|格格))?"
    r"(?:在吗|在不在?|在么|在没有?|你好|您好)[啊呀哈]*[\s，,。.？?！!~]+(?=[\s\S]{4})"
)
"""@小耿 在吗，: who is called before the matter itself is told."""


async def open_case(turn: Turn, area: Area, *, shown: bool = False) -> Case:
    """The case that the turn's words report; `shown` if the group will hear of it unless it is private."""
    reading = turn.reading
    assert reading is not None
    category = reading.category or OTHER
    danger = reading.kind == Kind.EMERGENCY  # its neighbours must hear of it
    private = is_private_danger(turn.text) if danger else is_private(turn.text, category)
    quiet = reading.about_worker or private
    case = case_of(
        turn,
        area,
        reading,
        turn.text,
        kind=reading.kind,
        urgent=reading.urgent
        or is_violence_at_home(turn.text)
        or is_pressing(reading, turn.text, turn.rules.alerts.circle),
        quiet=quiet,
        about_worker=reading.about_worker,
        shown=shown and not quiet,
        confidence=reading.confidence,
    )
    await write_case(turn, case, area)
    return case


def case_of(turn: Turn, area: Area, reading: Reading, words: str, **given: Any) -> Case:
    """The case that `words`, read so, tell of, by the speaker in this chat; `given` are columns that are known better.

    It is not written yet. Words that are no report by themselves are taken for a request.
    """
    found: dict[str, Any] = {
        "kind": reading.kind if reading.kind in CASE_KINDS else Kind.REQUEST,
        "category": reading.category or OTHER,
        "area_id": area.id or 0,
        "chat_id": turn.here.chat_id,
        "reporter_id": turn.me.contact_id,
        "text": _CALLING.sub("", words, count=1)[:2000],
        "place": place_of(reading.fields),
        "phone": reading.fields.phone or "",
        "created_at": turn.at,
        "updated_at": turn.now,
    }
    return Case(**(found | given))


async def write_case(turn: Turn, case: Case, area: Area) -> None:
    """Write a case with its limits, its owner, its first step and its timers."""
    limits(turn, case)
    case.owner_id = await owner_for(turn, case, area)
    turn.session.add(case)
    await turn.session.flush()
    await add_step(turn, case, hooks.OPENED, case.text[:200], public=False)
    await turn.schedule("case.unclaimed", f"{case.id}#1", next_wait(turn, case))
    await reminding.plan(turn, case)
    turn.concerns(str(case.id))
    turn.audit("case.open", str(case.id))


async def owner_for(turn: Turn, case: Case, area: Area) -> int | None:
    """The grid's worker, else the substitute, the lead, the village, the town; past the worker if it is about one.

    Of a case that climbed the ladder: the admin there.
    """
    if case.about_worker:
        return next(iter(await complaint_handlers(turn, case, area)), None)
    if case.raised_id and case.raised_id != area.id:
        raised = await turn.session.get_one(Area, case.raised_id)
        return next(iter(await responsible(turn, raised, (Role.ADMIN,))), None)
    for roles in ((Role.WORKER,), (Role.LEAD,), (Role.ADMIN,)):
        if people := await responsible(turn, area, roles):
            return people[0]
    return None


async def told(turn: Turn, case: Case, area: Area) -> list[int]:
    """Who hears of a case at once: its owner, and of an urgent one first whoever is on duty."""
    duty = await on_duty(turn.session, area.path, turn.now) if on_the_clock(case) and not case.about_worker else []
    people = [*(one.contact_id for one in duty), *await in_hand(turn, case, area)]
    return list(dict.fromkeys(people))


async def told_names(turn: Turn, case: Case, area: Area) -> str:
    """Their names."""
    return await _names(turn, await told(turn, case, area))


async def _names(turn: Turn, people: Sequence[int]) -> str:
    names = await names_of(turn.session, people) if people else {}
    return "、".join(filter(None, (names.get(one) for one in people)))


async def owner_name(turn: Turn, case: Case) -> str:
    """The owner's name with the role's word in front, or nothing."""
    if case.owner_id is None:
        return ""
    return (await names_of(turn.session, [case.owner_id])).get(case.owner_id, "")


async def announce(turn: Turn, case: Case, area: Area, worker: str) -> None:
    """The first answer: in the group where its mode allows, in private for what is private."""
    if case.quiet:
        sent = await whisper(
            turn, case.reporter_id, texts.accepted_quietly(case, worker, promise(turn, case)), ref=str(case.id)
        )
        if not sent.chats and await hears_fresh(turn):
            await say(turn, texts.ACCEPTED_UNSEEN, sort=Sort.FRESH)
        return
    if not case.shown:
        return
    sent = await post(
        turn,
        str(case.id),
        Sort.FRESH,
        [Piece(texts.accepted(case, worker, promise(turn, case)), (case.reporter_id,))],
        [Target(case.chat_id)],
    )
    if not sent.chats:
        case.shown = False


async def hears_fresh(turn: Turn) -> bool:
    """Whether this room is in a mode in which a free-text case is answered at once."""
    room, area = turn.here.room, turn.here.area
    if room is None or area is None:
        return False
    mode = Mode.SILENT if await silenced(turn.session, [area.path]) else room.mode
    return Sort.FRESH in ALLOWED[mode]


async def tell_owner(turn: Turn, case: Case, area: Area) -> None:
    """The owner hears of it in private, or in a staff room without personal data; not in the night.

    Of an urgent one who is on duty hears too, at any hour.
    """
    await _tell(turn, case, area, await told(turn, case, area))


async def _tell(turn: Turn, case: Case, area: Area, people: Sequence[int], hint: str = "") -> None:
    hold = None if on_the_clock(case) else quiet_hours.ends(turn)
    text = texts.for_worker(case, turn.me.name, area.name, turn.local(case.created_at)) + hint
    for contact_id in people:
        if contact_id != turn.me.contact_id:
            open_text = texts.for_staff_room(case, area.name)
            await tell(turn, contact_id, text, open_text, area=area, ref=str(case.id), hold=hold)


_STEP = insert(CaseStep)
_STEPS = Later(("casestep",), lambda connection, steps: connection.execute(_STEP, steps))


async def add_step(turn: Turn, case: Case, action: str, text: str = "", *, public: bool = True) -> None:
    """Note what happened, by whom, and what the case's state is now."""
    hooks.note(turn, case, action)
    step = {
        "case_id": case.id,
        "at": turn.now,
        "actor_id": turn.speaker.contact_id if turn.speaker else None,
        "action": action,
        "state": case.state,
        "text": text,
        "public": public,
    }
    behind(turn.session).add(_STEPS, step)
