"""Life in danger: answered at once with the number to call and what to do; the grid's people are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from handlers import locating
from handlers.cases import machine, reminding
from handlers.cases.complaints import is_of_staff, out_of_it
from handlers.cases.deadlines import limits
from handlers.cases.placing import place_of
from handlers.cases.privacy import is_private_danger
from handlers.cases.reporting import add_step, open_case
from handlers.clipping import clip
from handlers.matters import short_line
from handlers.posting import Piece, Target, post, responsible, say, tell, whisper
from handlers.refs import label
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Act, Ref
from handlers.understanding.harm import ABUSE, DYING, threatens_own_life
from storage.areas import Area
from storage.duty import on_duty
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, Case, CaseStep
from storage.outbox import Sort
from storage.people import Role

MAX_TEXT = 4000
AGAIN, DOUBTED, GOES_ON = "又有人报", "有人说没事", "险情还在"
REPEAT_MINUTES = 10
"""Within this time the same kind of danger in the same area is one emergency, not two."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to call and do in one kind of danger; general safety advice of the fire and emergency services."""

    name: str
    words: re.Pattern[str]
    call: str
    do: str


BY_HAND, THIEF = "伤人", "盗抢"
"""The dangers that are a person."""

ADVICE: tuple[Advice, ...] = (
    Advice(
        "溺水",
        re.compile(r"落水|溺水|掉.{0,6}[河水塘江湖井]|淹|捞"),
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
        BY_HAND,
        re.compile(rf"[刀砍捅枪]|打人|持械|劫|绑架|{ABUSE}|被打|[打揍掐踢](?:了|死|伤)?我"),
        "110",
        "先躲到安全的地方锁好门，别上前劝，记住人往哪走。",
    ),
    Advice(
        THIEF,
        re.compile(r"小偷|进[了来]?贼|有贼|入室|盗窃|偷[东我钱车]|撬(?:门|锁|窗)|抢(?:劫|走|了|包|钱)|尾随|跟踪"),
        "110",
        "先躲到安全的地方锁好门，别追别拦，记住人的样子和往哪走。",
    ),
    Advice(
        "服毒",
        re.compile(r"[喝吃吞服].{0,3}(?:农药|毒|百草枯|敌敌畏|安眠药)|食物中毒"),
        "120",
        "别让他走动，吐的时候头偏一边；药瓶和吃剩的留着带给医生，没有呼吸就做心肺复苏。",
    ),
    Advice(
        "轻生",
        re.compile(rf"{DYING}|想不开"),
        "110、120",
        "别激他，陪着说话，让会劝的亲人靠近。",
    ),
    Advice(
        "急病",
        re.compile(r"晕|昏|心脏|中风|呼吸|抽搐|流血|大出血|胸口|不省人事|中毒|车祸|撞"),
        "120",
        "让病人平躺别乱动，没有呼吸就做心肺复苏，派人到路口接车。",
    ),
)

_OWN_PATIENT = re.compile(
    r"(?:我|俺)(?:们?家)?的?(?:[爸妈爹娘爷奶哥姐弟妹叔姨舅]|老[婆公伴人]|媳妇|孩子|小孩|娃|儿子|女儿|闺女|孙|公公|婆婆|[岳父母])"
    r".{0,8}(?:晕|昏|中风|呼吸|抽搐|流血|出血|胸口|不省人事|跳楼|自杀|割腕|农药|没反应)"
)
"""Somebody of the writer's own who is ill: nobody of whom another has told."""

