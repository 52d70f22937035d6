"""What comes in through the wechaty gateway: the many forms of WeChat, pictures, bursts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.gateways.protocol import MAX_PICTURE, Address, Refused, Unreachable
from handlers.ports import EventKind, MessageType
from tests.gateways.collector import Collector, running, until
from tests.gateways.wechaty_world import Process, WechatyWorld, wechaty_world

pytestmark = pytest.mark.gateway


@pytest.fixture
async def heard(wechat: WechatyWorld) -> Collector:
    """What a running gateway reports, once it is online."""
    collector = Collector()
    async with running(wechat.gateway, collector):
        await collector.first(EventKind.ONLINE)
        yield collector


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
