"""`gridbot backup`: the whole town in one file, while `run` goes on, fit for SQLite and PostgreSQL alike.

A zip: `tables/<name>.jsonl` with one row a line, `chat.db` (the embedded chat, where it is used), and `manifest.json`,
which says what each of them must hold. All tables are as of one instant; the chat is copied before, so that what the
bot reads meanwhile is in the database, not lost between the two.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.config import Config, ConfigError, reason
from storage.copying import KINDS, Layout, is_empty, last_numbers, layouts, pages, written
from storage.engine import Database, known_revisions, revision_of
from storage.inbox import FORGOTTEN, InboxEvent

FORMAT = 1
MANIFEST, CHAT = "manifest.json", "chat.db"
MANIFEST_BYTES, LINE_BYTES, PIECE = 4_000_000, 64_000_000, 1 << 20
"""The most that is taken for a manifest and for a row; what is read at a time."""


class Contents(BaseModel):
    """What the manifest says of one table."""

    model_config = ConfigDict(frozen=True)

    name: str
    columns: tuple[tuple[str, str], ...]
    inward: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def layout(self) -> Layout:
        """As `storage.copying` has it."""
        return Layout(self.name, self.columns, self.inward)

    @property
    def member(self) -> str:
        """Its file within the backup."""
        return f"tables/{self.name}.jsonl"


class Manifest(BaseModel):
    """What a backup holds, and of when. `last` are the last numbers given, by table; `chat` is its SHA-256."""

    model_config = ConfigDict(frozen=True)

    gridbot_backup: int
    revision: str
    made_at: datetime
    tables: tuple[Contents, ...]
    last: dict[str, int]
    chat: str | None = None

    @property
    def rows(self) -> int:
        """In all tables together."""
        return sum(one.rows for one in self.tables)


@dataclass(slots=True)
class _Counting:
    """Writes lines and knows how many, and their SHA-256."""

    out: IO[bytes]
    rows: int = 0

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    def line(self, values: dict[str, Any]) -> None:
        data = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self.out.write(data)
        self.digest.update(data)
        self.rows += 1

    digest: Any = None


async def back_up(
    config: Config, database: Database, file: Path, now: datetime, *, force: bool, step: Callable[[], None]
) -> str:
    """Write the backup and check it; what was done, as a sentence. ConfigError if it cannot be, and nothing changed.

    `step` is called after each table.
    """
    _refuse_to_replace(file, force, (database.file, Path(config.local.chat)))
    try:
        with _part(file) as part:
            with ZipFile(part, "w", ZIP_DEFLATED) as archive:
                await _write(config, database, archive, now, step)
            _to_disk(part)
            manifest = read_manifest(part)
            part.replace(file)
    except OSError as error:
        raise ConfigError(f"写不了 {file}：{reason(error)}") from error
    chat = "，连同内置聊天" if manifest.chat else ""
    return f"已备份到 {file}：{len(manifest.tables)} 张表 {manifest.rows} 行{chat}，已核对。"


def _refuse_to_replace(file: Path, force: bool, used: Sequence[Path | None]) -> None:
    own = {Path(f"{path.resolve()}{end}") for path in used if path is not None for end in ("", "-wal", "-shm", ".lock")}
    if file.resolve() in own:
        raise ConfigError(f"{file} 正是格格自己在用的文件，备份要写到别处")
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise ConfigError(f"{file} 不是普通的文件，备份要写到一个文件里")
    if file.is_dir() or (file.exists() and not force):
        raise ConfigError(f"{file} 已经有了，没有覆盖；换个名字，或加 --force")


def _to_disk(file: Path) -> None:
    with file.open("rb+") as there:
        os.fsync(there.fileno())


@contextmanager
def _part(file: Path) -> Iterator[Path]:
    """A file beside the one that is to be, for the owner alone; gone at the end unless it has been renamed."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:100]}.", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


async def _write(config: Config, database: Database, archive: ZipFile, now: datetime, step: Callable[[], None]) -> None:
    chat = copy_chat(Path(config.local.chat), archive) if config.gateway == "local" else None
    async with database.snapshot() as connection:
        if await connection.run_sync(is_empty):
            raise ConfigError(f"数据库 {database.shown} 是空的，没有什么可备份")
        revision = await connection.run_sync(_revision)
        tables = []
        for layout in layouts():
            tables.append(await _write_table(connection, archive, layout))
            step()
        last = await last_numbers(connection)
    manifest = Manifest(
        gridbot_backup=FORMAT, revision=revision, made_at=now, tables=tuple(tables), last=last, chat=chat
    )
    archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))


