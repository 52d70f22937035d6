"""Matters with a number: cases, alerts, strays and notices, with what happened to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, UniqueConstraint, literal_column, text
from sqlmodel import Field, SQLModel, col

from storage.columns import optional_time, time_field


class CaseState(StrEnum):
    """How far a case is; which move leads where stands in `handlers.cases.machine`."""

    REPORTED = "reported"
    ASSIGNED = "assigned"  # somebody was named for it and has not taken it yet
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    REFERRED = "referred"  # departments were called, the first of them coordinates
    REOPENED = "reopened"
    DONE = "done"
    CONFIRMED = "confirmed"  # done, and the reporter says that it is good
    CLOSED = "closed"  # done, and nobody said anything
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    MISREAD = "misread"


CASE_UNTAKEN = (CaseState.REPORTED, CaseState.ASSIGNED)
CASE_WORKED = (
    CaseState.ACCEPTED,
    CaseState.IN_PROGRESS,
    CaseState.WAITING,
    CaseState.REFERRED,
    CaseState.REOPENED,
)
CASE_OPEN = (*CASE_UNTAKEN, *CASE_WORKED)
CASE_SOLVED = (CaseState.DONE, CaseState.CONFIRMED, CaseState.CLOSED)
CASE_NOT_TAKEN_UP = (CaseState.MERGED, CaseState.WITHDRAWN, CaseState.REFUSED, CaseState.MISREAD)
"""Cases that came in and are nothing to be done, or nothing of their own."""
CASE_ENDED = (CaseState.CONFIRMED, CaseState.CLOSED, *CASE_NOT_TAKEN_UP)

_OPEN = ", ".join(f"'{state}'" for state in CASE_OPEN)


class CaseSource(StrEnum):
    """How a case came in."""

    CHAT = "chat"
    RELAYED = "relayed"
    HOTLINE = "hotline"
    TRANSFERRED = "transferred"
    PROACTIVE = "proactive"
    OPEN311 = "open311"


CASE_OUTSIDE = (CaseSource.HOTLINE, CaseSource.TRANSFERRED)
"""Sources that gave the case a number of their own."""


class Case(SQLModel, table=True):
    """事项: a request, complaint, suggestion or emergency.

    `quiet` keeps it out of every group (disputes, complaints about workers); `shown` says that the group
    of origin has heard of it. Its limits are `answer_due_at` (somebody takes it) and `due_at` (it is done). One that
    climbed the ladder is answered for at `raised_id`; one that went into another has `merged_id`, one taken out of
    another `split_id`. `department` has it in hand, empty for the grid's own staff. `relayed_for` names who
    asked where that is not the reporter, `outside_number` is its number in the system that it came from. `stars` (1
    to 5) is how it was rated. What the figures need of its past: `answered_late`, whether who took it first did so
    past its limit (None: nobody took it yet); `beyond`, whether it was ever raised or referred.
    """

    __table_args__ = (
        Index("ix_case_area", "area_id", "state"),
        Index("ix_case_owner", "owner_id", "state"),
        Index("ix_case_chat", "chat_id", "state", "updated_at"),
        Index("ix_case_reporter", "reporter_id", "state", "updated_at"),
        # Of few cases; on PostgreSQL too, by the migration.
        Index("ix_case_danger", "kind", "updated_at", sqlite_where=text("kind = 'emergency'")),
        Index("ix_case_quiet", "reporter_id", sqlite_where=text("quiet")),
        Index("ix_case_lately", "area_id", "created_at"),
        # Of those that have one; on PostgreSQL too, by the migration: to say so here would load its dialect.
        Index("ix_case_outside", "outside_number", unique=True, sqlite_where=text("outside_number <> ''")),
        Index("ix_case_open", "state", sqlite_where=text(f"state IN ({_OPEN})")),
        Index("ix_case_created", "created_at"),
        Index("ix_case_done", "done_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    category: str
    state: str = Field(default=CaseState.REPORTED)
    area_id: int = Field(foreign_key="area.id")
    chat_id: int = Field(foreign_key="chat.id")
    reporter_id: int = Field(foreign_key="contact.id")
    owner_id: int | None = Field(default=None, foreign_key="contact.id")
    text: str
    place: str = ""
    phone: str = ""
    urgent: bool = False
    quiet: bool = False
    about_worker: bool = False
    shown: bool = False
    confidence: float = 1.0
    created_at: datetime = time_field()
    updated_at: datetime = time_field()
    taken_at: datetime | None = optional_time()
    done_at: datetime | None = optional_time()
    ended_at: datetime | None = optional_time()
    due_at: datetime | None = optional_time()
    satisfied: bool | None = None
    stars: int | None = None
    reopened: int = 0
    note: str = ""
    source: str = Field(default=CaseSource.CHAT)
    outside_number: str = ""
    relayed_for: str = ""
    raised_id: int | None = Field(default=None, foreign_key="area.id")
    merged_id: int | None = Field(default=None, foreign_key="case.id", index=True)
    split_id: int | None = Field(default=None, foreign_key="case.id")
    answer_due_at: datetime | None = optional_time()
    waits_until: datetime | None = optional_time()
    extended: int = 0
    department: str = ""
    answered_late: bool | None = None
    beyond: bool = False


def is_open() -> ColumnElement[bool]:
    """The open cases, by the index of those that are: it wants their states written out."""
    return col(Case.state).in_([literal_column(f"'{state}'") for state in CASE_OPEN])


def numbered_outside(numbers: Collection[str]) -> ColumnElement[bool]:
    """The cases with one of these numbers in the system that they came from, by the index of those that have one."""
    return (col(Case.outside_number) != literal_column("''")) & col(Case.outside_number).in_(numbers)


class CaseStep(SQLModel, table=True):
    """One thing that happened to a case; `public` words were posted in the group of origin."""

    __table_args__ = (Index("ix_casestep_actor", "actor_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    at: datetime = time_field()
    actor_id: int | None = Field(default=None, foreign_key="contact.id")
    action: str
    state: str
    text: str = ""
    public: bool = True


class Shows(StrEnum):
    """What a photo of a case shows."""

    REPORT = "report"  # from who reported it
    SITE = "site"  # with a step before the end
    RESULT = "result"
    AGREEMENT = "agreement"  # that ended a quarrel


class CasePicture(SQLModel, table=True):
    """A photo that belongs to a case; `step_id` is the step with which it came."""

    case_id: int = Field(foreign_key="case.id", primary_key=True)
    picture_id: int = Field(foreign_key="picture.id", primary_key=True, index=True)
    shows: str = Field(default=Shows.AGREEMENT)
    step_id: int | None = Field(default=None, foreign_key="casestep.id")


class CaseFollower(SQLModel, table=True):
    """Somebody who has the same trouble and is told how it goes; `via_id`: who came with a case that went into it.

    `told_at`: when they heard that they were noted.
    """

    __table_args__ = (
        Index("ix_casefollower_chat", "chat_id", "at"),
        Index("ix_casefollower_contact", "contact_id", "at"),
    )

    case_id: int = Field(foreign_key="case.id", primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", primary_key=True)
    chat_id: int = Field(foreign_key="chat.id")
    at: datetime = time_field()
    via_id: int | None = Field(default=None, foreign_key="case.id")
    told_at: datetime | None = optional_time()


class CaseCall(SQLModel, table=True):
    """A department (or a mediator, who is one `contact_id`) was asked to come: 吹哨, 转办, 请三老.

    It reports in until `due_at`, or gives the case back at `returned_at`; what was called together has one `called_at`.
    """

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    department: str
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    called_by: int = Field(foreign_key="contact.id")
    called_at: datetime = time_field()
    due_at: datetime = time_field()
    reported_at: datetime | None = optional_time()
    reported_by: int | None = Field(default=None, foreign_key="contact.id")
    returned_at: datetime | None = optional_time()


class AlertState(StrEnum):
    """How far an alert is."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    FOUND = "found"
    WITHDRAWN = "withdrawn"
    FALSE = "false"
    DIED = "died"
    MERGED = "merged"  # it lives on as another one


