"""What the kinds of matter have in common: finding one by the number that somebody typed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, cast, false, or_, select
from sqlmodel import col

from handlers.clipping import open_clip
from handlers.likeness import alike, tells_what
from handlers.refs import label
from handlers.turn import ON_DUTY, WORKERS, Turn
from handlers.understanding import Kind, Ref
from storage.answers import Inquiry, InquiryState
from storage.areas import Area, Chat, Room
from storage.engine import run
from storage.matters import ALERT_OPEN, CASE_OPEN, Alert, Case, CaseFollower, CaseState, Notice, NoticeState, Stray
from storage.people import Held, Role, Seen

NOT_FOUND = "您能看的里面没有找到 {} 号，请核对编号，或引用我发的那条消息回复。"
"""Also said of what somebody may not know of: the same words, so that they tell nothing, and are true of both."""

CASE_KINDS = frozenset({Kind.REQUEST, Kind.COMPLAINT, Kind.SUGGESTION})
"""Kinds of message that are a case, and no danger or missing person."""

RECENT_DONE = timedelta(days=3)
"""How long after its end a case still takes a rating or 还没好 in plain words, an alert 还没找到."""

COMPLAINTS = (Role.LEAD, Role.ADMIN)
"""Who handles complaints about workers."""


class Refusal(Exception):
    """Something that cannot be done as it was asked; the message is the one line that people read."""


class Lacking(Refusal):
    """Something that plain words of the one who is to do it would do, but for what is still missing: they hear it."""


class InPrivate(Refusal):
    """What is asked for in a group is spoken of in private only; who asked is told so there."""


class NothingOpen(Refusal):
    """There is nothing that words without a number could mean."""


@dataclass(frozen=True, slots=True)
class MatterKind:
    """One kind of matter: its table, who counts as its owner, and which states are open."""

    letter: str
    table: Any
    people: tuple[str, ...]
    open_states: tuple[str, ...]
    short: tuple[str, ...]


MATTERS: dict[str, MatterKind] = {
    "": MatterKind("", Case, ("reporter_id", "owner_id"), (*CASE_OPEN, CaseState.DONE), ("category", "text")),
    "M": MatterKind("M", Alert, ("reporter_id",), ALERT_OPEN, ("name", "text")),
    "F": MatterKind("F", Stray, ("reporter_id",), ("open",), ("text",)),
    "Q": MatterKind("Q", Inquiry, ("contact_id", "by_id"), (InquiryState.OPEN, InquiryState.ANSWERED), ("text",)),
    "N": MatterKind("N", Notice, ("sender_id",), (NoticeState.DRAFT, NoticeState.PLANNED, NoticeState.SENT), ("text",)),
}


def kinds_of(letters: str) -> list[MatterKind]:
    """The kinds that a command's letters name; "C" stands for cases."""
    return [MATTERS["" if letter == "C" else letter] for letter in letters]


async def find(turn: Turn, letters: str, given: Ref | None, states: Collection[str] = (), words: str = "") -> Ref:
    """The matter meant by a command in these circumstances; Refusal when none or several could be.

    `states`: those in which a case can be meant, where there is a choice; `words`: what was said of it, which may name
    what only one of several is about (办结 狗送走了).
    """
    ref = given or turn.quoted
    if ref is None:
        return await _only_own(turn, letters, states, words)
    if ref.letter:
        return await _exact(ref, turn)
    found = await _numbered(turn, letters, ref.number)
    if len(found) == 1:
        return found[0]
    if found:
        raise Refusal(f"有几件都对得上，请写全编号：{'、'.join(str(one) for one in found)}")
    if await _heard_of_alert(turn, ref.number):
        alert = Ref("M", ref.number)
        if "M" in letters:
            return alert
        raise Refusal(f"您能看的事项里没有 {ref} 号。寻人的编号带 M，看寻人请发“查 {alert}”。")
    raise Refusal(NOT_FOUND.format(ref))


def _groups(turn: Turn) -> Select[Any]:
    """The chats of the groups in which the speaker was seen."""
    return (
        select(col(Chat.id))
        .join(Seen, col(Seen.room_id) == col(Chat.room_id))
        .where(col(Seen.contact_id) == turn.me.contact_id)
    )


async def _heard_of_alert(turn: Turn, number: int) -> bool:
    """Whether the speaker could read of somebody who was sought under this number: here, or in one of their groups."""
    alert = await turn.session.get(Alert, number)
    if alert is None:
        return False
    rooms = select(col(Area.path), col(Chat.id)).join(Room, col(Room.area_id) == col(Area.id))
    rooms = rooms.join(Chat, col(Chat.room_id) == col(Room.id)).where(
        or_(col(Chat.id) == turn.here.chat_id, col(Chat.id).in_(_groups(turn)))
    )
    heard = (await turn.session.execute(rooms)).all()
    return any(alert.covers(path) or (chat == alert.chat_id and not alert.forwarded) for path, chat in heard)


async def _exact(ref: Ref, turn: Turn) -> Ref:
    kind = MATTERS.get(ref.letter)
    if kind is None or await turn.session.get(kind.table, ref.number) is None:
        raise Refusal(f"没有 {ref} 这个编号，请核对一下。")
    return ref


_HERE = select(col(Case.id)).where(
    col(Case.id) == bindparam("number"),
    col(Case.chat_id) == bindparam("chat"),
    col(Case.state).in_(MATTERS[""].open_states),
    col(Case.about_worker).is_(False),
)
"""An open case of this chat, which is within everybody's reach there: most commands are about one."""


_KNOWN = {letter: select(kind.table.id).where(kind.table.id == bindparam("number")) for letter, kind in MATTERS.items()}


