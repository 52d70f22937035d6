"""What goes on while a chat changes hands, and when an account is away in other ways than by being dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import await_only

from bot import standby
from bot.accounts import account_rows
from bot.config import ConfigError, build_config
from bot.gateways.protocol import GatewayState, Unreachable
from handlers import dispatch, posting
from handlers.ports import Event, EventKind, MessageType, dump_event
from storage.areas import Chat, Mode, Purpose, Room, RoomBinding
from storage.inbox import InboxEvent, InboxState, Picture
from storage.matters import Alert, Case
from storage.outbox import DeliveryPart, PartState
from storage.people import ContactBinding
from tests.accounts.pair import Pair
from tests.harness import rooms, texts

REPAIR = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both accounts bound in every group, A speaking."""
    url = f"sqlite:///{tmp_path}/pair.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    made = await Pair(str(url)).open()
    yield made
    await made.close()


@pytest.fixture
async def server_pair(postgres: Any) -> AsyncIterator[Pair]:
    """The same on PostgreSQL, where two transactions may run at once."""
    made = await Pair(str(postgres())).open()
    yield made
    await made.close()


def message(number: str, pair: Pair, text: str, person: str, room: str | None = None) -> Event:
    """Something that one account hears."""
    return Event(
        number, EventKind.MESSAGE, pair.clock.now(), room=room, room_name=room or "", sender=person, sender_name=person,
        text=text,
    )  # fmt: skip


async def test_an_account_that_shows_a_new_code_every_two_minutes_is_taken_over(pair: Pair) -> None:
    side = pair.sides["A"]
    side.gateway.state = GatewayState.SCAN  # type: ignore[assignment]
    for number in range(4):
        scan = Event(f"scan-{number}", EventKind.SCAN, pair.clock.now(), subject=f"code {number}")
        await side.machine._take(scan)
        await pair.wait(minutes=2)
    assert await pair.speakers() == {"B"}


async def test_what_a_dead_call_came_to_is_not_written_over_what_the_other_sent(pair: Pair) -> None:
    first, second = pair.sides["A"], pair.sides["B"]
    await pair.say("r1", "g1", MISSING)
    first.alive = False
    await pair.say("w1", None, "确认 M1", hears="B")
    courier = first.machine.courier
    parcel = await courier._next(pair.clock.now())
    assert parcel is not None and parcel.to is not None

    async def away(*_: object) -> str:
        raise Unreachable("no network")

    first.gateway.send_text, kept = away, first.gateway.send_text  # type: ignore[method-assign, assignment]
    courier._outcome, courier._shaken = await courier._send(parcel), True
    await pair.wait(minutes=4)
    await pair.wait(minutes=4)
    first.gateway.send_text, first.alive = kept, True  # type: ignore[method-assign]
    await first.lease.renew()
    await pair.wait(seconds=30)
    await pair.wait(seconds=30)
    assert parcel.due.text not in [one.text for one in first.gateway.sent]
    assert [one.text for one in second.gateway.sent if one.room == parcel.to.room].count(parcel.due.text) == 1