_MISTAKEN = re.compile(r"虚惊|(?:看|搞|弄|听|闻|认|报|说)错|误会|误报|没有?这回事|不是真的|演习")
_OVER = re.compile(r"没(?:什么|啥)?事(?:儿|情)?[了啦]")
_DENIES = re.compile(r"(?:没有?|不是|没在|哪有|哪里有)(?:什么|真的?|真正|在)?[着起发冒失漏]?(?:生了?)?$")
_SAFE_NOW = re.compile(
    r"(?<!没)(?<!没有)(?:救|劝|抱|拉|抬|送|捞)(?:[下上出回]来|走|医院?)[了啦]|脱险[了啦]|获救[了啦]|脱困[了啦]|醒(?:过来)?[了啦]"
)
_SETTLED = re.compile(
    r"[情势灾]?(?:已经?|都|刚刚?|全部?|完全|被[^,，。]{1,6}?)*(?:扑灭|浇灭|熄灭?|灭|控制住|关(?:上|好|掉)|断|堵上)[了啦]"
)
"""What follows a danger that is dealt with: 火灭了, 燃气关好了."""
_HARMLESS = re.compile(
    r"烧(?:纸|烤|饭|菜|水|香|火锅)|烟(?:花|囱|筒|雾弹)|[油炊香]烟|(?:做|烧|煮)饭的?烟|"
    r"(?:炒菜|做饭|[烧煮]饭|烧菜|熏(?:腊|香)?肉|蒸(?:馒头|包子))[^,，。着]{0,4}烟|[水蒸]汽"
)
"""What looks like a danger, said by who was mistaken: 看错了，是烧纸."""
_GOES_ON = re.compile(
    r"(?:还|仍|依然|一直)(?:在)?(?:[烧燃冒漏流淹喊]|着(?:火|呢|着)|困|没(?:救|灭|出来|下来|醒|断|走))|"
    r"又(?:[烧燃冒漏]|着(?!急|凉)|打|闹|晕|掉|塌|上(?:去|楼顶))|复燃|死灰复燃|没(?:有)?(?:灭|熄|扑灭|救[下上出])|"
    r"不是虚惊|谁说.{0,4}(?:虚惊|没|是假)|真的?(?:着火|起火|有人|出事|漏)|越[烧来]越"
)
_RESCUERS = r"(?:我们?|俺们?|人|大家|民警|警察|消防员?|救护车|120|119|已经?|刚刚?|都|也|[,，。!！ ])*+"
_ARRIVED = re.compile(rf"{_RESCUERS}(?:到(?:达?现?场|位)?了|(?:到达?|赶到|在)现?场(?:了|啦)?|赶到了)[。!！~～]*")
"""What those who were called say when they are there."""
_ENDED = re.compile(
    rf"(?:险情|现场|情况|阀门?|电|人){{0,2}}{_RESCUERS}(?:被|基本|完全|全部?|给)*"
    r"(?:扑?灭(?:掉|完)?了|(?:控制|稳定)(?:住了?|了)|解除了?|排除了?|(?:救|拉|抬|接)(?:下|出|上)来了|送(?:去|到|往)?医院?了|处理(?:好|完)了|没事了)"
    r"(?:[,，。 ]*(?:没有?|无)(?:人员?)?(?:受?伤亡?|死伤|被困|大碍))?[。!！~～]*"
)
"""What they say when it is over: 已经灭了，没有人员伤亡."""
_PEOPLE = r"(?:[一两三几\d]?个?(?:人|老人|孩子|小孩|娃|大人|大爷|大妈|奶奶|爷爷|病人))"
_INSIDE = r"(?:里[面头边]?|屋里头?|家里|楼[上里]|[车船井坑洞窖棚]里|上[面头]|下[面头]|底下|水里)"
_STILL_IN = re.compile(
    rf"{_INSIDE}(?:好像|可能|肯定|应该)?(?:还|都)?有{_PEOPLE}[^吗么没?？]{{0,6}}$"
    rf"|有{_PEOPLE}(?:还|都)?(?:在|困在?){_INSIDE}[了啊呀呢着!！。,， ]*$|(?:困|压|埋)在"
    r"|(?:没(?:有)?(?:跑|逃|救|爬|游)?[出上]来|[出上下]不来|[跑逃]不[出掉]来?|被困住?)[了啊呀着!！。,， ]*$"
)
"""What is said of those who are still in a danger."""
MAX_CALL_OFF = 60
"""Characters up to which a line may say nothing but that there was no danger."""

OTHER = Advice("险情", re.compile(""), "110、119、120", "先保证自己安全，离开危险的地方。")


OWN_LIFE_CALLED = "听到您说的了，已经请人马上来找您。\n"
OWN_LIFE = "现在别一个人待着，叫一声身边的人，或者打 120、110，都会有人帮您。您也可以一直跟我说。"
"""To somebody who means to die. No hotline: numbers differ from place to place, and none is in the config."""
UNSEEN = "看到了，已请人马上联系您。急的话先打 110、120。"
"""In the group, to somebody in a private danger who cannot be told in private: without a word of it."""


