"""Writing what the bot says into the outbox; the courier sends it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from handlers.ports import Capabilities, Queued
from handlers.turn import Turn
from storage.areas import Area, Chat, Mode, Purpose, Room, area_line, under_silence
from storage.behind import Later, behind
from storage.columns import UtcTime
from storage.engine import given
from storage.outbox import SPEAKING, Delivery, DeliveryPart, PartState, Post, PostPart, Priority, Sort
from storage.people import NAMES, holders, private_chats, silent_chats

ALLOWED: dict[str, frozenset[Sort]] = {
    Mode.FULL: frozenset(Sort),
    Mode.TRIAL: frozenset(Sort) - {Sort.FRESH},
    Mode.SILENT: frozenset({Sort.END}),
}
"""What a room of each mode may hear (DESIGN.md, "Modes of a room")."""

PRIORITY: dict[Sort, Priority] = {
    Sort.REPLY: Priority.REPLY,
    Sort.ALERT: Priority.URGENT,
    Sort.END: Priority.URGENT,
    Sort.EMERGENCY: Priority.REPLY,  # the one who cries for help hears first, then those who are called
    Sort.FRESH: Priority.REPLY,
    Sort.CASE: Priority.PROGRESS,
    Sort.STAFF: Priority.REPLY,
    Sort.NOTICE: Priority.NOTICE,
    Sort.GREETING: Priority.NOTICE,
}

NO_MATTER = "-"

AWAY_FOR = timedelta(minutes=2)
"""How long an account is away before people are looked for by other ways: longer than a reconnection takes."""


@dataclass(frozen=True, slots=True)
class Target:
    """A chat to be reached; nearer ranks go first; `after_id` is a delivery whose outcome must be known before."""

    chat_id: int
    rank: int = 0
    after_id: int | None = None


class _Heard(NamedTuple):
    """A target that may hear a post, and the account that speaks there."""

    target: Target
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a post: text with people to mention, or a picture: stored, or drawn by the courier.

    It draws a poster of the post's alert, or `figures`, for which `text` says whose and when; on one that is `mapped`,
    what `text` says (`handlers.maps`).
    """

    text: str = ""
    mentions: tuple[int, ...] = ()
    picture_id: int | None = None
    poster: bool = False
    figures: bool = False
    mapped: bool = False

    @property
    def kind(self) -> str:
        """As the tables name it."""
        drawn = (("poster", self.poster), ("figures", self.figures), ("map", self.mapped), ("picture", self.picture_id))
        return next((name for name, is_so in drawn if is_so), "text")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a post: its id, how many chats it goes to, and how many are silent."""

    post_id: int | None
    chats: int
    silent: int


async def post(
    turn: Turn,
    ref: str,
    sort: Sort,
    pieces: Sequence[Piece],
    targets: Iterable[Target],
    *,
    hold: datetime | None = None,
    priority: Priority | None = None,
) -> Sent:
    """Queue one post to each target that may hear it, in the caller's transaction; not to be sent before `hold`.

    A matter's first post is `<ref>.1`; long texts become several parts, split at line ends.
    `priority` stands in for that of its sort.
    """
    wanted = {target.chat_id: target for target in targets}
    if not wanted:
        return Sent(None, 0, 0)
    rank = PRIORITY[sort] if priority is None else priority
    return _noted(
        turn, ref, sort, await turn.session.run_sync(_write, turn, ref, sort, rank, pieces, wanted, hold or turn.now)
    )


def _noted(turn: Turn, ref: str, sort: Sort, sent: Sent) -> Sent:
    if sent.post_id is not None:
        turn.queued.append(Queued(sent.post_id, ref, sort, sent.chats))
    return sent


# Put together once, which takes longer than to run them.
_NEXT = select(func.coalesce(func.max(Post.seq), 0) + 1).where(col(Post.ref) == bindparam("matter")).scalar_subquery()
_POST = insert(Post).values(seq=_NEXT).returning(col(Post.id))
_PARTS = insert(PostPart)
_BEFORE = select(col(Delivery.chat_id), col(Delivery.id)).where(col(Delivery.post_id) == bindparam("post"))
_AGAIN = (
    update(DeliveryPart)
    .where(
        col(DeliveryPart.delivery_id).in_(bindparam("deliveries", expanding=True)),
        col(DeliveryPart.state) == PartState.CANCELLED,
    )
    .values(state=PartState.QUEUED, account_id=SPEAKING, due_at=bindparam("at"), error="")
    .execution_options(synchronize_session=False)
)


# From one parameter for all chats: rows of a district's rooms as parameters take longer to prepare than to store.
@cache
def _heard(dialect: str) -> Any:
    _, chat = given(dialect, "chats")
    return (  # locked: until the parts are there, nobody takes the chats over without them
        select(col(Chat.id), col(Chat.account_id), col(Room.mode), under_silence())
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .outerjoin(Area, col(Room.area_id) == col(Area.id))
        .where(col(Chat.id).in_(select(chat[0].as_integer())))
        .order_by(col(Chat.id))
        .with_for_update(read=True, of=Chat)
    )


@cache
def _deliveries(dialect: str) -> Any:
    place, row = given(dialect, "sendings")
    columns = {"post_id": row[0], "chat_id": row[1], "after_id": row[2]}
    rows = select(*(value.as_integer() for value in columns.values())).order_by(place)
    return insert(Delivery).from_select(list(columns), rows)


@cache
def _queue(dialect: str) -> Any:
    """Each part of the posts for each of their deliveries."""
    place, row = given(dialect, "sendings")
    columns: dict[str, Any] = {
        "delivery_id": col(Delivery.id),
        "account_id": row[3].as_integer(),
        "rank": row[4].as_integer(),
        "number": col(PostPart.number),
        "turn": case((col(PostPart.kind) == "text", 0), else_=1),
        "priority": row[5].as_integer(),
        "due_at": bindparam("at", type_=UtcTime),
    }
    post, chat = row[0].as_integer(), row[1].as_integer()
    parts = (
        select(*columns.values())
        .join(Delivery, (col(Delivery.post_id) == post) & (col(Delivery.chat_id) == chat))
        .join(PostPart, col(PostPart.post_id) == col(Delivery.post_id))
    )
    return insert(DeliveryPart).from_select(list(columns), parts.order_by(place, col(PostPart.number)))


class _Sending(NamedTuple):
    """A post on its way to one chat, by this account."""

    post_id: int
    chat_id: int
    after_id: int | None
    account_id: int | None
    rank: int
    priority: Priority


class _Queued(NamedTuple):
    """What is written of one post in the end: its parts, where they are not yet there, and where they go."""

    parts: list[dict[str, Any]]
    sendings: list[_Sending]
    due_at: datetime


def _write_queued(connection: Connection, queued: list[_Queued]) -> None:
    dialect = connection.dialect.name
    if parts := [part for one in queued for part in one.parts]:
        connection.execute(_PARTS, parts)
    by_time: dict[datetime, list[_Sending]] = {}
    for one in queued:
        by_time.setdefault(one.due_at, []).extend(one.sendings)
    for due_at, sendings in by_time.items():
        connection.execute(_deliveries(dialect), {"sendings": sendings})
        connection.execute(_queue(dialect), {"sendings": sendings, "at": due_at})


_QUEUED = Later(("postpart", "delivery"), _write_queued)


def _write(
    session: Session,
    turn: Turn,
    ref: str,
    sort: Sort,
    priority: Priority,
    pieces: Sequence[Piece],
    wanted: Mapping[int, Target],
    due_at: datetime,
) -> Sent:
    session.flush()
    connection = session.connection()
    heard = _hearing(connection, sort, wanted)
    if not heard:
        return Sent(None, 0, len(wanted))
    parts = _split(_named(connection, turn, pieces), turn.outside.capabilities)
    if not parts:  # nothing but pictures, where none can be sent
        return Sent(None, 0, len(wanted) - len(heard))
    written = {"matter": ref, "ref": ref, "sort": sort, "priority": priority, "at": turn.now}
    post_id: int = connection.scalar(_POST, {**written, "inbox_id": turn.inbox_id, "due": turn.due})
    said = [
        {
            "post_id": post_id,
            "number": number,
            "kind": piece.kind,
            "text": piece.text,
            "mentions": list(piece.mentions),
            "picture_id": piece.picture_id,
        }
        for number, piece in enumerate(parts)
    ]
    sendings = _sendings(post_id, priority, heard)
    behind(turn.session).add(_QUEUED, _Queued(said, sendings, due_at))
    return Sent(post_id, len(heard), len(wanted) - len(heard))


def _hearing(connection: Connection, sort: Sort, wanted: Mapping[int, Target]) -> list[_Heard]:
    """Those of the targets that may hear it now."""
    chats = connection.execute(_heard(connection.dialect.name), {"chats": [(one,) for one in wanted]}).all()
    accounts = {
        chat: account
        for chat, account, mode, silent in chats
        # A person with whom no account speaks (who wrote on the web) hears nothing here.
        if (mode or account) and may_hear(sort, mode, silent=silent)
    }
    return [_Heard(target, accounts[chat_id]) for chat_id, target in wanted.items() if chat_id in accounts]


def _sendings(post_id: int, priority: Priority, heard: Sequence[_Heard]) -> list[_Sending]:
    return [
        _Sending(post_id, target.chat_id, target.after_id, account_id, target.rank, priority)
        for target, account_id in heard
    ]


async def send_on(turn: Turn, post_id: int, sort: Sort, targets: Iterable[Target]) -> Sent:
    """Queue a post that was written before for more chats: what was cancelled there, or all of it."""
    wanted = {target.chat_id: target for target in targets}
    sent = await turn.session.run_sync(_extend, turn, post_id, sort, wanted)
    return _noted(turn, turn.ref or NO_MATTER, sort, sent)


def _extend(session: Session, turn: Turn, post_id: int, sort: Sort, wanted: Mapping[int, Target]) -> Sent:
    session.flush()
    connection = session.connection()
    heard = _hearing(connection, sort, wanted)
    known = dict(connection.execute(_BEFORE, {"post": post_id}).all())
    if again := [known[target.chat_id] for target, _ in heard if target.chat_id in known]:
        connection.execute(_AGAIN, {"deliveries": again, "at": turn.now})
    if fresh := [one for one in heard if one.target.chat_id not in known]:
        sendings = _sendings(post_id, PRIORITY[sort], fresh)
        behind(turn.session).add(_QUEUED, _Queued([], sendings, turn.now))
    return Sent(post_id, len(heard), len(wanted) - len(heard))


def may_hear(sort: str, mode: str | None, *, silent: bool) -> bool:
    """Whether a post of this sort may go to a room of this mode; a private chat (mode None) hears all."""
    return mode is None or sort in ALLOWED[Mode.SILENT if silent else mode]


def _named(connection: Connection, turn: Turn, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with `@name ` before the text of those that mention people."""
    ids = {contact_id for piece in pieces for contact_id in piece.mentions}
    if not ids:
        return list(pieces)
    names = {turn.speaker.contact_id: turn.speaker.name} if turn.speaker else {}
    if unknown := ids - names.keys():
        names |= dict(connection.execute(NAMES, {"contacts": list(unknown)}).all())
    return [
        replace(piece, text="".join(f"@{names.get(one, '')} " for one in piece.mentions) + piece.text)
        for piece in pieces
    ]


