"""What only the wechaty gateway has to do: judge failures, keep its secrets, stay connected."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.gateways.protocol import (
    Address,
    Gateway,
    GatewayState,
    NotSupported,
    RateLimited,
    Refused,
    Unknown,
    Unreachable,
)
from bot.gateways.wechaty import WechatyGateway
from bot.gateways.wechaty.wire import Wire
from handlers.ports import EventKind
from tests.gateways.collector import Collector, running, until
from tests.gateways.wechaty_world import TOKEN, Process, WechatyWorld, wechaty_world

pytestmark = pytest.mark.gateway


@pytest.fixture
async def heard(wechat: WechatyWorld) -> Collector:
    """What a running gateway reports, once it is online."""
    collector = Collector()
    async with running(wechat.gateway, collector):
        await collector.first(EventKind.ONLINE)
        yield collector


def test_it_is_a_gateway() -> None:
    gateway: Gateway = WechatyGateway("127.0.0.1:1", "t")
    assert gateway.name == "wechaty" and gateway.state is GatewayState.STARTING


# --- calls that go wrong


async def test_a_send_whose_deadline_passes_is_unknown(npm_gateway: Process) -> None:
    async with wechaty_world(npm_gateway, call_seconds=0.3) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await world.control("fault", call="messageSendText", mode="hang-after")
            with pytest.raises(Unknown):
                await world.gateway.send_text(Address(room=world.rooms[0]), "到了吗")
            assert len(await world.received(world.rooms[0])) == 1
            # It was sent all the same, and our own message tells so.
            await world.control("fault", call="messageSendFile", mode="hang")
            with pytest.raises(Unknown):
                await world.gateway.send_picture(Address(room=world.rooms[0]), b"x", "a.png")


async def test_a_send_that_comes_late_but_in_time_counts(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.control("fault", call="messageSendText", mode="late", seconds=0.3, times=1)
    assert await wechat.gateway.send_text(Address(room=wechat.rooms[0]), "慢一点")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"mode": "refuse"}, Refused),
        ({"mode": "rate"}, RateLimited),
        ({"mode": "blocked"}, Refused),
        ({"mode": "unavailable"}, Unknown),
        ({"mode": "refuse", "text": "操作太频繁，请稍后再试"}, RateLimited),
        ({"mode": "refuse", "text": "puppet is not logged in"}, Unreachable),
        ({"mode": "refuse", "text": "this.puppet.say is not supported"}, NotSupported),
        ({"mode": "refuse", "text": "request timeout"}, Unknown),
    ],
)
async def test_what_a_failure_means(wechat: WechatyWorld, heard: Collector, fault: dict, error: type) -> None:
    await wechat.control("fault", call="messageSendText", **fault)
    with pytest.raises(error) as raised:
        await wechat.gateway.send_text(Address(room=wechat.rooms[0]), "好")
    assert type(raised.value) is error or fault["mode"] == "blocked"
    assert TOKEN not in str(raised.value) and "node_modules" not in str(raised.value)
    assert await wechat.received(wechat.rooms[0]) == []


async def test_after_a_send_in_doubt_none_goes_out_before_the_gateway_answers(
    wechat: WechatyWorld, heard: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise OSError("gone")

    room = Address(room=wechat.rooms[0])
    await wechat.control("fault", call="messageSendText", mode="unavailable", times=1)
    with pytest.raises(Unknown):
        await wechat.gateway.send_text(room, "一")
    with monkeypatch.context() as away:
        away.setattr(Wire, "ding", gone)
        with pytest.raises(Unreachable):
            await wechat.gateway.send_text(room, "二")
    await wechat.gateway.send_text(room, "三")
    assert [one.text for one in await wechat.received(wechat.rooms[0])] == ["三"]


async def test_a_stranger_cannot_be_written_to(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.control("estrange", person=wechat.people[5])
    with pytest.raises(Refused):
        await wechat.gateway.send_text(Address(person=wechat.people[5]), "您好")
    await _befriend(wechat, heard, wechat.people[5])


async def _befriend(wechat: WechatyWorld, heard: Collector, person: str) -> None:
    asking = asyncio.ensure_future(wechat.befriend(person))
    request = await heard.first(EventKind.FRIEND_REQUEST)
    assert request.text == "我是网格员"
    await wechat.gateway.accept_friend(request.subject)
    await asking


async def test_a_recall_that_is_too_late_is_refused(wechat: WechatyWorld, heard: Collector) -> None:
    with pytest.raises(Refused):
        await wechat.gateway.recall(Address(room=wechat.rooms[0]), "179")


async def test_a_blocked_account_shows(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.control("fault", call="messageSendText", mode="blocked", times=1)
    with pytest.raises(Refused):
        await wechat.gateway.send_text(Address(room=wechat.rooms[0]), "好")
    assert wechat.gateway.state is GatewayState.BLOCKED
    await wechat.gateway.send_text(Address(room=wechat.rooms[0]), "好")
    assert wechat.gateway.state is GatewayState.ONLINE


async def test_an_error_event_that_speaks_of_a_block_shows(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.control("error", text="该微信号已被封号")
    await until(lambda: wechat.gateway.state is GatewayState.BLOCKED)


async def test_a_wrong_token_is_blocked_and_not_logged(npm_gateway: Process, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = WechatyGateway(npm_gateway.endpoint, "wrong-secret", backoff=(0.05, 0.1))
    async with running(gateway, Collector()):
        await until(lambda: gateway.state is GatewayState.BLOCKED)
        with pytest.raises(Unreachable):
            await gateway.send_text(Address(room="r"), "好")
    assert "does not accept the token" in caplog.text and "wrong-secret" not in caplog.text


async def test_the_token_is_not_logged(
    wechat: WechatyWorld, heard: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await wechat.go_away()
    await heard.first(EventKind.OFFLINE)
    await wechat.come_back()
    await heard.some(2, EventKind.ONLINE)
    assert TOKEN not in caplog.text


# --- staying connected


async def test_delays_grow_while_nobody_listens_and_start_again_small() -> None:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)
        await asyncio.sleep(0.001 if len(delays) < 8 else 60)

    gateway = WechatyGateway("127.0.0.1:9", "t", backoff=(1, 20), sleep=sleep)
    async with running(gateway, Collector()):
        await until(lambda: len(delays) == 8)
        assert gateway.state is GatewayState.GONE
    assert delays == [1, 2, 4, 8, 16, 20, 20, 20]


async def test_states_are_told_in_order(npm_gateway: Process) -> None:
    told: list[GatewayState] = []
    async with wechaty_world(npm_gateway, state_listener=lambda state, why: told.append(state)) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await world.go_away()
            await collector.first(EventKind.OFFLINE)
            await world.come_back()
            await collector.some(2, EventKind.ONLINE)
    assert told == [GatewayState.ONLINE, GatewayState.GONE, GatewayState.ONLINE, GatewayState.GONE]


async def test_a_gateway_that_worked_is_not_waited_for_longer_each_time_it_goes(npm_gateway: Process) -> None:
    first_delays: list[float] = []
    away = False

    async def sleep(seconds: float) -> None:
        nonlocal away
        if not away:
            first_delays.append(seconds)
        away = True
        await asyncio.sleep(0.05)

    async with wechaty_world(npm_gateway, backoff=(0.05, 60.0), sleep=sleep) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            for times in range(1, 4):
                await collector.some(times, EventKind.ONLINE)
                away = False
                await world.go_away()
                await collector.some(times, EventKind.OFFLINE)
                await world.come_back()
    assert first_delays == [0.05, 0.05, 0.05]


async def test_a_new_login_with_new_ids(wechat: WechatyWorld, heard: Collector) -> None:
    old_room, old_account = wechat.rooms[0], wechat.gateway.account_id
    await heard.message(await wechat.say(old_room, wechat.people[0], "旧号"))
    await wechat.control("logout")
    await heard.first(EventKind.OFFLINE)
    assert wechat.gateway.state is GatewayState.SCAN
    await wechat.control("scan", code="https://login.example/abc")
    scan = await heard.first(EventKind.SCAN)
    assert scan.subject == wechat.gateway.scan_code == "https://login.example/abc"
    with pytest.raises(Unreachable):
        await wechat.gateway.send_text(Address(room=old_room), "有人吗")

    await wechat.control("login", newIds=True)
    online = (await heard.some(2, EventKind.ONLINE))[1]
    await wechat.look()
    assert online.sender == wechat.gateway.account_id == wechat.me != old_account
    assert wechat.gateway.scan_code is None and wechat.rooms[0] != old_room
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "新号", mention_bot=True)
    event = await heard.message(said)
    assert event.room == wechat.rooms[0] and event.mentions_me
    await wechat.gateway.send_text(Address(room=wechat.rooms[0]), "在")
    assert [got.text for got in await wechat.received(wechat.rooms[0])] == ["在"]


async def test_a_login_during_an_absence_shows_as_one(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.go_away()
    await heard.first(EventKind.OFFLINE)
    await wechat.control("logout")
    await wechat.control("login", newIds=True)
    await wechat.come_back()
    online = (await heard.some(2, EventKind.ONLINE))[1]
    await wechat.look()
    assert online.sender == wechat.me


async def test_a_scan_code_is_told_once_and_again_when_it_changes(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.control("logout")
    for code, status in (("a", 2), ("a", 2), ("a", 3), ("b", 5)):
        await wechat.control("scan", code=code, status=status)
    scans = await heard.some(2, EventKind.SCAN)
    assert [scan.subject for scan in scans] == ["a", "b"]
    assert len(heard.of(EventKind.SCAN)) == 2 and scans[0].id != scans[1].id


async def test_a_scan_code_shown_before_we_came_is_seen(npm_gateway: Process) -> None:
    async with wechaty_world(npm_gateway) as world:
        await world.control("logout")
        await world.control("scan", code="waiting")
        collector = Collector()
        async with running(world.gateway, collector):
            assert (await collector.first(EventKind.SCAN)).subject == "waiting"
            assert world.gateway.state is GatewayState.SCAN


async def test_silence_shows_and_ends(npm_gateway: Process) -> None:
    told: list[GatewayState] = []
    listener = lambda state, why: told.append(state)  # noqa: E731
    async with wechaty_world(npm_gateway, silent_seconds=0.4, state_listener=listener) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await until(lambda: GatewayState.SILENT in told)
            assert world.gateway.state is GatewayState.SILENT
            await world.gateway.send_text(Address(room=world.rooms[0]), "静默也能发")
            await world.say(world.rooms[0], world.people[0], "在")
            await until(lambda: world.gateway.state is GatewayState.ONLINE)
            await until(lambda: told[-1] is not GatewayState.SILENT)


async def test_a_gateway_that_hangs_is_left_and_tried_again(npm_gateway: Process) -> None:
    """Echoes have come, then none: the connection stands, but nothing comes through it."""
    async with wechaty_world(npm_gateway, probe_seconds=0.05, call_seconds=0.5) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await asyncio.sleep(0.3)
            await world.control("dings", on=False)
            offline = await collector.first(EventKind.OFFLINE)
            assert "no longer arrive" in offline.subject
            await world.control("dings", on=True)
            await collector.some(2, EventKind.ONLINE)


async def test_a_puppet_that_never_echoes_is_fine(npm_gateway: Process) -> None:
    async with wechaty_world(npm_gateway, probe_seconds=0.05, call_seconds=1) as world:
        await world.control("dings", on=False)
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await asyncio.sleep(1.5)
            assert not collector.of(EventKind.OFFLINE)


async def test_a_second_client_takes_over(npm_gateway: Process) -> None:
    """A gateway serves one stream of events; whoever comes later, such as we after a crash, must get it."""
    async with wechaty_world(npm_gateway, backoff=(30, 60)) as first, wechaty_world(npm_gateway) as second:
        early, late = Collector(), Collector()
        async with running(first.gateway, early):
            await early.first(EventKind.ONLINE)
            async with running(second.gateway, late):
                await late.first(EventKind.ONLINE)
                await early.first(EventKind.OFFLINE)
                said = await second.say(second.rooms[0], second.people[0], "给新的")
                await late.message(said)


async def test_stopping_leaves_the_account_logged_in(npm_gateway: Process) -> None:
    async with wechaty_world(npm_gateway) as world:
        for _ in range(2):
            collector = Collector()
            async with running(world.gateway, collector):
                await collector.first(EventKind.ONLINE)
            assert world.gateway.state is GatewayState.GONE


async def test_it_runs_once_at_a_time(wechat: WechatyWorld, heard: Collector) -> None:
    with pytest.raises(RuntimeError):
        await wechat.gateway.run(heard)
