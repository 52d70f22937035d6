"""One town on one database behind the npm gateway, and the bot's process, over many rounds of faults."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from bot.config import TOKEN_VARIABLE, build_config, load_config
from bot.gateways.protocol import GatewayState
from bot.gateways.wechaty import WechatyGateway
from bot.lease import Lease
from bot.machine import Machine, make_pacer, open_account
from bot.town import PersonRow
from storage.engine import Database, unavailable
from storage.inbox import InboxEvent, InboxState
from storage.outbox import DeliveryPart, PartState
from storage.people import Role
from tests.bench import ours
from tests.bench.burst import RESIDENTS, WORKERS
from tests.faults.warm import Running, launch
from tests.gateways.wechaty_world import TOKEN, Control, Process, control_of
from tests.servers import Postgres

PEOPLE = RESIDENTS + WORKERS + 1
"""Residents, workers, and last the town's admin."""

CALL_SECONDS = 2.0
LONGEST = 90.0
"""Seconds after which what is waited for counts as never coming."""

IDLE = 8.0
"""Seconds for which a second process is watched."""

ONLINE = "gateway wechaty: online"

QUICK = {"routine_gap": (0.0, 0.0), "urgent_gap": (0.0, 0.0), "urgent_minute": 10**6, "reply_minute": 10**6,
         "routine_hour": 10**6, "routine_day": 10**6, "room_gap": 0.0}  # fmt: skip
UNDONE = (PartState.QUEUED, PartState.SENDING, InboxState.NEW)


