"""Bare answers (是, 确认, 不是) to what was asked about an alert."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from handlers import lateness
from handlers.alerts import asking, ending, spreading, standing, texts
from handlers.alerts.reaching import decides, is_reporter, load, ref_of
from handlers.posting import say
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.agenda import Question
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState


def _ref(question: Question) -> Ref:
    return Ref("M", int(question.ref[1:]))


async def confirm_answered(turn: Turn, question: Question, yes: bool) -> None:
    """Somebody who was asked to confirm says 是 or 不是."""
    alert, area = await load(turn, _ref(question))
    if not decides(turn, area):
        question.answered_at = None  # it stays open for those whose area it is
        await say(turn, f"{texts.name(alert)}归{area.name}管，请那里的网格员回。", ref=ref_of(alert))
    elif turn.late and alert.state in ALERT_OPEN:
        question.answered_at = None
        said = turn.local(turn.at).strftime("%H:%M")
        text = f"{texts.name(alert)}您 {said} 的回复刚刚才收到，没有执行。请再回一次“确认 {ref_of(alert)}”。"
        await say(turn, text, ref=ref_of(alert))
    elif alert.state == AlertState.UNCONFIRMED and _vague(turn):
        question.answered_at = None
        await _ask_what_is_meant(turn, alert, yes)
    elif yes:
        if not await spreading.confirm(turn, _ref(question)):
            question.answered_at = None
    else:
        await ending.false_alarm(turn, _ref(question), "")


def _vague(turn: Turn) -> bool:
    """Whether the answer does not say if the report is true: 收到, 不行, 联系不上."""
    return turn.reading is not None and turn.reading.act_confidence < turn.rules.reading.act_threshold


async def _ask_what_is_meant(turn: Turn, alert: Alert, yes: bool) -> None:
    """Nothing is decided, and asking goes on; what people in a group say to each other is not commented on."""
    if turn.here.private or turn.quoted is not None:
        text = texts.only_heard(alert) if yes else texts.not_decided(alert)
        await say(turn, text, ref=ref_of(alert))
    else:
        turn.outcome = Outcome.CHAT


_PLAIN = re.compile(r"(?:是|对|不是|不对|没有?|没错|确认|还没|没?找到)[的啊呀啦了呢，,。.!！~～\s]*(?:谢谢.{0,8})?")
"""Words that answer even where the question was not heard; 好的 and 嗯 there are said to somebody else."""


async def found_answered(turn: Turn, question: Question, yes: bool) -> None:
    """The reporter or a worker says whether the person is found."""
    alert, area = await load(turn, _ref(question))
    if question.data.get("unheard") and turn.quoted != _ref(question) and not _PLAIN.fullmatch(turn.text.strip()):
        question.answered_at, turn.outcome = None, Outcome.CHAT
    elif alert.state not in ALERT_OPEN:
        await say(turn, texts.closed(alert), ref=ref_of(alert))
    elif not yes:
        await ending.not_found(turn, alert)
    elif not (is_reporter(turn, alert) or decides(turn, area)):
        return
    elif turn.late:
        await ending.ask_late(turn, alert, turn.text)
    else:
        state = AlertState.DIED if question.data.get("died") else AlertState.FOUND
        await ending.end(turn, alert, area, state)


async def fact_answered(turn: Turn, question: Question, yes: bool) -> None:
    """是 to a question for a fact says nothing; 不是 to a quoted post says that the report was none."""
    question.answered_at = None  # it stays open
    if not yes and turn.quoted == _ref(question):
        if await lateness.in_time(turn, question.ref):
            await ending.withdraw(turn, _ref(question))
    else:
        turn.outcome = Outcome.CHAT


ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {
    asking.CONFIRM: confirm_answered,
    asking.FOUND: found_answered,
    standing.WHETHER: standing.answered,
    **dict.fromkeys(asking.FACT_QUESTIONS.values(), fact_answered),
}
