"""吹哨, 转办 and 报到: departments are called to a case; who reports in first coordinates (首接负责)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers import quiet_hours
from handlers.alerts.reaching import town_of
from handlers.cases import departments, machine, texts
from handlers.cases.departments import ELDERS, Department
from handlers.cases.moving import (
    acknowledge,
    load,
    moved,
    must_manage,
    put_to_owner,
    relieve,
    tell_origin,
    wait_for_claim,
)
from handlers.cases.reporting import owner_for
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, responsible, say, tell, whisper
from handlers.turn import Turn
from storage.areas import Area
from storage.matters import CASE_OPEN, Case, CaseCall
from storage.outbox import Sort
from storage.people import Role, names_of

CALLED = "case.call"
"""The due thing that looks whether who was called has reported in; its ref is `<first call>#<step>`."""

CALLERS = (Role.LEAD, Role.ADMIN)


async def whistle(turn: Turn, number: int, words: str) -> None:
    """吹哨 12 供电所 城管: each is told of the case and reports in; until then who whistles answers for it."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    if not turn.me.has(CALLERS, area.path):
        raise Refusal(
            f"吹哨要由网格长或管理员来。请先发“上报 {case.id} 要请{words[:20] or '哪个部门'}”，这次没有改动。"
        )
    move = "加派" if case.department else "吹哨"
    machine.must(turn, case, move, "吹哨")
    chosen = await _fresh(turn, case, await _chosen(turn, case, area, words, "吹哨"))
    names = _names([one.name for one in chosen])
    if move == "吹哨":
        await relieve(turn, case, f"已请{names}来办")
        case.owner_id, case.taken_at, case.waits_until = turn.me.contact_id, None, None
    await moved(turn, case, move, names)
    due, unreached = await _call(turn, case, area, chosen)
    hold = await tell_origin(turn, case, f"{texts.name(case)}已请{names}来办，有进展我在这里说。")
    await acknowledge(turn, case, f"{texts.name(case)}已请{names}，要在 {_clock(turn, due)} 前报到，没来我会催。", hold)
    await _tell_unreached(turn, case, unreached)


