"""热线 and 转入: tickets of other offices, with their own number and limit, and the result that they get back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import bindparam, select
from sqlmodel import col

from handlers import locating
from handlers.cases import texts
from handlers.cases.complaints import passed_on
from handlers.cases.listing import outside_lines
from handlers.cases.privacy import is_private
from handlers.cases.reporting import case_of, owner_name, tell_owner, write_case
from handlers.commands import Order
from handlers.local_names import gazetteer
from handlers.matters import Refusal
from handlers.ports import Rules
from handlers.posting import say, whisper
from handlers.reading_words import read_matter
from handlers.turn import WORKERS, Speaker, Turn
from handlers.understanding import OTHER, Kind
from handlers.understanding.ahead import day_ahead
from handlers.understanding.normal import fold
from storage.areas import Area, Purpose
from storage.matters import CASE_OUTSIDE, CASE_SOLVED, Case, CaseSource, CaseState, CaseStep, numbered_outside
from storage.people import private_chats

SHORTEST = 4
"""Characters of a ticket that says anything."""

MAX_NUMBER = 40
EVENING = time(18)
"""Local time until which what is due on a day is to be done."""

ENDS = ("办结", "驳回", "报事人说好了")
"""Moves whose words are the result."""

_RUN = r"(?:[A-Z0-9]+|[〔\[(（【]\d{2,4}[〕\])）】])"
_TICKET = re.compile(
    rf"(?P<office>[一-鿿]{{0,8}})(?P<digits>[-_/.第]*{_RUN}(?:[-_/.第年]*{_RUN})*)号?(?=$|[\s,，。:：、;；])"
)
_PHONE = re.compile(r"1[3-9]\d{9}")
_SURE = 4
"""Letters and digits after Chinese words that are a ticket's number even without a mark: 信访2026, but not 小区12."""

