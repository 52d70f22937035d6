"""Told without being asked: each morning what there is to do today, each week how the group's matters went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from handlers import quiet_hours
from handlers.alerts.reaching import town_level
from handlers.cases import listing, texts
from handlers.cases.hands import hands
from handlers.posting import NO_MATTER, Piece, Target, post
from handlers.turn import Turn
from handlers.working_time import DAY, working_time
from storage.areas import Area, Mode, below, bound_rooms
from storage.matters import CASE_OPEN, CASE_SOLVED, Case, CaseState, is_open
from storage.outbox import Priority, Sort
from storage.people import private_chats, standing_in

MORNING, WEEKLY = "case.morning", "case.weekly"
EVERYWHERE = "towns"
"""The row that comes back; it plants one for each town, so that several processes may share the work."""

WEEKLY_HOUR = time(9)
WINDOW = timedelta(hours=2)
"""How long after its time a digest is still sent; one that a stop held up for longer is left out."""

LINES = 10
WEEK = timedelta(weeks=1)


async def morning(turn: Turn, ref: str) -> None:
    """Due: on a working morning, one message to each who has something to do today."""
    if ref != EVERYWHERE:
        await _morning_of(turn, await turn.session.get_one(Area, int(ref)))
        return
    work, today = working_time(turn), turn.local(turn.now).date()
    await turn.schedule(MORNING, ref, work.morning_from(today + DAY))
    begin = work.opens(today)
    if turn.rules.cases.morning_digest and work.is_worked(today) and begin <= turn.now < begin + WINDOW:
        await plant(turn, MORNING)


async def weekly(turn: Turn, ref: str) -> None:
    """Due: once a week one post in each residents' group in which all is said."""
    if ref != EVERYWHERE:
        await _week_of(turn, await turn.session.get_one(Area, int(ref)))
        return
    begin = _weekly_at(turn, turn.local(turn.now).date())
    await turn.schedule(WEEKLY, ref, begin if turn.now < begin else _weekly_at(turn, begin.date() + WEEK))
    if turn.rules.cases.weekly_digest and begin <= turn.now < begin + WINDOW:
        await plant(turn, WEEKLY)


def _weekly_at(turn: Turn, day: date) -> datetime:
    """Nine o'clock on the first working day of a day's week, or of a later one if all of it is free."""
    first = working_time(turn).morning_from(day - timedelta(days=day.weekday()))
    return datetime.combine(first.date(), WEEKLY_HOUR, first.tzinfo)


async def plant(turn: Turn, kind: str) -> None:
    """One row for each town, and for each area above the towns."""
    query = select(col(Area.id)).where(col(Area.level) <= town_level(turn.rules)).order_by(col(Area.id))
    for area_id in (await turn.session.scalars(query)).all():
        await turn.schedule(kind, str(area_id), turn.now)


def part_of(turn: Turn, area: Area) -> ColumnElement[bool]:
    """A town's whole part; of an area above the towns itself alone, so that nothing is told twice."""
    return below(area.path) if area.level >= town_level(turn.rules) else col(Area.id) == area.id


async def _morning_of(turn: Turn, town: Area) -> None:
    query = (
        select(Case, Area, listing.of_today(turn))
        .join(Area, col(Case.area_id) == col(Area.id))
        .where(part_of(turn, town), is_open(), col(Case.owner_id).is_not(None))
        .order_by(col(Case.urgent).desc(), col(Case.id))
    )
    mine: dict[int, list[tuple[Case, str, bool]]] = defaultdict(list)
    standing = await standing_in(turn.session, turn.now)
    for case, area, is_today in await turn.session.execute(query):
        for contact_id in hands(case, area.path, standing, () if case.about_worker else None):
            mine[contact_id].append((case, area.name, is_today))
    chats = await private_chats(turn.session, mine)
    for contact_id, cases in mine.items():
        text = _for_owner(turn, cases)
        if text and contact_id in chats:
            await send_digest(turn, Sort.STAFF, text, chats[contact_id])


