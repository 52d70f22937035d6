"""What is public of an alert: what a worker vouched for, as the groups read it; after the end nothing of the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import case, select
from sqlmodel import col

from handlers.alerts import describing, texts
from handlers.alerts.reaching import here, vouched
from handlers.clipping import hide_identity_numbers
from handlers.turn import Turn
from storage.agenda import AuditEntry
from storage.areas import Area
from storage.inbox import Picture
from storage.matters import Alert, AlertSource, AlertState

STANDS = timedelta(hours=24)
"""How long a public word stands. CAP 1.2 wants an end (`expires`) that its reader can rely on; while the search goes
on the word is renewed at half of it, so that there always is one that stands."""

MOST = 100
"""Alerts that are listed."""


class Step(StrEnum):
    """What a public word does: begins the search (again), changes or renews what was said, ends it."""

    FIRST = "first"
    CHANGE = "change"
    END = "end"


_STEPS = {
    "alert.confirm": Step.FIRST,
    "alert.reopen": Step.FIRST,
    "alert.facts": Step.CHANGE,
    **{f"alert.{state}": Step.END for state in AlertState},
}
"""What each trace of an alert does in public; others (who was asked, clues) do nothing."""


@dataclass(frozen=True, slots=True)
class Word:
    """One public word: `id` is unique among all alerts and never changes; `state` is set where it ends the search."""

    id: str
    at: datetime
    step: Step
    state: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What the groups read of somebody who is sought. `phone` is empty where it may not be shown."""

    name: str
    nameless: str
    sex: str
    age: float | None
    about: bool
    who: str
    looks: tuple[str, ...]
    description: str
    place: str
    seen_at: datetime | None
    facts: tuple[tuple[str, str], ...]
    phone: str
    contact_name: str
    police: str
    advice: str
    verified: str
    sure: bool
    picture_id: int | None


@dataclass(frozen=True, slots=True)
class Public:
    """An alert as anybody may know it.

    `words` are in order; the last is what stands now, until `stands_until`. After `kept_until` nothing of it may be
    kept; then (`gone`) only its number and how it ended are left. `card` is None once the search is over. One that is
    `foreign` came from another system, which alone gives out records of it (PFIF 1.4, 2): else two that import from
    each other would have it twice.
    """

    number: int
    state: AlertState
    area: str
    words: tuple[Word, ...]
    stands_until: datetime
    kept_until: datetime
    gone: bool
    foreign: bool
    card: Card | None

    @property
    def now(self) -> Word:
        """What stands now."""
        return self.words[-1]

    @property
    def title(self) -> str:
        """`寻人 M3：还在找`."""
        return f"寻人 M{self.number}：{texts.STATE_NAMES[self.state]}"

    @property
    def replaced(self) -> tuple[Word, ...]:
        """Earlier words of this search that still stood when the last one took their place."""
        if self.now.step is Step.FIRST:
            return ()
        begun = max(index for index, word in enumerate(self.words) if word.step is Step.FIRST)
        return tuple(word for word in self.words[begun:-1] if word.at + STANDS > self.now.at)


async def public(turn: Turn, number: int) -> Public | None:
    """What is public of an alert; None if there is nothing: no such number, or nobody has vouched for it."""
    alert = await turn.session.get(Alert, number)
    if alert is None or alert.confirmed_at is None or alert.state == AlertState.UNCONFIRMED:
        return None
    is_open = alert.state == AlertState.CONFIRMED
    words = renewed(await _history(turn, alert), turn.now)
    keep = timedelta(days=turn.rules.privacy.alert_days)
    kept_until = words[-1].at + keep
    gone = not is_open and (alert.wiped or kept_until <= turn.now)
    if gone and kept_until > turn.now:  # the config keeps longer than it did when this was wiped
        kept_until = words[-1].at
    came = select(AlertSource.key).where(AlertSource.alert_id == number)
    scope = await turn.session.get(Area, alert.scope_id or alert.area_id)
    return Public(
        number=number,
        state=AlertState(alert.state),
        area=scope.name if scope else "",
        words=words,
        stands_until=words[-1].at + STANDS if is_open else kept_until,
        kept_until=kept_until,
        gone=gone,
        foreign=await turn.session.scalar(came.limit(1)) is not None,
        card=await _card(turn, alert, words[-1].at) if is_open else None,
    )


