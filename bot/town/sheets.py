"""One .csv or .xlsx file as lines of named cells. Everything is bounded, and every cell is plain text."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from bot.town.columns import Table
from bot.town.faults import Faults

MAX_ROWS = 200_000
MAX_FILE = 64 * 1024 * 1024
"""Bytes of a file, and of an .xlsx file once unpacked twice that."""

MAX_PARTS = 1000
MAX_PART = 4 * 1024 * 1024
"""Bytes of a part of a workbook that holds no cells: styles, names."""

MAX_SHEET_ROWS = 2 * MAX_ROWS
MAX_SHEET_CELLS = 3_000_000
MAX_ROW_CELLS = 1024
"""Rows and cells of a sheet, and cells of one row, empty ones included."""

MAX_ELEMENTS, SPARE_ELEMENTS, OTHERS_EACH = 8_000_000, 100_000, 4
"""Elements of a sheet or of its texts; those that are no cell, row or text may be so many beside each of these."""

SHEETS = "xl/worksheets/"
STRINGS = "xl/sharedStrings.xml"
PARSED = (".xml", ".rels")
BROKEN = "工作簿已损坏，打不开；请用表格软件重新另存一次"
MAX_COLUMNS = 64
EXCEL_ROWS = 1_048_576

INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What nobody sees, and what turns a line around; only the joiner of emoji is none of them."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")
QUOTED = tuple("=+-@'＝＋－＠")
"""A spreadsheet takes a cell that begins so for a formula; in a .csv file an apostrophe stands before it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file: its number as a spreadsheet shows it, and the cells of the columns that are there."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


class SheetError(Exception):
    """The file, or a row of it, cannot be read."""

    def __init__(self, row: int | None, text: str) -> None:
        super().__init__(text)
        self.row, self.text = row, text


def read_sheet(path: Path, table: Table, faults: Faults) -> list[Line]:
    """The lines of a file that are not empty; what is wrong goes to `faults`."""
    try:
        rows = _rows(path, faults, lines_of if table.lines else one_line)
        header = next(rows, None)
        if header is None:
            raise SheetError(None, "是空文件，第一行应是列名")
        names = _header(header[1], table, path.name, header[0], faults)
        return list(_lines(rows, names, path.name, table.longest, faults)) if names else []
    except SheetError as error:
        faults.add(path.name, error.row, error.text)
    except OSError as error:
        faults.add(path.name, None, f"打不开（{error.strerror or '读取出错'}）")
    return []


def one_line(text: str) -> str:
    """Without what nobody sees; every break and run of blanks is one blank."""
    return " ".join(INVISIBLE.sub("", text).split())


def lines_of(text: str) -> str:
    """The same, but the lines stay."""
    return "\n".join(one_line(line) for line in text.splitlines()).strip()


def _rows(path: Path, faults: Faults, tidied: Callable[[str], str]) -> Iterator[tuple[int, list[str]]]:
    if path.stat().st_size > MAX_FILE:
        raise SheetError(None, f"文件太大，最多 {MAX_FILE // 1024 // 1024} MB")
    raw = _xlsx_rows(path, faults) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    count = 0
    for number, cells in raw:
        texts = [tidied(cell) for cell in cells]
        if not any(texts):
            continue
        count += 1
        if count > MAX_ROWS + 1:
            raise SheetError(number, f"行太多，最多 {MAX_ROWS} 行")
        yield number, texts


def _header(cells: Sequence[str], table: Table, file: str, row: int, faults: Faults) -> list[str]:
    known = table.headers()
    names: list[str] = []
    ok = True
    for cell in cells:
        name = known.get(unicodedata.normalize("NFKC", cell).strip().lower(), "")
        if cell and not name:
            faults.add(file, row, f"不认识的列“{cell[:30]}”；可用的列：{_listing(table)}")
            ok = False
        elif name and name in names:
            faults.add(file, row, f"列“{cell}”出现了两次")
            ok = False
        names.append(name)
    for column in table.columns:
        if column.required and column.name not in names:
            faults.add(file, row, f"缺少列 {column.name}（{column.chinese}）")
            ok = False
    return names if ok else []


def _listing(table: Table) -> str:
    pairs = ((column.name, column.chinese) for column in table.columns)
    return "、".join(name if name == chinese else f"{name} {chinese}" for name, chinese in pairs)


def _lines(
    rows: Iterator[tuple[int, list[str]]], names: Sequence[str], file: str, longest: int, faults: Faults
) -> Iterator[Line]:
    for number, cells in rows:
        fault = _broken(cells, names, longest)
        if fault:
            faults.add(file, number, fault)
            continue
        yield Line(number, {name: cell for name, cell in zip(names, cells, strict=False) if name})


