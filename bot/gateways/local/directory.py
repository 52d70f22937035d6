"""Who is there and who is in which group."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import astuple

from bot.gateways.local.reading import membership
from bot.gateways.local.records import (
    BOT,
    MAX_GROUP,
    MAX_NAME,
    Change,
    ChatError,
    LocalPerson,
    LocalRoom,
    NotAllowed,
    NotThere,
    private_chat,
)
from bot.gateways.local.saying import announce, is_blank, plain
from bot.gateways.local.unit import Unit
from handlers.ports import Event, EventKind

BOT_ROLE = "机器人"
MAX_KEY = 64


def populate(unit: Unit, rooms: Sequence[LocalRoom], people: Sequence[LocalPerson]) -> None:
    """Bring people and groups in. Doing it again adds what is new and leaves alone what was changed in the chat."""
    _check_keys(rooms, people)
    mark = hashlib.sha256(repr(([astuple(r) for r in rooms], [astuple(p) for p in people])).encode()).hexdigest()
    row = unit.one("SELECT value FROM meta WHERE key = 'populated'")
    if row and row["value"] == mark:
        return
    unit.db.execute("INSERT OR REPLACE INTO meta VALUES ('populated', ?)", (mark,))
    for position, person in enumerate(people):
        _put_person(unit, person, position)
    _check_members(unit, rooms)
    for position, room in enumerate(rooms):
        _put_room(unit, room, position)
    unit.changes.append(Change("chats", "", frozenset(row["id"] for row in unit.all("SELECT id FROM people"))))


def key_fault(key: str) -> str:
    """Why nobody and no group can have this key here, as a Chinese sentence; empty for a good one."""
    if key == BOT:
        return f"编号“{BOT}”在内置聊天里是机器人自己的，请换一个"
    if not key or "@" in key or len(key) > MAX_KEY:
        return f"编号“{key[:30]}”在内置聊天里不行：最多 {MAX_KEY} 字，不能有 @"
    return ""


def put_bot(unit: Unit) -> None:
    """The bot as a person among the others; its name follows the config."""
    unit.db.execute(
        "INSERT INTO people VALUES (?, ?, ?, '', -1) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (BOT, unit.bot_name, BOT_ROLE),
    )


def found_group(unit: Unit, founder: str, name: str, people: Iterable[str], invite_bot: bool) -> str:
    """A new group of `founder` and `people`; the bot only gets an invitation. The group's id."""
    _known(unit, founder)
    name = _name(name)
    members = list(dict.fromkeys((founder, *people)))
    if len(members) > MAX_GROUP:
        raise ChatError(f"一个群最多 {MAX_GROUP} 人。")
    for person in members:
        _known(unit, person)
    room = f"g-{secrets.token_hex(5)}"
    position = unit.all("SELECT count(*) AS c FROM chats")[0]["c"]
    unit.db.execute("INSERT INTO chats (id, kind, name, position) VALUES (?, 'room', ?, ?)", (room, name, position))
    _join(unit, room, [person for person in members if person != BOT])
    announce(unit, room, f"{unit.name_of(founder)}创建了群聊“{name}”")
    if invite_bot or BOT in members:
        _invite_bot(unit, founder, room)
    unit.changes.append(Change("chats", room, unit.members(room)))
    return room


def add_to_group(unit: Unit, inviter: str, room: str, people: Iterable[str]) -> None:
    """A member brings others in; the bot only gets an invitation."""
    _group(unit, inviter, room)
    inside = unit.members(room)
    new = [person for person in dict.fromkeys(people) if person not in inside]
    for person in new:
        _known(unit, person)
    if len(inside) + len(new) > MAX_GROUP:
        raise ChatError(f"一个群最多 {MAX_GROUP} 人。")
    joining = [person for person in new if person != BOT]
    if joining:
        _join(unit, room, joining)
        names = "、".join(unit.name_of(person) for person in joining[:10]) + ("等" if len(joining) > 10 else "")
        announce(unit, room, f"{unit.name_of(inviter)}邀请{names}加入了群聊")
        _tell_of_people(unit, EventKind.JOINED, room, inviter, joining)
    if BOT in new:
        _invite_bot(unit, inviter, room)
    unit.changes.append(Change("chats", room, unit.members(room)))