async def all_public(turn: Turn, most: int | None = MOST) -> list[Public]:
    """Everything that is public and ours: who is sought first, then what ended last; at most so many."""
    ended = case((col(Alert.state) == AlertState.CONFIRMED, 0), else_=1)
    query = (
        select(col(Alert.id))
        .where(
            col(Alert.confirmed_at).is_not(None),
            col(Alert.state) != AlertState.UNCONFIRMED,
            col(Alert.id).not_in(select(col(AlertSource.alert_id))),
        )
        .order_by(ended, col(Alert.updated_at).desc(), col(Alert.id).desc())
        .limit(most)
    )
    numbers = (await turn.session.scalars(query)).all()
    found = [await public(turn, number) for number in numbers if number is not None]
    return [one for one in found if one is not None]


async def _history(turn: Turn, alert: Alert) -> list[Word]:
    """The public words as the traces tell them, and one more where they do not tell of the state that it has."""
    query = select(AuditEntry).where(AuditEntry.ref == f"M{alert.id}", col(AuditEntry.action).in_(_STEPS))
    words = list(told(await turn.session.scalars(query.order_by(col(AuditEntry.id)))))
    assert alert.confirmed_at is not None
    if not words:
        words.append(Word(f"{alert.id}.0", alert.confirmed_at, Step.FIRST))
    is_open, last = alert.state == AlertState.CONFIRMED, words[-1]
    if is_open == (last.step is Step.END):
        at = max(last.at, alert.updated_at if is_open else alert.ended_at or alert.updated_at)
        words.append(Word(f"{last.id}.0", at, Step.FIRST if is_open else Step.END, "" if is_open else alert.state))
    return words


def told(traces: Iterable[AuditEntry]) -> Iterable[Word]:
    """The public words among an alert's traces: none before somebody vouched for it, none while it is over."""
    vouched = is_open = False
    for trace in traces:
        step = _STEPS[trace.action]
        vouched = vouched or trace.action == "alert.confirm"
        if vouched and is_open == (step is not Step.FIRST):
            is_open = step is not Step.END
            state = trace.action.removeprefix("alert.") if step is Step.END else ""
            yield Word(str(trace.id), trace.at, step, state)


def renewed(words: Sequence[Word], now: datetime) -> tuple[Word, ...]:
    """The words with their renewals up to now: the last two of each that stood for long."""
    every, found = STANDS / 2, list[Word]()
    for number, word in enumerate(words):
        found.append(word)
        until = words[number + 1].at if number + 1 < len(words) else now
        times = 0 if word.step is Step.END else max(0, int((until - word.at) / every))
        found += [
            Word(f"{word.id}.{count}", word.at + count * every, Step.CHANGE)
            for count in range(max(1, times - 1), times + 1)
        ]
    return tuple(found)


async def _card(turn: Turn, alert: Alert, at: datetime) -> Card:
    """As it is read at `at`: the same word is always the same bytes."""
    area = await turn.session.get_one(Area, alert.area_id)
    around = replace(await here(turn, area), now=at)
    phone = alert.phone if alert.share_phone else ""
    return Card(
        name=hide_identity_numbers(alert.name),
        nameless=describing.nameless(alert),
        sex=alert.sex,
        age=alert.age,
        about=bool(alert.age_precision),
        who=hide_identity_numbers(describing.who(alert)),
        looks=tuple(hide_identity_numbers(f"{title}：{words}") for title, words in describing.looks(alert)),
        description=texts.description(alert, around),
        place=hide_identity_numbers(alert.place),
        seen_at=alert.seen_at,
        facts=tuple(_facts(alert)),
        phone=phone,
        contact_name=alert.contact_name if phone else "",
        police=around.police_line,
        advice=texts.if_seen(alert),
        verified=await vouched(turn, alert, area),
        sure=alert.confirmed_by is not None,
        picture_id=await _picture(turn, alert),
    )


_SHOWN = ("name", "sex", "height_cm", "build", "clothes", "features", "health", "transport", "direction", "place")


def _facts(alert: Alert) -> Iterable[tuple[str, str]]:
    """What the card says, by column of Alert, so that another 格格 need not read it out of the words."""
    for name in _SHOWN:
        if value := getattr(alert, name):
            yield name, hide_identity_numbers(str(value))
    if alert.age is not None:
        yield "age", f"{alert.age:g}"
        if alert.age_precision:
            yield "age_precision", alert.age_precision
    if alert.seen_at is not None:
        yield "seen_at", alert.seen_at.isoformat()


async def _picture(turn: Turn, alert: Alert) -> int | None:
    """The photo, once it can be shown."""
    ready = select(col(Picture.id)).where(Picture.id == alert.picture_id, Picture.state == "ready")
    return await turn.session.scalar(ready) if alert.picture_id else None
