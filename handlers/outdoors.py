"""What is not text: invitations, joining and leaving, recalls, pictures, voices, locations; and wiping."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import case, delete, func, select, update
from sqlmodel import col

from handlers import alerts, cases, lateness, notices, places, strays
from handlers.cases import moving
from handlers.cases.hands import in_hand, whisper_hands
from handlers.ports import EventKind, MessageType
from handlers.posting import responsible, say, whisper
from handlers.refs import fold, label
from handlers.shadows import work_shadows
from handlers.surroundings import Message, Surroundings, as_ref
from handlers.turn import SENDERS, WORKERS, Speaker, Turn, Where
from handlers.understanding import Ref
from storage.agenda import Question
from storage.areas import Area, Chat, RoomBinding
from storage.inbox import FORGOTTEN, WIPE, InboxEvent, InboxState, Outcome, Picture, forget_shadows, hearer_of
from storage.matters import ALERT_OPEN, CASE_OPEN, Alert, AlertState, Case, Stray
from storage.outbox import Errand, hand_over
from storage.people import WORKING, Account, OneTimeCode, Role, away, holders, private_chats

RECALL = "recall"
SHOWN = frozenset({MessageType.PICTURE, MessageType.FILE, MessageType.VIDEO})
HEARD = frozenset({MessageType.VOICE, MessageType.VIDEO, MessageType.PICTURE, MessageType.LOCATION})


def concerns(message: Message, where: Where, speaker: Speaker, around: Surroundings) -> Ref | None:
    """The open matter that a picture, voice, video or location belongs to: the quoted one, else the writer's latest.

    In a group that is one spoken of lately, or somebody sought whom the writer saw; in private somebody of theirs who
    is sought, however long.
    In private a picture or a file belongs to the notice that waits for its sender's word, if that is later.
    A message that addresses the bot without any open matter gives `Ref("-", 0)`.
    """
    event = message.event
    notice = around.waiting_notice(where, speaker) if event.type in SHOWN else None
    if event.type not in HEARD:
        return notice.ref if notice else None
    if quoted := around.quoted(event):
        return quoted
    since = event.at - timedelta(minutes=around.rules.reading.voice_minutes)
    told = around.clues.get((where.chat_id, speaker.contact_id), ())
    known = (*around.matters(where, speaker.contact_id), *around.found_by(where, speaker.contact_id), *told)
    sought = where.private and event.type != MessageType.VOICE
    own = [one for one in known if one.mine and not one.done]
    own = [one for one in own if one.at >= since] or [one for one in own if sought and one.ref.letter == "M"]
    if own or notice:
        return max([*own, *([notice] if notice else [])], key=lambda one: one.at).ref
    return Ref("-", 0) if event.mentions_me or where.private else None


async def not_text(turn: Turn, around: Surroundings) -> None:
    """A picture, voice, video or location that concerns a matter."""
    event = turn.event
    assert event is not None and turn.inbox_id is not None
    message = Message(turn.inbox_id, event, turn.here.chat_id, turn.me.contact_id)
    ref = concerns(message, turn.here, turn.me, around)
    if ref is None:
        turn.outcome = Outcome.CHAT
        return
    turn.concerns(str(ref) if ref.number else "")
    if ref.letter == "N" and event.type in SHOWN:
        await notices.came(turn, ref.number)
    elif event.type in (MessageType.VOICE, MessageType.VIDEO):
        await _listen(turn, ref)
    elif event.type == MessageType.PICTURE:
        if ref.number or not (turn.me.has(SENDERS) and await notices.came_late(turn)):
            await _picture(turn, ref)
    elif event.location is not None:
        await _location(turn, ref)


async def _listen(turn: Turn, ref: Ref) -> None:
    """The bot does not understand speech: the worker is asked to listen."""
    kind = "视频" if turn.event and turn.event.type == MessageType.VIDEO else "语音"
    where = turn.here.room.name if turn.here.room else "与我的私聊"
    about = f"（与{label(ref)}有关）" if ref.number else ""
    said = turn.local(turn.at).strftime("%H:%M")
    for contact_id in await _carers(turn, ref):
        await whisper(
            turn,
            contact_id,
            f"请听一下：{turn.me.name} {said} 在“{where}”发了一段{kind}{about}，我听不懂，请您看看。",
            ref=str(ref) if ref.number else "-",
        )
    if turn.here.private or (turn.event and turn.event.mentions_me):
        await say(turn, f"我听不懂{kind}，已请网格员去听。方便的话请打字说一下。", ref=str(ref) if ref.number else "-")


async def _carers(turn: Turn, ref: Ref) -> list[int]:
    if ref.letter == "" and ref.number:
        case = await turn.session.get(Case, ref.number)
        return await in_hand(turn, case) if case else []
    area = turn.here.area
    if ref.letter == "M" and (alert := await turn.session.get(Alert, ref.number)):
        area = await turn.session.get(Area, alert.area_id)
    return await responsible(turn, area, WORKERS, but=[turn.me.contact_id]) if area else []


async def _picture(turn: Turn, ref: Ref) -> None:
    """Mark the picture wanted; the matter gets it once it is fetched (`picture_arrived`)."""
    picture = await turn.session.scalar(select(Picture).where(Picture.inbox_id == turn.inbox_id))
    if picture is None or not ref.number:
        return
    if not ref.letter:
        await cases.pictured(turn, ref.number, picture)
        return
    if picture.state == "handle":
        picture.state = "wanted"
    if ref.letter == "M" and (alert := await turn.session.get(Alert, ref.number)):
        await alerts.add_picture(turn, alert, picture.id)
    elif ref.letter == "F" and (stray := await turn.session.get(Stray, ref.number)):
        await strays.add_picture(turn, stray, picture.id)


async def _location(turn: Turn, ref: Ref) -> None:
    event = turn.event
    assert event is not None and event.location is not None
    place = (event.location.name or event.location.address)[:100]
    if ref.letter == "M" and (alert := await turn.session.get(Alert, ref.number)):
        await alerts.add_location(turn, alert, event.location)
    elif ref.letter == "" and place:
        await _case_location(turn, ref, place)


async def _case_location(turn: Turn, ref: Ref, place: str) -> None:
    case = await turn.session.get(Case, ref.number)
    if case is None or case.state not in CASE_OPEN or case.reporter_id != turn.me.contact_id:
        return
    case.place, case.updated_at = place, turn.now
    await whisper_hands(turn, case, f"{label(ref)}报事人发了位置：{place}")


async def picture_arrived(turn: Turn) -> None:
    """A wanted picture has been fetched: posts that wait for it can go; whose it is hears if it failed."""
    turn.outcome = Outcome.OTHER
    if turn.event is not None and turn.event.subject.isdecimal():
        await notices.arrived(turn, int(turn.event.subject))
        await alerts.picture_arrived(turn, int(turn.event.subject))
        await strays.picture_arrived(turn, int(turn.event.subject))
        await places.arrived(turn, int(turn.event.subject))


RECALLED_CASES = "{}您刚才撤回了消息。这几件事都要撤销吗？回“是”都撤销，回“不是”继续。"


async def recalled(turn: Turn) -> None:
    """A report was taken back: its writer is asked in private; before confirmation an alert is withdrawn at once."""
    event = turn.event
    assert event is not None
    heard = hearer_of(turn.inbox_id)
    row = await turn.session.scalar(
        select(InboxEvent).where(InboxEvent.external_id == event.subject, InboxEvent.account_id == heard)
    )
    if row is None or not row.ref or row.contact_id is None:
        return
    ref = as_ref(row.ref)
    if ref is None:
        return
    if ref.letter == "M":
        alert = await turn.session.get(Alert, ref.number)
        if alert and alert.state in ALERT_OPEN and not await _was_report(turn, row, alert):
            await alerts.detail_recalled(turn, alert, row)
        elif alert and alert.state in ALERT_OPEN:
            if alert.state == AlertState.UNCONFIRMED:
                await alerts.withdraw(turn, ref)
                await _ask_recall(turn, row, ref, alerts.recalled(alert))
            else:
                await _ask_recall(turn, row, ref)
    elif ref.letter == "":
        case = await turn.session.get(Case, ref.number)
        if case and case.state in CASE_OPEN and await _was_report(turn, row, case):
            also = await _told_with(turn, case)
            names = "".join(label(str(one)) for one in (ref.number, *also))
            await _ask_recall(turn, row, ref, RECALLED_CASES.format(names) if also else "", also)


async def _told_with(turn: Turn, case: Case) -> list[int]:
    """The other open cases that the same message made."""
    same = select(col(Case.id)).where(
        Case.reporter_id == case.reporter_id,
        Case.chat_id == case.chat_id,
        Case.created_at == case.created_at,
        col(Case.id) != case.id,
        col(Case.state).in_(CASE_OPEN),
    )
    return [one for one in await turn.session.scalars(same.order_by(col(Case.id))) if one is not None]


async def _was_report(turn: Turn, row: InboxEvent, matter: Alert | Case) -> bool:
    """Whether the message was the one that made the matter: who takes back a later word of theirs takes back that."""
    if (row.contact_id, row.chat_id) != (matter.reporter_id, matter.chat_id):
        return False
    before = select(InboxEvent.id).where(
        InboxEvent.chat_id == row.chat_id,
        InboxEvent.contact_id == row.contact_id,
        InboxEvent.ref == row.ref,
        col(InboxEvent.id) < row.id,
    )
    return await turn.session.scalar(before.limit(1)) is None


async def _ask_recall(turn: Turn, row: InboxEvent, ref: Ref, text: str = "", also: Sequence[int] = ()) -> None:
    assert row.contact_id is not None
    text = text or f"{label(ref)}您刚才撤回了消息。这件事要撤销吗？回“是”撤销，回“不是”继续。"
    chats = await private_chats(turn.session, [row.contact_id])
    if row.contact_id not in chats:
        return
    await whisper(turn, row.contact_id, text, ref=str(ref))
    turn.session.add(
        Question(
            kind=RECALL,
            ref=str(ref),
            chat_id=chats[row.contact_id],
            contact_id=row.contact_id,
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
            data={"also": list(also)},
        )
    )


async def recall_answered(turn: Turn, question: Question, yes: bool) -> None:
    """The writer says whether the matter is to be withdrawn too."""
    ref = as_ref(question.ref)
    assert ref is not None
    alert = await turn.session.get(Alert, ref.number) if ref.letter == "M" else None
    if alert is not None and alert.state not in ALERT_OPEN:
        await (say(turn, f"好的，{label(ref)}不再找了。", ref=str(ref)) if yes else alerts.reopen(turn, ref))
    elif not yes:
        await say(turn, f"好的，{label(ref)}继续。", ref=str(ref))
    elif not await lateness.in_time(turn, str(ref)):
        question.answered_at = None
    elif ref.letter == "M":
        await alerts.withdraw(turn, ref)
    else:
        await moving.withdraw(turn, ref.number)
        for number in question.data.get("also", ()):
            other = await turn.session.get(Case, number)
            if other is not None and other.state in CASE_OPEN:
                await moving.withdraw(turn, number)


async def invited(turn: Turn) -> None:
    """An invitation into a group, or a friend request: accepted where an appointed person or a code stands behind."""
    event = turn.event
    assert event is not None
    row = await turn.session.get(InboxEvent, turn.inbox_id)
    if row is None or not await _welcome(turn):
        return
    kind = "friend" if event.kind == EventKind.FRIEND_REQUEST else "invitation"
    turn.session.add(Errand(account_id=row.account_id, kind=kind, subject=event.subject[:500], at=turn.now))


async def _welcome(turn: Turn) -> bool:
    """Whether the config lets this person bring us into a group or become our friend."""
    rule = turn.rules.rooms.accept_from
    if rule != "appointed":
        return rule == "anyone"
    if turn.speaker is not None and any(held.role != Role.HERALD for held in turn.speaker.roles):
        return True
    words = fold(turn.event.text if turn.event else "").upper()
    codes = [hashlib.sha256(one.encode()).hexdigest() for one in re.findall(r"[0-9A-Z]{8}", words)[:5]]
    known = select(OneTimeCode.id).where(
        col(OneTimeCode.digest).in_(codes), col(OneTimeCode.used_at).is_(None), col(OneTimeCode.expires_at) > turn.now
    )
    return bool(codes) and await turn.session.scalar(known.limit(1)) is not None


async def moved(turn: Turn) -> None:
    """People came or went. If it was our account: a group it left cannot be reached, and `check` says so."""
    event = turn.event
    row = await turn.session.get(InboxEvent, turn.inbox_id)
    if event is None or row is None or not event.room or not event.from_self:
        return
    await turn.session.execute(
        update(RoomBinding)
        .where(col(RoomBinding.external_id) == event.room, RoomBinding.account_id == row.account_id)
        .values(left_at=event.at if event.kind == EventKind.LEFT else None)
    )
    if event.kind == EventKind.LEFT and turn.where is not None:
        await _hand_on(turn, row.account_id)


async def _hand_on(turn: Turn, account_id: int) -> None:
    """Where the account that spoke in a group has left it, one that is still there goes on."""
    chat = await turn.session.get_one(Chat, turn.here.chat_id)
    if chat.account_id != account_id:
        return
    works = (col(Account.lease_until) > turn.now) & col(Account.state).in_(WORKING)
    there = (
        select(col(RoomBinding.account_id))
        .join(Account, col(RoomBinding.account_id) == col(Account.id))
        .where(RoomBinding.chat_id == chat.id, col(RoomBinding.left_at).is_(None))
        .order_by(case((works, 0), else_=1), col(RoomBinding.id).desc())
    )
    if (other := await turn.session.scalar(there.limit(1))) is not None:
        await hand_over(turn.session, [turn.here.chat_id], other)
        await work_shadows(turn.session, other, [turn.here.chat_id])


async def renamed(turn: Turn) -> None:
    """A group has a new name."""
    row = await turn.session.get(InboxEvent, turn.inbox_id)
    if turn.event and turn.event.room and row:
        await turn.session.execute(
            update(RoomBinding)
            .where(col(RoomBinding.external_id) == turn.event.room, RoomBinding.account_id == row.account_id)
            .values(name=turn.event.subject[:100])
        )


async def confess(turn: Turn, text: str) -> None:
    """Something was given up or goes wrong again and again: the district's admins hear of it."""
    roots = await turn.session.scalars(select(Area).where(col(Area.parent_id).is_(None)))
    for root in roots:
        for held in await holders(turn.session, root.path, (Role.ADMIN,), turn.now):
            await whisper(turn, held.contact_id, text)


