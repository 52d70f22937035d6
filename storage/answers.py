"""问题库: what a town answers to what people ask, and the questions that a person answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import optional_time, time_field


class Answer(SQLModel, table=True):
    """An entry of the bank, for an area and those below it; `others` are other wordings, one a line.

    It counts until `valid_until` (an instant); `source` is who says so, and as of when.
    """

    __table_args__ = (UniqueConstraint("area_id", "question"),)

    id: int | None = Field(default=None, primary_key=True)
    area_id: int = Field(foreign_key="area.id")
    question: str
    others: str = ""
    answer: str
    source: str = ""
    valid_until: datetime | None = optional_time()
    by_id: int | None = Field(default=None, foreign_key="contact.id")
    at: datetime = time_field(index=True)


class InquiryState:
    """How far a question is."""

    OPEN = "open"  # a worker has it
    ANSWERED = "answered"
    KEPT = "kept"  # answered, and the answer is in the bank


class Inquiry(SQLModel, table=True):
    """问题 `Q7`: what somebody asked; answered from the bank (`answer_id`), or in words by a worker (`by_id`)."""

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    state: str = Field(default=InquiryState.OPEN)
    area_id: int = Field(foreign_key="area.id")
    chat_id: int = Field(foreign_key="chat.id", index=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    text: str
    answer_id: int | None = Field(default=None, foreign_key="answer.id")
    answer: str = ""
    by_id: int | None = Field(default=None, foreign_key="contact.id")
    at: datetime = time_field(index=True)
    answered_at: datetime | None = optional_time()