class Broken(Exception):
    """A promise was not kept; one sentence a difference."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("\n".join(differences))
        self.differences = tuple(differences)


class SteeredClock:
    """The real time, but for what it was set to."""

    def __init__(self) -> None:
        self.off = timedelta(0)

    def now(self) -> datetime:
        """The current instant, UTC, as it is set."""
        return datetime.now(UTC) + self.off


class Stage:
    """What all rounds on one database share; `record` counts what each chat really got, by chat and `folded` text."""

    def __init__(self, folder: Path, url: str, gateway: Process, control: Control, seed: str) -> None:
        self.folder, self.url, self.gateway, self.control, self.seed = folder, url, gateway, control, seed
        self.rng = random.Random(seed)
        self.database = Database(url)
        self.postgres: Postgres | None = None
        self.record: Counter[tuple[str, str]] = Counter()
        self.pictures: Counter[str] = Counter()
        self.in_doubt = 0  # faults so far, each of which may leave one delivery unknown
        self.rooms: list[str] = []
        self.people: list[str] = []
        self.bot: Running | None = None
        self._read = 0
        self._starts = 0
        self.clock: SteeredClock | None = None
        self._inside: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Put the town in, and see who is who."""
        look = await self.control("look")
        self.rooms = [room["id"] for room in look["rooms"]]
        self.people = [person["id"] for person in look["people"]]
        await ours.prepare(self.url, self.gateway, [PersonRow(self.people[-1], "高镇长", Role.ADMIN, "T")])
        config = {
            "gateway": "wechaty",
            "database": self.url,
            "wechaty": {"endpoint": self.gateway.endpoint, "call_seconds": CALL_SECONDS},
            "pace": QUICK,
            "alerts": {"poster_facts": 100},  # drawing takes longer than a round
            "quiet": {"start": "00:00", "end": "00:00"},
        }
        written = build_config(config, "faults").model_dump_json(exclude_unset=True)
        (self.folder / "config.yaml").write_text(written, encoding="utf-8")

    def launch(self) -> Running:
        """A `gridbot run`, which is not waited for."""
        self._starts += 1
        log = self.folder / f"run-{self._starts}.log"
        return launch(self.folder / "config.yaml", log, **{TOKEN_VARIABLE: TOKEN})

    async def start(self) -> None:
        """The bot is online afterwards; the one that runs, if one does."""
        if self._inside is not None:
            return
        if self.bot is None or not self.bot.alive:
            self.bot = self.launch()
        await self.online(self.bot)

    async def start_inside(self) -> SteeredClock:
        """The bot in this process, with a clock that can be set."""
        if self.clock is None:
            self.clock = SteeredClock()
            config = load_config(self.folder / "config.yaml")
            gateway = WechatyGateway(self.gateway.endpoint, TOKEN, call_seconds=CALL_SECONDS)
            account = await open_account(self.database, "A", "wechaty")
            pacer = await make_pacer(self.database, account, config.pace, random.Random(0), self.clock.now())
            lease = Lease(self.database, account, self.clock, config.accounts.lease_seconds)
            await lease.take()
            machine = Machine(self.database, gateway, account, config.rules, self.clock, pacer=pacer, lease=lease)
            self._inside = asyncio.create_task(machine.run())
            async with asyncio.timeout(LONGEST):
                while gateway.state != GatewayState.ONLINE:
                    await asyncio.sleep(0.02)
        return self.clock

    async def online(self, running: Running) -> None:
        """Wait until it has logged in."""
        async with asyncio.timeout(LONGEST):
            while ONLINE not in running.said():
                if not running.alive:
                    raise Broken([f"格格没有启动：{running.said()[-2000:]}"])
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """kill -9."""
        if self.bot is not None and self.bot.alive:
            await self.bot.kill()
            self.in_doubt += 1
        self.bot = None
        await asyncio.sleep(0.1)  # what was on the wire reaches the gateway

    async def stop(self) -> None:
        """A clean stop."""
        bot, self.bot = self.bot, None
        await self._stop_inside()
        if bot is not None:
            bot.process.terminate()
            async with asyncio.timeout(LONGEST):
                if await bot.end() != 0:
                    raise Broken([f"the stop was not clean: {bot.said()[-2000:]}"])

    async def gives_up(self, second: Running) -> None:
        """The second of two on one account ends with one line, or does nothing for a while and is then stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE):
                await second.end()
        if second.alive:
            await second.kill()
        elif second.process.exitcode == 0 or len(second.said().splitlines()) > 1:
            raise Broken([f"the second process did not end with one line: {second.said()[-2000:]}"])

    async def one_of(self, second: Running) -> None:
        """Another one is started at the same moment: whichever goes online is the bot, the other gives up."""
        first = self.launch()
        async with asyncio.timeout(LONGEST):
            while not (online := [one for one in (first, second) if ONLINE in one.said()]):
                await asyncio.sleep(0.02)
        self.bot = online[0]
        await self.gives_up(second if self.bot is first else first)

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the writer of a SQLite database."""
        async with self.database.write():
            yield

    async def _stop_inside(self) -> None:
        inside, self._inside = self._inside, None
        if inside is not None:
            inside.cancel()
            with suppress(asyncio.CancelledError):
                await inside

    async def end(self) -> None:
        """Leave nothing running."""
        await self._stop_inside()
        if self.bot is not None and self.bot.alive:
            await self.bot.kill()

    async def sends(self) -> int:
        """How many messages the gateway has delivered."""
        return int((await self.control("look"))["sent"])

    async def after_sends(self, count: int, longest: float) -> None:
        """Wait until the gateway has delivered so many more, or for so many seconds."""
        target = await self.sends() + count
        until = asyncio.get_running_loop().time() + longest
        while await self.sends() < target and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.002)

    async def rows(self, query: Any) -> list[Any]:
        """What the table says; a database that is away is waited for."""
        async with asyncio.timeout(LONGEST):
            while True:
                try:
                    async with self.database.read() as session:
                        return list((await session.execute(query)).all())
                except Exception as error:
                    if not unavailable(error):
                        raise
                    await asyncio.sleep(0.1)

    async def states(self) -> Counter[str]:
        """How many parts and inbox events are in which state."""
        counts: Counter[str] = Counter()
        for column in (DeliveryPart.state, InboxEvent.state):
            for state, count in await self.rows(select(col(column), func.count()).group_by(col(column))):
                counts[state] += count
        return counts

    async def until(self, done: Callable[[Counter[str]], bool]) -> None:
        """Wait for a state of inbox and outbox."""
        try:
            async with asyncio.timeout(LONGEST):
                while not done(await self.states()):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            log = self.bot.said()[-3000:] if self.bot else ""
            raise Broken([f"it does not come to an end: {dict(await self.states())}", log]) from None

    async def settle(self) -> None:
        """Wait until nothing is to be read or sent any more."""
        for _ in range(2):  # our own last messages come back after they were sent
            await self.until(lambda states: not any(states[one] for one in UNDONE))
            await asyncio.sleep(0.3)

    async def read_record(self) -> None:
        """Take up what the chats got since the last look."""
        fresh = await self.control("log", since=self._read)
        self._read += len(fresh)
        for chat, text, picture in fresh:
            if picture:
                self.pictures[chat] += 1
            else:
                self.record[chat, folded(text)] += 1


def folded(text: str) -> str:
    """A text without what a gateway may change: white space, and the names before it."""
    while text.startswith(("@", "＠")):
        parts = text.split(maxsplit=1)
        text = parts[1] if len(parts) > 1 else ""
    return "".join(text.split())


@asynccontextmanager
async def staged(folder: Path, url: str, gateway: Process, seed: str) -> AsyncIterator[Stage]:
    """A stage on an empty database and a fresh world."""
    async with control_of(gateway) as control:
        await control("reset")
        stage = Stage(folder, url, gateway, control, seed)
        await stage.prepare()
        try:
            yield stage
        finally:
            await stage.end()
            await stage.database.close()