async def _numbered(turn: Turn, letters: str, number: int) -> list[Ref]:
    """Exact and open; else the only open one ending in it; else exact and closed (DESIGN.md, "Words")."""
    here = {"number": number, "chat": turn.here.chat_id}
    exact: list[tuple[Ref, bool]] = []
    for kind in kinds_of(letters):
        if not kind.letter and (await run(turn.session, _HERE, here)).first():
            exact.append((Ref("", number), True))
            continue
        if not (await run(turn.session, _KNOWN[kind.letter], {"number": number})).first():
            continue
        query = _within_reach(turn, kind).where(kind.table.id == number)
        rows = await turn.session.execute(query)
        exact += [(Ref(kind.letter, number), state in kind.open_states) for _, state in rows]
    if opened := [ref for ref, is_open in exact if is_open]:
        return opened
    if number >= 10:
        ending = [ref for kind in kinds_of(letters) for ref in await _ending(turn, kind, number)]
        if ending:
            return ending
    return [ref for ref, _ in exact]


async def _ending(turn: Turn, kind: MatterKind, number: int) -> list[Ref]:
    query = _within_reach(turn, kind).where(
        kind.table.state.in_(kind.open_states), cast(kind.table.id, String).like(f"%{number}")
    )
    return [Ref(kind.letter, number) for number, _ in await turn.session.execute(query.limit(10))]


def _within_reach(turn: Turn, kind: MatterKind) -> Select[Any]:
    """Number and state of matters of the speaker's areas, their own, those that they joined, and those of this chat.

    In private also what all could read in the speaker's groups.
    """
    table, me = kind.table, turn.me
    mine = [getattr(table, name) == me.contact_id for name in kind.people]
    areas = [_below(held) for held in me.roles if held.role not in (Role.DEPARTMENT, Role.MEDIATOR)]
    here = [table.chat_id == turn.here.chat_id]
    if table is Case:
        here.append(col(Case.id).in_(select(CaseFollower.case_id).where(CaseFollower.contact_id == me.contact_id)))
    if table is Case and turn.here.private:
        here.append(col(Case.shown) & ~col(Case.quiet) & col(Case.chat_id).in_(_groups(turn)))
    if table is Case and me.roles:
        from handlers.cases import departments  # it imports this module

        areas.append(departments.called(me.roles, me.contact_id))
    query = select(table.id, table.state).join(Area, table.area_id == col(Area.id)).where(or_(*mine, *areas, *here))
    if table is not Case:
        return query
    # who may not see a complaint hears the same of it as of a number that never was
    above = [_below(held) for held in me.roles if held.role in COMPLAINTS]
    called = [_below(held) & (col(Case.kind) == Kind.EMERGENCY) for held in me.roles if held.role == Role.POLICE]
    return query.where(or_(col(Case.about_worker).is_(False), *mine, *above, *called))


def _below(held: Held) -> ColumnElement[bool]:
    return col(Area.path).startswith(held.path, autoescape=True)


_NOTHING = {"N": "现在没有等确认或正在发的通知。", "C": "您这里现在没有在办或等评价的事。说的是别人手上的，"}
_WHICH = "请带上编号，或者引用我发的那条消息回复。"


async def _only_own(turn: Turn, letters: str, states: Collection[str], words: str) -> Ref:
    """Without a number and a quote: the only open matter that this person deals with here.

    Those who look after strays of their area deal with them, and then with its alerts too.
    """
    found: list[tuple[Ref, Any]] = []
    for kind in kinds_of(letters):
        table, me = kind.table, turn.me
        mine = [getattr(table, name) == me.contact_id for name in kind.people]
        if "F" in letters and kind.letter in ("M", "F"):
            areas = select(Area.id).where(or_(false(), *(_below(held) for held in me.roles if held.role in ON_DUTY)))
            mine.append(table.area_id.in_(areas))
        query = select(table).where(or_(*mine), table.state.in_(kind.open_states)).order_by(table.id.desc())
        if table is Case and not turn.here.private:  # nothing can be done about them in a group, nor be read there
            query = query.where(col(Case.quiet).is_(False))
        if kind.letter == "N":  # a notice that is whole stays 已发, but nobody waits for it any more
            query = query.where(table.ended_at.is_(None))
        found += [
            (Ref(kind.letter, row.id), row) for row in reversed((await turn.session.scalars(query.limit(6))).all())
        ]
    found = [one for one in found if not isinstance(one[1], Case) or one[1].state in states] or found
    if len(found) > 1 and tells_what(words):
        named = [one for one in found if isinstance(one[1], Case) and alike(words, one[1].text)]
        found = named if len(named) == 1 else found
    if len(found) == 1:
        return found[0][0]
    if not found:
        raise NothingOpen(_NOTHING.get(letters[0], "") + ("" if letters == "N" else _WHICH))
    lines = [short_line(ref, row, hidden=not turn.here.private and _unheard(row)) for ref, row in found]
    several = "（几件一起，都写上）" if turn.me.has(WORKERS) and len({one.letter for one, _ in found}) == 1 else ""
    raise Refusal(f"您说的是哪一件？请带上编号{several}：\n" + "\n".join(lines))


def _unheard(row: Any) -> bool:
    """Whether no group has heard of it: what was told in private, or is not to be shown."""
    return isinstance(row, Case) and not row.shown


def short_line(ref: Ref, row: Any, *, hidden: bool = False) -> str:
    """One line about a matter, for lists; `hidden` leaves out what was said."""
    names = () if hidden else MATTERS[ref.letter].short
    words = " ".join(str(value) for name in names if (value := getattr(row, name)))
    return f"{label(ref)}{open_clip(words, 24) if words else '（私下报的，请私聊我看）'}"


def listing(refs: Sequence[Ref]) -> str:
    """`M3、M4、12`."""
    return "、".join(str(ref) for ref in refs)
