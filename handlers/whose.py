"""谁家老人: the town's groups are asked whose family somebody who was found is, without name or face."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from sqlalchemy import select, update
from sqlmodel import col

from handlers import lateness, strays
from handlers.alerts import describing
from handlers.alerts.reaching import here, town_of
from handlers.alerts.spreading import distance
from handlers.alerts.texts import Here
from handlers.clipping import hide_identity_numbers
from handlers.commands import Command, Order, Takes
from handlers.estimating import duration, seconds_for
from handlers.hearers import having
from handlers.matters import Refusal
from handlers.posting import Piece, Target, may_hear, post, say
from handlers.refs import fold, label
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Act, Ref
from handlers.understanding.kinship import NEAR
from storage.agenda import AuditEntry, Question
from storage.areas import Area, bound_rooms, silenced
from storage.inbox import Outcome
from storage.matters import Stray
from storage.outbox import Sort
from storage.people import Role

PREVIEWED = "whose"
"""The question whether the groups are to be asked."""

CLAIMED = "stray.claim"
"""The trace of somebody's word who it is."""

MAX_ANSWER = 60
"""Characters of a line that says who somebody is, where it quotes nothing."""

_LEAD = r"^(?:[啊哎呀哦咦噢,，！!]|[这那][个位]?|[他她]|老人|图上|看着|好像|应该|可能|会不会|怕|就|不)*"
_NAME = r"老(?![师板公婆是样街大家实早远])[一-鿿]|[一-鿿](?:家的|大爷|大娘|大妈|奶奶|爷爷|婆婆|师傅)"
_OURS = re.compile(rf"(?:是|像)(?:我|俺|咱)们?(?:家|村|楼|隔壁)?的?(?:{NEAR}|家的(?:[,，。!！吧啊呀哦]|$))")
_IS = re.compile(rf"(?:是|像|叫)[^,，。!！?？]{{0,8}}?(?:{_NAME})[^,，。!！?？]{{0,4}}(?:[,，。!！?？]|$)")
_UNASKED = re.compile(rf"{_LEAD}(?:{_OURS.pattern}|{_IS.pattern})")
_KNOWS = re.compile(r"(?<!不)(?<!没)(?<!谁)认[识得出]|(?:住|家在)[^,，。]{0,8}(?:[栋组队村巷号院街路]|小区)")
_PERSON = re.compile(rf"{_NAME}|{NEAR}")


def recognises(text: str, *, quoted: bool) -> bool:
    """Whether a line may say who somebody is: 是我们家的, 那是老李; one that quotes the question may do so anyhow."""
    if strays.denies(text):
        return False
    if quoted:
        return any(pattern.search(text) for pattern in (_OURS, _IS, _KNOWS, _PERSON))
    return len(text) <= MAX_ANSWER and _UNASKED.match(text) is not None


def names(ref: Ref, text: str) -> bool:
    """Whether a line shows the number of a stray: F2 是我爸."""
    return re.search(rf"(?<![A-Z]){ref.letter}\s?{ref.number}(?!\d)", fold(text).upper()) is not None


async def _ask(turn: Turn, order: Order) -> None:
    """找家人 F2: shows what would go out, and to how many groups."""
    assert order.ref is not None
    await _preview(turn, *await _load(turn, order.ref))


async def _load(turn: Turn, ref: Ref) -> tuple[Stray, Area]:
    stray, area = await strays.load_to_decide(turn, ref)
    if stray.post_id is not None:
        groups = len(await having(turn, [stray.post_id]))
        raise Refusal(f"{label(ref)}已经在 {groups} 个群里问过了，不再发第二遍。")
    return stray, area


async def _preview(turn: Turn, stray: Stray, area: Area) -> None:
    ref, town = f"F{stray.id}", await town_of(turn, area)
    pieces, targets, silent = await _whole(turn, stray, area, town)
    if not targets:
        raise Refusal(f"{town.name}现在没有能发的居民群（静默 {silent} 个），没有发。")
    took = duration(await seconds_for(turn, Sort.ALERT, pieces, [one.chat_id for one in targets]))
    quiet = f"，静默的 {silent} 个不发" if silent else ""
    photo = "带照片" if len(pieces) > 1 else "不带照片和姓名"
    question = Question(
        kind=PREVIEWED,
        ref=ref,
        chat_id=turn.here.chat_id,
        contact_id=turn.me.contact_id,
        area_id=stray.area_id,
        asked_at=turn.now,
        expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
    )
    await _answered(turn, ref)
    turn.session.add(question)
    await say(
        turn,
        f"{label(ref)}发到{town.name} {len(targets)} 个居民群（{took}{quiet}），{photo}。内容：\n“{pieces[0].text}”\n"
        "回“确认”就发，回“不是”不发。",
        ref=ref,
    )


async def confirm(turn: Turn, ref: Ref) -> None:
    """确认 F2: sends what this person was shown; who was shown nothing is shown it first."""
    stray, area = await _load(turn, ref)
    if await _answered(turn, str(ref)):
        await _send(turn, stray, area)
    else:
        await _preview(turn, stray, area)


async def _answered(turn: Turn, ref: str) -> bool:
    """Close what this person was asked about it here; whether anything was open."""
    mine = update(Question).where(
        Question.ref == ref,
        Question.kind == PREVIEWED,
        Question.contact_id == turn.me.contact_id,
        col(Question.answered_at).is_(None),
        col(Question.expires_at) > turn.now,
    )
    closed = await turn.session.execute(mine.values(answered_at=turn.now).execution_options(synchronize_session=False))
    return bool(closed.rowcount)  # type: ignore[attr-defined]


