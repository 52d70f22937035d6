"""通知 全镇 …: a draft, and the preview that its sender confirms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from handlers import quiet_hours
from handlers.commands import Order
from handlers.estimating import seconds_for
from handlers.helping import addressed
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.alike import said_before
from handlers.notices.audience import PLACE_ENDS, Audience, audience_at_start, other_area, role_meant
from handlers.notices.counting import Scope, all_rooms, covers_all, pictures_of, pieces_of, scope_of
from handlers.notices.picturing import attach_earlier
from handlers.notices.templates import filled, own_area
from handlers.notices.wording import Wording, asks_for_receipt, over_by_then, take_wording
from handlers.places.naming import is_relative, unknown_area
from handlers.posting import NO_MATTER, Piece, say, whisper
from handlers.turn import SENDERS, Turn
from storage.agenda import Question
from storage.areas import Area, Purpose
from storage.inbox import Outcome
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, Sort
from storage.people import Appointment, roles_of

CONFIRM = "确认"
"""The kind of question: by the word of the command that answers it too."""

NIGHT = "night"
"""Stands in the data of one that asks whether a notice shall go out in quiet hours."""


DAWN = 5
"""Until this hour 明早 may be said of the morning that is near."""

_OWN_GROUPS = ("组", "小区")
"""Places that are seldom areas of ours: whoever names one in a group speaks to the people there."""


_NAME = re.compile(r"(?![各请全所紧重关明今后昨本下上周星这那一二三四五六七八九十大])[\u4e00-\u9fff]{2,5}")
"""What may be the misspelt name of a place: no day, and no word to everybody, as own notices begin."""


_WORDS = re.compile(r"\w")


async def draft(turn: Turn, order: Order) -> None:
    """Write the draft down and show where it would go."""
    found = await audience_at_start(turn, order.rest)
    if found is None:
        await _no_area(turn, order)
    else:
        await write(turn, *found)


async def write(turn: Turn, audience: Audience, rest: str) -> None:
    """Keep and show a notice for this audience; `rest` is what was written behind it."""
    wording = take_wording(rest, turn.local(turn.at), turn.now, lambda at: wakes_at(turn, at) is not None)
    await check_text(turn, wording.text)
    text = await filled(turn, wording.text)
    await check_text(turn, text)
    if not covers_all(turn, SENDERS, audience):
        raise Refusal(await _not_yours(turn, audience))
    notice = Notice(
        area_id=audience.top.id or 0,
        sender_id=turn.me.contact_id,
        chat_id=turn.here.chat_id,
        text=text,
        audience=audience.stored(),
        plan_at=wording.plan_at,
        plan_words=wording.plan_words,
        receipt=wording.receipt or asks_for_receipt(text),
        created_at=turn.now,
    )
    await propose(turn, notice, audience, wording)


async def must_last(turn: Turn, notice: Notice, audience: Audience) -> None:
    """Refusal of a plan for a time at which its sender's lent right has ended."""
    if notice.plan_at is None:
        return
    begin = wakes_at(turn, turn.local(notice.plan_at)) or notice.plan_at
    held = [one for one in await roles_of(turn.session, [notice.sender_id], begin) if one.role in SENDERS]
    if all(any(one.covers(area.path) for one in held) for area in audience.areas):
        return
    lent = (col(Appointment.contact_id) == notice.sender_id) & (col(Appointment.until) > turn.now)
    ends = await turn.session.scalar(
        select(func.max(Appointment.until)).where(lent, col(Appointment.role).in_(SENDERS))
    )
    raise Refusal(texts.beyond_right(turn.local(begin), turn.local(ends) if ends else None))


async def propose(turn: Turn, notice: Notice, audience: Audience, wording: Wording | None = None) -> None:
    """Keep a new draft, unless nobody would hear it, and show it."""
    scope = await scope_of(turn, notice, audience)
    check_scope(turn, notice, audience, scope)
    await must_last(turn, notice, audience)
    notice = await _record(turn, notice)
    if wording is None or not wording.bare:
        await attach_earlier(turn, notice)
    more = [texts.TIMELY] if wording is not None and wording.timely else []
    if wording is not None and audience.role is None and (other := await other_area(turn, audience, notice.text)):
        more.append(texts.other_area(other, audience.top.name))
    if wording is not None and audience.role is None and (role := role_meant(notice.text)):
        more.append(texts.for_role(role, audience.top.name))
    await preview(turn, notice, audience, scope, more=more)


