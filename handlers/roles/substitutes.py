"""代班: somebody stands in for a worker or lead until some hour or day; at its end both hear how the cases are."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from handlers import quiet_hours
from handlers.commands import Order
from handlers.matters import Refusal, short_line
from handlers.posting import say, whisper
from handlers.roles import texts
from handlers.roles.lengths import LONGEST, take_span
from handlers.roles.persons import take_apart, title, whom
from handlers.turn import Turn
from handlers.understanding import Ref
from handlers.working_time import working_time
from storage.areas import Area, below
from storage.duty import Duty
from storage.matters import CASE_OPEN, Case, CaseStep
from storage.people import Appointment, Contact, Held, Role, names_of

RAN_OUT, BEGINS = "stand_in.over", "stand_in.begins"
LISTED = 8
SAME = timedelta(minutes=5)
"""What begins and ends so near to what was asked for before is the same, sent twice."""
_OVER = re.compile(r"结束|取消|停止|不用了|回来了")
_DONE = ("办结", "和解")


async def substitute(turn: Turn, order: Order) -> None:
    """代班 李珍 3天, 代班 李珍 到明早8点; 代班 结束."""
    if _OVER.match(order.rest):
        await _finish(turn)
        return
    since, until, words = _span(turn, order.rest)
    own = [held for held in turn.me.roles if held.role in (Role.WORKER, Role.LEAD) and held.stands_in_for is None]
    if not own:
        raise Refusal("您自己也是代班，请原来的网格员另外找人。")
    person = await _whom(turn, own, words)
    await _must_be_there(turn, person, since, until)
    if await _asked_already(turn, person, since, until):
        raise Refusal(f"已经请{person.name}代班了，到 {turn.local(until):%m-%d %H:%M}，没有再发一遍。")
    around = await _make_room(turn, person, since, until)
    replaced = [one for one in _pairs(await _end_running(turn, since, until)) if one[0].contact_id != person.id]
    for before in replaced:
        begun = "您的代班结束，辛苦了" if before[0].since <= turn.now else "原定您的代班取消了"
        await _tell_substitute(turn, before, f"{turn.me.name}另请了{person.name}代班，{begun}。")
    rows = [_row(turn, person, held.area_id, held.role, since, until) for held in own]
    others = [one for one in await _standing(turn, turn.me.contact_id) if (one.until or until) > since]
    rows += [_row(turn, person, one.area_id, one.role, since, min(until, one.until or until)) for one in others]
    turn.session.add_all(rows)
    turn.audit("role.substituted", f"contact:{person.id}", ",".join(f"{one.role}:{one.area_id}" for one in rows))
    await turn.session.flush()
    lasting = _ref([one for one in rows if one.until == until])
    await turn.schedule(RAN_OUT, lasting, until)
    if since > turn.now:
        await turn.schedule(BEGINS, lasting, since)
    roles = "、".join([await title(turn, held) for held in own])
    passed = await _passed_on(turn, person, others)
    shown = texts.span(turn.local(since) if since > turn.now else None, turn.local(until))
    on_duty = await _still_on_duty(turn, since, until)
    await say(turn, texts.standing_in(person.name, roles, shown) + around + passed + on_duty)
    await whisper(turn, person.id or 0, texts.please_stand_in(turn.me.name, roles, shown) + passed)


async def _asked_already(turn: Turn, person: Contact, since: datetime, until: datetime) -> bool:
    """Whether a moment ago the same was asked of the same person: a second tap."""
    running = await _replacing(turn, turn.me.contact_id)
    apart = [abs(one.since - since) + abs((one.until or until) - until) for one in running]
    return bool(running) and all(one.contact_id == person.id for one in running) and max(apart) < SAME


def _span(turn: Turn, words: str) -> tuple[datetime, datetime, str]:
    """From when and until when, and the other words; Refusal where no end is named, or one too far away."""
    found = take_span(words, turn.local(turn.now), working_time(turn).begins)
    if found is None:
        raise Refusal(texts.SUBSTITUTE_USAGE)
    begins, until, rest = found
    if not timedelta(0) < until - turn.now <= LONGEST:
        raise Refusal(f"代班从现在算起，最长 {LONGEST.days} 天，请写如“代班 李珍 3天”“代班 李珍 到周五”。")
    return max(begins or turn.now, turn.now), until, rest


def _row(turn: Turn, person: Contact, area_id: int, role: str, since: datetime, until: datetime) -> Appointment:
    return Appointment(
        contact_id=person.id or 0,
        area_id=area_id,
        role=role,
        since=since,
        until=until,
        stands_in_for=turn.me.contact_id,
    )


def _ref(rows: Sequence[Appointment]) -> str:
    """The rows of one substitution and their end, by which one that ended before is known."""
    until = rows[0].until
    return f"{','.join(str(one.id) for one in rows)}@{until.timestamp() if until else 0:.0f}"


async def _must_be_there(turn: Turn, person: Contact, since: datetime, until: datetime) -> None:
    """Refusal of somebody who has asked another to stand in: two who are away cannot take each other's place."""
    away = _at_the_time(await _replacing(turn, person.id or 0), since, until)
    if away:
        by = (await names_of(turn.session, [away[0].contact_id])).get(away[0].contact_id, "")
        who = "您" if away[0].contact_id == turn.me.contact_id else by
        until = turn.local(away[0].until or turn.now)
        raise Refusal(f"{person.name}自己也不在，到 {until:%m-%d %H:%M} 由{who}代班，请另外找人。")


