"""What the chats really got against what the table says of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from storage.areas import Chat, RoomBinding
from storage.inbox import InboxEvent, InboxState
from storage.matters import Alert, Case, Notice
from storage.outbox import REPEATED, Delivery, DeliveryPart, PartState, Post, PostPart, Sort
from storage.people import ContactBinding
from tests.faults.people import People
from tests.faults.stage import Broken, Stage, folded

AT_MOST = 12
"""Differences told one by one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One text on its way to one chat, as the table has it."""

    id: int
    ref: str
    sort: str
    state: str
    doubtful: bool
    text: str
    chat: str

    @property
    def range(self) -> tuple[int, int]:
        """How often at least and at most the chat has got it."""
        before = int(self.doubtful)
        if self.state == PartState.SENT:
            return 1, 1 + before
        if self.state in (PartState.SENDING, PartState.UNKNOWN):
            return 0, 1 + before
        return 0, before

    @property
    def perhaps(self) -> bool:
        """Whether nobody can say for certain that the chat has got it, or has not."""
        return self.state == PartState.UNKNOWN or self.doubtful


async def compare(stage: Stage, *, whole: bool = False) -> dict[str, int]:
    """Broken if a chat got what it should not have, or not what it should; how many parts are in which state.

    `whole`: nothing is on its way any more, and nothing may be in the record that the table does not know.
    """
    await stage.read_record()
    parts = [Part(*row) for row in await stage.rows(_PARTS)]
    found = _counts(parts, stage.record) + _doubts(parts, stage)
    if whole:
        known = {(part.chat, folded(part.text)) for part in parts}
        found += [
            f"{chat} got what nobody ordered: {text[:60]}" for chat, text in stage.record if (chat, text) not in known
        ]
        found += _ends(parts, stage.record)
    if found:
        raise Broken(_first(found))
    return Counter(part.state for part in parts)


def _first(found: list[str]) -> list[str]:
    more = len(found) - AT_MOST
    return found[:AT_MOST] + ([f"and {more} more"] if more > 0 else [])


def _counts(parts: list[Part], record: Counter[tuple[str, str]]) -> list[str]:
    """Each text in each chat: as often as its parts allow."""
    together: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in parts:
        together[part.chat, folded(part.text)].append(part)
    found = []
    for key, those in together.items():
        low, high = sum(part.range[0] for part in those), sum(part.range[1] for part in those)
        if not low <= record[key] <= high:
            states = ", ".join(f"part {p.id} {p.sort} {p.state}{' doubtful' * p.doubtful}" for p in those)
            found.append(
                f"{key[0]} got {record[key]} times, not {low} to {high}, {those[0].ref} ({states}): {key[1][:40]}"
            )
    return found


def _doubts(parts: list[Part], stage: Stage) -> list[str]:
    """At most one unknown delivery for each fault; what is not repeated is never doubtful."""
    found = [f"part {p.id} of sort {p.sort} was repeated" for p in parts if p.doubtful and p.sort not in REPEATED]
    unknown = sum(part.perhaps for part in parts)
    sending = sum(part.state == PartState.SENDING for part in parts)
    if unknown + sending > stage.in_doubt:
        found.append(f"{unknown} deliveries are unknown and {sending} on their way after {stage.in_doubt} faults")
    return found


def _ends(parts: list[Part], record: Counter[tuple[str, str]]) -> list[str]:
    """An alert's end goes to exactly those that had it, or perhaps had it."""
    had: dict[tuple[str, str], list[Part]] = defaultdict(list)
    over: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in parts:
        if part.ref.startswith("M") and part.sort in (Sort.ALERT, Sort.END):
            (had if part.sort == Sort.ALERT else over)[part.chat, part.ref].append(part)
    ended = {ref for _, ref in over}
    found = []
    for key in had.keys() | over.keys():
        if key[1] not in ended:
            continue
        got = any(record[key[0], folded(part.text)] for part in had[key])
        cleared = any(part.state not in (PartState.CANCELLED, PartState.FAILED) for part in over[key])
        refused = any(part.state == PartState.FAILED for part in over[key])
        may = any(part.state == PartState.SENT or part.perhaps for part in had[key])
        if got and not (cleared or refused):
            found.append(f"{key[0]} got {key[1]} and not its end")
        if cleared and not may:
            found.append(f"{key[0]} got the end of {key[1]} and never had it")
    return found


async def compare_matters(stage: Stage, people: People) -> None:
    """Nothing is being read: every message is stored, and done; each case, alert and notice was made once."""
    found = [f"{one.id} is not stored: {one.text}" for one in await people.missing()]
    given_up = select(col(InboxEvent.id), col(InboxEvent.error)).where(InboxEvent.state == InboxState.FAILED)
    found += [f"event {number} was given up: {error}" for number, error in await stage.rows(given_up)]
    for what, column, wanted in (
        ("case", Case.text, people.cases),
        ("alert", Alert.name, people.alerts),
        ("notice", Notice.text, people.notices),
    ):
        made = dict(await stage.rows(select(col(column), func.count()).group_by(col(column))))
        found += [f"{made.get(one, 0)} of {what} {one}" for one in wanted if made.get(one, 0) != 1]
        found += [f"a {what} that nobody told of: {one}" for one in made if one not in set(wanted)]
    if found:
        raise Broken(_first(found))


def _parts() -> Any:
    chat = func.coalesce(col(RoomBinding.external_id), col(ContactBinding.external_id))
    return (
        select(
            col(DeliveryPart.id),
            col(Post.ref),
            col(Post.sort),
            col(DeliveryPart.state),
            col(DeliveryPart.doubtful),
            col(PostPart.text),
            chat,
        )
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == DeliveryPart.number))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .outerjoin(RoomBinding, col(RoomBinding.chat_id) == col(Chat.id))
        .outerjoin(ContactBinding, col(ContactBinding.contact_id) == col(Chat.contact_id))
        .where(col(PostPart.kind) == "text")
        .order_by(col(DeliveryPart.id))
    )


_PARTS = _parts()
