"""Order and bounds of what is in hand."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.gateways.wechaty import lanes as lanes_module
from bot.gateways.wechaty.lanes import Found, Lanes


async def _drained(lanes: Lanes) -> None:
    async with asyncio.timeout(5):
        await lanes.drain()
    await lanes.close()


async def test_lookups_run_side_by_side_and_order_stays() -> None:
    lanes, done = Lanes(), []

    def arrival(chat: str, number: int, seconds: float):
        async def step() -> None:
            done.append((chat, number))

        async def find() -> Found:
            await asyncio.sleep(seconds)
            return chat, step

        return find

    for number in range(20):
        await lanes.add(arrival("ab"[number % 2], number, 0.05 if number % 3 else 0.0))
    began = asyncio.get_running_loop().time()
    await _drained(lanes)
    assert asyncio.get_running_loop().time() - began < 0.5
    assert [number for chat, number in done if chat == "a"] == list(range(0, 20, 2))
    assert [number for chat, number in done if chat == "b"] == list(range(1, 20, 2))


async def test_one_that_hangs_loses_its_place() -> None:
    lanes, done, held = Lanes(patience=0.05), [], asyncio.Event()

    async def slow() -> Found:
        await held.wait()
        return "a", lambda: _note(done, "slow")

    async def quick() -> Found:
        return "a", lambda: _note(done, "quick")

    await lanes.add(slow)
    await lanes.add(quick)
    await asyncio.sleep(0.2)
    assert done == ["quick"]
    held.set()
    await _drained(lanes)
    assert done == ["quick", "slow"]


async def test_two_that_hang_do_not_stop_what_follows() -> None:
    lanes, done, held = Lanes(patience=0.05), [], asyncio.Event()

    async def slow() -> Found:
        await held.wait()
        return None

    async def quick() -> Found:
        return "a", lambda: _note(done, "quick")

    for find in (quick, slow, slow, quick):
        await lanes.add(find)
    await asyncio.sleep(0.3)
    assert done == ["quick", "quick"]
    held.set()
    await _drained(lanes)


async def _note(done: list[str], what: str) -> None:
    done.append(what)


async def test_failures_are_logged_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    lanes, done = Lanes(), []

    async def broken_lookup() -> Found:
        raise ValueError("lookup")

    async def nothing() -> Found:
        return None

    async def broken_step() -> Found:
        return "a", lambda: _fail()

    async def fine() -> Found:
        return "a", lambda: _note(done, "fine")

    for find in (broken_lookup, nothing, broken_step, fine):
        await lanes.add(find)
    await _drained(lanes)
    assert done == ["fine"]
    assert caplog.text.count("lost") == 2
    assert all(record.levelno == logging.ERROR for record in caplog.records)


async def _fail() -> None:
    raise ValueError("step")


async def test_no_more_than_so_many_are_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "IN_HAND", 2)
    lanes, held = Lanes(), asyncio.Event()

    async def stuck() -> Found:
        return "a", held.wait

    await lanes.add(stuck)
    await lanes.add(stuck)
    third = asyncio.ensure_future(lanes.add(stuck))
    await asyncio.sleep(0.05)
    assert not third.done()
    held.set()
    await third
    await _drained(lanes)


async def test_closing_drops_what_is_in_hand() -> None:
    lanes = Lanes()

    async def stuck() -> Found:
        await asyncio.Event().wait()
        return None

    for _ in range(50):
        await lanes.add(stuck)
    await lanes.close()
