"""One process an account."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from bot.lease import Lease, LeaseLost
from bot.machine import VirtualClock, open_account
from storage.engine import Database
from tests.harness import NOON


class Steady:
    """A clock that only goes forward."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Database, VirtualClock, int]:
    """An open database, a clock and an account."""
    url = f"sqlite:///{tmp_path}/lease.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    database = Database(str(url))
    await database.open()
    return database, VirtualClock(NOON), await open_account(database, "A", "wechaty")


def elsewhere(lease: Lease) -> Lease:
    """As if its process ran on another machine."""
    lease.holder = f"elsewhere:{os.getpid()}:1"
    return lease


async def test_a_second_process_is_refused_until_the_lease_has_ended(made: tuple[Database, VirtualClock, int]) -> None:
    database, clock, account = made
    await elsewhere(Lease(database, account, clock, 60)).take()
    mine = Lease(database, account, clock, 60)
    with pytest.raises(LeaseLost, match="账号 A 正由另一个进程使用（主机 elsewhere"):
        await mine.take()
    assert not mine.holds()
    clock.moment = clock.moment.replace(minute=2)
    await mine.take()
    assert mine.holds()
    await database.close()


async def test_who_has_lost_it_is_told_and_calls_nobody(made: tuple[Database, VirtualClock, int]) -> None:
    database, clock, account = made
    first = elsewhere(Lease(database, account, clock, 60))
    await first.take()
    clock.moment = clock.moment.replace(minute=2)
    await Lease(database, account, clock, 60).take()
    with pytest.raises(LeaseLost):
        await first.renew()
    assert not first.holds()
    await database.close()


async def test_it_ends_by_the_steady_clock_whatever_the_other_says(made: tuple[Database, VirtualClock, int]) -> None:
    database, clock, account = made
    steady = Steady()
    lease = Lease(database, account, clock, 60, reserve=15, steady=steady)
    await lease.take()
    clock.moment = clock.moment.replace(hour=1)  # set back
    steady.now = 44
    assert lease.holds()
    steady.now = 46
    assert not lease.holds()
    await lease.renew()
    assert lease.holds()
    await database.close()


@pytest.mark.parametrize("life", ["earlier", "gone"])
async def test_a_process_that_died_here_is_not_waited_for(made: tuple[Database, VirtualClock, int], life: str) -> None:
    database, clock, account = made
    dead = Lease(database, account, clock, 60)
    dead.holder = f"{socket.gethostname()}:{os.getpid() if life == 'earlier' else 2**22 - 1}:1"
    await dead.take()
    await Lease(database, account, clock, 60).take()
    await database.close()


async def test_a_living_process_of_this_machine_is_not_pushed_aside(
    made: tuple[Database, VirtualClock, int],
) -> None:
    database, clock, account = made
    other = Lease(database, account, clock, 60)
    other.holder = f"{socket.gethostname()}:{os.getppid()}:1"
    await other.take()
    with pytest.raises(LeaseLost):
        await Lease(database, account, clock, 60).take()
    await Lease(database, account, clock, 60).take(alone=True)
    await database.close()


async def test_a_clean_stop_lets_it_go(made: tuple[Database, VirtualClock, int]) -> None:
    database, clock, account = made
    first = elsewhere(Lease(database, account, clock, 60))
    await first.take()
    await first.release()
    await Lease(database, account, clock, 60).take()
    await database.close()
