"""Sends due deliveries by priority, paced for the account, one at a time, and records each outcome.

`sending` is committed before the call, so a kill leaves at most one part whose outcome is unknown. One commit
holds a part's outcome and the next one's `sending`.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from time import perf_counter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, bindparam, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.drawing import Drawing
from bot.gateways.protocol import (
    Address,
    Gateway,
    GatewayError,
    GatewayState,
    RateLimited,
    Refused,
    Unknown,
    Unreachable,
)
from bot.lease import Lease
from bot.pacing import Pacer, Standing
from bot.watching import Call, Watching
from handlers.following import about, following
from handlers.ports import Clock
from handlers.posting import may_hear
from handlers.refs import take_ref
from handlers.settling import own_message_of
from storage.areas import Area, Chat, Room, RoomBinding, under_silence
from storage.columns import UtcTime
from storage.engine import Database, retrying, run, unavailable
from storage.inbox import Picture
from storage.matters import ALERT_OPEN, Alert, Notice, NoticeState, Stray
from storage.outbox import (
    REACHED,
    REPEATED,
    SPEAKING,
    UNDER_WAY,
    Delivery,
    DeliveryPart,
    PartState,
    Post,
    PostPart,
    Priority,
    Sort,
)
from storage.people import Account, ContactBinding

MAX_TRIES = 15
"""Tries of a part that did not get out, with growing waits: about four hours in all."""

LAST_CALL = 5.0
"""Seconds that a clean stop waits for the call that is under way."""

log = logging.getLogger("gridbot.courier")


@dataclass(frozen=True, slots=True)
class Due:
    """One part ready to be sent."""

    part_id: int
    post_id: int
    ref: str
    sort: str
    priority: int
    kind: str
    text: str
    mentions: tuple[int, ...]
    picture_id: int | None
    chat_id: int
    tries: int
    doubtful: bool
    after_id: int | None
    contact_id: int | None
    mode: str | None
    silenced: bool
    delivery_id: int
    inbox_id: int | None
    cause: str

    @property
    def about(self) -> str:
        """The id of the message, or of the due thing, that caused it."""
        return about(self.inbox_id, self.cause)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A part with the chat system's ids of where it goes and whom it mentions; `to` None: there is no way there."""

    due: Due
    to: Address | None
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one try of a part, as it will be written."""

    part_id: int
    number: int
    state: PartState
    external_id: str | None = None
    error: str = ""
    due_at: datetime | None = None
    doubtful: bool = False
    in_doubt: bool = False  # nobody said whether this call was carried out


class Courier:
    """The sender of one account."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        account_id: int,
        pacer: Pacer,
        clock: Clock,
        *,
        drawing: Drawing,
        watch: Watching,
        lease: Lease | None = None,
    ) -> None:
        """Without a `lease` nobody else can be working for the account (replay, simulation)."""
        self._watch = watch
        self._database = database
        self._lease = lease
        self._holder = lease.holder if lease else ""
        self._gateway = gateway
        self._account = account_id
        self._pacer = pacer
        self._clock = clock
        self._drawing = drawing
        self._standing = pacer.standing
        self._outcome: Result | None = None
        self._shaken = False

    async def recover(self) -> None:
        """At a start: what was being sent when the process died is unknown; an urgent one is repeated once."""
        async with self._database.write() as session:
            await interrupted(session, self._account, self._clock.now())

    async def step(self, now: datetime) -> datetime | None:
        """Send all that may go now; when to be called next, or None if nothing waits."""
        if self._shaken:
            await self._take_up()
        while True:
            parcel = await self._next(now)
            if parcel is None:
                return await self._wake_at(now)
            self._outcome = await self._whole(parcel)
            now = self._clock.now()

    async def _whole(self, parcel: Parcel) -> Result:
        """Send to the end: a clean stop waits a little for the call that is under way, and writes what became of it."""
        call = asyncio.ensure_future(self._timed(parcel))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait((call,), timeout=LAST_CALL)
            if call.done() and not call.cancelled():
                self._outcome = call.result()
                try:
                    await self._take_up()
                except Exception:  # the next start finds it `sending`, and treats it as interrupted
                    log.exception("what became of the last call could not be written")
            call.cancel()
            raise

    async def _timed(self, parcel: Parcel) -> Result:
        due, began = parcel.due, perf_counter()
        with following(due.about):
            result = await self._send(parcel)
        took = perf_counter() - began
        call = Call(due.about, due.delivery_id, due.chat_id, due.priority, result.state, took, due.tries + 1)
        self._watch.called(call)
        return result

    async def _next(self, now: datetime) -> Parcel | None:
        """Write the last outcome and choose the next part, in one transaction."""

        standing = self._pacer.standing

        def work(connection: Connection) -> Parcel | None:
            if self._outcome is not None:
                _record(connection, self._account, self._outcome)
            if standing != self._standing:
                connection.execute(_STANDING, {"account": self._account, **_kept(standing)})
            if self._gateway.state != GatewayState.ONLINE:
                return None
            return self._choose(connection, now)

        async def attempt() -> Parcel | None:
            async with self._database.connect() as connection:
                return await connection.run_sync(work)

        self._shaken = True
        parcel: Parcel | None = await retrying(attempt)
        self._outcome, self._shaken, self._standing = None, False, standing
        if parcel is not None:
            due = parcel.due
            self._pacer.note(due.priority, now, None if due.contact_id else due.chat_id, due.post_id)
        return parcel

    async def _take_up(self) -> None:
        """After a database that was away: write what is known, then treat the rest as after a stop."""
        async with self._database.connect() as connection:
            if self._outcome is not None:
                await connection.run_sync(_record, self._account, self._outcome)
        self._outcome = None
        await self.recover()
        self._shaken = False

    def _choose(self, connection: Connection, now: datetime) -> Parcel | None:
        # what is free goes: too many replies do not hold an alert
        held = [one for one in Priority if self._pacer.free_at(one, now) > now]
        known: dict[str, Any] = {"now": now, "account": self._account, "holder": self._holder, "held": held}
        if resting := self._pacer.resting(now):
            known["resting"] = [one.chat_id for one in resting]
            known["last"] = [(one.chat_id, one.post_id) for one in resting]
        query = _ready(resting=bool(resting))
        while (row := connection.execute(query, known).first()) is not None:
            due = Due(*row[:7], tuple(row[7] or ()), *row[8:])
            if (reason := _forbidden(connection, due)) is None:
                if connection.execute(_TAKE, {"part": due.part_id, "moment": now}).rowcount == 0:
                    continue  # cancelled since it was looked at (PostgreSQL)
                return Parcel(due, self._address(connection, due), self._mentions(connection, due.mentions))
            connection.execute(_CANCEL, {"part": due.part_id, "reason": reason})
            self._watch.cancelled(due.about, due.delivery_id, due.chat_id, reason)
        return None

    async def _send(self, parcel: Parcel) -> Result:
        due = parcel.due
        try:
            external_id = await self._call(parcel)
            return Result(due.part_id, due.tries + 1, PartState.SENT, external_id, doubtful=due.doubtful)
        except RateLimited as error:
            self._pacer.pause(self._clock.now())
            self._watch.rate_limited()
            log.warning("rate limited: %s", error)
            return self._again(due, error)
        except Unreachable as error:
            return self._again(due, error)
        except Unknown as error:
            return self._unknown(due, error)
        except (Refused, GatewayError) as error:
            log.warning("post %s to chat %s failed: %s", due.post_id, due.chat_id, error)
            return Result(due.part_id, due.tries + 1, PartState.FAILED, error=str(error)[:200], doubtful=due.doubtful)
        except Exception as error:  # a fault of ours or of a gateway: one part is lost, not the sender
            log.exception("post %s to chat %s", due.post_id, due.chat_id)
            return self._unknown(due, error)

    def _again(self, due: Due, error: Exception) -> Result:
        """Nothing was sent: it is tried later, until it has been tried too often."""
        if due.tries + 1 >= MAX_TRIES:
            return Result(due.part_id, due.tries + 1, PartState.FAILED, error=str(error)[:200], doubtful=due.doubtful)
        wait = timedelta(seconds=min(3600, 2 ** (due.tries + 1)))
        return Result(
            due.part_id,
            due.tries + 1,
            PartState.QUEUED,
            error=str(error)[:200],
            due_at=self._clock.now() + wait,
            doubtful=due.doubtful,
        )

    def _unknown(self, due: Due, error: Exception) -> Result:
        """Perhaps sent: an urgent one is repeated once, a routine one never by itself."""
        if due.sort in REPEATED and not due.doubtful:
            return Result(
                due.part_id,
                due.tries + 1,
                PartState.QUEUED,
                error=str(error)[:200],
                due_at=self._clock.now(),
                doubtful=True,
                in_doubt=True,
            )
        return Result(
            due.part_id, due.tries + 1, PartState.UNKNOWN, error=str(error)[:200], doubtful=due.doubtful, in_doubt=True
        )

    async def _call(self, parcel: Parcel) -> str | None:
        due, to = parcel.due, parcel.to
        if to is None:
            raise Refused("这个人没有绑定微信" if due.contact_id else "群没有绑定，或已退群")
        data, name = (b"", "") if due.kind == "text" else await self._picture(due)
        if self._lease and not self._lease.holds():  # another process may be sending it by now
            raise Unreachable("账号的租约到期了")
        if due.kind == "text":
            return await self._gateway.send_text(to, due.text, parcel.mentions)
        return await self._gateway.send_picture(to, data, name)

    async def _picture(self, due: Due) -> tuple[bytes, str]:
        try:
            return await self._drawing.picture(due.ref, due.kind, due.picture_id, due.text)
        except GatewayError:
            raise
        except Exception as error:  # nothing was sent, so nothing is in doubt
            if unavailable(error):
                raise Unreachable("数据库暂时用不了") from error
            log.exception("picture of post %s", due.post_id)
            raise Refused("图片画不出来") from error

    def _address(self, connection: Connection, due: Due) -> Address | None:
        """Where this account finds the chat: its newest binding."""
        if due.contact_id is not None:
            person = connection.scalar(_PERSON, {"account": self._account, "contact": due.contact_id})
            return Address(person=person) if person else None
        room = connection.scalar(_ROOM, {"account": self._account, "chat": due.chat_id})
        return Address(room=room) if room else None

    def _mentions(self, connection: Connection, contacts: tuple[int, ...]) -> tuple[str, ...]:
        if not contacts:
            return ()
        rows = connection.execute(_MENTIONED, {"account": self._account, "contacts": contacts})
        known = dict(rows.all())
        return tuple(known[one] for one in contacts if one in known)

    async def _wake_at(self, now: datetime) -> datetime | None:
        """The next instant at which something may go: its due time, and its pace."""
        if self._gateway.state != GatewayState.ONLINE:
            return None  # coming online wakes the courier
        free = {priority: self._pacer.free_at(priority, now) for priority in Priority}
        known = {"account": self._account, **{f"by{priority:d}": moment for priority, moment in free.items()}}
        async with self._database.read() as session:
            due = (await run(session, _FIRST_DUE, known)).one()
            waiting = {priority: max(one, free[priority]) for priority, one in zip(Priority, due, strict=True) if one}
            if waiting and min(waiting.values()) > now:
                back = await run(session, _BACK_THEN, {"account": self._account, "now": now})
                waiting |= {priority: free[priority] for (priority,) in back}
        rested = self._pacer.rested_at(now)
        for priority, moment in waiting.items():
            if moment <= now and rested is not None and priority > Priority.URGENT:
                waiting[priority] = rested  # what is left is for rooms that have just had something
        times = waiting.values()
        later = [moment for moment in times if moment > now]
        return min(later, default=None) if len(later) == len(times) else now + timedelta(seconds=1)


