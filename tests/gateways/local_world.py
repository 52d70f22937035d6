"""The local chat as a world for the contract tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.gateways.local import BOT, Draft, LocalChat, LocalGateway, LocalPerson, LocalRoom, NotThere, private_chat
from handlers.ports import MAX_TEXT, Location, MessageType
from tests.gateways.world import Got

JOIN_SECONDS = 0.5
"""How long `invite` waits for the bot to join, so that a test may also accept by hand afterwards."""


class LocalWorld:
    """People and rooms of a local chat."""

    def __init__(self, chat: LocalChat, rooms: Sequence[str], people: Sequence[str]) -> None:
        self.chat = chat
        self.gateway = LocalGateway(chat)
        self.rooms = list(rooms)
        self.people = list(people)

    async def say(
        self,
        room: str | None,
        person: str,
        text: str,
        *,
        mention_bot: bool = False,
        quote: str | None = None,
        type: str = "text",
        picture: bytes | None = None,
    ) -> str:
        """`person` writes into `room` (None: privately to the bot); the message's id."""
        kind = MessageType.PICTURE if picture is not None else MessageType(type)
        draft = Draft(
            text="" if kind in (MessageType.PICTURE, MessageType.LOCATION) else text[:MAX_TEXT],
            type=kind,
            mentions=(BOT,) if mention_bot else (),
            quote=await self.chat.internal(quote) if quote else None,
            picture=picture,
            location=Location(31.2304, 121.4737, text) if kind is MessageType.LOCATION else None,
            seconds=5 if kind is MessageType.VOICE else None,
        )
        message = await self.chat.say(person, room or private_chat(person), draft)
        return await self.chat.external(message.n)

    async def recall(self, room: str | None, person: str, message_id: str) -> None:
        """`person` takes a message back."""
        await self.chat.recall(person, await self.chat.internal(message_id))

    async def invite(self, person: str) -> str:
        """`person` invites the bot into a new room; the room's id."""
        joined = asyncio.Event()
        room = ""

        def look(change: object) -> None:
            if getattr(change, "chat", "") == room and BOT in getattr(change, "people", ()):
                joined.set()

        stop = self.chat.watch(look)
        try:
            room = await self.chat.found_group(person, "新来的群")
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(joined.wait(), JOIN_SECONDS)
        finally:
            stop()
        return room

    async def befriend(self, person: str) -> None:
        """`person` asks the bot to be friends."""
        await self.chat.befriend(person)

    async def received(self, room: str | None, person: str | None = None) -> list[Got]:
        """What the bot sent to a room, or to a person in private, in order."""
        got = []
        for message in await self.chat.said_by_bot(room, person):
            picture = None
            if message.picture:
                with suppress(NotThere):
                    picture = await self.chat.picture(message.picture)
            message_id = await self.chat.external(message.n)
            got.append(Got(message.text, message.mentions, picture, message_id, message.recalled))
        return got

    async def go_away(self) -> None:
        """The chat system drops the connection."""
        self.gateway.disconnect()

    async def come_back(self) -> None:
        """The chat system is there again."""
        self.gateway.reconnect()


@asynccontextmanager
async def local_world(path: Path, rooms: int = 3, people: int = 4) -> AsyncIterator[LocalWorld]:
    """A chat file at `path` with everybody in every room."""
    persons = [LocalPerson(f"p{n}", f"居民{n}") for n in range(1, people + 1)]
    groups = [LocalRoom(f"r{n}", f"第{n}网格群", tuple(p.key for p in persons)) for n in range(1, rooms + 1)]
    async with LocalChat(path) as chat:
        await chat.populate(groups, persons)
        yield LocalWorld(chat, [room.key for room in groups], [person.key for person in persons])
