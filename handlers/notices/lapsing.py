"""What becomes of a notice when its sender may not send there any more."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from handlers.notices.audience import audience_of
from handlers.notices.counting import progress_of
from handlers.notices.sending import cancel, end_unsent
from handlers.turn import SENDERS, Turn
from storage.matters import Notice, NoticeState
from storage.people import roles_of


async def stop_lapsed(turn: Turn, contact_id: int) -> list[str]:
    """Stop what waits of somebody's notices where they have no right to send any more; which, as N3."""
    query = select(Notice).where(
        Notice.sender_id == contact_id,
        col(Notice.state).in_((NoticeState.DRAFT, NoticeState.PLANNED, NoticeState.SENT)),
        col(Notice.ended_at).is_(None),
    )
    held = [one for one in await roles_of(turn.session, [contact_id], turn.now) if one.role in SENDERS]
    stopped = []
    for notice in await turn.session.scalars(query.order_by(col(Notice.id)).with_for_update()):
        audience = await audience_of(turn, notice)
        if all(any(one.covers(area.path) for one in held) for area in audience.areas):
            continue
        if notice.state != NoticeState.SENT:
            await end_unsent(turn, notice)
        elif (await progress_of(turn, notice)).some("waiting"):
            await cancel(turn, notice, NoticeState.STOPPED)
        else:
            continue
        stopped.append(f"N{notice.id}")
    return stopped
