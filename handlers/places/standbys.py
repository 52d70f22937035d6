"""A group's other accounts of ours, when the group is bound: which of them are in it, and which are to be bound anew.

Group ids differ between accounts, so only the code itself, heard by both at about the same time, tells that two of
them are in one group (DESIGN.md, "What is known of wechaty": same content, within two minutes).
"""

from __future__ import annotations

from collections.abc import Sequence

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
"""The due thing that ends the time in which a used code still binds standbys; its ref is that of `_ref`."""


def _ref(code: str, room: Room, account_id: int, lost: Sequence[int]) -> str:
    """`K7Q2ABCD:12:1:2,3`: the code, the room's id, the account that heard it first, those that were lost."""
    return f"{code}:{room.id}:{account_id}:{','.join(map(str, lost))}"


async def note_used(turn: Turn, room: Room, code: str, account_id: int, lost: Sequence[int] = ()) -> None:
    """The room gets a new code; the used one is good for the group's other accounts for two minutes more."""
    room.bind_code = await codes.new_bind_code(turn)
    await turn.schedule(USED, _ref(code, room, account_id, lost), turn.now + SAME)


async def room_of_used(turn: Turn, code: str, binding: RoomBinding) -> Room | None:
    """The room whose code was used a moment ago, where another account has heard the same words in a group.

    Nobody's group is taken from its room by a used code, and no account is led from the group by it: everybody there
    has read it.
    """
    query = select(DueItem).where(DueItem.kind == USED, col(DueItem.ref).startswith(f"{code}:", autoescape=True))
    item = await turn.session.scalar(query.where(col(DueItem.due_at) > turn.now))
    if item is None:
        return None
    _, room_id, first, _ = item.ref.split(":")
    room = await turn.session.get(Room, int(room_id), with_for_update=True)
    chat = await turn.session.scalar(select(Chat).where(Chat.room_id == int(room_id)))
    if room is None or chat is None or chat.id is None:
        return None
    if binding.chat_id == chat.id:
        return room
    bound = turn.here.room is not None or int(first) == binding.account_id
    return None if bound or await _heard(turn, chat.id, binding.account_id, code) else room


async def _heard(turn: Turn, chat_id: int, account_id: int, code: str) -> bool:
    """Whether an account has heard a code in a chat about now."""
    said = await turn.session.scalars(
        select(col(InboxEvent.payload)).where(
            InboxEvent.chat_id == chat_id,
            InboxEvent.account_id == account_id,
            InboxEvent.kind == "message",
            col(InboxEvent.at).between(turn.at - SAME, turn.at + SAME),
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


async def ask_for_standbys(turn: Turn, ref: str) -> None:
    """Due: accounts that were in a room's old group, and have not heard the code in the new one, are to be bound."""
    _, room_id, _, lost = ref.split(":")
    room = await turn.session.get(Room, int(room_id))
    area = await turn.session.get(Area, room.area_id) if room else None
    if room is None or area is None or not lost:
        return
    here = select(col(RoomBinding.account_id)).join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
    here = here.where(Chat.room_id == room.id, col(RoomBinding.left_at).is_(None))
    missing = select(col(Account.name)).where(
        col(Account.id).in_([int(one) for one in lost.split(",")]), col(Account.id).not_in(here)
    )
    names = list(await turn.session.scalars(missing.order_by(col(Account.id))))
    if names:
        for contact_id in await responsible(turn, area, (Role.ADMIN,)):
            await whisper(turn, contact_id, texts.standby_lost(room, names))


DUE = {USED: ask_for_standbys}
