"""上报: a case climbs the ladder, one level at a time (小事群内解决，大事不出镇街)."""

from __future__ import annotations

from datetime import timedelta

from handlers.cases import machine, texts
from handlers.cases.complaints import complaint_handlers
from handlers.cases.deadlines import wait_minutes
from handlers.cases.moving import (
    acknowledge,
    load,
    moved,
    must_manage,
    put_to_owner,
    relieve,
    tell_origin,
    wait_for_claim,
)
from handlers.cases.reporting import owner_name
from handlers.matters import Refusal
from handlers.turn import Turn
from storage.areas import Area, area_line
from storage.matters import Case
from storage.people import Role, holders, names_of

LONGEST = 200


async def raise_case(turn: Turn, number: int, words: str) -> None:
    """上报 12 夜里管不动: the admin of the next level answers for it; its limit runs on."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "上报")
    await _not_just_raised(turn, case)
    to = await _next(turn, case, area)
    if to is None:
        instead = "" if case.about_worker else f"要请部门来，网格长或管理员发“吹哨 {case.id} 部门”。"
        raise Refusal(f"{texts.name(case)}已经到顶了，上面没有能接的管理员。{instead}")
    above, owner_id = to
    reason = words[:LONGEST]
    await relieve(turn, case, f"已上报到{above.name}")
    case.raised_id, case.owner_id, case.taken_at, case.waits_until = above.id, owner_id, None, None
    await moved(turn, case, "上报", f"到{above.name}{f'，{reason}' if reason else ''}")
    why = f"：{reason}" if reason else ""
    hold = await tell_origin(turn, case, f"{texts.name(case)}已上报到{above.name}{why}。有进展我在这里说。")
    await put_to_owner(turn, case, area, f"{turn.me.name}上报到{above.name}{why}。{_proposal(turn, case)}\n")
    owner = (await names_of(turn.session, [owner_id]))[owner_id]
    await acknowledge(turn, case, f"{texts.name(case)}已上报到{above.name}，由{owner}负责。", hold)
    await wait_for_claim(turn, case)


async def _not_just_raised(turn: Turn, case: Case) -> None:
    """Refusal where it has just climbed and waits for its new owner: sent twice, it must not climb twice."""
    fresh = turn.now - case.updated_at < timedelta(minutes=wait_minutes(turn, case))
    if case.raised_id and case.taken_at is None and fresh and case.owner_id != turn.me.contact_id:
        above = await turn.session.get_one(Area, case.raised_id)
        owner = await owner_name(turn, case)
        raise Refusal(
            f"{texts.name(case)}已经上报到{above.name}，在等{owner}接单，没有再往上报。急就发“催办 {case.id}”。"
        )


async def _next(turn: Turn, case: Case, area: Area) -> tuple[Area, int] | None:
    """The nearest area above where the case is now that has an admin for it, and that admin.

    An admin's case goes above that admin. A complaint passes by those whom it is, or may be, about.
    """
    own = [held.level for held in turn.me.roles if held.role == Role.ADMIN and held.covers(area.path)]
    line = await area_line(turn.session, area)
    reached = next((one.level for one in line if one.id == case.raised_id), area.level + 1)
    below = min([reached, *own])
    allowed = set(await complaint_handlers(turn, case, area)) if case.about_worker else None
    there = await holders(turn.session, area.path, (Role.ADMIN,), turn.now)
    for one in line:
        for held in there if one.level < below else ():
            mine = held.contact_id in (case.owner_id, turn.me.contact_id)
            if held.area_id == one.id and not mine and (allowed is None or held.contact_id in allowed):
                return one, held.contact_id
    return None


def _proposal(turn: Turn, case: Case) -> str:
    """Which department the config has take the lead in such cases (领办)."""
    rule = turn.rules.cases.categories.get(case.category)
    lead = rule.department if rule and not case.about_worker else ""
    return f"这一类由{lead}领办，请它来就回“吹哨 {case.id} {lead}”。" if lead else ""
