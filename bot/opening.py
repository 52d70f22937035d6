"""The sample town on its first day: the conversation with which it opens."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.gateways.local import Draft, LocalChat, LocalGateway, private_chat
from bot.gateways.protocol import GatewayState
from bot.lease import Lease
from bot.machine import Machine, VirtualClock
from bot.pacing import Pacer
from bot.replay import PRIVATE
from bot.town import read_opening
from handlers.ports import Rules
from storage.engine import Database
from storage.inbox import InboxEvent

MARK = "opening-"
"""Begins the marks of the opening's lines in the chat."""


class _Present(LocalGateway):
    """The local gateway as one who is there: lines are handed over one by one, not by `run`."""

    state = GatewayState.ONLINE  # type: ignore[assignment]


async def play_opening(
    database: Database,
    chat_path: Path,
    account_id: int,
    lease: Lease | None,
    rules: Rules,
    now: datetime,
    folder: Path,
) -> None:
    """Say the opening's lines in the local chat at their own times and let the bot answer them.

    Each line bears a mark, so that a start that was killed here is taken up by the next one. Where others have
    already spoken, the bot has ever heard anything, or the opening's people are not there, nothing is said.
    """
    clock = VirtualClock(now)
    async with LocalChat(chat_path, bot_name=rules.bot_name, now=clock.now) as chat:
        said = await chat.marked(MARK)
        if not said and (await chat.messages() or await _heard(database)):
            return
        lines = [line for line in read_opening(now, folder / "opening.jsonl") if MARK + line["id"] not in said]
        if not lines or not await _fits(chat, lines):
            return
        clock.moment = datetime.fromisoformat(lines[0]["at"])
        gateway = _Present(chat)
        machine = Machine(database, gateway, account_id, rules, clock, pacer=Pacer(None, random.Random(0)), lease=lease)
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


async def _heard(database: Database) -> bool:
    """Whether the bot has heard anything at all, in this chat or another; what came in is wiped, but stays counted."""
    async with database.read() as session:
        return await session.scalar(select(col(InboxEvent.id)).limit(1)) is not None


async def _fits(chat: LocalChat, lines: list[dict[str, Any]]) -> bool:
    """Whether those who speak, and their groups, are in this chat."""
    people = {person.key for person in await chat.people()}
    rooms = {PRIVATE, *await chat.rooms()}
    return all(line["from"] in people and line["room"] in rooms for line in lines)


async def _hand_over(chat: LocalChat, machine: Machine) -> None:
    """What waits in the chat goes into the inbox, in one commit."""
    if waiting := await chat.waiting_events():
        await machine.inbox.store([event for _, event in waiting])
        await chat.acknowledge(waiting[-1][0])
