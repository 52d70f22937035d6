"""What one handler call works with: the transaction, the moment, and who said what where."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.bank import Bank
from handlers.following import about
from handlers.ports import Event, Outside, Queued, Rules
from handlers.understanding import Reading, Ref
from storage.agenda import AuditEntry, DueItem
from storage.areas import Area, Room
from storage.behind import Later, behind
from storage.engine import insert_into, run
from storage.inbox import WIPE, Outcome
from storage.people import Held, Role

WORKERS = (Role.WORKER, Role.LEAD, Role.ADMIN)
"""Grid worker and above."""

ON_DUTY = (*WORKERS, Role.POLICE)
"""Who is called to an emergency, and decides about the alerts and strays of an area."""

SENDERS = (*WORKERS, Role.HERALD)
"""Who may send notices."""

ROLE_NAMES: dict[str, str] = {
    Role.VOLUNTEER: "志愿者",
    Role.WORKER: "网格员",
    Role.LEAD: "网格长",
    Role.ADMIN: "管理员",
    Role.POLICE: "民警",
    Role.HERALD: "通知员",
    Role.DEPARTMENT: "部门",
    Role.MEDIATOR: "三老",
}
"""What people call each role."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: known by the chat system's id, never by the nickname."""

    contact_id: int
    name: str
    roles: tuple[Held, ...] = ()

    def has(self, roles: Collection[str], path: str | None = None) -> bool:
        """Whether one of the roles is held, and (given a path) counts for that area."""
        return any(held.role in roles and (path is None or held.covers(path)) for held in self.roles)

    @property
    def areas(self) -> tuple[str, ...]:
        """Paths of the areas this person answers for."""
        return tuple(held.path for held in self.roles if held.role in WORKERS)


@dataclass(frozen=True, slots=True)
class Where:
    """The chat a message came from. A private chat has no room; its area is where the writer was seen."""

    chat_id: int
    room: Room | None = None
    area: Area | None = None
    unbound: bool = False  # a group that belongs to no room yet

    @property
    def private(self) -> bool:
        """Whether only the bot and one person hear it."""
        return self.room is None and not self.unbound


@dataclass(slots=True)
class Turn:
    """One message (or one due thing) being handled, inside one transaction."""

    session: AsyncSession
    now: datetime
    outside: Outside
    where: Where | None = None
    speaker: Speaker | None = None
    event: Event | None = None
    inbox_id: int | None = None
    text: str = ""
    quoted: Ref | None = None
    reading: Reading | None = None
    bank: Bank | None = None
    late: bool = False
    decided: bool = False
    outcome: Outcome = Outcome.OTHER
    ref: str = ""
    joined: tuple[int, ...] = field(default=())
    due: str = ""  # `kind:ref`, for a due thing
    traces: list[dict[str, Any]] = field(default_factory=list)
    queued: list[Queued] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        """The config's rules."""
        return self.outside.rules

    @property
    def at(self) -> datetime:
        """When it was said; for due things, now."""
        return self.event.at if self.event else self.now

    @property
    def about(self) -> str:
        """The id that follows what this turn causes."""
        return about(self.inbox_id, self.due)

    @property
    def me(self) -> Speaker:
        """The speaker, where there must be one."""
        if self.speaker is None:
            raise LookupError("this turn has no speaker")
        return self.speaker

    @property
    def here(self) -> Where:
        """The chat, where there must be one."""
        if self.where is None:
            raise LookupError("this turn has no chat")
        return self.where

    def local(self, moment: datetime) -> datetime:
        """An instant in the town's zone."""
        return moment.astimezone(self.outside.zone)

    def concerns(self, ref: str, outcome: Outcome = Outcome.MATTER) -> None:
        """Note what the message came to; its text is kept as long as the matter's."""
        self.ref, self.outcome = ref, outcome

    def audit(self, action: str, ref: str = "", fields: str = "") -> None:
        """Leave a trace: ids and field names, no free text. It is written at the turn's end."""
        self.traces.append(
            {
                "at": self.now,
                "actor_id": self.speaker.contact_id if self.speaker else None,
                "chat_id": self.where.chat_id if self.where else None,
                "inbox_id": self.inbox_id,
                "action": action,
                "ref": ref,
                "fields": fields,
            }
        )

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """What is written within is taken back when it raises."""
        before, said = len(self.traces), len(self.queued)
        waiting = behind(self.session)
        marked = waiting.mark()
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self.traces[before:], self.queued[said:]
            waiting.back(marked)
            raise

    async def schedule(self, kind: str, ref: str, due_at: datetime) -> None:
        """Have `kind` done for `ref` at a time; an earlier plan for the same is replaced."""
        behind(self.session).add(_PLANS, (kind, ref, due_at))

    async def may_be_chat(self) -> None:
        """An earlier message is, or may turn out to be, chat after all: it is to be forgotten like what arrives."""
        await self.schedule(WIPE["kind"], WIPE["ref"], self.now + timedelta(minutes=1))

    async def unschedule(self, kind: str, *refs: str) -> None:
        """Forget what was planned."""
        for ref in refs:
            behind(self.session).add(_PLANS, (kind, ref, None))


@cache
def _plan(dialect: str) -> Any:
    """Put together once, which takes longer than to run it."""
    fresh = insert_into(dialect, DueItem)
    moved = {"due_at": fresh.excluded.due_at, "tries": 0}
    return fresh.on_conflict_do_update(index_elements=["kind", "ref"], set_=moved)


_TRACE = insert(AuditEntry)
_FORGET = delete(DueItem).where(col(DueItem.kind) == bindparam("what"), col(DueItem.ref) == bindparam("matter"))


def _write_plans(connection: Connection, plans: list[tuple[str, str, datetime | None]]) -> None:
    """Of what was planned, and forgotten, for the same thing in one transaction the last counts."""
    gone: dict[tuple[str, str], None] = {}
    made: dict[tuple[str, str], datetime] = {}
    for kind, ref, due_at in plans:
        if due_at is None:
            gone[kind, ref] = None
            made.pop((kind, ref), None)
        else:
            made[kind, ref] = due_at
    if gone:
        connection.execute(_FORGET, [{"what": kind, "matter": ref} for kind, ref in gone])
    if made:
        rows = [{"kind": kind, "ref": ref, "due_at": due_at, "tries": 0} for (kind, ref), due_at in made.items()]
        connection.execute(_plan(connection.dialect.name), rows)


_PLANS = Later(("dueitem",), _write_plans)


async def leave_traces(session: AsyncSession, turns: Sequence[Turn]) -> None:
    """Write what these turns left behind, at their end."""
    if traces := [trace for turn in turns for trace in turn.traces]:
        await run(session, _TRACE, traces)
