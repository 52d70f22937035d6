"""The hours and days on which a town's people work: limits of ordinary matters run in them, and reminders keep to them.

Public holidays and the weekends worked for them are those that the State Council announces each November, as the
package `chinese-calendar` has them; beyond its years they are the config's, and otherwise weekends alone are free.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from handlers.ports import WEEKDAYS, Rules
from handlers.turn import Turn

DAY = timedelta(days=1)


@cache
def _announced(day: date) -> bool | None:
    """Whether a public holiday makes the day free (False) or worked (True); None where it is any weekday or weekend."""
    from chinese_calendar import get_holiday_detail  # by the command line's other commands it is never needed

    try:
        free, name = get_holiday_detail(day)
    except NotImplementedError:
        return None
    return None if name is None else not free


def announced(year: int) -> bool:
    """Whether the public holidays of a year are known: its first day is always one."""
    return _announced(date(year, 1, 1)) is not None


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """From `begins` to `ends`, local, on the days of the week counted in `days` (Monday is 0)."""

    begins: time
    ends: time
    days: frozenset[int]
    holidays: Collection[date]
    workdays: Collection[date]
    zone: ZoneInfo

    @classmethod
    def of(cls, rules: Rules) -> WorkingTime:
        """That of the config."""
        cases = rules.cases
        return _of(cases.work_hours, cases.work_days, cases.holidays, cases.workdays, rules.timezone)

    def is_worked(self, day: date) -> bool:
        """Whether people work on a day; what the config says of it comes before what was announced."""
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        by_holiday = _announced(day)
        return day.weekday() in self.days if by_holiday is None else by_holiday

    def includes(self, moment: datetime) -> bool:
        """Whether people work at an instant."""
        local = moment.astimezone(self.zone)
        return self.begins <= local.time() < self.ends and self.is_worked(local.date())

    def opens(self, day: date) -> datetime:
        """When work begins on a day, if it is worked."""
        return datetime.combine(day, self.begins, self.zone)

    def closes(self, day: date) -> datetime:
        """When work ends on a day."""
        return datetime.combine(day, self.ends, self.zone)

    def morning_from(self, day: date) -> datetime:
        """When work begins on the first worked day from this one on."""
        while not self.is_worked(day):
            day += DAY
        return self.opens(day)

    def next_moment(self, moment: datetime) -> datetime:
        """The first working instant from this one on, local."""
        local = moment.astimezone(self.zone)
        begin = self.morning_from(local.date())
        if local <= begin:
            return begin
        return local if local < self.closes(local.date()) else self.morning_from(local.date() + DAY)

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The instant by which so much working time has passed since a start, local."""
        at = self.next_moment(start)
        while (left := self.closes(at.date()) - at) < span:
            span -= left
            at = self.morning_from(at.date() + DAY)
        return at + span

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from a start to an end; none where the end comes first."""
        at, passed = self.next_moment(start), timedelta()
        while at < end:
            closes = self.closes(at.date())
            passed += min(closes, end) - at
            at = self.morning_from(at.date() + DAY)
        return passed


@cache
def _of(
    hours: str, days: tuple[str, ...], holidays: tuple[date, ...], workdays: tuple[date, ...], timezone: str
) -> WorkingTime:
    begins, ends = map(time.fromisoformat, hours.split("-"))
    numbers = frozenset(map(WEEKDAYS.index, days))
    return WorkingTime(begins, ends, numbers, frozenset(holidays), frozenset(workdays), ZoneInfo(timezone))


def working_time(turn: Turn) -> WorkingTime:
    """The town's."""
    return WorkingTime.of(turn.rules)
