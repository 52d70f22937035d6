"""Two accounts in the same groups: one works, the other stands by, and takes over when the first falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import delete, select
from sqlmodel import col

from bot.gateways.protocol import GatewayState
from handlers.ports import Event, EventKind, MessageType
from storage.agenda import DueItem
from storage.areas import Chat, Room, RoomBinding
from storage.inbox import InboxEvent, InboxState, Picture
from storage.matters import Alert, Case
from storage.outbox import DeliveryPart, PartState
from storage.people import Contact
from tests.accounts.pair import Pair
from tests.harness import rooms, texts

REPAIR = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"
TOWN_ROOMS = {"g1", "g2", "g3"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both accounts bound in every group, A speaking."""
    url = f"sqlite:///{tmp_path}/pair.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    made = await Pair(str(url)).open()
    yield made
    await made.close()


async def test_both_hear_a_message_and_one_works_it(pair: Pair) -> None:
    said = await pair.say("r1", "g1", REPAIR)
    assert len(texts(said, "g1")) == 1
    assert len(await pair.rows(select(Case))) == 1
    assert not pair.sides["B"].gateway.sent
    assert sorted(await pair.rows(select(InboxEvent.state))) == [InboxState.DONE, InboxState.SHADOW]


async def test_a_dead_account_is_taken_over_with_what_is_queued_for_it(pair: Pair) -> None:
    await pair.say("r1", "g1", MISSING)
    pair.sides["A"].alive = False
    await pair.say("w1", None, "确认 M1", hears="B")
    assert not TOWN_ROOMS & rooms(pair.sides["B"].gateway.sent), "nobody speaks there yet but A"
    assert await pair.rows(select(DeliveryPart).where(DeliveryPart.state == PartState.QUEUED))
    assert not TOWN_ROOMS & rooms(await pair.wait(minutes=3))
    said = await pair.wait(minutes=4)
    assert rooms(said) >= TOWN_ROOMS
    assert all(sum("紧急寻人" in text for text in texts(said, room)) == 1 for room in ("g2", "g3"))
    assert await pair.speakers() == {"B"}
    assert not await pair.rows(select(DeliveryPart).where(DeliveryPart.state == PartState.QUEUED))


async def test_an_offline_account_whose_process_lives_is_taken_over_too(pair: Pair) -> None:
    await pair.state("A", "gone")
    pair.sides["A"].gateway.state = GatewayState.GONE  # type: ignore[assignment]
    await pair.wait(minutes=3)
    assert await pair.speakers() == {"A"}
    await pair.wait(minutes=3)
    assert await pair.speakers() == {"B"}
    await pair.state("A", "online")
    pair.sides["A"].gateway.state = GatewayState.ONLINE  # type: ignore[assignment]
    said = await pair.say("r1", "g1", REPAIR)
    assert len(texts(said, "g1")) == 1, "A stands by now"
    assert not rooms(pair.sides["A"].gateway.sent) & {"g1"}


async def test_a_silent_account_is_no_dead_one(pair: Pair) -> None:
    await pair.state("A", "silent")
    await pair.wait(minutes=30)
    assert await pair.speakers() == {"A"}


async def test_shadows_are_worked_that_the_other_never_heard(pair: Pair) -> None:
    await pair.say("r1", "g1", REPAIR)
    pair.sides["A"].alive = False
    pair.clock.moment += timedelta(minutes=1)
    await pair.say("r3", "g2", MISSING, hears="B")
    assert not await pair.rows(select(Alert))
    said = await pair.wait(minutes=7)
    assert texts(said, "g2")
    assert len(await pair.rows(select(Alert))) == 1
    assert len(await pair.rows(select(Case))) == 1, "what A had worked is not worked again"
    assert not await pair.rows(select(InboxEvent).where(InboxEvent.state == InboxState.SHADOW))


async def test_the_same_words_twice_are_two_messages(pair: Pair) -> None:
    await pair.say("r1", "g1", "有人在吗")
    await pair.say("r1", "g1", "有人在吗", hears="B")
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    own = select(InboxEvent).where(InboxEvent.account_id == pair.sides["B"].account_id, InboxEvent.kind == "message")
    assert len(await pair.rows(own)) == 1


async def test_what_the_dead_account_had_stored_is_worked(pair: Pair) -> None:
    pair.sides["A"].alive = False
    await pair.say("r1", "g1", REPAIR)
    assert not await pair.rows(select(Case))
    said = await pair.wait(minutes=7)
    assert texts(said, "g1")
    assert len(await pair.rows(select(Case))) == 1


async def test_our_own_posts_are_nobodys_message(pair: Pair) -> None:
    said = await pair.say("r1", "g1", REPAIR)
    post = texts(said, "g1")[0]
    await pair.say("bot-a", "g1", post, hears="B")
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    assert len(await pair.rows(select(Case))) == 1
    assert not await pair.rows(select(InboxEvent).where(col(InboxEvent.external_id) == "B-2"))


async def test_what_was_being_sent_is_repeated_if_urgent_by_the_new_one(pair: Pair) -> None:
    await pair.say("r1", "g1", MISSING)
    pair.sides["A"].alive = False
    await pair.say("w1", None, "确认 M1", hears="B")
    async with pair.database.write() as session:
        waiting = select(DeliveryPart).where(
            DeliveryPart.state == PartState.QUEUED, DeliveryPart.account_id == pair.sides["A"].account_id
        )
        part = (await session.scalars(waiting.order_by(col(DeliveryPart.id)))).first()
        assert part is not None
        part.state, part.tried_at, part.tries = PartState.SENDING, pair.clock.now(), 1
        number = part.id
    await pair.wait(minutes=7)
    [part] = await pair.rows(select(DeliveryPart).where(DeliveryPart.id == number))
    assert (part.state, part.doubtful, part.account_id) == (PartState.SENT, True, pair.sides["B"].account_id)


