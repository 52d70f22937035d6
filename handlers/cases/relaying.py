"""代报: a worker tells what somebody said who is in no group: on the telephone, at the door, at the desk."""

from __future__ import annotations

from handlers import alerts, locating
from handlers.cases import texts
from handlers.cases.complaints import passed_on
from handlers.cases.pressing import is_pressing
from handlers.cases.privacy import is_private
from handlers.cases.reporting import announce, case_of, hears_fresh, tell_owner, told_names, write_case
from handlers.cases.twice import not_twice
from handlers.commands import Order
from handlers.matters import Refusal
from handlers.posting import say
from handlers.reading_words import read_matter
from handlers.turn import Turn
from handlers.understanding import OTHER, Kind, Reading
from storage.areas import Area
from storage.matters import CaseSource

SHORTEST = 4
"""Characters of a report that says anything."""


async def relay(turn: Turn, order: Order) -> None:
    """Read the words like a resident's; the worker is told how it goes, and tells who asked."""
    missing = order.rest.removeprefix("寻人")
    if missing != order.rest and missing.strip():
        await alerts.relayed(turn, missing.strip(" ，,：:"))
        return
    if len(order.rest) < SHORTEST or missing != order.rest:
        raise Refusal(f"请这样写：{order.command.usage}")
    reading = await read_matter(turn, order.rest)
    if reading.kind == Kind.MISSING:
        await alerts.relayed(turn, order.rest)
        return
    if reading.kind == Kind.EMERGENCY:
        from handlers import emergencies  # it imports this package

        turn.text, turn.reading = order.rest, reading
        await emergencies.reported(turn)
        return
    area = await locating.area_here(turn)
    if area is not None:
        await _open(turn, area, order.rest, reading, await passed_on(turn, area, order.rest, reading))


async def _open(turn: Turn, area: Area, words: str, reading: Reading, about_worker: bool) -> None:
    quiet = about_worker or is_private(words, reading.category or OTHER)
    case = case_of(
        turn,
        area,
        reading,
        words,
        urgent=reading.urgent or is_pressing(reading, words, turn.rules.alerts.circle),
        quiet=quiet,
        about_worker=about_worker,
        shown=not quiet and await hears_fresh(turn),
        source=CaseSource.RELAYED,
        relayed_for=reading.fields.contact_name or "",
    )
    await not_twice(turn, case)
    await write_case(turn, case, area)
    await announce(turn, case, area, await told_names(turn, case, area))
    await tell_owner(turn, case, area)
    if not case.shown and not case.quiet:
        await say(turn, texts.relayed(case), ref=str(case.id))
