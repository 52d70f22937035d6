"""分开 M4: a merge that was wrong is undone; each family gets its own number, facts and clues back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from handlers.alerts import adding, circle, facts, merging, opening, spreading, standing, texts
from handlers.alerts.reaching import decides, here, ref_of, relatives, to_family, to_workers
from handlers.alerts.reopening import KEPT
from handlers.hearers import last_heard
from handlers.matters import Refusal, listing
from handlers.posting import Piece, post, say
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.areas import Area
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.outbox import Sort


async def part(turn: Turn, ref: Ref) -> None:
    """分开 M4, or M3 if one report went into it: by whoever answers for either of the two."""
    gone = await _which(turn, ref)
    kept = await turn.session.get_one(Alert, gone.merged_id, with_for_update=True, populate_existing=True)
    areas = [await turn.session.get_one(Area, one.area_id) for one in (kept, gone)]
    turn.concerns(ref_of(gone))
    if not any(decides(turn, area) for area in areas):
        names = "、".join(dict.fromkeys(area.name for area in areas))
        raise Refusal(f"{texts.name(gone)}只有{names}的网格员、上级和民警能分开，这次没有改动。")
    await split(turn, gone, kept)
    if turn.here.chat_id not in {gone.chat_id, kept.chat_id}:
        await say(turn, texts.parted_for_speaker(gone, kept), ref=ref_of(gone))


async def _which(turn: Turn, ref: Ref) -> Alert:
    """The report that went into another one; locked."""
    alert = await turn.session.get(Alert, ref.number, with_for_update=True, populate_existing=True)
    if alert is None:
        raise Refusal(f"没有寻人 {ref}，请核对编号。")
    if alert.merged_id is not None:
        return alert
    parts = await relatives(turn, alert)
    if not parts:
        raise Refusal(f"{texts.name(alert)}没有和别的寻人合并过，不用分开。")
    if len(parts) > 1:
        refs = [Ref("M", one.id or 0) for one in parts]
        raise Refusal(f"{texts.name(alert)}并进来的有 {listing(refs)}，请写要分出去的，如“分开 {refs[-1]}”。")
    return await turn.session.get_one(Alert, parts[0].id, with_for_update=True, populate_existing=True)


async def split(turn: Turn, gone: Alert, kept: Alert) -> None:
    """`gone` stands for itself again, confirmed if it was; what it brought into `kept` goes back with it.

    Refusal where the other has ended for longer than an end can be taken back.
    """
    over = kept.state not in ALERT_OPEN
    if gone.wiped or (over and kept.ended_at is not None and turn.now - kept.ended_at > KEPT):
        raise Refusal(f"{texts.closed(kept)}结束超过 {KEPT.days} 天了，分不开。人还没找到就请重新报一次。")
    names = await _take_back(turn, gone, kept)
    confirmed = gone.confirmed_at is not None
    gone.state = AlertState.CONFIRMED if confirmed else AlertState.UNCONFIRMED
    gone.merged_id, gone.ended_at, gone.updated_at = None, None, turn.now
    kept.updated_at = turn.now
    turn.audit("alert.split", ref_of(gone), "merged_id")
    await turn.session.flush()
    area = await turn.session.get_one(Area, gone.area_id)
    turn.concerns(ref_of(gone))
    await _tell_others(turn, gone, kept)
    if confirmed:
        await _go_on(turn, gone, kept, area)
    else:
        await opening.ask_and_answer(turn, gone, area)
    if names and not over:
        await adding.facts_changed(turn, kept, names)


async def _take_back(turn: Turn, gone: Alert, kept: Alert) -> list[str]:
    """Clues, strays and facts that came with it are its own again; the facts that `kept` loses."""
    for table, key in merging.OF_ALERT:
        via = table.via_id  # type: ignore[attr-defined]
        mine = update(table).where(key == kept.id, via == gone.id)  # type: ignore[attr-defined]
        await turn.session.execute(mine.values({key.key: gone.id, "via_id": None}))
    gone.via_id = None
    kept.text = kept.text.replace(f"\n{gone.text}", "", 1)
    lost = []
    for name, (before, after) in (gone.brought or {}).items():
        if facts.plain(getattr(kept, name)) == after:  # what the family has corrected since stays
            setattr(kept, name, datetime.fromisoformat(before) if name == "seen_at" and before else before)
            lost.append(name)
    gone.brought = None
    return [
        "picture" if name == "picture_id" else name for name in lost if name in texts.CHANGED or name == "picture_id"
    ]


async def _tell_others(turn: Turn, gone: Alert, kept: Alert) -> None:
    """The other family and its worker hear that they are two, and under which number theirs is sought."""
    await to_family(turn, kept, texts.parted(kept, gone), but=gone.chat_id)
    area = await turn.session.get_one(Area, kept.area_id)
    await to_workers(turn, kept, area, texts.parted_for_asked(kept, gone), texts.parted_for_asked(kept, gone))


async def _go_on(turn: Turn, gone: Alert, kept: Alert, area: Area) -> None:
    """Whose card was out is sought on: who had it hears so, who had it cancelled gets it."""
    await standing.begin(turn, gone)
    over = kept.state not in ALERT_OPEN
    told = await last_heard(turn, [ref_of(gone)], Sort.ALERT, Sort.END)
    text = f"{texts.parted(gone, kept)}\n{texts.still_missing(gone, await here(turn, area))}"
    if over:  # they have heard an end that was not this person's
        await post(turn, ref_of(gone), Sort.ALERT, [Piece(text)], told)
    if not over or gone.chat_id not in {one.chat_id for one in told}:
        await to_family(turn, gone, text)
    await spreading.send_to_rest(turn, gone)
    await circle.plan(turn, gone, area)
