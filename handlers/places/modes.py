"""模式 and 群列表: how much the bot says in a room, and the switch above the rooms."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select, update
from sqlmodel import col

from handlers import alerts
from handlers.commands import Order
from handlers.matters import Refusal
from handlers.places import binding, texts
from handlers.places.naming import area_by_words
from handlers.posting import say
from handlers.refs import fold
from handlers.turn import WORKERS, Turn
from storage.areas import Area, Chat, Mode, Room, Silence, area_line, below, silenced
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from storage.people import Role

NAMES_SHOWN = 10
MODE_IMPORTED = "room.mode"
"""The due thing that an import leaves behind for a room (by id) whose mode it changed."""
LIFT = "恢复"

_WORDS = {
    "静默": Mode.SILENT,
    "静音": Mode.SILENT,
    "试点": Mode.TRIAL,
    "试运行": Mode.TRIAL,
    "正式": Mode.FULL,
    "恢复": LIFT,
    "解除": LIFT,
}
_WORD = re.compile("|".join(_WORDS))
_HERE = re.compile(r"^\s*(?:本群|这个群|此群)?\s*$")

HUSHES = re.compile(
    r"(?:@\S+\s+)?(?:(?P<lifts>解除)?静默(?:[\s:：]+[^\s。，,!！?？]{1,12}|全[镇区村])?|(?P<every>全[镇区村])静默)[。!！\s]*"
)
"""The whole text of 静默 as a command: in a sentence it is a word."""

RoomChat = tuple[Room, int, str]


async def set_mode(turn: Turn, order: Order) -> None:
    """模式 静默|试点|正式 [区域], 模式 静默|恢复 全镇; alone it shows the mode."""
    match = _WORD.search(order.rest)
    if not match:
        await _show(turn, order.rest)
        return
    mode = _WORDS[match[0]]
    words = f"{order.rest[: match.start()]} {order.rest[match.end() :]}".rstrip(" 。.!！~～")
    if _HERE.match(words):
        if mode == LIFT:
            raise Refusal("请写明恢复哪里，如“模式 恢复 全镇”；单个群发“模式 正式”。")
        await _set_here(turn, Mode(mode))
        return
    area = await area_by_words(turn, words)
    if mode == LIFT:
        await _lift(turn, area)
    elif mode == Mode.SILENT and await binding.has_below(turn, area):
        await _silence(turn, area)
    else:
        _must_cover(turn, area)
        await _set_rooms(turn, area, await _bound(turn, area.path), Mode(mode))


async def hush(turn: Turn, order: Order) -> None:
    """静默 全镇, 全镇静默, 解除静默 全镇: 模式 without its name."""
    said = HUSHES.fullmatch(fold(turn.text).strip())
    lifts, every = (said["lifts"], said["every"] or "") if said else (None, "")
    await set_mode(turn, replace(order, rest=f"{LIFT if lifts else '静默'} {order.rest or every}"))


async def _show(turn: Turn, words: str) -> None:
    room = turn.here.room
    if not _HERE.match(words) or room is None or turn.here.area is None:
        raise Refusal("请这样写：在群里发“模式 静默”“模式 试点”或“模式 正式”，或写上区域名：“模式 静默 一格”。")
    quiet = await silenced(turn.session, [turn.here.area.path])
    await say(turn, texts.mode_shown(room, bool(quiet)))


async def _set_here(turn: Turn, mode: Mode) -> None:
    """In a room that room; in private the rooms of one's own grid."""
    area = turn.here.area
    if turn.here.private:
        own = {held.area_id for held in turn.me.roles if held.role in WORKERS}
        if len(own) != 1:
            raise Refusal("请写上区域名，如“模式 静默 一格”，或到那个群里发。")
        area = await turn.session.get_one(Area, own.pop())
        if await binding.has_below(turn, area):
            raise Refusal(f"{area.name}下面不止一个群，请写明，如“模式 {mode} 全村”，或到那个群里发。")
        await _set_rooms(turn, area, await _bound(turn, area.path), mode)
        return
    assert area is not None and turn.here.room is not None
    _must_cover(turn, area)
    room = await turn.session.get_one(Room, turn.here.room.id)
    await _set_rooms(turn, area, [(room, turn.here.chat_id, area.path)], mode)


def _must_cover(turn: Turn, area: Area) -> None:
    if not turn.me.has(WORKERS, area.path):
        raise Refusal(f"{area.name}不在您负责的范围，模式没有改。")


def _must_rule(turn: Turn, area: Area) -> None:
    if not turn.me.has((Role.ADMIN,), area.path):
        raise Refusal(f"整个{area.name}的静默只有那里的管理员能设，这次没有改动。")


async def _set_rooms(turn: Turn, area: Area, rooms: Sequence[RoomChat], mode: Mode) -> None:
    if not rooms:
        raise Refusal(f"{area.name}还没有绑定的群。")
    for room, _, _ in rooms:
        room.mode = mode
        turn.audit("room.mode", f"room:{room.id}", "mode")
    cancelled, cards = await _take_effect(turn, rooms, mode)
    where = rooms[0][0].name if len(rooms) == 1 else area.name
    await say(turn, texts.mode_set(where, mode, len(rooms), cancelled) + texts.caught_up(cards))


