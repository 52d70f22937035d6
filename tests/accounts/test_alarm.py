"""A person hears of a dead account by a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alarm import Alarm, AlarmRules, Watch, body, deliver
from bot.gateways.protocol import GatewayState
from bot.machine import VirtualClock
from tests.harness import NOON


def test_it_speaks_once_then_hourly_then_at_the_return() -> None:
    watch = Watch("A", timedelta(minutes=3))
    said = []
    for minute in range(0, 130):
        state = GatewayState.SCAN if 10 <= minute < 125 else GatewayState.ONLINE
        if text := watch.look(state, "weixin://code", NOON + timedelta(minutes=minute)):
            said.append((minute, text))
    assert [minute for minute, _ in said] == [13, 73, 125]
    assert "账号 A 已有 3 分钟不在线（要扫码登录）" in said[0][1]
    assert "weixin://code" in said[0][1]
    assert "恢复在线" in said[2][1]


def test_a_short_break_is_no_news() -> None:
    watch = Watch("A", timedelta(minutes=3))
    for minute, state in enumerate([GatewayState.GONE, GatewayState.GONE, GatewayState.ONLINE, GatewayState.GONE]):
        assert watch.look(state, None, NOON + timedelta(minutes=minute)) is None


class Hook:
    """A webhook that answers as it is told."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer: dict[str, Any] = {"errcode": 0}
        self.status = 200
        self.hang = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.got.append(await request.json())
        if self.hang:
            await asyncio.sleep(3600)
        if self.status == 302:
            raise web.HTTPFound("/elsewhere")
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    """The webhook and its address."""
    made = Hook()
    app = web.Application()
    app.router.add_post("/hook", made.handle)
    server = TestServer(app)
    await server.start_server()
    yield made, str(server.make_url("/hook"))
    await server.close()


async def test_a_message_gets_through(hook: tuple[Hook, str]) -> None:
    made, address = hook
    alarm = Alarm(AlarmRules(url=address), "A", VirtualClock(NOON))
    alarm.say("账号 A 不在线")
    async with aiohttp.ClientSession() as session:
        assert await alarm.send(session)
    assert made.got == [{"msgtype": "text", "text": {"content": "账号 A 不在线"}}]


@pytest.mark.parametrize(
    ("status", "answer"), [(500, {}), (302, {}), (200, {"errcode": 93000}), (200, {"code": 19001})]
)
async def test_what_was_refused_is_tried_again(hook: tuple[Hook, str], status: int, answer: dict[str, Any]) -> None:
    made, address = hook
    made.status, made.answer = status, answer
    alarm = Alarm(AlarmRules(url=address), "A", VirtualClock(NOON))
    alarm.say("账号 A 不在线")
    async with aiohttp.ClientSession() as session:
        assert not await alarm.send(session)
        made.status, made.answer = 200, {"errcode": 0}
        assert await alarm.send(session)
    assert len(made.got) == 2


async def test_a_webhook_that_hangs_is_given_up(hook: tuple[Hook, str]) -> None:
    made, address = hook
    made.hang = True
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.2)) as session:
        assert not await deliver(session, address, body("wecom", "x"), "wecom")


async def test_one_that_is_not_there(hook: tuple[Hook, str]) -> None:
    async with aiohttp.ClientSession() as session:
        assert not await deliver(session, "http://127.0.0.1:9/", body("wecom", "x"), "wecom")


@pytest.mark.parametrize("form", ["wecom", "dingtalk", "feishu", "json"])
def test_every_form_carries_the_text(form: str) -> None:
    assert "账号 A" in str(body(form, "账号 A"))


@pytest.mark.parametrize("url", ["ftp://x/y", "example.com/hook", "http://", "file:///etc/passwd"])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        AlarmRules(url=url)


def test_an_address_from_the_environment_is_checked_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("http://[bad", "foo", "http://a:b/"):
        monkeypatch.setenv("GRIDBOT_ALARM_URL", address)
        with pytest.raises(ValueError, match="GRIDBOT_ALARM_URL"):
            AlarmRules()
    monkeypatch.setenv("GRIDBOT_ALARM_URL", "https://example.com/robot")
    assert AlarmRules().address == "https://example.com/robot"


async def test_json_is_taken_with_any_success(hook: tuple[Hook, str]) -> None:
    made, address = hook
    made.answer = {"code": 200, "msg": "ok"}
    alarm = Alarm(AlarmRules(url=address, form="json"), "A", VirtualClock(NOON))
    alarm.say("账号 A 不在线")
    async with aiohttp.ClientSession() as session:
        assert await alarm.send(session)
