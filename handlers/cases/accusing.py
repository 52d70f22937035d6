"""Words that complain of somebody who holds a role here, whatever else they were read as."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import timedelta

from handlers.cases import acting, complaints, texts
from handlers.cases.reporting import open_and_tell, owner_name
from handlers.matters import CASE_KINDS
from handlers.ports import load_event
from handlers.posting import say, whisper
from handlers.reading_words import read_as
from handlers.turn import Turn
from handlers.understanding import Kind, Ref
from storage.agenda import Question
from storage.areas import Area
from storage.inbox import InboxEvent, Outcome
from storage.matters import CASE_OPEN, CASE_SOLVED, Case

_NEVER_MIND = re.compile(r"算了|不用|没事|不投诉|不说了|取消")
NEVER_MIND = "好的，有事随时说。"

IN_ONE_GO = timedelta(hours=1)
"""How long what somebody says of a person is one complaint with what they said of them before."""

MIN_MATTER = 4
"""Characters that may say what a complaint is about; less is a nod."""


_LEAD_IN = r"^(?:但是?|可是?|结果|现在|今[天晚早]|昨[天晚]|刚[才刚]?|怎么|[,，\s])*"
_HIM = re.compile(_LEAD_IN + r"(?:[他她]|[这那](?:个|位)?人)")
"""Words about somebody of whom the speaker has told before."""
_AGAIN = re.compile(_LEAD_IN + r"(?:又|还|仍|依[旧然]|照样|继续|没完)")
ASK_WHOM = (
    "您说。投诉谁、什么事？在这里一句话发来就行。说的是网格员或干部，我只转给上级，不在群里说，本人看不到。"
    "有危险先打 110、119、120。"
)
ASK_PRIVATELY = "投诉请私聊我：投诉谁、什么事。请先加我好友，我不在群里说。"


async def accused(turn: Turn) -> bool:
    """Take such a complaint past those it names, in private; False if this is none."""
    area = turn.here.area
    if area is None or turn.reading is None or turn.reading.kind not in complaints.MAY_ACCUSE:
        return False
    question = await complaints.begun(turn) if turn.here.private else None
    if question is not None and turn.event:
        turn.text = turn.event.text.strip()  # an answer, whatever it was read together with
    said = turn.text
    if question is not None and not complaints.ACCUSES.search(said):
        if _NEVER_MIND.match(said):
            return await _let_go(turn, question)
        turn.text = _as_complaint(turn, question.data["names"])
    named = await complaints.accused_in(turn, area, turn.text, turn.reading)
    people = {name: held for contact_id, (name, held) in named.items() if contact_id != turn.me.contact_id}
    told = turn.text != said or complaints.says_nothing_else(said, ()) or complaints.MISCONDUCT.search(said)
    if not people and told:
        people = await complaints.titled_in(turn, area)
    if not people:
        turn.text = said
        return await _of_nobody(turn, area, question)
    names = list(people)
    if question is not None:
        turn.text = await _with_before(turn, question, names)
        question.answered_at = turn.now
    if complaints.says_nothing_else(turn.text, names) and await _asked_what(turn, names):
        return True
    if (case := await _just_complained(turn, area, people)) is not None:
        await _added(turn, case)
        return True
    held = [one for roles in people.values() for one in roles]
    await _open(turn, await complaints.area_above(turn, area, held))
    return True


async def _just_complained(turn: Turn, area: Area, names: Collection[str]) -> Case | None:
    """The speaker's open complaint about the same people, told just before: what follows goes on it."""
    case = await complaints.latest_of(turn)
    if case is None or case.state not in CASE_OPEN or turn.now - case.updated_at > IN_ONE_GO:
        return None
    before = await complaints.named_in(turn, area, case.text)
    return case if {name for name, _ in before.values()} == set(names) else None


