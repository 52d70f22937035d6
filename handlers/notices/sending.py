"""确认, 马上发 and 停止 of a notice, and the word to its sender when it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlmodel import col

from handlers.commands import Order
from handlers.estimating import seconds_for
from handlers.helping import addressed
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.alike import said_before
from handlers.notices.audience import Audience, audience_of
from handlers.notices.counting import (
    OUT,
    Scope,
    covers_all,
    load,
    must_rule,
    people_and_groups,
    pieces_of,
    progress_of,
    scope_of,
)
from handlers.notices.drafting import (
    CONFIRM,
    NIGHT,
    ask,
    check_scope,
    close_questions,
    issuer,
    lasts,
    must_last,
    preview,
    wakes_at,
)
from handlers.notices.night import AT_NIGHT, asleep, hurry, sleeps_until
from handlers.posting import Piece, Target, post, say, whisper
from handlers.turn import SENDERS, WORKERS, Turn
from handlers.understanding import Ref
from storage.agenda import AuditEntry, Question
from storage.areas import Chat, Purpose, Room
from storage.inbox import Outcome
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from storage.people import roles_of

WHOLE = "notice.whole"
PLANNED = "notice.planned"
RESTORED = "notice.restored"
"""Due at the start after a restore, where a plan fell between the backup and that: it may have gone out."""
RECEIPTS = "notice.receipts"
DECISIONS = tuple(f"notice.{one}" for one in ("confirmed", "planned", "at_night", "stopped", "recalled"))
"""Traces of those who are told what came of it."""
FIRST_LOOK = timedelta(seconds=5)
LONGEST_LOOK = timedelta(minutes=10)


async def answered(turn: Turn, question: Question, yes: bool) -> None:
    """A bare 是 or 不是 to the preview; what may be either sends nothing and drops nothing."""
    number = int(question.ref.removeprefix("N"))
    if turn.reading is not None and turn.reading.act_confidence < turn.rules.reading.act_threshold:
        raise Refusal(texts.not_sent_yet(number))
    if not yes and question.data.get(NIGHT):
        question.expires_at = turn.now
        await say(turn, texts.not_at_night(number), ref=question.ref)
        return
    await (confirm(turn, number) if yes else drop(turn, number))


async def confirm(turn: Turn, number: int | Ref) -> None:
    """确认 N5: the fan-out, once, or its plan; after the half hour, or said long ago, the preview is shown again."""
    notice, audience = await load(turn, number.number if isinstance(number, Ref) else number)
    must_rule(turn, notice, audience)
    asked = await _asked(turn, notice)
    if asked is not None and asked.data.get(NIGHT):
        await (_ask_at_night(turn, notice, audience) if turn.late else _now(turn, notice, audience))
        return
    await _must_wait(turn, notice)
    scope = await scope_of(turn, notice, audience)
    check_scope(turn, notice, audience, scope)
    await must_last(turn, notice, audience)
    if notice.plan_at is not None and notice.plan_at <= turn.now:
        at, ref = texts.moment(turn.local(notice.plan_at)), f"N{notice.id}"
        raise Refusal(f"{texts.name(notice)}定时的 {at} 已经过了，没有发。现在发回“马上发 {ref}”，不发回“停止 {ref}”。")
    if turn.late or asked is None:
        await preview(turn, notice, audience, scope, texts.again(notice))
    elif (other := await said_before(turn, notice, audience)) and await _decided_since(turn, other, asked):
        await preview(turn, notice, audience, scope, texts.meanwhile(notice))
    elif notice.plan_at is not None:
        await _plan(turn, notice)
    else:
        await _send(turn, notice, audience, scope)


async def _decided_since(turn: Turn, other: Notice, asked: Question) -> bool:
    """Whether it was sent or planned after this preview, which thus did not tell of it."""
    decided = col(AuditEntry.action).in_(("notice.confirmed", "notice.planned", "notice.at_night"))
    query = select(col(AuditEntry.id)).where(decided, AuditEntry.ref == f"N{other.id}", AuditEntry.at > asked.asked_at)
    return await turn.session.scalar(query.limit(1)) is not None


async def _must_wait(turn: Turn, notice: Notice) -> None:
    """Refusal unless it is a draft; of one that waits for the morning it says so."""
    if wakes := await sleeps_until(turn, notice):
        raise Refusal(texts.asleep(notice, wakes))
    _must_be_draft(turn, notice)


def _must_be_draft(turn: Turn, notice: Notice) -> None:
    name, ref = texts.name(notice), f"N{notice.id}"
    if notice.state == NoticeState.SENT:
        raise Refusal(f"{name}已经发过了，不会重发。看到哪了发“查 {ref}”。")
    if notice.state == NoticeState.PLANNED and notice.plan_at is not None:
        raise Refusal(texts.planned(notice, turn.local(notice.plan_at)))
    if notice.state != NoticeState.DRAFT:
        raise Refusal(f"{name}{texts.STATE_NAMES[NoticeState(notice.state)]}，要发请重新写“通知 …”。")


async def _asked(turn: Turn, notice: Notice) -> Question | None:
    """The latest question about it, if it is not older than the half hour (it may just have been answered)."""
    question = await turn.session.scalar(
        select(Question)
        .where(Question.kind == CONFIRM, Question.ref == f"N{notice.id}")
        .order_by(col(Question.id).desc())
        .limit(1)
    )
    fresh = question is not None and question.expires_at is not None and question.expires_at > turn.now
    return question if fresh else None


async def _plan(turn: Turn, notice: Notice) -> None:
    assert notice.plan_at is not None
    notice.state = NoticeState.PLANNED
    await close_questions(turn, notice)
    await turn.schedule(PLANNED, f"N{notice.id}", notice.plan_at)
    turn.audit("notice.planned", f"N{notice.id}", "state,plan_at")
    await turn.session.flush()
    await say(turn, texts.planned(notice, turn.local(notice.plan_at)), ref=f"N{notice.id}")


async def at_once(turn: Turn, order: Order) -> None:
    """马上发 N5: without its plan; words that were only taken as a time of sending are words again.

    What would wake people in quiet hours is asked about once more.
    """
    if order.ref is None or order.ref.letter != "N":
        raise texts.no_notice("马上发", "马上发 N5", order)
    notice, audience = await load(turn, order.ref.number)
    must_rule(turn, notice, audience)
    if notice.state != NoticeState.PLANNED and await sleeps_until(turn, notice) is None:
        _must_be_draft(turn, notice)
    if wakes_at(turn, None) is not None:
        await _ask_at_night(turn, notice, audience)
    elif notice.state == NoticeState.PLANNED or await _asked(turn, notice) is not None:
        await _now(turn, notice, audience)
    else:
        await _forget_plan(turn, notice)
        scope = await scope_of(turn, notice, audience)
        check_scope(turn, notice, audience, scope)
        await preview(turn, notice, audience, scope, texts.again(notice))


async def _forget_plan(turn: Turn, notice: Notice) -> None:
    notice.state, notice.text = NoticeState.DRAFT, notice.plan_words + notice.text
    notice.plan_at, notice.plan_words = None, ""
    await turn.unschedule(PLANNED, f"N{notice.id}")
    await turn.session.flush()


async def _ask_at_night(turn: Turn, notice: Notice, audience: Audience) -> None:
    """Whether it shall really go out before the morning; what it is until then stays as it is."""
    if notice.state == NoticeState.SENT:
        chats = await asleep(turn, notice)
        to = f" {texts.told(*await people_and_groups(turn, chats))}"
    else:
        scope = await scope_of(turn, notice, audience)
        check_scope(turn, notice, audience, scope)
        chats, to = scope.chat_ids, f"{audience.name(turn.rules.levels)}{scope.words()}"
    shown = texts.body(notice, await issuer(turn, notice, audience), notice.plan_words + notice.text)
    seconds = await seconds_for(turn, AT_NIGHT, await pieces_of(turn, notice, shown), chats)
    await ask(turn, notice, texts.at_night(notice, to, seconds, wakes_at(turn, None), shown), night=True)


async def _now(turn: Turn, notice: Notice, audience: Audience) -> None:
    """Send it, whatever the hour."""
    if notice.state == NoticeState.SENT:
        await _wake(turn, notice)
        return
    if notice.state != NoticeState.PLANNED:
        _must_be_draft(turn, notice)
    await _forget_plan(turn, notice)
    scope = await scope_of(turn, notice, audience)
    check_scope(turn, notice, audience, scope)
    await _send(turn, notice, audience, scope, at_night=wakes_at(turn, None) is not None)


async def _wake(turn: Turn, notice: Notice) -> None:
    """Send at once what waits for the morning."""
    ref, chats = f"N{notice.id}", await asleep(turn, notice)
    if await sleeps_until(turn, notice) is None:
        _must_be_draft(turn, notice)
    seconds = await seconds_for(turn, AT_NIGHT, await pieces_of(turn, notice, notice.text), chats)
    await hurry(turn, notice)
    await close_questions(turn, notice)
    told = f" {texts.told(*await people_and_groups(turn, chats))}"
    await say(turn, texts.started(notice, told, texts.when(seconds, None)), ref=ref)
    await turn.schedule(WHOLE, ref, turn.now + timedelta(seconds=seconds) + FIRST_LOOK)


async def _send(turn: Turn, notice: Notice, audience: Audience, scope: Scope, *, at_night: bool = False) -> None:
    ref = f"N{notice.id}"
    notice.plan_at, plan_at = None, notice.plan_at
    text = texts.body(notice, await issuer(turn, notice, audience))
    pieces = await pieces_of(turn, notice, text)
    wakes = None if at_night else wakes_at(turn, None)
    if at_night:
        seconds = await seconds_for(turn, AT_NIGHT, pieces, scope.chat_ids)
    else:
        seconds = await lasts(turn, notice, pieces, scope)
    sent = [await post(turn, ref, Sort.NOTICE, pieces, scope.targets, hold=wakes)]
    for target, people in scope.called:
        sent.append(await post(turn, ref, Sort.NOTICE, [Piece(text, people), *pieces[1:]], [target], hold=wakes))
    notice.post_id = next((one.post_id for one in sent if one.post_id), None)
    notice.state, notice.sent_at, notice.plan_at = NoticeState.SENT, turn.now, plan_at
    await close_questions(turn, notice)
    turn.audit("notice.confirmed", ref, "state,post_id,sent_at")
    await turn.session.flush()
    if at_night:
        await hurry(turn, notice)
    how_long = texts.when(seconds, None)
    told = (
        texts.held(notice, scope.words(), how_long, wakes) if wakes else texts.started(notice, scope.words(), how_long)
    )
    await (say(turn, told, ref=ref) if turn.speaker else tell_sender(turn, notice, told))
    await turn.schedule(WHOLE, ref, (wakes or turn.now) + timedelta(seconds=seconds) + FIRST_LOOK)


async def planned(turn: Turn, ref: str) -> None:
    """Due: its time has come. Not sent long after it, nor for a sender who has left office."""
    notice = await turn.session.get(Notice, int(ref.lstrip("N")), with_for_update=True, populate_existing=True)
    if notice is None or notice.state != NoticeState.PLANNED or notice.plan_at is None:
        return
    audience = await audience_of(turn, notice)
    at = turn.local(notice.plan_at)
    if turn.now - notice.plan_at > timedelta(minutes=turn.rules.backlog_minutes):
        notice.state, notice.plan_at = NoticeState.DRAFT, None
        turn.audit("notice.missed", ref, "state,plan_at")
        await tell_sender(turn, notice, texts.missed_plan(notice, at))
        return
    try:
        await _must_still_hold(turn, notice, audience)
        scope = await scope_of(turn, notice, audience)
        check_scope(turn, notice, audience, scope)
    except Refusal as refusal:
        notice.state, notice.ended_at = NoticeState.DROPPED, turn.now
        turn.audit("notice.dropped", ref, "state")
        await tell_deciders(turn, notice, texts.plan_dropped(notice, str(refusal)))
        return
    await _send(turn, notice, audience, scope)


async def restored(turn: Turn, ref: str) -> None:
    """Due after a restore: nobody knows whether a planned notice had gone out; it waits for its sender's word."""
    notice = await turn.session.get(Notice, int(ref.lstrip("N")), with_for_update=True, populate_existing=True)
    if notice is None or notice.state != NoticeState.PLANNED or notice.plan_at is None:
        return
    at, notice.state, notice.plan_at = turn.local(notice.plan_at), NoticeState.DRAFT, None
    turn.audit("notice.missed", ref, "state,plan_at")
    await tell_sender(turn, notice, texts.perhaps_sent(notice, at))