async def _take_effect(turn: Turn, rooms: Sequence[RoomChat], mode: Mode) -> tuple[int, int]:
    """What waits is cancelled, or what was missed is said; how many deliveries, and how many cards."""
    await turn.session.flush()
    chats = [chat_id for _, chat_id, _ in rooms]
    if mode == Mode.SILENT:
        return await cancel_queued(turn, chats), 0
    await _greet_late(turn, rooms)
    return 0, await alerts.catch_up(turn, chats)


async def imported(turn: Turn, ref: str) -> None:
    """Due: an import changed the mode of the room with this id."""
    room = await turn.session.get(Room, int(ref))
    chat_id = await turn.session.scalar(select(col(Chat.id)).where(col(Chat.room_id) == int(ref)))
    if room is None or room.bound_at is None or chat_id is None:
        return
    area = await turn.session.get_one(Area, room.area_id)
    turn.audit("room.mode", f"room:{room.id}", "mode")
    await _take_effect(turn, [(room, chat_id, area.path)], Mode(room.mode))


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {MODE_IMPORTED: imported}


async def _greet_late(turn: Turn, rooms: Sequence[RoomChat]) -> None:
    """A room that was silent when it was bound has not heard the greeting yet."""
    for room, chat_id, _ in rooms:
        if room.greeted_at is None:
            area = await turn.session.get_one(Area, room.area_id)
            await binding.greet(turn, room, area, chat_id)


async def _silence(turn: Turn, area: Area) -> None:
    """The switch above the rooms: each keeps its mode for when it is lifted."""
    _must_rule(turn, area)
    rooms = await _bound(turn, area.path)
    if await turn.session.get(Silence, area.id) is None:
        turn.session.add(Silence(area_id=area.id or 0, since=turn.now, by_id=turn.me.contact_id))
    cancelled = await cancel_queued(turn, [chat_id for _, chat_id, _ in rooms])
    turn.audit("area.silenced", f"area:{area.id}", "silence")
    await turn.session.flush()
    await say(turn, texts.silence_set(area.name, len(rooms), cancelled))


async def _lift(turn: Turn, area: Area) -> None:
    _must_rule(turn, area)
    switch = await turn.session.get(Silence, area.id)
    above = await _silenced_above(turn, area)
    if switch is None:
        why = f"静默是上级“{above}”设的，要等那边恢复。" if above else "这里没有设全部静默；单个群发“模式 正式”。"
        raise Refusal(f"{area.name}没有可解除的静默。{why}")
    await turn.session.delete(switch)
    turn.audit("area.unsilenced", f"area:{area.id}", "silence")
    await turn.session.flush()
    rooms = await _bound(turn, area.path)
    cards = await alerts.catch_up(turn, [chat_id for _, chat_id, _ in rooms])
    await say(turn, texts.silence_lifted(area.name, len(rooms), above) + texts.caught_up(cards))


async def _silenced_above(turn: Turn, area: Area) -> str:
    for step in (await area_line(turn.session, area))[1:]:
        if await turn.session.get(Silence, step.id):
            return step.name
    return ""


async def _bound(turn: Turn, path: str) -> list[RoomChat]:
    """Every bound room at or below an area, whomever it is for: a mode counts for all of them."""
    query = (
        select(Room, col(Chat.id), col(Area.path))
        .join(Area, col(Room.area_id) == col(Area.id))
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .where(below(path), col(Room.bound_at).is_not(None))
        .order_by(col(Room.id))
    )
    return [(room, chat_id, area_path) for room, chat_id, area_path in await turn.session.execute(query)]


async def cancel_queued(turn: Turn, chats: Collection[int]) -> int:
    """Cancel what waits to be sent to these chats, ends excepted; how many deliveries that were."""
    waiting = (
        select(col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(col(Delivery.chat_id).in_(chats), Post.sort != Sort.END)
    )
    parts = (col(DeliveryPart.delivery_id).in_(waiting), col(DeliveryPart.state) == PartState.QUEUED)
    count = await turn.session.scalar(select(func.count(func.distinct(col(DeliveryPart.delivery_id)))).where(*parts))
    await turn.session.execute(update(DeliveryPart).where(*parts).values(state=PartState.CANCELLED))
    return count or 0


async def list_rooms(turn: Turn, order: Order) -> None:
    """群列表 [区域]: how many groups, which are not bound, which are silent."""
    area = await _area_listed(turn, order.rest)
    query = select(Room, col(Area.path)).join(Area, col(Room.area_id) == col(Area.id)).where(below(area.path))
    rows = [(room, path) for room, path in await turn.session.execute(query.order_by(col(Room.id)))]
    if not rows:
        await say(turn, f"{area.name}还没有群，发“群码 {area.name}”得到绑定码。")
        return
    quiet = await silenced(turn.session, {path for _, path in rows})
    unbound = [room.name or room.key for room, _ in rows if room.bound_at is None]
    silent = [room.name for room, path in rows if room.bound_at and (room.mode == Mode.SILENT or path in quiet)]
    await say(turn, texts.rooms_listed(area.name, len(rows), unbound, silent, NAMES_SHOWN))


async def _area_listed(turn: Turn, words: str) -> Area:
    if words.strip():
        area = await area_by_words(turn, words)
    else:
        highest = min((held for held in turn.me.roles if held.role in WORKERS), key=lambda held: held.level)
        area = await turn.session.get_one(Area, highest.area_id)
    if not turn.me.has(WORKERS, area.path):
        raise Refusal(f"{area.name}不在您负责的范围。")
    return area
