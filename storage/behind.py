"""Rows that a transaction writes behind: together, before a statement that names their table, and at its end.

Most of what a handler writes is looked at by nobody before the commit, and a statement of its own for each row takes
many times longer than storing it. What is written behind is there as soon as anything asks for it, as with SQLAlchemy's
autoflush, which the unit of work does for objects only, and before every statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

KEY = "behind"
"""Under this name a session, and the connection of its transaction, hold what waits."""


@dataclass(frozen=True, eq=False, slots=True)
class Later:
    """Rows of one sort: `write` stores what was added, in its order; `tables` are those it writes to."""

    tables: tuple[str, ...]
    write: Callable[[Connection, list[Any]], None]


class Behind:
    """What one transaction has still to write."""

    def __init__(self) -> None:
        self._rows: dict[Later, list[Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, what: Later, row: Any) -> None:
        """Have a row written later."""
        self._rows.setdefault(what, []).append(row)

    def before(self, connection: Connection, statement: str) -> None:
        """Write what a statement about to run might look for."""
        for what in list(self._rows):
            if any(table in statement for table in what.tables):
                what.write(connection, self._rows.pop(what))

    def write(self, connection: Connection) -> None:
        """Write all of it."""
        while self._rows:
            what = next(iter(self._rows))
            what.write(connection, self._rows.pop(what))

    def mark(self) -> dict[Later, list[Any]]:
        """What waits now, for `back`."""
        return {what: rows.copy() for what, rows in self._rows.items()}

    def back(self, marked: dict[Later, list[Any]]) -> None:
        """A savepoint was rolled back: what waited at `mark` waits again, and what came since is forgotten."""
        self._rows = marked


def behind(session: AsyncSession) -> Behind:
    """What waits in the transaction of a session that writes."""
    found: Behind = session.info[KEY]
    return found


def look_behind(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    """The listener before each statement of an engine that writes."""
    if waiting := connection.info.get(KEY):
        waiting.before(connection, statement)
