"""`make faults`: what goes wrong in the field, done for real to a bot in the middle of fan-outs, and counted.

python -m tests.faults [--seed N] [--rounds N] [--kinds kill gateway ...] [--database sqlite postgresql]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.faults.people import People
from tests.faults.rounds import KINDS, play
from tests.faults.stage import PEOPLE, Broken, staged
from tests.gateways.wechaty_world import Process, gateway_process, missing
from tests.servers import Postgres, postgres_server

ROOMS = 160
ROUNDS = {"kill": 110, "gateway": 20, "calls": 25, "database": 15, "twins": 8, "clock": 10}
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Life:
    """One kind of fault on one database, over its rounds: what was counted, and what was wrong."""

    kind: str
    database: str
    rounds: int
    said: int
    states: dict[str, int]
    differences: tuple[str, ...] = ()

    def row(self) -> str:
        """A row of the table."""
        shown = ", ".join(f"{count:,} {state}" for state, count in sorted(self.states.items(), reverse=True))
        result = "as the table says" if not self.differences else "**differs**"
        return f"| {KINDS[self.kind][1]} | {self.database} | {self.rounds} | {self.said:,} | {shown} | {result} |"


async def live(kind: str, database: str, rounds: int, seed: str, gateway: Process, server: Postgres | None) -> Life:
    """All rounds of one kind on a fresh database; its files stay where something was wrong."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    url = server.new_database() if server else f"sqlite:///{folder}/bot.db"
    async with staged(folder, url, gateway, f"{seed}-{kind}-{database}") as stage:
        stage.postgres = server
        people = People(stage)
        tell = Teller(f"{kind} on {database}")
        try:
            states = await play(stage, people, KINDS[kind][0], rounds, tell)
        except Broken as broken:
            tell(f"{broken}\nlogs: {folder}")
            return Life(kind, database, rounds, len(people.said), {}, broken.differences)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        return Life(kind, database, rounds, len(people.said), states)


@dataclass
class Teller:
    """Says on standard error how far it is."""

    what: str

    def __call__(self, words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {self.what}: {words}", file=sys.stderr, flush=True)


async def run(asked: argparse.Namespace) -> list[Life]:
    """Both databases side by side, each with a gateway of its own; the kinds one after the other."""

    async def all_kinds(database: str, gateway: Process, server: Postgres | None) -> list[Life]:
        return [
            await live(kind, database, asked.rounds or ROUNDS[kind], asked.seed, gateway, server)
            for kind in asked.kinds
        ]

    with ExitStack() as stack:
        lanes = []
        for database in asked.database:
            gateway = stack.enter_context(gateway_process(ROOMS, PEOPLE))
            server = stack.enter_context(postgres_server()) if database == "postgresql" else None
            lanes.append(all_kinds(database, gateway, server))
        lives = [life for lane in await asyncio.gather(*lanes) for life in lane]
    return sorted(lives, key=lambda life: list(KINDS).index(life.kind))


def main() -> None:
    """Play what is asked for, everything by default; exit status 1 if a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Faults, done for real and counted")
    parser.add_argument(
        "--seed", default=str(random.SystemRandom().randrange(10**6)), help="what the rounds follow from"
    )
    parser.add_argument("--rounds", type=int, help=f"of each kind; by default {ROUNDS}")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    asked = parser.parse_args()
    if why := missing():
        sys.exit(why)
    print(f"seed {asked.seed}", flush=True)
    lives = asyncio.run(run(asked))
    print(
        "| Fault | Database | Rounds | Messages in | Texts out | Rooms' record |\n| --- | --- | --- | --- | --- | --- |"
    )
    print("\n".join(life.row() for life in lives))
    wrong = [life for life in lives if life.differences]
    for life in wrong:
        print(f"\n{life.kind} on {life.database}:", *life.differences, sep="\n  ")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
