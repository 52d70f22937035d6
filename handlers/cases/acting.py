"""What plain words do to an open case: the same moves and the same checks as the commands."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers import helping, lateness
from handlers.cases import hushing, joining, moving, neighbours, rating, texts
from handlers.cases.hands import hands_name, whisper_hands
from handlers.cases.placing import place_after, place_of
from handlers.cases.reporting import add_step
from handlers.cases.texts import hide_phones
from handlers.cases.working import report_status
from handlers.clipping import clip
from handlers.likeness import alike, of_one_house
from handlers.matters import short_line
from handlers.posting import NO_MATTER, say, whisper
from handlers.refs import numbered
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Act, Kind, Ref, plainly_fixed, says_apart
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, CASE_OUTSIDE, CASE_SOLVED, CASE_WORKED, Case, CaseState, CaseStep
from storage.outbox import Delivery, Post, Sort
from storage.people import Role

MAX_TEXT = 4000
ADDED, MOVED = "补充", "补充地点"
NOT_YET, GOOD_NOW = "还没好", "邻居说好了"
ASKED_EVERY = timedelta(minutes=2)
"""How often a group is told at most how a case stands, to questions that were not put to the bot."""


async def more(turn: Turn, ref: Ref) -> None:
    """The reporter adds or corrects something: kept at once, announced once a little later."""
    if await rating.explained(turn, ref.number):
        return
    own = await moving.load_own(turn, ref.number)
    if own is None or own[0].state not in CASE_OPEN:
        turn.outcome, turn.ref = Outcome.CHAT, ""
        return
    case = own[0]
    if turn.here.private and case.shown and turn.here.chat_id != case.chat_id:
        await _more_in_private(turn, case)
        return
    case.text = f"{case.text}\n{turn.text}"[:MAX_TEXT]
    before = case.place
    if turn.reading and (said := place_of(turn.reading.fields)):
        case.place = place_after(case.place, said)[:100]
    if turn.reading and turn.reading.fields.phone:
        case.phone = turn.reading.fields.phone
    case.updated_at = turn.now
    await add_step(turn, case, ADDED if case.place == before else MOVED, turn.text[:200], public=False)
    await turn.schedule(
        "case.added", str(case.id), turn.now + timedelta(seconds=turn.rules.cases.announce_after_seconds)
    )


async def _more_in_private(turn: Turn, case: Case) -> None:
    """What is added in private to a matter of the group stays between the reporter and who has it in hand."""
    if turn.reading and turn.reading.fields.phone:
        case.phone = turn.reading.fields.phone
    case.updated_at = turn.now
    await add_step(turn, case, ADDED, turn.text[:200], public=False)
    told = await whisper_hands(turn, case, f"{texts.name(case)}报事人私下补充：{clip(turn.text, 200)}")
    whom = f"，只告诉了{await hands_name(turn, case)}，不发到群里" if told else "，不发到群里"
    await say(turn, f"{texts.name(case)}补充的情况已记下{whom}。", ref=str(case.id))


async def fixed(turn: Turn, ref: Ref) -> None:
    """好了 / 修好了: from the owner it is 办结, from the reporter the end; from others it is put to the owner."""
    from handlers import emergencies  # it imports this package

    case, area = await moving.load(turn, ref.number)
    concerned = turn.me.contact_id == case.reporter_id or moving.manages(turn, case, area)
    if concerned and case.state in (*CASE_OPEN, CaseState.DONE) and not await lateness.in_time(turn, str(ref)):
        return
    if case.state == CaseState.DONE and turn.me.contact_id == case.reporter_id:
        await rating.rate(turn, ref.number, rating.GOOD, "")
    elif case.state in CASE_OPEN and turn.me.contact_id == case.reporter_id and not _entered(turn, case, area):
        if case.kind == Kind.EMERGENCY or plainly_fixed(turn.text):
            await moving.settle(turn, case)
        else:
            await more(turn, ref)
    elif case.state in CASE_OPEN and moving.manages(turn, case, area):
        number, words = numbered(turn.text)
        await moving.finish(turn, ref.number, (words if number == ref.number else turn.text)[:200])
    elif case.state in (*CASE_OPEN, CaseState.DONE) and await moving.affected(turn, case):
        await _good_news(turn, case)
    elif case.state in CASE_OPEN and case.kind == Kind.EMERGENCY:
        turn.concerns(str(case.id))
        await emergencies.doubted(turn, case)
    else:
        turn.outcome = Outcome.CHAT


def _entered(turn: Turn, case: Case, area: Area) -> bool:
    """Whether it is another office's ticket that the speaker wrote down and does: 修好了 is 办结, with its result."""
    return case.source in CASE_OUTSIDE and moving.manages(turn, case, area)


