"""Accounts of ours, contacts (people), their bindings, and the roles they hold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, UniqueConstraint, bindparam, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.areas import Area, Chat
from storage.columns import optional_time, time_field
from storage.engine import run


class Role(StrEnum):
    """What somebody is appointed as, at an area."""

    VOLUNTEER = "volunteer"
    WORKER = "worker"
    LEAD = "lead"
    ADMIN = "admin"
    POLICE = "police"
    HERALD = "herald"  # may send notices there for some days, and nothing else
    DEPARTMENT = "department"  # speaks for a department, whose name is the appointment's title
    MEDIATOR = "mediator"  # 三老: an elder of standing, who settles disputes


class Account(SQLModel, table=True):
    """One of the bot's own identities. `external_id` is its id in the chat system since it last came online: who
    speaks under it is one of us, whichever account hears it. `rate` is what the last rate error left, `started_at` when
    it first sent; `lease_holder` is the process that works for it until `lease_until`."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    gateway: str
    external_id: str | None = None
    state: str = ""
    state_at: datetime | None = optional_time()
    scan_code: str | None = None
    paused_until: datetime | None = optional_time()
    rate: float = 1.0
    started_at: datetime | None = optional_time()
    lease_holder: str = ""
    lease_until: datetime | None = optional_time()


WORKING = ("online", "silent")
"""States of a gateway in which an account works."""


