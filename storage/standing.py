"""How the database stands: what waits, since when, and what is late; indexes answer, however much is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.agenda import DueItem
from storage.inbox import InboxEvent, InboxState
from storage.matters import ALERT_OPEN, CASE_OPEN, Alert, Case, Stray
from storage.outbox import DeliveryPart, PartState, Priority

SHOWN = (PartState.QUEUED, PartState.SENDING, PartState.UNKNOWN, PartState.FAILED)
"""States of which there are never very many."""

LATE = timedelta(minutes=1)
"""A due thing is late when it has waited so long."""


@dataclass(frozen=True, slots=True)
class Standing:
    """At `at`: counts, and the instant since which the oldest of each kind waits (None: none does)."""

    at: datetime
    inbox: int
    inbox_since: datetime | None
    inbox_failed: int
    parts: Mapping[tuple[str, int], int]  # by state and priority
    due_part_since: datetime | None
    urgent_part_since: datetime | None
    last_try: datetime | None
    late: int
    late_since: datetime | None
    open_matters: Mapping[str, int]  # case, alert, stray

    def seconds(self, since: datetime | None) -> float:
        """How long something has waited; 0 for nothing."""
        return max(0.0, (self.at - since).total_seconds()) if since else 0.0


async def standing(session: AsyncSession, account_id: int, now: datetime) -> Standing:
    """How things stand now; `last_try` is this account's."""
    inbox, inbox_since = (await session.execute(_NEW)).one()
    ready = (DeliveryPart.state == PartState.QUEUED, col(DeliveryPart.due_at) <= now)
    first = select(func.min(col(DeliveryPart.due_at))).where(*ready)
    at = col(DeliveryPart.tried_at)
    tried = select(func.max(at)).where(DeliveryPart.account_id == account_id, at.is_not(None))  # as its index
    late = select(func.count(), func.min(col(DueItem.due_at))).where(col(DueItem.due_at) < now - LATE)
    late_count, late_since = (await session.execute(late)).one()
    return Standing(
        at=now,
        inbox=inbox,
        inbox_since=inbox_since,
        inbox_failed=await session.scalar(_FAILED) or 0,
        parts={(state, priority): count for state, priority, count in await session.execute(_PARTS)},
        due_part_since=await session.scalar(first),
        urgent_part_since=await session.scalar(first.where(DeliveryPart.priority <= Priority.URGENT)),
        last_try=await session.scalar(tried),
        late=late_count,
        late_since=late_since,
        open_matters={kind: await session.scalar(query) or 0 for kind, query in _OPEN.items()},
    )


_NEW = select(func.count(), func.min(col(InboxEvent.received_at))).where(InboxEvent.state == InboxState.NEW)
_FAILED = select(func.count()).where(InboxEvent.state == InboxState.FAILED)
_PARTS = (
    select(col(DeliveryPart.state), col(DeliveryPart.priority), func.count())
    .where(col(DeliveryPart.state).in_(SHOWN))
    .group_by(col(DeliveryPart.state), col(DeliveryPart.priority))
)
_OPEN = {
    "case": select(func.count()).where(col(Case.state).in_(CASE_OPEN)),
    "alert": select(func.count()).where(col(Alert.state).in_(ALERT_OPEN)),
    "stray": select(func.count()).where(Stray.state == "open"),
}