async def ask_which(turn: Turn, act: Act, refs: Sequence[Ref]) -> None:
    """修好了, or 我去看看, of somebody with several cases to do: they are told which, and nothing is done."""
    rows = [(ref, await turn.session.get(Case, ref.number)) for ref in refs]
    lines = "\n".join(short_line(ref, row) for ref, row in rows if row is not None)
    done, how = ("办好", f"办结 {refs[0]} 结果") if act == Act.FIXED else ("要接", f"接单 {refs[0]}")
    asking = f"{done}的是哪一件？引用那条消息再说一次，或回“{how}”这样带上编号：\n{lines}"
    await whisper(turn, turn.me.contact_id, asking, ref=NO_MATTER)


async def _good_news(turn: Turn, case: Case) -> None:
    """来电了 from one of several who wait: who had it reopened rates it; of others the first is thanked, all are noted.

    It ends for nobody else.
    """
    if case.state == CaseState.DONE and await _reopened_last(turn, case) == turn.me.contact_id:
        await rating.rate(turn, case.id or 0, rating.GOOD, "")
        return
    turn.concerns(str(case.id))
    since = case.done_at if case.state == CaseState.DONE else None
    said = select(CaseStep.actor_id).where(CaseStep.case_id == case.id, CaseStep.action == GOOD_NOW)
    known = set(await turn.session.scalars(said.where(col(CaseStep.at) >= since) if since else said))
    if turn.me.contact_id in known:
        return
    await add_step(turn, case, GOOD_NOW, turn.text[:200], public=False)
    if known:
        return
    others = "" if case.state == CaseState.DONE else "其他人家好了也说一声。"
    told = await whisper_hands(turn, case, f"{texts.name(case)}{turn.me.name}说已经好了：{clip(turn.text, 60)}")
    passed = f"，已转告{await hands_name(turn, case)}" if told else ""
    await say(turn, f"{texts.name(case)}谢谢告知{passed}。{others}", ref=str(case.id))


async def _reopened_last(turn: Turn, case: Case) -> int | None:
    """Who said last that it was not good."""
    query = select(CaseStep.actor_id).where(CaseStep.case_id == case.id, CaseStep.action == "不满意")
    return (await turn.session.scalars(query.order_by(col(CaseStep.id).desc()).limit(1))).first()


async def not_fixed(turn: Turn, ref: Ref) -> None:
    """还没好 / 又坏了: after 办结 it reopens, for whoever has the trouble; before, and from others, the owner hears."""
    from handlers import emergencies  # it imports this package
    from handlers.cases import accusing  # it imports this module

    case, area = await moving.load(turn, await moving.current(turn, ref.number))
    if case.kind == Kind.EMERGENCY and emergencies.goes_on(turn.text):
        await emergencies.contradicted(turn, case)
    elif case.state in CASE_SOLVED and await _has_it(turn, case, area):
        words = "" if not case.about_worker and await accusing.of_conduct(turn, area, turn.text) else turn.text[:200]
        await moving.reopen(turn, case, area, words)
    elif case.state == CaseState.WITHDRAWN:
        await neighbours.go_on_alone(turn, case)
    elif case.state in CASE_OPEN and not case.about_worker and await accusing.of_conduct(turn, area, turn.text):
        return
    elif case.state in CASE_OPEN and await _has_it_at_home(turn, case):
        await neighbours.same(turn, Ref("", case.id or 0))
    elif case.state == CaseState.WAITING:
        await _still_waiting(turn, case)
    elif case.state not in (*CASE_OPEN, CaseState.DONE) or not await _passed_on(turn, case):
        turn.outcome = Outcome.CHAT
    elif turn.here.private:  # in the group the next progress is the answer
        await say(turn, f"{texts.name(case)}已转告{await hands_name(turn, case)}。", ref=str(case.id))


