"""待办, 未接, 超期 and 今天: what is open, in lists that are read on a phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import col

from handlers.alerts.texts import list_line
from handlers.cases import departments, texts
from handlers.clipping import open_clip
from handlers.commands import Order
from handlers.posting import say
from handlers.refs import label
from handlers.turn import ON_DUTY, Turn
from storage.areas import Area, Chat
from storage.matters import ALERT_OPEN, CASE_UNTAKEN, Alert, Case, CaseSource, CaseState, Stray, is_open

LINES, AT_MOST = 15, 200

_HOW_MANY = (
    r"(?:[有剩欠]下?)?(?:几件|多少件?|哪些|哪几件|啥|什么)(?:事情?|活儿?|事项|单子?)?"
    r"(?:[要得]|需要|还|没有?|未)*(?:[办弄搞干做接]|处理|完成|了结)*[完好掉]?[的了吗呢啊呀?？。! ]*"
)
_WHO = r"(?:格格|我们?|俺|这边|这里|现在|目前|名下|看看|查一?下|帮我|还|手[上里头]+|[,， ])*"
_ITEMS = r"(?:的?(?:事情?|事项|件|单子?))?"
_WHICH = r"(?:都?(?:[有剩]|是)?下?(?:几件|多少件?|哪些|哪几件|啥|什么)|列(?:一下|出来)|看一?下)"
_ENDS = r"[的了吗呢啊呀?？。!！ ]*"


def _asks(state: str) -> re.Pattern[str]:
    """未接的有几件, 还有哪些没人接: how many or which are in a state, in a worker's own words to the bot."""
    many = r"[有剩]?下?(?:几件|多少件?|哪些|哪几件)"
    first, last = rf"{state}{_ITEMS}的?{_WHICH}", rf"{many}{_ITEMS}(?:是|还)*{state}"
    return re.compile(rf"{_WHO}(?:{first}|{last}){_ITEMS}{_ENDS}")


_UNTAKEN = r"(?:未接|(?:没有?|无)人?(?:接手?|领|管))(?:单|走)?"
_LATE = r"(?:超期|过期|逾期|超时|过了?(?:时限|期限))"
ASKS_UNTAKEN, ASKS_LATE = _asks(_UNTAKEN), _asks(_LATE)
ASKS_TODO = re.compile(
    rf"(?!.*{_UNTAKEN})(?=.*(?:手[上里头]|没[有办弄处做干接]|未|剩|[要得][办弄处干做]|需要)){_WHO}{_HOW_MANY}"
)
"""我手上还有几件, 还有啥没弄: 待办 in a worker's own words to the bot."""
ASKS_TODAY = re.compile(rf"{_WHO}今[天日儿]个?{_WHO}{_HOW_MANY}")
"""今天有啥事."""


async def todo(turn: Turn, order: Order) -> None:
    """待办: open matters of mine and of my areas; private ones only in private."""
    await _list(turn, "待办", "没有待办的事项。", last=await _people(turn))


async def untaken(turn: Turn, order: Order) -> None:
    """未接: what nobody has taken, the longest waiting first."""
    await _list(turn, "未接", "都有人接了。", col(Case.state).in_(CASE_UNTAKEN))


async def overdue(turn: Turn, order: Order) -> None:
    """超期: what should have been done by now, or taken."""
    undone = (col(Case.due_at) < turn.now) & (col(Case.state) != CaseState.WAITING)
    untaken = (col(Case.answer_due_at) < turn.now) & col(Case.state).in_(CASE_UNTAKEN)
    await _list(turn, "超期", "没有超期的事项。", or_(undone, untaken))


async def today(turn: Turn, order: Order) -> None:
    """今天: what there is to do today."""
    await _list(turn, "今天要办", "今天没有到期和没接的事项。", of_today(turn), last=await _people(turn))


def of_today(turn: Turn) -> ColumnElement[bool]:
    """Cases that are due by tonight or overdue, go on today after a wait, were not taken, or are urgent."""
    local = turn.local(turn.now)
    tonight = datetime.combine(local.date(), time(), local.tzinfo) + timedelta(days=1)
    waiting = col(Case.state) == CaseState.WAITING
    return or_(
        (col(Case.due_at) < tonight) & ~waiting,
        waiting & (col(Case.waits_until) < tonight),
        col(Case.state).in_(CASE_UNTAKEN),
        col(Case.urgent).is_(True) & ~waiting,
    )


