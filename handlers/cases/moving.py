"""Moves of a case: who may, what changes, and the one post that tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from handlers import hearers, quiet_hours
from handlers.cases import departments, evidence, machine, outside, reminding, sights, texts
from handlers.cases.complaints import complained_of, complaint_handlers
from handlers.cases.deadlines import limits, next_wait
from handlers.cases.hands import hands_name, in_hand, whisper_hands
from handlers.cases.reporting import add_step, owner_for, owner_name
from handlers.cases.twice import not_again
from handlers.checking_on import is_check
from handlers.clipping import hide_identity_numbers
from handlers.lessons import keep
from handlers.matters import COMPLAINTS, NOT_FOUND, InPrivate, Refusal
from handlers.posting import Piece, Target, post, responsible, say, tell, whisper
from handlers.turn import ON_DUTY, WORKERS, Turn
from handlers.understanding import Kind
from storage.areas import Area, Chat, area_of
from storage.engine import run
from storage.inbox import Picture
from storage.matters import (
    CASE_OPEN,
    CASE_SOLVED,
    CASE_UNTAKEN,
    CASE_WORKED,
    Case,
    CaseFollower,
    CaseState,
    CaseStep,
    Shows,
)
from storage.outbox import Delivery, DeliveryPart, PartState, Post, PostPart, Priority, Sort
from storage.people import Contact, Role, colleagues

BEYOND = frozenset({"上报", "吹哨", "转办"})
"""Moves by which a case leaves the grid."""

MENTIONED = 20
"""People that one post names at most."""

HANDED = frozenset({"转给", "上报", "转办", "兜底"})
"""Moves to somebody else, whose time to take it up begins anew."""

ASKS_TO_RATE = "办得怎么样？回“满意”或“不满意”就行。"

FRESH = timedelta(hours=2)
"""A reporter who wrote so recently is still waiting: progress reaches them in the quiet hours too."""


# Put together once, which takes longer than to run them.
_LOCKED = (
    select(Case).where(col(Case.id) == bindparam("case")).with_for_update().execution_options(populate_existing=True)
)
_MERGED = select(col(Case.merged_id)).where(col(Case.id) == bindparam("case"), Case.state == CaseState.MERGED)
_CHAT = select(col(Chat.room_id), col(Chat.contact_id)).where(col(Chat.id) == bindparam("chat"))
_FOLLOWERS = (
    select(col(CaseFollower.contact_id), col(CaseFollower.chat_id), col(CaseFollower.at), col(CaseFollower.via_id))
    .where(col(CaseFollower.case_id) == bindparam("case"))
    .order_by(col(CaseFollower.at))
)


async def load(turn: Turn, number: int) -> tuple[Case, Area]:
    """The case and its area, locked for this transaction; Refusal if there is none or it may not be seen here."""
    case = await turn.session.scalar(_LOCKED, {"case": number})
    if case is None:
        raise Refusal(NOT_FOUND.format(number))
    area = await _area(turn, case)
    if case.quiet:
        guard_private(turn, case, area)
    turn.concerns(str(number))
    return case, area


async def _area(turn: Turn, case: Case) -> Area:
    here = turn.where.area if turn.where else None
    return here if here is not None and here.id == case.area_id else await area_of(turn.session, case.area_id)


async def current(turn: Turn, number: int) -> int:
    """The number under which a case goes on: of one that was merged, of that into which it went."""
    while into := (await run(turn.session, _MERGED, {"case": number})).scalar():
        number = into
    return number


async def load_own(turn: Turn, number: int) -> tuple[Case, Area] | None:
    """The same for silent work on what the speaker reported: it may be told of anywhere, as nothing is answered."""
    case = await turn.session.scalar(_LOCKED, {"case": number})
    if case is None or case.reporter_id != turn.me.contact_id:
        return None
    turn.concerns(str(number))
    return case, await _area(turn, case)


async def between_us(turn: Turn, case: Case) -> bool:
    """Whether a case was, or is to be, spoken of in private only."""
    return case.quiet or (await _told_in(turn, case))[1]


async def _told_in(turn: Turn, case: Case) -> tuple[bool, bool]:
    """Whether it was reported in a group, and whether in private."""
    if turn.where is not None and turn.where.chat_id == case.chat_id:
        return turn.where.room is not None, turn.where.private
    room_id, contact_id = (await run(turn.session, _CHAT, {"chat": case.chat_id})).one()
    return room_id is not None, contact_id is not None


def guard_private(turn: Turn, case: Case, area: Area) -> None:
    """A private matter: only for those it concerns, and never in a group."""
    if not (manages(turn, case, area) or turn.me.contact_id == case.reporter_id):
        raise Refusal(NOT_FOUND.format(case.id))
    if not turn.here.private:
        raise InPrivate("这件事涉及个人，请私聊我。")


def manages(turn: Turn, case: Case, area: Area) -> bool:
    """Whether the speaker answers for the case: its owner, the department that has it, or worker and above of its area.

    A complaint about a worker is not a worker's to handle.
    """
    if case.about_worker:
        roles = (*COMPLAINTS, Role.POLICE) if case.kind == Kind.EMERGENCY else COMPLAINTS
        return turn.me.has(roles, area.path) and not complained_of(turn.me.name, turn.me.roles, case.text, area.path)
    roles = ON_DUTY if case.kind == Kind.EMERGENCY else WORKERS
    mine = turn.me.contact_id == case.owner_id or departments.has_in_hand(turn, case, area.path)
    return mine or turn.me.has(roles, area.path)


def must_manage(turn: Turn, case: Case, area: Area) -> None:
    """Refusal unless the speaker answers for the case."""
    if manages(turn, case, area):
        return
    if case.state == CaseState.REFERRED and turn.me.has((Role.DEPARTMENT, Role.POLICE)):
        raise Refusal(f"{texts.name(case)}请先回“报到 {case.id}”，再发这条。这次没有改动。")
    if case.department and turn.me.has((Role.DEPARTMENT,)):
        raise Refusal(f"事项 {case.id} 由{case.department}牵头，请把情况告诉它，由它来发。这次没有改动。")
    raise Refusal(f"事项 {case.id} 归{area.name}管，只有那里的网格员和上级能改，这次没有改动。")


async def tell_origin(
    turn: Turn,
    case: Case,
    text: str,
    *,
    mention: bool = True,
    asked: bool = False,
    others: Sequence[int] = (),
    photos: Sequence[Picture] = (),
) -> datetime | None:
    """One post in the group of origin that mentions the reporter and `others`; in private for what is private.

    `photos` go with it, in the group those that it has not seen.

    `asked`: the reporter has just written, which no quiet hours hold up. Returns until when they hold it, if they do.
    """
    if case.quiet:
        await whisper(turn, case.reporter_id, text, ref=str(case.id), pictures=evidence.pieces(photos))
        return None
    in_group, _ = await _told_in(turn, case)
    text = hide_identity_numbers(text) if in_group else text
    people = (case.reporter_id, *others) if mention and in_group else ()
    own = turn.speaker is not None and turn.me.contact_id == case.reporter_id
    answer, wakes = asked or own, quiet_hours.ends(turn)
    fresh = answer or turn.now - case.created_at < FRESH
    hold = None if fresh else wakes
    priority = Priority.REPLY if answer or (fresh and wakes) else None  # the courier holds all that is routine
    shown = await evidence.for_chat(turn, photos, case.chat_id, in_group=in_group)
    if wakes and (before := await _still_held(turn, case)) is not None:
        text = f"{before.text}\n{text.removeprefix(texts.name(case))}"
        people = tuple(dict.fromkeys((*before.mentions, *people)))
    pieces, targets = [Piece(text, people), *shown], [Target(case.chat_id)]
    sent = await post(turn, str(case.id), Sort.CASE, pieces, targets, hold=hold, priority=priority)
    if own and turn.here.private and turn.here.chat_id != case.chat_id:
        await say(turn, text, ref=str(case.id))  # who wrote in private hears it there too
    if sent.chats:
        if not case.shown:  # to set what is set already makes a flush of it
            case.shown = True
        return hold
    await whisper(turn, case.reporter_id, text, ref=str(case.id), pictures=evidence.pieces(photos))
    return None


_HELD = (
    select(col(DeliveryPart.id), col(PostPart.text), col(PostPart.mentions))
    .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
    .join(Post, col(Delivery.post_id) == col(Post.id))
    .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == col(DeliveryPart.number)))
    .where(Post.ref == bindparam("ref"), Post.sort == Sort.CASE, Delivery.chat_id == bindparam("chat"))
    .where(DeliveryPart.state == PartState.QUEUED, col(DeliveryPart.due_at) > bindparam("now"))
    .order_by(col(DeliveryPart.id))
)


async def _still_held(turn: Turn, case: Case) -> Piece | None:
    """What the group of origin was to hear of the case in the morning, which now goes into the post that follows, so
    that it reads of all in order and once. None where there is nothing, or pictures are among it."""
    told = {"ref": str(case.id), "chat": case.chat_id, "now": turn.now}
    rows = (await turn.session.execute(_HELD, told)).all()
    said = "".join(row.text for row in rows).partition(texts.name(case))
    if len(rows) != 1 or not said[2]:
        return None
    part = await turn.session.get_one(DeliveryPart, rows[0].id, with_for_update=True, populate_existing=True)
    if part.state != PartState.QUEUED:  # it went out meanwhile
        return None
    part.state = PartState.CANCELLED
    return Piece("".join(said[1:]).removesuffix(f"\n{ASKS_TO_RATE}"), tuple(rows[0].mentions))


def noted(turn: Turn, hold: datetime | None) -> str:
    """What a worker is told of a post that waits for the morning."""
    return f"记下了，夜里不打扰，{turn.local(hold):%H:%M} 再告诉报事人。" if hold else "已告诉报事人。"


async def acknowledge(turn: Turn, case: Case, text: str, hold: datetime | None = None) -> None:
    """Answer the worker where the command was typed, unless the post about it goes to the same chat.

    Where the quiet hours `hold` that post, in private: nobody's command stays without an answer.
    """
    if case.quiet or turn.here.chat_id != case.chat_id:
        await say(turn, text, ref=str(case.id))
    elif hold:
        await whisper(turn, turn.me.contact_id, text, ref=str(case.id))


async def claim(turn: Turn, number: int) -> None:
    """接单: the first one wins; the second is told by whom."""
    case, area = await load(turn, number)
    if case.state in CASE_WORKED:
        if case.owner_id == turn.me.contact_id:
            raise Refusal(f"{texts.name(case)}已经在您手上了，办完回“办结 {case.id} 结果”。")
        owner = await owner_name(turn, case)
        how = f"{owner}已请部门来办" if case.state == CaseState.REFERRED else f"已被{owner}接了"
        raise Refusal(f"{texts.name(case)}{how}。")
    machine.must(turn, case, "接单")
    if case.about_worker:
        must_manage(turn, case, area)
    elif (
        not (turn.me.has((Role.VOLUNTEER,), area.path) or manages(turn, case, area))
        and turn.me.contact_id != case.owner_id
    ):
        raise Refusal(f"事项 {case.id} 在{area.name}，不在您负责的范围，这次没有改动。")
    await take(turn, case)
    await moved(turn, case, "接单")
    hold = await tell_origin(turn, case, f"{texts.name(case)}{turn.me.name}已接单，正在处理。")
    todo = f"办完回“办结 {case.id} 结果”，中间有情况回“进展 {case.id} …”。"
    await acknowledge(turn, case, f"{texts.name(case)}接好了。{todo}", hold)


async def progress(turn: Turn, number: int, words: str) -> None:
    """进展: words for the group. Taking it up this way also claims it."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "进展", "写进展")
    move = "跟进" if awaited(turn, case) else "进展"
    await not_again(turn, case, move, words)
    await take_up(turn, case)
    await moved(turn, case, move, words)
    photos = await evidence.keep_sent(turn, case, Shows.SITE)
    await evidence.with_step(turn, case, photos)
    hold = await tell_origin(turn, case, f"{texts.name(case)}进展：{words}", photos=photos)
    await departments.keep_informed(turn, case, area, f"{texts.name(case)}{case.department}进展：{words}")
    await acknowledge(turn, case, f"{texts.name(case)}进展{noted(turn, hold)}", hold)


