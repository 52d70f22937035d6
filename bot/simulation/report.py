"""What came of a simulated fan-out, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.gateways.protocol import GatewayState
from bot.simulation.gateway import World
from bot.simulation.setup import Setup
from storage.outbox import UNDER_WAY, PartState

if TYPE_CHECKING:
    from rich.table import Table

HOUR = timedelta(hours=1)
SHOWN = 20
"""Accounts that get a line of their own; of more only the sum is shown."""


class Row(NamedTuple):
    """One part as the table has it; `what` as the room's record has it."""

    room: str
    what: str
    text: bool
    state: PartState


class AccountLine(NamedTuple):
    """What one account did: its calls, how many an hour in the mean and in the busiest one, and how it stands."""

    name: str
    calls: int
    mean: float
    most: int
    banned: bool

    @classmethod
    def of(cls, name: str, calls: Sequence[datetime], state: GatewayState) -> AccountLine:
        """Out of the instants of its calls, in order."""
        hours = max(1.0, (calls[-1] - calls[0]) / HOUR) if calls else 1.0
        most = first = 0
        for last, moment in enumerate(calls):
            while calls[first] <= moment - HOUR:
                first += 1
            most = max(most, last - first + 1)
        return cls(name, len(calls), len(calls) / hours, most, state == GatewayState.BLOCKED)


@dataclass(frozen=True, slots=True)
class Result:
    """Times are seconds from the start; None where so many rooms were never reached.

    `lost_unseen` are parts that the table calls sent and the room never got: there must be none. `lost_shown` are
    those of unknown outcome that did not arrive. `doubled` are parts that a room got twice.
    """

    setup: Setup
    expected: float
    half: float | None
    most: float | None
    all: float | None
    whole: float | None
    arrived: int
    lost_unseen: int
    lost_shown: int
    unknown: int
    doubled: int
    waiting: int
    failed: int
    accounts: tuple[AccountLine, ...] = ()
    queued_in: float = 0.0


def add_up(setup: Setup, world: World, rows: Sequence[Row], expected: float) -> Result:
    """Compare the table with the rooms' own record."""
    texts = [world.first[row.room, row.what] for row in rows if row.text and (row.room, row.what) in world.first]
    times = sorted((moment - setup.begin).total_seconds() for moment in texts)
    everything = [world.first.get((row.room, row.what)) for row in rows]
    last = max((moment for moment in everything if moment), default=setup.begin)
    got = {row: world.got[row.room, row.what] for row in rows}
    return Result(
        setup=setup,
        expected=expected,
        half=_reached(times, setup.groups, 50),
        most=_reached(times, setup.groups, 95),
        all=_reached(times, setup.groups, 100),
        whole=(last - setup.begin).total_seconds() if all(everything) else None,
        arrived=len(times),
        lost_unseen=sum(row.state == PartState.SENT and not count for row, count in got.items()),
        lost_shown=sum(row.state == PartState.UNKNOWN and not count for row, count in got.items()),
        unknown=sum(row.state == PartState.UNKNOWN for row in rows),
        doubled=sum(count > 1 for count in got.values()),
        waiting=sum(row.state in UNDER_WAY for row in rows),
        failed=sum(row.state in (PartState.FAILED, PartState.CANCELLED) for row in rows),
    )


def _reached(times: Sequence[float], groups: int, percent: int) -> float | None:
    """When so many of a hundred groups had it."""
    needed = -(-groups * percent // 100)
    return times[needed - 1] if len(times) >= needed else None


def span(seconds: float | None) -> str:
    """`4:05` (minutes), `2:04:05` (hours) or `3 天 2:04:05`."""
    if seconds is None:
        return "没有到"
    days, rest = divmod(round(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours or days else f"{minutes}:{rest:02}"
    return f"{days} 天 {clock}" if days else clock


def rows_of(result: Result) -> list[tuple[str, str]]:
    """(what, value) of everything but the accounts."""
    setup = result.setup
    per_hour = [one.mean for one in result.accounts if one.calls]
    rows = [
        ("发什么", "寻人（紧急，文字加海报）" if setup.alert else "通知（日常）"),
        ("群", str(setup.groups)),
        ("账号", str(setup.accounts)),
        ("开始", f"{setup.begin:%H:%M}"),
        ("预计发完", span(result.expected)),
        ("实际发完", span(result.whole)),
        ("到 50% 的群", span(result.half)),
        ("到 95% 的群", span(result.most)),
        ("到 100% 的群", span(result.all)),
        ("每个账号每小时", f"平均 {sum(per_hour) / max(1, len(per_hour)):.0f} 条"),
        ("最忙的一小时", f"{max((one.most for one in result.accounts), default=0)} 条"),
        ("收到的群", str(result.arrived)),
        ("不知是否送到", f"{result.unknown} 条，其中没到 {result.lost_shown} 条"),
        ("丢了而不知道", f"{result.lost_unseen} 条"),
        ("收到两次", f"{result.doubled} 条"),
        ("还在等", f"{result.waiting} 条"),
        ("失败", f"{result.failed} 条"),
    ]
    if setup.bans:
        rows.append(("被封的账号", "、".join(one.name for one in result.accounts if one.banned) or "无"))
    return rows


def lines(result: Result) -> list[str]:
    """Plain lines for a pipe: what and value, with a tab between."""
    shown = [f"{what}\t{value}" for what, value in rows_of(result)]
    if len(result.accounts) <= SHOWN:
        shown += [f"账号 {one.name}\t{_account(one)}" for one in result.accounts]
    return shown


def _account(one: AccountLine) -> str:
    return f"{one.calls} 条，每小时 {one.mean:.0f} 条，最忙 {one.most} 条{'，被封' if one.banned else ''}"


def table(result: Result) -> Table:
    """The same for a terminal."""
    from rich.table import Table

    made = Table(show_header=False)
    for line in lines(result):
        made.add_row(*line.split("\t"))
    return made
