"""考核 本月: what each worker of an area did, for the lead and the admins alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlmodel import col

from handlers import periods
from handlers.commands import Order
from handlers.figures.counting import percent
from handlers.figures.logs import walks
from handlers.matters import COMPLAINTS
from handlers.periods import Period
from handlers.posting import say
from handlers.refs import fold
from handlers.scopes import area_of
from handlers.turn import Turn
from storage.areas import Area, below, in_tree
from storage.case_figures import Scope, Work, work
from storage.people import Appointment, Contact, Role

AT_MOST = 60
"""People in one answer."""


async def appraise(turn: Turn, order: Order) -> None:
    """One line a worker, in the order of the areas: it is no ranking."""
    period, words = periods.take_period(fold(order.rest), turn.local(turn.now).date())
    area = await area_of(turn, words, COMPLAINTS)
    people = await _workers(turn, area)
    if not people:
        await say(turn, f"{area.name}还没有网格员。")
        return
    since, until = period.bounds(turn.outside.zone)
    scope = Scope(area.path, since, until, turn.now, private=False)
    ids = [contact_id for contact_id, _, _ in people[:AT_MOST]]
    done, walked = await work(turn.session, scope, ids), await walks(turn.session, ids, period)
    turn.audit("figures.work", "", "work")
    lines = [
        f"{name}（{place}）：{line(done[contact_id], walked.get(contact_id, 0))}"
        for contact_id, name, place in people[:AT_MOST]
    ]
    await say(turn, "\n".join([_head(area, period), *lines, *_rest(people)]))


def _head(area: Area, period: Period) -> str:
    return f"考核：{area.name} {period.name}（不公开的事不算）"


def _rest(people: Sequence[object]) -> list[str]:
    more = len(people) - AT_MOST
    return [f"……还有 {more} 人，请在后面写村名看，如：考核 本月 柳树村"] if more > 0 else []


def line(one: Work, walked: int) -> str:
    """`接单 5，办结 4，按时 75.0%，满意 100.0%（3 件有评价），超期 1，走访 2`."""
    parts = [f"接单 {one.taken}", f"办结 {one.done}"]
    if one.done:
        parts.append(f"按时 {percent(one.timely, one.done)}")
    if one.rated:
        parts.append(f"满意 {percent(one.pleased, one.rated)}（{one.rated} 件有评价）")
    return "，".join([*parts, f"现在超期 {one.late}", f"走访 {walked}"])


async def _workers(turn: Turn, area: Area) -> list[tuple[int, str, str]]:
    """(contact id, name, where) of the grid workers at or below an area; substitutes work for somebody else."""
    query = (
        select(col(Contact.id), col(Contact.name), col(Area.name), col(Area.path))
        .join(Appointment, col(Appointment.contact_id) == col(Contact.id))
        .join(Area, col(Appointment.area_id) == col(Area.id))
        .where(
            Appointment.role == Role.WORKER,
            col(Appointment.stands_in_for).is_(None),
            or_(col(Appointment.until).is_(None), col(Appointment.until) > turn.now),
            below(area.path),
        )
        .order_by(col(Contact.name), col(Contact.id))
    )
    found: dict[int, tuple[str, str]] = {}
    rows = sorted(await turn.session.execute(query), key=lambda row: in_tree(row.path))
    for contact_id, name, place, _ in rows:
        before = found.get(contact_id)
        found[contact_id] = (name, f"{before[1]}、{place}" if before else place)
    return [(contact_id, *both) for contact_id, both in found.items()]
