"""More facts about an open alert: kept at once, told once a little later."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers.alerts import (
    asking,
    circle,
    clues,
    ending,
    facts,
    merging,
    police,
    recognising,
    saying_over,
    sightings,
    spreading,
    texts,
    widening,
)
from handlers.alerts.reaching import decides, here, is_reporter, load, ref_of, to_family, to_workers
from handlers.hearers import having
from handlers.photos import RIGHT_BEFORE
from handlers.ports import EventKind, Location, moment_and_text
from handlers.posting import Piece, post, say, whisper
from handlers.reading_words import read_of
from handlers.turn import Turn
from handlers.understanding import Act, Fields, Kind, Reading, Ref
from handlers.understanding.additions import not_of_searchers
from handlers.understanding.extract import name_in
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from storage.areas import Area
from storage.inbox import InboxEvent, Outcome, Picture
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.outbox import Delivery, DeliveryPart, PartState, Post, PostPart, Sort

ADDED = "alert.added"
PLACE_ENDS = frozenset(
    "村庄屯营堡集镇乡街路巷弄站校院店场区园门口桥河边楼栋号家市里湾沟坡岭塘湖江山井旁上下内外东西南北"
)
"""What names of places end with, and names of people hardly ever: 柳树巷 begins like a person's name."""


async def more(turn: Turn, ref: Ref) -> None:
    """The reporter or a worker adds or corrects something; from others it is a clue."""
    alert, area = await load(turn, ref)
    own = is_reporter(turn, alert) or decides(turn, area)
    if alert.state not in ALERT_OPEN:
        if turn.quoted == ref and not own:
            await say(turn, texts.late_clue(alert), ref=ref_of(alert))
        else:
            turn.outcome = Outcome.CHAT
    elif own and _of_somebody_else(turn, alert):
        from handlers.alerts import opening  # it imports this module

        await opening.reported(turn)
    elif own and saying_over.with_police(turn.text):
        for one in await _own_of(turn, ref):
            await police.told(turn, one)
    elif own and alert.picture_id is not None and saying_over.wrong_photo(turn.text):
        await _drop_picture(turn, alert)
    elif own and saying_over.no_wider(turn.text):
        await widening.stop(turn, ref)
    elif is_reporter(turn, alert) and facts.wants_quiet(turn.text):
        await _keep_quiet(turn, alert, area)
    elif own and turn.here.private and facts.asks(turn.text):
        await spreading.report_status(turn, ref)
    elif own and turn.quoted is None and facts.of_another(turn.text):
        if await ending.is_asked(turn, alert):
            await ending.not_found(turn, alert)
        else:
            await recognising.not_them(turn, alert)
    elif is_reporter(turn, alert) and recognising.recognises(turn.text):
        await recognising.recognised(turn, alert, area)
    elif own:
        await added(turn, alert, await add_facts(turn, alert))
    elif await merging.own_part(turn, alert) is not None or (
        turn.here.chat_id == alert.chat_id and facts.of_kin(alert, turn.text)
    ):
        await add_from_others(turn, alert, area)
    elif turn.quoted == ref and turn.reading and facts.known(turn.reading.fields):
        await sightings.record(turn, alert, area)
    else:
        turn.outcome = Outcome.CHAT


async def _keep_quiet(turn: Turn, alert: Alert, area: Area) -> None:
    """别让邻居知道: who may confirm hears it, and the family what comes of it; the wish stands with its words."""
    alert.text = f"{alert.text}\n{turn.text}"[: facts.MAX_TEXT]
    alert.updated_at = turn.now
    turn.concerns(ref_of(alert))
    turn.audit("alert.quiet", ref_of(alert), "text")
    waits = alert.state == AlertState.UNCONFIRMED
    told = f"{texts.name(alert)}{texts.KEEP_QUIET if waits else texts.WANTED_QUIET}"
    await to_workers(turn, alert, area, told, texts.changed_in_staff_room(alert))
    await say(turn, texts.kept_quiet(alert), ref=ref_of(alert))


