"""绑定 and 群码: how a group of the chat system becomes a room of the town."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import String, cast, literal, select, update
from sqlmodel import col

from handlers import quiet_hours
from handlers.commands import Order
from handlers.helping import take_as_text
from handlers.matters import Refusal
from handlers.places import codes, standbys, texts
from handlers.places.naming import area_by_words, full_name
from handlers.posting import NO_MATTER, Piece, Target, post, responsible, say, whisper
from handlers.turn import WORKERS, Turn, Where
from storage.agenda import AuditEntry, Question
from storage.areas import Area, Chat, Mode, Purpose, Room, RoomBinding, below, in_tree
from storage.inbox import InboxEvent
from storage.outbox import Sort, hand_over
from storage.people import Contact, Role

LIST_LINES = 15
MADE, AGAIN = "room.made", timedelta(minutes=1)
"""Within what time 群码 新 of the same place and person adds one room, not two."""

_NEW = re.compile(r"(?:新增|新建|新|加)\s*")
_ALL = re.compile(r"\s*全部\s*$")
_STAFF = re.compile(r"\s*(?:网格)?工作群\s*$")


async def bind(turn: Turn, order: Order) -> None:
    """绑定 K7Q2ABCD: this group becomes the code's room; the code is the permission, and is renewed after use."""
    event = turn.event
    if not codes.looks_like_code(order.rest):
        await _no_code(turn, order)
        return
    if event is None or event.room is None:
        raise Refusal(texts.NOT_A_GROUP)
    if await codes.tried_too_often(turn):
        await say(turn, texts.TOO_OFTEN)
        return
    code = codes.tidy(order.rest)
    binding = await _binding_here(turn)
    if binding is None:  # the room has another group since this was said
        return
    wanted = select(Room).where(col(Room.bind_code).in_({code, order.rest.strip()})).with_for_update()
    if room := await turn.session.scalar(wanted):
        await _bind(turn, room, binding, code)
    elif not await _bind_by_used(turn, binding, code):
        codes.note_wrong(turn)
        await say(turn, texts.WRONG_CODE)


async def _bind_by_used(turn: Turn, binding: RoomBinding, code: str) -> bool:
    """What a code means that another account has just used, or did a while ago; False for any other code."""
    used = await standbys.used_code(turn, code)
    if used is None:
        return False
    if room := await standbys.room_of_used(turn, used, code, binding):
        await _bind(turn, room, binding, code, used=True)
        return True
    return await standbys.heard_late(turn, used, code, binding)


async def _no_code(turn: Turn, order: Order) -> None:
    """绑定 银行卡怎么弄 is ordinary talk; a bare 绑定 asks for the code."""
    if order.rest.strip():
        await take_as_text(turn)
    elif turn.me.has(WORKERS):
        raise Refusal(texts.ASK_CODE)


async def _bind(turn: Turn, room: Room, binding: RoomBinding, code: str, *, used: bool = False) -> None:
    """Make this group the room's; with a code that another account has just `used`, nothing is renewed."""
    area = await turn.session.get_one(Area, room.area_id)
    known = await turn.session.scalar(select(Chat).where(Chat.room_id == room.id))
    if known is not None and known.id == binding.chat_id and room.bound_at is not None:
        if not used:
            await standbys.note_used(turn, room, code, binding.account_id)
        binding.left_at = None
        await say(turn, texts.bound_already(room, await full_name(turn, area)))
        return
    by_other = known is not None and turn.here.room is None and await _spoken_for(turn, known, binding)
    lost = await standbys.part_with(turn, known, binding, code) if known is not None and not by_other else []
    if not used:
        await standbys.note_used(turn, room, code, binding.account_id, lost)
    chat_id = await _move_in(turn, room, known, binding)
    if by_other:
        turn.audit("room.standby", f"room:{room.id}", "binding")
        return  # the account that speaks here has heard the code too, and answers it
    if known is not None and known.account_id != binding.account_id:
        await hand_over(turn.session, [chat_id], binding.account_id)
    room.mode = room.mode or turn.rules.rooms.start_mode
    room.name = room.name or (binding.name or await full_name(turn, area))
    room.bound_at = turn.now
    before, turn.where = turn.here, Where(chat_id, room, area)
    turn.audit("room.bound", f"room:{room.id}", "bind_code,bound_at,chat_id")
    await turn.session.flush()
    if before.room is None or before.area is None or before.room.id == room.id:
        await _welcome(turn, room, area)
        return
    room.greeted_at = room.greeted_at or before.room.greeted_at
    await _welcome(turn, room, area)
    if not turn.me.has(WORKERS, before.area.path):
        await _tell_of_loss(turn, before.room, before.area, area)


