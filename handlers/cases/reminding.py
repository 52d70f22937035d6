"""Reminders of what is to be done by a day: its owner before the limit, the lead too the day after, then the town."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, cast, select
from sqlmodel import col

from handlers.alerts.reaching import town_level
from handlers.cases import listing, texts
from handlers.cases.deadlines import limits, on_the_clock
from handlers.cases.hands import in_hand
from handlers.posting import responsible, tell
from handlers.quiet_hours import QuietHours
from handlers.turn import Turn
from handlers.working_time import DAY, WorkingTime, working_time
from storage.agenda import DueItem
from storage.areas import Area
from storage.matters import CASE_OPEN, CASE_UNTAKEN, Case, CaseState
from storage.people import Role, holders, private_chats

REMIND, PLAN = "case.remind", "case.plan"
MOVES = frozenset({"延期", "改类", "不满意", "拆开", "恢复", "接着办"})
"""Moves that set another limit, or bring an ended case back."""

PART, LEAST = 4, timedelta(hours=1)
"""The reminder before the limit comes when this part of the time is left, but not later than so long before it."""

WEEK = timedelta(weeks=1)
TOGETHER = timedelta(minutes=30)
"""What comes due so soon after is brought up in the same message."""

AT_ONCE = 200
"""Cases in one transaction."""


async def plan(turn: Turn, case: Case) -> None:
    """Have the case brought up when its limit is near; one that waits, or is done, is left alone."""
    if case.state not in CASE_OPEN or case.state == CaseState.WAITING or case.due_at is None:
        await turn.unschedule(REMIND, str(case.id))
    else:
        at = _before(turn, case, case.due_at) or _after(turn, case, case.due_at, turn.now)
        await turn.schedule(REMIND, str(case.id), at)


def _before(turn: Turn, case: Case, due: datetime) -> datetime | None:
    """When its owner is reminded of the limit; None where that is too near."""
    work, clock = working_time(turn), on_the_clock(case)
    left = due - turn.now if clock else work.between(turn.now, due)
    wait = left - max(left / PART, LEAST)
    if wait <= timedelta(0):
        return None
    return turn.now + wait if clock else _awake(turn, work.add(turn.now, wait))


def _after(turn: Turn, case: Case, due: datetime, since: datetime) -> datetime:
    """The first reminder past the limit that is later than `since`: on the next morning, then every week."""
    first = _first_after(turn, case, due)
    if since < first:
        return first
    return _morning(turn, case, first + ((since - first) // WEEK + 1) * WEEK)


def _first_after(turn: Turn, case: Case, due: datetime) -> datetime:
    return _morning(turn, case, due + DAY)


def _morning(turn: Turn, case: Case, moment: datetime) -> datetime:
    """The morning of a day; of an ordinary case, when people work again."""
    work, day = working_time(turn), turn.local(moment).date()
    return _awake(turn, work.opens(day) if on_the_clock(case) else work.morning_from(day))


def _awake(turn: Turn, moment: datetime) -> datetime:
    return QuietHours.of(turn.rules).until(moment) or moment


async def remind(turn: Turn, ref: str) -> None:
    """Due: this case, and what else is due about now, in one message to each who must hear of any."""
    rows = [(int(ref), turn.now), *await _others(turn)]
    told: dict[int, list[tuple[Case, Area]]] = defaultdict(list)
    for number, due in rows:
        case = await turn.session.get(Case, number)
        if case is None or case.due_at is None or case.state not in CASE_OPEN or case.state == CaseState.WAITING:
            continue
        if not _may_speak(turn, case):
            await turn.schedule(REMIND, str(case.id), _awake(turn, working_time(turn).next_moment(turn.now)))
            continue
        area = await turn.session.get_one(Area, case.raised_id or case.area_id)
        for contact_id in await _people(turn, case, area, case.due_at):
            told[contact_id].append((case, area))
        await turn.schedule(REMIND, str(case.id), _after(turn, case, case.due_at, max(due, turn.now)))
    for contact_id, cases in told.items():
        await _tell(turn, contact_id, cases)


async def plan_old(turn: Turn, ref: str) -> None:
    """Due once after an upgrade: open cases after number `ref` that have no reminder get one, some at a time."""
    planned = select(DueItem.id).where(DueItem.kind == REMIND, DueItem.ref == cast(Case.id, String))
    query = (
        select(Case)
        .where(
            col(Case.id) > int(ref),
            col(Case.state).in_(CASE_OPEN),
            col(Case.state) != CaseState.WAITING,
            ~planned.exists(),
        )
        .order_by(col(Case.id))
        .limit(AT_ONCE)
    )
    cases = (await turn.session.scalars(query)).all()
    for case in cases:
        if case.due_at is None:
            limits(turn, case, turn.now)
        await plan(turn, case)
    if len(cases) == AT_ONCE:
        await turn.schedule(PLAN, str(cases[-1].id), turn.now)


async def _others(turn: Turn) -> list[tuple[int, datetime]]:
    """(case, when it was due) of the other reminders of about now, which are forgotten by this."""
    query = select(DueItem).where(DueItem.kind == REMIND, col(DueItem.due_at) <= turn.now + TOGETHER)
    query = query.order_by(col(DueItem.due_at), col(DueItem.id)).limit(AT_ONCE).with_for_update(skip_locked=True)
    items = (await turn.session.scalars(query)).all()
    for item in items:
        await turn.session.delete(item)
    await turn.session.flush()
    return [(int(item.ref), item.due_at) for item in items]


def _may_speak(turn: Turn, case: Case) -> bool:
    """Whether one may be reminded of it now: of an ordinary case not at night, or on a day off."""
    return on_the_clock(case) or working_time(turn).includes(turn.now)


async def _people(turn: Turn, case: Case, area: Area, due: datetime) -> list[int]:
    """The owner; past the limit the lead too (else the village), from the second week on the town.

    One about a worker is its owner's.
    """
    people = [one for one in await in_hand(turn, case, area) if not await _reads_digest(turn, one)]
    if case.about_worker or turn.now < due:
        return people
    people += await responsible(turn, area, (Role.LEAD,)) or await responsible(turn, area, (Role.ADMIN,))
    if turn.now >= _first_after(turn, case, due) + WEEK - DAY:
        admins = await holders(turn.session, area.path, (Role.ADMIN,), turn.now)
        above = [one for one in admins if one.level <= town_level(turn.rules)]
        people += [one.contact_id for one in above if one.level == above[0].level]
    return list(dict.fromkeys(people))


async def _reads_digest(turn: Turn, contact_id: int) -> bool:
    """Whether the morning's digest tells this person just now."""
    return in_digest(turn, working_time(turn)) and bool(await private_chats(turn.session, [contact_id]))


