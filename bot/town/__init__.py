"""The town as files: areas, rooms, people and places from and to .csv and .xlsx, and the sample town.

    async with database.read() as session:            # only for `import`; replay has no base
        base = await load_town(session, now=now)
    town = read_town(directory, rules, base)          # or TownFaults with every fault
    async with database.write() as session:
        counts = await import_town(session, town, rules, now=now)

The columns stand in `columns.py`, and for people in `docs/部署.md`.
"""

from bot.town.cells import is_usual
from bot.town.faults import TownFaults
from bot.town.loading import load_town
from bot.town.opening import OPENING, SAMPLE, read_opening, resolve_at
from bot.town.reading import read_town
from bot.town.rows import AreaRow, PersonRow, PlaceRow, RoomRow, Town
from bot.town.storing import Change, Counts, import_town, new_bind_code
from bot.town.writing import Format, export_cases, export_town

__all__ = [
    "OPENING",
    "SAMPLE",
    "AreaRow",
    "Change",
    "Counts",
    "Format",
    "PersonRow",
    "PlaceRow",
    "RoomRow",
    "Town",
    "TownFaults",
    "export_cases",
    "export_town",
    "import_town",
    "is_usual",
    "load_town",
    "new_bind_code",
    "read_opening",
    "read_town",
    "resolve_at",
]
