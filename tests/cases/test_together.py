"""Messages that arrived together are handled together, and one that fails stops no other."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.cases import reporting
from handlers.ports import Event, EventKind
from handlers.turn import Turn
from storage.areas import Area
from storage.inbox import InboxEvent
from storage.matters import Case
from tests.harness import Talk, texts

SAID = (
    ("r1", "g1", "楼道灯坏了，麻烦派人来修一下"),
    ("r2", "g1", "今天天气真好"),
    ("r3", "g2", "我们楼下的井盖坏了，麻烦派人来修一下"),
    ("r4", "g3", "门口的路灯不亮了，麻烦派人来修一下"),
    ("r3", "g2", "好的收到"),
    ("r1", "g1", "东门的垃圾好几天没人清，臭死了，麻烦派人来清一下"),
)


async def together(talk: Talk) -> list[InboxEvent]:
    """All of it stored in one commit and handled; the rows, in order."""
    machine = talk.replay.machine
    events = [
        Event(f"t{n}", EventKind.MESSAGE, talk.now, room=room, sender=person, text=text)
        for n, (person, room, text) in enumerate(SAID)
    ]
    await machine.inbox.store(events)
    while await machine.dispatch.step(talk.now):
        pass
    return await talk.rows(
        select(InboxEvent).where(col(InboxEvent.external_id).startswith("t")).order_by(col(InboxEvent.id))
    )


async def test_what_arrived_together_is_as_if_it_had_come_one_by_one(talk: Talk) -> None:
    rows = await together(talk)
    assert [(row.state, row.outcome) for row in rows] == [
        ("done", "matter"), ("done", "chat"), ("done", "matter"), ("done", "matter"), ("done", "chat"),
        ("done", "matter"),
    ]  # fmt: skip
    cases = await talk.rows(select(Case).order_by(col(Case.id)))
    assert [case.text for case in cases] == [SAID[n][2] for n in (0, 2, 3, 5)]


async def test_one_that_fails_stops_no_other(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    open_case = reporting.open_case

    async def broken(turn: Turn, area: Area, **more: bool) -> Case:
        if "井盖" in turn.text:
            raise ArithmeticError("a fault of ours")
        return await open_case(turn, area, **more)

    monkeypatch.setattr(reporting, "open_case", broken)
    rows = await together(talk)
    assert [row.state for row in rows] == ["done", "done", "failed", "done", "done", "done"]
    assert rows[2].tries == 3
    assert len(await talk.rows(select(Case))) == 3


async def test_what_is_split_off_is_filed_by_its_own_words(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋的路灯坏了没人管")
    assert "环境卫生｜" in texts(await talk.say("w1", None, "拆分 1 垃圾"), "g1")[0]
