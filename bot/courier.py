"""Sends due deliveries by priority, paced for the account, one at a time, and records each outcome.

`sending` is committed before the call, so a kill leaves at most one part whose outcome is unknown. One commit
holds a part's outcome and the next one's `sending`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, update
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
from bot.pacing import Pacer
from handlers.ports import Clock
from handlers.posting import may_hear
from handlers.refs import take_ref
from storage.areas import Area, Chat, Room, RoomBinding, silenced
from storage.engine import Database, retrying, unavailable
from storage.inbox import Picture
from storage.matters import ALERT_OPEN, Alert, Notice, NoticeState
from storage.outbox import REPEATED, Delivery, DeliveryPart, PartState, Post, PostPart, Priority, Sort
from storage.people import ContactBinding

MAX_TRIES = 15
"""Tries of a part that did not get out, with growing waits: about four hours in all."""

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
    path: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A part with the chat system's ids of where it goes and whom it mentions; `to` None: there is no way there."""

    due: Due
    to: Address | None
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a call, as it will be written."""

    part_id: int
    state: PartState
    external_id: str | None = None
    error: str = ""
    due_at: datetime | None = None
    doubtful: bool = False


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
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._account = account_id
        self._pacer = pacer
        self._clock = clock
        self._drawing = drawing
        self._outcome: Result | None = None
        self._shaken = False

    async def recover(self) -> None:
        """At a start: what was being sent when the process died is unknown; an urgent one is repeated once."""
        now = self._clock.now()
        mine = (col(DeliveryPart.state) == PartState.SENDING) & (col(DeliveryPart.account_id) == self._account)
        urgent = (
            select(col(Delivery.id))
            .join(Post, col(Delivery.post_id) == col(Post.id))
            .where(col(Post.sort).in_(REPEATED))
        )
        again = mine & col(DeliveryPart.delivery_id).in_(urgent) & col(DeliveryPart.doubtful).is_(False)
        async with self._database.write() as session:
            repeated = {"state": PartState.QUEUED, "doubtful": True, "due_at": now, "error": "发送时中断，重发一次"}
            await session.execute(update(DeliveryPart).where(again).values(**repeated))
            await session.execute(update(DeliveryPart).where(mine).values(state=PartState.UNKNOWN, error="发送时中断"))

    async def step(self, now: datetime) -> datetime | None:
        """Send all that may go now; when to be called next, or None if nothing waits."""
        if self._shaken:
            await self._take_up()
        while True:
            parcel = await self._next(now)
            if parcel is None:
                return await self._wake_at(now)
            self._outcome = await self._send(parcel)
            now = self._clock.now()

    async def _next(self, now: datetime) -> Parcel | None:
        """Write the last outcome and choose the next part, in one transaction."""

        async def attempt() -> Parcel | None:
            async with self._database.write() as session:
                if self._outcome is not None:
                    await _record(session, self._outcome)
                if self._gateway.state != GatewayState.ONLINE:
                    return None
                return await self._choose(session, now)

        self._shaken = True
        parcel: Parcel | None = await retrying(attempt)
        self._outcome, self._shaken = None, False
        if parcel is not None:
            self._pacer.note(parcel.due.priority, now)
        return parcel

    async def _take_up(self) -> None:
        """After a database that was away: write what is known, then treat the rest as after a stop."""
        async with self._database.write() as session:
            if self._outcome is not None:
                await _record(session, self._outcome)
        self._outcome = None
        await self.recover()
        self._shaken = False

    async def _choose(self, session: AsyncSession, now: datetime) -> Parcel | None:
        held = [one for one in Priority if self._pacer.free_at(one, now) > now]
        query = _ready()
        if held:  # what is free goes: too many replies do not hold an alert
            query = query.where(col(DeliveryPart.priority).not_in(held))
        while (row := (await session.execute(query, {"now": now})).first()) is not None:
            due = Due(*row[:7], tuple(row[7] or ()), *row[8:])
            if (reason := await _forbidden(session, due)) is None:
                values = {"state": PartState.SENDING, "account_id": self._account, "tried_at": now}
                await _set(session, due.part_id, **values, tries=due.tries + 1)
                return Parcel(due, await self._address(session, due), await self._mentions(session, due.mentions))
            await _set(session, due.part_id, state=PartState.CANCELLED, error=reason)
        return None

    async def _send(self, parcel: Parcel) -> Result:
        due = parcel.due
        try:
            external_id = await self._call(parcel)
            return Result(due.part_id, PartState.SENT, external_id, doubtful=due.doubtful)
        except RateLimited as error:
            self._pacer.pause(self._clock.now())
            log.warning("rate limited: %s", error)
            return self._again(due, error)
        except Unreachable as error:
            return self._again(due, error)
        except Unknown as error:
            return self._unknown(due, error)
        except (Refused, GatewayError) as error:
            log.warning("post %s to chat %s failed: %s", due.post_id, due.chat_id, error)
            return Result(due.part_id, PartState.FAILED, error=str(error)[:200], doubtful=due.doubtful)
        except Exception as error:  # a fault of ours or of a gateway: one part is lost, not the sender
            log.exception("post %s to chat %s", due.post_id, due.chat_id)
            return self._unknown(due, error)

    def _again(self, due: Due, error: Exception) -> Result:
        """Nothing was sent: it is tried later, until it has been tried too often."""
        if due.tries + 1 >= MAX_TRIES:
            return Result(due.part_id, PartState.FAILED, error=str(error)[:200], doubtful=due.doubtful)
        wait = timedelta(seconds=min(3600, 2 ** (due.tries + 1)))
        return Result(
            due.part_id,
            PartState.QUEUED,
            error=str(error)[:200],
            due_at=self._clock.now() + wait,
            doubtful=due.doubtful,
        )

    def _unknown(self, due: Due, error: Exception) -> Result:
        """Perhaps sent: an urgent one is repeated once, a routine one never by itself."""
        if due.sort in REPEATED and not due.doubtful:
            return Result(
                due.part_id, PartState.QUEUED, error=str(error)[:200], due_at=self._clock.now(), doubtful=True
            )
        return Result(due.part_id, PartState.UNKNOWN, error=str(error)[:200], doubtful=due.doubtful)

    async def _call(self, parcel: Parcel) -> str | None:
        due, to = parcel.due, parcel.to
        if to is None:
            raise Refused("这个人没有绑定微信" if due.contact_id else "群没有绑定，或已退群")
        if due.kind == "text":
            return await self._gateway.send_text(to, due.text, parcel.mentions)
        data, name = await self._picture(due)
        return await self._gateway.send_picture(to, data, name)

    async def _picture(self, due: Due) -> tuple[bytes, str]:
        try:
            return await self._drawing.picture(due.ref, due.kind, due.picture_id)
        except GatewayError:
            raise
        except Exception as error:  # nothing was sent, so nothing is in doubt
            if unavailable(error):
                raise Unreachable("数据库暂时用不了") from error
            log.exception("picture of post %s", due.post_id)
            raise Refused("图片画不出来") from error

    async def _address(self, session: AsyncSession, due: Due) -> Address | None:
        """Where this account finds the chat: its newest binding."""
        if due.contact_id is not None:
            person = await session.scalar(
                select(ContactBinding.external_id)
                .where(ContactBinding.account_id == self._account, ContactBinding.contact_id == due.contact_id)
                .order_by(col(ContactBinding.friend).desc(), col(ContactBinding.id).desc())
                .limit(1)
            )
            return Address(person=person) if person else None
        room = await session.scalar(
            select(RoomBinding.external_id)
            .where(
                RoomBinding.account_id == self._account,
                RoomBinding.chat_id == due.chat_id,
                col(RoomBinding.left_at).is_(None),
            )
            .order_by(col(RoomBinding.id).desc())
            .limit(1)
        )
        return Address(room=room) if room else None

    async def _mentions(self, session: AsyncSession, contacts: tuple[int, ...]) -> tuple[str, ...]:
        if not contacts:
            return ()
        rows = await session.execute(
            select(col(ContactBinding.contact_id), col(ContactBinding.external_id))
            .where(ContactBinding.account_id == self._account, col(ContactBinding.contact_id).in_(contacts))
            .order_by(col(ContactBinding.id))
        )
        known = dict(rows.all())
        return tuple(known[one] for one in contacts if one in known)

    async def _wake_at(self, now: datetime) -> datetime | None:
        """The next instant at which something may go: its due time, and its pace."""
        if self._gateway.state != GatewayState.ONLINE:
            return None  # coming online wakes the courier
        async with self._database.read() as session:
            rows = await session.execute(
                select(col(DeliveryPart.priority), func.min(col(DeliveryPart.due_at)))
                .where(col(DeliveryPart.state) == PartState.QUEUED)
                .group_by(col(DeliveryPart.priority))
            )
            times = [max(self._pacer.free_at(priority, now), due_at) for priority, due_at in rows]
        later = [moment for moment in times if moment > now]
        return min(later, default=None) if len(later) == len(times) else now + timedelta(seconds=1)


@cache
def _ready() -> Select[Any]:
    """Queued parts that may go by themselves at `now`: due, picture there, what they wait for decided.

    Made once: to put it together takes longer than to run it.
    """
    before, earlier = aliased(DeliveryPart), aliased(DeliveryPart)
    unsaid = (  # the first half of a long text goes before the second
        select(earlier.id)
        .where(earlier.delivery_id == DeliveryPart.delivery_id, earlier.number < DeliveryPart.number)
        .where(col(earlier.state).in_((PartState.QUEUED, PartState.SENDING)), earlier.turn == 0)
        .exists()
    )
    undecided = (
        select(before.id)
        .where(before.delivery_id == Delivery.after_id, before.number == 0)
        .where(col(before.state).in_((PartState.QUEUED, PartState.SENDING)))
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
            col(Area.path),
        )
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == DeliveryPart.number))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .outerjoin(Area, col(Room.area_id) == col(Area.id))
        .outerjoin(Picture, col(PostPart.picture_id) == col(Picture.id))
        .where(
            DeliveryPart.state == PartState.QUEUED,
            DeliveryPart.due_at <= bindparam("now"),
            or_(DeliveryPart.number == 0, ~unsaid),
            or_(col(Picture.id).is_(None), col(Picture.state).not_in(("handle", "wanted"))),
            or_(col(Delivery.after_id).is_(None), ~undecided),
        )
        .order_by(col(DeliveryPart.priority), col(DeliveryPart.turn), col(DeliveryPart.rank), col(DeliveryPart.id))
        .limit(1)
    )


async def _forbidden(session: AsyncSession, due: Due) -> str | None:
    """Why a part must not go after all: the room has gone silent, the alert never arrived, the picture is gone."""
    if due.path and not may_hear(due.sort, due.mode, due.path, await silenced(session, [due.path])):
        return "群已静默"
    if due.after_id is not None and not await _perhaps_received(session, due.after_id):
        return "前一条没有送到"
    if due.sort in (Sort.ALERT, Sort.NOTICE) and await _over(session, due.ref):
        return "寻人已结束" if due.sort == Sort.ALERT else "通知已停止"
    if due.kind == "picture":
        state = await session.scalar(select(Picture.state).where(col(Picture.id) == due.picture_id))
        if state != "ready":
            return "照片没有取到"
    return None


async def _over(session: AsyncSession, ref: str) -> bool:
    """Whether the alert has ended or the notice was stopped: what could not be sent before is not sent after."""
    found = take_ref(ref)[0]
    if found is not None and found.letter == "N":
        return await session.scalar(select(Notice.state).where(col(Notice.id) == found.number)) == NoticeState.STOPPED
    if found is None or found.letter != "M":
        return False
    return await session.scalar(select(Alert.state).where(col(Alert.id) == found.number)) not in ALERT_OPEN


async def _perhaps_received(session: AsyncSession, delivery_id: int) -> bool:
    row = await session.execute(
        select(col(DeliveryPart.state), col(DeliveryPart.doubtful)).where(
            col(DeliveryPart.delivery_id) == delivery_id, col(DeliveryPart.number) == 0
        )
    )
    return any(state in (PartState.SENT, PartState.UNKNOWN) or doubtful for state, doubtful in row)


async def _record(session: AsyncSession, result: Result) -> None:
    values: dict[str, object] = {"state": result.state, "error": result.error, "doubtful": result.doubtful}
    if result.external_id:
        values["external_id"] = result.external_id
    if result.due_at:
        values["due_at"] = result.due_at
    # a part that was cancelled while it was on its way stays what the call made of it
    await _set(session, result.part_id, **values)


async def _set(session: AsyncSession, part_id: int, **values: object) -> None:
    await session.execute(update(DeliveryPart).where(col(DeliveryPart.id) == part_id).values(**values))
