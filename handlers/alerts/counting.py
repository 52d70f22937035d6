"""统计 寻人: how the alerts of an area went, as a text for whoever asks and a monthly picture for the town."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers import periods
from handlers.alerts import describing
from handlers.alerts.reaching import town_level
from handlers.periods import Period
from handlers.posting import NO_MATTER, Piece, Target, post, say
from handlers.scopes import area_of
from handlers.turn import Turn
from storage.alert_figures import Figures, Span, courses, figures
from storage.areas import Area
from storage.matters import AlertState
from storage.outbox import Sort
from storage.people import Role, holders, private_chats

MONTHLY = "alert.monthly"
HOUR = time(8, 30)
"""Local time at which the month's figures go out: after the quiet hours."""

DAYS = 7
"""Days of a month in which last month's figures are still news, where the bot was away on the first."""

STATES: Mapping[str, str] = {
    AlertState.FOUND: "找到",
    AlertState.CONFIRMED: "还在找",
    AlertState.UNCONFIRMED: "等核实",
    AlertState.WITHDRAWN: "撤销",
    AlertState.FALSE: "误报",
    AlertState.DIED: "另外结束",
}
"""How each state is counted; a death is not named."""

STEPS: Mapping[str, str] = {
    "confirmed": "到核实",
    "half": "到一半群收到",
    "all": "到全部群收到",
    "sighted": "到第一条线索",
    "found": "到找到",
}
"""What is timed, from the first word on."""


async def count(turn: Turn, period: Period, place: str) -> None:
    """统计 寻人 本月 柳河镇: the figures of one area, for those who answer for it."""
    area = await area_of(turn, place)
    since, until = period.bounds(turn.outside.zone)
    counted = figures(await courses(turn.session, area.path, since, until, town_level=town_level(turn.rules)))
    await say(turn, summary(counted, area.name, period))


def summary(counted: Figures, area: str, period: Period) -> str:
    """The figures as they are read on a phone."""
    title = f"寻人统计：{area} {period.name}"
    if not counted.total:
        return f"{title}\n没有人报走失。"
    states = "，".join(f"{word} {counted.states[state]}" for state, word in STATES.items() if state in counted.states)
    lines = [title, f"报了 {counted.total} 起：{states}"]
    if counted.true:
        lines.append(f"找到率 {share(counted)}（误报、撤销不算）")
    if counted.steps:
        lines.append("从第一句话算起（居中的一起；最长的一起）：")
        lines += [f"{STEPS[name]}：{took(span)}" for name, span in counted.steps.items()]
    lines.append(_evenness(counted))
    return "\n".join(lines)


def share(counted: Figures) -> str:
    """`75%`."""
    return f"{counted.found / counted.true:.0%}"


def took(span: Span) -> str:
    """`3 分钟；16 分钟`, or one time where there was but one."""
    middle = describing.span(span.middle * 60)
    return middle if span.count == 1 else f"{middle}；{describing.span(span.longest * 60)}"


def _evenness(counted: Figures) -> str:
    told = f"已结束的：发到 {counted.alerted} 个群次，结束后告诉 {counted.cleared} 个群次"
    if not counted.uneven:
        return f"{told}，一一对上。"
    return f"{told}，对不上的有 {'、'.join(f'M{number}' for number in counted.uneven[:10])}，请让维护的人看。"


async def send_monthly(turn: Turn, ref: str) -> None:
    """Due: at the beginning of a month each town's admins get the last one's figures, text and picture, once."""
    today = turn.local(turn.now).date()
    await turn.schedule(MONTHLY, ref, _next(turn))
    if not turn.rules.alerts.monthly_figures or today.day > DAYS:
        return
    period = periods.month_before(today)
    since, until = period.bounds(turn.outside.zone)
    towns = select(Area).where(Area.level == town_level(turn.rules)).order_by(col(Area.id))
    for town in (await turn.session.scalars(towns)).all():
        counted = figures(await courses(turn.session, town.path, since, until, town_level=town_level(turn.rules)))
        if counted.total:
            await _to_admins(turn, town, summary(counted, town.name, period), drawing_of(town, period))


def drawing_of(area: Area, period: Period) -> str:
    """What the courier needs to draw the figures: `4 2026-10-01 2026-11-01`."""
    return f"{area.id} {period.first} {period.after}"


async def _to_admins(turn: Turn, town: Area, text: str, drawing: str) -> None:
    held = await holders(turn.session, town.path, (Role.ADMIN,), turn.now)
    chats = await private_chats(turn.session, [one.contact_id for one in held if one.area_id == town.id])
    pieces = [Piece(text), Piece(drawing, figures=True)]
    await post(turn, NO_MATTER, Sort.STAFF, pieces, [Target(chat) for chat in chats.values()])


def _next(turn: Turn) -> datetime:
    local = turn.local(turn.now)
    first = (local.date().replace(day=1) + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, HOUR, local.tzinfo)
