"""One `run` at a time on a file: a lock that the operating system drops with the process, however that ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.config import ConfigError, reason
from bot.lease import gone
from storage.engine import Database, newest_revision, revision_of
from storage.people import Account


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Nobody else holds this file meanwhile; ConfigError if somebody does. Who does not ask for it is not kept out."""
    path = Path(f"{file.resolve()}.lock")  # beside it: SQLite has locks of its own on the file
    try:
        lock = path.open("ab")
    except OSError as error:
        raise ConfigError(f"{path} 打不开（{reason(error)}）") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"{file} 正在用：格格已经在运行，先停掉它") from error
        yield


def placed(path: Path) -> Path:
    """The path, its folder made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"写不了 {path}：{reason(error)}") from error
    return path


async def must_not_upgrade(database: Database, now: datetime) -> None:
    """ConfigError where opening it would change the tables under an older program that is running on them."""
    if database.file is not None and not database.file.is_file():
        return
    try:
        async with database.snapshot() as connection:
            old = await connection.run_sync(_is_old)
            runs = old and await _in_use(database, connection, now)
    except (SQLAlchemyError, OSError):
        return  # whoever opens it says why
    if runs:
        raise ConfigError(f"数据库 {database.shown} 要升级，可是旧版的格格还在运行：先停掉它，启动新版时自动升级")


def _is_old(connection: Connection) -> bool:
    return revision_of(connection) not in (None, newest_revision())


async def _in_use(database: Database, connection: AsyncConnection, now: datetime) -> bool:
    if database.file is None:
        holders = await connection.scalars(select(col(Account.lease_holder)).where(col(Account.lease_until) > now))
        return any(not gone(one) for one in holders)
    try:
        with held(database.file):
            return False
    except ConfigError:
        return True