def advice_for(text: str) -> Advice:
    """What to say for these words; the first kind that fits, general advice otherwise."""
    return next((one for one in ADVICE if one.words.search(text)), OTHER)


def names_danger(text: str) -> bool:
    """Whether a line is about a danger, there or not: what others than the reporter must say to be heard."""
    return "虚惊一场" in text or _SAFE_NOW.search(text) is not None or any(one.words.search(text) for one in ADVICE)


def calls_off(text: str) -> Act:
    """What a line says of an emergency: WITHDRAW (虚惊一场, 没着火，看错了), FIXED (没事了), or NONE.

    One that still names a danger which it does not deny (看错了，是4楼着火) calls nothing off.
    """
    mistaken = "虚惊一场" in text or _MISTAKEN.search(text) is not None
    text = _HARMLESS.sub("", text) if mistaken else text
    dangers = [found for one in ADVICE for found in one.words.finditer(text)]
    denied = [one for one in dangers if _DENIES.search(text[: one.start()])]
    if len(text) > MAX_CALL_OFF or text.rstrip().endswith(("?", "？", "吗", "么")):
        return Act.NONE
    if goes_on(text):
        return Act.NONE
    if "虚惊一场" in text or (len(denied) == len(dangers) and (denied or mistaken)):
        return Act.WITHDRAW
    settled = [one for one in dangers if _SETTLED.match(text[one.end() :])]
    over = settled or _OVER.search(text) or _SAFE_NOW.search(text)
    return Act.FIXED if over and len(settled) == len(dangers) else Act.NONE


def fits(text: str, said: str) -> bool:
    """Whether a line that names a danger, or none in particular, may be of the one that was told of in `said`."""
    named = [one for one in ADVICE if one.words.search(text)]
    return not named or any(one.words.search(said) for one in named)


async def ask_which(turn: Turn, act: Act, refs: Sequence[Ref]) -> None:
    """没着火, or 到了, where several dangers are open: they are listed, and nothing is done."""
    rows = [(ref, await turn.session.get(Case, ref.number)) for ref in refs]
    lines = "\n".join(short_line(ref, row) for ref, row in rows if row is not None)
    how = "办结 {} 没有险情" if turn.me.has(ON_DUTY) else "撤销 {}"
    how = "进展 {} 已到现场" if act == Act.CLAIM else how
    await say(turn, f"您说的是哪一件？请引用那条消息再说一次，或回“{how.format(refs[0])}”这样带上编号：\n{lines}")


def tells_of_people(text: str) -> bool:
    """Whether a line says, beside a danger, that somebody is still in it: 里面还有人, 我妈没跑出来."""
    return len(text) <= MAX_CALL_OFF and _STILL_IN.search(text) is not None


def arrived(text: str) -> bool:
    """Whether all of a line says that its writer is there: 已到现场."""
    return _ARRIVED.fullmatch(text.strip()) is not None


def ended(text: str, said: str) -> bool:
    """Whether all of a line says that the danger told of in `said` is over, as who was called to it would say it."""
    return _ENDED.fullmatch(text.strip()) is not None and ("灭" not in text or fits("火", said)) and fits(text, said)


def goes_on(text: str) -> bool:
    """Whether a line says that a danger is still there or back again: 火还在烧, 又着起来了."""
    asks = text.rstrip().endswith(("?", "？", "吗", "么"))
    return len(text) <= MAX_CALL_OFF and not asks and _GOES_ON.search(text) is not None


async def contradicted(turn: Turn, case: Case) -> None:
    """Somebody says that it is not over: whoever was called hears it, and one that had ended is open again."""
    area = await turn.session.get(Area, case.area_id)
    assert area is not None
    turn.concerns(str(case.id))
    if case.state in CASE_OPEN:
        if turn.me.contact_id != case.reporter_id and not await _in_doubt(turn, case):
            turn.outcome = Outcome.CHAT  # they are on their way and have heard nothing else
            return
    else:
        machine.move(case, GOES_ON)
        case.taken_at = case.done_at = case.ended_at = None
        case.reopened += 1
        limits(turn, case, turn.now)
        await reminding.plan(turn, case)
        turn.audit("case.重开", str(case.id), "state")
        await turn.unschedule("case.close", str(case.id))
    case.updated_at = turn.now
    await add_step(turn, case, GOES_ON, turn.text[:200], public=False)
    await _pass_on(turn, case, area, "\n险情还在，请马上赶去。")


