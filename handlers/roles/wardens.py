"""谁管我, 谁管 一格: the card of the grid worker who is responsible."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from handlers.commands import Order
from handlers.helping import addressed
from handlers.matters import Refusal
from handlers.places.naming import area_by_words
from handlers.posting import say
from handlers.roles import texts
from handlers.turn import WORKERS, Turn
from handlers.understanding.places import find_house
from storage.areas import Area, LocalPlace
from storage.inbox import Outcome
from storage.people import Contact, Held, Role, holders

LADDER: tuple[tuple[Role, ...], ...] = ((Role.WORKER,), (Role.LEAD,), (Role.ADMIN,))
CHILDREN = 12
_HERE = re.compile(r"(?:[我咱俺]们?|这)?(?:家|里|边|儿|片|块|这[里边儿片块]?|小区|村|楼)?(?:的?事)?")


async def mine(turn: Turn, order: Order) -> None:
    """谁管我 / 找网格员."""
    await show_warden(turn)


async def show_warden(turn: Turn) -> None:
    """Who is responsible for the area of this chat."""
    area = turn.here.area
    if area is None:
        raise Refusal("请写上村名或小区名，如“谁管 柳树村”。")
    await say(turn, await _card(turn, area))


_BETWEEN = re.compile(r"[\s、,，和]+")
MAX_CARDS = 5
"""Of how many areas one message may ask who answers for them."""


async def whose(turn: Turn, order: Order) -> None:
    """谁管 一格 / 谁管 老粮站: for an area or a place that people know."""
    words = order.rest.strip(" 。！!?？的呢啊呀吗")
    try:
        area = await _place(turn, words) or await area_by_words(turn, words)
    except Refusal:
        if cards := await _several(turn, words):
            await say(turn, "\n".join(cards))
            return
        if turn.here.area is not None and _is_here(words):
            await show_warden(turn)
            return
        if not addressed(turn) and not turn.me.has(WORKERS):
            turn.outcome = Outcome.CHAT  # 谁管 这事呀 is talk
            return
        raise
    await say(turn, await _card(turn, area))


async def _several(turn: Turn, words: str) -> list[str]:
    """谁管 柳树村 北关社区: a card for each, where all are known."""
    names = [one for one in _BETWEEN.split(words) if one][:MAX_CARDS]
    try:
        areas = [await _place(turn, one) or await area_by_words(turn, one) for one in names]
    except Refusal:
        return []
    return [await _card(turn, area) for area in areas] if len(areas) > 1 else []


def _is_here(words: str) -> bool:
    """我家, 我们这儿, 3栋, 3栋2单元: somewhere in the writer's own grid."""
    house = find_house(words, [])
    return _HERE.fullmatch(words) is not None or (house is not None and house.span == (0, len(words)))


async def _place(turn: Turn, words: str) -> Area | None:
    """The area of a local place with this name or alias, nearest to this chat."""
    if len(words) < 2:
        return None
    query = (
        select(LocalPlace, Area)
        .join(Area, col(LocalPlace.area_id) == col(Area.id))
        .where((LocalPlace.name == words) | col(LocalPlace.aliases).contains(words, autoescape=True))
        .order_by(col(LocalPlace.id))
        .limit(20)
    )
    rows = await turn.session.execute(query)
    fitting = [area for place, area in rows if place.name == words or words in place.aliases.split()]
    here = turn.here.area.path if turn.here.area else ""
    near = [area for area in fitting if here and area.path.startswith(_parent(here))] or fitting
    return near[0] if len({area.id for area in near}) == 1 else None


def _parent(path: str) -> str:
    parts = path.strip("/").split("/")
    return f"/{'/'.join(parts[:-1])}/" if len(parts) > 1 else path


async def _card(turn: Turn, area: Area) -> str:
    """Who is responsible: the nearest worker, else lead, else admin; of a village also its grids' workers."""
    children = await turn.session.scalars(
        select(Area).where(Area.parent_id == area.id).order_by(col(Area.id)).limit(CHILDREN + 1)
    )
    below = list(children.all())
    ladder = LADDER[1:] if below else LADDER
    lines = [await _line(turn, one) for one in await _nearest(turn, area, ladder)]
    if below:
        lines += await _grids(turn, below)
    if not lines:
        return f"{area.name}现在没有网格员，请找村（社区）办公室，政务热线 12345。"
    return "\n".join([*lines, "有事直接在群里说，我会转给网格员。"])


async def _nearest(turn: Turn, area: Area, ladder: Sequence[Sequence[Role]]) -> list[Held]:
    for roles in ladder:
        held = await holders(turn.session, area.path, roles, turn.now)
        if held:
            return [one for one in held if one.level == held[0].level]
    return []


async def _line(turn: Turn, held: Held) -> str:
    """One person; the phone only where the list of people publishes one."""
    person = await turn.session.get_one(Contact, held.contact_id)
    area = await turn.session.get_one(Area, held.area_id)
    away = await turn.session.get(Contact, held.stands_in_for) if held.stands_in_for else None
    instead = f"（代{away.name}）" if away else ""
    phone = f"，电话 {person.phone}" if person.phone and person.key else ""
    return f"{area.name}{texts.ROLE_NAMES[held.role]}：{person.name}{instead}{phone}"


async def _grids(turn: Turn, below: Sequence[Area]) -> list[str]:
    """The workers of the grids right below, one line each."""
    lines = []
    for area in below[:CHILDREN]:
        held = [
            one for one in await holders(turn.session, area.path, (Role.WORKER,), turn.now) if one.area_id == area.id
        ]
        people = [await turn.session.get_one(Contact, one.contact_id) for one in held]
        if people:
            lines.append(f"{area.name}：{'、'.join(one.name for one in people)}")
    return [*lines, "……"] if len(below) > CHILDREN else lines
