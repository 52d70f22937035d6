"""Neighbours who have the same trouble join an open case instead of making thirty of it, and no group is flooded."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from rapidfuzz import fuzz
from sqlalchemy import bindparam, func, select
from sqlmodel import col

from handlers import locating, quiet_hours
from handlers.cases import moving, proactive, texts
from handlers.cases.deadlines import on_the_clock
from handlers.cases.hands import whisper_hands
from handlers.cases.placing import place_of
from handlers.cases.privacy import is_private
from handlers.cases.reporting import add_step, open_and_tell
from handlers.clipping import clip
from handlers.commands import Order
from handlers.likeness import Likeness, Told, likeness
from handlers.matters import NOT_FOUND, Refusal
from handlers.posting import Piece, Target, post, say
from handlers.reading_words import read_words
from handlers.refs import fold
from handlers.surroundings import Nearby
from handlers.surveying import lock_village, nearby_cases
from handlers.turn import Turn
from handlers.understanding import OTHER, TROUBLES, Reading, Ref, says_same
from storage.agenda import DueItem
from storage.areas import Area
from storage.engine import run
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, Case, CaseFollower, CaseStep
from storage.outbox import Sort

AGAIN, ALIKE = timedelta(minutes=30), 95
"""Within what time, and how alike (of 100), two messages of one person are one report."""

JOINED, COUNTED = "case.joined", "case.counted"
GROUP_EVERY, OWNER_EVERY = timedelta(minutes=2), timedelta(minutes=10)
"""How often a group, and the owner, hear at most that others have joined."""

SAME = "同样情况"
MAX_TEXT = 2000

PLUS = re.compile(r"\+1[\s:：,，]*(?:#|事项)?\s*\d{1,9}\s*号?[。.!！~]*")
"""+1 12; a bare +1 is read like other words."""
_NO_DIGIT = re.compile(r"\D")


class _Like(NamedTuple):
    """The numbers of the open case that a report is about, and of the one that it may be about."""

    same: int | None = None
    maybe: int | None = None


async def reported(turn: Turn) -> None:
    """Free words that ask, complain or propose; several troubles in one message are each a case."""
    if turn.reading is None or not turn.reading.also:
        await _reported(turn)
        return
    for told in (turn.reading, *turn.reading.also):
        part = replace(turn, text=told.text, reading=told._replace(also=()))
        await _reported(part)
        if part.ref and not turn.ref:
            turn.concerns(part.ref, part.outcome)


async def _reported(turn: Turn) -> None:
    """They join what is known already, or open a case."""
    area = await locating.area_here(turn)
    if area is None or await _said_already(turn):
        return
    like = await _look(turn, area)
    if like.same is not None:
        await join(turn, await turn.session.get_one(Case, like.same), said=True)
        return
    hint = f"\n可能和 {like.maybe} 是一件，是就回“合并 {like.maybe} {{}}”。" if like.maybe else ""
    await proactive.watch(turn, await open_and_tell(turn, area, hint), area)


_SAID = (
    select(col(Case.id), col(Case.text))
    .where(
        Case.chat_id == bindparam("chat"),
        Case.reporter_id == bindparam("me"),
        col(Case.state).in_(CASE_OPEN),
        col(Case.updated_at) > bindparam("since"),
    )
    .order_by(col(Case.updated_at).desc())
    .limit(5)
)


async def _said_already(turn: Turn) -> bool:
    """Whether the same person said the same here a moment ago: it has its number and its answer."""
    said = {"chat": turn.here.chat_id, "me": turn.me.contact_id, "since": turn.now - AGAIN}
    for number, words in await run(turn.session, _SAID, said):
        if fuzz.ratio(words, turn.text[:MAX_TEXT]) >= ALIKE:
            turn.concerns(str(number))
            return True
    return False


async def _look(turn: Turn, area: Area) -> _Like:
    """The likest open case of the village, the first of several; private matters and complaints about workers never."""
    reading = turn.reading
    assert reading is not None
    if reading.kind not in TROUBLES or reading.about_worker or is_private(turn.text, reading.category or ""):
        return _Like()
    told = _told(turn, reading, area)
    await lock_village(turn.session, area, turn.rules)
    maybe: int | None = None
    for case in await nearby_cases(turn.session, area, turn.rules, turn.at):
        how = likeness(told, known(case, case.path))
        if how is Likeness.NO or (how is Likeness.MAYBE and maybe is not None):
            continue
        if case.reporter_id == turn.me.contact_id or case.alone:
            continue
        if how is Likeness.SAME:
            return _Like(same=case.id)
        maybe = case.id
    return _Like(maybe=maybe)


def _told(turn: Turn, reading: Reading, area: Area) -> Told:
    place = place_of(reading.fields)
    return Told(turn.text, reading.category or OTHER, place, area.path, turn.at, reading.urgent)


def known(case: Case | Nearby, path: str) -> Told:
    """A stored case as one of two reports that are compared."""
    return Told(case.text, case.category, case.place, path, case.created_at, case.urgent)


async def same(turn: Turn, ref: Ref) -> None:
    """我家也停电了, +1: heard without a word where the matter is known, else with one line."""
    case, area = await moving.load(turn, ref.number)
    if case.quiet or case.state not in CASE_OPEN or turn.me.contact_id == case.reporter_id:
        reading, least = turn.reading, turn.rules.reading.act_threshold
        if turn.quoted is None and reading is not None and reading.kind in TROUBLES and reading.confidence >= least:
            await reported(turn)  # 我们家也没来水, when it is done for the others
        else:
            turn.outcome = Outcome.CHAT
        return
    _must_be_near(turn, case, area)
    asks = turn.reading is not None and turn.reading.kind in TROUBLES and not says_same(turn.text)
    await join(turn, case, said=asks, silent=not asks and await _known_here(turn, case))


async def plus_one(turn: Turn, order: Order) -> None:
    """+1 12, in any group of the town."""
    case, area = await moving.load(turn, int(_NO_DIGIT.sub("", fold(order.rest))))
    _must_be_near(turn, case, area)
    if case.quiet:
        raise Refusal(NOT_FOUND.format(case.id))
    if turn.me.contact_id == case.reporter_id:
        raise Refusal(f"{texts.name(case)}就是您报的，有进展会告诉您。")
    if case.state not in CASE_OPEN:
        raise Refusal(f"{texts.name(case)}{texts.state(case)}。您那里还没好，请说清在哪里、什么事，我另外记。")
    if await turn.session.get(CaseFollower, (case.id, turn.me.contact_id)):
        raise Refusal(f"{texts.name(case)}已经把您记上了，办好了一起告诉您。")
    await join(turn, case)


def _must_be_near(turn: Turn, case: Case, area: Area) -> None:
    """Refusal, as of a number that never was, where the case is another town's."""
    here = turn.here.area
    levels = turn.rules.levels
    depth = 1 + (levels.index(turn.rules.town_level) if turn.rules.town_level in levels else 1)
    if here is None or here.path.strip("/").split("/")[:depth] != area.path.strip("/").split("/")[:depth]:
        turn.ref = ""
        raise Refusal(NOT_FOUND.format(case.id))