async def _has_it(turn: Turn, case: Case, area: Area) -> bool:
    """Whether the speaker has the trouble: known before, or a neighbour of the same grid who names the same thing."""
    if await moving.affected(turn, case):
        return True
    here = turn.here.area
    if case.quiet or here is None or here.id != area.id or not alike(turn.text, case.text) or of_one_house(case.text):
        return False
    await neighbours.follow(turn, case, silent=True)
    return True


_AT_HOME = re.compile(r"[我俺咱]们?[家楼栋这屋]")


async def _has_it_at_home(turn: Turn, case: Case) -> bool:
    """Whether a neighbour who has not joined yet says 我家一直没水 of an open case of such a thing."""
    if turn.here.private or case.quiet or of_one_house(case.text) or await moving.affected(turn, case):
        return False
    return _AT_HOME.search(turn.text) is not None and alike(turn.text, case.text)


async def _still_waiting(turn: Turn, case: Case) -> None:
    """还没好 while it waits for something: for what and until when is said again, and who has it in hand reads it."""
    query = select(CaseStep).where(CaseStep.case_id == case.id, CaseStep.action == "挂起")
    step = (await turn.session.scalars(query.order_by(col(CaseStep.id).desc()).limit(1))).first()
    reason = hide_phones(step.text.rpartition("，到 ")[0]) if step else ""
    why = f"：{reason}" if reason else ""
    until = f"，{texts.day(turn.local(case.waits_until))}接着办" if case.waits_until else ""
    passed = await _passed_on(turn, case)
    told = f"，您的话已转告{await hands_name(turn, case)}" if passed else ""
    await say(turn, f"{texts.name(case)}还在等{why}{until}{told}。", ref=str(case.id))


async def _passed_on(turn: Turn, case: Case) -> bool:
    """Whoever has it in hand reads what was said."""
    await add_step(turn, case, NOT_YET, turn.text[:200], public=False)
    return await whisper_hands(turn, case, f"{texts.name(case)}{turn.me.name}说：{turn.text[:100]}")


async def rated(turn: Turn, ref: Ref) -> None:
    """满意 / 不满意 / 四星 in plain words, from whoever has the trouble; from others it is talk."""
    case, _ = await moving.load(turn, await moving.current(turn, ref.number))
    if case.state not in CASE_SOLVED or not await moving.affected(turn, case):
        turn.outcome = Outcome.CHAT
        return
    meant = turn.reading.satisfied if turn.reading else None
    otherwise = rating.MIDDLING if meant is None else rating.GOOD if meant else rating.BAD
    mark = rating.mark_in(turn.text, otherwise)
    if mark > rating.MIDDLING and turn.me.contact_id != case.reporter_id:
        await _good_news(turn, case)
        return
    await rating.rate(turn, case.id or 0, mark, "" if mark == rating.GOOD else turn.text[:200])


async def claimed(turn: Turn, ref: Ref) -> None:
    """我来 / 8号我接了: a claim, from somebody who may; 到了 at a danger is told to its group."""
    from handlers import emergencies  # it imports this package

    if emergencies.arrived(numbered(turn.text)[1]):
        await moving.progress(turn, ref.number, "已到现场")
    elif turn.me.has((*ON_DUTY, Role.VOLUNTEER)):
        await moving.claim(turn, ref.number)
    else:
        turn.outcome = Outcome.CHAT


async def withdrawn(turn: Turn, ref: Ref) -> None:
    """The writer takes it back: 不用了 withdraws, 不是 says that it was read wrongly."""
    from handlers import emergencies  # it imports this package

    case = await turn.session.get(Case, ref.number)
    if case is None:
        turn.outcome = Outcome.CHAT
    elif _tells_apart(turn) and await joining.parted(turn, case):
        return
    elif turn.me.contact_id != case.reporter_id:
        if not (_tells_apart(turn) and await neighbours.apart(turn, case)):
            await _said_by_others(turn, case)
    elif not await lateness.in_time(turn, str(ref)):
        return
    elif (
        turn.text.strip().startswith("不是")
        and case.state in CASE_OPEN
        and emergencies.calls_off(turn.text) == Act.NONE
    ):
        await moving.misread(turn, ref.number)
    else:
        await moving.withdraw(turn, ref.number)


def _tells_apart(turn: Turn) -> bool:
    return turn.text.strip().startswith("不是") or says_apart(turn.text)


