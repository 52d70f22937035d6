"""The frozen types that reading takes and gives. Nothing here touches a database."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from handlers.understanding.gazetteer import Gazetteer
    from handlers.understanding.taught import Taught


class Kind(StrEnum):
    """What a message is about, from its text alone."""

    MISSING = "missing"
    SIGHTING = "sighting"
    FOUND = "found"
    STRAY = "stray"
    EMERGENCY = "emergency"
    REQUEST = "request"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    QUESTION = "question"
    CHAT = "chat"


TROUBLES = frozenset({Kind.REQUEST, Kind.COMPLAINT})
"""Something is amiss or wanted: what most cases are."""
OF_PERSONS = frozenset({Kind.MISSING, Kind.SIGHTING, Kind.FOUND, Kind.STRAY})
"""Somebody is away, or found."""


class Act(StrEnum):
    """What a message does to a matter that is already open."""

    NONE = "none"
    MORE = "more"
    CORRECT = "correct"
    SAME = "same"
    ASK = "ask"
    FIXED = "fixed"
    NOT_FIXED = "not_fixed"
    RATE = "rate"
    CLAIM = "claim"
    WITHDRAW = "withdraw"
    HUSH = "hush"
    YES = "yes"
    NO = "no"


class Precision(StrEnum):
    """How exactly a time is known."""

    EXACT = "exact"
    HOUR = "hour"
    PART_OF_DAY = "part_of_day"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Ref:
    """A matter's number as people see it: `Ref("M", 3)` is M3, `Ref("", 12)` is case 12."""

    letter: str
    number: int

    def __str__(self) -> str:
        return f"{self.letter}{self.number}"


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An open matter of the room, as far as a reading may need it to tell what a line refers to.

    `mine` says that the writer reported it, `shared` that they have the same trouble, `tended` that they look after
    such matters; `at` is the time of the last line about it (aware).
    """

    ref: Ref
    at: datetime
    mine: bool = False
    shared: bool = False
    tended: bool = False
    category: str | None = None
    place: str | None = None
    name: str | None = None
    sex: str | None = None
    age: float | None = None
    clothes: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class PendingQuestion:
    """What the bot last asked this writer in this chat, not yet answered nor expired.

    `kind` is one of: confirm, place, name, phone, photo, which_matter, rate, why, found, recall, area.
    """

    kind: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One of the writer's own lines of the last minutes that caused nothing (oldest first)."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """What dispatch knows when a message is read. `now` is the message's own time, in the area's zone.

    `gazetteer` and `taught` are the town's own: its places, and what its workers taught the reader.
    """

    now: datetime
    grid: str | None = None
    gazetteer: Gazetteer | None = None
    taught: Taught | None = None
    mentions_bot: bool = False
    private: bool = False
    quoted: Ref | None = None
    quoted_text: str = ""
    lines: tuple[Line, ...] = ()
    matters: tuple[OpenMatter, ...] = ()
    merged: tuple[Ref, ...] = ()
    question: PendingQuestion | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A matter that an act may concern, with how sure that is (0..1) and what pointed to it.

    `by` is one of: number, quote, question, writer, place.
    """

    ref: Ref
    confidence: float
    by: str


@dataclass(frozen=True, slots=True)
class Fields:
    """What was read out of a message; None where the message does not say.

    `sex` is 男 or 女; `age` in years; `height_cm` in centimetres; `seen_at` aware, with `seen_precision`
    a `Precision`; `phone` digits as dialled; `forwarded` is True for an appeal passed on from elsewhere.
    """

    name: str | None = None
    sex: str | None = None
    age: float | None = None
    age_precision: str | None = None
    height_cm: int | None = None
    build: str | None = None
    clothes: str | None = None
    features: str | None = None
    health: str | None = None
    transport: str | None = None
    direction: str | None = None
    has_phone: bool | None = None
    place: str | None = None
    building: str | None = None
    unit: str | None = None
    room: str | None = None
    seen_at: datetime | None = None
    seen_precision: Precision | None = None
    duration: str | None = None
    phone: str | None = None
    contact_name: str | None = None
    plate: str | None = None
    forwarded: bool | None = None

    def present(self) -> dict[str, Any]:
        """The fields that are known, by name; times stay datetimes."""
        return {name: value for name in _NAMES if (value := getattr(self, name)) is not None}


_NAMES = tuple(f.name for f in fields(Fields))
NO_FIELDS = Fields()


@dataclass(frozen=True, slots=True)
class Doing:
    """An act with its confidence, the matters it may concern (in the order to try) and what it adds."""

    act: Act = Act.NONE
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    satisfied: bool | None = None
    fields: Fields | None = None


NONE = Doing()


class Reading(NamedTuple):
    """What a message means; a tuple, because one is made for every line of chat.

    `confidence` (0..1) is that of `kind`.
    `joined` counts the writer's earlier lines that were read together with this one; `text` then holds all
    of them. For `found` and `sighting`, `candidates` are the open alerts that fit. Where a message tells of several
    troubles, `also` holds the others, each with its own `text`.
    """

    text: str
    kind: Kind
    confidence: float
    category: str | None = None
    urgent: bool = False
    fields: Fields = NO_FIELDS
    act: Act = Act.NONE
    act_confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    satisfied: bool | None = None
    about_worker: bool = False
    joined: int = 0
    also: tuple[Reading, ...] = ()
