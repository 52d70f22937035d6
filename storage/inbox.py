"""What came in, stored once before it is handled."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b

from sqlalchemy import ColumnElement, Index, LargeBinary, ScalarSelect, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import time_field


class InboxState(StrEnum):
    """How far an event is. A shadow was heard by a standby, and is worked only if it takes the group over."""

    NEW = "new"
    DONE = "done"
    FAILED = "failed"
    SHADOW = "shadow"


class Outcome(StrEnum):
    """What an event came to; decides how long its text is kept."""

    CHAT = "chat"
    COMMAND = "command"
    MATTER = "matter"
    OWN = "own"
    OTHER = "other"


FORGOTTEN = (Outcome.CHAT, Outcome.OTHER, Outcome.OWN)
"""What a message came to that loses its text after `privacy.chat_minutes`, and a week later its row."""


class InboxEvent(SQLModel, table=True):
    """One event of a gateway; `payload` is the JSON of `handlers.ports.Event`, emptied when wiped.

    `digest` outlives the text, so that the same words in many groups can be counted: see `digest`.
    """

    __table_args__ = (
        UniqueConstraint("account_id", "external_id"),
        Index("ix_inbox_state", "state", "id"),
        Index("ix_inbox_writer", "chat_id", "contact_id", "at"),
        Index("ix_inbox_wipe", "outcome", "wiped", "at"),
        Index("ix_inbox_digest", "digest"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    external_id: str
    kind: str
    chat_id: int | None = Field(default=None, foreign_key="chat.id")
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    at: datetime = time_field()
    received_at: datetime = time_field()
    payload: str
    state: str = Field(default=InboxState.NEW)
    tries: int = 0
    outcome: str = ""
    ref: str = ""
    error: str = ""
    wiped: bool = False
    digest: str = ""


def hearer_of(number: int | None) -> ScalarSelect[int]:
    """The account that heard an event: an id of the chat system may be another's name for something else."""
    return select(col(InboxEvent.account_id)).where(InboxEvent.id == number).scalar_subquery()


class Picture(SQLModel, table=True):
    """A picture, or the handle of one that may be fetched. Bytes are re-encoded, without EXIF, at most 2 MB.

    `at` is when its message was sent.
    """

    __table_args__ = (Index("ix_picture_state", "state", "id"), Index("ix_picture_at", "at"))

    id: int | None = Field(default=None, primary_key=True)
    account_id: int | None = Field(default=None, foreign_key="account.id")
    inbox_id: int | None = Field(default=None, index=True)
    handle: str = ""
    state: str = "handle"  # handle, wanted, ready, failed, wiped
    at: datetime = time_field()
    digest: str = Field(default="", index=True)
    mime: str = ""
    width: int = 0
    height: int = 0
    data: bytes | None = Field(default=None, sa_type=LargeBinary)
    tries: int = 0


DIGEST_FROM = 20
"""Letters from which the same words are hardly said twice by chance."""


def digest(words: str) -> str:
    """Sixteen hex digits for the letters and figures of a text, whatever stands between them; empty for a short one."""
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", words).lower()))
    return blake2b(letters.encode(errors="replace"), digest_size=8).hexdigest() if len(letters) >= DIGEST_FROM else ""


class DayCount(SQLModel, table=True):
    """How many messages a chat had on a day (local): all that remains of ordinary chat."""

    chat_id: int = Field(foreign_key="chat.id", primary_key=True)
    day: date = Field(primary_key=True)
    messages: int = 0
    matters: int = 0


DECIDED = "decided"
"""Stands in an inbox row's `ref` while it waits to be handled again on a worker's word."""

LOCATED = "area:"
"""Stands there with an area's id once its writer has said which area it is about."""

WIPE = {"kind": "wipe", "ref": "chat"}
"""The due row that forgets what was read as chat; it stands while there may be any."""


async def forget_shadows(session: AsyncSession, *which: ColumnElement[bool]) -> None:
    """Delete shadows and the handles of their pictures."""
    shadows = (col(InboxEvent.state) == InboxState.SHADOW, *which)
    doomed = select(col(InboxEvent.id)).where(*shadows)
    for rows in (delete(Picture).where(col(Picture.inbox_id).in_(doomed)), delete(InboxEvent).where(*shadows)):
        await session.execute(rows.execution_options(synchronize_session=False))
