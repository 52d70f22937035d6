"""确认 and 停止 of a notice, and the word to its sender when it is whole."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers import quiet_hours
from handlers.commands import Order
from handlers.estimating import seconds_left
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.counting import Scope, load, may_rule, progress_of, scope_of
from handlers.notices.drafting import CONFIRM, check_scope, close_questions, issuer, preview
from handlers.posting import Piece, Target, post, say, whisper
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.agenda import Question
from storage.areas import Area, Chat, Purpose, Room
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, DeliveryPart, PartState, Sort

WHOLE = "notice.whole"
FIRST_LOOK = timedelta(seconds=5)
LONGEST_LOOK = timedelta(minutes=10)


async def answered(turn: Turn, question: Question, yes: bool) -> None:
    """A bare 是 or 不是 to the preview; what may be either sends nothing and drops nothing."""
    number = int(question.ref.removeprefix("N"))
    if turn.reading is not None and turn.reading.act_confidence < turn.rules.reading.act_threshold:
        raise Refusal(texts.not_sent_yet(number))
    await (confirm(turn, number) if yes else drop(turn, number))


async def confirm(turn: Turn, number: int | Ref) -> None:
    """确认 N5: the fan-out, once; after the half hour, or said long ago, the preview is shown again instead."""
    notice, area = await load(turn, number.number if isinstance(number, Ref) else number)
    _must_rule(turn, notice, area)
    _must_be_draft(notice)
    scope = await scope_of(turn, area)
    check_scope(area, scope)
    if turn.late or not await _still_asked(turn, notice):
        await preview(turn, notice, area, scope, texts.again(notice))
        return
    await _send(turn, notice, area, scope)


def _must_rule(turn: Turn, notice: Notice, area: Area) -> None:
    if not may_rule(turn, notice, area):
        raise Refusal(f"通知 N{notice.id} 只有发起人或{area.name}的管理员能确认和停止，这次没有改动。")


def _must_be_draft(notice: Notice) -> None:
    if notice.state == NoticeState.SENT:
        raise Refusal(f"{texts.name(notice)}已经发过了，不会重发。看到哪了发“查 N{notice.id}”。")
    if notice.state != NoticeState.DRAFT:
        raise Refusal(f"{texts.name(notice)}{texts.STATE_NAMES[NoticeState(notice.state)]}，要发请重新写“通知 …”。")


async def _still_asked(turn: Turn, notice: Notice) -> bool:
    """Whether the latest preview is not older than the half hour (its question may just have been answered)."""
    expires = await turn.session.scalar(
        select(col(Question.expires_at))
        .where(Question.kind == CONFIRM, Question.ref == f"N{notice.id}")
        .order_by(col(Question.id).desc())
        .limit(1)
    )
    return expires is not None and expires > turn.now


async def _send(turn: Turn, notice: Notice, area: Area, scope: Scope) -> None:
    ref = f"N{notice.id}"
    text = texts.body(notice, await issuer(turn, notice, area))
    targets = [Target(chat_id, rank) for rank, chat_id in enumerate(scope.chats)]
    wakes = quiet_hours.ends(turn)
    sent = await post(turn, ref, Sort.NOTICE, [Piece(text)], targets, hold=wakes)
    notice.state, notice.post_id, notice.sent_at = NoticeState.SENT, sent.post_id, turn.now
    await close_questions(turn, notice)
    turn.audit("notice.confirmed", ref, "state,post_id,sent_at")
    await turn.session.flush()
    seconds = await seconds_left(turn, Sort.NOTICE, sent.post_id, wakes)
    await say(turn, texts.started(notice, sent.chats, scope.silent, seconds, wakes), ref=ref)
    await turn.schedule(WHOLE, ref, (wakes or turn.now) + timedelta(seconds=seconds) + FIRST_LOOK)


async def drop(turn: Turn, number: int) -> None:
    """The preview was answered with 不是, or stopped: nothing goes out."""
    notice, area = await load(turn, number)
    _must_rule(turn, notice, area)
    _must_be_draft(notice)
    notice.state, notice.ended_at = NoticeState.DROPPED, turn.now
    await close_questions(turn, notice)
    turn.audit("notice.dropped", f"N{number}", "state")
    await say(turn, texts.dropped(notice), ref=f"N{number}")


async def stop(turn: Turn, order: Order) -> None:
    """停止 N5: what has not gone out does not go out."""
    if order.ref is None or order.ref.letter != "N":
        raise Refusal("停止要通知的编号，如“停止 N5”。")
    notice, area = await load(turn, order.ref.number)
    _must_rule(turn, notice, area)
    if notice.state == NoticeState.DRAFT:
        await drop(turn, order.ref.number)
        return
    if notice.state != NoticeState.SENT:
        raise Refusal(f"{texts.name(notice)}{texts.STATE_NAMES[NoticeState(notice.state)]}，不用再停。")
    if not (await progress_of(turn, notice)).waiting:
        raise Refusal(f"{texts.name(notice)}已经全部发完，停不了了。看结果发“查 N{notice.id}”。")
    await _cancel(turn, notice)


async def _cancel(turn: Turn, notice: Notice) -> None:
    deliveries = select(col(Delivery.id)).where(col(Delivery.post_id) == notice.post_id)
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.delivery_id).in_(deliveries), col(DeliveryPart.state) == PartState.QUEUED)
        .values(state=PartState.CANCELLED)
    )
    notice.state, notice.ended_at = NoticeState.STOPPED, turn.now
    await turn.unschedule(WHOLE, f"N{notice.id}")
    turn.audit("notice.stopped", f"N{notice.id}", "state")
    await turn.session.flush()
    progress = await progress_of(turn, notice)
    out = progress.out + progress.waiting + len(progress.failed)  # what is being sent this moment counts as out
    await say(turn, texts.stopped(notice, out, progress.cancelled), ref=f"N{notice.id}")


async def whole(turn: Turn, ref: str) -> None:
    """Look whether every delivery has an outcome; then the sender hears it once, else look again later."""
    notice = await turn.session.get(Notice, int(ref.lstrip("N")))
    if notice is None or notice.state != NoticeState.SENT or notice.ended_at is not None or notice.sent_at is None:
        return
    progress = await progress_of(turn, notice)
    if progress.waiting:
        late = (turn.now - notice.sent_at) / 10
        await turn.schedule(WHOLE, ref, turn.now + min(LONGEST_LOOK, max(FIRST_LOOK, late)))
        return
    notice.ended_at = turn.now
    turn.audit("notice.whole", ref, "ended_at")
    await _tell_sender(turn, notice, texts.whole(notice, progress.words(), progress.failed))


async def _tell_sender(turn: Turn, notice: Notice, text: str) -> None:
    """Where it was written, if that is a private chat or a staff room; of a residents' group, in private."""
    room = await turn.session.scalar(
        select(Room).join(Chat, col(Chat.room_id) == col(Room.id)).where(col(Chat.id) == notice.chat_id)
    )
    ref = f"N{notice.id}"
    if room is not None and room.purpose == Purpose.RESIDENTS:
        sent = await whisper(turn, notice.sender_id, text, ref=ref)
        if sent.chats:
            return
    mention = (notice.sender_id,) if room is not None else ()
    sent = await post(turn, ref, Sort.REPLY, [Piece(text, mention)], [Target(notice.chat_id)])
    if not sent.chats:
        await whisper(turn, notice.sender_id, text, ref=ref)
