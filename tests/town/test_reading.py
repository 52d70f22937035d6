"""Files that are sound, in every shape they may come in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.town import SAMPLE, AreaRow, Town, read_town
from bot.town.sheets import plain_text, safe_text
from handlers.ports import Rules
from storage.areas import Mode, Purpose
from storage.people import Role
from tests.town.files import AREAS, PEOPLE, PLACES, ROOMS, RULES, write_csv, write_town, write_xlsx


def test_a_town_is_read(tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    assert [(area.key, area.level, area.parent) for area in town.areas] == [
        ("D", 0, ""),
        ("T", 1, "D"),
        ("V", 2, "T"),
        ("G1", 3, "V"),
        ("G2", 3, "V"),
    ]
    assert [(room.name, room.purpose, room.mode) for room in town.rooms] == [
        ("一网格居民群", Purpose.RESIDENTS, Mode.FULL),
        ("二网格居民群", Purpose.RESIDENTS, None),
        ("东渡村工作群", Purpose.STAFF, Mode.SILENT),
        ("枫渡镇工作群", Purpose.STAFF, Mode.TRIAL),
    ]
    assert [person.role for person in town.people] == [None, Role.WORKER, Role.LEAD, Role.ADMIN]
    assert town.places[0].aliases == ("粮站", "旧粮库")
    assert (town.places[0].x, town.places[0].y) == (120.0, 80.5)


def test_groups_follow_from_the_role(tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    assert {person.key: person.rooms for person in town.people} == {
        "li": ("r1",),
        "wang": ("r1", "v"),
        "zhao": ("v",),
        "qian": ("t",),
    }
    assert town.members == {"r1": ("li", "wang"), "r2": (), "v": ("wang", "zhao"), "t": ("qian",)}


def test_a_lead_without_a_staff_group_of_their_own_is_in_the_next_above(tmp_path: Path) -> None:
    rooms = [row for row in ROOMS if row[0] != "v"]
    town = read_town(write_town(tmp_path, rooms=rooms), RULES)
    assert next(person.rooms for person in town.people if person.key == "zhao") == ("t",)


def test_stated_groups_stand_instead(tmp_path: Path) -> None:
    people = [(*PEOPLE[0], "rooms"), (*PEOPLE[1], "r2;v"), (*PEOPLE[2], "无"), (*PEOPLE[3], "")]
    town = read_town(write_town(tmp_path, people=people), RULES)
    assert [person.rooms for person in town.people] == [("r2", "v"), (), ("v",)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_reads_alike(tmp_path: Path, encoding: str) -> None:
    plain = read_town(write_town(tmp_path), RULES)
    for stem, rows in (("areas", AREAS), ("rooms", ROOMS), ("people", PEOPLE), ("places", PLACES)):
        write_csv(tmp_path / f"{stem}.csv", rows, encoding)
    assert read_town(tmp_path, RULES) == plain


def test_a_workbook_reads_like_a_csv(tmp_path: Path) -> None:
    plain = read_town(write_town(tmp_path), RULES)
    other = tmp_path / "xlsx"
    other.mkdir()
    for stem, rows in (("areas", AREAS), ("rooms", ROOMS), ("people", PEOPLE), ("places", PLACES)):
        numbers = [[int(cell) if cell.isdigit() else cell or None for cell in row] for row in rows]
        write_xlsx(other / f"{stem}.xlsx", numbers)
    assert read_town(other, RULES) == plain


def test_chinese_headers_in_any_order(tmp_path: Path) -> None:
    plain = read_town(write_town(tmp_path), RULES)
    write_csv(
        tmp_path / "areas.csv",
        [("上级", "名称", "编号", " 级别 "), *((up, name, key, level) for key, name, level, up in AREAS[1:])],
    )
    people = [("电话", "所属", "角色", "姓名", "编号"), *(tuple(reversed(row)) for row in PEOPLE[1:])]
    write_csv(tmp_path / "people.csv", people)
    assert read_town(tmp_path, RULES) == plain


def test_children_may_stand_before_their_parents(tmp_path: Path) -> None:
    plain = read_town(write_town(tmp_path), RULES)
    turned = read_town(write_town(tmp_path, areas=[AREAS[0], *reversed(AREAS[1:])]), RULES)
    assert set(turned.areas) == set(plain.areas)
    seen = {""}
    for area in turned.areas:
        assert area.parent in seen
        seen.add(area.key)


def test_levels_follow_from_the_parent_at_any_depth(tmp_path: Path) -> None:
    for depth in (3, 4, 5, 6, 7):
        rules = Rules(levels=tuple(f"第{number}层" for number in range(depth)))
        areas = [("key", "name", "parent"), *((f"a{n}", f"区划{n}", f"a{n - 1}" if n else "") for n in range(depth))]
        write_csv(tmp_path / "areas.csv", areas)
        assert [area.level for area in read_town(tmp_path, rules).areas] == list(range(depth))


def test_a_level_may_be_left_out_and_named_in_everyday_words(tmp_path: Path) -> None:
    areas = [
        *AREAS[:1],
        ("D", "甲县", "县", ""),
        ("T", "乙街道", "街道", "D"),
        ("V", "丙村", "村", "T"),
        ("G", "丁", "网格", "T"),
    ]
    write_csv(tmp_path / "areas.csv", areas)
    assert [area.level for area in read_town(tmp_path, RULES).areas] == [0, 1, 2, 3]


def test_one_person_in_several_roles(tmp_path: Path) -> None:
    people = [*PEOPLE, ("wang", "王二", "网格员", "G2", ""), ("zhao", "赵三", "村管理员", "V", "13000000009")]
    town = read_town(write_town(tmp_path, people=people), RULES)
    assert [(row.area, row.role) for row in town.people if row.key == "wang"] == [
        ("G1", Role.WORKER),
        ("G2", Role.WORKER),
    ]


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-30",
        "2026/11/30",
        "2026.11.30",
        "2026年11月30日",
        "２０２６/１１/３０",
        "2026-12-01T00:00",
        "2026/12/1 00:00",
    ],
)
def test_a_substitute_to_a_day(tmp_path: Path, day: str) -> None:
    people = [
        (*PEOPLE[0], "代", "until"),
        (*PEOPLE[2], "", ""),
        ("li", "李一", "网格员", "G1", "", "wang", day),
    ]
    town = read_town(write_town(tmp_path, people=people), RULES)
    substitute = town.people[1]
    assert substitute.stands_in_for == "wang"
    # To the end of the day in China.
    assert substitute.until is not None
    assert substitute.until.astimezone(UTC) == datetime(2026, 11, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("１３０ ０００００００１", "13000000001"),
        ("+86 130-0000-0001", "13000000001"),
        ("8613000000001", "13000000001"),
        ("0900-0000110", "0900-0000110"),
        ("400-000-1234", "400-000-1234"),
        ("66012", "66012"),
        ("110", "110"),
    ],
)
def test_phones_as_people_write_them(tmp_path: Path, written: str, read: str) -> None:
    people = [PEOPLE[0], ("li", "李一", "", "G1", written)]
    assert read_town(write_town(tmp_path, people=people), RULES).people[0].phone == read


def test_blank_rows_and_invisible_characters_do_not_matter(tmp_path: Path) -> None:
    areas = [
        AREAS[0],
        ("", "", "", ""),
        *AREAS[1:3],
        ("\u200bV\ufeff", " 东\u00ad渡　\u061c村\n", "村社区", "T"),
        *AREAS[4:],
        ("",),
    ]
    town = read_town(write_town(tmp_path, areas=areas), RULES)
    assert next(area.name for area in town.areas if area.key == "V") == "东渡 村"


def test_a_formula_in_a_csv_is_text(tmp_path: Path) -> None:
    people = [PEOPLE[0], ("li", "'=HYPERLINK(1)", "", "G1", ""), ("wu", "+吴", "", "G1", "")]
    assert [row.name for row in read_town(write_town(tmp_path, people=people), RULES).people] == [
        "=HYPERLINK(1)",
        "+吴",
    ]


@pytest.mark.parametrize("cell", ["=1+1", "＝1+1", "＠SUM(1)", "'x", "\t=1"])
def test_no_cell_of_a_csv_is_taken_for_a_formula(cell: str) -> None:
    assert safe_text(cell) == f"'{cell}"
    assert plain_text(safe_text(cell)) == cell


def test_what_is_stored_may_be_referred_to(tmp_path: Path) -> None:
    base = read_town(write_town(tmp_path), RULES)
    later = tmp_path / "later"
    later.mkdir()
    write_csv(later / "people.csv", [PEOPLE[0], ("sun", "孙五", "网格员", "G2", "")])
    write_csv(later / "rooms.csv", [("key", "area"), ("r3", "G2"), ("r1", "G2")])
    town = read_town(later, RULES, base)
    assert town.areas == ()
    assert town.people[0].rooms == ("r1", "r2", "r3", "v")
    assert town.rooms[1].name == "一网格居民群"


def test_a_moved_area_takes_its_level_from_what_is_stored(tmp_path: Path) -> None:
    base = read_town(write_town(tmp_path), RULES)
    later = tmp_path / "later"
    later.mkdir()
    write_csv(later / "areas.csv", [("key", "name", "parent"), ("V2", "西渡村", "T")])
    assert read_town(later, RULES, base) == Town(areas=(AreaRow("V2", "西渡村", 2, "T"),))


def test_the_sample_town_is_sound() -> None:
    town = read_town(SAMPLE, RULES)
    levels = [sum(1 for area in town.areas if area.level == level) for level in range(4)]
    assert levels == [1, 2, 12, 40]
    grids = {area.key for area in town.areas if area.level == 3}
    workers = [row.area for row in town.people if row.role is Role.WORKER and not row.stands_in_for]
    assert sorted(workers) == sorted(grids)
    residents = [room.area for room in town.rooms if room.purpose is Purpose.RESIDENTS]
    assert sorted(residents) == sorted(grids)
    assert all(len(town.members[room.key]) >= 2 for room in town.rooms)
    assert len(town.names) == len(set(town.names.values())) > 110
    assert {row.role for row in town.people} == {None, *Role} - {Role.HERALD}  # that right is only lent
    assert all(room.mode for room in town.rooms)
