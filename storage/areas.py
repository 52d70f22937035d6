"""Areas (the tree), rooms and the chats in which things are said."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, UniqueConstraint, bindparam, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import optional_time, time_field
from storage.engine import run


class Purpose(StrEnum):
    """Whom a room is for."""

    RESIDENTS = "residents"
    STAFF = "staff"
    DEPARTMENT = "department"


class Mode(StrEnum):
    """How much the bot says in a room."""

    SILENT = "静默"
    TRIAL = "试点"
    FULL = "正式"


class Area(SQLModel, table=True):
    """A node of the tree: district, town, village, grid, or whatever levels the config names.

    `level` counts from 0 at the root; `path` is `/1/4/9/` (the ids from the root to this one).
    """

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str = Field(index=True)
    level: int
    parent_id: int | None = Field(default=None, foreign_key="area.id", index=True)
    path: str = Field(default="", index=True)
    kind: str = ""
    police_name: str = ""
    police_phone: str = ""
    neighbours: str = ""  # codes, separated by spaces


class LocalPlace(SQLModel, table=True):
    """A local name people use (二中门口, 老粮站); `x`, `y` are on the town's own map picture, in pixels."""

    id: int | None = Field(default=None, primary_key=True)
    area_id: int = Field(foreign_key="area.id", index=True)
    name: str = Field(index=True)
    aliases: str = ""  # separated by spaces
    x: float | None = None
    y: float | None = None


class AreaMap(SQLModel, table=True):
    """网格图: a town's own map picture, on which its local places lie.

    Their `x`, `y` count from the upper left corner in pixels of a picture of `width` by `height`; 0 is the size of the
    stored one. A picture that is to take its place once it is fetched is `next_id`.
    """

    area_id: int = Field(foreign_key="area.id", primary_key=True)
    picture_id: int | None = Field(default=None, foreign_key="picture.id")
    next_id: int | None = Field(default=None, foreign_key="picture.id")
    width: int = 0
    height: int = 0


class Silence(SQLModel, table=True):
    """A switch above the rooms' modes: while it stands, every room below the area is silent."""

    area_id: int = Field(foreign_key="area.id", primary_key=True)
    since: datetime = time_field()
    by_id: int | None = Field(default=None, foreign_key="contact.id")


class Room(SQLModel, table=True):
    """A group that belongs to an area; how the chat system names it stands in `RoomBinding`."""

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    area_id: int = Field(foreign_key="area.id", index=True)
    name: str = ""
    purpose: str = Field(default=Purpose.RESIDENTS)
    mode: str = Field(default=Mode.TRIAL)
    bind_code: str | None = Field(default=None, unique=True)
    bound_at: datetime | None = optional_time()
    greeted_at: datetime | None = optional_time()


class Chat(SQLModel, table=True):
    """Where words are exchanged: a room, a person in private, or (both None) a group not yet bound.

    `account_id` is the account that listens and speaks there; others that are in the group stand by.
    """

    id: int | None = Field(default=None, primary_key=True)
    room_id: int | None = Field(default=None, foreign_key="room.id", unique=True)
    contact_id: int | None = Field(default=None, foreign_key="contact.id", unique=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)


class RoomBinding(SQLModel, table=True):
    """What an account's chat system calls a group."""

    __table_args__ = (UniqueConstraint("account_id", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    external_id: str
    chat_id: int = Field(foreign_key="chat.id", index=True)
    name: str = ""
    left_at: datetime | None = optional_time()


_COLUMNS = Area.__table__.columns  # type: ignore[attr-defined]
_AREA = select(*_COLUMNS).where(col(Area.id) == bindparam("area"))


async def area_of(session: AsyncSession, area_id: int) -> Area:
    """The area with this id as it stands now, to be read only: it belongs to no session."""
    return as_area(tuple((await run(session, _AREA, {"area": area_id})).one()))


@lru_cache(4096)
def as_area(values: tuple[Any, ...]) -> Area:
    """The area with these columns: the same object while nothing about it has changed; it belongs to no session."""
    return Area(**dict(zip(_COLUMNS.keys(), values, strict=True)))


async def area_line(session: AsyncSession, area: Area) -> list[Area]:
    """The area and those above it, nearest first."""
    ids = in_tree(area.path)
    rows = (await session.scalars(select(Area).where(Area.id.in_(ids)))).all()  # type: ignore[union-attr]
    return sorted(rows, key=lambda row: -row.level)


_SILENCES = select(Silence.area_id)


async def silenced(session: AsyncSession, paths: Collection[str]) -> set[str]:
    """Those of the area paths that stand under a silence."""
    ids = {area_id for (area_id,) in await run(session, _SILENCES)}
    if not ids:
        return set()
    return {path for path in paths if not ids.isdisjoint(in_tree(path))}


def in_tree(path: str) -> tuple[int, ...]:
    """The ids in a path: areas sorted by it stand each below its own, in the order in which they were brought in.

    As text the tenth grid would stand before the second.
    """
    return tuple(int(part) for part in path.strip("/").split("/") if part)


def under_silence() -> ColumnElement[bool]:
    """Whether the `Area` of a row stands under a silence; false where there is none (a private chat)."""
    # By the ids in the path: with a join SQLite goes through all areas for each row, seconds for a district's rooms.
    step = literal("/") + cast(col(Silence.area_id), String) + literal("/")
    return select(Silence.area_id).where(col(Area.path).contains(step)).correlate(Area).exists()


def below(path: str) -> ColumnElement[bool]:
    """Areas at or below the one with this path."""
    return col(Area.path).startswith(path, autoescape=True)


async def find_area(session: AsyncSession, name: str, under: str = "/") -> list[Area]:
    """Areas with exactly this name or code, at or below a path; the highest first."""
    query = select(Area).where((Area.name == name) | (Area.code == name), below(under))
    return list((await session.scalars(query.order_by(col(Area.level), col(Area.id)))).all())


class Bound(NamedTuple):
    """A bound room: its chat, its area's path and id, its mode."""

    chat_id: int
    path: str
    area_id: int
    mode: str


_BOUND = (
    select(col(Chat.id), col(Area.path), col(Room.area_id), col(Room.mode))
    .join(Room, col(Chat.room_id) == col(Room.id))
    .join(Area, col(Room.area_id) == col(Area.id))
    .where(
        col(Area.path).startswith(bindparam("above"), autoescape=False),
        Room.purpose == Purpose.RESIDENTS,
        col(Room.bound_at).is_not(None),
    )
    .order_by(col(Room.id))
)


async def bound_rooms(session: AsyncSession, path: str) -> list[Bound]:
    """Every bound room of residents at or below an area, by id."""
    return [Bound(*row) for row in (await run(session, _BOUND, {"above": path})).all()]
