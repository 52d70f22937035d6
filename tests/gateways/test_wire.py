"""What failures mean, and what an endpoint is."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from bot.gateways.protocol import MAX_PICTURE, NotSupported, RateLimited, Refused, Unknown, Unreachable
from bot.gateways.wechaty import parse_endpoint, pictures
from bot.gateways.wechaty.names import KEPT, Names
from bot.gateways.wechaty.wire import Blocked, Link, meaning


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError("no"), Unreachable),
        (ConnectionResetError("cut"), Unknown),
        (StreamTerminatedError("Connection lost"), Unknown),
        (GRPCError(Status.UNAVAILABLE, "x"), Unknown),
        (GRPCError(Status.DEADLINE_EXCEEDED, "x"), Unknown),
        (GRPCError(Status.UNIMPLEMENTED, "x"), NotSupported),
        (GRPCError(Status.RESOURCE_EXHAUSTED, "slow down"), RateLimited),
        (GRPCError(Status.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs 4)"), Refused),
        (GRPCError(Status.UNAUTHENTICATED, 'Invalid Wechaty TOKEN "abc"'), Blocked),
        (GRPCError(Status.PERMISSION_DENIED, "x"), Refused),
        (GRPCError(Status.UNKNOWN, "Error: 发送消息过于频繁\n    at send (a.js:1)"), RateLimited),
        (GRPCError(Status.UNKNOWN, "Error: ESOCKETTIMEDOUT"), Unknown),
        (GRPCError(Status.UNKNOWN, "Error: not logged in"), Unreachable),
        (GRPCError(Status.UNKNOWN, "Error: not supported"), NotSupported),
        (GRPCError(Status.UNKNOWN, "Error: 该账号已被封禁"), Blocked),
        (GRPCError(Status.INTERNAL, "Error: no such room"), Refused),
        (GRPCError(Status.UNKNOWN, None), Refused),
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


@pytest.mark.parametrize("endpoint", ["", ":80", "a:b", "a:99999", "ftp://a:1", "http://user:pw@a:1"])
def test_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(ValueError):
        parse_endpoint(endpoint)


async def test_a_link_that_is_not_open_cannot_be_used() -> None:
    link = Link("127.0.0.1:9", "t", 1)
    with pytest.raises(Unreachable):
        await link.do(lambda wire: wire.start())
    link.open()
    with pytest.raises(Unreachable):
        await link.do(lambda wire: wire.start())
    link.close()


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