def gone(since: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Accounts that no process has worked for since then; one that never had a process has not gone."""
    return col(Account.lease_until) < since


def away(since: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Accounts that are gone, or offline, since then."""
    offline = col(Account.state).not_in(WORKING) & (col(Account.state_at) < since)
    return func.coalesce(or_(gone(since), offline), false())


class Contact(SQLModel, table=True):
    """A person. `name` is what the list of people says, or else what the chat system showed last."""

    id: int | None = Field(default=None, primary_key=True)
    key: str | None = Field(default=None, unique=True)
    name: str = ""
    phone: str = ""


class ContactBinding(SQLModel, table=True):
    """What an account's chat system calls a person."""

    __table_args__ = (UniqueConstraint("account_id", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    external_id: str
    contact_id: int = Field(foreign_key="contact.id", index=True)
    shown_name: str = ""
    friend: bool = False


class Seen(SQLModel, table=True):
    """A person was seen writing in a room."""

    contact_id: int = Field(foreign_key="contact.id", primary_key=True)
    room_id: int = Field(foreign_key="room.id", primary_key=True)


class Appointment(SQLModel, table=True):
    """A role held at an area. A substitute's row names the contact it stands in for and ends by itself.

    `title` is the department that somebody speaks for (供电所), or as what an elder is known (老党员).
    """

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    area_id: int = Field(foreign_key="area.id", index=True)
    role: str
    since: datetime = time_field()
    until: datetime | None = optional_time()
    stands_in_for: int | None = Field(default=None, foreign_key="contact.id")
    title: str = ""


class OneTimeCode(SQLModel, table=True):
    """A code that proves who somebody is, once; only its SHA-256 is kept."""

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    purpose: str  # admin, contact
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    area_id: int | None = Field(default=None, foreign_key="area.id")
    expires_at: datetime = time_field()
    used_at: datetime | None = optional_time()


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds: where, and for whom if as a substitute."""

    contact_id: int
    role: str
    area_id: int
    path: str
    level: int
    stands_in_for: int | None = None
    title: str = ""

    def covers(self, path: str) -> bool:
        """Whether the role counts for the area with this path: at it or above it."""
        return path.startswith(self.path)


# Put together once, which takes longer than to run them.
_HELD = (
    select(
        col(Appointment.contact_id),
        col(Appointment.role),
        col(Area.id),
        col(Area.path),
        col(Area.level),
        col(Appointment.stands_in_for),
        col(Appointment.title),
    )
    .join(Area, col(Appointment.area_id) == col(Area.id))
    .where(
        or_(col(Appointment.until).is_(None), col(Appointment.until) > bindparam("now")),
        or_(col(Appointment.stands_in_for).is_(None), col(Appointment.since) <= bindparam("now")),
    )
    .order_by(col(Appointment.id))
)
_ROLES_OF = _HELD.where(col(Appointment.contact_id).in_(bindparam("contacts", expanding=True)))
_HOLDERS = _HELD.where(
    col(Appointment.area_id).in_(bindparam("areas", expanding=True)),
    col(Appointment.role).in_(bindparam("roles", expanding=True)),
)
NAMES = select(col(Contact.id), col(Contact.name)).where(col(Contact.id).in_(bindparam("contacts", expanding=True)))
_PRIVATE = (
    select(col(Chat.contact_id), col(Chat.id))
    .join(ContactBinding, col(ContactBinding.contact_id) == col(Chat.contact_id))
    .where(col(Chat.contact_id).in_(bindparam("contacts", expanding=True)), col(ContactBinding.friend).is_(true()))
)


async def roles_of(session: AsyncSession, contacts: Collection[int], now: datetime) -> list[Held]:
    """Every role that these people hold now."""
    return [Held(*row) for row in await run(session, _ROLES_OF, {"contacts": list(contacts), "now": now})]


async def holders(session: AsyncSession, path: str, roles: Collection[str], now: datetime) -> list[Held]:
    """Who holds one of the roles at the area with this path or above it; the nearest first, substitutes before."""
    areas = [int(part) for part in path.strip("/").split("/") if part]
    rows = await run(session, _HOLDERS, {"areas": areas, "roles": list(roles), "now": now})
    found = [Held(*row) for row in rows]
    away = {(held.area_id, held.stands_in_for) for held in found if held.stands_in_for}
    gone = {contact_id for _, contact_id in away}
    present = [
        held
        for held in found
        if (held.area_id, held.contact_id) not in away and (held.stands_in_for or held.contact_id not in gone)
    ]
    return sorted(present, key=lambda held: (-held.level, held.stands_in_for is None))


_STANDING_IN = _HELD.where(col(Appointment.stands_in_for).is_not(None), col(Appointment.until) > bindparam("now"))


async def standing_in(session: AsyncSession, now: datetime) -> list[Held]:
    """Everybody who stands in for somebody now, wherever that is."""
    return [Held(*row) for row in await run(session, _STANDING_IN, {"now": now})]


def replaced(contact_id: int, path: str, standing: Collection[Held]) -> list[int]:
    """Who of them stands in for this person at the area with this path; for one who is away too, who does for them."""
    found: list[int] = []
    seeking = [contact_id]
    while seeking:
        absent = seeking.pop()
        there = [one.contact_id for one in standing if one.stands_in_for == absent and one.covers(path)]
        fresh = [one for one in dict.fromkeys(there) if one not in found and one != contact_id]
        found += fresh
        seeking += fresh
    return [one for one in found if not any(held.stands_in_for == one and held.covers(path) for held in standing)]


_SPEAKING = select(col(Chat.id), col(Chat.account_id)).where(col(Chat.account_id).is_not(None))


async def accounts_of(session: AsyncSession) -> dict[int, int]:
    """Which account speaks in each chat: chat id -> account id."""
    return dict((await run(session, _SPEAKING)).all())


async def private_chats(session: AsyncSession, contacts: Collection[int]) -> dict[int, int]:
    """The private chat of each of these people who can be reached there: contact id -> chat id."""
    return dict((await run(session, _PRIVATE, {"contacts": list(contacts)})).all())


_SILENT = (
    select(col(Chat.id))
    .join(Account, col(Chat.account_id) == col(Account.id))
    .where(col(Chat.id).in_(bindparam("chats", expanding=True)), away(bindparam("since")))
)


async def silent_chats(session: AsyncSession, chats: Collection[int], since: datetime) -> set[int]:
    """Those of the chats whose account has been away since an instant: what is said there waits for its return."""
    return set((await run(session, _SILENT, {"chats": list(chats), "since": since})).scalars())


async def names_of(session: AsyncSession, contacts: Collection[int]) -> dict[int, str]:
    """The names of these people: contact id -> name."""
    return dict((await run(session, NAMES, {"contacts": list(contacts)})).all())


_AROUND = or_(col(Area.id).in_(bindparam("above", expanding=True)), col(Area.path).startswith(bindparam("parent")))


def _around(path: str) -> dict[str, Any]:
    """What `_AROUND` means near the area with this path: it, those above it, and its parent's whole part."""
    above = [int(part) for part in path.strip("/").split("/") if part]
    return {"above": above, "parent": path.rstrip("/").rsplit("/", 1)[0] + "/"}


_NEAR = (
    _HELD.add_columns(col(Contact.name))
    .join(Contact, col(Contact.id) == col(Appointment.contact_id))
    .where(_AROUND, Contact.name != Appointment.title)
)
_COLLEAGUES = (
    select(Contact)
    .join(Appointment, col(Appointment.contact_id) == col(Contact.id))
    .join(Area, col(Appointment.area_id) == col(Area.id))
    .where(
        Contact.name == bindparam("name"),
        _AROUND,
        or_(col(Appointment.until).is_(None), col(Appointment.until) > bindparam("now")),
    )
    .distinct()
    .limit(5)
)


async def staff_around(session: AsyncSession, path: str, now: datetime) -> list[tuple[str, Held]]:
    """(name, role held) of everybody with a role near an area, as `colleagues` counts near.

    An account that is called like its department is no person.
    """
    rows = (await run(session, _NEAR, {**_around(path), "now": now})).all()
    return [(name, Held(*held)) for *held, name in rows]


async def colleagues(session: AsyncSession, name: str, path: str, now: datetime) -> list[Contact]:
    """People with this name who hold a role near an area: at it, above it, or elsewhere in its parent's part."""
    return list((await session.scalars(_COLLEAGUES, {**_around(path), "name": name, "now": now})).all())