async def _known_here(turn: Turn, case: Case) -> bool:
    """Whether this chat has heard of the case: it was reported here, or somebody joined from here."""
    if case.chat_id == turn.here.chat_id:
        return True
    others = select(CaseFollower.contact_id).where(
        CaseFollower.case_id == case.id, CaseFollower.chat_id == turn.here.chat_id
    )
    return await turn.session.scalar(others.limit(1)) is not None


async def join(turn: Turn, case: Case, *, said: bool = False, silent: bool = False) -> None:
    """Note the speaker as one who has the same trouble; `said`: in words of their own, which the owner reads.

    `silent`: nobody here waits for an answer.
    """
    turn.concerns(str(case.id))
    if await turn.session.get(CaseFollower, (case.id, turn.me.contact_id)):
        return
    follower = await follow(turn, case, silent=silent)
    if not silent:
        await _answer(turn, case, follower)
    await _tell_owner(turn, case, said)


async def follow(turn: Turn, case: Case, *, silent: bool) -> CaseFollower:
    """Write the speaker down as one who has the same trouble; `silent`: they need not be told."""
    follower = CaseFollower(case_id=case.id or 0, contact_id=turn.me.contact_id, chat_id=turn.here.chat_id, at=turn.at)
    follower.told_at = turn.now if silent else None
    turn.session.add(follower)
    case.updated_at = turn.now
    await add_step(turn, case, SAME, turn.text[:MAX_TEXT], public=False)
    await turn.session.flush()
    return follower


async def _answer(turn: Turn, case: Case, follower: CaseFollower) -> None:
    """One line at once; who comes within two minutes of it is named in the next."""
    line = f"{texts.name(case)}已经有人报了，把您也记上，办好了一起告诉您（不是一件事就引用这条回“不是”）"
    if turn.here.private:
        follower.told_at = turn.now
        await say(turn, line, ref=str(case.id))
        return
    waiting = f"{case.id}@{turn.here.chat_id}"
    if await _planned(turn, JOINED, waiting):
        return
    follower.told_at = turn.now
    await post(turn, str(case.id), Sort.FRESH, [Piece(line, (turn.me.contact_id,))], [Target(turn.here.chat_id)])
    await turn.schedule(JOINED, waiting, turn.now + GROUP_EVERY)


async def _planned(turn: Turn, kind: str, ref: str) -> bool:
    query = select(DueItem.id).where(DueItem.kind == kind, col(DueItem.ref).startswith(ref, autoescape=True))
    return await turn.session.scalar(query.limit(1)) is not None


