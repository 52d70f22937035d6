"""A double tap: the same words of the same person, sent a second time a moment later, do nothing again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlmodel import col

from handlers.cases import texts
from handlers.matters import Refusal
from handlers.refs import label
from handlers.turn import Turn
from storage.engine import run
from storage.matters import CASE_OPEN, Case, CaseStep

AGAIN = timedelta(minutes=10)
"""Within what time the same words of the same person are the same message, sent twice."""

# Put together once, which takes longer than to run it.
_LAST = (
    select(col(CaseStep.action), col(CaseStep.actor_id), col(CaseStep.text), col(CaseStep.at))
    .where(col(CaseStep.case_id) == bindparam("case"))
    .order_by(col(CaseStep.id).desc())
    .limit(1)
)


async def not_again(turn: Turn, case: Case, move: str, words: str) -> None:
    """Refusal of the very words that the speaker sent a moment ago: the group has read them."""
    last = (await run(turn.session, _LAST, {"case": case.id})).first()
    if last is None or (last.action, last.actor_id, last.text) != (move, turn.me.contact_id, words[:500]):
        return
    if turn.now - last.at < AGAIN:
        raise Refusal(f"{texts.name(case)}这句{turn.local(last.at):%H:%M} 已经发过了，没有再发。")


async def not_twice(turn: Turn, case: Case) -> None:
    """Refusal of a matter that was written down a moment ago in the very words that this one is to have."""
    same = select(col(Case.id), col(Case.created_at)).where(
        Case.reporter_id == case.reporter_id,
        Case.source == case.source,
        Case.text == case.text,
        col(Case.split_id).is_(None) if case.split_id is None else Case.split_id == case.split_id,
        col(Case.created_at) > turn.now - AGAIN,
        col(Case.state).in_(CASE_OPEN),
    )
    if (found := (await turn.session.execute(same.order_by(col(Case.id)).limit(1))).first()) is not None:
        at = turn.local(found.created_at)
        raise Refusal(f"这句{at:%H:%M} 已经记过了，是{label(str(found.id))}，没有再记。")
