"""Writing into a chat, taking back, reading up to."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from dataclasses import asdict, replace

from bot.gateways.local.pictures import CleanPicture
from bot.gateways.local.reading import gist, membership, message_at
from bot.gateways.local.records import BOT, RECALL_WITHIN, Change, ChatError, Draft, Message, NotAllowed, NotThere
from bot.gateways.local.unit import Unit, milliseconds
from handlers.ports import MAX_TEXT, Event, EventKind, MessageType, Quote

UNSEEN = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Me"))
"""Blanks, control characters, joiners, and marks that need a letter to stand on."""


def say(unit: Unit, sender: str, chat: str, draft: Draft, picture: CleanPicture | None = None) -> Message:
    """Put a message into a chat; the same `client` from the same sender gives the first message again."""
    membership(unit, sender, chat)
    known = draft.client and unit.one("SELECT n FROM messages WHERE sender = ? AND client = ?", sender, draft.client)
    if known:
        return _read(unit, known["n"])
    draft = _fitting(unit, chat, draft)
    n = _insert(unit, sender, chat, draft, _keep(unit, picture) if picture else None)
    _mark_read(unit, sender, chat, n)
    message = _read(unit, n)
    unit.changes.append(Change("message", chat, unit.members(chat), message, n))
    if unit.bot_is_in(chat):
        unit.tell_bot(_event(unit, message))
    return message


def announce(unit: Unit, chat: str, text: str) -> None:
    """A grey line in the middle of the chat."""
    n = _insert(unit, None, chat, Draft(text=text, type=MessageType.SYSTEM), None)
    unit.changes.append(Change("message", chat, unit.members(chat), _read(unit, n), n))


def recall(unit: Unit, person: str, n: int) -> Message:
    """Take one's own message back, within `RECALL_WITHIN`; doing it again changes nothing."""
    message = message_at(unit, n)
    if message is None:
        raise NotThere("没有这条消息。")
    membership(unit, person, message.chat)
    if message.sender != person:
        raise NotAllowed("只能撤回自己发的消息。")
    if message.recalled:
        return message
    if unit.now - message.at > RECALL_WITHIN:
        raise ChatError("超过两分钟，不能撤回了。")
    unit.db.execute("UPDATE messages SET recalled = 1 WHERE n = ?", (n,))
    message = replace(message, recalled=True)
    unit.changes.append(Change("recalled", message.chat, unit.members(message.chat), message, n))
    if unit.bot_is_in(message.chat):
        unit.tell_bot(_recalled(unit, message))
    return message


def mark_read(unit: Unit, person: str, chat: str, n: int) -> None:
    """Everything up to number `n` is read; marks never go back."""
    row = membership(unit, person, chat)
    last = unit.all("SELECT last_n FROM chats WHERE id = ?", chat)[0]["last_n"]
    if min(n, last) > row["read_n"]:
        _mark_read(unit, person, chat, min(n, last))
        unit.changes.append(Change("read", chat, frozenset((person,)), None, min(n, last)))


def plain(text: str) -> str:
    """Text that every database and every browser can hold: no NUL, no half of a character, bounded."""
    whole = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    return whole.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT]


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen."""
    return all(unicodedata.category(letter) in UNSEEN for letter in text)


def _mark_read(unit: Unit, person: str, chat: str, n: int) -> None:
    unit.db.execute("UPDATE members SET read_n = ? WHERE chat = ? AND person = ?", (n, chat, person))


def _read(unit: Unit, n: int) -> Message:
    message = message_at(unit, n)
    assert message is not None
    return message


def _fitting(unit: Unit, chat: str, draft: Draft) -> Draft:
    """The draft with a quote of this chat and mentions of people who are in it."""
    if draft.quote is not None:
        quoted = unit.one("SELECT chat, recalled FROM messages WHERE n = ?", draft.quote)
        if quoted is None or quoted["chat"] != chat:
            raise NotThere("引用的消息不在这个聊天里。")
        if quoted["recalled"]:
            raise ChatError("引用的消息已撤回。")
    members = unit.members(chat) if draft.mentions else frozenset()
    mentions = tuple(dict.fromkeys(person for person in draft.mentions if person in members))
    return replace(draft, text=plain(draft.text), mentions=mentions)


def _keep(unit: Unit, picture: CleanPicture) -> str:
    handle = secrets.token_urlsafe(12)
    row = (handle, picture.data, picture.thumb, picture.width, picture.height)
    unit.db.execute("INSERT INTO pictures VALUES (?, ?, ?, ?, ?)", row)
    return handle


def _insert(unit: Unit, sender: str | None, chat: str, draft: Draft, picture: str | None) -> int:
    location = json.dumps(asdict(draft.location), ensure_ascii=False) if draft.location else None
    mentions = json.dumps(draft.mentions, ensure_ascii=False)
    row = (chat, sender, milliseconds(unit.now), draft.type.value, draft.text, mentions, draft.quote, picture,
           location, draft.seconds, draft.client)  # fmt: skip
    cursor = unit.db.execute(
        "INSERT INTO messages (chat, sender, at, type, text, mentions, quote, picture, location, seconds, client) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    n = cursor.lastrowid or 0
    unit.db.executemany("INSERT INTO mentions VALUES (?, ?, ?)", [(person, chat, n) for person in draft.mentions])
    unit.db.execute("UPDATE chats SET last_n = ? WHERE id = ?", (n, chat))
    return n


def _event(unit: Unit, message: Message) -> Event:
    room = None if message.chat.startswith("@") else message.chat
    return Event(
        id=unit.external(message.n),
        kind=EventKind.MESSAGE,
        at=message.at,
        room=room,
        room_name=_room_name(unit, room),
        sender=_whose(message),
        sender_name=message.sender_name,
        from_self=message.sender == BOT,
        type=message.type,
        text=_unaddressed(unit, message),
        mentions=message.mentions,
        mentions_me=BOT in message.mentions,
        quote=_event_quote(unit, message),
        picture=message.picture,
        location=message.location,
    )


def _unaddressed(unit: Unit, message: Message) -> str:
    """The text without `@格格` where that mentions the bot, so that `@格格 进度 12` reads like `进度 12`."""
    if BOT not in message.mentions:
        return message.text
    return re.sub(f"@{re.escape(unit.bot_name)}[\u2005\u00a0 ]?", "", message.text).strip()


def _whose(message: Message) -> str | None:
    """The sender; in private also of our own messages the other person, so that both lie in one chat."""
    if message.sender == BOT and message.chat.startswith("@"):
        return message.chat.removeprefix("@")
    return message.sender


def _event_quote(unit: Unit, message: Message) -> Quote | None:
    if message.quote is None:
        return None
    row = unit.one("SELECT type, text, location FROM messages WHERE n = ?", message.quote.n)
    assert row is not None
    text = row["text"] or gist(MessageType(row["type"]), "", row["location"])
    return Quote(unit.external(message.quote.n), text, message.quote.sender)


def _recalled(unit: Unit, message: Message) -> Event:
    room = None if message.chat.startswith("@") else message.chat
    return Event(
        id="",
        kind=EventKind.RECALLED,
        at=unit.now,
        room=room,
        room_name=_room_name(unit, room),
        sender=_whose(message),
        sender_name=message.sender_name,
        from_self=message.sender == BOT,
        type=message.type,
        subject=unit.external(message.n),
    )


def _room_name(unit: Unit, room: str | None) -> str:
    row = unit.one("SELECT name FROM chats WHERE id = ?", room) if room else None
    return row["name"] if row else ""
