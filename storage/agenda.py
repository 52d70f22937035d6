"""What is open between the bot and people, what is due, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import optional_time, time_field


class Question(SQLModel, table=True):
    """追问: something the bot asked a person, or whoever holds a role at an area, in a chat."""

    __table_args__ = (Index("ix_question_chat", "chat_id", "answered_at"), Index("ix_question_ref", "ref"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    ref: str = ""
    chat_id: int = Field(foreign_key="chat.id")
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    role: str | None = None
    area_id: int | None = Field(default=None, foreign_key="area.id")
    asked_at: datetime = time_field()
    expires_at: datetime | None = optional_time()
    answered_at: datetime | None = optional_time()
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class DueItem(SQLModel, table=True):
    """Something to be done at a time; one row per kind and ref."""

    __table_args__ = (UniqueConstraint("kind", "ref"), Index("ix_due", "due_at", "id"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    ref: str
    due_at: datetime = time_field()
    tries: int = 0


class AuditEntry(SQLModel, table=True):
    """留痕: who did what to which record, when, from where. Ids and field names only, append-only."""

    __table_args__ = (Index("ix_audit_action", "action", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time_field()
    actor_id: int | None = Field(default=None, foreign_key="contact.id")
    chat_id: int | None = Field(default=None, foreign_key="chat.id")
    inbox_id: int | None = None
    action: str
    ref: str = Field(default="", index=True)
    fields: str = ""
