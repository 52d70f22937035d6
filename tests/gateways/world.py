"""What a contract test needs from a chat system beyond the gateway: people who act and rooms that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.gateways.protocol import Gateway


@dataclass(frozen=True, slots=True)
class Got:
    """One message of ours as a room or person really received it."""

    text: str = ""
    mentions: tuple[str, ...] = ()
    picture: bytes | None = None
    message_id: str | None = None
    recalled: bool = False


class World(Protocol):
    """A chat system under test with rooms and people in it; ids are the system's own."""

    gateway: Gateway
    rooms: Sequence[str]
    people: Sequence[str]

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

    async def recall(self, room: str | None, person: str, message_id: str) -> None:
        """`person` takes a message back."""

    async def invite(self, person: str) -> str:
        """`person` invites the bot into a new room; the room's id once it is a member."""

    async def befriend(self, person: str) -> None:
        """`person` asks the bot to be friends."""

    async def received(self, room: str | None, person: str | None = None) -> list[Got]:
        """What the bot sent to a room, or to a person in private, in order."""

    async def go_away(self) -> None:
        """The chat system drops the connection."""

    async def come_back(self) -> None:
        """The chat system is there again."""
