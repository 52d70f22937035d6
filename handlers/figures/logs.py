"""日志: what a worker did on a day, put together from what was done here, and what they add themselves."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.clipping import clip, hide_identity_numbers
from handlers.commands import Order
from handlers.matters import Refusal
from handlers.periods import Period
from handlers.posting import say
from handlers.refs import fold
from handlers.turn import WORKERS, Turn
from storage.matters import NOTICE_OUT, Alert, Case, CaseStep, Notice, Sighting, Stray
from storage.people import Appointment
from storage.work_log import WorkLog

LABELS = ("宣传", "采集", "受理", "巡查", "服务")
"""How a worker's day is sorted (requirement 2.9)."""

STEPS: Mapping[str, str] = {
    "报事": "采集",
    "进展": "服务",
    "办结": "服务",
    "挂起": "服务",
    "延期": "服务",
    "和解": "服务",
    "调解开始": "服务",
    "调解结束": "服务",
}
"""The label of each step of a case; of the others 受理: they take it up, or give it to whom it belongs."""

OTHERS = "受理"
NOT_WORK = ("满意", "不满意", "一般", "评价理由", "报事人说好了", "同样情况", "不是一件", "提议先办")
"""Steps that a worker makes as who reported or has the same trouble, and what the bot made of their words."""

_OWN = (
    ("巡查", re.compile(r"走访|巡查|巡逻|巡视|检查|排查|入户|上门|探访|看望")),
    ("宣传", re.compile(r"宣传|张贴|发放|讲解|宣讲|传单|海报")),
    ("采集", re.compile(r"采集|登记|摸排|核实|录入|统计")),
    ("受理", re.compile(r"受理|接待|反映|转交")),
)
"""Words by which what somebody wrote themselves is sorted; else it is 服务."""

LONGEST, MOST = 200, 30
"""Characters of a line of one's own, and such lines of a day."""

BACK = 31
"""Days back that can be read and added to."""

_DAY = re.compile(r"(?:(?P<month>1[0-2]|0?[1-9])月)?(?P<day>3[01]|[12]\d|0?[1-9])[日号]")
_BACK = {"今天": 0, "昨天": 1, "前天": 2}
_RELATIVE = re.compile("|".join(_BACK))
_MARKS = " :：,，"
_DROP = re.compile(r"(?:删除|去掉)\s*(?P<number>\d{1,2})")


class Line(NamedTuple):
    """One matter, or one's own words: what kinds of work it was, and what is read; `own_id` of one's own."""

    labels: frozenset[str]
    text: str
    own_id: int | None = None


EVERYBODY = select(col(Appointment.contact_id)).where(col(Appointment.role).in_(WORKERS))
"""Ids of who has or had a worker's role."""

Days = Mapping[tuple[int, date], Sequence[Line]]
"""Lines by (contact id, local day)."""


async def log(turn: Turn, order: Order) -> None:
    """日志 shows a day, 日志 补充 … adds to it, 日志 删除 1 takes what was added away."""
    today = turn.local(turn.now).date()
    day, rest = _day(order.rest.strip(), today)
    if rest.startswith("补充"):
        words = rest.removeprefix("补充").lstrip(_MARKS)
        if match := _RELATIVE.match(words):
            day, words = today - timedelta(days=_BACK[match[0]]), words[match.end() :].lstrip(_MARKS)
        await _add(turn, day, words)
    elif drop := _DROP.fullmatch(fold(rest)):
        await _drop(turn, day, int(drop["number"]))
    elif rest:
        raise Refusal("请这样写：日志、日志 昨天、日志 补充 走访了3栋5户、日志 删除 1")
    await say(turn, await _told(turn, day))


def _day(text: str, today: date) -> tuple[date, str]:
    """The day that a text begins with, and what follows; today where it names none. Refusal for one out of reach."""
    if match := _RELATIVE.match(text):
        return today - timedelta(days=_BACK[match[0]]), text[match.end() :].lstrip(_MARKS)
    match = _DAY.match(text)
    if match is None:
        return today, text
    day = _last(today, int(match["day"]), int(match["month"]) if match["month"] else None)
    if day is None:
        raise Refusal(f"日志只能看和补最近 {BACK} 天的。")
    return day, text[match.end() :].lstrip(_MARKS)


