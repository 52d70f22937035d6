"""任命 and 免去: who may give which role where, and what becomes of a dismissed person's open matters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlmodel import col

from handlers.cases import departments, machine, moving, reminding
from handlers.cases.reporting import add_step, owner_for
from handlers.commands import Order
from handlers.matters import Refusal, short_line
from handlers.notices.lapsing import stop_lapsed
from handlers.places.naming import area_by_words
from handlers.posting import say, tell, whisper
from handlers.roles import texts
from handlers.roles.persons import take_apart, whom
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.areas import Area, below
from storage.matters import CASE_OPEN, Case, CaseState
from storage.people import Appointment, Contact, Held, Role, holders

BY_LEADS = (Role.VOLUNTEER, Role.WORKER, Role.MEDIATOR)
"""What a grid lead may appoint; the other roles are an admin's to give."""

LISTED = 10
LONGEST_TITLE = 20
"""Characters of a department's name."""


def may_give(turn: Turn, role: str, area: Area) -> bool:
    """Whether the speaker may give or take this role there.

    An admin's role comes from above: from an admin of a higher area (at the root, from one of the root).
    """
    return any(_gives(held, role, area) for held in turn.me.roles)


def _gives(held: Held, role: str, area: Area) -> bool:
    if held.stands_in_for is not None or not held.covers(area.path):
        return False
    if role == Role.ADMIN:
        return held.role == Role.ADMIN and (held.path != area.path or area.parent_id is None)
    return held.role == Role.ADMIN or (held.role == Role.LEAD and role in BY_LEADS)


def reach(turn: Turn) -> list[str]:
    """Paths of the areas in which the speaker may appoint anybody at all."""
    return [held.path for held in turn.me.roles if held.role in (Role.LEAD, Role.ADMIN) and not held.stands_in_for]


async def appoint(turn: Turn, order: Order) -> None:
    """任命 网格员 王强 一格, in any order."""
    asked = take_apart(order.rest)
    if asked.role is None or not (asked.words or (turn.event and turn.event.mentions)):
        raise Refusal(texts.APPOINT_USAGE)
    person, words = await whom(turn, asked, reach(turn))
    title = asked.said if asked.role == Role.MEDIATOR and asked.said.startswith("老") else ""
    if asked.role == Role.DEPARTMENT:
        title, words = _department(words)
    area = await _area(turn, asked.role, words)
    if not may_give(turn, asked.role, area):
        raise Refusal(_not_yours(turn, asked.role, area))
    role_there = await _held_there(turn, asked.role, area)
    if any(one.contact_id == person.id for one in role_there):
        raise Refusal(f"{person.name}已经是{area.name}的{texts.ROLE_NAMES[asked.role]}。")
    assert person.id is not None
    turn.session.add(
        Appointment(contact_id=person.id, area_id=area.id or 0, role=asked.role, since=turn.now, title=title)
    )
    turn.audit("role.given", f"contact:{person.id}", f"{asked.role},area:{area.id}")
    await turn.session.flush()
    said = f"{title}联系人" if asked.role == Role.DEPARTMENT else title
    others = await _names(turn, [one.contact_id for one in role_there]) if asked.role == Role.WORKER else []
    await say(turn, texts.appointed(person.name, area.name, asked.role, others, said))
    if person.id != turn.me.contact_id:
        await whisper(turn, person.id, texts.you_are(area.name, asked.role, said))


def _department(words: str) -> tuple[str, str]:
    """The department's name, which comes first, and the words for its area; Refusal without a name."""
    name, _, area = words.strip().partition(" ")
    if not name or len(name) > LONGEST_TITLE:
        raise Refusal(texts.APPOINT_USAGE)
    return name, area


async def _area(turn: Turn, role: Role, words: str) -> Area:
    """The area named; without one that of the group, or in private the only one that it can be."""
    if words.strip():
        return await area_named(turn, words)
    if not turn.here.private and turn.here.area is not None:
        return turn.here.area
    own = {held.area_id for held in turn.me.roles if held.role in (Role.LEAD, Role.ADMIN)}
    if len(own) != 1:
        raise Refusal(texts.AREA_MISSING)
    area = await turn.session.get_one(Area, own.pop())
    children = await turn.session.scalar(select(Area.id).where(Area.parent_id == area.id).limit(1))
    if role in (Role.VOLUNTEER, Role.WORKER) and children is not None:  # a worker of a whole village is rarely meant
        raise Refusal(texts.AREA_MISSING)
    return area


async def area_named(turn: Turn, words: str) -> Area:
    """The area that the other words name, without 为 before and 的 after it where that is no part of the name."""
    try:
        return await area_by_words(turn, words)
    except Refusal:
        bare = re.sub(r"^\s*(?:担任|为|当|做|任)|的\s*$", "", words)
        if bare == words:
            raise
        return await area_by_words(turn, bare)


def _not_yours(turn: Turn, role: str, area: Area) -> str:
    name = texts.ROLE_NAMES[role]
    if not any(held.covers(area.path) for held in turn.me.roles):
        return f"{area.name}不在您负责的范围，这次没有改动。"
    return f"{area.name}的{name}要由{'上一级' if role == Role.ADMIN else ''}管理员任免，这次没有改动。"


async def _held_there(turn: Turn, role: str, area: Area) -> list[Held]:
    found = await holders(turn.session, area.path, (role,), turn.now)
    return [one for one in found if one.area_id == area.id and one.stands_in_for is None]


async def _names(turn: Turn, contacts: Sequence[int]) -> list[str]:
    rows = await turn.session.scalars(
        select(col(Contact.name)).where(col(Contact.id).in_(contacts)).order_by(col(Contact.id))
    )
    return list(rows.all())


