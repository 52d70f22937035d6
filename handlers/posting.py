"""Writing what the bot says into the outbox; the courier sends it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlmodel import col

from handlers.ports import Capabilities
from handlers.turn import Turn
from storage.areas import Area, Chat, Mode, Purpose, Room, area_line, silenced
from storage.outbox import Delivery, DeliveryPart, Post, PostPart, Priority, Sort
from storage.people import Contact, holders, private_chats

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


@dataclass(frozen=True, slots=True)
class Target:
    """A chat to be reached; nearer ranks go first; `after_id` is a delivery whose outcome must be known before."""

    chat_id: int
    rank: int = 0
    after_id: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a post: text with people to mention, or a picture (stored, or a poster drawn by the courier)."""

    text: str = ""
    mentions: tuple[int, ...] = ()
    picture_id: int | None = None
    poster: bool = False

    @property
    def kind(self) -> str:
        """As the tables name it."""
        return "poster" if self.poster else "picture" if self.picture_id else "text"


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
) -> Sent:
    """Queue one post to each target that may hear it, in the caller's transaction; not to be sent before `hold`.

    A matter's first post is `<ref>.1`; long texts become several parts, split at line ends.
    """
    wanted = {target.chat_id: target for target in targets}
    heard = await _hearing(turn, sort, wanted)
    silent = len(wanted) - len(heard)
    if not heard:
        return Sent(None, 0, silent)
    parts = _split(await _named(turn, pieces), turn.outside.capabilities)
    record = Post(
        ref=ref, seq=await _next_seq(turn, ref), sort=sort, priority=PRIORITY[sort], at=turn.now, inbox_id=turn.inbox_id
    )
    turn.session.add(record)
    await turn.session.flush()
    assert record.id is not None
    turn.session.add_all(
        PostPart(
            post_id=record.id,
            number=number,
            kind=piece.kind,
            text=piece.text,
            mentions=list(piece.mentions),
            picture_id=piece.picture_id,
        )
        for number, piece in enumerate(parts)
    )
    await turn.session.flush()
    await _queue(turn, record, parts, [wanted[chat_id] for chat_id in heard], hold or turn.now)
    return Sent(record.id, len(heard), silent)


async def _next_seq(turn: Turn, ref: str) -> int:
    highest = await turn.session.scalar(select(func.max(Post.seq)).where(col(Post.ref) == ref))
    return (highest or 0) + 1


async def _queue(turn: Turn, record: Post, parts: Sequence[Piece], targets: Sequence[Target], due_at: datetime) -> None:
    await turn.session.execute(
        insert(Delivery),
        [{"post_id": record.id, "chat_id": target.chat_id, "after_id": target.after_id} for target in targets],
    )
    made = await turn.session.execute(
        select(col(Delivery.chat_id), col(Delivery.id)).where(col(Delivery.post_id) == record.id)
    )
    ids = dict(made.all())
    await turn.session.execute(
        insert(DeliveryPart),
        [
            {
                "delivery_id": ids[target.chat_id],
                "number": number,
                "priority": record.priority,
                "turn": 0 if piece.kind == "text" else 1,
                "rank": target.rank,
                "due_at": due_at,
            }
            for target in targets
            for number, piece in enumerate(parts)
        ],
    )


async def _hearing(turn: Turn, sort: Sort, chats: Collection[int]) -> list[int]:
    """Those of the chats that may hear this sort of post now, in the given order."""
    rows = await turn.session.execute(
        select(col(Chat.id), col(Room.mode), col(Area.path))
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .outerjoin(Area, col(Room.area_id) == col(Area.id))
        .where(col(Chat.id).in_(chats))
    )
    found = {chat_id: (mode, path) for chat_id, mode, path in rows}
    quiet = await silenced(turn.session, {path for _, path in found.values() if path})
    return [chat_id for chat_id in chats if chat_id in found and may_hear(sort, *found[chat_id], quiet)]


def may_hear(sort: str, mode: str | None, path: str | None, quiet: Collection[str]) -> bool:
    """Whether a post of this sort may go to a room of this mode; a private chat (mode None) hears all."""
    if mode is None:
        return True
    return sort in ALLOWED[Mode.SILENT if path in quiet else mode]


async def _named(turn: Turn, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with `@name ` before the text of those that mention people."""
    ids = {contact_id for piece in pieces for contact_id in piece.mentions}
    if not ids:
        return list(pieces)
    rows = await turn.session.execute(select(col(Contact.id), col(Contact.name)).where(col(Contact.id).in_(ids)))
    names = dict(rows.all())
    return [
        Piece(
            "".join(f"@{names.get(one, '')} " for one in piece.mentions) + piece.text,
            piece.mentions,
            piece.picture_id,
            piece.poster,
        )
        for piece in pieces
    ]


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


async def say(turn: Turn, text: str, *, ref: str = NO_MATTER, sort: Sort = Sort.REPLY, mention: bool = True) -> Sent:
    """Answer where the message came from, mentioning its writer; in private where the room is silent."""
    here, mentions = turn.here, ()
    if not here.private and mention and turn.speaker:
        mentions = (turn.speaker.contact_id,)
    sent = await post(turn, ref, sort, [Piece(text, mentions)], [Target(here.chat_id)])
    if sent.chats or turn.speaker is None:
        return sent
    return await whisper(turn, turn.speaker.contact_id, text, ref=ref)


async def whisper(turn: Turn, contact_id: int, text: str, *, ref: str = NO_MATTER) -> Sent:
    """Say something to a person in private; nothing happens where that is impossible."""
    chats = await private_chats(turn.session, [contact_id])
    return await post(turn, ref, Sort.STAFF, [Piece(text)], [Target(chat) for chat in chats.values()])


async def tell(
    turn: Turn, contact_id: int, text: str, open_text: str, *, area: Area, ref: str = NO_MATTER
) -> int | None:
    """Tell a worker something: in private, else `open_text` (no personal data) in the nearest staff room.

    Returns the chat in which it was said, or None if neither exists.
    """
    chats = await private_chats(turn.session, [contact_id])
    if contact_id in chats:
        await post(turn, ref, Sort.STAFF, [Piece(text)], [Target(chats[contact_id])])
        return chats[contact_id]
    chat = await staff_chat(turn, area)
    if chat is not None:
        await post(turn, ref, Sort.STAFF, [Piece(open_text, (contact_id,))], [Target(chat)])
    return chat


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
