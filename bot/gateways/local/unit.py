"""One transaction on the chat's file, and what the world must hear of once it is committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.gateways.local.records import BOT, Change
from handlers.ports import Event, dump_event


@dataclass(slots=True)
class Unit:
    """A transaction under way: its instant, and the changes and events it has caused so far."""

    db: sqlite3.Connection
    file: str
    bot_name: str
    now: datetime
    changes: list[Change] = field(default_factory=list)
    told_bot: bool = False

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows."""
        return self.db.execute(sql, values).fetchall()

    def external(self, n: int) -> str:
        """A message's id as the bot knows it."""
        return f"{self.file}-{n}"

    def internal(self, message_id: str) -> int | None:
        """The number behind `external`; None for an id of another file or of nothing."""
        file, _, n = message_id.rpartition("-")
        return int(n) if file == self.file and n.isascii() and n.isdigit() and len(n) < 19 else None

    def tell_bot(self, event: Event) -> None:
        """Queue an event; one without an id gets one of its own."""
        seq = self.db.execute("INSERT INTO events (body) VALUES ('')").lastrowid
        named = event if event.id else replace(event, id=f"{self.file}-e{seq}")
        self.db.execute("UPDATE events SET body = ? WHERE seq = ?", (dump_event(named), seq))
        self.told_bot = True

    def members(self, chat: str) -> frozenset[str]:
        """Who is in a chat now, the bot included."""
        rows = self.all("SELECT person FROM members WHERE chat = ? AND gone = 0", chat)
        return frozenset(row["person"] for row in rows)

    def bot_is_in(self, chat: str) -> bool:
        """Whether the bot reads this chat."""
        return self.one("SELECT 1 FROM members WHERE chat = ? AND person = ? AND gone = 0", chat, BOT) is not None

    def name_of(self, person: str | None) -> str:
        """A person's name; empty for nobody."""
        row = self.one("SELECT name FROM people WHERE id = ?", person) if person else None
        return row["name"] if row else ""


@contextmanager
def transaction(db: sqlite3.Connection, unit: Unit) -> Iterator[Unit]:
    """All of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield unit
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def milliseconds(at: datetime) -> int:
    """An instant as the file stores it."""
    return round(at.timestamp() * 1000)


def instant(stored: int) -> datetime:
    """A stored instant, aware, UTC."""
    return datetime.fromtimestamp(stored / 1000, UTC)
