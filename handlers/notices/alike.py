"""The same words to the same people within a day: asked about before they go out twice."""

from __future__ import annotations

import re
from datetime import timedelta

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlmodel import col

from handlers.notices.audience import Audience, audience_of, overlap
from handlers.refs import fold
from handlers.turn import Turn
from storage.matters import Notice, NoticeState

WITHIN = timedelta(days=1)
ALIKE = 90
"""Likeness (0..100) from which two texts are the same."""

_NOISE = re.compile(r"[^\w]+")
_SLOTS = re.compile(r"\d+|[一二两三四五六七八九十百]+|[停来通断][水电气暖网]|[今明后昨]|周[一二三四五六日天]")
"""What tells two notices apart that are alike otherwise: 停水 and 停电, 明早 and 今晚, other figures."""


async def said_before(turn: Turn, notice: Notice, audience: Audience) -> Notice | None:
    """The latest notice of the last day, sent or planned, with nearly these words for some of these people."""
    if notice.corrects_id is not None:
        return None
    since = turn.now - WITHIN
    sent = col(Notice.state).in_((NoticeState.SENT, NoticeState.STOPPED)) & (col(Notice.sent_at) > since)
    query = select(Notice).where(Notice.id != notice.id, sent | (col(Notice.state) == NoticeState.PLANNED))
    for other in await turn.session.scalars(query.order_by(col(Notice.id).desc()).limit(200)):
        if alike(notice.text, other.text) and overlap(audience, await audience_of(turn, other)):
            return other
    return None


def alike(one: str, other: str) -> bool:
    """Whether two texts say the same."""
    left, right = _NOISE.sub("", fold(one)), _NOISE.sub("", fold(other))
    return fuzz.ratio(left, right) >= ALIKE and sorted(_SLOTS.findall(left)) == sorted(_SLOTS.findall(right))
