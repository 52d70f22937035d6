"""The bot's account in the local chat: nothing is lost, nothing is handed over before it is asked for."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.gateways.local import BOT, Draft, LocalChat, LocalGateway
from bot.gateways.protocol import Address, GatewayState, Refused, Unreachable
from handlers.ports import Event, EventKind, Location, MessageType
from tests.web.conftest import Watch, picture


class Inbox:
    """Takes events and waits for them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    async def __call__(self, event: Event) -> None:
        if event.kind in (EventKind.ONLINE, EventKind.OFFLINE):
            return
        self.events.append(event)
        self._news.set()

    async def until(self, count: int) -> list[Event]:
        async with asyncio.timeout(5):
            while len(self.events) < count:
                self._news.clear()
                await self._news.wait()
        return self.events


@asynccontextmanager
async def running(gateway: LocalGateway, sink: Callable[[Event], object]) -> AsyncIterator[None]:
    task = asyncio.create_task(gateway.run(sink))  # type: ignore[arg-type]
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_said_while_the_bot_is_down_comes_later(chat: LocalChat, tmp_path: Path) -> None:
    said = await chat.say("wang", "g1", Draft("孩子不见了"))
    await chat.close()
    async with LocalChat(tmp_path / "chat.db") as again:
        inbox = Inbox()
        async with running(LocalGateway(again), inbox):
            event = (await inbox.until(1))[0]
        assert (event.id, event.text, event.room, event.sender) == (
            await again.external(said.n), "孩子不见了", "g1", "wang",
        )  # fmt: skip
        assert event.room_name == "柳园社区第一网格群" and event.at == said.at and not event.from_self
        assert await again.waiting_events() == [], "taken once, it does not come again"


async def test_an_event_that_was_not_stored_is_offered_again(chat: LocalChat) -> None:
    tries: list[str] = []
    done = asyncio.Event()

    async def sink(event: Event) -> None:
        if event.kind is EventKind.MESSAGE:
            tries.append(event.text)
            if len(tries) == 1:
                raise OSError("disk full")
            if event.text == "二":
                done.set()

    await chat.say("wang", "g1", Draft("一"))
    await chat.say("wang", "g1", Draft("二"))
    async with running(LocalGateway(chat), sink):
        await asyncio.wait_for(done.wait(), 5)
    assert tries == ["一", "一", "二"]


async def test_an_event_in_the_sinks_hands_at_a_stop_comes_again(chat: LocalChat) -> None:
    reached = asyncio.Event()

    async def stuck(event: Event) -> None:
        if event.text == "二":
            reached.set()
            await asyncio.sleep(60)

    await chat.say("wang", "g1", Draft("一"))
    await chat.say("wang", "g1", Draft("二"))
    async with running(LocalGateway(chat), stuck):
        await asyncio.wait_for(reached.wait(), 5)
    assert [event.text for _, event in await chat.waiting_events()] == ["二"]


async def test_only_chats_with_the_bot_are_heard(chat: LocalChat) -> None:
    private = await chat.open_private("wang", "li")
    await chat.say("wang", "g3", Draft("没有格格"))
    await chat.say("wang", private, Draft("悄悄话"))
    await chat.say("wang", "@wang", Draft("格格在吗"))
    events = [event for _, event in await chat.waiting_events()]
    assert [(e.room, e.sender, e.text) for e in events] == [(None, "wang", "格格在吗")]


async def test_a_message_carries_mention_quote_location_and_picture(chat: LocalChat) -> None:
    first = await chat.say("wang", "g1", Draft(type=MessageType.LOCATION, location=Location(31.5, 121.5, "南门")))
    await chat.say("li", "g1", Draft("@格格\u2005收到", mentions=(BOT, "zhao", "stranger"), quote=first.n))
    await chat.say("li", "g1", Draft(type=MessageType.PICTURE, picture=picture()))
    place, reply, photo = [event for _, event in await chat.waiting_events()]
    assert place.type is MessageType.LOCATION and place.location == Location(31.5, 121.5, "南门")
    assert reply.text == "收到" and reply.mentions_me and reply.mentions == (BOT, "zhao")
    assert reply.quote is not None and reply.quote.message_id == place.id and reply.quote.text == "[位置] 南门"
    assert (await LocalGateway(chat).fetch_picture(photo.picture or "")).startswith(b"\x89PNG")


async def test_our_own_messages_come_back(chat: LocalChat) -> None:
    gateway = LocalGateway(chat)
    in_room = await gateway.send_text(Address(room="g1"), "@赵敏 请看", ["zhao"])
    in_private = await gateway.send_text(Address(person="wang"), "收到")
    data = picture()
    await gateway.send_picture(Address(room="g2"), data, "poster.png")
    events = [event for _, event in await chat.waiting_events()]
    assert [event.id for event in events[:2]] == [in_room, in_private]
    assert all(event.from_self for event in events)
    assert (events[1].room, events[1].sender) == (None, "wang"), "a private message lies in that person's chat"
    assert await chat.picture(events[2].picture or "") == data
    assert (await chat.history("zhao", "g1"))[0].mentions == ("zhao",)