@pytest.mark.postgres
async def test_what_is_written_while_a_chat_is_taken_over_goes_along(
    server_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, second = server_pair, server_pair.sides["B"]
    await pair.say("r1", "g1", MISSING)
    pair.sides["A"].alive = False
    pair.clock.moment += timedelta(minutes=7)
    await second.lease.renew()
    writing, hearing = asyncio.Event(), posting._hearing

    def slowly(connection: Any, sort: Any, wanted: Any) -> Any:
        heard = hearing(connection, sort, wanted)
        if len(wanted) > 1:
            writing.set()
            await_only(asyncio.sleep(0.5))
        return heard

    monkeypatch.setattr(posting, "_hearing", slowly)

    async def confirm() -> None:
        await second.machine.inbox.store([message("B-c", pair, "确认 M1", "w1")])
        await second.machine.dispatch.step(pair.clock.now())

    async def take() -> None:
        await writing.wait()
        await second.machine.look_after_others(pair.clock.now())

    await asyncio.gather(confirm(), take())
    await pair.settle()
    await pair.wait(minutes=1)
    assert rooms(second.gateway.sent) >= {"g1", "g2", "g3"}
    assert not await pair.rows(select(DeliveryPart).where(DeliveryPart.state == PartState.QUEUED))


async def test_what_is_queued_with_another_account_than_the_speaker_is_moved(pair: Pair) -> None:
    await pair.say("r1", "g1", MISSING)
    pair.sides["A"].alive = False
    await pair.say("w1", None, "确认 M1", hears="B")
    async with pair.database.write() as session:
        await session.execute(update(Chat).values(account_id=pair.sides["B"].account_id))
    await pair.wait(seconds=20)
    assert rooms(pair.sides["B"].gateway.sent) >= {"g1", "g2", "g3"}


@pytest.mark.postgres
async def test_a_message_that_arrives_during_a_takeover_is_worked(
    server_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, second = server_pair, server_pair.sides["B"]
    pair.sides["A"].alive = False
    pair.clock.moment += timedelta(minutes=7)
    await second.lease.renew()
    working, storing = standby.work_shadows, []

    async def slowly(*known: Any) -> int:
        count = await working(*known)
        storing.append(asyncio.ensure_future(second.machine.inbox.store([message("B-x", pair, MISSING, "r3", "g2")])))
        await asyncio.sleep(0.3)
        return count

    monkeypatch.setattr(standby, "work_shadows", slowly)
    await second.machine.look_after_others(pair.clock.now())
    await asyncio.gather(*storing)
    await pair.settle()
    assert len(await pair.rows(select(Alert))) == 1


async def test_a_shadow_in_a_chat_that_is_its_own_is_worked(pair: Pair) -> None:
    await pair.say("r3", "g2", MISSING, hears="B")
    async with pair.database.write() as session:
        await session.execute(update(Chat).values(account_id=pair.sides["B"].account_id))
    await pair.wait(seconds=20)
    assert len(await pair.rows(select(Alert))) == 1


async def test_what_was_said_while_both_were_away_is_worked_however_old(pair: Pair) -> None:
    said_at = pair.clock.now() + timedelta(minutes=1)
    for name in "AB":
        await pair.state(name, "gone")
        pair.sides[name].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    await pair.wait(minutes=16)
    await pair.state("B", "online")
    pair.sides["B"].gateway.state = GatewayState.ONLINE  # type: ignore[assignment]
    await pair.say("r3", "g2", MISSING, hears="B", at=said_at)
    await pair.wait(seconds=20)
    assert len(await pair.rows(select(Alert))) == 1


async def test_shadows_wait_as_long_as_the_speaker_is_away(pair: Pair) -> None:
    await pair.state("A", "gone")
    pair.sides["A"].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    pair.sides["B"].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    await pair.say("r3", "g2", MISSING, hears="B")
    await pair.wait(minutes=40)
    pair.sides["B"].gateway.state = GatewayState.ONLINE  # type: ignore[assignment]
    await pair.wait(seconds=20)
    assert len(await pair.rows(select(Alert))) == 1


async def test_what_the_other_had_worked_and_forgotten_is_not_worked_again(pair: Pair) -> None:
    await pair.say("r1", "g1", "今天天气不错")
    async with pair.database.write() as session:
        mine = InboxEvent.account_id == pair.sides["A"].account_id
        await session.execute(update(InboxEvent).where(mine).values(payload="{}", wiped=True))
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    own = select(InboxEvent).where(InboxEvent.account_id == pair.sides["B"].account_id, InboxEvent.kind == "message")
    assert not await pair.rows(own)


def test_what_a_standby_hears_must_outlive_the_time_to_a_takeover() -> None:
    several = {"endpoints": {"A": "a:1", "B": "b:1"}}
    with pytest.raises(ConfigError, match="chat_minutes 是 5"):
        build_config({"privacy": {"chat_minutes": 5}, "accounts": several}, "config.yaml")
    build_config({"privacy": {"chat_minutes": 5}}, "config.yaml")
    build_config({"accounts": several}, "config.yaml")


async def test_what_was_said_between_leaving_and_hearing_of_it_is_worked(pair: Pair) -> None:
    await pair.say("r1", "g1", MISSING, hears="B")
    left = Event("A-left", EventKind.LEFT, pair.clock.now(), room="g1", from_self=True)
    await pair.sides["A"].machine.inbox.store([left])
    await pair.settle()
    assert len(await pair.rows(select(Alert))) == 1


async def test_a_gateway_and_a_database_that_are_away_together_end_nothing(pair: Pair) -> None:
    machine = pair.sides["A"].machine
    writing = pair.database.write

    @asynccontextmanager
    async def away() -> AsyncIterator[AsyncSession]:
        raise OSError("connection refused")
        yield

    machine.gateway_state("gone", "no network")
    pair.database.write = away  # type: ignore[method-assign]
    with pytest.raises(OSError):
        await machine._watch_gateway()
    pair.database.write = writing  # type: ignore[method-assign]
    await machine._watch_gateway()
    assert set(await pair.rows(select(standby.Account.state))) == {"gone", "online"}


@pytest.mark.postgres
async def test_more_shadows_than_a_statement_takes(server_pair: Pair) -> None:
    pair, second = server_pair, server_pair.sides["B"]
    pair.sides["A"].alive = False
    [chat] = await pair.rows(select(Chat.id).join(Room).where(Room.key == "g1"))
    now = pair.clock.now()
    async with pair.database.write() as session:
        for start in range(0, 33_000, 3_000):
            events = [
                message(f"B-{number}", pair, f"哈哈{number}", "r1", "g1") for number in range(start, start + 3_000)
            ]
            await session.execute(
                insert(InboxEvent),
                [
                    {"account_id": second.account_id, "external_id": one.id, "kind": one.kind, "chat_id": chat,
                     "at": now, "received_at": now, "payload": dump_event(one), "state": InboxState.SHADOW}
                    for one in events
                ],
            )  # fmt: skip
    pair.clock.moment += timedelta(minutes=7)
    await second.lease.renew()
    await second.machine.look_after_others(pair.clock.now())
    assert await pair.speakers() == {"B"}


async def test_a_takeover_that_fails_leaves_the_standby_working(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> None:
        raise ValueError("a fault of ours")

    pair.sides["A"].alive = False
    monkeypatch.setattr(standby, "take_over", fails)
    await pair.wait(minutes=7)
    assert await pair.speakers() == {"A"}


async def test_a_message_that_kills_the_process_of_a_dead_account_is_given_up(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    pair.sides["A"].alive = False
    await pair.sides["A"].machine.inbox.store([message("A-1", pair, REPAIR, "r1", "g1")])
    monkeypatch.setattr(dispatch, "read", kill)
    kills = 0
    for _ in range(4):
        await pair.sides["B"].machine.recover()
        try:
            await pair.wait(minutes=7)
        except Killed:
            kills += 1
    assert kills == 2
    assert await pair.rows(select(InboxEvent.state).where(InboxEvent.external_id == "A-1")) == [InboxState.FAILED]


async def test_a_picture_that_no_standby_has_holds_no_poster(pair: Pair) -> None:
    await pair.say("r1", "g1", MISSING)
    pair.sides["A"].machine.fetcher._gateway = None  # type: ignore[assignment]
    pair.sides["A"].alive = False
    await pair.say("r1", "g1", "", type=MessageType.PICTURE, picture="photo", hears="A")
    await pair.sides["A"].machine.dispatch.step(pair.clock.now())
    assert await pair.rows(select(Picture.state)) == ["wanted"]
    await pair.wait(minutes=7)
    assert await pair.rows(select(Picture.state)) == ["failed"]
    await pair.say("w1", None, "确认 M1", hears="B")
    await pair.wait(minutes=5)
    assert not await pair.rows(select(DeliveryPart).where(DeliveryPart.state == PartState.QUEUED))
    assert len(texts(pair.sides["B"].gateway.sent, "g3")) >= 1
    assert not await pair.rows(select(Case))


async def test_an_account_without_a_living_lease_is_not_shown_as_online(pair: Pair) -> None:
    pair.clock.moment += timedelta(minutes=7)
    await pair.sides["B"].lease.renew()
    async with pair.database.read() as session:
        rows = await account_rows(session, build_config({}, "config.yaml"), pair.clock.now())
    assert [row[2] for row in rows] == ["没有在运行", "在线"]


async def staff_room(pair: Pair, speaker: str) -> None:
    """The grid's staff room, in which this account speaks; nobody is a friend of B."""
    async with pair.database.write() as session:
        area = await session.scalar(select(Room.area_id).where(Room.key == "g1"))
        room = Room(key="staff", area_id=area or 0, purpose=Purpose.STAFF, mode=Mode.FULL, bound_at=pair.clock.now())
        session.add(room)
        await session.flush()
        account = pair.sides[speaker].account_id
        chat = Chat(room_id=room.id, account_id=account)
        session.add(chat)
        await session.flush()
        session.add(RoomBinding(account_id=account, external_id="staff", chat_id=chat.id or 0))
        friends = ContactBinding.account_id == pair.sides["B"].account_id
        await session.execute(update(ContactBinding).where(friends).values(friend=False))


async def speaks(pair: Pair, name: str, room: str) -> None:
    """This account speaks in a room from now on."""
    async with pair.database.write() as session:
        chat = await session.scalar(select(Chat).join(Room).where(Room.key == room))
        assert chat is not None
        chat.account_id = pair.sides[name].account_id


async def test_a_worker_who_is_a_friend_of_the_dead_account_only_is_asked_in_the_staff_room(pair: Pair) -> None:
    await staff_room(pair, "B")
    await speaks(pair, "B", "g1")
    said = await pair.say("r1", "g1", MISSING)
    assert "@w1" in rooms(said), "as long as A works, in private"
    assert "staff" not in rooms(said)
    await pair.state("A", "gone")
    pair.sides["A"].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    await pair.wait(minutes=1)
    said = await pair.say("r2", "g1", REPAIR)
    assert "staff" not in rooms(said), "a short break is none"
    await pair.wait(minutes=2)
    said = await pair.say("r2", "g1", "我妈不见了，68岁，穿红棉袄，中午在广场走散的")
    assert any("@小耿" in text and "M2" in text for text in texts(said, "staff"))


async def test_who_can_be_reached_through_the_dead_account_only_is_waited_for(pair: Pair) -> None:
    await staff_room(pair, "A")
    await speaks(pair, "B", "g1")
    await pair.state("A", "gone")
    pair.sides["A"].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    await pair.wait(minutes=3)
    said = await pair.say("r1", "g1", MISSING)
    assert not {"@w1", "staff"} & rooms(said)
    await pair.state("A", "online")
    pair.sides["A"].gateway.state = GatewayState.ONLINE  # type: ignore[assignment]
    said = await pair.wait(seconds=30)
    assert "@w1" in rooms(said)
    assert "staff" not in rooms(said)


async def test_a_notice_to_a_worker_whose_account_is_away_is_said_in_the_staff_room(pair: Pair) -> None:
    await staff_room(pair, "B")
    await pair.say("a1", None, "帮助", hears="B")
    await pair.state("A", "gone")
    pair.sides["A"].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    await pair.wait(minutes=3)
    await pair.say("a1", None, "通知 全体网格员 明天开会", hears="B")
    said = await pair.say("a1", None, "确认 N1", hears="B")
    assert any("@小耿" in text and "明天开会" in text for text in texts(said, "staff"))
