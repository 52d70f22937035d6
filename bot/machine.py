"""The parts of a running bot, put together; driven by the real clock (`run`) or by a virtual one (replay, tests)."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import bindparam, func, select
from sqlmodel import col

from bot import standby
from bot.alarm import Alarm
from bot.courier import Courier
from bot.drawing import Drawing
from bot.forecast import Forecast
from bot.gateways.protocol import Gateway, GatewayError, GatewayState, Refused
from bot.inbox import Inbox
from bot.lease import Lease, LeaseLost
from bot.pacing import DAY, Pacer, PaceRules, Standing
from bot.pictures import Fetcher, told
from bot.recalling import recall_part
from bot.segmenting import JiebaSegmenter
from bot.watching import Watching
from bot.webhooks import Webhooks
from handlers import figures
from handlers.alerts.counting import MONTHLY
from handlers.cases import digests
from handlers.dispatch import Dispatch
from handlers.due import run_due
from handlers.outdoors import confess
from handlers.ports import Clock, Event, EventKind, Outside, Pace, Rules, random_token
from handlers.quiet_hours import QuietHours
from handlers.retention import RETENTION
from handlers.turn import Turn
from storage.agenda import DueItem
from storage.areas import Chat, RoomBinding
from storage.engine import Database, dialect_of, insert_into, retrying, unavailable
from storage.inbox import WIPE
from storage.outbox import RECALL, Errand, sends_since
from storage.people import WORKING, Account

LOOK_AGAIN = timedelta(seconds=30)
"""The sender looks again after this time at the latest: a gateway may come back without an event that tells so."""

RECURRING = (
    (WIPE["kind"], WIPE["ref"]),
    (RETENTION, "daily"),
    (MONTHLY, "towns"),
    *digests.RECURRING,
    *figures.RECURRING,
)
"""Due rows that are always there: they plant themselves again."""

PATIENCE = timedelta(minutes=5)
"""As `accounts.takeover_seconds`."""

DATABASE_SOON, DATABASE_AGAIN = 0.25, 5.0
"""Seconds until what needed the database is tried again when it stumbled, and at most, when it is away for long."""

YOUNG = 20_000
"""New objects after which Python looks for garbage: rows come and go by the thousand."""

log = logging.getLogger("gridbot.machine")


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        """The current instant, UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class VirtualClock:
    """Time that stands still until it is set."""

    moment: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.moment


