"""Asking people to confirm an alert: the grid's worker first, then step by step upwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers.alerts import facts, signs, texts
from handlers.alerts.reaching import (
    here,
    holders_of,
    is_private,
    name_of,
    names,
    reach,
    ref_of,
    to_family,
    town_level,
)
from handlers.hearers import speakers_chats
from handlers.posting import Piece, Target, post, say, staff_chat
from handlers.turn import ON_DUTY, Turn
from storage.agenda import AuditEntry, Question
from storage.areas import Area
from storage.duty import on_duty
from storage.matters import Alert, AlertState
from storage.outbox import Sort
from storage.people import Contact, Held, Role, private_chats

CONFIRM, FOUND = "confirm", "found"
FACT_QUESTIONS = {"place": "place", "picture": "photo", "name": "name", "phone": "phone"}
"""The question's kind for each fact that an alert may lack (a time needs none: it is read as one anywhere)."""

WANTED = "alert.wanted"
"""The trace of a fact that was asked for."""

ASK, AUTO = "alert.ask", "alert.auto"
LAST_STEP = 3


async def people_of(turn: Turn, alert: Alert, area: Area, step: int) -> list[Held]:
    """Who is asked in a step: the worker; then lead and village; then the town, and who is on duty."""
    if step == 1:
        for role in (Role.WORKER, Role.LEAD, Role.ADMIN):
            if found := await holders_of(turn, area, (role,)):
                return [held for held in found if held.level == found[0].level]
        return []
    town = town_level(turn.rules)
    admins = await holders_of(turn, area, (Role.ADMIN,))
    if step == 2:
        leads = await holders_of(turn, area, (Role.LEAD,))
        nearest = [held for held in leads if held.level == leads[0].level]
        return [*nearest, *(held for held in admins if held.level > town)]
    above = [held for held in admins if held.level <= town]
    nearest = [held for held in above if held.level == above[0].level]
    return [*nearest, *await on_duty(turn.session, area.path, turn.now)]


async def reachable(turn: Turn, area: Area, people: Sequence[Held]) -> list[Held]:
    """Those who can be told in private or at least mentioned in a staff room."""
    if await staff_chat(turn, area) is not None:
        return list(people)
    chats = await private_chats(turn.session, [one.contact_id for one in people])
    return [one for one in people if one.contact_id in chats]


async def first_step(turn: Turn, alert: Alert, area: Area) -> list[Held]:
    """The people of the first step in which anybody can be reached; sets how far asking is."""
    for step in range(1, LAST_STEP + 1):
        alert.asked = step
        if people := await reachable(turn, area, await people_of(turn, alert, area, step)):
            return people
    return []


async def ask(turn: Turn, alert: Alert, area: Area, people: Sequence[Held]) -> list[Held]:
    """Put it to these people, with an open question each that any bare 确认 answers; who was told."""
    contact = await turn.session.get(Contact, alert.reporter_id)
    told = await reach(
        turn,
        [one.contact_id for one in people],
        area,
        texts.for_confirmer(
            alert, await here(turn, area), contact.name if contact else "", area.name, await _hints(turn, alert)
        ),
        texts.for_staff_room(alert, area.name),
        ref_of(alert),
        pictures=photo(alert),
    )
    rooms: set[int] = set()
    for contact_id, chat_id in told:
        if await is_private(turn, chat_id):
            add_question(turn, alert, CONFIRM, chat_id, contact_id)
        elif chat_id not in rooms:  # in a staff room whoever is on the spot may answer
            rooms.add(chat_id)
            add_question(turn, alert, CONFIRM, chat_id, None)
    reached = {contact_id for contact_id, _ in told}
    return [one for one in people if one.contact_id in reached]


async def _hints(turn: Turn, alert: Alert) -> list[str]:
    """What to look at before the word is given: signs of a fake, and who may be the same person."""
    from handlers import strays  # it imports this package
    from handlers.alerts import merging  # it imports this module

    doubts, same = await signs.signs(turn, alert), await merging.hints(turn, alert)
    return [*([texts.doubts(doubts)] if doubts else []), *same, *await strays.hints(turn, alert)]


def photo(alert: Alert) -> list[Piece]:
    """The family's photo, for who is to say that it is true."""
    return [Piece(picture_id=alert.picture_id)] if alert.picture_id else []


def add_question(
    turn: Turn,
    alert: Alert,
    kind: str,
    chat_id: int,
    contact_id: int | None,
    *,
    unheard: bool = False,
    died: bool = False,
) -> None:
    """Note what was asked; a question to confirm stays open until decided, others expire.

    `unheard`: it was asked elsewhere, but may be answered in this chat too, in words that mean nothing else.
    `died`: a yes to it says that the person is dead.
    """
    minutes = turn.rules.question_minutes
    turn.session.add(
        Question(
            kind=kind,
            ref=ref_of(alert),
            chat_id=chat_id,
            contact_id=contact_id,
            role=None if contact_id else " ".join(ON_DUTY),
            area_id=alert.area_id,
            asked_at=turn.now,
            expires_at=None if kind == CONFIRM else turn.now + timedelta(minutes=minutes),
            data={name: True for name, is_so in (("unheard", unheard), ("died", died)) if is_so},
        )
    )


async def wanted(turn: Turn, alert: Alert) -> str | None:
    """The missing fact that would help most, to be asked for now; None while an earlier one has no answer.

    Each is asked for once: who does not know it is not asked again, nor for anything less useful.
    """
    lacking = facts.missing(alert)
    entries = await turn.session.scalars(
        select(AuditEntry.fields).where(AuditEntry.ref == ref_of(alert), AuditEntry.action == WANTED)
    )
    if not lacking or set(entries) & set(lacking):
        return None
    turn.audit(WANTED, ref_of(alert), lacking[0])
    return lacking[0]


