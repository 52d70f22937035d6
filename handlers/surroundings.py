"""What is known around a batch of messages: who speaks where, and what is open there."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from handlers.notices.hearing import decides, excuses, received
from handlers.notices.telling import Told
from handlers.ports import Event, Rules
from handlers.refs import shown_ref, take_ref, tickets
from handlers.turn import ON_DUTY, Speaker, Where
from handlers.understanding import Line, OpenMatter, PendingQuestion, Ref
from storage.agenda import Question
from storage.areas import Area
from storage.matters import Alert, Case, CaseState, Stray

MARK = "〔待定 {}〕"
"""Begins a question about what has no number yet (its message's inbox id), so that a quote still finds it."""

WAITING = re.compile(r"〔待定 (\d{1,18})〕")


@dataclass(frozen=True, slots=True)
class Message:
    """One stored event with its ids."""

    inbox_id: int
    event: Event
    chat_id: int | None
    contact_id: int | None
    decided: bool = False
    area_id: int | None = None


class Nearby(NamedTuple):
    """An open case of the village as far as a report is compared with it; `alone`: it was told in private."""

    id: int
    reporter_id: int
    alone: bool
    text: str
    category: str
    place: str
    path: str
    created_at: datetime
    urgent: bool


@dataclass(slots=True)
class Surroundings:
    """Rooms, people, open matters, questions and last lines that a batch of messages may need."""

    rules: Rules
    where: dict[int, Where] = field(default_factory=dict)
    speakers: dict[int, Speaker] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    ended: list[Alert] = field(default_factory=list)
    parts: dict[int, list[Alert]] = field(default_factory=dict)  # reports that went into an alert, by its number
    cases: dict[int, list[Case]] = field(default_factory=dict)
    over: dict[int, list[Case]] = field(default_factory=dict)  # rated or closed lately, and may be brought back
    held: dict[int, list[Case]] = field(default_factory=dict)  # by who has them in hand and writes in private
    dangers: list[tuple[Case, str]] = field(default_factory=list)
    nearby: dict[int, list[Nearby]] = field(default_factory=dict)  # of the village
    followers: set[tuple[int, int]] = field(default_factory=set)  # (case, who has the same trouble)
    merged: list[Ref] = field(default_factory=list)
    strays: dict[int, list[Stray]] = field(default_factory=dict)
    claimable: dict[int, list[Stray]] = field(default_factory=dict)  # of whom people in the chat have heard
    clues: dict[tuple[int, int], list[OpenMatter]] = field(default_factory=dict)  # told lately by (chat, contact)
    questions: dict[int, list[Question]] = field(default_factory=dict)
    lines: dict[tuple[int, int], list[tuple[int, Line]]] = field(default_factory=dict)
    quotes: dict[str, Ref] = field(default_factory=dict)
    located: dict[int, Area] = field(default_factory=dict)
    receipts: dict[int, Sequence[int]] = field(default_factory=dict)
    receipts_alone: dict[int, Sequence[int]] = field(default_factory=dict)  # told in private, by who writes to staff
    notices: dict[int, list[Told]] = field(default_factory=dict)  # that a chat has got, where somebody may ask for them
    tickets: dict[str, int] = field(default_factory=dict)  # the cases of another office's numbers
    unsettled: bool = False

    def matters(self, where: Where, contact_id: int) -> tuple[OpenMatter, ...]:
        """The open matters that somebody in this chat may be talking about."""
        speaker = self.speakers.get(contact_id)
        tends = speaker is not None and speaker.has(ON_DUTY)  # whether of its area, its handler looks
        alerts = [
            _alert_matter(alert, mine, tends)
            for alert in self.alerts
            if ((mine := self._reported(alert, contact_id)) and where.private) or self._heard(alert, where)
        ]
        cases = [one for one in self.cases.get(where.chat_id, ()) if not one.quiet or one.reporter_id == contact_id]
        return (*alerts, *(_case_matter(case, contact_id, self.followers) for case in cases))

    def found_by(self, where: Where, contact_id: int) -> tuple[OpenMatter, ...]:
        """The strays that this person reported in this chat, and that still wait."""
        mine = [one for one in self.strays.get(where.chat_id, ()) if one.reporter_id == contact_id]
        return tuple(OpenMatter(ref=Ref("F", one.id or 0), at=one.created_at, mine=True) for one in mine)

    def sought(self, where: Where) -> list[Alert]:
        """Those who are sought, as far as people here have heard of them."""
        return [alert for alert in self.alerts if self._heard(alert, where)]

    def own_alerts(self, contact_id: int) -> list[Ref]:
        """The open alerts that somebody reported."""
        return [Ref("M", alert.id or 0) for alert in self.alerts if alert.reporter_id == contact_id]

    def ended_alerts(self, where: Where, contact_id: int) -> list[Ref]:
        """The alerts that ended lately of which somebody here may say that they have not.

        Their own, else those they ended, else this group's; in private else those of which they heard.
        """
        if any(alert.reporter_id != contact_id for alert in self.alerts if self._heard(alert, where)):
            return []  # still missing may be whom the others look for
        ways = (
            [alert for alert in self.ended if contact_id in {one.reporter_id for one in (alert, *self._parts(alert))}],
            [alert for alert in self.ended if alert.ended_by == contact_id],
            [alert for alert in self.ended if alert.chat_id == where.chat_id],
            [alert for alert in self.ended if where.private and self._heard(alert, where)],
        )
        return [Ref("M", alert.id or 0) for alert in next(filter(None, ways), [])]

    def _heard(self, alert: Alert, where: Where) -> bool:
        here = any(one.chat_id == where.chat_id for one in (alert, *self._parts(alert)))
        return here or alert.covers(where.area.path if where.area else None)

    def _reported(self, alert: Alert, contact_id: int) -> bool:
        return any(one.reporter_id == contact_id for one in (alert, *self._parts(alert)))

    def _parts(self, alert: Alert) -> list[Alert]:
        return [one for one in self.parts.get(alert.id or 0, ()) if not one.forwarded]

    def question(self, chat_id: int, speaker: Speaker, event: Event) -> PendingQuestion | None:
        """The question this person may answer here: the quoted one, else the only one."""
        open_ones = self.asked(chat_id, speaker, event)
        if len(open_ones) > 1:
            return PendingQuestion("confirm", None)  # a bare 是 answers one of them: which, is asked back
        if not open_ones:
            return None
        one = open_ones[0]
        return PendingQuestion(one.kind, as_ref(one.ref))

    def open_questions(self, chat_id: int, speaker: Speaker) -> list[Question]:
        """The questions in a chat that this person may answer."""
        return [one for one in self.questions.get(chat_id, ()) if may_answer(one, speaker)]

    def by_ours(self, text: str) -> str:
        """A text with our number in place of another office's: 接单 12345-883 is 接单 3号."""
        known = {number: span for number, span in tickets(text).items() if number in self.tickets}
        if not known:
            return text
        number, (start, end) = max(known.items(), key=lambda one: one[1][1] - one[1][0])
        return f"{text[:start]} {self.tickets[number]}号 {text[end:].lstrip('号')}".strip()

    def waiting_notice(self, where: Where, speaker: Speaker) -> OpenMatter | None:
        """The notice whose preview this person has not answered yet, in private; the latest of several."""
        asked = self.open_questions(where.chat_id, speaker) if where.private else []
        notices = [(one, ref) for one in asked if (ref := as_ref(one.ref)) and ref.letter == "N"]
        return OpenMatter(ref=notices[-1][1], at=notices[-1][0].asked_at, mine=True) if notices else None

    def asked(self, chat_id: int, speaker: Speaker, event: Event) -> list[Question]:
        """The open questions that an answer may mean: those about what it quotes, else all; of other quotes none.

        Beside others in a group a preview is answered by a quote of it, or by words about sending.
        """
        open_ones = self.open_questions(chat_id, speaker)
        if event.quote is None:
            heard = decides(event.text) or (chat_id in self.where and self.where[chat_id].private)
            return [one for one in open_ones if heard or not one.ref.startswith("N")]
        if mark := WAITING.match(event.quote.text):
            return [one for one in open_ones if one.data.get("inbox_id") == int(mark[1])]
        quoted = self.quoted(event)
        return [one for one in open_ones if quoted is not None and one.ref == str(quoted)]

    def own_lines(self, message: Message) -> list[tuple[int, Line]]:
        """(inbox id, line) of what the writer said here before, and that caused nothing, oldest first."""
        since = message.event.at - timedelta(minutes=self.rules.reading.join_minutes)
        said = self.lines.get((message.chat_id or 0, message.contact_id or 0), ())
        return [(one, line) for one, line in said if one < message.inbox_id and since <= line.at <= message.event.at]

    def receipt(self, message: Message, text: str) -> int | None:
        """The notice that a line says was read: the quoted one, else the latest here that asks for it.

        In private, where nothing else waits for this person, a nod is enough, or that they cannot come.
        """
        asking = self.receipts.get(message.chat_id or 0, ())
        quoted = self.quoted(message.event)
        alone = self.receipts_alone.get(message.contact_id or 0, ())
        if quoted is None and not asking and alone:  # 收到 in the staff room, of what each was told in private
            return alone[-1] if received(text) else None
        if quoted is not None:
            known = quoted.letter == "N" and (quoted.number in asking or quoted.number in alone)
            return quoted.number if known and received(text, quoting=True) else None
        if not asking:
            return None
        at_ease = self._at_ease(message)
        return asking[-1] if received(text, quoting=at_ease) or (at_ease and excuses(text)) else None

    def _at_ease(self, message: Message) -> bool:
        """Whether this is a private chat in which nothing is open that a nod could mean."""
        where, speaker = self.where.get(message.chat_id or 0), self.speakers.get(message.contact_id or 0)
        if where is None or speaker is None or not where.private:
            return False
        return not self.open_questions(where.chat_id, speaker) and not self.matters(where, speaker.contact_id)

    def quoted(self, event: Event) -> Ref | None:
        """The matter of a quoted message: by its id, else by the number that its text shows."""
        if event.quote is None:
            return None
        return self.quotes.get(event.quote.message_id or "") or shown_ref(event.quote.text)


def may_answer(question: Question, speaker: Speaker) -> bool:
    """Whether this person is the one asked, or holds the role that was asked."""
    if question.contact_id is not None:
        return question.contact_id == speaker.contact_id
    if question.role is None:
        return True
    return any(held.role in question.role.split() for held in speaker.roles)


def as_ref(text: str) -> Ref | None:
    """`M3` or `12` as a Ref."""
    return take_ref(text)[0] if text else None


def _alert_matter(alert: Alert, mine: bool, tends: bool) -> OpenMatter:
    return OpenMatter(
        ref=Ref("M", alert.id or 0),
        at=alert.updated_at,
        mine=mine,
        tended=tends,
        place=alert.place or None,
        name=alert.name or None,
        sex=alert.sex or None,
        age=alert.age,
        clothes=alert.clothes or None,
    )


def _case_matter(case: Case, contact_id: int, followers: Collection[tuple[int, int]]) -> OpenMatter:
    return OpenMatter(
        ref=Ref("", case.id or 0),
        at=case.updated_at,
        mine=case.reporter_id == contact_id,
        shared=(case.id, contact_id) in followers,
        category=case.category,
        place=case.place or None,
        done=case.state == CaseState.DONE,
    )


def remember(around: Surroundings, message: Message) -> None:
    """Keep a line that caused nothing, for the writer's next bubble."""
    if message.event.text.strip():
        key = (message.chat_id or 0, message.contact_id or 0)
        around.lines.setdefault(key, []).append((message.inbox_id, Line(message.event.at, message.event.text)))
