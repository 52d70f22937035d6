"""The commands of case work."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import or_, select
from sqlmodel import col

from handlers import alerts, strays
from handlers.cases import moving, texts
from handlers.clipping import open_clip
from handlers.commands import Command, Order, Takes
from handlers.matters import Refusal, find
from handlers.posting import say, whisper
from handlers.refs import fold
from handlers.turn import ON_DUTY, WORKERS, Turn
from handlers.understanding import Ref
from storage.areas import Area, Chat
from storage.matters import CASE_OPEN, CASE_UNTAKEN, Case, CaseStep
from storage.people import Contact, Role

HELPERS = (*WORKERS, Role.VOLUNTEER, Role.POLICE)
"""Who may take up what they are told of; the police emergencies and strays only."""
LIST_LINES = 15


def _number(order: Order) -> int:
    ref = order.ref
    if ref is None or ref.letter:
        raise Refusal(f"这条命令要事项编号，如：{order.command.usage}")
    return ref.number


async def _claim(turn: Turn, order: Order) -> None:
    await moving.claim(turn, _number(order))


async def _give_back(turn: Turn, order: Order) -> None:
    await moving.give_back(turn, _number(order))


def _words(order: Order) -> str:
    """What follows the number, without the mark that stood between: 办结 12。换了灯泡."""
    return order.rest.lstrip(" 。.，,、：:；;！!")


async def _progress(turn: Turn, order: Order) -> None:
    await moving.progress(turn, _number(order), _words(order))


_NUMBER_LAST = re.compile(r"\s(?:#|事项)?\s*(?P<number>\d{1,9})\s*号?$")


async def _hand_over(turn: Turn, order: Order) -> None:
    """转给 12 李珍; many write 转给 李珍 12."""
    last = _NUMBER_LAST.search(fold(order.rest))
    if order.ref is None and last:
        person = order.rest[: last.start()]
        ref = await find(turn, order.command.letters, Ref("", int(last["number"])))
        await moving.hand_over(turn, ref.number, person)
    else:
        ref = order.ref or await find(turn, order.command.letters, None)
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
    await moving.rate(turn, _number(order), True, order.rest)


async def _dissatisfied(turn: Turn, order: Order) -> None:
    await moving.rate(turn, _number(order), False, order.rest)


async def _status(turn: Turn, order: Order) -> None:
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
    if not moving.manages(turn, case, area):
        steps = steps.where(col(CaseStep.public).is_(True))
    last = (await turn.session.scalars(steps.limit(1))).first()
    owner = await turn.session.get(Contact, case.owner_id) if case.owner_id else None
    words = f"{last.action} {last.text}".strip() if last else ""
    if turn.me.contact_id != case.reporter_id and not turn.here.private and await moving.between_us(turn, case):
        words = ""  # they were written for the reporter alone
    when = turn.local(last.at if last else case.created_at)
    return texts.status(case, owner.name if owner else "", open_clip(words, 80), when)


async def _todo(turn: Turn, order: Order) -> None:
    """Open matters of mine, and unclaimed ones of my areas; private ones only in private."""
    areas = [col(Area.path).startswith(path, autoescape=True) for path in turn.me.areas]
    query = (
        select(Case, col(Area.name), col(Chat.contact_id))
        .join(Area, col(Case.area_id) == col(Area.id))
        .join(Chat, col(Case.chat_id) == col(Chat.id))
        .where(
            col(Case.state).in_(CASE_OPEN),
            or_(Case.owner_id == turn.me.contact_id, *areas),
            or_(col(Case.about_worker).is_(False), Case.owner_id == turn.me.contact_id),
        )
        .order_by(col(Case.urgent).desc(), col(Case.id))
    )
    if not turn.here.private:
        query = query.where(col(Case.quiet).is_(False))
    rows = (await turn.session.execute(query.limit(200))).all()
    if not rows:
        await say(turn, "没有待办的事项。")
        return
    lines = [_todo_line(case, area, bool(told) and not turn.here.private) for case, area, told in rows[:LIST_LINES]]
    more = f"\n……还有 {len(rows) - LIST_LINES} 件" if len(rows) > LIST_LINES else ""
    await say(turn, f"待办 {len(rows)} 件：\n" + "\n".join(lines) + more)


def _todo_line(case: Case, area: str, hidden: bool) -> str:
    """One case; `hidden`: it was told the bot alone, and its words are not for this group."""
    mark = "急 " if case.urgent else ""
    state = "" if case.state not in CASE_UNTAKEN else "（未接）"
    words = "私下报的，私聊我看" if hidden else open_clip(case.text, 18)
    return f"{mark}{case.id}｜{area}｜{case.category}｜{words}{state}"


MUST, MAY = Takes.MUST, Takes.MAY

COMMANDS: tuple[Command, ...] = (
    Command(("接单", "我接", "接"), "接单 12", "接下一件事项", _claim, HELPERS, MUST),
    Command(
        ("进展",),
        "进展 12 师傅已到现场",
        "把进展发到原来的群，并提醒报事人",
        _progress,
        ON_DUTY,
        MUST,
        rest=MUST,
        ordinary=True,
    ),
    Command(
        ("转给", "转交"),
        "转给 12 李珍",
        "转给另一位网格员或志愿者",
        _hand_over,
        WORKERS,
        MAY,
        rest=MUST,
        ordinary=True,
    ),
    Command(("退单",), "退单 12", "接了办不了，退回去让别人接", _give_back, HELPERS, MUST, rest=MAY),
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
    ),
    Command(("误判",), "误判 12", "机器人看错了，撤下", _misread, WORKERS, MUST, letters="CM", spreads=True),
    Command(("进度",), "进度 12", "看一件事项到哪一步了", _status, (), MUST, ordinary=True),
    Command(("待办",), "待办", "列出没办完的事项", _todo, WORKERS, ordinary=True),
    Command(("满意",), "满意 12", "评价办结的事项", _satisfied, (), MUST, rest=MAY, ordinary=True),
    Command(("不满意",), "不满意 12 晚上又跳了", "不满意，重新打开", _dissatisfied, (), MUST, rest=MAY, ordinary=True),
)