async def _passed_on(turn: Turn, person: Contact, others: Sequence[Appointment]) -> str:
    """Who stands in for others hands that on too; the others hear of it."""
    names = await names_of(turn.session, [one.stands_in_for for one in others if one.stands_in_for])
    for one in others:
        area = await turn.session.get_one(Area, one.area_id)
        text = f"{turn.me.name}这几天也不在，{area.name}改由{person.name}代。"
        await whisper(turn, one.stands_in_for or 0, text)
    replaced = "、".join(dict.fromkeys(names.values()))
    return f"代{replaced}的那份也一起交给{person.name}。" if replaced else ""


async def _still_on_duty(turn: Turn, since: datetime, until: datetime) -> str:
    """Who is away but on the roster is told so: what is urgent would come to them."""
    query = select(Duty).where(Duty.contact_id == turn.me.contact_id, Duty.begins < until, Duty.ends > since)
    first = (await turn.session.scalars(query.order_by(col(Duty.begins)).limit(1))).first()
    if first is None:
        return ""
    begins = turn.local(first.begins)
    return f"\n这段时间您还排着值班（{begins:%m-%d %H:%M} 起），急事仍先找您；要换人请发“值班 取消 …”重排。"


async def _standing(turn: Turn, contact_id: int) -> list[Appointment]:
    """What this person stands in for just now."""
    query = select(Appointment).where(
        Appointment.contact_id == contact_id,
        col(Appointment.stands_in_for).is_not(None),
        col(Appointment.until) > turn.now,
    )
    return list((await turn.session.scalars(query.order_by(col(Appointment.id)))).all())


async def _replacing(turn: Turn, contact_id: int) -> list[Appointment]:
    """By whom this person is replaced, now or at a time that was agreed on."""
    query = select(Appointment).where(Appointment.stands_in_for == contact_id, col(Appointment.until) > turn.now)
    return list((await turn.session.scalars(query.order_by(col(Appointment.id)))).all())


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


def _at_the_time(rows: Sequence[Appointment], since: datetime, until: datetime | None) -> list[Appointment]:
    """Those that fall into a time; `until` None: whenever they are."""
    return [one for one in rows if until is None or (one.since < until and (one.until or until) > since)]


async def _end_running(turn: Turn, since: datetime, until: datetime | None = None) -> list[Appointment]:
    """End what others do, or are to do, for the speaker at that time, and what they handed on of it."""
    running = _at_the_time(await _replacing(turn, turn.me.contact_id), since, until)
    later = [one for one in running if until and turn.now < one.since and until < (one.until or until)]
    for one in later:  # 今晚 ends in the morning of the day for which another was asked: that one begins then
        one.since = until or one.since
        await turn.schedule(BEGINS, _ref([row for row in later if row.until == one.until]), one.since)
    running = [one for one in running if one not in later]
    for rows in _pairs(running):
        for end in dict.fromkeys(one.until for one in rows):
            ref = _ref([one for one in rows if one.until == end])
            await turn.unschedule(RAN_OUT, ref)
            await turn.unschedule(BEGINS, ref)
    for one in running:
        one.until = turn.now
        for further in await _replacing(turn, one.contact_id):
            if (further.area_id, further.role) == (one.area_id, one.role):
                further.until = turn.now
    return running


