"""From stored events to handlers: who is speaking, where, and what it means. Opens the transactions."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from time import perf_counter
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers import alerts, cases, locating, notices, outdoors, settling
from handlers.bank import Bank
from handlers.cases import departments
from handlers.commands import Order
from handlers.following import about, following
from handlers.lessons import Taughts
from handlers.local_names import LocalNames
from handlers.matters import CASE_KINDS
from handlers.overhearing import Overhearing
from handlers.ports import TOKEN_LETTERS, EventKind, MessageType, Outside
from handlers.reacting import answer, obey, react
from handlers.refs import fold
from handlers.surroundings import Message, Surroundings, remember
from handlers.surveying import MESSAGE_COLUMNS, survey, to_message
from handlers.table import EVENTS, GRAMMAR
from handlers.turn import SENDERS, Speaker, Turn, Where, leave_traces
from handlers.understanding import Act, Context, Kind, Line, Reading, Ref, read
from storage.areas import Purpose
from storage.engine import Database, announce, dialect_of, insert_into, retrying, run, unavailable
from storage.inbox import DayCount, InboxEvent, InboxState, Outcome

BATCH = 64
"""Events looked at together; one query round serves them all."""

MAX_TRIES = 3

BARE = 2
"""Characters of a word by itself, which is a matter only where the reader is sure of it."""

BARE_CODE = re.compile(f"[{TOKEN_LETTERS}]{{8}}")
"""A one-time code sent in private as it is, without 我是."""

ENTERS = re.compile(r"\s*(?:热线|转入)")
"""Commands whose number is another office's, and is to be known as that."""

GIVEN_UP = "有一条消息三次都没处理成（收件 {}），原文保留着，请让维护的人看日志。"

