"""What becomes of a delivery when a call goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.gateways.protocol import Address, GatewayError, RateLimited, Refused, Unknown, Unreachable
from bot.pacing import PaceRules
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from tests.harness import Talk, rooms, texts

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
    assert pacer.rate == 0.5
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
