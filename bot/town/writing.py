"""From a `Town`, and from the cases, to .csv and .xlsx files in which no cell is ever a formula."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from glob import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.config import ConfigError
from bot.town import cells
from bot.town.columns import AREAS, NO_ROOMS, PEOPLE, PLACES, PURPOSE_NAMES, ROLE_NAMES, ROOMS, Table
from bot.town.loading import load_town
from bot.town.rows import AreaRow, PersonRow, PlaceRow, RoomRow
from bot.town.sheets import CONTROL, EXCEL_ROWS, QUOTED, lines_of, one_line, safe_text
from handlers.ports import Rules
from storage.areas import Area, AreaMap
from storage.inbox import Picture
from storage.matters import Case, CaseState
from storage.people import Contact

if TYPE_CHECKING:  # it takes long to load, and the bot itself needs it never
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

Format = Literal["csv", "xlsx"]
Cell = str | int | float
"""What stands in a cell: numbers stay numbers."""

PURPOSES = {purpose: name for name, purpose in PURPOSE_NAMES.items()}
ROLES = {role: name for name, role in ROLE_NAMES.items()}
CASE_COLUMNS = (
    "编号",
    "类型",
    "类别",
    "状态",
    "区划",
    "负责人",
    "收到时间",
    "接单时间",
    "办结时间",
    "结束时间",
    "满意",
    "内容",
)
KINDS = {"request": "求助", "complaint": "投诉", "suggestion": "建议", "emergency": "紧急"}
STATES: dict[str, str] = {
    CaseState.REPORTED: "待接单",
    CaseState.ASSIGNED: "已派单",
    CaseState.ACCEPTED: "已接单",
    CaseState.IN_PROGRESS: "办理中",
    CaseState.WAITING: "挂起",
    CaseState.REFERRED: "已转部门",
    CaseState.REOPENED: "重新办理",
    CaseState.DONE: "已办结，待评价",
    CaseState.CONFIRMED: "已办结，已确认",
    CaseState.CLOSED: "已结束",
    CaseState.MERGED: "已合并",
    CaseState.WITHDRAWN: "已撤销",
    CaseState.REFUSED: "已驳回",
    CaseState.MISREAD: "误判",
}
SATISFIED = {True: "满意", False: "不满意", None: ""}
HIDDEN = "（不公开）"
EXCEL_CELL = 32_767
"""Characters of a cell; more makes Excel call the file damaged."""


async def export_town(
    session: AsyncSession, directory: Path, format: Format, rules: Rules, *, now: datetime
) -> list[Path]:
    """Write areas, rooms, people, places and maps as `read_town` takes them; the files written.

    `rooms` has the bind codes in a column of its own. A file is replaced only once the new one is whole.
    """
    town = await load_town(session, now=now)
    zone = ZoneInfo(rules.timezone)
    tables: tuple[tuple[Table, Iterable[Sequence[str]]], ...] = (
        (AREAS, (_area(area, rules.levels) for area in town.areas)),
        (ROOMS, (_room(room) for room in town.rooms)),
        (PEOPLE, (_person(person, zone) for person in town.people)),
        (PLACES, (_place(place) for place in town.places)),
    )
    written = []
    for table, rows in tables:
        path = directory / f"{table.stem}.{format}"
        write_table(path, table, rows)
        written.append(path)
    return [*written, *await _maps(session, directory)]


async def _maps(session: AsyncSession, directory: Path) -> list[Path]:
    """The towns' map pictures, as `map-T1.jpg`, in the size in which the places' `x`, `y` count.

    A map that was stored smaller than it was given is enlarged again, so that what is read back lies where it did.
    """
    query = (
        select(col(Area.code), Picture, col(AreaMap.width), col(AreaMap.height))
        .join(AreaMap, col(AreaMap.area_id) == col(Area.id))
        .join(Picture, col(AreaMap.picture_id) == col(Picture.id))
        .where(Picture.state == "ready", col(Picture.data).is_not(None))
        .order_by(col(Area.code))
    )
    written = []
    for code, picture, width, height in (await session.execute(query)).all():
        path = directory / f"map-{code}.jpg"
        if path.parent != directory:
            continue  # a code that is no name of a file
        size = width or picture.width, height or picture.height
        await asyncio.to_thread(_put_map, path, picture.data, size)
        written.append(path)
    return written


def _put_map(path: Path, data: bytes, size: tuple[int, int]) -> None:
    """Write one map; older files of it go, as two pictures of one town could not be read back."""
    from bot.pictures import sized  # it takes Pillow along, which most calls never need

    part = path.with_name(f".{path.name}.part")
    part.write_bytes(sized(data, size))
    for old in path.parent.glob(f"{escape(path.stem)}.*"):
        old.unlink()
    part.replace(path)


async def export_cases(session: AsyncSession, directory: Path, format: Format, rules: Rules) -> Path:
    """Write every case to `cases`, times local; of quiet ones neither category, words nor people.

    Of a complaint about a worker not the place either: in a grid with one worker it would say whom it is about.
    """
    zone = ZoneInfo(rules.timezone)
    query = (
        select(Case, col(Area.name), col(Contact.name))
        .join(Area, col(Area.id) == col(Case.area_id))
        .outerjoin(Contact, col(Contact.id) == col(Case.owner_id))
        .order_by(col(Case.id))
    )
    path = directory / f"cases.{format}"
    found = await session.stream(query.execution_options(yield_per=1000))
    with open_sheet(path, "事项") as sheet:
        sheet.writerow(CASE_COLUMNS)
        async for case, area, owner in found:
            sheet.writerow(_case(case, area, owner or "", zone))
    return path


def write_table(path: Path, table: Table, rows: Iterable[Sequence[str]]) -> None:
    """Write one sheet as `read_sheet` takes it; the file stands under its name only if all went well."""
    with open_sheet(path, table.title, lines=table.lines) as sheet:
        sheet.writerow([column.name for column in table.columns])
        for row in rows:
            sheet.writerow(row)


def _area(area: AreaRow, levels: Sequence[str]) -> Sequence[str]:
    level = levels[area.level] if area.level < len(levels) else ""
    neighbours = " ".join(area.neighbours)
    return area.key, area.name, level, area.parent, area.kind, area.police_name, area.police_phone, neighbours


def _room(room: RoomRow) -> Sequence[str]:
    return room.key, room.area, room.name, PURPOSES[room.purpose], room.mode or "", room.bind_code


def _person(person: PersonRow, zone: ZoneInfo) -> Sequence[str]:
    return (
        person.key,
        person.name[: cells.MAX_NAME],
        ROLES[person.role],
        person.area,
        person.phone,
        " ".join(person.rooms) or NO_ROOMS,
        person.stands_in_for,
        person.until.astimezone(zone).isoformat() if person.until else "",
        person.title,
    )


def _place(place: PlaceRow) -> Sequence[str]:
    return place.name, place.area, " ".join(place.aliases), _number(place.x), _number(place.y)


def _number(value: float | None) -> str:
    return "" if value is None else repr(int(value) if value.is_integer() else value)


def _case(case: Case, area: str, owner: str, zone: ZoneInfo) -> Sequence[str]:
    times = (case.created_at, case.taken_at, case.done_at, case.ended_at)
    return (
        str(case.id),
        HIDDEN if case.about_worker else KINDS.get(case.kind, case.kind),
        HIDDEN if case.quiet else case.category,
        STATES.get(case.state, case.state),
        HIDDEN if case.about_worker else area,
        HIDDEN if case.quiet else owner,
        *(time.astimezone(zone).strftime("%Y-%m-%d %H:%M") if time else "" for time in times),
        SATISFIED[case.satisfied],
        HIDDEN if case.quiet else case.text,
    )


class Sheet(Protocol):
    """Rows of cells, one after the other."""

    def writerow(self, row: Sequence[Cell], /) -> object:
        """Add a row."""


class _CsvSheet:
    def __init__(self, writer: Sheet, tidied: Callable[[str], str]) -> None:
        self._writer, self._tidied = writer, tidied

    def writerow(self, row: Sequence[Cell]) -> None:
        self._writer.writerow([safe_text(self._clean(one)) if isinstance(one, str) else one for one in row])

    def _clean(self, text: str) -> str:
        return _shown(self._tidied(text))


class _XlsxSheet:
    def __init__(self, book: Workbook, title: str, tidied: Callable[[str], str]) -> None:
        self._sheet, self._tidied = book.create_sheet(title), tidied
        self._sheet.freeze_panes = "A2"
        self._rows = 0

    def writerow(self, row: Sequence[Cell]) -> None:
        self._rows += 1
        if self._rows > EXCEL_ROWS:
            raise ConfigError(f"超过 {EXCEL_ROWS} 行，.xlsx 放不下，请导出 .csv")
        self._sheet.append(
            [self._cell(_shown(self._tidied(one))[:EXCEL_CELL]) if isinstance(one, str) else one for one in row]
        )

    def close(self) -> None:
        """End what is not to be saved; openpyxl would leave it open until Python finds it, and complain then."""
        self._sheet.close()
        self._sheet._writer.cleanup()  # its temporary file

    def _cell(self, text: str) -> WriteOnlyCell:
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"  # openpyxl would take "=…" for a formula, and "#N/A" for an error
        if text.startswith(QUOTED):
            cell.quotePrefix = True  # stays text when somebody edits the cell
        return cell


def _shown(text: str) -> str:
    return "\n".join(CONTROL.sub("", line) for line in text.split("\n"))


@contextmanager
def open_sheet(path: Path, title: str, *, lines: bool = False) -> Iterator[Sheet]:
    """A sheet to write rows to, for the owner alone; the file stands under its name only if all went well.

    With `lines` those of a cell stay, else it has one.
    """
    tidied = lines_of if lines else one_line
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        if path.suffix == ".xlsx":
            from openpyxl import Workbook

            book, whole = Workbook(write_only=True), BytesIO()
            sheet = _XlsxSheet(book, title, tidied)
            try:
                yield sheet
            except BaseException:
                sheet.close()
                raise
            book.save(whole)  # straight to a full disk it would leave tracebacks behind
            part.write_bytes(whole.getbuffer())
        else:
            # The mark at the start tells Excel that this is UTF-8.
            with part.open("w", encoding="utf-8-sig", newline="") as handle:
                yield _CsvSheet(csv.writer(handle), tidied)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