async def hand_over(turn: Turn, number: int, person: str) -> None:
    """转给: another worker becomes the owner."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "转给", "转给别人")
    to = await _colleague(turn, case, area, person)
    if to.id == case.owner_id:
        raise Refusal(f"{texts.name(case)}本来就由{to.name}负责。")
    await relieve(turn, case, "接过去办了" if to.id == turn.me.contact_id else f"已转给{to.name}")
    case.owner_id, case.taken_at = to.id, None
    await moved(turn, case, "转给", to.name)
    hold = await tell_origin(turn, case, f"{texts.name(case)}已转给{to.name}处理。")
    await put_to_owner(turn, case, area)
    await acknowledge(turn, case, f"{texts.name(case)}已转给{to.name}。", hold)
    await wait_for_claim(turn, case)


async def give_back(turn: Turn, number: int) -> None:
    """退单: who took it cannot do it; it waits again for whoever claims it, and is its owner's by duty."""
    from handlers import emergencies  # it imports this package

    case, area = await load(turn, number)
    machine.must(turn, case, "退单")
    duty = await owner_for(turn, case, area)
    if case.owner_id != turn.me.contact_id or (case.state in CASE_UNTAKEN and duty == turn.me.contact_id):
        raise Refusal(f"{texts.name(case)}不是您接的，这次没有改动。")
    case.owner_id, case.taken_at = duty, None
    await moved(turn, case, "退单")
    me, owner = turn.me.name, await owner_name(turn, case)
    next_one = f"，已告诉{owner}" if owner and case.owner_id != turn.me.contact_id else ""
    others = "" if await between_us(turn, case) else f"能接的请回“接单 {case.id}”。"
    hold = await tell_origin(turn, case, f"{texts.name(case)}{me}这边办不了，退回来了{next_one}。{others}")
    if case.owner_id != turn.me.contact_id:
        await put_to_owner(turn, case, area, f"{me}办不了，退单了。请您接下，或者转给别人。\n")
    await acknowledge(turn, case, f"{texts.name(case)}已退回{next_one}。", hold)
    if case.kind == Kind.EMERGENCY:
        await emergencies.given_back(turn, case, area)
    await wait_for_claim(turn, case, 2 if case.owner_id == turn.me.contact_id else 1)