async def _said_by_others(turn: Turn, case: Case) -> None:
    """Who took it gives it back; 没着火 from who answers for an emergency ends it, from others it is passed on."""
    from handlers import emergencies  # it imports this package

    if case.owner_id == turn.me.contact_id and case.state in CASE_WORKED and gives_back(turn.text):
        await moving.give_back(turn, case.id or 0)
    elif case.kind != Kind.EMERGENCY or case.state not in CASE_OPEN or emergencies.calls_off(turn.text) == Act.NONE:
        turn.outcome = Outcome.CHAT
    elif turn.me.has(ON_DUTY):
        await fixed(turn, Ref("", case.id or 0))
    else:
        turn.concerns(str(case.id))
        await emergencies.doubted(turn, case)


_CANNOT = re.compile(
    r"(?:[来去到办修弄干搞做接赶帮顾管]|抽|过[来去])不(?:[了成上动开来]|过[来去])|没(?:空|时间|法|办法)"
)
_SOMEBODY_ELSE = re.compile(
    r"临时有|有[点急]?事|谁.{0,6}(?:接|去|来|替|帮|办|修)|(?:换|找|请|让|转给).{0,3}(?:人|别人|谁|其他|别的)|退(?:单|了|回|掉)|别人"
)
MAX_GIVING_BACK = 40


def gives_back(text: str, *, quoted: bool = True) -> bool:
    """Whether who took a case says that they cannot do it; of one that is not quoted, also that others should."""
    if len(text) > MAX_GIVING_BACK:
        return False
    cannot, others = _CANNOT.search(text) is not None, _SOMEBODY_ELSE.search(text) is not None
    return "退单" in text or (cannot and (quoted or others))


async def asked(turn: Turn, ref: Ref) -> None:
    """修好了吗 / 12号咋样了: the last step; not to everybody in a group who asks at about the same time."""
    addressed = bool(turn.quoted) or helping.addressed(turn)
    if not addressed and await _just_told(turn, ref):
        turn.outcome = Outcome.CHAT
    else:
        await report_status(turn, ref, asked=addressed)


async def _just_told(turn: Turn, ref: Ref) -> bool:
    query = (
        select(Post.id)
        .join(Delivery, col(Delivery.post_id) == col(Post.id))
        .where(
            Post.ref == str(ref),
            Post.sort == Sort.REPLY,
            col(Post.at) > turn.now - ASKED_EVERY,
            Delivery.chat_id == turn.here.chat_id,
        )
    )
    return await turn.session.scalar(query.limit(1)) is not None


async def announce_added(turn: Turn, case: Case) -> None:
    """Once, some time after the last addition: the reporter sees that it was taken up, the owner what it was."""
    steps = await _last_added(turn, case)
    added = clip("；".join(step.text for step in steps), 200)
    place = f"现在的地点：{case.place}" if any(step.action == MOVED for step in steps) else ""
    await whisper_hands(turn, case, f"{texts.name(case)}报事人补充：{added}\n{place}".strip())
    if case.shown:
        told = f"{texts.name(case)}补充的情况已记下，并告诉了网格员。{place}"
        await moving.tell_origin(turn, case, told, asked=True)


async def _last_added(turn: Turn, case: Case) -> list[CaseStep]:
    """What came since the last announcement: none of it waited for longer than that one waits."""
    query = select(CaseStep).where(CaseStep.case_id == case.id, col(CaseStep.action).in_((ADDED, MOVED)))
    wait = timedelta(seconds=2 * turn.rules.cases.announce_after_seconds)
    last: list[CaseStep] = []
    for step in await turn.session.scalars(query.order_by(col(CaseStep.id).desc()).limit(10)):
        if (last[0].at if last else turn.now) - step.at > wait:
            break
        last.insert(0, step)
    return last


ACTS: Mapping[Act, Callable[[Turn, Ref], Awaitable[None]]] = {
    Act.MORE: more,
    Act.CORRECT: more,
    Act.SAME: neighbours.same,
    Act.ASK: asked,
    Act.FIXED: fixed,
    Act.NOT_FIXED: not_fixed,
    Act.RATE: rated,
    Act.CLAIM: claimed,
    Act.WITHDRAW: withdrawn,
    Act.HUSH: hushing.asked,
}
