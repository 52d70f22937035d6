"""The circle of an alert: the areas whose groups have the card, and which come next, and when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts.reaching import ref_of, town_of
from handlers.turn import Turn
from storage.areas import Area
from storage.matters import Alert, AlertState

GROW = "alert.grow"
"""The due thing that takes the next step; one row for each alert that still grows."""

_ILL = re.compile(
    r"痴呆|阿尔茨海默|失忆|健忘|记性|记不|糊涂|不认[得路家]|精神|智[力障商]|自闭|孤独症|抑郁|轻生|癫痫|心脏|脑|中风|糖尿病|哮喘|"
    r"行动不便|病"
)
_BEFORE = re.compile(r"走(?:失|丢)过|(?:上次|以前|之前|曾经?)[^,，。;；]{0,6}走(?:失|丢)")
_NONE = re.compile(r"(?:没有?|无|不是|没得)[^,，。;；]{0,4}$")


@dataclass(frozen=True, slots=True)
class Step:
    """The next step: when it is due, and the areas that it adds."""

    at: datetime
    areas: Sequence[Area]


async def district_of(turn: Turn, town: Area) -> Area | None:
    """What lies above the town; None where the tree begins with it."""
    return await turn.session.get(Area, town.parent_id) if town.parent_id else None


async def neighbours_of(turn: Turn, town: Area) -> list[Area]:
    """The towns that the area file names beside this one."""
    found = await turn.session.scalars(select(Area).where(col(Area.code).in_(town.neighbours.split())))
    return sorted(found, key=lambda area: area.id or 0)


def pressing(turn: Turn, alert: Alert) -> bool:
    """Whether age, illness or an earlier time make every hour count twice: then the steps come sooner."""
    rules = turn.rules.alerts.circle
    if alert.age is not None and (alert.age < rules.child_under or alert.age > rules.elder_over):
        return True
    ill = {match[0] for match in _ILL.finditer(alert.health)}
    return any(not _denied(alert.text, word) for word in ill) or _BEFORE.search(alert.text) is not None


def _denied(text: str, word: str) -> bool:
    """Whether the family's words say that there is no such illness: 没有痴呆."""
    before, found, _ = text.partition(word)
    return bool(found) and _NONE.search(before) is not None


async def next_step(turn: Turn, alert: Alert, area: Area) -> Step | None:
    """What comes next by itself; None for an alert that nobody vouches for, that was stopped or is everywhere."""
    if alert.state != AlertState.CONFIRMED or not alert.widening or not alert.confirmed_at or not alert.confirmed_by:
        return None
    rules, town = turn.rules.alerts.circle, await town_of(turn, area)
    district = await district_of(turn, town)
    if district is not None and alert.covers(district.path):
        return None
    beside = [one for one in await neighbours_of(turn, town) if not alert.covers(one.path)]
    share = rules.pressing_factor if pressing(turn, alert) else 1.0
    steps = [
        Step(alert.confirmed_at + timedelta(minutes=minutes * share), areas)
        for minutes, areas in ((rules.neighbours_minutes, beside), (rules.district_minutes, [district]))
        if minutes is not None and areas and areas[0] is not None
    ]
    return min(steps, key=lambda step: step.at) if steps else None


async def plan(turn: Turn, alert: Alert, area: Area) -> None:
    """Have the next step taken when it is due, or no more."""
    step = await next_step(turn, alert, area)
    if step is None:
        await turn.unschedule(GROW, ref_of(alert))
    else:
        await turn.schedule(GROW, ref_of(alert), max(step.at, turn.now))


async def take_in(turn: Turn, alert: Alert, town: Area, areas: Sequence[Area]) -> None:
    """Widen the circle by these areas; the whole district takes the place of the town."""
    for area in areas:
        if alert.covers(area.path):
            continue
        if town.path.startswith(area.path):
            alert.scope_id = area.id
        else:
            alert.beyond = f"{alert.beyond} {area.id}".strip()
    alert.updated_at = turn.now
    turn.audit("alert.widen", ref_of(alert), "scope_id beyond")
