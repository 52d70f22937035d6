"""Life in danger: answered at once with the number to call and what to do; the grid's people are called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from handlers import locating
from handlers.cases.placing import place_of
from handlers.cases.reporting import add_step, open_case
from handlers.clipping import clip
from handlers.posting import Piece, Target, post, responsible, say, tell
from handlers.refs import label
from handlers.turn import Turn
from handlers.understanding import Act
from storage.areas import Area
from storage.matters import CASE_OPEN, Case
from storage.outbox import Sort
from storage.people import Role

MAX_TEXT = 4000
REPEAT_MINUTES = 10
"""Within this time the same kind of danger in the same area is one emergency, not two."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to call and do in one kind of danger; general safety advice of the fire and emergency services."""

    name: str
    words: re.Pattern[str]
    call: str
    do: str


ADVICE: tuple[Advice, ...] = (
    Advice(
        "溺水",
        re.compile(r"落水|溺水|掉.{0,6}[河水塘江湖井]|淹"),
        "119、120",
        "别下水硬救，扔绳子、竹竿、救生圈；人救上来没呼吸就做心肺复苏。",
    ),
    Advice(
        "燃气", re.compile(r"燃气|煤气|天然气|沼气|瓦斯"), "119", "关阀、开窗、马上到屋外；别开关电器，别在屋里打电话。"
    ),
    Advice(
        "触电", re.compile(r"触电|电线|漏电|高压线|电到"), "120、95598", "别碰人和电线，先断电；离落地电线 8 米以外。"
    ),
    Advice("电梯", re.compile(r"电梯"), "96333 或 119", "按轿厢里的报警按钮，别扒门，等人来救。"),
    Advice(
        "火情", re.compile(r"火|烟|烧|爆炸"), "119", "先离开，别坐电梯；捂湿毛巾弯腰走，关上身后的门，别回去拿东西。"
    ),
    Advice(
        "坍塌", re.compile(r"塌|滑坡|泥石流|压住|埋"), "119、120", "离开危险处，别再进去；告诉救援的人里面还有几个人。"
    ),
    Advice(
        "伤人",
        re.compile(r"[刀砍捅枪]|打人|持械|劫|绑架|家暴"),
        "110",
        "先躲到安全的地方锁好门，别上前劝，记住人往哪走。",
    ),
    Advice(
        "轻生", re.compile(r"跳楼|轻生|自杀|想不开|割腕|喝农药"), "110、120", "别激他，陪着说话，让会劝的亲人靠近。"
    ),
    Advice(
        "急病",
        re.compile(r"晕|昏|心脏|中风|呼吸|抽搐|流血|大出血|胸口|不省人事|中毒|车祸|撞"),
        "120",
        "让病人平躺别乱动，没有呼吸就做心肺复苏，派人到路口接车。",
    ),
)

_MISTAKEN = re.compile(r"虚惊|(?:看|搞|弄|听|闻|认|报|说)错|误会|误报|没有?这回事|不是真的|演习")
_OVER = re.compile(r"没(?:什么|啥)?事(?:儿|情)?[了啦]")
_DENIES = re.compile(r"(?:没有?|不是|没在|哪有|哪里有)(?:什么|真的?|真正|在)?[着起发冒失漏]?(?:生了?)?$")
MAX_CALL_OFF = 60
"""Characters up to which a line may say nothing but that there was no danger."""

OTHER = Advice("险情", re.compile(""), "110、119、120", "先保证自己安全，离开危险的地方。")


def advice_for(text: str) -> Advice:
    """What to say for these words; the first kind that fits, general advice otherwise."""
    return next((one for one in ADVICE if one.words.search(text)), OTHER)


def names_danger(text: str) -> bool:
    """Whether a line is about a danger, there or not: what others than the reporter must say to be heard."""
    return "虚惊一场" in text or any(one.words.search(text) for one in ADVICE)


def calls_off(text: str) -> Act:
    """What a line says of an emergency: WITHDRAW (虚惊一场, 没着火，看错了), FIXED (没事了), or NONE.

    One that still names a danger which it does not deny (看错了，是4楼着火) calls nothing off.
    """
    dangers = [found for one in ADVICE for found in one.words.finditer(text)]
    denied = [one for one in dangers if _DENIES.search(text[: one.start()])]
    if len(text) > MAX_CALL_OFF or text.rstrip().endswith(("?", "？", "吗", "么")):
        return Act.NONE
    if "虚惊一场" in text or (len(denied) == len(dangers) and (denied or _MISTAKEN.search(text))):
        return Act.WITHDRAW
    return Act.FIXED if not dangers and _OVER.search(text) else Act.NONE


async def doubted(turn: Turn, case: Case) -> None:
    """Somebody else than the reporter says that there is no danger: those on their way hear it and decide."""
    area = await turn.session.get(Area, case.area_id)
    assert area is not None
    add_step(turn, case, "有人说没事", turn.text[:200], public=False)
    name = label(str(case.id))
    for contact_id in await _called(turn, area):
        await tell(
            turn,
            contact_id,
            f"{name}{turn.me.name}说：{clip(turn.text, 200)}\n核实没事就回“办结 {case.id} 没有险情”。",
            f"{name}有人说没有险情，请核实，没事就回“办结 {case.id}”。",
            area=area,
            ref=str(case.id),
        )
    await say(turn, f"{name}已转告赶去的人，由他们核实。", ref=str(case.id))


