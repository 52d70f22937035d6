"""How fast one account may send. Nobody publishes a safe rate; the defaults are DESIGN.md's."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from handlers.ports import Count, Hours, Minutes
from storage.outbox import Priority, Send

if TYPE_CHECKING:
    from handlers.quiet_hours import QuietHours

Gap = Annotated[float, Field(strict=True, ge=0, le=3600, allow_inf_nan=False)]
StartShare = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
StartDays = Annotated[int, Field(strict=True, ge=0, le=365)]


class PaceRules(BaseModel):
    """Limits of one account, in sends (a picture is one)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    routine_gap: tuple[Gap, Gap] = Field((8.0, 20.0), description="日常消息两次发送之间的秒数（随机）")
    routine_hour: Count = Field(150, description="日常消息每小时最多几条")
    routine_day: Count = Field(400, description="日常消息每天最多几条")
    urgent_gap: tuple[Gap, Gap] = Field((1.0, 2.0), description="紧急消息两次发送之间的秒数（随机）")
    urgent_minute: Count = Field(40, description="紧急消息每分钟最多几条")
    reply_minute: Count = Field(20, description="答复每分钟最多几条")
    room_gap: Gap = Field(60.0, description="同一个群两篇日常消息之间至少隔几秒")
    slow_start_days: StartDays = Field(14, description="新账号用几天慢慢放开日常消息；0 不慢起步")
    slow_start_share: StartShare = Field(0.25, description="新账号第一天的日常消息是平常的几分之几")

    @field_validator("routine_gap", "urgent_gap")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] <= value[1]:
            raise ValueError("应当是从小到大的两个秒数")
        return value

    pause_minutes: Minutes = Field(10, description="平台说发得太快时，暂停几分钟再用一半速度")
    recover_hours: Hours = Field(3, description="这么多小时没再嫌快，速度就恢复八分之一")


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)

