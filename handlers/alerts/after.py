"""After somebody was found: the family is offered the register the next day, and called back a week later."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers import quiet_hours
from handlers.alerts import register, texts
from handlers.alerts.reaching import reach, ref_of
from handlers.posting import responsible, whisper
from handlers.turn import WORKERS, Turn
from storage.areas import Area
from storage.at_risk import at_risk
from storage.matters import Alert, AlertState
from storage.people import Contact, Role

CALL_BACK, OFFER = "alert.call_back", "alert.offer"
OFFER_AFTER = timedelta(days=1)
"""When everybody is home and has slept."""


async def plan(turn: Turn, alert: Alert) -> None:
    """Only somebody who was found is called back: never after a death, a false report or a withdrawal."""
    if alert.state != AlertState.FOUND:
        return
    if days := turn.rules.alerts.call_back_days:
        await turn.schedule(CALL_BACK, ref_of(alert), _by_day(turn, turn.now + timedelta(days=days)))
    if register.may_go_again(alert) and not alert.forwarded:
        await turn.schedule(OFFER, ref_of(alert), _by_day(turn, turn.now + OFFER_AFTER))


async def forget(turn: Turn, alert: Alert) -> None:
    """The search goes on: nobody is called back."""
    for kind in (CALL_BACK, OFFER):
        await turn.unschedule(kind, ref_of(alert))


def _by_day(turn: Turn, moment: datetime) -> datetime:
    quiet = turn.rules.quiet
    return quiet_hours.quiet_until(turn.local(moment), quiet.start, quiet.end) or moment


async def _still_found(turn: Turn, ref: str) -> Alert | None:
    alert = await turn.session.get(Alert, int(ref[1:]))
    return alert if alert is not None and alert.state == AlertState.FOUND and not alert.wiped else None


async def call_back(turn: Turn, ref: str) -> None:
    """Due: the worker is asked to look in on the family, and the family in private how it goes."""
    alert = await _still_found(turn, ref)
    if alert is None:
        return
    area = await turn.session.get_one(Area, alert.area_id)
    workers = await responsible(turn, area, (Role.WORKER,)) or await responsible(turn, area, WORKERS)
    family = await turn.session.get_one(Contact, alert.reporter_id)
    told = texts.look_in(alert, family.name, turn.outside.zone)
    people = [one for one in workers if one != alert.reporter_id]
    await reach(turn, people, area, told, texts.look_in_staff_room(alert), ref)
    if not alert.forwarded and alert.reporter_id not in workers:
        await whisper(turn, alert.reporter_id, texts.how_it_goes(alert), ref=ref)


async def offer(turn: Turn, ref: str) -> None:
    """Due: the family is asked once, in private, whether the person may be registered."""
    alert = await _still_found(turn, ref)
    if alert is None:
        return
    if any(
        one.name == alert.name or one.alert_id == alert.id for one in await at_risk(turn.session, alert.reporter_id)
    ):
        return
    days = turn.rules.privacy.register_days
    await whisper(turn, alert.reporter_id, texts.register_offered(alert, days), ref=ref)
