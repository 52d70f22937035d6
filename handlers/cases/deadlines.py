"""By when a case is taken and done: an urgent one by the clock, day and night, others while people work."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.cases import texts
from handlers.ports import CategoryRule
from handlers.turn import Turn
from handlers.understanding import Kind
from handlers.working_time import working_time
from storage.matters import CASE_OUTSIDE, Case


def on_the_clock(case: Case) -> bool:
    """Whether its limits run day and night: it is urgent; those of others run while people work."""
    return case.urgent or case.kind == Kind.EMERGENCY


def limits(turn: Turn, case: Case, since: datetime | None = None) -> None:
    """Set until when somebody is to take the case and until when it is to be done.

    They count from `since`, else from when it was written down. A limit that an outside office gave stands.
    """
    given = case.due_at if case.source in CASE_OUTSIDE else None
    rule = turn.rules.cases.categories.get(case.category) or CategoryRule()
    start = since or (turn.now if case.id is None else case.created_at)
    if on_the_clock(case):
        case.answer_due_at = start + timedelta(hours=rule.urgent_answer_hours)
        case.due_at = start + timedelta(hours=rule.urgent_hours)
    else:
        work = working_time(turn)
        case.answer_due_at = work.add(start, timedelta(hours=rule.answer_hours))
        case.due_at = work.add(start, timedelta(hours=rule.hours))
    case.due_at = given or case.due_at


def wait_minutes(turn: Turn, case: Case) -> int:
    """Minutes until an unclaimed case is brought up again; a third of it when harm is near."""
    minutes = turn.rules.cases.unclaimed_minutes
    return max(1, minutes // 3) if case.urgent else minutes


def next_wait(turn: Turn, case: Case) -> datetime:
    """When an unclaimed case is brought up next; an ordinary one while people work."""
    wait = timedelta(minutes=wait_minutes(turn, case))
    return turn.now + wait if on_the_clock(case) else working_time(turn).add(turn.now, wait)


def report_in_by(turn: Turn, case: Case) -> datetime:
    """By when who is called to a case now is to report in; to an ordinary one while people work."""
    span = timedelta(hours=turn.rules.cases.report_in_hours)
    return turn.now + span if on_the_clock(case) else working_time(turn).add(turn.now, span)


def promise(turn: Turn, case: Case) -> str:
    """By when its reporter hears from a person; nothing for an urgent one, which is taken up at once."""
    work = working_time(turn)
    if on_the_clock(case) or case.answer_due_at is None:
        return ""
    if not work.includes(turn.now):
        return f"{texts.moment(work.next_moment(turn.now), turn.local(turn.now))}上班后回您"
    return f"{texts.moment(turn.local(case.answer_due_at), turn.local(turn.now))}前回您"
