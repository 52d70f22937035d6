"""How fast one account may send. Nobody publishes a safe rate; the defaults are DESIGN.md's."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from handlers.ports import Count, Minutes
from storage.outbox import Priority

Gap = Annotated[float, Field(strict=True, ge=0, le=3600, allow_inf_nan=False)]


class PaceRules(BaseModel):
    """Limits of one account, in sends (a picture is one)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    routine_gap: tuple[Gap, Gap] = Field((8.0, 20.0), description="日常消息两次发送之间的秒数（随机）")
    routine_hour: Count = Field(150, description="日常消息每小时最多几条")
    routine_day: Count = Field(400, description="日常消息每天最多几条")
    urgent_gap: tuple[Gap, Gap] = Field((1.0, 2.0), description="紧急消息两次发送之间的秒数（随机）")
    urgent_minute: Count = Field(40, description="紧急消息每分钟最多几条")
    reply_minute: Count = Field(20, description="答复每分钟最多几条")

    @field_validator("routine_gap", "urgent_gap")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] <= value[1]:
            raise ValueError("应当是从小到大的两个秒数")
        return value

    pause_minutes: Minutes = Field(10, description="平台说发得太快时，暂停几分钟再用一半速度")


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Pacer:
    """Says when a send of a priority may go next. Urgent sends count into the budgets and are never held by them."""

    def __init__(self, rules: PaceRules | None, rng: random.Random, sent: Iterable[tuple[datetime, int]] = ()) -> None:
        """`rules` None: no pace at all. `sent`: (time, priority) of the last day's sends, oldest first."""
        self._rules = rules
        self._random = rng
        self._day: deque[tuple[datetime, int]] = deque(sent)
        self._free: datetime | None = None
        self.paused_until: datetime | None = None
        self.rate = 1.0

    def pause(self, now: datetime) -> None:
        """The platform said too much was sent: stop for a while, then go at half the rate."""
        if self._rules:
            self.paused_until = now + timedelta(minutes=self._rules.pause_minutes)
            self.rate = max(self.rate / 2, 1 / 8)

    def free_at(self, priority: int, now: datetime) -> datetime:
        """The earliest instant at which a send of this priority may go."""
        if self._rules is None:
            return now
        if self._day and self._day[-1][0] > now:
            self._set_back(now)
        times = [now]
        if self.paused_until:
            times.append(self.paused_until)
        if self._day:
            times.append(self._day[-1][0] + self._gap(priority))
        times += self._budgets(priority, now)
        return max(times)

    def _set_back(self, now: datetime) -> None:
        """The clock was set back: what was sent later than now was sent now, and a pause begins anew."""
        self._day = deque((min(moment, now), priority) for moment, priority in self._day)
        if self._rules and self._paused_until:
            self._paused_until = min(self._paused_until, now + timedelta(minutes=self._rules.pause_minutes))

    def note(self, priority: int, now: datetime) -> None:
        """A send was begun."""
        if self._rules is None:
            return
        self._day.append((now, priority))
        self._gap_factor = self._random.random()
        while self._day and self._day[0][0] < now - DAY:
            self._day.popleft()

    _gap_factor = 0.5

    def _gap(self, priority: int) -> timedelta:
        assert self._rules is not None
        if priority <= Priority.REPLY:
            return timedelta(0)
        low, high = self._rules.urgent_gap if priority == Priority.URGENT else self._rules.routine_gap
        return timedelta(seconds=(low + (high - low) * self._gap_factor) / self.rate)

    def _budgets(self, priority: int, now: datetime) -> list[datetime]:
        rules = self._rules
        assert rules is not None
        if priority <= Priority.REPLY:
            return self._window(now, MINUTE, rules.reply_minute, {Priority.REPLY})
        if priority == Priority.URGENT:
            return self._window(now, MINUTE, rules.urgent_minute, {Priority.URGENT})
        everything = set(Priority)
        return [
            *self._window(now, HOUR, rules.routine_hour, everything),
            *self._window(now, DAY, rules.routine_day, everything),
        ]

    def _window(self, now: datetime, span: timedelta, limit: int, kinds: set[Priority]) -> list[datetime]:
        """When the oldest of the last `limit` sends of these kinds leaves the window, if the window is full."""
        limit = max(1, int(limit * self.rate))
        count = 0
        for moment, priority in reversed(self._day):
            if moment <= now - span:
                return []
            if priority in kinds:
                count += 1
                if count == limit:
                    return [moment + span]
        return []
