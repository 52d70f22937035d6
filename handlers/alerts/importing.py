"""Appeals from other systems (CAP, PFIF): reports that are posted nowhere before a worker's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts import adding, asking, ending, facts, merging, texts
from handlers.alerts.reaching import is_private, load, ref_of, to_workers
from handlers.clipping import clip
from handlers.local_names import gazetteer
from handlers.matters import Refusal
from handlers.turn import Turn
from handlers.understanding import Context, Fields, Kind, Ref
from handlers.understanding.extract import extract
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from storage.areas import Area, find_area
from storage.matters import ALERT_OPEN, Alert, AlertSource, AlertState
from storage.people import Held, private_chats

MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Foreign:
    """A record of another system, as far as we take it.

    `key` is its id, `earlier` the ids of those whose place it takes, `at` its own date. `stated` are facts by name of
    a field of `Fields`; the others are read out of `text`. `places` are names or codes of the area it concerns. `over`
    is how the search ended there, if it did: found, died, or withdrawn for any other reason.
    """

    source: str
    key: str
    at: datetime
    text: str
    earlier: tuple[str, ...] = ()
    stated: Mapping[str, Any] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    over: AlertState | None = None


async def take_in(turn: Turn, record: Foreign, code: str | None) -> str:
    """Open, change or end the alert that a record is about; one sentence that says what was done.

    The same record again, or an older one, changes nothing. Refusal where nobody can be asked about it.
    """
    alert, own_id, latest, seen = await _known(turn, record)
    if alert is None:
        if record.over is not None:
            return f"{record.source}：这个人已经不用找了，这里也没有导入过，没有改动。"
        return await _open(turn, record, code)
    ref, own = ref_of(alert), alert.id == own_id
    if seen:
        return f"{ref}：这一条导入过了，没有改动。"
    if record.at < latest:
        return f"{ref}：这一条比导入过的旧，没有改动。"
    await _note(turn, record, own_id)
    turn.concerns(ref)
    if alert.state not in ALERT_OPEN:
        return f"{ref}：这里已经结束，没有改动。"
    area = await turn.session.get_one(Area, alert.area_id)
    if record.over is None:
        return await _change(turn, record, alert, area, own=own)
    if own and alert.state == AlertState.UNCONFIRMED:
        await ending.end(turn, alert, area, record.over)
        return f"{ref}：来源说不用找了，还没有核实过，已经撤下。"
    await _ask_whether_over(turn, record, alert, area)
    return f"{ref}：来源说不用找了，已请网格员核实，核实前接着找。"


async def _known(turn: Turn, record: Foreign) -> tuple[Alert | None, int, datetime, bool]:
    """The alert that the record is about, the number of the one that was opened for it, the date of the last record
    about it, and whether it was this one. The first two differ where it went into another report of the person.
    """
    keys = (record.key, *record.earlier)
    query = select(AlertSource).where(col(AlertSource.key).in_(keys)).order_by(col(AlertSource.at).desc())
    rows = (await turn.session.scalars(query)).all()
    if not rows:
        return None, 0, record.at, False
    alert, _ = await load(turn, Ref("M", rows[0].alert_id))
    every = select(AlertSource).where(AlertSource.alert_id == rows[0].alert_id)
    latest = max(row.at for row in await turn.session.scalars(every))
    return alert, rows[0].alert_id, latest, any(row.key == record.key and row.at >= record.at for row in rows)


async def _note(turn: Turn, record: Foreign, alert_id: int) -> None:
    await turn.session.merge(AlertSource(key=record.key, alert_id=alert_id, at=record.at))
    await turn.session.flush()


async def _open(turn: Turn, record: Foreign, code: str | None) -> str:
    """A report as if somebody had passed it on: whoever is asked first stands for the family, which is not here."""
    area = await _area(turn, record, code)
    alert = Alert(
        area_id=area.id or 0,
        chat_id=0,
        reporter_id=0,
        text=f"{record.source}：{record.text}"[:MAX_TEXT],
        forwarded=True,
        created_at=turn.now,
        updated_at=turn.now,
    )
    facts.take(alert, await _fields(turn, record, area))
    people, chats = await _asked_first(turn, alert, area)
    alert.reporter_id = people[0].contact_id
    alert.chat_id = chats[alert.reporter_id]
    turn.session.add(alert)
    await turn.session.flush()
    ref = ref_of(alert)
    await _note(turn, record, alert.id or 0)
    turn.concerns(ref)
    turn.audit("alert.open", ref)
    turn.audit("alert.import", ref)
    if await merging.joined_by_itself(turn, alert, area):
        return f"{ref}：和正在找的 M{alert.merged_id} 是同一个人，已并过去。"
    await asking.ask(turn, alert, area, people)
    await asking.begin(turn, alert)
    return f"{ref}：已请{area.name}的人核实，核实前哪个群都不发。"


async def _asked_first(turn: Turn, alert: Alert, area: Area) -> tuple[Sequence[Held], Mapping[int, int]]:
    """Who can be asked in private in the first step that has anybody, and their chats."""
    for step in range(1, asking.LAST_STEP + 1):
        alert.asked = step
        people = await asking.people_of(turn, alert, area, step)
        chats = await private_chats(turn.session, [one.contact_id for one in people])
        if reached := [one for one in people if one.contact_id in chats]:
            return reached, chats
    raise Refusal(f"{area.name}和它的上级都没有能私聊到的网格员或管理员，没有导入。请他们先加机器人为好友。")


async def _area(turn: Turn, record: Foreign, code: str | None) -> Area:
    """The area with this code, else the only one that the record names."""
    if code is not None:
        found = [area for area in await find_area(turn.session, code) if area.code == code]
        if not found:
            raise Refusal(f"没有编号是 {clip(code, 40)} 的区划，没有导入。")
        return found[0]
    named = {area.id: area for name in record.places for area in await find_area(turn.session, name)}
    if len(named) != 1:
        raise Refusal(f"{record.source}：看不出归哪个区划，没有导入。请加上 --area 区划编号。")
    return next(iter(named.values()))


async def _fields(turn: Turn, record: Foreign, area: Area) -> Fields:
    """What the record states, and what its words say besides."""
    names = await gazetteer(turn.session)
    context = Context(now=turn.local(record.at), grid=area.code, gazetteer=names)
    read = extract(Scan(fold(record.text)), Kind.MISSING, context)
    return replace(read, **record.stated)


async def _change(turn: Turn, record: Foreign, alert: Alert, area: Area, *, own: bool) -> str:
    """What the record says anew; a family's own report takes only what fills a gap, and no phone."""
    words = f"{record.source}：{record.text}"[:MAX_TEXT]
    if own:
        names = facts.take(alert, await _fields(turn, record, area))
    else:
        said = Alert(area_id=alert.area_id, chat_id=alert.chat_id, reporter_id=alert.reporter_id, text=words)
        facts.take(said, await _fields(turn, record, area))
        names = facts.fill(alert, said, but=("phone", "contact_name"))
    if not names:
        return f"{ref_of(alert)}：没有新的情况。"
    alert.text = words if own else f"{alert.text}\n{words}"[: facts.MAX_TEXT]
    await adding.facts_changed(turn, alert, names)
    return f"{ref_of(alert)}：情况已更新（{'、'.join(texts.CHANGED[name] for name in names)}）。"


async def _ask_whether_over(turn: Turn, record: Foreign, alert: Alert, area: Area) -> None:
    """The source has ended it; here it was confirmed, so a worker's word ends it."""
    assert record.over is not None
    text = texts.over_elsewhere(alert, record.source, record.over)
    died = record.over == AlertState.DIED
    for contact_id, chat_id in await to_workers(turn, alert, area, text, texts.found_in_staff_room(alert)):
        if record.over != AlertState.WITHDRAWN and await is_private(turn, chat_id):
            asking.add_question(turn, alert, asking.FOUND, chat_id, contact_id, died=died)
