"""Signs that a report is a fake: shown to whoever is to confirm it, each with what was seen; none stops anything.

They are those by which rumour desks know a false appeal: a passed-on template, nobody to know by sight, a reward
and a plea but no place of ours, a number that costs the caller, the same words in many groups at once.
"""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from handlers.refs import fold
from handlers.turn import Turn
from handlers.understanding.people import BORN
from storage.areas import Area, LocalPlace
from storage.inbox import InboxEvent, digest
from storage.matters import Alert

MANY, LATELY = 3, timedelta(days=1)
"""In how many groups the same words must have been said, within what time."""

_TEMPLATE = re.compile(
    r"寻人启事|紧急扩散|爱心接力|转发接力|动动手指|转疯|一定要转|看到(?:就|请)转|功德无量|好人一生平安|"
    r"[监视]控(?:显示|拍到)被(?:人|一)|人贩子|警方提[示醒]"
)
_REWARD = re.compile(r"重谢|重金|酬谢|酬金|悬赏|报酬|必有?重?[谢酬]|\d+\s*万元?")
_PLEA = re.compile(r"转发|扩散|转起|[急求帮]转|好心人|跪求|恳求|拜托|接力|爱心")
_COSTLY = re.compile(
    r"(?<!\d)(?:400[- ]?\d{3,4}[- ]?\d{3,4}|96\d{3,6}|168\d{5}|(?:\+|00)(?!86)[1-9]\d{0,2}[- ]?\d[\d -]{5,12}\d)(?!\d)"
)
"""400 and 96…: answered by a firm, not by a family; 168…: paid by the minute; +… and 00…: abroad."""

_SEEN = ("age", "height_cm", "build", "clothes", "features", "transport")


async def signs(turn: Turn, alert: Alert) -> list[str]:
    """A short line for each sign; none where nothing looks false."""
    text = fold(alert.text)
    plain = [_template(alert, text), _of_long_ago(turn, text), _faceless(alert)]
    found = [*plain, await _placeless(turn, text), _costly(text)]
    return [line for line in (*found, await everywhere(turn, alert)) if line]


def _template(alert: Alert, text: str) -> str:
    words = _TEMPLATE.search(text)
    if words is None:
        return "是转来的消息，不是家人自己说的" if alert.forwarded else ""
    return f"像转发的模板（“{words[0]}”）"


_YEAR = re.compile(r"(?<!\d)(20\d\d)\s?年")


def _of_long_ago(turn: Turn, text: str) -> str:
    """An appeal of years ago is passed on for ever; when somebody was born says nothing of that."""
    years = [int(one) for one in _YEAR.findall(BORN.sub("", text))]
    old = bool(years) and max(years) < turn.local(turn.now).year - 1
    return f"写的是 {max(years)} 年的事，可能是转了多年的旧消息" if old else ""


def _faceless(alert: Alert) -> str:
    if any(getattr(alert, name) not in (None, "") for name in _SEEN) or alert.picture_id:
        return ""
    return "没说年龄、长相、穿着，凭这些认不出人"


async def _placeless(turn: Turn, text: str) -> str:
    reward, plea = _REWARD.search(text), _PLEA.search(text)
    if reward is None or plea is None:
        return ""
    areas, places = (
        await turn.session.scalars(select(Area.name)),
        await turn.session.execute(select(LocalPlace.name, LocalPlace.aliases)),
    )
    names = {*areas, *(word for name, aliases in places for word in (name, *aliases.split()))}
    if any(len(name) > 1 and name in text for name in names):
        return ""
    return f"有酬谢（“{reward[0]}”）、求转发（“{plea[0]}”），却没有本地的地名"


def _costly(text: str) -> str:
    number = _COSTLY.search(text)
    return f"电话 {number[0].strip()} 不是普通的手机或座机，可能是收费、境外或公司号码" if number else ""


async def everywhere(turn: Turn, alert: Alert) -> str:
    """In how many groups the same words were said, where that is many; empty else."""
    same = {digest(alert.text), digest(alert.text.split("\n", 1)[0])} - {""}
    groups = select(func.count(func.distinct(InboxEvent.chat_id))).where(
        col(InboxEvent.digest).in_(same), col(InboxEvent.at) > turn.now - LATELY
    )
    count = await turn.session.scalar(groups) or 0
    return f"同样的话一天里在 {count} 个群出现过" if count >= MANY else ""