async def test_what_cannot_be_sent_is_refused(chat: LocalChat) -> None:
    gateway = LocalGateway(chat)
    for to, text in [
        (Address(room="g3"), "不是成员"),
        (Address(room="nowhere"), "没有这个群"),
        (Address(person="nobody"), "没有这个人"),
        (Address(), "没有地址"),
        (Address(room="@wang"), "不是群"),
        (Address(room="g1"), "  "),
        (Address(room="g1"), "长" * 1334),
    ]:
        with pytest.raises(Refused):
            await gateway.send_text(to, text)
    with pytest.raises(Refused):
        await gateway.send_picture(Address(room="g1"), b"nothing", "x.png")
    assert await chat.waiting_events() == []


async def test_recall_is_for_our_own_messages_in_that_chat(chat: LocalChat, watch: Watch) -> None:
    gateway = LocalGateway(chat)
    sent = await gateway.send_text(Address(room="g1"), "错了") or ""
    theirs = await chat.external((await chat.say("wang", "g1", Draft("对的"))).n)
    for to, message_id in [(Address(room="g2"), sent), (Address(room="g1"), theirs), (Address(room="g1"), "x-1")]:
        with pytest.raises(Refused):
            await gateway.recall(to, message_id)
    await gateway.recall(Address(room="g1"), sent)
    await gateway.recall(Address(room="g1"), sent)
    event = (await chat.waiting_events())[-1][1]
    assert (event.kind, event.subject, event.from_self) == (EventKind.RECALLED, sent, True)
    late = await gateway.send_text(Address(room="g1"), "晚了") or ""
    watch.pass_(minutes=3)
    with pytest.raises(Refused):
        await gateway.recall(Address(room="g1"), late)


async def test_joining_a_group_by_invitation_and_being_taken_out(chat: LocalChat) -> None:
    gateway = LocalGateway(chat)
    room = await chat.found_group("wang", "新群", ["li"])
    await chat.say("wang", room, Draft("格格还听不到"))
    invited = (await chat.waiting_events())[-1][1]
    assert (invited.kind, invited.room, invited.room_name, invited.sender) == (
        EventKind.INVITED, room, "新群", "wang",
    )  # fmt: skip
    with pytest.raises(Refused):
        await gateway.send_text(Address(room=room), "还没进群")
    await gateway.accept_invitation(invited.subject)
    await gateway.accept_invitation(invited.subject)
    await gateway.send_text(Address(room=room), "大家好")
    await chat.rename_group("li", room, "老群")
    await chat.leave_group(BOT, room, by="wang")
    events = [event for _, event in await chat.waiting_events()][1:]
    kinds = [event.kind for event in events]
    assert kinds == [EventKind.JOINED, EventKind.MESSAGE, EventKind.RENAMED, EventKind.LEFT]
    assert events[0].people == events[3].people == (BOT,) and events[0].from_self and events[3].from_self
    assert events[2].subject == "老群"
    assert len({event.id for event in events}) == 4
    with pytest.raises(Refused):
        await gateway.accept_invitation("nothing")


async def test_a_friend_request(chat: LocalChat) -> None:
    await chat.befriend("wang")
    event = (await chat.waiting_events())[0][1]
    assert (event.kind, event.sender) == (EventKind.FRIEND_REQUEST, "wang")
    await LocalGateway(chat).accept_friend(event.subject)
    assert (await chat.history("wang", "@wang"))[0].type is MessageType.SYSTEM
    with pytest.raises(Refused):
        await LocalGateway(chat).accept_friend("nothing")


async def test_the_link_breaks_and_mends(chat: LocalChat) -> None:
    gateway, inbox = LocalGateway(chat), Inbox()
    assert gateway.state is GatewayState.STARTING
    async with running(gateway, inbox):
        await chat.say("wang", "g1", Draft("一"))
        await inbox.until(1)
        assert gateway.state is GatewayState.ONLINE
        gateway.disconnect()
        assert gateway.state is GatewayState.GONE
        with pytest.raises(Unreachable):
            await gateway.send_text(Address(room="g1"), "喂")
        await chat.say("wang", "g1", Draft("二"))
        await asyncio.sleep(0.05)
        assert len(inbox.events) == 1
        gateway.reconnect()
        assert [event.text for event in await inbox.until(2)] == ["一", "二"]
        assert gateway.state is GatewayState.ONLINE


async def test_a_broken_file_is_unreachable_not_a_crash(chat: LocalChat) -> None:
    gateway = LocalGateway(chat)
    await chat._run(lambda unit: unit.db.execute("ALTER TABLE messages RENAME TO elsewhere"))
    with pytest.raises(Unreachable):
        await gateway.send_text(Address(room="g1"), "喂")


async def test_a_full_disk_is_waited_for_and_everything_comes(chat: LocalChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateways.local.gateway.RETRY_MOST", 0.01)
    run, full = chat._run, 4

    async def sometimes(*call: Any) -> Any:
        nonlocal full
        if full and asyncio.current_task() is not this:
            full -= 1
            raise sqlite3.OperationalError("disk I/O error")
        return await run(*call)

    this = asyncio.current_task()
    monkeypatch.setattr(chat, "_run", sometimes)
    inbox = Inbox()
    async with running(LocalGateway(chat), inbox):
        await chat.say("wang", "g1", Draft("停水了"))
        assert [event.text for event in await inbox.until(1)] == ["停水了"]
        full = 1
        await chat.say("wang", "g1", Draft("来水了"))
        assert {event.text for event in await inbox.until(2)} == {"停水了", "来水了"}