async def given_back(turn: Turn, case: Case, area: Area) -> None:
    """Who took it cannot go: the others who were called hear it at once."""
    name = label(str(case.id))
    text = f"【急】{name}{turn.me.name}办不了，退单了，请马上接下：{clip(case.text, 100)}\n接下回“接单 {case.id}”。"
    for contact_id in await _called(turn, case, area):
        if contact_id != case.owner_id:  # who owns it by duty is asked anyway
            await tell(
                turn, contact_id, text, f"【急】{name}{area.name}还没人接，请马上接下。", area=area, ref=str(case.id)
            )


async def doubted(turn: Turn, case: Case) -> None:
    """Somebody else than the reporter says that there is no danger: those on their way hear it and decide."""
    area = await turn.session.get(Area, case.area_id)
    assert area is not None
    await add_step(turn, case, DOUBTED, turn.text[:200], public=False)
    name = label(str(case.id))
    for contact_id in await _called(turn, case, area):
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
        await say(turn, OWN_LIFE if threatens_own_life(turn.text) else f"先打 {advice.call}！{advice.do}")
    area = await locating.area_here(turn)
    if area is None:
        return
    alike = await _alike(turn, area, advice)
    by_hand = advice.name in (BY_HAND, THIEF) or advice is OTHER or "放火" in turn.text
    about_staff = any(one.about_worker for one in alike) or (by_hand and await is_of_staff(turn, area))
    if turn.reading and about_staff:
        turn.reading = turn.reading._replace(about_worker=True)
    if (case := await _same_danger(turn, area, advice)) is not None:
        await _again(turn, case, area, advice)
        return
    case = await open_case(turn, area)
    case.urgent = True
    await turn.unschedule("case.unclaimed", f"{case.id}#1")
    called = await _called(turn, case, area)
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
    await add_step(turn, case, AGAIN, turn.text[:200], public=False)
    turn.concerns(str(case.id))
    name = label(str(case.id))
    mine = turn.me.contact_id == case.reporter_id
    if not mine and advice is not OTHER and not _elsewhere(turn, case) and not await _in_doubt(turn, case):
        if turn.here.chat_id != case.chat_id:  # the group was answered, this chat was not
            await say(turn, f"{name}已有人报，赶去的人都通知了。先打 {advice.call}！{advice.do}", ref=str(case.id))
        return
    await _pass_on(turn, case, area)


async def _pass_on(turn: Turn, case: Case, area: Area, plea: str = "") -> None:
    """Those on their way hear the new words, the writer that they do."""
    name = label(str(case.id))
    case.text = f"{case.text}\n{turn.text}"[:MAX_TEXT]
    said = turn.local(turn.at).strftime("%H:%M")
    for contact_id in await _called(turn, case, area):
        await tell(
            turn,
            contact_id,
            f"【急】{name}{turn.me.name} {said}又说：{clip(turn.text, 200)}{plea}",
            f"【急】{name}{area.name}有新情况，请看群里。",
            area=area,
            ref=str(case.id),
        )
    answer = f"{name}已转告赶去的人。打 {advice_for(case.text).call} 时也请说清这一点。"
    if threatens_own_life(turn.text):
        answer = f"{name}{OWN_LIFE_CALLED}{OWN_LIFE}"
    if case.quiet:
        await whisper(turn, turn.me.contact_id, answer, ref=str(case.id))
    else:
        await say(turn, answer, ref=str(case.id))


def _elsewhere(turn: Turn, case: Case) -> bool:
    """Whether a place is named of which those on their way have not heard."""
    place = place_of(turn.reading.fields) if turn.reading else ""
    return bool(place) and place not in case.text