async def of_conduct(turn: Turn, area: Area, words: str) -> bool:
    """Words beside a mark, or a 还没好, that tell of what somebody with a role did: a complaint that goes past them."""
    tells = complaints.CONDUCT.search(words) or complaints.MISCONDUCT.search(words)
    if not tells:
        return False
    named = await complaints.named_in(turn, area, words)
    held = [one for contact_id, (_, roles) in named.items() if contact_id != turn.me.contact_id for one in roles]
    if not held:
        return False
    said, reading, turn.text = turn.text, turn.reading, words
    if reading is None:  # a command
        await read_as(turn, words, Kind.COMPLAINT)
    await _open(turn, await complaints.area_above(turn, area, held))
    turn.text, turn.reading = said, reading
    return True


async def _open(turn: Turn, area: Area) -> None:
    assert turn.reading is not None
    turn.reading = turn.reading._replace(kind=Kind.COMPLAINT, about_worker=True)
    await open_and_tell(turn, area)


async def _let_go(turn: Turn, question: Question) -> bool:
    question.answered_at = turn.now
    turn.outcome = Outcome.CHAT
    await say(turn, NEVER_MIND)
    return True


async def _of_nobody(turn: Turn, area: Area, question: Question | None) -> bool:
    """Nobody is named: it goes on an earlier complaint, may be about the worker, or has yet to say whom it is about."""
    reading = turn.reading
    assert reading is not None
    if complaints.is_nameless(turn.text, reading.category):
        return await ask_whom(turn) or await _of_conduct(turn, area)
    if question is None or question.data["names"]:
        return await _goes_on(turn)
    if _HIM.search(turn.text) or complaints.is_of_conduct(turn.text, reading.category):
        question.answered_at = turn.now
        await _open(turn, area)
        return True
    if reading.kind in CASE_KINDS:  # a repair or a nuisance, which is anybody's to see
        question.answered_at = turn.now
    return False


async def ask_whom(turn: Turn) -> bool:
    """我要投诉 names nobody: whom and what is asked for in private, once; False where nobody can be asked there."""
    if not turn.here.private and await complaints.begun(turn) is not None:
        turn.outcome = Outcome.CHAT
        return True
    if not await complaints.begin(turn, ()):
        return False
    turn.outcome = Outcome.CHAT
    await whisper(turn, turn.me.contact_id, ASK_WHOM) if not turn.here.private else await say(turn, ASK_WHOM)
    return True


async def _of_conduct(turn: Turn, area: Area) -> bool:
    """From who cannot be asked: what somebody did goes past the worker, who may have done it."""
    if complaints.CONDUCT.search(turn.text):
        await _open(turn, area)
        return True
    turn.outcome = Outcome.CHAT
    if turn.event and turn.event.mentions_me:
        await say(turn, ASK_PRIVATELY)
    return True


async def _with_before(turn: Turn, question: Question, names: Sequence[str]) -> str:
    """With the conduct that was told before somebody was named: 我要投诉，态度太差 - 小耿."""
    inbox_id = question.data.get("inbox_id")
    row = await turn.session.get(InboxEvent, inbox_id) if inbox_id else None
    before = load_event(row.payload).text if row is not None and not row.wiped else ""
    if complaints.CONDUCT.search(before) and complaints.says_nothing_else(turn.text, names):
        return f"{turn.text}\n{before}"
    return turn.text


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
    if case.state in CASE_SOLVED:
        await acting.not_fixed(turn, Ref("", case.id or 0))
    elif case.state in CASE_OPEN:
        await _added(turn, case)
    else:
        await _complained_again(turn, case)
    return True


def _goes_on_about(text: str) -> bool:
    return _HIM.search(text) is not None or (
        _AGAIN.search(text) is not None and complaints.CONDUCT.search(text) is not None
    )


async def _added(turn: Turn, case: Case) -> None:
    """Kept, and told to who handles the complaint."""
    await acting.more(turn, Ref("", case.id or 0))
    owner = await owner_name(turn, case)
    kept = f"{texts.name(case)}已补充，{f'只转给了{owner}' if owner else '已记下'}，不会发到群里。"
    await whisper(turn, turn.me.contact_id, kept, ref=str(case.id))


async def _complained_again(turn: Turn, case: Case) -> None:
    """The complaint was refused or taken back: a new one, about the same person."""
    area = await turn.session.get(Area, case.area_id)
    assert area is not None
    turn.text = f"{case.text}\n{turn.text}"
    await _open(turn, area)


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
