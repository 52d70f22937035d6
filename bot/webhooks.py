"""Tells other systems of changes of cases, signed as in the Standard Webhooks specification.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the headers `webhook-id`,
`webhook-timestamp` (seconds) and `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import aiohttp
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.addresses import is_inside
from handlers.outdoors import confess
from handlers.ports import Clock, Outside, Webhook
from handlers.turn import Turn
from storage.areas import Area
from storage.engine import Database, unavailable
from storage.hooks import HookDelivery, HookState
from storage.matters import Case

DEADLINE, MOST_BYTES = 10.0, 10_000
"""Seconds of one call, and bytes of its answer that are read."""

LEASE = timedelta(seconds=60)
"""How long a call may be under way: then, after a kill, it is made again."""

WAITS = tuple(timedelta(seconds=one) for one in (5, 30, 300, 1800, 7200, 18_000, 36_000))
"""Until the next try, as the specification recommends; the last is repeated."""

GIVE_UP = timedelta(days=1)
KEEP = timedelta(days=7)
"""How long what was sent is kept, for whoever looks into a missing one."""

LOOK_AGAIN = 30.0
TIDY_AGAIN = 86_400.0

log = logging.getLogger("gridbot.webhooks")

_EARLIER = aliased(HookDelivery)
_NEXT = (
    select(HookDelivery, col(Area.code), col(Case.quiet))
    .join(Area, col(Area.id) == col(HookDelivery.area_id))
    .join(Case, col(Case.id) == col(HookDelivery.case_id))
    .where(
        col(HookDelivery.state) == HookState.QUEUED,
        ~select(_EARLIER.id)
        .where(
            col(_EARLIER.hook) == col(HookDelivery.hook),
            col(_EARLIER.state) == HookState.QUEUED,
            col(_EARLIER.case_id) == col(HookDelivery.case_id),
            col(_EARLIER.id) < col(HookDelivery.id),
        )
        .exists(),
    )
    .order_by(col(HookDelivery.next_at), col(HookDelivery.id))
    .limit(1)
)
"""The next change for a webhook; of one case they go out one after the other."""


def signature(key: bytes, number: str, stamp: str, body: bytes) -> str:
    """`v1,…` over id, timestamp and body."""
    digest = hmac.new(key, b".".join((number.encode(), stamp.encode(), body)), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def body_of(row: HookDelivery, area: str, quiet: bool) -> bytes:
    """The JSON: number, category, state, area code and limit of the case as it was; no person, no words.

    `quiet`: it is private by now, whatever it was then, and has no category.
    """
    told = {
        "id": number_of(row),
        "event": row.event,
        "at": row.at.isoformat(),
        "case": row.case_id,
        "category": None if quiet else row.category or None,
        "state": row.case_state,
        "area": area,
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def number_of(row: HookDelivery) -> str:
    """What a receiver knows a change by: the same however often it comes."""
    return f"gridbot-{row.id}"


class InsideError(OSError):
    """The address lies inside the own network."""


def outside_socket(address: AddrInfoType) -> socket.socket:
    """A socket for a call; InsideError where the address that is about to be called lies inside.

    Names are resolved by then, so no later answer for a name can lead elsewhere.
    """
    family, kind, protocol, _, called = address
    if is_inside(str(called[0])):
        raise InsideError("inside the own network")
    return socket.socket(family, kind, protocol)


class Webhooks:
    """Sends what waits, for each webhook one after the other."""

    def __init__(
        self,
        database: Database,
        outside: Outside,
        keys: Mapping[str, bytes],
        clock: Clock,
        *,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """`keys` by the webhook's name."""
        self._database, self._outside, self._keys, self._clock = database, outside, keys, clock
        self._rules = outside.rules.webhooks
        self._resolver = resolver
        self._news = {target.name: asyncio.Event() for target in self._rules.targets}

    def wake(self) -> None:
        """Something was committed."""
        for news in self._news.values():
            news.set()

    async def run(self) -> None:
        """Send until cancelled."""
        await self.tidy()
        async with self.session() as session, asyncio.TaskGroup() as group:
            for target in self._rules.targets:
                group.create_task(self._steadily(session, target))
            group.create_task(self._tidily())

    def session(self) -> aiohttp.ClientSession:
        """To call with; what leads into the own network is refused, unless the config allows it."""
        factory = None if self._rules.allow_private else outside_socket
        connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, socket_factory=factory)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=DEADLINE))

    async def tidy(self) -> None:
        """Forget what was settled long ago, and what is for a webhook that the config no longer has."""
        now, names = self._clock.now(), list(self._news)
        async with self._database.write() as session:
            old = (col(HookDelivery.state) != HookState.QUEUED) & (col(HookDelivery.at) < now - KEEP)
            await session.execute(delete(HookDelivery).where(old | col(HookDelivery.hook).not_in(names)))

    async def _tidily(self) -> None:
        """Every day: a bot that runs for months keeps no more than one that was just started."""
        while True:
            await asyncio.sleep(TIDY_AGAIN)
            try:
                await self.tidy()
            except Exception as error:
                if not unavailable(error):
                    raise
                log.error("webhooks cannot be tidied today: %s", error)

    async def _steadily(self, session: aiohttp.ClientSession, target: Webhook) -> None:
        news = self._news[target.name]
        while True:
            news.clear()
            wait: float | None = LOOK_AGAIN
            try:
                wait = await self.step(session, target)
            except Exception as error:  # whoever listens elsewhere never stops the bot
                log.error("webhook %s: %s", target.name, error, exc_info=not unavailable(error))
            if wait is None or wait > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(wait or LOOK_AGAIN, LOOK_AGAIN)):
                        await news.wait()

    async def step(self, session: aiohttp.ClientSession, target: Webhook) -> float | None:
        """Send the next change, if it is time; seconds until there is more, 0 for at once, None for nothing."""
        now = self._clock.now()
        async with self._database.read() as reading:
            found = (await reading.execute(_NEXT.where(col(HookDelivery.hook) == target.name))).first()
        if found is None:
            return None
        if (wait := (found[0].next_at - now).total_seconds()) > 0:
            return wait
        if await self._claim(found, now):
            error = await self._deliver(session, target, found[0], body_of(*found))
            await self._settle(found[0], error)
        return 0

    async def _claim(self, found: Row[tuple[HookDelivery, str, bool]], now: datetime) -> bool:
        """Take it before the call, so that no other process sends it too and a kill repeats it once, later."""
        row = found[0]
        mine = update(HookDelivery).where(
            col(HookDelivery.id) == row.id,
            col(HookDelivery.state) == HookState.QUEUED,
            col(HookDelivery.next_at) == row.next_at,
        )
        async with self._database.write() as session:
            taken = await session.execute(mine.values(next_at=now + LEASE, tries=col(HookDelivery.tries) + 1))
            return bool(taken.rowcount)  # type: ignore[attr-defined]

    async def _deliver(self, session: aiohttp.ClientSession, target: Webhook, row: HookDelivery, body: bytes) -> str:
        """Send it; what went wrong, or nothing. A redirection is not followed: nobody checked where it leads."""
        stamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "webhook-id": number_of(row),
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._keys[target.name], number_of(row), stamp, body),
        }
        try:
            async with session.post(target.url, data=body, headers=headers, allow_redirects=False) as answer:
                await answer.content.read(MOST_BYTES)
                return "" if 200 <= answer.status < 300 else f"对方答 {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if isinstance(getattr(error, "os_error", None), InsideError):
                return "内网地址，没有发"
            return "没有连上" if isinstance(error, aiohttp.ClientConnectionError) else type(error).__name__

    async def _settle(self, row: HookDelivery, error: str) -> None:
        now = self._clock.now()
        given_up = bool(error) and now - row.at >= GIVE_UP
        state = HookState.FAILED if given_up else HookState.QUEUED if error else HookState.SENT
        values = {"state": state, "error": error, "next_at": now + WAITS[min(row.tries, len(WAITS) - 1)]}
        async with self._database.write() as session:
            if given_up and not await self._told_lately(session, row.hook, now):
                text = f"webhook {row.hook} 一天没有送到（{error}），先送后面的。请让维护的人看看对方的地址。"
                await confess(Turn(session, now, self._outside), text)
            await session.execute(update(HookDelivery).where(col(HookDelivery.id) == row.id).values(**values))
        if error:
            log.warning("webhook %s, %s, try %s: %s", row.hook, number_of(row), row.tries + 1, error)

    async def _told_lately(self, session: AsyncSession, hook: str, now: datetime) -> bool:
        """Whether the admins heard of this webhook within a day: one line is enough."""
        query = select(func.count()).where(
            col(HookDelivery.hook) == hook,
            col(HookDelivery.state) == HookState.FAILED,
            col(HookDelivery.next_at) > now - GIVE_UP,
        )
        return bool(await session.scalar(query))
