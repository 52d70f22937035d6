"""值班: who is there in the night and on days off; what is urgent goes to them first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import col

from handlers.commands import Order
from handlers.helping import addressed, take_as_text
from handlers.matters import Refusal
from handlers.ports import WEEKDAYS
from handlers.posting import say, whisper
from handlers.refs import fold
from handlers.roles.appointing import area_named
from handlers.roles.lengths import OF_WEEK, SMALL_HOURS
from handlers.roles.persons import Nobody, take_apart, whom
from handlers.turn import WORKERS, Turn
from handlers.understanding.ahead import day_ahead
from handlers.working_time import DAY, WorkingTime, working_time
from storage.areas import Area, below
from storage.duty import Duty
from storage.people import Contact, Held, Role, roles_of

GIVERS = (Role.LEAD, Role.ADMIN)
"""Who appoints others and puts them on duty."""

USAGE = "请这样写：值班 今晚 我、值班 周六 李珍、值班 取消 今晚；“值班 表”看一周的安排。"
SHOWN_DAYS, FARTHEST_DAYS, MOST = 7, 92, 14

_LIST = re.compile(r"(?:排班|值班)?[表单]?|一?周|本周|名单")
_OFF = re.compile(r"取消|撤销|撤掉|不值了?|不用了?")
_ME = re.compile(r"我(?:自己|本人)?|本人|自己")
_NIGHT = re.compile(r"[晚夜]")
_NIGHT_AFTER = re.compile(r"\s*(?:的?[晚夜][上间里]?班?)")
_WEEKEND = re.compile(r"(?P<next>下)?(?:个|这)?周末")
_BETWEEN = " 　,，、和及跟由让请是:："


_TO = re.compile(r"\s*[到至—~-]\s*")


class Span(NamedTuple):
    """A night or a day off, local."""

    begins: datetime
    ends: datetime


async def duty(turn: Turn, order: Order) -> None:
    """值班 今晚 我, 值班 周六 李珍, 值班 取消 今晚, 值班 表."""
    words = order.rest.strip(" 。.!！")
    if _LIST.fullmatch(words):
        await _list(turn)
        return
    named, rest = _when(turn, words)
    spans = [one for one in named if one.ends > turn.now] or named  # on a Sunday 周末 is what is left of it
    if not spans:
        if addressed(turn) or _OFF.search(words):
            raise Refusal(f"没看出是哪天。{USAGE}")
        await take_as_text(turn)  # 值班电话多少
        return
    if spans[0].ends <= turn.now or spans[-1].begins > turn.now + timedelta(days=FARTHEST_DAYS):
        raise Refusal(f"只能排今天起 {FARTHEST_DAYS} 天里的班，这次没有改动。")
    if _OFF.search(rest):
        await _cancel(turn, spans, _OFF.sub(" ", rest).strip(_BETWEEN))
    else:
        await _put(turn, spans, rest)


def _when(turn: Turn, words: str) -> tuple[list[Span], str]:
    """The nights and days that are named, in order, and the other words."""
    work, local = working_time(turn), turn.local(turn.now)
    since: date | None = None  # 周三晚到周五晚: the nights between too
    text, spans = fold(words).replace("今夜", "今晚"), set[Span]()
    if match := _WEEKEND.search(text):
        saturday = local.date() + timedelta(days=5 - local.weekday() + (7 if match["next"] else 0))
        spans |= {_span(work, one, False) for one in (saturday, saturday + DAY)}
        text = f"{text[: match.start()]} {text[match.end() :]}"
    while len(spans) < MOST and (found := day_ahead(text, local)):
        said, after = text[found.start : found.end], text[found.end :]
        tail = _NIGHT_AFTER.match(after)
        night, day = bool(tail or _NIGHT.search(said)), found.day
        if night and day == local.date() and local.hour < SMALL_HOURS:
            day -= DAY
        after = after[tail.end() :] if tail else after
        if since is not None and day <= since:  # 周五到周一, 29日到2日: the next one
            alike = [since + DAY * one for one in range(1, 32)]
            by_week = OF_WEEK.match(said) is not None
            same = (one for one in alike if (one.weekday() == day.weekday() if by_week else one.day == day.day))
            day = next(same, day)
        spans.add(_span(work, day, night))
        if since is not None:
            spans |= {_span(work, since + DAY * one, night) for one in range(1, min((day - since).days, MOST))}
        until = _TO.match(after)
        since, after = (day, after[until.end() :]) if until else (None, after)
        text = f"{text[: found.start]} {after}"
    return sorted(spans), text.strip(_BETWEEN)


def _span(work: WorkingTime, day: date, night: bool) -> Span:
    """A night is from the end of work to its beginning; a day off is whole, with its night."""
    whole = not night and not work.is_worked(day)
    return Span(work.opens(day) if whole else work.closes(day), work.opens(day + DAY))


async def _put(turn: Turn, spans: Sequence[Span], rest: str) -> None:
    person, words = await _person(turn, rest)
    own = person.id == turn.me.contact_id
    area = await _area(turn, own, words)
    if not own:
        await _must_work_near(turn, person, area)
    added = []
    for span in spans:
        running = select(Duty.id).where(
            Duty.area_id == area.id, Duty.contact_id == person.id, col(Duty.begins) < span.ends, Duty.ends > span.begins
        )
        if await turn.session.scalar(running.limit(1)) is None:
            added.append(span)
            turn.session.add(Duty(area_id=area.id or 0, contact_id=person.id or 0, begins=span.begins, ends=span.ends))
    if not added:
        raise Refusal(f"{person.name}这时候本来就在{area.name}值班，不用再排。")
    turn.audit("duty.set", f"contact:{person.id}", f"area:{area.id}")
    times = "、".join(_shown(turn, span.begins, span.ends) for span in added)
    await say(
        turn, f"记下了：{person.name}在{area.name}值班，{times}。这段时间的急事先找{'您' if own else person.name}。"
    )
    if not own:
        text = f"{turn.me.name}请您在{area.name}值班，{times}。这段时间有急事我先找您。"
        await whisper(turn, person.id or 0, text)


async def _person(turn: Turn, rest: str) -> tuple[Contact, str]:
    """Whom the words name, and those that remain for the area; nobody named is the speaker."""
    me = await turn.session.get_one(Contact, turn.me.contact_id)
    words = [word for word in re.split(r"[\s,，、]+", rest) if word]
    others = [word for word in words if not _ME.fullmatch(word)]
    if len(others) < len(words) or not words:
        return me, " ".join(others)
    try:
        return await whom(turn, take_apart(rest), [held.path for held in _own(turn, WORKERS)])
    except Nobody:
        raise Refusal(f"没有找到叫“{others[0][:20]}”的人。{USAGE}") from None


def _own(turn: Turn, roles: Sequence[Role]) -> list[Held]:
    """The speaker's own roles, the nearest area first; not what they only stand in for."""
    held = [one for one in turn.me.roles if one.role in roles and one.stands_in_for is None]
    return sorted(held, key=lambda one: -one.level)