_BEFORE = re.compile(r"(?:限|截止|截至|时限|期限|到期|最晚|务必)[于在到为是日期:： ]{0,4}$")
_HOUSE = re.compile(r"\d+(?:号|[-/.]\d+)")
"""What may be a house as well as a day: 柳树巷 5号."""
_AFTER = re.compile(r"\s?(?:之|以)?(?:前|内|到期|截止|为止|办结|回复|反馈)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the other office says: its number, its words, and what it may tell beside them."""

    source: CaseSource
    number: str
    text: str
    due_at: datetime | None = None
    name: str = ""
    phone: str = ""


async def enter(turn: Turn, order: Order, source: CaseSource) -> None:
    """热线 12345-881 3栋 王姨 路灯不亮 周五前: one more ticket; the command alone lists those that are open."""
    if not order.rest:
        await say(turn, await outside_lines(turn, source))
        return
    number, words = ticket(order.rest, order.command.usage)
    known = await turn.session.scalar(select(Case).where(numbered_outside([number])))
    if known is not None:
        raise Refusal(f"{number} 已经记过了，是{texts.name(known)}（{texts.state(known)}），没有再记。")
    chat_id = await _told_in(turn)
    area = await _area(turn, words, order.command.usage)
    if area is not None:
        await _open(turn, Ticket(source=source, number=number, text=words), area, chat_id)


def ticket(words: str, usage: str) -> tuple[str, str]:
    """The number at the beginning, as it is kept, and the words after it; Refusal where one is missing."""
    match = _TICKET.match(written(words))
    number = match[0] if match else ""
    marked = match is not None and (not match["office"] or match["digits"][0] in "-_/.第〔[(（【")
    sure = marked or len(number) - len(match["office"] if match else "") >= _SURE
    if not (sure and is_number(number)):
        raise Refusal(f"先写对方的工单号，再写什么事，如：{usage}")
    rest = fold(words)[len(number) :].strip(" ,，。:：、;；")
    if len(rest) < SHORTEST:
        raise Refusal(f"工单号 {number} 后面请写清什么事，如：{usage}")
    return number, rest


def written(number: str) -> str:
    """A ticket's number as it is kept, however its letters are written."""
    return fold(number).upper().strip()


def is_number(number: str) -> bool:
    """Whether what is `written` so can be a ticket's number, and is no mobile phone's."""
    fits = 3 <= len(number) <= MAX_NUMBER and _TICKET.fullmatch(number) is not None
    return fits and re.search(r"\d", number) is not None and not _PHONE.fullmatch(number)


def limit(words: str, now: datetime) -> datetime | None:
    """Until when the words say it is to be done: 周五前, 限11月27日; a day at their very end is one too."""
    start = 0
    while said := day_ahead(words[start:], now):
        before, after = words[: start + said.start], words[start + said.end :]
        last = not after.strip(" 。.!！") and not _HOUSE.fullmatch(words[start + said.start : start + said.end])
        if _BEFORE.search(before) or _AFTER.match(after) or last:
            return datetime.combine(said.day, EVENING, now.tzinfo)
        start += said.end
    return None


_STARTS = re.compile(r"\s*(?P<number>[1-9]\d{3,}-\d{2,})号?(?=[^\d-])(?!\s*$)")


async def unknown(turn: Turn) -> bool:
    """Whether a worker's line to the bot begins with a ticket's number that nobody wrote down, and was told so."""
    match = _STARTS.match(fold(turn.text)) if turn.here.private and turn.me.has(WORKERS) else None
    if match is None:
        return False
    number = match["number"]
    await say(turn, f"没有记过工单 {number}，没有改动。请核对编号；还没记的先发“热线 {number} …”。")
    return True


async def _told_in(turn: Turn) -> int:
    """Where the one who enters it hears of it: never a residents' group, as it is none of the neighbours' business."""
    chats = await private_chats(turn.session, [turn.me.contact_id])
    if turn.me.contact_id in chats:
        return chats[turn.me.contact_id]
    if turn.here.room is not None and turn.here.room.purpose == Purpose.RESIDENTS:
        raise Refusal("外来工单不在居民群里说，请加我好友后私聊我，或者在工作群里发。")
    return turn.here.chat_id


async def _area(turn: Turn, words: str, usage: str) -> Area | None:
    """The grid that the words name, else the writer's only one; None after they were asked where they are."""
    if (named := await area_named(turn, words, towns_of(turn.me, turn.rules))) is not None:
        return named
    lowest = len(turn.rules.levels) - 1
    grids = {held.area_id for held in turn.me.roles if held.role in WORKERS and held.level == lowest}
    if len(grids) == 1:
        return await turn.session.get_one(Area, grids.pop())
    if turn.here.area is None or turn.here.area.level == lowest:
        return await locating.area_here(turn)
    raise Refusal(f"看不出是哪个网格的事，请写上村名、小区名或网格名再发一次，如：{usage}")


def towns_of(speaker: Speaker, rules: Rules) -> set[str]:
    """Paths of the towns in which somebody holds a role."""
    depth = rules.levels.index(rules.town_level) + 1
    return {"/" + "".join(f"{part}/" for part in held.path.strip("/").split("/")[:depth]) for held in speaker.roles}


async def area_named(turn: Turn, words: str, within: set[str]) -> Area | None:
    """The nearest area below a town that the words name; Refusal if those they name all lie outside `within`."""
    names = await gazetteer(turn.session)
    codes = [hit.place.area for hit in names.find(fold(words)) if hit.place.area]
    if not codes:
        return None
    found = {area.code: area for area in await turn.session.scalars(select(Area).where(col(Area.code).in_(codes)))}
    town = turn.rules.levels.index(turn.rules.town_level)
    near = [found[code] for code in codes if code in found and found[code].level > town]
    mine = [area for area in near if any(area.path.startswith(path) for path in within)]
    if near and not mine:
        raise Refusal(f"{near[0].name}不在您负责的镇街，请转给那里的人记，这次没有记。")
    return max(mine, key=lambda area: area.level, default=None)


async def _open(turn: Turn, said: Ticket, area: Area, chat_id: int) -> None:
    case = await record(turn, said, area, chat_id)
    await tell_owner(turn, case, area)
    worker = await owner_name(turn, case)
    due = f"，时限 {texts.day(turn.local(case.due_at))}" if case.due_at else ""
    who = f"，已告诉{worker}" if worker else ""
    if case.owner_id == turn.me.contact_id:
        who = f"，由您负责，接下回“接单 {case.id}”"
    text = f"{texts.name(case)}{texts.outside(case)} 已记下，归{area.name}{due}{who}。办结时我把能回填的结果发给您。"
    room = turn.here.room
    if room is not None and room.purpose == Purpose.RESIDENTS:
        await whisper(turn, turn.me.contact_id, text, ref=str(case.id))
    else:
        await say(turn, text, ref=str(case.id))


async def record(turn: Turn, said: Ticket, area: Area, chat_id: int) -> Case:
    """Write the case of a ticket; no group hears of it, and its limit is the other office's where it names one."""
    reading = await read_matter(turn, said.text)
    about_worker = await passed_on(turn, area, said.text, reading)
    case = case_of(
        turn,
        area,
        reading,
        said.text,
        chat_id=chat_id,
        urgent=reading.urgent or reading.kind == Kind.EMERGENCY,
        quiet=about_worker or is_private(said.text, reading.category or OTHER),
        about_worker=about_worker,
        source=said.source,
        outside_number=said.number,
        relayed_for=said.name or reading.fields.contact_name or "",
        phone=said.phone or reading.fields.phone or "",
        due_at=said.due_at or limit(said.text, turn.local(turn.now)),
    )
    await write_case(turn, case, area)
    return case


_TICKETS = (
    select(Case).where(Case.merged_id == bindparam("case"), col(Case.source).in_(CASE_OUTSIDE)).order_by(col(Case.id))
)


async def tickets_in(turn: Turn, case: Case) -> list[Case]:
    """The tickets that went into a case: whoever entered them gets its result for each."""
    return list((await turn.session.scalars(_TICKETS, {"case": case.id})).all())


async def form(turn: Turn, case: Case, stands_for: Case | None = None) -> str:
    """The result as the other office's system takes it, ready to be copied; empty for a case of our own.

    Of a ticket that was merged the result is that of the case which `stands_for` it.
    """
    done = stands_for or case
    if case.source not in CASE_OUTSIDE or done.state not in (*CASE_SOLVED, CaseState.REFUSED):
        return ""
    query = select(CaseStep).where(CaseStep.case_id == done.id, col(CaseStep.action).in_(ENDS))
    last = (await turn.session.scalars(query.order_by(col(CaseStep.id).desc()).limit(1))).first()
    end = last.at if last else turn.now
    how = "不予受理" if done.state == CaseState.REFUSED else "已办结"
    due = case.due_at
    on_time = f"（时限 {_stamp(turn, due)}，{'按时' if end <= due else '超期'}）" if due else ""
    said = {True: "满意", False: "不满意", None: "待回访"}[done.satisfied]
    lines = (
        "",
        "可以照抄回填：",
        f"工单号：{case.outside_number}",
        f"结果：{'，'.join(part for part in (how, last.text if last else '') if part)}",
        f"收到：{_stamp(turn, case.created_at)}",
        f"办结：{_stamp(turn, end)}{on_time}",
        f"满意度：{said}",
    )
    ask = case.state == CaseState.DONE  # of a merged one the reporter of the other is asked
    return "\n".join(lines) + (f"\n（回访后回“满意 {case.id}”或“不满意 {case.id} 原因”）" if ask else "")


def _stamp(turn: Turn, when: datetime) -> str:
    return f"{turn.local(when):%Y-%m-%d %H:%M}"