async def _make_room(turn: Turn, person: Contact, since: datetime, until: datetime) -> str:
    """Take a time to come out of what others do, or are to do, for the speaker: before and after it stays theirs."""
    if since <= turn.now:
        return ""
    others: dict[int, list[Appointment]] = {}
    rows = _at_the_time(await _replacing(turn, turn.me.contact_id), since, until)
    for pair in _pairs([one for one in rows if one.since < since]):
        for end in dict.fromkeys(one.until for one in pair):
            held = [one for one in pair if one.until == end]
            await turn.unschedule(RAN_OUT, _ref(held))
            after = [_copy(one, until, end) for one in held if end and end > until]
            for one in held:
                one.until = since
            turn.session.add_all(after)
            await turn.session.flush()
            if after and end:
                await turn.schedule(BEGINS, _ref(after), until)
                await turn.schedule(RAN_OUT, _ref(after), end)
            others[pair[0].contact_id] = held
    names = await names_of(turn.session, others)
    span = texts.span(turn.local(since), turn.local(until))
    for contact_id in others:
        if contact_id != person.id:
            await whisper(turn, contact_id, f"{turn.me.name}另请了{person.name}代班，{span} 不用您代，其余时间照旧。")
    kept = "、".join(name for contact_id, name in names.items() if contact_id != person.id)
    return f"其余时间还是由{kept}代。" if kept else ""


def _copy(one: Appointment, since: datetime, until: datetime | None) -> Appointment:
    """The same for another time."""
    return Appointment(
        contact_id=one.contact_id,
        area_id=one.area_id,
        role=one.role,
        since=since,
        until=until,
        stands_in_for=one.stands_in_for,
    )


async def _finish(turn: Turn) -> None:
    running = await _end_running(turn, turn.now)
    if not running:
        raise Refusal("现在没有人替您代班。")
    if all(one.since > turn.now for one in running):
        turn.audit("role.substitute_ended", f"contact:{turn.me.contact_id}", "until")
        await say(turn, "定好的代班取消了，事情还是先找您。")
        for rows in _pairs(running):
            await whisper(turn, rows[0].contact_id, f"{turn.me.name}不用您代班了，谢谢。")
        return
    turn.audit("role.substitute_ended", f"contact:{turn.me.contact_id}", "until")
    await turn.session.flush()
    parts = [await _for_absent(turn, rows) for rows in _pairs(running)]
    await say(turn, "\n".join(["欢迎回来，代班结束，事情又先找您。", *parts]))
    for rows in _pairs(running):
        await _tell_substitute(turn, rows, f"{turn.me.name}回来了，您的代班结束，辛苦了。")


async def _rows_of(turn: Turn, ref: str) -> list[Appointment]:
    """The rows of one substitution; none where it ended before its time."""
    ids, _, until = ref.partition("@")
    query = select(Appointment).where(col(Appointment.id).in_([int(one) for one in ids.split(",")]))
    rows = list((await turn.session.scalars(query.order_by(col(Appointment.id)))).all())
    return [] if any(one.until is None or f"{one.until.timestamp():.0f}" != until for one in rows) else rows


async def began(turn: Turn, ref: str) -> None:
    """Due: the day that was agreed on has come; who stands in from now on is told once more."""
    if not (rows := await _rows_of(turn, ref)):
        return
    names = await names_of(turn.session, [rows[0].stands_in_for or 0])
    name, until = names.get(rows[0].stands_in_for or 0, ""), turn.local(rows[0].until or turn.now)
    text = f"您替{name}的代班开始了，到 {until:%m-%d %H:%M}，新的事先找您。发“待办”看要办的事。"
    await whisper(turn, rows[0].contact_id, text, hold=quiet_hours.ends(turn))


async def ran_out(turn: Turn, ref: str) -> None:
    """Due: the time is over; both hear what was done and what is open. Nothing where it ended before."""
    if not (rows := await _rows_of(turn, ref)):
        return
    people = [rows[0].contact_id, rows[0].stands_in_for or 0]
    now = [one.contact_id for one in await _replacing(turn, people[1]) if one.since <= turn.now]
    names = await names_of(turn.session, [*people, *now])
    whose = f"接着由{names.get(now[0], '')}代" if now else "事情又先找您"
    text = f"{names.get(people[0], '')}替您代班到时间了，{whose}。\n{await _for_absent(turn, rows)}"
    await whisper(turn, people[1], text, hold=quiet_hours.ends(turn))
    await _tell_substitute(turn, rows, f"您替{names.get(people[1], '')}的代班到时间了，辛苦了。")


