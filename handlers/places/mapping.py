"""网格图: a town's own map picture, and where its places lie on it."""

from __future__ import annotations

import re

from sqlalchemy import or_, select, update
from sqlmodel import col

from handlers.alerts.reaching import town_level, town_of
from handlers.commands import Order
from handlers.maps import Point, TownMap, map_of, on_picture
from handlers.matters import Refusal
from handlers.photos import just_sent
from handlers.places.naming import plain
from handlers.posting import NO_MATTER, Piece, Target, post, say
from handlers.refs import fold
from handlers.turn import Turn
from storage.areas import Area, AreaMap, LocalPlace, Purpose, below
from storage.inbox import InboxEvent, Picture
from storage.outbox import Sort
from storage.people import Role

DELETE = "删除"
MOST_PLACES = 200
"""Names that are drawn on one map."""
USAGE = "网格图 柳树巷 120,340"
RULER = "边上的数字是从左、从上数的像素"

_POSITION = re.compile(r"(?P<name>.*?\D)[\s,，:：]*(?P<x>\d{1,5})\s*[,，、xX×*\s]\s*(?P<y>\d{1,5})")


async def town_map(turn: Turn, order: Order) -> None:
    """网格图: alone it shows the map, or stores the photo just sent; with words it marks a place, or clears."""
    town, words = await _town(turn, order.rest)
    if not words:
        await _show_or_store(turn, town)
    elif words == DELETE:
        await _clear(turn, town)
    elif match := _POSITION.fullmatch(fold(words)):
        await _mark(turn, town, match["name"].strip(" ,，:："), int(match["x"]), int(match["y"]))
    else:
        raise Refusal(f"没看懂。看图发“网格图”，标地点发“{USAGE}”，不要了发“网格图 删除”。")


async def _town(turn: Turn, words: str) -> tuple[Area, str]:
    """The town that the words begin with, else the one of this chat, and the other words."""
    first, _, rest = words.partition(" ")
    level = town_level(turn.rules)
    if first:
        towns = await turn.session.scalars(select(Area).where(Area.level == level).order_by(col(Area.id)))
        for town in towns:
            if plain(first) in (plain(town.name), plain(town.code)):
                return town, rest.strip()
    town = await town_of(turn, turn.here.area) if turn.here.area else None
    if town is None or town.level < min(level, 1):
        raise Refusal("请写上是哪个镇街的，如“网格图 柳河镇”。")
    return town, words


def _must_be_admin(turn: Turn, town: Area) -> None:
    if not turn.me.has((Role.ADMIN,), town.path):
        raise Refusal(f"网格图由{town.name}的管理员存和改，这次没有改动。看图发“网格图”。")


async def _show_or_store(turn: Turn, town: Area) -> None:
    photos = await just_sent(turn, 1) if turn.me.has((Role.ADMIN,), town.path) else ()
    if photos:
        await _store(turn, town, photos[0])
        return
    if not any(held.path.startswith(town.path) or held.covers(town.path) for held in turn.me.roles):
        raise Refusal(f"{town.name}不在您负责的范围，看不了那里的网格图。")
    found = await map_of(turn, town)
    if found is None:
        raise Refusal(f"{town.name}还没有网格图。镇管理员私聊我，先发图，再发“网格图”，就存下了。")
    await say(turn, _about(found), pictures=[_drawn(found)])


def _about(found: TownMap) -> str:
    count = len(set(found.spots.values()))
    return (
        f"{found.area.name}的网格图，标着 {count} 个地点（{RULER}，图宽 {found.width}、高 {found.height}）。\n"
        f"管理员标地点或改位置：{USAGE}"
    )


def _drawn(found: TownMap) -> Piece:
    """The map with the names of its places."""
    spots = list(dict.fromkeys(found.spots.values()))[:MOST_PLACES]
    return found.piece(f"{found.area.name} 网格图", [Point(0, one.x, one.y, one.name) for one in spots])


async def _store(turn: Turn, town: Area, picture: Picture) -> None:
    """The photo takes the map's place once it is fetched; until then what was stored stays."""
    if not (turn.here.private or (turn.here.room and turn.here.room.purpose == Purpose.STAFF)):
        raise Refusal("网格图请在私聊或工作群里发给我。")
    picture.state = "wanted"
    stored = await turn.session.get(AreaMap, town.id, with_for_update=True)
    if stored is None:
        stored = AreaMap(area_id=town.id or 0)
        turn.session.add(stored)
    stored.next_id = picture.id
    turn.audit("map.store", "", f"area {town.id}")
    await say(turn, f"收到{town.name}的网格图，存好就发给您看。")


