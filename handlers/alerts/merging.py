"""Two reports of one person become one alert: both families hear of everything, the end goes to all who heard."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlmodel import col

from handlers.alerts import asking, circle, ending, facts, likeness, signs, spreading, texts, widening
from handlers.alerts.likeness import Likeness
from handlers.alerts.reaching import decides, here, load, must_decide, ref_of, relatives, to_family, to_workers, town_of
from handlers.hearers import speakers_chats
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, say, whisper
from handlers.refs import fold, take_ref
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.areas import Area
from storage.matters import ALERT_OPEN, Alert, AlertState, Sighting, Stray
from storage.outbox import Sort
from storage.people import Contact

SHOWN = 2
_ANYWAY = "确认"
_BETWEEN = " 　、,，和与跟到并入"


async def twins(turn: Turn, alert: Alert) -> list[tuple[Alert, Likeness]]:
    """The other open alerts that may be of the same person, the best first."""
    others = select(Alert).where(col(Alert.state).in_(ALERT_OPEN), col(Alert.id) != alert.id).order_by(col(Alert.id))
    found = [(one, likeness.compare(one, alert)) for one in await turn.session.scalars(others)]
    return sorted((pair for pair in found if pair[1].likely), key=lambda pair: -pair[1].points)


async def joined_by_itself(turn: Turn, alert: Alert, area: Area) -> bool:
    """A fresh report that is surely of somebody sought already goes into that alert; whether it did."""
    sure = [pair for pair in await twins(turn, alert) if pair[1].sure]
    if len(sure) != 1:
        return False
    other, other_area = await load(turn, Ref("M", sure[0][0].id or 0))
    if other.forwarded and not alert.forwarded and other.state == AlertState.UNCONFIRMED:
        await _join(turn, alert, area, other, sure[0][1].fits, by_hand=False)
        return False  # the family's own report stands, and is asked about
    await _join(turn, other, other_area, alert, sure[0][1].fits, by_hand=False)
    return True


async def hints(turn: Turn, alert: Alert) -> list[str]:
    """Lines for whoever is to confirm it: who may be the same person, and what to answer."""
    return [texts.perhaps_same(alert, one, found.fits) for one, found in (await twins(turn, alert))[:SHOWN]]


async def merge(turn: Turn, ref: Ref, words: str) -> None:
    """合并 M3 M4: by whoever answers for either; who are plainly two only with 确认 behind."""
    second, tail = take_ref(fold(words).strip(_BETWEEN))
    if second is None or second.letter not in ("", "M") or tail.strip(" 。.!！") not in ("", _ANYWAY):
        raise Refusal(f"请这样写：合并 {ref} M4（两个寻人编号）。")
    one, one_area = await load(turn, Ref("M", min(ref.number, second.number)))
    two, two_area = await load(turn, Ref("M", max(ref.number, second.number)))
    if one.id == two.id:
        raise Refusal(f"{texts.name(one)}两个编号是同一件，不用再合并。")
    if not decides(turn, one_area):
        must_decide(turn, two, two_area)
    for each in (one, two):
        if each.state not in ALERT_OPEN:
            raise Refusal(f"{texts.closed(each)}不能合并。")
    found = likeness.compare(one, two)
    if found.against and not tail.strip(" 。.!！"):
        refs = f"{ref_of(one)} {ref_of(two)}"
        raise Refusal(
            f"{texts.name(one)}和 {ref_of(two)} 看着不是一个人（{'、'.join(found.against)}），没有合并。"
            f"确实是同一个人，再发“合并 {refs} {_ANYWAY}”。"
        )
    if (two.state == AlertState.CONFIRMED, not two.forwarded) > (one.state == AlertState.CONFIRMED, not one.forwarded):
        one, one_area, two = two, two_area, one
    await _join(turn, one, one_area, two, found.fits, by_hand=True)
    if turn.here.chat_id not in {one.chat_id, two.chat_id}:
        await say(turn, texts.merged_for_speaker(one, two), ref=ref_of(one))


OF_ALERT = ((Alert, col(Alert.merged_id)), (Sighting, col(Sighting.alert_id)), (Stray, col(Stray.alert_id)))
"""What belongs to an alert, each with the column that says to which; its `via_id` says with which it came."""


async def _join(turn: Turn, kept: Alert, area: Area, gone: Alert, fits: Sequence[str], *, by_hand: bool) -> None:
    """`gone` becomes part of `kept`: its facts where there were none, its clues, its families, its groups."""
    await ending.call_off(turn, gone)
    asked = await asking.asked_chats(turn, gone, asking.CONFIRM, waiting=True)
    await asking.stop(turn, gone)
    await asking.close_questions(turn, gone, asking.FOUND, *asking.FACT_QUESTIONS.values())
    gone.state, gone.merged_id, gone.ended_at, gone.updated_at = AlertState.MERGED, kept.id, turn.now, turn.now
    for table, key in OF_ALERT:
        await turn.session.execute(update(table).where(key == gone.id).values({key.key: kept.id, "via_id": gone.id}))
    names: list[str] = []
    before = facts.kept(kept)
    if by_hand or kept.state == AlertState.UNCONFIRMED:  # nobody has vouched for what would go to all groups
        names = facts.fill(kept, gone)
    gone.brought = {name: (before[name], now) for name, now in facts.kept(kept).items() if before[name] != now}
    kept.text, kept.updated_at = f"{kept.text}\n{gone.text}"[: facts.MAX_TEXT], turn.now
    turn.audit("alert.merge", ref_of(kept), " ".join(["merged_id", *names]))
    turn.concerns(ref_of(kept))
    await _tell(turn, kept, area, gone, fits, asked)
    if kept.state == AlertState.CONFIRMED:
        await _out_together(turn, kept, area, gone, by_hand=by_hand)
        if names:
            from handlers.alerts import adding  # it imports this package's opening

            await adding.facts_changed(turn, kept, names)


async def _out_together(turn: Turn, kept: Alert, area: Area, gone: Alert, *, by_hand: bool) -> None:
    """Those who had neither card get one; where the other was on its way, this one goes.

    Of a report that was not out yet the town hears, if whoever merges it could have confirmed it there.
    """
    other, areas = await turn.session.get_one(Area, gone.area_id), []
    if gone.scope_id is not None:
        areas = [await turn.session.get_one(Area, one) for one in gone.circle]
    elif by_hand and decides(turn, other):
        areas = [await town_of(turn, other)]
    if any(not kept.covers(one.path) for one in areas):
        await widening.reach(turn, kept, area, areas)
    else:
        await spreading.send_to_rest(turn, kept)
    await circle.plan(turn, kept, area)


async def _tell(turn: Turn, kept: Alert, area: Area, gone: Alert, fits: Sequence[str], asked: Sequence[int]) -> None:
    """Both families in one sentence, those who were asked about either, and the writer of a passed-on appeal."""
    now = await here(turn, area)
    who = [await _source(turn, one) for one in (kept, gone)]
    if gone.forwarded:
        await whisper(turn, gone.reporter_id, texts.sought_already(kept), ref=ref_of(kept))
    else:
        await to_family(turn, kept, texts.merged(kept, gone, now, who, fits))
    text = texts.merged_for_asked(kept, gone, who[1], fits)
    if everywhere := await signs.everywhere(turn, gone):
        text = f"{text}\n{texts.doubts([everywhere])}"
    told = await to_workers(turn, kept, area, text, texts.changed_in_staff_room(kept))
    heard = {chat for _, chat in told} | await speakers_chats(turn)
    rest = [chat for chat in asked if chat not in heard]
    await post(turn, ref_of(kept), Sort.STAFF, [Piece(text)], [Target(chat) for chat in rest])


async def _source(turn: Turn, alert: Alert) -> str:
    area = await turn.session.get_one(Area, alert.area_id)
    contact = await turn.session.get(Contact, alert.reporter_id)
    return f"{area.name} {contact.name if contact else ''}".strip()


async def own_part(turn: Turn, alert: Alert) -> Alert | None:
    """The speaker's own report that went into this alert, if there is one."""
    mine = [one for one in await relatives(turn, alert) if one.reporter_id == turn.me.contact_id]
    return mine[-1] if mine else None
