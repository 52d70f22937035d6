"""Changes of cases that other systems are to be told of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.columns import optional_time, time_field


class HookState(StrEnum):
    """How far a notification is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class HookDelivery(SQLModel, table=True):
    """One change of a case for one webhook, as the case was then: `case_state`, `category`, `area_id`, `due_at`.

    `next_at` is when it is tried (again); it is moved before each call, so that a kill repeats it at most once.
    """

    __table_args__ = (Index("ix_hook_case", "hook", "state", "case_id", "id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    hook: str
    state: str = Field(default=HookState.QUEUED)
    case_id: int = Field(foreign_key="case.id", index=True)
    event: str
    case_state: str
    category: str
    area_id: int = Field(foreign_key="area.id")
    due_at: datetime | None = optional_time()
    at: datetime = time_field()
    next_at: datetime = time_field()
    tries: int = 0
    error: str = ""
