"""What a worker tells the bot in private about a case without a command: they are shown how its reporter would hear."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.clipping import clip
from handlers.posting import say
from handlers.refs import fold, label, numbered
from handlers.turn import Turn
from handlers.understanding import takes_on
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, CASE_UNTAKEN, Case
from storage.outbox import Delivery, Post, PostPart

IN_TALK = timedelta(minutes=30)
"""How long after the bot spoke of a case to its worker their plain words may be about it."""

HOW = "要让报事人知道，请回“进展 {0} {1}”；"
MAX_TOLD = 60

_TELLS = re.compile(
    r"(?=.*[\u4e00-\u9fff]{3})(?!.*(?:[?？吗呢么]\s*$|怎么|什么|为啥|吃啥|咋|谁|哪|几点|多少|帮助|谢)).+", re.DOTALL
)
_NUMBERED = re.compile(r"(?:#?\d{1,9}|第?[一二三四五六七八九十百]{1,5})号(?![楼栋幢院门线店机路桌])")
_ONLY_NUMBER = re.compile(
    r"(?:收到|好的?|嗯+|知道了?|看到了?)?[,，。 ]*#?(\d{1,9})号?[,， ]*(?:收到|好的?|知道了?|看到了?)?[了。!！ ]*"
)
_NODS = re.compile(
    r"(?:好的?|嗯+|行|可以|收到|知道|明白|了解|辛苦|没事|没关系|马上|一会儿?|等[下会]|在忙|[了啦吧哈啊的,，。!！~ ])+"
)


async def nodded(turn: Turn) -> bool:
    """收到1号, 1: a bare number of an open case that its sender has to do is answered with how to take it or end it."""
    named = _ONLY_NUMBER.fullmatch(fold(turn.text.strip())) if turn.here.private and turn.me.roles else None
    case = await turn.session.get(Case, int(named[1])) if named else None
    if case is None or case.owner_id != turn.me.contact_id or case.state not in CASE_OPEN:
        return False
    take = f"要接下，回“接单 {case.id}”；" if case.state in CASE_UNTAKEN else ""
    await say(turn, f"{label(str(case.id))}{take}办完回“办结 {case.id} 结果”。", ref=str(case.id))
    turn.concerns(str(case.id), Outcome.OTHER)
    return True


async def hinted_at(turn: Turn) -> bool:
    """The same of words that could be a report, but begin with the number of a case that their writer has to do."""
    return _NUMBERED.match(turn.text.strip()) is not None and await hinted(turn)


async def hinted(turn: Turn) -> bool:
    """Show whoever has a case to do, of which the bot spoke here lately, how to pass on what they said; once.

    Whether the words were about it."""
    text = turn.text.strip()
    if not turn.here.private or not turn.me.roles or len(text) > MAX_TOLD or turn.quoted is not None:
        return False
    if not _TELLS.fullmatch(text) or _NODS.fullmatch(text) or takes_on(text):
        return False
    said = (
        select(col(Post.ref), col(PostPart.text))
        .join(Delivery, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, col(PostPart.post_id) == col(Post.id))
        .where(Delivery.chat_id == turn.here.chat_id, col(Post.at) > turn.now - IN_TALK)
        .order_by(col(Post.id).desc())
        .limit(20)
    )
    lately = (await turn.session.execute(said)).all()
    number, told = numbered(text)
    for ref in dict.fromkeys(ref for ref, _ in lately if ref.isdigit()) if number is None else (str(number),):
        case = await turn.session.get(Case, int(ref))
        if case is None or case.owner_id != turn.me.contact_id or case.state not in CASE_OPEN:
            continue
        how = HOW.format(ref, clip(told, 20))
        if any(words.startswith(how[: how.index("进展")]) for other, words in lately if other == ref):
            turn.outcome = Outcome.CHAT
            return True
        last = f"要接下，回“接单 {ref}”。" if case.state in CASE_UNTAKEN else f"办完回“办结 {ref} 结果”。"
        await say(turn, how + last, ref=ref)
        turn.concerns(ref, Outcome.OTHER)
        return True
    return False