def _last(today: date, day: int, month: int | None) -> date | None:
    """The last such day, up to today."""
    for back in range(BACK + 1):
        found = today - timedelta(days=back)
        if found.day == day and month in (None, found.month):
            return found
    return None


async def _add(turn: Turn, day: date, words: str) -> None:
    words = hide_identity_numbers(" ".join(words.split()))
    if not words or len(words) > LONGEST:
        raise Refusal(f"请写做了什么，{LONGEST} 个字以内，如：日志 补充 走访了3栋5户")
    own = await _own(turn, day)
    if any(one.text == words for one in own):
        return
    if len(own) >= MOST:
        raise Refusal(f"一天最多补充 {MOST} 条，请先删掉不要的，如：日志 删除 1")
    turn.session.add(WorkLog(contact_id=turn.me.contact_id, day=day, text=words, at=turn.now))
    await turn.session.flush()
    turn.audit("log.add", "", "text")


async def _drop(turn: Turn, day: date, number: int) -> None:
    own = await _own(turn, day)
    if not 1 <= number <= len(own):
        raise Refusal(f"那天补充的没有第 {number} 条。" if own else "那天没有补充过什么。")
    await turn.session.delete(own[number - 1])
    await turn.session.flush()
    turn.audit("log.drop", "", "text")


async def _own(turn: Turn, day: date) -> Sequence[WorkLog]:
    query = select(WorkLog).where(WorkLog.contact_id == turn.me.contact_id, col(WorkLog.day) == day)
    return (await turn.session.scalars(query.order_by(col(WorkLog.id)))).all()


async def _told(turn: Turn, day: date) -> str:
    period, me = Period("", day, day + timedelta(days=1)), turn.me
    found = await gather(turn.session, period, turn.outside.zone, [me.contact_id])
    return told(found.get((me.contact_id, day), []), day, me.name)


def told(lines: Sequence[Line], day: date, name: str) -> str:
    """A day's log as it is read on a phone; what was added has the number by which it is taken away."""
    head = f"工作日志：{day.month}月{day.day}日 {name}"
    if not lines:
        return f"{head}\n还没有记录。做了什么，发“日志 补充 走访了3栋5户”。"
    own = 0
    shown = [head, summary(lines)]
    for one in lines:
        own += one.own_id is not None
        shown.append(f"补充{own}：{one.text}" if one.own_id is not None else one.text)
    return "\n".join(shown)


def counted(lines: Iterable[Line]) -> Counter[str]:
    """How many matters there were of each label."""
    return Counter(label for line in lines for label in line.labels)


def summary(lines: Iterable[Line]) -> str:
    """`宣传 1，采集 0，受理 3，巡查 2，服务 4`."""
    numbers = counted(lines)
    return "，".join(f"{label} {numbers[label]}" for label in LABELS)


def label_of(words: str) -> str:
    """What kind of work somebody's own words tell of."""
    return next((label for label, pattern in _OWN if pattern.search(words)), "服务")


async def walks(session: AsyncSession, people: Collection[int], period: Period) -> dict[int, int]:
    """How many lines of a period's logs are rounds and visits, by contact id."""
    query = select(WorkLog.contact_id, WorkLog.text).where(
        col(WorkLog.contact_id).in_(people), col(WorkLog.day) >= period.first, col(WorkLog.day) < period.after
    )
    return Counter(contact_id for contact_id, text in await session.execute(query) if label_of(text) == "巡查")


