"""Plain words of a sender about notices: which one is meant, and how it is written."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.notices import texts
from handlers.notices.templates import own_area
from handlers.posting import say
from handlers.turn import SENDERS, Turn
from handlers.understanding import Ref
from storage.inbox import Outcome
from storage.matters import Notice, NoticeState

JUST_SENT = timedelta(minutes=10)
"""How long after it was sent a notice is what 撤回 without a number means."""

_PLEASE = r"(?:请问?|麻烦|帮我|帮忙|给我|赶紧|赶快|快|马上|立刻|我们?|想|要|需要|把|怎么|咋|如何|怎样)*"
_SLIP = r"(?:[^,，。!！]{0,6}错了?[,，。!！\s]*)?"
_THAT = r"(?:发送?|刚才|刚刚|上一?条|那条|这条|的|通知|[\s:：。.!！])*"
WANTS = re.compile(
    rf"{_SLIP}{_PLEASE}(?:(?P<word>撤回|更正)|(?P<stop>停止){_THAT}$)"
    rf"|{_PLEASE}(?:给[^,，。]{{1,8}})?发(?:送|布|个|一?条|一下)*通知(?![说了的])"
)
"""What asks for something to be done with a notice."""


async def sent_lately(turn: Turn, within: timedelta | None) -> Ref | None:
    """The only notice that the speaker sent so lately; None if there is none, or several."""
    if within is None:
        return None
    query = select(col(Notice.id)).where(
        Notice.sender_id == turn.me.contact_id,
        Notice.state == NoticeState.SENT,
        col(Notice.sent_at) > turn.now - within,
    )
    found = (await turn.session.scalars(query.limit(2))).all()
    return Ref("N", found[0]) if len(found) == 1 else None


async def showed_how(turn: Turn) -> bool:
    """Whether a sender's plain words in private asked for it, and were answered with how it is written."""
    asked = WANTS.match(turn.text.strip()) if turn.here.private and turn.me.has(SENDERS) else None
    if asked is None:
        return False
    turn.outcome = Outcome.COMMAND
    word = asked["word"] or asked["stop"]
    await say(turn, texts.which(word) if word else texts.usage(await own_area(turn)))
    return True
