"""Two accounts of ours hear each other, and hear the same people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import inbox
from handlers.ports import Event, EventKind, MessageType, Quote
from storage.areas import Chat, RoomBinding
from storage.inbox import InboxEvent, InboxState, Outcome
from storage.matters import Alert, Case
from storage.outbox import Delivery, DeliveryPart, PartState, PostPart
from storage.people import Account, Contact, ContactBinding
from tests.accounts.pair import Pair
from tests.harness import texts

REPAIR = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
ID_OF_A = "wxid_a"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both accounts in every group, A speaking; the chat system has told A its own id."""
    url = f"sqlite:///{tmp_path}/pair.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    made = await Pair(str(url)).open()
    await made.sides["A"].machine._take(Event("online", EventKind.ONLINE, made.clock.now(), sender=ID_OF_A))
    yield made
    await made.close()


async def said_by_a(pair: Pair, room: str | None, text: str, **more: Any) -> None:
    """B hears something that A says."""
    pair._count += 1
    event = Event(
        f"B-{pair._count}", more.pop("kind", EventKind.MESSAGE), pair.clock.now(), room=room, room_name=room or "",
        sender=ID_OF_A, sender_name="格格", text=text, **more,
    )  # fmt: skip
    await pair.sides["B"].machine.inbox.store([event])
    await pair.settle()


async def copies(pair: Pair) -> list[InboxEvent]:
    mine = InboxEvent.account_id == pair.sides["B"].account_id
    return await pair.rows(select(InboxEvent).where(mine, InboxEvent.kind == "message").order_by(InboxEvent.id))


async def test_an_account_learns_its_own_id(pair: Pair) -> None:
    known = dict.fromkeys(await pair.rows(select(Account.external_id)))
    assert list(known) in ([ID_OF_A, None], [None, ID_OF_A])
    await pair.sides["A"].machine._take(Event("off", EventKind.OFFLINE, pair.clock.now(), subject="gone"))
    assert ID_OF_A in await pair.rows(select(Account.external_id))


async def test_what_one_account_says_in_a_group_is_no_message_to_the_other(pair: Pair) -> None:
    people = await pair.rows(select(func.count()).select_from(Contact))
    await said_by_a(pair, "g1", REPAIR)
    [copy] = await copies(pair)
    assert (copy.state, copy.outcome, copy.contact_id) == (InboxState.DONE, Outcome.OWN, None)
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    await said_by_a(pair, "g1", "我爸走丢了，72岁，灰夹克，有没有人看到")
    assert not await pair.rows(select(Case))
    assert not await pair.rows(select(Alert))
    assert await pair.rows(select(func.count()).select_from(Contact)) == people


async def test_what_one_account_says_to_the_other_in_private_is_dropped(pair: Pair) -> None:
    chats = await pair.rows(select(func.count()).select_from(Chat))
    await said_by_a(pair, None, REPAIR)
    assert not await copies(pair)
    assert await pair.rows(select(func.count()).select_from(Chat)) == chats
    assert not pair.sides["B"].gateway.sent


async def test_what_the_other_account_heard_settles_what_nobody_answered(pair: Pair) -> None:
    [post] = texts(await pair.say("r1", "g1", REPAIR), "g1")
    async with pair.database.write() as session:
        part = await session.scalar(select(DeliveryPart).order_by(DeliveryPart.id).limit(1))
        assert part is not None
        part.state, part.external_id = PartState.UNKNOWN, None
    await said_by_a(pair, "g1", post)
    [part] = await pair.rows(select(DeliveryPart).where(DeliveryPart.id == part.id))
    assert (part.state, part.external_id) == (PartState.SENT, None), "what B calls the message means nothing to A"


async def test_what_a_dead_account_was_sending_and_the_other_heard_is_not_sent_again(pair: Pair) -> None:
    await pair.say("r1", "g1", "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克，有没有人看到")
    pair.sides["A"].alive = False
    await pair.say("w1", None, "确认 M1", hears="B")
    waiting = select(DeliveryPart).where(
        DeliveryPart.state == PartState.QUEUED, DeliveryPart.account_id == pair.sides["A"].account_id
    )
    async with pair.database.write() as session:
        part = (await session.scalars(waiting.order_by(DeliveryPart.id))).first()
        assert part is not None
        part.state, part.tried_at, part.tries = PartState.SENDING, pair.clock.now(), 1
        said = select(PostPart.text, RoomBinding.external_id).select_from(Delivery)
        said = said.join(PostPart, PostPart.post_id == Delivery.post_id).where(PostPart.number == part.number)
        said = said.join(RoomBinding, RoomBinding.chat_id == Delivery.chat_id).where(Delivery.id == part.delivery_id)
        text, room = (await session.execute(said.limit(1))).one()
    await said_by_a(pair, room, text)
    await pair.wait(minutes=7)
    assert (text, room) not in [(one.text, one.room) for one in pair.sides["B"].gateway.sent]
    assert await pair.rows(select(DeliveryPart.state).where(DeliveryPart.id == part.id)) == [PartState.SENT]


async def test_a_post_of_one_account_can_be_quoted_to_the_other(pair: Pair) -> None:
    [post] = texts(await pair.say("r1", "g1", REPAIR), "g1")
    await said_by_a(pair, "g1", post)
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    quote = Quote(f"B-{pair._count}", post, ID_OF_A)
    event = Event(
        "B-quote", EventKind.MESSAGE, pair.clock.now(), room="g1", sender="w1", sender_name="小耿", text="接单",
        quote=quote,
    )  # fmt: skip
    await pair.sides["B"].machine.inbox.store([event])
    assert any("【事项 1】" in text and "已接单" in text for text in texts(await pair.settle(), "g1"))


async def test_that_one_account_leaves_a_group_does_not_mean_the_other(pair: Pair) -> None:
    await said_by_a(pair, "g1", "", kind=EventKind.LEFT, type=MessageType.SYSTEM, people=(ID_OF_A,))
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    assert texts(await pair.say("r1", "g1", REPAIR, hears="B"), "g1")


@pytest.mark.postgres
async def test_somebody_new_whom_two_accounts_hear_at_once_is_one_person(
    postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await Pair(postgres()).open()
    adopting = inbox.adopt_names

    async def slowly(*known: Any) -> None:
        await adopting(*known)
        await asyncio.sleep(0.2)  # until the other has looked too

    monkeypatch.setattr(inbox, "adopt_names", slowly)
    events = {
        name: Event(f"{name}-1", EventKind.MESSAGE, pair.clock.now(), room="g1", sender="new", sender_name="新来的",
                    text="大家好")
        for name in "AB"
    }  # fmt: skip
    await asyncio.gather(*(pair.sides[name].machine.inbox.store([event]) for name, event in events.items()))
    assert len(await pair.rows(select(Contact).where(Contact.name == "新来的"))) == 1
    bound = await pair.rows(select(ContactBinding.contact_id).where(ContactBinding.external_id == "new"))
    assert len(bound) == 2
    assert len(set(bound)) == 1
    await pair.close()