def _pairs(rows: Sequence[Appointment]) -> list[list[Appointment]]:
    """The rows of each who stood in."""
    people = dict.fromkeys(one.contact_id for one in rows)
    return [[row for row in rows if row.contact_id == one] for one in people]


async def _for_absent(turn: Turn, rows: Sequence[Appointment]) -> str:
    """What was done meanwhile, and what is open; nothing of complaints about workers."""
    absent, who = rows[0].stands_in_for, rows[0].contact_id
    others = set(await _stood_in(turn, rows)) - {absent}
    names = await names_of(turn.session, others)
    done = await _done_by(turn, rows)
    left = await _open_of(turn, rows, (absent, *others))
    marks = {one.id: f"（{names[one.owner_id]}接的）" for one in left if one.owner_id in names}
    ended = f"{names.get(who, '')}办结了 {len(done)} 件：{'、'.join(str(one.id) for one in done[:LISTED])}。"
    if not left:
        return f"{ended if done else ''}没有没办完的。"
    return "\n".join([f"{ended if done else ''}没办完的 {len(left)} 件：", *_lines(left, marks)])


async def _stood_in(turn: Turn, rows: Sequence[Appointment]) -> Sequence[int]:
    """Who stood in there meanwhile: those of the rows, and to whom they handed it on."""
    query = select(Appointment.contact_id).where(
        col(Appointment.area_id).in_({one.area_id for one in rows}),
        col(Appointment.stands_in_for).is_not(None),
        col(Appointment.since) >= min(one.since for one in rows),
    )
    return (await turn.session.scalars(query)).all()


async def _tell_substitute(turn: Turn, rows: Sequence[Appointment], text: str) -> None:
    """Who stood in keeps what they took, and reads what that is."""
    mine = await _open_of(turn, rows, (rows[0].contact_id,))
    absent = rows[0].stands_in_for or 0
    name = (await names_of(turn.session, [absent])).get(absent, "")
    if mine:
        how = f"办完再走，或发“转给 {mine[0].id} {name}”。"
        text = "\n".join([f"{text}您接下还没办完的 {len(mine)} 件：", *_lines(mine, {}), how])
    await whisper(turn, rows[0].contact_id, text, hold=quiet_hours.ends(turn))


def _lines(cases: Sequence[Case], marks: Mapping[int | None, str]) -> list[str]:
    lines = [f"{short_line(Ref('', one.id or 0), one)}{marks.get(one.id, '')}" for one in cases[:LISTED]]
    return [*lines, *([f"……还有 {len(cases) - LISTED} 件，发“待办”看全部。"] if len(cases) > LISTED else [])]


async def _open_of(turn: Turn, rows: Sequence[Appointment], owners: Sequence[int | None]) -> list[Case]:
    """The open cases there of these owners."""
    return await _there(turn, rows, col(Case.state).in_(CASE_OPEN), col(Case.owner_id).in_(owners))


async def _done_by(turn: Turn, rows: Sequence[Appointment]) -> list[Case]:
    """The cases there that who stood in brought to an end."""
    steps = select(CaseStep.case_id).where(
        CaseStep.actor_id == rows[0].contact_id,
        col(CaseStep.action).in_(_DONE),
        col(CaseStep.at) >= min(one.since for one in rows),
    )
    return await _there(turn, rows, col(Case.id).in_(steps), ~col(Case.state).in_(CASE_OPEN))


async def _there(turn: Turn, rows: Sequence[Appointment], *which: ColumnElement[bool]) -> list[Case]:
    areas = await turn.session.scalars(select(Area).where(col(Area.id).in_({one.area_id for one in rows})))
    parts = [below(area.path) for area in areas]
    query = select(Case).join(Area, col(Case.area_id) == col(Area.id))
    query = query.where(or_(*parts), col(Case.about_worker).is_(False), *which).order_by(col(Case.id))
    return list((await turn.session.scalars(query)).all())


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {RAN_OUT: ran_out, BEGINS: began}