def _was_due() -> ColumnElement[bool]:
    """Due when it was written, or tried later than now: after the clock was set back it does not wait once more."""
    return or_(col(DeliveryPart.due_at) <= Post.at, col(DeliveryPart.tried_at) > bindparam("now"))


@cache
def _ready(*, resting: bool) -> Select[Any]:
    """The next queued part of an account that may go by itself at `now`: due, picture there, what it waits for decided.

    None is found where another process holds the account's lease, or is moving the part to another account, and none of
    the priorities that are `held`. With `resting`, no routine part for one of these rooms unless it belongs to the post
    that it had `last`. Made once of each kind: to put it together takes longer than to run it.
    """
    before, earlier = aliased(DeliveryPart), aliased(DeliveryPart)
    unsaid = (  # the first half of a long text goes before the second
        select(earlier.id)
        .where(earlier.delivery_id == DeliveryPart.delivery_id, earlier.number < DeliveryPart.number)
        .where(col(earlier.state).in_(UNDER_WAY), earlier.turn == 0)
        .exists()
    )
    undecided = (
        select(before.id)
        .where(before.delivery_id == Delivery.after_id, before.number == 0)
        .where(col(before.state).in_(UNDER_WAY))
        .exists()
    )
    return (
        select(
            col(DeliveryPart.id),
            col(Post.id),
            col(Post.ref),
            col(Post.sort),
            col(DeliveryPart.priority),
            col(PostPart.kind),
            col(PostPart.text),
            col(PostPart.mentions),
            col(PostPart.picture_id),
            col(Delivery.chat_id),
            col(DeliveryPart.tries),
            col(DeliveryPart.doubtful),
            col(Delivery.after_id),
            col(Chat.contact_id),
            col(Room.mode),
            under_silence(),
            col(Delivery.id),
            col(Post.inbox_id),
            col(Post.due),
        )
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == DeliveryPart.number))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .join(Account, col(DeliveryPart.account_id) == col(Account.id))
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .outerjoin(Area, col(Room.area_id) == col(Area.id))
        .outerjoin(Picture, col(PostPart.picture_id) == col(Picture.id))
        .where(
            DeliveryPart.state == PartState.QUEUED,
            DeliveryPart.account_id == bindparam("account"),
            Chat.account_id == bindparam("account"),
            col(Account.lease_holder) == bindparam("holder"),
            or_(DeliveryPart.due_at <= bindparam("now"), _was_due()),
            or_(DeliveryPart.number == 0, ~unsaid),
            or_(col(Picture.id).is_(None), col(Picture.state).not_in(("handle", "wanted"))),
            or_(col(Delivery.after_id).is_(None), ~undecided),
            *(_rested(),) * resting,
            col(DeliveryPart.priority).not_in(bindparam("held", expanding=True)),
        )
        .order_by(col(DeliveryPart.priority), col(DeliveryPart.turn), col(DeliveryPart.rank), col(DeliveryPart.id))
        .limit(1)
        .with_for_update(of=DeliveryPart, skip_locked=True)
    )