async def _no_area(turn: Turn, order: Order) -> None:
    """Not a place: in a group without a mention 通知：请大家… is a person's own notice, and the bot keeps out of it."""
    first = order.rest.split(maxsplit=1)[0][:12]
    meant = is_relative(first) or (first.endswith(PLACE_ENDS) and not first.endswith(_OWN_GROUPS))
    in_passing = not addressed(turn) and not meant
    if in_passing and not (_of_staff(turn) and _NAME.fullmatch(first) and len(order.rest.split(maxsplit=1)) > 1):
        turn.outcome = Outcome.CHAT
        return
    refusal = f"{await unknown_area(turn, first)}{texts.usage(await own_area(turn))}"
    if not in_passing:
        raise Refusal(refusal)
    turn.outcome = Outcome.CHAT  # their own notice perhaps: the others are spared
    await whisper(turn, turn.me.contact_id, refusal, ref=NO_MATTER)


def _of_staff(turn: Turn) -> bool:
    return turn.here.room is not None and turn.here.room.purpose != Purpose.RESIDENTS


async def check_text(turn: Turn, text: str) -> None:
    """Refusal for a notice without words, or with more than groups would read."""
    if not _WORDS.search(text):
        raise Refusal(f"通知没有正文。{texts.usage(await own_area(turn))}")
    if len(text) > texts.LONGEST:
        raise Refusal(f"通知有 {len(text)} 字，最多 {texts.LONGEST} 字，请缩短或分两条发。")


async def _not_yours(turn: Turn, audience: Audience) -> str:
    beyond = "、".join(area.name for area in audience.areas if not turn.me.has(SENDERS, area.path))
    rows = select(col(Area.name)).where(col(Area.id).in_({one.area_id for one in turn.me.roles if one.role in SENDERS}))
    own = list((await turn.session.scalars(rows.order_by(col(Area.level), col(Area.id)))).all())
    return f"{beyond}不在您负责的范围，没有发。您能发的是：{'、'.join(own)}，如“通知 {own[0]} …”。"


def check_scope(turn: Turn, notice: Notice, audience: Audience, scope: Scope) -> None:
    """Refusal if nobody would hear it."""
    if scope.chats:
        return
    name = audience.name(turn.rules.levels)
    if notice.corrects_id is not None:
        raise Refusal(f"没有群收到过 N{notice.corrects_id}，不用更正。")
    if audience.role is not None:
        raise Refusal(f"{name}一个人也联系不上，通知发不出去。" if scope.people else f"{name}还没有人，通知发不出去。")
    if scope.silent:
        raise Refusal(f"{name}的 {scope.silent} 个群都是静默，通知发不出去。")
    if scope.without:
        raise Refusal(f"{name}没有剩下的群，通知发不出去。")
    kind = "的居民群" if audience.plain else ""
    raise Refusal(f"{name}还没有绑定{kind or '的群'}，通知发不出去。")


async def _record(turn: Turn, notice: Notice) -> Notice:
    """A new draft, or the same one again if this person has just written it."""
    since = turn.now - timedelta(minutes=turn.rules.question_minutes)
    drafts = await turn.session.scalars(
        select(Notice)
        .where(
            Notice.sender_id == turn.me.contact_id,
            Notice.area_id == notice.area_id,
            Notice.state == NoticeState.DRAFT,
            Notice.text == notice.text,
            col(Notice.created_at) > since,
        )
        .order_by(col(Notice.id).desc())
    )
    asked = ("audience", "plan_at", "receipt", "corrects_id")
    for known in drafts:
        if all(getattr(known, name) == getattr(notice, name) for name in asked):
            return known
    turn.session.add(notice)
    await turn.session.flush()
    turn.audit("notice.drafted", f"N{notice.id}", "state")
    return notice


