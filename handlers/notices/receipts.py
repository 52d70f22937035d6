"""回执 N5: who has said 收到, counted by group and person, and who has not, told to the workers once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from handlers import quiet_hours
from handlers.commands import Order
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.audience import Audience, audience_of
from handlers.notices.counting import load_to_see, role_holders
from handlers.notices.hearing import excuses
from handlers.notices.sending import RECEIPTS, tell_sender
from handlers.posting import responsible, say, whisper
from handlers.turn import WORKERS, Turn
from storage.agenda import AuditEntry
from storage.areas import Area, Chat, Room, in_tree
from storage.engine import dialect_of, insert_into
from storage.inbox import Outcome
from storage.matters import NOTICE_OUT, Notice, NoticeReceipt, NoticeState
from storage.outbox import REACHED, Delivery, DeliveryPart, Post, Sort
from storage.people import Seen, names_of, roles_of

REMINDED, REMINDED_EVERY = "notice.reminded", timedelta(hours=1)
"""The trace of a sender's own reminder, and within what time there is no second one."""


@dataclass(slots=True)
class Heard:
    """One group that has a notice: who is known to write there (`people`), and who of all said 收到 there."""

    room: Room
    area: Area
    people: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)

    @property
    def known(self) -> int:
        """Everybody of whom the group is known to consist."""
        return len(self.people | self.answered)


async def received(turn: Turn, number: int) -> None:
    """Somebody says 收到: counted once for each person, and answered with nothing.

    That they cannot come, said in private, reaches the sender.
    """
    turn.outcome = Outcome.CHAT
    known = insert_into(dialect_of(turn.session), NoticeReceipt).on_conflict_do_nothing(
        index_elements=["notice_id", "contact_id"]
    )
    row = {"notice_id": number, "contact_id": turn.me.contact_id, "chat_id": turn.here.chat_id, "at": turn.at}
    await turn.session.execute(known, row)
    if turn.here.private and excuses(turn.text):
        notice = await turn.session.get_one(Notice, number)
        await tell_sender(turn, notice, texts.excused(notice, turn.me.name, turn.text))
        await say(turn, texts.excuse_passed_on(notice), ref=f"N{number}")


async def report(turn: Turn, order: Order) -> None:
    """回执 N5: how many by grid, and which groups or people not at all."""
    if order.ref is None or order.ref.letter != "N":
        raise texts.no_notice("回执", "回执 N5", order)
    await tell_receipts(turn, order.ref.number)


async def tell_receipts(turn: Turn, number: int) -> None:
    """How many by grid, and which groups or people not at all; Refusal where no receipt was asked for."""
    notice, audience = await load_to_see(turn, number)
    if not notice.receipt:
        raise Refusal(f"{texts.name(notice)}没有要回执。下次写“通知 全村 回执 …”，或以“收到请回复”结尾。")
    if notice.state not in NOTICE_OUT:
        raise Refusal(f"{texts.name(notice)}{texts.STATE_NAMES[NoticeState(notice.state)]}，还没有发出。")
    if audience.role is not None:
        people, missing = await _people(turn, notice, audience)
        await say(turn, texts.receipts_of_people(notice, people - len(missing), people, missing), ref=f"N{notice.id}")
        return
    heard = await _heard(turn, notice)
    by_area: dict[str, tuple[int, int]] = {}
    for one in heard:
        got, of = by_area.get(one.area.name, (0, 0))
        by_area[one.area.name] = (got + len(one.answered), of + one.known)
    none = [one.room.name for one in heard if not one.answered]
    await say(turn, texts.receipts(notice, by_area, len(heard), none), ref=f"N{notice.id}")


async def _people(turn: Turn, notice: Notice, audience: Audience) -> tuple[int, list[str]]:
    """How many people it was for, and the names of those who have not answered."""
    held = await role_holders(turn, notice, audience)
    answered = await _answered(turn, notice)
    missing = [one for one in held if one not in answered]
    names = await names_of(turn.session, missing) if missing else {}
    return len(held), [names[one] for one in missing]


async def _answered(turn: Turn, notice: Notice) -> dict[int, int]:
    """Contact id -> chat id of everybody who said 收到."""
    query = select(col(NoticeReceipt.contact_id), col(NoticeReceipt.chat_id))
    return dict((await turn.session.execute(query.where(NoticeReceipt.notice_id == notice.id))).all())


