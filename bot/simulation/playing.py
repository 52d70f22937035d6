"""Plays one fan-out: an admin's message goes through the real bot, and a real courier an account sends it."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

from sqlalchemy import select
from sqlmodel import col

from bot.courier import Courier
from bot.drawing import Drawing
from bot.forecast import Forecast
from bot.gateways.protocol import GatewayState
from bot.inbox import Inbox
from bot.machine import PATIENCE, make_pacer
from bot.simulation import district
from bot.simulation.gateway import SimulatedGateway, World
from bot.simulation.loop import LoopClock
from bot.simulation.report import AccountLine, Result, Row, add_up
from bot.simulation.setup import Setup
from bot.standby import take_over
from bot.watching import Watching
from handlers.dispatch import Dispatch
from handlers.due import run_due
from handlers.ports import Event, EventKind, Load, Outside, Rules
from handlers.quiet_hours import QuietHours
from storage.areas import Room
from storage.engine import Database
from storage.matters import Alert, Notice
from storage.outbox import UNDER_WAY, Delivery, DeliveryPart, PartState, PostPart
from storage.people import Account

LOOK = timedelta(minutes=5)
"""How often it is looked whether all is over; longer as time goes on."""

LEASE = 60.0
"""Seconds, as `accounts.lease_seconds`: how the accounts stand is looked at three times in it."""

TAKEOVER = timedelta(hours=1)
"""What only dead accounts could send is waited for so long: time for other accounts to take over their rooms."""

ALERT = ("寻人 张桂兰，女，72岁，今天上午8点从老粮站走失，灰夹克，黑布鞋，短发，耳朵背，电话13900002210",)
NOTICE = (f"通知 {district.NAME} 明早6点到10点停水，请提前接水。", "确认 N1")
"""What the admin writes: in the first group, or in private."""


@dataclass(slots=True)
class Sender:
    """One account at work."""

    gateway: SimulatedGateway
    courier: Courier
    news: asyncio.Event = field(default_factory=asyncio.Event)


class _Paper(Drawing):
    """Draws nothing: the pictures of an imagined chat system need no content."""

    async def picture(self, ref: str, kind: str, picture_id: int | None, text: str = "") -> tuple[bytes, str]:
        return b"", f"{ref}.png"


class _Noted(Forecast):
    """Remembers what it foretold last, over all accounts."""

    told: datetime | None = None

    def finish(self, load: Load, now: datetime) -> datetime:
        finish = super().finish(load, now)
        self.told = max(finish, self.told or finish)
        return finish


async def simulate(setup: Setup, progress: Callable[[], None] = lambda: None) -> Result:
    """The whole fan-out, on a database in a temporary folder. The running loop must be a `VirtualLoop`."""
    setup.check()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/simulated.db", durable=False)
        await database.open()
        try:
            return await _Play(database, setup, progress).run()
        finally:
            await database.close()


class _Play:
    def __init__(self, database: Database, setup: Setup, progress: Callable[[], None]) -> None:
        self._database = database
        self._setup = setup
        # the district is the circle of an alert here, whatever the levels are called
        self._rules: Rules = setup.rules.model_copy(
            update={"levels": ("区", "镇街", "村社区", "网格"), "town_level": "区"}
        )
        self._quiet = QuietHours.of(self._rules)
        self._clock = LoopClock(setup.begin.astimezone(UTC))
        self._world = World(self._clock, progress)
        self._pace = _Noted(setup.pace, self._quiet)
        self._senders: list[Sender] = []
        self._decide_again = asyncio.Event()

    async def run(self) -> Result:
        """Build, say it, send it, and compare what the rooms got with what the table says."""
        await district.build(self._database, self._setup)
        await self._prepare()
        queued_in = await self._begin()
        tasks = [
            asyncio.create_task(one) for one in (self._decide(), self._stand_in(), *map(self._send, self._senders))
        ]
        over = asyncio.create_task(self._over())
        done, _ = await asyncio.wait({over, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*done, *tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return await self._result(queued_in)

    async def _prepare(self) -> None:
        setup, paper = self._setup, _Paper(self._database, self._rules)
        chance = random.Random(f"{setup.seed} bans")
        share = max(1, setup.groups // setup.accounts)
        doomed = {one: chance.randint(1, share) for one in chance.sample(range(1, setup.accounts + 1), setup.bans)}
        for number in range(1, setup.accounts + 1):
            gateway = SimulatedGateway(f"A{number}", setup, self._world, doomed.get(number), self._changed(number))
            rng = random.Random(f"{setup.seed} pace {number}")
            pacer = await make_pacer(self._database, number, setup.pace, rng, self._clock.now(), self._quiet)
            courier = Courier(self._database, gateway, number, pacer, self._clock, drawing=paper, watch=Watching())
            self._senders.append(Sender(gateway, courier))
        tokens = random.Random(f"{setup.seed} tokens")
        outside = Outside(
            self._rules, SimulatedGateway.capabilities, self._pace, lambda: f"{tokens.getrandbits(40):010X}"
        )
        self._outside = outside
        self._inbox = Inbox(self._database, 1, self._clock, lambda: None, Watching())
        self._dispatch = Dispatch(self._database, outside, 1, self._stir)

    def _changed(self, number: int) -> Callable[[], None]:
        return lambda: self._senders[number - 1].news.set()

    def _stir(self) -> None:
        """Something was committed: there may be more to send, and other things may be due."""
        self._decide_again.set()
        self._wake_senders()

    def _wake_senders(self) -> None:
        for sender in self._senders:
            sender.news.set()

    async def _begin(self) -> float:
        """The admin's message, handled; real seconds that the last step took, in which all is queued."""
        room = district.room_id(1) if self._setup.alert else None
        spent = 0.0
        for number, text in enumerate(ALERT if self._setup.alert else NOTICE):
            event = Event(
                f"begin-{number}", EventKind.MESSAGE, self._clock.now(), room=room, sender=district.ADMIN, text=text
            )
            await self._inbox.store([event])
            began = perf_counter()
            while await self._dispatch.step(self._clock.now()):
                pass
            spent = perf_counter() - began
        return spent

    async def _decide(self) -> None:
        while True:
            self._decide_again.clear()
            while await self._dispatch.step(self._clock.now()):
                pass
            due = await run_due(self._database, self._outside, self._clock.now())
            if due is not None and due <= self._clock.now():
                continue
            self._wake_senders()
            await _rest(self._decide_again, due, self._clock.now())

    async def _send(self, sender: Sender) -> None:
        while True:
            sender.news.clear()
            wake = await sender.courier.step(self._clock.now())
            await _rest(sender.news, wake, self._clock.now())

    async def _stand_in(self) -> None:
        """Write down how the accounts stand, and let one that works take over what a dead one did, as `run` does."""
        known = dict.fromkeys(range(1, len(self._senders) + 1), GatewayState.ONLINE)
        while True:
            await asyncio.sleep(LEASE / 3)
            now = self._clock.now()
            for number, sender in enumerate(self._senders, 1):
                if sender.gateway.state != known[number]:
                    known[number] = sender.gateway.state
                    async with self._database.write() as session:
                        row = await session.get_one(Account, number)
                        row.state, row.state_at = sender.gateway.state, now
            if any(state != GatewayState.ONLINE for state in known.values()):
                await self._take_over(now)

    async def _take_over(self, now: datetime) -> None:
        for number, sender in enumerate(self._senders, 1):
            if sender.gateway.state == GatewayState.ONLINE:
                async with self._database.write() as session:
                    taken = await take_over(session, number, now, PATIENCE)
                if taken:
                    sender.news.set()

    async def _over(self) -> None:
        """Returns when there is nothing left to do, or time is up."""
        stuck_since: datetime | None = None
        while (now := self._clock.now()) < self._setup.until:
            if not await self._waiting(alive=True):
                stuck_since = stuck_since or now
                if not await self._waiting(alive=False) or now - stuck_since > TAKEOVER:
                    return
            else:
                stuck_since = None
            pause = max(LOOK, (now - self._setup.begin) / 50)
            await asyncio.sleep(pause.total_seconds())

    async def _waiting(self, *, alive: bool) -> bool:
        """Whether anything waits that an account can send which is (not) banned."""
        banned = [
            number for number, sender in enumerate(self._senders, 1) if sender.gateway.state == GatewayState.BLOCKED
        ]
        query = (
            select(col(DeliveryPart.id))
            .where(col(DeliveryPart.state).in_(UNDER_WAY))
            .where(col(DeliveryPart.account_id).in_(banned) != alive)
            .limit(1)
        )
        async with self._database.read() as session:
            return await session.scalar(query) is not None

    async def _result(self, queued_in: float) -> Result:
        told = self._pace.told
        expected = (told - self._setup.begin).total_seconds() if told else 0.0
        result = add_up(self._setup, self._world, await self._rows(), expected)
        accounts = [
            AccountLine.of(sender.gateway.name, self._world.calls.get(sender.gateway.name, []), sender.gateway.state)
            for sender in self._senders
        ]
        return replace(result, accounts=tuple(accounts), queued_in=queued_in)

    async def _rows(self) -> list[Row]:
        """What the table says of every part of the fan-out."""
        async with self._database.read() as session:
            post_id = await session.scalar(select(col(Alert.post_id) if self._setup.alert else col(Notice.post_id)))
            query = (
                select(col(Room.key), col(PostPart.kind), col(PostPart.text), col(DeliveryPart.state))
                .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
                .join(Room, col(Room.id) == col(Delivery.chat_id))
                .join(
                    PostPart,
                    (col(PostPart.post_id) == col(Delivery.post_id)) & (col(PostPart.number) == DeliveryPart.number),
                )
                .where(col(Delivery.post_id) == post_id)
            )
            ref = "M1" if self._setup.alert else "N1"
            return [
                Row(room, text if kind == "text" else f"{ref}.png", kind == "text", PartState(state))
                for room, kind, text, state in await session.execute(query)
            ]


async def _rest(news: asyncio.Event, until: datetime | None, now: datetime) -> None:
    """Sleep until there is news, or until an instant; a gateway that comes back is news too."""
    wait = max(0.0, (until - now).total_seconds()) if until else None
    with suppress(TimeoutError):
        async with asyncio.timeout(wait):
            await news.wait()
