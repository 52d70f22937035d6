"""Which groups and people a notice reaches, and how far it has got."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlmodel import col

from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.audience import Audience, audience_of, within
from handlers.notices.night import sleeps_until
from handlers.posting import Piece, Target, may_hear, say, ways_by_area
from handlers.turn import SENDERS, WORKERS, Turn
from handlers.understanding import Ref
from storage.areas import Area, Chat, Room, silenced
from storage.matters import NOTICE_OUT, Notice, NoticePicture, NoticeReceipt
from storage.outbox import REACHED, TAKEN_BACK, UNDER_WAY, Delivery, DeliveryPart, PartState, Post, Sort
from storage.people import Appointment, Contact, Role, names_of


@dataclass(frozen=True, slots=True)
class Scope:
    """Who hears a notice now: chats in order, and staff rooms where people without a private chat are mentioned.

    `silent`, `unbound` and `without` count groups that are left out, `missed` names people who cannot be reached.
    """

    targets: tuple[Target, ...] = ()
    called: tuple[tuple[Target, tuple[int, ...]], ...] = ()
    silent: int = 0
    unbound: int = 0
    without: int = 0
    missed: tuple[str, ...] = ()
    people: int | None = None
    alone: int = 0  # private chats among those that hear a correction

    @property
    def chat_ids(self) -> list[int]:
        """Those chats, in the order in which they get it."""
        return [target.chat_id for target in (*self.targets, *(target for target, _ in self.called))]

    @property
    def chats(self) -> int:
        """How many chats get it."""
        return len(self.targets) + len(self.called)

    def words(self) -> str:
        """The counts as people read them: 3 个群（另有 1 个群静默，不发）."""
        return texts.scope(
            texts.told(self.alone, self.chats - self.alone) if self.people is None else f"{self.people} 人",
            len(self.called),
            silent=self.silent,
            unbound=self.unbound,
            without=self.without,
            missed=self.missed,
        )


@dataclass(slots=True)
class Progress:
    """People (private chats) and groups by what became of it there; `failed` by name."""

    to_people: bool = False
    _counts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    failed: list[str] = field(default_factory=list)

    def count(self, what: str, groups: int = 0, people: int = 0) -> None:
        """Add so many."""
        self._counts[what][0] += people
        self._counts[what][1] += groups

    def told(self, *what: str) -> str:
        """How many people and groups came to these outcomes: `2 人、1 个群`."""
        people, groups = (sum(self._counts[one][index] for one in what) for index in (0, 1))
        return texts.told(people, groups, to_people=self.to_people)

    def some(self, *what: str) -> bool:
        """Whether anybody came to one of these outcomes."""
        return any(any(self._counts[one]) for one in what)

    def words(self) -> str:
        """The counts as people read them."""
        others = [f"{OUTCOMES[one]} {self.told(one)}" for one in OUTCOMES if self.some(one)]
        return "，".join([f"送达 {self.told('reached')}", *others])


OUT = ("reached", "perhaps")
"""Who has it, or perhaps has it."""
OUTCOMES = {
    "perhaps": "可能收到",
    "waiting": "等待",
    "failed": "失败",
    "cancelled": "撤下",
    "recalled": "撤回",
    "silent": "静默",
}


async def scope_of(turn: Turn, notice: Notice, audience: Audience) -> Scope:
    """Whom a notice goes to."""
    if notice.corrects_id is not None:
        return await _heard(turn, notice.corrects_id)
    if audience.role is not None:
        return await _people(turn, notice, audience)
    targets: list[Target] = []
    counts = {"silent": 0, "unbound": 0, "without": 0}
    rows = await _rooms(turn, audience)
    quiet = await silenced(turn.session, {path for _, _, path in rows})
    for room, chat_id, path in rows:
        if not audience.covers(path):
            counts["without"] += 1
        elif room.bound_at is None or chat_id is None:
            counts["unbound"] += 1
        elif may_hear(Sort.NOTICE, room.mode, silent=path in quiet):
            targets.append(Target(chat_id, len(targets)))
        else:
            counts["silent"] += 1
    return Scope(tuple(targets), **counts)


async def _rooms(turn: Turn, audience: Audience) -> list[tuple[Room, int | None, str]]:
    """(room, chat id if it has one, area path) of the groups of the audience, those left out included."""
    query = (
        select(Room, col(Chat.id), col(Area.path))
        .join(Area, col(Room.area_id) == col(Area.id))
        .outerjoin(Chat, col(Chat.room_id) == col(Room.id))
        .where(within(audience), Room.purpose == audience.purpose)
        .order_by(col(Room.id))
    )
    if audience.level is not None:
        query = query.where(Area.level == audience.level)
    return [(room, chat_id, path) for room, chat_id, path in await turn.session.execute(query)]


async def _people(turn: Turn, notice: Notice, audience: Audience) -> Scope:
    """Everybody who holds the role, in private, else by a mention in the nearest staff room."""
    held = await role_holders(turn, notice, audience)
    private, staff = await ways_by_area(turn, held)
    targets = [Target(private[one], rank) for rank, one in enumerate(one for one in held if one in private)]
    called: dict[int, list[int]] = defaultdict(list)
    for contact_id in held:
        if contact_id in staff:
            called[staff[contact_id]].append(contact_id)
    missed = [one for one in held if one not in private and one not in staff]
    names = await names_of(turn.session, missed) if missed else {}
    mentions = [(Target(chat, len(targets) + rank), tuple(who)) for rank, (chat, who) in enumerate(called.items())]
    return Scope(tuple(targets), tuple(mentions), missed=tuple(names.values()), people=len(held))


async def role_holders(turn: Turn, notice: Notice, audience: Audience) -> dict[int, int]:
    """Contact id -> area id of everybody who holds the audience's role, its sender aside."""
    query = (
        select(col(Appointment.contact_id), col(Area.id), col(Area.path))
        .join(Area, col(Appointment.area_id) == col(Area.id))
        .where(
            within(audience),
            Appointment.role == audience.role,
            Appointment.contact_id != notice.sender_id,
            or_(col(Appointment.until).is_(None), col(Appointment.until) > turn.now),
        )
        .order_by(col(Area.path), col(Appointment.id))
    )
    rows = await turn.session.execute(query)
    held: dict[int, int] = {}
    for contact_id, area_id, path in rows:
        if audience.covers(path):
            held.setdefault(contact_id, area_id)
    return held