def _for_owner(turn: Turn, cases: Sequence[tuple[Case, str, bool]]) -> str:
    today = [(case, area) for case, area, is_today in cases if is_today]
    if not today:
        return ""
    lines = [f"早上好，今天要办 {len(today)} 件："]
    lines += [listing.line(turn, case, area) for case, area in today[: listing.LINES]]
    if len(today) > listing.LINES:
        lines.append(f"……还有 {len(today) - listing.LINES} 件，发“今天”看")
    if rest := len(cases) - len(today):
        lines.append(f"另有 {rest} 件没到期，发“待办”看。")
    return "\n".join(lines)


async def send_digest(turn: Turn, sort: Sort, text: str, chat_id: int) -> None:
    """Say it after the quiet hours, and after all else."""
    hold = quiet_hours.ends(turn)
    await post(turn, NO_MATTER, sort, [Piece(text)], [Target(chat_id)], hold=hold, priority=Priority.DIGEST)


async def _week_of(turn: Turn, town: Area) -> None:
    """What its groups may know: nothing that was said to the bot alone, or is private."""
    today = turn.local(turn.now).date()
    until = datetime.combine(today - timedelta(days=today.weekday()), time(), turn.outside.zone)
    since = datetime.combine(until.date() - WEEK, time(), turn.outside.zone)
    query = (
        select(Case, col(Area.path))
        .join(Area, col(Case.area_id) == col(Area.id))
        .where(
            part_of(turn, town),
            col(Case.shown).is_(True),
            col(Case.quiet).is_(False),
            col(Case.about_worker).is_(False),
            or_(col(Case.created_at) >= since, col(Case.done_at) >= since, is_open()),
            col(Case.created_at) < until,
            col(Case.state).in_((*CASE_OPEN, *CASE_SOLVED)),
        )
        .order_by(col(Case.id))
    )
    cases = [(case, path) for case, path in await turn.session.execute(query)]
    for room in await bound_rooms(turn.session, town.path):
        own = room.area_id == town.id or town.level >= town_level(turn.rules)
        if own and room.mode == Mode.FULL:
            there = [case for case, at in cases if at.startswith(room.path)]
            if text := _for_group(turn, there, since, until):
                await send_digest(turn, Sort.FRESH, text, room.chat_id)  # which a room of no other mode hears


def _for_group(turn: Turn, cases: Sequence[Case], since: datetime, until: datetime) -> str:
    """The week's counts and what is still open, by number, category and day; nothing where nothing happened."""
    came = sum(since <= case.created_at < until for case in cases)
    done = sum(case.done_at is not None and since <= case.done_at < until for case in cases)
    left = [case for case in cases if case.state in CASE_OPEN]
    if not (came or done):
        return ""
    last = until - DAY
    begun = f"上周（{since.month}月{since.day}日至{last.month}月{last.day}日）群里报了 {came} 件事，办完 {done} 件"
    if not left:
        return f"{begun}，没有欠着的。"
    lines = [f"{begun}，还有 {len(left)} 件在办：", *(_open_line(turn, case) for case in left[:LINES])]
    more = [f"……还有 {len(left) - LINES} 件"] if len(left) > LINES else []
    return "\n".join([*lines, *more])


def _open_line(turn: Turn, case: Case) -> str:
    """`12｜公共设施，11月27日（周五）前办完`, without anybody's words."""
    day = case.waits_until if case.state == CaseState.WAITING else case.due_at
    if day is None:
        return f"{case.id}｜{case.category}"
    shown, late = texts.day(turn.local(day)), day <= turn.now
    when = f"原定{shown}" if late else f"{shown}{'接着办' if case.state == CaseState.WAITING else '前办完'}"
    return f"{case.id}｜{case.category}，{when}"


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {MORNING: morning, WEEKLY: weekly}
RECURRING = tuple((kind, EVERYWHERE) for kind in DUE)
"""The rows that must always be there."""