def leave_group(unit: Unit, person: str, room: str, by: str | None = None) -> None:
    """A person leaves, or is taken out by another member."""
    _group(unit, by or person, room)
    if person not in unit.members(room):
        raise NotThere("这个人不在群里。")
    if by and by != person and person != BOT:
        raise NotAllowed("只能把格格移出群聊，别人要自己退出。")
    was_read = unit.bot_is_in(room)
    before = unit.members(room)
    unit.db.execute("UPDATE members SET gone = 1 WHERE chat = ? AND person = ?", (room, person))
    whose = f"{unit.name_of(by)}将{unit.name_of(person)}移出了群聊" if by else f"{unit.name_of(person)}退出了群聊"
    announce(unit, room, whose)
    if was_read:
        _tell_of_people(unit, EventKind.LEFT, room, by or person, [person])
    unit.changes.append(Change("chats", room, before))


def rename_group(unit: Unit, person: str, room: str, name: str) -> None:
    """A member gives the group another name."""
    _group(unit, person, room)
    name = _name(name)
    unit.db.execute("UPDATE chats SET name = ?, renamed = 1 WHERE id = ?", (name, room))
    announce(unit, room, f"{unit.name_of(person)}修改群名为“{name}”")
    if unit.bot_is_in(room):
        event = Event("", EventKind.RENAMED, unit.now, room, name, person, unit.name_of(person), subject=name)
        unit.tell_bot(event)
    unit.changes.append(Change("chats", room, unit.members(room)))


def open_private(unit: Unit, person: str, other: str) -> str:
    """The private chat of two people, made when it is first opened. Its id."""
    _known(unit, person)
    _known(unit, other)
    if person == other:
        raise ChatError("不能和自己聊天。")
    chat = private_chat(person, other)
    _put_private(unit, chat, (person, other))
    unit.changes.append(Change("chats", chat, frozenset((person,))))
    return chat


def befriend(unit: Unit, person: str) -> str:
    """Ask the bot to be friends; the request's id. Messages pass without it all the same."""
    _known(unit, person)
    request = _request(unit, "friend", private_chat(person), person)
    event = Event("", EventKind.FRIEND_REQUEST, unit.now, sender=person, sender_name=unit.name_of(person),
                  subject=request)  # fmt: skip
    unit.tell_bot(event)
    return request


def accept(unit: Unit, kind: str, request: str) -> None:
    """The bot takes an invitation (`invite`) or a friend request (`friend`); a second time changes nothing."""
    row = unit.one("SELECT * FROM requests WHERE id = ? AND kind = ?", request, kind)
    if row is None:
        raise NotThere("没有这个邀请。")
    if row["done"]:
        return
    unit.db.execute("UPDATE requests SET done = 1 WHERE id = ?", (request,))
    chat = row["chat"]
    if kind == "friend":
        announce(unit, chat, f"你已添加了{unit.bot_name}，现在可以开始聊天了。")
    elif not unit.bot_is_in(chat):
        _join(unit, chat, [BOT])
        announce(unit, chat, f"{unit.name_of(row['person'])}邀请{unit.bot_name}加入了群聊")
        _tell_of_people(unit, EventKind.JOINED, chat, row["person"], [BOT])
        unit.changes.append(Change("chats", chat, unit.members(chat)))


def _check_keys(rooms: Sequence[LocalRoom], people: Sequence[LocalPerson]) -> None:
    keys = [person.key for person in people], [room.key for room in rooms]
    for what, found in zip(("person", "room"), keys, strict=True):
        twice = {key for key in found if found.count(key) > 1} if len(set(found)) < len(found) else set()
        if twice:
            raise ValueError(f"the same {what} twice: {', '.join(sorted(twice))}")
        wrong = [key for key in found if key_fault(key)]
        if wrong:
            raise ValueError(f"not a key for a {what}: {wrong[0]!r}")


