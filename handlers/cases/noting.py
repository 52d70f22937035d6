"""备注, 改类 and 催办: what is added to a case without moving it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from handlers.cases import machine, texts
from handlers.cases.deadlines import limits
from handlers.cases.hands import hands_name, in_hand
from handlers.cases.moving import affected, current, load, manages, moved, must_manage
from handlers.cases.privacy import CATEGORIES
from handlers.cases.twice import not_again
from handlers.matters import Refusal
from handlers.posting import responsible, say, tell
from handlers.turn import Turn
from handlers.understanding.learned import learned
from storage.areas import Area
from storage.matters import Case, CaseState, CaseStep
from storage.people import Role

NOTE, URGE = "备注", "催办"
AGAIN = timedelta(hours=1)
"""Within what time a second urging only hears that there was one."""


async def note(turn: Turn, number: int, words: str) -> None:
    """备注 12 …: for those who work on it; the group never reads it."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    await not_again(turn, case, NOTE, words)
    await moved(turn, case, NOTE, words, public=False)
    await say(turn, f"{texts.name(case)}备注记下了，群里看不到。", ref=str(case.id))


async def recategorise(turn: Turn, number: int, words: str) -> None:
    """改类 12 噪音: another category, with its limits; a private one keeps the case out of groups from now on."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "改类")
    category = _category(turn, words)
    if category == case.category:
        raise Refusal(f"{texts.name(case)}本来就是“{category}”。")
    before, case.category = case.category, category
    case.quiet = case.quiet or category in CATEGORIES
    promised = case.due_at if case.extended or case.reopened or case.state == CaseState.WAITING else None
    limits(turn, case)
    case.due_at = promised or case.due_at  # a day that was named to the reporter since stands
    await moved(turn, case, "改类", f"{before}改为{category}", public=False)
    hidden = category in CATEGORIES
    done = "改好了" if hidden and not turn.here.private else f"已改为“{category}”"
    await say(turn, f"{texts.name(case)}{done}{'，以后只私下说' if hidden else ''}。", ref=str(case.id))


def _category(turn: Turn, words: str) -> str:
    """The category that the words name or begin; Refusal where none or several could be meant."""
    names = list(turn.rules.cases.categories) or learned().categories.labels
    wanted = words.strip(" 。.类")
    found = [one for one in names if one == wanted] or [one for one in names if wanted and wanted in one]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refusal(f"“{wanted}”可以是{'、'.join(found)}，请写全。")
    raise Refusal(f"没有“{wanted[:20]}”这一类。可以改成：{'、'.join(names)}")


async def urge(turn: Turn, number: int) -> None:
    """催办 12: by who reported it or has the same trouble, and by whoever answers for it; the owner hears of it."""
    case, area = await load(turn, await current(turn, number))
    if not (await affected(turn, case) or manages(turn, case, area)):
        raise Refusal(f"{texts.name(case)}请报事人来催。您有同样的情况，直接在群里说就行。")
    machine.must(turn, case, URGE)
    last, count = await _urged(turn, case)
    owner = await hands_name(turn, case)
    if last is not None and turn.now - last < AGAIN:
        await say(turn, f"{texts.name(case)}{turn.local(last):%H:%M} 刚催过{owner}，请稍等。", ref=str(case.id))
        return
    await moved(turn, case, URGE, public=False)
    await _pass_on(turn, case, area, count + 1)
    own = case.owner_id == turn.me.contact_id
    told = "现在就在您手上，已记下催办" if own else f"已催{owner}" if owner else "已记下催办，这件事现在没有人负责"
    await say(turn, f"{texts.name(case)}{told}。", ref=str(case.id))


async def _urged(turn: Turn, case: Case) -> tuple[datetime | None, int]:
    query = select(func.max(col(CaseStep.at)), func.count()).where(CaseStep.case_id == case.id, CaseStep.action == URGE)
    last, count = (await turn.session.execute(query)).one()
    return last, count


async def _pass_on(turn: Turn, case: Case, area: Area, count: int) -> None:
    """To the owner; from the second time on, and from above, to the lead too."""
    people = set(await in_hand(turn, case, area))
    if not case.about_worker and (count > 1 or turn.me.contact_id != case.reporter_id):
        people |= set(await responsible(turn, area, (Role.LEAD,)))
    due = f"，{turn.local(case.due_at):%m-%d %H:%M} 前办完" if case.due_at else ""
    what = f"{texts.name(case)}{turn.me.name}催办（第 {count} 次）：{texts.summary(case)}{due}"
    text = f"{what}\n有情况请回“进展 {case.id} …”。"
    for contact_id in sorted(people - {turn.me.contact_id}):
        await tell(turn, contact_id, text, texts.for_staff_room(case, area.name), area=area, ref=str(case.id))