async def hand_to(turn: Turn, number: int, words: str) -> None:
    """转办 12 物业: one department has it in hand from now on; the worker hears how it goes."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "转办")
    chosen = await _chosen(turn, case, area, words, "转办")
    if len(chosen) > 1:
        raise Refusal(f"转办一次只给一家。要请几家一起来，网格长或管理员发“吹哨 {case.id} {words[:40]}”。")
    (to,) = await _fresh(turn, case, chosen)
    await relieve(turn, case, f"已转给{to.name}")
    case.department, case.taken_at, case.waits_until = to.name, None, None
    case.owner_id = to.people[0] if to.people else turn.me.contact_id
    await moved(turn, case, "转办", to.name)
    due, unreached = await _call(turn, case, area, chosen)
    hold = await tell_origin(turn, case, f"{texts.name(case)}已转给{to.name}办理，{turn.me.name}继续跟进。")
    told = f"已转给{to.name}，要在 {_clock(turn, due)} 前报到；它的进展我告诉您。"
    await acknowledge(turn, case, f"{texts.name(case)}{told}", hold)
    await _tell_unreached(turn, case, unreached)


async def _chosen(turn: Turn, case: Case, area: Area, words: str, command: str) -> list[Department]:
    """The departments named; without a name the one that takes the lead in such cases (领办)."""
    if case.about_worker:
        raise Refusal(f"{texts.name(case)}是对工作人员的意见，不能交给部门。请用“上报 {case.id}”。")
    rule = turn.rules.cases.categories.get(case.category)
    return await departments.named(turn, area, words or (rule.department if rule else ""), f"{command} {case.id} {{}}")


async def _fresh(turn: Turn, case: Case, chosen: Sequence[Department]) -> list[Department]:
    """Those who were not called before; Refusal if all were."""
    called = {one.department for one in await departments.calls_of(turn, case)}
    if fresh := [one for one in chosen if one.name not in called]:
        return fresh
    raise Refusal(f"{texts.name(case)}已经请过{_names([one.name for one in chosen])}了，发“进度 {case.id}”看谁到了。")


async def _call(turn: Turn, case: Case, area: Area, chosen: Sequence[Department]) -> tuple[datetime, list[str]]:
    """Write the calls down and tell who is called; until when they are to report in, and who could not be told."""
    due = turn.now + timedelta(hours=turn.rules.cases.report_in_hours)
    calls = [
        CaseCall(
            case_id=case.id or 0,
            department=one.name,
            called_by=turn.me.contact_id,
            called_at=turn.now,
            due_at=due,
        )
        for one in chosen
    ]
    turn.session.add_all(calls)
    await turn.session.flush()
    await turn.schedule(CALLED, f"{calls[0].id}#1", due)
    how = f"请在 {_clock(turn, due)} 前回“报到 {case.id}”；不归您管就回“退单 {case.id} 理由”。"
    unreached = [one.name for one in chosen if not await _tell(turn, case, area, one, f"请{one.name}来办。{how}")]
    return due, unreached


async def _tell(turn: Turn, case: Case, area: Area, to: Department, what: str) -> bool:
    """Tell a department: its people in private, its rooms without names and words; whether anybody could be told."""
    chats = await departments.reached(turn, to)
    text = f"{texts.for_department(case, area.name, await departments.reporter_name(turn, case))}\n{what}"
    said = await post(turn, str(case.id), Sort.STAFF, [Piece(text)], [Target(one) for one in chats.values()])
    open_text = f"{texts.for_department_room(case, area.name)}，{what}"
    heard = await post(turn, str(case.id), Sort.STAFF, [Piece(open_text)], [Target(one) for one in to.rooms])
    return bool(said.chats or heard.chats)


async def _tell_unreached(turn: Turn, case: Case, names: Sequence[str]) -> None:
    if names:
        text = f"{texts.name(case)}{_names(names)}没有加我好友，也没有群，我通知不到，请您打电话。"
        await whisper(turn, turn.me.contact_id, text, ref=str(case.id))


def _names(names: Sequence[str]) -> str:
    return "、".join(names)


def _clock(turn: Turn, moment: datetime) -> str:
    return f"{turn.local(moment):%m-%d %H:%M}"


async def _mine(turn: Turn, number: int) -> tuple[Case, Area, CaseCall] | None:
    """The case, locked, to which the speaker was called, and the latest call; None for a case of others."""
    case = await turn.session.get(Case, number, with_for_update=True, populate_existing=True)
    if case is None:
        return None
    area = await turn.session.get_one(Area, case.area_id)
    names = {departments.name_of(one) for one in turn.me.roles if one.covers(area.path)} - {""}
    for call in reversed(await departments.calls_of(turn, case)):
        if call.contact_id == turn.me.contact_id or (call.contact_id is None and call.department in names):
            turn.concerns(str(number))
            return case, area, call
    return None


async def report_in(turn: Turn, number: int) -> bool:
    """报到 12, or 接单 12: the first to come coordinates, the others help; False if the speaker was not called."""
    mine = await _mine(turn, number)
    if mine is None:
        return False
    case, area, call = mine
    if call.reported_at is not None:
        raise Refusal(f"{texts.name(case)}{call.department}已经报到了，办完回“办结 {case.id} 结果”。")
    machine.must(turn, case, "报到")
    if call.contact_id is not None:
        await _only_elder(turn, case)
    call.reported_at, call.reported_by = turn.now, turn.me.contact_id
    if call.contact_id is not None:
        await _elder_comes(turn, case)
    elif case.taken_at is None and case.department in ("", call.department):
        await _coordinate(turn, case, call)
    else:
        await _help(turn, case, area, call)
    return True


async def _only_elder(turn: Turn, case: Case) -> None:
    """Of the elders who were asked the first to say yes has it; Refusal that tells the next one so."""
    there = (one for one in await departments.calls_of(turn, case) if one.contact_id and one.reported_at)
    if other := next((one.contact_id for one in there if one.contact_id == case.owner_id), None):
        name = (await names_of(turn.session, [other]))[other]
        raise Refusal(f"{texts.name(case)}{name}已经答应来调解了，这回不用您跑，谢谢您。")


async def _elder_comes(turn: Turn, case: Case) -> None:
    case.owner_id, case.taken_at = turn.me.contact_id, turn.now
    await moved(turn, case, "三老接手", turn.me.name, public=False)
    await whisper(turn, case.reporter_id, f"{texts.name(case)}请了{turn.me.name}来调解。", ref=str(case.id))
    await departments.tell_callers(turn, case, f"{texts.name(case)}{turn.me.name}答应来调解。")
    await say(
        turn, f"{texts.name(case)}谢谢您。到场回“调解 {case.id} 开始”，谈成回“和解 {case.id}”。", ref=str(case.id)
    )


async def _coordinate(turn: Turn, case: Case, call: CaseCall) -> None:
    case.department, case.owner_id = call.department, turn.me.contact_id
    case.taken_at, case.waits_until = turn.now, None
    await moved(turn, case, "报到", call.department)
    beside = [
        one.department
        for one in await departments.calls_of(turn, case)
        if one.department != call.department and (one.reported_at or one.due_at > turn.now)  # not who never came
    ]
    helped = f"，{_names(beside)}配合" if beside else ""
    await tell_origin(turn, case, f"{texts.name(case)}{call.department}已报到，牵头办理{helped}。有进展我在这里说。")
    await departments.tell_callers(
        turn, case, f"{texts.name(case)}{call.department}（{turn.me.name}）已报到，由它牵头{helped}。"
    )
    todo = f"{await _whole_case(turn, case)}有情况回“进展 {case.id} …”，办完回“办结 {case.id} 结果”。"
    await say(turn, f"{texts.name(case)}报到好了，由{call.department}牵头{helped}。{todo}", ref=str(case.id))


async def _help(turn: Turn, case: Case, area: Area, call: CaseCall) -> None:
    await moved(turn, case, "配合", call.department)
    lead = await _leading(turn, case)
    told = f"{texts.name(case)}{call.department}（{turn.me.name}）也到了，配合{lead}办理。"
    await departments.tell_callers(turn, case, told)
    if case.owner_id not in (None, call.called_by, turn.me.contact_id):
        await tell(turn, case.owner_id or 0, told, told, area=area, ref=str(case.id))
    more = await _whole_case(turn, case)
    await say(turn, f"{texts.name(case)}报到好了，{lead}牵头，请配合办理。{more}", ref=str(case.id))


async def _leading(turn: Turn, case: Case) -> str:
    """Who coordinates: the department with its person, or the owner."""
    person = (await names_of(turn.session, [case.owner_id])).get(case.owner_id, "") if case.owner_id else ""
    return person if case.department in person else f"{case.department}{person}"


async def _whole_case(turn: Turn, case: Case) -> str:
    """Who reported in from the department's group reads in private what that group may not; how, if they cannot."""
    if turn.here.private:
        return ""
    area = await turn.session.get_one(Area, case.area_id)
    text = texts.for_department(case, area.name, await departments.reporter_name(turn, case))
    told = await whisper(turn, turn.me.contact_id, text, ref=str(case.id))
    return "" if told.chats else "加我好友，我把详细情况私下发给您。"


