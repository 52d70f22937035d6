"""日志: what somebody did on a day, put together from what is stored, and their own words about it."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, Index, SQLModel

from storage.columns import time_field


class WorkLog(SQLModel, table=True):
    """A line that somebody added to their log of a (local) day; what the bot saw them do is never written twice."""

    __table_args__ = (Index("ix_worklog_day", "contact_id", "day"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")
    day: date
    text: str
    at: datetime = time_field()
