"""The end of an alert: whoever heard of it, and nobody else, hears that it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select, update
from sqlmodel import col

from handlers.alerts import after, asking, circle, clues, facts, saying_over, standing, texts
from handlers.alerts.mourning import tells_of_death
from handlers.alerts.reaching import (
    decides,
    is_private,
    is_reporter,
    load,
    must_decide,
    ref_of,
    relatives,
    to_family,
    to_workers,
)
from handlers.hearers import HEARD, posts_of, speakers_chats, stopped
from handlers.lessons import keep
from handlers.matters import Refusal
from handlers.ports import EventKind, moment_and_text
from handlers.posting import Piece, Target, post, say, whisper
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Kind, Ref
from storage.agenda import AuditEntry, Question
from storage.areas import Area
from storage.inbox import InboxEvent, Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.outbox import Delivery, DeliveryPart, PostPart, Sort
from storage.people import private_chats

SAID_FOUND = "alert.said_found"
"""The trace of words that the person is found, by somebody who may not end the search."""


async def found(turn: Turn, ref: Ref, words: str) -> None:
    """找到 M3: ends it, from those who may; from others it is put to them."""
    alert, area = await load(turn, ref)
    _must_be_open(alert)
    if not (is_reporter(turn, alert) or decides(turn, area)):
        await put_to_family(turn, alert, area, words or turn.text)
    elif turn.late:
        await ask_late(turn, alert, words or turn.text)
    else:
        await end(turn, alert, area, AlertState.FOUND, words)


async def false_alarm(turn: Turn, ref: Ref, reason: str) -> None:
    """误报 M3, 驳回 M3 …: it was none, or is not taken up."""
    alert, area = await load(turn, ref)
    must_decide(turn, alert, area)
    _must_be_open(alert)
    _learn(turn, alert)
    await end(turn, alert, area, AlertState.FALSE, reason)


async def withdraw(turn: Turn, ref: Ref) -> None:
    """撤销 M3, 不用了, 不是, or the report itself recalled: the reporter (or who answers for it) takes it back."""
    alert, area = await load(turn, ref)
    if not (_is_recalled(turn) or is_reporter(turn, alert)):
        must_decide(turn, alert, area)
    _must_be_open(alert)
    if turn.text.strip().startswith("不是"):
        _learn(turn, alert)
    await end(turn, alert, area, AlertState.WITHDRAWN)


def _is_recalled(turn: Turn) -> bool:
    """Whether it ends because its report was taken back, and not by anybody's word."""
    return turn.event is not None and turn.event.kind == EventKind.RECALLED


def _must_be_open(alert: Alert) -> None:
    if alert.state not in ALERT_OPEN:
        raise Refusal(texts.closed(alert) + "这次没有改动。")


def _learn(turn: Turn, alert: Alert) -> None:
    """Keep that it was none; no lesson, as a false report reads like a true one."""
    keep(turn, Kind.MISSING, Kind.CHAT, ref=ref_of(alert))


async def end(turn: Turn, alert: Alert, area: Area, state: AlertState, words: str = "") -> None:
    """Close it, and in the same transaction stop what is on its way and queue the end for exactly who heard."""
    from handlers import strays  # it imports this package

    targets = await _clearing(turn, alert)
    if tells_of_death(words) or tells_of_death(turn.text):
        state = AlertState.DIED
    alert.state, alert.ended_at, alert.updated_at = state, turn.now, turn.now
    alert.ended_by = turn.speaker.contact_id if turn.speaker else None
    alert.end_note, alert.changed = words[:200], ""
    await asking.stop(turn, alert)
    await asking.close_questions(turn, alert, asking.FOUND, *asking.FACT_QUESTIONS.values())
    for kind in ("alert.added", "alert.whole", circle.GROW):
        await turn.unschedule(kind, ref_of(alert))
    await standing.stop(turn, alert)
    await _post_end(turn, alert, targets, words if state == AlertState.FOUND else "")
    await _tell_people(turn, alert, area, targets)
    await strays.alert_ended(turn, alert)
    await after.plan(turn, alert)
    turn.audit(f"alert.{state}", ref_of(alert), "state")