async def _must_still_hold(turn: Turn, notice: Notice, audience: Audience) -> None:
    """Refusal if its sender no longer answers for the audience."""
    held = [one for one in await roles_of(turn.session, [notice.sender_id], turn.now) if one.role in SENDERS]
    for area in audience.areas:
        if not any(one.covers(area.path) for one in held):
            raise Refusal(f"您现在不负责{area.name}了。")


async def drop(turn: Turn, number: int) -> None:
    """The preview was answered with 不是, or stopped: nothing goes out."""
    notice, audience = await load(turn, number)
    must_rule(turn, notice, audience, own=True)
    if notice.state != NoticeState.PLANNED:
        _must_be_draft(turn, notice)
    await end_unsent(turn, notice)
    if _of_another(turn, notice):
        await tell_sender(turn, notice, texts.dropped_by(notice, turn.me.name))
    await say(turn, texts.dropped(notice), ref=f"N{number}")


async def end_unsent(turn: Turn, notice: Notice) -> None:
    """Nothing of a draft or a plan goes out any more."""
    await turn.unschedule(PLANNED, f"N{notice.id}")
    notice.state, notice.ended_at = NoticeState.DROPPED, turn.now
    await close_questions(turn, notice)
    turn.audit("notice.dropped", f"N{notice.id}", "state")
    await turn.session.flush()


