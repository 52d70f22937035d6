"""Complaints about workers: never theirs to see or own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlmodel import col

from handlers.matters import COMPLAINTS
from handlers.turn import Turn
from storage.areas import Area
from storage.matters import Case
from storage.people import Contact, Held, Role, holders


def complained_of(name: str, roles: Iterable[Held], case: Case, area: Area) -> bool:
    """Whether a complaint is, or may be, about this person: named in it, or the grid's worker or lead it speaks of."""
    if len(name) > 1 and name in case.text:
        return True
    held = {one.role for one in roles if one.covers(area.path)}
    return Role.WORKER in held or (Role.LEAD in held and "网格长" in case.text)


async def complaint_handlers(turn: Turn, case: Case, area: Area) -> list[int]:
    """Leads and admins who may see the complaint, the nearest first; never the one who complains."""
    found: dict[int, list[Held]] = defaultdict(list)
    for held in await holders(turn.session, area.path, (*COMPLAINTS, Role.WORKER), turn.now):
        found[held.contact_id].append(held)
    rows = await turn.session.execute(select(col(Contact.id), col(Contact.name)).where(col(Contact.id).in_(found)))
    names = dict(rows.all())
    fit = [
        (max(one.role == Role.LEAD for one in roles), max(one.level for one in roles), contact_id)
        for contact_id, roles in found.items()
        if contact_id != case.reporter_id and not complained_of(names.get(contact_id, ""), roles, case, area)
    ]
    return [contact_id for _, _, contact_id in sorted(fit, key=lambda one: (not one[0], -one[1]))]