def _rested() -> ColumnElement[bool]:
    same = tuple_(col(Delivery.chat_id), col(Delivery.post_id)).in_(bindparam("last", expanding=True))
    other = col(Delivery.chat_id).not_in(bindparam("resting", expanding=True))
    return or_(col(DeliveryPart.priority) <= Priority.URGENT, other, same)


# Put together once, which takes longer than to run them.
_QUEUED = select(col(DeliveryPart.due_at)).where(
    DeliveryPart.state == PartState.QUEUED, DeliveryPart.account_id == bindparam("account")
)


def _first_due(priority: Priority) -> ColumnElement[datetime]:
    """Any due time by which the pace lets something of this priority go; else the earliest one."""
    waits = _QUEUED.where(DeliveryPart.priority == priority)
    by = waits.where(col(DeliveryPart.due_at) <= bindparam(f"by{priority:d}", type_=UtcTime)).limit(1)
    first = waits.with_only_columns(func.min(col(DeliveryPart.due_at)))
    return func.coalesce(by.scalar_subquery(), first.scalar_subquery(), type_=UtcTime)


_FIRST_DUE = select(*(_first_due(one) for one in Priority))
_STANDING = (
    update(Account)
    .where(col(Account.id) == bindparam("account"))
    .values(rate=bindparam("speed"), paused_until=bindparam("until"), started_at=bindparam("since"))
)
_TAKE = (
    update(DeliveryPart)
    .where(col(DeliveryPart.id) == bindparam("part"), col(DeliveryPart.state) == PartState.QUEUED)
    .values(state=PartState.SENDING, tried_at=bindparam("moment"), tries=DeliveryPart.tries + 1)
)
_BACK_THEN = (  # priorities of what is due by an earlier clock only
    select(col(DeliveryPart.priority))
    .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
    .join(Post, col(Delivery.post_id) == col(Post.id))
    .where(
        DeliveryPart.state == PartState.QUEUED,
        DeliveryPart.account_id == bindparam("account"),
        DeliveryPart.due_at > bindparam("now"),
        _was_due(),
    )
    .distinct()
)
_SENDING = select(col(DeliveryPart.id), col(DeliveryPart.tries)).where(
    DeliveryPart.state == PartState.SENDING, DeliveryPart.account_id == bindparam("account")
)
_CANCEL = (
    update(DeliveryPart)
    .where(col(DeliveryPart.id) == bindparam("part"), col(DeliveryPart.state) == PartState.QUEUED)
    .values(state=PartState.CANCELLED, error=bindparam("reason"))
)
_TRY = (col(DeliveryPart.id) == bindparam("part"), col(DeliveryPart.tries) == bindparam("attempt"))
_OUTCOME = (
    update(DeliveryPart)
    .where(*_TRY, DeliveryPart.state == PartState.SENDING, DeliveryPart.account_id == bindparam("account"))
    .values(
        state=bindparam("now_is"),
        error=bindparam("why"),
        doubtful=bindparam("doubt"),
        external_id=func.coalesce(bindparam("known_as", type_=String), DeliveryPart.external_id),
        due_at=func.coalesce(bindparam("again_at", type_=UtcTime), DeliveryPart.due_at),
    )
)
_OUTCOME_AGAIN = _OUTCOME.values(account_id=SPEAKING)  # the chat may have been taken over meanwhile
_ARRIVED = (  # whatever was made of the try meanwhile, by a takeover or by who did not wait for its outcome
    update(DeliveryPart)
    .where(*_TRY, col(DeliveryPart.state).in_((PartState.SENDING, PartState.UNKNOWN, PartState.QUEUED)))
    .values(
        state=PartState.SENT,
        error="",
        doubtful=bindparam("doubt"),
        external_id=func.coalesce(bindparam("known_as", type_=String), DeliveryPart.external_id),
        account_id=bindparam("account"),
    )
)
_PERSON = (
    select(col(ContactBinding.external_id))
    .where(ContactBinding.account_id == bindparam("account"), ContactBinding.contact_id == bindparam("contact"))
    .order_by(col(ContactBinding.friend).desc(), col(ContactBinding.id).desc())
    .limit(1)
)
_ROOM = (
    select(col(RoomBinding.external_id))
    .where(
        RoomBinding.account_id == bindparam("account"),
        RoomBinding.chat_id == bindparam("chat"),
        col(RoomBinding.left_at).is_(None),
    )
    .order_by(col(RoomBinding.id).desc())
    .limit(1)
)
_MENTIONED = (
    select(col(ContactBinding.contact_id), col(ContactBinding.external_id))
    .where(
        ContactBinding.account_id == bindparam("account"),
        col(ContactBinding.contact_id).in_(bindparam("contacts", expanding=True)),
    )
    .order_by(col(ContactBinding.id))
)
_BEFORE = select(col(DeliveryPart.state), col(DeliveryPart.doubtful)).where(
    col(DeliveryPart.delivery_id) == bindparam("delivery"), col(DeliveryPart.number) == 0
)
_PICTURE_STATE = select(col(Picture.state)).where(col(Picture.id) == bindparam("picture"))
_NOTICE_STATE = select(col(Notice.state)).where(col(Notice.id) == bindparam("number"))
_STRAY_STATE = select(col(Stray.state)).where(col(Stray.id) == bindparam("number"))
_ALERT_STATE = select(col(Alert.state)).where(col(Alert.id) == bindparam("number"))