SLOWEST = 1 / 8
"""The rate is halved down to this, and comes back by as much at a time: small steps find what the platform bears."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of an account over restarts: its columns in the table.

    `rate` (1/8 to 1) is what the last rate error left; `started_at` when it first sent.
    """

    rate: float = 1.0
    paused_until: datetime | None = None
    started_at: datetime | None = None

    def rate_at(self, now: datetime, rules: PaceRules) -> float:
        """The rate with what the clean hours since the pause have given back."""
        if self.rate >= 1 or self.paused_until is None:
            return self.rate
        clean = max(timedelta(0), now - self.paused_until) // timedelta(hours=rules.recover_hours)
        return min(1.0, self.rate + clean * SLOWEST)

    def whole_at(self, rules: PaceRules) -> datetime | None:
        """When the rate is 1 again if nothing happens; None if it is."""
        if self.rate >= 1 or self.paused_until is None:
            return None
        steps = -(-(1 - self.rate) // SLOWEST)
        return self.paused_until + timedelta(hours=rules.recover_hours * steps)

    def steady_until(self, now: datetime, rules: PaceRules) -> datetime:
        """Until when `rate_at` and `share_at` stay what they are now, if nothing happens."""
        ends = [NEVER]
        if self.rate < 1 and self.paused_until is not None:
            span = timedelta(hours=rules.recover_hours)
            ends.append(self.paused_until + span * max(1, (now - self.paused_until) // span + 1))
        if self.started_at is not None:
            ends.append(self.started_at + DAY * max(1, (now - self.started_at) // DAY + 1))
        return min(ends)

    def share_at(self, now: datetime, rules: PaceRules) -> float:
        """The part of the routine budget that an account may use, as young as it is: more every day."""
        if self.started_at is None:
            return rules.slow_start_share if rules.slow_start_days else 1.0
        days = max(timedelta(0), now - self.started_at) // DAY
        if days >= rules.slow_start_days:
            return 1.0
        return rules.slow_start_share + (1 - rules.slow_start_share) * days / rules.slow_start_days

    def after_error(self, now: datetime, rules: PaceRules) -> Standing:
        """The platform said too much was sent: a pause, then half the rate."""
        rate = max(self.rate_at(now, rules) / 2, SLOWEST)
        return replace(self, rate=rate, paused_until=now + timedelta(minutes=rules.pause_minutes))


class _Limits(NamedTuple):
    """What holds a send back: a pause, the gap (seconds, from and to), and windows that hold so many of some sends."""

    paused: datetime | None = None
    gap: tuple[float, float] | None = None
    windows: Sequence[tuple[list[datetime], timedelta, int]] = ()


class _Steady(NamedTuple):
    """A stretch of time in which the rate, and with it the part of the routine budget, stays the same."""

    standing: Standing
    begin: datetime
    end: datetime
    rate: float
    share: float


class Pacer:
    """Says when a send of a priority may go next. Urgent sends count into the budgets and are never held by them."""

    def __init__(
        self,
        rules: PaceRules | None,
        rng: random.Random,
        sent: Iterable[Send] = (),
        *,
        standing: Standing | None = None,
        quiet: QuietHours | None = None,
    ) -> None:
        """`rules` None: no pace, only quiet hours. `sent`: the last day's sends, oldest first."""
        self._rules = rules
        self._random = rng
        self._quiet = quiet
        self._all: list[datetime] = []
        self._kinds: dict[int, list[datetime]] = {Priority.REPLY: [], Priority.URGENT: []}
        self._resting: dict[int, Send] = {}
        self._gap_factor = 0.5
        self.standing = standing or Standing()
        self._steady: _Steady | None = None
        self._awake: tuple[datetime, datetime] | None = None
        for one in sent:
            self._count(one)

    def pause(self, now: datetime) -> None:
        """The platform said too much was sent: stop for a while, then go at half the rate."""
        if self._rules:
            self.standing = self.standing.after_error(now, self._rules)

    def rate(self, now: datetime) -> float:
        """Part of the usual rate that is in use."""
        return self.standing.rate_at(now, self._rules) if self._rules else 1.0

    def free_at(self, priority: int, now: datetime) -> datetime:
        """The earliest instant at which a send of this priority may go."""
        if self._all and self._all[-1] > now:
            self._set_back(now)
        moment = self._free(now, self._limits(priority, now)) if self._rules else now
        return moment if priority <= Priority.URGENT else self._after_quiet(moment)

    def _after_quiet(self, moment: datetime) -> datetime:
        """This instant, or the end of the quiet hours that hold at it."""
        if self._quiet is None or (self._awake is not None and self._awake[0] <= moment < self._awake[1]):
            return moment
        if (end := self._quiet.until(moment)) is not None:
            return end
        self._awake = (moment, self._quiet.begin_after(moment))
        return moment

    def _set_back(self, now: datetime) -> None:
        """The clock was set back: what was sent later than now was sent now, and a pause begins anew."""
        for times in (self._all, *self._kinds.values()):
            times[:] = [min(moment, now) for moment in times]
        self._resting = {chat: last._replace(at=min(last.at, now)) for chat, last in self._resting.items()}
        if self._rules and self.standing.paused_until:
            until = min(self.standing.paused_until, now + timedelta(minutes=self._rules.pause_minutes))
            self.standing = replace(self.standing, paused_until=until)

    def resting(self, now: datetime) -> list[Send]:
        """The rooms that have just had a routine post, with that post: of others they get none yet."""
        if self._rules is None:
            return []
        gap = timedelta(seconds=self._rules.room_gap)
        self._resting = {chat: last for chat, last in self._resting.items() if last.at > now - gap}
        return list(self._resting.values())

    def rested_at(self, now: datetime) -> datetime | None:
        """When the next of the resting rooms may get another routine post."""
        gap = timedelta(seconds=self._rules.room_gap) if self._rules else timedelta(0)
        return min((one.at + gap for one in self.resting(now)), default=None)

    def note(self, priority: int, now: datetime, chat_id: int | None = None, post_id: int = 0) -> None:
        """A send was begun; `chat_id` of a room, None of a private chat."""
        if self._rules is None:
            return
        if self.standing.started_at is None:
            self.standing = replace(self.standing, started_at=now)
        self._gap_factor = self._random.random()
        self._count(Send(now, priority, chat_id, post_id))

    def _count(self, one: Send) -> None:
        self._all.append(one.at)
        if one.priority in self._kinds:
            self._kinds[one.priority].append(one.at)
        elif one.chat_id is not None:
            self._resting[one.chat_id] = one
        if len(self._all) % 1024 == 0:
            for times in (self._all, *self._kinds.values()):
                del times[: bisect_left(times, one.at - DAY)]

    def ahead(
        self,
        priority: int,
        parts: Iterable[tuple[int | None, int]],
        now: datetime,
        before: datetime = NEVER,
        idle: timedelta = timedelta.max,
    ) -> list[datetime]:
        """When each of these parts (room or None, post) goes, one right after the other; they count as sent.

        It ends before the first that would go at `before` or later, or would leave the account without a send for
        longer than `idle`. As `free_at` and `note` again and again, but the limits are taken anew only where they
        change, which is what those two spend their time on.
        """
        times: list[datetime] = []
        limits, end = _Limits(), now
        for chat_id, post_id in parts:
            free = self._free(now, limits)
            if free >= end:
                free = self.free_at(priority, now)
            if free >= before or free - now > idle:
                break
            self.note(priority, free, chat_id, post_id)
            if free >= end:
                limits, end = self._limits(priority, free), self._steady_until(priority, free)
            times.append(now := free)
        return times

    def _limits(self, priority: int, now: datetime) -> _Limits:
        rules = self._rules
        if rules is None:
            return _Limits()
        steady, paused = self._rates(now), self.standing.paused_until
        if priority <= Priority.REPLY:
            return _Limits(
                paused, None, [(self._kinds[Priority.REPLY], MINUTE, _most(rules.reply_minute * steady.rate))]
            )
        if priority == Priority.URGENT:
            full = (self._kinds[Priority.URGENT], MINUTE, _most(rules.urgent_minute * steady.rate))
            return _Limits(paused, _slowed(rules.urgent_gap, steady.rate), [full])
        hour = (self._all, HOUR, _most(rules.routine_hour * steady.share))
        day = (self._all, DAY, _most(rules.routine_day * steady.share))
        return _Limits(paused, _slowed(rules.routine_gap, steady.rate), [hour, day])

    def _free(self, now: datetime, limits: _Limits) -> datetime:
        """The earliest instant that is outside the gap and finds no window full."""
        free = now if limits.paused is None else max(now, limits.paused)
        if limits.gap is not None and self._all:
            low, high = limits.gap
            free = max(free, self._all[-1] + timedelta(seconds=low + (high - low) * self._gap_factor))
        for times, span, most in limits.windows:
            if len(times) >= most:  # full until the oldest of the last `most` leaves it
                free = max(free, times[-most] + span)
        return free

    def _steady_until(self, priority: int, now: datetime) -> datetime:
        """Until when the limits stay what they are, and no quiet hours begin."""
        end = self._rates(now).end if self._rules else NEVER
        return min(end, self._awake[1]) if self._awake and priority > Priority.URGENT else end

    def _rates(self, now: datetime) -> _Steady:
        """The rate and the share now; worked out anew only where they change, as a forecast asks thousands of times."""
        known, rules, standing = self._steady, self._rules, self.standing
        assert rules is not None
        if known is None or known.standing is not standing or not known.begin <= now < known.end:
            rate = standing.rate_at(now, rules)
            share = rate * standing.share_at(now, rules)
            known = self._steady = _Steady(standing, now, standing.steady_until(now, rules), rate, share)
        return known


def _most(limit: float) -> int:
    return max(1, int(limit))


def _slowed(gap: tuple[float, float], rate: float) -> tuple[float, float]:
    return gap[0] / rate, gap[1] / rate
