"""The whole database as plain rows, the same from SQLite and PostgreSQL, and back into either of them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    column,
    func,
    inspect,
    literal_column,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  (fills the metadata)
from storage.columns import UtcTime
from storage.engine import NewerSchema, known_revisions, revision_of

AT_ONCE, PICTURES_AT_ONCE = 500, 8
"""Rows held in memory, and how many where a row holds bytes."""

KINDS: dict[str, TypeEngine[Any]] = {
    "time": UtcTime(),
    "date": Date(),
    "bytes": LargeBinary(),
    "json": JSON(none_as_null=True),
    "flag": Boolean(),
    "number": BigInteger(),
    "fraction": Float(),
    "text": String(),
}
"""How a column's values are written down; a backup names them, so that it can be read without today's tables."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table: its columns as (name, kind), and those of them that point to rows of the same table."""

    name: str
    columns: tuple[tuple[str, str], ...]
    inward: tuple[str, ...] = ()


def layouts() -> list[Layout]:
    """Every table of this program; those that others point to come first."""
    return [_layout(one) for one in SQLModel.metadata.sorted_tables]


def _layout(one: Table) -> Layout:
    inward = tuple(found.name for found in one.columns if any(key.column.table is one for key in found.foreign_keys))
    return Layout(one.name, tuple((found.name, _kind(found)) for found in one.columns), inward)


def _kind(found: Column[Any]) -> str:
    for kind, type_ in (
        ("time", UtcTime),
        ("date", Date),
        ("bytes", LargeBinary),
        ("json", JSON),
        ("flag", Boolean),
        ("number", Integer),
        ("fraction", Float),
        ("text", String),
    ):
        if isinstance(found.type, type_) or isinstance(getattr(found.type, "impl", None), type_):
            return kind
    raise TypeError(f"{found} has a type that a backup cannot hold")


def written(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def read_back(value: Any, kind: str) -> Any:
    """The value of a column of this kind; ValueError or TypeError for what is none."""
    if value is None:
        return None
    if kind == "time":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    return base64.b64decode(value, validate=True) if kind == "bytes" else value


async def pages(connection: AsyncConnection, layout: Layout) -> AsyncIterator[Sequence[Any]]:
    """The rows of a table by their keys, a page at a time."""
    found = SQLModel.metadata.tables[layout.name]
    key = list(found.primary_key.columns)
    size = PICTURES_AT_ONCE if any(kind == "bytes" for _, kind in layout.columns) else AT_ONCE
    after: Sequence[Any] | None = None
    while True:
        query = select(found).order_by(*key).limit(size)
        if after is not None:
            query = query.where(tuple_(*key) > tuple_(*after, types=[one.type for one in key]))
        rows = (await connection.execute(query)).all()
        if rows:
            yield rows
        if len(rows) < size:
            return
        after = [rows[-1]._mapping[one] for one in key]


def _light(layout: Layout) -> Any:
    """The table as a backup describes it, whatever this program's looks like."""
    return table(layout.name, *(column(name, KINDS[kind]) for name, kind in layout.columns))


async def fill(connection: AsyncConnection, layout: Layout, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows in; what points to rows of the same table is left out until `join_up`."""
    bare = [{**row, **dict.fromkeys(layout.inward)} for row in rows] if layout.inward else rows
    await connection.execute(_light(layout).insert(), bare)


async def join_up(connection: AsyncConnection, layout: Layout, name: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Set a column that points to rows of the same table: (id, the id it points to)."""
    found = _light(layout)
    change = found.update().where(found.c.id == bindparam("row")).values({name: bindparam("other")})
    if pairs:
        await connection.execute(change, [{"row": row, "other": other} for row, other in pairs])


async def count(connection: AsyncConnection, name: str) -> int:
    """How many rows a table has."""
    return int(await connection.scalar(select(func.count()).select_from(table(name))) or 0)


def tables_there(connection: Connection) -> list[str]:
    """Our tables, those that are there; NewerSchema if a newer program has used the database."""
    revision = revision_of(connection)
    if revision is not None and revision not in known_revisions():
        raise NewerSchema(revision)
    return [name for name in inspect(connection).get_table_names() if name in SQLModel.metadata.tables]


def is_empty(connection: Connection) -> bool:
    """Whether there is not one row in our tables."""
    query = select(literal_column("1")).limit(1)
    return not any(connection.scalar(query.select_from(table(name))) for name in tables_there(connection))


def drop_all(connection: Connection) -> None:
    """Drop our tables as they are there, and nobody else's."""
    there = MetaData()
    there.reflect(connection, only=[*tables_there(connection), *_revision_table(connection)])
    there.drop_all(connection)


def _revision_table(connection: Connection) -> list[str]:
    return ["alembic_version"] if inspect(connection).has_table("alembic_version") else []


async def others_connected(connection: AsyncConnection) -> bool:
    """Whether another program has this PostgreSQL database open."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    return bool(await connection.scalar(text(query)))


async def broken_links(connection: AsyncConnection) -> bool:
    """Whether a row points to one that is not there; PostgreSQL does not let it come to that."""
    if connection.dialect.name != "sqlite":
        return False
    return (await connection.execute(text("PRAGMA foreign_key_check"))).first() is not None


# Numbers that people see are never given twice, not even one whose row is gone.


def numbered() -> list[str]:
    """Tables whose numbers are never given twice."""
    return [one.name for one in SQLModel.metadata.sorted_tables if one.dialect_options["sqlite"]["autoincrement"]]


async def last_numbers(connection: AsyncConnection) -> dict[str, int]:
    """The last number that each of the `numbered` tables gave."""
    if connection.dialect.name == "sqlite":
        given = dict((await connection.execute(text("SELECT name, seq FROM sqlite_sequence"))).all())
        return {name: int(given.get(name, 0)) for name in numbered()}
    return {
        name: int(await connection.scalar(text(_LAST.format(await _sequence(connection, name))))) for name in numbered()
    }


_LAST = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}"


async def _sequence(connection: AsyncConnection, name: str) -> str | None:
    """What PostgreSQL calls the sequence behind a table's ids."""
    found: str | None = await connection.scalar(
        text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": f'"{name}"'}
    )
    return found


async def go_on_after(connection: AsyncConnection, last: dict[str, int]) -> None:
    """New rows get numbers above those that are there, and above these."""
    for name in SQLModel.metadata.tables:
        if "id" not in SQLModel.metadata.tables[name].columns:
            continue
        highest = await connection.scalar(select(func.max(column("id"))).select_from(table(name)))
        number = max(int(highest or 0), last.get(name, 0))
        if connection.dialect.name != "sqlite":
            await _set_sequence(connection, name, number)
        elif name in numbered():
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            values = {"name": name, "number": number}
            await connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), values)


async def _set_sequence(connection: AsyncConnection, name: str, number: int) -> None:
    if number and (sequence := await _sequence(connection, name)):
        await connection.execute(text("SELECT setval(:sequence, :number)"), {"sequence": sequence, "number": number})
