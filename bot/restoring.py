"""`gridbot restore`: a backup into an empty database of either kind, whole or not at all.

A backup knows nothing of what was sent and answered after it was made. So, unless the operator says that nothing was
(`resend`): what waited to be sent counts as perhaps sent, what waited to be read is put aside for people to look at,
what notices planned meanwhile is dropped, and numbers that may have been given meanwhile are passed over.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from bot.backup import BROKEN, CHAT, Contents, Manifest, opened, read_manifest, rows_in
from bot.config import Config, ConfigError, reason
from bot.holding import held, placed
from handlers.notices.sending import PLANNED, RESTORED
from storage.agenda import DueItem
from storage.copying import (
    AT_ONCE,
    PICTURES_AT_ONCE,
    broken_links,
    count,
    drop_all,
    fill,
    go_on_after,
    is_empty,
    join_up,
    others_connected,
    read_back,
)
from storage.engine import Database, known_revisions, migrate, unavailable
from storage.inbox import InboxEvent, InboxState
from storage.outbox import UNDER_WAY, DeliveryPart, PartState
from storage.people import Account

GAP = 100
"""Numbers passed over after a restore, and as many again for each day since the backup: they may have been given."""

CHAT_GAP = 10_000
"""Numbers of messages passed over in the embedded chat: the bot knows some that came after the chat was copied."""

HELD = "从备份恢复：不知道发过没有"
UNREAD = "从备份恢复：不知道办过没有"


@dataclass(frozen=True, slots=True)
class Held:
    """What a restore kept from being done a second time, as numbers of rows; `due` names notices (`N5`)."""

    parts: int = 0
    events: int = 0
    due: tuple[str, ...] = ()


async def restore(
    config: Config, file: Path, now: datetime, *, force: bool, resend: bool, step: Callable[[], None]
) -> list[str]:
    """Put a backup in; what was done, as sentences. ConfigError or DatabaseError, and nothing has changed."""
    manifest = read_manifest(file)
    database = Database(config.database)
    chat = Path(config.local.chat) if manifest.chat and config.gateway == "local" else None
    try:
        with ExitStack() as stack:
            archive = stack.enter_context(opened(file))
            for path in (database.file, chat):
                if path is not None:
                    stack.enter_context(held(placed(path)))
            if chat is not None and chat.exists() and not force:
                raise ConfigError(f"聊天文件 {chat} 已经有了，没有改动；要整个换掉就加 --force")
            copied = stack.enter_context(_chat_copy(archive, chat)) if chat is not None else None
            aside = stack.enter_context(_set_aside(database.file, now)) if force and database.file else None
            kept = await _into(database, archive, manifest, now, force=force, resend=resend, step=step)
            if chat is not None and copied is not None:
                _put_chat(copied, chat)
    finally:
        await database.close()
    moved = [f"原来的库打不开或是新版程序的，没有删，挪到了 {aside}。"] if aside else []
    return [*_told(manifest, kept, resend), *moved]


async def _into(
    database: Database,
    archive: ZipFile,
    manifest: Manifest,
    now: datetime,
    *,
    force: bool,
    resend: bool,
    step: Callable[[], None],
) -> Held:
    """All of it in one transaction: the schema of the backup, its rows, and then the schema of this program."""
    async with database.rebuilding() as connection:
        if not database.sqlite and await others_connected(connection):
            raise ConfigError(f"数据库 {database.shown} 正在用：先停掉格格和别的连着它的程序，什么都没有改动")
        if not force and not await connection.run_sync(is_empty):
            raise ConfigError(f"数据库 {database.shown} 里已有数据，没有改动；要整个换掉就加 --force")
        await connection.run_sync(drop_all)
        await connection.run_sync(migrate, manifest.revision)
        try:
            for contents in manifest.tables:
                await _fill(connection, archive, contents)
                step()
            if await broken_links(connection):
                raise ValueError("rows that point to nothing")
        except (*BROKEN, TypeError, LookupError, SQLAlchemyError) as error:
            if unavailable(error):
                raise
            raise ConfigError(f"备份里的内容放不进数据库（{type(error).__name__}），什么都没有改动") from error
        await connection.run_sync(_up)
        leased = update(Account).where(col(Account.lease_until) > now)  # nobody works on it yet
        await connection.execute(leased.values(lease_holder="", lease_until=now))
        kept = Held() if resend else await _hold(connection, manifest.made_at, now)
        gap = 0 if resend else GAP * (1 + max(0, (now - manifest.made_at).days))
        await go_on_after(connection, {name: last + gap for name, last in manifest.last.items()})
        return kept


@contextmanager
def _set_aside(file: Path, now: datetime) -> Iterator[Path | None]:
    """A SQLite file into which nothing can be put, damaged or a newer program's, makes room; it comes back if the
    restore fails. None where the file can be used, or there is none."""
    if not file.is_file() or _usable(file):
        yield None
        return
    aside = file.with_name(f"{file.name}.{now:%Y%m%d%H%M%S}")
    _move(file, aside)
    try:
        yield aside
    except BaseException:
        _move(aside, file)
        raise


def _move(file: Path, to: Path) -> None:
    try:
        for end in ("", "-wal", "-shm"):
            Path(f"{to}{end}").unlink(missing_ok=True)
            if Path(f"{file}{end}").exists():
                Path(f"{file}{end}").replace(f"{to}{end}")
    except OSError as error:
        raise ConfigError(f"写不了 {to}：{reason(error)}") from error


def _usable(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as db:
            whole = db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            found = db.execute("SELECT version_num FROM alembic_version").fetchone() if there else None
    except sqlite3.OperationalError:  # locked, or out of reach: the restore will say so
        return True
    except sqlite3.DatabaseError:
        return False
    return whole and (found is None or found[0] in known_revisions())


def _up(connection: Connection) -> None:
    migrate(connection)


async def _fill(connection: AsyncConnection, archive: ZipFile, contents: Contents) -> None:
    layout, kinds = contents.layout, dict(contents.columns)
    rows = ({name: read_back(row[name], kind) for name, kind in kinds.items()} for row in rows_in(archive, contents))
    size = PICTURES_AT_ONCE if "bytes" in kinds.values() else AT_ONCE
    links: dict[str, list[tuple[int, int]]] = {name: [] for name in layout.inward}
    while batch := list(islice(rows, size)):
        for name, pairs in links.items():
            pairs += [(row["id"], row[name]) for row in batch if row[name] is not None]
        await fill(connection, layout, batch)
    for name, pairs in links.items():
        await join_up(connection, layout, name, pairs)
    if await count(connection, layout.name) != contents.rows:
        raise ValueError(f"rows of {layout.name}")


async def _hold(connection: AsyncConnection, since: datetime, now: datetime) -> Held:
    """Keep what may have been done after the backup from being done again."""
    waiting = col(DeliveryPart.state).in_(UNDER_WAY)
    parts = await connection.execute(update(DeliveryPart).where(waiting).values(state=PartState.UNKNOWN, error=HELD))
    unread = update(InboxEvent).where(col(InboxEvent.state).in_((InboxState.NEW, InboxState.SHADOW)))
    events = await connection.execute(unread.values(state=InboxState.FAILED, error=UNREAD))
    meanwhile = (col(DueItem.ref).startswith("N"), col(DueItem.due_at) > since, col(DueItem.due_at) <= now)
    due = (await connection.execute(select(col(DueItem.ref)).where(*meanwhile).distinct())).scalars().all()
    planned = update(DueItem).where(*meanwhile, col(DueItem.kind) == PLANNED)  # its sender hears of it at the start
    await connection.execute(planned.values(kind=RESTORED))
    await connection.execute(delete(DueItem).where(*meanwhile, col(DueItem.kind) != RESTORED))
    return Held(parts.rowcount, events.rowcount, tuple(sorted(due)))


def _told(manifest: Manifest, kept: Held, resend: bool) -> list[str]:
    made_at = f"{manifest.made_at.astimezone():%Y-%m-%d %H:%M}"
    lines = [f"已恢复 {made_at} 的备份：{len(manifest.tables)} 张表 {manifest.rows} 行。"]
    if resend:
        return [*lines, "当时没发完的会接着发，没办的会接着办。"]
    if kept.parts:
        lines.append(f"当时没发完的 {kept.parts} 条记为“不确定”，不会再发；是哪些，gridbot check 会说。")
    if kept.events:
        lines.append(f"当时没办的 {kept.events} 条消息放在一边（gridbot check 会提醒），不会自动办。")
    if kept.due:
        lines.append(f"这期间到点的通知没有再发：{'、'.join(kept.due[:20])}")
    return lines


@contextmanager
def _chat_copy(archive: ZipFile, chat: Path) -> Iterator[Path]:
    """The chat of the backup, checked and beside the place where it will be."""
    with ExitStack() as stack:
        try:
            folder = tempfile.TemporaryDirectory(dir=chat.parent, prefix=".restore.")
            copy = Path(stack.enter_context(folder)) / CHAT
            copy.touch(mode=0o600)
            with archive.open(CHAT) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target)
            with closing(sqlite3.connect(copy)) as db:
                _pass_over(db)
        except OSError as error:
            raise ConfigError(f"写不了 {chat}：{reason(error)}，什么都没有改动") from error
        except (sqlite3.Error, *BROKEN) as error:
            raise ConfigError("备份里的聊天打不开，什么都没有改动") from error
        yield copy


def _pass_over(db: sqlite3.Connection) -> None:
    """A new message must not bear the number of one that the bot read after the chat was copied."""
    if db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("quick_check")
    for table, key in (("messages", "n"), ("events", "seq")):
        highest: Any = db.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0]
        given = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        number = max(highest, given[0] if given else 0) + CHAT_GAP
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))
    db.commit()


def _put_chat(copy: Path, chat: Path) -> None:
    """The copy in the chat's place, without what belonged to the old file."""
    try:
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        for end in ("-wal", "-shm"):
            Path(f"{chat}{end}").unlink(missing_ok=True)
        copy.replace(chat)
    except OSError as error:
        raise ConfigError(f"数据库已恢复，聊天文件 {chat} 没有换成：{reason(error)}") from error
