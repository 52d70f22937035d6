"""What must be true of the matters of any week, whatever was said in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.replay import PRIVATE, Output
from storage.areas import Chat, RoomBinding
from storage.matters import CASE_OPEN, Case, CaseFollower
from storage.people import ContactBinding

END = re.compile(r"已办结|已解决|已和解|已撤销|已撤下|没有受理|并到一起|撤销了|结束了")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for the end of a case, by their key, and the chats in which they may hear of it."""

    person: str
    chats: frozenset[str]


@dataclass(frozen=True, slots=True)
class Matter:
    """A case as the week left it; `ended`: done or over, `dated`: it has a next date."""

    number: int
    open: bool
    dated: bool
    ended: datetime | None
    waiting: tuple[Waiting, ...]


async def matters(session: AsyncSession) -> list[Matter]:
    """Every case, with those who reported and joined it."""
    people = {one.contact_id: one.external_id for one in await session.scalars(select(ContactBinding))}
    bound = {one.chat_id: one.external_id for one in await session.scalars(select(RoomBinding))}
    chats = {
        one.id: bound.get(one.id or 0, "") or f"{PRIVATE}{people.get(one.contact_id or 0, '')}"
        for one in await session.scalars(select(Chat))
    }
    joined = list(await session.scalars(select(CaseFollower)))
    made = []
    for case in await session.scalars(select(Case).order_by(col(Case.id))):
        both = [(case.reporter_id, case.chat_id)]
        both += [(one.contact_id, one.chat_id) for one in joined if one.case_id == case.id]
        waiting = [Waiting(people[who], frozenset({chats[where], f"{PRIVATE}{people[who]}"})) for who, where in both]
        dated = bool(case.waits_until or case.answer_due_at or case.due_at)
        made.append(Matter(case.id or 0, case.state in CASE_OPEN, dated, case.done_at or case.ended_at, tuple(waiting)))
    return made


def broken(matters: Iterable[Matter], outputs: Sequence[Output], private: Sequence[str]) -> list[str]:
    """A sentence for each promise that was not kept."""
    return [*_untold(matters, outputs), *_leaks(outputs, private), *_twice(outputs)]


def _untold(matters: Iterable[Matter], outputs: Sequence[Output]) -> Iterator[str]:
    for matter in matters:
        if matter.open:
            if not matter.dated:
                yield f"{matter.number} is open without a next date"
            continue
        ends = [
            one.room
            for one in outputs
            if matter.ended
            and one.at >= matter.ended
            and f"【事项 {matter.number}】" in one.text
            and END.search(one.text)
        ]
        for one in matter.waiting:
            if one.chats.isdisjoint(ends):
                yield f"{one.person} was not told of the end of {matter.number}"


def _leaks(outputs: Sequence[Output], private: Sequence[str]) -> Iterator[str]:
    for one in outputs:
        for words in private:
            if words in one.text and not one.room.startswith(PRIVATE):
                yield f"{one.room} read {words}"


def _twice(outputs: Sequence[Output]) -> Iterator[str]:
    """The same words about a case in one group within a minute."""
    rooms = sorted({one.room for one in outputs if not one.room.startswith(PRIVATE)})
    for room in rooms:
        said = sorted(
            (one.text, one.at) for one in outputs if one.room == room and one.text.startswith(("@", "【事项"))
        )
        for (text, at), (again, later) in pairwise(said):
            if text == again and later - at < MINUTE:
                yield f"{room} read twice: {text[:40]}"
