"""From the files of a directory to a `Town`, or to every fault in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.gateways.protocol import MAX_PICTURE
from bot.town import cells
from bot.town.cells import BadCell
from bot.town.columns import (
    AREAS,
    KINDS,
    MODE_WORDS,
    NO_ROOMS,
    PEOPLE,
    PLACES,
    PURPOSE_NAMES,
    PURPOSE_WORDS,
    ROLE_NAMES,
    ROLE_WORDS,
    ROOMS,
    TABLES,
    Table,
)
from bot.town.faults import Faults
from bot.town.rows import (
    AreaRow,
    MapRow,
    PersonRow,
    PlaceRow,
    RoomRow,
    Town,
    Tree,
    default_rooms,
    rooms_by_area,
)
from bot.town.sheets import Line, read_sheet
from bot.town.tree import UNKNOWN, find_level, grow
from handlers.alerts.reaching import town_level
from handlers.ports import Rules
from handlers.roles.appointing import LONGEST_TITLE
from storage.areas import Mode, Purpose
from storage.people import Role

ROOM_NAMES = {Purpose.RESIDENTS: "居民群", Purpose.STAFF: "工作群", Purpose.DEPARTMENT: "部门群"}
SUFFIXES = (".csv", ".xlsx")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
MAP = re.compile(r"map-(.+)")
"""`map-T1.png` is the map of the town with the key T1."""


KeyFault = Callable[[str], str]


def read_town(directory: Path, rules: Rules, base: Town | None = None, key_fault: KeyFault = lambda key: "") -> Town:
    """Read `areas`, `rooms`, `people` and `places` (.csv or .xlsx) and the maps (`map-<key>.png`) of a directory.

    `base` is what the database has already (`load_town`): its keys may be referred to, and then no file
    must be there. `key_fault` says why the chat system cannot have a key for a group or a person. Raises
    `TownFaults` with every fault, sorted by file and row.
    """
    if not directory.is_dir():
        faults = Faults()
        faults.add(str(directory), None, "没有这个文件夹")
        faults.check(())
    return _Reading(directory, rules, base or Town(), key_fault).town()


@dataclass
class _Reading:
    """One reading: the files, what was found so far, and where each key stands."""

    directory: Path
    rules: Rules
    base: Town
    key_fault: KeyFault
    faults: Faults = field(default_factory=Faults)
    files: dict[str, str] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    areas: dict[str, AreaRow] = field(default_factory=dict)
    area_lines: dict[str, int] = field(default_factory=dict)
    rooms: dict[str, RoomRow] = field(default_factory=dict)
    people: list[tuple[int, PersonRow, bool]] = field(default_factory=list)
    """Each with its row number, and whether its groups are stated."""
    person_lines: dict[str, int] = field(default_factory=dict)
    places: list[PlaceRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._zone = ZoneInfo(self.rules.timezone)
        self._base_areas = {area.key: area for area in self.base.areas}
        self._base_rooms = {room.key: room for room in self.base.rooms}
        self._posts: dict[tuple[object, ...], int] = {}
        self._known_as: dict[str, tuple[str, str]] = {}
        self._place_lines: dict[tuple[str, str], int] = {}
        self._mapped: set[str] = set()
        self._listed: list[Path] = []

    def town(self) -> Town:
        """Everything read and checked."""
        try:
            self._listed = sorted(self.directory.iterdir())
        except OSError as error:
            self.faults.add(str(self.directory), None, f"打不开（{error.strerror or '读取出错'}）")
            self.faults.check(())
        lines = {table.stem: self._open(table) for table in TABLES}
        if not self.base.areas and not self.areas_given:
            self.faults.add("areas", None, "文件夹里没有 areas.csv 或 areas.xlsx")
        elif not self.files and not any(path.name.startswith("map-") for path in self._listed):
            self.faults.add(str(self.directory), None, "里面没有 areas、rooms、people、places（.csv 或 .xlsx）")
        self._each(AREAS, lines, self._area)
        self._check_neighbours()
        tree = self._grow()
        self._each(ROOMS, lines, self._room)
        self._each(PEOPLE, lines, self._person)
        self._check_substitutes()
        self._each(PLACES, lines, self._place)
        towns = {area.key: area for area in tree}
        maps = [one for path in self._listed if path.name.startswith("map") and (one := self._map(path, towns))]
        self.faults.check([self.files.get(table.stem, table.stem) for table in TABLES])
        return Town(
            areas=tuple(area for area in tree if area.key in self.areas),
            rooms=tuple(self.rooms.values()),
            people=tuple(self._placed(tree)),
            places=tuple(self.places),
            maps=tuple(maps),
        )

    @property
    def areas_given(self) -> bool:
        """Whether there is a file of areas."""
        return AREAS.stem in self.files

    def _open(self, table: Table) -> list[Line]:
        called = [path for path in self._listed if path.stem.lower() == table.stem]
        found = [path for path in called if path.suffix.lower() in SUFFIXES]
        for path in called:
            if path.suffix.lower() == ".xls":
                self.faults.add(path.name, None, "旧的 .xls 请另存为 .xlsx")
        if not found:
            return []
        self.files[table.stem] = found[0].name
        if len(found) > 1:
            self.faults.add(found[0].name, None, f"和 {found[1].name} 同时存在，请只留一个")
        lines = read_sheet(found[0], table, self.faults)
        if not lines and self.faults.of(found[0].name):
            self.unreadable.add(table.stem)
        return lines

    def _each(self, table: Table, lines: dict[str, list[Line]], take: Callable[[Line], None]) -> None:
        for line in lines[table.stem]:
            try:
                take(line)
            except BadCell as fault:
                self._fault(table, line.number, str(fault))

    def _fault(self, table: Table, number: int, text: str) -> None:
        self.faults.add(self.files[table.stem], number, text)

    # Areas

    def _area(self, line: Line) -> None:
        key = cells.read_key(line["key"])
        if key in self.area_lines:
            raise BadCell(f"编号 {key} 与第 {self.area_lines[key]} 行重复")
        self.area_lines[key] = line.number
        # Known from here on, whatever else is wrong with it: one fault must not bring a hundred others.
        self.areas[key] = AreaRow(key, line["name"], UNKNOWN)
        parent = cells.read_key(line["parent"]) if line["parent"] else ""
        self.areas[key] = replace(self.areas[key], parent=parent)
        self.areas[key] = AreaRow(
            key=key,
            name=cells.read_name(line["name"]),
            level=self._level(line["level"], parent),
            parent=parent,
            kind=cells.read_word(line["kind"], {kind: kind for kind in KINDS}, "类型", "、".join(KINDS[1:])),
            police_name=line["police_name"],
            police_phone=cells.read_phone(line["police_phone"]),
            neighbours=cells.read_keys(line["neighbours"]),
        )

    def _level(self, word: str, parent: str) -> int:
        if not word:
            return UNKNOWN if parent else 0
        level = find_level(word, self.rules.levels)
        if level is None:
            raise BadCell(f"不认识的级别“{word[:20]}”，可用：{'、'.join(self.rules.levels)}")
        return level

    def _grow(self) -> list[AreaRow]:
        merged = self._base_areas | self.areas
        for area in self.areas.values():
            if area.parent and area.parent not in merged:
                self._fault(AREAS, self.area_lines[area.key], f"没有编号为 {area.parent} 的上级")
        self._check_names(merged.values())
        return grow(merged.values(), self.rules.levels, self._report_area)

    def _check_names(self, areas: Iterable[AreaRow]) -> None:
        """Of two of one name under one parent no command could ever mean one."""
        called: dict[tuple[str, str], str] = {}
        for area in areas:
            if not area.name:
                continue
            other = called.setdefault((area.parent, area.name), area.key)
            if other != area.key and (number := self.area_lines.get(area.key) or self.area_lines.get(other)):
                same = other if area.key in self.area_lines else area.key
                self._fault(AREAS, number, f"和编号 {same} 同名同上级，名称要分得开")

    def _report_area(self, key: str, text: str) -> None:
        if key in self.area_lines:
            self._fault(AREAS, self.area_lines[key], text)
        else:  # stored below something that this file would move
            self.faults.add(self.files.get(AREAS.stem, AREAS.stem), None, f"已有的区划 {key}：{text}")

    def _check_neighbours(self) -> None:
        known = self._base_areas.keys() | self.areas.keys()
        for area in self.areas.values():
            for other in area.neighbours:
                if other == area.key or other not in known:
                    what = "相邻写了自己" if other == area.key else f"相邻的区划 {other} 不存在"
                    self._fault(AREAS, self.area_lines[area.key], what)

    def _area_key(self, text: str) -> str:
        key = cells.read_key(text) if text else ""
        if not key:
            raise BadCell("没有写所属区划")
        known = key in self.areas or AREAS.stem in self.unreadable or key in self._base_areas
        if not known:
            raise BadCell(f"没有编号为 {key} 的区划")
        return key

    # Rooms

    def _room(self, line: Line) -> None:
        key = cells.read_key(line["key"])
        if key in self.rooms:
            raise BadCell(f"编号 {key} 重复")
        self.rooms[key] = RoomRow(key, "", "")
        area = self._area_key(line["area"])
        purpose = cells.read_word(line["purpose"], PURPOSE_WORDS, "用途", "、".join(PURPOSE_NAMES))
        self.rooms[key] = RoomRow(
            key=key,
            area=area,
            name=line["name"] or self._room_name(key, area, purpose),
            purpose=purpose,
            mode=cells.read_word(line["mode"], MODE_WORDS, "模式", "、".join(Mode)),
        )
        if len(line["name"]) > cells.MAX_NAME:
            raise BadCell(f"群名太长，最多 {cells.MAX_NAME} 字")
        self._check_key(key)

    def _room_name(self, key: str, area: str, purpose: Purpose) -> str:
        stored = self._base_rooms.get(key)
        row = self.areas.get(area) or self._base_areas.get(area)
        return stored.name if stored else f"{row.name if row else ''}{ROOM_NAMES[purpose]}"

    # People

    def _person(self, line: Line) -> None:
        key = cells.read_key(line["key"])
        first = self.person_lines.setdefault(key, line.number)
        role = cells.read_word(line["role"], ROLE_WORDS, "角色", "、".join(ROLE_NAMES))
        rooms = self._rooms_of(line["rooms"])
        person = PersonRow(
            key=key,
            name=cells.read_name(line["name"]),
            role=role,
            area="" if role is None and line["rooms"] and not line["area"] else self._area_key(line["area"]),
            phone=cells.read_phone(line["phone"]),
            rooms=rooms,
            stands_in_for=cells.read_key(line["stands_in_for"]) if line["stands_in_for"] else "",
            until=cells.read_until(line["until"], self._zone),
            title=line["title"],
        )
        if role is None and (person.stands_in_for or person.until):
            raise BadCell("居民不能代班，也没有截止日期")
        if role == Role.DEPARTMENT and not person.title:
            raise BadCell("角色是部门时，“部门”一列要写部门的名称，如 供电所")
        if len(person.title) > LONGEST_TITLE:
            raise BadCell(f"部门的名称太长，最多 {LONGEST_TITLE} 字")
        self._check_same(person, first, line.number)
        self._check_key(key)
        self.people.append((line.number, person, bool(line["rooms"])))

    def _check_key(self, key: str) -> None:
        if fault := self.key_fault(key):
            raise BadCell(fault)

    def _rooms_of(self, text: str) -> tuple[str, ...]:
        if text in ("", NO_ROOMS):
            return ()
        rooms = cells.read_keys(text)
        if ROOMS.stem not in self.unreadable:
            for key in rooms:
                if key not in self.rooms and key not in self._base_rooms:
                    raise BadCell(f"没有编号为 {key} 的群")
        return rooms

    def _check_same(self, person: PersonRow, first: int, number: int) -> None:
        """Rows with the same key are one person in different roles."""
        post = (person.key, person.role, person.area, person.stands_in_for)
        if post in self._posts:
            raise BadCell(f"与第 {self._posts[post]} 行重复：同一个人，同样的角色和所属")
        self._posts[post] = number
        name, phone = self._known_as.get(person.key, (person.name, ""))
        if name != person.name:
            raise BadCell(f"编号 {person.key} 在第 {first} 行是“{name}”，这里是“{person.name}”")
        if phone and person.phone and phone != person.phone:
            raise BadCell(f"编号 {person.key} 在第 {first} 行写了另一个电话")
        self._known_as[person.key] = (name, phone or person.phone)

    def _check_substitutes(self) -> None:
        known = self.base.names.keys() | self.person_lines.keys()
        for number, person, _ in self.people:
            if person.stands_in_for == person.key:
                self._fault(PEOPLE, number, "不能代自己的班")
            elif person.stands_in_for and person.stands_in_for not in known:
                self._fault(PEOPLE, number, f"没有编号为 {person.stands_in_for} 的人可代")

    def _placed(self, areas: list[AreaRow]) -> list[PersonRow]:
        """The people with the groups they are in."""
        tree = Tree(areas)
        rooms = rooms_by_area((self._base_rooms | self.rooms).values())
        return [
            person if stated else replace(person, rooms=tuple(default_rooms(person.role, person.area, tree, rooms)))
            for _, person, stated in self.people
        ]

    # Places

    def _place(self, line: Line) -> None:
        place = PlaceRow(
            name=cells.read_name(line["name"]),
            area=self._area_key(line["area"]),
            aliases=cells.read_list(line["aliases"]),
            x=cells.read_number(line["x"], "x"),
            y=cells.read_number(line["y"], "y"),
        )
        if (place.x is None) != (place.y is None):
            raise BadCell("x 和 y 要么都写，要么都不写")
        if (place.area, place.name) in self._place_lines:
            raise BadCell(f"地点“{place.name}”与第 {self._place_lines[place.area, place.name]} 行重复")
        self._place_lines[place.area, place.name] = line.number
        self.places.append(place)

    # Maps

    def _map(self, path: Path, areas: Mapping[str, AreaRow]) -> MapRow | None:
        """The picture of one town; other files that are called so are none of ours."""
        if path.suffix.lower() not in PICTURES or not path.is_file():
            return None
        match = MAP.fullmatch(path.stem)
        if match is None:
            self.faults.add(path.name, None, "请写明是哪个镇街的，如 map-T1.png（T1 是区划编号）")
            return None
        area = areas.get(match[1])
        if area is None or area.level != town_level(self.rules):
            what = "不是镇街" if area else "没有这个区划"
            self.faults.add(path.name, None, f"网格图按镇街给，{match[1][:40]} {what}")
            return None
        if match[1] in self._mapped:
            self.faults.add(path.name, None, f"{area.name}的网格图有两张，请只留一张")
            return None
        self._mapped.add(match[1])
        return self._opened(path, match[1])

    def _opened(self, path: Path, area: str) -> MapRow | None:
        from bot.pictures import NotAPicture, clean  # it takes Pillow along, which most calls never need

        try:
            if path.stat().st_size > MAX_PICTURE:
                raise NotAPicture(f"文件太大，最多 {MAX_PICTURE // 1024 // 1024} MB")
            made = clean(path.read_bytes())
        except NotAPicture as fault:
            self.faults.add(path.name, None, str(fault))
        except OSError as error:
            self.faults.add(path.name, None, f"打不开（{error.strerror or '读取出错'}）")
        else:
            return MapRow(area, made.data, (made.width, made.height), *made.given)
        return None
