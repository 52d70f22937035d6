"""A group's other accounts of ours, when the group is bound: which of them are in it, and which are to be bound anew.

Group ids differ between accounts, so only the code itself, heard by both at about the same time, tells that two of
them are in one group (DESIGN.md, "What is known of wechaty": same content, within two minutes).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from handlers.places import codes, texts
from handlers.ports import moment_and_text
from handlers.posting import responsible, whisper
from handlers.shadows import SAME
from handlers.turn import Turn
from storage.agenda import DueItem
from storage.areas import Area, Chat, Room, RoomBinding
from storage.inbox import InboxEvent, forget_shadows
from storage.people import Account, Role

USED = "bind.used"
"""The due thing that ends the time in which accounts hear a code that one has used; its ref is that of `_ref`."""

OLD = "bind.old"
"""The due thing that forgets a used code; until then a standby that hears it late says nothing in the group."""
KEPT = timedelta(days=1)


def _ref(code: str, room: Room, account_id: int, lost: Sequence[int]) -> str:
    """`K7Q2ABCD:12:1:2,3`: the code, the room's id, the account that heard it first, those that were lost."""
    return f"{code}:{room.id}:{account_id}:{','.join(map(str, lost))}"


async def note_used(turn: Turn, room: Room, code: str, account_id: int, lost: Sequence[int] = ()) -> None:
    """The room gets a new code; the used one is good for the group's other accounts for two minutes more."""
    room.bind_code = await codes.new_bind_code(turn)
    ref = _ref(code, room, account_id, lost)
    await turn.schedule(USED, ref, turn.now + SAME)
    await turn.schedule(OLD, ref, turn.now + KEPT)


@dataclass(frozen=True, slots=True)
class Used:
    """A code that some account has heard lately: when it was used, for which room, by which account."""

    at: datetime
    room_id: int
    account_id: int


async def used_code(turn: Turn, code: str) -> Used | None:
    """What is known of a used code, for a day."""
    known = select(DueItem).where(DueItem.kind == OLD, col(DueItem.ref).startswith(f"{code}:", autoescape=True))
    item = await turn.session.scalar(known.where(col(DueItem.due_at) > turn.now))
    if item is None:
        return None
    _, room_id, account_id, _ = item.ref.split(":")
    return Used(item.due_at - KEPT, int(room_id), int(account_id))


async def room_of_used(turn: Turn, used: Used, code: str, binding: RoomBinding) -> Room | None:
    """The room whose code was used a moment ago, where another account has heard the same words in a group.

    It goes by when they were said, however late they are heard. Nobody's group is taken from its room by a used code,
    and no account is led from the group by it: everybody there has read it.
    """
    room = await turn.session.get(Room, used.room_id, with_for_update=True)
    chat = await turn.session.scalar(select(Chat).where(Chat.room_id == used.room_id))
    if room is None or chat is None or chat.id is None or abs(turn.at - used.at) > SAME:
        return None
    if binding.chat_id == chat.id:
        return room
    bound = turn.here.room is not None or used.account_id == binding.account_id
    return None if bound or await _heard(turn, chat.id, binding.account_id, code) else room


async def heard_late(turn: Turn, used: Used, code: str, binding: RoomBinding) -> bool:
    """Whether it is another account that hears a used code in a group it does not know; the admins are told.

    The account that speaks there may have answered these words already, so nothing is said in the group.
    """
    if turn.here.room is not None or used.account_id == binding.account_id:
        return False
    room = await turn.session.get(Room, used.room_id)
    chat_id = await turn.session.scalar(select(col(Chat.id)).where(Chat.room_id == used.room_id))
    if chat_id is not None and await _heard(turn, chat_id, binding.account_id, code):
        return False  # it has heard it there too: these words are others
    name = await turn.session.scalar(select(col(Account.name)).where(Account.id == binding.account_id))
    if room is not None:
        await _tell_admins(turn, room, texts.standby_late(room, name or "", binding.name))
    return True


async def _tell_admins(turn: Turn, room: Room, text: str) -> None:
    area = await turn.session.get_one(Area, room.area_id)
    for contact_id in await responsible(turn, area, (Role.ADMIN,)):
        await whisper(turn, contact_id, text)


async def _heard(turn: Turn, chat_id: int, account_id: int, code: str, since: timedelta = SAME) -> bool:
    """Whether an account has heard a code in a chat about now, or since some time ago."""
    said = await turn.session.scalars(
        select(col(InboxEvent.payload)).where(
            InboxEvent.chat_id == chat_id,
            InboxEvent.account_id == account_id,
            InboxEvent.kind == "message",
            col(InboxEvent.at).between(turn.at - since, turn.at + SAME),
        )
    )
    return any(code in codes.tidy(moment_and_text(payload)[1]) for payload in said)


