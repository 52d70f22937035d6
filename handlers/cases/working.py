"""The commands of case work."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import select
from sqlmodel import col

from handlers import alerts, strays
from handlers.cases import (
    holding,
    hushing,
    joining,
    laddering,
    listing,
    mediating,
    moving,
    neighbours,
    noting,
    outside,
    photographing,
    proactive,
    rating,
    relaying,
    restoring,
    sights,
    texts,
    whistling,
)
from handlers.cases.machine import meant_by
from handlers.clipping import open_clip
from handlers.commands import Command, Order, Takes
from handlers.matters import Refusal, find
from handlers.posting import say, whisper
from handlers.refs import fold
from handlers.turn import ON_DUTY, WORKERS, Turn
from handlers.understanding import Ref
from storage.areas import Area
from storage.matters import Case, CaseSource, CaseStep
from storage.people import Contact, Role

CALLED = (Role.DEPARTMENT, Role.MEDIATOR, Role.POLICE)
"""Who may be called to a case."""

HELPERS = (*WORKERS, Role.VOLUNTEER, *CALLED)
"""Who may take up what they are told of; the police emergencies, strays and what they are called to."""


WORKING = (*ON_DUTY, Role.DEPARTMENT, Role.MEDIATOR)
"""Who may work on what they have in hand."""

SETTLERS = (*WORKERS, Role.MEDIATOR)


def _number(order: Order) -> int:
    ref = order.ref
    if ref is None or ref.letter:
        raise Refusal(f"这条命令要事项编号，如：{order.command.usage}")
    return ref.number


async def _claim(turn: Turn, order: Order) -> None:
    if not (turn.me.has(CALLED) and await whistling.report_in(turn, _number(order))):
        await moving.claim(turn, _number(order))


async def _give_back(turn: Turn, order: Order) -> None:
    if not (turn.me.has(CALLED) and await whistling.given_back(turn, _number(order), _words(order))):
        await moving.give_back(turn, _number(order))


def _words(order: Order) -> str:
    """What follows the number, without the mark that stood between: 办结 12。换了灯泡."""
    return order.rest.lstrip(" 。.，,、：:；;！!")


async def _progress(turn: Turn, order: Order) -> None:
    await moving.progress(turn, _number(order), _words(order))


_NUMBER_LAST = re.compile(r"(?:\s|(?<=[\u4e00-\u9fff]))(?:#|事项)?\s*(?P<number>\d{1,9})\s*号?$")


async def _hand_over(turn: Turn, order: Order) -> None:
    """转给 12 李珍; many write 转给 李珍 12."""
    last = _NUMBER_LAST.search(fold(order.rest))
    if order.ref is None and last:
        person = order.rest[: last.start()]
        ref = await find(turn, order.command.letters, Ref("", int(last["number"])))
        await moving.hand_over(turn, ref.number, person)
    else:
        ref = order.ref or await find(turn, order.command.letters, None, meant_by("转给"))
        await moving.hand_over(turn, _number(replace(order, ref=ref)), order.rest)


async def _finish(turn: Turn, order: Order) -> None:
    if order.ref and order.ref.letter == "F":
        await strays.settled(turn, order.ref, _words(order))
        return
    await moving.finish(turn, _number(order), _words(order))


def _of(order: Order, letter: str) -> bool:
    """撤销, 驳回 and 误判 also take the number of a missing person or a stray."""
    return order.ref is not None and order.ref.letter == letter


async def _withdraw(turn: Turn, order: Order) -> None:
    if order.ref and _of(order, "M"):
        await alerts.withdraw(turn, order.ref)
    elif order.ref and _of(order, "F"):
        await strays.withdraw(turn, order.ref)
    else:
        await moving.withdraw(turn, _number(order))


async def _refuse(turn: Turn, order: Order) -> None:
    if order.ref and _of(order, "M"):
        await alerts.false_alarm(turn, order.ref, order.rest)
    elif order.ref and _of(order, "F"):
        await strays.false_alarm(turn, order.ref)
    else:
        await moving.refuse(turn, _number(order), order.rest)


async def _misread(turn: Turn, order: Order) -> None:
    if order.ref and _of(order, "M"):
        await alerts.false_alarm(turn, order.ref, "")
    elif order.ref and _of(order, "F"):
        await strays.false_alarm(turn, order.ref)
    else:
        await moving.misread(turn, _number(order))


async def _satisfied(turn: Turn, order: Order) -> None:
    await rating.rate(turn, _number(order), rating.mark_in(order.rest, rating.GOOD), order.rest)


async def _dissatisfied(turn: Turn, order: Order) -> None:
    await rating.rate(turn, _number(order), rating.BAD, _words(order))


async def _status(turn: Turn, order: Order) -> None:
    if order.ref and order.ref.letter in ("M", "N", "F"):
        await alerts.how_it_stands(turn, order.ref)
    else:
        await report_status(turn, Ref("", _number(order)))


async def report_status(turn: Turn, ref: Ref, *, asked: bool = True) -> None:
    """Where a case stands: the state, who has it, and the last step that the public may read.

    What was said to the bot alone is told its reporter in private; in the group then one line, if the bot was `asked`.
    """
    own = await moving.load_own(turn, ref.number)
    if own and not turn.here.private and await moving.between_us(turn, own[0]):
        sent = await whisper(turn, turn.me.contact_id, await _status_text(turn, *own), ref=str(ref))
        if asked:
            await say(turn, "我私聊回您了。" if sent.chats else "这件事请私聊我，我告诉您。")
        return
    case, area = await moving.load(turn, ref.number)
    await say(turn, await _status_text(turn, case, area), ref=str(case.id))


async def _status_text(turn: Turn, case: Case, area: Area) -> str:
    steps = select(CaseStep).where(CaseStep.case_id == case.id).order_by(col(CaseStep.id).desc())
    if not (turn.here.private and moving.manages(turn, case, area)):  # a group reads over the worker's shoulder
        steps = steps.where(col(CaseStep.public).is_(True))
    last = (await turn.session.scalars(steps.limit(1))).first()
    owner = await turn.session.get(Contact, case.owner_id) if case.owner_id else None
    words = f"{last.action} {last.text}".strip() if last and not case.merged_id else ""
    if turn.me.contact_id != case.reporter_id and not turn.here.private and await moving.between_us(turn, case):
        words = ""  # they were written for the reporter alone
    when = turn.local(last.at if last else case.created_at)
    told = texts.status(case, owner.name if owner else "", open_clip(words, 80), when, turn.local(turn.now))
    return told + await whistling.who_was_called(turn, case) + await _where_it_went(turn, case)


async def _where_it_went(turn: Turn, case: Case) -> str:
    """How the case stands into which this one was merged; nothing of one that is private now, in a group."""
    other = await turn.session.get(Case, await moving.current(turn, case.id or 0))
    if other is None or other.id == case.id:
        return ""
    area = await turn.session.get_one(Area, other.area_id)
    told = turn.here.private and (await moving.affected(turn, other) or moving.manages(turn, other, area))
    if other.quiet and not told:
        return ""
    return f"\n{await _status_text(turn, other, area)}"


async def _suspend(turn: Turn, order: Order) -> None:
    await holding.suspend(turn, _number(order), _words(order))


async def _extend(turn: Turn, order: Order) -> None:
    await holding.extend(turn, _number(order), _words(order))


async def _note(turn: Turn, order: Order) -> None:
    await noting.note(turn, _number(order), _words(order))


async def _recategorise(turn: Turn, order: Order) -> None:
    await noting.recategorise(turn, _number(order), _words(order))


async def _urge(turn: Turn, order: Order) -> None:
    await noting.urge(turn, _number(order))


async def _hush(turn: Turn, order: Order) -> None:
    await hushing.hush(turn, _number(order))


async def _photos(turn: Turn, order: Order) -> None:
    await photographing.show(turn, _number(order))


async def _sights(turn: Turn, order: Order) -> None:
    case, area = await moving.load(turn, _number(order))
    moving.must_manage(turn, case, area)
    await sights.show(turn, case)


async def _merge(turn: Turn, order: Order) -> None:
    if order.ref and _of(order, "M"):
        await alerts.merge(turn, order.ref, order.rest)
    else:
        await joining.merge(turn, Ref("", _number(order)), order.rest)


async def _restore(turn: Turn, order: Order) -> None:
    if order.ref and _of(order, "M"):
        await alerts.reopen(turn, order.ref)
    else:
        await restoring.restore(turn, _number(order))


async def _split(turn: Turn, order: Order) -> None:
    if order.ref and _of(order, "M"):
        await alerts.part(turn, order.ref)
        return
    await joining.split(turn, _number(order), _words(order))


async def _relay(turn: Turn, order: Order) -> None:
    await relaying.relay(turn, order)


async def _raise(turn: Turn, order: Order) -> None:
    await laddering.raise_case(turn, _number(order), _words(order))


async def _whistle(turn: Turn, order: Order) -> None:
    await whistling.whistle(turn, _number(order), _words(order))


async def _hand_to(turn: Turn, order: Order) -> None:
    await whistling.hand_to(turn, _number(order), _words(order))


async def _came(turn: Turn, order: Order) -> None:
    await whistling.came(turn, _number(order))


async def _mediate(turn: Turn, order: Order) -> None:
    await mediating.mediate(turn, _number(order), _words(order))


async def _settle(turn: Turn, order: Order) -> None:
    await mediating.settle(turn, _number(order), _words(order))


async def _elders(turn: Turn, order: Order) -> None:
    await mediating.elders(turn, _number(order), _words(order))


async def _hotline(turn: Turn, order: Order) -> None:
    await outside.enter(turn, order, CaseSource.HOTLINE)


async def _transfer(turn: Turn, order: Order) -> None:
    await outside.enter(turn, order, CaseSource.TRANSFERRED)


MUST, MAY = Takes.MUST, Takes.MAY
GIVE_BACK = "不归您办、办不了，请发“退单 {} 理由”，退回给网格员。"

_MINE = r"(?:我|俺|这边|今天|手[上里]头?|名下|的|[,， ])*"
_ALL = r"(?:全部|全都?|都|所有)(?:的|事情?|事项|单子?|件|已经?)*"
ALL_DONE = re.compile(
    rf"{_MINE}(?:{_ALL}(?:办结|[办弄搞做干处理]+[完好]|搞定|完成)|(?:办结|完成){_ALL})[了啊哈啦。.!！ ]*"
)
ALL_TAKEN = re.compile(rf"{_MINE}(?:{_ALL}(?:接单|接下?|领)|接单?{_ALL})[了啊哈啦吧。.!！ ]*")
"""都办完了, 办结全部: with one it is that one; of several the bot asks which."""
HOW_FAR = re.compile(
    r"(?:格格|请问|那|[,， ])*#?(?P<number>\d{1,9})\s*号?(?:的事|那件|这件|事项)?(?:现在|目前|到底)*"
    r"(?:[办修弄做]|处理)(?:到哪(?:[儿里]|一?步)?|得?(?:怎么样|咋样|如何|怎样))[了啊呀呢?？。 ]*"
)
"""1号办到哪了."""
_ENDINGS = ("误判", "驳回", "办结")
URGED = re.compile(
    r"(?:格格|请|麻烦|帮我|帮忙|给我|你|您|去|再|[,， ])*催(?!回执)(?:办|促|一?[催下])*(?:一下)?"
    r"[^\da-zA-Z,，。?？]{0,6}?[,， #]*"
    r"(?P<number>\d{1,9})\s*号?(?:事项|那件|这件|的事|的)?[吧啊呀了。.!！ ]*"
)
"""催一下小耿1号."""

COMMANDS: tuple[Command, ...] = (
    Command(("接单", "我接", "接"), "接单 12", "接下一件事项", _claim, HELPERS, MUST, contained=True, asked=ALL_TAKEN),
    Command(
        ("进展",),
        "进展 12 师傅已到现场",
        "把进展发到原来的群，并提醒报事人",
        _progress,
        HELPERS,
        MUST,
        rest=MUST,
        ordinary=True,
        contained=True,
    ),
    Command(
        ("转给", "转交"),
        "转给 12 李珍",
        "转给另一位网格员或志愿者",
        _hand_over,
        WORKERS,
        MAY,
        rest=MUST,
        close=True,
        ordinary=True,
        behind=("给", "交给", "派给"),
        instead=GIVE_BACK,
    ),
    Command(
        ("退单",),
        "退单 12",
        "接了办不了，退回去让别人接；部门要写理由",
        _give_back,
        HELPERS,
        MUST,
        rest=MAY,
        contained=True,
    ),
    Command(
        ("办结", "完成"),
        "办结 12 已修好",
        "办完了，请报事人评价",
        _finish,
        HELPERS,
        MUST,
        letters="CF",
        rest=MAY,
        spreads=True,
        contained=True,
        asked=ALL_DONE,
    ),
    Command(
        ("撤销",),
        "撤销 12",
        "撤下自己报的事项、寻人或待认领（网格员也可以）",
        _withdraw,
        (),
        MUST,
        letters="CM",
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("驳回",),
        "驳回 12 不属于本网格，请打 12345",
        "不受理，写明理由",
        _refuse,
        WORKERS,
        MUST,
        letters="CM",
        rest=MUST,
        spreads=True,
        instead=GIVE_BACK,
    ),
    Command(
        ("误判",),
        "误判 12",
        "机器人看错了，撤下",
        _misread,
        WORKERS,
        MUST,
        letters="CM",
        spreads=True,
        instead=GIVE_BACK,
    ),
    Command(
        (
            "恢复",
            *(f"{how}{what}" for how in ("撤销", "取消") for what in _ENDINGS),
            *(f"{one}错了" for one in _ENDINGS),
        ),
        "恢复 12",
        "撤错了、驳回错了、办结错了，恢复了接着办（自己撤的报事人也可以）",
        _restore,
        (),
        MUST,
        letters="CM",
        rest=MAY,
        ordinary=True,
        spreads=True,
        behind=("恢复一下", "不是误判", "没有误判", "误判错了", "撤错了", "办结错了", "驳回错了"),
    ),
    Command(
        ("进度",), "进度 12", "看一件事项到哪一步了", _status, (), MUST, ordinary=True, contained=True, asked=HOW_FAR
    ),
    Command(
        ("待办", "我的待办", "待办事项", "代办"),
        "待办",
        "列出没办完的事项；私聊时后面有还在找的人和待认领的人",
        listing.todo,
        HELPERS,
        ordinary=True,
        asked=listing.ASKS_TODO,
    ),
    Command(
        ("未接",), "未接", "列出还没人接的事项", listing.untaken, WORKERS, ordinary=True, asked=listing.ASKS_UNTAKEN
    ),
    Command(
        ("超期",),
        "超期",
        "列出过了时限还没办完的事项",
        listing.overdue,
        WORKERS,
        ordinary=True,
        asked=listing.ASKS_LATE,
    ),
    Command(
        ("今天",),
        "今天",
        "今天要办的：到期的、没接的、急的",
        listing.today,
        WORKERS,
        ordinary=True,
        asked=listing.ASKS_TODAY,
    ),
    Command(
        ("挂起",), "挂起 12 等配件 周五", "要等一等：写明原因和到哪天，到时提醒您", _suspend, HELPERS, MUST, rest=MAY
    ),
    Command(
        ("延期",),
        "延期 12 周五 等配件",
        "办理时间往后延，写明原因",
        _extend,
        HELPERS,
        MUST,
        rest=MAY,
        behind=("延到", "延期到", "推到", "推迟到"),
    ),
    Command(
        ("改类",), "改类 12 噪音", "改事项的类别", _recategorise, WORKERS, MUST, rest=MUST, behind=("改成", "改为")
    ),
    Command(
        ("备注",),
        "备注 12 已约好周五上门",
        "只给工作人员看，群里看不到",
        _note,
        WORKING,
        MUST,
        rest=MUST,
        ordinary=True,
        contained=True,
    ),
    Command(("催办", "督办"), "催办 12", "催负责的人", _urge, (), MUST, ordinary=True, contained=True, asked=URGED),
    Command(("照片",), "照片 12", "再看一件事项的照片", _photos, WORKING, MUST, ordinary=True, private=True),
    Command(("五见",), "五见 12", "办结前看看见人、见现场、见过程、见效果、见分析还缺什么", _sights, WORKING, MUST),
    Command(("保密",), "保密 12", "这件事以后只私下说，不在群里说（报事人也可以）", _hush, (), MUST, ordinary=True),
    Command(
        ("先办",),
        "先办 路灯老坏 柳树巷",
        "没人报也先立一件，告诉全群（未诉先办）",
        proactive.begin,
        WORKERS,
        rest=MUST,
        ordinary=True,
    ),
    Command(
        ("+1",),
        "+1 12",
        "我家也一样：跟上邻居报的事，办好了一起听信",
        neighbours.plus_one,
        rest=MUST,
        shape=neighbours.PLUS,
    ),
    Command(
        ("合并",),
        "合并 12 15",
        "两件是同一件事，后一件并进前一件；两条寻人也可以（合并 M3 M4）",
        _merge,
        ON_DUTY,
        MUST,
        letters="CM",
        rest=MUST,
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("拆分", "分开", "拆开"),
        "拆分 12 路灯也不亮",
        "另立一件；不写内容就把并错的拆开，并错的寻人也一样（分开 M4）",
        _split,
        ON_DUTY,
        MUST,
        letters="CM",
        rest=MAY,
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("代报",),
        "代报 3栋 王姨 家里水管漏了",
        "替没在群里的人报事；走失写“代报 寻人 姓名 …”",
        _relay,
        ON_DUTY,
        rest=MUST,
        close=True,
        ordinary=True,
    ),
    Command(
        ("上报",),
        "上报 12 夜里管不动",
        "办不了的往上报一级：村、镇、区",
        _raise,
        WORKERS,
        MUST,
        rest=MAY,
        ordinary=True,
        instead=GIVE_BACK,
    ),
    Command(
        ("吹哨",),
        "吹哨 12 供电所 城管",
        "请部门一起来办，先报到的牵头；不写部门就请领办的部门（网格长、管理员）",
        _whistle,
        WORKERS,
        MUST,
        rest=MAY,
        close=True,
    ),
    Command(
        ("转办",),
        "转办 12 物业",
        "交给一个部门、物业、执法、社工或民警来办，您继续跟进",
        _hand_to,
        WORKERS,
        MUST,
        rest=MAY,
        close=True,
        instead=GIVE_BACK,
    ),
    Command(("报到",), "报到 12", "部门来办了；先到的牵头", _came, CALLED, MUST, ordinary=True),
    Command(
        ("调解",),
        "调解 12 开始",
        "私下调解邻里纠纷，计时；完了发“调解 12 结束”",
        _mediate,
        SETTLERS,
        MUST,
        rest=MAY,
        ordinary=True,
    ),
    Command(
        ("和解",),
        "和解 12",
        "谈成了；有签好的和解书，先把照片发给我",
        _settle,
        SETTLERS,
        MUST,
        rest=MAY,
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("请三老",),
        "请三老 12",
        "看附近能帮着调解的老党员、老干部、老模范；写上名字就私下请他",
        _elders,
        WORKERS,
        MUST,
        rest=MAY,
    ),
    Command(
        ("热线",),
        "热线 12345-881 柳树巷3栋 王姨 路灯不亮 周五前",
        "记下热线工单，办结时给出能回填的结果；只写“热线”列出没办完的",
        _hotline,
        WORKERS,
        rest=MAY,
        ordinary=True,
    ),
    Command(
        ("转入",),
        "转入 信访-2026-15 柳树巷 反映路灯不亮 周五前",
        "记下别处转来的件，办法同热线",
        _transfer,
        WORKERS,
        rest=MAY,
        ordinary=True,
    ),
    Command(("满意",), "满意 12", "评价办结的事项", _satisfied, (), MUST, rest=MAY, ordinary=True, contained=True),
    Command(
        ("不满意",),
        "不满意 12 晚上又跳了",
        "不满意，重新打开",
        _dissatisfied,
        (),
        MUST,
        rest=MAY,
        ordinary=True,
        contained=True,
    ),
)
