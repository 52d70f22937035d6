"""What a grid worker says of a report in the group itself, where nobody asked: 收到，确认; 核实过了，是真的."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.alerts.reaching import ref_of
from handlers.turn import ON_DUTY, Speaker, Where
from handlers.understanding import vouches
from handlers.understanding.normal import fold
from storage.matters import Alert, AlertState

SOON = timedelta(hours=1)
"""How long after a report such words are about it."""


def command_of(text: str, at: datetime, where: Where, speaker: Speaker, alerts: Sequence[Alert]) -> str:
    """The command that these words are: 确认 M1, 误报 M1; empty where they are none, or may be about another report."""
    if where.private or where.area is None or not speaker.has(ON_DUTY, where.area.path):
        return ""
    new = [
        one
        for one in alerts
        if one.state == AlertState.UNCONFIRMED
        and one.chat_id == where.chat_id
        and one.reporter_id != speaker.contact_id
        and one.created_at <= at <= one.created_at + SOON
    ]
    if len(new) != 1 or (said := vouches(fold(text), new[0].id or 0)) is None:
        return ""
    return f"{'确认' if said else '误报'} {ref_of(new[0])}"
