"""The database: one write connection and a pool of readers on SQLite, ordinary pools on PostgreSQL."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, bindparam, column, event, func, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage.behind import KEY, Behind, look_behind
from storage.sqlite import InlineSession, begin_immediate

DRIVERS = {"sqlite": "sqlite+inline", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

BUSY_MS = 10_000
"""How long a CLI command beside `run` waits for the writer."""


class DatabaseError(Exception):
    """The database cannot be used; the message is one sentence that names it without its password."""


class Database:
    """Sessions for reading and writing. Open it once, close it at the end."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        """`durable` False gives up surviving a power cut, for a database that lives as long as one run (replay)."""
        self.url = _parse(url)
        self._synchronous = "FULL" if durable else "OFF"
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._session = InlineSession if self.sqlite else AsyncSession
        self._writer = self._engine(write=True)
        event.listen(self._writer.sync_engine, "before_cursor_execute", look_behind)
        self._reader = self._engine(write=False) if self.sqlite else self._writer

    def _engine(self, *, write: bool) -> AsyncEngine:
        if not self.sqlite:
            return create_async_engine(
                self.url, hide_parameters=True, pool_size=10, max_overflow=10, pool_pre_ping=True
            )
        size = 1 if write else 4
        engine = create_async_engine(
            self.url,
            hide_parameters=True,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=size,
            max_overflow=0,
            connect_args={"timeout": BUSY_MS / 1000, "isolation_level": None},
        )
        _prepare_sqlite(engine, write, self._synchronous)
        return engine

    async def open(self) -> None:
        """Create what is missing and bring the schema up to date; DatabaseError if it cannot be reached."""
        async with self.rebuilding() as connection:
            await connection.run_sync(migrate)

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may change the schema; DatabaseError, and the database closed, if it fails for that."""
        try:
            if self.file is not None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                if not self.file.exists():
                    self.file.touch(mode=0o600)  # what residents wrote is for the owner alone
            async with self._writer.begin() as connection:
                yield connection
        except NewerSchema as error:
            await self.close()
            raise DatabaseError(
                f"数据库 {self.shown} 是新版程序用过的（{error}），请用新版程序，或换一个空的库恢复升级前的备份"
            ) from error
        except (OSError, DBAPIError, ArgumentError, UnicodeError) as error:  # the last two of odd host names
            await self.close()
            address = self.shown if self.sqlite else f"{self.shown}（{self.url.host}:{self.url.port or 5432}）"
            raise DatabaseError(f"打不开数据库 {address}：{why(error)}") from error

    async def close(self) -> None:
        """Give all connections back."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(str(self.url.database)) if self.sqlite else None

    @property
    def shown(self) -> str:
        """The URL as the config has it, without its password."""
        return self.url.set(drivername=self.url.get_backend_name()).render_as_string(hide_password=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction; committed at the end, rolled back on an exception."""
        async with self._session(self._writer, expire_on_commit=False) as session, session.begin():
            info = (await session.connection()).info
            info[KEY] = session.info[KEY] = waiting = Behind()
            try:
                yield session
                await session.run_sync(_write_all, waiting)
            finally:
                del info[KEY]  # it outlives the transaction

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that changes nothing."""
        async with self._session(self._reader, expire_on_commit=False) as session:
            await session.connection()
            yield session

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` when a process on this PostgreSQL announces something; ends when the connection is lost.

        It is called once at the beginning too, as something may have been announced before.
        """
        lost = asyncio.Event()
        async with self._writer.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await connection.run_sync(Connection.detach)  # it never goes back to the pool
            raw.add_termination_listener(lambda _: lost.set())
            await raw.add_listener(CHANNEL, lambda *_: heard())
            heard()
            await lost.wait()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees everything as of one instant, whatever is committed meanwhile."""
        async with self._reader.connect() as connection:
            if not self.sqlite:  # there a transaction is that already
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A plain write connection in a transaction, for hot paths."""
        async with self._writer.begin() as connection:
            yield connection


_REASONS: dict[type[BaseException], str] = {
    ConnectionRefusedError: "那里没有数据库，或者没有开",
    TimeoutError: "等了很久没有回答",
    socket.gaierror: "找不到这台主机",
    PermissionError: "没有权限",
    FileExistsError: "上级不是文件夹",
    NotADirectoryError: "上级不是文件夹",
}


def why(error: BaseException) -> str:
    """Why a database cannot be used."""
    found = getattr(error, "orig", None) or error
    said = str(found).splitlines()[0] if str(found) else type(found).__name__
    known = {
        "file is not a database": "这个文件不是数据库",
        "unable to open database file": "这个文件打不开",
        "database disk image is malformed": "这个文件坏了，请恢复备份（gridbot restore 备份文件 --force）",
        "attempt to write a readonly database": "这个文件只能读，不能写",
        "database or disk is full": "磁盘满了",
        "disk I/O error": "读写磁盘出错（磁盘满了，或者坏了）",
        "database is locked": "别的程序正占着它，请过一会儿再试",
    }
    return next((text for kind, text in _REASONS.items() if isinstance(found, kind)), known.get(said, said))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        shown = url.rpartition("@")[2][:60]  # before it stands the password
        raise DatabaseError(f"数据库地址看不懂：{shown}；应像 sqlite:///data/gridbot.db 或 postgresql://…") from error
    backend = parsed.get_backend_name()
    if backend not in DRIVERS:
        raise DatabaseError(f"不支持的数据库 {backend!r}；请用 sqlite 或 postgresql")
    parsed = parsed.set(drivername=DRIVERS[backend])
    return _file_of(parsed) if backend == "sqlite" else _server(parsed)


