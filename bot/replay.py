"""Plays a chat log through the whole bot on a virtual clock and a database of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import col

from bot.gateways.protocol import MAX_PICTURE, Address, GatewayState, NotSupported, Refused, Sink
from bot.machine import Machine, VirtualClock, make_pacer, open_account, pace_of
from bot.pacing import PaceRules
from bot.town import Town, import_town, resolve_at
from bot.town.answers import fill_bank
from handlers.ports import (
    MAX_TEXT,
    TOKEN_LETTERS,
    Capabilities,
    Event,
    EventKind,
    Location,
    MessageType,
    Quote,
    Rules,
)
from handlers.quiet_hours import QuietHours
from storage.areas import Mode
from storage.engine import Database
from storage.outbox import Delivery, DeliveryPart, Post

PRIVATE = "@"
MAX_LINE = 2_000_000


Word = TypeVar("Word", EventKind, MessageType)


class BadLine(Exception):
    """A line of the log that cannot be played; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Input:
    """One line of the log."""

    id: str
    at: datetime
    person: str
    room: str | None
    text: str
    image: Path | None = None
    quote: str | None = None
    event: EventKind = EventKind.MESSAGE
    type: MessageType = MessageType.TEXT
    location: Location | None = None


@dataclass(slots=True)
class Output:
    """One message as a chat got it."""

    at: datetime
    room: str
    text: str
    mentions: tuple[str, ...]
    message_id: str
    ref: str = ""
    image: str | None = None

    def line(self, rules: Rules) -> dict[str, Any]:
        """As it is written."""
        from zoneinfo import ZoneInfo

        return {
            "at": self.at.astimezone(ZoneInfo(rules.timezone)).isoformat(),
            "room": self.room,
            "text": self.text,
            "mentions": list(self.mentions),
            "ref": self.ref,
            "image": self.image,
        }