async def relieve(turn: Turn, case: Case, why: str) -> None:
    """Who had the case until now hears that somebody else has it; its reporter hears of every move anyway."""
    if case.department:
        await departments.let_go(turn, case, f"{turn.me.name}{why}")
        return
    await departments.dismiss(turn, case)
    if case.owner_id not in (None, turn.me.contact_id, case.reporter_id):
        await whisper(turn, case.owner_id, f"{texts.name(case)}{turn.me.name}{why}，您不用再办。", ref=str(case.id))


async def put_to_owner(turn: Turn, case: Case, area: Area, before: str = "") -> None:
    """What a new owner reads: the case as it was reported, with a word `before` it."""
    if case.owner_id is None:
        return
    reporter = await turn.session.get(Contact, case.reporter_id)
    text = texts.for_worker(case, reporter.name if reporter else "", area.name, turn.local(case.created_at))
    await tell(turn, case.owner_id, before + text, texts.for_staff_room(case, area.name), area=area, ref=str(case.id))


async def wait_for_claim(turn: Turn, case: Case, step: int = 1) -> None:
    """The ladder of reminders begins, or goes on with a later step."""
    await turn.schedule("case.unclaimed", f"{case.id}#{step}", next_wait(turn, case))


async def _colleague(turn: Turn, case: Case, area: Area, person: str) -> Contact:
    """A worker or volunteer of the village (or nearer, or above) with this name."""
    wanted = person.lstrip("@＠").strip()
    found = await colleagues(turn.session, wanted, area.path, turn.now)
    if case.about_worker:
        allowed = await complaint_handlers(turn, case, area)
        found = [one for one in found if one.id in allowed]
    if not found:
        raise Refusal(f"没有找到叫“{wanted[:20]}”的网格员、网格长或志愿者，请写全名。")
    if len(found) > 1:
        raise Refusal(f"叫“{wanted[:20]}”的不止一位，请在后台名单里区分后再转。")
    return found[0]