async def _heard(turn: Turn, notice_id: int) -> Scope:
    """The chats that have a notice, perhaps have it, or will: what corrects it follows it, never overtakes it."""
    query = (
        select(
            col(Delivery.chat_id),
            col(Delivery.id),
            col(DeliveryPart.state),
            col(DeliveryPart.rank),
        )
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == f"N{notice_id}", Post.sort == Sort.NOTICE)
        .order_by(col(Delivery.id), col(DeliveryPart.number))
    )
    targets: dict[int, Target] = {}
    for chat_id, delivery_id, state, rank in await turn.session.execute(query):
        if state in UNDER_WAY:
            targets[chat_id] = Target(chat_id, rank, delivery_id)
        elif state in REACHED:
            targets.setdefault(chat_id, Target(chat_id, rank))
    people, _ = await people_and_groups(turn, list(targets))
    return Scope(tuple(targets.values()), alone=people)


async def people_and_groups(turn: Turn, chats: Sequence[int]) -> tuple[int, int]:
    """How many of these chats are private ones, and how many are groups."""
    rooms = select(func.count()).select_from(Chat).where(col(Chat.id).in_(chats), col(Chat.room_id).is_not(None))
    groups = await turn.session.scalar(rooms) or 0
    return len(chats) - groups, groups


async def pieces_of(turn: Turn, notice: Notice, text: str) -> list[Piece]:
    """What a notice consists of: its text, then its pictures."""
    return [Piece(text), *(Piece(picture_id=one) for one in await pictures_of(turn, notice))]


async def pictures_of(turn: Turn, notice: Notice) -> list[int]:
    """The pictures that go with a notice, in the order in which they came."""
    query = select(col(NoticePicture.picture_id)).where(NoticePicture.notice_id == notice.id)
    return list(await turn.session.scalars(query.order_by(col(NoticePicture.picture_id))))


async def progress_of(turn: Turn, notice: Notice) -> Progress:
    """How far a notice has got, chat by chat."""
    rows = await turn.session.execute(
        select(
            col(Delivery.id),
            func.coalesce(col(Room.name), col(Contact.name)),
            col(DeliveryPart.state),
            col(DeliveryPart.error),
            col(Chat.contact_id).is_not(None),
        )
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .outerjoin(Contact, col(Chat.contact_id) == col(Contact.id))
        .where(Post.ref == f"N{notice.id}", Post.sort == Sort.NOTICE)
        .order_by(col(Delivery.id))
    )
    states: dict[int, set[str]] = defaultdict(set)
    names: dict[int, str] = {}
    alone: dict[int, bool] = {}
    for delivery_id, name, state, error, private in rows:
        alone[delivery_id] = private
        states[delivery_id].add(TAKEN_BACK if error == TAKEN_BACK else state)
        names[delivery_id] = name or "（未命名的群）"
    audience = await audience_of(turn, notice)
    progress = Progress(audience.role is not None)
    for delivery_id, found in states.items():
        came_to = _came_to(found)
        progress.count(came_to, people=alone[delivery_id], groups=not alone[delivery_id])
        progress.failed += [names[delivery_id]] * (came_to == "failed")
    progress.count("silent", await _left_silent(turn, notice, audience, len(states)))
    return progress