async def preview(
    turn: Turn, notice: Notice, audience: Audience, scope: Scope, lead: str = "", *, more: Sequence[str] = ()
) -> None:
    """Show it, and ask."""
    shown = texts.body(notice, await issuer(turn, notice, audience))
    notes = [*await _notes(turn, notice, audience, scope), *more]
    to = f"{audience.name(turn.rules.levels)}{scope.words()}"
    seconds = await lasts(turn, notice, await pieces_of(turn, notice, shown), scope)
    text = texts.preview(notice, to, going(turn, notice, seconds), notes, shown)
    await ask(turn, notice, lead + text)


async def ask(turn: Turn, notice: Notice, text: str, *, night: bool = False) -> None:
    """Have it confirmed. Asking again takes the place of the earlier question."""
    ref = f"N{notice.id}"
    turn.concerns(ref)
    sent = await say(turn, text, ref=ref)
    await close_questions(turn, notice)
    chat_id = await turn.session.scalar(select(col(Delivery.chat_id)).where(col(Delivery.post_id) == sent.post_id))
    turn.session.add(
        Question(
            kind=CONFIRM,
            ref=ref,
            chat_id=chat_id or turn.here.chat_id,
            contact_id=turn.me.contact_id,
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
            data={NIGHT: True} if night else {},
        )
    )
    await turn.session.flush()


async def _notes(turn: Turn, notice: Notice, audience: Audience, scope: Scope) -> list[str]:
    """What the sender must know beside the words."""
    notes = []
    if notice.plan_words:
        notes.append(texts.read_as_plan(notice))
    plan = turn.local(notice.plan_at) if notice.plan_at is not None else None
    begins = wakes_at(turn, plan) or plan
    if begins and (words := over_by_then(notice.text, turn.local(turn.now), begins)):
        notes.append(texts.over_by_then(notice, words))
    today = turn.local(turn.now)
    if plan and today.hour < DAWN and (plan.date() - today.date()).days == 1:
        notes.append(texts.after_midnight(today, plan))
    if notice.receipt:
        notes.append(texts.with_receipt(turn.rules.notices.receipt_hours))
    if pictures := await pictures_of(turn, notice):
        notes.append(texts.with_pictures(len(pictures), turn.outside.capabilities.can_send_pictures))
    if audience.top.level < _town(turn) and scope.chats == await all_rooms(turn, audience.purpose):
        notes.append(texts.everything(scope.chats))
    if other := await said_before(turn, notice, audience):
        notes.append(texts.said_before(other, turn.local))
    return notes


def _town(turn: Turn) -> int:
    levels = turn.rules.levels
    return levels.index(turn.rules.town_level) if turn.rules.town_level in levels else 1


async def lasts(turn: Turn, notice: Notice, pieces: Sequence[Piece], scope: Scope) -> float:
    """How many seconds the fan-out takes, once it begins."""
    plan = turn.local(notice.plan_at) if notice.plan_at is not None else None
    return await seconds_for(turn, Sort.NOTICE, pieces, scope.chat_ids, wakes_at(turn, plan) or plan)


def going(turn: Turn, notice: Notice, seconds: float) -> str:
    """When it goes out, and how long that takes."""
    plan = turn.local(notice.plan_at) if notice.plan_at is not None else None
    return texts.when(seconds, wakes_at(turn, plan), plan)


def wakes_at(turn: Turn, plan: datetime | None) -> datetime | None:
    """The end of the quiet hours into which the sending falls, if it does."""
    quiet = turn.rules.quiet
    return quiet_hours.quiet_until(plan, quiet.start, quiet.end) if plan else quiet_hours.ends(turn)


async def close_questions(turn: Turn, notice: Notice) -> None:
    """Nothing about this notice is asked any more."""
    await turn.session.execute(
        update(Question)
        .where(col(Question.ref) == f"N{notice.id}", col(Question.answered_at).is_(None))
        .values(answered_at=turn.now)
    )


async def issuer(turn: Turn, notice: Notice, audience: Audience) -> str:
    """In whose name it goes out: the nearest area over the target for which the sender answers."""
    held = await roles_of(turn.session, [notice.sender_id], turn.now)
    paths = [area.path for area in audience.areas]
    covering = [one for one in held if one.role in SENDERS and all(map(one.covers, paths))]
    if not covering:
        return "、".join(area.name for area in audience.areas)
    nearest = max(covering, key=lambda one: one.level)
    return (await turn.session.get_one(Area, nearest.area_id)).name
