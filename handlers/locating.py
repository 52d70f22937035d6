"""Which area a message belongs to; in private, where it cannot be told, the writer is asked."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers.posting import say
from handlers.turn import Turn
from handlers.understanding import Kind
from storage.agenda import Question
from storage.areas import Area, Purpose, Room, find_area
from storage.inbox import LOCATED, InboxEvent, InboxState
from storage.people import Seen

AREA_QUESTION = "area"


async def area_here(turn: Turn) -> Area | None:
    """The chat's area; None after the writer was asked where they live."""
    if turn.here.area is not None:
        return turn.here.area
    turn.session.add(
        Question(
            kind=AREA_QUESTION,
            chat_id=turn.here.chat_id,
            contact_id=turn.me.contact_id,
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
            data={"inbox_id": turn.inbox_id},
        )
    )
    await say(turn, "收到。您说的是哪个村（小区）的事？请回村名或小区名，我马上转给那里的网格员。")
    return None


async def located(turn: Turn) -> bool:
    """Take a private line as the answer to that question, if it names an area; what was said before is read again."""
    questions = (
        await turn.session.scalars(
            select(Question).where(
                Question.kind == AREA_QUESTION,
                Question.chat_id == turn.here.chat_id,
                col(Question.answered_at).is_(None),
                col(Question.expires_at) > turn.now,
            )
        )
    ).all()
    if not questions:
        return False
    room = await _room_named(turn)
    if room is None:
        if turn.reading and turn.reading.kind not in (Kind.CHAT, Kind.QUESTION):
            return False  # something else has happened: that is more than an answer
        await say(turn, "没找到这个地方，请写村名或小区名，如“柳树村”；急事请直接打 110、119、120。")
        return True
    for question in questions:
        question.answered_at = turn.now
    await turn.session.merge(Seen(contact_id=turn.me.contact_id, room_id=room.id or 0))
    said = [question.data["inbox_id"] for question in questions]
    await turn.session.execute(
        update(InboxEvent)
        .where(col(InboxEvent.id).in_(said), col(InboxEvent.wiped).is_(False))
        .values(state=InboxState.NEW, ref=f"{LOCATED}{room.area_id}")
    )
    await turn.may_be_chat()
    return True


async def _room_named(turn: Turn) -> Room | None:
    """A residents' room of the area that the line names: of the area itself, or the first below it."""
    words = turn.text.strip(" 。.,，!！的我是在住")
    for tail in ("", "村", "社区", "小区"):
        for area in await find_area(turn.session, words + tail):
            room = await turn.session.scalar(
                select(Room)
                .join(Area, col(Room.area_id) == col(Area.id))
                .where(col(Area.path).startswith(area.path, autoescape=True), Room.purpose == Purpose.RESIDENTS)
                .order_by(col(Area.level), col(Room.id))
                .limit(1)
            )
            if room is not None:
                return room
    return None