log = logging.getLogger("gridbot.dispatch")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a message will cause: nothing (plain chat), orders (one, or one a line), or a reading to act on."""

    message: Message
    where: Where | None = None
    speaker: Speaker | None = None
    text: str = ""
    orders: tuple[Order, ...] = ()
    reading: Reading | None = None
    joined: tuple[int, ...] = ()
    receipt: int | None = None
    nothing: Outcome | None = None


class Dispatch:
    """Handles what the inbox holds, in order."""

    def __init__(self, database: Database, outside: Outside, account_id: int, caused: Callable[[], None]) -> None:
        """`caused` is called when what handlers wrote has been committed."""
        self._database = database
        self._account = account_id
        self.orphaned: frozenset[int] = frozenset()
        """Accounts whose process is gone: what they stored and did not work is worked here too."""
        self._outside = outside
        self._caused = caused
        self._names = LocalNames()
        self._taught = Taughts()
        self._bank = Bank(outside.segmenter)
        self._spent: dict[int, float] = {}  # seconds spent on planning each message, until it is told of
        self._left_over = self._suspected = 0
        name = re.escape(outside.rules.bot_name)
        self._addressed = re.compile(rf"[@＠]{name}[\s\u2005\u00a0]*")
        greeting = r"(?:(?:你|您|早上?|晚上)好|[还你]?在(?:不在|吗|么|哪儿?)?|呢)?"
        self._called = re.compile(rf"[@＠]?{name}[\s,，]*{greeting}[\s?？!！。~～呀啊]*")

    async def recover(self, now: datetime) -> None:
        """At a start: what is found undone, whoever stored it, may have stopped a process: it is taken up singly."""
        newest = select(func.max(InboxEvent.id)).where(col(InboxEvent.state) == InboxState.NEW)
        async with self._database.read() as session:
            self._left_over, self._suspected = await session.scalar(newest) or 0, 0

    async def _suspect(self, inbox_id: int, now: datetime) -> bool:
        """Count a try of an event before it is handled; False if it was tried too often, and is given up.

        Only what a process had begun on counts, once a start: kills in a row give up nothing nobody has looked at.
        """
        if inbox_id == self._suspected:
            return True
        self._suspected = inbox_id
        async with self._database.write() as session:
            row = await session.get_one(InboxEvent, inbox_id)
            if row.tries >= MAX_TRIES - 1:
                row.state, row.error = InboxState.FAILED, "三次启动都没有做完"
                await outdoors.confess(Turn(session, now, self._outside), GIVEN_UP.format(row.id))
                return False
            row.tries += 1
        return True

    async def step(self, now: datetime) -> int:
        """Handle the next events; how many. None are left when it returns 0."""
        async with self._database.read() as session:
            mine = {"accounts": [self._account, *self.orphaned]}
            messages = [to_message(row) for row in await run(session, _NEW, mine)]
            if suspect := bool(messages) and messages[0].inbox_id <= self._left_over:
                messages = messages[:1]
            try:
                around = await self._look(session, messages, now) if messages else None
            except Exception:  # `_run` looks again, and finds out whose fault it is
                around = None
        if suspect and not await self._suspect(messages[0].inbox_id, now):
            return 1
        index, ahead = 0, len(messages)
        self._spent.clear()
        while index < len(messages):
            passed, whole = await self._run(messages[index : index + ahead], around, now)
            index, around, ahead = index + passed, None, 2 * passed + 1
            if not whole:  # it is tried again first, so that each chat keeps its order
                break
        return len(messages)

    async def _look(self, session: AsyncSession, messages: Sequence[Message], now: datetime) -> Surroundings:
        await self._names.refresh(session, now)
        await self._taught.refresh(session, now)
        await self._bank.refresh(session, (one.event.text for one in messages), now)
        return await survey(session, messages, self._outside.rules, now)

    async def _run(self, messages: Sequence[Message], around: Surroundings | None, now: datetime) -> tuple[int, bool]:
        """Handle messages up to one after which the others might mean something else; how many, and if done."""
        try:
            if around is None:
                async with self._database.read() as session:
                    around = await self._look(session, messages, now)
            passed = self._plans(messages, around)
        except Exception as error:
            if unavailable(error):
                raise
            if len(messages) > 1:  # one that cannot be read stops nobody else
                return await self._run(messages[:1], None, now)
            with following(about(messages[0].inbox_id)):
                log.exception("event %s could not be read", messages[0].inbox_id)
            await self._failed(messages[0], error, now)
            return 0, False
        return len(passed), await self._carry_out(passed, around, now)

    def _plans(self, messages: Sequence[Message], around: Surroundings) -> list[Plan]:
        passed: list[Plan] = []
        stirred: set[int | None] = set()  # chats in which something was caused
        for message in messages:
            if stirred and not _apart(message, around, stirred):
                break
            began = perf_counter()
            plan = self._plan(message, around)
            self._spent[message.inbox_id] = perf_counter() - began
            passed.append(plan)
            if plan.nothing is None:
                if not _contained(plan, around):
                    break
                stirred.add(message.chat_id)
            if plan.nothing == Outcome.CHAT:
                remember(around, message)
        return passed

    def _plan(self, message: Message, around: Surroundings) -> Plan:
        event = message.event
        if self._called.fullmatch(event.text.strip()):  # by its name, and nothing else: 格格在吗
            event = replace(event, mentions_me=True, text="")
            message = replace(message, event=event)
        if event.kind == EventKind.MESSAGE and event.from_self and not around.unsettled:
            return Plan(message, nothing=Outcome.OWN)
        if event.kind != EventKind.MESSAGE or event.from_self:
            return Plan(message)
        where, speaker = around.where.get(message.chat_id or 0), around.speakers.get(message.contact_id or 0)
        if where is None or speaker is None:
            return Plan(message, nothing=Outcome.OTHER)
        speaker = departments.speaking(speaker, where)
        if message.area_id in around.located:
            where = replace(where, area=around.located[message.area_id])
        if event.type not in (MessageType.TEXT, MessageType.FORWARDED, MessageType.LINK):
            return outdoor_plan(message, where, speaker, around)
        text = self._addressed.sub(" ", event.text).strip()
        addressed = event.mentions_me or where.private or where.unbound or text != event.text.strip()
        if around.tickets and speaker.roles and not ENTERS.match(text):
            text = around.by_ours(text)
        plan = Plan(message, where, speaker, text)
        typed = f"我是 {text}" if where.private and BARE_CODE.fullmatch(fold(text).upper()) else text
        of_notice = (quoted := around.quoted(event)) is not None and quoted.letter == "N" and speaker.has(SENDERS)
        if orders := GRAMMAR.parse_all(typed, speaker, addressed=addressed or of_notice):
            return replace(plan, orders=orders)
        if where.unbound:
            return replace(plan, nothing=Outcome.OTHER)
        if around.alerts and (said := alerts.command_of(text, event.at, where, speaker, around.alerts)):
            return replace(plan, orders=GRAMMAR.parse_all(said, speaker, addressed=True))
        return self._read(plan, around, addressed)

    def _read(self, plan: Plan, around: Surroundings, addressed: bool) -> Plan:
        message, where, speaker = plan.message, plan.where, plan.speaker
        assert where and speaker
        lines = list(self._unaddressed(around.own_lines(message)))
        quoted = around.quoted(message.event)
        context = Context(
            now=message.event.at.astimezone(self._outside.zone),
            grid=where.area.code if where.area else None,
            gazetteer=self._names.gazetteer,
            taught=self._taught.taught,
            mentions_bot=addressed and not where.private,
            private=where.private,
            quoted=quoted,
            quoted_text=message.event.quote.text if message.event.quote else "",
            lines=tuple(line for _, line in lines),
            matters=around.matters(where, speaker.contact_id),
            merged=tuple(around.merged),
            question=around.question(where.chat_id, speaker, message.event),
        )
        overheard = Overhearing(plan.text, message.event.at, where, speaker, around, quoted, context.lines)
        began = perf_counter()
        found = read(plan.text, context)
        self._outside.watch.read(perf_counter() - began)
        reading = cases.in_confidence(overheard.meant(found), context.lines, private=where.private)
        sought = around.sought(where)
        reading = alerts.seen_by_name(reading, sought)
        reading = alerts.taken_in(reading, sought, speaker.contact_id)
        own = around.own_alerts(speaker.contact_id)
        told = () if own else around.clues.get((where.chat_id, speaker.contact_id), ())
        reading = alerts.told_more(reading, told, context)
        reading = alerts.heard_over(reading, own)
        reading = alerts.heeded(reading, around.ended_alerts(where, speaker.contact_id))
        reading = alerts.gone_again(reading, around.ended, speaker.contact_id)
        if reading.act == Act.NONE and self._told(plan, around):
            reading = reading._replace(text=plan.text, kind=Kind.QUESTION, joined=0)
            return replace(plan, reading=reading)
        receipt = around.receipt(message, plan.text)
        if receipt is not None and (quoted is not None or reading.act == Act.NONE):
            return replace(plan, receipt=receipt)
        if self._idle(reading, addressed) and not self._answers(plan, reading):
            if not (addressed or cases.ACCUSES.search(plan.text) or cases.MISCONDUCT.search(plan.text)):
                return replace(plan, nothing=Outcome.CHAT)
            reading = reading._replace(kind=Kind.CHAT)  # talk, unless it complains of somebody who holds a role
        used = tuple(inbox_id for inbox_id, line in lines if line.text in reading.text) if lines else ()
        return replace(plan, reading=reading, joined=used)

    def _unaddressed(self, lines: Iterable[tuple[int, Line]]) -> Iterator[tuple[int, Line]]:
        """What was said without whom it was said to: of a mere call of the bot nothing remains."""
        for inbox_id, line in lines:
            text = self._addressed.sub(" ", line.text).strip()
            if text and not self._called.fullmatch(line.text.strip()):
                yield inbox_id, replace(line, text=text)

    def _answers(self, plan: Plan, reading: Reading) -> bool:
        """Whether the bank answers beyond doubt what somebody asked the group."""
        area = plan.where.area if plan.where else None
        plain = reading.act == Act.NONE and reading.kind == Kind.QUESTION and area is not None
        return plain and area is not None and self._bank.sure(plan.text, area.path, unasked=True) is not None

    def _told(self, plan: Plan, around: Surroundings) -> bool:
        """Whether a notice that this group has got answers what somebody asks in it."""
        told = around.notices.get(plan.message.chat_id or 0, ())
        return bool(told) and notices.answer_in(told, plan.text, plan.message.event.at, self._outside.zone) is not None

    def _idle(self, reading: Reading, addressed: bool) -> bool:
        if reading.act != Act.NONE:
            return False
        if reading.kind == Kind.CHAT:
            return not addressed
        if reading.kind == Kind.QUESTION:
            return not addressed
        rules = self._outside.rules.reading
        bare = len(reading.text.strip()) <= BARE  # 低保: a word and no sentence; nobody is asked about it
        return reading.confidence < (rules.act_threshold if bare else rules.ask_threshold)

    async def _carry_out(self, plans: Sequence[Plan], around: Surroundings, now: datetime) -> bool:
        """Mark the plain ones done and run the others' handlers, in one transaction; each in its own if that fails."""
        plain = [plan for plan in plans if plan.nothing is not None]
        acting = [plan for plan in plans if plan.nothing is None]

        async def attempt() -> list[tuple[Plan, Turn]]:
            async with self._database.write() as session:
                claimed = await _claimed(session, plans)
                plain = [plan for plan in claimed if plan.nothing is not None]
                acting = [plan for plan in claimed if plan.nothing is None]
                turns = [await self._handle(session, plan, around, now) for plan in acting]
                acted = list(zip(acting, turns, strict=True))
                await leave_traces(session, turns)
                await _mark(session, plain, acted)
                await _count(session, plain, acted, self._outside)
                if acting:
                    await announce(session)
                return acted

        try:
            acted = await retrying(attempt)
        except Exception as error:
            if unavailable(error):
                raise
            if len(acting) > 1:
                parts = [plain, *([one] for one in acting)] if plain else [[one] for one in acting]
                return all([await self._carry_out(part, around, now) for part in parts])
            failed = (acting or plans)[-1].message
            with following(about(failed.inbox_id)):
                log.exception("event %s could not be handled", failed.inbox_id)
            await self._failed(failed, error, now)
            return False
        if acting:
            self._caused()
        self._tell(plain, acted)
        return True

    def _tell(self, plain: Sequence[Plan], acted: _Acted) -> None:
        watch, spent = self._outside.watch, self._spent
        for plan in plain:
            inbox_id = plan.message.inbox_id
            watch.handled(about(inbox_id), plan.nothing or Outcome.OTHER, "", spent.pop(inbox_id, 0.0))
        for plan, turn in acted:
            watch.handled(turn.about, turn.outcome, turn.ref, spent.pop(plan.message.inbox_id, 0.0), turn.queued)

    async def _handle(self, session: AsyncSession, plan: Plan, around: Surroundings, now: datetime) -> Turn:
        message = plan.message
        late = message.event.at < now - timedelta(minutes=self._outside.rules.backlog_minutes)
        turn = Turn(
            session=session,
            now=now,
            outside=self._outside,
            where=plan.where or around.where.get(message.chat_id or 0),
            speaker=plan.speaker or around.speakers.get(message.contact_id or 0),
            event=message.event,
            inbox_id=message.inbox_id,
            text=plan.reading.text if plan.reading else plan.text,
            quoted=around.quoted(message.event),
            reading=plan.reading,
            bank=self._bank,
            late=late,
            decided=message.decided,
            joined=plan.joined,
        )
        began = perf_counter()
        with following(turn.about):
            await self._choose(turn, plan, around)
        self._spent[message.inbox_id] = self._spent.get(message.inbox_id, 0.0) + perf_counter() - began
        return turn

    async def _choose(self, turn: Turn, plan: Plan, around: Surroundings) -> None:
        event = plan.message.event
        if event.kind != EventKind.MESSAGE:
            if handler := EVENTS.get(event.kind):
                await handler(turn)
        elif event.from_self:
            await settling.own_message(turn)
        elif plan.receipt is not None:
            await notices.received(turn, plan.receipt)
        elif plan.orders:
            for order in plan.orders:
                await obey(turn, order, around)
        elif turn.here.private and turn.here.area is None and await locating.located(turn):
            turn.outcome = Outcome.OTHER
        elif plan.reading and plan.reading.act in (Act.YES, Act.NO):
            await answer(turn, plan.reading.act == Act.YES, around)
        elif plan.reading:
            await react(turn, plan.reading)
        else:
            await outdoors.not_text(turn, around)

    async def _failed(self, message: Message, error: Exception, now: datetime) -> None:
        turn: Turn | None = None
        async with self._database.write() as session:
            row = await session.get(InboxEvent, message.inbox_id)
            if row is None or row.state != InboxState.NEW:
                return
            row.tries += 1
            row.error = f"{type(error).__name__}"[:200]
            if row.tries >= MAX_TRIES:
                row.state = InboxState.FAILED
                turn = Turn(session, now, self._outside, inbox_id=row.id)
                await outdoors.confess(turn, GIVEN_UP.format(row.id))
        if turn is not None:
            self._outside.watch.handled(turn.about, InboxState.FAILED, "", 0.0, turn.queued)
        self._caused()


