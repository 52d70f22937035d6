"""满意, 不满意, stars and 一般: what the reporter says of work that is done."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import Select, select
from sqlmodel import col

from handlers.cases import machine, outside, texts
from handlers.cases.hands import hands_name, whisper_hands
from handlers.cases.moving import WHY as REASON
from handlers.cases.moving import affected, current, ended, load, moved, reopen
from handlers.cases.reporting import add_step
from handlers.matters import Refusal
from handlers.posting import say
from handlers.refs import fold
from handlers.turn import Turn
from handlers.understanding import stars
from storage.agenda import Question
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, Case

WHY = "why"
"""The question what was not good."""

ASKING_WHY = "哪里不满意？回一句就行，我转给负责的人。"
GROUP_WAITS = timedelta(minutes=5)
"""How long the next line of somebody in a group is taken for the answer; in private as long as any question."""

GOOD, MIDDLING, BAD = 5, 3, 1
"""Marks of 满意, 一般 and 不满意 where no stars are given (requirement 3.10a)."""

_RATING_ONLY = re.compile(
    r"(?:[很非常太挺真比较不大怎么样]*(?:满意|差评|好评|差|好|行)|[给打评就只能个我你您都这]|"
    r"[\d零一二两三四五十满]+\s?[颗个]?[星分]|[⭐🌟★\ufe0f]|一般(?:般|化)?|凑合|马马虎虎|将就|[了吧啊呀的\s,，。.!！~])*"
)


async def rate(turn: Turn, number: int, mark: int, words: str) -> None:
    """A mark of 1 to 5 after 办结: good ones end it, bad ones reopen it, a middling one only asks what was wrong."""
    case, area = await load(turn, await current(turn, number))
    if not await affected(turn, case):
        raise Refusal(f"{texts.name(case)}请报事人评价。您有同样的情况，直接在群里说就行。")
    if case.state in CASE_OPEN:
        raise Refusal(f"{texts.name(case)}还没办结，办完再请您评价。")
    move = "满意" if mark > MIDDLING else "一般" if mark == MIDDLING else "不满意"
    machine.must(turn, case, move, "评价")
    if await _of_conduct(turn, area, words):
        words = ""
    why = reason(words)
    if mark == MIDDLING == case.stars and not why:  # known, and nobody is answered twice
        turn.outcome = Outcome.CHAT
        return
    case.stars, case.satisfied = mark, None if mark == MIDDLING else mark > MIDDLING
    asks = mark <= MIDDLING and not why and await _ask_why(turn, case)
    if mark < MIDDLING:
        await reopen(turn, case, area, why, ASKING_WHY if asks else "")
        return
    await (ended if mark > MIDDLING else moved)(turn, case, move, words)
    thanks = "谢谢评价，这件事就结束了。" if mark > MIDDLING else "谢谢评价。"
    form = await outside.form(turn, case) if mark > MIDDLING else ""
    await say(turn, f"{texts.name(case)}{thanks}{ASKING_WHY if asks else ''}{form}", ref=str(case.id))
    await whisper_hands(
        turn, case, f"{texts.name(case)}{_who(turn, case)}评价：{_shown(mark)}{f'（{why}）' if why else ''}。"
    )


def _who(turn: Turn, case: Case) -> str:
    return "报事人" if turn.me.contact_id == case.reporter_id else turn.me.name or "邻居"


def _shown(mark: int) -> str:
    return {GOOD: "满意", MIDDLING: "一般"}.get(mark, f"{mark} 星")


def mark_in(words: str, otherwise: int) -> int:
    """The stars that stand in the words, or what the rating itself means."""
    return stars(fold(words)) or otherwise


def reason(words: str) -> str:
    """What the words say beside the rating itself; nothing where they only rate."""
    return "" if _RATING_ONLY.fullmatch(fold(words)) else words


async def _ask_why(turn: Turn, case: Case) -> bool:
    """Open the question, once for a case and person."""
    asked = select(Question.id).where(
        Question.kind == WHY, Question.ref == str(case.id), Question.contact_id == turn.me.contact_id
    )
    if await turn.session.scalar(asked.limit(1)) is not None:
        return False
    wait = timedelta(minutes=turn.rules.question_minutes)
    turn.session.add(
        Question(
            kind=WHY,
            ref=str(case.id),
            chat_id=turn.here.chat_id,
            contact_id=turn.me.contact_id,
            asked_at=turn.now,
            expires_at=turn.now + (wait if turn.here.private else min(wait, GROUP_WAITS)),
        )
    )
    return True


def _open_why(number: int) -> Select[tuple[Question]]:
    return select(Question).where(
        Question.kind == WHY, Question.ref == str(number), col(Question.answered_at).is_(None)
    )


async def done_again(turn: Turn, number: int) -> None:
    """办结 of what was not good: what is said from now on is about the work done since, and no longer the reason."""
    for question in await turn.session.scalars(_open_why(number)):
        question.answered_at = turn.now


async def _of_conduct(turn: Turn, area: Area, words: str) -> bool:
    from handlers.cases import accusing  # it imports this module

    return await accusing.of_conduct(turn, area, words)


async def explained(turn: Turn, number: int) -> bool:
    """The answer to 哪里不满意: kept with the case, and told to its owner; False where nothing was asked."""
    asked = _open_why(number).where(Question.contact_id == turn.me.contact_id, Question.chat_id == turn.here.chat_id)
    question = (await turn.session.scalars(asked.where(col(Question.expires_at) > turn.now).limit(1))).first()
    if question is None:
        return False
    case, area = await load(turn, number)
    question.answered_at = case.updated_at = turn.now
    if await _of_conduct(turn, area, turn.text):
        return True
    await add_step(turn, case, REASON, turn.text[:200], public=False)
    told = await whisper_hands(turn, case, f"{texts.name(case)}{_who(turn, case)}说哪里不满意：{turn.text[:200]}")
    name = await hands_name(turn, case) if told else ""
    await say(turn, f"{texts.name(case)}记下了{f'，已告诉{name}' if name else ''}。", ref=str(case.id))
    return True