async def ask_for_fact(turn: Turn, alert: Alert, chat_id: int, fact: str | None) -> None:
    """What was just asked for, as a question, so that a bare name or number is read as its answer."""
    if fact in FACT_QUESTIONS:
        await close_questions(turn, alert, *FACT_QUESTIONS.values())
        add_question(turn, alert, FACT_QUESTIONS[fact], chat_id, alert.reporter_id)


async def close_questions(turn: Turn, alert: Alert, *kinds: str) -> None:
    """Nothing of these kinds is to be answered any more."""
    await turn.session.execute(
        update(Question)
        .where(Question.ref == ref_of(alert), col(Question.kind).in_(kinds), col(Question.answered_at).is_(None))
        .values(answered_at=turn.now)
    )


async def asked_chats(turn: Turn, alert: Alert, *kinds: str, waiting: bool = False) -> list[int]:
    """The chats in which somebody was ever asked about this alert; those that still wait only, if so wanted."""
    query = select(col(Question.chat_id)).where(Question.ref == ref_of(alert), col(Question.kind).in_(kinds))
    if waiting:
        query = query.where(col(Question.answered_at).is_(None))
    return list(dict.fromkeys(await turn.session.scalars(query.order_by(col(Question.id)))))


async def begin(turn: Turn, alert: Alert) -> None:
    """Set the timers of an unconfirmed alert."""
    await turn.schedule(ASK, ref_of(alert), turn.now + next_wait(turn, alert))
    minutes = turn.rules.alerts.auto_after_minutes
    if minutes and not alert.forwarded:
        await turn.schedule(AUTO, ref_of(alert), turn.now + timedelta(minutes=minutes))


async def stop(turn: Turn, alert: Alert) -> None:
    """Decided: nobody is asked any more."""
    for kind in (ASK, AUTO):
        await turn.unschedule(kind, ref_of(alert))
    await close_questions(turn, alert, CONFIRM)


def waited(turn: Turn, asked: int) -> int:
    """Minutes from the report to the step with this number."""
    rules = turn.rules.alerts
    if asked < LAST_STEP:
        return (0, 0, rules.ask_lead_minutes)[asked]
    minutes = max(rules.ask_town_minutes, rules.ask_lead_minutes + 1)
    for _ in range(asked - LAST_STEP):
        minutes += 60 if minutes >= rules.hourly_after_minutes else rules.repeat_minutes
    return minutes


def next_wait(turn: Turn, alert: Alert) -> timedelta:
    """How long until the next step."""
    return timedelta(minutes=waited(turn, alert.asked + 1) - waited(turn, alert.asked))


async def ask_again(turn: Turn, ref: str) -> None:
    """Due: nobody has confirmed; more people are asked, and when there are no more, all again."""
    alert = await turn.session.get(Alert, int(ref[1:]), with_for_update=True, populate_existing=True)
    if alert is None or alert.state != AlertState.UNCONFIRMED:
        return
    area = await turn.session.get(Area, alert.area_id)
    assert area is not None
    alert.asked += 1
    told = await _more_people(turn, alert, area) if alert.asked <= LAST_STEP else []
    if told and not alert.forwarded:
        await to_family(turn, alert, texts.also_asked(alert, await names(turn, told)))
    elif not told:
        await _remind(turn, alert)
    await turn.schedule(ASK, ref, turn.now + next_wait(turn, alert))


async def _more_people(turn: Turn, alert: Alert, area: Area) -> list[Held]:
    query = select(col(Question.contact_id)).where(Question.ref == ref_of(alert), Question.kind == CONFIRM)
    asked = {alert.reporter_id, *await turn.session.scalars(query)}
    people = [one for one in await people_of(turn, alert, area, alert.asked) if one.contact_id not in asked]
    return await ask(turn, alert, area, people) if people else []


async def _remind(turn: Turn, alert: Alert) -> None:
    chats = await asked_chats(turn, alert, CONFIRM)
    since = (turn.now - alert.created_at).total_seconds()
    await post(turn, ref_of(alert), Sort.STAFF, [Piece(texts.remind(alert, since))], [Target(chat) for chat in chats])


async def heard_only(turn: Turn) -> bool:
    """Words in private that say nothing of the only alert that waits for their writer: who says them is told so."""
    waiting = select(col(Question.ref)).where(
        Question.kind == CONFIRM,
        Question.chat_id == turn.here.chat_id,
        col(Question.ref).startswith("M"),
        col(Question.answered_at).is_(None),
    )
    refs = (await turn.session.scalars(waiting.distinct().limit(2))).all() if turn.here.private else []
    alert = await turn.session.get(Alert, int(refs[0][1:])) if len(refs) == 1 else None
    if alert is None or alert.state != AlertState.UNCONFIRMED:
        return False
    turn.concerns(ref_of(alert))
    await say(turn, texts.only_heard(alert), ref=ref_of(alert))
    return True


async def tell_settled(turn: Turn, alert: Alert, area: Area) -> None:
    """The others who were asked hear that it is decided."""
    reached = {alert.chat_id, *await speakers_chats(turn)}
    chats = [chat for chat in await asked_chats(turn, alert, CONFIRM) if chat not in reached]
    by = await name_of(turn, alert.confirmed_by, area)
    await post(turn, ref_of(alert), Sort.STAFF, [Piece(texts.settled(alert, by))], [Target(chat) for chat in chats])
