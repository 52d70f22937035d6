"""Until when an alert stands: when it runs out, the family and the worker are asked whether it goes on.

It never ends by itself (`alerts.stands_hours` in the config; CAP 1.2 asks that every alert says when it expires).
"""

from __future__ import annotations

from datetime import timedelta

from handlers import quiet_hours
from handlers.alerts import asking, texts
from handlers.alerts.reaching import decides, is_private, is_reporter, load, ref_of, to_family, to_workers
from handlers.lateness import in_time
from handlers.posting import say, whisper
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.agenda import Question
from storage.areas import Area
from storage.matters import Alert, AlertState
from storage.people import private_chats

RUN_OUT, LAPSED = "alert.stands", "alert.lapsed"
"""Due things: its time has run out; nobody has said whether it goes on."""

WHETHER = "stands"
"""The question whether it goes on."""

WAITS = timedelta(hours=12)
"""How long an answer is waited for: a night's sleep."""


async def begin(turn: Turn, alert: Alert) -> None:
    """From now on it stands for the hours in the config."""
    alert.stands_until = turn.now + timedelta(hours=turn.rules.alerts.stands_hours)
    await turn.schedule(RUN_OUT, ref_of(alert), alert.stands_until)
    await turn.unschedule(LAPSED, ref_of(alert))


async def stop(turn: Turn, alert: Alert) -> None:
    """It is over: nobody is asked any more."""
    for kind in (RUN_OUT, LAPSED):
        await turn.unschedule(kind, ref_of(alert))
    await asking.close_questions(turn, alert, WHETHER)


async def _ran_out(turn: Turn, ref: str, kind: str) -> Alert | None:
    """The alert, if its time is over; at night the due thing comes again in the morning."""
    alert = await turn.session.get(Alert, int(ref[1:]), with_for_update=True, populate_existing=True)
    if alert is None or alert.state != AlertState.CONFIRMED or alert.stands_until is None:
        return None
    if alert.stands_until > turn.now:
        return None
    if morning := quiet_hours.ends(turn):
        await turn.schedule(kind, ref, morning)
        return None
    return alert


async def ask(turn: Turn, ref: str) -> None:
    """Due: the family and the worker are asked whether the person is still sought."""
    alert = await _ran_out(turn, ref, RUN_OUT)
    if alert is None:
        return
    area = await turn.session.get_one(Area, alert.area_id)
    text = texts.whether_it_stands(alert)
    chats = await private_chats(turn.session, [alert.reporter_id])
    if alert.reporter_id in chats:
        await whisper(turn, alert.reporter_id, text, ref=ref)
        _add(turn, alert, chats[alert.reporter_id], alert.reporter_id)
    elif await to_family(turn, alert, text):
        _add(turn, alert, alert.chat_id, alert.reporter_id)
    for contact_id, chat_id in await to_workers(turn, alert, area, text, texts.stands_in_staff_room(alert)):
        if await is_private(turn, chat_id) and contact_id != alert.reporter_id:
            _add(turn, alert, chat_id, contact_id)
    await turn.schedule(LAPSED, ref, turn.now + WAITS)


def _add(turn: Turn, alert: Alert, chat_id: int, contact_id: int) -> None:
    turn.session.add(
        Question(
            kind=WHETHER,
            ref=ref_of(alert),
            chat_id=chat_id,
            contact_id=contact_id,
            area_id=alert.area_id,
            asked_at=turn.now,
            expires_at=turn.now + WAITS,
        )
    )


async def say_lapsed(turn: Turn, ref: str) -> None:
    """Due: nobody answered; the worker and the family hear that it was not ended, and that 查 says so."""
    alert = await _ran_out(turn, ref, LAPSED)
    if alert is None:
        return
    area = await turn.session.get_one(Area, alert.area_id)
    text = texts.nobody_said(alert)
    await to_family(turn, alert, text)
    await to_workers(turn, alert, area, text, text)


async def goes_on(turn: Turn, ref: Ref) -> bool:
    """Whether family or worker say so of an alert whose time has run out; then it stands anew."""
    alert, area = await load(turn, ref)
    ran_out = alert.stands_until is not None and alert.stands_until <= turn.now
    if not ran_out or alert.state != AlertState.CONFIRMED or not (is_reporter(turn, alert) or decides(turn, area)):
        return False
    if await in_time(turn, str(ref)):
        await _extend(turn, alert)
    return True


async def _extend(turn: Turn, alert: Alert) -> None:
    await begin(turn, alert)
    await asking.close_questions(turn, alert, WHETHER)
    alert.updated_at = turn.now
    turn.audit("alert.stands", ref_of(alert), "stands_until")
    await say(turn, texts.stands_on(alert, turn.outside.zone), ref=ref_of(alert))


async def answered(turn: Turn, question: Question, yes: bool) -> None:
    """是: it goes on; 不是: what else is asked back, as 不是 does not say whether the person is found."""
    alert, area = await load(turn, Ref("M", int(question.ref[1:])))
    if alert.state != AlertState.CONFIRMED:
        await say(turn, texts.closed(alert), ref=ref_of(alert))
    elif not (is_reporter(turn, alert) or decides(turn, area)):
        question.answered_at = None
    elif not yes:
        question.answered_at = None
        await say(turn, texts.found_or_given_up(alert), ref=ref_of(alert))
    elif await in_time(turn, question.ref):
        await _extend(turn, alert)
    else:
        question.answered_at = None
