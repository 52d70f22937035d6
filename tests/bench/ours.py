"""Our bot on the npm gateway, as a process: `python -m tests.bench.ours DATABASE ENDPOINT`; ends with its input."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from bot.figures import Figures
from bot.gateways.protocol import GatewayState
from bot.gateways.wechaty import WechatyGateway
from bot.logs import set_up
from bot.machine import Machine, SystemClock, open_account
from bot.pacing import Pacer
from bot.town import PersonRow, import_town
from handlers.ports import Rules
from storage.engine import Database
from tests.bench.burst import make_town
from tests.gateways.wechaty_world import TOKEN, Process, control_of


async def prepare(url: str, process: Process, more: Sequence[PersonRow] = ()) -> None:
    """A database with the town of the gateway in it, and `more` people."""
    async with control_of(process) as control:
        look = await control("look")
    rooms = {room["id"]: room["topic"] for room in look["rooms"]}
    people = [person["id"] for person in look["people"]]
    database = Database(url)
    await database.open()
    account_id = await open_account(database, "A", "wechaty")
    town = make_town(list(rooms), rooms, people)
    town = replace(town, people=(*town.people, *more))
    async with database.write() as session:
        await import_town(session, town, Rules(), now=datetime.now(UTC), account_id=account_id)
    await database.close()


async def work(url: str, endpoint: str) -> None:
    """Run the machine, unpaced, until standard input ends; says `ready` once it is online."""
    database = Database(url, durable=True)
    await database.open()
    account_id = await open_account(database, "A", "wechaty")
    gateway = WechatyGateway(endpoint, TOKEN)
    pacer = Pacer(None, random.Random(0))
    set_up("INFO", "plain")  # as `run` with a status port: what it costs to be seen is in the figure
    machine = Machine(database, gateway, account_id, Rules(), SystemClock(), pacer=pacer, watch=Figures("A"))
    running = asyncio.create_task(machine.run())
    while gateway.state != GatewayState.ONLINE and not running.done():
        await asyncio.sleep(0.02)
    print("ready", flush=True)
    await asyncio.wait(
        {running, asyncio.create_task(asyncio.to_thread(sys.stdin.read))}, return_when=asyncio.FIRST_COMPLETED
    )
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await database.close()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:3]))
