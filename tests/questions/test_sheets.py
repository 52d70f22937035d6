"""The question bank as a sheet: bounded, all or nothing, and without contradictions."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from bot.town import SAMPLE, TownFaults
from bot.town.answers import area_ids, export_answers, import_answers, read_answers
from handlers.ports import Rules
from storage.answers import Answer
from tests.harness import Talk

BANK = Path(__file__).with_name("bank.csv")
AREAS = {"T1": 1, "V2": 2}
HEADER = "question,others,answer,source,valid_until,area\n"


def faults_of(tmp_path: Path, rows: str) -> tuple[str, ...]:
    path = tmp_path / "answers.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    with pytest.raises(TownFaults) as raised:
        read_answers(path, AREAS, Rules())
    return raised.value.faults


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (
            "低保怎么办,,带身份证,,,T1\n低保 怎么办？,,带户口本,,,T1\n",
            "第 3 行：“低保 怎么办？”和第 2 行问的一样，答案不一样",
        ),
        ("低保怎么办,吃低保,带身份证,,,T1\n困难户,吃低保,找村里,,,T1\n", "答案不一样"),
        ("低保怎么办,,带身份证,,,T1\n低保怎么办,,带身份证,,,T1\n", "重复了"),
        ("低保怎么办,,,,,T1\n", "没有写答案"),
        ("？,,带身份证,,,T1\n", "没有写问题"),
        ("低保怎么办,,带身份证,,,T9\n", "没有编号为 T9 的区划"),
        ("低保怎么办,,带身份证,,明年,T1\n", "日期“明年”不对"),
        (f"低保怎么办,,{'长' * 1001},,,T1\n", "太长"),
    ],
)
def test_each_fault_is_one_clear_line(tmp_path: Path, rows: str, fault: str) -> None:
    found = faults_of(tmp_path, rows)
    assert len(found) == 1 and fault in found[0]


def test_the_same_question_may_differ_between_areas(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(HEADER + "垃圾几点投放,,早上,,,T1\n垃圾几点投放,,晚上,,,V2\n", encoding="utf-8")
    assert len(read_answers(path, AREAS, Rules())) == 2


def test_a_formula_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.strip().split(","))
    sheet.append(["低保怎么办", "", '=HYPERLINK("http://x","y")', "", "", "T1"])
    book.save(tmp_path / "answers.xlsx")
    with pytest.raises(TownFaults, match="公式"):
        read_answers(tmp_path / "answers.xlsx", AREAS, Rules())


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_what_goes_out_comes_in_unchanged(talk: Talk, tmp_path: Path, format: str) -> None:
    async with talk.database.write() as session:
        areas = await area_ids(session)
        first = await import_answers(session, read_answers(BANK, areas, talk.rules), BANK.name, now=talk.now)
        path = await export_answers(session, tmp_path, format, talk.rules)  # type: ignore[arg-type]
        again = await import_answers(session, read_answers(path, areas, talk.rules), path.name, now=talk.now)
    assert (first.added, again.same, again.added, again.changed) == (7, 7, 0, 0)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_an_answer_of_several_lines_keeps_them_on_its_way_through_a_sheet(
    talk: Talk, tmp_path: Path, format: str
) -> None:
    said = await talk.say("r1", "g1", "咨询 老年大学在哪里报名")
    (put,) = [one for one in said if one.room == "@w1"]
    kept = "带两样：\n1. 身份证\n\n=2. 户口本" + "，还有复印件" * 150
    await talk.say("w1", None, kept, quote=put.ref)
    await talk.say("w1", None, "留")
    async with talk.database.write() as session:
        path = await export_answers(session, tmp_path, format, talk.rules)  # type: ignore[arg-type]
        rows = read_answers(path, await area_ids(session), talk.rules)
        counts = await import_answers(session, rows, path.name, now=talk.now)
    assert ([one.answer for one in rows], counts.same, counts.changed) == ([kept], 1, 0)


async def put(talk: Talk, tmp_path: Path, rows: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    async with talk.database.write() as session:
        found = read_answers(path, await area_ids(session), talk.rules)
        await import_answers(session, found, path.name, now=talk.now)


async def test_a_question_that_the_bank_answers_otherwise_is_a_fault(talk: Talk, tmp_path: Path) -> None:
    await put(talk, tmp_path, "低保怎么办,困难户补助,带身份证,,,T1\n")
    with pytest.raises(TownFaults, match=r"第 2 行：“吃低保”和库里的“低保怎么办”问的一样"):
        await put(talk, tmp_path, "吃低保,困难户 补助？,找村里,,,T1\n")
    await put(talk, tmp_path, "低保 怎么办？,,带户口本,,,T1\n吃低保,困难户补助,找村里,,,T1\n")
    assert sorted(await talk.rows(select(Answer.answer))) == ["带户口本", "找村里"]


def test_a_day_in_a_cell_is_a_day(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(HEADER.strip().split(","))
    book.active.append(["低保怎么办", "", "带身份证", "", date(2026, 12, 31), "T1"])
    book.save(tmp_path / "answers.xlsx")
    (row,) = read_answers(tmp_path / "answers.xlsx", AREAS, Rules())
    assert row.valid_until == datetime(2027, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_the_sample_town_has_a_bank() -> None:
    assert len(read_answers(SAMPLE / "answers.csv", {"FD": 1}, Rules())) >= 30