def _of_another(turn: Turn, notice: Notice) -> bool:
    """Whether somebody else than the speaker wrote it, who does not read the answer either."""
    return turn.me.contact_id != notice.sender_id and turn.here.chat_id != notice.chat_id


async def stop(turn: Turn, order: Order) -> None:
    """停止 N5: what has not gone out does not go out."""
    if order.ref is None or order.ref.letter != "N":
        raise texts.no_notice("停止", "停止 N5", order)
    await halt(turn, order.ref.number)


async def halt(turn: Turn, number: int) -> None:
    """What has not gone out of this notice does not go out; Refusal for who may not, or where all is out."""
    notice, audience = await load(turn, number)
    must_rule(turn, notice, audience, own=True)
    if notice.state in (NoticeState.DRAFT, NoticeState.PLANNED):
        await drop(turn, number)
        return
    if notice.state != NoticeState.SENT:
        raise Refusal(f"{texts.name(notice)}{texts.STATE_NAMES[NoticeState(notice.state)]}，不用再停。")
    if not (await progress_of(turn, notice)).some("waiting"):
        raise Refusal(texts.all_out(notice))
    await cancel(turn, notice, NoticeState.STOPPED)
    progress = await progress_of(turn, notice)
    out = progress.told(*OUT, "waiting")  # what is being sent this moment counts as out
    told = (out, progress.told("cancelled"), progress.failed)
    await say(turn, texts.stopped(notice, *told), ref=f"N{notice.id}")
    if _of_another(turn, notice):
        await tell_sender(turn, notice, texts.stopped(notice, *told, by=f"被{turn.me.name}"))


