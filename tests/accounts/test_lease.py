"""One process an account."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import TOKEN_VARIABLE, build_config
from bot.lease import Lease, LeaseLost, gone, process_name
from bot.machine import SystemClock, VirtualClock, open_account
from bot.running import _opened
from storage.engine import Database
from storage.people import Account
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


NO_PROCESS = 2**22 - 1


def parts(number: int) -> list[str]:
    """Host, number, boot, space of numbers and start of a process."""
    return process_name(number).split(":")


@pytest.mark.parametrize("life", ["earlier", "gone", "number used again"])
async def test_a_process_that_died_here_is_not_waited_for(made: tuple[Database, VirtualClock, int], life: str) -> None:
    database, clock, account = made
    number = {"earlier": os.getpid(), "gone": NO_PROCESS, "number used again": os.getppid()}[life]
    dead = Lease(database, account, clock, 60)
    dead.holder = ":".join([*parts(number)[:4], "1", "token"])
    await dead.take()
    await Lease(database, account, clock, 60).take()
    await database.close()


async def test_a_living_process_of_this_machine_is_not_pushed_aside(
    made: tuple[Database, VirtualClock, int],
) -> None:
    database, clock, account = made
    other = Lease(database, account, clock, 60)
    other.holder = f"{process_name(os.getppid())}:token"
    await other.take()
    with pytest.raises(LeaseLost):
        await Lease(database, account, clock, 60).take()
    await Lease(database, account, clock, 60).take(alone=True)
    await database.close()


@pytest.mark.parametrize("other", [0, 2, 3])
def test_a_number_of_another_container_or_an_earlier_boot_tells_nothing(other: int) -> None:
    name = parts(NO_PROCESS)
    assert gone(":".join(name))
    name[other] += "1"
    assert not gone(":".join(name))


@pytest.mark.parametrize("holder", ["", "host", f"{socket.gethostname()}:{NO_PROCESS}:1a2b3c4d"])
def test_a_holder_that_is_not_understood_is_waited_for(holder: str) -> None:
    assert not gone(holder)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system's clock stops while it sleeps")
async def test_a_machine_that_slept_does_not_think_its_lease_still_runs(
    made: tuple[Database, VirtualClock, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, clock, account = made
    lease = Lease(database, account, clock, 60)
    await lease.take()
    assert lease.holds()
    reading = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda which: reading(which) + 600 * (which == time.CLOCK_BOOTTIME))
    assert not lease.holds()
    await database.close()


@pytest.mark.postgres
async def test_a_second_process_with_another_gateway_changes_nothing_of_the_first(
    postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "token")
    config = build_config({"database": postgres(), "gateway": "wechaty"}, "config.yaml")
    database = Database(config.database)
    await database.open()
    account = await open_account(database, config.account, "other")
    first = elsewhere(Lease(database, account, SystemClock(), 60))
    await first.take()

    async def gateway() -> str:
        async with database.read() as session:
            return (await session.get_one(Account, account)).gateway

    with pytest.raises(LeaseLost):
        async with _opened(config, print):
            pass
    assert await gateway() == "other"
    await first.release()
    async with _opened(config, print):
        assert await gateway() == "wechaty"
    await database.close()


async def test_a_clean_stop_lets_it_go(made: tuple[Database, VirtualClock, int]) -> None:
    database, clock, account = made
    first = elsewhere(Lease(database, account, clock, 60))
    await first.take()
    await first.release()
    await Lease(database, account, clock, 60).take()
    await database.close()
