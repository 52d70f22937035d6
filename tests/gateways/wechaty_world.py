"""The invented WeChat of `tests/gateway/gateway.mjs`: a real gRPC gateway in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.gateways.wechaty import WechatyGateway
from tests.gateways.world import Got

FOLDER = Path(__file__).parent.parent / "gateway"
TOKEN = "test-token"


def missing() -> str | None:
    """Why the npm gateway cannot be started, or None."""
    if shutil.which("node") is None:
        return "node is missing"
    if not (FOLDER / "node_modules" / "wechaty-puppet-service").is_dir():
        return "the npm gateway is not installed: make gateway"
    return None


def require_gateway() -> None:
    """Skip the test, or fail where everything is required, if the npm gateway cannot be started."""
    if why := missing():
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail(why)
        pytest.skip(why)


@dataclass(frozen=True, slots=True)
class Process:
    """A running gateway: its gRPC port and its control port."""

    port: int
    control: int

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def gateway_process(rooms: int = 160, people: int = 12) -> Iterator[Process]:
    """Start a gateway; it ends when its standard input is closed, so also when the tests are killed."""
    command = ["node", "gateway.mjs", "--rooms", str(rooms), "--people", str(people), "--token", TOKEN]
    process = subprocess.Popen(
        command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "NODE_ENV": "test"},
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        yield Process(**json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


class Control:
    """The control channel: one JSON line a command, answers by number."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._serial = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._task = asyncio.ensure_future(self._read())

    async def __call__(self, do: str, **arguments: Any) -> Any:
        number = next(self._serial)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write((json.dumps({"n": number, "do": do, **arguments}) + "\n").encode())
        return await self._waiting[number]

    async def _read(self) -> None:
        while line := await self._reader.readline():
            answer = json.loads(line)
            waiting = self._waiting.pop(answer["n"])
            if waiting.done():
                continue
            if "error" in answer:
                waiting.set_exception(RuntimeError(answer["error"]))
            else:
                waiting.set_result(answer["value"])

    async def close(self) -> None:
        self._writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with suppress(OSError):
            await self._writer.wait_closed()


@asynccontextmanager
async def control_of(process: Process) -> AsyncIterator[Control]:
    """A control channel to a running gateway."""
    control = Control(*await asyncio.open_connection("127.0.0.1", process.control, limit=2**26))
    try:
        yield control
    finally:
        await control.close()


class WechatyWorld:
    """The `World` of the contract tests on the npm gateway; `control` does more than the contract asks."""

    def __init__(self, gateway: WechatyGateway, control: Control, look: dict[str, Any]) -> None:
        self.gateway = gateway
        self.control = control
        self._see(look)

    def _see(self, look: dict[str, Any]) -> None:
        self.rooms = [room["id"] for room in look["rooms"]]
        self.room_names = {room["id"]: room["topic"] for room in look["rooms"]}
        self.people = [person["id"] for person in look["people"]]
        self.names = {person["id"]: person["name"] for person in look["people"]}
        self.me = look["self"]["id"]

    async def look(self) -> None:
        """See the rooms and people anew, after ids have changed."""
        self._see(await self.control("look"))

    async def say(
        self,
        room: str | None,
        person: str,
        text: str,
        *,
        mention_bot: bool = False,
        quote: str | None = None,
        type: str = "text",
        picture: bytes | None = None,
        **more: Any,
    ) -> str:
        more |= {"picture": base64.b64encode(picture).decode()} if picture else {}
        return await self.control(
            "say", room=room, person=person, text=text, mentionBot=mention_bot, quote=quote, type=type, **more
        )

    async def recall(self, room: str | None, person: str, message_id: str) -> None:
        await self.control("recall", room=room, person=person, id=message_id)

    async def invite(self, person: str) -> str:
        return await self.control("invite", person=person)

    async def befriend(self, person: str) -> None:
        await self.control("befriend", person=person)

    async def received(self, room: str | None, person: str | None = None) -> list[Got]:
        return [_got(entry) for entry in await self.control("received", room=room, person=person)]

    async def go_away(self) -> None:
        await self.control("goAway")

    async def come_back(self) -> None:
        await self.control("comeBack")


def _got(entry: dict[str, Any]) -> Got:
    picture = base64.b64decode(entry["picture"]) if entry["picture"] else None
    text = "" if picture else entry["text"]
    return Got(text, tuple(entry["mentions"]), picture, entry["id"], entry["recalled"])


@asynccontextmanager
async def wechaty_world(process: Process, **options: Any) -> AsyncIterator[WechatyWorld]:
    """A quiet world on a running gateway process, and a gateway to it that does not run yet."""
    async with control_of(process) as control:
        await control("reset")
        quick = {"call_seconds": 5.0, "backoff": (0.05, 0.2), **options}
        gateway = WechatyGateway(process.endpoint, TOKEN, **quick)
        yield WechatyWorld(gateway, control, await control("look"))