async def _tell_of_loss(turn: Turn, room: Room, area: Area, now: Area) -> None:
    """Who answers for where the group was until now hears of it: a code may have been said in the wrong group."""
    text = texts.taken_away(room, await full_name(turn, area), await full_name(turn, now), turn.me.name)
    for roles in ((Role.WORKER, Role.LEAD), (Role.ADMIN,)):
        for one in await responsible(turn, area, roles):
            await whisper(turn, one, text)


async def _spoken_for(turn: Turn, chat: Chat, binding: RoomBinding) -> bool:
    """Whether another account than this one speaks in a group, and is still in it."""
    there = select(RoomBinding.id).where(
        RoomBinding.chat_id == chat.id, RoomBinding.account_id == chat.account_id, col(RoomBinding.left_at).is_(None)
    )
    return chat.account_id != binding.account_id and await turn.session.scalar(there.limit(1)) is not None


async def _binding_here(turn: Turn) -> RoomBinding | None:
    """The row that says what this account's chat system calls the group in which this was typed."""
    stored = await turn.session.get(InboxEvent, turn.inbox_id)
    query = select(RoomBinding).where(RoomBinding.chat_id == turn.here.chat_id)
    if stored is not None and turn.event is not None:
        query = query.where(
            RoomBinding.account_id == stored.account_id, RoomBinding.external_id == (turn.event.room or "")
        )
    return await turn.session.scalar(query)


async def _move_in(turn: Turn, room: Room, known: Chat | None, binding: RoomBinding) -> int:
    """Connect the group with the room's chat, which keeps its history; the chat id that counts from now on."""
    here = await turn.session.get(Chat, turn.here.chat_id)
    assert here is not None and here.id is not None
    if here.room_id is not None and here.room_id != room.id:
        await _move_out(turn, here.room_id)
    if known is None:
        if here.room_id is None:
            here.room_id = room.id
            binding.left_at = None
            return here.id
        known = Chat(room_id=room.id, account_id=binding.account_id)
        turn.session.add(known)
        await turn.session.flush()
    if known.id != here.id:
        await standbys.bring_along(turn, here, known)
    binding.left_at = None
    if here.room_id is None:  # what was said before the group was known again belongs to the room's history
        for table in (InboxEvent, Question):
            await turn.session.execute(
                update(table).where(col(table.chat_id) == here.id).values(chat_id=known.id)  # type: ignore[attr-defined]
            )
    return known.id or 0


async def _move_out(turn: Turn, room_id: int) -> None:
    """The group was another room until now: that one has no group any more."""
    other = await turn.session.get(Room, room_id)
    if other is not None:
        other.bound_at = None
        turn.audit("room.unbound", f"room:{room_id}", "bound_at")


async def _welcome(turn: Turn, room: Room, area: Area) -> None:
    """One post: the greeting where it has not been given and may be now, else that the group is bound."""
    waits = quiet_hours.ends(turn) is not None
    greets = room.greeted_at is None and room.mode != Mode.SILENT and room.purpose == Purpose.RESIDENTS
    if waits or not greets or not await greet(turn, room, area, turn.here.chat_id):
        await say(turn, texts.bound(room, await full_name(turn, area)))
        if waits and greets:  # the greeting itself is held until the morning
            await greet(turn, room, area, turn.here.chat_id)


async def greet(turn: Turn, room: Room, area: Area, chat_id: int) -> bool:
    """The greeting, once in a room's life; whether it will be heard."""
    workers = await responsible(turn, area, (Role.WORKER, Role.LEAD))
    worker = await turn.session.get(Contact, workers[0]) if workers else None
    text = texts.greeting(turn.rules, await full_name(turn, area), worker.name if worker else "")
    sent = await post(turn, NO_MATTER, Sort.GREETING, [Piece(text)], [Target(chat_id)], hold=quiet_hours.ends(turn))
    if sent.chats:
        room.greeted_at = turn.now
    return bool(sent.chats)


