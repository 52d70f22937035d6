"""The hours in which unasked, routine posts wait."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from handlers.turn import Turn


def ends(turn: Turn) -> datetime | None:
    """When the quiet hours that it is now in end; None outside them."""
    return quiet_until(turn.local(turn.now), turn.rules.quiet.start, turn.rules.quiet.end)


def quiet_until(local: datetime, start: str, end: str) -> datetime | None:
    """When quiet hours (HH:MM to HH:MM, local) end that hold at a local instant; None outside them."""
    begin, finish, clock = time.fromisoformat(start), time.fromisoformat(end), local.timetz().replace(tzinfo=None)
    if begin == finish:
        return None
    inside = begin <= clock < finish if begin < finish else clock >= begin or clock < finish
    if not inside:
        return None
    day = local.date() if clock < finish else local.date() + timedelta(days=1)
    return datetime.combine(day, finish, local.tzinfo)