async def _own_of(turn: Turn, ref: Ref) -> list[Ref]:
    """The alert, and with it, where the words name none, the speaker's others of which the police do not know yet."""
    candidates = turn.reading.candidates if turn.reading and turn.quoted is None else ()
    others = [one.ref for one in candidates if one.by == "writer" and one.ref != ref]
    found = [(one, await turn.session.get(Alert, one.number)) for one in (ref, *others)]
    return [one for one, alert in found if alert and alert.police_told_at is None] or [ref]


async def add_from_others(turn: Turn, alert: Alert, area: Area) -> None:
    """Who else tells of the same person fills gaps, and never overwrites what the family said itself.

    Once somebody vouched for the alert, no phone comes in like that, and what is said elsewhere is a clue.
    """
    assert turn.reading is not None
    if not facts.known(turn.reading.fields):
        turn.outcome = Outcome.CHAT
        return
    out = alert.state == AlertState.CONFIRMED
    if out and turn.here.chat_id != alert.chat_id:
        await sightings.record(turn, alert, area)
        return
    said = Alert(area_id=alert.area_id, chat_id=alert.chat_id, reporter_id=turn.me.contact_id, text=turn.text)
    facts.take(said, turn.reading.fields, turn.text)
    if facts.puts_right(turn.text):  # 不是黑袄，是蓝棉袄, from who is not the family that said it: both cannot be worn
        said.clothes = ""
        told = texts.told_otherwise(alert, turn.me.name, turn.text)
        await to_workers(turn, alert, area, told, texts.changed_in_staff_room(alert))
    names = facts.fill(alert, said, but=("phone", "contact_name") if out else ())
    alert.text = f"{alert.text}\n{turn.text}"[: facts.MAX_TEXT]
    turn.concerns(ref_of(alert))
    await facts_changed(turn, alert, names)


def _of_somebody_else(turn: Turn, alert: Alert) -> bool:
    """Whether the words report a second person: what they say cannot be of the first."""
    reading = turn.reading
    reports = reading is not None and reading.kind == Kind.MISSING and reading.act == Act.MORE
    if not reports or reading is None:
        return False
    return facts.contradicts(alert, facts.known(reading.fields)) or facts.somebody_else(alert, turn.text)


async def added(turn: Turn, alert: Alert, names: list[str]) -> None:
    """Who adds in private what is told in groups alone hears that it was taken in."""
    if names and turn.here.private and (alert.chat_id != turn.here.chat_id or _for_all(alert, names)):
        await say(turn, texts.taken_in(alert, names), ref=ref_of(alert))


async def add_facts(turn: Turn, alert: Alert) -> list[str]:
    """Put this message's facts over what was known; the names of those that changed.

    The name of another relative is not theirs.
    """
    reading = turn.reading
    assert reading is not None
    turn.concerns(ref_of(alert))
    corrects = reading.act is Act.CORRECT or turn.quoted is not None
    fields = _without_whole_line(turn.text, await _fields(turn, reading))
    if facts.other_kin(alert, turn.text):
        fields = replace(fields, name=None)
    names = facts.take(alert, fields, turn.text, corrects=corrects)
    if facts.HIDES_PHONE.search(turn.text) and alert.share_phone:
        await hide_phone(turn, alert)
        names = [name for name in names if name != "phone"]
    alert.text = f"{alert.text}\n{turn.text}"[: facts.MAX_TEXT]
    await facts_changed(turn, alert, names)
    return names


async def _fields(turn: Turn, reading: Reading) -> Fields:
    """What the words say of the person; where they were not read for that, they are now."""
    theirs = None if facts.known(reading.fields) else not_of_searchers(Scan(fold(turn.text)))
    if reading.act is not Act.MORE or reading.kind is Kind.MISSING or theirs is None:
        return reading.fields
    return (await read_of(turn, theirs.text, Kind.MISSING)).fields


def _without_whole_line(text: str, fields: Fields) -> Fields:
    """While a place is asked for, a line that says something else may be read as one: then it is no place."""
    place = (fields.place or "").strip()
    if not place or place != text.strip():
        return fields
    if len(facts.known(fields)) > 1:
        return replace(fields, place=None)
    if name_in(f"他叫{place}") == place and place[-1] not in PLACE_ENDS:
        return replace(fields, place=None, name=place)
    return fields


