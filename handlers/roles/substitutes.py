"""代班: somebody stands in for a worker or lead for some days or hours."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.commands import Order
from handlers.matters import Refusal
from handlers.posting import say, whisper
from handlers.roles import texts
from handlers.roles.lengths import LONGEST, take_length
from handlers.roles.persons import take_apart, title, whom
from handlers.turn import Turn
from storage.areas import Area
from storage.people import Appointment, Contact, Held, Role

_OVER = re.compile(r"结束|取消|停止|不用了|回来了")


async def substitute(turn: Turn, order: Order) -> None:
    """代班 李珍 3天; 代班 结束."""
    if _OVER.match(order.rest):
        await _finish(turn)
        return
    found = take_length(order.rest)
    if found is None:
        raise Refusal(texts.SUBSTITUTE_USAGE)
    length, words = found
    if not timedelta(0) < length <= LONGEST:
        raise Refusal(f"代班最长 {LONGEST.days} 天，请写如“代班 李珍 3天”。")
    own = [held for held in turn.me.roles if held.role in (Role.WORKER, Role.LEAD) and held.stands_in_for is None]
    if not own:
        raise Refusal("您自己也是代班，请原来的网格员另外找人。")
    person = await _whom(turn, own, words)
    await _end_running(turn)
    until = turn.now + length
    for held in own:
        turn.session.add(
            Appointment(
                contact_id=person.id or 0,
                area_id=held.area_id,
                role=held.role,
                since=turn.now,
                until=until,
                stands_in_for=turn.me.contact_id,
            )
        )
    turn.audit("role.substituted", f"contact:{person.id}", ",".join(f"{one.role}:{one.area_id}" for one in own))
    await turn.session.flush()
    roles = "、".join([await title(turn, held) for held in own])
    await say(turn, texts.standing_in(person.name, roles, turn.local(until)))
    await whisper(turn, person.id or 0, texts.please_stand_in(turn.me.name, roles, turn.local(until)))


async def _whom(turn: Turn, own: list[Held], words: str) -> Contact:
    """Somebody of the village: seen in its groups, in the list, or with a role there."""
    paths = [await _around(turn, held) for held in own]
    person, rest = await whom(turn, take_apart(words), paths)
    if rest.strip():
        raise Refusal(texts.SUBSTITUTE_USAGE)
    if person.id == turn.me.contact_id:
        raise Refusal("代班要请另一个人，如“代班 李珍 3天”。")
    return person


async def _around(turn: Turn, held: Held) -> str:
    area = await turn.session.get_one(Area, held.area_id)
    parent = await turn.session.get(Area, area.parent_id) if area.parent_id and area.level > 1 else None
    return parent.path if parent else area.path


async def _end_running(turn: Turn) -> list[Appointment]:
    query = select(Appointment).where(
        Appointment.stands_in_for == turn.me.contact_id, col(Appointment.until) > turn.now
    )
    running = list((await turn.session.scalars(query)).all())
    for one in running:
        one.until = turn.now
    return running


async def _finish(turn: Turn) -> None:
    running = await _end_running(turn)
    if not running:
        raise Refusal("现在没有人替您代班。")
    turn.audit("role.substitute_ended", f"contact:{turn.me.contact_id}", "until")
    await turn.session.flush()
    await say(turn, "欢迎回来，代班结束，事情又先找您。")
    for contact_id in dict.fromkeys(one.contact_id for one in running):
        await whisper(turn, contact_id, f"{turn.me.name}回来了，您的代班结束，辛苦了。")
