"""撤回 N5: what waits is cancelled, and what the chat system still lets go of is taken back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, select
from sqlmodel import col

from handlers.commands import Order
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.counting import OUT, load, must_rule, progress_of
from handlers.notices.sending import cancel, drop, tell_deciders
from handlers.posting import say
from handlers.turn import Turn
from storage.engine import dialect_of, insert_into
from storage.matters import NOTICE_OUT, Notice, NoticeState
from storage.outbox import RECALL, RECALL_WITHIN, Delivery, DeliveryPart, Errand, PartState, Post, Sort

RECALLED = "notice.recalled"
LOOK = timedelta(seconds=5)
PATIENCE = RECALL_WITHIN + timedelta(minutes=1)
"""After this nothing more can be taken back, whatever is still under way."""


async def recall(turn: Turn, order: Order) -> None:
    """Its sender, or an admin above, takes a notice back."""
    if order.ref is None or order.ref.letter != "N":
        raise texts.no_notice("撤回", "撤回 N5", order)
    notice, audience = await load(turn, order.ref.number)
    must_rule(turn, notice, audience, "撤回", own=True)
    if notice.state in (NoticeState.DRAFT, NoticeState.PLANNED):
        await drop(turn, order.ref.number)
        return
    if notice.state not in NOTICE_OUT or notice.state == NoticeState.RECALLED:
        raise Refusal(f"{texts.name(notice)}{texts.STATE_NAMES[NoticeState(notice.state)]}，不用再撤。")
    await cancel(turn, notice, NoticeState.RECALLED)
    count = await _take_back(turn, notice)
    progress = await progress_of(turn, notice)
    await say(turn, texts.recalling(notice, count, progress.told("cancelled")), ref=f"N{notice.id}")
    await turn.schedule(RECALLED, f"N{notice.id}", turn.now + LOOK)


def _parts(notice: Notice) -> Select[tuple[DeliveryPart]]:
    return (
        select(DeliveryPart)
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == f"N{notice.id}", Post.sort == Sort.NOTICE)
    )


async def _take_back(turn: Turn, notice: Notice) -> int:
    """Have what went out less than two minutes ago recalled; how many messages."""
    if not turn.outside.capabilities.can_recall:
        return 0
    fresh = _parts(notice).where(
        DeliveryPart.state == PartState.SENT,
        col(DeliveryPart.external_id).is_not(None),
        col(DeliveryPart.tried_at) > turn.now - RECALL_WITHIN,
    )
    rows = [
        {"account_id": part.account_id, "kind": RECALL, "subject": str(part.id), "state": "queued", "tries": 0}
        for part in await turn.session.scalars(fresh)
        if part.account_id is not None
    ]
    if rows:
        known = insert_into(dialect_of(turn.session), Errand).on_conflict_do_nothing(
            index_elements=["account_id", "kind", "subject"]
        )
        await turn.session.execute(known, [{**row, "at": turn.now} for row in rows])
    return len(rows)


async def recalled(turn: Turn, ref: str) -> None:
    """Due: when nothing is under way any more, the sender hears what was taken back; else look again."""
    notice = await turn.session.get(Notice, int(ref.lstrip("N")))
    if notice is None or notice.state != NoticeState.RECALLED or notice.ended_at is None:
        return
    if turn.now - notice.ended_at < PATIENCE and await _under_way(turn, notice):
        await _take_back(turn, notice)  # what was being sent when it was recalled
        await turn.schedule(RECALLED, ref, turn.now + LOOK)
        return
    progress = await progress_of(turn, notice)
    able = turn.outside.capabilities.can_recall
    out = progress.told(*OUT) if progress.some(*OUT) else ""
    text = texts.recalled(notice, progress.told("recalled"), progress.told("cancelled"), out, able)
    await tell_deciders(turn, notice, text)


async def _under_way(turn: Turn, notice: Notice) -> bool:
    parts = {part.id: part for part in await turn.session.scalars(_parts(notice))}
    if any(part.state == PartState.SENDING for part in parts.values()):
        return True
    calls = await turn.session.execute(
        select(col(Errand.subject), col(Errand.state)).where(
            Errand.kind == RECALL, col(Errand.subject).in_([str(one) for one in parts])
        )
    )
    known = {int(subject): state for subject, state in calls}
    return "queued" in known.values() or any(_overlooked(turn, part, known) for part in parts.values())


def _overlooked(turn: Turn, part: DeliveryPart, known: dict[int, str]) -> bool:
    """Whether a part was sent just after the recall, and nothing has been done about it."""
    able = turn.outside.capabilities.can_recall and part.external_id is not None and part.account_id is not None
    fresh = part.tried_at is not None and part.tried_at > turn.now - RECALL_WITHIN
    return able and fresh and part.state == PartState.SENT and part.id not in known