_WORK = frozenset({Act.MORE, Act.CORRECT, Act.ASK, Act.FIXED, Act.NOT_FIXED, Act.RATE, Act.CLAIM})


def _contained(plan: Plan, around: Surroundings) -> bool:
    """Whether what a message causes concerns its own chat and the workers: a residents' case, or 收到."""
    if not _residents(plan.where) or plan.message.decided:
        return False
    if plan.receipt is not None:
        return True
    if plan.orders:
        return all(one.command.contained and _of_here(one.ref, plan, around) for one in plan.orders)
    if plan.reading is None or plan.reading.act == Act.NONE:
        return plan.reading is not None and plan.reading.kind in CASE_KINDS
    return plan.reading.act in _WORK and all(_of_here(one.ref, plan, around) for one in plan.reading.candidates)


def _of_here(ref: Ref | None, plan: Plan, around: Surroundings) -> bool:
    """Whether a reference is a case of the message's own chat that alarms nobody else."""
    if ref is None or ref.letter:
        return False
    cases = [one for one in around.cases.get(plan.message.chat_id or 0, ()) if not one.quiet]
    return any(one.id == ref.number and one.kind != Kind.EMERGENCY for one in cases)


def _apart(message: Message, around: Surroundings, stirred: Collection[int | None]) -> bool:
    """Whether a message means the same after what was caused in these chats."""
    if message.event.from_self:
        return not around.unsettled
    return message.chat_id not in stirred and _residents(around.where.get(message.chat_id or 0))