async def bring_along(turn: Turn, here: Chat, known: Chat) -> None:
    """A group becomes another room's: every account's name for it goes along, and takes the place of its old one."""
    coming = select(RoomBinding.account_id).where(RoomBinding.chat_id == here.id)
    await turn.session.execute(
        delete(RoomBinding).where(col(RoomBinding.chat_id) == known.id, col(RoomBinding.account_id).in_(coming))
    )
    await turn.session.execute(update(RoomBinding).where(col(RoomBinding.chat_id) == here.id).values(chat_id=known.id))
    await forget_shadows(turn.session, col(InboxEvent.chat_id) == here.id)  # the account that speaks there heard it all


async def part_with(turn: Turn, known: Chat, binding: RoomBinding, code: str) -> list[int]:
    """A room gets another group: the accounts that have not heard the code there may be in the old one only.

    What they call the old group no longer means this room; their ids, of those that had not left it.
    """
    others = select(RoomBinding).where(
        RoomBinding.chat_id == known.id, col(RoomBinding.account_id) != binding.account_id
    )
    accounts = select(Account.id).where(col(Account.id) != binding.account_id).order_by(col(Account.id))
    await turn.session.execute(accounts.with_for_update())  # what they are about to store waits, and knows of this
    lost = []
    for one in (await turn.session.scalars(others)).all():
        same = turn.outside.capabilities.stable_ids and one.external_id == binding.external_id
        if same or await _heard(turn, known.id or 0, one.account_id, code):
            continue
        if one.left_at is None:
            lost.append(one.account_id)
        await forget_shadows(
            turn.session, col(InboxEvent.chat_id) == known.id, col(InboxEvent.account_id) == one.account_id
        )
        await turn.session.delete(one)
    return lost


async def look_around(turn: Turn, ref: str) -> None:
    """Due: both accounts of a group have had their time to hear the code; the admins are told where one has not."""
    code, room_id, first, lost = ref.split(":")
    room = await turn.session.get(Room, int(room_id))
    chat = await turn.session.scalar(select(Chat).where(Chat.room_id == int(room_id)))
    if room is None or chat is None or chat.id is None:
        return
    if names := await _lost_names(turn, room, lost):
        await _tell_admins(turn, room, texts.standby_lost(room, names))
    if chat.account_id not in (None, int(first)) and not await _heard(turn, chat.id, chat.account_id or 0, code, KEPT):
        names = await _names(turn, {int(first), chat.account_id or 0})
        await _tell_admins(turn, room, texts.only_standby(room, names[int(first)], names[chat.account_id or 0]))
    if other := await _twin(turn, room, chat.id, int(first)):
        await _tell_admins(turn, room, texts.perhaps_one_group(room, other))


async def _lost_names(turn: Turn, room: Room, lost: str) -> list[str]:
    """The accounts that were in a room's old group, and have not heard the code in the new one."""
    if not lost:
        return []
    here = select(col(RoomBinding.account_id)).join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
    here = here.where(Chat.room_id == room.id, col(RoomBinding.left_at).is_(None))
    missing = select(col(Account.name)).where(
        col(Account.id).in_([int(one) for one in lost.split(",")]), col(Account.id).not_in(here)
    )
    return list(await turn.session.scalars(missing.order_by(col(Account.id))))


async def _names(turn: Turn, accounts: Collection[int]) -> dict[int, str]:
    rows = await turn.session.execute(select(col(Account.id), col(Account.name)).where(col(Account.id).in_(accounts)))
    return {number: name for number, name in rows if number is not None}


async def _twin(turn: Turn, room: Room, chat_id: int, account_id: int) -> Room | None:
    """Another room of which an account of ours says that its group is called as this one.

    Where one code of two was heard by one account and the other by the other, one group has become two rooms.
    """
    called = select(col(RoomBinding.name)).where(
        RoomBinding.chat_id == chat_id, RoomBinding.account_id == account_id, RoomBinding.name != ""
    )
    query = (
        select(Room)
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .join(RoomBinding, col(RoomBinding.chat_id) == col(Chat.id))
        .where(col(RoomBinding.name).in_(called), RoomBinding.account_id != account_id, Chat.id != chat_id)
        .where(col(RoomBinding.left_at).is_(None), col(Room.bound_at).is_not(None))
        .where(col(Room.bound_at) > turn.now - KEPT)
    )
    return await turn.session.scalar(query.order_by(col(Room.id)).limit(1))


async def forget_code(turn: Turn, ref: str) -> None:
    """Due: a used code is a wrong one from now on; the row that kept it is gone with this."""


DUE = {USED: look_around, OLD: forget_code}