async def _clearing(turn: Turn, alert: Alert) -> list[Target]:
    """Cancel what is queued of the alert; then: who heard it, or is hearing it this moment."""
    return await stopped(turn, await refs_of(turn, alert), Sort.ALERT, Sort.END)


async def call_off(turn: Turn, alert: Alert) -> None:
    """Cancel what is queued of the alert, and every timer of it, but not what asks for a word about it."""
    await _clearing(turn, alert)
    for kind in ("alert.added", "alert.whole", circle.GROW):
        await turn.unschedule(kind, ref_of(alert))


async def take_back(turn: Turn, alert: Alert) -> list[Target]:
    """Cancel what is queued of its end; then: who heard the end, or is hearing it this moment."""
    return await stopped(turn, await refs_of(turn, alert), Sort.END, Sort.ALERT)


async def refs_of(turn: Turn, alert: Alert) -> list[str]:
    """Its own number, and those of the reports merged into it."""
    return [ref_of(one) for one in (alert, *await relatives(turn, alert))]


async def _post_end(turn: Turn, alert: Alert, targets: list[Target], words: str) -> None:
    """The same words everywhere; only the family's own group reads what the worker added."""
    own = [one for one in targets if one.chat_id == alert.chat_id] if words else []
    if own:
        await _post_words(turn, alert, texts.ended(alert, words), own)
    text = texts.ended(alert)
    if alert.state == AlertState.WITHDRAWN and turn.text.strip().startswith("不是") and not alert.confirmed_at:
        text = texts.misunderstood(alert)
    elif _is_recalled(turn):
        text = texts.recalled_for_group(alert)
    await _post_words(turn, alert, text, [one for one in targets if one not in own])


async def _post_words(turn: Turn, alert: Alert, text: str, targets: list[Target]) -> None:
    """With the green form of the poster where the red one hangs: who scrolls past that sees both."""
    saw = await _saw_poster(turn, alert) if alert.state == AlertState.FOUND else set()
    pictured = [one for one in targets if one.chat_id in saw]
    await post(turn, ref_of(alert), Sort.END, [Piece(text), Piece(poster=True)], pictured)
    await post(turn, ref_of(alert), Sort.END, [Piece(text)], [one for one in targets if one not in pictured])


