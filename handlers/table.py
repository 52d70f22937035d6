"""Which handler takes what: commands, kinds of message, acts on open matters, answers, events, due things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from handlers import (
    alerts,
    cases,
    chatting,
    doubts,
    emergencies,
    figures,
    helping,
    notices,
    outdoors,
    places,
    questions,
    retention,
    roles,
    strays,
    whose,
)
from handlers.commands import Command, Grammar
from handlers.ports import EventKind
from handlers.turn import Turn
from handlers.understanding import Act, Kind, Ref
from storage.agenda import Question
from storage.inbox import Outcome

Handler = Callable[[Turn], Awaitable[None]]

COMMANDS: tuple[Command, ...] = (
    *cases.COMMANDS,
    *alerts.COMMANDS,
    *strays.COMMANDS,
    *whose.COMMANDS,
    *notices.COMMANDS,
    *figures.COMMANDS,
    *roles.COMMANDS,
    *places.COMMANDS,
    *questions.COMMANDS,
    *helping.COMMANDS,
)

GRAMMAR = Grammar(COMMANDS)


async def _case(turn: Turn) -> None:
    """Words read as a case, unless they only begin one or are about an alert's phone, or a case their writer has."""
    if await cases.hinted_at(turn):
        return
    if not (await chatting.meant_for_bot(turn) or await chatting.only_begins(turn) or await alerts.hides_phone(turn)):
        await cases.reported(turn)


async def _question(turn: Turn) -> None:
    if await notices.told(turn):
        return
    if await chatting.meant_for_bot(turn) or await cases.hinted(turn):
        return
    if helping.addressed(turn):
        await helping.asked(turn)
    elif not await questions.answered(turn, asked=False):
        turn.outcome = Outcome.CHAT


KINDS: Mapping[Kind, Handler] = {
    Kind.MISSING: alerts.reported,
    Kind.SIGHTING: alerts.sighted,
    Kind.FOUND: alerts.said_found,
    Kind.STRAY: strays.reported,
    Kind.EMERGENCY: emergencies.reported,
    Kind.REQUEST: _case,
    Kind.COMPLAINT: _case,
    Kind.SUGGESTION: _case,
    Kind.QUESTION: _question,
}

OnMatter = Callable[[Turn, Ref], Awaitable[None]]

GRAVER: Mapping[str, frozenset[Kind]] = {
    "": frozenset({Kind.EMERGENCY, Kind.MISSING}),
    "M": frozenset({Kind.EMERGENCY}),
    "F": frozenset({Kind.EMERGENCY}),
    "Q": frozenset(),
}
"""What is never a mere addition to a matter of this letter, however it is linked to it."""


def _heeding(letter: str, act: Act, handler: OnMatter) -> OnMatter:
    """The handler of an act, unless the words themselves tell of something graver than the matter."""
    if act in (Act.ASK, Act.CLAIM):
        return handler

    async def heed(turn: Turn, ref: Ref) -> None:
        reading = turn.reading
        sure = reading is not None and reading.confidence >= turn.rules.reading.act_threshold
        if reading is not None and sure and reading.kind in GRAVER[letter]:
            await KINDS[reading.kind](turn)
        else:
            await handler(turn, ref)

    return heed


ACTS: Mapping[str, Mapping[Act, OnMatter]] = {
    letter: {act: _heeding(letter, act, handler) for act, handler in acts.items()}
    for letter, acts in (
        ("", cases.ACTS),
        ("M", alerts.ACTS),
        ("F", {**strays.ACTS, **whose.ACTS}),
        ("Q", questions.ACTS),
    )
}

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {
    **alerts.ANSWERS,
    **cases.ANSWERS,
    **questions.ANSWERS,
    **strays.ANSWERS,
    **whose.ANSWERS,
    **notices.ANSWERS,
    **doubts.ANSWERS,
    **outdoors.ANSWERS,
}

EVENTS: Mapping[EventKind, Handler] = {**outdoors.EVENTS}

DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {
    **cases.DUE,
    **figures.DUE,
    **alerts.DUE,
    **notices.DUE,
    **roles.DUE,
    **outdoors.DUE,
    **doubts.DUE,
    **places.DUE,
    **retention.DUE,
}