async def finish(turn: Turn, number: int, words: str) -> None:
    """办结: the reporter is asked whether it is good."""
    from handlers.cases import rating  # it imports this module

    case, area = await load(turn, number)
    must_manage(turn, case, area)
    if case.state in CASE_SOLVED:
        await _finished_before(turn, case, words)
        return
    machine.must(turn, case, "办结")
    if case.taken_at is None:
        await take(turn, case)
    photos = await evidence.keep_sent(turn, case, Shows.RESULT)
    missing = await sights.missing(turn, case, area, words)
    if case.reopened:
        await rating.done_again(turn, number)
    since, case.done_at = case.done_at if case.reopened else None, turn.now
    await moved(turn, case, "办结", words)
    await evidence.with_step(turn, case, photos)
    result = f"：{words}" if words else ""
    here = await _joined_here(turn, case, since)
    thanks = f"（{len(here)} 位有同样情况的邻居也请看看）" if here and not is_check(case) else ""
    danger = case.kind == Kind.EMERGENCY  # nobody is asked for marks after a fire
    asking = await outside.form(turn, case) or ("" if danger else f"\n{ASKS_TO_RATE}")
    hold = await tell_origin(
        turn, case, f"{texts.name(case)}已办结{result}。{thanks}{asking}", others=here, photos=photos
    )
    other = "您那里还没好，就说一声。"
    await tell_joined(turn, case, f"{texts.name(case)}已办结{result}。{other}", f"{texts.name(case)}已办结。{other}")
    told = noted(turn, hold) if danger or hold else "已请报事人评价。"
    await acknowledge(turn, case, f"{texts.name(case)}已办结，{told}", hold)
    if missing:
        await whisper(turn, turn.me.contact_id, sights.reminder(case, missing), ref=str(case.id))
    await departments.keep_informed(turn, case, area, f"{texts.name(case)}{case.department}已办结{result}。")
    await call_off(turn, case, "已处理完" if await between_us(turn, case) else f"已处理完{result}")
    await turn.schedule("case.close", str(case.id), turn.now + timedelta(days=turn.rules.cases.reopen_days))