async def came(turn: Turn, number: int) -> None:
    """报到 12; Refusal for who was not called."""
    if not await report_in(turn, number):
        raise Refusal(f"没有请您这边来办 {number} 号事项，这次没有改动。")


async def given_back(turn: Turn, number: int, words: str) -> bool:
    """退单 12 不归我们管: back to whom the department was called by; False if the speaker was not called."""
    mine = await _mine(turn, number)
    if mine is None:
        return False
    case, area, call = mine
    machine.must(turn, case, "退单")
    if not words:
        raise Refusal(f"退单要写理由，如：退单 {case.id} 不是我们的线路。")
    call.returned_at = turn.now
    await turn.session.flush()
    who = turn.me.name if call.contact_id else call.department
    text = f"{texts.name(case)}{who}退单：{words}"
    had = case.owner_id == turn.me.contact_id or (call.contact_id is None and case.department == call.department)
    standing = [one for one in await departments.calls_of(turn, case) if one.department != ELDERS]
    if had or (not case.department and not standing and call.contact_id is None and case.taken_at is None):
        case.department, case.taken_at = "", None
        again = await departments.at_work(turn, [call.called_by], area)
        case.owner_id = call.called_by if again else await owner_for(turn, case, area)
        await moved(turn, case, "退单", f"{who}：{words}", public=False)
        await tell_origin(turn, case, f"{texts.name(case)}{who}这边办不了，已退回，另想办法，有进展我在这里说。")
        await put_to_owner(turn, case, area, f"{text}\n")
        await wait_for_claim(turn, case)
    elif await departments.at_work(turn, [call.called_by], area):
        await whisper(turn, call.called_by, text, ref=str(case.id))
    await say(turn, f"{texts.name(case)}已退回。", ref=str(case.id))
    return True


