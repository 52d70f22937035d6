"""What is to be simulated, and the one sentence for each thing that cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.pacing import PaceRules
from handlers.ports import Rules

MOST_GROUPS, MOST_ACCOUNTS = 1_000_000, 10_000


class BadSetup(Exception):
    """What is asked for cannot be simulated; the message says why."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A district of `groups` rooms, spread evenly over `accounts`, and how its chat system behaves.

    `loss`, `rate_errors` and `disconnects` are shares of the calls: that time out (half of them delivered all the
    same), that are refused as too fast, in which the connection breaks (half delivered; it is back after a minute).
    `bans` accounts die for good in the middle. `delay` is the mean of a call in seconds. `start` is the local hour.
    """

    groups: int
    accounts: int = 1
    alert: bool = True
    loss: float = 0.0
    rate_errors: float = 0.0
    disconnects: float = 0.0
    bans: int = 0
    delay: float = 0.3
    new: bool = False
    start: str = "09:00"
    days: int = 60
    seed: int = 0
    pace: PaceRules = field(default_factory=PaceRules)
    rules: Rules = field(default_factory=Rules)

    def check(self) -> None:
        """BadSetup for numbers that make no sense."""
        for name, low, high in (
            ("groups", 1, MOST_GROUPS),
            ("accounts", 1, MOST_ACCOUNTS),
            ("bans", 0, self.accounts),
            ("loss", 0, 1),
            ("rate_errors", 0, 1),
            ("disconnects", 0, 1),
            ("delay", 0, 3600),
            ("days", 1, 3650),
        ):
            value = getattr(self, name)
            if not low <= value <= high:  # not a number is in no range
                shown = name.replace("_", "-")
                raise BadSetup(f"--{shown} 应在 {low} 到 {high} 之间，现在是 {value}")
        if self.accounts > self.groups:
            raise BadSetup(f"--accounts 不能多过群：{self.accounts} 个账号，{self.groups} 个群")
        if self.loss + self.rate_errors + self.disconnects > 1:
            raise BadSetup("--loss、--rate-errors、--disconnects 加起来不能超过 1")
        try:
            datetime.strptime(self.start, "%H:%M")
        except ValueError:
            raise BadSetup(f"--start 应像 09:00，现在是 {self.start[:20]}") from None

    @property
    def begin(self) -> datetime:
        """The instant at which the message is sent: always on the same Monday, aware."""
        hour, minute = map(int, self.start.split(":"))
        return datetime(2026, 3, 2, hour, minute, tzinfo=ZoneInfo(self.rules.timezone))

    @property
    def until(self) -> datetime:
        """When it ends at the latest."""
        return self.begin + timedelta(days=self.days)