ALERT_OPEN = (AlertState.UNCONFIRMED, AlertState.CONFIRMED)


class Alert(SQLModel, table=True):
    """寻人 `M3`: a missing person. Facts are as `handlers.understanding.Fields` gives them.

    Its circle is `scope_id` (the town, later the district) and the areas `beyond` that (ids, separated by spaces);
    it grows by itself while it is `widening`. A report of the same person that went into another one has `merged_id`.
    """

    __table_args__ = (
        Index("ix_alert_area", "area_id", "state"),
        Index("ix_alert_chat", "chat_id", "state"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    state: str = Field(default=AlertState.UNCONFIRMED, index=True)
    area_id: int = Field(foreign_key="area.id")
    scope_id: int | None = Field(default=None, foreign_key="area.id")
    beyond: str = ""
    widening: bool = True
    chat_id: int = Field(foreign_key="chat.id")
    reporter_id: int = Field(foreign_key="contact.id", index=True)
    text: str
    forwarded: bool = False
    name: str = ""
    sex: str = ""
    age: float | None = None
    age_precision: str = ""
    height_cm: int | None = None
    build: str = ""
    clothes: str = ""
    features: str = ""
    health: str = ""
    transport: str = ""
    direction: str = ""
    has_phone: bool | None = None
    place: str = ""
    seen_at: datetime | None = optional_time()
    seen_precision: str = ""
    phone: str = ""
    contact_name: str = ""
    share_phone: bool = True
    picture_id: int | None = Field(default=None, foreign_key="picture.id")
    created_at: datetime = time_field()
    updated_at: datetime = time_field()
    confirmed_at: datetime | None = optional_time()
    confirmed_by: int | None = Field(default=None, foreign_key="contact.id")
    police_told_at: datetime | None = optional_time()
    stands_until: datetime | None = optional_time()  # what the card says; then family and worker are asked
    ended_at: datetime | None = optional_time()
    ended_by: int | None = Field(default=None, foreign_key="contact.id")
    end_note: str = ""
    asked: int = 0
    post_id: int | None = Field(default=None, foreign_key="post.id")  # the card that went to all rooms
    merged_id: int | None = Field(default=None, foreign_key="alert.id", index=True)
    via_id: int | None = None  # the report with which it came into the one it is merged into
    brought: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # the facts it changed there: before, after
    changed: str = ""  # facts that changed since people were last told, separated by spaces
    wiped: bool = False

    @property
    def circle(self) -> list[int]:
        """The ids of the areas whose groups are to have the card; none before it is confirmed."""
        return [self.scope_id, *map(int, self.beyond.split())] if self.scope_id else []

    def covers(self, path: str | None) -> bool:
        """Whether the area with this path lies within the circle."""
        return path is not None and any(f"/{one}/" in path for one in self.circle)


class AlertSource(SQLModel, table=True):
    """A record of another system by which an alert came, or was changed; `key` is its id there, `at` its own date."""

    key: str = Field(primary_key=True)
    alert_id: int = Field(foreign_key="alert.id", index=True)
    at: datetime = time_field()


class Sighting(SQLModel, table=True):
    """线索: somebody may have seen the missing person."""

    __table_args__ = (
        Index("ix_sighting_writer", "contact_id", "chat_id", "at"),
        # Of those that have one; on PostgreSQL too, by the migration.
        Index("ix_sighting_picture", "picture_id", sqlite_where=text("picture_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alert.id", index=True)
    contact_id: int = Field(foreign_key="contact.id")
    chat_id: int = Field(foreign_key="chat.id")
    at: datetime = time_field()
    text: str
    place: str = ""
    seen_at: datetime | None = optional_time()
    direction: str = ""
    agrees: str = ""  # facts in which it fits the person who is sought, separated by spaces
    differs: str = ""  # facts in which it does not
    picture_id: int | None = Field(default=None, foreign_key="picture.id")
    via_id: int | None = None  # the report that it was about, before that was merged into its alert


class Stray(SQLModel, table=True):
    """待认领 `F2`: someone found whose family is unknown.

    `post_id` is the question 谁家老人 that went to the town's groups at `asked_at`; an admin (`photo_by`) may let the
    photo go along.
    """

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    state: str = "open"  # open, matched, closed
    area_id: int = Field(foreign_key="area.id")
    chat_id: int = Field(foreign_key="chat.id")
    reporter_id: int = Field(foreign_key="contact.id")
    text: str
    sex: str = ""
    age: float | None = None
    clothes: str = ""
    place: str = ""
    picture_id: int | None = Field(default=None, foreign_key="picture.id")
    alert_id: int | None = Field(default=None, foreign_key="alert.id")
    via_id: int | None = None  # the report that it was matched with, before that was merged into its alert
    post_id: int | None = Field(default=None, foreign_key="post.id")
    asked_at: datetime | None = optional_time()
    photo_by: int | None = Field(default=None, foreign_key="contact.id")
    created_at: datetime = time_field()
    ended_at: datetime | None = optional_time()


class NoticeState(StrEnum):
    """How far a notice is."""

    DRAFT = "draft"
    PLANNED = "planned"
    SENT = "sent"
    STOPPED = "stopped"
    RECALLED = "recalled"
    DROPPED = "dropped"


NOTICE_OUT = (NoticeState.SENT, NoticeState.STOPPED, NoticeState.RECALLED)
"""States of a notice that some groups may have."""


class Notice(SQLModel, table=True):
    """通知 `N5`: words of an admin for the groups or the people of an area.

    `audience` says which, as `handlers.notices.audience` writes it; empty: all residents' groups of `area_id`.
    One that is to go later has `plan_at`, in its sender's words `plan_words`. One that corrects another
    (`corrects_id`) goes where that one went.
    """

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    state: str = Field(default=NoticeState.DRAFT)
    area_id: int = Field(foreign_key="area.id")
    sender_id: int = Field(foreign_key="contact.id", index=True)
    chat_id: int = Field(foreign_key="chat.id")
    text: str
    audience: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    plan_at: datetime | None = optional_time()
    plan_words: str = ""
    receipt: bool = False
    corrects_id: int | None = None
    post_id: int | None = Field(default=None, foreign_key="post.id")
    created_at: datetime = time_field()
    sent_at: datetime | None = optional_time()
    ended_at: datetime | None = optional_time()


class NoticePicture(SQLModel, table=True):
    """A picture that goes out with a notice."""

    notice_id: int = Field(foreign_key="notice.id", primary_key=True)
    picture_id: int = Field(foreign_key="picture.id", primary_key=True)


class NoticeReceipt(SQLModel, table=True):
    """Somebody said that they have read a notice; the chat is where they did."""

    notice_id: int = Field(foreign_key="notice.id", primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", primary_key=True)
    chat_id: int = Field(foreign_key="chat.id")
    at: datetime = time_field()


class NoticeTemplate(SQLModel, table=True):
    """模板: words kept for notices that come again, for an area and those below it."""

    __table_args__ = (UniqueConstraint("area_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    area_id: int = Field(foreign_key="area.id")
    name: str
    text: str
    by_id: int = Field(foreign_key="contact.id")
    at: datetime = time_field()
