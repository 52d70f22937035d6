"""The town, its speakers and the stream of messages that both bots get through the npm gateway."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bot.town import AreaRow, PersonRow, RoomRow, Town
from storage.areas import Mode
from storage.people import Role
from tests.bench.lines import chat_lines, stream

SPEAKERS = 4
"""Residents who talk in a room."""

RESIDENTS, WORKERS = 40, 20

Said = tuple[int, int, str]
"""Room number, person number, text: what the gateway's `burst` takes."""


@dataclass(frozen=True, slots=True)
class Burst:
    """`warm` is said first and not measured: one line of everybody, so that names are known to both bots."""

    warm: tuple[Said, ...]
    measured: tuple[Said, ...]


def make_burst(count: int, rooms: int, seed: int = 1) -> Burst:
    """`count` messages of the mixed stream; no room hears the same text twice, so a text names its message."""
    rng = random.Random(seed)
    speakers = {room: rng.sample(range(RESIDENTS), SPEAKERS) for room in range(rooms)}
    everybody = [(room, person) for room, people in speakers.items() for person in people]
    warm = [(*pair, text) for pair, text in zip(everybody, chat_lines(len(everybody), rng), strict=True)]
    taken: set[tuple[int, str]] = set()
    measured = []
    for text in stream(count, seed):
        room = next(room for room in _rooms(rng, rooms) if (room, text) not in taken)
        taken.add((room, text))
        measured.append((room, rng.choice(speakers[room]), text))
    return Burst(tuple(warm), tuple(measured))


def _rooms(rng: random.Random, rooms: int) -> Sequence[int]:
    return rng.sample(range(rooms), rooms)


def make_town(rooms: Sequence[str], names: dict[str, str], people: Sequence[str]) -> Town:
    """A district with these groups, one a grid, in mode 正式; the last people are its grid workers."""
    areas = [AreaRow("D", "清湖区", 0), AreaRow("T", "柳河镇", 1, "D"), AreaRow("V", "北关社区", 2, "T")]
    areas += [AreaRow(f"G{n}", f"第{n + 1}网格", 3, "V") for n in range(len(rooms))]
    groups = [RoomRow(room, f"G{n}", names[room], mode=Mode.FULL) for n, room in enumerate(rooms)]
    residents = [PersonRow(person, f"居民{n + 1}", area="") for n, person in enumerate(people[:RESIDENTS])]
    workers = people[RESIDENTS : RESIDENTS + WORKERS]
    working = [
        PersonRow(workers[n % len(workers)], f"网格员{n % len(workers) + 1}", Role.WORKER, f"G{n}")
        for n in range(len(rooms))
    ]
    return Town(tuple(areas), tuple(groups), (*residents, *working))
