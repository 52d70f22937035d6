"""A stranger turns out to be somebody we know: what hangs on the one goes over to the other."""

from __future__ import annotations

from sqlalchemy import Column, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from storage.areas import Chat
from storage.outbox import Delivery, hand_over
from storage.people import Appointment, Contact, ContactBinding

_STAYING = frozenset({"auditentry", "chat", "contactbinding", "appointment", "daycount", "delivery"})
"""Tables that are append-only, or whose rows are moved by hand here."""


async def is_stranger(session: AsyncSession, contact_id: int) -> bool:
    """Whether nothing is known of this person but what one account's chat system showed."""
    contact = await session.get(Contact, contact_id)
    bindings = await session.scalars(select(ContactBinding.id).where(ContactBinding.contact_id == contact_id))
    held = await session.scalar(select(Appointment.id).where(Appointment.contact_id == contact_id).limit(1))
    return contact is not None and contact.key is None and held is None and len(bindings.all()) <= 1


async def absorb(session: AsyncSession, stranger: int, person: int) -> None:
    """Everything said and reported by the stranger counts as the person's; the row itself stays for the audit."""
    await _repoint(session, _id_of("contact"), stranger, person)


async def private_chat(session: AsyncSession, stranger: int, person: int, *, same: bool) -> int:
    """The person's private chat from now on; with `same` the stranger's chat becomes it, or goes into it."""
    mine = await session.scalar(select(Chat).where(Chat.contact_id == person))
    theirs = await session.scalar(select(Chat).where(Chat.contact_id == stranger))
    if mine is None and same and theirs is not None:
        theirs.contact_id = person
        await session.flush()
        return theirs.id or 0
    if mine is None:
        mine = Chat(contact_id=person, account_id=theirs.account_id if theirs else None)
        session.add(mine)
        await session.flush()
    assert mine.id is not None
    if same and theirs is not None and theirs.id is not None:
        await _repoint(session, _id_of("chat"), theirs.id, mine.id)
        await _move_deliveries(session, theirs.id, mine.id)
    if theirs is not None and theirs.account_id is not None:  # the account to which they write now
        await hand_over(session, [mine.id], theirs.account_id)
    return mine.id


async def _move_deliveries(session: AsyncSession, old: int, new: int) -> None:
    """What is on its way to the old chat goes to the new one, unless that has the same post already."""
    known = select(col(Delivery.post_id)).where(col(Delivery.chat_id) == new)
    await session.execute(
        update(Delivery)
        .where(col(Delivery.chat_id) == old, col(Delivery.post_id).not_in(known))
        .values(chat_id=new)
        .execution_options(synchronize_session=False)
    )


def _id_of(table: str) -> Column[int]:
    return SQLModel.metadata.tables[table].c.id


async def _repoint(session: AsyncSession, target: Column[int], old: int, new: int) -> None:
    """Point every foreign key at `target` from one row to another, in whatever table it is."""
    for table in SQLModel.metadata.sorted_tables:
        if table.name in _STAYING:
            continue
        for column in table.columns:
            if not column.references(target):
                continue
            if column.primary_key:
                others = [one for one in table.primary_key.columns if one is not column]
                taken = select(*others).where(column == new)
                double = others[0].in_(taken)
                await session.execute(delete(table).where(column == old, double))
            await session.execute(update(table).where(column == old).values({column: new}))
