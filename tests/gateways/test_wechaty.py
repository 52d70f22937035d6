"""What only the wechaty gateway has to do: stay connected, judge failures, read the many forms of WeChat."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.gateways.protocol import (
    MAX_PICTURE,
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
from handlers.ports import EventKind, MessageType
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
    async with wechaty_world(npm_gateway, probe_seconds=0.05, call_seconds=0.3) as world:
        await world.control("dings", on=False)
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await asyncio.sleep(1)
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


# --- what comes in


async def test_rooms_go_side_by_side_while_one_waits(npm_gateway: Process) -> None:
    held = asyncio.Event()
    collector = Collector()
    async with wechaty_world(npm_gateway) as world:

        async def sink(event) -> None:
            if event.room == world.rooms[0]:
                await held.wait()
            await collector(event)

        async with running(world.gateway, sink):
            await collector.first(EventKind.ONLINE)
            stuck = [await world.say(world.rooms[0], world.people[0], str(n)) for n in range(3)]
            await collector.message(await world.say(world.rooms[1], world.people[0], "别等"))
            held.set()
            events = await collector.some(3, EventKind.MESSAGE, lambda event: event.room == world.rooms[0])
            assert [event.id for event in events] == stuck


async def test_a_message_that_hangs_is_fetched_again_and_the_others_pass(npm_gateway: Process) -> None:
    async with wechaty_world(npm_gateway, call_seconds=3) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            await world.control("fault", call="messagePayload", match="slow", mode="hang", times=1)
            await world.say(world.rooms[0], world.people[0], "慢", id="slow")
            quick = await world.say(world.rooms[1], world.people[0], "快")
            await collector.message(quick)
            assert not collector.of(EventKind.MESSAGE, lambda event: event.id == "slow")
            assert (await collector.message("slow")).text == "慢"


async def test_an_invitation_whose_details_come_late_is_not_lost(wechat: WechatyWorld, heard: Collector) -> None:
    await wechat.control("fault", call="roomInvitationPayload", mode="refuse", times=1)
    inviting = asyncio.ensure_future(wechat.invite(wechat.people[0]))
    invited = await heard.first(EventKind.INVITED)
    await wechat.gateway.accept_invitation(invited.subject)
    await inviting


async def test_a_sink_that_fails_gets_the_event_again(npm_gateway: Process, caplog: pytest.LogCaptureFixture) -> None:
    collector = Collector()
    failures = ["一", "二"]

    async def sink(event) -> None:
        if event.kind is EventKind.MESSAGE and failures:
            raise OSError(failures.pop())
        await collector(event)

    async with wechaty_world(npm_gateway) as world, running(world.gateway, sink):
        await collector.first(EventKind.ONLINE)
        await collector.message(await world.say(world.rooms[0], world.people[0], "别丢"))
    assert "was not taken" in caplog.text


async def test_a_message_without_names_still_comes(wechat: WechatyWorld, heard: Collector) -> None:
    for call in ("roomPayload", "roomMemberPayload", "contactPayload"):
        await wechat.control("fault", call=call, mode="refuse")
    event = await heard.message(await wechat.say(wechat.rooms[0], wechat.people[0], "救命"))
    assert (event.text, event.room_name, event.sender_name) == ("救命", "", "")


async def test_the_same_message_twice_has_one_id(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "停电了")
    await wechat.control("again", id=said)
    await heard.some(2, EventKind.MESSAGE, lambda event: event.id == said)


async def test_what_the_owner_writes_on_the_phone_is_ours(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.control("own", room=wechat.rooms[0], text="我来处理")
    event = await heard.message(said)
    assert event.from_self and event.text == "我来处理"
    said = await wechat.control("own", person=wechat.people[0], text="私下")
    event = await heard.message(said)
    assert event.from_self and (event.room, event.sender) == (None, wechat.people[0])


async def test_a_mention_without_ids(wechat: WechatyWorld, heard: Collector) -> None:
    room, person = wechat.rooms[0], wechat.people[0]
    event = await heard.message(await wechat.say(room, person, "帮助", mention_bot=True, withoutIds=True))
    assert event.mentions_me and event.text == "帮助" and event.mentions == (wechat.me,)
    event = await heard.message(await wechat.say(room, person, "@格格妈妈 你好", withoutIds=True))
    assert not event.mentions_me and event.text == "@格格妈妈 你好"


async def test_a_mention_by_the_name_in_the_room(wechat: WechatyWorld, heard: Collector) -> None:
    room = wechat.rooms[7]
    await wechat.control("nickname", room=room, person=wechat.me, name="网格小助手")
    said = await wechat.say(room, wechat.people[0], "进度", mention_bot=True, withoutIds=True)
    event = await heard.message(said)
    assert event.mentions_me and event.text == "进度"


async def test_a_mention_of_somebody_else_stays_in_the_text(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "@居民3\u2005看看", mentions=[wechat.people[2]])
    event = await heard.message(said)
    assert event.mentions == (wechat.people[2],) and not event.mentions_me
    assert event.text == "@居民3\u2005看看"


async def test_a_mention_of_everybody_is_nobody(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "@所有人 开会", mentions=["announcement@all"])
    event = await heard.message(said)
    assert event.mentions == () and not event.mentions_me


async def test_new_names_are_seen(wechat: WechatyWorld, heard: Collector) -> None:
    room, person = wechat.rooms[3], wechat.people[3]
    await heard.message(await wechat.say(room, person, "一"))
    await wechat.control("rename", room=room, person=person, topic="幸福里三期")
    renamed = await heard.first(EventKind.RENAMED)
    assert (renamed.room, renamed.subject, renamed.sender) == (room, "幸福里三期", person)
    await wechat.control("nickname", room=room, person=person, name="3-501 老王")
    event = await heard.message(await wechat.say(room, person, "二"))
    assert (event.room_name, event.sender_name) == ("幸福里三期", "3-501 老王")


async def test_joining_and_leaving(wechat: WechatyWorld, heard: Collector) -> None:
    room, person = wechat.rooms[4], wechat.people[0]
    await wechat.control("leave", room=room, people=[wechat.people[1]], person=person)
    left = await heard.first(EventKind.LEFT)
    assert (left.room, left.people, left.from_self) == (room, (wechat.people[1],), False)
    await wechat.control("join", room=room, people=[wechat.people[1]], person=person)
    joined = await heard.first(EventKind.JOINED)
    assert (joined.people, joined.sender, joined.from_self) == ((wechat.people[1],), person, False)
    await wechat.control("leave", room=room, people=[wechat.me], person=person)
    left = (await heard.some(2, EventKind.LEFT))[1]
    assert left.from_self
    with pytest.raises(Refused):
        await wechat.gateway.send_text(Address(room=room), "还在吗")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("miniprogram", MessageType.LINK),
        ("post", MessageType.LINK),
        ("transfer", MessageType.SYSTEM),
        ("redpacket", MessageType.SYSTEM),
        ("system", MessageType.SYSTEM),
    ],
)
async def test_rarer_types(wechat: WechatyWorld, heard: Collector, kind: str, seen: MessageType) -> None:
    event = await heard.message(await wechat.say(wechat.rooms[0], wechat.people[0], "恭喜", type=kind))
    assert event.type is seen and "恭喜" in event.text


async def test_a_card_names_the_person(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "", type="card", card=wechat.people[4])
    event = await heard.message(said)
    assert event.people == (wechat.people[4],) and event.text == wechat.names[wechat.people[4]]


@pytest.mark.parametrize("timestamp", [1_700_000_000, 1_700_000_000_000])
async def test_times_in_seconds_and_milliseconds(wechat: WechatyWorld, heard: Collector, timestamp: int) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "晚到的", timestamp=timestamp)
    assert (await heard.message(said)).at == datetime.fromtimestamp(1_700_000_000, UTC)


async def test_a_form_that_nobody_foresaw_is_taken_as_it_is(
    wechat: WechatyWorld, heard: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> None:
        raise KeyError(text)

    monkeypatch.setattr("bot.gateways.wechaty.bubbles.split_quote", broken)
    event = await heard.message(await wechat.say(wechat.rooms[0], wechat.people[0], "救命"))
    assert event.text == "救命" and "taken as it is" in caplog.text


async def test_events_without_what_they_need_do_no_harm(wechat: WechatyWorld, heard: Collector) -> None:
    for name in ("message", "room-join", "room-leave", "room-topic", "room-invite", "friendship", "scan", "error"):
        await wechat.control("raw", event=name, payload={})
    for name, payload in (
        ("room-join", {"roomId": wechat.rooms[0], "inviteeIdList": 7, "timestamp": "soon"}),
        ("room-topic", {"roomId": "no-such-room", "newTopic": None}),
        ("room-invite", {"roomInvitationId": "no-such-invitation"}),
        ("friendship", {"friendshipId": "no-such-request"}),
        ("message", {"messageId": {}}),
    ):
        await wechat.control("raw", event=name, payload=payload)
    event = await heard.message(await wechat.say(wechat.rooms[0], wechat.people[0], "还好"))
    assert event.text == "还好" and not heard.of(EventKind.OFFLINE)


# --- pictures


async def test_a_picture_on_the_web(wechat: WechatyWorld, heard: Collector) -> None:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=b"\xff\xd8picture" if request.path == "/ok.jpg" else bytes(MAX_PICTURE + 1))

    app = web.Application()
    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        for name, fine in (("ok.jpg", True), ("huge.jpg", False)):
            url = f"http://127.0.0.1:{port}/{name}"
            said = await wechat.say(wechat.rooms[0], wechat.people[0], "", type="picture", pictureUrl=url)
            if fine:
                assert await wechat.gateway.fetch_picture(said) == b"\xff\xd8picture"
            else:
                with pytest.raises(Refused):
                    await wechat.gateway.fetch_picture(said)
    finally:
        await runner.cleanup()


async def test_a_picture_over_the_limit_is_refused(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "", type="picture", picture=bytes(MAX_PICTURE + 1))
    with pytest.raises(Refused):
        await wechat.gateway.fetch_picture(said)
    with pytest.raises(Refused):
        await wechat.gateway.send_picture(Address(room=wechat.rooms[0]), bytes(4_000_000), "a.png")


async def test_a_picture_that_hangs_may_be_tried_again(npm_gateway: Process) -> None:
    async with wechaty_world(npm_gateway, call_seconds=0.3) as world:
        collector = Collector()
        async with running(world.gateway, collector):
            await collector.first(EventKind.ONLINE)
            said = await world.say(world.rooms[0], world.people[0], "", type="picture")
            await world.control("fault", call="messageImage", mode="hang", times=1)
            with pytest.raises(Unreachable):
                await world.gateway.fetch_picture(said)
            assert await world.gateway.fetch_picture(said)


async def test_a_puppet_that_gives_pictures_only_as_files(wechat: WechatyWorld, heard: Collector) -> None:
    said = await wechat.say(wechat.rooms[0], wechat.people[0], "", type="picture")
    await wechat.control("fault", call="messageImage", mode="refuse", text="not supported")
    assert await wechat.gateway.fetch_picture(said)


# --- many


async def test_a_burst_from_160_rooms_arrives_whole_and_in_order(wechat: WechatyWorld, heard: Collector) -> None:
    burst = [[n % 160, n % 7, f"第{n}条"] for n in range(1600)]
    await wechat.control("burst", messages=burst)
    await until(lambda: len(heard.events) > 1600, seconds=30)
    by_room: dict[str, list[str]] = {}
    for event in heard.of(EventKind.MESSAGE):
        by_room.setdefault(event.room or "", []).append(event.text)
    assert len(by_room) == 160
    for number, room in enumerate(wechat.rooms):
        assert by_room[room] == [f"第{n}条" for n in range(number, 1600, 160)]
