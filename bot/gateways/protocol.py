"""The small protocol that every chat system is turned into, and the three ways a call can go wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from handlers.ports import Capabilities, Event

Sink = Callable[[Event], Awaitable[None]]
"""Takes one event; returns once it is stored, so a gateway may acknowledge it afterwards."""


class GatewayState(StrEnum):
    """How a gateway stands; `text` is what `check` shows."""

    STARTING = "starting"
    SCAN = "scan needed"
    ONLINE = "online"
    SILENT = "silent"  # connected, but nothing has been heard for longer than the config says
    BLOCKED = "blocked"  # the platform refuses this account
    GONE = "gone"  # no connection


class GatewayError(Exception):
    """A call that did not do what it should."""


class Unreachable(GatewayError):
    """The call did not get out: nothing was sent, it may be tried again."""


class Refused(GatewayError):
    """The platform refused the call for good (not a member, blocked, not a friend). Nothing was sent."""


class RateLimited(Refused):
    """The platform says that too much was sent; the account must pause."""


class NotSupported(GatewayError):
    """This chat system cannot do it."""


class Unknown(GatewayError):
    """The deadline passed or the connection broke in the middle: it may have been sent or not."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: a room, or a person in private, by the chat system's own id."""

    room: str | None = None
    person: str | None = None


class Gateway(Protocol):
    """A chat system as one of our accounts sees it.

    Calls raise only `GatewayError`s and keep their own deadlines.
    """

    name: str
    capabilities: Capabilities

    @property
    def state(self) -> GatewayState:
        """How it stands now."""

    @property
    def scan_code(self) -> str | None:
        """What must be scanned to log in, while the state is `SCAN`."""

    async def run(self, sink: Sink) -> None:
        """Connect, stay connected (reconnecting with growing delays), and hand events to `sink` until cancelled."""

    async def send_text(self, to: Address, text: str, mentions: Sequence[str] = ()) -> str | None:
        """Send `text`; `mentions` are external ids of people. The message's id, or None where none is given."""

    async def send_picture(self, to: Address, data: bytes, name: str) -> str | None:
        """Send a PNG or JPEG; `name` is its file name. The message's id, or None."""

    async def recall(self, to: Address, message_id: str) -> None:
        """Take back a message of ours."""

    async def fetch_picture(self, handle: str) -> bytes:
        """The bytes behind an event's picture handle; at most `MAX_PICTURE`, else `Refused`."""

    async def accept_invitation(self, subject: str) -> None:
        """Join the group that an `invited` event named."""

    async def accept_friend(self, subject: str) -> None:
        """Become friends with the sender of a `friend-request` event."""


MAX_PICTURE = 10 * 1024 * 1024
"""Bytes of an incoming picture that are read at most."""
