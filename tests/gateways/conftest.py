"""Worlds to test gateways in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.gateways.collector import Collector, running
from tests.gateways.local_world import local_world
from tests.gateways.wechaty_world import Process, WechatyWorld, gateway_process, require_gateway, wechaty_world
from tests.gateways.world import World

ROOMS = 160


@pytest.fixture(scope="session")
def npm_gateway() -> Iterator[Process]:
    """One gateway process for all tests; without npm its tests are skipped, unless REQUIRE_ALL is set."""
    require_gateway()
    with gateway_process(ROOMS) as process:
        yield process


@pytest.fixture(params=["local", pytest.param("wechaty", marks=pytest.mark.gateway)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Each chat system in turn."""
    if request.param == "local":
        async with local_world(tmp_path / "chat.db") as made:
            yield made
    else:
        async with wechaty_world(request.getfixturevalue("npm_gateway")) as made:
            yield made


@pytest.fixture
async def wechat(npm_gateway: Process) -> AsyncIterator[WechatyWorld]:
    """The npm gateway alone, for what only it can do."""
    async with wechaty_world(npm_gateway) as made:
        yield made


@pytest.fixture
async def heard(world: World) -> AsyncIterator[Collector]:
    """What a running gateway reports."""
    collector = Collector()
    async with running(world.gateway, collector):
        yield collector
