"""Looking things up in the chat's file: messages, pages of history, somebody's list of chats."""

from __future__ import annotations

import json
import sqlite3

from bot.gateways.local.records import ChatSummary, LocalPerson, Message, NotAllowed, NotThere, Quoted
from bot.gateways.local.unit import Unit, instant
from handlers.ports import Location, MessageType

PAGE_LIMIT = 500
"""Messages of one page at most."""

MANY = 100
"""Unread messages are counted up to this number; the page shows 99+."""

_MESSAGE = """
SELECT m.*, s.name AS sender_name, p.width, p.height,
    q.sender AS quote_sender, qs.name AS quote_name, q.text AS quote_text, q.type AS quote_type,
    q.location AS quote_location, q.recalled AS quote_recalled
FROM messages m
LEFT JOIN people s ON s.id = m.sender
LEFT JOIN pictures p ON p.id = m.picture
LEFT JOIN messages q ON q.n = m.quote
LEFT JOIN people qs ON qs.id = q.sender
"""

LABELS = {
    MessageType.PICTURE: "[图片]",
    MessageType.VOICE: "[语音]",
    MessageType.VIDEO: "[视频]",
    MessageType.LOCATION: "[位置]",
    MessageType.FILE: "[文件]",
    MessageType.LINK: "[链接]",
    MessageType.CARD: "[名片]",
    MessageType.FORWARDED: "[聊天记录]",
    MessageType.STICKER: "[表情]",
}
"""What stands for a message without text in a quote and in the list of chats."""


def message_at(unit: Unit, n: int) -> Message | None:
    """One message by its number."""
    row = unit.one(_MESSAGE + "WHERE m.n = ?", n)
    return _message(row) if row else None


def history(
    unit: Unit, person: str, chat: str, *, before: int | None = None, after: int | None = None, limit: int = 50
) -> list[Message]:
    """A page of a chat as `person` may see it, oldest first: the last ones, those before or those after a number."""
    since = membership(unit, person, chat)["since_n"]
    limit = max(1, min(limit, PAGE_LIMIT))
    where = "WHERE m.chat = ? AND m.n > ? AND m.n < ? ORDER BY m.n "
    if after is not None:
        rows = unit.all(_MESSAGE + where + "LIMIT ?", chat, max(since, after), before or 2**62, limit)
        return [_message(row) for row in rows]
    rows = unit.all(_MESSAGE + where + "DESC LIMIT ?", chat, since, before or 2**62, limit)
    return [_message(row) for row in reversed(rows)]


def said_by(unit: Unit, sender: str, chat: str) -> list[Message]:
    """All that one member has said in a chat."""
    rows = unit.all(_MESSAGE + "WHERE m.chat = ? AND m.sender = ? ORDER BY m.n", chat, sender)
    return [_message(row) for row in rows]


def membership(unit: Unit, person: str, chat: str) -> sqlite3.Row:
    """A person's place in a chat; `NotAllowed` without one."""
    row = unit.one("SELECT * FROM members WHERE chat = ? AND person = ? AND gone = 0", chat, person)
    if row:
        return row
    if unit.one("SELECT 1 FROM chats WHERE id = ?", chat) is None:
        raise NotThere("没有这个聊天，请刷新页面。")
    if unit.one("SELECT 1 FROM people WHERE id = ?", person) is None:
        raise NotThere("没有这个人，请重新选择身份。")
    raise NotAllowed("你不在这个群里。")


def chats_of(unit: Unit, person: str) -> list[ChatSummary]:
    """Somebody's chats, the liveliest first."""
    rows = unit.all(
        """
        SELECT c.*, m.since_n, max(m.read_n, m.since_n) AS seen,
            (SELECT count(*) FROM members x WHERE x.chat = c.id AND x.gone = 0) AS size
        FROM members m JOIN chats c ON c.id = m.chat
        WHERE m.person = ? AND m.gone = 0 ORDER BY c.last_n DESC, c.kind, c.position, c.id
        """,
        person,
    )
    return [_summary(unit, person, row) for row in rows]


def person_at(unit: Unit, key: str) -> LocalPerson:
    """One person by key."""
    row = unit.one("SELECT * FROM people WHERE id = ?", key)
    if row is None:
        raise NotThere("没有这个人，请重新选择身份。")
    return _person(row)


def people_of(unit: Unit, chat: str | None = None) -> list[LocalPerson]:
    """Everybody, or the members of a chat (the bot included), in the order they were brought in."""
    if chat is None:
        rows = unit.all("SELECT * FROM people ORDER BY position, id")
    else:
        rows = unit.all(
            "SELECT p.* FROM members m JOIN people p ON p.id = m.person WHERE m.chat = ? AND m.gone = 0 "
            "ORDER BY p.position, p.id",
            chat,
        )
    return [_person(row) for row in rows]


def _person(row: sqlite3.Row) -> LocalPerson:
    return LocalPerson(row["id"], row["name"], row["role"], row["title"])


def _summary(unit: Unit, person: str, row: sqlite3.Row) -> ChatSummary:
    chat, seen = row["id"], row["seen"]
    last = message_at(unit, row["last_n"]) if row["last_n"] > row["since_n"] else None
    unread = mentioned = 0
    if row["last_n"] > seen:
        unread = unit.all(
            "SELECT count(*) AS c FROM (SELECT 1 FROM messages WHERE chat = ? AND n > ? AND sender IS NOT NULL "
            "AND sender <> ? AND recalled = 0 LIMIT ?)", chat, seen, person, MANY,
        )[0]["c"]  # fmt: skip
        mentioned = unit.all(
            "SELECT count(*) AS c FROM mentions x JOIN messages m ON m.n = x.n "
            "WHERE x.person = ? AND x.chat = ? AND x.n > ? AND m.recalled = 0", person, chat, seen,
        )[0]["c"]  # fmt: skip
    other = _other(unit, person, chat) if row["kind"] == "private" else None
    name = unit.name_of(other) if other else row["name"]
    return ChatSummary(chat, row["kind"], name, row["size"], unread, bool(mentioned), last, other, seen)


def _other(unit: Unit, person: str, chat: str) -> str | None:
    row = unit.one("SELECT person FROM members WHERE chat = ? AND person <> ?", chat, person)
    return row["person"] if row else None


def _message(row: sqlite3.Row) -> Message:
    return Message(
        n=row["n"],
        chat=row["chat"],
        sender=row["sender"],
        sender_name=row["sender_name"] or "",
        at=instant(row["at"]),
        type=MessageType(row["type"]),
        text=row["text"],
        mentions=tuple(json.loads(row["mentions"])),
        quote=_quote(row) if row["quote"] else None,
        picture=row["picture"],
        size=(row["width"], row["height"]) if row["width"] else None,
        location=Location(**json.loads(row["location"])) if row["location"] else None,
        seconds=row["seconds"],
        client=row["client"],
        recalled=bool(row["recalled"]),
    )


def _quote(row: sqlite3.Row) -> Quoted:
    recalled = bool(row["quote_recalled"])
    text = "" if recalled else gist(MessageType(row["quote_type"]), row["quote_text"], row["quote_location"])
    return Quoted(row["quote"], row["quote_sender"], row["quote_name"] or "", text, recalled)


def gist(kind: MessageType, text: str, location: str | None = None) -> str:
    """A message in one line, as a quote shows it."""
    if kind is MessageType.LOCATION and location:
        text = json.loads(location)["name"]
    label = LABELS.get(kind, "")
    return " ".join(part for part in (label, text) if part)[:500]
