"""In whose hands a case is: its owner's and, while the owner is away, also theirs who stand in (代班)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from handlers.cases.complaints import complaint_handlers
from handlers.posting import whisper
from handlers.turn import Turn
from storage.areas import Area
from storage.matters import Case
from storage.people import Held, names_of, replaced, standing_in


async def in_hand(turn: Turn, case: Case, area: Area | None = None) -> list[int]:
    """The owner, then who stands in there; nobody where nobody owns it."""
    standing = await standing_in(turn.session, turn.now)
    if case.owner_id is None or not any(one.stands_in_for == case.owner_id for one in standing):
        return [case.owner_id] if case.owner_id is not None else []
    area = area or await turn.session.get_one(Area, case.area_id)
    allowed = await complaint_handlers(turn, case, area) if case.about_worker else None
    return hands(case, area.path, standing, allowed)


def hands(case: Case, path: str, standing: Collection[Held], allowed: Collection[int] | None = None) -> list[int]:
    """The same of a case at an area with this path; of those who stand in only whom it is `allowed` to."""
    if case.owner_id is None:
        return []
    others = [one for one in replaced(case.owner_id, path, standing) if allowed is None or one in allowed]
    return [case.owner_id, *others]


async def whisper_hands(turn: Turn, case: Case, text: str, *, hold: datetime | None = None) -> bool:
    """Tell them in private, without who speaks; whether there is anybody else to tell."""
    people = [one for one in await in_hand(turn, case) if turn.speaker is None or one != turn.me.contact_id]
    for contact_id in people:
        await whisper(turn, contact_id, text, ref=str(case.id), hold=hold)
    return bool(people)


async def hands_name(turn: Turn, case: Case) -> str:
    """Who goes on with it, by name: 李珍（代小耿）; nothing where nobody owns it."""
    people = await in_hand(turn, case)
    names = await names_of(turn.session, people) if people else {}
    owner, *others = [names.get(one, "") for one in people] or [""]
    return f"{'、'.join(others)}（代{owner}）" if others else owner
