"""我是 and 绑人: one-time codes by which the bot knows a person again, and the first admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.commands import Order
from handlers.helping import take_as_text
from handlers.matters import Refusal
from handlers.places import codes
from handlers.posting import say
from handlers.roles import merging, texts
from handlers.roles.appointing import may_give, reach
from handlers.roles.persons import take_apart, title, whom
from handlers.turn import Speaker, Turn, Where
from storage.areas import Area
from storage.inbox import InboxEvent
from storage.people import Appointment, Contact, ContactBinding, OneTimeCode, Role, roles_of

VALID = timedelta(hours=24)
ADMIN = "admin"
CONTACT = "contact"


async def make_admin_code(session: AsyncSession, code: str, now: datetime) -> None:
    """Let whoever sends this code in private become admin of the whole tree; valid 24 hours, once."""
    session.add(OneTimeCode(digest=codes.digest(code), purpose=ADMIN, expires_at=now + VALID))
    await session.flush()


async def make_contact_code(session: AsyncSession, code: str, contact_id: int, now: datetime) -> None:
    """Let whoever sends this code in private be known as this person; earlier codes for the person lapse."""
    await session.execute(
        update(OneTimeCode)
        .where(col(OneTimeCode.contact_id) == contact_id, col(OneTimeCode.used_at).is_(None))
        .values(used_at=now)
    )
    session.add(OneTimeCode(digest=codes.digest(code), purpose=CONTACT, contact_id=contact_id, expires_at=now + VALID))
    await session.flush()


async def give_code(turn: Turn, order: Order) -> None:
    """绑人 王强: a code for the admin to hand over. Nobody gets one for a person above or beside himself."""
    person, _ = await whom(turn, take_apart(order.rest), reach(turn))
    assert person.id is not None
    if person.id != turn.me.contact_id:
        for held in await roles_of(turn.session, [person.id], turn.now):
            area = await turn.session.get_one(Area, held.area_id)
            if not may_give(turn, held.role, area):
                raise Refusal(f"{person.name}是{await title(turn, held)}，要由那里的上级来绑。")
    code = turn.outside.token()
    await make_contact_code(turn.session, code, person.id, turn.now)
    turn.audit("contact.code", f"contact:{person.id}")
    await say(turn, texts.one_time_code(person.name, code))


async def prove(turn: Turn, order: Order) -> None:
    """我是 K7Q2ABCD, in private; other words after 我是 are ordinary text."""
    if not codes.looks_like_code(order.rest):
        await take_as_text(turn)
        return
    if await codes.tried_too_often(turn):
        await say(turn, texts.TOO_OFTEN)
        return
    code = await _valid(turn, order.rest)
    if turn.event is not None and turn.event.room is not None:
        if code is not None:
            code.used_at = turn.now  # everybody in the group has read it
        turn.audit("code.exposed")
        await say(turn, texts.CODE_IN_GROUP)
    elif code is None:
        codes.note_wrong(turn)
        await say(turn, texts.WRONG_CODE)
    elif code.purpose == ADMIN:
        await _become_admin(turn, code)
    else:
        await _become(turn, code)


async def _valid(turn: Turn, words: str) -> OneTimeCode | None:
    query = select(OneTimeCode).where(
        OneTimeCode.digest == codes.digest(words),
        col(OneTimeCode.used_at).is_(None),
        col(OneTimeCode.expires_at) > turn.now,
    )
    return await turn.session.scalar(query.with_for_update())


async def _become_admin(turn: Turn, code: OneTimeCode) -> None:
    area = await turn.session.get(Area, code.area_id) if code.area_id else None
    roots = select(Area).where(col(Area.parent_id).is_(None)).order_by(col(Area.id)).limit(1)
    area = area or await turn.session.scalar(roots)
    if area is None or area.id is None:
        await say(turn, texts.NO_AREAS)
        return
    code.used_at = turn.now
    held = await roles_of(turn.session, [turn.me.contact_id], turn.now)
    if not any(one.role == Role.ADMIN and one.area_id == area.id for one in held):
        turn.session.add(Appointment(contact_id=turn.me.contact_id, area_id=area.id, role=Role.ADMIN, since=turn.now))
    turn.audit("role.given", f"contact:{turn.me.contact_id}", f"{Role.ADMIN},area:{area.id},code")
    await turn.session.flush()
    await _greet(turn, turn.me.contact_id, turn.me.name)


async def _become(turn: Turn, code: OneTimeCode) -> None:
    """The chat system's id that wrote this belongs to the coded person from now on, and no other does."""
    assert code.contact_id is not None
    person = await turn.session.get_one(Contact, code.contact_id)
    code.used_at = turn.now
    known_as, known = turn.me.contact_id, code.contact_id
    if known_as != known:
        same = await merging.is_stranger(turn.session, known_as)
        await _repoint_binding(turn, known)
        chat_id = await merging.private_chat(turn.session, known_as, known, same=same)
        if same:
            await merging.absorb(turn.session, known_as, known)
        turn.where = Where(chat_id, None, turn.here.area)
    turn.audit("contact.bound", f"contact:{known}", f"binding,was:{known_as}")
    await turn.session.flush()
    await _greet(turn, known, person.name)


async def _repoint_binding(turn: Turn, contact_id: int) -> None:
    stored = await turn.session.get_one(InboxEvent, turn.inbox_id)
    sender = turn.event.sender if turn.event else None
    binding = await turn.session.scalar(
        select(ContactBinding).where(
            ContactBinding.account_id == stored.account_id, ContactBinding.external_id == sender
        )
    )
    assert binding is not None
    await turn.session.execute(
        delete(ContactBinding).where(
            col(ContactBinding.account_id) == stored.account_id,
            col(ContactBinding.contact_id) == contact_id,
            col(ContactBinding.id) != binding.id,
        )
    )
    binding.contact_id, binding.friend = contact_id, True


async def _greet(turn: Turn, contact_id: int, name: str) -> None:
    held = tuple(await roles_of(turn.session, [contact_id], turn.now))
    turn.speaker = Speaker(contact_id, name, held)
    await say(turn, texts.recognised(name, "、".join([await title(turn, one) for one in held])))
