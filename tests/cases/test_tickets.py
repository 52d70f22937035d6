"""Tickets of other offices from a sheet: all of them or none, and each to its worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from bot.config import ConfigError
from bot.town import TownFaults
from bot.town.tickets import MOST, TICKETS, import_tickets, read_tickets
from storage.matters import Case, CaseSource
from tests.harness import Talk, rooms, texts

HEADER = [column.chinese for column in TICKETS.columns]
LAMP = ["12345-881", "3栋门口的路灯不亮，晚上看不见路", "G1", date(2026, 11, 27), "", "王姨", "13900000001"]
STALL = ["信访-2026-15", "菜市场门口占道经营，没法走", "G2", "", "转入", "", ""]


def sheet(folder: Path, *rows: list[object]) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in (HEADER, *rows):
        book.active.append(row)
    book.save(folder / "tickets.xlsx")
    return folder / "tickets.xlsx"


async def put(talk: Talk, file: Path, by: str = "t1") -> list[int]:
    """Import the file, and let the bot send what came of it."""
    found = read_tickets(file, talk.rules)
    numbers = await import_tickets(talk.database, talk.rules, found, file.name, by, talk.now)
    talk.replay.look_again()
    return numbers


async def test_each_goes_to_its_worker_and_the_result_to_who_entered_it(talk: Talk, tmp_path: Path) -> None:
    assert await put(talk, sheet(tmp_path, LAMP, STALL)) == [1, 2]
    said = await talk.wait(seconds=5)
    assert rooms(said) == {"@w1", "@w2"}
    assert "来源：热线 12345-881" in texts(said, "@w1")[0] and "电话：13900000001" in texts(said, "@w1")[0]
    lamp, stall = await talk.rows(select(Case).order_by(Case.id))
    assert (lamp.source, lamp.relayed_for, lamp.shown) == (CaseSource.HOTLINE, "王姨", False)
    assert lamp.due_at == datetime(2026, 11, 27, 18, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert (stall.source, stall.outside_number) == (CaseSource.TRANSFERRED, "信访-2026-15")
    said = await talk.say("w1", None, "办结 1 换了灯泡")
    assert "工单号：12345-881" in texts(said, "@t1")[0]


@pytest.mark.postgres
async def test_on_postgresql_too(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=str(postgres())).open()
    assert await put(talk, sheet(tmp_path, LAMP, STALL)) == [1, 2]
    assert rooms(await talk.wait(seconds=5)) == {"@w1", "@w2"}
    await talk.close()


async def test_the_same_file_again_changes_nothing(talk: Talk, tmp_path: Path) -> None:
    await put(talk, sheet(tmp_path, LAMP))
    with pytest.raises(TownFaults, match=r"第 2 行：12345-881 已经记过了，是【事项 1】（等待接单）"):
        await put(talk, sheet(tmp_path, LAMP, STALL))
    assert len(await talk.rows(select(Case))) == 1


async def test_every_fault_is_named_with_its_row(talk: Talk, tmp_path: Path) -> None:
    bad = sheet(
        tmp_path,
        LAMP,
        ["13900000001", *LAMP[1:]],
        ["12345-882", "灯", *LAMP[2:]],
        ["12345-883", LAMP[1], "G1", "明天", "", "", ""],
        ["12345-884", LAMP[1], "G1", "", "来电", "", ""],
        ["12345-885", LAMP[1], "G1", "", "", "", "一二三"],
        ["12345－881", LAMP[1], "G1", "", "", "", ""],
        ["=1+1", LAMP[1], "G1", "", "", "", ""],
        ["12345-886", "长" * 2001, "G1", "", "", "", ""],
        ["12345-887", LAMP[1], "", "", "", "", ""],
    )
    with pytest.raises(TownFaults) as raised:
        read_tickets(bad, talk.rules)
    told = [
        (3, "不能是手机号"),
        (4, "至少要 4 个字"),
        (5, "日期“明天”不对"),
        (6, "不认识的来源“来电”"),
        (7, "电话“一二三”不对"),
        (8, "和第 2 行重复"),
        (9, "是公式"),
        (10, "最多 2000 字"),
        (11, "没有写编号"),
    ]
    lines = "\n".join(raised.value.faults)
    for row, words in told:
        assert f"tickets.xlsx 第 {row} 行：" in lines and words in lines
    assert await talk.rows(select(Case)) == []


async def test_nobody_enters_what_is_not_theirs(talk: Talk, tmp_path: Path) -> None:
    elsewhere = sheet(
        tmp_path, LAMP, ["12345-2", "石桥村路灯坏了", "G4", *STALL[3:]], ["12345-3", "路灯坏了", "G9", *STALL[3:]]
    )
    with pytest.raises(TownFaults) as raised:
        await put(talk, elsewhere)
    assert [line.partition("：")[2] for line in raised.value.faults] == [
        "石桥一格不在高镇长的镇街",
        "没有编号为 G9 的区划",
    ]
    for who, answer in (("r1", "不是网格员"), ("v1", "不是网格员"), ("x9", "没有编号为 x9 的人")):
        with pytest.raises(ConfigError, match=answer):
            await put(talk, sheet(tmp_path, LAMP), who)
    assert await talk.rows(select(Case)) == []


async def test_a_ticket_about_who_imports_it_is_a_fault(talk: Talk, tmp_path: Path) -> None:
    about = ["12345-2", "投诉高镇长收钱，态度恶劣", "G1", *STALL[3:]]
    with pytest.raises(TownFaults, match="第 3 行：说的可能是您自己"):
        await put(talk, sheet(tmp_path, LAMP, about))
    assert await talk.rows(select(Case)) == []


async def test_too_many_at_once(talk: Talk, tmp_path: Path) -> None:
    rows = [[f"12345-{number}", *STALL[1:]] for number in range(MOST + 1)]
    with pytest.raises(TownFaults, match=f"一次最多 {MOST} 件"):
        read_tickets(sheet(tmp_path, *rows), talk.rules)
