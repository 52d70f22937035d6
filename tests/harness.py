"""A small town and a bot in it, on a virtual clock: somebody says something, and what the chats got is returned.

`柳河镇` (T1) has the villages 柳树村 (V1: grids G1, G2; rooms g1, g2) and 北关社区 (V2: G3; g3) and a staff room s1;
`东山镇` (T2) has 石桥村 (V3: G4; g4). People: residents r1 r2 (g1), r3 (g2), r4 (g3), r5 (g4); workers w1..w4;
volunteers v1 v2 (G1); lead l1 (V1); admins a1 (V1), a2 (V2), t1 (T1), t2 (T2), d1 (district); police p1 (T1).
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bot.pacing import PaceRules
from bot.replay import Input, Output, Replay
from bot.town import read_town
from handlers.ports import Event, EventKind, Location, MessageType, Rules
from storage.engine import Database

TOWN = Path(__file__).parent / "town_small"
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
"""Noon of a Saturday in the town's zone (UTC+8)."""

WORKED = (date(2026, 11, 21), date(2026, 11, 22))
"""The weekend of most tests is worked, as one before a long holiday is: what they show is not about days off."""


def at_work(rules: Rules) -> Rules:
    """The rules with that weekend worked, and no log in the evening unless they ask for it."""
    log_at = rules.cases.log_at if "log_at" in rules.cases.model_fields_set else ""
    cases = rules.cases.model_copy(update={"workdays": (*rules.cases.workdays, *WORKED), "log_at": log_at})
    return rules.model_copy(update={"cases": cases})


_SHARED: dict[str, tuple[Any, Any]] = {}


def share_statements(database: Database) -> None:
    """Have the SQLite databases of this process compile each statement once, which is a third of what tests do.

    SQLAlchemy keeps what it compiled by engine and by dialect, and each test has engines of its own.
    """
    for name in ("_writer", "_reader"):
        engine = getattr(database, name).sync_engine
        engine.dialect, engine._compiled_cache = _SHARED.setdefault(name, (engine.dialect, engine._compiled_cache))


_MADE: dict[tuple[Path | None, datetime | None, bool], Path] = {}


async def made(town: Path | None = None, start: datetime | None = None, *, begun: bool = False) -> Path:
    """A SQLite database with every table, and a town or no row at all: made once a process, as it takes longer than
    most tests. `begun`: what a first start does, by the default rules, is done too."""
    if (town, start, begun) not in _MADE:
        folder = Path(mkdtemp())
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        database = Database(f"sqlite:///{folder}/made.db", durable=False)
        if town is None or start is None:
            await database.open()
        else:
            shutil.copy(await made(), folder / "made.db")
            replay = Replay(database, at_work(Rules()), start)
            await replay.put_in(read_town(town, Rules()))
            if begun:
                await replay.start()
        await database.close()
        _MADE[town, start, begun] = folder / "made.db"
    return _MADE[town, start, begun]


async def furnish(
    database: Database, town: Path | None = None, start: datetime | None = None, *, begun: bool = False
) -> None:
    """Before it is opened: on SQLite, when its file is not there, put a copy there of what was made before."""
    if database.file is not None:
        share_statements(database)
        if not database.file.exists():
            shutil.copy(await made(town, start, begun=begun), database.file)


class Talk:
    """A running bot. `modes` overrides the rooms' modes, `rules` the config's."""

    def __init__(self, folder: Path, rules: Rules | None = None, start: datetime = NOON, url: str = "") -> None:
        self.rules = at_work(rules or Rules())
        self._begun = rules is None
        database = Database(url or f"sqlite:///{folder}/talk.db", durable=False)
        self.replay = Replay(database, self.rules, start)
        self.now = start
        self._read = 0
        self._count = 0

    async def open(self, town: Path = TOWN, pace: PaceRules | None = None) -> Talk:
        """Put the town in, unless it is there already, and start."""
        if self.database.sqlite:
            await furnish(self.database, town, self.now, begun=self._begun)
        else:
            await self.replay.put_in(read_town(town, self.rules))
        await self.replay.start(pace)
        return self

    async def close(self) -> None:
        """Let the database go."""
        await self.replay.database.close()

    @property
    def database(self) -> Database:
        """For looking at rows."""
        return self.replay.database

    @property
    def outputs(self) -> list[Output]:
        """Everything sent so far."""
        return self.replay.gateway.sent

    async def say(self, person: str, room: str | None, text: str, **more: Any) -> list[Output]:
        """`person` writes in `room` (None: privately to the bot); what was sent because of it.

        `more`: `quote` (an input id or a ref like "12.1"), `image` (Path), `type`, `location`, `event`, `id`, `at`.
        """
        self._count += 1
        at = more.pop("at", self.now)
        line = Input(id=more.pop("id", f"in-{self._count}"), at=at, person=person, room=room, text=text, **more)
        await self.replay.play([line])
        self.now = max(self.now, self.replay.clock.now()) + timedelta(seconds=1)
        return await self._news()

    async def happen(self, kind: EventKind, person: str, room: str | None, subject: str = "") -> list[Output]:
        """An event that is no message; `subject` as the gateway would name it."""
        return await self.say(person, room, "", event=kind, quote=subject or None)

    async def locate(self, person: str, room: str | None, name: str) -> list[Output]:
        """A shared location."""
        return await self.say(person, room, "", type=MessageType.LOCATION, location=Location(30.0, 114.0, name))

    async def wait(self, **span: float) -> list[Output]:
        """Let time pass (`minutes=3`); what was sent meanwhile."""
        self.now += timedelta(**span)
        self.replay.look_again()
        await self.replay.finish(self.now)
        self.replay.clock.moment = max(self.replay.clock.moment, self.now)
        return await self._news()

    async def echo(self, output: Output) -> None:
        """The chat system shows us a message of our own."""
        event = Event(
            f"echo-{output.message_id}",
            EventKind.MESSAGE,
            self.replay.clock.now(),
            room=output.room,
            from_self=True,
            text=output.text,
        )
        await self.replay.machine.inbox.store([event])
        await self.wait(seconds=1)

    async def _news(self) -> list[Output]:
        await self.replay.finish(self.replay.clock.now())
        fresh, self._read = self.outputs[self._read :], len(self.outputs)
        return list(fresh)

    async def rows(self, query: Any) -> list[Any]:
        """The rows a query finds."""
        async with self.database.read() as session:
            return list((await session.scalars(query)).all())


def texts(outputs: Sequence[Output], room: str) -> list[str]:
    """What a room (`g1`) or person (`@r1`) got."""
    return [one.text for one in outputs if one.room == room]


def words_of(outputs: Sequence[Output], room: str) -> list[str]:
    """The same without pictures."""
    return [one.text for one in outputs if one.room == room and not one.image]


def rooms(outputs: Sequence[Output]) -> set[str]:
    """Which chats got something."""
    return {one.room for one in outputs}
