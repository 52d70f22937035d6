"""Tickets of the hotline and other offices as a sheet: one a row, all of them or none."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.config import ConfigError
from bot.town import cells
from bot.town.cells import BadCell
from bot.town.columns import Column, Table
from bot.town.faults import Faults, TownFaults
from bot.town.sheets import Line, read_sheet
from handlers.cases import outside, texts
from handlers.cases.reporting import tell_owner
from handlers.matters import Refusal
from handlers.ports import Outside, Rules
from handlers.turn import WORKERS, Speaker, Turn, Where, leave_traces
from storage.areas import Area
from storage.engine import Database, announce, retrying
from storage.matters import Case, CaseSource, numbered_outside
from storage.people import Contact, private_chats, roles_of

MOST = 500
"""Tickets of one file: each of them is told to its worker."""

LONGEST = 2000
SOURCES: Mapping[str, CaseSource] = {"": CaseSource.HOTLINE, "热线": CaseSource.HOTLINE, "转入": CaseSource.TRANSFERRED}

TICKETS = Table(
    "tickets",
    "外来工单",
    (
        Column("number", "工单号", True, "对方的编号，如 12345-881；不能重复，也不能是记过的"),
        Column("text", "内容", True, f"什么事，{outside.SHORTEST} 到 {LONGEST} 字"),
        Column("area", "区划", True, "归哪个区划（编号），最好是网格"),
        Column(
            "due_at", "时限", False, f"对方要求的时限，如 2026-11-30（到当天 {outside.EVENING.hour} 点）；空着按类别算"
        ),
        Column("source", "来源", False, "热线（空着就是）或转入"),
        Column("name", "反映人", False, "谁反映的，只给办事的人看"),
        Column("phone", "电话", False, "反映人的电话，只给办事的人看"),
    ),
    longest=LONGEST,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(outside.Ticket):
    """One row of the file (its `row`); `area` is a key."""

    row: int
    area: str


def read_tickets(path: Path, rules: Rules) -> list[Ticket]:
    """The tickets of a .csv or .xlsx file. Raises `TownFaults` with every fault."""
    faults, found = Faults(), []
    zone, seen = ZoneInfo(rules.timezone), dict[str, int]()
    for line in read_sheet(path, TICKETS, faults):
        try:
            ticket = _ticket(line, zone)
            if (before := seen.setdefault(ticket.number, line.number)) != line.number:
                raise BadCell(f"工单号 {ticket.number} 和第 {before} 行重复")
            found.append(ticket)
        except BadCell as fault:
            faults.add(path.name, line.number, str(fault))
    if len(found) > MOST:
        faults.add(path.name, None, f"工单太多，一次最多 {MOST} 件")
    faults.check([path.name])
    return found


def _ticket(line: Line, zone: ZoneInfo) -> Ticket:
    number = outside.written(line["number"])
    if not outside.is_number(number):
        raise BadCell(f"工单号“{line['number'][:30]}”不对，应像 12345-881，要有数字，不能是手机号")
    if len(line["text"]) < outside.SHORTEST:
        raise BadCell(f"内容至少要 {outside.SHORTEST} 个字")
    name = line["name"]
    if len(name) > cells.MAX_NAME:
        raise BadCell(f"反映人太长，最多 {cells.MAX_NAME} 字")
    return Ticket(
        row=line.number,
        number=number,
        text=line["text"],
        area=cells.read_key(line["area"]),
        due_at=_due(line["due_at"], zone),
        source=cells.read_word(line["source"], SOURCES, "来源", "热线、转入"),
        name=name,
        phone=cells.read_phone(line["phone"]),
    )


def _due(text: str, zone: ZoneInfo) -> datetime | None:
    """A time, or a day until its evening."""
    until = cells.read_until(text, zone)
    day = cells.plain_date(text)
    if until is None or len(day) > len("2026-11-30"):
        return until
    return datetime.combine(datetime.fromisoformat(day).date(), outside.EVENING, zone)


async def import_tickets(
    database: Database, rules: Rules, tickets: Sequence[Ticket], file: str, key: str, now: datetime
) -> list[int]:
    """Open a case for each, in the name of the person with this key; their numbers.

    TownFaults where an area is unknown or not that person's, or a number is known; ConfigError for who cannot do it.
    """
    numbers: list[int] = []

    async def attempt() -> None:
        numbers.clear()
        async with database.write() as session:
            speaker, chat_id = await _who(session, key, now)
            areas = await _check(session, tickets, file, speaker, rules)
            for ticket in tickets:
                turn = Turn(session, now, Outside(rules), Where(chat_id), speaker)
                try:
                    numbers.append(await _open(turn, ticket, areas[ticket.area], chat_id))
                except Refusal as refusal:
                    raise TownFaults([f"{file} 第 {ticket.row} 行：{refusal}"]) from None
                await leave_traces(session, [turn])
            await announce(session)

    await retrying(attempt)
    return numbers


async def _who(session: AsyncSession, key: str, now: datetime) -> tuple[Speaker, int]:
    """The person in whose name it is done, and where they hear of the results."""
    key = unicodedata.normalize("NFKC", key)
    contact = await session.scalar(select(Contact).where(Contact.key == key))
    if contact is None or contact.id is None:
        raise ConfigError(f"--by：没有编号为 {key[:40]} 的人")
    roles = tuple(held for held in await roles_of(session, [contact.id], now) if held.role in WORKERS)
    if not roles:
        raise ConfigError(f"--by：{contact.name}不是网格员、网格长或管理员，不能记工单")
    chats = await private_chats(session, [contact.id])
    if contact.id not in chats:
        raise ConfigError(f"--by：{contact.name}还不能私聊（没加好友），办结时的结果没处发")
    return Speaker(contact.id, contact.name, roles), chats[contact.id]


async def _check(
    session: AsyncSession, tickets: Sequence[Ticket], file: str, speaker: Speaker, rules: Rules
) -> dict[str, Area]:
    """The areas by key; TownFaults with every ticket that cannot be taken."""
    codes, numbers = {one.area for one in tickets}, {one.number for one in tickets}
    areas = {one.code: one for one in await session.scalars(select(Area).where(col(Area.code).in_(codes)))}
    stored = await session.scalars(select(Case).where(numbered_outside(numbers)))
    known = {one.outside_number: one for one in stored}
    towns, faults = outside.towns_of(speaker, rules), Faults()
    for ticket in tickets:
        area = areas.get(ticket.area)
        if area is None:
            faults.add(file, ticket.row, f"没有编号为 {ticket.area} 的区划")
        elif not any(area.path.startswith(town) for town in towns):
            faults.add(file, ticket.row, f"{area.name}不在{speaker.name}的镇街")
        if (case := known.get(ticket.number)) is not None:
            faults.add(file, ticket.row, f"{ticket.number} 已经记过了，是{texts.name(case)}（{texts.state(case)}）")
    faults.check([file])
    return areas


async def _open(turn: Turn, ticket: Ticket, area: Area, chat_id: int) -> int:
    case = await outside.record(turn, ticket, area, chat_id)
    await tell_owner(turn, case, area)
    return case.id or 0
