"""After somebody was found: the family is offered the register the next day, and called back a week later."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers import quiet_hours
from handlers.alerts import facts, opening, register, texts
from handlers.alerts.mourning import tells_of_death
from handlers.alerts.reaching import decides, is_reporter, reach, ref_of, to_workers
from handlers.matters import RECENT_DONE
from handlers.posting import responsible, say, whisper
from handlers.reading_words import read_as
from handlers.refs import fold, take_ref
from handlers.turn import WORKERS, Turn
from handlers.understanding import Kind, Reading, Ref
from storage.agenda import AuditEntry
from storage.areas import Area
from storage.at_risk import at_risk
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.people import Contact, Role

CALL_BACK, OFFER = "alert.call_back", "alert.offer"
OFFER_AFTER = timedelta(days=1)
"""When everybody is home and has slept."""

CALLED, ANSWERED = "alert.called_back", "alert.answered"
"""Traces of the call-back, and of an answer to it."""
ANSWERS_WITHIN = timedelta(days=3)
MAX_ANSWER = 60
"""Characters; what is longer says more than how it goes, and is read as anything else is."""

_GONE = re.compile(r"(?:又|再次|再一次).{0,4}(?:走|丢|不见|失踪|跑出|离家|没回)|(?:人)?(?:不见了|没了踪影|找不[到着])")
_NEEDS = re.compile(
    r"不(?:太|大|怎么|是很|算)?(?:好|行|舒服|认人|吃|睡|稳定|放心)|没(?:有)?(?:好|恢复)|还没好|更(?:差|糊涂|重)|住院|医院|受伤|摔|骨折"
    r"|病|疼|痛|难受|糊涂|总想|老想|老是要?(?:走|出去|跑)|想(?:要|申请|装|配|问)|需要|能不能|可不可以|帮(?:忙|我|一下)|手环|门锁|联系卡"
    r"|担心|害怕|去世|不在了|走了"
)
_WELL = re.compile(
    r"好(?:多|些|转|了|着|的|得)|(?:挺|都|很|还|蛮|一切|非常)好|没(?:什么)?(?:事|问题|大碍)|平安|正常|不错|恢复|稳定|可以|放心|谢|感激|辛苦"
)


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
    turn.audit(CALLED, ref)
    told = texts.look_in(alert, family.name, turn.outside.zone)
    people = [one for one in workers if one != alert.reporter_id]
    await reach(turn, people, area, told, texts.look_in_staff_room(alert), ref)
    if not alert.forwarded and alert.reporter_id not in workers:
        await whisper(turn, alert.reporter_id, texts.how_it_goes(alert), ref=ref)


async def mourned(turn: Turn, reading: Reading) -> bool:
    """Whether all that is said is 人没了, by the family of somebody sought lately or who answers for them.

    It opens no alert and nobody else is asked or told; who says it is answered in private.
    """
    if reading.kind not in (Kind.MISSING, Kind.CHAT, Kind.FOUND) or not tells_of_death(turn.text):
        return False
    named = turn.quoted or take_ref(fold(turn.text.strip()))[0]
    told_of = {"sex", "place"} if reading.kind is Kind.FOUND else {"sex"}
    if named is None and facts.known(reading.fields).keys() - told_of:
        return False
    ended = select(Alert, Area).join(Area, col(Alert.area_id) == col(Area.id))
    ended = ended.where(col(Alert.state).not_in(ALERT_OPEN), col(Alert.updated_at) > turn.now - RECENT_DONE)
    for alert, area in await turn.session.execute(ended.order_by(col(Alert.id).desc())):
        meant = named == Ref("M", alert.id or 0) if named else reading.kind is not Kind.CHAT
        if (is_reporter(turn, alert) and named in (None, Ref("M", alert.id or 0))) or (meant and decides(turn, area)):
            await died_since(turn, alert, named=named is not None)
            return True
    return False


async def died_since(turn: Turn, alert: Alert, *, named: bool = False) -> None:
    """After the end was told, from who may end it: nobody asks the family a week later how it goes."""
    if alert.state == AlertState.FOUND:
        alert.state = AlertState.DIED
        await forget(turn, alert)
        turn.audit(f"alert.{alert.state}", ref_of(alert), "state")
    turn.concerns(ref_of(alert), Outcome.OTHER)
    text = texts.known_dead(alert) if named else texts.NOBODY_NEW
    relayed = alert.reporter_id == alert.confirmed_by
    text = texts.CONDOLENCE if is_reporter(turn, alert) and not relayed else text
    await whisper(turn, turn.me.contact_id, text, ref=turn.ref)


async def told_how(turn: Turn) -> bool:
    """An answer in private to the call-back, in whatever words; False for words that are none.

    Good news is answered and goes no further, a need goes to the worker, and 又走了 is a report.
    """
    text = turn.text.strip()
    if not turn.here.private or len(text) > MAX_ANSWER or (alert := await _called_back(turn)) is None:
        return False
    area = await turn.session.get_one(Area, alert.area_id)
    own = is_reporter(turn, alert)
    if own and _GONE.search(text):
        await read_as(turn, text, Kind.MISSING)
        await opening.reported(turn)
        return True
    died = tells_of_death(text)
    needs = died or _NEEDS.search(text) is not None
    if not needs and not _WELL.search(text):
        return False
    turn.concerns(ref_of(alert), Outcome.OTHER)
    turn.audit(ANSWERED, ref_of(alert))
    if own and needs:
        words = texts.family_needs(alert, turn.me.name, text)
        told = await to_workers(turn, alert, area, words, texts.needs_in_staff_room(alert))
        answer = texts.condolence(alert) if died else texts.needs_heard(alert, told=bool(told))
        await say(turn, answer, ref=ref_of(alert))
    else:
        await say(turn, texts.glad(alert) if own else texts.looked_in(alert), ref=ref_of(alert))
    return True


async def _called_back(turn: Turn) -> Alert | None:
    """The latest alert of the speaker's, or that the speaker answers for, whose call-back is not answered yet."""
    calls = select(AuditEntry).where(AuditEntry.action == CALLED, col(AuditEntry.at) > turn.now - ANSWERS_WITHIN)
    for entry in await turn.session.scalars(calls.order_by(col(AuditEntry.id).desc())):
        done = select(AuditEntry.id).where(
            AuditEntry.action == ANSWERED,
            AuditEntry.ref == entry.ref,
            AuditEntry.actor_id == turn.me.contact_id,
            col(AuditEntry.at) >= entry.at,
        )
        alert = await _still_found(turn, entry.ref)
        if alert is None or await turn.session.scalar(done.limit(1)) is not None:
            continue
        if is_reporter(turn, alert) or decides(turn, await turn.session.get_one(Area, alert.area_id)):
            return alert
    return None


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
