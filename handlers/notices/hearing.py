"""收到: whether a line says that a notice was read, and which; and whether one says that a notice is to be sent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.matters import Notice, NoticeState
from storage.outbox import REACHED, Delivery, DeliveryPart, PartState, Post, Sort

LASTS = timedelta(days=3)
"""How long after a notice a receipt is still counted."""

_END = r"[\s。.!！~～,，]*(?:谢谢\S{0,6})?(?:\[[^\]\s]{1,6}\])*[\s。.!！~～]*"
_RECEIVED = re.compile(rf"(?:好的?[\s,，]*)?(?:已经?|我们?家?)?收到(?:了|啦|通知)*{_END}")
_READ = re.compile(rf"(?:好的?|嗯+|1|已阅|(?:已经?)?(?:知道|知晓|看到|了解)(?:了|啦)?|明白(?:了|啦)?|回执|OK|ok){_END}")
"""Said in a quote of the notice these are receipts too."""


_DECIDES = re.compile(
    r"(?:[@＠]\S+\s+)?(?:(?:可以|就|请|马上)?(?:确认|确定|发(?:送|布|出去)?)|不(?:要)?发|别发|作废|取消)[吧了]*"
    r"\s*(?:(?:通知)?\s*[NnＮｎ]?\s*\d{1,9}号?)?[\s。.!！~～]*"
)


def decides(text: str) -> bool:
    """Whether a whole line can only be about sending: what else says yes or no may be said to somebody beside us."""
    return bool(_DECIDES.fullmatch(text.strip()))


def received(text: str, *, quoting: bool = False) -> bool:
    """Whether a whole line is a receipt."""
    line = text.strip()
    return len(line) <= 30 and bool(_RECEIVED.fullmatch(line) or (quoting and _READ.fullmatch(line)))


async def receipts_open(session: AsyncSession, chats: Collection[int], now: datetime) -> dict[int, Sequence[int]]:
    """Chat id -> numbers of the notices there that ask for a receipt, oldest first."""
    wanted = select(col(Notice.id)).where(
        col(Notice.receipt).is_(True), Notice.state == NoticeState.SENT, col(Notice.sent_at) > now - LASTS
    )
    refs = {f"N{number}": number for number in await session.scalars(wanted.order_by(col(Notice.id)))}
    if not refs:
        return {}
    query = (
        select(col(Delivery.chat_id), col(Post.ref))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(col(Post.ref).in_(refs), Post.sort == Sort.NOTICE, col(Delivery.chat_id).in_(chats))
        .where(col(DeliveryPart.state).in_((PartState.SENDING, *REACHED)))
    )
    found: dict[int, set[int]] = defaultdict(set)
    for chat_id, ref in await session.execute(query):
        found[chat_id].add(refs[ref])
    return {chat_id: sorted(numbers) for chat_id, numbers in found.items()}
