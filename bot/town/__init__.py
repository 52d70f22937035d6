"""The town as files: areas, rooms, people and places from and to .csv and .xlsx, and the sample town.

    town = read_town(directory, rules)                # or TownFaults with every fault
    counts = await import_town(session, town, rules, now=now)

The columns stand in `columns.py`, and for people in `docs/部署.md`.
"""

from bot.town.faults import TownFaults
from bot.town.reading import read_town
from bot.town.rows import AreaRow, PersonRow, PlaceRow, RoomRow, Town
from bot.town.storing import Change, Counts, import_town, new_bind_code

__all__ = [
    "AreaRow",
    "Change",
    "Counts",
    "PersonRow",
    "PlaceRow",
    "RoomRow",
    "Town",
    "TownFaults",
    "import_town",
    "new_bind_code",
    "read_town",
]
