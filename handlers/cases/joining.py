"""合并 and 拆分: two reports of one matter become one, and come apart again when that was wrong."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlmodel import col

from handlers.cases import departments, machine, reminding, texts
from handlers.cases.complaints import passed_on
from handlers.cases.deadlines import limits
from handlers.cases.moving import between_us, ended, load, moved, must_manage, put_to_owner, tell_origin, wait_for_claim
from handlers.cases.pressing import is_pressing
from handlers.cases.privacy import is_private
from handlers.cases.reporting import add_step, announce, owner_for, owner_name, write_case
from handlers.cases.twice import not_twice
from handlers.matters import CASE_KINDS, Refusal, find
from handlers.posting import say, whisper
from handlers.reading_words import read_words
from handlers.refs import fold, take_ref
from handlers.turn import Turn
from handlers.understanding import Kind, Ref, topic_of
from storage.areas import Area
from storage.matters import CASE_OPEN, Case, CaseFollower, CaseState

_BETWEEN = " 　、,，和与跟到并入"


async def merge(turn: Turn, ref: Ref, words: str) -> None:
    """合并 12 15: 15 goes into 12, and whoever waits for 15 hears of 12; Refusal unless both are open."""
    second, tail = take_ref(fold(words).strip(_BETWEEN))
    if second is None or second.letter or tail.strip(" 。.!！"):
        raise Refusal(f"请这样写：合并 {ref} 15（后一件并进前一件）。")
    other_ref = await find(turn, "C", second)
    case, area = await load(turn, ref.number)
    other, other_area = await load(turn, other_ref.number)
    if case.id == other.id:
        raise Refusal(f"{texts.name(case)}两个编号是同一件，不用合并。")
    must_manage(turn, case, area)
    must_manage(turn, other, other_area)
    machine.must(turn, case, "合并")
    machine.must(turn, other, "合并")
    if await between_us(turn, case) != await between_us(turn, other) or case.about_worker or other.about_worker:
        raise Refusal(f"{texts.name(case)}和 {other.id} 一件要保密、一件不用，不能合并。")
    if other.kind == Kind.EMERGENCY != case.kind:
        raise Refusal(f"{texts.name(other)}是险情，要合并请反过来发：合并 {other.id} {case.id}。")
    await _join(turn, case, other)


async def _join(turn: Turn, case: Case, other: Case) -> None:
    if other.kind != Kind.EMERGENCY:
        await departments.call_off(turn, other, f"{texts.name(other)}已并入{texts.name(case)}，不用另外来了。")
        await departments.let_go(turn, other, f"已并入{texts.name(case)}")
    other.merged_id = case.id
    await ended(turn, other, "合并", f"并入 {case.id}")
    await add_step(turn, case, "并入", f"{other.id}：{other.text[:100]}", public=False)
    case.updated_at = turn.now
    if other.urgent and not case.urgent:
        await _hurry(turn, case)
    joining = select(CaseFollower).where(CaseFollower.case_id == other.id)
    waiting = [(one.contact_id, one.chat_id) for one in await turn.session.scalars(joining)]
    for contact_id, chat_id in ((other.reporter_id, other.chat_id), *waiting):
        known = contact_id == case.reporter_id or await turn.session.get(CaseFollower, (case.id, contact_id))
        if not known:
            turn.session.add(
                CaseFollower(case_id=case.id or 0, contact_id=contact_id, chat_id=chat_id, at=turn.now, via_id=other.id)
            )
            await turn.session.flush()
    text = f"{texts.name(other)}和{texts.name(case)}是一件事，并到一起办，办好了一起告诉您。"
    await tell_origin(turn, other, text)
    if other.owner_id and other.owner_id not in (turn.me.contact_id, case.owner_id):
        await whisper(
            turn, other.owner_id, f"{texts.name(other)}已并入{texts.name(case)}，不用再办。", ref=str(case.id)
        )
    if case.quiet or turn.here.chat_id != other.chat_id:
        await say(turn, f"{texts.name(other)}已并入{texts.name(case)}。并错了发“拆分 {other.id}”。", ref=str(case.id))


async def _hurry(turn: Turn, case: Case) -> None:
    """What went into it is urgent: so is the whole, with an urgent one's limits."""
    before, case.urgent = case.due_at, True
    limits(turn, case)
    case.due_at = min(filter(None, (before, case.due_at)), default=None)
    await reminding.plan(turn, case)


