"""How alerts went: when who heard, who was found, and whether every group that was alerted was cleared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.agenda import AuditEntry
from storage.areas import Area, Chat, Room, below
from storage.matters import ALERT_OPEN, Alert, AlertState, Sighting
from storage.outbox import REACHED, UNDER_WAY, Delivery, DeliveryPart, Post, PostPart, Sort

TAKEN_BACK = (AlertState.FALSE, AlertState.WITHDRAWN)
AT_ONCE = 500
"""Alerts looked at in one query: SQLite takes only so many parameters."""


@dataclass(frozen=True, slots=True)
class Course:
    """One alert: its dates, and the rooms in which its words and its end were, or perhaps were, received.

    `heard` are the instants at which rooms of the alert's own town got the card (those of a wider circle were not
    meant to have it earlier), `waiting` the rooms to which an end is on its way.
    """

    number: int
    state: str
    began: datetime
    confirmed: datetime | None
    ended: datetime | None
    heard: tuple[datetime, ...] = ()
    sighted: datetime | None = None
    alerted: frozenset[int] = frozenset()
    cleared: frozenset[int] = frozenset()
    waiting: frozenset[int] = frozenset()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state not in ALERT_OPEN

    @property
    def uneven(self) -> frozenset[int]:
        """Rooms (chat ids) of an ended alert that heard of it and not of its end, or of an end and not of it."""
        return (self.alerted ^ self.cleared) - self.waiting if self.over else frozenset()

    def minutes(self, until: datetime | None) -> float | None:
        """Minutes from the first word to an instant."""
        return None if until is None else max(0.0, (until - self.began).total_seconds() / 60)

    def reached(self, share: float) -> datetime | None:
        """When this share of the rooms that got the card had it."""
        if not self.heard:
            return None
        return sorted(self.heard)[max(1, -int(-len(self.heard) * share // 1)) - 1]


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes that something took: the middle one of `count` alerts, and the longest."""

    middle: float
    longest: float
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The alerts of an area and a time together. `steps` is by name; a step that no alert came to is missing."""

    states: dict[str, int]
    steps: dict[str, Span]
    alerted: int
    cleared: int
    uneven: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many were reported."""
        return sum(self.states.values())

    @property
    def found(self) -> int:
        """How many were found."""
        return self.states.get(AlertState.FOUND, 0)

    @property
    def true(self) -> int:
        """How many were sought: false and withdrawn reports do not count."""
        return self.total - sum(self.states.get(state, 0) for state in TAKEN_BACK)


STEPS = ("confirmed", "half", "all", "sighted", "found")


def figures(courses: Collection[Course]) -> Figures:
    """All of these alerts in figures."""
    states: dict[str, int] = defaultdict(int)
    spans: dict[str, list[float]] = defaultdict(list)
    for one in courses:
        states[one.state] += 1
        for name, at in _steps(one):
            if (took := one.minutes(at)) is not None:
                spans[name].append(took)
    ended = [one for one in courses if one.over]
    return Figures(
        states=dict(states),
        steps={name: Span(median(spans[name]), max(spans[name]), len(spans[name])) for name in STEPS if spans[name]},
        alerted=sum(len(one.alerted) for one in ended),
        cleared=sum(len(one.cleared) for one in ended),
        uneven=tuple(one.number for one in courses if one.uneven),
    )


def _steps(one: Course) -> Iterable[tuple[str, datetime | None]]:
    found = one.ended if one.state == AlertState.FOUND else None
    return zip(STEPS, (one.confirmed, one.reached(0.5), one.reached(1), one.sighted, found), strict=True)


async def courses(
    session: AsyncSession,
    path: str,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    town_level: int = 1,
) -> list[Course]:
    """The alerts reported at or below an area, from `since` up to (not including) `until`, by number.

    `town_level`: the depth of a town in the tree of areas.
    """
    query = select(Alert).join(Area, col(Alert.area_id) == col(Area.id)).where(below(path)).order_by(col(Alert.id))
    if since is not None:
        query = query.where(col(Alert.created_at) >= since)
    if until is not None:
        query = query.where(col(Alert.created_at) < until)
    alerts = list((await session.scalars(query)).all())
    found: list[Course] = []
    for start in range(0, len(alerts), AT_ONCE):
        found += await _courses(session, alerts[start : start + AT_ONCE], town_level)
    return found