class ReplayGateway:
    """Takes what the bot sends and keeps it; can what the local gateway can."""

    name = "replay"
    capabilities = Capabilities(can_recall=True, can_message_strangers=True, paced=False)
    state = GatewayState.ONLINE
    scan_code = None

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.sent: list[Output] = []
        self.pictures: dict[str, Path] = {}

    async def run(self, sink: Sink) -> None:
        """Events come from the log, not from here."""

    async def send_text(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str:
        """Keep a text."""
        return self._keep(Output(self._clock.now(), _shown(to), text, tuple(mentions), self._next_id()))

    async def send_picture(self, to: Address, data: bytes, name: str) -> str:
        """Keep a picture's hash."""
        output = Output(self._clock.now(), _shown(to), "", (), self._next_id(), image=sha256(data).hexdigest())
        return self._keep(output)

    def _next_id(self) -> str:
        return f"out-{len(self.sent) + 1}"

    def _keep(self, output: Output) -> str:
        self.sent.append(output)
        return output.message_id

    async def recall(self, to: Address, message_id: str) -> None:
        """Mark as taken back."""
        for output in self.sent:
            if output.message_id == message_id:
                output.text = "（已撤回）"

    async def fetch_picture(self, handle: str) -> bytes:
        """The file beside the log."""
        path = self.pictures.get(handle)
        if path is None or not path.is_file() or path.stat().st_size > MAX_PICTURE:
            raise Refused("没有这张图片，或太大")
        return path.read_bytes()

    async def accept_invitation(self, subject: str) -> None:
        """There is no one to accept."""
        raise NotSupported("replay")

    async def accept_friend(self, subject: str) -> None:
        """Everybody is a friend already."""


def _shown(to: Address) -> str:
    return to.room if to.room else f"{PRIVATE}{to.person}"


def read_log(lines: Iterable[str], folder: Path, start: datetime) -> list[Input]:
    """The log's lines in order of time; BadLine names the first that cannot be read.

    The same line may stand there twice, as a chat system may deliver twice; the same id with something else may not.
    """
    inputs: dict[str, Input] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = _input(_plain(line), folder, start, number)
            if inputs.setdefault(one.id, one) != one:
                raise ValueError(f"id {one.id[:60]} 重复")
        except (ValueError, KeyError) as error:
            reason = f"缺少 {error}" if isinstance(error, KeyError) else str(error)
            raise BadLine(f"第 {number} 行：{reason}") from error
    return sorted(inputs.values(), key=lambda one: one.at)  # stable: lines of one instant keep their order


def _plain(line: str) -> dict[str, Any]:
    """A line's JSON object; ValueError with a sentence for anything else."""
    if len(line) > MAX_LINE:
        raise ValueError("这一行太长")
    try:
        plain = json.loads(line)
        json.dumps(plain, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("有半个字符，写不出来") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("不是 JSON") from error
    if not isinstance(plain, dict):
        raise ValueError('应像 {"id": …, "at": …, "from": …, "room": …, "text": …}')
    return plain


def _input(plain: dict[str, Any], folder: Path, start: datetime, number: int) -> Input:
    room = str(plain.get("room", PRIVATE))
    image = plain.get("image")
    at = resolve_at(str(plain["at"]), start).astimezone(UTC)
    event = _word(EventKind, plain, "event", EventKind.MESSAGE)
    kind = _word(MessageType, plain, "type", MessageType.PICTURE if image else MessageType.TEXT)
    location = _location(plain["location"]) if plain.get("location") else None
    return Input(
        id=str(plain.get("id", f"line-{number}")),
        at=at,
        person=str(plain["from"]),
        room=None if room == PRIVATE else room,
        text=str(plain.get("text", ""))[:MAX_TEXT],
        image=_beside(folder, str(image)) if image else None,
        quote=str(plain["quote"]) if plain.get("quote") else None,
        event=event,
        type=MessageType.LOCATION if location else kind,
        location=location,
    )


def _word(words: type[Word], plain: dict[str, Any], name: str, default: Word) -> Word:
    try:
        return words(plain.get(name, default))
    except ValueError:
        raise ValueError(f"不认识的 {name}：{str(plain[name])[:40]}") from None


def _location(value: Any) -> Location:
    try:
        place = Location(**value)
        fits = abs(float(place.latitude)) <= 90 and abs(float(place.longitude)) <= 180
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits or not all(isinstance(word, str) for word in (place.name, place.address)):
        raise ValueError('location 应像 {"latitude": 30.1, "longitude": 114.2, "name": "老粮站"}')
    return place


def _beside(folder: Path, name: str) -> Path:
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError) as error:
        raise ValueError(f"图片 {name[:60]!r} 打不开") from error
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"图片 {name[:60]} 不在日志旁边")
    return path


def check_names(inputs: Iterable[Input], town: Town) -> None:
    """BadLine for a room or a person of whom the town knows nothing."""
    rooms, people = {room.key for room in town.rooms}, {person.key for person in town.people}
    for one in inputs:
        if one.room is not None and one.room not in rooms:
            raise BadLine(f"{_which(one)}：rooms 里没有群 {one.room[:60]}")
        if one.person not in people:
            raise BadLine(f"{_which(one)}：people 里没有 {one.person[:60]}")


def _which(one: Input) -> str:
    """How a message names the line it is about."""
    return f"id 为 {one.id[:60]} 的一行"