async def arrived(turn: Turn, picture_id: int) -> None:
    """The fetcher is done with a picture that is to be a map: its sender sees it, or hears that it is none."""
    stored = await turn.session.scalar(select(AreaMap).where(AreaMap.next_id == picture_id).with_for_update())
    picture = await turn.session.get(Picture, picture_id)
    if stored is None or picture is None or picture.state not in ("ready", "failed"):
        return
    stored.next_id = None
    town = await turn.session.get_one(Area, stored.area_id)
    if picture.state == "ready":
        await _forget(turn, stored)
        stored.picture_id, stored.width, stored.height = picture_id, picture.width, picture.height
    elif stored.picture_id is None:
        await turn.session.delete(stored)
    await turn.session.flush()
    found = await map_of(turn, town) if picture.state == "ready" else None
    text = f"存好了。{_about(found)}" if found else f"{town.name}的网格图没存上：发来的图打不开或太大，请换一张再发。"
    sent_in = select(col(InboxEvent.chat_id)).where(InboxEvent.id == picture.inbox_id)
    if (chat := await turn.session.scalar(sent_in)) is not None:
        await post(turn, NO_MATTER, Sort.STAFF, [Piece(text), *([_drawn(found)] if found else [])], [Target(chat)])


async def _forget(turn: Turn, stored: AreaMap) -> None:
    """The bytes of the picture that was stored go; a map is nothing that anybody else refers to."""
    gone = update(Picture).where(col(Picture.id) == stored.picture_id)
    await turn.session.execute(gone.values(data=None, handle="", digest="", state="wiped"))


async def _clear(turn: Turn, town: Area) -> None:
    _must_be_admin(turn, town)
    stored = await turn.session.get(AreaMap, town.id, with_for_update=True)
    if stored is None:
        raise Refusal(f"{town.name}没有存网格图，不用删。")
    await _forget(turn, stored)
    await turn.session.delete(stored)
    turn.audit("map.clear", "", f"area {town.id}")
    await say(turn, f"{town.name}的网格图删掉了，地点的位置还留着，存了新图再核对。")


async def _mark(turn: Turn, town: Area, name: str, x: int, y: int) -> None:
    """A place that people know of lies there on the picture."""
    _must_be_admin(turn, town)
    found = await map_of(turn, town)
    if found is None:
        raise Refusal(f"{town.name}还没有网格图，请先发图，再发“网格图”存下。")
    if not on_picture(x, y, found.width, found.height):
        raise Refusal(f"{x},{y} 在图外：图宽 {found.width}、高 {found.height} 像素，这次没有改动。")
    place = await _place(turn, town, name)
    place.x, place.y = float(x), float(y)
    turn.session.add(place)
    await turn.session.flush()
    turn.audit("map.place", "", f"place {place.id}")
    await say(turn, f"“{place.name}”标在图上 {x},{y} 了。要看图发“网格图”。")


async def _place(turn: Turn, town: Area, name: str) -> LocalPlace:
    """The place of this name or other name in the town; of an area's own name one is made. Refusal if there is none."""
    query = select(LocalPlace).join(Area, col(LocalPlace.area_id) == col(Area.id)).where(below(town.path))
    places = (await turn.session.scalars(query.order_by(col(LocalPlace.id)))).all()
    same = [one for one in places if name == fold(one.name)] or [
        one for one in places if name in map(fold, one.aliases.split())
    ]
    if len(same) > 1:
        where = [(await turn.session.get_one(Area, one.area_id)).name for one in same[:5]]
        raise Refusal(f"叫“{name[:20]}”的地点有 {len(same)} 处（{'、'.join(where)}），分不清，这次没有改动。")
    if same:
        return same[0]
    named = select(Area).where(below(town.path), or_(Area.name == name, Area.code == name)).order_by(col(Area.level))
    area = await turn.session.scalar(named.limit(1))
    if area is None:
        raise Refusal(f"{town.name}没有叫“{name[:20]}”的地点。地点在导入文件 places 里加。")
    return LocalPlace(area_id=area.id or 0, name=area.name)