async def _courses(session: AsyncSession, alerts: Collection[Alert], town_level: int) -> list[Course]:
    ids = [one.id for one in alerts]
    first = (
        select(col(Sighting.alert_id), func.min(col(Sighting.at)))
        .where(col(Sighting.alert_id).in_(ids))
        .group_by(col(Sighting.alert_id))
    )
    sighted = dict((await session.execute(first)).all())
    rooms = {sort: await _rooms(session, alerts, sort) for sort in (Sort.ALERT, Sort.END)}
    cards = await _cards(session, alerts, town_level)
    made = []
    for one in alerts:
        told, ends = rooms[Sort.ALERT][f"M{one.id}"], rooms[Sort.END][f"M{one.id}"]
        made.append(
            Course(
                number=one.id or 0,
                state=one.state,
                began=one.created_at,
                confirmed=one.confirmed_at,
                ended=one.ended_at,
                heard=tuple(cards[one.id or 0]),
                sighted=sighted.get(one.id or 0),
                alerted=frozenset(chat for chat, state in told.items() if state == "had"),
                cleared=frozenset(chat for chat, state in ends.items() if state == "had"),
                waiting=frozenset(chat for chat, state in ends.items() if state == "waits"),
            )
        )
    return made


def _texts(*what: Any) -> Select[Any]:
    """Texts that went, or are on their way, to rooms."""
    return (
        select(*what)
        .join(Delivery, col(Delivery.post_id) == col(Post.id))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == DeliveryPart.number))
        .where(PostPart.kind == "text", col(Chat.room_id).is_not(None))
    )


async def _rooms(session: AsyncSession, alerts: Collection[Alert], sort: Sort) -> dict[str, dict[int, str]]:
    """For each alert, the rooms that had a text of one sort (`had`), or to which one is on its way (`waits`)."""
    query = _texts(col(Post.ref), col(Delivery.chat_id), col(DeliveryPart.state), col(DeliveryPart.doubtful)).where(
        col(Post.ref).in_([f"M{one.id}" for one in alerts]),
        Post.sort == sort,
        or_(col(DeliveryPart.state).in_((*REACHED, *UNDER_WAY)), col(DeliveryPart.doubtful)),
    )
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for ref, chat_id, state, doubtful in await session.execute(query):
        had = doubtful or state in REACHED
        if had or chat_id not in found[ref]:
            found[ref][chat_id] = "had" if had else "waits"
    return found


async def _cards(session: AsyncSession, alerts: Collection[Alert], town_level: int) -> dict[int, list[datetime]]:
    """For each alert, when its town's rooms got the card; a room whose text has several parts counts with its last."""
    towns = await _towns(session, alerts, town_level)
    query = (
        _texts(col(Post.id), col(Area.path), func.max(col(DeliveryPart.tried_at)))
        .join(Room, col(Chat.room_id) == col(Room.id))
        .join(Area, col(Room.area_id) == col(Area.id))
        .where(col(Post.id).in_(towns), col(DeliveryPart.state).in_(REACHED))
        .group_by(col(Post.id), col(Delivery.chat_id), col(Area.path))
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for post_id, path, at in await session.execute(query):
        number, town = towns[post_id]
        if at is not None and path.startswith(town):
            found[number].append(at)
    return found


LATER_CARD = "alert.card"
"""The trace of a card that was written anew for the groups that came in later; its fields are the post's id."""


async def later_cards(session: AsyncSession, refs: Collection[str]) -> dict[str, list[int]]:
    """By alert, the posts with cards that were written anew, the newest last."""
    query = select(col(AuditEntry.ref), col(AuditEntry.fields)).where(
        col(AuditEntry.ref).in_(refs), AuditEntry.action == LATER_CARD
    )
    found: dict[str, list[int]] = defaultdict(list)
    for ref, post_id in await session.execute(query.order_by(col(AuditEntry.id))):
        found[ref].append(int(post_id))
    return found


async def _towns(session: AsyncSession, alerts: Collection[Alert], town_level: int) -> dict[int, tuple[int, str]]:
    """Post id of the card -> the alert's number and the path of its town."""
    paths = select(col(Alert.id), col(Alert.post_id), col(Area.path)).join(Area, col(Alert.area_id) == col(Area.id))
    rows = await session.execute(paths.where(col(Alert.id).in_([one.id for one in alerts])))
    later = await later_cards(session, [f"M{one.id}" for one in alerts])
    found: dict[int, tuple[int, str]] = {}
    for number, post_id, path in rows.all():
        if post_id:
            town = "/".join(path.split("/")[: town_level + 2]) + "/"
            found |= dict.fromkeys([post_id, *later.get(f"M{number}", ())], (number, town))
    return found
