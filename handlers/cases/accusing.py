"""Words that complain of somebody who holds a role here, whatever else they were read as."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers.cases import complaints
from handlers.cases.reporting import open_and_tell
from handlers.posting import say, whisper
from handlers.turn import Turn
from handlers.understanding import Kind
from storage.agenda import Question
from storage.inbox import Outcome

_NEVER_MIND = re.compile(r"算了|不用|没事|不投诉|不说了|取消")
NEVER_MIND = "好的，有事随时说。"

MIN_MATTER = 4
"""Characters that may say what a complaint is about; less is a nod."""


async def accused(turn: Turn) -> bool:
    """Take such a complaint past those it names, in private; False if this is none."""
    area = turn.here.area
    if area is None or turn.reading is None or turn.reading.kind not in complaints.MAY_ACCUSE:
        return False
    question = await complaints.begun(turn)
    if question is not None and len(turn.text) >= MIN_MATTER and not complaints.ACCUSES.search(turn.text):
        question.answered_at = turn.now
        if _NEVER_MIND.match(turn.text):
            turn.outcome = Outcome.CHAT
            await say(turn, NEVER_MIND)
            return True
        turn.text = f"投诉{'、'.join(question.data['names'])}：{turn.text}"
    people = await complaints.accused_in(turn, area)
    if not people:
        return False
    names = list(people)
    if complaints.says_nothing_else(turn.text, names) and await _asked_what(turn, names):
        return True
    turn.reading = turn.reading._replace(kind=Kind.COMPLAINT, about_worker=True)
    held = [one for roles in people.values() for one in roles]
    await open_and_tell(turn, await complaints.area_above(turn, area, held))
    return True


async def _asked_what(turn: Turn, names: Sequence[str]) -> bool:
    """我要投诉小耿 says no matter: it is asked for, in private; False where that is impossible."""
    if not await complaints.begin(turn, names):
        return False
    turn.outcome = Outcome.CHAT
    text = f"请说说是什么事、什么时候的。我只转给上级，不在群里说，{'、'.join(names)}看不到。"
    if turn.here.private:
        await say(turn, text)
    else:
        await whisper(turn, turn.me.contact_id, text)
    return True


async def matter_refused(turn: Turn, question: Question, yes: bool) -> None:
    """A bare 是 or 不用了 where the matter was asked for."""
    if yes:
        question.answered_at = None
    await say(turn, "请说说是什么事。" if yes else NEVER_MIND)
