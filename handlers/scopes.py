"""Whose figures somebody may read: the area named or their own, and what of it counts for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from handlers.cases.complaints import complained_of
from handlers.matters import COMPLAINTS, Refusal
from handlers.places.naming import find_area, unknown_area
from handlers.turn import WORKERS, Turn
from storage.areas import Area
from storage.case_figures import Scope
from storage.matters import Case

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


async def scope_of(turn: Turn, area: Area, since: datetime, until: datetime) -> Scope:
    """All cases of an area and a time; complaints about workers only for who handles them, and not before others.

    One that is about the speaker is in no figure that they read: a total of one would tell them of it.
    """
    if not (turn.here.private and turn.me.has(COMPLAINTS, area.path)):
        return Scope(area.path, since, until, turn.now)
    scope = Scope(area.path, since, until, turn.now, complaints=True)
    return replace(scope, hidden=await _about_the_speaker(turn, scope))


async def _about_the_speaker(turn: Turn, scope: Scope) -> tuple[int, ...]:
    query = select(Case, col(Area.path)).join(Area, col(Area.id) == col(Case.area_id))
    found = await turn.session.execute(query.where(scope.where(), col(Case.about_worker).is_(True)))
    return tuple(case.id or 0 for case, path in found if complained_of(turn.me.name, turn.me.roles, case.text, path))