def _broken(cells: Sequence[str], names: Sequence[str], longest: int) -> str:
    for index, cell in enumerate(cells):
        if cell and (index >= len(names) or not names[index]):
            return f"第 {index + 1} 格“{cell[:20]}”没有列名，这一行可能错位了"
        if len(cell) > longest:
            return f"第 {index + 1} 格太长，最多 {longest} 字"
        if CONTROL.search(cell.replace("\n", "")):
            return f"第 {index + 1} 格有不能显示的字符"
    return ""


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_decode(path.read_bytes()), newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, [plain_text(cell) for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(start, "读不懂这一行：引号没有成对，或格子太长") from error


def _decode(data: bytes) -> str:
    if b"\0" in data:
        raise SheetError(None, "不是文本文件；请另存为“CSV UTF-8”或 .xlsx")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError(None, "文字编码不对；请另存为“CSV UTF-8”或 .xlsx")


def safe_text(cell: str) -> str:
    """A cell for a .csv file that no spreadsheet takes for a formula; `plain_text` reads it back."""
    return f"'{cell}" if cell.startswith((*QUOTED, "\t", "\r")) else cell


def plain_text(cell: str) -> str:
    """What `safe_text` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in (*QUOTED, "\t", "\r") else cell


def _xlsx_rows(path: Path, faults: Faults) -> list[tuple[int, list[str]]]:
    _check_zip(path)
    try:
        # openpyxl warns of styles and extensions that do not matter here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _sheet_rows(path, faults)
    except SheetError:
        raise
    except Exception as error:  # a damaged workbook fails inside openpyxl in any way: KeyError, ParseError, ...
        raise SheetError(None, BROKEN) from error


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > 2 * MAX_FILE:
                raise SheetError(None, f"工作簿解开后太大，最多 {2 * MAX_FILE // 1024 // 1024} MB")
            for part in parts:
                if part.filename.startswith(SHEETS) or part.filename == STRINGS:
                    with archive.open(part) as sheet:
                        _check_sheet(sheet)
                elif part.filename.endswith(PARSED) and part.file_size > MAX_PART:
                    raise SheetError(None, f"工作簿里的 {part.filename[:60]} 太大，请把内容复制到新的工作簿")
    except zipfile.BadZipFile as error:
        raise SheetError(None, "不是 .xlsx 工作簿；旧的 .xls 请另存为 .xlsx") from error


def _check_sheet(sheet: IO[bytes]) -> None:
    """Refuse more rows, cells and texts than a list has, before anything is made of them; empty ones count.

    What is none of them is bounded too: it is read like the rest, and kept.
    """
    rows = cells = before = others = 0

    def begin(name: str, _: object) -> None:
        nonlocal rows, cells, before, others
        kind = name.rpartition(":")[2]
        if kind == "row":
            rows, before = rows + 1, cells
        elif kind == "c":
            cells += 1
        elif kind == "si":
            before = cells = cells + 1  # of no row
        else:
            others += 1
            if others > OTHERS_EACH * cells + SPARE_ELEMENTS or others + cells > MAX_ELEMENTS:
                raise SheetError(None, "工作表里有太多别的内容（图形、格式等）；请把文字复制到新的工作簿")
        if rows > MAX_SHEET_ROWS or cells > MAX_SHEET_CELLS or cells - before > MAX_ROW_CELLS:
            what = "行" if rows > MAX_SHEET_ROWS else "列"
            raise SheetError(None, f"工作表的{what}太多，空的也算；请只把有内容的部分复制到新的工作簿")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    try:
        parser.ParseFile(sheet)
    except expat.ExpatError as error:
        raise SheetError(None, BROKEN) from error


def _sheet_rows(path: Path, faults: Faults) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook  # here, as it takes long and the bot itself needs it never

    # Opened here, as openpyxl leaves a file open that it cannot read.
    with path.open("rb") as handle:
        sheet = load_workbook(handle, read_only=True, keep_links=False).worksheets[0]
        # The stated size of a sheet may be a lie: too small hides rows, too large makes every row endless.
        sheet.reset_dimensions()
        for header in sheet.iter_rows(min_col=MAX_COLUMNS + 1, max_row=1, values_only=True):
            if named := [str(name)[:20] for name in header if name is not None]:
                faults.add(path.name, 1, f"最多读 {MAX_COLUMNS} 列，“{named[0]}”在后面，读不到；请删掉用不着的列")
        rows: list[tuple[int, list[str]]] = []
        before: Sequence[Any] = ()
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, max_row=EXCEL_ROWS), 1):
            if cells is before:
                continue  # openpyxl fills a gap with the same empty row again and again, up to a million times
            before = cells
            texts = [_value(cell, number, path.name, faults) for cell in cells]
            if any(texts):
                rows.append((number, texts))
            if len(rows) > MAX_ROWS + 1:
                break
        return rows


def _value(cell: Any, row: int, file: str, faults: Faults) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str) and cell.data_type not in ("f", "e"):
        return value
    if cell.data_type in ("f", "e"):
        what = "是公式，请改成文字或数值" if cell.data_type == "f" else "是表格的错误值"
        faults.add(file, row, f"第 {cell.column} 格{what}")
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()  # a cell that holds a day
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
