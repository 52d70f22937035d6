"""未诉先办: what comes again and again at one place is proposed to the lead as a matter of its own."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlmodel import col

from handlers import locating
from handlers.cases import texts
from handlers.cases.complaints import passed_on
from handlers.cases.outside import area_named, towns_of
from handlers.cases.privacy import is_private
from handlers.cases.reporting import add_step, case_of, owner_name, tell_owner, write_case
from handlers.cases.twice import not_twice
from handlers.clipping import open_clip
from handlers.commands import Order
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, responsible, say, tell
from handlers.reading_words import read_matter
from handlers.turn import WORKERS, Turn
from handlers.understanding import OTHER, Kind
from storage.areas import Area, Chat, LocalPlace, Purpose, Room
from storage.engine import run
from storage.matters import CASE_NOT_TAKEN_UP, Case, CaseSource, CaseStep
from storage.outbox import Sort
from storage.people import Role

ENOUGH, WITHIN = 3, timedelta(days=30)
"""How many like matters, within what time, are one that nobody has named (requirement 1.38)."""

PROPOSED = "提议先办"
SHORTEST = 4


# Put together once, which takes longer than to run them.
_LIKE = (
    select(col(Case.id))
    .where(
        Case.area_id == bindparam("area"),
        col(Case.created_at) > bindparam("since"),
        Case.category == bindparam("category"),
        Case.place == bindparam("place"),
        col(Case.quiet).is_(False),
        col(Case.about_worker).is_(False),
        Case.kind != Kind.EMERGENCY,
        col(Case.state).not_in(CASE_NOT_TAKEN_UP),
        Case.source != CaseSource.PROACTIVE,
    )
    .order_by(col(Case.id).desc())
    .limit(20)
)
_PROPOSED = (
    select(col(CaseStep.id))
    .where(col(CaseStep.case_id).in_(bindparam("cases", expanding=True)), CaseStep.action == PROPOSED)
    .limit(1)
)


async def watch(turn: Turn, case: Case, area: Area) -> None:
    """After a case was opened: tell the lead, once in thirty days, that this is the third of its kind here."""
    if case.quiet or case.about_worker or case.kind == Kind.EMERGENCY or case.source == CaseSource.PROACTIVE:
        return
    like = await _like(turn, case)
    if len(like) < ENOUGH or await _proposed(turn, like):
        return
    people = await responsible(turn, area, (Role.LEAD,)) or await responsible(turn, area, (Role.ADMIN,))
    if not people:
        return
    await add_step(turn, case, PROPOSED, public=False)
    where = case.place or area.name
    numbers = "、".join(map(str, sorted(like)))
    text = (
        f"{where}“{case.category}”30 天里第 {len(like)} 件了（{numbers}）。最近一件：{open_clip(case.text, 40)}\n"
        f"要不要不等人再报，先查一查？回“先办 {case.category} {where}”就立一件。"
    )
    open_text = f"{area.name}有一类事 30 天里第 {len(like)} 件了（{numbers}），请看看要不要先办。"
    await tell(turn, people[0], text, open_text, area=area, ref=str(case.id))


async def _like(turn: Turn, case: Case) -> list[int]:
    """The matters of the same category at the same place; in the same grid where no place is known."""
    what = {"area": case.area_id, "category": case.category, "place": case.place}
    found = await run(turn.session, _LIKE, {**what, "since": case.created_at - WITHIN})
    return list(found.scalars())


async def _proposed(turn: Turn, like: list[int]) -> bool:
    return (await run(turn.session, _PROPOSED, {"cases": like})).first() is not None


async def begin(turn: Turn, order: Order) -> None:
    """先办 路灯老坏 柳树巷: a matter that nobody reported, told to the group and owned by the worker of its area."""
    if len(order.rest) < SHORTEST:
        raise Refusal(f"请这样写：{order.command.usage}")
    area = await locating.area_here(turn)
    if area is None:
        return
    await area_named(turn, order.rest, towns_of(turn.me, turn.rules))  # another town's is refused
    area = await _nearer(turn, area, order.rest)
    if not turn.me.has(WORKERS, area.path):
        raise Refusal(f"{area.name}不在您负责的范围，这次没有改动。")
    reading = await read_matter(turn, order.rest)
    if await passed_on(turn, area, order.rest, reading) or is_private(order.rest, reading.category or OTHER):
        raise Refusal("先办的事会告诉全群，这件涉及个人，请直接去办。")
    chat_id = await _group(turn, area)
    case = case_of(
        turn, area, reading, order.rest, kind=Kind.REQUEST, chat_id=chat_id, phone="", source=CaseSource.PROACTIVE
    )
    await not_twice(turn, case)
    await write_case(turn, case, area)
    await _announce(turn, case, await owner_name(turn, case))
    await tell_owner(turn, case, area)
    if turn.here.chat_id != chat_id or not case.shown:
        await say(turn, f"{texts.name(case)}已立为先办，办完回“办结 {case.id} 结果”。", ref=str(case.id))


async def _nearer(turn: Turn, area: Area, words: str) -> Area:
    """The one part of the area that the words name, by its own name or that of a place in it; else the area."""
    below = col(Area.path).startswith(area.path, autoescape=True)
    parts = list((await turn.session.scalars(select(Area).where(below, col(Area.id) != area.id))).all())
    named = {part.id for part in parts if part.name in words}
    places = select(LocalPlace).where(col(LocalPlace.area_id).in_([part.id for part in parts]))
    for place in await turn.session.scalars(places):
        if any(name in words for name in (place.name, *place.aliases.split())):
            named.add(place.area_id)
    found = [part for part in parts if part.id in named]
    return found[0] if len(found) == 1 else area


async def _group(turn: Turn, area: Area) -> int:
    """The chat of the area's own residents' group; where there is none, this one."""
    query = (
        select(col(Chat.id))
        .join(Room, col(Room.id) == col(Chat.room_id))
        .where(Room.area_id == area.id, Room.purpose == Purpose.RESIDENTS, col(Room.bound_at).is_not(None))
        .order_by(col(Chat.id))
    )
    return int(await turn.session.scalar(query.limit(1)) or turn.here.chat_id)


async def _announce(turn: Turn, case: Case, owner: str) -> None:
    who = f"由{owner}来办" if owner else "已上报"
    text = f"{texts.name(case)}先办：{texts.summary(case)}\n没等大家来报，我们先查起来，{who}，有进展在这里说。"
    if turn.here.private and case.chat_id == turn.here.chat_id:
        return
    sent = await post(turn, str(case.id), Sort.CASE, [Piece(text)], [Target(case.chat_id)])
    case.shown = bool(sent.chats)
