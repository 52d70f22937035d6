"""When a fan-out will be whole: the account's own pacer, asked ahead with the mean gaps."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from bot.pacing import Pacer, PaceRules, Standing
from handlers.ports import Load, Pace
from handlers.quiet_hours import QuietHours
from storage.outbox import Priority, Queued, Send

MOST = 4000
"""Sends that are gone through one by one, ten days of routine ones; what is beyond goes on at the pace of the last."""


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
        """When the last of the account's own parts goes, if nothing else happens."""
        standing = Standing(load.rate, load.paused_until, load.started_at)
        pacer = Pacer(self._rules, _Mean(), map(Send._make, load.sent), standing=standing, quiet=self._quiet)
        return _Line(pacer, map(Queued._make, load.waiting), load.post_id).run(now)


class _Line:
    """The queue of one account, worked off as the courier does it."""

    def __init__(self, pacer: Pacer, waiting: Iterable[Queued], post_id: int) -> None:
        self._pacer = pacer
        self._post = post_id
        self._later = [(part.due_at, part) for part in waiting]
        self._ready: dict[int, list[Queued]] = {}
        heapify(self._later)

    def run(self, now: datetime) -> datetime:
        """When the last part of the post goes."""
        own, total, done, half = self._own(), len(self._later), 0, now
        while own:
            now, part = self._next(now)
            self._pacer.note(part.priority, now, part.chat_id if part.in_room else None, part.post_id)
            own -= part.post_id == self._post
            done += 1
            if done == MOST // 2:
                half = now
            if done == MOST:
                return now + (now - half) * ((total - MOST) / (MOST - MOST // 2))
        return now

    def _own(self) -> int:
        return sum(part.post_id == self._post for _, part in self._later)

    def _next(self, now: datetime) -> tuple[datetime, Queued]:
        """The part that goes next, and when."""
        while True:
            while self._later and self._later[0][0] <= now:
                part = heappop(self._later)[1]
                heappush(self._ready.setdefault(part.priority, []), part)
            times = [self._later[0][0]] if self._later else []
            for priority in sorted(self._ready):
                if not self._ready[priority]:
                    continue
                free = self._pacer.free_at(priority, now)
                if free <= now and (chosen := self._take(priority, now)) is not None:
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