async def _finished_before(turn: Turn, case: Case, words: str) -> None:
    """办结 once more of what is done: thanks, and the words are kept."""
    kept = "，这句也记下了" if words else ""
    if words:
        await add_step(turn, case, "备注", words[:500], public=False)
    done = f"{turn.local(case.done_at):%m-%d %H:%M} " if case.done_at else ""
    await say(turn, f"{texts.name(case)}{done}{texts.state(case)}，不用再发{kept}，谢谢。", ref=str(case.id))


async def _followers(turn: Turn, case: Case) -> Sequence[Any]:
    """Who has the same trouble (contact, chat, at, via), the first first."""
    rows: Sequence[Any] = (await run(turn.session, _FOLLOWERS, {"case": case.id})).all()
    return rows


async def _joined_here(turn: Turn, case: Case, since: datetime | None) -> list[int]:
    """Those of them who joined where the case was reported, as many as a post may mention; of a private one nobody.

    After an earlier end (`since`) only those to whom that was no end: who came, or said that it is not good, after it.
    """
    if case.quiet:
        return []
    here = [one for one in await _followers(turn, case) if one.chat_id == case.chat_id]
    if since is not None:
        said = select(CaseStep.actor_id).where(
            CaseStep.case_id == case.id, col(CaseStep.action).in_(("不满意", "还没好")), col(CaseStep.at) >= since
        )
        waiting = set(await turn.session.scalars(said))
        here = [one for one in here if one.at >= since or one.contact_id in waiting]
    return [one.contact_id for one in here][:MENTIONED]