async def cancel(turn: Turn, notice: Notice, state: NoticeState) -> None:
    """End it in this state: what is queued is cancelled, nobody is chased, and its sender waits for nothing more."""
    ref = f"N{notice.id}"
    deliveries = (
        select(col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == ref, Post.sort == Sort.NOTICE)
    )
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.delivery_id).in_(deliveries), col(DeliveryPart.state) == PartState.QUEUED)
        .values(state=PartState.CANCELLED)
    )
    notice.state, notice.ended_at = state, turn.now
    await close_questions(turn, notice)
    await turn.unschedule(WHOLE, ref)
    await turn.unschedule(RECEIPTS, ref)
    turn.audit(f"notice.{state}", ref, "state")
    await turn.session.flush()


async def whole(turn: Turn, ref: str) -> None:
    """Look whether every delivery has an outcome; then the sender hears it once, else look again later."""
    notice = await turn.session.get(Notice, int(ref.lstrip("N")))
    if notice is None or notice.state != NoticeState.SENT or notice.ended_at is not None or notice.sent_at is None:
        return
    progress = await progress_of(turn, notice)
    if progress.some("waiting"):
        late = (turn.now - notice.sent_at) / 10
        await turn.schedule(WHOLE, ref, turn.now + min(LONGEST_LOOK, max(FIRST_LOOK, late)))
        return
    notice.ended_at = turn.now
    turn.audit("notice.whole", ref, "ended_at")
    if notice.receipt:
        hours = timedelta(hours=turn.rules.notices.receipt_hours)
        await turn.schedule(RECEIPTS, ref, turn.now + hours)
    await tell_deciders(turn, notice, texts.whole(notice, progress.words(), progress.failed))


