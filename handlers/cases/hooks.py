"""Every change of a case is noted for the webhooks of the config, in the transaction that makes it."""

from __future__ import annotations

from handlers.cases import machine
from handlers.turn import Turn
from storage.hooks import HookDelivery
from storage.matters import Case

OPENED = "报事"
"""The first step of a case."""


def event_of(case: Case, action: str) -> str:
    """What a webhook calls this step: `case.opened`, `case.<state>` where it led to one, else `case.updated`."""
    if action == OPENED:
        return "case.opened"
    move = machine.MOVES.get(action)
    return f"case.{case.state}" if move and move.target else "case.updated"


def note(turn: Turn, case: Case, action: str) -> None:
    """Queue the change; of what is private the category is not told either, and of complaints about workers nothing."""
    if case.about_worker:
        return
    event = event_of(case, action)
    for target in turn.rules.webhooks.targets:
        if target.events and event not in target.events:
            continue
        turn.session.add(
            HookDelivery(
                hook=target.name,
                case_id=case.id or 0,
                event=event,
                case_state=case.state,
                category="" if case.quiet else case.category,
                area_id=case.area_id,
                due_at=case.due_at,
                at=turn.now,
                next_at=turn.now,
            )
        )
