"""The right of one process to work for an account, for as long as it keeps renewing it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select, update
from sqlmodel import col

from handlers.ports import Clock
from storage.engine import Database, retrying
from storage.people import Account


class LeaseLost(Exception):
    """Another process works for the account; the message is one sentence that names it."""


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
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """It lasts `seconds`; `reserve` of them must be left for a call to the chat system to be begun."""
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
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
                if standing and not alone and not _gone(row.lease_holder):
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


def _gone(holder: str) -> bool:
    """Whether the process that held a lease ran on this machine and is no more."""
    host, number, *_ = f"{holder}::".split(":")
    if host != socket.gethostname() or not number.isdecimal():
        return False
    if int(number) == os.getpid():  # an earlier life, in a container where every process is the first
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