def _kept(standing: Standing) -> dict[str, Any]:
    return {"speed": standing.rate, "until": standing.paused_until, "since": standing.started_at}


def _forbidden(connection: Connection, due: Due) -> str | None:
    """Why a part must not go after all: the room has gone silent, the alert never arrived, the picture is gone."""
    if not may_hear(due.sort, due.mode, silent=due.silenced):
        return "群已静默"
    if due.after_id is not None and not _perhaps_received(connection, due.after_id):
        return "前一条没有送到"
    if due.sort in (Sort.ALERT, Sort.NOTICE) and _over(connection, due.ref):
        return "已结束" if due.sort == Sort.ALERT else "通知已停止"
    if due.kind == "picture" and connection.scalar(_PICTURE_STATE, {"picture": due.picture_id}) != "ready":
        return "照片没有取到"
    return None


def _over(connection: Connection, ref: str) -> bool:
    """Whether the alert or stray has ended or the notice was stopped: what could not be sent before never is."""
    found = take_ref(ref)[0]
    if found is not None and found.letter == "N":
        state = connection.scalar(_NOTICE_STATE, {"number": found.number})
        return state in (NoticeState.STOPPED, NoticeState.RECALLED)
    if found is not None and found.letter == "F":
        return connection.scalar(_STRAY_STATE, {"number": found.number}) != "open"
    if found is None or found.letter != "M":
        return False
    return connection.scalar(_ALERT_STATE, {"number": found.number}) not in ALERT_OPEN


