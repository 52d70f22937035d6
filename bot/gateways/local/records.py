"""What the local chat system is made of: people, groups, messages, and what it tells those who watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from handlers.ports import Location, MessageType

BOT = "gege"
"""The bot's own id in the local chat; no person may have it."""

MAX_SAID = 16_000
"""Characters of one bubble, as WeChat has it."""

MAX_NAME = 60
"""Characters of a person's or a group's name."""

MAX_GROUP = 500
"""People in one group, as WeChat has it."""

RECALL_WITHIN = timedelta(minutes=2)
"""How long a message can be taken back."""


class ChatError(Exception):
    """What was asked cannot be done; the text is a Chinese sentence for the person who asked."""

    status = 400


class NotAllowed(ChatError):
    """The person may not do this here."""

    status = 403


class NotThere(ChatError):
    """There is no such person, group or message."""

    status = 404


@dataclass(frozen=True, slots=True)
class LocalPerson:
    """A person to be. `role` groups people in the switch (居民, 网格员, ...), `title` says more in a few words."""

    key: str
    name: str
    role: str = "居民"
    title: str = ""


@dataclass(frozen=True, slots=True)
class LocalRoom:
    """A group. `members` are keys of people; the bot is a member unless `with_bot` is false."""

    key: str
    name: str
    members: tuple[str, ...] = ()
    with_bot: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to say. `client` makes a repeated request count once; `quote` is a message number."""

    text: str = ""
    type: MessageType = MessageType.TEXT
    mentions: tuple[str, ...] = ()
    quote: int | None = None
    picture: bytes | None = None
    location: Location | None = None
    seconds: int | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """The quoted message as it was said; without text once that was taken back."""

    n: int
    sender: str | None
    sender_name: str
    text: str
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands in a chat. `n` orders all messages of the file; `sender` is None for a system line."""

    n: int
    chat: str
    sender: str | None
    sender_name: str
    at: datetime
    type: MessageType
    text: str
    mentions: tuple[str, ...] = ()
    quote: Quoted | None = None
    picture: str | None = None
    size: tuple[int, int] | None = None
    location: Location | None = None
    seconds: int | None = None
    client: str | None = None
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """A line of somebody's list of chats.

    `other` is the other person of a private chat, `seen` the number up to which this person has read.
    """

    id: str
    kind: Literal["room", "private"]
    name: str
    members: int
    unread: int
    mentioned: bool
    last: Message | None
    other: str | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Something that `people` should see at once."""

    kind: Literal["message", "recalled", "chats", "read"]
    chat: str
    people: frozenset[str] = field(default_factory=frozenset)
    message: Message | None = None
    n: int = 0


def private_chat(person: str, other: str = BOT) -> str:
    """The id of the private chat of two people; `@<key>` is a person's chat with the bot."""
    if BOT in (person, other):
        return f"@{person if other == BOT else other}"
    first, second = sorted((person, other))
    return f"@{first}@{second}"