async def gather(
    session: AsyncSession, period: Period, zone: ZoneInfo, people: Collection[int] | Select[tuple[int]] = EVERYBODY
) -> Days:
    """What these people did in a period, by person and day; by default everybody who has or had a worker's role."""
    of = _Of(session, *period.bounds(zone), people)
    made: dict[tuple[int, date], list[Line]] = defaultdict(list)
    for (person, day), lines in (await _of_cases(of, zone)).items():
        made[person, day] += lines
    for person, at, line in await _of_others(of):
        made[person, at.astimezone(zone).date()].append(line)
    own = select(WorkLog).where(
        of.of(WorkLog.contact_id), col(WorkLog.day) >= period.first, col(WorkLog.day) < period.after
    )
    for one in await session.scalars(own.order_by(col(WorkLog.id))):
        made[one.contact_id, one.day].append(Line(frozenset({label_of(one.text)}), one.text, one.id))
    return made


@dataclass(frozen=True, slots=True)
class _Of:
    """Whose doings are looked for, and when."""

    session: AsyncSession
    since: datetime
    until: datetime
    people: Collection[int] | Select[tuple[int]]

    def of(self, column: Any) -> Any:
        """The condition on who did it."""
        return col(column).in_(self.people)

    async def found(self, query: Select[Any], who: Any, at: Any) -> Sequence[Any]:
        """Its rows of that time, in order."""
        within = query.where(self.of(who), col(at) >= self.since, col(at) < self.until).order_by(col(at))
        return (await self.session.execute(within)).all()


async def _of_cases(of: _Of, zone: ZoneInfo) -> dict[tuple[int, date], list[Line]]:
    """One line a case and day, with all that was done about it; that somebody complained of a worker is nobody's."""
    query = (
        select(CaseStep.actor_id, CaseStep.at, CaseStep.action, Case)
        .join(Case, col(CaseStep.case_id) == col(Case.id))
        .where(
            col(CaseStep.action).not_in(NOT_WORK),
            or_(col(Case.about_worker).is_(False), col(CaseStep.actor_id) != col(Case.reporter_id)),
        )
    )
    steps: dict[tuple[int, date], dict[int, tuple[Case, list[str]]]] = defaultdict(dict)
    for person, at, action, case in await of.found(query, CaseStep.actor_id, CaseStep.at):
        steps[person, at.astimezone(zone).date()].setdefault(case.id, (case, []))[1].append(action)
    return {key: [_case_line(*one) for one in cases.values()] for key, cases in steps.items()}


def _case_line(case: Case, actions: Sequence[str]) -> Line:
    """What is private, and a complaint about a worker, is counted and not told."""
    did = "、".join(dict.fromkeys(actions))
    labels = frozenset(STEPS.get(action, OTHERS) for action in actions)
    if case.quiet or case.about_worker:
        return Line(labels, f"一件不公开的事：{did}")
    return Line(labels, f"事项 {case.id}（{case.category}）{clip(hide_identity_numbers(case.text), 18)}：{did}")


async def _of_others(of: _Of) -> list[tuple[int, datetime, Line]]:
    """Notices, missing persons, clues, and people found."""
    notices = select(Notice.sender_id, Notice.sent_at, Notice.id, Notice.text).where(col(Notice.state).in_(NOTICE_OUT))
    sources = (
        ("宣传", "通知 N{}：{}", notices, Notice.sender_id, Notice.sent_at),
        (OTHERS, "寻人 M{}：核实", select(Alert.confirmed_by, Alert.confirmed_at, Alert.id), Alert.confirmed_by,
         Alert.confirmed_at),
        ("服务", "寻人 M{}：结束", select(Alert.ended_by, Alert.ended_at, Alert.id), Alert.ended_by, Alert.ended_at),
        ("采集", "寻人 M{}：线索", select(Sighting.contact_id, Sighting.at, Sighting.alert_id), Sighting.contact_id,
         Sighting.at),
        ("采集", "待认领 F{}：记下", select(Stray.reporter_id, Stray.created_at, Stray.id), Stray.reporter_id,
         Stray.created_at),
    )  # fmt: skip
    found = []
    for label, form, query, who, at in sources:
        for row in await of.found(query, who, at):
            words = form.format(row[2], *(clip(hide_identity_numbers(one), 18) for one in row[3:]))
            found.append((row[0], row[1], Line(frozenset({label}), words)))
    return found
