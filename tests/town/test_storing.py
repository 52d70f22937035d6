"""From a town into the tables and out again."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlmodel import SQLModel, col

from bot.town import (
    SAMPLE,
    AreaRow,
    Change,
    Counts,
    Format,
    PersonRow,
    PlaceRow,
    RoomRow,
    Town,
    export_cases,
    export_town,
    import_town,
    load_town,
    new_bind_code,
    read_town,
)
from storage.areas import Area, Chat, LocalPlace, Mode, Room, RoomBinding
from storage.engine import Database
from storage.matters import Case, CaseState
from storage.people import Appointment, Contact, ContactBinding, Role, Seen
from tests.town.files import NOW, RULES, write_town

NOTHING = Counts()


async def put(database: Database, town: Town, **options: Any) -> Counts:
    async with database.write() as session:
        return await import_town(session, town, RULES, now=NOW, **options)


async def rows(database: Database, *models: type[SQLModel]) -> list[list[dict[str, Any]]]:
    """Everything in these tables but what is random."""
    async with database.read() as session:
        return [
            [row.model_dump(exclude={"bind_code"}) for row in (await session.scalars(select(model))).all()]
            for model in models
        ]


async def stored(database: Database) -> Town:
    async with database.read() as session:
        return await load_town(session, now=NOW)


async def told(database: Database) -> list[set[Any]]:
    """All that is stored, without what is random or only an order."""
    town = await stored(database)
    rooms = {replace(room, bind_code="") for room in town.rooms}
    people = {replace(person, rooms=tuple(sorted(person.rooms))) for person in town.people}
    return [set(town.areas), rooms, people, set(town.places)]


async def count(database: Database, model: type[SQLModel]) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_town_goes_into_the_tables(database: Database, tmp_path: Path) -> None:
    counts = await put(database, read_town(write_town(tmp_path), RULES))
    assert counts == Counts(Change(5, 0), Change(4, 0), Change(4, 0), Change(3, 0), Change(1, 0))
    assert str(counts).startswith("区划新增 5、更新 0；群新增 4、更新 0；")
    areas, rooms, people, posts, seen = await rows(database, Area, Room, Contact, Appointment, Seen)
    ids = {area["code"]: area["id"] for area in areas}
    paths = {area["code"]: area["path"] for area in areas}
    assert paths["G2"] == f"/{ids['D']}/{ids['T']}/{ids['V']}/{ids['G2']}/"
    assert {room["key"]: room["mode"] for room in rooms} == {"r1": "正式", "r2": "试点", "v": "静默", "t": "试点"}
    assert all(room["bound_at"] is None for room in rooms)
    assert {person["key"]: person["phone"] for person in people}["wang"] == "0900-0000110"
    assert {(post["role"], post["area_id"]) for post in posts} == {
        ("worker", ids["G1"]),
        ("lead", ids["V"]),
        ("admin", ids["T"]),
    }
    assert all(post["since"] == NOW for post in posts)
    assert len(seen) == 5
    assert await count(database, Chat) == 0


async def test_twice_the_same_changes_nothing(database: Database) -> None:
    town = read_town(SAMPLE, RULES)
    tables = (Area, Room, Contact, Appointment, Seen, LocalPlace, Chat, RoomBinding, ContactBinding)
    await put(database, town, account_id=1)
    before = await rows(database, *tables)
    codes = [room.bind_code for room in (await stored(database)).rooms]
    async with database.write() as session:
        later = NOW + timedelta(days=1)
        assert await import_town(session, town, RULES, now=later, account_id=1) == NOTHING
    assert await rows(database, *tables) == before
    assert [room.bind_code for room in (await stored(database)).rooms] == codes


async def test_local_groups_are_bound_and_people_are_friends(database: Database) -> None:
    town = read_town(SAMPLE, RULES)
    await put(database, town, account_id=1, start_mode=Mode.FULL)
    rooms, bindings, people, chats = await rows(database, Room, RoomBinding, ContactBinding, Chat)
    assert all(room["bound_at"] == room["greeted_at"] == NOW for room in rooms)
    by_chat = {chat["id"]: chat for chat in chats}
    room_ids = {room["id"]: room["key"] for room in rooms}
    assert {binding["external_id"] for binding in bindings} == {room.key for room in town.rooms}
    for binding in bindings:
        assert room_ids[by_chat[binding["chat_id"]]["room_id"]] == binding["external_id"]
    assert {binding["external_id"] for binding in people} == set(town.names)
    assert all(binding["friend"] for binding in people)
    assert {chat["contact_id"] for chat in chats} - {None} == {binding["contact_id"] for binding in people}


async def test_a_group_bound_before_keeps_its_chat_and_greeting_time(database: Database, tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    await put(database, town)
    async with database.write() as session:
        room = (await session.scalars(select(Room).where(Room.key == "r1"))).one()
        room.bound_at = NOW - timedelta(days=3)
        session.add(Chat(id=77, room_id=room.id))
    await put(database, town, account_id=1)
    (bindings, rooms) = await rows(database, RoomBinding, Room)
    assert next(binding["chat_id"] for binding in bindings if binding["external_id"] == "r1") == 77
    assert next(room["bound_at"] for room in rooms if room["key"] == "r1") == NOW - timedelta(days=3)


async def test_what_differs_is_changed_and_empty_cells_leave_it(database: Database, tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    await put(database, town)
    changed = Town(
        areas=(replace(town.areas[0]), *town.areas[1:4], replace(town.areas[4], name="新二网格", kind="农村")),
        rooms=(replace(town.rooms[0], mode=None, name="新名字"),),
        people=(replace(town.people[1], phone="", name="王小二"),),
        places=(replace(town.places[0], x=None, y=None, aliases=()),),
    )
    assert await put(database, changed) == Counts(Change(0, 1), Change(0, 1), Change(0, 1), Change(), Change())
    now = await stored(database)
    assert (now.areas[4].name, now.areas[4].kind) == ("新二网格", "农村")
    assert (now.rooms[0].name, now.rooms[0].mode) == ("新名字", Mode.FULL)
    assert next(row for row in now.people if row.key == "wang").phone == "0900-0000110"
    assert now.places[0].aliases == ("粮站", "旧粮库")
    assert now.places[0].x == 120.0


async def test_a_moved_area_takes_all_below_along(database: Database, tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    await put(database, town)
    moved = Town(areas=(town.areas[0], AreaRow("T2", "新镇", 1, "D"), AreaRow("V", "东渡村", 2, "T2")))
    assert (await put(database, moved)).areas == Change(1, 1)
    (areas,) = await rows(database, Area)
    ids = {area["code"]: area["id"] for area in areas}
    paths = {area["code"]: area["path"] for area in areas}
    assert paths["G1"] == f"/{ids['D']}/{ids['T2']}/{ids['V']}/{ids['G1']}/"


async def test_an_area_may_become_a_root(database: Database, tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    await put(database, town)
    await put(database, Town(areas=(replace(town.areas[1], parent=""),)))
    (areas,) = await rows(database, Area)
    assert next(area for area in areas if area["code"] == "T")["parent_id"] is None
    assert next(area for area in areas if area["code"] == "T")["path"].count("/") == 2


async def test_roles_are_added_and_never_ended(database: Database, tmp_path: Path) -> None:
    town = read_town(write_town(tmp_path), RULES)
    await put(database, town)
    until = NOW + timedelta(days=3)
    new = (
        PersonRow("wang", "王二", Role.WORKER, "G2"),
        PersonRow("zhao", "赵三", Role.WORKER, "G1", stands_in_for="wang", until=until),
        PersonRow("qian", "钱四", Role.WORKER, "G1", stands_in_for="wang", until=NOW - timedelta(days=1)),
    )
    assert (await put(database, Town(people=new, areas=town.areas))).appointments == Change(2, 0)
    later = replace(new[1], until=until + timedelta(days=1))
    assert (await put(database, Town(people=(later,), areas=town.areas))).appointments == Change(0, 1)
    (posts,) = await rows(database, Appointment)
    assert len(posts) == 5


async def test_bind_codes_are_distinct_and_may_be_seeded(database: Database, second: Database) -> None:
    town = read_town(SAMPLE, RULES)
    await put(database, town, rng=random.Random(7))
    await put(second, town, rng=random.Random(7))
    codes = [room.bind_code for room in (await stored(database)).rooms]
    assert codes == [room.bind_code for room in (await stored(second)).rooms]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 8 and not set(code) & set("01OIL") for code in codes)
    assert new_bind_code() != new_bind_code()


async def test_a_failed_import_leaves_nothing(database: Database) -> None:
    town = Town(rooms=(RoomRow("r", "nowhere", "群"),), areas=(AreaRow("D", "区", 0),))
    with pytest.raises(KeyError):
        await put(database, town)
    assert await count(database, Area) == 0


HOSTILE = Town(
    areas=(AreaRow("D", "=1+1", 0, neighbours=()), AreaRow("T", "@镇", 1, "D", "农村", "所", "110", ("D",))),
    rooms=(RoomRow("r", "T", "-群", mode=Mode.FULL), RoomRow("s", "T", "'=引号", mode=Mode.SILENT)),
    people=(
        PersonRow("p", '+人,“引号"', None, "T", "13000000001", ("r", "s")),
        PersonRow("q", "#N/A", Role.WORKER, "T", "", ()),
        PersonRow("w", "王", Role.WORKER, "T", "", ("r",), "q", NOW + timedelta(days=1, microseconds=7)),
    ),
    places=(PlaceRow('"=桥', "T", ("=a", "'b"), -1.5, 20.0), PlaceRow("路", "T")),
)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("which", ["sample", "hostile"])
async def test_what_was_exported_comes_back_the_same(
    database: Database, second: Database, tmp_path: Path, format: Any, which: str
) -> None:
    town = HOSTILE if which == "hostile" else read_town(SAMPLE, RULES)
    await put(database, town)
    async with database.read() as session:
        written = await export_town(session, tmp_path / "out", format, RULES, now=NOW)
    assert [path.name for path in written] == [f"{stem}.{format}" for stem in ("areas", "rooms", "people", "places")]
    assert sorted((tmp_path / "out").iterdir()) == sorted(written)
    again = read_town(tmp_path / "out", RULES)
    await put(second, again)
    assert await told(second) == await told(database)
    for table in (Area, Room, Contact, Appointment, Seen, LocalPlace):
        assert await count(second, table) == await count(database, table)
    assert await put(database, again) == NOTHING


async def test_no_exported_cell_is_a_formula(database: Database, tmp_path: Path) -> None:
    await put(database, HOSTILE)
    async with database.read() as session:
        written = {format: await export_town(session, tmp_path, format, RULES, now=NOW) for format in get_args(Format)}
    for path in written["csv"]:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            assert not [cell for row in csv.reader(handle) for cell in row if cell.startswith(tuple("=+-@"))]
    for path in written["xlsx"]:
        book = load_workbook(path)
        cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix for cell in cells if str(cell.value)[0] in "=+-@")
    with (tmp_path / "rooms.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert all(len(row["bind_code"]) == 8 for row in csv.DictReader(handle))


async def test_who_was_appointed_without_a_key_survives_export_and_import(database: Database, tmp_path: Path) -> None:
    await put(database, read_town(write_town(tmp_path), RULES))
    async with database.write() as session:
        area = (await session.scalars(select(Area).where(Area.code == "G2"))).one()
        stranger, visitor = Contact(name="😀小李"), Contact(name="路过")
        session.add_all([stranger, visitor])
        await session.flush()
        session.add(Appointment(contact_id=stranger.id, area_id=area.id, role="volunteer", since=NOW))
    async with database.read() as session:
        await export_town(session, tmp_path, "csv", RULES, now=NOW)
    people = read_town(tmp_path, RULES).people
    assert [(row.key, row.name, row.role) for row in people if row.key.startswith("contact-")] == [
        (f"contact-{stranger.id}", "😀小李", Role.VOLUNTEER)
    ]
    before = await count(database, Contact)
    assert await put(database, read_town(tmp_path, RULES)) == NOTHING
    assert await count(database, Contact) == before


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_cases_are_exported_and_quiet_ones_say_nothing(database: Database, tmp_path: Path, format: Any) -> None:
    await put(database, read_town(write_town(tmp_path), RULES), account_id=1)
    async with database.write() as session:
        ids = {contact.key: contact.id for contact in await session.scalars(select(Contact))}
        area = await session.scalar(select(col(Area.id)).where(Area.code == "G1"))
        shape: dict[str, Any] = {"area_id": area, "chat_id": 1, "reporter_id": ids["li"], "owner_id": ids["wang"]}
        shape |= {"created_at": NOW, "updated_at": NOW}
        session.add(
            Case(
                kind="request",
                category="公共设施",
                text="=cmd|' /C calc'!A0 路灯\x00坏了",
                taken_at=NOW,
                state=CaseState.ACCEPTED,
                **shape,
            )
        )
        session.add(Case(kind="complaint", category="邻里纠纷", text="和邻居李四吵架 13000000001", quiet=True, **shape))
        shape |= {"about_worker": True, "quiet": True}
        session.add(Case(kind="complaint", category="社保民政", text="投诉网格员王二，他收钱", **shape))
    async with database.read() as session:
        path = await export_cases(session, tmp_path / "out", format, RULES)
    if format == "csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = list(csv.reader(handle))
    else:
        lines = [[cell or "" for cell in row] for row in load_workbook(path).active.iter_rows(values_only=True)]
    text = "=cmd|' /C calc'!A0 路灯坏了"
    assert lines[1] == [
        "1",
        "求助",
        "公共设施",
        "已接单",
        "一网格",
        "王二",
        "2026-11-21 15:30",
        "2026-11-21 15:30",
        "",
        "",
        "",
        f"'{text}" if format == "csv" else text,
    ]
    assert lines[2][1:6] == ["投诉", "（不公开）", "待接单", "一网格", "（不公开）"]
    assert lines[3][1:6] == ["（不公开）", "（不公开）", "待接单", "（不公开）", "（不公开）"]
    assert lines[2][-1] == "（不公开）"
    assert not any("13000000001" in cell or "李" in cell for cell in lines[2])


def district() -> Town:
    """As large as the largest of the published reports: 320 villages, 3,170 grids and groups, 10,000 people."""
    areas = [AreaRow("D", "区", 0)]
    areas += [AreaRow(f"T{n}", f"镇{n}", 1, "D") for n in range(18)]
    areas += [AreaRow(f"V{n}", f"村{n}", 2, f"T{n % 18}") for n in range(320)]
    areas += [AreaRow(f"G{n}", f"网格{n}", 3, f"V{n % 320}") for n in range(3170)]
    rooms = [RoomRow(f"R{n}", f"G{n}", f"群{n}") for n in range(3170)]
    people = [
        PersonRow(
            f"P{n}", f"人{n}", Role.WORKER if n < 3170 else None, f"G{n % 3170}", f"1300000{n:04}", (f"R{n % 3170}",)
        )
        for n in range(10_000)
    ]
    return Town(tuple(areas), tuple(rooms), tuple(people))


async def check_district(database: Database, tmp_path: Path) -> None:
    """Export the district, read it, import it again: nothing changes."""
    counts = await put(database, district(), account_id=1)
    assert (counts.areas.added, counts.rooms.added, counts.people.added) == (3509, 3170, 10_000)
    async with database.read() as session:
        await export_town(session, tmp_path / "out", "csv", RULES, now=NOW)
    town = read_town(tmp_path / "out", RULES)
    assert await put(database, town, account_id=1) == NOTHING
    assert await count(database, Appointment) == 3170


async def test_a_whole_district(database: Database, tmp_path: Path) -> None:
    await check_district(database, tmp_path)


@pytest.mark.postgres
async def test_a_whole_district_on_postgresql(postgres: Database, tmp_path: Path) -> None:
    await check_district(postgres, tmp_path)
