"""问题库 as a sheet: one entry a row, all or nothing, and no question with two answers in one area."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.town import cells
from bot.town.cells import BadCell
from bot.town.columns import Column, Table
from bot.town.faults import Faults
from bot.town.sheets import Line, read_sheet
from bot.town.writing import Format, write_table
from handlers.bank import MAX_ANSWER, MAX_ENTRIES, asks, plain
from handlers.ports import Rules
from storage.answers import Answer
from storage.areas import Area

ANSWERS = Table(
    "answers",
    "问题库",
    (
        Column("question", "问题", True, "怎么问，如“低保要什么材料”"),
        Column("others", "其他问法", False, "同一个问题的别的问法，用分号隔开"),
        Column("answer", "答案", True, f"回答的原话，最多 {MAX_ANSWER} 字"),
        Column("source", "来源", False, "谁说的、什么时候的，如“镇社保所，2026-03”；会一起发出来"),
        Column("valid_until", "有效期", False, "答到哪天为止，如 2026-12-31；空着一直有效"),
        Column("area", "区划", True, "在哪个区划及以下回答（编号）"),
    ),
    longest=MAX_ANSWER,
    lines=True,
)
STEM = ANSWERS.stem
_BETWEEN = re.compile(r"[;；\n]+")


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One entry; `area` is a key, `others` are other wordings, `number` the row of the file."""

    number: int
    question: str
    others: tuple[str, ...]
    answer: str
    source: str
    valid_until: datetime | None
    area: str


@dataclass(slots=True)
class AnswerCounts:
    """What an import did."""

    added: int = 0
    changed: int = 0
    same: int = 0

    def __str__(self) -> str:
        return f"问题库：新增 {self.added}，改 {self.changed}，不变 {self.same}"


def bank_in(folder: Path) -> Path | None:
    """The file of a town's folder that holds its bank, if there is one."""
    files = sorted(path for path in folder.iterdir() if path.name.lower() in (f"{STEM}.csv", f"{STEM}.xlsx"))
    return next((path for path in files if path.is_file()), None)


async def fill_bank(session: AsyncSession, file: Path, rules: Rules, now: datetime) -> AnswerCounts:
    """Read a file and put its entries into the bank; TownFaults if there is any fault."""
    rows = await asyncio.to_thread(read_answers, file, await area_ids(session), rules)
    return await import_answers(session, rows, file.name, now=now)


def read_answers(path: Path, areas: Mapping[str, int], rules: Rules) -> list[AnswerRow]:
    """The entries of a .csv or .xlsx file; `areas` are the known keys. Raises `TownFaults` with every fault."""
    faults, rows = Faults(), []
    zone = ZoneInfo(rules.timezone)
    for line in read_sheet(path, ANSWERS, faults):
        try:
            rows.append(_row(line, areas, zone))
        except BadCell as fault:
            faults.add(path.name, line.number, str(fault))
    _check_contradictions(rows, path.name, faults)
    if len(rows) > MAX_ENTRIES:
        faults.add(path.name, None, f"问题太多，最多 {MAX_ENTRIES} 条")
    faults.check([path.name])
    return rows


def _row(line: Line, areas: Mapping[str, int], zone: ZoneInfo) -> AnswerRow:
    area = cells.read_key(line["area"])
    if area not in areas:
        raise BadCell(f"没有编号为 {area} 的区划")
    for name, what in (("question", "问题"), ("answer", "答案")):
        if not plain(line[name]):
            raise BadCell(f"没有写{what}")
    others = (one.strip() for one in _BETWEEN.split(line["others"]))
    return AnswerRow(
        number=line.number,
        question=line["question"],
        others=tuple(dict.fromkeys(one for one in others if plain(one))),
        answer=line["answer"],
        source=line["source"],
        valid_until=cells.read_until(line["valid_until"], zone),
        area=area,
    )


def _check_contradictions(rows: list[AnswerRow], file: str, faults: Faults) -> None:
    """In one area a question, in any wording, has one answer."""
    asked: dict[tuple[str, str], AnswerRow] = {}
    for row in rows:
        for wording in dict.fromkeys(map(plain, (row.question, *row.others))):
            before = asked.setdefault((row.area, wording), row)
            if before is row:
                continue
            what = "答案不一样" if before.answer != row.answer else "重复了"
            faults.add(file, row.number, f"“{row.question[:20]}”和第 {before.number} 行问的一样，{what}，请只留一行")
            break


async def area_ids(session: AsyncSession) -> dict[str, int]:
    """Area key -> id."""
    return dict((await session.execute(select(col(Area.code), col(Area.id)))).all())


async def import_answers(session: AsyncSession, rows: list[AnswerRow], file: str, *, now: datetime) -> AnswerCounts:
    """Put entries into the bank; one with the same question in the same area takes the older one's place.

    TownFaults where a wording is that of another entry that still counts: neither would be sure, and none be given.
    """
    areas, counts = await area_ids(session), AnswerCounts()
    stored = {(one.area_id, plain(one.question)): one for one in await session.scalars(select(Answer))}
    replaced = {(areas[row.area], plain(row.question)) for row in rows}
    _check_stored(rows, [one for key, one in stored.items() if key not in replaced], areas, file, now)
    for row in rows:
        values = {
            "question": row.question,
            "others": "\n".join(row.others),
            "answer": row.answer,
            "source": row.source,
            "valid_until": row.valid_until,
        }
        entry = stored.get((areas[row.area], plain(row.question)))
        if entry is None:
            session.add(Answer(area_id=areas[row.area], at=now, **values))
            counts.added += 1
        elif any(getattr(entry, name) != value for name, value in values.items()):
            entry.sqlmodel_update({**values, "at": now, "by_id": None})
            counts.changed += 1
        else:
            counts.same += 1
    return counts


def _check_stored(
    rows: list[AnswerRow], kept: list[Answer], areas: Mapping[str, int], file: str, now: datetime
) -> None:
    """No wording is that of an entry that stays as it is."""
    live = (one for one in kept if one.valid_until is None or one.valid_until > now)
    asked = {(one.area_id, wording): one for one in live for wording in asks(one)}
    faults = Faults()
    for row in rows:
        before = next(
            (one for text in (row.question, *row.others) if (one := asked.get((areas[row.area], plain(text))))), None
        )
        if before is not None:
            what = f"“{row.question[:20]}”和库里的“{before.question[:20]}”问的一样"
            faults.add(file, row.number, f"{what}，请改那一条，或先把它的有效期写成过去的一天导入")
    faults.check([file])


async def export_answers(session: AsyncSession, directory: Path, format: Format, rules: Rules) -> Path:
    """Write the bank as `read_answers` takes it; the file written."""
    zone = ZoneInfo(rules.timezone)
    codes = {number: code for code, number in (await area_ids(session)).items()}
    path = directory / f"{STEM}.{format}"
    entries = await session.scalars(select(Answer).order_by(col(Answer.id)))
    write_table(path, ANSWERS, (_cells(one, codes[one.area_id], zone) for one in entries))
    return path


def _cells(entry: Answer, area: str, zone: ZoneInfo) -> tuple[str, ...]:
    others = "；".join(entry.others.split("\n"))
    return entry.question, others, entry.answer, entry.source, _day(entry.valid_until, zone), area


def _day(until: datetime | None, zone: ZoneInfo) -> str:
    """The last day, or the instant where it is none's end."""
    if until is None:
        return ""
    local = until.astimezone(zone)
    whole = (local.hour, local.minute, local.second) == (0, 0, 0)
    return (local - timedelta(days=1)).date().isoformat() if whole else local.isoformat()
