"""恢复 12: an end that was a slip is taken back: 误判, 驳回, 撤销 or a merge, and 办结 of the wrong number."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from handlers import lessons
from handlers.cases import joining, machine, texts
from handlers.cases.deadlines import limits
from handlers.cases.moving import (
    acknowledge,
    between_us,
    load,
    moved,
    must_manage,
    put_to_owner,
    tell_joined,
    tell_origin,
    wait_for_claim,
)
from handlers.cases.reporting import owner_for
from handlers.matters import RECENT_DONE, Refusal
from handlers.turn import WORKERS, Turn
from handlers.understanding import Kind
from storage.areas import Area
from storage.matters import CASE_OPEN, CASE_UNTAKEN, Case, CaseState, CaseStep

BACK, GO_ON = "恢复", "接着办"
KEPT = 10 * RECENT_DONE
"""How long after its end a case can be brought back by its number: later the same trouble is another matter."""


async def restore(turn: Turn, number: int) -> None:
    """By whoever answers for it, or by the reporter who took it back themselves."""
    case, area = await load(turn, number)
    if turn.me.contact_id == case.reporter_id and not turn.me.has(WORKERS, area.path):
        await _must_be_own(turn, case)
    else:
        must_manage(turn, case, area)
    if case.state in CASE_OPEN:
        raise Refusal(f"{texts.name(case)}没有结束（{texts.state(case)}），不用恢复。")
    if case.state == CaseState.MERGED:
        await joining.split(turn, number, "")
        return
    if case.state == CaseState.CONFIRMED:
        raise Refusal(f"{texts.name(case)}报事人说好了，不用恢复。又坏了，报事人说一声“还没好”就重新打开。")
    if case.updated_at < turn.now - KEPT:
        raise Refusal(f"{texts.name(case)}结束超过 {KEPT.days} 天了，还有事请另外报一件。")
    if case.kind == Kind.EMERGENCY:
        from handlers import emergencies  # it imports this package

        turn.text = "险情没有解除，刚才撤错了"
        await emergencies.contradicted(turn, case)
        if case.shown:
            await tell_origin(turn, case, f"{texts.name(case)}险情没有解除，刚才撤错了，附近的人注意安全。")
        return
    await _bring_back(turn, case, area)


async def _must_be_own(turn: Turn, case: Case) -> None:
    """Refusal for a reporter, unless they took it back themselves; how to go on otherwise."""
    if case.state in CASE_OPEN:
        return
    if case.state == CaseState.DONE:
        raise Refusal(f"{texts.name(case)}已办结。还没好就回“不满意 {case.id} 原因”，我重新打开。")
    query = select(CaseStep.actor_id).where(CaseStep.case_id == case.id).order_by(col(CaseStep.id).desc()).limit(1)
    if (await turn.session.scalars(query)).first() != turn.me.contact_id or case.state == CaseState.MERGED:
        raise Refusal(f"{texts.name(case)}{texts.state(case)}。还要办的话，请再说一次是什么事，我另外记。")


async def _bring_back(turn: Turn, case: Case, area: Area) -> None:
    """It is open again, with new limits; who heard of its end hears of this."""
    done = case.state in machine.MOVES[GO_ON].sources
    case.ended_at = case.done_at = None
    limits(turn, case, turn.now)
    if not done:
        case.taken_at, case.owner_id = None, await owner_for(turn, case, area)
        await lessons.take_back(turn, str(case.id))
    await turn.unschedule("case.close", str(case.id))
    await moved(turn, case, GO_ON if done else BACK)
    slip = "刚才办结是弄错了，还没办完" if done else "刚才撤错了"
    text = f"{texts.name(case)}{slip}，接着办。有进展我在这里说。"
    known = case.shown or await between_us(turn, case)
    hold = await tell_origin(turn, case, text, asked=True) if known else None
    await tell_joined(turn, case, text)
    if case.owner_id != turn.me.contact_id:
        await put_to_owner(turn, case, area, f"{turn.me.name}恢复了这一件，请接着办。\n")
    if case.state in CASE_UNTAKEN:
        await wait_for_claim(turn, case)
    todo = f"接下回“接单 {case.id}”。" if case.state in CASE_UNTAKEN else f"办完再回“办结 {case.id} 结果”。"
    if turn.me.contact_id != case.reporter_id:
        await acknowledge(turn, case, f"{texts.name(case)}恢复了，接着办。{todo}", hold)
