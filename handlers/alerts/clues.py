"""A clue as it is kept, and the photos that were sent right beside it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts import facts, texts
from handlers.alerts.reaching import ref_of, to_family, to_workers
from handlers.photos import just_sent
from handlers.posting import Piece, say
from handlers.turn import Turn
from handlers.understanding import Fields
from storage.areas import Area
from storage.matters import Alert, Sighting

MAX_TEXT = 1000


async def keep(turn: Turn, alert: Alert, words: str = "") -> Sighting:
    """What the speaker has seen (`words`, else what they wrote), with the photo that they sent right before."""
    fields = turn.reading.fields if turn.reading else Fields()
    said = facts.known(fields)
    agrees, differs = facts.compared(alert, said)
    sighting = Sighting(
        alert_id=alert.id or 0,
        contact_id=turn.me.contact_id,
        chat_id=turn.here.chat_id,
        at=turn.at,
        text=(words or turn.text)[:MAX_TEXT],
        place=said.get("place", ""),
        seen_at=fields.seen_at,
        direction=said.get("direction", ""),
        agrees=" ".join(agrees),
        differs=" ".join(differs),
    )
    for picture in await just_sent(turn, 1):
        picture.state, sighting.picture_id = "wanted", picture.id
    turn.session.add(sighting)
    alert.updated_at = turn.now
    turn.audit("alert.sighting", ref_of(alert))
    return sighting


def photo(sighting: Sighting) -> list[Piece]:
    """The photo that came with it."""
    return [Piece(picture_id=sighting.picture_id)] if sighting.picture_id else []


async def latest(turn: Turn, alert: Alert) -> Sighting | None:
    """What the speaker told here just now of somebody they saw."""
    query = select(Sighting).where(
        Sighting.alert_id == alert.id,
        Sighting.contact_id == turn.me.contact_id,
        Sighting.chat_id == turn.here.chat_id,
        col(Sighting.at) >= turn.at - timedelta(minutes=turn.rules.reading.voice_minutes),
    )
    return await turn.session.scalar(query.order_by(col(Sighting.id).desc()).limit(1))


async def located(turn: Turn, alert: Alert, place: str) -> bool:
    """Whether a shared location is where somebody was seen, by who told of that here just now."""
    if await latest(turn, alert) is None:
        return False
    turn.concerns(ref_of(alert))
    sighting = await keep(turn, alert, texts.ONLY_A_PLACE)
    sighting.place = place
    text, area = texts.clue_place(alert, source(turn), place), await turn.session.get_one(Area, alert.area_id)
    await to_family(turn, alert, text, but=turn.here.chat_id)
    await to_workers(turn, alert, area, text, texts.clue_in_staff_room(alert))
    return True


async def pictured(turn: Turn, alert: Alert, picture_id: int) -> bool:
    """Whether a photo belongs to a clue: who told of one here just now, or quotes the card, shows what they saw."""
    told = await latest(turn, alert)
    if told is None and turn.quoted is None:
        return False
    turn.concerns(ref_of(alert))
    if told is None or told.picture_id is not None:
        told = await keep(turn, alert, texts.ONLY_A_PHOTO)
    told.picture_id = picture_id
    text, area = texts.clue_photo(alert, source(turn)), await turn.session.get_one(Area, alert.area_id)
    await to_family(turn, alert, text, but=turn.here.chat_id, pictures=photo(told))
    await to_workers(turn, alert, area, text, texts.clue_in_staff_room(alert), pictures=photo(told))
    if turn.here.private:
        await say(turn, texts.photo_thanks(alert), ref=ref_of(alert))
    return True


def source(turn: Turn) -> str:
    """Who says it: the name and group of what was said openly, no name for what was said in private."""
    said = turn.local(turn.at).strftime("%H:%M")
    if turn.here.private:
        return f"有居民 {said} 私下"
    room = turn.here.area.name if turn.here.area else ""
    return f"{room} {turn.me.name} {said} ".strip() + " "
