"""The family says of whom somebody saw that it is them, or is not: who stands beside them hears it at once."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts import texts
from handlers.alerts.facts import of_another
from handlers.alerts.reaching import here, is_private, load, ref_of, to_workers
from handlers.posting import Piece, Target, post, say
from handlers.turn import Turn
from handlers.understanding import Ref
from handlers.understanding.kinship import KIN
from storage.agenda import AuditEntry
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, Sighting
from storage.outbox import Sort
from storage.people import Contact

LATELY = timedelta(hours=1)
"""How long after a clue 是我奶奶 is about whom it tells of."""
RECOGNISED, DENIED = "alert.recognised", "alert.not_them"

_END = r"[啊呀的了吧哦呢!！。~～\s]*"
_THEM = re.compile(
    rf"(?:对|没错|是的|哎呀?|天[哪呐]|太好了|应该|肯定|就|真|这|那|照片[上里]?的?|确实|的确|好像|\s)*[是係系]"
    rf"(?:(?:我|俺|咱|阿拉)(?:们|家|的)*[老小大二三]?(?:{KIN})|(?:我|俺|咱)(?:们)?家的?(?:老[人头太爷子]+|孩子|娃)|[他她佢渠伊]){_END}"
)
_NO = re.compile(r"[?？吗么]|不是|是不|没(?!错)|如果|要是|以为|听说|昨|上次|以前|电话|打的")
"""With which a line says something else than that."""
MAX_WORDS = 30
_CLAUSE_END = re.compile(r"[,，。.!！;；~～\s]+")


def recognises(text: str) -> bool:
    """Whether a line says that it is who is sought, and neither asks nor denies: 是我奶奶！我们马上过去."""
    if len(text) > MAX_WORDS or _NO.search(text):
        return False
    return any(map(_THEM.fullmatch, filter(None, _CLAUSE_END.split(text.strip()))))


async def of_a_clue(turn: Turn) -> bool:
    """Whether 就是他 or 不是他, where nothing is asked, is the family's word about whom somebody saw."""
    known = recognises(turn.text)
    if not (known or of_another(turn.text)):
        return False
    mine = select(Alert.id).where(Alert.reporter_id == turn.me.contact_id, col(Alert.state).in_(ALERT_OPEN)).limit(2)
    refs = [Ref("M", one or 0) for one in await turn.session.scalars(mine)]
    if len(refs) != 1:
        return False
    alert, area = await load(turn, refs[0])
    await (recognised(turn, alert, area) if known else not_them(turn, alert))
    return True


async def recognised(turn: Turn, alert: Alert, area: Area) -> None:
    """是我奶奶, after a clue: its finder is asked to stay with her, and the worker hears it, once."""
    found = await _latest(turn, alert)
    if found is None:
        turn.outcome = Outcome.CHAT
        return
    finder, sighting = found
    turn.concerns(ref_of(alert))
    turn.audit(RECOGNISED, ref_of(alert))
    await _to_finder(turn, alert, sighting, texts.theirs(alert, await here(turn, area)))
    told = texts.family_recognised(alert, finder.name, sighting.place)
    await to_workers(turn, alert, area, told, texts.clue_in_staff_room(alert))
    if sighting.chat_id != turn.here.chat_id:
        await say(turn, texts.finder_asked(alert), ref=ref_of(alert))


async def not_them(turn: Turn, alert: Alert) -> None:
    """不是我奶奶, after a clue: its finder need not wait for the family."""
    found = await _latest(turn, alert)
    if found is None:
        turn.outcome = Outcome.CHAT
        return
    turn.concerns(ref_of(alert))
    turn.audit(DENIED, ref_of(alert))
    if not await _others_may_know(turn, found[1]):
        await _to_finder(turn, alert, found[1], texts.not_theirs(alert))


async def _others_may_know(turn: Turn, sighting: Sighting) -> bool:
    """Whether another family was told of the same words."""
    theirs = select(Sighting.id).where(
        Sighting.contact_id == sighting.contact_id,
        Sighting.chat_id == sighting.chat_id,
        Sighting.at == sighting.at,
        Sighting.alert_id != sighting.alert_id,
    )
    return await turn.session.scalar(theirs.limit(1)) is not None


async def _latest(turn: Turn, alert: Alert) -> tuple[Contact, Sighting] | None:
    """The last clue of somebody else, unless the family has said already who that is."""
    query = (
        select(Contact, Sighting)
        .join(Sighting, col(Sighting.contact_id) == col(Contact.id))
        .where(Sighting.alert_id == alert.id, col(Sighting.at) > turn.at - LATELY)
        .order_by(col(Sighting.id).desc())
    )
    row = (await turn.session.execute(query.limit(1))).first()
    if row is None or row[1].contact_id == turn.me.contact_id:
        return None
    said = select(AuditEntry.id).where(
        AuditEntry.ref == ref_of(alert),
        col(AuditEntry.action).in_((RECOGNISED, DENIED)),
        col(AuditEntry.at) >= row[1].at,
    )
    return None if await turn.session.scalar(said.limit(1)) is not None else (row[0], row[1])


async def _to_finder(turn: Turn, alert: Alert, sighting: Sighting, text: str) -> None:
    mentions = () if await is_private(turn, sighting.chat_id) else (sighting.contact_id,)
    await post(turn, ref_of(alert), Sort.ALERT, [Piece(text, mentions)], [Target(sighting.chat_id)])