class Machine:
    """Inbox, dispatch, due things, courier and fetcher of one account on one database."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        account_id: int,
        rules: Rules,
        clock: Clock,
        *,
        pacer: Pacer,
        pace: Pace | None = None,
        token: Callable[[], str] = random_token,
        watch: Watching | None = None,
        lease: Lease | None = None,
        alarm: Alarm | None = None,
        keys: Mapping[str, bytes] | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        """`patience` is how long another account may be away before this one takes its groups over.

        `keys` are those of the webhooks, by name; without them nobody is told of changes.
        """
        self.watch = watch or Watching()
        self.database = database
        self._lease = lease
        self._alarm = alarm
        self._patience = patience
        self.gateway = gateway
        self.account_id = account_id
        self.clock = clock
        self.pacer = pacer
        self.outside = Outside(rules, gateway.capabilities, pace or Pace(), token, self.watch, JiebaSegmenter())
        self._news = asyncio.Event()
        self._post = asyncio.Event()
        self._chores = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._due: datetime | None = None
        self._due_known = False
        self._since = clock.now()
        self._states: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._unwritten: tuple[str, str] | None = None
        self._failed_at = float("-inf")
        stable = gateway.capabilities.stable_ids
        self.inbox = Inbox(
            database,
            account_id,
            clock,
            self.wake,
            self.watch,
            wipe_after=timedelta(minutes=rules.privacy.chat_minutes),
            planned=self._planned,
            stable_ids=stable,
        )
        self.dispatch = Dispatch(database, self.outside, account_id, self._caused)
        self.courier = Courier(
            database, gateway, account_id, pacer, clock, drawing=Drawing(database, rules), watch=self.watch, lease=lease
        )
        self.fetcher = Fetcher(database, gateway, account_id, self.inbox, clock)
        self._webhooks = Webhooks(database, self.outside, keys, clock) if keys else None

    def wake(self) -> None:
        """Something arrived: read it."""
        self._news.set()

    def _planned(self) -> None:
        """Something is due that was not."""
        self._due_known = False

    def _caused(self) -> None:
        """A handler committed something: there may be more to send and to fetch, and other things may be due."""
        self._due_known = False
        self._stir()

    async def recover(self) -> None:
        """Once at a start: take up what a stop or a crash left."""
        self._since = now = self.clock.now()
        await self.dispatch.recover(now)
        await self.courier.recover()
        async with self.database.write() as session:
            first = insert_into(dialect_of(session), DueItem)  # another process may be starting too
            rows = [{"kind": kind, "ref": ref, "due_at": now, "tries": 0} for kind, ref in RECURRING]
            await session.execute(first.on_conflict_do_nothing(index_elements=["kind", "ref"]), rows)

    async def settle(self, now: datetime) -> datetime | None:
        """Do all there is at one instant, in order: inbox, due things, courier; when there is more, or None."""
        while True:
            self._news.clear()
            while await self.dispatch.step(now):
                pass
            due = await run_due(self.database, self.outside, now)
            sending = await self.courier.step(now)
            await self.fetcher.step()
            await self.errands()
            if not self._news.is_set():
                return min((moment for moment in (due, sending) if moment), default=None)

    async def errands(self) -> None:
        """Do what handlers want of the gateway beside sending; what failed for now waits for the next call."""
        last = 0
        while waiting := await self._waiting_errands(last):
            for errand in waiting:
                last = errand.id or last
                state = await self._run_errand(errand)
                async with self.database.write() as session:
                    row = await session.get(Errand, errand.id)
                    if row is not None:
                        row.tries += 1
                        row.state = "failed" if state == "queued" and row.tries >= 5 else state

    async def _waiting_errands(self, after: int) -> list[Errand]:
        async with self.database.read() as session:
            return list(await session.scalars(_ERRANDS, {"account": self.account_id, "after": after}))

    async def _run_errand(self, errand: Errand) -> str:
        try:
            if errand.kind == "friend":
                await self.gateway.accept_friend(errand.subject)
            elif errand.kind == RECALL:
                await recall_part(self.database, self.gateway, int(errand.subject), self.clock.now())
            else:
                await self.gateway.accept_invitation(errand.subject)
        except Refused as error:
            log.warning("%s refused: %s", errand.kind, error)
            return "failed"
        except GatewayError as error:
            log.warning("%s: %s", errand.kind, error)
            return "queued"
        return "done"

    async def run(self) -> None:
        """Run on the real clock until cancelled."""
        await self.recover()
        self._scheduler.start()
        gc.freeze()  # what stands now stays
        gc.set_threshold(YOUNG, 20, 50)
        try:
            async with asyncio.TaskGroup() as group:
                if self._lease is not None:
                    group.create_task(self._steadily(self._keep))
                if not self.database.sqlite:
                    group.create_task(self._steadily(self._listen))
                if self._alarm is not None:
                    group.create_task(self._alarm.run(lambda: (self.gateway.state, self.gateway.scan_code)))
                if self._webhooks is not None:
                    group.create_task(self._steadily(self._webhooks.run))
                group.create_task(self.gateway.run(self._take))
                group.create_task(self._steadily(self._decide))
                group.create_task(self._steadily(self._fetch))
                group.create_task(self._steadily(self._watch_gateway))
                await self._steadily(self._send)  # here: a stop reaches it first, while the gateway still works
        except* LeaseLost as lost:
            raise lost.exceptions[0] from None
        finally:
            self._scheduler.shutdown(wait=False)

    async def _keep(self) -> None:
        """Go on working for the account, and see to those for which nobody does."""
        assert self._lease is not None
        await self._lease.renew()
        await self.look_after_others(self.clock.now())
        await asyncio.sleep(self._lease.seconds / 3)

    async def _listen(self) -> None:
        """Another process on this database may have stored something that is ours to send, or made something due."""
        await self.database.listen(self.stirred)
        await asyncio.sleep(DATABASE_AGAIN)

    def database_fails(self) -> bool:
        """Whether something waits for a database that could not be used when it was last tried."""
        return monotonic() - self._failed_at < 3 * DATABASE_AGAIN

    def stirred(self) -> None:
        """Something was committed from elsewhere: there may be more to do, to send and to plan."""
        self._due_known = False
        self.wake()
        self._stir()

    async def look_after_others(self, now: datetime) -> None:
        """Take over the chats of accounts that are away, and the unworked messages of those whose process is gone.

        Not right after a start: the others may be starting too.
        """
        await self._tidy()
        if now - self._since < self._patience:
            return
        async with self.database.read() as session:
            orphans = await standby.orphaned(session, self.account_id, now, self._patience)
            wanted = await standby.may_take(session, self.account_id, now, self._patience)
        self.dispatch.orphaned = frozenset(orphans)
        if wanted and self.gateway.state == GatewayState.ONLINE:
            await self._try_to_take_over(now)
        await self._give_up_pictures(now)
        if orphans:
            self.wake()

    async def _tidy(self) -> None:
        async with self.database.read() as session:
            untidy = await standby.untidy(session, self.account_id)
        if untidy:
            async with self.database.write() as session:
                await standby.tidy(session, self.account_id)
            self.stirred()

    async def _give_up_pictures(self, now: datetime) -> None:
        """What waits for a picture that nobody will fetch goes without it."""
        async with self.database.read() as session:
            lost = await standby.lost_pictures(session, self.account_id, now, self._patience)
        if lost:
            async with self.database.write() as session:
                await standby.give_up(session, lost)
            await self.inbox.store([told(number, now) for number in lost])
            self.stirred()

    async def _try_to_take_over(self, now: datetime) -> None:
        """A takeover that fails is tried again; meanwhile the account's own work goes on."""
        try:
            await self._take_over(now)
        except Exception as error:
            if unavailable(error):
                raise
            log.exception("the takeover failed")

    async def _take_over(self, now: datetime) -> None:
        words = ""

        async def attempt() -> None:
            nonlocal words
            async with self.database.write() as session:
                taken = await standby.take_over(session, self.account_id, now, self._patience)
                if taken is None:
                    return
                me = await session.get_one(Account, self.account_id)
                counts = ((taken.rooms, "个群"), (taken.people, "个私聊"))
                chats = "、".join(f"{count} {kind}" for count, kind in counts if count)
                words = f"账号 {'、'.join(taken.names)} 不在线，{me.name} 已接手 {chats}。"
                await confess(Turn(session, now, self.outside), words)

        await retrying(attempt)
        if words:
            log.warning("%s", words)
            self.stirred()
            if self._alarm is not None:
                self._alarm.say(f"格格：{words}")

    def gateway_state(self, state: str, why: str) -> None:
        """The gateway stands differently (also silent or blocked, which are no events): `check` is to show it."""
        self._states.put_nowait((state, why))

    async def _watch_gateway(self) -> None:
        """Write down the next thing that the gateway tells of itself; it is kept until it is written."""
        if self._unwritten is None:
            self._unwritten = await self._states.get()
            log.info("gateway %s: %s %s", self.gateway.name, *self._unwritten)
        async with self.database.write() as session:
            account = await session.get(Account, self.account_id)
            if account is not None:
                _stands(account, self._unwritten[0], self.clock.now())
        self._unwritten = None

    async def _take(self, event: Event) -> None:
        if event.kind in (EventKind.ONLINE, EventKind.OFFLINE, EventKind.SCAN):
            await self._note_state(event)
            self.wake()
            self._stir()
        else:
            await self.inbox.put(event)

    async def _note_state(self, event: Event) -> None:
        log.info("gateway %s: %s", self.gateway.name, self.gateway.state)
        if event.kind == EventKind.SCAN:
            log.warning("scan to log in: %s", event.subject)
        async with self.database.write() as session:
            account = await session.get(Account, self.account_id)
            if account is not None:
                _stands(account, self.gateway.state, self.clock.now())
                account.scan_code = event.subject if event.kind == EventKind.SCAN else None
                if event.kind == EventKind.ONLINE and event.sender:
                    account.external_id = event.sender[:200]

    async def _steadily(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it over and over; a database that is away or locked is waited for, longer each time."""
        delay = DATABASE_SOON
        while True:
            try:
                await work()
                delay = DATABASE_SOON
            except Exception as error:
                if not unavailable(error):
                    raise
                self.watch.database_away()
                self._failed_at = monotonic()
                delay = min(delay, DATABASE_AGAIN)
                log.error("the database cannot be used, next try in %s s: %s", delay, error)
                await asyncio.sleep(delay)
                delay = 2 * delay

    async def _decide(self) -> None:
        """Read and do what is due; an APScheduler job wakes it at the next due time."""
        self._news.clear()
        while await self.dispatch.step(self.clock.now()):
            pass
        if not self._due_known or self._due is None or self._due <= self.clock.now():
            await self._do_due()
        await self._news.wait()

    async def _do_due(self) -> None:
        now = self.clock.now()
        before, self._due = self._due, await run_due(self.database, self.outside, now)
        self._due_known = True
        if (
            before is None or before <= now or before != self._due
        ):  # something may have been done, and that may have written a post
            self._stir()
        if self._due is not None:
            self._scheduler.add_job(
                self._news.set,
                DateTrigger(max(self._due, self.clock.now())),
                id="due",
                replace_existing=True,
                misfire_grace_time=None,
            )

    def _stir(self) -> None:
        self._post.set()
        self._chores.set()
        if self._webhooks is not None:
            self._webhooks.wake()

    async def _send(self) -> None:
        """Send; sleeps until the pace or a commit allows more."""
        self._post.clear()
        await _rest(self._post, await self.courier.step(self.clock.now()), self.clock.now())

    async def _fetch(self) -> None:
        """Fetch pictures, accept invitations: beside the sending, which a slow picture must not hold up."""
        self._chores.clear()
        if self.gateway.state == GatewayState.ONLINE:
            if await self.fetcher.step():
                self._post.set()
            await self.errands()
        await _rest(self._chores, None, self.clock.now())


_ERRANDS = (
    select(Errand)
    .where(Errand.account_id == bindparam("account"), Errand.state == "queued", col(Errand.id) > bindparam("after"))
    .order_by(col(Errand.id))
    .limit(16)
)


def _stands(account: Account, state: str, now: datetime) -> None:
    """The account is in this state; `state_at` is since when it works, or does not."""
    if account.state_at is None or (account.state in WORKING) != (state in WORKING):
        account.state_at = now
    account.state = state


async def _rest(news: asyncio.Event, wake_at: datetime | None, now: datetime) -> None:
    wait = min(wake_at - now, LOOK_AGAIN) if wake_at else LOOK_AGAIN
    try:
        async with asyncio.timeout(max(0.0, wait.total_seconds())):
            await news.wait()
    except TimeoutError:
        return


async def open_account(database: Database, name: str, gateway: str) -> int:
    """The account's id; made on first use."""
    async with database.write() as session:
        account = await session.scalar(select(Account).where(Account.name == name))
        if account is None:
            account = Account(name=name, gateway=gateway)
            session.add(account)
            await session.flush()
        assert account.id is not None
        return account.id


async def use_gateway(database: Database, account_id: int, gateway: str) -> None:
    """From now on the account is on this gateway; only for who holds its lease."""
    async with database.write() as session:
        (await session.get_one(Account, account_id)).gateway = gateway


async def rooms_elsewhere(database: Database, name: str, accounts: Collection[str]) -> str:
    """A sentence if rooms are bound, but none of them to this account; of several `accounts`, if some are bound to
    none of them; or nothing."""
    if accounts:
        return await _rooms_of_strangers(database, accounts)
    query = (
        select(col(Account.name))
        .join(RoomBinding, col(RoomBinding.account_id) == col(Account.id))
        .join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
        .where(col(RoomBinding.left_at).is_(None), col(Chat.room_id).is_not(None))
        .distinct()
        .order_by(col(Account.name))
    )
    async with database.read() as session:
        names = list(await session.scalars(query))
    if not names or name in names:
        return ""
    others = "、".join(names)
    return (
        f"账号：群都绑在账号 {others} 上，现在的账号 {name} 一个群也没有，听不见也发不出。"
        f"请把配置里的 account 改回 {others}；真要换号，就在每个群里重新绑定"
    )


async def _rooms_of_strangers(database: Database, accounts: Collection[str]) -> str:
    query = (
        select(col(Account.name), func.count())
        .join(Chat, col(Chat.account_id) == col(Account.id))
        .where(col(Chat.room_id).is_not(None), col(Account.name).not_in(accounts))
        .group_by(col(Account.name))
        .order_by(col(Account.name))
    )
    async with database.read() as session:
        found = [f"{name}（{count} 个群）" for name, count in await session.execute(query)]
    if not found:
        return ""
    return (
        f"账号：{'、'.join(found)}还是主用，却不在 accounts.endpoints 里。没有备用号接手的群听不见也发不出："
        "请把它写回去，或在这些群里重新绑定"
    )


async def make_pacer(
    database: Database,
    account_id: int,
    rules: PaceRules | None,
    rng: random.Random,
    now: datetime,
    quiet: QuietHours | None = None,
) -> Pacer:
    """A pacer that knows what the account sent in the last day, and how it stands."""
    if rules is None:
        return Pacer(None, rng, quiet=quiet)
    async with database.read() as session:
        account = await session.get_one(Account, account_id)
        sent = (await sends_since(session, [account_id], now - DAY)).get(account_id, ())
    return Pacer(rules, rng, sent, standing=standing_of(account), quiet=quiet)


def standing_of(account: Account) -> Standing:
    """What the table remembers of its pace."""
    return Standing(account.rate, account.paused_until, account.started_at)


def pace_of(rules: PaceRules | None, quiet: QuietHours) -> Pace:
    """What estimates go by."""
    return Forecast(rules, quiet) if rules else Pace()
