"""Messages of our own accounts: they only settle deliveries whose outcome was unknown."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import col

from handlers.turn import Turn
from storage.inbox import Outcome
from storage.outbox import Delivery, DeliveryPart, PartState, PostPart


async def own_message(turn: Turn) -> None:
    """Our own message came back: the unknown part with this text in this chat did arrive."""
    turn.outcome = Outcome.OWN
    event, where = turn.event, turn.where
    if event is None or where is None:
        return
    known = await turn.session.scalar(select(DeliveryPart.id).where(col(DeliveryPart.external_id) == event.id).limit(1))
    if known is not None:
        return
    unknown = (
        select(col(DeliveryPart.id), col(PostPart.text), col(PostPart.kind))
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(
            PostPart, (col(PostPart.post_id) == col(Delivery.post_id)) & (col(PostPart.number) == DeliveryPart.number)
        )
        .where(Delivery.chat_id == where.chat_id, DeliveryPart.state == PartState.UNKNOWN)
        .order_by(col(DeliveryPart.id))
    )
    for part_id, text, kind in await turn.session.execute(unknown):
        if _same(text, event.text) if kind == "text" else event.picture is not None:
            await turn.session.execute(
                update(DeliveryPart)
                .where(col(DeliveryPart.id) == part_id)
                .values(state=PartState.SENT, external_id=event.id)
            )
            return


def _same(ours: str, theirs: str) -> bool:
    """Equal but for white space, which chat systems change around mentions."""
    return "".join(ours.split()) == "".join(theirs.split())