def kinds_of(pieces: Sequence[Piece], capabilities: Capabilities) -> list[str]:
    """The kinds of the parts that these pieces make."""
    return [piece.kind for piece in _split(pieces, capabilities)]


def _split(pieces: Sequence[Piece], capabilities: Capabilities) -> list[Piece]:
    parts: list[Piece] = []
    for piece in pieces:
        if piece.kind != "text":
            if capabilities.can_send_pictures:
                parts.append(piece)
            continue
        texts = split_text(piece.text, capabilities.max_text_bytes)
        parts += [Piece(text, piece.mentions if not number else ()) for number, text in enumerate(texts)]
    return parts


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` UTF-8 bytes, cut at line ends, or between characters where a line is longer."""
    pieces: list[str] = []
    current, size = "", 0
    for line in text.splitlines(keepends=True):
        for chunk in _chunks(line, limit):
            width = len(chunk.encode())
            if current and size + width > limit:
                pieces.append(current.rstrip("\n"))
                current, size = "", 0
            current, size = current + chunk, size + width
    return [*pieces, current.rstrip("\n")] if current else pieces or [""]


def _chunks(line: str, limit: int) -> Iterable[str]:
    data = line.encode()
    while len(data) > limit:
        cut = limit
        while data[cut] & 0xC0 == 0x80:  # never inside a character
            cut -= 1
        yield data[:cut].decode()
        data = data[cut:]
    yield data.decode()


async def say(
    turn: Turn,
    text: str,
    *,
    ref: str = NO_MATTER,
    sort: Sort = Sort.REPLY,
    mention: bool = True,
    pictures: Sequence[Piece] = (),
) -> Sent:
    """Answer where the message came from, mentioning its writer; in private where the room is silent."""
    here, mentions = turn.here, ()
    if not here.private and mention and turn.speaker:
        mentions = (turn.speaker.contact_id,)
    sent = await post(turn, ref, sort, [Piece(text, mentions), *pictures], [Target(here.chat_id)])
    if sent.chats or turn.speaker is None:
        return sent
    return await whisper(turn, turn.speaker.contact_id, text, ref=ref, pictures=pictures)


async def whisper(
    turn: Turn,
    contact_id: int,
    text: str,
    *,
    ref: str = NO_MATTER,
    pictures: Sequence[Piece] = (),
    hold: datetime | None = None,
) -> Sent:
    """Say something to a person in private, not before `hold`; nothing happens where that is impossible."""
    chats = await private_chats(turn.session, [contact_id])
    targets = [Target(chat) for chat in chats.values()]
    return await post(turn, ref, Sort.STAFF, [Piece(text), *pictures], targets, hold=hold)


async def tell(
    turn: Turn,
    contact_id: int,
    text: str,
    open_text: str,
    *,
    area: Area,
    ref: str = NO_MATTER,
    hold: datetime | None = None,
) -> int | None:
    """Tell a worker something: in private, else `open_text` (no personal data) in the nearest staff room.

    Returns the chat in which it was said, or None if neither exists.
    """
    chats, room = await ways(turn, [contact_id], area)
    if contact_id in chats:
        await post(turn, ref, Sort.STAFF, [Piece(text)], [Target(chats[contact_id])], hold=hold)
        return chats[contact_id]
    if room is not None:
        await post(turn, ref, Sort.STAFF, [Piece(open_text, (contact_id,))], [Target(room)], hold=hold)
    return room


async def ways(turn: Turn, people: Collection[int], area: Area) -> tuple[dict[int, int], int | None]:
    """The private chat of each who is reached there (contact id -> chat id), and the staff room for the others."""
    chats, rooms = await ways_by_area(turn, dict.fromkeys(people, area.id or 0))
    return chats, next((rooms[one] for one in people if one in rooms), None)


async def ways_by_area(turn: Turn, people: Mapping[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """The private chat of each who is reached there, and the nearest staff room of each other (contact id -> chat id).

    `people` is contact id -> area id. Who could be reached only through an account that is away is one of the others,
    if the staff room's account works; who is in neither can be reached nowhere.
    """
    chats = await private_chats(turn.session, people)
    since = turn.now - AWAY_FOR
    unheard = await silent_chats(turn.session, chats.values(), since) if chats else set()
    others = {one: area for one, area in people.items() if one not in chats or chats[one] in unheard}
    near = {area: await staff_chat(turn, await turn.session.get_one(Area, area)) for area in set(others.values())}
    rooms = {one: room for one, area in others.items() if (room := near[area]) is not None}
    mute = await silent_chats(turn.session, set(rooms.values()), since) if unheard and rooms else set()
    for one, room in list(rooms.items()):
        if one not in chats:
            continue
        if room in mute:
            del rooms[one]  # no better than the private chat
        else:
            del chats[one]
    return chats, rooms


async def staff_chat(turn: Turn, area: Area) -> int | None:
    """The chat of the nearest bound staff room, going up the tree."""
    for step in await area_line(turn.session, area):
        chat = await turn.session.scalar(
            select(col(Chat.id))
            .join(Room, col(Chat.room_id) == col(Room.id))
            .where(Room.area_id == step.id, Room.purpose == Purpose.STAFF, col(Room.bound_at).is_not(None))
            .order_by(col(Room.id))
            .limit(1)
        )
        if chat is not None:
            return int(chat)
    return None


async def responsible(turn: Turn, area: Area, roles: Collection[str], *, but: Collection[int] = ()) -> list[int]:
    """Contacts who hold one of the roles nearest to the area (all of the nearest level), without `but`."""
    held = [one for one in await holders(turn.session, area.path, roles, turn.now) if one.contact_id not in but]
    nearest = [one.contact_id for one in held if one.level == held[0].level]
    return list(dict.fromkeys(nearest))