class Replay:
    """One run of the bot on a log: `put_in(town)`, `start()`, `play(inputs)`, `finish(until)`, each awaited."""

    def __init__(
        self, database: Database, rules: Rules, start: datetime, *, seed: int = 0, gateway_name: str = "replay"
    ):
        self.database = database
        self.rules = rules
        self.clock = VirtualClock(start)
        self.gateway = ReplayGateway(self.clock)
        self._random = random.Random(seed)
        self._account_name = gateway_name
        self._inputs: dict[str, Input] = {}
        self._refs_known = 0
        self._due: datetime | None = None
        self.machine: Machine

    async def put_in(self, town: Town, bank: Path | None = None) -> None:
        """Open the database and put the town in; rooms count as bound, their mode by column, else 正式.

        `bank` is the file of its question bank. TownFaults if there is a fault in that.
        """
        await self.database.open()
        account_id = await open_account(self.database, self._account_name, self._account_name)
        async with self.database.write() as session:
            await import_town(
                session,
                town,
                self.rules,
                now=self.clock.now(),
                account_id=account_id,
                start_mode=Mode.FULL,
                rng=self._random,
            )
            if bank is not None:
                await fill_bank(session, bank, self.rules, self.clock.now())

    async def start(self, pace: PaceRules | None = None) -> None:
        """Open the database and begin, with the town that was put in."""
        await self.database.open()
        account_id = await open_account(self.database, self._account_name, self._account_name)
        if pace is not None:
            pace = pace.model_copy(update={"slow_start_days": 0})  # the account of a log is no new one
        quiet = QuietHours.of(self.rules)
        pacer = await make_pacer(self.database, account_id, pace, self._random, self.clock.now(), quiet)
        self.machine = Machine(
            self.database,
            self.gateway,
            account_id,
            self.rules,
            self.clock,
            pacer=pacer,
            pace=pace_of(pace, quiet),
            token=lambda: "".join(self._random.choice(TOKEN_LETTERS) for _ in range(8)),
        )
        await self.machine.recover()
        self._due = await self.machine.settle(self.clock.now())

    async def play(self, inputs: Sequence[Input], progress: Callable[[], None] = lambda: None) -> None:
        """Play lines in order, doing what falls due between them."""
        for one in inputs:
            await self._advance(one.at)
            await self._names_of_posts()
            self._inputs[one.id] = one
            self.clock.moment = max(self.clock.moment, one.at)
            await self.machine.inbox.store([self.event(one)])
            self._due = await self.machine.settle(self.clock.now())
            progress()

    def look_again(self) -> None:
        """Something was put in from outside: see to it at once."""
        self._due = self.clock.now()

    async def finish(self, until: datetime) -> list[Output]:
        """Do what is due before `until`; everything that was sent."""
        await self._advance(until)
        await self._names_of_posts()
        return self.gateway.sent

    async def _advance(self, to: datetime) -> None:
        """Let time pass up to (not including) an instant, stopping wherever something is due."""
        while self._due is not None and self._due < to:
            self.clock.moment = max(self.clock.moment, self._due)
            self._due = await self.machine.settle(self.clock.now())

    async def _names_of_posts(self) -> None:
        """Give the outputs their refs, by which later lines may quote them."""
        fresh = [one for one in self.gateway.sent if not one.ref]
        if not fresh:
            return
        query = (
            select(col(DeliveryPart.external_id), col(Post.ref), col(Post.seq))
            .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
            .join(Post, col(Delivery.post_id) == col(Post.id))
            .where(col(DeliveryPart.external_id).in_([one.message_id for one in fresh]))
        )
        async with self.database.read() as session:
            refs = {external: f"{ref}.{seq}" for external, ref, seq in await session.execute(query)}
        for one in fresh:
            one.ref = refs.get(one.message_id, "")

    def event(self, one: Input) -> Event:
        """The event that a gateway would have made of a line."""
        if one.image is not None:
            self.gateway.pictures[one.id] = one.image
        about = one.quote if one.event != EventKind.MESSAGE else None
        return Event(
            id=one.id,
            kind=one.event,
            at=one.at,
            room=one.room,
            sender=one.person,
            type=one.type,
            text=one.text,
            mentions_me=f"@{self.rules.bot_name}" in one.text,
            quote=self._quote(one) if about is None and one.quote else None,
            picture=one.id if one.image is not None else None,
            location=one.location,
            subject=about or (one.text if one.event != EventKind.MESSAGE else ""),
        )

    def _quote(self, one: Input) -> Quote:
        """A line of the log by its id, or a post of ours by its ref in this chat."""
        assert one.quote is not None
        if one.quote in self._inputs:
            said = self._inputs[one.quote]
            return Quote(said.id, said.text, said.person)
        here = one.room or f"{PRIVATE}{one.person}"
        for output in self.gateway.sent:
            if output.ref == one.quote and output.room == here:
                return Quote(output.message_id, output.text)
        raise BadLine(f"{_which(one)}：没有可引用的 {one.quote}")


def default_until(inputs: Sequence[Input]) -> datetime:
    """An hour after the last line."""
    return inputs[-1].at + timedelta(hours=1)