async def _area(turn: Turn, own: bool, words: str) -> Area:
    """The area that is named, else the speaker's; Refusal where that is not theirs to fill."""
    held = _own(turn, WORKERS if own else GIVERS)
    if not held:
        raise Refusal("替别人排班要网格长或管理员来发；自己值班发“值班 今晚 我”。" if not own else USAGE)
    if words:
        area = await area_named(turn, words)
        if not any(one.covers(area.path) for one in held):
            raise Refusal(f"{area.name}的班要那里的网格长或管理员来排，这次没有改动。")
        return area
    here = turn.here.area.path if turn.here.area and not turn.here.private else None
    fitting = [one for one in held if here is None or one.covers(here)] or held
    if len({one.area_id for one in fitting if one.level == fitting[0].level}) > 1:
        raise Refusal("请写明是哪里的班，如“值班 今晚 我 柳树一格”。")
    return await turn.session.get_one(Area, fitting[0].area_id)


async def _must_work_near(turn: Turn, person: Contact, area: Area) -> None:
    """Refusal unless the person works in the area's neighbourhood, or answers for it."""
    around = area.path.rstrip("/").rsplit("/", 1)[0] + "/" if area.level > 1 else area.path
    for held in await roles_of(turn.session, [person.id or 0], turn.now):
        if held.role in WORKERS and (held.path.startswith(around) or held.covers(area.path)):
            return
    raise Refusal(f"{person.name}不是这里的网格员、网格长或管理员，不能排值班。")


async def _cancel(turn: Turn, spans: Sequence[Span], rest: str) -> None:
    """One's own duty, or (of leads and admins) anybody's in their areas; only of who is named, if somebody is."""
    named = None if not rest else (await _person(turn, rest))[0].id
    query = (
        select(Duty, Area, Contact)
        .join(Area, col(Duty.area_id) == col(Area.id))
        .join(Contact, col(Duty.contact_id) == col(Contact.id))
        .where(or_(*((col(Duty.begins) < span.ends) & (col(Duty.ends) > span.begins) for span in spans)))
        .order_by(col(Duty.begins), col(Duty.id))
    )
    gone = [
        (one, area, person)
        for one, area, person in await turn.session.execute(query)
        if (person.id == turn.me.contact_id or turn.me.has(GIVERS, area.path)) and named in (None, person.id)
    ]
    if not gone:
        raise Refusal("那时候没有您能取消的班，这次没有改动。发“值班 表”看安排。")
    lines = []
    for one, area, person in gone:
        text = f"{_shown(turn, one.begins, one.ends)}{area.name}的班"
        lines.append(f"{person.name} {text}")
        turn.audit("duty.ended", f"contact:{person.id}", f"area:{area.id}")
        await turn.session.delete(one)
        if person.id != turn.me.contact_id:
            await whisper(turn, person.id or 0, f"{turn.me.name}取消了您{text}，辛苦了。")
    await say(turn, "取消了：" + "；".join(lines))


async def _list(turn: Turn) -> None:
    """The next days in the speaker's areas, those above and those below."""
    paths = [held.path for held in turn.me.roles if held.role in WORKERS]
    above = {int(part) for path in paths for part in path.strip("/").split("/") if part}
    query = (
        select(Duty, col(Area.name), col(Contact.name))
        .join(Area, col(Duty.area_id) == col(Area.id))
        .join(Contact, col(Duty.contact_id) == col(Contact.id))
        .where(
            col(Duty.ends) > turn.now,
            col(Duty.begins) < turn.now + timedelta(days=SHOWN_DAYS),
            or_(col(Area.id).in_(above), *(below(path) for path in paths)),
        )
        .order_by(col(Duty.begins), col(Area.level), col(Duty.id))
        .limit(50)
    )
    rows = (await turn.session.execute(query)).all()
    lines = [f"{_shown(turn, one.begins, one.ends)}｜{area}｜{person}" for one, area, person in rows]
    nothing = "这一周还没有人排值班。发“值班 今晚 我”就排上。"
    await say(turn, "\n".join(["值班表：", *lines]) if lines else nothing)


def _shown(turn: Turn, begins: datetime, ends: datetime) -> str:
    """`11-23（周一）17:30 到 11-24 08:30`."""
    first, last = turn.local(begins), turn.local(ends)
    return f"{first:%m-%d}（周{WEEKDAYS[first.weekday()]}）{first:%H:%M} 到 {last:%m-%d %H:%M}"
