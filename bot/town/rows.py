"""What a town is made of, as plain frozen rows: between the files and the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from storage.areas import Mode, Purpose
from storage.people import Role


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A node of the tree. `level` counts from 0 at the root; `parent` is a key, empty at a root."""

    key: str
    name: str
    level: int
    parent: str = ""
    kind: str = ""
    police_name: str = ""
    police_phone: str = ""
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A group. `mode` is None where the file leaves it open; `bind_code` is only written, never read."""

    key: str
    area: str
    name: str
    purpose: Purpose = Purpose.RESIDENTS
    mode: Mode | None = None
    bind_code: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in one role; who has several roles has several rows with the same key.

    `role` is None for a resident. `area` may be empty only there. `rooms` are the keys of the groups the
    person is in. `title` is the department that they speak for.
    """

    key: str
    name: str
    role: Role | None = None
    area: str = ""
    phone: str = ""
    rooms: tuple[str, ...] = ()
    stands_in_for: str = ""
    until: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A local name; `x`, `y` are pixels on the town's own map picture."""

    name: str
    area: str
    aliases: tuple[str, ...] = ()
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class MapRow:
    """A town's map picture, as it is kept, and its size as it was given, in which the places' `x`, `y` count."""

    area: str
    data: bytes
    stored: tuple[int, int]
    width: int
    height: int


@dataclass(frozen=True)
class Town:
    """Areas (parents before children), rooms, people, places and maps; every key that is named exists."""

    areas: tuple[AreaRow, ...] = ()
    rooms: tuple[RoomRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
    places: tuple[PlaceRow, ...] = ()
    maps: tuple[MapRow, ...] = ()

    @cached_property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        """Who is in which group: room key -> person keys, in the order of the file."""
        found: dict[str, dict[str, None]] = {room.key: {} for room in self.rooms}
        for person in self.people:
            for room in person.rooms:
                found.setdefault(room, {})[person.key] = None
        return {room: tuple(people) for room, people in found.items()}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Person key -> name."""
        return {person.key: person.name for person in self.people}


class Tree:
    """The areas by key, for walking up."""

    def __init__(self, areas: Iterable[AreaRow]) -> None:
        self.areas = {area.key: area for area in areas}

    def upwards(self, key: str) -> Iterable[AreaRow]:
        """The area and those above it, nearest first. The tree must be free of cycles."""
        while key:
            area = self.areas[key]
            yield area
            key = area.parent


def default_rooms(
    role: Role | None, area: str, tree: Tree, rooms: Mapping[tuple[str, Purpose], list[str]]
) -> list[str]:
    """The groups somebody is in when the file does not say: the residents' groups of the very area, and
    with a role above volunteer the staff groups of the nearest area that has some. Departments are in no group of ours
    but their own, which only the file knows.
    """
    if role == Role.DEPARTMENT:
        return []
    found = list(rooms.get((area, Purpose.RESIDENTS), ()))
    if role in (None, Role.VOLUNTEER, Role.MEDIATOR):
        return found
    for above in tree.upwards(area):
        if staff := rooms.get((above.key, Purpose.STAFF)):
            return found + staff
    return found


def rooms_by_area(rooms: Iterable[RoomRow]) -> dict[tuple[str, Purpose], list[str]]:
    """(area key, purpose) -> room keys."""
    found: dict[tuple[str, Purpose], list[str]] = defaultdict(list)
    for room in rooms:
        found[room.area, room.purpose].append(room.key)
    return found
