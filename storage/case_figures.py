"""How the cases of an area and a time went: counts and shares, summed up by the database.

Everything is counted of the cases that came in within the time, as 接诉即办 does, but for `course` (also what was done
within it) and `work` (what each person did within it).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import col

from storage.areas import Area, below
from storage.at_risk import AtRisk
from storage.columns import UtcTime
from storage.matters import (
    CASE_NOT_TAKEN_UP,
    CASE_OPEN,
    CASE_SOLVED,
    NOTICE_OUT,
    Alert,
    Case,
    CaseSource,
    CaseState,
    CaseStep,
    Notice,
    Sighting,
    Stray,
)

DANGERS, SERVICES, DISPUTES = "安全隐患", "便民服务", "邻里纠纷"
"""Categories with a counter of their own."""


PLACE = col(Case.area_id) + 0
"""Not the bare column: by its index the rows come in no order of time, and a month of a district reads every page."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases are counted: those that came in at or below `path`, from `since` up to (not including) `until`.

    What is overdue is so at `now`. `category` restricts to one. Complaints about workers count only where `complaints`,
    and never those in `hidden` (ids); private cases only where `private`: both in totals alone, never in a breakdown
    that could be traced to somebody.
    """

    path: str
    since: datetime
    until: datetime
    now: datetime
    category: str = ""
    complaints: bool = False
    private: bool = True
    hidden: tuple[int, ...] = ()

    def where(self, time: InstrumentedAttribute[Any] | None = None) -> ColumnElement[bool]:
        """The condition on a case whose `time` (by default, when it came in) counts."""
        at = col(Case.created_at) if time is None else time
        met = [PLACE.in_(_areas(self.path)), at >= self.since, at < self.until]
        if self.category:
            met.append(Case.category == self.category)
        if not self.complaints:
            met.append(col(Case.about_worker).is_(False))
        elif self.hidden:
            met.append(col(Case.id).not_in(self.hidden))
        if not self.private:
            met.append(col(Case.quiet).is_(False))
        return and_(*met)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of cases.

    `came` is all of them, `accepted` without those merged, withdrawn, refused or misread; the rest are of these.
    `done` is 办结 or beyond. `answered`: somebody took it; `prompt`: within the limit; `unanswered`: nobody did, and
    the limit (that of the answer, else that of the case) is past. `judged`: done, and the reporter said so or said
    nothing for the days given, or was reopened; `solved`: of these, never reopened. `rated`, `pleased`: by who
    reported. `local`: done without having been raised or referred. `late`: open past its time, unless it waits.
    `hotline`: came from another office. `dangers`, `wishes`, `services`, `disputes` (done ones): see `COUNTERS`.
    """

    came: int = 0
    accepted: int = 0
    done: int = 0
    answered: int = 0
    prompt: int = 0
    unanswered: int = 0
    judged: int = 0
    solved: int = 0
    rated: int = 0
    pleased: int = 0
    local: int = 0
    late: int = 0
    hotline: int = 0
    dangers: int = 0
    wishes: int = 0
    services: int = 0
    disputes: int = 0

    def __add__(self, other: Tally) -> Tally:
        return added((self, other))

    @property
    def shares(self) -> dict[str, tuple[int, int]]:
        """Each as (part, whole): 办结率 as requirement 3.12a has it, 网格内解决 as 4.20, the rest as 接诉即办 does."""
        return {
            "办结率": (self.done, self.accepted),
            "响应率": (self.prompt, self.answered + self.unanswered),
            "解决率": (self.solved, self.judged),
            "满意率": (self.pleased, self.rated),
            "网格内解决": (self.local, self.done),
        }


def _counts(one: Tally) -> Sequence[int]:
    return _VALUES(one)  # type: ignore[no-any-return]


_NAMES = [one.name for one in fields(Tally)]
_VALUES = attrgetter(*_NAMES)


def _areas(path: str) -> Any:
    return select(col(Area.id)).where(below(path)).scalar_subquery()


