"""When a fan-out will be whole: the account's own pacer, asked ahead with the mean gaps."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.pacing import NEVER, Pacer, PaceRules, Standing
from handlers.ports import Load, Pace
from handlers.quiet_hours import QuietHours
from storage.outbox import Priority, Queued, Send

MOST = 4000
"""Sends that are gone through, ten days of routine ones; what is beyond goes on at the pace of the last."""

RUN = 1000
"""Parts of one priority that are taken together, where nothing can come between them."""


class _Mean(random.Random):
    """Chooses the middle of every gap."""

    def random(self) -> float:
        return 0.5


class Forecast(Pace):
    """The pace of paced accounts. Calls are taken to be shorter than the gaps."""

    paced = True

    def __init__(self, rules: PaceRules, quiet: QuietHours | None) -> None:
        self._rules = rules
        self._quiet = quiet

    def finish(self, load: Load, now: datetime) -> datetime:
        """When the last of the account's own parts goes, if nothing else happens: some 5 us a part that waits.

        It is asked inside the write transaction of the post, where every other writer waits for it.
        """
        standing = Standing(load.rate, load.paused_until, load.started_at)
        pacer = Pacer(self._rules, _Mean(), map(Send._make, load.sent), standing=standing, quiet=self._quiet)
        return _Line(self._rules, pacer, list(map(Queued._make, load.waiting)), load.post_id).run(now)


class _Line:
    """The queue of one account, worked off as the courier does it."""

    def __init__(self, rules: PaceRules, pacer: Pacer, waiting: Sequence[Queued], post_id: int) -> None:
        self._rules = rules
        self._pacer = pacer
        self._post = post_id
        self._later = deque(sorted(waiting, key=lambda part: part.due_at))
        self._ready: dict[int, list[Queued]] = {}
        self._roomy = self._no_room_holds_up(waiting)

    def _no_room_holds_up(self, waiting: Sequence[Queued]) -> bool:
        """Whether the busiest room's rests together take less than a tenth of the whole: the order then does not
        matter, as another room's part goes while one rests."""
        rooms = Counter(part.chat_id for part in waiting if part.in_room and part.priority > Priority.URGENT)
        rests = max(rooms.values(), default=0) * self._rules.room_gap
        return 10 * rests <= rooms.total() * _mean(self._rules.routine_gap)

    def run(self, now: datetime) -> datetime:
        """When the last part of the post goes."""
        own, total, gone = sum(part.post_id == self._post for part in self._later), len(self._later), 0
        middle: tuple[int, datetime] | None = None
        while own:
            for at, part in self._together(now) or [self._next(now)]:
                now = at
                own -= part.post_id == self._post
                gone += 1
            if middle is None and gone >= MOST // 2:
                middle = gone, now
            elif middle is not None and gone >= MOST and own:
                return now + (now - middle[1]) * ((total - gone) / (gone - middle[0]))
        return now

    def _together(self, now: datetime) -> list[tuple[datetime, Queued]]:
        """The parts of the most urgent priority that go before anything else can, and when each goes; [] in doubt."""
        self._arrive(now)
        waiting = [priority for priority in sorted(self._ready) if self._ready[priority]]
        if not waiting or not (waiting[0] <= Priority.URGENT or self._roomy):
            return []
        top, line = waiting[0], sorted(self._ready[waiting[0]])
        places = ((part.chat_id if part.in_room else None, part.post_id) for part in line[:RUN])
        before = self._later[0].due_at if self._later else NEVER
        idle = self._gap_after(top) if waiting[1:] else timedelta.max
        times = self._pacer.ahead(top, places, now, before, idle)
        self._ready[top] = line[len(times) :]
        return list(zip(times, line, strict=False))

    def _gap_after(self, priority: int) -> timedelta:
        """After how long without a send a less urgent part may go."""
        gap = self._rules.urgent_gap if priority < Priority.URGENT else self._rules.routine_gap
        return timedelta(seconds=_mean(gap))

    def _arrive(self, now: datetime) -> None:
        """What is due by now is ready."""
        arrived: dict[int, list[Queued]] = {}
        while self._later and self._later[0].due_at <= now:
            part = self._later.popleft()
            arrived.setdefault(part.priority, []).append(part)
        for priority, parts in arrived.items():
            self._ready[priority] = sorted([*self._ready.get(priority, ()), *parts])  # sorted, it is a heap too

    def _next(self, now: datetime) -> tuple[datetime, Queued]:
        """The part that goes next, and when."""
        while True:
            self._arrive(now)
            times = [self._later[0].due_at] if self._later else []
            for priority in sorted(self._ready):
                if not self._ready[priority]:
                    continue
                free = self._pacer.free_at(priority, now)
                if free <= now and (chosen := self._take(priority, now)) is not None:
                    self._pacer.note(priority, now, chosen.chat_id if chosen.in_room else None, chosen.post_id)
                    return now, chosen
                rested = self._pacer.rested_at(now)
                times.append(free if free > now or rested is None else rested)
            now = max(min(times), now + timedelta(microseconds=1))

    def _take(self, priority: int, now: datetime) -> Queued | None:
        """The first of this priority that may go; one for a resting room lets others before."""
        resting = {one.chat_id: one.post_id for one in self._pacer.resting(now)} if priority > Priority.URGENT else {}
        line, passed = self._ready[priority], []
        chosen = None
        while line and chosen is None:
            part = heappop(line)
            if resting.get(part.chat_id, part.post_id) == part.post_id:
                chosen = part
            else:
                passed.append(part)
        for part in passed:
            heappush(line, part)
        return chosen


def _mean(gap: tuple[float, float]) -> float:
    return sum(gap) / 2
