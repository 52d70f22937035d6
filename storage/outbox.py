"""What goes out: posts, their parts, and a delivery to each chat with a state per part."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple

from sqlalchemy import JSON, Index, UniqueConstraint, bindparam, case, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.areas import Chat
from storage.columns import optional_time, time_field
from storage.engine import run


class PartState(StrEnum):
    """How far one part of a delivery is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


REACHED = (PartState.SENT, PartState.UNKNOWN)
"""Said in the room, as far as can be known."""

UNDER_WAY = (PartState.QUEUED, PartState.SENDING)
"""Still to be said, or being said."""


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
    due: str = ""  # `kind:ref` of the due thing that said it


class PostPart(SQLModel, table=True):
    """A piece of a post: text with the contacts it mentions, a stored picture, or one to be drawn."""

    __table_args__ = (
        UniqueConstraint("post_id", "number"),
        # Of few, and of those whose words are still there; on PostgreSQL too, by the migration.
        Index("ix_postpart_picture", "picture_id", sqlite_where=text("picture_id IS NOT NULL")),
        Index("ix_postpart_said", "post_id", sqlite_where=text("text <> ''")),
    )

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id")
    number: int
    kind: str  # text, picture, poster, figures, map
    text: str = ""
    mentions: list[int] = Field(default_factory=list, sa_type=JSON)
    picture_id: int | None = Field(default=None, foreign_key="picture.id")


class Delivery(SQLModel, table=True):
    """A post on its way to one chat. It waits for the outcome of `after_id`, and is cancelled if that failed."""

    __table_args__ = (
        UniqueConstraint("post_id", "chat_id"),
        # Of those that wait for another; on PostgreSQL too, by the migration.
        Index("ix_delivery_after_id", "after_id", sqlite_where=text("after_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id")
    chat_id: int = Field(foreign_key="chat.id", index=True)
    after_id: int | None = Field(default=None, foreign_key="delivery.id")


class DeliveryPart(SQLModel, table=True):
    """The courier's queue: one part of one delivery. `turn` orders it: texts of all rooms, then pictures.

    `account_id` is the account that sends it; while it is queued, it goes along when its chat is taken over.
    """

    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index("ix_part_queue", "state", "account_id", "priority", "turn", "rank", "id"),
        # Of those that have one, which parts that only wait have not; on PostgreSQL too, by the migration.
        Index("ix_part_external", "external_id", "account_id", sqlite_where=text("external_id IS NOT NULL")),
        Index("ix_part_sent", "account_id", "tried_at", sqlite_where=text("tried_at IS NOT NULL")),
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


SPEAKING = (
    select(col(Chat.account_id))
    .join(Delivery, col(Delivery.chat_id) == col(Chat.id))
    .where(col(Delivery.id) == col(DeliveryPart.delivery_id))
    .scalar_subquery()
)
"""The account that speaks where a part of a delivery goes."""

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


async def hand_over(session: AsyncSession, chats: Collection[int], account_id: int) -> None:
    """From now on this account listens and speaks in these chats; what is queued for them goes along."""
    ids = list(chats)
    await session.execute(select(col(Chat.id)).where(col(Chat.id).in_(ids)).order_by(col(Chat.id)).with_for_update())
    await session.execute(update(Chat).where(col(Chat.id).in_(ids)).values(account_id=account_id))
    deliveries = select(col(Delivery.id)).where(col(Delivery.chat_id).in_(ids))
    await session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.delivery_id).in_(deliveries), col(DeliveryPart.state) == PartState.QUEUED)
        .values(account_id=account_id)
        .execution_options(synchronize_session=False)
    )


_STRAYED = (DeliveryPart.state == PartState.QUEUED, DeliveryPart.account_id != SPEAKING)


async def strayed(session: AsyncSession) -> bool:
    """Whether something is queued with an account that does not speak where it goes."""
    return await session.scalar(select(DeliveryPart.id).where(*_STRAYED).limit(1)) is not None


async def bring_back(session: AsyncSession) -> None:
    """What is queued with another account than the one that speaks where it goes is that one's to send."""
    await session.execute(
        update(DeliveryPart).where(*_STRAYED).values(account_id=SPEAKING).execution_options(synchronize_session=False)
    )


class Send(NamedTuple):
    """A send that was begun; `chat_id` of a room, None of a private chat."""

    at: datetime
    priority: int
    chat_id: int | None = None
    post_id: int = 0


class Queued(NamedTuple):
    """A part that waits (or is on its way), in the order of the courier: by the first three fields, then by `id`."""

    priority: int
    turn: int
    rank: int
    id: int
    chat_id: int
    post_id: int
    due_at: datetime
    in_room: bool


_IN_ROOM = case((col(Chat.room_id).is_not(None), col(Delivery.chat_id)))
_SENDS = (
    select(
        col(DeliveryPart.account_id),
        col(DeliveryPart.tried_at),
        col(DeliveryPart.priority),
        _IN_ROOM,
        col(Delivery.post_id),
    )
    .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
    .join(Chat, col(Delivery.chat_id) == col(Chat.id))
    .where(col(DeliveryPart.account_id).in_(bindparam("accounts", expanding=True)))
    .where(col(DeliveryPart.tried_at) > bindparam("since"))
    .order_by(col(DeliveryPart.tried_at))
)
_QUEUED = (
    select(
        col(DeliveryPart.priority),
        col(DeliveryPart.turn),
        col(DeliveryPart.rank),
        col(DeliveryPart.id),
        col(Delivery.chat_id),
        col(Delivery.post_id),
        col(DeliveryPart.due_at),
        col(Chat.room_id).is_not(None),
    )
    .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
    .join(Chat, col(Delivery.chat_id) == col(Chat.id))
    .where(col(DeliveryPart.state).in_(UNDER_WAY))
    .where(col(DeliveryPart.priority) <= bindparam("last"))
)


async def sends_since(session: AsyncSession, accounts: list[int], since: datetime) -> dict[int, list[Send]]:
    """What these accounts began to send after an instant, the oldest first."""
    found: dict[int, list[Send]] = {}
    for account_id, *send in await run(session, _SENDS, {"accounts": accounts, "since": since}):
        found.setdefault(account_id, []).append(Send(*send))
    return found


async def queue(session: AsyncSession, last: int) -> list[Queued]:
    """All that waits with this priority or a more urgent one, in no order."""
    return [Queued(*row) for row in await run(session, _QUEUED, {"last": last})]
