"""The local chat system: groups, people and messages in a SQLite file of its own, shared by the page and the bot."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from bot.gateways.local import directory, reading, saying
from bot.gateways.local.pictures import CleanPicture, checked_picture, clean_picture
from bot.gateways.local.records import (
    BOT,
    Change,
    ChatSummary,
    Draft,
    LocalPerson,
    LocalRoom,
    Message,
    NotThere,
    private_chat,
)
from bot.gateways.local.schema import connect
from bot.gateways.local.unit import Unit, transaction
from handlers.ports import Event, load_event

P = ParamSpec("P")
T = TypeVar("T")
Watcher = Callable[[Change], None]


class LocalChat:
    """A small WeChat on this machine.

    All SQL runs on one thread, each call one transaction; what is returned is on the disk. Use it as
    `async with LocalChat(path) as chat`, or call `close` at the end. Calls raise `ChatError` with a Chinese
    sentence when something cannot be done, and have then changed nothing.
    """

    def __init__(
        self, path: Path | str, *, bot_name: str = "格格", now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = Path(path)
        self.bot_name = bot_name
        self._now = now
        self._thread = ThreadPoolExecutor(1, "local-chat")
        self._db: sqlite3.Connection | None = None
        self._file = ""
        self._closed = False
        self._poster: CleanPicture | None = None
        self._watchers: list[Watcher] = []
        self._bot_news = asyncio.Event()

    async def __aenter__(self) -> LocalChat:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Open the file, so that a wrong path is seen at once; other calls would do it too."""
        await self._run(lambda unit: None)

    async def close(self) -> None:
        """Finish what is under way and close the file; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with each change once it is on the disk; the returned function ends that."""
        self._watchers.append(watcher)

        def stop() -> None:
            with suppress(ValueError):
                self._watchers.remove(watcher)

        return stop

    # People and groups

    async def populate(self, rooms: Sequence[LocalRoom], people: Sequence[LocalPerson]) -> None:
        """Bring people and groups in; again and again is fine. `ValueError` names a wrong key."""
        await self._run(directory.populate, rooms, people)

    async def people(self, chat: str | None = None) -> list[LocalPerson]:
        """Everybody (the bot first), or the members of one chat."""
        return await self._run(reading.people_of, chat)

    async def person(self, key: str) -> LocalPerson:
        """One person; `NotThere` for a stranger."""
        return await self._run(reading.person_at, key)

    async def members(self, person: str, chat: str) -> list[LocalPerson]:
        """The members of a chat as one of them sees them."""

        def look(unit: Unit) -> list[LocalPerson]:
            reading.membership(unit, person, chat)
            return reading.people_of(unit, chat)

        return await self._run(look)

    async def found_group(self, founder: str, name: str, people: Iterable[str] = (), invite_bot: bool = True) -> str:
        """Make a group; the bot joins when it accepts the invitation. The group's id."""
        return await self._run(directory.found_group, founder, name, list(people), invite_bot)

    async def add_to_group(self, inviter: str, room: str, people: Iterable[str]) -> None:
        """Bring people into a group, or invite the bot."""
        await self._run(directory.add_to_group, inviter, room, list(people))

    async def leave_group(self, person: str, room: str, by: str | None = None) -> None:
        """Leave a group; with `by`, that member takes the bot out."""
        await self._run(directory.leave_group, person, room, by)

    async def rename_group(self, person: str, room: str, name: str) -> None:
        """Give a group another name."""
        await self._run(directory.rename_group, person, room, name)

    async def open_private(self, person: str, other: str = BOT) -> str:
        """The private chat of two people. Its id."""
        return await self._run(directory.open_private, person, other)

    async def befriend(self, person: str) -> str:
        """Send the bot a friend request. Its id."""
        return await self._run(directory.befriend, person)

    async def accept(self, kind: str, request: str) -> None:
        """The bot accepts an `invite` or a `friend` request."""
        await self._run(directory.accept, kind, request)

    # Messages

    async def say(self, sender: str, chat: str, draft: Draft) -> Message:
        """Put a message into a chat (`private_chat(person)` is a person's chat with the bot)."""
        picture = await self._picture(sender, draft.picture) if draft.picture is not None else None
        return await self._run(saying.say, sender, chat, draft, picture)

    async def recall(self, person: str, n: int) -> Message:
        """Take one's own message back within two minutes."""
        return await self._run(saying.recall, person, n)

    async def mark_read(self, person: str, chat: str, n: int) -> None:
        """All up to `n` is read."""
        await self._run(saying.mark_read, person, chat, n)

    async def chats_of(self, person: str) -> list[ChatSummary]:
        """Somebody's chats, the liveliest first, with last line and unread marks."""
        return await self._run(reading.chats_of, person)

    async def history(
        self, person: str, chat: str, *, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> list[Message]:
        """A page of messages, oldest first: the last ones, those before, or those after a number."""

        def look(unit: Unit) -> list[Message]:
            return reading.history(unit, person, chat, before=before, after=after, limit=limit)

        return await self._run(look)

    async def said_by_bot(self, room: str | None, person: str | None = None) -> list[Message]:
        """What the bot has said in a room, or to a person in private."""
        return await self._run(reading.said_by, BOT, room or private_chat(person or ""))

    async def rooms(self) -> frozenset[str]:
        """The ids of all groups."""
        rows = "SELECT id FROM chats WHERE kind = 'room'"
        return await self._run(lambda unit: frozenset(row["id"] for row in unit.all(rows)))

    async def messages(self) -> int:
        """How many messages there are at all."""
        return await self._run(lambda unit: int(unit.all("SELECT COUNT(*) FROM messages")[0][0]))

    async def marked(self, prefix: str) -> frozenset[str]:
        """The marks (`client`) of messages that begin with a prefix."""

        def look(unit: Unit) -> frozenset[str]:
            rows = unit.all("SELECT client FROM messages WHERE substr(client, 1, ?) = ?", len(prefix), prefix)
            return frozenset(row["client"] for row in rows)

        return await self._run(look)

    async def picture(self, handle: str, *, thumb: bool = False) -> bytes:
        """A picture that was sent; `NotThere` for an unknown one, or one that was taken back."""

        def look(unit: Unit) -> bytes:
            row = unit.one(
                f"SELECT p.{'thumb' if thumb else 'data'} AS bytes FROM pictures p JOIN messages m ON m.picture = p.id "
                "WHERE p.id = ? AND m.recalled = 0",
                handle,
            )
            if row is None:
                raise NotThere("图片不存在或已撤回。")
            return bytes(row["bytes"])

        return await self._run(look)

    # The bot's side

    async def external(self, n: int) -> str:
        """The id by which the bot knows message number `n`."""
        return await self._run(lambda unit: unit.external(n))

    async def internal(self, message_id: str) -> int:
        """The number of the message that the bot knows by this id; `NotThere` if there is none."""

        def look(unit: Unit) -> int:
            n = unit.internal(message_id)
            if n is None or unit.one("SELECT 1 FROM messages WHERE n = ?", n) is None:
                raise NotThere("没有这条消息。")
            return n

        return await self._run(look)

    async def waiting_events(self, limit: int = 200) -> list[tuple[int, Event]]:
        """The oldest events that the bot has not acknowledged, with their places in the line."""

        def look(unit: Unit) -> list[tuple[int, Event]]:
            rows = unit.all("SELECT seq, body FROM events ORDER BY seq LIMIT ?", limit)
            return [(row["seq"], load_event(row["body"])) for row in rows]

        self._bot_news.clear()
        return await self._run(look)

    async def acknowledge(self, seq: int) -> None:
        """Events up to `seq` are stored on the bot's side and need not come again."""
        await self._run(lambda unit: unit.db.execute("DELETE FROM events WHERE seq <= ?", (seq,)).close())

    async def bot_news(self) -> None:
        """Wait until an event is there that `waiting_events` has not returned yet."""
        await self._bot_news.wait()

    # How a call gets to the file

    async def _picture(self, sender: str, data: bytes) -> CleanPicture:
        if sender != BOT:
            return await asyncio.to_thread(clean_picture, data)
        if self._poster is None or self._poster.data != data:  # a fan-out sends one picture to every group
            self._poster = await asyncio.to_thread(checked_picture, data)
        return self._poster

    async def _run(self, work: Callable[Concatenate[Unit, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()

        def transact() -> T:
            unit = self._unit()
            with transaction(unit.db, unit):
                result = work(unit, *args, **kwargs)
            # Handed over from here, so that a caller who is cancelled meanwhile silences nobody.
            if unit.changes or unit.told_bot:
                loop.call_soon_threadsafe(self._publish, unit)
            return result

        return await loop.run_in_executor(self._thread, transact)

    def _unit(self) -> Unit:
        if self._db is None:
            self._db = connect(self.path)
            self._file = self._db.execute("SELECT value FROM meta WHERE key = 'file'").fetchone()[0]
            first = Unit(self._db, self._file, self.bot_name, self._now())
            with transaction(self._db, first):
                directory.put_bot(first)
        return Unit(self._db, self._file, self.bot_name, self._now())

    def _publish(self, unit: Unit) -> None:
        if unit.told_bot:
            self._bot_news.set()
        for change in unit.changes:
            for watcher in list(self._watchers):
                watcher(change)

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
