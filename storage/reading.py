"""What people say about how their messages were read, and what the reader made of it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.columns import time_field


class Correction(SQLModel, table=True):
    """Somebody said that a message was read wrongly, or rightly after all.

    `seen` is the message as the reader sees it (figures masked), where a worker said so; empty once it is wiped.
    """

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time_field()
    ref: str
    was: str
    should: str = ""
    by_id: int | None = Field(default=None, foreign_key="contact.id")
    seen: str = ""


class Taught(SQLModel, table=True):
    """What `gridbot learn` made of the corrections; the newest row counts. `weights` is JSON."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = time_field()
    lessons: int
    weights: str