def _file_of(url: URL) -> URL:
    if url.database in (None, "", ":memory:") or url.host or url.query or "\0" in url.database:
        raise DatabaseError("数据库地址看不懂：sqlite 后面要写一个文件，如 sqlite:///data/gridbot.db")
    return url


def _server(url: URL) -> URL:
    """With `sslmode`, as PostgreSQL's own programs call it, under the driver's name."""
    if url.port is not None and not 0 < url.port < 65536:
        raise DatabaseError(f"数据库地址里的端口 {url.port} 不对，应在 1 到 65535 之间")
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    if unknown := sorted(query.keys() - {"host", "ssl"}):
        raise DatabaseError(f"数据库地址里有不认识的参数 {unknown[0][:40]}，可用：sslmode、host")
    if query.get("ssl", SSL_MODES[0]) not in SSL_MODES:
        raise DatabaseError(f"数据库地址里的 sslmode 不对，可用：{'、'.join(SSL_MODES)}")
    if not isinstance(query.get("host", ""), str):
        raise DatabaseError("数据库地址里只能有一个 host")
    return url.set(query=query)


def _prepare_sqlite(engine: AsyncEngine, write: bool, synchronous: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA busy_timeout=0" if write else "PRAGMA query_only=ON")  # `begin` waits for the writer
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        if write:
            begin_immediate(connection, BUSY_MS / 1000)
        else:
            connection.exec_driver_sql("BEGIN")


MIGRATIONS = Path(__file__).parent / "migrations"


class NewerSchema(Exception):
    """The database has a revision that this program does not know."""


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the schema up to a revision; NewerSchema if it is of a program newer than this one."""
    found = revision_of(connection)
    if found == (newest_revision() if to == "head" else to):
        return
    if found is not None and found not in known_revisions():
        raise NewerSchema(found)
    from alembic import command  # here, as it takes long to load and a later start has no use for it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revision_of(connection: Connection) -> str | None:
    """The revision that the schema has; None for an empty database."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def newest_revision() -> str:
    """The revision of this program: files of migrations begin with it, and are in order."""
    return max(known_revisions())


def known_revisions() -> set[str]:
    """Every revision that this program can bring up to its own."""
    return {path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def dialect_of(session: AsyncSession) -> str:
    """`sqlite` or `postgresql`."""
    name: str = session.get_bind().dialect.name
    return name


CHANNEL = "gridbot"


async def announce(session: AsyncSession) -> None:
    """Wake the other processes on this database once this transaction is committed; on SQLite there are none."""
    if dialect_of(session) != "sqlite":
        await run(session, text(f"NOTIFY {CHANNEL}"))


def insert_into(dialect: str, table: Any) -> Any:
    """An INSERT that may say what to do on a conflict; the database's own words are loaded when it is used."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)


def given(dialect: str, name: str) -> Any:
    """The lists in a list that is one parameter, as rows: their `value`, a JSON array, in the order of `place`."""
    if dialect == "sqlite":
        lists = func.json_each(bindparam(name, type_=JSON)).table_valued(column("key"), column("value", JSON))
        each = lists.alias("given")
        return each.c.key.label("place"), each.c.value
    from sqlalchemy.dialects.postgresql import JSONB  # of which each row is read once, and not once a column

    elements = func.jsonb_array_elements(bindparam(name, type_=JSONB))
    rows = elements.table_valued(column("value", JSONB), with_ordinality="place").render_derived("given")
    return rows.c.place, rows.c.value


async def run(session: AsyncSession, statement: Any, parameters: Any = None) -> Any:
    """Execute a statement on columns as it is, past the ORM, which would take longer than most statements."""
    return await session.run_sync(_run, statement, parameters)


def _run(session: Session, statement: Any, parameters: Any) -> Any:
    session.flush()
    return session.connection().execute(statement, parameters)


def _write_all(session: Session, waiting: Behind) -> None:
    session.flush()
    waiting.write(session.connection())


RETRIES = 5


async def retrying(attempt: Any) -> Any:
    """Run `attempt` (an async callable) again, at most five times, when the database asks for it.

    It asks by a deadlock, a serialization failure, a unique violation or, on SQLite, a lock held too long.
    """
    for left in reversed(range(RETRIES)):
        try:
            return await attempt()
        except (IntegrityError, OperationalError, DBAPIError) as error:
            if not left or not _worth_repeating(error):
                raise
            await asyncio.sleep(0)


def _worth_repeating(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state in ("40001", "40P01", "23505"):
        return True
    text = str(error.orig)
    return "locked" in text or "UNIQUE constraint" in text


_GONE = ("08", "53", "57P")  # PostgreSQL's classes: no connection, no resources, shut down
_STUCK = ("locked", "disk", "unable to open", "readonly")


def unavailable(error: BaseException) -> bool:
    """Whether the database cannot be used at the moment; what was to be done is not to blame."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError | PoolTimeout)
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if error.connection_invalidated or state.startswith(_GONE):
        return True
    return isinstance(error, OperationalError) and any(word in str(error.orig) for word in _STUCK)
