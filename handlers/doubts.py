"""When the bot is not sure: it does not speak in the group but asks the grid worker in private."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers.clipping import clip
from handlers.lessons import NAMES, keep
from handlers.ports import load_event
from handlers.posting import responsible, tell
from handlers.surroundings import MARK
from handlers.turn import WORKERS, Turn
from handlers.understanding import Kind, Reading
from storage.agenda import Question
from storage.areas import Area
from storage.inbox import DECIDED, InboxEvent, InboxState, Outcome
from storage.people import private_chats

DOUBT, OVER = "doubt", "doubt.over"
LATELY = timedelta(hours=1)
"""How long after its time a question is still known, for what is done when it is over."""
CERTAIN = frozenset({Kind.EMERGENCY, Kind.FOUND, Kind.SIGHTING, Kind.QUESTION})
"""Kinds whose handlers have a guard of their own, or in which asking first would cost too much."""


def unsure(turn: Turn, reading: Reading) -> bool:
    """Whether a person must decide; not about what was already decided, or was said to the bot itself.

    A complaint about a worker is never put to the worker.
    """
    if reading.kind in CERTAIN or reading.about_worker or turn.here.private or turn.decided:
        return False
    return reading.confidence < turn.rules.reading.act_threshold


async def ask_worker(turn: Turn, reading: Reading) -> None:
    """Put it to the worker who can be reached in private, else to the nearest staff room, without a word of it.

    Until it is decided, the message is kept; where nobody can be asked it was chat.
    """
    turn.outcome = Outcome.CHAT
    area = turn.here.area
    if area is None:
        return
    workers = await responsible(turn, area, WORKERS, but=[turn.me.contact_id])
    chats = await private_chats(turn.session, workers)
    for contact_id in sorted(workers, key=lambda one: one not in chats):
        chat_id = await tell(turn, contact_id, _text(turn, reading, area), _open_text(turn, reading, area), area=area)
        if chat_id is not None:
            turn.concerns("", Outcome.MATTER)
            await _wait(turn, reading, contact_id, chat_id)
        return


def _text(turn: Turn, reading: Reading, area: Area) -> str:
    return (
        f"{MARK.format(turn.inbox_id)}{area.name}群里 {turn.me.name} 说：\n“{clip(turn.text, 120)}”\n"
        f"我拿不准这算不算{NAMES[reading.kind]}。要我记下来吗？回“是”或“不是”。"
    )


def _open_text(turn: Turn, reading: Reading, area: Area) -> str:
    said = turn.local(turn.at).strftime("%H:%M")
    return (
        f"{MARK.format(turn.inbox_id)}{area.name}群 {said} 有一句话，我拿不准算不算{NAMES[reading.kind]}，"
        "请您看看。要我记下来就引用这条回“是”，不用回“不是”。"
    )


async def _wait(turn: Turn, reading: Reading, contact_id: int, chat_id: int) -> None:
    expires = turn.now + timedelta(minutes=turn.rules.question_minutes)
    turn.session.add(
        Question(
            kind=DOUBT,
            chat_id=chat_id,
            contact_id=contact_id,
            asked_at=turn.now,
            expires_at=expires,
            data={"inbox_id": turn.inbox_id, "joined": list(turn.joined), "kind": reading.kind},
        )
    )
    await turn.schedule(OVER, str(turn.inbox_id), expires)


async def over(turn: Turn, ref: str) -> None:
    """Due: nobody said that it was something, so it was chat, and is forgotten like chat."""
    asked = [one for one in await _asked(turn) if one.data["inbox_id"] == int(ref)]
    await _was_chat(turn, _messages(asked[0]) if asked else [int(ref)])


def _messages(question: Question) -> list[int]:
    """The message that a question is about, and the lines before it that it was read with."""
    return [question.data["inbox_id"], *question.data.get("joined", ())]


async def _asked(turn: Turn) -> list[Question]:
    """What workers are asked, or were until just now, and did not answer; the latest first."""
    open_ones = select(Question).where(
        Question.kind == DOUBT, col(Question.answered_at).is_(None), col(Question.expires_at) > turn.now - LATELY
    )
    return list(await turn.session.scalars(open_ones.order_by(col(Question.id).desc())))


async def _was_chat(turn: Turn, inbox_ids: Sequence[int]) -> None:
    await turn.session.execute(
        update(InboxEvent)
        .where(col(InboxEvent.id).in_(inbox_ids), InboxEvent.state == InboxState.DONE, InboxEvent.ref == "")
        .values(outcome=Outcome.CHAT)
    )
    await turn.may_be_chat()


async def decided(turn: Turn, question: Question, yes: bool) -> None:
    """The worker's word: the message is handled after all, or it was chat. Either way an example to learn from."""
    kind = question.data["kind"]
    keep(turn, kind, kind if yes else Kind.CHAT, text=await _said(turn, _messages(question)))
    if yes:
        await _take_up(turn, question)
    else:
        await _was_chat(turn, _messages(question))


async def taken_up(turn: Turn) -> bool:
    """Whether who asks the bot to see to it (管不管) wrote just before what a worker is asked about; it is taken up."""
    own = select(InboxEvent.id).where(
        InboxEvent.chat_id == turn.here.chat_id,
        InboxEvent.contact_id == turn.me.contact_id,
        col(InboxEvent.at) >= turn.at - timedelta(minutes=turn.rules.question_minutes),
        InboxEvent.outcome == Outcome.MATTER,
        InboxEvent.ref == "",
    )
    mine = set(await turn.session.scalars(own))
    question = next((one for one in await _asked(turn) if one.data["inbox_id"] in mine), None)
    if question is None:
        return False
    question.answered_at = turn.now
    await _take_up(turn, question)
    return True


async def _take_up(turn: Turn, question: Question) -> None:
    """The message is handled again, and read together with the lines that it was read with."""
    first, *lines = _messages(question)
    await _was_chat(turn, lines)
    await turn.session.execute(
        update(InboxEvent)
        .where(col(InboxEvent.id) == first, col(InboxEvent.wiped).is_(False))
        .values(state=InboxState.NEW, ref=DECIDED)
    )


async def _said(turn: Turn, inbox_ids: Sequence[int]) -> str:
    rows = [await turn.session.get(InboxEvent, one) for one in sorted(inbox_ids)]
    return "\n".join(load_event(row.payload).text for row in rows if row is not None and not row.wiped)


ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {DOUBT: decided}

DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {OVER: over}
