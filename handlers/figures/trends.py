"""趋势 本周: what came in and was done day by day, and what is more than in the time before, as text and picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers import periods
from handlers.commands import Order
from handlers.periods import Period
from handlers.posting import Piece, say
from handlers.refs import fold
from handlers.scopes import area_of
from handlers.turn import Turn
from storage.areas import Area
from storage.case_figures import Scope, accepted_by, course, total
from storage.matters import Case

LINES, BARS = 10, 31
"""Spans that are listed in the text, and drawn in the picture, at most."""

MOST = 5
WEEKDAYS = "一二三四五六日"
DRAWN = "trend"
"""How the courier knows what to draw (`drawing_of`)."""


@dataclass(frozen=True, slots=True)
class Trend:
    """How an area's cases went in a period, beside the one before: as many days of it as have passed of this.

    `spans` are (first day, came in, done), for as far as the period has come; `categories` and `grids` are
    (name, now, before), the most first. Complaints about workers are left out, private cases count in the totals only.
    """

    area: str
    period: Period
    spans: Sequence[tuple[date, int, int]]
    came: tuple[int, int]
    done: tuple[int, int]
    hotline: int
    categories: Sequence[tuple[str, int, int]]
    grids: Sequence[tuple[str, int, int]]


async def show(turn: Turn, order: Order) -> None:
    """The text at once, the picture after it."""
    period, words = periods.take_period(fold(order.rest), turn.local(turn.now).date())
    area = await area_of(turn, words)
    found = await trend(turn.session, area, period, turn.now, turn.outside.zone, LINES)
    pictures = [Piece(drawing_of(area, period, turn.now), figures=True)] if found.came[0] else []
    await say(turn, told(found), pictures=pictures)


def drawing_of(area: Area, period: Period, now: datetime) -> str:
    """What the courier needs to draw it: `trend 4 2026-11-16 2026-11-23 2026-11-21T12:00:00+00:00`."""
    return f"{DRAWN} {area.id} {period.first} {period.after} {now.isoformat()}"


async def drawn_from(session: AsyncSession, text: str, zone: ZoneInfo) -> Trend:
    """What `drawing_of` wrote, counted again."""
    _, number, first, after, now = text.split()
    days = date.fromisoformat(first), date.fromisoformat(after)
    last = days[1] - timedelta(days=1)
    until = f"—{last.month}月{last.day}日" if last > days[0] else ""
    period = Period(f"{days[0].year}年{days[0].month}月{days[0].day}日{until}", *days)
    area = await session.get_one(Area, int(number))
    return await trend(session, area, period, datetime.fromisoformat(now), zone, BARS)


async def trend(
    session: AsyncSession, area: Area, period: Period, now: datetime, zone: ZoneInfo, at_most: int
) -> Trend:
    """Count it; in at most so many spans of days, weeks or months."""
    since, until = period.bounds(zone)
    until = max(since, min(until, now))
    scope = Scope(area.path, since, until, now)
    earlier = periods.before(period)
    passed = (until.astimezone(zone).date() - period.first).days + 1
    last = min(period.first, earlier.first + timedelta(days=passed)) if until == now else period.first
    past = replace(scope, since=earlier.bounds(zone)[0], until=datetime.combine(last, time(), zone))
    firsts = [one for one in spans(period, at_most) if datetime.combine(one, time(), zone) < until] or [period.first]
    edges = [datetime.combine(one, time(), zone) for one in firsts]
    counted = await course(session, scope, edges)
    ((came, done),) = await course(session, past, [past.since])
    return Trend(
        area.name,
        period,
        [(day, *both) for day, both in zip(firsts, counted, strict=True)],
        (sum(one for one, _ in counted), came),
        (sum(one for _, one in counted), done),
        (await total(session, scope)).hotline,
        await _most(session, scope, past, by_area=False),
        await _most(session, scope, past, by_area=True),
    )


def spans(period: Period, at_most: int) -> list[date]:
    """The first days of the days, weeks, or else months of a period: the finest of which there are few enough."""
    for days in (1, 7):
        count = -(-(period.after - period.first).days // days)
        if count <= at_most:
            return [period.first + timedelta(days=days * number) for number in range(count)]
    first, found = period.first, []
    while first < period.after:
        found.append(first)
        first = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
    return found


async def _most(session: AsyncSession, scope: Scope, past: Scope, *, by_area: bool) -> list[tuple[str, int, int]]:
    by = col(Case.area_id) if by_area else col(Case.category)
    now = await accepted_by(session, replace(scope, private=False), by)
    most = sorted(now, key=lambda one: (-now[one], one))[:MOST]
    then = await accepted_by(session, replace(past, private=False), by) if most else {}
    names = await _names(session, most) if by_area else {one: one for one in most}
    return [(names[one], now[one], then.get(one, 0)) for one in most]


async def _names(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, str]:
    """Names of areas; with that of the one above where two are called the same."""
    above = select(Area.id, Area.name).subquery()
    query = select(col(Area.id), col(Area.name), above.c.name).outerjoin(above, col(Area.parent_id) == above.c.id)
    rows = {row[0]: (row[1], row[2] or "") for row in await session.execute(query.where(col(Area.id).in_(ids)))}
    names = [name for name, _ in rows.values()]
    return {one: name if names.count(name) == 1 else f"{parent}{name}" for one, (name, parent) in rows.items()}


def told(found: Trend) -> str:
    """As it is read on a phone."""
    head = f"趋势：{found.area} {found.period.name}"
    if not (found.came[0] or found.done[0] or found.came[1]):
        return f"{head}\n没有收到事项。"
    lines = [head, f"收到 {_beside(*found.came)}，办结 {_beside(*found.done)}（括号里是上一段同样天数的）"]
    lines += [f"{_day(found, day)} 收到 {came}，办结 {done}" for day, came, done in found.spans if len(found.spans) > 1]
    if found.categories:
        lines.append("哪类多：" + "，".join(f"{name} {_beside(now, then)}" for name, now, then in found.categories))
    if len(found.grids) > 1:
        lines.append("哪里多：" + "，".join(f"{name} {_beside(now, then)}" for name, now, then in found.grids))
    lines.append(f"热线和外单位转来 {found.hotline}，群里和其他 {found.came[0] - found.hotline}")
    return "\n".join(lines)


def _beside(now: int, then: int) -> str:
    return f"{now}（{then}）"


def _day(found: Trend, day: date) -> str:
    """One day, or a week or month by its first."""
    whole = len(spans(found.period, LINES)) == (found.period.after - found.period.first).days
    return f"{day.month}月{day.day}日" + (f"（周{WEEKDAYS[day.weekday()]}）" if whole else "起")
