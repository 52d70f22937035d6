"""The right of one process to work for an account, for as long as it keeps renewing it."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select, update
from sqlmodel import col

from handlers.ports import Clock
from storage.engine import Database, retrying
from storage.people import Account


class LeaseLost(Exception):
    """Another process works for the account; the message is one sentence that names it."""


def since_boot() -> float:
    """Seconds of a clock that is never set; where the system has one, of one that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """An account's lease, as this process holds it.

    Others go by the time in the database, which may be a clock's that is wrong; this process goes by a steady one,
    from before it asked: it stops calling the chat system before anybody else may think that it has.
    """

    def __init__(
        self,
        database: Database,
        account_id: int,
        clock: Clock,
        seconds: float,
        *,
        reserve: float = 0.0,
        steady: Callable[[], float] = since_boot,
    ) -> None:
        """It lasts `seconds`; `reserve` of them must be left for a call to the chat system to be begun."""
        self.holder = f"{process_name(os.getpid())}:{uuid4().hex[:8]}"
        self.seconds = seconds
        self._database = database
        self._account = account_id
        self._clock = clock
        self._reserve = reserve
        self._steady = steady
        self._ends = float("-inf")

    def holds(self) -> bool:
        """Whether a call may be begun now."""
        return self._steady() < self._ends - self._reserve

    async def take(self, *, alone: bool = False) -> None:
        """Begin; LeaseLost while another process has it, unless that is known to be gone (`alone`: all others are)."""
        asked = self._steady()

        async def attempt() -> None:
            now = self._clock.now()
            async with self._database.write() as session:
                row = await session.get_one(Account, self._account, with_for_update=True)
                standing = row.lease_until is not None and row.lease_until > now
                if standing and not alone and not gone(row.lease_holder):
                    raise LeaseLost(self._taken(row.name, row.lease_holder))
                row.lease_holder, row.lease_until = self.holder, now + timedelta(seconds=self.seconds)

        await retrying(attempt)
        self._ends = asked + self.seconds

    async def renew(self) -> None:
        """Go on for as long again; LeaseLost if another process has taken it."""
        asked = self._steady()

        async def attempt() -> None:
            async with self._database.write() as session:
                done = await session.execute(
                    update(Account)
                    .where(col(Account.id) == self._account, col(Account.lease_holder) == self.holder)
                    .values(lease_until=self._clock.now() + timedelta(seconds=self.seconds))
                )
                if done.rowcount != 1:  # type: ignore[attr-defined]
                    known = select(col(Account.name), col(Account.lease_holder)).where(col(Account.id) == self._account)
                    raise LeaseLost(self._taken(*(await session.execute(known)).one()))

        try:
            await retrying(attempt)
        except LeaseLost:
            self._ends = float("-inf")
            raise
        self._ends = asked + self.seconds

    async def release(self) -> None:
        """A clean stop: the next process need not wait."""
        self._ends = float("-inf")
        async with self._database.write() as session:
            await session.execute(
                update(Account)
                .where(col(Account.id) == self._account, col(Account.lease_holder) == self.holder)
                .values(lease_holder="", lease_until=self._clock.now())
            )

    def _taken(self, name: str, holder: str) -> str:
        host, number, *_ = f"{holder}::".split(":")
        return f"账号 {name} 正由另一个进程使用（主机 {host}，进程 {number}）；一个账号同时只能有一个进程"


def process_name(number: int) -> str:
    """`host:pid:boot:space:start` of a process that this one can see.

    A number means the same process only within one boot and one space of process numbers (two containers may share the
    host's name, but not these), and only from when the process started: numbers are used again. What the system does
    not tell is empty.
    """
    return f"{socket.gethostname()}:{number}:{_boot()}:{_space()}:{_started(number)}"


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return ""


@cache
def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _started(number: int) -> str:
    """In clock ticks since the boot: field 22 of proc(5)'s stat, the 20th after the name in brackets."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def gone(holder: str) -> bool:
    """Whether the process that held a lease was one that would be seen here, and is no more."""
    host, number, boot, space, start, *_ = f"{holder}:::::".split(":")
    if (host, boot, space) != (socket.gethostname(), _boot(), _space()) or not number.isdecimal():
        return False
    if not space and sys.platform == "linux":
        return False
    if int(number) == os.getpid():  # an earlier process with our number, or this one itself
        return True
    if start and (now := _started(int(number))):
        return now != start
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