async def late(turn: Turn, ref: str) -> None:
    """Who was called has not reported in: at the limit it and its caller are told, after twice the limit the town."""
    first_id, _, step = ref.partition("#")
    first = await turn.session.get(CaseCall, int(first_id))
    if first is None:
        return
    case = await turn.session.get(Case, first.case_id, with_for_update=True, populate_existing=True)
    if case is None or case.state not in CASE_OPEN:
        return
    together = [one for one in await departments.calls_of(turn, case) if one.called_at == first.called_at]
    missing = [one.department for one in together if one.reported_at is None and one.contact_id is None]
    if not missing:
        return
    if not case.urgent and (wake := quiet_hours.ends(turn)):
        await turn.schedule(CALLED, ref, wake)
        return
    area = await turn.session.get_one(Area, case.area_id)
    if step == "1":
        await _remind(turn, case, area, first, missing)
    else:
        await _last_resort(turn, case, area, first, missing)


async def _remind(turn: Turn, case: Case, area: Area, first: CaseCall, missing: Sequence[str]) -> None:
    how = f"过了 {_clock(turn, first.due_at)} 还没报到。请马上回“报到 {case.id}”；不归您管就回“退单 {case.id} 理由”。"
    for one in await departments.around(turn, area):
        if one.name in missing:
            await _tell(turn, case, area, one, f"{one.name}{how}")
    text = f"{texts.name(case)}{_names(missing)}过了时间还没报到，我已催过一次，请您也打个电话。"
    for contact_id in await _followed_by(turn, case, area, first):
        await tell(turn, contact_id, text, text, area=area, ref=str(case.id))
    again = turn.now + timedelta(hours=turn.rules.cases.report_in_hours)
    await turn.schedule(CALLED, f"{first.id}#2", again)


async def _last_resort(turn: Turn, case: Case, area: Area, first: CaseCall, missing: Sequence[str]) -> None:
    """Nobody came: the town answers for it. Somebody did: the town hears who did not."""
    town = await town_of(turn, area)
    admins = await responsible(turn, town, (Role.ADMIN,))
    text = f"{texts.name(case)}{_names(missing)}一直没有报到"
    if case.taken_at is not None or not admins:
        for contact_id in dict.fromkeys([*admins, *await _followed_by(turn, case, area, first)]):
            await tell(turn, contact_id, f"{text}，请督促。", f"{text}，请督促。", area=area, ref=str(case.id))
        return
    await departments.let_go(turn, case, f"没等到报到，已由{town.name}督办")
    case.raised_id, case.owner_id = town.id, admins[0]
    await moved(turn, case, "兜底", f"{_names(missing)}没有报到，{town.name}来办")
    await tell_origin(turn, case, f"{texts.name(case)}请的部门还没到，现在由{town.name}直接督办，有进展我在这里说。")
    await put_to_owner(turn, case, area, f"{text}，现在由您这里负责。\n")
    await wait_for_claim(turn, case)


async def _followed_by(turn: Turn, case: Case, area: Area, call: CaseCall) -> list[int]:
    """Who called, if still at work there; else the owner."""
    called_by = await departments.at_work(turn, [call.called_by], area)
    return sorted(called_by) or [one for one in (case.owner_id,) if one]


async def who_was_called(turn: Turn, case: Case) -> str:
    """For 进度: who was called and who has come, on one line; empty if nobody was."""
    calls = [one for one in await departments.calls_of(turn, case) if one.contact_id is None]
    if not calls:
        return ""
    return "\n请了：" + "、".join(f"{one.department}（{_how_far(turn, case, one)}）" for one in calls)


def _how_far(turn: Turn, case: Case, call: CaseCall) -> str:
    if call.reported_at is None:
        late_by = "，已超时" if call.due_at < turn.now else ""
        return f"{_clock(turn, call.due_at)} 前报到{late_by}"
    return f"{_clock(turn, call.reported_at)} 报到{'，牵头' if call.department == case.department else ''}"