async def _preview_answered(turn: Turn, question: Question, yes: bool) -> None:
    if not yes:
        await say(turn, f"{label(question.ref)}好的，没有发。", ref=question.ref)
    elif not await lateness.in_time(turn, question.ref):
        question.answered_at = None
    else:
        await _send(turn, *await _load(turn, Ref("F", int(question.ref[1:]))))


async def _send(turn: Turn, stray: Stray, area: Area) -> None:
    ref, town = f"F{stray.id}", await town_of(turn, area)
    pieces, targets, _ = await _whole(turn, stray, area, town)
    sent = await post(turn, ref, Sort.ALERT, pieces, targets)
    if sent.post_id is None:
        raise Refusal(f"{town.name}现在没有能发的居民群，没有发。")
    stray.post_id, stray.asked_at = sent.post_id, turn.now
    turn.audit("stray.ask", ref, "post_id asked_at")
    told = f"{label(ref)}开始发了，一共 {sent.chats} 个群。有人认得我就告诉您；结束时这些群都会知道。"
    await say(turn, told, ref=ref)


async def _whole(turn: Turn, stray: Stray, area: Area, town: Area) -> tuple[list[Piece], list[Target], int]:
    """The question, the residents' groups of the town that may hear it, the nearest first, and how many are silent."""
    rooms = await bound_rooms(turn.session, town.path)
    under = await silenced(turn.session, {one.path for one in rooms})
    heard = [
        Target(one.chat_id, distance(area.path, one.path))
        for one in rooms
        if may_hear(Sort.ALERT, one.mode, silent=one.path in under)
    ]
    pieces = [Piece(question(stray, area, await here(turn, area))), *_photo(stray)]
    return pieces, sorted(heard, key=lambda one: one.rank), len(rooms) - len(heard)


def _photo(stray: Stray) -> list[Piece]:
    return [Piece(picture_id=stray.picture_id)] if stray.picture_id and stray.photo_by else []


def question(stray: Stray, area: Area, now: Here) -> str:
    """What the groups read: how the person looks, where and when they were found, whom to tell."""
    age = "" if stray.age is None else f"约{int(stray.age)}岁" if stray.age >= 1 else "不到1岁"
    looks = "，".join(part for part in (stray.sex, age, stray.clothes and f"穿{stray.clothes}") if part)
    found = f"{describing.dated(stray.created_at, '', now.zone)}，在{area.name}{stray.place}"
    lines = (
        f"{label(f'F{stray.id}')}谁家{strays.noun(stray)}？",
        looks,
        f"{found}，说不清家在哪，现在有人照看。",
        f"认得的请引用这条说一声，网格员马上看到；也可以直接找{now.police_line}。请别围观、拍照、转发。",
    )
    return hide_identity_numbers("\n".join(line for line in lines if line))


async def _allow_photo(turn: Turn, order: Order) -> None:
    """准许照片 F2: an admin of its area lets the photo go along; groups that were asked before get it now."""
    assert order.ref is not None
    ref = str(order.ref)
    stray, area = await strays.load_to_decide(turn, order.ref)
    if not turn.me.has((Role.ADMIN,), area.path):
        raise Refusal(f"{label(ref)}归{area.name}管，照片要那里的管理员准许，这次没有改动。")
    if stray.picture_id is None:
        raise Refusal(f"{label(ref)}还没有照片。请发现的人（或网格员）引用那条消息发一张。")
    if stray.photo_by is not None:
        raise Refusal(f"{label(ref)}的照片已经准许过了。")
    stray.photo_by = turn.me.contact_id
    turn.audit("stray.photo", ref, "photo_by")
    if stray.post_id is None:
        await say(turn, f"{label(ref)}好的，问各群时带上照片。", ref=ref)
        return
    text = f"{label(ref)}这位的照片，认得的请引用这条说一声。请别转发。"
    sent = await post(turn, ref, Sort.ALERT, [Piece(text), *_photo(stray)], await having(turn, [stray.post_id]))
    await say(turn, f"{label(ref)}好的，照片发给问过的 {sent.chats} 个群。", ref=ref)


async def _recognised(turn: Turn, ref: Ref) -> None:
    """是我们家的: those who look after the stray, and where they were found, hear who said so and what."""
    stray, area = await strays.load(turn, ref)
    if stray.state != "open":
        turn.outcome = Outcome.CHAT
        return
    before = select(AuditEntry.id).where(
        AuditEntry.ref == str(ref), AuditEntry.action == CLAIMED, AuditEntry.actor_id == turn.me.contact_id
    )
    if turn.text in stray.text.splitlines() and await turn.session.scalar(before.limit(1)) is not None:
        return  # said again: they know
    turn.audit(CLAIMED, str(ref))
    stray.text = f"{stray.text}\n{turn.text}"[: strays.MAX_TEXT]
    await strays.claimed_by_family(turn, stray)
    await strays.pass_on(turn, ref, area, f"\n请核实；人安顿好了回“办结 {ref}”。")
    await strays.to_finder(turn, stray)
    await say(turn, f"{label(ref)}谢谢，已转给网格员和民警，他们会联系您。", ref=str(ref))


COMMANDS: tuple[Command, ...] = (
    Command(
        ("找家人",),
        "找家人 F2",
        "在全镇居民群问“谁家老人”，不带姓名照片；先预览，回“确认”才发，结束时问过的群都会知道",
        _ask,
        ON_DUTY,
        Takes.MUST,
        "F",
        spreads=True,
    ),
    Command(
        ("准许照片",),
        "准许照片 F2",
        "准许问家人时带上照片（问过了就补发给那些群）",
        _allow_photo,
        (Role.ADMIN,),
        Takes.MUST,
        "F",
        spreads=True,
    ),
)

ACTS: Mapping[Act, Callable[[Turn, Ref], Awaitable[None]]] = {Act.CLAIM: _recognised}

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {PREVIEWED: _preview_answered}
