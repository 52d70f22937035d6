"""A small town's gateway, and five rounds of one kind of fault."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.people import People
from tests.faults.rounds import KINDS, play
from tests.faults.stage import PEOPLE, staged
from tests.gateways.wechaty_world import Process, gateway_process, require_gateway
from tests.servers import Postgres

ROOMS = 24


@pytest.fixture(scope="module")
def npm() -> Iterator[Process]:
    """A gateway process; without npm its tests are skipped, unless REQUIRE_ALL is set."""
    require_gateway()
    with gateway_process(ROOMS, PEOPLE) as process:
        yield process


async def five_rounds(kind: str, folder: Path, url: str, gateway: Process, server: Postgres | None = None) -> None:
    """Five rounds with a seed that is printed."""
    seed = str(random.SystemRandom().randrange(10**6))
    print(f"seed {seed}")
    async with staged(folder, url, gateway, seed) as stage:
        stage.postgres = server
        await play(stage, People(stage), KINDS[kind][0], 5, print)
