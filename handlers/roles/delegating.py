"""授权 and 收回: somebody may send notices somewhere for some days; the right ends by itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.commands import Order
from handlers.helping import addressed, take_as_text
from handlers.matters import Refusal
from handlers.notices.lapsing import stop_lapsed
from handlers.posting import say, whisper
from handlers.roles import texts
from handlers.roles.appointing import area_named, may_give, reach
from handlers.roles.lengths import LONGEST, take_end
from handlers.roles.persons import Nobody, take_apart, whom
from handlers.turn import SENDERS, Turn
from handlers.working_time import working_time
from storage.areas import Area
from storage.people import Appointment, Contact, Role, roles_of

ENDED = "right.ended"
SAME = timedelta(minutes=5)
"""What ends so near to what was lent before is the same, sent twice."""
_RIGHT = re.compile(r"(?:发|的)?通知(?:的?权限?)?")


async def grant(turn: Turn, order: Order) -> None:
    """授权 张三 通知 北关社区 3天, in any order."""
    words = await _about_notices(turn, order)
    if words is None:
        return
    found = take_end(words, turn.local(turn.now), working_time(turn).begins)
    named = await _person(turn, found[1] if found else words)
    if named is None:
        return
    if found is None:
        raise Refusal(f"请写明多久。{texts.GRANT_USAGE}")
    until, _ = found
    if not timedelta(0) < until - turn.now <= LONGEST:
        raise Refusal(f"授权从现在算起，最长 {LONGEST.days} 天，请写如“授权 张三 通知 北关社区 3天”“… 到周五”。")
    person, rest = named
    area = await _area(turn, rest)
    if not may_give(turn, Role.HERALD, area):
        raise Refusal(f"{area.name}不在您管理的范围，这次没有改动。")
    held = await roles_of(turn.session, [person.id or 0], turn.now)
    if any(one.role in SENDERS and one.role != Role.HERALD and one.covers(area.path) for one in held):
        raise Refusal(f"{person.name}本来就能在{area.name}发通知，不用授权。")
    shown = turn.local(until)
    if await _lend(turn, person, area, until):
        raise Refusal(f"已经授权{person.name}发{area.name}的通知了，到 {shown:%m-%d %H:%M}，没有再告诉本人。")
    await say(turn, texts.granted(person.name, area.name, shown))
    await whisper(turn, person.id or 0, texts.you_may_send(turn.me.name, area.name, shown))


async def _about_notices(turn: Turn, order: Order) -> str | None:
    """The words beside 通知; None if it is none of this: 收回 旧衣服 in a group is talk."""
    words = _RIGHT.sub(" ", order.rest, count=1)
    if words != order.rest:
        return words
    if addressed(turn):
        raise Refusal(texts.GRANT_USAGE)
    await take_as_text(turn)
    return None


async def _person(turn: Turn, words: str) -> tuple[Contact, str] | None:
    """Whom it is about, and the words that remain; None for talk in a group that names nobody: 收回 上次的通知单."""
    try:
        return await whom(turn, take_apart(words), reach(turn))
    except Nobody:
        if addressed(turn):
            raise
    await take_as_text(turn)
    return None


async def _area(turn: Turn, words: str) -> Area:
    if words.strip():
        return await area_named(turn, words)
    own = {held.area_id for held in turn.me.roles if held.role == Role.ADMIN}
    if len(own) != 1:
        raise Refusal(f"请写明是哪里。{texts.GRANT_USAGE}")
    return await turn.session.get_one(Area, own.pop())


async def _lend(turn: Turn, person: Contact, area: Area, until: datetime) -> bool:
    """Write the right down; one that runs already ends at the new time. True where it ended then anyway."""
    running = [one for one, there in await _running(turn, person) if there.id == area.id]
    if running and running[0].until and abs(running[0].until - until) < SAME:
        return True
    lent = (
        running[0]
        if running
        else Appointment(contact_id=person.id or 0, area_id=area.id or 0, role=Role.HERALD, since=turn.now)
    )
    lent.until = until
    turn.session.add(lent)
    turn.audit("right.given", f"contact:{person.id}", f"{Role.HERALD},area:{area.id},until")
    await turn.session.flush()
    await turn.schedule(ENDED, f"{lent.id}:{turn.me.contact_id}", until)
    return False


async def _running(turn: Turn, person: Contact) -> list[tuple[Appointment, Area]]:
    query = (
        select(Appointment, Area)
        .join(Area, col(Appointment.area_id) == col(Area.id))
        .where(
            Appointment.contact_id == person.id,
            Appointment.role == Role.HERALD,
            col(Appointment.until).is_(None) | (col(Appointment.until) > turn.now),
        )
        .order_by(col(Appointment.id))
    )
    return [(one, there) for one, there in await turn.session.execute(query)]


async def take_back(turn: Turn, order: Order) -> None:
    """收回 张三 通知 [北关社区]: the right ends now; what was planned with it is not sent."""
    words = order.rest if addressed(turn) and not _RIGHT.search(order.rest) else await _about_notices(turn, order)
    if words is None:
        return
    named = await _person(turn, words)
    if named is None:
        return
    person, rest = named
    area = await area_named(turn, rest) if rest.strip() else None
    running = [(one, there) for one, there in await _running(turn, person) if area is None or there.id == area.id]
    mine = [(one, there) for one, there in running if may_give(turn, Role.HERALD, there)]
    if not mine:
        why = "不是您能收回的" if running else "现在没有授权"
        raise Refusal(f"{person.name}发通知的权限{why}，这次没有改动。")
    for one, there in mine:
        one.until = turn.now
        turn.audit("right.taken", f"contact:{person.id}", f"{Role.HERALD},area:{there.id}")
    await turn.session.flush()
    names = "、".join(there.name for _, there in mine)
    stopped = texts.stopped_with_right(await stop_lapsed(turn, person.id or 0))
    await say(turn, f"已收回{person.name}在{names}发通知的权限。{stopped}")
    await whisper(turn, person.id or 0, f"您在{names}发通知的权限已收回，谢谢。{stopped}")


async def ended(turn: Turn, ref: str) -> None:
    """Due: a lent right has ended by itself (`ref`: the appointment, and who lent it); what waits is not sent."""
    appointment_id, lender_id = map(int, ref.split(":"))
    lent = await turn.session.get(Appointment, appointment_id)
    if lent is None or lent.until is None or lent.until > turn.now:
        return  # lent for longer meanwhile
    stopped = texts.stopped_with_right(await stop_lapsed(turn, lent.contact_id))
    if not stopped:
        return
    person = await turn.session.get_one(Contact, lent.contact_id)
    area = await turn.session.get_one(Area, lent.area_id)
    await whisper(turn, lender_id, f"{person.name}在{area.name}发通知的权限到期了。{stopped}")
    await whisper(turn, lent.contact_id, f"您在{area.name}发通知的权限到期了。{stopped}")


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {ENDED: ended}
