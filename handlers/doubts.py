"""When the bot is not sure: it does not speak in the group but asks the grid worker in private."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from handlers.matters import clip
from handlers.posting import Piece, Target, post, responsible
from handlers.surroundings import DECIDED
from handlers.turn import WORKERS, Turn
from handlers.understanding import Kind, Reading
from storage.agenda import Question
from storage.inbox import InboxEvent, InboxState, Outcome
from storage.matters import Correction
from storage.outbox import Sort
from storage.people import private_chats

DOUBT = "doubt"
CERTAIN = frozenset({Kind.EMERGENCY, Kind.FOUND, Kind.SIGHTING, Kind.QUESTION})
"""Kinds whose handlers have a guard of their own, or in which asking first would cost too much."""

NAMES = {
    Kind.MISSING: "寻人",
    Kind.STRAY: "有人走失待认领",
    Kind.REQUEST: "求助",
    Kind.COMPLAINT: "投诉",
    Kind.SUGGESTION: "建议",
}


def unsure(turn: Turn, reading: Reading) -> bool:
    """Whether a person must decide; what was already decided, or was said to the bot itself, is not asked about."""
    if reading.kind in CERTAIN or turn.here.private or turn.decided:
        return False
    return reading.confidence < turn.rules.reading.act_threshold


async def ask_worker(turn: Turn, reading: Reading) -> None:
    """Put it to the worker who can be reached in private; where there is none, nothing is said."""
    turn.concerns("", Outcome.MATTER)
    area = turn.here.area
    if area is None:
        return
    workers = await responsible(turn, area, WORKERS, but=[turn.me.contact_id])
    chats = await private_chats(turn.session, workers)
    for contact_id in workers:
        if contact_id in chats:
            await _ask(turn, reading, contact_id, chats[contact_id], area.name)
            return


async def _ask(turn: Turn, reading: Reading, contact_id: int, chat_id: int, area: str) -> None:
    text = (
        f"{area}群里 {turn.me.name} 说：\n“{clip(turn.text, 120)}”\n"
        f"我拿不准这算不算{NAMES[reading.kind]}。要我记下来吗？回“是”或“不是”。"
    )
    await post(turn, "-", Sort.STAFF, [Piece(text)], [Target(chat_id)])
    turn.session.add(
        Question(
            kind=DOUBT,
            chat_id=chat_id,
            contact_id=contact_id,
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
            data={"inbox_id": turn.inbox_id, "kind": reading.kind},
        )
    )


async def decided(turn: Turn, question: Question, yes: bool) -> None:
    """The worker's word: the message is handled after all, or it was chat. Either way an example to learn from."""
    kind = question.data["kind"]
    turn.session.add(
        Correction(at=turn.now, ref="", was=kind, should=kind if yes else Kind.CHAT, by_id=turn.me.contact_id)
    )
    if not yes:
        return
    await turn.session.execute(
        update(InboxEvent)
        .where(col(InboxEvent.id) == question.data["inbox_id"], col(InboxEvent.wiped).is_(False))
        .values(state=InboxState.NEW, ref=DECIDED)
    )


ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {DOUBT: decided}
