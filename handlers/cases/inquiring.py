"""我那个事怎么样了: somebody asks the bot about a matter of their own, wherever it was reported."""

from __future__ import annotations

import re

from sqlalchemy import or_, select
from sqlmodel import col

from handlers.cases.working import report_status
from handlers.matters import RECENT_DONE, short_line
from handlers.posting import say, whisper
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.matters import CASE_ENDED, CASE_OPEN, Case

_AFTER = re.compile(
    r"(?:我|俺|咱)(?:们|家)*(?:那|这|的|之前|以前|上次|上回|昨天|今天|刚才|早上|报|反映|投诉|说|提|问).{0,14}"
    r"(?:怎么样|咋样|怎样|进展|进度|结果|消息|下文|动静|回音|到哪|处理|解决|办好|办了|办得|有人管|修好|修了)"
)
_FEW = 6


async def inquired(turn: Turn) -> bool:
    """Answer where the speaker's own case stands; False if this asks after none."""
    if not _AFTER.search(turn.text):
        return False
    cases = await own_cases(turn)
    meant = cases if len(cases) == 1 else _spoken_of(turn.text, cases)
    if len(meant) == 1:
        await report_status(turn, Ref("", meant[0].id or 0))
    elif meant:
        await _ask_which(turn, meant)
    return bool(meant)


async def own_cases(turn: Turn) -> list[Case]:
    """The speaker's open cases, and those that ended lately, the latest first."""
    ended = col(Case.state).in_(CASE_ENDED) & (col(Case.updated_at) > turn.now - RECENT_DONE)
    query = select(Case).where(Case.reporter_id == turn.me.contact_id, or_(~col(Case.state).in_(CASE_ENDED), ended))
    cases = list((await turn.session.scalars(query.order_by(col(Case.id).desc()).limit(_FEW))).all())
    return [one for one in cases if one.state in CASE_OPEN] or cases


def _spoken_of(text: str, cases: list[Case]) -> list[Case]:
    """Those with which the question has the most pairs of characters in common."""
    pairs = {text[at : at + 2] for at in range(len(text) - 1)}
    common = {one.id: sum(pair in f"{one.category} {one.text}" for pair in pairs) for one in cases}
    most = max(common.values(), default=0)
    return [one for one in cases if common[one.id] == most]


async def _ask_which(turn: Turn, cases: list[Case]) -> None:
    lines = "\n".join(short_line(Ref("", one.id or 0), one) for one in cases)
    text = f"您问的是哪一件？发“进度 {cases[0].id}”这样看：\n{lines}"
    if turn.here.private:
        await say(turn, text)
    elif (await whisper(turn, turn.me.contact_id, text)).chats:
        await say(turn, "我私聊回您了。")
    else:
        await say(turn, "请带上编号，如“进度 12”，或者私聊我。")
