"""What goes out: posts, their parts, and a delivery to each chat with a state per part."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import optional_time, time_field


class PartState(StrEnum):
    """How far one part of a delivery is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Priority(IntEnum):
    """Smaller goes first. Up to `URGENT` nothing is ever held back."""

    REPLY = 0
    URGENT = 1
    PROGRESS = 2
    NOTICE = 3
    DIGEST = 4


class Sort(StrEnum):
    """What a post is, for the mode of a room."""

    REPLY = "reply"  # an answer to a command or a mention
    ALERT = "alert"
    END = "end"
    EMERGENCY = "emergency"
    NOTICE = "notice"
    CASE = "case"  # about a case that a worker knows of
    FRESH = "fresh"  # the first answer to a case told in free words
    STAFF = "staff"  # to workers and staff rooms
    GREETING = "greeting"


REPEATED = (Sort.ALERT, Sort.END, Sort.EMERGENCY)
"""Sorts that are sent once more when nobody knows whether they arrived."""


class Post(SQLModel, table=True):
    """Something the bot says. `ref` is the matter's number (`M3`, `12`, or `-`), `seq` counts its posts."""

    __table_args__ = (UniqueConstraint("ref", "seq"),)

    id: int | None = Field(default=None, primary_key=True)
    ref: str
    seq: int
    sort: str
    priority: int
    at: datetime = time_field()
    inbox_id: int | None = Field(default=None, index=True)


class PostPart(SQLModel, table=True):
    """A piece of a post: text with the contacts it mentions, a stored picture, or a poster to be drawn."""

    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    number: int
    kind: str  # text, picture, poster
    text: str = ""
    mentions: list[int] = Field(default_factory=list, sa_type=JSON)
    picture_id: int | None = Field(default=None, foreign_key="picture.id")


class Delivery(SQLModel, table=True):
    """A post on its way to one chat. It waits for the outcome of `after_id`, and is cancelled if that failed."""

    __table_args__ = (UniqueConstraint("post_id", "chat_id"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    chat_id: int = Field(foreign_key="chat.id", index=True)
    after_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)


class DeliveryPart(SQLModel, table=True):
    """The courier's queue: one part of one delivery. `turn` orders it: texts of all rooms, then pictures."""

    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index("ix_part_queue", "state", "priority", "turn", "rank", "id"),
        Index("ix_part_external", "account_id", "external_id"),
        Index("ix_part_sent", "account_id", "tried_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    number: int
    state: str = Field(default=PartState.QUEUED)
    priority: int
    turn: int = 0  # 0 text, 1 picture
    rank: int = 0  # distance from where it began
    due_at: datetime = time_field()
    tries: int = 0
    account_id: int | None = Field(default=None, foreign_key="account.id")
    external_id: str | None = None
    tried_at: datetime | None = optional_time()
    doubtful: bool = False  # an earlier try ended unknown, so it counts as perhaps received
    error: str = ""


RECALL = "recall"
"""The kind of errand whose subject is the id of a part to be taken back."""

RECALL_WITHIN = timedelta(minutes=2)
"""How long after it was sent WeChat lets a message be taken back."""

TAKEN_BACK = "已撤回"
"""Stands as the error of a cancelled part that had been sent, and was taken back."""


class Errand(SQLModel, table=True):
    """A call to the gateway that says nothing: accepting an invitation or a friend, taking a message back."""

    __table_args__ = (UniqueConstraint("account_id", "kind", "subject"), Index("ix_errand_state", "state", "id"))

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    kind: str  # invitation, friend, recall
    subject: str
    state: str = "queued"  # queued, done, failed
    at: datetime = time_field()
    tries: int = 0