async def test_an_account_without_its_lease_sends_nothing(pair: Pair) -> None:
    side = pair.sides["A"]
    side.lease._ends = float("-inf")
    said = await pair.say("r1", "g1", REPAIR)
    assert not texts(said, "g1")
    await side.lease.renew()
    said = await pair.wait(minutes=2)
    assert len(texts(said, "g1")) == 1


async def test_who_writes_to_an_account_is_answered_by_it(pair: Pair) -> None:
    await pair.say("w1", None, "帮助", hears="A")
    assert rooms(pair.sides["A"].gateway.sent) == {"@w1"}
    await pair.say("w1", None, "帮助", hears="B")
    assert rooms(pair.sides["B"].gateway.sent) == {"@w1"}


async def test_the_admins_hear_of_a_takeover(pair: Pair) -> None:
    await pair.say("d1", None, "帮助", hears="B")
    pair.sides["A"].alive = False
    said = await pair.wait(minutes=7)
    assert any("B 已接手" in text for text in texts(said, "@d1"))


async def test_shadows_are_forgotten(pair: Pair) -> None:
    await pair.say("r1", "g1", "今天天气不错")
    await pair.wait(minutes=40)
    assert not await pair.rows(select(InboxEvent).where(InboxEvent.state == InboxState.SHADOW))


async def test_names_that_every_account_uses_are_known_at_once(tmp_path: Path) -> None:
    pair = await Pair(f"sqlite:///{tmp_path}/stable.db").open(bound="A")
    said = await pair.say("r1", "g1", REPAIR)
    assert len(texts(said, "g1")) == 1
    here = select(RoomBinding.account_id).join(Chat, col(RoomBinding.chat_id) == col(Chat.id)).join(Room)
    assert len(await pair.rows(here.where(Room.key == "g1"))) == 2
    assert len(await pair.rows(select(Contact).where(Contact.name == "r1"))) <= 1
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    said = await pair.say("r1", "g1", "3栋楼道灯坏了，晚上看不见，能不能来修一下", hears="B")
    assert texts(said, "g1")
    await pair.close()


async def test_a_standby_is_bound_by_the_same_code(tmp_path: Path) -> None:
    pair = await Pair(f"sqlite:///{tmp_path}/codes.db").open(bound="A")
    pair.sides["B"].machine.inbox._stable = False
    async with pair.database.write() as session:
        room = await session.scalar(select(Room).where(Room.key == "g1"))
        assert room is not None
        room.bind_code = "K7Q2ABCD"
    events = {
        name: Event(f"{name}-1", EventKind.MESSAGE, pair.clock.now(), room=f"{name}:g1" if name == "B" else "g1",
                    sender=f"{name}:w1" if name == "B" else "w1", sender_name="小耿", text="绑定 K7Q2ABCD")
        for name in "AB"
    }  # fmt: skip
    for name in "AB":
        await pair.sides[name].machine.inbox.store([events[name]])
    said = await pair.settle()
    assert [one.room for one in said] == ["g1"], "A answers"
    [code] = await pair.rows(select(Room.bind_code).where(Room.key == "g1"))
    assert code != "K7Q2ABCD"
    here = select(RoomBinding.external_id).join(Chat, col(RoomBinding.chat_id) == col(Chat.id)).join(Room)
    assert set(await pair.rows(here.where(Room.key == "g1"))) == {"g1", "B:g1"}
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    speaking = select(Chat.account_id).join(Room).where(Room.key == "g1")
    assert await pair.rows(speaking) == [pair.sides["B"].account_id]
    await pair.close()


async def test_who_has_left_a_group_hands_it_on(pair: Pair) -> None:
    left = Event("A-left", EventKind.LEFT, pair.clock.now(), room="g1", from_self=True)
    await pair.sides["A"].machine.inbox.store([left])
    await pair.settle()
    said = await pair.say("r1", "g1", REPAIR, hears="B")
    assert texts(said, "g1")
    assert rooms(pair.sides["B"].gateway.sent) >= {"g1"}


async def test_a_picture_that_the_dead_account_was_to_fetch_is_fetched_by_the_other(pair: Pair, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (400, 300), "gray").save(photo)
    await pair.say("r1", "g1", MISSING)
    pair.sides["A"].machine.fetcher._gateway = None  # type: ignore[assignment]
    pair.sides["A"].alive = False
    await pair.say("r1", "g1", "", type=MessageType.PICTURE, picture="photo")
    await pair.sides["A"].machine.dispatch.step(pair.clock.now())
    assert await pair.rows(select(Picture.state).where(Picture.account_id == pair.sides["A"].account_id)) == ["wanted"]
    pair.sides["B"].gateway.pictures["B:photo"] = photo
    await pair.wait(minutes=7)
    assert await pair.rows(select(Picture.state)) == ["ready"]


async def test_two_processes_that_start_at_once_both_start(pair: Pair) -> None:
    """On a new PostgreSQL one of them died of what the other had just written."""
    for _ in range(5):
        async with pair.database.write() as session:
            await session.execute(delete(DueItem))
        await asyncio.gather(*(side.machine.recover() for side in pair.sides.values() for _ in range(3)))
    kinds = await pair.rows(select(DueItem.kind))
    assert len(kinds) == len(set(kinds)) > 0
