"""The hours in which unasked, routine posts wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.ports import Rules
from handlers.turn import Turn


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Every day from `start` to `end` (HH:MM) in a zone; none if both are the same."""

    start: str
    end: str
    zone: ZoneInfo

    @classmethod
    def of(cls, rules: Rules) -> QuietHours:
        """Those of the config."""
        return cls(rules.quiet.start, rules.quiet.end, ZoneInfo(rules.timezone))

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet hours that hold at this instant end; None outside them."""
        return quiet_until(moment.astimezone(self.zone), self.start, self.end)

    def begin_after(self, moment: datetime) -> datetime:
        """When they begin next after this instant; the end of time if there are none."""
        if time.fromisoformat(self.start) == time.fromisoformat(self.end):
            return datetime.max.replace(tzinfo=UTC)
        local = moment.astimezone(self.zone)
        begin = datetime.combine(local.date(), time.fromisoformat(self.start), self.zone)
        return begin if begin > local else begin + timedelta(days=1)


def ends(turn: Turn) -> datetime | None:
    """When the quiet hours that it is now in end; None outside them."""
    return QuietHours.of(turn.rules).until(turn.now)


def quiet_until(local: datetime, start: str, end: str) -> datetime | None:
    """When quiet hours (HH:MM to HH:MM, local) end that hold at a local instant; None outside them."""
    begin, finish, clock = time.fromisoformat(start), time.fromisoformat(end), local.timetz().replace(tzinfo=None)
    if begin == finish:
        return None
    inside = begin <= clock < finish if begin < finish else clock >= begin or clock < finish
    if not inside:
        return None
    day = local.date() if clock < finish else local.date() + timedelta(days=1)
    return datetime.combine(day, finish, local.tzinfo)