async def list_codes(turn: Turn, order: Order) -> None:
    """群码 [新] [区域名] [全部]: bind codes, for an admin, in private."""
    words, new = (_NEW.sub("", order.rest, count=1), True) if _NEW.match(order.rest) else (order.rest, False)
    area = await _area_for_codes(turn, _STAFF.sub("", _ALL.sub("", words)))
    if new:
        purpose = Purpose.STAFF if _STAFF.search(words) else Purpose.RESIDENTS
        rooms = [await _made_just_now(turn, area, purpose) or await _new_room(turn, area, purpose)]
        left = 0
    else:
        rooms, left = await _rooms_without_group(turn, area, bool(_ALL.search(words)))
    for room in rooms:
        room.bind_code = room.bind_code or await codes.new_bind_code(turn)
    turn.audit("room.codes", f"area:{area.id}", "bind_code")
    await turn.session.flush()
    await say(turn, texts.codes(area.name, [texts.code_line(room, area.name) for room in rooms], left))


async def _made_just_now(turn: Turn, area: Area, purpose: Purpose) -> Room | None:
    """The room that the same words made a moment ago and no group has yet: they were sent twice."""
    made = (
        select(Room)
        .join(AuditEntry, col(AuditEntry.ref) == literal("room:") + cast(Room.id, String))
        .where(col(Room.area_id) == area.id, col(Room.purpose) == purpose, col(Room.bound_at).is_(None))
        .where(AuditEntry.action == MADE, AuditEntry.actor_id == turn.me.contact_id)
        .where(col(AuditEntry.at) > turn.now - AGAIN)
    )
    return (await turn.session.scalars(made.limit(1))).first()


async def _area_for_codes(turn: Turn, words: str) -> Area:
    own = [held for held in turn.me.roles if held.role == Role.ADMIN]
    if words.strip():
        area = await area_by_words(turn, words)
    elif len({held.area_id for held in own}) == 1:
        area = await turn.session.get_one(Area, own[0].area_id)
    else:
        raise Refusal("请写上区域名，如“群码 柳树村”。")
    if not turn.me.has((Role.ADMIN,), area.path):
        raise Refusal(f"{area.name}不在您管的范围，绑定码只给那里的管理员。")
    return area


async def _rooms_without_group(turn: Turn, area: Area, everything: bool) -> tuple[list[Room], int]:
    """Rooms to be bound at or below the area, one made for each grid that has none; and how many are not shown.

    The rooms of the named area itself are listed even if bound: their code is wanted after a group's id changed.
    """
    rows = (
        await turn.session.execute(
            select(Room, col(Area.id), col(Area.path))
            .join(Area, col(Room.area_id) == col(Area.id))
            .where(below(area.path))
            .order_by(col(Room.id))
        )
    ).all()
    rows = sorted(rows, key=lambda row: in_tree(row.path))
    leaf = not await has_below(turn, area)
    wanted = [room for room, area_id, _ in rows if everything or room.bound_at is None or (leaf and area_id == area.id)]
    bare = await _grids_without_room(turn, area, {area_id for _, area_id, _ in rows})
    shown = wanted[:LIST_LINES]
    for grid in bare[: LIST_LINES - len(shown)]:
        shown.append(await _new_room(turn, grid, Purpose.RESIDENTS))
    return shown, len(wanted) + len(bare) - len(shown)


async def has_below(turn: Turn, area: Area) -> bool:
    """Whether other areas lie in this one."""
    return await turn.session.scalar(select(Area.id).where(Area.parent_id == area.id).limit(1)) is not None


async def _grids_without_room(turn: Turn, area: Area, taken: set[int]) -> list[Area]:
    parents = select(col(Area.parent_id)).where(col(Area.parent_id).is_not(None))
    leaves = await turn.session.scalars(select(Area).where(below(area.path), col(Area.id).not_in(parents)))
    return sorted((grid for grid in leaves if grid.id not in taken), key=lambda grid: in_tree(grid.path))


async def _new_room(turn: Turn, area: Area, purpose: Purpose) -> Room:
    """A room without a group yet; its key is the area's code with a number that is free."""
    keys = set(await turn.session.scalars(select(col(Room.key)).where(col(Room.key).startswith(f"{area.code}-"))))
    number = next(count for count in range(1, len(keys) + 2) if f"{area.code}-{count}" not in keys)
    same = await turn.session.scalars(select(Room.id).where(Room.area_id == area.id, Room.purpose == purpose))
    count = len(same.all())
    title = f"{await full_name(turn, area)}{texts.PURPOSE_NAMES[purpose]}{count + 1 if count else ''}"
    room = Room(
        key=f"{area.code}-{number}",
        area_id=area.id or 0,
        name=title,
        purpose=purpose,
        mode=turn.rules.rooms.start_mode,
        bind_code=await codes.new_bind_code(turn),
    )
    turn.session.add(room)
    await turn.session.flush()
    turn.audit(MADE, f"room:{room.id}", "area_id,purpose")
    return room
