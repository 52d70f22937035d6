"""Events that broke the way in, or stopped the bot."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cleaning import clean_name
from handlers import dispatch
from handlers.ports import Event, EventKind
from storage.areas import RoomBinding
from storage.inbox import InboxEvent, InboxState
from storage.matters import Case
from tests.harness import NOON, Output, Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def put(talk: Talk, *events: Event) -> list[Output]:
    """Events as a gateway hands them over, all in one batch."""
    talk.replay.clock.moment = max(talk.replay.clock.moment, talk.now)
    await talk.replay.machine.inbox.store(events)
    await talk.replay.machine.settle(talk.now)
    return await talk._news()


def said(text: str, **more: object) -> Event:
    """A line of a resident of g1."""
    event = Event("x1", EventKind.MESSAGE, NOON, room="g1", sender="r1", sender_name="王姨", text=text)
    return replace(event, **more)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bug.db"
    return str(request.getfixturevalue("postgres")())


async def test_half_a_character_or_a_nul_no_longer_stops_the_inbox(url: str, tmp_path: Path) -> None:
    talk = await Talk(tmp_path, url=url).open()
    sent = await put(
        talk,
        said(f"\ud83d{LEAK}\x00", sender_name="王\x00姨\ud800", room_name="群\x00"),
        said("早上好", id="x2", sender="r2"),
    )
    assert "【事项 1】" in texts(sent, "g1")[0]
    assert await talk.rows(select(InboxEvent.state)) == [InboxState.DONE] * 2
    assert await talk.rows(select(Case.text)) == [LEAK]
    await talk.close()


async def test_zero_width_characters_no_longer_hide_a_command(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    sent = await talk.say("w1", "g1", "接\u200b单\ufeff 1\u2060")
    assert "已接单" in texts(sent, "g1")[0]


async def test_a_nickname_no_longer_turns_lines_around_or_looks_like_a_number(talk: Talk) -> None:
    await put(talk, said("早", sender="new", sender_name="【事项 9】\u202e小耿\n网格员"))
    sent = await put(talk, said(LEAK, id="x2", sender="new", sender_name="【事项 9】\u202e小耿\n网格员"))
    (text,) = texts(sent, "g1")
    assert "\u202e" not in text
    assert text.startswith("@[事项 9]小耿 网格员 【事项 1】")


@pytest.mark.parametrize("year", [1, 9999])
async def test_an_impossible_time_no_longer_stops_the_bot(talk: Talk, year: int) -> None:
    sent = await put(talk, said(LEAK, at=datetime(year, 1, 1, tzinfo=UTC)), said("早", id="x2"))
    assert "【事项 1】" in texts(sent, "g1")[0]


async def test_a_message_that_cannot_be_read_no_longer_stops_the_bot(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(text: str, context: object) -> object:
        if text == "炸":
            raise RecursionError
        return understood(text, context)

    understood = dispatch.read
    monkeypatch.setattr(dispatch, "read", read)
    await talk.say("d1", None, "帮助")
    with caplog.at_level(logging.CRITICAL):
        sent = await put(talk, said("早"), said("炸", id="x2"), said(LEAK, id="x3"))
    assert len(texts(sent, "@d1")) == 1
    assert "三次都没处理成" in texts(sent, "@d1")[0]
    assert "【事项 1】" in texts(sent, "g1")[0]
    states = await talk.rows(select(InboxEvent.state).order_by(InboxEvent.id))
    assert states == ["done", "done", "failed", "done"]


async def test_three_kills_before_anything_was_read_give_up_nothing(talk: Talk) -> None:
    await talk.replay.machine.inbox.store([said("早", id=f"y{n}") for n in range(dispatch.BATCH + 2)])
    for _ in range(3):
        await talk.replay.machine.recover()
    talk.replay.look_again()
    await talk.wait(seconds=1)
    assert set(await talk.rows(select(InboxEvent.state))) == {"done"}


async def test_what_stops_the_process_each_time_is_given_up_alone(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(BaseException):
        """As by a kill."""

    def read(text: str, context: object) -> object:
        if text == "炸":
            raise Stopped
        return understood(text, context)

    understood = dispatch.read
    monkeypatch.setattr(dispatch, "read", read)
    await talk.say("d1", None, "帮助")
    machine = talk.replay.machine
    await machine.inbox.store([said("早", id="y1"), said("炸", id="y2"), said("早", id="y3")])
    for _ in range(3):
        await machine.recover()
        with suppress(Stopped):
            while await machine.dispatch.step(talk.now):
                pass
    states = await talk.rows(select(InboxEvent.state).order_by(InboxEvent.id))
    assert states == ["done", "done", "failed", "done"]
    talk.replay.look_again()
    assert "三次" in texts(await talk.wait(seconds=1), "@d1")[0]


async def test_a_neighbour_who_leaves_no_longer_cuts_the_group_off(talk: Talk) -> None:
    gone = said("", id="left-1", kind=EventKind.LEFT, sender="r2", people=("r2",))
    await put(talk, gone)
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@w1"}


async def test_our_own_leaving_and_coming_back_are_noted(talk: Talk) -> None:
    left = select(RoomBinding.left_at).where(RoomBinding.external_id == "g1")
    gone = said("", id="left-1", kind=EventKind.LEFT, from_self=True, people=("bot",))
    await put(talk, gone)
    assert await talk.rows(left) == [NOON]
    await put(talk, replace(gone, id="joined-1", kind=EventKind.JOINED))
    assert await talk.rows(left) == [None]
    await put(talk, replace(gone, id="left-2"))
    await talk.wait(minutes=1)
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@w1"}  # who hears a group is in it


async def test_letters_that_show_nothing_are_no_name(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "我妈\u3164王秀英\u3164不见了，78岁，紫外套，早上从老粮站走的")
    assert "\n王秀英，女，78岁\n" in texts(said, "g1")[0]
    assert "等网格员核实" in texts(await talk.say("r1", "g1", "查\u3164M1"), "g1")[0]
    assert clean_name("\u3164\u2800 ") == ""
