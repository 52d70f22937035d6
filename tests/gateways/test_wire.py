"""What failures mean, and what an endpoint is."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from grpc import StatusCode, aio

from bot.gateways.protocol import MAX_PICTURE, NotSupported, RateLimited, Refused, Unknown, Unreachable
from bot.gateways.wechaty import parse_endpoint, pictures
from bot.gateways.wechaty.names import KEPT, Names
from bot.gateways.wechaty.wire import Blocked, Link, meaning


def _error(status: StatusCode, details: str | None) -> aio.AioRpcError:
    return aio.AioRpcError(status, aio.Metadata(), aio.Metadata(), details)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError("no"), Unreachable),
        (_error(StatusCode.UNAVAILABLE, "failed to connect to all addresses; last error: refused"), Unreachable),
        (_error(StatusCode.UNAVAILABLE, "Stream removed (Socket closed)"), Unknown),
        (_error(StatusCode.INTERNAL, "Received RST_STREAM with error code 2"), Unknown),
        (_error(StatusCode.OK, ""), Unknown),
        (ValueError("the answer is cut short"), Unknown),
        (_error(StatusCode.UNAVAILABLE, "x"), Unknown),
        (_error(StatusCode.DEADLINE_EXCEEDED, "x"), Unknown),
        (_error(StatusCode.UNIMPLEMENTED, "x"), NotSupported),
        (_error(StatusCode.RESOURCE_EXHAUSTED, "slow down"), RateLimited),
        (_error(StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs 4)"), Refused),
        (_error(StatusCode.UNAUTHENTICATED, 'Invalid Wechaty TOKEN "abc"'), Blocked),
        (_error(StatusCode.PERMISSION_DENIED, "x"), Refused),
        (_error(StatusCode.UNKNOWN, "Error: 发送消息过于频繁\n    at send (a.js:1)"), RateLimited),
        (_error(StatusCode.UNKNOWN, "Error: ESOCKETTIMEDOUT"), Unknown),
        (_error(StatusCode.UNKNOWN, "Error: not logged in"), Unreachable),
        (_error(StatusCode.UNKNOWN, "Error: not supported"), NotSupported),
        (_error(StatusCode.UNKNOWN, "Error: 该账号已被封禁"), Blocked),
        (_error(StatusCode.INTERNAL, "Error: no such room"), Refused),
        (_error(StatusCode.UNKNOWN, None), Refused),
    ],
)
def test_meaning(error: Exception, kind: type) -> None:
    found = meaning(error)
    assert type(found) is kind
    assert "a.js" not in str(found) and "abc" not in str(found)


@pytest.mark.parametrize(
    ("endpoint", "parsed"),
    [
        ("127.0.0.1:8788", ("127.0.0.1", 8788, False)),
        ("gateway.example:80", ("gateway.example", 80, False)),
        ("https://gateway.example", ("gateway.example", 443, True)),
        ("http://[::1]:9", ("::1", 9, False)),
    ],
)
def test_endpoints(endpoint: str, parsed: tuple[str, int, bool]) -> None:
    assert parse_endpoint(endpoint) == parsed


@pytest.mark.parametrize(
    "endpoint", ["", ":80", "a:b", "a:99999", "ftp://a:1", "http://user:pw@a:1", "a:0", "a b:1", "a:1/x", "[::1"]
)
def test_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(ValueError):
        parse_endpoint(endpoint)


async def test_a_link_that_is_not_open_cannot_be_used() -> None:
    link = Link("127.0.0.1:9", "t", 1)
    with pytest.raises(Unreachable):
        await link.do(lambda wire: wire.start())
    await link.open()
    with pytest.raises(Unreachable):
        await link.do(lambda wire: wire.start())
    await link.close()


async def test_a_call_under_way_when_the_connection_is_closed_has_an_unknown_outcome_and_its_task_goes_on() -> None:
    async with _silent_gateway() as link:
        sending = asyncio.ensure_future(link.do(lambda wire: wire.message_send_text(conversation_id="r", text="x")))
        asking = asyncio.ensure_future(link.message("m"))
        await asyncio.sleep(0.05)
        await link.close()
        with pytest.raises(Unknown):
            await sending
        with pytest.raises(Unreachable):
            await asking


async def test_a_task_that_is_cancelled_during_a_call_ends() -> None:
    async with _silent_gateway() as link:
        calls = [asyncio.ensure_future(link.message("m")), asyncio.ensure_future(link.start())]
        await asyncio.sleep(0.05)
        for call in calls:
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call


async def test_no_answer_in_time() -> None:
    async with _silent_gateway(0.1) as link:
        with pytest.raises(Unreachable):
            await link.message("m")
        with pytest.raises(Unknown, match=r"within 0\.1 s"):
            await link.do(lambda wire: wire.ding(data=""))


@asynccontextmanager
async def _silent_gateway(seconds: float = 5.0) -> AsyncIterator[Link]:
    """A link to a server that speaks HTTP/2 and never answers a call."""
    held: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held[asyncio.current_task()] = writer
        writer.write(b"\0\0\0\4\0\0\0\0\0")  # empty SETTINGS
        with suppress(ConnectionError):
            await reader.read()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        link = Link(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", "t", seconds)
        await link.open()
        try:
            yield link
        finally:
            await link.close()
            for writer in held.values():
                writer.close()
            await asyncio.wait_for(asyncio.gather(*held), 5)


def test_a_box_goes_out_as_old_and_new_gateways_read_it() -> None:
    sent = json.loads(pictures.box(b"data", "a.png"))
    assert sent["type"] == sent["boxType"] == 1
    assert base64.b64decode(sent["base64"]) == b"data" and sent["name"] == "a.png"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"type": 3, "qrCode": "x"}),
        json.dumps({"type": 1, "base64": "a"}),
        json.dumps({"type": 1, "base64": "A" * (MAX_PICTURE * 2)}),
        json.dumps({"type": 7, "uuid": "x", "size": MAX_PICTURE + 1}),
        json.dumps({"type": 2, "url": "file:///etc/hostname"}),
    ],
)
async def test_boxes_that_hold_no_picture_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        await pictures.unbox(None, text)  # type: ignore[arg-type]


async def test_a_data_address_and_an_old_box_are_read() -> None:
    coded = base64.b64encode(b"data").decode()
    for box in ({"type": 1, "base64": f"data:image/png;base64,{coded}"}, {"boxType": 1, "base64": coded}):
        assert await pictures.unbox(None, json.dumps(box)) == b"data"  # type: ignore[arg-type]


async def test_names_are_bounded_forgotten_and_asked_again_after_a_while() -> None:
    now = 0.0
    names = Names(Link("127.0.0.1:9", "t", 1), clock=lambda: now)
    for number in range(KEPT + 10):
        names.set_room(f"r{number}", f"群{number}")
    assert len(names._known) == KEPT
    assert await names.room(f"r{KEPT}") == f"群{KEPT}"
    names.forget(f"r{KEPT}")
    assert await names.room(f"r{KEPT}") == ""
    now = 4000.0  # cannot be asked again: better the old name than none
    assert await names.room("r100") == "群100"


def test_the_gateway_loads_without_wechaty_itself_and_leaves_nothing_behind(tmp_path: Path) -> None:
    look = "import sys, bot.gateways.wechaty; print([name for name in sys.modules if name.startswith('wechaty')])"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", look], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "wechaty_puppet" not in ran.stdout and "wechaty_grpc" in ran.stdout
    assert list(tmp_path.iterdir()) == []