def _columns(now: datetime) -> list[ColumnElement[int]]:
    """The counts of a `Tally`, in its order."""
    state = col(Case.state)
    accepted = state.not_in(CASE_NOT_TAKEN_UP)
    ended = state.in_((CaseState.CONFIRMED, CaseState.CLOSED))
    limit = func.coalesce(col(Case.answer_due_at), col(Case.due_at), type_=UtcTime)
    met: dict[str, ColumnElement[bool]] = {
        "done": state.in_(CASE_SOLVED),
        "answered": accepted & col(Case.answered_late).is_not(None),
        "prompt": accepted & col(Case.answered_late).is_(False),
        "unanswered": accepted & col(Case.answered_late).is_(None) & (limit < func.coalesce(Case.ended_at, now)),
        "judged": ended | (accepted & (col(Case.reopened) > 0)),
        "solved": ended & (col(Case.reopened) == 0),
        "rated": accepted & col(Case.satisfied).is_not(None),
        "pleased": accepted & col(Case.satisfied).is_(True),
        "local": state.in_(CASE_SOLVED) & col(Case.beyond).is_(False) & col(Case.raised_id).is_(None),
        "late": state.in_(CASE_OPEN) & (state != CaseState.WAITING) & (col(Case.due_at) < now),
        "hotline": accepted & col(Case.source).in_((CaseSource.HOTLINE, CaseSource.TRANSFERRED)),
        "dangers": accepted & ((col(Case.category) == DANGERS) | (col(Case.kind) == "emergency")),
        "wishes": accepted & col(Case.kind).in_(("request", "suggestion")),
        "services": accepted & (col(Case.category) == SERVICES),
        "disputes": state.in_(CASE_SOLVED) & (col(Case.category) == DISPUTES),
        "accepted": accepted,
    }
    return [func.count().filter(met[name]) if name in met else func.count() for name in _NAMES]


async def total(session: AsyncSession, scope: Scope) -> Tally:
    """All cases of the scope together."""
    return Tally(*(await session.execute(select(*_columns(scope.now)).where(scope.where()))).one())


async def tallies(session: AsyncSession, scope: Scope, *by: InstrumentedAttribute[Any]) -> dict[Any, Tally]:
    """The cases of the scope by one column, or by the tuple of several: `col(Case.category)`, `col(Case.area_id)`."""
    rows = await session.execute(select(*by, *_columns(scope.now)).where(scope.where()).group_by(*by))
    return {(row[0] if len(by) == 1 else tuple(row[: len(by)])): Tally(*row[len(by) :]) for row in rows}


async def accepted_by(session: AsyncSession, scope: Scope, by: InstrumentedAttribute[Any]) -> dict[Any, int]:
    """How many cases of the scope were accepted, by one column; a column that has none is left out."""
    met = scope.where() & col(Case.state).not_in(CASE_NOT_TAKEN_UP)
    return dict((await session.execute(select(by, func.count()).where(met).group_by(by))).all())


async def of_parts(session: AsyncSession, found: Mapping[int, Tally], area: Area) -> dict[int, Tally]:
    """Tallies by area, summed up to the areas right below one: id -> tally. What is the area's own is left out."""
    level = area.path.count("/")
    paths = (await session.execute(select(col(Area.id), col(Area.path)).where(below(area.path)))).all()
    parts = {number: path.split("/")[level] for number, path in paths}
    made: dict[int, list[Tally]] = {}
    for number, tally in found.items():
        if part := parts.get(number):
            made.setdefault(int(part), []).append(tally)
    return {part: added(tallies) for part, tallies in made.items()}


def added(found: Iterable[Tally]) -> Tally:
    """The sum of tallies."""
    return Tally(*map(sum, zip(*map(_counts, found), strict=True)))


def rolled_up(found: Mapping[int, Tally], paths: Mapping[int, str]) -> dict[int, Tally]:
    """Tallies by area, each with those below it; `paths` gives an area's path by its id."""
    made: dict[int, Tally] = {}
    for area_id, one in found.items():
        for part in paths[area_id].strip("/").split("/"):
            made[int(part)] = made.get(int(part), Tally()) + one
    return made


COUNTERS: Mapping[str, str] = {
    "collected": "采集信息",
    "published": "发布信息",
    "dangers": "排查隐患",
    "wishes": "收集需求",
    "services": "便民服务",
    "disputes": "化解矛盾",
    "answered": "响应诉求",
}
"""The seven counters of requirement 1.15.

采集信息: clues to missing persons, people found whose family is unknown, consents to the register of who may go
missing. 发布信息: notices that went out, missing persons confirmed and made known. 排查隐患: cases of the category
安全隐患, and emergencies. 收集需求: requests and suggestions. 便民服务: cases of that category. 化解矛盾: quarrels of
neighbours that were settled. 响应诉求: cases that somebody took. A case may count in several.
"""


