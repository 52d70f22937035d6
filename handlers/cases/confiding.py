"""楼上还在打, said in the group by who told of it in private: it goes to who has that case, and stays unsaid there."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.cases import texts
from handlers.cases.hands import hands_name, whisper_hands
from handlers.cases.reporting import add_step
from handlers.clipping import clip
from handlers.posting import whisper
from handlers.turn import Turn
from storage.matters import CASE_OPEN, Case

LATELY = timedelta(days=3)
LONGEST = 30

_GOES_ON = re.compile(r"还在|还是|又|没停|没消停|一直|更|天天|不停")
_EMPTY = frozenset("还在又了的是啊呢吧都就这那有没不停消一直更天家我他她们，,。！!？? ")


async def confided(turn: Turn) -> bool:
    """Whether a doubtful line in a group goes on with the writer's only private case, and was passed on."""
    if turn.here.private or len(turn.text) > LONGEST or not _GOES_ON.search(turn.text):
        return False
    mine = select(Case).where(
        Case.reporter_id == turn.me.contact_id,
        col(Case.quiet).is_(True),
        col(Case.state).in_(CASE_OPEN),
        col(Case.updated_at) > turn.now - LATELY,
    )
    found = list(await turn.session.scalars(mine.limit(2)))
    if len(found) != 1 or not (set(turn.text) - _EMPTY) & set(found[0].text):
        return False
    case = found[0]
    turn.concerns(str(case.id))
    case.updated_at = turn.now
    await add_step(turn, case, "还没好", turn.text[:200], public=False)
    told = await whisper_hands(turn, case, f"{texts.name(case)}报事人在群里说：{clip(turn.text, 100)}（群里没有回）")
    whom = f"，已转给{await hands_name(turn, case)}" if told else ""
    text = f"{texts.name(case)}您刚才在群里说的记下了{whom}，群里我不提这件事。"
    await whisper(turn, turn.me.contact_id, text, ref=str(case.id))
    return True
