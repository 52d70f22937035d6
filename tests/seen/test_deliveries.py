"""`gridbot deliveries`: what an operator reads of one matter."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import update

from bot.deliveries import COLUMNS, Line, counts, lines_of, matter_of, show_tables
from bot.gateways.protocol import Refused, Unknown
from storage.areas import Room
from tests.commandline.test_commands import call
from tests.courier.test_outcomes import MISSING, Faults
from tests.harness import Talk


async def spread(talk: Talk) -> list[Line]:
    """An alert that one group refuses, one perhaps got, and that ended before the pictures; what is told of it."""
    faults = Faults(talk)
    await talk.say("r1", "g1", MISSING)
    faults.plan("g2", Refused("不在群里"))
    faults.plan("g3", Unknown("late"))
    faults.plan("g3", Unknown("late"))
    await talk.say("w1", None, "确认 M1")
    return await lines_of(talk.database, matter_of("m 1"), talk.rules)


async def test_each_group_with_its_state_and_why(talk: Talk) -> None:
    lines = [line for line in await spread(talk) if line.sort == "寻人" and line.kind == "文字"]
    told = {(line.area, line.chat): (line.state, line.why, line.tries) for line in lines}
    assert {where: state for where, (state, _, _) in told.items() if state != "送到"} == {
        ("清江区/柳河镇/柳树村/柳树二格", "柳树二格群"): "失败",
        ("清江区/柳河镇/北关社区/北关一格", "北关一格群"): "不确定",
    }
    by_state = {state: (why, tries) for state, why, tries in told.values()}
    assert by_state["失败"] == ("不在群里", 1)
    assert by_state["不确定"] == ("late", 2)
    assert all(line.account and line.at.startswith("2026-11-21 12:0") for line in lines)


async def test_the_counts_are_of_chats(talk: Talk) -> None:
    lines = [line for line in await spread(talk) if line.sort == "寻人"]
    said = counts(lines)
    assert "不确定 1" in said and "失败 1" in said
    assert sum(int(part.split()[1]) for part in said.split("、")) == len({line.chat_id for line in lines})


async def test_a_private_chat_is_named_as_one(talk: Talk) -> None:
    lines = await spread(talk)
    assert any(line.area == "私聊" and line.sort == "工作" for line in lines)


async def test_a_group_name_cannot_break_the_lines(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(update(Room).values(name="坏\t名\n[red]字\x1b[31m"))
    lines = await spread(talk)
    assert all(len(line.cells) == len(COLUMNS) for line in lines)
    assert not any(bad in "".join(line.cells) for line in lines for bad in "\t\n\x1b")
    screen = io.StringIO()
    show_tables(matter_of("M1"), lines, Console(file=screen, width=200))
    assert "[red]字" in screen.getvalue()


@pytest.mark.parametrize(
    ("ref", "status", "said"),
    [
        ("M999", 1, "没有 M999。\n"),
        ("999999999", 1, "没有 999999999。\n"),
        ("hello", 2, "编号看不懂"),
        ("M3; drop", 2, "编号看不懂"),
        ("P4", 2, "编号看不懂"),
        ("", 2, "编号看不懂"),
        ("M" + "9" * 40, 2, "编号看不懂"),
    ],
)
def test_an_unknown_number_is_one_line(tmp_path: Path, ref: str, status: int, said: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"database: sqlite:///{tmp_path}/bot.db\n", encoding="utf-8")
    found, out = call("deliveries", ref, "-c", str(config))
    assert (found, out.count("\n"), said in out) == (status, 1, True), out


async def test_in_a_pipe_it_is_tab_separated(talk: Talk, tmp_path: Path) -> None:
    await spread(talk)
    config = tmp_path / "config.yaml"
    config.write_text(f"database: sqlite:///{tmp_path}/talk.db\n", encoding="utf-8")
    status, out = await asyncio.to_thread(call, "deliveries", "M1", "-c", str(config))
    assert status == 0
    header, *rows = out.splitlines()
    assert header.split("\t") == list(COLUMNS)
    assert rows and all(len(row.split("\t")) == len(COLUMNS) for row in rows)
    assert await asyncio.to_thread(call, "deliveries", "-", "-c", str(config)) == (0, f"{header}\n")