async def split(turn: Turn, number: int, words: str) -> None:
    """拆分 15 takes back a merge; 拆分 12 路灯也不亮 makes a matter of its own of what else was said."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    if case.merged_id is not None and not words:
        await _part(turn, case, area)
        return
    machine.must(turn, case, "拆分")
    if not words:
        raise Refusal(f"请写出要另立的事，如：拆分 {case.id} 路灯也不亮。")
    made = await _from(turn, case, area, words)
    await not_twice(turn, made)
    await write_case(turn, made, area)
    await moved(turn, case, "拆分", f"另立 {made.id}", public=False)
    await announce(turn, made, area, await owner_name(turn, made))
    if made.owner_id != turn.me.contact_id:
        await put_to_owner(turn, made, area)
    if made.quiet or turn.here.chat_id != case.chat_id:
        await say(turn, f"{texts.name(case)}拆出{texts.name(made)}，分开办。", ref=str(made.id))


async def _from(turn: Turn, case: Case, area: Area, words: str) -> Case:
    """What the words tell, of the same people at the same place; Refusal for what is no matter of theirs."""
    reading = await read_words(turn, words)
    if reading.kind == Kind.EMERGENCY:
        raise Refusal(f"这像是险情，不能拆出来慢慢办，这次没有改动。请马上发：代报 {words[:40]}")
    if not case.about_worker and await passed_on(turn, area, words, reading):
        raise Refusal(f"这是对工作人员的意见，不从{texts.name(case)}里拆。请私聊我发“代报 …”，我只转给上级。")
    category = reading.category or topic_of(words) or case.category
    quiet = case.quiet or is_private(words, category)
    return Case(
        kind=reading.kind if reading.kind in CASE_KINDS else case.kind,
        category=category,
        area_id=case.area_id,
        chat_id=case.chat_id,
        reporter_id=case.reporter_id,
        text=words[:2000],
        place=case.place,
        phone=case.phone,
        urgent=reading.urgent or is_pressing(reading, words, turn.rules.alerts.circle),
        quiet=quiet,
        about_worker=case.about_worker,
        shown=case.shown and not quiet,
        source=case.source,
        relayed_for=case.relayed_for,
        split_id=case.id,
        created_at=turn.now,
        updated_at=turn.now,
    )


async def _part(turn: Turn, case: Case, area: Area) -> None:
    """It was another matter after all: it goes on by itself, and who came with it no longer waits for the other."""
    machine.must(turn, case, "拆开")
    other = await turn.session.get(Case, case.merged_id)
    await _take_out(turn, case)
    case.merged_id, case.ended_at, case.taken_at = None, None, None
    case.owner_id = await owner_for(turn, case, area)
    await moved(turn, case, "拆开", f"和 {other.id} 分开" if other else "")
    if other is not None and other.state in CASE_OPEN:
        await add_step(turn, other, "拆开", f"{case.id} 另办", public=False)
    await tell_origin(turn, case, f"{texts.name(case)}还是单独办，刚才并错了。有进展我在这里说。")
    await put_to_owner(turn, case, area)
    await wait_for_claim(turn, case)
    if case.quiet or turn.here.chat_id != case.chat_id:
        await say(turn, f"{texts.name(case)}已拆开，单独办。", ref=str(case.id))


async def parted(turn: Turn, case: Case) -> bool:
    """不是一回事 from the reporter of what was merged, of their matter or of the one that it went into."""
    query = select(Case).where(Case.reporter_id == turn.me.contact_id, Case.state == CaseState.MERGED)
    query = query.where(or_(col(Case.id) == case.id, col(Case.merged_id) == case.id))
    mine = (await turn.session.scalars(query.order_by(col(Case.updated_at).desc()).limit(1))).first()
    if mine is None:
        return False
    await _part(turn, *await load(turn, mine.id or 0))
    return True


async def _take_out(turn: Turn, case: Case) -> None:
    """Who waits for another matter only because of this one waits for it no longer; nor for what that went into."""
    people: list[int] | None = None
    lower, upper_id = case, case.merged_id
    while upper_id is not None:
        came = select(CaseFollower).where(CaseFollower.case_id == upper_id, CaseFollower.via_id == lower.id)
        if people is not None:
            came = came.where(col(CaseFollower.contact_id).in_(people))
        rows = (await turn.session.scalars(came)).all()
        people = [one.contact_id for one in rows]
        for follower in rows:
            await turn.session.delete(follower)
        lower = await turn.session.get_one(Case, upper_id)
        upper_id = lower.merged_id
