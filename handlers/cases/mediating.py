"""调解, 和解 and 请三老: neighbours at odds are reconciled in private; their group hears no more than 已和解."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.cases import departments, evidence, machine, texts
from handlers.cases.moving import call_off, load, moved, must_manage, take, tell_joined
from handlers.cases.privacy import CATEGORIES
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, say, whisper
from handlers.turn import ROLE_NAMES, Turn
from storage.areas import Area
from storage.matters import CASE_UNTAKEN, Case, CaseCall, CaseStep, Shows
from storage.outbox import Sort
from storage.people import Role, private_chats, staff_around

BEGUN, OVER, SETTLED = "调解开始", "调解结束", "和解"

PROPOSED = 3
"""Mediators that a worker is proposed at once: 三老."""

_STARTS, _STOPS = frozenset(["开始了", "开始", "始", "开"]), frozenset(["结束了", "结束", "完了", "完", "停", "结"])


async def mediate(turn: Turn, number: int, words: str) -> None:
    """调解 12 开始, 调解 12 结束: the time is kept (in fifteen minutes, says requirement 0.16)."""
    case, _ = await _dispute(turn, number)
    word = words.strip(" 。.!！")
    begun, _ = await _times(turn, case)
    if word in _STARTS:
        machine.must(turn, case, BEGUN)
        if begun is not None:
            raise Refusal(f"{texts.name(case)}{turn.local(begun):%H:%M} 已经开始计时，完了回“调解 {case.id} 结束”。")
        if case.state in CASE_UNTAKEN:
            await take(turn, case)
        await moved(turn, case, BEGUN, public=False)
        await say(turn, f"{texts.name(case)}调解开始计时，完了回“调解 {case.id} 结束”。", ref=str(case.id))
    elif word in _STOPS:
        machine.must(turn, case, OVER)
        if begun is None:
            raise Refusal(f"{texts.name(case)}还没开始计时，先回“调解 {case.id} 开始”。")
        await moved(turn, case, OVER, public=False)
        todo = f"谈成了回“和解 {case.id}”（有签好的和解书，先把照片发给我），没谈成回“备注 {case.id} …”。"
        await say(turn, f"{texts.name(case)}这次用时 {_minutes(turn.now - begun)} 分钟。{todo}", ref=str(case.id))
    else:
        raise Refusal(f"请写开始还是结束，如：调解 {case.id} 开始。")


async def settle(turn: Turn, number: int, words: str) -> None:
    """和解 12: both sides agree; with a photo of the agreement where one was sent right before."""
    case, _ = await _dispute(turn, number)
    machine.must(turn, case, SETTLED)
    begun, spent = await _times(turn, case)
    spent += turn.now - begun if begun else timedelta()
    if case.taken_at is None:
        await take(turn, case)
    case.done_at = turn.now
    await moved(turn, case, SETTLED, words, public=False)
    photos = await evidence.keep_sent(turn, case, Shows.AGREEMENT, most=1)
    await evidence.with_step(turn, case, photos)
    await _tell_settled(turn, case)
    time = f"，共用时 {_minutes(spent)} 分钟" if spent else ""
    paper = "和解书照片收好了。" if photos else ""
    await say(turn, f"{texts.name(case)}已和解{time}。{paper}内容不会发到群里。", ref=str(case.id))
    await departments.tell_callers(turn, case, f"{texts.name(case)}{turn.me.name}说已和解{time}。")
    await call_off(turn, case, "已和解")
    await turn.schedule("case.close", str(case.id), turn.now + timedelta(days=turn.rules.cases.reopen_days))


async def _tell_settled(turn: Turn, case: Case) -> None:
    """The reporter in private; the group only what it needs, and only if it had heard of it. Nobody rates a quarrel."""
    text = f"{texts.name(case)}已和解。"
    if case.reporter_id != turn.me.contact_id:
        await whisper(turn, case.reporter_id, f"{text}还有什么就跟我说一声。", ref=str(case.id))
    if case.shown:
        await post(turn, str(case.id), Sort.CASE, [Piece(text)], [Target(case.chat_id)])
    await tell_joined(turn, case, text)


async def elders(turn: Turn, number: int, words: str) -> None:
    """请三老 12 proposes mediators, 请三老 12 李大爷 asks one: only then do they hear of it, in private."""
    case, area = await _dispute(turn, number)
    machine.must(turn, case, "请三老")
    there = await _mediators(turn, case, area)
    if not there:
        raise Refusal("这里还没有三老名单。请网格长或管理员发“任命 老党员 李大爷 柳树村”这样的话。")
    if words:
        await _ask(turn, case, area, *_meant(words.strip(" 。.@＠"), there))
        return
    lines = [f"{name}（{title}）" for _, name, title in there[:PROPOSED]]
    first = there[0][1]
    text = f"可以请：{'、'.join(lines)}。请哪位就回“请三老 {case.id} {first}”，您发了我才把事情私下告诉他。"
    await say(turn, f"{texts.name(case)}{text}", ref=str(case.id))


async def _ask(turn: Turn, case: Case, area: Area, contact_id: int, name: str) -> None:
    if any(one.contact_id == contact_id for one in await departments.calls_of(turn, case)):
        raise Refusal(f"{texts.name(case)}已经请过{name}了。")
    if not await private_chats(turn.session, [contact_id]):
        raise Refusal(f"{name}还没有加我好友，我不能私下告诉他。请您当面说，或请他先加我好友。")
    call = CaseCall(
        case_id=case.id or 0,
        department=departments.ELDERS,
        contact_id=contact_id,
        called_by=turn.me.contact_id,
        called_at=turn.now,
        due_at=turn.now + timedelta(hours=turn.rules.cases.report_in_hours),
    )
    turn.session.add(call)
    await moved(turn, case, "请三老", name, public=False)
    told = texts.for_department(case, area.name, await departments.reporter_name(turn, case))
    how = f"{turn.me.name}想请您帮着调解，请不要对外说。愿意就回“接单 {case.id}”，不方便就回“退单 {case.id} 理由”。"
    await whisper(turn, contact_id, f"{told}\n{how}", ref=str(case.id))
    await say(turn, f"{texts.name(case)}已私下请{name}，答应了我告诉您。", ref=str(case.id))


async def _mediators(turn: Turn, case: Case, area: Area) -> list[tuple[int, str, str]]:
    """(person, name, what they are) of the elders around, those of the very place first, never one of the parties."""
    found = [
        (not held.covers(area.path), -held.level, held.contact_id, name, held.title or ROLE_NAMES[held.role])
        for name, held in await staff_around(turn.session, area.path, turn.now)
        if held.role == Role.MEDIATOR and held.contact_id not in (case.reporter_id, turn.me.contact_id)
    ]
    fit = [one[2:] for one in sorted(found) if one[3] not in case.text]
    return list(dict.fromkeys(fit))


def _meant(name: str, there: list[tuple[int, str, str]]) -> tuple[int, str]:
    """The one elder whom a name, or a part of it, means."""
    exact = [one for one in there if one[1] == name]
    found = exact or [one for one in there if name and name in one[1]]
    if len(found) == 1:
        return found[0][:2]
    names = "、".join(one[1] for one in (found or there)[:10])
    raise Refusal(f"“{name[:20]}”{'可以是' if found else '不在三老名单里，可以请'}{names}，请写全名。")


async def _dispute(turn: Turn, number: int) -> tuple[Case, Area]:
    """The case, if neighbours are at odds in it and the speaker answers for it, here in private."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    if case.category not in CATEGORIES:
        raise Refusal(
            f"{texts.name(case)}是“{case.category}”，调解只用于邻里纠纷。要改类别发“改类 {case.id} 邻里纠纷”。"
        )
    return case, area


async def _times(turn: Turn, case: Case) -> tuple[datetime | None, timedelta]:
    """Since when they are talking, if they are, and how long the talks before took."""
    query = select(CaseStep).where(CaseStep.case_id == case.id, col(CaseStep.action).in_((BEGUN, OVER, SETTLED)))
    begun, spent = None, timedelta()
    for step in await turn.session.scalars(query.order_by(col(CaseStep.id))):
        if step.action == BEGUN:
            begun = step.at
        elif begun is not None:
            begun, spent = None, spent + (step.at - begun)
    return begun, spent


def _minutes(span: timedelta) -> int:
    """Whole minutes, as people count them: one at least."""
    return max(1, round(span.total_seconds() / 60))
