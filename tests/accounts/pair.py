"""Two accounts of ours in the groups of the small town, each with a machine of its own on one database."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.lease import Lease
from bot.machine import Machine, VirtualClock, open_account
from bot.pacing import Pacer
from bot.replay import Output, ReplayGateway
from bot.town import import_town, read_town
from handlers.ports import Event, EventKind, MessageType, Rules
from storage.areas import Chat, Mode
from storage.engine import Database
from storage.people import Account
from tests.harness import NOON, TOWN, furnish

LEASE = 60.0
PATIENCE = timedelta(minutes=5)


class Side:
    """One account: its machine, its view of the chat system, and whether its process lives."""

    def __init__(self, pair: Pair, name: str, account_id: int) -> None:
        self.name, self.account_id = name, account_id
        self.gateway = ReplayGateway(pair.clock)
        self.lease = Lease(pair.database, account_id, pair.clock, LEASE)
        self.alive = True
        self.machine = Machine(
            pair.database, self.gateway, account_id, pair.rules, pair.clock,
            pacer=Pacer(None, random.Random(0)), lease=self.lease, patience=PATIENCE,
        )  # fmt: skip


class Pair:
    """A and B on one clock; `hears` says who is there when something is said."""

    def __init__(self, url: str, rules: Rules | None = None) -> None:
        self.database = Database(url, durable=False)
        self.rules = rules or Rules()
        self.clock = VirtualClock(NOON)
        self.sides: dict[str, Side] = {}
        self._count = 0

    async def open(self, *, bound: str = "AB") -> Pair:
        """Put the town in; both are in all groups, the accounts in `bound` as bound ones. A speaks."""
        await furnish(self.database)
        await self.database.open()
        town = read_town(TOWN, self.rules)
        for name in "AB":
            account_id = await open_account(self.database, name, "wechaty")
            if name in bound:
                async with self.database.write() as session:
                    await import_town(
                        session, town, self.rules, now=self.clock.now(), account_id=account_id, start_mode=Mode.FULL
                    )
            self.sides[name] = Side(self, name, account_id)
            await self.state(name, "online")
            await self.sides[name].lease.take()
            await self.sides[name].machine.recover()
        await self.settle()
        return self

    async def close(self) -> None:
        """Let the database go."""
        await self.database.close()

    async def say(self, person: str, room: str | None, text: str, hears: str = "AB", **more: Any) -> list[Output]:
        """Something is said, and each account that hears it has a copy with an id of its own."""
        self._count += 1
        for name in hears:
            event = Event(
                id=f"{name}-{self._count}", kind=EventKind.MESSAGE, at=more.get("at", self.clock.now()), room=room,
                room_name=room or "", sender=person, sender_name=person, text=text,
                type=more.get("type", MessageType.TEXT),
                picture=f"{name}:{more['picture']}" if "picture" in more else None,
            )  # fmt: skip
            await self.sides[name].machine.inbox.store([event])
        return await self.settle()

    async def settle(self) -> list[Output]:
        """Let every living process do what there is; what was sent, by whoever."""
        before = {name: len(side.gateway.sent) for name, side in self.sides.items()}
        for _ in range(3):
            for side in self.sides.values():
                if side.alive:
                    await side.machine.settle(self.clock.now())
        return [one for name, side in self.sides.items() for one in side.gateway.sent[before[name] :]]

    async def wait(self, **span: float) -> list[Output]:
        """Time passes, and each living process renews its lease and looks after the others."""
        self.clock.moment += timedelta(**span)
        said: list[Output] = []
        for side in self.sides.values():
            if side.alive:
                await side.lease.renew()
        for side in self.sides.values():
            if side.alive:
                before = len(side.gateway.sent)
                await side.machine.look_after_others(self.clock.now())
                said += side.gateway.sent[before:]
        return said + await self.settle()

    async def state(self, name: str, state: str) -> None:
        """The account's gateway is in this state from now on."""
        async with self.database.write() as session:
            row = await session.get_one(Account, self.sides[name].account_id)
            row.state, row.state_at = state, self.clock.now()

    async def rows(self, query: Any) -> list[Any]:
        """The rows a query finds."""
        async with self.database.read() as session:
            return list((await session.scalars(query)).all())

    async def speakers(self) -> set[str]:
        """The names of the accounts that speak in a chat."""
        return set(
            await self.rows(select(col(Account.name)).join(Chat, col(Chat.account_id) == col(Account.id)).distinct())
        )
