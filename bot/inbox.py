"""Stores every event once before it is handled."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.cleaning import clean_event, clean_name
from bot.standby import adopt_names
from bot.watching import Watching
from handlers.ports import Clock, Event, EventKind, MessageType, dump_event
from handlers.refs import fold
from storage.agenda import DueItem
from storage.areas import Chat, RoomBinding
from storage.engine import Database, dialect_of, insert_into, retrying, run
from storage.inbox import WIPE, InboxEvent, InboxState, Picture, digest
from storage.outbox import hand_over
from storage.people import Account, Contact, ContactBinding, Seen

BATCH = 256
"""Events stored in one commit at most."""

GLANCE, GLANCES = 0.002, 10
"""Seconds between two looks whether more has arrived, and how often at most."""

NAME_LENGTH = 60

_BIND = re.compile(r"绑定[\s:：]*[0-9A-Za-z-]{4,}[\s.。!！]*$")
_STATES = frozenset({EventKind.ONLINE, EventKind.OFFLINE, EventKind.SCAN})
_SHADOWED = frozenset({EventKind.MESSAGE, EventKind.RECALLED})
"""What the account that speaks in a group hears as well; all else is about the account itself."""


class Inbox:
    """The way in for one account. `put` returns once its event is stored (or was known already)."""

    def __init__(
        self,
        database: Database,
        account_id: int,
        clock: Clock,
        wake: Callable[[], None],
        watch: Watching,
        *,
        wipe_after: timedelta,
        planned: Callable[[], None] = lambda: None,
        stable_ids: bool = False,
    ) -> None:
        """`wipe_after`: for how long what turns out to be chat is kept; `planned` is called when its wipe was planned.

        `stable_ids`: the chat system calls a group or a person the same whichever of our accounts asks.
        """
        self._wipe_after, self._planned = wipe_after, planned
        self._watch = watch
        self._database = database
        self._stable = stable_ids
        self._account = account_id
        self._clock = clock
        self._wake = wake
        self._waiting: list[tuple[Event, asyncio.Future[None]]] = []
        self._storing = asyncio.Lock()

    async def put(self, event: Event) -> None:
        """Store one event; those that arrive meanwhile share the next commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        async with self._storing:
            if not done.done():
                await self._gather()
                await self._store_waiting()
        await done

    async def _gather(self) -> None:
        """Wait a moment while more and more arrives: a commit costs the same for one event as for many."""
        known = 0
        for _ in range(GLANCES):
            if known == len(self._waiting) or len(self._waiting) >= BATCH:
                return
            known = len(self._waiting)
            await asyncio.sleep(GLANCE)

    async def _store_waiting(self) -> None:
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        try:
            await self.store([event for event, _ in batch])
        except asyncio.CancelledError:  # one that waits is cancelled: the others' events wait for the next
            self._waiting = batch + self._waiting
            raise
        except Exception as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    async def store(self, events: Sequence[Event]) -> None:
        """Store events in one commit; what is known already is passed over."""
        now = self._clock.now()
        kept = [clean_event(event, now) for event in events if event.kind not in _STATES]

        async def attempt() -> Sequence[Any]:
            fresh: Sequence[Any] = ()
            plan: Sequence[Any] = ()
            async with self._database.write() as session:
                batch = _Batch(session, self._account, self._stable)
                known = await batch.load(kept)
                rows = [row for event in known if (row := await self._row(batch, event))]
                await session.flush()
                if rows:
                    fresh = await _insert_new(session, rows)
                    await self._pictures(session, known)
                    wipe = {**WIPE, "due_at": now + self._wipe_after, "tries": 0}
                    plan = (await run(session, _wiping(dialect_of(session)), [wipe])).all()
            if plan:
                self._planned()
            return fresh

        if kept:
            self._watch.received(await retrying(attempt))
            self._wake()

    async def _row(self, batch: _Batch, event: Event) -> dict[str, object] | None:
        chat_id, contact_id, state = None, None, InboxState.NEW
        if event.sender and not event.from_self:
            contact_id = await batch.contact(event.sender, event.sender_name)
        if event.room:
            chat_id, room_id = batch.room(event.room)
            if room_id is None and not _wanted_unbound(event):
                return None
            await batch.heard_in(event)
            if chat_id is None and event.kind == EventKind.MESSAGE:
                chat_id = await batch.new_room(event.room, event.room_name)
            if room_id is not None and event.kind in _SHADOWED and batch.stands_by(event):
                state = InboxState.SHADOW
            elif room_id is not None and contact_id is not None:
                batch.note_seen(contact_id, room_id)
        elif contact_id is not None and event.sender and event.kind == EventKind.MESSAGE:
            chat_id = await batch.private(event.sender, contact_id)
        elif event.from_self and event.sender:  # our own private message names whom it went to
            chat_id = await batch.private(event.sender, await batch.contact(event.sender, ""))
        return {
            "account_id": self._account,
            "external_id": event.id[:200],
            "kind": event.kind,
            "chat_id": chat_id,
            "contact_id": contact_id,
            "at": event.at,
            "received_at": self._clock.now(),
            "payload": dump_event(event),
            "state": state,
            "digest": digest(event.text) if contact_id is not None and event.kind == EventKind.MESSAGE else "",
        }

    async def _pictures(self, session: AsyncSession, events: Sequence[Event]) -> None:
        """A handle for each picture that came, so that a handler can want it later."""
        handles = {event.id[:200]: event.picture for event in events if event.picture and not event.from_self}
        if not handles:
            return
        rows = await session.execute(
            select(col(InboxEvent.id), col(InboxEvent.external_id), col(InboxEvent.at))
            .outerjoin(Picture, col(Picture.inbox_id) == col(InboxEvent.id))
            .where(
                InboxEvent.account_id == self._account,
                col(InboxEvent.external_id).in_(handles),
                col(Picture.id).is_(None),
            )
        )
        made = [
            {"account_id": self._account, "inbox_id": inbox_id, "handle": handles[external_id], "at": at}
            for inbox_id, external_id, at in rows
        ]
        if made:
            await session.execute(insert(Picture), made)


