"""Words that complain of somebody who holds a role here, whatever else they were read as."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers.cases import acting, complaints, texts
from handlers.cases.reporting import open_and_tell, owner_name
from handlers.posting import say, whisper
from handlers.turn import Turn
from handlers.understanding import Kind, Ref
from storage.agenda import Question
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, Case, CaseState

_NEVER_MIND = re.compile(r"算了|不用|没事|不投诉|不说了|取消")
NEVER_MIND = "好的，有事随时说。"

MIN_MATTER = 4
"""Characters that may say what a complaint is about; less is a nod."""


_LEAD_IN = r"^(?:但是?|可是?|结果|现在|今[天晚早]|昨[天晚]|刚[才刚]?|怎么|[,，\s])*"
_HIM = re.compile(_LEAD_IN + r"(?:[他她]|[这那](?:个|位)?人)")
"""Words about somebody of whom the speaker has told before."""
_AGAIN = re.compile(_LEAD_IN + r"(?:又|还|仍|依[旧然]|照样|继续|没完)")
_CONDUCT = re.compile(
    r"骂|吼|凶|态度|威胁|恐吓|打人|动手|推脱|敷衍|报复|[收要]钱|不[理接管]|挂.{0,2}电话|上门|(?:那|这|老|一)个?(?:样|德行)"
)
"""What a person does, and no lamp or pipe."""


async def accused(turn: Turn) -> bool:
    """Take such a complaint past those it names, in private; False if this is none."""
    area = turn.here.area
    if area is None or turn.reading is None or turn.reading.kind not in complaints.MAY_ACCUSE:
        return False
    question = await complaints.begun(turn)
    said, never_mind = turn.text, False
    if question is not None and not complaints.ACCUSES.search(said):
        never_mind = _NEVER_MIND.match(said) is not None
        turn.text = _as_complaint(turn, question.data["names"])
    people = {} if never_mind else await complaints.accused_in(turn, area)
    if question is not None and (people or never_mind):
        question.answered_at = turn.now
    if never_mind:
        turn.outcome = Outcome.CHAT
        await say(turn, NEVER_MIND)
        return True
    if not people:
        turn.text = said
        return await _goes_on(turn)
    names = list(people)
    if complaints.says_nothing_else(turn.text, names) and await _asked_what(turn, names):
        return True
    turn.reading = turn.reading._replace(kind=Kind.COMPLAINT, about_worker=True)
    held = [one for roles in people.values() for one in roles]
    await open_and_tell(turn, await complaints.area_above(turn, area, held))
    return True


def _as_complaint(turn: Turn, names: Sequence[str]) -> str:
    """What answers 请说说是什么事 (or, to 我要投诉, whom it is about), as one complaint; a repair stays a repair."""
    reading = turn.reading
    repair = (
        reading is not None and reading.kind == Kind.REQUEST and reading.fields.place and not _HIM.search(turn.text)
    )
    if repair or (names and len(turn.text) < MIN_MATTER):
        return turn.text
    return f"投诉{'、'.join(names)}：{turn.text}"


async def _goes_on(turn: Turn) -> bool:
    """他又来骂人了, in private, from who complained lately: it goes where the complaint went; False if this is none."""
    case = await complaints.latest_of(turn) if turn.here.private and _goes_on_about(turn.text) else None
    if case is None:
        return False
    if case.state in (CaseState.DONE, CaseState.CLOSED):
        await acting.not_fixed(turn, Ref("", case.id or 0))
    elif case.state in CASE_OPEN:
        await _added(turn, case)
    else:
        await _complained_again(turn, case)
    return True


def _goes_on_about(text: str) -> bool:
    return _HIM.search(text) is not None or (_AGAIN.search(text) is not None and _CONDUCT.search(text) is not None)


async def _added(turn: Turn, case: Case) -> None:
    """Kept, and told to who handles the complaint."""
    await acting.more(turn, Ref("", case.id or 0))
    owner = await owner_name(turn, case)
    await say(
        turn, f"{texts.name(case)}已补充，{f'只转给了{owner}' if owner else '已记下'}，不会发到群里。", ref=str(case.id)
    )


async def _complained_again(turn: Turn, case: Case) -> None:
    """The complaint was refused or taken back: a new one, about the same person."""
    assert turn.reading is not None
    area = await turn.session.get(Area, case.area_id)
    assert area is not None
    turn.text = f"{case.text}\n{turn.text}"
    turn.reading = turn.reading._replace(kind=Kind.COMPLAINT, about_worker=True)
    await open_and_tell(turn, area)


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