async def _people(turn: Turn) -> str:
    """Who is sought, and who waits for their family, where the speaker is on duty; told in private only."""
    areas = [held.path for held in turn.me.roles if held.role in ON_DUTY] if turn.here.private else []
    if not areas:
        return ""
    here = or_(*(col(Area.path).startswith(path, autoescape=True) for path in areas))
    alerts = select(Alert).join(Area, col(Alert.area_id) == col(Area.id)).where(col(Alert.state).in_(ALERT_OPEN), here)
    strays = select(Stray).join(Area, col(Stray.area_id) == col(Area.id)).where(Stray.state == "open", here)
    sought = await turn.session.scalars(alerts.order_by(col(Alert.id)).limit(LINES))
    found = await turn.session.scalars(strays.order_by(col(Stray.id)).limit(LINES))
    lines = [list_line(one) for one in sought]
    lines += [f"{label(f'F{one.id}')}{open_clip(one.text, 24)}" for one in found]
    return "\n".join(["还在找、等家人的：", *lines]) if lines else ""


async def _list(turn: Turn, title: str, nothing: str, *which: ColumnElement[bool], last: str = "") -> None:
    rows = (await turn.session.execute(_query(turn).where(*which).limit(AT_MOST))).all()
    if not rows:
        await say(turn, f"{nothing}\n{last}".rstrip())
        return
    lines = [line(turn, case, area, bool(told) and not turn.here.private) for case, area, told in rows[:LINES]]
    more = f"\n……还有 {len(rows) - LINES} 件" if len(rows) > LINES else ""
    count = f"{len(rows)} 件" if len(rows) < AT_MOST else f"{AT_MOST} 件以上"
    await say(turn, f"{title} {count}：\n" + "\n".join(lines) + more + (f"\n{last}" if last else ""))


def _query(turn: Turn) -> Select[tuple[Case, str, int | None]]:
    """Open cases that the speaker owns or answers for; those about a worker only to who owns them."""
    areas: Sequence[ColumnElement[bool]] = [col(Area.path).startswith(path, autoescape=True) for path in turn.me.areas]
    query = (
        select(Case, col(Area.name), col(Chat.contact_id))
        .join(Area, col(Case.area_id) == col(Area.id))
        .join(Chat, col(Case.chat_id) == col(Chat.id))
        .where(
            is_open(),
            or_(Case.owner_id == turn.me.contact_id, *areas, departments.called(turn.me.roles, turn.me.contact_id)),
            or_(col(Case.about_worker).is_(False), Case.owner_id == turn.me.contact_id),
        )
        .order_by(col(Case.urgent).desc(), col(Case.id))
    )
    return query if turn.here.private else query.where(col(Case.quiet).is_(False))


def line(turn: Turn, case: Case, area: str, hidden: bool = False, *, until: str = "") -> str:
    """One case; `hidden`: it was told the bot alone, and its words are not for this group.

    `until` stands at its end, in place of how far it is.
    """
    mark = "急 " if case.urgent else ""
    words = "私下报的，私聊我看" if hidden else open_clip(case.text, 18)
    return f"{mark}{case.id}｜{area}｜{case.category}｜{words}{until or _how_far(turn, case)}"


def _how_far(turn: Turn, case: Case) -> str:
    if case.state == CaseState.WAITING and case.waits_until:
        return f"（挂起到 {turn.local(case.waits_until):%m-%d}）"
    limits = [case.due_at, case.answer_due_at if case.state in CASE_UNTAKEN else None]
    late = "，已超期" if any(limit and limit < turn.now for limit in limits) else ""
    if case.due_at and not late and turn.local(case.due_at).date() == turn.local(turn.now).date():
        late = f"，{texts.moment(turn.local(case.due_at), turn.local(turn.now))}到期"
    if case.state in CASE_UNTAKEN:
        return f"（未接{late}）"
    return f"（{late[1:]}）" if late else ""


async def outside_lines(turn: Turn, source: CaseSource) -> str:
    """The open tickets of an outside office, the most pressing first, each with its number there and its limit."""
    query = _query(turn).where(Case.source == source).order_by(None).order_by(col(Case.due_at), col(Case.id))
    rows = (await turn.session.execute(query.limit(AT_MOST))).all()
    if not rows:
        return f"没有没办完的{texts.SOURCES[source]}工单。"
    lines = [
        f"{case.id}｜{case.outside_number}｜{area}｜{case.category}，"
        f"时限 {turn.local(case.due_at):%m-%d}{_how_far(turn, case)}"
        for case, area, _ in rows[:LINES]
    ]
    more = f"\n……还有 {len(rows) - LINES} 件" if len(rows) > LINES else ""
    count = f"{len(rows)} 件" if len(rows) < AT_MOST else f"{AT_MOST} 件以上"
    return f"{texts.SOURCES[source]}工单没办完的 {count}：\n" + "\n".join(lines) + more