def _residents(where: Where | None) -> bool:
    return where is not None and where.room is not None and where.room.purpose == Purpose.RESIDENTS


def outdoor_plan(message: Message, where: Where, speaker: Speaker, around: Surroundings) -> Plan:
    """The plan for a message that is not text: it matters only beside an open matter, or addressed to the bot."""
    matters = outdoors.concerns(message, where, speaker, around)
    return Plan(message, where, speaker, nothing=None if matters else Outcome.CHAT)


_Acted = Sequence[tuple[Plan, Turn]]
"""What was carried out, with the turn that did it."""

_NEW = (
    select(*MESSAGE_COLUMNS)
    .where(
        col(InboxEvent.state) == InboxState.NEW,
        col(InboxEvent.account_id).in_(bindparam("accounts", expanding=True)),
    )
    .order_by(col(InboxEvent.id))
    .limit(BATCH)
)
_CLAIM = (
    select(col(InboxEvent.id))
    .where(col(InboxEvent.id).in_(bindparam("rows", expanding=True)), col(InboxEvent.state) == InboxState.NEW)
    .with_for_update(skip_locked=True)
)
_MARK = (
    update(InboxEvent)
    .where(col(InboxEvent.id) == bindparam("row"))
    .values(state=InboxState.DONE, outcome=bindparam("came_to"), ref=bindparam("matter"))
)
_PASS = (
    update(InboxEvent)
    .where(col(InboxEvent.id).in_(bindparam("rows", expanding=True)))
    .values(state=InboxState.DONE, outcome=bindparam("came_to"))
)