def _wanted_unbound(event: Event) -> bool:
    """Of an unbound room only an invitation, 绑定 and leaving are kept; the rest is dropped unread."""
    if event.kind in (EventKind.INVITED, EventKind.LEFT):
        return True
    if event.kind != EventKind.MESSAGE or event.type != MessageType.TEXT or event.from_self:
        return False
    return len(event.text) < 60 and bool(_BIND.search(fold(event.text)))


async def _insert_new(session: AsyncSession, rows: Sequence[dict[str, object]]) -> Sequence[Any]:
    """(id, chat id, kind) of those that were not known already."""
    fresh: Sequence[Any] = (await run(session, _insert(dialect_of(session)), list(rows))).all()
    return fresh


@cache
def _insert(dialect: str) -> Any:
    """Put together once, which takes longer than to run it."""
    fresh = insert_into(dialect, InboxEvent).on_conflict_do_nothing(index_elements=["account_id", "external_id"])
    return fresh.returning(col(InboxEvent.id), col(InboxEvent.chat_id), col(InboxEvent.kind))


@cache
def _wiping(dialect: str) -> Any:
    """The wipe of chat, unless it is planned."""
    plan = insert_into(dialect, DueItem).on_conflict_do_nothing(index_elements=["kind", "ref"])
    return plan.returning(col(DueItem.id))


# Put together once, which takes longer than to run them.
_OURS = select(col(Account.external_id)).where(
    col(Account.id) != bindparam("account"), col(Account.external_id).is_not(None)
)
_NEWCOMERS = text("SELECT pg_advisory_xact_lock(1734701413)")  # any number that nothing else in the database locks
_ACCOUNT = select(col(Account.id)).where(col(Account.id) == bindparam("account")).with_for_update(read=True)
_BINDINGS = select(ContactBinding).where(
    ContactBinding.account_id == bindparam("account"), col(ContactBinding.external_id).in_(bindparam("people"))
)
_ROOMS = (
    select(
        col(RoomBinding.external_id),
        col(Chat.id),
        col(Chat.room_id),
        col(Chat.account_id),
        col(RoomBinding.left_at),
    )
    .join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
    .where(RoomBinding.account_id == bindparam("account"), col(RoomBinding.external_id).in_(bindparam("rooms")))
)
_PRIVATE = select(col(Chat.contact_id), col(Chat.id), col(Chat.account_id)).where(
    col(Chat.contact_id).in_(bindparam("contacts"))
)
_SEEN = select(col(Seen.contact_id), col(Seen.room_id)).where(col(Seen.contact_id).in_(bindparam("contacts")))