def _check_members(unit: Unit, rooms: Sequence[LocalRoom]) -> None:
    known = {row["id"] for row in unit.all("SELECT id FROM people")}
    for room in rooms:
        strange = set(room.members) - known
        if strange:
            raise ValueError(f"room {room.key} has unknown members: {', '.join(sorted(strange))}")


def _put_person(unit: Unit, person: LocalPerson, position: int) -> None:
    unit.db.execute(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "name = excluded.name, role = excluded.role, title = excluded.title, position = excluded.position",
        (person.key, person.name[:MAX_NAME], person.role, person.title, position),
    )
    _put_private(unit, private_chat(person.key), (person.key, BOT))


def _put_private(unit: Unit, chat: str, pair: tuple[str, str]) -> None:
    unit.db.execute("INSERT OR IGNORE INTO chats (id, kind, name, position) VALUES (?, 'private', '', 0)", (chat,))
    for person in pair:
        unit.db.execute("INSERT OR IGNORE INTO members (chat, person) VALUES (?, ?)", (chat, person))


def _put_room(unit: Unit, room: LocalRoom, position: int) -> None:
    unit.db.execute(
        "INSERT INTO chats (id, kind, name, position) VALUES (?, 'room', ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "name = CASE WHEN renamed THEN name ELSE excluded.name END, position = excluded.position",
        (room.key, room.name[:MAX_NAME], position),
    )
    members = [*room.members, BOT] if room.with_bot else list(room.members)
    # Who has left stays out: the row is still there, marked gone.
    rows = [(room.key, person) for person in members]
    unit.db.executemany("INSERT OR IGNORE INTO members (chat, person) VALUES (?, ?)", rows)


def _join(unit: Unit, room: str, people: Iterable[str]) -> None:
    last = unit.all("SELECT last_n FROM chats WHERE id = ?", room)[0]["last_n"]
    unit.db.executemany(
        "INSERT INTO members (chat, person, since_n, read_n) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "gone = 0, since_n = excluded.since_n, read_n = excluded.read_n",
        [(room, person, last, last) for person in people],
    )


def _invite_bot(unit: Unit, inviter: str, room: str) -> None:
    request = _request(unit, "invite", room, inviter)
    announce(unit, room, f"{unit.name_of(inviter)}邀请{unit.bot_name}进群，等待{unit.bot_name}接受")
    name = unit.all("SELECT name FROM chats WHERE id = ?", room)[0]["name"]
    event = Event("", EventKind.INVITED, unit.now, room, name, inviter, unit.name_of(inviter), subject=request)
    unit.tell_bot(event)


def _request(unit: Unit, kind: str, chat: str, person: str) -> str:
    request = f"{unit.file}-r{secrets.token_hex(4)}"
    unit.db.execute("INSERT INTO requests VALUES (?, ?, ?, ?, 0)", (request, kind, chat, person))
    return request


def _tell_of_people(unit: Unit, kind: EventKind, room: str, by: str, people: list[str]) -> None:
    if not unit.bot_is_in(room) and BOT not in people:
        return
    name = unit.all("SELECT name FROM chats WHERE id = ?", room)[0]["name"]
    event = Event("", kind, unit.now, room, name, by, unit.name_of(by), from_self=BOT in people, people=tuple(people))
    unit.tell_bot(event)


def _known(unit: Unit, person: str) -> None:
    if unit.one("SELECT 1 FROM people WHERE id = ?", person) is None:
        raise NotThere("没有这个人，请重新选择。")


def _group(unit: Unit, person: str, room: str) -> None:
    membership(unit, person, room)
    row = unit.one("SELECT kind FROM chats WHERE id = ?", room)
    if row is None or row["kind"] != "room":
        raise ChatError("这是私聊，不是群。")


def _name(name: str) -> str:
    name = " ".join(plain(name).split())
    if is_blank(name):
        raise ChatError("请给群起个名字。")
    if len(name) > MAX_NAME:
        raise ChatError(f"群名最多 {MAX_NAME} 个字。")
    return name
