"""The sample town on its first day: its people in the local chat, and the conversation with which it opens."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

from bot.gateways.local import Draft, LocalChat, LocalGateway, LocalPerson, LocalRoom, private_chat
from bot.gateways.protocol import GatewayState
from bot.machine import Machine, VirtualClock
from bot.pacing import Pacer
from bot.replay import PRIVATE
from bot.town import Town, read_opening
from handlers.ports import Rules
from handlers.turn import ROLE_NAMES
from storage.engine import Database
from storage.people import Role

MARK = "opening-"
"""Begins the marks of the opening's lines in the chat."""


async def populate(chat: LocalChat, town: Town, rules: Rules) -> None:
    """Give the local chat the town's groups and people, each under its highest role."""
    areas = {area.key: area for area in town.areas}
    people: dict[str, LocalPerson] = {}
    for row in town.people:
        if row.role is None and row.key in people:
            continue
        area = areas.get(row.area)
        role = ROLE_NAMES.get(row.role, "居民") if row.role else "居民"
        if row.role == Role.ADMIN and area is not None:
            role = f"{rules.levels[area.level][:1]}管理员"
        people[row.key] = LocalPerson(row.key, row.name, role, area.name if area else "")
    rooms = [LocalRoom(room.key, room.name, town.members.get(room.key, ())) for room in town.rooms]
    await chat.populate(rooms, list(people.values()))


class _Present(LocalGateway):
    """The local gateway as one who is there: lines are handed over one by one, not by `run`."""

    state = GatewayState.ONLINE  # type: ignore[assignment]


async def play_opening(
    database: Database, chat_path: Path, account_id: int, rules: Rules, now: datetime, folder: Path
) -> None:
    """Say the opening's lines in the local chat at their own times and let the bot answer them.

    Each line bears a mark, so that a start that was killed here is taken up by the next one. In a chat where others
    have already spoken nothing is said.
    """
    clock = VirtualClock(now)
    async with LocalChat(chat_path, bot_name=rules.bot_name, now=clock.now) as chat:
        said = await chat.marked(MARK)
        if not said and await chat.messages():
            return
        lines = [line for line in read_opening(now, folder / "opening.jsonl") if MARK + line["id"] not in said]
        if not lines:
            return
        clock.moment = datetime.fromisoformat(lines[0]["at"])
        gateway = _Present(chat)
        machine = Machine(database, gateway, account_id, rules, clock, pacer=Pacer(None, random.Random(0)))
        if said:
            await machine.courier.recover()
        due: datetime | None = None
        for line in lines:
            at = datetime.fromisoformat(line["at"])
            while due is not None and due < at:
                clock.moment = due
                due = await machine.settle(due)
            clock.moment = at
            where = private_chat(line["from"]) if line["room"] == PRIVATE else line["room"]
            await chat.say(line["from"], where, Draft(line["text"], client=MARK + line["id"]))
            await _hand_over(chat, machine)
            due = await machine.settle(at)
        await _hand_over(chat, machine)
        await machine.settle(clock.now())


async def _hand_over(chat: LocalChat, machine: Machine) -> None:
    """What waits in the chat goes into the inbox, in one commit."""
    if waiting := await chat.waiting_events():
        await machine.inbox.store([event for _, event in waiting])
        await chat.acknowledge(waiting[-1][0])
