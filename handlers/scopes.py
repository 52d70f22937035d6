"""Whose figures somebody may read: the area named or their own, and what of it counts for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from handlers.matters import COMPLAINTS, Refusal
from handlers.places.naming import find_area, unknown_area
from handlers.turn import WORKERS, Turn
from storage.areas import Area
from storage.case_figures import Scope

LONGEST = 40
"""Characters of a name that are looked at."""


async def area_of(turn: Turn, words: str, roles: Collection[str] = WORKERS) -> Area:
    """The area named, else the highest one for which the speaker holds one of the roles; Refusal outside of these."""
    if not words:
        own = min((held for held in turn.me.roles if held.role in roles), key=lambda held: held.level)
        return await turn.session.get_one(Area, own.area_id)
    area = await find_area(turn, words[:LONGEST])
    if area is None:
        raise await unknown_area(turn, words[:LONGEST])
    if not turn.me.has(roles, area.path):
        raise Refusal(f"{area.name}不在您负责的范围，看不了那里的统计。")
    return area


def scope_of(turn: Turn, area: Area, since: datetime, until: datetime) -> Scope:
    """All cases of an area and a time; complaints about workers only for who handles them, and not before others."""
    open_to = turn.here.private and turn.me.has(COMPLAINTS, area.path)
    return Scope(area.path, since, until, turn.now, complaints=open_to)
