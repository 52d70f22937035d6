"""What happens to a case when time passes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from handlers.cases import digests, holding, neighbours, reminding, texts, whistling
from handlers.cases.accusing import matter_refused
from handlers.cases.acting import announce_added
from handlers.cases.complaints import BEGUN, complaint_handlers
from handlers.cases.deadlines import next_wait, on_the_clock
from handlers.cases.moving import moved
from handlers.cases.reporting import told
from handlers.posting import responsible, tell
from handlers.turn import Turn
from handlers.working_time import working_time
from storage.agenda import Question
from storage.areas import Area
from storage.matters import CASE_OPEN, CASE_UNTAKEN, Case, CaseState
from storage.people import Role

LADDER: tuple[tuple[Role, ...], ...] = ((Role.WORKER,), (Role.LEAD,), (Role.ADMIN,))
"""Who is reminded of an unclaimed case, step by step."""


async def unclaimed(turn: Turn, ref: str) -> None:
    """Nobody took it: the owner is reminded, then the lead, then the admin; of ordinary ones while people work."""
    number, _, step_text = ref.partition("#")
    step = int(step_text)
    case = await turn.session.get(Case, int(number))
    if case is None or case.state not in CASE_UNTAKEN:
        return
    work = working_time(turn)
    if not on_the_clock(case) and not work.includes(turn.now):
        await turn.schedule("case.unclaimed", ref, work.next_moment(turn.now))
        return
    area = await turn.session.get(Area, case.area_id)
    assert area is not None
    for contact_id in await _next_on_ladder(turn, case, area, step):
        text = f"{texts.name(case)}还没人接：{texts.summary(case)}\n接下回“接单 {case.id}”。"
        await tell(turn, contact_id, text, texts.for_staff_room(case, area.name), area=area, ref=str(case.id))
    if step < len(LADDER):
        await turn.schedule("case.unclaimed", f"{case.id}#{step + 1}", next_wait(turn, case))


async def _next_on_ladder(turn: Turn, case: Case, area: Area, step: int) -> list[int]:
    if step == 1 and case.owner_id:
        return await told(turn, case, area)
    if case.about_worker:
        return (await complaint_handlers(turn, case, area))[step - 1 : step]
    if case.raised_id:
        raised = await turn.session.get_one(Area, case.raised_id)
        return await responsible(turn, raised, (Role.ADMIN,), but=(case.owner_id or 0,)) if step == 2 else []
    return await responsible(turn, area, LADDER[min(step, len(LADDER)) - 1])


async def close(turn: Turn, ref: str) -> None:
    """Done and not a word since: it ends by itself, without another post."""
    case = await turn.session.get(Case, int(ref), with_for_update=True, populate_existing=True)
    if case is None or case.state != CaseState.DONE:
        return
    case.ended_at = turn.now
    await moved(turn, case, "自动结束", public=False)


async def added(turn: Turn, ref: str) -> None:
    """Some time after the last addition."""
    case = await turn.session.get(Case, int(ref))
    if case is not None and case.state in CASE_OPEN:
        await announce_added(turn, case)


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {
    "case.unclaimed": unclaimed,
    "case.close": close,
    "case.added": added,
    holding.WAITS: holding.over,
    reminding.REMIND: reminding.remind,
    **digests.DUE,
    **neighbours.DUE,
    whistling.CALLED: whistling.late,
}

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {BEGUN: matter_refused}
