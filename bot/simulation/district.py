"""A district in the database: towns of villages of grids, each grid with a room, and the admin who begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from bot.gateways.protocol import GatewayState
from bot.simulation.setup import Setup
from storage.areas import Area, Chat, Mode, Purpose, Room, RoomBinding
from storage.engine import Database
from storage.people import Account, Appointment, Contact, ContactBinding, Role

ADMIN = "admin"
"""The admin's id in the chat system."""

NAME = "模拟区"
GRIDS_OF_VILLAGE, VILLAGES_OF_TOWN = 10, 16
"""A town of 160 grids, as the towns that the project began with."""

BATCH = 10_000


def room_id(number: int) -> str:
    """What the chat system calls a room (from 1)."""
    return f"g{number}"


def account_of(setup: Setup, number: int) -> int:
    """Which account a room belongs to: one after the other."""
    return (number - 1) % setup.accounts + 1


def standby_of(setup: Setup, number: int) -> int:
    """Which account stands by in a room: the next one."""
    return account_of(setup, number) % setup.accounts + 1


async def build(database: Database, setup: Setup) -> None:
    """Write it all; rooms, chats and their numbers in the chat system count alike, from 1."""
    long_ago = setup.begin - timedelta(days=400)
    started = None if setup.new else long_ago
    accounts = [
        {
            "id": one,
            "name": f"A{one}",
            "gateway": "simulated",
            "state": GatewayState.ONLINE,
            "rate": 1.0,
            "started_at": started,
            "lease_holder": "",
            "lease_until": setup.until + timedelta(days=1),
        }
        for one in range(1, setup.accounts + 1)
    ]
    areas, grids = _areas(setup.groups)
    numbers = range(1, setup.groups + 1)
    rooms = (
        {
            "id": one,
            "key": room_id(one),
            "area_id": grids[one - 1],
            "name": f"{one}群",
            "purpose": Purpose.RESIDENTS,
            "mode": Mode.FULL,
            "bound_at": long_ago,
            "greeted_at": long_ago,
        }
        for one in numbers
    )
    bindings = (
        {"account_id": account, "external_id": room_id(one), "chat_id": one, "name": ""}
        for one in numbers
        for account in dict.fromkeys((account_of(setup, one), standby_of(setup, one)))
    )
    admin = {"id": 1, "key": ADMIN, "name": "管理员", "phone": ""}
    seat = {"contact_id": 1, "area_id": 1, "role": Role.ADMIN, "since": long_ago}
    known = {"account_id": 1, "external_id": ADMIN, "contact_id": 1, "shown_name": "", "friend": True}
    for table, rows in (
        (Account, iter(accounts)),
        (Area, iter(areas)),
        (Room, rooms),
        (Chat, ({"id": one, "room_id": one, "account_id": account_of(setup, one)} for one in numbers)),
        (RoomBinding, bindings),
        (Contact, iter([admin])),
        (Appointment, iter([seat])),
        (ContactBinding, iter([known])),
    ):
        await _fill(database, table, rows)


async def _fill(database: Database, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    async with database.connect() as connection:
        while batch := [row for _, row in zip(range(BATCH), rows, strict=False)]:
            await connection.execute(insert(table), batch)


def _areas(groups: int) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows of the tree, and the area of each room."""
    rows: list[dict[str, Any]] = []

    def add(name: str, level: int, parent: dict[str, Any] | None) -> dict[str, Any]:
        number = len(rows) + 1
        path = f"{parent['path'] if parent else '/'}{number}/"
        above = parent["id"] if parent else None
        row = {"id": number, "code": f"a{number}", "name": name, "level": level, "parent_id": above, "path": path}
        rows.append(row)
        return row

    root = add(NAME, 0, None)
    town = village = root
    grids: list[int] = []
    for number in range(groups):
        if number % (GRIDS_OF_VILLAGE * VILLAGES_OF_TOWN) == 0:
            town = add(f"{number}镇", 1, root)
        if number % GRIDS_OF_VILLAGE == 0:
            village = add(f"{number}村", 2, town)
        grids.append(add(f"{number}格", 3, village)["id"])
    return rows, grids