def _revision(connection: Connection) -> str:
    return revision_of(connection) or ""


async def _write_table(connection: AsyncConnection, archive: ZipFile, layout: Layout) -> Contents:
    with archive.open(f"tables/{layout.name}.jsonl", "w", force_zip64=True) as out:
        counting = _Counting(out)
        async for page in pages(connection, layout):
            for row in page:
                counting.line(_kept(layout.name, {name: written(row._mapping[name]) for name, _ in layout.columns}))
    return Contents(
        name=layout.name,
        columns=layout.columns,
        inward=layout.inward,
        rows=counting.rows,
        sha256=counting.digest.hexdigest(),
    )


def _kept(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Small talk is wiped after minutes; it does not live on in backups."""
    if table == InboxEvent.__tablename__ and row["outcome"] in FORGOTTEN:
        return {**row, "payload": "{}", "wiped": True}
    return row


def copy_chat(path: Path, archive: ZipFile) -> str | None:
    """Put a copy of the chat's file into the archive; its SHA-256, or None where there is no chat."""
    if not path.is_file():
        return None
    from bot.gateways.local.schema import connect

    with tempfile.TemporaryDirectory(dir=Path(str(archive.filename)).parent, prefix=".chat.") as folder:
        copy = Path(folder) / CHAT
        try:
            with closing(connect(path)) as chat, closing(sqlite3.connect(copy)) as target:
                chat.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")
                if target.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                    raise sqlite3.DatabaseError("文件坏了")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, "full") from error
            raise ConfigError(f"local.chat：{path} 备份不了（{error}）") from error
        archive.write(copy, CHAT)
        with copy.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()


# Reading one


BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What the library raises on bytes that are no zip, or not a whole one."""


def opened(file: Path) -> ZipFile:
    """The file as a zip; ConfigError if it is none, or cannot be read."""
    try:
        return ZipFile(file)
    except OSError as error:
        raise ConfigError(f"读不到 {file}：{reason(error)}") from error
    except BROKEN as error:
        raise ConfigError(f"{file} 不是格格的备份，或者不完整，什么都没有改动") from error


def read_manifest(file: Path) -> Manifest:
    """What the backup holds, after everything in it has been read and compared; ConfigError for a bad one."""
    with opened(file) as archive:
        try:
            manifest = _manifest(file, archive)
            for one in manifest.tables:
                if _digest(archive, one.member) != (one.sha256, one.rows):
                    raise ConfigError(f"{file} 里的 {one.name} 不完整，什么都没有改动")
            if manifest.chat and _digest(archive, CHAT)[0] != manifest.chat:
                raise ConfigError(f"{file} 里的聊天不完整，什么都没有改动")
        except BROKEN as error:
            raise ConfigError(f"{file} 不是格格的备份，或者不完整，什么都没有改动") from error
    return manifest


def _manifest(file: Path, archive: ZipFile) -> Manifest:
    if MANIFEST not in archive.namelist() or archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
        raise ConfigError(f"{file} 不是格格的备份，什么都没有改动")
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        raise ConfigError(f"{file} 不是格格的备份，什么都没有改动") from error
    if manifest.gridbot_backup != FORMAT or manifest.revision not in known_revisions():
        raise ConfigError(f"{file} 是新版程序的备份（{manifest.revision[:20]}），请用新版程序恢复，什么都没有改动")
    kinds = {kind for one in manifest.tables for _, kind in one.columns}
    missing = {one.member for one in manifest.tables} - set(archive.namelist())
    if kinds - KINDS.keys() or missing or (manifest.chat and CHAT not in archive.namelist()):
        raise ConfigError(f"{file} 不完整，什么都没有改动")
    return manifest


def _digest(archive: ZipFile, member: str) -> tuple[str, int]:
    """SHA-256 and number of lines of a member."""
    digest, lines = hashlib.sha256(), 0
    with archive.open(member) as source:
        while piece := source.read(PIECE):
            digest.update(piece)
            lines += piece.count(b"\n")
    return digest.hexdigest(), lines


def rows_in(archive: ZipFile, contents: Contents) -> Iterator[dict[str, Any]]:
    """The rows of a table as they are written; ValueError for a line that is none."""
    names = {name for name, _ in contents.columns}
    with archive.open(contents.member) as source:
        while line := source.readline(LINE_BYTES):
            row = json.loads(line)
            if not isinstance(row, dict) or row.keys() != names:
                raise ValueError(f"a row of {contents.name}")
            yield row