def _to_joined(people: Sequence[int], words: str) -> str:
    """What a post says besides to those who joined, if anybody did."""
    return f"（{len(people)} 位有同样情况的邻居：{words}）" if people and words else ""


async def tell_joined(turn: Turn, case: Case, text: str, quiet_text: str = "") -> None:
    """Those who joined in other groups hear of the end there, in one post a group; of what is private, alone.

    `quiet_text`: what they hear of a matter that has become private since, and is not theirs to know.

    Who entered a ticket that went into it gets the result for that ticket.
    """
    elsewhere: dict[int, list[int]] = defaultdict(list)
    tickets = {one.id: one for one in await outside.tickets_in(turn, case)}
    for ticket in tickets.values():
        piece = Piece(f"{texts.outside(ticket)}：{text}{await outside.form(turn, ticket, case)}")
        await post(turn, str(case.id), Sort.CASE, [piece], [Target(ticket.chat_id)])
    for one in await _followers(turn, case):
        if one.via_id in tickets:
            continue
        if case.quiet:
            await whisper(turn, one.contact_id, quiet_text or text, ref=str(case.id))
        elif one.chat_id != case.chat_id:
            elsewhere[one.chat_id].append(one.contact_id)
    for chat_id, people in elsewhere.items():
        piece = Piece(hide_identity_numbers(text), tuple(people[:MENTIONED]))
        await post(turn, str(case.id), Sort.CASE, [piece], [Target(chat_id)], hold=quiet_hours.ends(turn))


async def withdraw(turn: Turn, number: int) -> None:
    """撤销: by the reporter, or by whoever answers for it."""
    case, area = await load(turn, number)
    own = turn.me.contact_id == case.reporter_id
    if not own:
        must_manage(turn, case, area)
        if not turn.me.has(WORKERS):
            raise Refusal(
                f"{texts.name(case)}只有报事人和网格员能撤销，这次没有改动。办不了请回“退单 {case.id} 理由”。"
            )
    machine.must(turn, case, "撤销")
    was_open = case.state in CASE_OPEN
    await ended(turn, case, "撤销")
    await _told_of_end(turn, case, f"{texts.name(case)}已撤销。", own, "您那里还没好，请再说一次，我另外记。")
    await tell_joined(turn, case, f"{texts.name(case)}报它的人撤销了。您那里还没好，请再说一次，我另外记。")
    if was_open:
        await call_off(turn, case, "报事人说没事了" if own else "已撤销")


