"""Every move happens once: after a kill between two statements, when it is delivered twice, or sent twice at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from handlers.ports import Event, EventKind
from storage.agenda import AuditEntry, DueItem
from storage.inbox import InboxEvent, InboxState
from storage.matters import Case, CaseCall, CaseFollower, CaseState, CaseStep
from tests.harness import Talk, texts

LAMP = "路灯坏了，晚上看不见路，能不能修一下"
MOVES = (
    ("r1", "g1", LAMP),
    ("r2", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"),
    ("r1", None, "隔壁301的老王天天半夜跟我吵架，打起来了"),
    ("v1", "g1", "接单 1"),
    ("v1", "g1", "退单 1"),
    ("w1", "g1", "挂起 1 等配件 周五"),
    ("w1", "g1", "延期 1 12月5日 等厂家"),
    ("w1", "g1", "转给 1 李珍"),
    ("w2", None, "上报 1 管不动"),
    ("a1", None, "吹哨 1 供电所 城管"),
    ("e1", None, "报到 1"),
    ("k1", None, "报到 1"),
    ("e1", None, "退单 1 不归我们"),
    ("l1", None, "转办 1 物业"),
    ("l1", None, "合并 1 2"),
    ("l1", None, "拆分 2"),
    ("l1", None, "拆分 1 楼道灯也不亮"),
    ("w1", None, "请三老 3 李大爷"),
    ("m1", None, "接单 3"),
    ("m1", None, "调解 3 开始"),
    ("m1", None, "和解 3"),
    ("w1", "g1", "改类 2 物业"),
    ("r2", "g1", "催办 2"),
    ("w1", "g1", "办结 2 换了新管"),
    ("r2", "g1", "不满意 2 又漏了"),
    ("w1", "g1", "办结 2 再换了一次"),
    ("r2", "g1", "满意 2"),
    ("h1", "b2", "办结 1 修好了"),
)
KEPT = (Case, CaseStep, CaseCall, CaseFollower, DueItem, AuditEntry)


async def left_behind(talk: Talk) -> dict[str, list[str]]:
    """All that the moves left behind, but for the ids of what a try that failed had used up, and the moments."""
    found: dict[str, list[str]] = {}
    for table in KEPT:
        names = [one.name for one in table.__table__.columns]  # type: ignore[attr-defined]
        plain = [one for one in names if not (one.endswith("at") or one.endswith("until") or one in ("id", "inbox_id"))]
        rows = await talk.rows(select(table))
        found[table.__name__] = sorted(str([getattr(row, one) for one in plain]) for row in rows)
    found["sent"] = sorted(f"{one.room} {one.text}" for one in talk.outputs)
    return found


async def plain_course(talk: Talk) -> dict[str, list[str]]:
    for who, room, words in MOVES:
        await talk.say(who, room, words)
    return await left_behind(talk)


class Killed(Exception):
    """Stands for the end of the process."""


@contextmanager
def killed_at(talk: Talk, number: int) -> Iterator[list[int]]:
    """The process ends before the statement with this number that changes something; it comes up again by itself."""
    engine = talk.database._writer.sync_engine
    seen = [0]

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip()[:6] in ("INSERT", "UPDATE", "DELETE") and "inboxevent (" not in statement:
            seen[0] += 1
            if seen[0] == number:
                raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", count)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_kill_between_any_two_statements_leaves_nothing_half_done(talk: Talk, other: Talk, seed: int) -> None:
    rng, hit = random.Random(seed), 0
    machine = talk.replay.machine
    for index, (who, room, words) in enumerate(MOVES):
        number = rng.randrange(1, 12)
        said = Event(f"m{index}", EventKind.MESSAGE, talk.now, room=room, sender=who, text=words)
        await machine.inbox.store([said])
        with killed_at(talk, number) as seen:
            while await machine.dispatch.step(talk.now):
                pass
        hit += seen[0] >= number
        await talk.wait(seconds=1)
    assert hit > len(MOVES) // 2, "too few statements were hit to say anything"
    assert {one.state for one in await talk.rows(select(InboxEvent))} == {InboxState.DONE}
    assert await left_behind(talk) == await plain_course(other)


async def test_what_is_delivered_twice_is_done_once(talk: Talk, other: Talk) -> None:
    for number, (who, room, words) in enumerate(MOVES):
        await talk.say(who, room, words, id=f"m{number}")
        assert await talk.say(who, room, words, id=f"m{number}") == []
    assert await left_behind(talk) == await plain_course(other)


@pytest.mark.parametrize(
    ("lines", "state", "moves"),
    [
        (("v1 接单 1", "v2 接单 1", "w1 接单 1"), CaseState.ACCEPTED, ["接单"]),
        (("w1 上报 1", "w1 上报 1"), CaseState.ASSIGNED, ["上报"]),
        (("w1 办结 1 好了", "l1 办结 1 好了"), CaseState.DONE, ["办结", "备注"]),
        (("w1 办结 1 好了", "r1 撤销 1"), CaseState.WITHDRAWN, ["办结", "撤销"]),
        (("w1 进展 1 在换", "w1 进展 1 在换"), CaseState.IN_PROGRESS, ["进展"]),
        (("w1 转给 1 李珍", "l1 转给 1 李珍"), CaseState.ASSIGNED, ["转给"]),
        (("l1 吹哨 1 供电所", "l1 吹哨 1 供电所"), CaseState.REFERRED, ["吹哨"]),
    ],
)
async def test_commands_that_arrive_together_are_done_one_after_another(
    talk: Talk, lines: tuple[str, ...], state: CaseState, moves: list[str]
) -> None:
    await talk.say("r1", "g1", LAMP)
    told = [
        Event(f"t{n}", EventKind.MESSAGE, talk.now, room="g1", sender=who, text=words)
        for n, (who, words) in enumerate(line.split(" ", 1) for line in lines)
    ]
    await talk.replay.machine.inbox.store(told)
    said = await talk.wait(seconds=30)
    (case,) = await talk.rows(select(Case))
    steps = [one.action for one in await talk.rows(select(CaseStep).order_by(CaseStep.id))]
    assert (case.state, steps) == (state, ["报事", *moves])
    assert len(texts(said, "g1")) == len(lines)  # each hears what became of it
