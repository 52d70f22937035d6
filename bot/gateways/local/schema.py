"""The tables of the local chat's own file."""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
from pathlib import Path

VERSION = 1

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE people (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, title TEXT NOT NULL, position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE chats (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL,
    renamed INTEGER NOT NULL DEFAULT 0, last_n INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE members (
    chat TEXT NOT NULL, person TEXT NOT NULL, since_n INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0, read_n INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chat, person)
) WITHOUT ROWID;
CREATE INDEX members_person ON members (person, gone);
CREATE TABLE messages (
    n INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, sender TEXT, at INTEGER NOT NULL, type TEXT NOT NULL,
    text TEXT NOT NULL, mentions TEXT NOT NULL DEFAULT '[]', quote INTEGER, picture TEXT, location TEXT,
    seconds INTEGER, client TEXT, recalled INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_chat ON messages (chat, n);
CREATE UNIQUE INDEX messages_client ON messages (sender, client) WHERE client IS NOT NULL;
CREATE TABLE mentions (
    person TEXT NOT NULL, chat TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (person, chat, n)
) WITHOUT ROWID;
CREATE TABLE pictures (
    id TEXT PRIMARY KEY, data BLOB NOT NULL, thumb BLOB NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL
);
CREATE TABLE requests (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, chat TEXT NOT NULL, person TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, making it and its folder where they are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _ask_the_system(path)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _ask_the_system(path: Path) -> None:
    """The operating system says why not, where SQLite says only that it cannot.

    A file that is there is not opened for it: closing it would drop the locks of every connection that this process
    has to it, and the next process to look at the file would take away the log that ours still writes to.
    """
    if not path.exists():
        path.touch(mode=0o600)  # for the owner alone
    elif path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    elif not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _prepare(db: sqlite3.Connection) -> None:
    db.row_factory = sqlite3.Row
    _check_kind(db)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        db.execute("ROLLBACK")
        raise sqlite3.DatabaseError(f"是新版程序的文件，版本 {version}，这个程序只认到 {VERSION}")
    if version == 0:
        _create(db)
    db.execute("COMMIT")


def _check_kind(db: sqlite3.Connection) -> None:
    """Leave alone what is somebody else's file."""
    try:
        ours = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise sqlite3.DatabaseError("不是聊天文件") from error
    if tables and not ours:
        raise sqlite3.DatabaseError("不是聊天文件")


def _create(db: sqlite3.Connection) -> None:
    for statement in TABLES.split(";"):
        db.execute(statement)
    # Ids of a new file must not repeat those of a deleted one, or the inbox would take new messages for old ones.
    db.execute("INSERT INTO meta VALUES ('file', ?)", (secrets.token_hex(3),))
    db.execute(f"PRAGMA user_version={VERSION}")