async def refuse(turn: Turn, number: int, reason: str) -> None:
    """驳回: not taken up, with a reason for the reporter."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    machine.must(turn, case, "驳回")
    await ended(turn, case, "驳回", reason)
    await _told_of_end(turn, case, f"{texts.name(case)}没有受理：{reason}{await outside.form(turn, case)}", False)
    await tell_joined(turn, case, f"{texts.name(case)}没有受理：{reason}", f"{texts.name(case)}没有受理。")
    await call_off(turn, case, "没有受理")


async def misread(turn: Turn, number: int) -> None:
    """误判: it was no case; a lesson, where somebody else than the reporter says so."""
    case, area = await load(turn, number)
    own = turn.me.contact_id == case.reporter_id
    if not own:
        must_manage(turn, case, area)
    machine.must(turn, case, "误判", "标为误判")
    shown = case.shown
    await ended(turn, case, "误判")
    keep(turn, case.kind, Kind.CHAT, ref=str(case.id), text="" if own else case.text)
    if shown:
        await tell_origin(turn, case, f"{texts.name(case)}是我理解错了，已撤下，打扰了。", mention=False)
    elif not own and await between_us(turn, case):
        text = f"{texts.name(case)}网格员看过，不按事项办，已撤下。要办的事请再跟我说一次。"
        await whisper(turn, case.reporter_id, text, ref=str(case.id))
    await tell_joined(turn, case, f"{texts.name(case)}是我理解错了，已撤下。您那里真有事，请再说一次。")
    if not (shown and turn.here.chat_id == case.chat_id):
        undo = "" if own else f"弄错了发“恢复 {case.id}”。"
        await say(turn, f"{texts.name(case)}已撤下，谢谢指正。{undo}", ref=str(case.id))
    await call_off(turn, case, "没有险情，是我理解错了")


async def _told_of_end(turn: Turn, case: Case, text: str, own: bool, others: str = "") -> None:
    """`others`: what those who joined in the group of origin are to know besides."""
    hold = None
    if case.shown or not own or case.quiet:
        here = await _joined_here(turn, case, case.done_at if case.reopened else None)
        hold = await tell_origin(turn, case, text + _to_joined(here, others), others=here)
    if own:
        await whisper_hands(turn, case, f"{text}（报事人自己说不用了）")
    if own and _only_between_us(turn, case):
        await say(turn, text, ref=str(case.id))
    elif not own or not case.shown:
        await acknowledge(turn, case, text, hold)


def _only_between_us(turn: Turn, case: Case) -> bool:
    """Whether it was told in private, nobody has taken it up so far, and who speaks there would else hear nothing."""
    return turn.here.private and not case.shown and not case.quiet


async def call_off(turn: Turn, case: Case, why: str) -> None:
    """Whoever was alarmed by an emergency, or called to a case, hears that it is over."""
    if case.kind == Kind.EMERGENCY:
        await hearers.tell_rest(turn, str(case.id), f"{texts.name(case)}{why}，不用再赶去了。")
    else:
        await departments.call_off(turn, case, f"{texts.name(case)}{why}，不用再来了。")


async def ended(turn: Turn, case: Case, move: str, words: str = "") -> None:
    """A move after which nothing is left to do."""
    case.ended_at = turn.now
    await moved(turn, case, move, words)
    await turn.unschedule("case.close", str(case.id))


RATINGS = frozenset({"满意", "一般", "不满意"})
"""What those who have the trouble say of the work: what they say in private of a matter of the group stays there."""
WHY = "评价理由"


async def moved(turn: Turn, case: Case, move: str, words: str = "", *, public: bool = True) -> None:
    """What every move leaves behind: the state it leads to, a step, an audit entry, and no stale reminder."""
    before = case.state
    machine.move(case, move)
    case.updated_at = turn.now
    remember(turn, case, move)
    aside = move in RATINGS and turn.speaker is not None and turn.here.private and case.shown
    await add_step(turn, case, move, "" if aside else words[:500], public=public)
    if aside and words:
        await add_step(turn, case, WHY, words[:500], public=False)
    turn.audit(f"case.{move}", str(case.id), "state")
    if case.state not in CASE_UNTAKEN or move in HANDED:
        await turn.unschedule("case.unclaimed", *(f"{case.id}#{step}" for step in (1, 2, 3)))
    if case.state not in CASE_OPEN or CaseState.WAITING in (before, case.state) or move in reminding.MOVES:
        await reminding.plan(turn, case)


def remember(turn: Turn, case: Case, move: str) -> None:
    """What the figures need of a case's past: whether it was answered in time, and whether it left the grid."""
    if case.taken_at is not None and case.answered_late is None:
        limit = case.answer_due_at or case.due_at
        case.answered_late = limit is not None and case.taken_at > limit
    case.beyond = case.beyond or move in BEYOND or case.state == CaseState.REFERRED