WIPE_AT_ONCE = 5000
"""Rows wiped in one transaction, so that nobody waits long for the writer."""

UNREAD = (InboxState.NEW, InboxState.SHADOW)
"""States of what may yet turn out to be chat."""


async def wipe(turn: Turn, ref: str) -> None:
    """Forget what was read as chat, by the message's time, never past an undone message of its chat.

    Where nothing is left that may be chat, it comes again with the next message.
    """
    keep = timedelta(minutes=turn.rules.privacy.chat_minutes)
    undone = select(col(InboxEvent.chat_id)).where(
        col(InboxEvent.state) == InboxState.NEW, col(InboxEvent.chat_id).is_not(None)
    )
    waiting = (
        col(InboxEvent.outcome).in_(FORGOTTEN),
        col(InboxEvent.wiped).is_(False),
        col(InboxEvent.state) == InboxState.DONE,
    )
    doomed = select(col(InboxEvent.id)).where(
        *waiting,
        col(InboxEvent.at) < turn.now - keep,
        col(InboxEvent.chat_id).not_in(undone) | col(InboxEvent.chat_id).is_(None),
    )
    ids = list((await turn.session.scalars(doomed.limit(WIPE_AT_ONCE))).all())
    await _forget_shadows(turn, keep)
    await turn.session.execute(update(InboxEvent).where(col(InboxEvent.id).in_(ids)).values(payload="{}", wiped=True))
    await turn.session.execute(delete(Picture).where(col(Picture.inbox_id).in_(ids), col(Picture.state) == "handle"))
    oldest = await turn.session.scalar(select(func.min(col(InboxEvent.at))).where(*waiting))
    soon = turn.now + timedelta(seconds=1 if len(ids) == WIPE_AT_ONCE else 60)
    if oldest:
        await turn.schedule(WIPE["kind"], ref, max(soon, oldest + keep))
    elif await turn.session.scalar(select(InboxEvent.id).where(col(InboxEvent.state).in_(UNREAD)).limit(1)):
        await turn.schedule(WIPE["kind"], ref, turn.now + keep)


async def _forget_shadows(turn: Turn, keep: timedelta) -> None:
    """By when they were heard; not where the account that speaks is away: they may be all there is."""
    waiting = select(col(Chat.id)).join(Account, col(Chat.account_id) == col(Account.id)).where(away(turn.now))
    await forget_shadows(
        turn.session, col(InboxEvent.received_at) < turn.now - keep, col(InboxEvent.chat_id).not_in(waiting)
    )


EVENTS: Mapping[EventKind, Callable[[Turn], Awaitable[None]]] = {
    EventKind.PICTURE: picture_arrived,
    EventKind.RECALLED: recalled,
    EventKind.INVITED: invited,
    EventKind.FRIEND_REQUEST: invited,
    EventKind.JOINED: moved,
    EventKind.LEFT: moved,
    EventKind.RENAMED: renamed,
}

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {RECALL: recall_answered}

DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {WIPE["kind"]: wipe}
