"""SQLite without a thread for each statement: its calls take microseconds, a thread's turn takes longer than most.

SQLAlchemy's own asynchronous driver sends every call through a thread. Here statements and commits run where they are
called (a commit waits for the disk for a fraction of a millisecond; a thread that has to get Python's lock back waits
for up to five); only what waits for another process (the writer's lock) sleeps.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

LOOK_AGAIN = 0.01
"""Seconds between two looks whether another process has let the writer's lock go."""


class _Cursor(sqlite3.Cursor):
    """Has all rows at once, as the other asynchronous drivers do, so that writing amid reading is safe."""

    _rows: Iterator[Any] = iter(())

    def execute(self, sql: str, parameters: Any = ()) -> _Cursor:
        super().execute(sql, parameters)
        self._rows = iter(super().fetchall()) if self.description else iter(())
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(islice(self._rows, size or self.arraysize))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    async def _async_soft_close(self) -> None:
        """SQLAlchemy asks for it; there is nothing to wait for."""


class _Connection(sqlite3.Connection):
    def cursor(self, factory: type[sqlite3.Cursor] = _Cursor) -> sqlite3.Cursor:
        return super().cursor(factory)


class InlineSQLite(SQLiteDialect_pysqlite):
    """The dialect behind `sqlite+inline://`."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    def connect(self, *arguments: Any, **named: Any) -> Any:
        """A connection whose cursors are ours."""
        named |= {"factory": _Connection}
        return self.loaded_dbapi.connect(*arguments, **named)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a statement here."""
        cursor.execute(statement, parameters)
        _seem_to_wait()

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a statement here for each of the parameters."""
        cursor.executemany(statement, parameters)
        _seem_to_wait()

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """As it is: SQLAlchemy would compile its statement each time."""
        connection.exec_driver_sql(f"SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """The same."""
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """The same."""
        connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")


def _seem_to_wait() -> None:
    """SQLAlchemy takes a driver that never waits for a mistake where it made a greenlet for it to wait in."""
    if in_greenlet():
        await_only(_nothing())


async def _nothing() -> None:
    pass


class InlineSession(AsyncSession):
    """Within a transaction that holds its connection nothing waits, so nothing needs a greenlet to wait in.

    To make one and to go there and back takes as long as a short statement.
    """

    async def execute(self, statement: Any, params: Any = None, **named: Any) -> Any:
        """As of any session."""
        if named or not self.sync_session.in_transaction():
            return await super().execute(statement, params, **named)
        return self.sync_session.execute(statement, params, execution_options=_BUFFERED)

    async def scalar(self, statement: Any, params: Any = None, **named: Any) -> Any:
        """As of any session."""
        if named or not self.sync_session.in_transaction():
            return await super().scalar(statement, params, **named)
        return self.sync_session.scalar(statement, params, execution_options=_BUFFERED)

    async def get(self, entity: Any, ident: Any, **named: Any) -> Any:
        """As of any session."""
        if not self.sync_session.in_transaction():
            return await super().get(entity, ident, **named)
        return self.sync_session.get(entity, ident, **named)

    async def flush(self, objects: Any = None) -> None:
        """As of any session."""
        if not self.sync_session.in_transaction():
            await super().flush(objects)
        else:
            self.sync_session.flush(objects)

    async def run_sync(self, fn: Any, *arg: Any, **kw: Any) -> Any:
        """As of any session."""
        if not self.sync_session.in_transaction():
            return await super().run_sync(fn, *arg, **kw)
        return fn(self.sync_session, *arg, **kw)

    def begin_nested(self) -> Any:
        """As of any session."""
        if not self.sync_session.in_transaction():
            return super().begin_nested()
        return _savepoint(self.sync_session)


@asynccontextmanager
async def _savepoint(session: Session) -> AsyncIterator[SessionTransaction]:
    with session.begin_nested() as transaction:
        yield transaction


_BUFFERED = {"prebuffer_rows": True}
"""A result can be read when its session is closed, as everywhere."""


def begin_immediate(connection: Connection, patience: float) -> None:
    """Take the writer's lock; while another process holds it, let others here go on, for `patience` seconds."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            raw.execute("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                break
        await_only(asyncio.sleep(LOOK_AGAIN))
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails in the words of SQLAlchemy


registry.register("sqlite.inline", __name__, "InlineSQLite")