def _perhaps_received(connection: Connection, delivery_id: int) -> bool:
    rows = connection.execute(_BEFORE, {"delivery": delivery_id})
    return any(state in REACHED or doubtful for state, doubtful in rows)


async def interrupted(session: AsyncSession, account_id: int, now: datetime) -> None:
    """What an account was sending when its process died is unknown; an urgent one is repeated once."""
    await (await session.connection()).run_sync(_settle, account_id)
    mine = (col(DeliveryPart.state) == PartState.SENDING) & (col(DeliveryPart.account_id) == account_id)
    urgent = (
        select(col(Delivery.id)).join(Post, col(Delivery.post_id) == col(Post.id)).where(col(Post.sort).in_(REPEATED))
    )
    again = mine & col(DeliveryPart.delivery_id).in_(urgent) & col(DeliveryPart.doubtful).is_(False)
    repeated = {"state": PartState.QUEUED, "doubtful": True, "due_at": now, "error": "发送时中断，重发一次"}
    unknown = {"state": PartState.UNKNOWN, "error": "发送时中断"}
    for which, values in ((again, {**repeated, "account_id": SPEAKING}), (mine, unknown)):
        await session.execute(
            update(DeliveryPart).where(which).values(**values).execution_options(synchronize_session=False)
        )


def _settle(connection: Connection, account_id: int) -> None:
    """Parts that an earlier process was sending, and whose message came back: they were sent."""
    for part_id, number in connection.execute(_SENDING, {"account": account_id}).all():
        if came_back := own_message_of(connection, part_id, account_id):
            _record(connection, account_id, Result(part_id, number, PartState.SENT, came_back.message_id))


def _record(connection: Connection, account_id: int, result: Result) -> None:
    """Write what became of a try; one that nobody answered was sent after all if our own message came back.

    Another account may have taken the chat over meanwhile, and have tried again: then it is no longer ours to say.
    """
    state, external_id, again_at = result.state, result.external_id, result.due_at
    if result.in_doubt and (came_back := own_message_of(connection, result.part_id, account_id)):
        state, external_id, again_at = PartState.SENT, came_back.message_id, None
    known = {
        "part": result.part_id,
        "attempt": result.number,
        "account": account_id,
        "doubt": result.doubtful,
        "known_as": external_id,
    }
    if state == PartState.SENT:
        connection.execute(_ARRIVED, known)
        return
    known |= {"now_is": state, "why": result.error, "again_at": again_at}
    connection.execute(_OUTCOME_AGAIN if state == PartState.QUEUED else _OUTCOME, known)