async def reported(turn: Turn) -> None:
    """No confirmation step: the group is answered, the grid's people are called."""
    advice = advice_for(turn.text)
    if turn.here.area is None:  # what to do comes before the question where
        await say(turn, f"先打 {advice.call}！{advice.do}")
    area = await locating.area_here(turn)
    if area is None:
        return
    if (case := await _same_danger(turn, area, advice)) is not None:
        await _again(turn, case, area, advice)
        return
    case = await open_case(turn, area)
    case.urgent = True
    await turn.unschedule("case.unclaimed", f"{case.id}#1")
    called = await _called(turn, area)
    await _answer(turn, case, advice, bool(called))
    for contact_id in called:
        await tell(
            turn,
            contact_id,
            _for_people(turn, case, advice, area),
            _for_room(case, advice, area),
            area=area,
            ref=str(case.id),
        )


async def _again(turn: Turn, case: Case, area: Area, advice: Advice) -> None:
    """Once more the same danger. What the reporter adds, or somebody trapped, must reach those on their way."""
    add_step(turn, case, "又有人报", turn.text[:200], public=False)
    turn.concerns(str(case.id))
    name = label(str(case.id))
    if turn.me.contact_id != case.reporter_id and advice is not OTHER and not _elsewhere(turn, case):
        if turn.here.chat_id != case.chat_id:  # the group was answered, this chat was not
            await say(turn, f"{name}已有人报，赶去的人都通知了。先打 {advice.call}！{advice.do}", ref=str(case.id))
        return
    case.text = f"{case.text}\n{turn.text}"[:MAX_TEXT]
    said = turn.local(turn.at).strftime("%H:%M")
    for contact_id in await _called(turn, area):
        await tell(
            turn,
            contact_id,
            f"【急】{name}{turn.me.name} {said}又说：{clip(turn.text, 200)}",
            f"【急】{name}{area.name}有新情况，请看群里。",
            area=area,
            ref=str(case.id),
        )
    await say(turn, f"{name}已转告赶去的人。打 {advice_for(case.text).call} 时也请说清这一点。", ref=str(case.id))


def _elsewhere(turn: Turn, case: Case) -> bool:
    """Whether a place is named of which those on their way have not heard."""
    place = place_of(turn.reading.fields) if turn.reading else ""
    return bool(place) and place not in case.text


async def _answer(turn: Turn, case: Case, advice: Advice, called: bool) -> None:
    who = "已通知网格员和值班的人。" if called else ""
    text = (
        f"{label(str(case.id))}{advice.name}！先打 {advice.call}。\n{advice.do}\n{who}附近的邻居请互相提醒，注意安全。"
    )
    if turn.here.private:
        await say(turn, text, ref=str(case.id))
        return
    sent = await post(
        turn, str(case.id), Sort.EMERGENCY, [Piece(text, (turn.me.contact_id,))], [Target(turn.here.chat_id)]
    )
    case.shown = bool(sent.chats)
    if not sent.chats:
        await say(turn, text, ref=str(case.id))


async def _called(turn: Turn, area: Area) -> list[int]:
    """The nearest of each role that must know."""
    people: list[int] = []
    for role in (Role.WORKER, Role.LEAD, Role.ADMIN, Role.POLICE):
        people += await responsible(turn, area, (role,))
    return [one for one in dict.fromkeys(people) if one != turn.me.contact_id]


def _for_people(turn: Turn, case: Case, advice: Advice, area: Area) -> str:
    place = f"\n地点：{case.place}" if case.place else ""
    said = turn.local(turn.at).strftime("%H:%M")
    return (
        f"【急】{label(str(case.id))}{advice.name}\n"
        f"{area.name} {turn.me.name} {said}说：{clip(turn.text, 200)}{place}\n"
        f"请马上核实、到场，并确认已打 {advice.call}。到了回“进展 {case.id} 已到现场”，处理完回“办结 {case.id} 结果”。"
    )


def _for_room(case: Case, advice: Advice, area: Area) -> str:
    return f"【急】{label(str(case.id))}{area.name}报{advice.name}，请马上核实、到场。"


async def _same_danger(turn: Turn, area: Area, advice: Advice) -> Case | None:
    """An open emergency of this kind in this area, told of within the last minutes.

    Words that name no danger of their own (有人困在里面) belong to the latest one.
    """
    query = (
        select(Case)
        .where(Case.area_id == area.id, Case.kind == "emergency", col(Case.state).in_(CASE_OPEN))
        .order_by(col(Case.id).desc())
        .limit(5)
    )
    for case in await turn.session.scalars(query):
        near = abs((turn.at - case.created_at).total_seconds()) <= REPEAT_MINUTES * 60
        if near and (advice is OTHER or advice_for(case.text) is advice):
            return case
    return None