async def tell_group(turn: Turn, ref: str) -> None:
    """Due: those who joined from a group since its last line hear of it together; then it is quiet again."""
    number, _, chat = ref.partition("@")
    case = await turn.session.get(Case, int(number))
    untold = select(CaseFollower).where(
        CaseFollower.case_id == int(number), CaseFollower.chat_id == int(chat), col(CaseFollower.told_at).is_(None)
    )
    waiting = list((await turn.session.scalars(untold.order_by(col(CaseFollower.at)))).all())
    if case is None or case.state not in CASE_OPEN or case.quiet or not waiting:
        return
    for one in waiting:
        one.told_at = turn.now
    line = f"{texts.name(case)}又有 {len(waiting)} 位邻居说有同样情况，都记上了，办好了一起告诉大家。"
    people = tuple(one.contact_id for one in waiting[: moving.MENTIONED])
    await post(turn, number, Sort.FRESH, [Piece(line, people)], [Target(int(chat))])
    await turn.schedule(JOINED, ref, turn.now + GROUP_EVERY)


async def _tell_owner(turn: Turn, case: Case, said: bool) -> None:
    """The owner hears of the first at once, of the others by their count; the due row says how many are known."""
    if case.owner_id in (None, turn.me.contact_id) or await _planned(turn, COUNTED, f"{case.id}#"):
        return
    words = f"：“{clip(turn.text, 100)}”" if said else ""
    who = f"（{turn.me.name}）" if turn.me.name else ""
    line = f"{texts.name(case)}又有一位邻居{who}说有同样情况{words}。"
    await whisper_hands(turn, case, line, hold=_hold(turn, case))
    await turn.schedule(COUNTED, f"{case.id}#{await _count(turn, case)}", turn.now + OWNER_EVERY)


def _hold(turn: Turn, case: Case) -> datetime | None:
    """Until when the owner is left to sleep: as long as with the case itself."""
    return None if on_the_clock(case) else quiet_hours.ends(turn)


async def _count(turn: Turn, case: Case) -> int:
    return await turn.session.scalar(select(func.count()).where(CaseFollower.case_id == case.id)) or 0


async def tell_count(turn: Turn, ref: str) -> None:
    """Due: how many have the same trouble, if there are more than the owner knows of."""
    number, _, told = ref.partition("#")
    case = await turn.session.get(Case, int(number))
    if case is None or case.owner_id is None or case.state not in CASE_OPEN:
        return
    count = await _count(turn, case)
    if count > int(told):
        line = f"{texts.name(case)}现在共有 {count} 位邻居说有同样情况。"
        await whisper_hands(turn, case, line, hold=_hold(turn, case))
        await turn.schedule(COUNTED, f"{number}#{count}", turn.now + OWNER_EVERY)


async def apart(turn: Turn, case: Case) -> bool:
    """不是 from somebody who joined: theirs is a matter of its own. False for who did not join."""
    follower = await turn.session.get(CaseFollower, (case.id, turn.me.contact_id))
    if follower is None or case.state not in CASE_OPEN or follower.via_id is not None:
        return False
    step = await _words_of(turn, case)
    await turn.session.delete(follower)
    await add_step(turn, case, "不是一件", "", public=False)
    reading = await read_words(turn, step.text) if step else None
    if reading is None or reading.kind not in TROUBLES or turn.here.area is None:
        turn.concerns(str(case.id))
        await say(turn, f"{texts.name(case)}不算您了。您的事请说清在哪里、什么事，我另外记。", ref=str(case.id))
        return True
    turn.text, turn.reading = step.text if step else "", reading
    await open_and_tell(turn, turn.here.area)
    return True


async def go_on_alone(turn: Turn, case: Case) -> None:
    """还没修呢 of who had joined a case that was withdrawn: it is theirs from now on. Of others it is talk."""
    follower = await turn.session.get(CaseFollower, (case.id, turn.me.contact_id))
    area = await turn.session.get(Area, case.area_id)
    if follower is None or area is None or case.quiet:
        turn.outcome = Outcome.CHAT
        return
    words = case.text.split("\n")[0]
    await turn.session.delete(follower)
    turn.reading = (await read_words(turn, words))._replace(category=case.category)
    turn.text = f"{words}\n{turn.text}"
    await open_and_tell(turn, area)


async def _words_of(turn: Turn, case: Case) -> CaseStep | None:
    """What the speaker said when joining."""
    query = select(CaseStep).where(
        CaseStep.case_id == case.id, CaseStep.actor_id == turn.me.contact_id, CaseStep.action == SAME
    )
    return (await turn.session.scalars(query.order_by(col(CaseStep.id).desc()).limit(1))).first()


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {JOINED: tell_group, COUNTED: tell_count}
