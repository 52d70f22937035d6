"""Messages of our own accounts: they only settle deliveries whose outcome nobody told."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, case, select, update
from sqlmodel import col

from handlers.ports import load_event
from handlers.turn import Turn
from storage.inbox import InboxEvent, Outcome, hearer_of
from storage.outbox import Delivery, DeliveryPart, PartState, PostPart


def _parts(*more: object) -> Select[tuple[object, ...]]:
    """Parts with what they say."""
    return (
        select(col(PostPart.text), col(PostPart.kind), *more)  # type: ignore[call-overload]
        .select_from(DeliveryPart)
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(
            PostPart, (col(PostPart.post_id) == col(Delivery.post_id)) & (col(PostPart.number) == DeliveryPart.number)
        )
    )


_KNOWN = select(DeliveryPart.id).where(col(DeliveryPart.external_id) == bindparam("event")).limit(1)
_UNKNOWN = (
    _parts(col(DeliveryPart.id))
    .where(Delivery.chat_id == bindparam("chat"), DeliveryPart.state == PartState.UNKNOWN)
    .order_by(col(DeliveryPart.id))
)
_THAT = _parts(col(Delivery.chat_id), col(DeliveryPart.tried_at)).where(col(DeliveryPart.id) == bindparam("part"))
_CAME = (
    select(col(InboxEvent.external_id), col(InboxEvent.account_id), col(InboxEvent.payload))
    .where(
        InboxEvent.chat_id == bindparam("chat"),
        InboxEvent.kind == "message",
        col(InboxEvent.contact_id).is_(None),  # ours
        InboxEvent.received_at >= bindparam("since"),
        ~select(DeliveryPart.id).where(col(DeliveryPart.external_id) == InboxEvent.external_id).exists(),
    )
    .order_by(col(InboxEvent.id))
)


class CameBack(NamedTuple):
    """A message of ours that was seen in its chat; without its id where another account saw it, as ids differ."""

    message_id: str | None


async def own_message(turn: Turn) -> None:
    """Our own message came back: the unknown part with this text in this chat did arrive."""
    turn.outcome = Outcome.OWN
    event, where = turn.event, turn.where
    if event is None or where is None:
        return
    if await turn.session.scalar(_KNOWN, {"event": event.id}) is not None:
        return
    heard = hearer_of(turn.inbox_id)
    for text, kind, part_id in await turn.session.execute(_UNKNOWN, {"chat": where.chat_id}):
        if _same(kind, text, event.text, event.picture):
            await turn.session.execute(
                update(DeliveryPart)
                .where(col(DeliveryPart.id) == part_id)
                .values(
                    state=PartState.SENT,
                    external_id=case(
                        (col(DeliveryPart.account_id) == heard, event.id), else_=col(DeliveryPart.external_id)
                    ),
                )
            )
            return


def unspaced(text: str) -> str:
    """Without white space, which chat systems change around mentions."""
    return "".join(text.split())


def own_message_of(connection: Connection, part_id: int, account_id: int) -> CameBack | None:
    """Under which id a part's message has come back already to the account that sent it, if it has: it did arrive."""
    text, kind, chat_id, tried_at = connection.execute(_THAT, {"part": part_id}).one()
    for message_id, heard_by, payload in connection.execute(_CAME, {"chat": chat_id, "since": tried_at}):
        event = load_event(payload)
        if event.from_self and _same(kind, text, event.text, event.picture):
            return CameBack(str(message_id) if heard_by == account_id else None)
    return None


def _same(kind: str, ours: str, theirs: str, picture: str | None) -> bool:
    return unspaced(ours) == unspaced(theirs) if kind == "text" else picture is not None
