"""Files with faults: every one is named with its row, and nothing else goes wrong."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bot.town import TownFaults, read_town, sheets
from tests.town.files import AREAS, PEOPLE, PLACES, ROOMS, RULES, Rows, faults_of, write_csv, write_town, write_xlsx

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def areas(*rows: tuple[str, ...]) -> Rows:
    return [*AREAS, *rows]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("A", "甲", "村社区", "A")], ["第 7 行：上级是它自己"]),
        (
            [("A", "甲", "", "B"), ("B", "乙", "", "C"), ("C", "丙", "", "A"), ("X", "丁", "", "A")],
            ["第 7 行：上级绕成了圈：A → B → C → A"],
        ),
        ([("G1", "又一个", "网格", "V")], ["第 7 行：编号 G1 与第 5 行重复"]),
        ([("A", "一网格", "网格", "V")], ["第 7 行：和编号 G1 同名同上级，名称要分得开"]),
        ([("A", "甲", "省", "D")], ["第 7 行：不认识的级别“省”，可用：区、镇街、村社区、网格"]),
        ([("A", "甲", "村社区", "Z")], ["第 7 行：没有编号为 Z 的上级"]),
        ([("A", "甲", "村社区", "G1")], ["第 7 行：级别“村社区”应低于上级 G1 的“网格”"]),
        ([("A", "甲", "网格", "G1")], ["第 7 行：级别“网格”应低于上级 G1 的“网格”"]),
        ([("A", "甲", "", "G1")], ["第 7 行：级别太深：配置 levels 只有 4 级（区、镇街、村社区、网格）"]),
        ([("", "甲", "网格", "V")], ["第 7 行：没有写编号"]),
        ([("A", "", "网格", "V")], ["第 7 行：没有写名称"]),
        ([("A", "甲", "网格", "V", "多出来的")], ["第 7 行：第 5 格“多出来的”没有列名，这一行可能错位了"]),
        ([("A", "甲" * 61, "网格", "V")], ["第 7 行：名称太长，最多 60 字"]),
        ([("A", "甲" * 501, "网格", "V")], ["第 7 行：第 2 格太长，最多 500 字"]),
        ([("A", "甲\x07", "网格", "V")], ["第 7 行：第 2 格有不能显示的字符"]),
        (
            [("A,B", "甲", "网格", "V")],
            ["第 7 行：编号“A,B”不行：最多 64 字，中间不能有空格、逗号、分号，也不能以 @ = + - ' 开头"],
        ),
    ],
)
def test_areas(tmp_path: Path, rows: list[tuple[str, ...]], expected: list[str]) -> None:
    assert list(faults_of(write_town(tmp_path, areas=areas(*rows)))) == [f"areas.csv {fault}" for fault in expected]


def test_a_file_is_found_however_its_name_is_written_and_an_old_workbook_is_named(tmp_path: Path) -> None:
    folder = write_town(tmp_path)
    (folder / "people.csv").rename(folder / "People.CSV")
    assert len(read_town(folder, RULES).people) == len(PEOPLE) - 1
    (folder / "rooms.csv").rename(folder / "rooms.xls")
    assert "rooms.xls：旧的 .xls 请另存为 .xlsx" in faults_of(folder)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("r1", "G1", "", ""), "编号 r1 重复"),
        (("r9", "Z", "", ""), "没有编号为 Z 的区划"),
        (("r9", "", "", ""), "没有写所属区划"),
        (("r9", "G1", "聊天", ""), "不认识的用途“聊天”，可用：居民、工作、部门"),
        (("r9", "G1", "", "安静"), "不认识的模式“安静”，可用：静默、试点、正式"),
        (("@", "G1", "", ""), "编号“@”不行：最多 64 字，中间不能有空格、逗号、分号，也不能以 @ = + - ' 开头"),
    ],
)
def test_rooms(tmp_path: Path, row: tuple[str, ...], expected: str) -> None:
    assert faults_of(write_town(tmp_path, rooms=[*ROOMS, row])) == (f"rooms.csv 第 6 行：{expected}",)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            ("sun", "孙五", "村长", "G1", ""),
            "不认识的角色“村长”，可用：居民、志愿者、网格员、网格长、管理员、民警、通知员、部门、三老",
        ),
        (("sun", "孙五", "网格员", "Z", ""), "没有编号为 Z 的区划"),
        (("sun", "孙五", "网格员", "", ""), "没有写所属区划"),
        (("sun", "", "网格员", "G1", ""), "没有写名称"),
        (("sun", "孙五", "", "G1", "130000000011"), "电话“130000000011”不对，应是手机、带区号的座机或短号"),
        (("sun", "孙五", "", "G1", "138****2210"), "电话“138****2210”不对，应是手机、带区号的座机或短号"),
        (("wang", "王二", "网格员", "G1", ""), "与第 3 行重复：同一个人，同样的角色和所属"),
        (("wang", "王五", "网格员", "G2", ""), "编号 wang 在第 3 行是“王二”，这里是“王五”"),
        (("wang", "王二", "网格员", "G2", "13000000002"), "编号 wang 在第 3 行写了另一个电话"),
    ],
)
def test_people(tmp_path: Path, row: tuple[str, ...], expected: str) -> None:
    assert faults_of(write_town(tmp_path, people=[*PEOPLE, row])) == (f"people.csv 第 6 行：{expected}",)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (("r1 r7", "", ""), "没有编号为 r7 的群"),
        (("", "sun", ""), "不能代自己的班"),
        (("", "wu", ""), "没有编号为 wu 的人可代"),
        (("", "wang", "下个月"), "日期“下个月”不对，应像 2026-11-30"),
        (("", "wang", "9999-12-31"), "日期“9999-12-31”不对，应像 2026-11-30，年份在 1900 到 2999 之间"),
        (
            ("", "wang", "9999-12-31T23:59:59-12:00"),
            "日期“9999-12-31T23:59:59-”不对，应像 2026-11-30，年份在 1900 到 2999 之间",
        ),
    ],
)
def test_groups_and_substitutes(tmp_path: Path, extra: tuple[str, ...], expected: str) -> None:
    people = [
        (*PEOPLE[0], "rooms", "stands_in_for", "until"),
        (*PEOPLE[2], "", "", ""),
        ("sun", "孙五", "网格员", "G1", "", *extra),
    ]
    assert faults_of(write_town(tmp_path, people=people)) == (f"people.csv 第 3 行：{expected}",)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("桥", "G1", "", "十", "1"), "x“十”不是数"),
        (("桥", "G1", "", "1", "nan"), "y“nan”不是数"),
        (("桥", "G1", "", "1e99", "1"), "x“1e99”不是数"),
        (("桥", "G1", "", "1", ""), "x 和 y 要么都写，要么都不写"),
        (("老粮站", "G1", "", "", ""), "地点“老粮站”与第 2 行重复"),
        (("桥", "Z", "", "", ""), "没有编号为 Z 的区划"),
    ],
)
def test_places(tmp_path: Path, row: tuple[str, ...], expected: str) -> None:
    assert faults_of(write_town(tmp_path, places=[*PLACES, row])) == (f"places.csv 第 3 行：{expected}",)


def test_neighbours(tmp_path: Path) -> None:
    rows = [(*AREAS[0], "neighbours"), *((*row, "") for row in AREAS[1:-1]), (*AREAS[-1], "G2 G1；Z")]
    assert faults_of(write_town(tmp_path, areas=rows)) == (
        "areas.csv 第 6 行：相邻写了自己",
        "areas.csv 第 6 行：相邻的区划 Z 不存在",
    )


def test_every_fault_of_every_file_in_order(tmp_path: Path) -> None:
    directory = write_town(
        tmp_path,
        areas=areas(("A", "甲", "省", "D"), ("", "乙", "", "D")),
        rooms=[*ROOMS, ("r9", "Z", "", "")],
        people=[PEOPLE[0], ("li", "李一", "皇帝", "G1", ""), ("wu", "吴六", "", "A", "x")],
    )
    assert [fault.split("：")[0] for fault in faults_of(directory)] == [
        "areas.csv 第 7 行",
        "areas.csv 第 8 行",
        "rooms.csv 第 6 行",
        "people.csv 第 2 行",
        "people.csv 第 3 行",
    ]


def test_columns(tmp_path: Path) -> None:
    write_csv(tmp_path / "areas.csv", [("key", "编号", "颜色", "parent")])
    assert faults_of(tmp_path) == (
        "areas.csv 第 1 行：列“编号”出现了两次",
        "areas.csv 第 1 行：不认识的列“颜色”；可用的列：key 编号、name 名称、level 级别、parent 上级、kind 类型、"
        "police_name 派出所、police_phone 报警电话、neighbours 相邻",
        "areas.csv 第 1 行：缺少列 name（名称）",
    )


def test_an_unreadable_file_does_not_make_every_reference_a_fault(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").write_bytes(b"\xff\xfe\0k\0e")
    assert faults_of(directory) == ("areas.csv：不是文本文件；请另存为“CSV UTF-8”或 .xlsx",)


def test_an_open_quote_names_its_row(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "people.csv").write_text('key,name,area\n"li","李\n一",G1\nwu,"吴"六,G1\n', encoding="utf-8")
    assert faults_of(directory) == ("people.csv 第 4 行：读不懂这一行：引号没有成对，或格子太长",)


def test_missing_and_doubled_files(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "nowhere")[0].endswith("没有这个文件夹")
    assert faults_of(tmp_path) == ("areas：文件夹里没有 areas.csv 或 areas.xlsx",)
    write_xlsx(write_town(tmp_path) / "rooms.xlsx", ROOMS)
    assert faults_of(tmp_path) == ("rooms.csv：和 rooms.xlsx 同时存在，请只留一个",)


def test_an_empty_file(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").write_text("\n,,\n", encoding="utf-8")
    assert faults_of(directory) == ("areas.csv：是空文件，第一行应是列名",)


def test_broken_workbooks(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    path = directory / "areas.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0 an old workbook")
    assert faults_of(directory) == ("areas.xlsx：不是 .xlsx 工作簿；旧的 .xls 请另存为 .xlsx",)
    write_xlsx(path, AREAS)
    path.write_bytes(path.read_bytes()[:-200])
    assert faults_of(directory) == ("areas.xlsx：不是 .xlsx 工作簿；旧的 .xls 请另存为 .xlsx",)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types>")
    assert faults_of(directory) == ("areas.xlsx：工作簿已损坏，打不开；请用表格软件重新另存一次",)


def test_formula_cells_and_error_values_are_refused(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    write_xlsx(directory / "areas.xlsx", areas(("A", '=HYPERLINK("x")', "网格", "V"), ("B", "#REF!", "网格", "V")))
    faults = faults_of(directory)
    assert "areas.xlsx 第 7 行：第 2 格是公式，请改成文字或数值" in faults
    assert "areas.xlsx 第 8 行：第 2 格是表格的错误值" in faults


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    write_xlsx(directory / "areas.xlsx", [(*AREAS[0], *("",) * 70, "电话"), *AREAS[1:]])
    assert faults_of(directory) == ("areas.xlsx 第 1 行：最多读 64 列，“电话”在后面，读不到；请删掉用不着的列",)


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    write_xlsx(directory / "areas.xlsx", AREAS)
    with zipfile.ZipFile(directory / "areas.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.bin", b"\0" * (2 * sheets.MAX_FILE + 1))
    assert faults_of(directory) == ("areas.xlsx：工作簿解开后太大，最多 128 MB",)


def test_a_workbook_with_entities_is_refused(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    path = directory / "areas.xlsx"
    write_xlsx(path, AREAS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 20 if n else "x" * 1000}">' for n in range(9))
    sheet = f'<!DOCTYPE worksheet [{entities}]><worksheet xmlns="{MAIN}"><sheetData><row r="1"><c t="inlineStr"><is>'
    parts["xl/worksheets/sheet1.xml"] = f"{sheet}<t>&a8;</t></is></c></row></sheetData></worksheet>".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert faults_of(directory) == ("areas.xlsx：工作簿已损坏，打不开；请用表格软件重新另存一次",)


def test_a_lying_size_and_far_cells_do_not_hang(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    path = directory / "areas.xlsx"
    write_xlsx(path, AREAS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["xl/worksheets/sheet1.xml"].decode()
    text = text.replace("</sheetData>", '<row r="999999999"><c r="XFD999999999" t="n"><v>1</v></c></row></sheetData>')
    parts["xl/worksheets/sheet1.xml"] = text.replace('ref="A1:D6"', 'ref="A1:XFD1048576"').encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert len(read_town(directory, RULES).areas) == 5


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (b'<row r="7">' + b"<c/>" * 1_500_000 + b"</row>", "列太多"),
        ((b"<row>" + b"<c/>" * 1000 + b"</row>") * 3100, "列太多"),
        (b"<row/>" * 1_000_000, "行太多"),
        (b"<x:row xmlns:x='x'/>" * 1_000_000, "行太多"),
    ],
)
def test_a_sheet_of_empty_cells_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: bytes, fault: str
) -> None:
    monkeypatch.setattr(sheets, "_sheet_rows", _never)
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    _with_part(directory / "areas.xlsx", "xl/worksheets/sheet1.xml", rows, b"</sheetData>")
    (told,) = faults_of(directory)
    assert fault in told


def test_a_huge_style_sheet_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_sheet_rows", _never)
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    _with_part(directory / "areas.xlsx", "xl/styles.xml", b"<x/>" * 20_000_000, b"</styleSheet>")
    assert faults_of(directory) == ("areas.xlsx：工作簿里的 xl/styles.xml 太大，请把内容复制到新的工作簿",)


@pytest.mark.parametrize(
    ("part", "before"),
    [("xl/worksheets/sheet1.xml", b"</sheetData>"), ("xl/sharedStrings.xml", b"</sst>")],
)
def test_elements_that_nobody_knows_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, before: bytes
) -> None:
    monkeypatch.setattr(sheets, "_sheet_rows", _never)
    directory = write_town(tmp_path)
    (directory / "areas.csv").unlink()
    _with_part(directory / "areas.xlsx", part, b"<x/>" * 150_000, before)
    assert faults_of(directory) == ("areas.xlsx：工作表里有太多别的内容（图形、格式等）；请把文字复制到新的工作簿",)


def _never(*_: object) -> None:
    raise AssertionError("this would take minutes")


def _with_part(path: Path, name: str, more: bytes, before: bytes) -> None:
    """A workbook with something more in one of its parts."""
    write_xlsx(path, AREAS)
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = parts.get(name, b"<sst></sst>").replace(before, more + before)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 4)
    directory = write_town(tmp_path)
    assert "areas.csv 第 6 行：行太多，最多 4 行" in faults_of(directory)
    monkeypatch.setattr(sheets, "MAX_FILE", 10)
    assert len([fault for fault in faults_of(directory) if "文件太大" in fault]) == 4


def test_a_long_chain_of_areas_does_not_recurse(tmp_path: Path) -> None:
    chain = [("key", "name", "parent"), *((f"a{n}", "村", f"a{n + 1}") for n in range(20_000)), ("a20000", "村", "a0")]
    write_csv(tmp_path / "areas.csv", chain)
    (fault,) = faults_of(tmp_path)
    assert "上级绕成了圈" in fault


def test_a_name_is_free_under_another_parent_but_not_where_it_was_imported_before(tmp_path: Path) -> None:
    write_town(tmp_path, areas=areas(("V2", "西渡村", "村社区", "T"), ("A", "一网格", "网格", "V2")))
    town = read_town(tmp_path, RULES)
    write_csv(tmp_path / "areas.csv", [AREAS[0], ("B", "一网格", "网格", "V2")])
    with pytest.raises(TownFaults) as caught:
        read_town(tmp_path, RULES, base=town)
    assert caught.value.faults == ("areas.csv 第 2 行：和编号 A 同名同上级，名称要分得开",)


def test_an_old_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "areas.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    assert "旧的 .xls 请另存为 .xlsx" in faults_of(tmp_path)[0]
