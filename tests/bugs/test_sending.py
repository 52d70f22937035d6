"""What held the sender up, or stopped it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from bot.gateways.protocol import Address, Unreachable
from bot.machine import Machine, SystemClock
from bot.pacing import Pacer, PaceRules
from handlers import due
from handlers.ports import MessageType
from handlers.posting import Piece, Target, post
from handlers.turn import Turn
from storage.agenda import DueItem
from storage.areas import Chat
from storage.outbox import DeliveryPart, PartState, Sort
from tests.harness import NOON, Talk, rooms, texts

MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"


def paced(talk: Talk) -> None:
    talk.replay.machine.courier._pacer = Pacer(PaceRules(), random.Random(0))


async def test_too_many_replies_no_longer_hold_an_alert(talk: Talk) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "谁管我")
    paced(talk)
    for _ in range(45):
        await talk.say("r2", None, "帮助")
    before = talk.now
    sent = await talk.say("w1", None, "确认 M1")
    sent += await talk.wait(seconds=30)
    cards = [one for one in sent if "紧急寻人" in one.text]
    assert {one.room for one in cards} == {"g1", "g2", "g3"}
    assert max(one.at for one in cards) - before < timedelta(seconds=15)


async def test_the_second_half_of_a_text_no_longer_overtakes_the_first(talk: Talk) -> None:
    gateway, failing = talk.replay.gateway, [True]
    send = gateway.send_text

    async def call(to: Address, text: str, mentions: Sequence[str] = ()) -> str:
        if failing and text.startswith("甲"):
            failing.clear()
            raise Unreachable("down")
        return await send(to, text, mentions)

    gateway.send_text = call  # type: ignore[method-assign]
    async with talk.database.write() as session:
        chat = await session.scalar(select(Chat.id).where(col(Chat.room_id).is_not(None)).limit(1))
        turn = Turn(session, talk.now, talk.replay.machine.outside)
        await post(turn, "-", Sort.CASE, [Piece("甲" * 1000 + "\n" + "乙" * 1000)], [Target(chat or 0)])
    talk.replay.look_again()
    sent = await talk.wait(minutes=1)
    assert [one.text[0] for one in sent] == ["甲", "乙"]


async def test_a_gateway_away_for_three_hours_loses_nothing(talk: Talk) -> None:
    gateway, send = talk.replay.gateway, talk.replay.gateway.send_text

    async def call(to: Address, text: str, mentions: Sequence[str] = ()) -> str:
        if talk.replay.clock.now() < NOON + timedelta(hours=3):
            raise Unreachable("down")
        return await send(to, text, mentions)

    gateway.send_text = call  # type: ignore[method-assign]
    await talk.say("r1", "g1", "3栋楼道灯坏了，晚上看不见，能不能来修一下")
    sent = await talk.wait(hours=5)
    assert "g1" in rooms(sent)


async def test_a_poster_that_cannot_be_drawn_no_longer_stops_the_bot(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def picture(*_: object) -> tuple[bytes, str]:
        raise ZeroDivisionError

    monkeypatch.setattr(talk.replay.machine.courier._drawing, "picture", picture)
    with caplog.at_level(logging.CRITICAL):
        await talk.say("r1", "g1", MISSING)
        sent = await talk.say("w1", None, "确认 M1")
    assert {"g1", "g2", "g3"} <= rooms(sent)
    states = await talk.rows(select(DeliveryPart.state).where(DeliveryPart.turn == 1))
    assert set(states) == {PartState.FAILED}


async def test_a_picture_that_breaks_its_decoder_is_failed(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def broken(_: object) -> None:
        raise EOFError

    monkeypatch.setattr("bot.pictures.Image.open", broken)
    (tmp_path / "x.jpg").write_bytes(b"x")
    await talk.say("r1", "g1", MISSING)
    await talk.say("r1", "g1", "", image=tmp_path / "x.jpg", type=MessageType.PICTURE)
    assert {"g1", "g2", "g3"} <= rooms(await talk.say("w1", None, "确认 M1"))


async def test_what_is_due_is_never_dropped(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]
    done: list[str] = []

    async def work(turn: Turn, ref: str) -> None:
        if broken:
            raise ZeroDivisionError
        done.append(ref)

    monkeypatch.setattr(due, "DUE", {**due.DUE, "test": work})
    await talk.say("d1", None, "帮助")
    async with talk.database.write() as session:
        session.add(DueItem(kind="test", ref="x", due_at=talk.now))
    talk.replay.look_again()
    with caplog.at_level(logging.CRITICAL):
        sent = await talk.wait(hours=5)
    assert len(texts(sent, "@d1")) == 1
    broken.clear()
    await talk.wait(hours=2)
    assert done == ["x"]


class Hanging:
    """A gateway on which pictures never come."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def run(self, sink: object) -> None:
        await asyncio.Event().wait()

    async def fetch_picture(self, handle: str) -> bytes:
        await asyncio.Event().wait()
        return b""


async def _running(talk: Talk) -> Machine:
    old = talk.replay.machine
    return Machine(
        talk.database,
        Hanging(talk.replay.gateway),  # type: ignore[arg-type]
        old.account_id,
        talk.rules,
        SystemClock(),
        pacer=Pacer(None, random.Random(0)),
    )


async def _until(done: Any) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.02)


async def test_a_picture_that_never_comes_no_longer_holds_the_sender(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"x")
    await talk.say("r1", "g1", MISSING)
    machine = await _running(talk)
    runs = asyncio.create_task(machine.run())
    line = talk.replay.event
    from bot.replay import Input

    shot = Input("p1", SystemClock().now(), "r1", "g1", "", image=tmp_path / "x.jpg", type=MessageType.PICTURE)
    await machine.inbox.put(line(shot))
    await asyncio.sleep(0.5)
    count = len(talk.outputs)
    await machine.inbox.put(line(Input("p2", SystemClock().now(), "r2", None, "帮助")))
    await _until(lambda: len(talk.outputs) > count)
    runs.cancel()
    await asyncio.gather(runs, return_exceptions=True)


async def test_a_database_that_is_locked_for_long_no_longer_stops_the_bot(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.machine.DATABASE_AGAIN", 0.05)
    machine = await _running(talk)
    locked = [3]
    write = type(talk.database).write

    def sometimes(database: Any) -> Any:
        if locked[0] and asyncio.current_task() not in (None, main):
            locked[0] -= 1
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        return write(database)

    main = asyncio.current_task()
    from bot.replay import Input

    await machine.inbox.put(talk.replay.event(Input("p2", SystemClock().now(), "r2", None, "帮助")))
    monkeypatch.setattr("storage.engine.RETRIES", 1)
    recover = machine.recover

    async def recovered() -> None:
        await recover()
        monkeypatch.setattr(type(talk.database), "write", sometimes)

    monkeypatch.setattr(machine, "recover", recovered)
    with caplog.at_level(logging.CRITICAL):
        runs = asyncio.create_task(machine.run())
        await _until(lambda: len(talk.outputs) == 1 or runs.done())
        assert not runs.done()
    runs.cancel()
    await asyncio.gather(runs, return_exceptions=True)


async def test_a_database_that_stumbles_is_asked_again_soon_and_then_less_and_less_often(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = await _running(talk)
    naps: list[float] = []
    faults = [True] * 7 + [False] + [True]

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    async def work() -> None:
        if not faults:
            raise asyncio.CancelledError
        if faults.pop(0):
            raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr("bot.machine.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await machine._steadily(work)
    assert naps == [0.25, 0.5, 1, 2, 4, 5, 5, 0.25]