class _Batch:
    """From the chat system's ids to ours for one batch of events: a few queries, then rows for what is new."""

    def __init__(self, session: AsyncSession, account_id: int, stable_ids: bool) -> None:
        self._session = session
        self._account = account_id
        self._stable = stable_ids
        self._bindings: dict[str, ContactBinding] = {}
        self._rooms: dict[str, tuple[int, int | None]] = {}
        self._elsewhere: set[str] = set()
        self._left: dict[str, datetime] = {}
        self._private: dict[int, tuple[int, int | None]] = {}
        self._seen: set[tuple[int, int]] = set()

    async def load(self, events: Sequence[Event]) -> list[Event]:
        """Fetch what is known of these events' people and groups; the events, ours as ours."""
        await self._hold()
        events = await self._without_our_talk(events)
        people = {event.sender for event in events if event.sender and not (event.from_self and event.room)}
        rooms = {event.room for event in events if event.room}
        await self._find(people, rooms)
        if self._stable and (people - self._bindings.keys() or rooms - self._rooms.keys()):
            if people - self._bindings.keys():
                await self._wait_for_newcomers()
            await adopt_names(self._session, self._account, people - self._bindings.keys(), rooms - self._rooms.keys())
            await self._find(people, rooms)
        contacts = {"contacts": list({row.contact_id for row in self._bindings.values()})}
        private = await run(self._session, _PRIVATE, contacts)
        self._private = {contact: (chat, account) for contact, chat, account in private}
        self._seen = set((await run(self._session, _SEEN, contacts)).all())
        return events

    async def _without_our_talk(self, events: Sequence[Event]) -> list[Event]:
        """What another account of ours says in a group was said by us; what it says to this one in private is dropped.

        Who comes and goes is left as it is: there `from_self` means this account.
        """
        ours = {name for (name,) in await run(self._session, _OURS, {"account": self._account})}
        if not ours:
            return list(events)
        foreign = [one.sender in ours and not one.from_self and one.kind in _SHADOWED for one in events]
        return [
            replace(one, from_self=True) if by_us else one
            for one, by_us in zip(events, foreign, strict=True)
            if one.room or not by_us
        ]

    async def _wait_for_newcomers(self) -> None:
        """Two accounts that hear somebody new at once write down one person: the second finds what the first wrote."""
        if dialect_of(self._session) != "sqlite":
            await run(self._session, _NEWCOMERS)

    async def _hold(self) -> None:
        """Wait for a takeover that is under way: which chats are this account's is known after it."""
        if dialect_of(self._session) != "sqlite":
            await run(self._session, _ACCOUNT, {"account": self._account})

    async def _find(self, people: Collection[str], rooms: Collection[str]) -> None:
        bindings = await self._session.scalars(_BINDINGS, {"account": self._account, "people": list(people)})
        self._bindings = {row.external_id: row for row in bindings}
        found = await run(self._session, _ROOMS, {"account": self._account, "rooms": list(rooms)})
        for external, chat, room, account, left_at in found:
            self._rooms[external] = (chat, room)
            if account != self._account:
                self._elsewhere.add(external)
            if left_at is not None:
                self._left[external] = left_at

    async def contact(self, external_id: str, name: str) -> int:
        """The person's id; a new person is written down, a new nickname noted."""
        name = clean_name(name)[:NAME_LENGTH]
        binding = self._bindings.get(external_id)
        if binding is None:
            contact = Contact(name=name)
            self._session.add(contact)
            await self._session.flush()
            binding = ContactBinding(
                account_id=self._account, external_id=external_id, contact_id=contact.id or 0, shown_name=name
            )
            self._session.add(binding)
            self._bindings[external_id] = binding
        elif name and binding.shown_name != name:
            binding.shown_name = name
            known = await self._session.get(Contact, binding.contact_id)
            if known is not None and known.key is None:
                known.name = name  # who stands in the list of people keeps the name given there
        return binding.contact_id

    def room(self, external_id: str) -> tuple[int | None, int | None]:
        """(chat id, room id) of a group; the room id is None while it is unbound."""
        return self._rooms.get(external_id, (None, None))

    def stands_by(self, event: Event) -> bool:
        """Whether another account of ours listens and speaks in the event's group."""
        return event.room in self._elsewhere and not event.from_self

    async def heard_in(self, event: Event) -> None:
        """Who reads a group's messages is in it again, though no event told so."""
        left_at = self._left.get(event.room or "")
        if left_at is None or event.kind != EventKind.MESSAGE or event.at <= left_at:
            return
        del self._left[event.room or ""]
        await self._session.execute(
            update(RoomBinding)
            .where(RoomBinding.account_id == self._account, RoomBinding.external_id == event.room)
            .values(left_at=None)
        )

    async def new_room(self, external_id: str, name: str) -> int:
        """A chat for a group that is not bound yet, so that 绑定 can be answered."""
        chat = Chat(account_id=self._account)
        self._session.add(chat)
        await self._session.flush()
        assert chat.id is not None
        name = name[:NAME_LENGTH]
        self._session.add(RoomBinding(account_id=self._account, external_id=external_id, chat_id=chat.id, name=name))
        self._rooms[external_id] = (chat.id, None)
        return chat.id

    async def private(self, external_id: str, contact_id: int) -> int:
        """The private chat with a person; who can write to us in private can be written to, by this account."""
        if not self._bindings[external_id].friend:
            self._bindings[external_id].friend = True
        if contact_id not in self._private:
            chat = Chat(contact_id=contact_id, account_id=self._account)
            self._session.add(chat)
            await self._session.flush()
            assert chat.id is not None
            self._private[contact_id] = chat.id, self._account
        chat_id, account = self._private[contact_id]
        if account != self._account:
            await hand_over(self._session, [chat_id], self._account)
            self._private[contact_id] = chat_id, self._account
        return chat_id

    def note_seen(self, contact_id: int, room_id: int) -> None:
        """A person writes in a room."""
        if (contact_id, room_id) not in self._seen:
            self._seen.add((contact_id, room_id))
            self._session.add(Seen(contact_id=contact_id, room_id=room_id))
