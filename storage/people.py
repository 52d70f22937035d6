"""Accounts of ours, contacts (people), their bindings, and the roles they hold."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import optional_time, time_field


class Role(StrEnum):
    """What somebody is appointed as, at an area."""

    VOLUNTEER = "volunteer"
    WORKER = "worker"
    LEAD = "lead"
    ADMIN = "admin"
    POLICE = "police"


class Account(SQLModel, table=True):
    """One of the bot's own identities."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    gateway: str
    external_id: str | None = None
    state: str = ""
    state_at: datetime | None = optional_time()
    scan_code: str | None = None
    paused_until: datetime | None = optional_time()
    rate: float = 1.0


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
    """A role held at an area. A substitute's row names the contact it stands in for and ends by itself."""

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    area_id: int = Field(foreign_key="area.id", index=True)
    role: str
    since: datetime = time_field()
    until: datetime | None = optional_time()
    stands_in_for: int | None = Field(default=None, foreign_key="contact.id")


class OneTimeCode(SQLModel, table=True):
    """A code that proves who somebody is, once; only its SHA-256 is kept."""

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    purpose: str  # admin, contact
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    area_id: int | None = Field(default=None, foreign_key="area.id")
    expires_at: datetime = time_field()
    used_at: datetime | None = optional_time()
