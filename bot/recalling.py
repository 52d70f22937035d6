"""Taking back what one of our accounts sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.gateways.protocol import Address, Gateway, Refused
from storage.areas import Chat, RoomBinding
from storage.engine import Database
from storage.outbox import RECALL_WITHIN, TAKEN_BACK, Delivery, DeliveryPart, PartState
from storage.people import ContactBinding


async def recall_part(database: Database, gateway: Gateway, part_id: int, now: datetime) -> None:
    """Recall one sent part and note it; GatewayError as the gateway gives it, `Refused` after two minutes."""
    async with database.read() as session:
        part = await session.get(DeliveryPart, part_id)
        to = await _address(session, part) if part is not None else None
    if part is None or to is None or part.external_id is None or part.state != PartState.SENT:
        raise Refused("这条消息没有发出，或群已退出")
    if part.tried_at is None or now - part.tried_at > RECALL_WITHIN:
        raise Refused("发出超过两分钟")
    await gateway.recall(to, part.external_id)
    async with database.write() as session:
        await session.execute(
            update(DeliveryPart)
            .where(col(DeliveryPart.id) == part_id)
            .values(state=PartState.CANCELLED, error=TAKEN_BACK)
        )


async def _address(session: AsyncSession, part: DeliveryPart) -> Address | None:
    """Where the account that sent it finds the chat."""
    chat = await session.scalar(
        select(Chat).join(Delivery, col(Delivery.chat_id) == col(Chat.id)).where(Delivery.id == part.delivery_id)
    )
    if chat is None:
        return None
    if chat.contact_id is not None:
        person = await session.scalar(
            select(col(ContactBinding.external_id))
            .where(ContactBinding.account_id == part.account_id, ContactBinding.contact_id == chat.contact_id)
            .order_by(col(ContactBinding.friend).desc(), col(ContactBinding.id).desc())
            .limit(1)
        )
        return Address(person=person) if person else None
    room = await session.scalar(
        select(col(RoomBinding.external_id))
        .where(RoomBinding.account_id == part.account_id, RoomBinding.chat_id == chat.id)
        .where(col(RoomBinding.left_at).is_(None))
        .order_by(col(RoomBinding.id).desc())
        .limit(1)
    )
    return Address(room=room) if room else None
