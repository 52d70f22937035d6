"""`gridbot run --account A` and `--account B` on one PostgreSQL, each on a real gateway."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from typer.testing import CliRunner

from bot.cli import app
from bot.machine import open_account
from bot.town import import_town
from handlers.ports import Rules
from storage.engine import Database
from storage.people import Account
from tests.bench.burst import RESIDENTS, make_town
from tests.gateways.wechaty_world import TOKEN, Control, Process, control_of, gateway_process, require_gateway

pytestmark = [pytest.mark.gateway, pytest.mark.postgres]

REPAIR = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
MISSING = "寻人 王秀英 女 78岁 紫外套 早上8点从老粮站走的"


class Fleet:
    """Two gateways with the same groups and people, and a config for both accounts."""

    def __init__(self, folder: Path, url: str, gateways: dict[str, Process]) -> None:
        self.config = folder / "config.yaml"
        self.url = url
        self.gateways = gateways
        endpoints = ", ".join(f"{name}: '{one.endpoint}'" for name, one in gateways.items())
        self.config.write_text(
            f"gateway: wechaty\ndatabase: {url}\n"
            f"accounts: {{endpoints: {{{endpoints}}}, lease_seconds: 3.0, takeover_seconds: 5}}\n"
            "wechaty: {call_seconds: 1.0, stable_ids: true}\npace: {urgent_gap: [0.0, 0.0]}\n"
        )

    async def prepare(self, looks: dict[str, Any]) -> None:
        """The town, bound to both accounts; A speaks."""
        database = Database(self.url)
        await database.open()
        for name, look in looks.items():
            rooms = {room["id"]: room["topic"] for room in look["rooms"]}
            town = make_town(list(rooms), rooms, [person["id"] for person in look["people"]])
            account = await open_account(database, name, "wechaty")
            async with database.write() as session:
                await import_town(session, town, Rules(), now=datetime.now(UTC), account_id=account)
        await database.close()

    async def start(self, name: str, *, heard: bool = False) -> asyncio.subprocess.Process:
        """The process of an account; `heard`: its standard error is kept."""
        command = (sys.executable, "-m", "bot", "run", "-c", str(self.config), "--account", name)
        return await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "GRIDBOT_WECHATY_TOKEN": TOKEN},
            stderr=asyncio.subprocess.PIPE if heard else None,
        )

    async def until_online(self) -> None:
        """Both have logged in; asked of the database, as a command line starts too slowly to be asked often."""
        database = Database(self.url)

        async def online() -> bool:
            async with database.read() as session:
                states = list(await session.scalars(select(col(Account.state))))
            return states == ["online"] * len(self.gateways)

        await until(online)
        await database.close()

    async def accounts(self) -> dict[str, list[str]]:
        """What `gridbot accounts` says of each."""
        result = await asyncio.to_thread(CliRunner().invoke, app, ["accounts", "-c", str(self.config)])
        assert result.exit_code == 0, result.output
        return {line.split("\t")[0]: line.split("\t") for line in result.stdout.splitlines()[1:]}


async def until(done: Callable[[], Any]) -> None:
    """Wait for something that is awaited to be true."""
    async with asyncio.timeout(30):
        while not await done():
            await asyncio.sleep(0.2)


async def got(control: Control, room: str, words: str) -> int:
    """How many messages with these words a room got."""
    return sum(words in entry["text"] for entry in await control("received", room=room, person=None))


async def test_one_dies_and_the_other_goes_on(tmp_path: Path, postgres: Callable[[], str]) -> None:
    require_gateway()
    with gateway_process(6, RESIDENTS + 20) as first, gateway_process(6, RESIDENTS + 20) as second:
        async with control_of(first) as a, control_of(second) as b:
            looks = {"A": await a("look"), "B": await b("look")}
            rooms = [room["id"] for room in looks["A"]["rooms"]]
            assert rooms == [room["id"] for room in looks["B"]["rooms"]]
            people = [person["id"] for person in looks["A"]["people"]]
            fleet = Fleet(tmp_path, postgres(), {"A": first, "B": second})
            await fleet.prepare(looks)
            running = {name: await fleet.start(name) for name in "AB"}
            try:
                await fleet.until_online()
                for control in (a, b):
                    await control("say", room=rooms[0], person=people[0], text=REPAIR, mentionBot=False)
                await until(lambda: got(a, rooms[0], "【事项 1】"))
                assert not await got(b, rooms[0], "【事项 1】")

                double = await fleet.start("B", heard=True)
                _, said = await asyncio.wait_for(double.communicate(), 30)
                assert double.returncode == 1
                assert "账号 B 正由另一个进程使用" in said.decode().splitlines()[-1]

                running["A"].send_signal(signal.SIGKILL)
                await running["A"].wait()
                await b("say", room=rooms[0], person=people[RESIDENTS], text=MISSING, mentionBot=True)
                for room in rooms:
                    await until(lambda room=room: got(b, room, "王秀英"))
                assert [await got(b, room, "王秀英") for room in rooms[1:]] == [1] * 5
                assert not any([await got(a, room, "王秀英") for room in rooms])
                rows = await fleet.accounts()
                assert (rows["A"][4], rows["B"][4]) == ("0", "6")
                assert rows["A"][-1] == "没有在运行"
            finally:
                for process in running.values():
                    if process.returncode is None:
                        process.terminate()
                        await process.wait()
            assert running["B"].returncode == 0