async def _saw_poster(turn: Turn, alert: Alert) -> set[int]:
    """The chats in which the red poster hangs, or may."""
    query = (
        select(col(Delivery.chat_id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(PostPart, (col(PostPart.post_id) == Delivery.post_id) & (col(PostPart.number) == DeliveryPart.number))
        .where(
            col(Delivery.post_id).in_(posts_of(await refs_of(turn, alert), Sort.ALERT)),
            PostPart.kind == "poster",
            or_(col(DeliveryPart.state).in_(HEARD), col(DeliveryPart.doubtful)),
        )
    )
    return set(await turn.session.scalars(query))


async def _tell_people(turn: Turn, alert: Alert, area: Area, targets: list[Target]) -> None:
    """Whoever was asked or confirmed it, the reporter, and the speaker, unless the end reaches them anyway."""
    told = {one.chat_id for one in targets}
    mine = turn.where.chat_id if turn.where else None
    asked = {*await asking.asked_chats(turn, alert, asking.CONFIRM, asking.FOUND)}
    people = {alert.confirmed_by, alert.reporter_id if alert.chat_id not in told else None} - {None}
    asked |= set((await private_chats(turn.session, [one for one in people if one])).values())
    if not await is_private(turn, alert.chat_id):
        asked.discard(alert.chat_id)
    others = sorted(asked - told - await speakers_chats(turn))
    if others:
        text = Piece(texts.ended_for_asked(alert))
        await post(turn, ref_of(alert), Sort.STAFF, [text], [Target(chat) for chat in others])
    asked_in_private = _is_recalled(turn)
    if turn.speaker and mine is not None and mine not in told and mine not in others and not asked_in_private:
        rooms = [one for one in targets if not await is_private(turn, one.chat_id)]
        await say(turn, texts.ended_for_speaker(alert, len(rooms), family=is_reporter(turn, alert)), ref=ref_of(alert))


async def put_to_family(turn: Turn, alert: Alert, area: Area, words: str) -> None:
    """Somebody else says that the person is found: the reporter and the worker are asked, again only if it is news."""
    before = await _said_before(turn, alert)
    if not _is_news(turn, before, words):
        turn.outcome = Outcome.MATTER
        if turn.here.private:
            await say(turn, texts.put_to_family(alert), ref=ref_of(alert))
        return
    await asking.close_questions(turn, alert, *asking.FACT_QUESTIONS.values())
    turn.audit(SAID_FOUND, ref_of(alert))
    if tells_of_death(words):
        await _put_to_workers(turn, alert, area, words)
        return
    text = texts.said_found(alert, turn.me.name, words)
    shown = clues.photo(await clues.keep(turn, alert, words))
    chats = await private_chats(turn.session, [alert.reporter_id])
    if alert.reporter_id in chats:
        await whisper(turn, alert.reporter_id, text, ref=ref_of(alert), pictures=shown)
        await _ask(turn, alert, chats[alert.reporter_id], alert.reporter_id)
        if alert.chat_id != chats[alert.reporter_id]:
            await _ask(turn, alert, alert.chat_id, alert.reporter_id, unheard=True)
    elif await to_family(turn, alert, text, pictures=shown):
        await _ask(turn, alert, alert.chat_id, alert.reporter_id)
    await _ask_workers(turn, alert, area, text, pictures=shown)
    await say(turn, texts.put_to_family(alert), ref=ref_of(alert))


async def _put_to_workers(turn: Turn, alert: Alert, area: Area, words: str) -> None:
    """No family hears of a death from the bot: the worker goes and sees."""
    await _ask_workers(turn, alert, area, texts.said_dead(alert, turn.me.name, words), died=True)
    await whisper(turn, turn.me.contact_id, texts.put_to_workers(alert), ref=ref_of(alert))


async def _ask_workers(
    turn: Turn, alert: Alert, area: Area, text: str, *, died: bool = False, pictures: Sequence[Piece] = ()
) -> None:
    openly = texts.dead_in_staff_room(alert) if died else texts.found_in_staff_room(alert)
    told = await to_workers(turn, alert, area, text, openly, pictures=pictures)
    for contact_id, chat_id in told:
        if await is_private(turn, chat_id) and contact_id != alert.reporter_id:
            await _ask(turn, alert, chat_id, contact_id, died=died)


async def _ask(
    turn: Turn, alert: Alert, chat_id: int, contact_id: int, *, unheard: bool = False, died: bool = False
) -> None:
    """Whether the person is found, in the place of what was asked there before: a bare 是 answers the latest words."""
    earlier = update(Question).where(
        _waiting(turn, alert), Question.chat_id == chat_id, Question.contact_id == contact_id
    )
    await turn.session.execute(earlier.values(answered_at=turn.now).execution_options(synchronize_session=False))
    asking.add_question(turn, alert, asking.FOUND, chat_id, contact_id, unheard=unheard, died=died)


def _waiting(turn: Turn, alert: Alert) -> ColumnElement[bool]:
    """The questions whether the person is found that have no answer yet."""
    asked = (col(Question.ref) == ref_of(alert)) & (col(Question.kind) == asking.FOUND)
    return asked & col(Question.answered_at).is_(None) & (col(Question.expires_at) > turn.now)


class _Said(NamedTuple):
    """That the person is found, as somebody said before."""

    contact_id: int | None
    chat_id: int | None
    text: str


async def _said_before(turn: Turn, alert: Alert) -> list[_Said]:
    """What was put to the family already, as long as an answer is waited for."""
    if not await is_asked(turn, alert):
        return []
    query = (
        select(col(AuditEntry.actor_id), col(AuditEntry.chat_id), col(InboxEvent.payload))
        .join(InboxEvent, col(AuditEntry.inbox_id) == col(InboxEvent.id))
        .where(
            AuditEntry.ref == ref_of(alert),
            AuditEntry.action == SAID_FOUND,
            col(AuditEntry.at) >= turn.now - timedelta(minutes=turn.rules.question_minutes),
        )
    )
    rows = await turn.session.execute(query)
    return [_Said(contact, chat, moment_and_text(payload)[1].strip()) for contact, chat, payload in rows]


def _is_news(turn: Turn, before: Sequence[_Said], words: str) -> bool:
    """Whether a find says more than those before: where, that somebody died, or it comes from elsewhere.

    Bare words are an echo in a chat where somebody said so; not those of a worker or the police, who know.
    """
    said = (turn.event.text if turn.event else turn.text).strip()
    if any(one.text == said for one in before):
        return False
    told = facts.known(turn.reading.fields).keys() - {"sex"} if turn.reading else words != turn.text
    if told or tells_of_death(words):
        return True
    if any(one.contact_id == turn.me.contact_id for one in before):
        return False
    return turn.me.has(ON_DUTY) or all(one.chat_id != turn.here.chat_id for one in before)


async def not_found(turn: Turn, alert: Alert) -> None:
    """Whoever may end it says that it is somebody else: the search goes on."""
    from handlers import strays  # it imports this package

    await asking.close_questions(turn, alert, asking.FOUND)
    await strays.unmatched(turn, alert)
    await say(turn, f"{texts.name(alert)}好的，接着找。", ref=ref_of(alert))


async def is_asked(turn: Turn, alert: Alert) -> bool:
    """Whether somebody is asked at this moment if the person is found."""
    return await turn.session.scalar(select(Question.id).where(_waiting(turn, alert)).limit(1)) is not None


async def asked_here(turn: Turn, alert: Alert) -> bool:
    """Whether the speaker is asked in this chat if the person is found: a bare 确认 may answer that."""
    mine = (Question.chat_id == turn.here.chat_id) & (Question.contact_id == turn.me.contact_id)
    return await turn.session.scalar(select(Question.id).where(_waiting(turn, alert), mine).limit(1)) is not None


async def ask_whether(turn: Turn, alert: Alert) -> None:
    """Words that may mean that the person is found, or dead: whoever may end it is asked."""
    from handlers.alerts import adding  # it imports this module

    if saying_over.mistaken(turn.text) and await adding.photo_taken_back(turn, alert):
        return
    await asking.close_questions(turn, alert, asking.FOUND, *asking.FACT_QUESTIONS.values())
    if tells_of_death(turn.text):
        await _ask_softly(turn, alert, texts.whether_over(alert))
    else:
        await say(turn, texts.whether_found(alert, facts.several(alert)), ref=ref_of(alert))
        await _ask(turn, alert, turn.here.chat_id, turn.me.contact_id)


async def _ask_softly(turn: Turn, alert: Alert, text: str) -> None:
    """Who tells of a death and may end the search is asked in private; who cannot be, is left to the worker."""
    chat_id = (await private_chats(turn.session, [turn.me.contact_id])).get(turn.me.contact_id)
    if chat_id is None:
        area = await turn.session.get_one(Area, alert.area_id)
        told = texts.family_mourns(alert, turn.me.name, turn.text)
        await _ask_workers(turn, alert, area, told, died=True)
        return
    await whisper(turn, turn.me.contact_id, text, ref=ref_of(alert))
    await _ask(turn, alert, chat_id, turn.me.contact_id, died=True)
    if chat_id != turn.here.chat_id:
        await _ask(turn, alert, turn.here.chat_id, turn.me.contact_id, unheard=True, died=True)


async def found_in_part(turn: Turn, alert: Alert, area: Area) -> None:
    """Of several some are found: the search goes on, and those who look after it hear for whom."""
    alert.text = f"{alert.text}\n{turn.text}"[: facts.MAX_TEXT]
    alert.updated_at = turn.now
    turn.audit("alert.part", ref_of(alert))
    await asking.close_questions(turn, alert, asking.FOUND)
    await say(turn, texts.found_in_part(alert), ref=ref_of(alert))
    await to_workers(turn, alert, area, texts.part_found(alert, turn.text), texts.changed_in_staff_room(alert))


async def ask_late(turn: Turn, alert: Alert, words: str) -> None:
    """A word that ends it came late: it is asked again, not carried out."""
    await asking.close_questions(turn, alert, *asking.FACT_QUESTIONS.values())
    text = texts.late_found(alert, words, turn.local(turn.at))
    if tells_of_death(words):
        await _ask_softly(turn, alert, text)
        return
    await say(turn, text, ref=ref_of(alert))
    await _ask(turn, alert, turn.here.chat_id, turn.me.contact_id)