async def tell_sender(turn: Turn, notice: Notice, text: str) -> None:
    """Where it was written, if that is a private chat or a staff room; of a residents' group, in private."""
    await _tell(turn, notice, text, notice.chat_id, [notice.sender_id])


async def tell_deciders(turn: Turn, notice: Notice, text: str) -> None:
    """Its sender, and who else confirmed, stopped or recalled it, each where they did; each chat once."""
    done = col(AuditEntry.action).in_(DECISIONS) & (col(AuditEntry.ref) == f"N{notice.id}")
    query = select(col(AuditEntry.actor_id), col(AuditEntry.chat_id)).where(done).order_by(col(AuditEntry.id))
    people = {notice.sender_id: notice.chat_id}
    for actor_id, chat_id in await turn.session.execute(query):
        if actor_id is not None and chat_id is not None:
            people.setdefault(actor_id, chat_id)
    for chat in dict.fromkeys(people.values()):
        await _tell(turn, notice, text, chat, [who for who, where in people.items() if where == chat])


async def _tell(turn: Turn, notice: Notice, text: str, chat_id: int, people: Sequence[int]) -> None:
    room = await turn.session.scalar(
        select(Room).join(Chat, col(Chat.room_id) == col(Room.id)).where(col(Chat.id) == chat_id)
    )
    ref = f"N{notice.id}"
    if room is None or room.purpose != Purpose.RESIDENTS:
        piece = Piece(text, tuple(people) if room is not None else ())
        if (await post(turn, ref, Sort.REPLY, [piece], [Target(chat_id)])).chats:
            return
    for contact_id in people:
        if (await whisper(turn, contact_id, text, ref=ref)).chats or room is None:
            continue
        await post(turn, ref, Sort.REPLY, [Piece(text, (contact_id,))], [Target(chat_id)])


async def list_planned(turn: Turn, order: Order) -> None:
    """待发: the planned notices of the speaker, and of the areas that the speaker answers for."""
    sent = (Notice.state == NoticeState.SENT) & col(Notice.ended_at).is_(None)
    query = select(Notice).where(or_(Notice.state == NoticeState.PLANNED, sent)).order_by(col(Notice.id))
    mine: list[tuple[datetime, Notice, str]] = []
    for notice in await turn.session.scalars(query):
        at = notice.plan_at if notice.state == NoticeState.PLANNED else await sleeps_until(turn, notice)
        audience = await audience_of(turn, notice)
        if at and (notice.sender_id == turn.me.contact_id or covers_all(turn, WORKERS, audience)):
            mine.append((at, notice, audience.name(turn.rules.levels)))
    mine.sort(key=lambda row: (row[0], row[1].id))
    if not mine and not addressed(turn):
        turn.outcome = Outcome.CHAT
        return
    shown = mine[: texts.NAMES_SHOWN]
    await say(turn, texts.waiting(shown, len(mine) - len(shown), turn.local))