async def others(session: AsyncSession, scope: Scope) -> dict[int, tuple[int, int]]:
    """What was collected and published that is no case, by area id: (collected, published)."""
    collected = (
        _by_area(scope, Alert.area_id, Sighting.at).join(Alert, col(Sighting.alert_id) == col(Alert.id)),
        _by_area(scope, Stray.area_id, Stray.created_at),
        _by_area(scope, AtRisk.area_id, AtRisk.consented_at),
    )
    published = (
        _by_area(scope, Notice.area_id, Notice.sent_at).where(col(Notice.state).in_(NOTICE_OUT)),
        _by_area(scope, Alert.area_id, Alert.confirmed_at),
    )
    found: dict[int, tuple[int, int]] = {}
    for place, queries in enumerate((collected, published)):
        for query in queries:
            for area_id, count in await session.execute(query):
                both = list(found.get(area_id, (0, 0)))
                both[place] += count
                found[area_id] = (both[0], both[1])
    return found


def _by_area(scope: Scope, area_id: Any, at: Any) -> Select[Any]:
    query = select(area_id, func.count()).select_from(at.class_).group_by(area_id)
    return query.where(col(area_id).in_(_areas(scope.path)), at >= scope.since, at < scope.until)


def counters(cases: Tally, collected: int, published: int) -> dict[str, int]:
    """The seven counters by their Chinese names."""
    beside = {"collected": collected, "published": published}
    return {word: beside[name] if name in beside else getattr(cases, name) for name, word in COUNTERS.items()}


async def course(session: AsyncSession, scope: Scope, edges: Sequence[datetime]) -> list[tuple[int, int]]:
    """(came and were accepted, were done) between each of the edges and the next; the last ends with the scope."""
    came = await _between(session, scope, col(Case.created_at), edges, col(Case.state).not_in(CASE_NOT_TAKEN_UP))
    done = await _between(session, scope, col(Case.done_at), edges, col(Case.state).in_(CASE_SOLVED))
    return [(came.get(number, 0), done.get(number, 0)) for number in range(len(edges))]


async def _between(
    session: AsyncSession, scope: Scope, at: Any, edges: Sequence[datetime], also: ColumnElement[bool]
) -> dict[int, int]:
    number = case(*((at < edge, number) for number, edge in enumerate(edges[1:])), else_=len(edges) - 1)
    # As a subquery: PostgreSQL takes an expression with parameters for another one each time it is written.
    numbers = (
        select((number if len(edges) > 1 else func.abs(0)).label("number")).where(scope.where(at), also).subquery()
    )
    rows = await session.execute(select(numbers.c.number, func.count()).group_by(numbers.c.number))
    return dict(rows.all())  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Work:
    """What one person did: took, done, of those within their time; rated, satisfied; open ones past their time now."""

    taken: int = 0
    done: int = 0
    timely: int = 0
    rated: int = 0
    pleased: int = 0
    late: int = 0


async def work(session: AsyncSession, scope: Scope, people: Collection[int]) -> dict[int, Work]:
    """The work of these people on the cases of the scope's area: contact id -> what they did within its time."""
    claims = (
        select(CaseStep.actor_id, func.count(CaseStep.case_id.distinct()))  # type: ignore[attr-defined]
        .join(Case, col(CaseStep.case_id) == col(Case.id))
        .where(col(CaseStep.actor_id).in_(people), CaseStep.action == "接单", scope.where(col(CaseStep.at)))
        .group_by(col(CaseStep.actor_id))
    )
    within = (col(Case.done_at) >= scope.since) & (col(Case.done_at) < scope.until)
    done = col(Case.state).in_(CASE_SOLVED) & within
    state = col(Case.state)
    met = (
        done,
        done & or_(col(Case.due_at).is_(None), col(Case.done_at) <= col(Case.due_at)),
        done & col(Case.satisfied).is_not(None),
        done & col(Case.satisfied).is_(True),
        state.in_(CASE_OPEN) & (state != CaseState.WAITING) & (col(Case.due_at) < scope.now),
    )
    closes = (
        select(Case.owner_id, *(func.count().filter(one) for one in met))
        .where(
            col(Case.owner_id).in_(people),
            col(Case.area_id).in_(_areas(scope.path)),
            col(Case.about_worker).is_(False),
            col(Case.quiet).is_(False),
        )
        .group_by(col(Case.owner_id))
    )
    taken = dict((await session.execute(claims)).all())
    owned = {row[0]: row[1:] for row in await session.execute(closes)}
    return {one: Work(taken.get(one, 0), *owned.get(one, ())) for one in people}