async def add_picture(turn: Turn, alert: Alert, picture_id: int) -> None:
    """A photo from the reporter or a worker; from others, and beside a clue, it is of whom they saw."""
    if alert.state in ALERT_OPEN and not is_reporter(turn, alert) and await clues.pictured(turn, alert, picture_id):
        return
    if alert.state not in ALERT_OPEN or not await _may_add(turn, alert):
        turn.outcome = Outcome.CHAT
        return
    alert.picture_id = picture_id
    await facts_changed(turn, alert, ["picture"])
    await added(turn, alert, ["picture"])


async def _drop_picture(turn: Turn, alert: Alert) -> None:
    """The family says that the photo was the wrong one: it goes on no card any more, nor a poster without enough else.

    A poster that waits is drawn from what is known when it goes.
    """
    dropped, alert.picture_id, alert.updated_at = alert.picture_id, None, turn.now
    kinds = ("picture",) if spreading.pictures(turn, alert) else ("picture", "poster")
    parts = (
        select(col(DeliveryPart.id))
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, (col(PostPart.post_id) == Delivery.post_id) & (col(PostPart.number) == DeliveryPart.number))
        .where(Post.ref == ref_of(alert), PostPart.picture_id == dropped, col(PostPart.kind).in_(kinds))
    )
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.id).in_(parts), col(DeliveryPart.state) == PartState.QUEUED)
        .values(state=PartState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    alert.changed = " ".join(one for one in alert.changed.split() if one != "picture")
    turn.audit("alert.facts", ref_of(alert), "picture_id")
    turn.concerns(ref_of(alert))
    if turn.event is not None and turn.event.kind == EventKind.RECALLED:
        await whisper(turn, alert.reporter_id, texts.photo_dropped(alert), ref=ref_of(alert))
    else:
        await say(turn, texts.photo_dropped(alert), ref=ref_of(alert))


async def photo_taken_back(turn: Turn, alert: Alert) -> bool:
    """发错了, when the last that its writer sent here was the alert's photo: that photo is meant, and is dropped."""
    last = select(col(InboxEvent.id)).where(
        InboxEvent.chat_id == turn.here.chat_id,
        InboxEvent.contact_id == turn.me.contact_id,
        col(InboxEvent.id) < turn.inbox_id,
    )
    picture = await turn.session.get(Picture, alert.picture_id) if alert.picture_id else None
    before = await turn.session.scalar(last.order_by(col(InboxEvent.id).desc()).limit(1))
    if picture is None or picture.inbox_id != before or turn.at - picture.at > RIGHT_BEFORE:
        return False
    await _drop_picture(turn, alert)
    return True


async def detail_recalled(turn: Turn, alert: Alert, row: InboxEvent) -> None:
    """A later word was taken back: a photo goes with it, words leave what is kept; of its facts the writer is told."""
    if row.contact_id is None or row.contact_id != alert.reporter_id:
        return
    picture = await turn.session.get(Picture, alert.picture_id) if alert.picture_id else None
    if picture is not None and picture.inbox_id == row.id:
        await _drop_picture(turn, alert)
        return
    said = moment_and_text(row.payload)[1].strip()
    lines = alert.text.split("\n")
    if not said or said not in lines[1:]:
        return
    alert.text = "\n".join([lines[0], *(one for one in lines[1:] if one != said)])
    turn.concerns(ref_of(alert))
    turn.audit("alert.recalled", ref_of(alert), "text")
    await whisper(turn, row.contact_id, texts.detail_recalled(alert, said), ref=ref_of(alert))


async def picture_arrived(turn: Turn, picture_id: int) -> None:
    """The fetcher is done with a picture: of one that is none the family hears, and may send another."""
    picture = await turn.session.get(Picture, picture_id)
    if picture is None or picture.state != "failed":
        return
    query = select(Alert).where(Alert.picture_id == picture_id, col(Alert.state).in_(ALERT_OPEN)).with_for_update()
    for alert in (await turn.session.scalars(query)).all():
        alert.picture_id, alert.updated_at = None, turn.now
        turn.concerns(ref_of(alert), Outcome.OTHER)
        await to_family(turn, alert, texts.picture_failed(alert))


async def add_location(turn: Turn, alert: Alert, location: Location) -> None:
    """A shared location from the reporter becomes the last-seen place; from who told of somebody, where that was."""
    place = (location.name or location.address or f"{location.latitude:.5f},{location.longitude:.5f}")[:100]
    if alert.state in ALERT_OPEN and not is_reporter(turn, alert) and await clues.located(turn, alert, place):
        return
    if alert.state not in ALERT_OPEN or not await _may_add(turn, alert):
        turn.outcome = Outcome.CHAT
        return
    alert.place = place
    await facts_changed(turn, alert, ["place"])
    await added(turn, alert, ["place"])


async def _may_add(turn: Turn, alert: Alert) -> bool:
    area = await turn.session.get(Area, alert.area_id)
    assert area is not None
    return is_reporter(turn, alert) or decides(turn, area)


async def hide_phone(turn: Turn, alert: Alert) -> None:
    """别发电话: the phone stays with the worker from now on."""
    alert.share_phone = False
    alert.updated_at = turn.now
    turn.audit("alert.facts", ref_of(alert), "share_phone")
    sent = "；已经发出去的收不回来" if alert.post_id else ""
    await say(turn, f"{texts.name(alert)}好的，之后的消息里不写电话{sent}。", ref=ref_of(alert))


async def facts_changed(turn: Turn, alert: Alert, names: list[str]) -> None:
    """Remember what changed, and have it told once nothing more has come for a while."""
    if not names:
        return
    facts.note_changes(alert, names)
    alert.updated_at = turn.now
    answered = {asking.FACT_QUESTIONS[name] for name in names if name in asking.FACT_QUESTIONS}
    await asking.close_questions(turn, alert, *answered)
    turn.audit("alert.facts", ref_of(alert), " ".join(names))
    await circle.plan(turn, alert, await turn.session.get_one(Area, alert.area_id))
    seconds = turn.rules.cases.announce_after_seconds
    await turn.schedule(ADDED, ref_of(alert), turn.now + timedelta(seconds=seconds))


def _for_all(alert: Alert, names: Collection[str]) -> bool:
    """Whether everybody who got the card hears of these changes."""
    return alert.state == AlertState.CONFIRMED and not facts.IMPORTANT.isdisjoint(names)


async def tell_added(turn: Turn, ref: str) -> None:
    """Due: nothing more has come for a while; what changed is told once."""
    from handlers import strays  # it imports this package

    alert = await turn.session.get(Alert, int(ref[1:]), with_for_update=True, populate_existing=True)
    if alert is None or alert.state not in ALERT_OPEN or not alert.changed:
        return
    news = alert.changed.split()
    alert.changed = ""
    area = await turn.session.get(Area, alert.area_id)
    assert area is not None
    now = await here(turn, area)
    if hints := await strays.hints(turn, alert, news):
        text = "\n".join([texts.name(alert), *hints])
        seen = await to_workers(turn, alert, area, text, texts.changed_in_staff_room(alert))
        await strays.sought(turn, alert, [contact for contact, _ in seen], news)
    if alert.state == AlertState.UNCONFIRMED:
        shown = asking.photo(alert) if "picture" in news else []
        told = await to_workers(
            turn, alert, area, texts.update(alert, now, news), texts.changed_in_staff_room(alert), pictures=shown
        )
        if alert.reporter_id in {contact for contact, _ in told}:
            return  # who passed it on is also who is to confirm it
        wanted = await asking.wanted(turn, alert)
        if await to_family(turn, alert, texts.added(alert, now, wanted)):
            await asking.ask_for_fact(turn, alert, alert.chat_id, wanted)
    elif _for_all(alert, news):
        pieces = [Piece(texts.update(alert, now, news))]
        pieces += spreading.pictures(turn, alert) if "picture" in news else []
        await post(turn, ref, Sort.ALERT, pieces, await having(turn, await spreading.cards(turn, alert)))
    else:
        await to_family(turn, alert, texts.added(alert, now, await asking.wanted(turn, alert)))