async def _answer(turn: Turn, case: Case, advice: Advice, called: bool) -> None:
    name = label(str(case.id))
    who = "已通知网格员和值班的人。" if called else ""
    text = f"{name}{advice.name}！先打 {advice.call}。\n{advice.do}\n{who}"
    if threatens_own_life(turn.text):
        text = f"{name}{OWN_LIFE_CALLED if called else ''}{OWN_LIFE}"
    if case.quiet and not turn.here.private:
        if not (await whisper(turn, turn.me.contact_id, text.strip(), ref=str(case.id))).chats:
            await say(turn, UNSEEN)
        return
    if turn.here.private:
        await say(turn, text.strip(), ref=str(case.id))
        return
    text += "附近的邻居请互相提醒，注意安全。"
    sent = await post(
        turn, str(case.id), Sort.EMERGENCY, [Piece(text, (turn.me.contact_id,))], [Target(turn.here.chat_id)]
    )
    case.shown = bool(sent.chats)
    if not sent.chats:
        await say(turn, text, ref=str(case.id))


async def _called(turn: Turn, case: Case, area: Area) -> list[int]:
    """Who is on duty, then the nearest of each role; never one of whom it, or a danger like it nearby, is told."""
    out = await out_of_it(turn, [case, *await _alike(turn, area, advice_for(case.text))], area)
    people = [one.contact_id for one in await on_duty(turn.session, area.path, turn.now) if one.contact_id not in out]
    for role in (Role.WORKER, Role.LEAD, Role.ADMIN, Role.POLICE):
        people += await responsible(turn, area, (role,), but=out)
    return [one for one in dict.fromkeys(people) if one != turn.me.contact_id]


def _for_people(turn: Turn, case: Case, advice: Advice, area: Area) -> str:
    place = f"\n地点：{case.place}" if case.place else ""
    said = turn.local(turn.at).strftime("%H:%M")
    discreet = "只私下处理，不在群里说。" if case.quiet else ""
    return (
        f"【急】{label(str(case.id))}{advice.name}\n"
        f"{area.name} {turn.me.name} {said}说：{clip(turn.text, 200)}{place}\n"
        f"{discreet}请马上核实、到场，并确认已打 {advice.call}。"
        f"到了回“进展 {case.id} 已到现场”，处理完回“办结 {case.id} 结果”。"
    )


def _for_room(case: Case, advice: Advice, area: Area) -> str:
    return f"【急】{label(str(case.id))}{area.name}报{advice.name}，请马上核实、到场。"


async def _same_danger(turn: Turn, area: Area, advice: Advice) -> Case | None:
    """An open emergency of this kind in this area, told of within the last minutes.

    Words that name no danger of their own (有人困在里面) belong to the latest one.
    """
    return next((case for case in await _open_here(turn, area) if _same_matter(turn, case, advice)), None)


async def _alike(turn: Turn, area: Area, advice: Advice) -> list[Case]:
    return [one for one in await _open_here(turn, area) if advice_for(one.text) is advice]


async def _open_here(turn: Turn, area: Area) -> list[Case]:
    """The open emergencies of this area told of within the last minutes, the latest first."""
    query = (
        select(Case)
        .where(Case.area_id == area.id, Case.kind == "emergency", col(Case.state).in_(CASE_OPEN))
        .order_by(col(Case.id).desc())
        .limit(5)
    )
    opened = await turn.session.scalars(query)
    return [one for one in opened if abs((turn.at - one.created_at).total_seconds()) <= REPEAT_MINUTES * 60]


def _same_matter(turn: Turn, case: Case, advice: Advice) -> bool:
    """Whether these words are about that danger: a private one is its reporter's alone, each patient is another."""
    alike = advice is OTHER or advice_for(case.text) is advice
    if turn.reading and turn.reading.about_worker and not case.about_worker:
        return False  # the one it is about was called to that
    if turn.me.contact_id == case.reporter_id:
        return alike and (case.quiet or not is_private_danger(turn.text))
    if case.quiet or is_private_danger(turn.text) or _OWN_PATIENT.search(turn.text):
        return False
    apart = turn.here.private and turn.here.chat_id != case.chat_id and not turn.me.has(ON_DUTY)
    return alike and not (advice is OTHER and apart)


async def _in_doubt(turn: Turn, case: Case) -> bool:
    """Whether the last that those on their way heard is that there may be no danger."""
    query = select(col(CaseStep.action)).where(CaseStep.case_id == case.id, col(CaseStep.action) != AGAIN)
    return await turn.session.scalar(query.order_by(col(CaseStep.id).desc()).limit(1)) == DOUBTED
