"""What becomes of a delivery when a call goes wrong."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from bot.gateways.protocol import Address, GatewayError, RateLimited, Refused, Unknown, Unreachable
from bot.pacing import Pacer, PaceRules
from handlers.ports import Event, EventKind
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Priority, Sort
from tests.harness import NOON, Talk, rooms, texts

MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"
REPAIR = "3栋楼道灯坏了，晚上看不见，能不能来修一下"


class Faults:
    """Makes the next calls to some rooms fail, before or after the text got through."""

    def __init__(self, talk: Talk) -> None:
        self._send = talk.replay.gateway.send_text
        self.planned: list[tuple[str, GatewayError, bool]] = []
        self.during: Callable[[], Any] | None = None
        talk.replay.gateway.send_text = self._call  # type: ignore[method-assign]

    def plan(self, room: str, error: GatewayError, *, arrives: bool = False) -> None:
        """The next call to `room` raises `error`; `arrives` says whether the text gets there all the same."""
        self.planned.append((room, error, arrives))

    async def _call(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str:
        for planned in self.planned:
            room, error, arrives = planned
            if room == to.room:
                self.planned.remove(planned)
                if arrives:
                    await self._send(to, text, mentions)
                if self.during:
                    await self.during()
                raise error
        return await self._send(to, text, mentions)


async def states(talk: Talk, sort: Sort) -> list[str]:
    """The states of the text parts of posts of this sort."""
    return await talk.rows(
        select(DeliveryPart.state)
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.sort == sort, col(DeliveryPart.number) == 0)
        .order_by(col(DeliveryPart.id))
    )


async def test_unreachable_is_tried_again(talk: Talk) -> None:
    faults = Faults(talk)
    faults.plan("g1", Unreachable("down"))
    assert rooms(await talk.say("r1", "g1", REPAIR)) == {"@w1"}
    assert "【事项 1】" in texts(await talk.wait(seconds=30), "g1")[0]


async def test_refused_is_final_and_the_others_get_theirs(talk: Talk) -> None:
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    faults.plan("g2", Refused("not a member"))
    said = await talk.say("w1", None, "确认 M1")
    assert {"g1", "g3"} <= rooms(said)
    said = await talk.wait(minutes=5)
    assert "g2" not in {one.room for one in said if one.text}
    assert PartState.FAILED in await states(talk, Sort.ALERT)
    said = await talk.say("w1", None, "找到 M1")
    assert "g2" not in rooms(said)
    assert {"g1", "g3"} <= rooms(said)


async def test_an_unknown_urgent_post_is_repeated_once(talk: Talk) -> None:
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    faults.plan("g2", Unknown("late"), arrives=True)
    said = await talk.say("w1", None, "确认 M1")
    assert sum("紧急寻人" in text for text in texts(said, "g2")) == 2


async def test_an_unknown_urgent_post_is_not_repeated_twice(talk: Talk) -> None:
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    faults.plan("g2", Unknown("late"))
    faults.plan("g2", Unknown("late"))
    said = await talk.say("w1", None, "确认 M1")
    assert not any("紧急寻人" in text for text in texts(said, "g2"))
    assert PartState.UNKNOWN in await states(talk, Sort.ALERT)
    said = await talk.say("w1", None, "找到 M1")
    assert "g2" in rooms(said), "who perhaps received the alert gets its end"


async def test_an_unknown_routine_post_is_never_repeated(talk: Talk) -> None:
    faults = Faults(talk)
    await talk.say("t1", None, "通知 全镇 明天停水")
    faults.plan("g2", Unknown("late"), arrives=True)
    said = await talk.say("t1", None, "确认 N1")
    said += await talk.wait(minutes=30)
    assert len(texts(said, "g2")) == 1
    assert (await states(talk, Sort.NOTICE)).count(PartState.UNKNOWN) == 1


async def test_our_own_message_settles_an_unknown_delivery(talk: Talk) -> None:
    faults = Faults(talk)
    await talk.say("t1", None, "通知 全镇 明天停水")
    faults.plan("g2", Unknown("late"), arrives=True)
    await talk.say("t1", None, "确认 N1")
    (seen,) = (one for one in talk.outputs if one.room == "g2")
    await talk.echo(seen)
    assert set(await states(talk, Sort.NOTICE)) == {PartState.SENT}


@pytest.mark.parametrize("sort", [Sort.ALERT, Sort.NOTICE])
async def test_our_own_message_may_come_back_before_the_call_ends(talk: Talk, sort: Sort) -> None:
    faults = Faults(talk)
    if sort == Sort.ALERT:
        await talk.say("r1", "g1", MISSING)
        last = "确认 M1"
    else:
        await talk.say("t1", None, "通知 全镇 明天停水")
        last = "确认 N1"

    async def come_back() -> None:
        shown = next(one for one in reversed(talk.outputs) if one.room == "g2")
        own = Event("back", EventKind.MESSAGE, talk.now, room="g2", from_self=True, text=shown.text)
        await talk.replay.machine.inbox.store([own])

    faults.plan("g2", Unknown("late"), arrives=True)
    faults.during = come_back
    said = await talk.say("w1" if sort == Sort.ALERT else "t1", None, last)
    said += await talk.wait(minutes=30)
    assert len([text for text in texts(said, "g2") if text]) == 1
    assert set(await states(talk, sort)) == {PartState.SENT}


async def test_what_came_back_before_a_crash_was_sent(talk: Talk) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "确认 M1")
    shown = next(one for one in reversed(talk.outputs) if one.room == "g2" and "紧急寻人" in one.text)
    async with talk.database.write() as session:
        part = (await session.scalars(select(DeliveryPart).where(DeliveryPart.external_id == shown.message_id))).one()
        part.state, part.external_id = PartState.SENDING, None
    own = Event("back", EventKind.MESSAGE, talk.now, room="g2", from_self=True, text=shown.text)
    await talk.replay.machine.inbox.store([own])
    await talk.replay.machine.courier.recover()
    assert not any("紧急寻人" in text for text in texts(await talk.wait(minutes=5), "g2"))
    assert set(await states(talk, Sort.ALERT)) == {PartState.SENT}


async def test_a_clean_stop_waits_for_the_call_under_way(talk: Talk) -> None:
    courier, gateway = talk.replay.machine.courier, talk.replay.gateway
    sending, called = gateway.send_text, asyncio.Event()

    async def slowly(to: Address, text: str, mentions: Sequence[str] = ()) -> str:
        called.set()
        await asyncio.sleep(0.2)
        return await sending(to, text, mentions)

    await talk.replay.machine.inbox.store([Event("m", EventKind.MESSAGE, talk.now, "g1", sender="r1", text=REPAIR)])
    while await talk.replay.machine.dispatch.step(talk.now):
        pass
    gateway.send_text = slowly  # type: ignore[method-assign]
    work = asyncio.create_task(courier.step(talk.now))
    await called.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    gateway.send_text = sending  # type: ignore[method-assign]
    assert sorted(await talk.rows(select(DeliveryPart.state))) == [PartState.QUEUED, PartState.SENT]
    await talk.wait(minutes=1)
    assert sorted(one.room for one in talk.outputs) == ["@w1", "g1"]


@pytest.mark.parametrize("error", [Unreachable("down"), Unknown("late")])
async def test_an_alert_that_ended_meanwhile_is_not_sent_again(talk: Talk, error: GatewayError) -> None:
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "确认 M1")
    async with talk.database.write() as session:
        part = (await session.scalars(select(DeliveryPart).order_by(col(DeliveryPart.id).desc()).limit(1))).one()
        part.state = PartState.QUEUED
    await talk.say("w1", None, "找到 M1")
    assert faults.planned == []
    async with talk.database.write() as session:
        part.state = PartState.QUEUED
        session.add(await session.merge(part))
    said = await talk.wait(minutes=5)
    assert not any("紧急寻人" in one.text or one.image for one in said)


async def test_a_rate_error_pauses_and_halves(talk: Talk) -> None:
    from bot.pacing import Pacer

    faults = Faults(talk)
    pacer = Pacer(PaceRules(), talk.replay._random)
    talk.replay.machine.courier._pacer = pacer
    faults.plan("g1", RateLimited("too fast"))
    await talk.say("r1", "g1", REPAIR)
    assert pacer.standing.rate == 0.5
    assert await talk.wait(minutes=5) == []
    assert {"g1", "@w1"} == rooms(await talk.wait(minutes=10))


async def test_a_notice_stopped_while_a_call_failed_is_not_sent_again(talk: Talk) -> None:
    faults = Faults(talk)
    await talk.say("t1", None, "通知 全镇 明天停水")
    faults.plan("g2", Unreachable("down"))
    await talk.say("t1", None, "确认 N1")
    await talk.say("t1", None, "停止 N1")
    assert "g2" not in rooms(await talk.wait(minutes=30))
    assert (await states(talk, Sort.NOTICE)).count(PartState.CANCELLED) == 1


@pytest.mark.postgres
async def test_what_is_cancelled_while_the_courier_reaches_for_it_is_not_sent(
    tmp_path: Path, postgres: Callable[[], str]
) -> None:
    talk = await Talk(tmp_path, url=postgres()).open()
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    faults.plan("g2", Unreachable("down"))
    await talk.say("w1", None, "确认 M1")
    waiting = col(DeliveryPart.state) == PartState.QUEUED
    async with talk.database.write() as session:
        await session.execute(update(DeliveryPart).where(waiting).values(state=PartState.CANCELLED))
        sending = asyncio.create_task(talk.replay.machine.courier.step(talk.now + timedelta(minutes=1)))
        await asyncio.sleep(0.5)
    await sending
    assert PartState.CANCELLED in await states(talk, Sort.ALERT)
    assert not texts(talk.outputs, "g2")
    await talk.close()


@pytest.mark.parametrize("tried", [True, False])
async def test_a_clock_set_back_holds_nothing_that_was_due(talk: Talk, tried: bool) -> None:
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    faults.plan("g2", Unreachable("down"))
    await talk.say("w1", None, "确认 M1")
    if not tried:  # as if the courier had not come to it before the clock was set back
        unsent = update(DeliveryPart).where(col(DeliveryPart.state) == PartState.QUEUED)
        async with talk.database.write() as session:
            await session.execute(unsent.values(tries=0, tried_at=None, due_at=talk.now))
            await session.execute(update(Post).values(at=talk.now))
    talk.replay.clock.moment = talk.now - timedelta(hours=1)
    await talk.replay.machine.courier.step(talk.replay.clock.moment)
    assert texts(talk.outputs, "g2")


async def test_a_clock_set_back_holds_no_account() -> None:
    pacer = Pacer(PaceRules(), random.Random(0))
    pacer.note(Priority.URGENT, NOON)
    pacer.pause(NOON)
    earlier = NOON - timedelta(hours=1)
    assert pacer.free_at(Priority.URGENT, earlier) <= earlier + timedelta(minutes=PaceRules().pause_minutes)