async def take(turn: Turn, case: Case) -> None:
    """The speaker takes it up, for the department that has it or for the grid's staff."""
    if not departments.speaks_for(turn, case):
        await departments.let_go(turn, case, f"{turn.me.name}接过去办了")
    elif case.department:
        await departments.came(turn, case)
    case.owner_id, case.taken_at = turn.me.contact_id, turn.now


def awaited(turn: Turn, case: Case) -> bool:
    """Whether somebody else was asked to come and has not yet: the speaker only follows how it goes."""
    if case.taken_at is not None or case.state == CaseState.REFERRED:
        return case.taken_at is None
    if case.department:
        return not departments.speaks_for(turn, case)
    return case.state == CaseState.ASSIGNED and case.owner_id != turn.me.contact_id


async def take_up(turn: Turn, case: Case) -> None:
    """Words about a case that nobody has taken also claim it; not where somebody else was asked to come."""
    if case.state in CASE_UNTAKEN and not awaited(turn, case):
        await take(turn, case)


async def affected(turn: Turn, case: Case) -> bool:
    """Whether the speaker reported the case or has the same trouble."""
    if turn.me.contact_id == case.reporter_id:
        return True
    return await turn.session.get(CaseFollower, (case.id, turn.me.contact_id)) is not None


async def settle(turn: Turn, case: Case) -> None:
    """The reporter says that it is good before anybody closed it: it ends, and the owner hears of it."""
    await ended(turn, case, "报事人说好了")
    since, case.done_at = case.done_at if case.reopened else None, turn.now
    if case.shown or case.quiet:
        here = await _joined_here(turn, case, since)
        also = _to_joined(here, "您那里还没好，就说一声。")
        await tell_origin(turn, case, f"{texts.name(case)}好的，记为已解决。{also}", others=here)
    elif _only_between_us(turn, case):
        await say(turn, f"{texts.name(case)}好的，记为已解决。", ref=str(case.id))
    await tell_joined(turn, case, f"{texts.name(case)}报事人说好了，记为已解决。您那里还没好，就说一声。")
    await whisper_hands(turn, case, f"{texts.name(case)}报事人说已经好了，不用再跑了。")
    await call_off(turn, case, "报事人说已经好了")


async def reopen(turn: Turn, case: Case, area: Area, words: str, asking: str = "") -> None:
    """Not good yet: back to work, and the owner and the lead hear of it; `asking` is put to who said so.

    The group of origin hears of it where that was said elsewhere.
    """
    case.reopened, case.ended_at = case.reopened + 1, None
    limits(turn, case, turn.now)
    await moved(turn, case, "不满意", words)
    await turn.unschedule("case.close", str(case.id))
    why = f"（{words}）" if words else ""
    again = f"已重新打开，请{await hands_name(turn, case) or '网格员'}再看看。"
    await say(turn, f"{texts.name(case)}收到，{again}{asking}", ref=str(case.id))
    own = turn.me.contact_id == case.reporter_id
    if not own and turn.here.chat_id != case.chat_id:
        await tell_origin(turn, case, f"{texts.name(case)}有邻居说还没好，{again}")
    who = "报事人不满意" if own else f"{turn.me.name or '邻居'}说还没好"
    text = f"{texts.name(case)}{who}，已重新打开{why}。"
    await _alarm(turn, case, area, text)
    await departments.keep_informed(turn, case, area, text)


async def _alarm(turn: Turn, case: Case, area: Area, text: str) -> None:
    people = set(await in_hand(turn, case, area))
    if not case.about_worker:
        people |= set(await responsible(turn, area, (Role.LEAD,)))
    for contact_id in sorted(people - {turn.me.contact_id}):
        await tell(turn, contact_id, text, f"{texts.name(case)}请再跟进一下。", area=area, ref=str(case.id))