async def dismiss(turn: Turn, order: Order) -> None:
    """免去 王强 [网格员] [一格]: the role ends now, open matters move up, and notices that wait are not sent."""
    asked = take_apart(order.rest)
    if not (asked.words or (turn.event and turn.event.mentions)):
        raise Refusal(texts.DISMISS_USAGE)
    person, words = await whom(turn, asked, reach(turn))
    area = await area_named(turn, words) if words.strip() else None
    appointment, area = await _which(turn, person, asked.role, area)
    if not may_give(turn, appointment.role, area):
        raise Refusal(_not_yours(turn, appointment.role, area))
    ended = await _end(turn, appointment)
    turn.audit("role.taken", f"contact:{person.id}", f"{appointment.role},area:{area.id}")
    await turn.session.flush()
    count, to = await _move_up(turn, person, ended, area)
    stopped = texts.stopped_with_right([one for who in ended for one in await stop_lapsed(turn, who)])
    await say(turn, texts.dismissed(person.name, area.name, appointment.role, count, to) + stopped)
    if person.id is not None and person.id != turn.me.contact_id:
        await whisper(turn, person.id, texts.you_are_no_longer(area.name, appointment.role) + stopped)


async def _which(turn: Turn, person: Contact, role: Role | None, area: Area | None) -> tuple[Appointment, Area]:
    """The appointment meant: of this role and area where named; Refusal when there is none or several."""
    query = (
        select(Appointment, Area)
        .join(Area, col(Appointment.area_id) == col(Area.id))
        .where(
            Appointment.contact_id == person.id,
            col(Appointment.stands_in_for).is_(None),
            or_(col(Appointment.until).is_(None), col(Appointment.until) > turn.now),
        )
        .order_by(col(Appointment.id))
    )
    rows = [(one, there) for one, there in await turn.session.execute(query)]
    fitting = [
        (one, there)
        for one, there in rows
        if (role is None or one.role == role) and (area is None or there.id == area.id)
    ]
    within = [(one, there) for one, there in fitting if may_give(turn, one.role, there)] or fitting
    if len(within) == 1:
        return within[0]
    held = "、".join(f"{there.name}{texts.ROLE_NAMES[one.role]}" for one, there in within or rows)
    if not rows:
        raise Refusal(f"{person.name}没有担任什么，这次没有改动。")
    if not within:
        raise Refusal(f"{person.name}没有这个角色，现在是{held}。")
    raise Refusal(f"{person.name}有几个角色：{held}。请写明免去哪一个，如“免去 {person.name} 网格员 一格”。")


async def _end(turn: Turn, appointment: Appointment) -> list[int]:
    """End the appointment and its substitutes' turns; the people who had it."""
    appointment.until = turn.now
    substitutes = await turn.session.scalars(
        select(Appointment).where(
            Appointment.stands_in_for == appointment.contact_id,
            Appointment.area_id == appointment.area_id,
            Appointment.role == appointment.role,
            col(Appointment.until) > turn.now,
        )
    )
    people = [appointment.contact_id]
    for one in substitutes:
        one.until = turn.now
        people.append(one.contact_id)
    return people


async def _move_up(turn: Turn, person: Contact, people: Sequence[int], area: Area) -> tuple[int, list[str]]:
    """Give what these people had open in the area to whoever is next; how many, and to whom."""
    query = (
        select(Case, Area)
        .join(Area, col(Case.area_id) == col(Area.id))
        .where(below(area.path), col(Case.owner_id).in_(people), col(Case.state).in_(CASE_OPEN))
        .order_by(col(Case.id))
        .with_for_update(of=Case)
    )
    moved: dict[int | None, list[Case]] = defaultdict(list)
    for case, there in await turn.session.execute(query):
        assert case.owner_id is not None
        if not await departments.at_work(turn, [case.owner_id], there):
            department = await departments.of_case(turn, case, there)
            if department is None:
                await departments.let_go(turn, case, f"{person.name}不再负责，已交回网格")
            of_it = department.people if department else ()
            case.owner_id = of_it[0] if of_it else await owner_for(turn, case, there)
            moved[case.owner_id].append(case)
    names = []
    for owner_id, cases in moved.items():
        names += await _hand(turn, person, owner_id, cases, area)
    await turn.session.flush()
    return sum(len(cases) for cases in moved.values()), names


async def _hand(turn: Turn, person: Contact, owner_id: int | None, cases: Sequence[Case], area: Area) -> list[str]:
    """Write down what moved, and tell the new owner once."""
    owner = await turn.session.get(Contact, owner_id) if owner_id else None
    for case in cases:
        if case.department:  # which goes on with it; only who follows it is another
            turn.audit("case.moved_up", str(case.id), "owner_id")
            continue
        waited = case.state == CaseState.WAITING
        machine.move(case, "上交")
        case.taken_at, case.updated_at, case.waits_until = None, turn.now, None
        if waited:
            await reminding.plan(turn, case)
        await moving.wait_for_claim(turn, case)
        await add_step(turn, case, "上交", owner.name if owner else "待定")
        turn.audit("case.moved_up", str(case.id), "owner_id,state")
    if owner is None or owner_id is None:
        return []
    lines = [short_line(Ref("", case.id or 0), case) for case in cases[:LISTED]]
    text = texts.cases_for_you(person.name, lines, len(cases) - len(lines))
    open_text = f"{area.name}有 {len(cases)} 件事项转给您，加我好友后发“待办”看。"
    await tell(turn, owner_id, text, open_text, area=area)
    return [owner.name]
