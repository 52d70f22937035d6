"""挂起 and 延期: a case that waits for something, and one that takes longer; both to a day that the reporter reads."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from handlers.cases import departments, machine, texts
from handlers.cases.deadlines import on_the_clock
from handlers.cases.hands import in_hand
from handlers.cases.moving import acknowledge, load, moved, must_manage, noted, take_up, tell_origin
from handlers.cases.twice import not_again
from handlers.matters import Refusal
from handlers.posting import tell
from handlers.refs import fold
from handlers.turn import Turn
from handlers.understanding.ahead import day_ahead
from handlers.working_time import working_time
from storage.areas import Area
from storage.matters import Case, CaseState
from storage.people import Role

WAITS = "case.waits"
MORNING, EVENING = time(8, 30), time(18)
"""Local times at which a wait is over, and until which something is to be done."""

FARTHEST_DAYS = 90
LONGEST = 200
MAY_EXTEND = 2
"""How often a worker may ask for more time before the lead or an admin must."""

_COUNT = re.compile(r"(?:再|多)?(?:\d{1,2}|[一二两三四五六七八九十]{1,3})个?(?:天|周|星期|礼拜|工作日)")
"""So many days more, and not a day: 两天, but neither 两天后 nor 22日."""
_LEFT = re.compile(r"^(?:[\s,，。.:：、;；]|[延推]?[到至]|预计|大概|大约|原因是?|因为)+")
_RIGHT = re.compile(r"(?:[\s,，。.、;；]|等?[到至]|延[到至期]?|推[到至迟]|再|还要|往后|之?前|预计|大概|大约)+$")


async def suspend(turn: Turn, number: int, words: str) -> None:
    """挂起 12 等配件 周五: it waits for something until a day, and nobody is pressed before."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "挂起")
    day, reason = _until(turn, case, words, "挂起 {} 等配件 周五")
    if day == turn.local(turn.now).date():
        raise Refusal(f"{texts.name(case)}今天就能接着办，不用挂起。要等就写明天以后的日子。")
    if not on_the_clock(case):
        day = working_time(turn).morning_from(day).date()  # nobody goes on with it on a day off
    words = f"{reason}，到 {day:%m-%d}"
    await not_again(turn, case, "挂起", words)
    await take_up(turn, case)
    case.waits_until = _at(turn, day, MORNING)
    case.due_at = max(case.due_at or turn.now, _at(turn, day, EVENING))
    await moved(turn, case, "挂起", words)
    hold = await tell_origin(turn, case, f"{texts.name(case)}要等一等：{reason}。{texts.day(day)}接着办。")
    text = f"{texts.name(case)}挂起到 {day:%m-%d}，那天早上提醒您。{noted(turn, hold)}"
    await acknowledge(turn, case, text, hold)
    who = f"{texts.name(case)}{case.department}"
    await departments.keep_informed(turn, case, area, f"{who}说要等到{texts.day(day)}：{reason}。")
    await turn.schedule(WAITS, str(case.id), case.waits_until)


async def extend(turn: Turn, number: int, words: str) -> None:
    """延期 12 周五 等配件: a later day by which it is done, with the reason for the reporter."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "延期")
    day, reason = _until(turn, case, words, "延期 {} 周五 等配件", since=case.due_at)
    due = _at(turn, day, EVENING)
    if case.due_at and due <= case.due_at:
        raise Refusal(f"{texts.name(case)}本来就办到 {turn.local(case.due_at):%m-%d %H:%M}，延期要写更晚的日子。")
    if case.extended >= MAY_EXTEND and not turn.me.has((Role.LEAD, Role.ADMIN), area.path):
        raise Refusal(f"{texts.name(case)}已经延过 {case.extended} 次，再延要请网格长或管理员来发。")
    case.due_at, case.extended = due, case.extended + 1
    await moved(turn, case, "延期", f"到 {day:%m-%d}，{reason}")
    hold = await tell_origin(turn, case, f"{texts.name(case)}办理时间延到{texts.day(day)}：{reason}。")
    await acknowledge(turn, case, f"{texts.name(case)}延到 {day:%m-%d}。{noted(turn, hold)}", hold)
    who = f"{texts.name(case)}{case.department}"
    await departments.keep_informed(turn, case, area, f"{who}说延到{texts.day(day)}：{reason}。")


def _until(turn: Turn, case: Case, words: str, usage: str, *, since: datetime | None = None) -> tuple[date, str]:
    """The day and the reason; Refusal where one is missing. A number of days (延两天) counts from `since`, if later."""
    local = turn.local(turn.now)
    said = day_ahead(fold(words), local)
    how = f"请写明原因和到哪天，如：{usage.format(case.id)}"
    if said is None:
        raise Refusal(f"{texts.name(case)}没看出是到哪天。{how}")
    day = said.day
    if since is not None and since > turn.now and _COUNT.fullmatch(words[said.start : said.end]):
        day += turn.local(since).date() - local.date()
    if day > local.date() + timedelta(days=FARTHEST_DAYS):
        raise Refusal(f"{texts.name(case)}最多写到 {FARTHEST_DAYS} 天以后，{day:%Y-%m-%d} 太远，这次没有改动。")
    if day == local.date() and local.time() >= EVENING:
        raise Refusal(f"{texts.name(case)}今天已经过了下班时间，请写以后的日子。")
    before, after = words[: said.start], words[said.end :]
    reason = "，".join(part for one in (before, after) if (part := _bare(one)))
    if not reason:
        raise Refusal(f"{texts.name(case)}还要写原因，报事人看得到。{how}")
    return day, reason[:LONGEST]


def _bare(words: str) -> str:
    """Without what only joins the reason to the day."""
    return _RIGHT.sub("", _LEFT.sub("", words))


def _at(turn: Turn, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, turn.outside.zone)


async def over(turn: Turn, ref: str) -> None:
    """The day has come: the case goes on, and its owner hears of it."""
    case = await turn.session.get(Case, int(ref), with_for_update=True, populate_existing=True)
    if case is None or case.state != CaseState.WAITING or (case.waits_until or turn.now) > turn.now:
        return
    case.waits_until = None
    await moved(turn, case, "到期", public=False)
    area = await turn.session.get_one(Area, case.area_id)
    what = f"{texts.name(case)}今天可以接着办了：{texts.summary(case)}"
    text = f"{what}\n有情况回“进展 {case.id} …”，还要等就再发“挂起”。"
    for contact_id in await in_hand(turn, case, area):
        await tell(turn, contact_id, text, texts.for_staff_room(case, area.name), area=area, ref=str(case.id))