async def _left_silent(turn: Turn, notice: Notice, audience: Audience, delivered: int) -> int:
    """Groups of the audience that were bound when it went out, and were silent."""
    if audience.role is not None or notice.corrects_id is not None:
        return 0
    rows = await _rooms(turn, audience)
    return max(0, sum(_bound_before(room, notice) and audience.covers(path) for room, _, path in rows) - delivered)


def _came_to(states: set[str]) -> str:
    """The outcome of one chat by its parts: any waiting part waits, any failed one fails it."""
    if states & set(UNDER_WAY):
        return "waiting"
    ways = ((PartState.FAILED, "failed"), (PartState.UNKNOWN, "perhaps"), (PartState.SENT, "reached"))
    return next((name for state, name in ways if state in states), "recalled" if TAKEN_BACK in states else "cancelled")


def _bound_before(room: Room, notice: Notice) -> bool:
    return bool(room.bound_at and notice.sent_at and room.bound_at <= notice.sent_at)


def covers_all(turn: Turn, roles: Sequence[Role], audience: Audience) -> bool:
    """Whether the speaker holds one of the roles for every area of the audience."""
    return all(turn.me.has(roles, area.path) for area in audience.areas)


def may_rule(turn: Turn, notice: Notice, audience: Audience) -> bool:
    """Whether the speaker may send or stop it: its sender, while in office, or an admin above."""
    own = turn.me.contact_id == notice.sender_id and covers_all(turn, SENDERS, audience)
    return own or covers_all(turn, (Role.ADMIN,), audience)


def must_rule(turn: Turn, notice: Notice, audience: Audience, what: str = "确认和停止", *, own: bool = False) -> None:
    """Refusal for anybody else; `own`: what its sender may do out of office too, as it only takes back."""
    mine = own and turn.me.contact_id == notice.sender_id
    if not mine and not may_rule(turn, notice, audience):
        where = "、".join(area.name for area in audience.areas)
        raise Refusal(f"通知 N{notice.id} 只有发起人或{where}的管理员能{what}，这次没有改动。")


async def load(turn: Turn, number: int) -> tuple[Notice, Audience]:
    """The notice and its audience, locked for this transaction; Refusal if there is none."""
    notice = await turn.session.get(Notice, number, with_for_update=True, populate_existing=True)
    if notice is None:
        raise Refusal(f"没有通知 N{number}，请核对编号。")
    turn.concerns(f"N{number}")
    return notice, await audience_of(turn, notice)


async def load_to_see(turn: Turn, number: int) -> tuple[Notice, Audience]:
    """As `load`, for its sender and those who answer for its areas; Refusal for others."""
    notice, audience = await load(turn, number)
    if turn.me.contact_id != notice.sender_id and not covers_all(turn, WORKERS, audience):
        where = "、".join(area.name for area in audience.areas)
        raise Refusal(f"通知 N{number} 只有发起人和{where}的网格员、上级能查。")
    return notice, audience


async def report_status(turn: Turn, ref: Ref) -> None:
    """查 N5: how far it is."""
    notice, audience = await load_to_see(turn, ref.number)
    name = audience.name(turn.rules.levels)
    if notice.state not in NOTICE_OUT:
        await say(turn, texts.draft_status(notice, name, turn.local), ref=str(ref))
        return
    progress, wakes = await progress_of(turn, notice), await sleeps_until(turn, notice)
    heard = select(func.count()).select_from(NoticeReceipt).where(NoticeReceipt.notice_id == notice.id)
    answered = await turn.session.scalar(heard) or 0
    await say(turn, texts.status(notice, name, progress.words(), progress.failed, answered, wakes), ref=str(ref))


async def all_rooms(turn: Turn, purpose: str) -> int:
    """How many bound groups of a purpose there are at all."""
    query = select(func.count()).select_from(Room).where(Room.purpose == purpose, col(Room.bound_at).is_not(None))
    return await turn.session.scalar(query) or 0
