"""Which groups a notice reaches, and how far it has got."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from handlers.matters import Refusal
from handlers.notices import texts
from handlers.posting import may_hear, say
from handlers.turn import WORKERS, Turn
from handlers.understanding import Ref
from storage.areas import Area, Chat, Room, bound_rooms, silenced
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, DeliveryPart, PartState, Sort
from storage.people import Role

MOVING = (PartState.QUEUED, PartState.SENDING)


@dataclass(frozen=True, slots=True)
class Scope:
    """The residents' groups of an area: the chats that may hear a notice now, in order, and how many may not."""

    chats: tuple[int, ...]
    silent: int


@dataclass(slots=True)
class Progress:
    """Groups by what became of a notice there; `failed` by name."""

    reached: int = 0
    perhaps: int = 0
    waiting: int = 0
    cancelled: int = 0
    silent: int = 0
    failed: list[str] = field(default_factory=list)

    def words(self) -> str:
        """The counts as people read them."""
        return texts.tally(self.reached, self.perhaps, self.waiting, len(self.failed), self.cancelled, self.silent)

    @property
    def out(self) -> int:
        """Groups that have it, or perhaps have it."""
        return self.reached + self.perhaps


async def scope_of(turn: Turn, area: Area) -> Scope:
    """The groups that a notice to this area goes to."""
    rooms = await bound_rooms(turn.session, area.path)
    quiet = await silenced(turn.session, {path for _, _, path in rooms})
    chats = tuple(chat for room, chat, path in rooms if may_hear(Sort.NOTICE, room.mode, silent=path in quiet))
    return Scope(chats, len(rooms) - len(chats))


async def progress_of(turn: Turn, notice: Notice) -> Progress:
    """How far a notice has got, group by group."""
    rows = await turn.session.execute(
        select(col(Delivery.id), col(Room.name), col(DeliveryPart.state))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .where(col(Delivery.post_id) == notice.post_id)
        .order_by(col(Delivery.id))
    )
    states: dict[int, set[str]] = defaultdict(set)
    names: dict[int, str] = {}
    for delivery_id, name, state in rows:
        states[delivery_id].add(state)
        names[delivery_id] = name or "（未命名的群）"
    progress = Progress()
    for delivery_id, found in states.items():
        _count(progress, found, names[delivery_id])
    area = await turn.session.get_one(Area, notice.area_id)
    before = [room for room, _, _ in await bound_rooms(turn.session, area.path) if _bound_before(room, notice)]
    progress.silent = max(0, len(before) - len(states))
    return progress


def _count(progress: Progress, states: set[str], name: str) -> None:
    """One group by its parts: any waiting part waits, any failed one fails it."""
    if states & set(MOVING):
        progress.waiting += 1
    elif PartState.FAILED in states:
        progress.failed.append(name)
    elif PartState.UNKNOWN in states:
        progress.perhaps += 1
    elif PartState.SENT in states:
        progress.reached += 1
    else:
        progress.cancelled += 1


def _bound_before(room: Room, notice: Notice) -> bool:
    return bool(room.bound_at and notice.sent_at and room.bound_at <= notice.sent_at)


def may_rule(turn: Turn, notice: Notice, area: Area) -> bool:
    """Whether the speaker may send or stop it: its sender, while in office, or an admin above."""
    own = turn.me.contact_id == notice.sender_id and turn.me.has(WORKERS, area.path)
    return own or turn.me.has((Role.ADMIN,), area.path)


async def load(turn: Turn, number: int) -> tuple[Notice, Area]:
    """The notice and its area, locked for this transaction; Refusal if there is none."""
    notice = await turn.session.get(Notice, number, with_for_update=True, populate_existing=True)
    if notice is None:
        raise Refusal(f"没有通知 N{number}，请核对编号。")
    turn.concerns(f"N{number}")
    return notice, await turn.session.get_one(Area, notice.area_id)


async def report_status(turn: Turn, ref: Ref) -> None:
    """查 N5: for its sender and those who answer for the area."""
    notice, area = await load(turn, ref.number)
    if turn.me.contact_id != notice.sender_id and not turn.me.has(WORKERS, area.path):
        raise Refusal(f"通知 N{ref.number} 只有发起人和{area.name}的网格员、上级能查。")
    if notice.post_id is None or notice.state in (NoticeState.DRAFT, NoticeState.DROPPED):
        await say(turn, texts.draft_status(notice, area.name), ref=str(ref))
        return
    progress = await progress_of(turn, notice)
    await say(turn, texts.status(notice, area.name, progress.words(), progress.failed), ref=str(ref))
