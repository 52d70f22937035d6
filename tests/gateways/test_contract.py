"""What every gateway does, whatever chat system is behind it."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from bot.gateways.protocol import Address, GatewayState, Refused, Unreachable
from handlers.ports import MAX_TEXT, EventKind, MessageType
from tests.gateways.collector import Collector, until
from tests.gateways.world import World


def png(size: int = 8) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(out, "PNG")
    return out.getvalue()


# --- what comes in


async def test_it_says_when_it_is_online(world: World, heard: Collector) -> None:
    online = await heard.first(EventKind.ONLINE)
    assert online.at.tzinfo is not None
    assert world.gateway.state is GatewayState.ONLINE
    assert world.gateway.scan_code is None


async def test_a_message_in_a_room(world: World, heard: Collector) -> None:
    room, person = world.rooms[1], world.people[0]
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(room, person, "三号楼停水了"))
    assert (event.room, event.sender, event.text) == (room, person, "三号楼停水了")
    assert event.type is MessageType.TEXT
    assert event.room_name and event.sender_name
    assert not event.from_self and not event.mentions_me and event.quote is None


async def test_a_private_message_has_no_room(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(None, world.people[1], "我是网格员"))
    assert (event.room, event.sender, event.room_name) == (None, world.people[1], "")


async def test_a_room_keeps_its_order(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    said = [await world.say(world.rooms[0], world.people[n % 3], f"第{n}句") for n in range(40)]
    events = await heard.some(40, EventKind.MESSAGE, lambda event: event.room == world.rooms[0])
    assert [event.id for event in events] == said


async def test_a_mention_of_the_bot(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(world.rooms[0], world.people[0], "进度", mention_bot=True))
    assert event.mentions_me
    assert event.text == "进度"


async def test_a_quote(world: World, heard: Collector) -> None:
    room = world.rooms[0]
    await heard.first(EventKind.ONLINE)
    first = await world.say(room, world.people[0], "电梯坏了：三单元\n已经两天")
    event = await heard.message(await world.say(room, world.people[1], "我家也是", quote=first))
    assert event.quote is not None
    assert event.quote.text == "电梯坏了：三单元\n已经两天"
    assert event.quote.message_id in (None, first)
    assert event.text == "我家也是"


async def test_a_quote_of_the_bot_with_a_mention(world: World, heard: Collector) -> None:
    room = world.rooms[0]
    await heard.first(EventKind.ONLINE)
    ours = await world.gateway.send_text(Address(room=room), "事项 12 已登记")
    event = await heard.message(await world.say(room, world.people[0], "不是", quote=ours, mention_bot=True))
    assert event.quote is not None and event.quote.text == "事项 12 已登记"
    assert event.text == "不是" and event.mentions_me


async def test_a_recall(world: World, heard: Collector) -> None:
    room, person = world.rooms[0], world.people[0]
    await heard.first(EventKind.ONLINE)
    said = await world.say(room, person, "说错了")
    await world.recall(room, person, said)
    event = await heard.first(EventKind.RECALLED)
    assert (event.room, event.sender, event.subject) == (room, person, said)


TYPES = [kind.value for kind in MessageType if kind is not MessageType.SYSTEM]


@pytest.mark.parametrize("kind", TYPES)
async def test_every_type_of_message_arrives(world: World, heard: Collector, kind: str) -> None:
    await heard.first(EventKind.ONLINE)
    picture = png() if kind == "picture" else None
    said = await world.say(world.rooms[0], world.people[0], "建设路8号", type=kind, picture=picture)
    event = await heard.message(said)
    assert event.type.value == kind
    assert "<" not in event.text
    if kind in ("text", "file", "link", "forwarded"):
        assert "建设路8号" in event.text


async def test_a_location_has_degrees_and_a_name(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(world.rooms[0], world.people[0], "人民公园", type="location"))
    assert event.location is not None
    assert event.location.name == "人民公园"
    assert 18 < event.location.latitude < 54 and 73 < event.location.longitude < 136


@pytest.mark.parametrize("size", [8, 700])
async def test_a_picture_can_be_fetched(world: World, heard: Collector, size: int) -> None:
    await heard.first(EventKind.ONLINE)
    noise = io.BytesIO()
    Image.effect_noise((size, size), 80).convert("RGB").save(noise, "PNG")
    said = await world.say(world.rooms[0], world.people[0], "", type="picture", picture=noise.getvalue())
    event = await heard.message(said)
    assert event.type is MessageType.PICTURE and event.picture
    data = await world.gateway.fetch_picture(event.picture)
    assert Image.open(io.BytesIO(data)).size == (size, size)


async def test_there_is_no_picture_behind_a_wrong_handle(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    with pytest.raises(Refused):
        await world.gateway.fetch_picture("no-such-picture")


async def test_a_huge_text_is_cut(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(world.rooms[0], world.people[0], "救命" * 500_000))
    assert 0 < len(event.text) <= MAX_TEXT
    assert event.text.startswith("救命救命")


@pytest.mark.parametrize(
    "text",
    [
        "<b>粗</b>",
        "<msg><appmsg>",
        "'; DROP TABLE x; --",
        "=1+1",
        "😀😀",
        "a\x07\x1b[31mb",
        "「",
        "@",
        "「a：b」\nc",
        "C++ @C++ x",
    ],
)
async def test_odd_texts_arrive_as_they_are(world: World, heard: Collector, text: str) -> None:
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(world.rooms[0], world.people[0], text))
    assert event.text == text


async def test_a_nul_does_not_get_in(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    event = await heard.message(await world.say(world.rooms[0], world.people[0], "一\x00二"))
    assert "\x00" not in event.text and "二" in event.text


async def test_ids_are_unique(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    for room in world.rooms[:3]:
        await world.say(room, world.people[0], "在吗")
    await heard.some(3, EventKind.MESSAGE)
    ids = [event.id for event in heard.events]
    assert len(set(ids)) == len(ids) and all(ids)


# --- what goes out


async def test_a_text_reaches_the_room(world: World, heard: Collector) -> None:
    room = world.rooms[2]
    await heard.first(EventKind.ONLINE)
    sent = await world.gateway.send_text(Address(room=room), "收到，已登记。\n第二行")
    (got,) = await world.received(room)
    assert got.text == "收到，已登记。\n第二行"
    assert got.message_id == sent or not world.gateway.capabilities.returns_message_ids
    assert await world.received(world.rooms[1]) == []


async def test_a_text_reaches_a_person(world: World, heard: Collector) -> None:
    person = world.people[1]
    await heard.first(EventKind.ONLINE)
    await world.gateway.send_text(Address(person=person), "您的事项已办结")
    (got,) = await world.received(None, person)
    assert got.text == "您的事项已办结"


async def test_mentions_reach_the_room(world: World, heard: Collector) -> None:
    room, people = world.rooms[0], tuple(world.people[:2])
    await heard.first(EventKind.ONLINE)
    await world.gateway.send_text(Address(room=room), "请看一下", people)
    (got,) = await world.received(room)
    assert got.mentions == people
    assert got.text.endswith("请看一下")


async def test_a_picture_reaches_the_room_unchanged(world: World, heard: Collector) -> None:
    room = world.rooms[0]
    await heard.first(EventKind.ONLINE)
    sent = await world.gateway.send_picture(Address(room=room), png(64), "寻人.png")
    (got,) = await world.received(room)
    assert got.picture == png(64)
    assert got.message_id == sent or not world.gateway.capabilities.returns_message_ids


async def test_our_own_message_comes_back_as_ours(world: World, heard: Collector) -> None:
    room = world.rooms[0]
    await heard.first(EventKind.ONLINE)
    sent = await world.gateway.send_text(Address(room=room), "已派人", (world.people[0],))
    event = await heard.first(EventKind.MESSAGE, lambda event: event.from_self)
    assert event.id == sent
    assert (event.room, event.text) == (room, "已派人")


async def test_our_own_private_message_lies_in_the_chat_with_the_other(world: World, heard: Collector) -> None:
    person = world.people[0]
    await heard.first(EventKind.ONLINE)
    await world.gateway.send_text(Address(person=person), "您好")
    event = await heard.first(EventKind.MESSAGE, lambda event: event.from_self)
    assert (event.room, event.sender) == (None, person)


async def test_a_message_of_ours_can_be_recalled(world: World, heard: Collector) -> None:
    room = world.rooms[0]
    await heard.first(EventKind.ONLINE)
    if not world.gateway.capabilities.can_recall:
        pytest.skip("this chat system cannot recall")
    sent = await world.gateway.send_text(Address(room=room), "发错了")
    await world.gateway.recall(Address(room=room), sent or "")
    (got,) = await world.received(room)
    assert got.recalled


async def test_what_cannot_be_sent_is_refused(world: World, heard: Collector) -> None:
    gateway, room = world.gateway, world.rooms[0]
    await heard.first(EventKind.ONLINE)
    too_long = "字" * (gateway.capabilities.max_text_bytes // 3 + 1)
    for to, text in ((Address(room="no-such-room"), "好"), (Address(), "好"), (Address(room=room), " "),
                     (Address(room=room), too_long)):  # fmt: skip
        with pytest.raises(Refused):
            await gateway.send_text(to, text)
    with pytest.raises(Refused):
        await gateway.recall(Address(room=room), "no-such-message")
    assert await world.received(room) == []


async def test_every_room_is_reached_once(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    for room in world.rooms:
        await world.gateway.send_text(Address(room=room), "寻人 M3")
    for room in world.rooms:
        assert [got.text for got in await world.received(room)] == ["寻人 M3"]


# --- rooms and friends


async def test_an_invitation_can_be_accepted(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    inviting = asyncio.ensure_future(world.invite(world.people[0]))
    invited = await heard.first(EventKind.INVITED)
    assert invited.sender == world.people[0] and invited.subject
    await world.gateway.accept_invitation(invited.subject)
    room = await inviting
    joined = await heard.first(EventKind.JOINED, lambda event: event.from_self)
    assert joined.room == room and joined.room_name == "新来的群"
    await world.gateway.send_text(Address(room=room), "大家好")
    assert [got.text for got in await world.received(room)] == ["大家好"]


async def test_a_friend_request_can_be_accepted(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    asking = asyncio.ensure_future(world.befriend(world.people[2]))
    request = await heard.first(EventKind.FRIEND_REQUEST)
    assert request.sender == world.people[2] and request.subject
    await world.gateway.accept_friend(request.subject)
    await asyncio.wait_for(asking, 5)
    await world.gateway.send_text(Address(person=world.people[2]), "您好")
    assert [got.text for got in await world.received(None, world.people[2])] == ["您好"]


async def test_what_nobody_offered_cannot_be_accepted(world: World, heard: Collector) -> None:
    await heard.first(EventKind.ONLINE)
    with pytest.raises(Refused):
        await world.gateway.accept_invitation("no-such-invitation")
    with pytest.raises(Refused):
        await world.gateway.accept_friend("no-such-request")


# --- going and coming


async def test_it_comes_back_when_the_chat_system_does(world: World, heard: Collector) -> None:
    gateway, room = world.gateway, world.rooms[0]
    await heard.first(EventKind.ONLINE)
    await world.go_away()
    await heard.first(EventKind.OFFLINE)
    assert gateway.state is GatewayState.GONE
    with pytest.raises(Unreachable):
        await gateway.send_text(Address(room=room), "有人吗")
    await world.come_back()
    await heard.some(2, EventKind.ONLINE)
    await until(lambda: gateway.state is GatewayState.ONLINE)
    await gateway.send_text(Address(room=room), "又在了")
    assert [got.text for got in await world.received(room)] == ["又在了"]
    said = await world.say(room, world.people[0], "欢迎回来")
    assert (await heard.message(said)).text == "欢迎回来"
