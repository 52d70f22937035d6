"""What of a confirmed notice waits for the end of the quiet hours, and how it goes out before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlmodel import col

from handlers import quiet_hours
from handlers.turn import Turn
from storage.matters import Notice, NoticeState
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Priority, Sort

AT_NIGHT = Sort.ALERT
"""As fast as which a notice goes that may not wait for the morning."""

BEHIND_ALERTS = 2
"""Added to the turn (0 text, 1 picture) of what goes with the priority of alerts, but after all of theirs."""


async def sleeps_until(turn: Turn, notice: Notice) -> datetime | None:
    """When (local) the quiet hours end in which the rest of a confirmed notice waits; None if nothing does."""
    wakes = quiet_hours.ends(turn)
    if notice.state != NoticeState.SENT or wakes is None:
        return None
    return wakes if await turn.session.scalar(_sleeping(notice).limit(1)) is not None else None


async def asleep(turn: Turn, notice: Notice) -> list[int]:
    """The chats for which something of it waits."""
    query = (
        select(col(Delivery.chat_id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(col(DeliveryPart.id).in_(_sleeping(notice)))
        .distinct()
    )
    return list(await turn.session.scalars(query.order_by(col(Delivery.chat_id))))


def _sleeping(notice: Notice) -> Select[tuple[int | None]]:
    return (
        select(col(DeliveryPart.id))
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == f"N{notice.id}", Post.sort == Sort.NOTICE)
        .where(DeliveryPart.state == PartState.QUEUED, DeliveryPart.priority > Priority.URGENT)
    )


async def hurry(turn: Turn, notice: Notice) -> None:
    """Quiet hours hold nothing urgent; behind the texts and the pictures of alerts it delays none of them."""
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.id).in_(_sleeping(notice)))
        .values(priority=Priority.URGENT, turn=DeliveryPart.turn + BEHIND_ALERTS, due_at=turn.now)
        .execution_options(synchronize_session=False)
    )
    turn.audit("notice.at_night", f"N{notice.id}", "priority,due_at")