async def _claimed(session: AsyncSession, plans: Sequence[Plan]) -> Sequence[Plan]:
    """Those that nobody else works or has worked; on SQLite there is nobody else."""
    if dialect_of(session) == "sqlite":
        return plans
    ours = {row for (row,) in await run(session, _CLAIM, {"rows": [plan.message.inbox_id for plan in plans]})}
    return [plan for plan in plans if plan.message.inbox_id in ours]


async def _mark(session: AsyncSession, plain: Sequence[Plan], acted: _Acted) -> None:
    """Mark events done, each with what it came to."""
    by_outcome: dict[Outcome, list[int]] = defaultdict(list)
    for plan in plain:
        by_outcome[plan.nothing or Outcome.OTHER].append(plan.message.inbox_id)
    for outcome, ids in by_outcome.items():
        await run(session, _PASS, {"rows": ids, "came_to": outcome})
    marks = [
        {"row": inbox_id, "came_to": turn.outcome, "matter": turn.ref}
        for plan, turn in acted
        for inbox_id in (plan.message.inbox_id, *plan.joined)
    ]
    if marks:
        await run(session, _MARK, marks)


@cache
def _tally(dialect: str) -> Any:
    fresh = insert_into(dialect, DayCount)
    sums = {name: getattr(DayCount, name) + getattr(fresh.excluded, name) for name in ("messages", "matters")}
    return fresh.on_conflict_do_update(index_elements=["chat_id", "day"], set_=sums)


async def _count(session: AsyncSession, plain: Sequence[Plan], acted: _Acted, outside: Outside) -> None:
    """Add to the day's counts of each chat: all that remains of ordinary chat."""
    counts: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0])
    made = [(plan, turn.outcome == Outcome.MATTER) for plan, turn in acted]
    for plan, matter in (*((plan, False) for plan in plain), *made):
        if plan.where and plan.message.chat_id:
            count = counts[plan.message.chat_id, plan.message.event.at.astimezone(outside.zone).date()]
            count[0] += 1
            count[1] += matter
    if counts:
        rows = [
            {"chat_id": chat, "day": day, "messages": heard, "matters": matters}
            for (chat, day), (heard, matters) in counts.items()
        ]
        await run(session, _tally(dialect_of(session)), rows)
