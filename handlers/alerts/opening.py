"""A report of a missing person opens an alert, or joins the one about the same person."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlmodel import col

from handlers import locating
from handlers.alerts import adding, again, asking, facts, merging, register, texts
from handlers.alerts.reaching import decides, here, holders_of, is_reporter, names, ref_of, to_workers
from handlers.photos import just_sent
from handlers.ports import MessageType
from handlers.posting import Piece, Target, post, whisper
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Fields, Reading
from storage.areas import Area
from storage.inbox import InboxEvent, Outcome
from storage.matters import ALERT_OPEN, Alert
from storage.outbox import Sort
from storage.people import Held, private_chats

MAX_TEXT = 2000


async def reported(turn: Turn) -> None:
    """Free words that say that somebody is missing."""
    area = await locating.area_here(turn)
    if area is None:
        return
    reading = turn.reading
    assert reading is not None
    if (alert := await same_person(turn, reading.fields)) is not None:
        origin = await turn.session.get_one(Area, alert.area_id)
        if is_reporter(turn, alert) or decides(turn, origin):
            await adding.added(turn, alert, await adding.add_facts(turn, alert))
        else:
            await adding.add_from_others(turn, alert, origin)
        return
    if (spoken_of := await _of_nobody_else(turn, reading.fields)) is not None:
        turn.outcome = Outcome.CHAT
        if not await asking.heard_only(turn):
            await _perhaps_another(turn, *spoken_of)
        return
    alert = await open_alert(turn, area, reading)
    if not await merging.joined_by_itself(turn, alert, area):
        await ask_and_answer(turn, alert, area)


async def same_person(turn: Turn, fields: Fields) -> Alert | None:
    """The open alert of this chat or this writer that the report repeats."""
    query = select(Alert).where(
        col(Alert.state).in_(ALERT_OPEN),
        or_(Alert.chat_id == turn.here.chat_id, Alert.reporter_id == turn.me.contact_id),
    )
    said = facts.known(fields)
    for alert in await turn.session.scalars(query.order_by(col(Alert.id).desc())):
        if facts.same_person(alert, said, turn.text, same_writer=alert.reporter_id == turn.me.contact_id):
            return alert
    return None


async def _of_nobody_else(turn: Turn, fields: Fields) -> tuple[Alert, Area] | None:
    """The open alert that the words only talk about: this chat's, the writer's own, or in private a worker's."""
    said = facts.known(fields)
    opened = select(Alert, Area).join(Area, col(Alert.area_id) == col(Area.id)).where(col(Alert.state).in_(ALERT_OPEN))
    for alert, area in await turn.session.execute(opened):
        mine = alert.reporter_id == turn.me.contact_id or (turn.here.private and decides(turn, area))
        if (mine or alert.chat_id == turn.here.chat_id) and facts.nobody_else(alert, said, turn.text):
            return alert, area
    return None


async def _perhaps_another(turn: Turn, alert: Alert, area: Area) -> None:
    """A neighbour says that somebody is lost: most likely the same; the worker hears of it once, the group nothing."""
    if is_reporter(turn, alert) or decides(turn, area) or not facts.says_lost(turn.text):
        return
    turn.ref = ref_of(alert)  # still talk, with which the next lines are read together
    before = select(InboxEvent.id).where(
        col(InboxEvent.contact_id) == turn.me.contact_id,
        col(InboxEvent.chat_id) == turn.here.chat_id,
        col(InboxEvent.ref) == turn.ref,
        col(InboxEvent.id) != turn.inbox_id,
    )
    if await turn.session.scalar(before.limit(1)) is None:
        text = texts.perhaps_another(alert, turn.me.name, turn.text)
        await to_workers(turn, alert, area, text, texts.perhaps_another_in_staff_room(alert))


async def open_alert(turn: Turn, area: Area, reading: Reading) -> Alert:
    """Write the alert with what was understood."""
    bundle = turn.event is not None and turn.event.type == MessageType.FORWARDED
    alert = Alert(
        area_id=area.id or 0,
        chat_id=turn.here.chat_id,
        reporter_id=turn.me.contact_id,
        text=turn.text[:MAX_TEXT],
        forwarded=bool(reading.fields.forwarded) or bundle,
        share_phone=not facts.HIDES_PHONE.search(turn.text),
        created_at=turn.at,
        updated_at=turn.now,
    )
    facts.take(alert, reading.fields, turn.text)
    turn.session.add(alert)
    await turn.session.flush()
    turn.concerns(ref_of(alert))
    if not alert.forwarded and (entry := await register.known(turn)) is not None:
        register.fill(turn, alert, entry)
    elif (before := await again.earlier(turn, alert)) is not None:
        again.fill(turn, alert, before)
    for photo in await just_sent(turn, 1, within=timedelta(minutes=turn.rules.reading.join_minutes)):
        photo.state, alert.picture_id = "wanted", photo.id
    turn.audit("alert.open", ref_of(alert))
    return alert


async def ask_and_answer(turn: Turn, alert: Alert, area: Area) -> None:
    """The group is answered first, then whoever may confirm is asked, with the timers set; and who found somebody."""
    from handlers import strays  # it imports this package

    own_word = decides(turn, area)
    people: list[Held] = []
    if own_word:
        alert.asked = 1
    else:
        people = [one for one in await asking.first_step(turn, alert, area) if one.contact_id != alert.reporter_id]
    await _answer(turn, alert, area, people, own_word)
    if not own_word:
        people = await asking.ask(turn, alert, area, people)
    await asking.begin(turn, alert)
    await strays.sought(turn, alert, [one.contact_id for one in people])


async def _answer(turn: Turn, alert: Alert, area: Area, people: list[Held], own_word: bool) -> None:
    """What was understood, in the group; a passed-on appeal is shown to no group before a worker's word."""
    asked = await names(turn, people)
    if alert.forwarded:
        if own_word:
            await asking.ask(turn, alert, area, await _myself(turn, area))
        else:
            await whisper(turn, alert.reporter_id, texts.forwarded_kept(alert, asked), ref=ref_of(alert))
        return
    wanted = await asking.wanted(turn, alert)
    text = texts.understood(alert, await here(turn, area), asked, wanted, own_word=own_word)
    mentions = () if turn.here.private else (alert.reporter_id,)
    sent = await post(turn, ref_of(alert), Sort.ALERT, [Piece(text, mentions)], [Target(alert.chat_id)])
    chat_id = alert.chat_id if sent.chats else await _in_private(turn, alert, text)
    if chat_id is not None:
        await _ask_back(turn, alert, chat_id, wanted, own_word=own_word)


async def _myself(turn: Turn, area: Area) -> list[Held]:
    return [one for one in await holders_of(turn, area, ON_DUTY) if one.contact_id == turn.me.contact_id]


async def _in_private(turn: Turn, alert: Alert, text: str) -> int | None:
    await whisper(turn, alert.reporter_id, text, ref=ref_of(alert))
    return (await private_chats(turn.session, [alert.reporter_id])).get(alert.reporter_id)


async def _ask_back(turn: Turn, alert: Alert, chat_id: int, wanted: str | None, *, own_word: bool) -> None:
    """What the answer asked, as a question: a worker's own 确认, else the most useful missing fact."""
    if own_word:
        asking.add_question(turn, alert, asking.CONFIRM, chat_id, alert.reporter_id)
    else:
        await asking.ask_for_fact(turn, alert, chat_id, wanted)