def in_digest(turn: Turn, work: WorkingTime) -> bool:
    """Whether the morning's digest is just being sent."""
    today = turn.local(turn.now).date()
    opens = _awake(turn, work.opens(today))
    return turn.rules.cases.morning_digest and work.is_worked(today) and opens <= turn.now < opens + TOGETHER


async def _tell(turn: Turn, contact_id: int, cases: Sequence[tuple[Case, Area]]) -> None:
    late = [one for one in cases if one[0].due_at and one[0].due_at <= turn.now]
    soon = [one for one in cases if one not in late]
    parts = [_section(turn, "过了时限还没办完", late), _section(turn, "快到时限", soon)]
    number = cases[0][0].id
    how = f"办完回“办结 {number} 结果”，来不及发“延期 {number} 到哪天 原因”。"
    text = "\n".join([*filter(None, parts), how])
    open_text = f"有 {len(cases)} 件事过了时限或快到时限，加我好友后可看详情；回“今天”看编号。"
    ref = str(number) if len(cases) == 1 else "-"
    await tell(turn, contact_id, text, open_text, area=cases[0][1], ref=ref)


def _section(turn: Turn, title: str, cases: Sequence[tuple[Case, Area]]) -> str:
    if not cases:
        return ""
    ordered = sorted(cases, key=lambda one: (not one[0].urgent, one[0].id))
    lines = [listing.line(turn, case, area.name, until=_until(turn, case)) for case, area in ordered[: listing.LINES]]
    more = [f"……还有 {len(cases) - listing.LINES} 件"] if len(cases) > listing.LINES else []
    return "\n".join([f"{title} {len(cases)} 件：", *lines, *more])


def _until(turn: Turn, case: Case) -> str:
    """By when it is, or was, to be done."""
    assert case.due_at is not None
    when = texts.moment(turn.local(case.due_at), turn.local(turn.now))
    untaken = "未接，" if case.state in CASE_UNTAKEN else ""
    return f"（{untaken}{when}前办完）" if case.due_at > turn.now else f"（{untaken}原定{when}）"
