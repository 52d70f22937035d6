"""Who is told of what the bot does: nobody (replay, tests), or the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.ports import Queued, Watch

log = logging.getLogger("gridbot.way")


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the gateway with a part of a delivery, and what became of it (a part's state)."""

    about: str
    delivery_id: int
    chat_id: int
    priority: int
    result: str
    seconds: float
    tries: int


class Watching(Watch):
    """What happens in `bot/`, beside what handlers tell. Here nobody listens."""

    def received(self, events: Sequence[tuple[int, int | None, str]]) -> None:
        """Events were stored: (inbox id, chat id, kind) of each that was not known already."""

    def called(self, call: Call) -> None:
        """The gateway has answered a send, or has not."""

    def cancelled(self, about: str, delivery_id: int, chat_id: int, why: str) -> None:
        """A part will not be sent after all."""

    def rate_limited(self) -> None:
        """The platform says that too much was sent."""

    def database_away(self) -> None:
        """Something had to be put off because the database could not be used."""


class Telling(Watching):
    """Writes one line for each step of a message's way: ids, states and times; no texts, no names, no phones."""

    def __init__(self, account: str) -> None:
        self._account = account

    def received(self, events: Sequence[tuple[int, int | None, str]]) -> None:
        """`received in=7 chat=3 kind=message`."""
        for inbox_id, chat_id, kind in events:
            _tell("received", f"in={inbox_id}", chat=chat_id, kind=kind)

    def handled(self, about: str, outcome: str, ref: str, seconds: float, queued: Sequence[Queued] = ()) -> None:
        """`handled in=7 outcome=matter ref=M3 ms=12.5`, and a line for each post that it caused."""
        _tell("handled", about, outcome=outcome, ref=ref or None, ms=_ms(seconds))
        _tell_queued(about, queued)

    def done_due(self, about: str, kind: str, seconds: float, queued: Sequence[Queued] = ()) -> None:
        """`due due=wipe:chat kind=wipe ms=3.1`, and a line for each post that it caused."""
        _tell("due", about, kind=kind, ms=_ms(seconds))
        _tell_queued(about, queued)

    def called(self, call: Call) -> None:
        """`sent in=7 delivery=9 chat=4 account=A result=sent ms=80.2 tries=1`."""
        _tell(
            "sent",
            call.about,
            delivery=call.delivery_id,
            chat=call.chat_id,
            account=self._account,
            result=call.result,
            ms=_ms(call.seconds),
            tries=call.tries,
        )

    def cancelled(self, about: str, delivery_id: int, chat_id: int, why: str) -> None:
        """`cancelled in=7 delivery=9 chat=4 why=群已静默`."""
        _tell("cancelled", about, delivery=delivery_id, chat=chat_id, why=why)


def _tell_queued(about: str, queued: Sequence[Queued]) -> None:
    for post in queued:
        _tell("queued", about, post=post.post_id, ref=post.ref, sort=post.sort, chats=post.chats)


def _tell(event: str, about: str, **fields: Any) -> None:
    if log.isEnabledFor(logging.INFO):
        known = {name: value for name, value in fields.items() if value is not None}
        log.info(event, extra={"about": about, "fields": known})


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
