"""通知 全镇 …: a draft, and the preview that its sender confirms."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers import quiet_hours
from handlers.commands import Order
from handlers.estimating import seconds_for
from handlers.helping import addressed
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.counting import Scope, scope_of
from handlers.places.naming import area_at_start, is_relative, unknown_area
from handlers.posting import Piece, say
from handlers.turn import WORKERS, Turn
from storage.agenda import Question
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, Sort

CONFIRM = "确认"
"""The kind of question: by the word of the command that answers it too."""

_PLACE_ENDS = ("村", "格", "镇", "乡", "县", "区", "街道", "组")


async def draft(turn: Turn, order: Order) -> None:
    """Write the draft down and show where it would go."""
    found = await area_at_start(turn, order.rest)
    if found is None:
        await _no_area(turn, order)
        return
    area, text = found
    _check_text(text)
    if not turn.me.has(WORKERS, area.path):
        raise Refusal(await _not_yours(turn, area))
    scope = await scope_of(turn, area)
    check_scope(area, scope)
    notice = await _record(turn, area, text)
    await preview(turn, notice, area, scope)


async def _no_area(turn: Turn, order: Order) -> None:
    """Not a place: in a group without a mention 通知：请大家… is a person's own notice, and the bot keeps out of it."""
    first = order.rest.split(maxsplit=1)[0][:12]
    if not addressed(turn) and not is_relative(first) and not first.endswith(_PLACE_ENDS):
        turn.outcome = Outcome.CHAT
        return
    refusal = await unknown_area(turn, first)
    raise Refusal(f"{refusal}{texts.USAGE}")


def _check_text(text: str) -> None:
    if not text.strip():
        raise Refusal(f"通知没有正文。{texts.USAGE}")
    if len(text) > texts.LONGEST:
        raise Refusal(f"通知有 {len(text)} 字，最多 {texts.LONGEST} 字，请缩短或分两条发。")


async def _not_yours(turn: Turn, area: Area) -> str:
    rows = select(col(Area.name)).where(col(Area.id).in_({one.area_id for one in turn.me.roles if one.role in WORKERS}))
    own = list((await turn.session.scalars(rows.order_by(col(Area.level), col(Area.id)))).all())
    return f"{area.name}不在您负责的范围，没有发。您能发的是：{'、'.join(own)}，如“通知 {own[0]} …”。"


def check_scope(area: Area, scope: Scope) -> None:
    """Refusal if nobody would hear it."""
    if scope.chats:
        return
    if scope.silent:
        raise Refusal(f"{area.name}的 {scope.silent} 个群都是静默，通知发不出去。")
    raise Refusal(f"{area.name}还没有绑定的居民群，通知发不出去。")


async def _record(turn: Turn, area: Area, text: str) -> Notice:
    """A new draft, or the same one again if this person has just written it."""
    since = turn.now - timedelta(minutes=turn.rules.question_minutes)
    known = await turn.session.scalar(
        select(Notice)
        .where(
            Notice.sender_id == turn.me.contact_id,
            Notice.area_id == area.id,
            Notice.state == NoticeState.DRAFT,
            Notice.text == text,
            col(Notice.created_at) > since,
        )
        .order_by(col(Notice.id).desc())
        .limit(1)
    )
    if known is not None:
        return known
    notice = Notice(
        area_id=area.id or 0,
        sender_id=turn.me.contact_id,
        chat_id=turn.here.chat_id,
        text=text,
        created_at=turn.now,
    )
    turn.session.add(notice)
    await turn.session.flush()
    turn.audit("notice.drafted", f"N{notice.id}", "state")
    return notice


async def preview(turn: Turn, notice: Notice, area: Area, scope: Scope, lead: str = "") -> None:
    """Show it, and ask. Asking again takes the place of the earlier question."""
    ref = f"N{notice.id}"
    turn.concerns(ref)
    shown = texts.body(notice, await issuer(turn, notice, area))
    wakes = quiet_hours.ends(turn)
    seconds = await seconds_for(turn, Sort.NOTICE, [Piece(shown)], scope.chats, wakes)
    text = texts.preview(notice, area.name, len(scope.chats), scope.silent, seconds, wakes, shown)
    sent = await say(turn, lead + text, ref=ref)
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
        )
    )
    await turn.session.flush()


async def close_questions(turn: Turn, notice: Notice) -> None:
    """Nothing about this notice is asked any more."""
    await turn.session.execute(
        update(Question)
        .where(col(Question.ref) == f"N{notice.id}", col(Question.answered_at).is_(None))
        .values(answered_at=turn.now)
    )


async def issuer(turn: Turn, notice: Notice, area: Area) -> str:
    """In whose name it goes out: the nearest area over the target for which the sender answers."""
    covering = [one for one in turn.me.roles if one.role in WORKERS and one.covers(area.path)]
    if not covering or turn.me.contact_id != notice.sender_id:
        return area.name
    nearest = max(covering, key=lambda one: one.level)
    return (await turn.session.get_one(Area, nearest.area_id)).name
