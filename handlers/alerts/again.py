"""Somebody whom the family got back is gone again: what it said before need not be said twice."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts import facts
from handlers.alerts.reaching import ref_of
from handlers.alerts.register import AGAIN
from handlers.turn import Turn
from storage.matters import Alert, AlertState

LASTING = ("name", "sex", "age", "age_precision", "height_cm", "build", "features", "health", "phone", "contact_name")
"""What is today as it was then; clothes, place and time are not."""


async def earlier(turn: Turn, alert: Alert) -> Alert | None:
    """The writer's own last report of the same person, who was found, while its content is kept; only if 又 is said."""
    if not AGAIN.search(alert.text) or alert.forwarded:
        return None
    query = select(Alert).where(
        Alert.reporter_id == turn.me.contact_id,
        Alert.state == AlertState.FOUND,
        col(Alert.wiped).is_(False),
        col(Alert.forwarded).is_(False),
    )
    said = {name: value for name in LASTING if (value := getattr(alert, name)) not in (None, "")}
    found = [
        one
        for one in await turn.session.scalars(query)
        if not (facts.contradicts(one, said) or facts.other_kin(one, alert.text) or facts.other_age(one, alert.text))
    ]
    return found[0] if len(found) == 1 else None


def fill(turn: Turn, alert: Alert, before: Alert) -> None:
    """What today's words do not say is taken from the earlier report."""
    for name in LASTING:
        if getattr(alert, name) in (None, "") and getattr(before, name) not in (None, ""):
            setattr(alert, name, getattr(before, name))
    alert.picture_id = alert.picture_id or before.picture_id
    alert.share_phone = alert.share_phone and before.share_phone
    turn.audit("alert.again", ref_of(alert), ref_of(before))