async def _heard(turn: Turn, notice: Notice) -> list[Heard]:
    """The groups that have it, or perhaps have it, by area."""
    query = (
        select(col(Chat.id), Room, Area)
        .join(Room, col(Chat.room_id) == col(Room.id))
        .join(Area, col(Room.area_id) == col(Area.id))
        .join(Delivery, col(Delivery.chat_id) == col(Chat.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(Post.ref == f"N{notice.id}", Post.sort == Sort.NOTICE)
        .where(col(DeliveryPart.state).in_(REACHED))
        .order_by(col(Room.id))
    )
    by_chat: dict[int, Heard] = {}
    rows = sorted(await turn.session.execute(query), key=lambda row: in_tree(row.Area.path))
    for chat_id, room, area in rows:
        by_chat.setdefault(chat_id, Heard(room, area))
    by_room = {heard.room.id: heard for heard in by_chat.values()}
    for contact_id, chat_id in (await _answered(turn, notice)).items():
        if chat_id in by_chat:
            by_chat[chat_id].answered.add(contact_id)
    seen = select(col(Seen.room_id), col(Seen.contact_id)).where(col(Seen.room_id).in_(by_room))
    for room_id, contact_id in await turn.session.execute(seen):
        by_room[room_id].people.add(contact_id)
    return list(by_chat.values())


async def chase(turn: Turn, ref: str) -> None:
    """Due: the workers hear who has not answered, each once; in quiet hours when they end."""
    notice = await turn.session.get(Notice, int(ref.lstrip("N")))
    if notice is None or notice.state != NoticeState.SENT:
        return
    if wakes := quiet_hours.ends(turn):
        await turn.schedule(RECEIPTS, ref, wakes)
        return
    audience = await audience_of(turn, notice)
    if audience.role is not None:
        people, missing = await _people(turn, notice, audience)
        if missing:
            text = texts.receipts_of_people(notice, people - len(missing), people, missing)
            await tell_sender(turn, notice, text)
        return
    turn.audit("notice.chased", ref)
    for contact_id, lines in (await _unanswered(turn, notice)).items():
        await whisper(turn, contact_id, texts.chase(notice, lines), ref=ref)


async def remind(turn: Turn, order: Order) -> None:
    """催回执 N5: who has not answered is asked, of a notice to people; of one to groups their workers are."""
    if order.ref is None or order.ref.letter != "N":
        raise texts.no_notice("催回执", "催回执 N5", order)
    notice, audience = await load_to_see(turn, order.ref.number)
    ref = f"N{notice.id}"
    if not notice.receipt:
        raise Refusal(f"{texts.name(notice)}没有要回执。下次写“通知 全村 回执 …”，或以“收到请回复”结尾。")
    if notice.state not in NOTICE_OUT:
        raise Refusal(f"{texts.name(notice)}{texts.STATE_NAMES[NoticeState(notice.state)]}，还没有发出。")
    last = select(func.max(AuditEntry.at)).where(AuditEntry.action == REMINDED, AuditEntry.ref == ref)
    if (at := await turn.session.scalar(last)) is not None and turn.now - at < REMINDED_EVERY:
        raise Refusal(f"{texts.name(notice)}{turn.local(at):%H:%M} 刚提醒过，请过一会儿再提醒。")
    wakes = quiet_hours.ends(turn)
    if audience.role is not None:
        answered = await _answered(turn, notice)
        missing = [one for one in await role_holders(turn, notice, audience) if one not in answered]
        words = dict.fromkeys(missing, texts.remind(notice))
    else:
        lines = await _unanswered(turn, notice)
        words = {who: texts.chase(notice, one) for who, one in lines.items() if who != turn.me.contact_id}
        missing = list(words)
        if turn.me.contact_id in lines:
            await say(turn, texts.chase(notice, lines[turn.me.contact_id]), ref=ref)
            if not words:
                return
    if not missing:
        raise Refusal(f"{texts.name(notice)}都回了，不用提醒。")
    turn.audit(REMINDED, ref)
    names = await names_of(turn.session, missing)
    sent = [(await whisper(turn, who, words[who], ref=ref, hold=wakes)).chats for who in missing]
    out = [names[who] for who, chats in zip(missing, sent, strict=True) if not chats]
    at_work = audience.role is None
    told = texts.reminded(notice, len(missing) - len(out), out, wakes and turn.local(wakes), to_workers=at_work)
    await say(turn, told, ref=ref)


async def _unanswered(turn: Turn, notice: Notice) -> dict[int, list[str]]:
    """For each worker a line for each group with people who have not answered; those who work there aside."""
    heard = await _heard(turn, notice)
    answered = await _answered(turn, notice)
    everybody = set().union(*(one.people for one in heard)) - answered.keys()
    working = {one.contact_id for one in await roles_of(turn.session, everybody, turn.now) if one.role in WORKERS}
    names = await names_of(turn.session, everybody)
    lines: dict[int, list[str]] = defaultdict(list)
    for one in heard:
        missing = sorted(one.people - answered.keys() - working)
        if missing or not one.answered:
            line = texts.unanswered(one.room.name, len(one.answered), one.known, [names[who] for who in missing])
            for worker in await responsible(turn, one.area, WORKERS):
                lines[worker].append(line)
    return lines
