"""The day's log, sent to each worker in the evening, who corrects it while they still know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, or_, select
from sqlmodel import col

from handlers.cases.digests import EVERYWHERE, WINDOW, part_of, plant, send_digest
from handlers.figures import logs
from handlers.periods import Period
from handlers.turn import Turn
from handlers.working_time import DAY
from storage.areas import Area
from storage.outbox import Sort
from storage.people import Appointment, Role, names_of, private_chats

EVENING = "log.evening"
LATEST = time(21)
"""When the row comes back where the config wants no log (requirement 1.18)."""

CORRECT = "漏了什么，发“日志 补充 …”补上。"


async def evening(turn: Turn, ref: str) -> None:
    """Due: once a day, the day's log to each who did anything."""
    today = turn.local(turn.now).date()
    if ref != EVERYWHERE:
        await _evening_of(turn, await turn.session.get_one(Area, int(ref)), today)
        return
    begin = _begins(turn, today)
    await turn.schedule(EVENING, ref, begin if turn.now < begin else _begins(turn, today + DAY))
    if turn.rules.cases.log_at and begin <= turn.now < begin + WINDOW:
        await plant(turn, EVENING)


def _begins(turn: Turn, day: date) -> datetime:
    said = turn.rules.cases.log_at
    return datetime.combine(day, time.fromisoformat(said) if said else LATEST, turn.outside.zone)


async def _evening_of(turn: Turn, town: Area, today: date) -> None:
    period = Period("", today, today + timedelta(days=1))
    days = await logs.gather(turn.session, period, turn.outside.zone, _people(turn, town))
    ids = [contact_id for contact_id, day in days if day == today]
    chats, names = await private_chats(turn.session, ids), await names_of(turn.session, ids)
    for contact_id in ids:
        if contact_id in chats:
            text = logs.told(days[contact_id, today], today, names[contact_id])
            await send_digest(turn, Sort.STAFF, f"{text}\n{CORRECT}", chats[contact_id])


def _people(turn: Turn, town: Area) -> Select[tuple[int]]:
    """Ids of the grid workers there, each in one town alone, however many they work in."""
    return (
        select(col(Appointment.contact_id))
        .where(
            col(Appointment.role) == Role.WORKER,
            or_(col(Appointment.until).is_(None), col(Appointment.until) > turn.now),
        )
        .group_by(col(Appointment.contact_id))
        .having(func.min(Appointment.area_id).in_(select(col(Area.id)).where(part_of(turn, town))))
    )


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {EVENING: evening}
RECURRING = ((EVENING, EVERYWHERE),)
"""The row that must always be there."""
