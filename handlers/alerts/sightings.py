"""线索: somebody may have seen the missing person."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from handlers import maps
from handlers.alerts import asking, clues, describing, ending, facts, texts, tracing
from handlers.alerts.mourning import tells_of_death
from handlers.alerts.reaching import (
    decides,
    here,
    is_reporter,
    load,
    reach,
    ref_of,
    to_family,
    to_workers,
    town_of,
    workers_of,
)
from handlers.matters import Refusal
from handlers.posting import responsible, say
from handlers.turn import WORKERS, Turn
from handlers.understanding import Act, Candidate, Context, Fields, Kind, OpenMatter, Reading, Ref
from handlers.understanding.additions import not_of_searchers
from handlers.understanding.extract import extract
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState, Sighting

REPEATED = timedelta(minutes=10)
"""The same words of the same person within this time are one clue."""

_SAW = re.compile(
    r"[看瞧见碰遇撞][到见过着]|见着|发现|有人|别人|邻居|人家|说[是在]|听说|监控|摄像|拍到|路过|经过|出现|好像|疑似|可能|[在往去].{1,8}那边"
)
"""Words with which a family passes on that somebody was seen."""

SURE = 0.8
"""A reading's candidate from which on no other is looked for."""


_LOOKS = frozenset({"clothes", "features", "transport"})
"""What somebody is known by where nobody has heard of them; in another town many are called so."""
FITS_WELL = 1.5
"""How much must fit somebody of whom the finder's group was never told, or one of several: clothes and sex, say."""
MAX_ALIKE = 3

_SEEN = re.compile(r"(?<![没未])(?:看|瞧|瞅|碰|遇|见)[到见着]了?|见过|看过")
_NOT_SEEN = re.compile(r"没(?:有)?(?:看|瞧|见|碰|遇)|[?？]|[吗么没]\s*$|谁|有没有|如果|要是|谢")
_CORRECTS = re.compile("错了|不是")
MAX_NAMED = 60


def named(reading: Reading, sought: Sequence[Alert]) -> Reading:
    """The reading of 看到王建国了，在老粮站, where somebody of that name is sought: a clue, which else is talk."""
    text = reading.text
    if reading.kind is not Kind.CHAT or reading.act is not Act.NONE or len(text) > MAX_NAMED:
        return reading
    refs = [Ref("M", one.id or 0) for one in sought if len(one.name) > 1 and one.name in text]
    if not refs or not _SEEN.search(text) or _NOT_SEEN.search(text):
        return reading
    candidates = (Candidate(refs[0], SURE, "name"),) if len(refs) == 1 else ()
    return reading._replace(kind=Kind.SIGHTING, confidence=SURE, candidates=candidates)


_TAKEN_IN = re.compile(
    r"(?:^|[,，。.!！~～\s])(?:你们?家的?|[他她]家的?|这|那|个|位|丢的|走[丢失]的|(?:你们?|大家)?要?找的|[群照]片?[里上]?的)*"
    rf"(?:人家?|他|她|小家伙|丫头|小姑娘|小伙子|婆婆|阿[公婆姨]|大叔|{facts.OLD.pattern}|{facts.YOUNG.pattern})[子儿家]?"
    r"(?:现在|这会儿?|目前|正|就|应该|好像|刚才?|一直|已经|还|在|跟|和|[跑来坐站待呆躲玩睡走住]|到|了)*?"
    r"(?:在|[到来])了?(?:我|俺|咱)(?:们|家|这|那|店|屋|院|单位|办公|车|门口|摊|楼|里|铺|厂|学校|村|小区|隔壁|旁边|身边|[爸妈奶爷])"
)
"""人在我店里, 你家孩子在我家玩呢: whom others seek is with the writer."""
_WITH_US = re.compile(
    rf"(?:^|[,，。.!！~～\s])(?:你们?家的?|[他她]家的?|这|那|个|位)*(?:人|他|她|小家伙|丫头|{facts.OLD.pattern}|{facts.YOUNG.pattern})[子儿]?"
    r"(?:现在|这会儿?|目前|正|就|应该|好像|刚才?|一直|已经|还|在)*(?:跟|和|与|同)(?:我|俺|咱)[^,，。!！?？]{0,8}"
    r"(?:在[^,，。!！?？]{1,8}|一起|一块儿?|正?在?[玩坐吃聊走看睡])"
)
"""孩子跟我家妞妞在楼下玩呢."""
_NO_PLACE = frozenset(("我", "俺", "咱", "我们", "你家", "我家", "俺家"))


def taken_in(reading: Reading, sought: Sequence[Alert], me: int) -> Reading:
    """The reading of words that somebody is with the writer, where one person is sought who may be meant: a clue."""
    text = reading.text
    may_be = reading.kind in (Kind.CHAT, Kind.STRAY) or (reading.kind is Kind.MISSING and not facts.says_lost(text))
    may_be = may_be or (reading.kind is Kind.FOUND and reading.confidence < SURE)
    if not may_be or reading.act is not Act.NONE or len(text) > MAX_NAMED:
        return reading
    fitting = [one for one in sought if not facts.other_age(one, text)]
    if not fitting or any(one.reporter_id == me for one in sought):
        return reading
    if not (_TAKEN_IN.search(text) or _WITH_US.search(text)) or _NOT_SEEN.search(text):
        return reading
    fields = replace(reading.fields, place=None) if reading.fields.place in _NO_PLACE else reading.fields
    candidates = (Candidate(Ref("M", fitting[0].id or 0), SURE, "place"),) if len(fitting) == 1 else ()
    return reading._replace(kind=Kind.SIGHTING, confidence=SURE, candidates=candidates, fields=fields)


def told_more(reading: Reading, told: Sequence[OpenMatter], context: Context) -> Reading:
    """The reading of 紫棉袄，头发花白, which else is talk, by who `told` here just now of somebody they saw."""
    text = reading.text
    if not told or reading.kind is not Kind.CHAT or reading.act is not Act.NONE or len(text) > MAX_NAMED:
        return reading
    theirs = not_of_searchers(Scan(fold(text)))
    if theirs is None or _NOT_SEEN.search(text) or _CORRECTS.search(text):
        return reading
    fields = extract(theirs, Kind.SIGHTING, context)
    if not facts.known(fields).keys() - {"sex", "seen_at", "seen_precision"}:
        return reading
    candidates = (Candidate(told[-1].ref, SURE, "writer"),)
    return reading._replace(kind=Kind.SIGHTING, confidence=SURE, candidates=candidates, fields=fields)


async def sighted(turn: Turn) -> None:
    """Free words that say that the missing person may have been seen."""
    if await _of_ended(turn):
        return
    around = await open_here(turn)
    alert = choose(turn, around) if around else await _sought_elsewhere(turn)
    if alert is None and not around:
        turn.outcome = Outcome.CHAT
        await asking.heard_only(turn)
        return
    if alert is None:
        if not await _of_several(turn, around):
            await ask_which(turn, around)
        return
    locked, area = await load(turn, Ref("M", alert.id or 0))
    if is_reporter(turn, locked) and not _SAW.search(turn.text):
        from handlers.alerts import adding  # it imports this module

        await adding.added(
            turn, locked, await adding.add_facts(turn, locked)
        )  # 灰夹克，刚从菜市场走的: the family tells more, it has seen nobody
        return
    await record(turn, locked, area, told=bool(around))


async def _of_several(turn: Turn, around: Sequence[Alert]) -> bool:
    """Whether the words fit several alike: then each family hears the clue, as only they can tell."""
    said = facts.known(turn.reading.fields) if turn.reading else {}
    fitting = [one for one in around if _fits_well(turn, one, said)]
    if not 1 < len(fitting) <= MAX_ALIKE or any(is_reporter(turn, one) for one in fitting):
        return False
    for one in fitting:
        locked, area = await load(turn, Ref("M", one.id or 0))
        await record(turn, locked, area, told=False, thanks=one is fitting[0])
    return True


def _fits_well(turn: Turn, alert: Alert, said: Mapping[str, Any]) -> bool:
    contradicted = facts.contradicts(alert, said, loosely=True) or facts.other_age(alert, turn.text)
    return not contradicted and facts.points(alert, said) >= FITS_WELL


async def _sought_elsewhere(turn: Turn) -> Alert | None:
    """Who is sought where nobody here has heard of it, if the words fit one beyond doubt: people walk far."""
    said = facts.known(turn.reading.fields) if turn.reading else {}
    query = select(Alert).where(Alert.state == AlertState.CONFIRMED)
    fitting = [one for one in await turn.session.scalars(query) if _fits_well(turn, one, said)]
    alike = [one for one in fitting if not _LOOKS.isdisjoint(facts.compared(one, said)[0])]
    return alike[0] if len(alike) == 1 else None


async def _of_ended(turn: Turn) -> bool:
    """A clue that quotes the card of somebody who is no longer sought: one line, and that is all."""
    if turn.quoted is None or turn.quoted.letter != "M":
        return False
    alert = await turn.session.get(Alert, turn.quoted.number)
    if alert is not None and alert.merged_id is not None:
        turn.quoted = Ref("M", alert.merged_id)
        alert = await turn.session.get(Alert, alert.merged_id)
    if alert is None or alert.state in ALERT_OPEN:
        return False
    turn.concerns(str(turn.quoted))
    await say(turn, texts.late_clue(alert), ref=ref_of(alert))
    return True


async def open_here(turn: Turn) -> list[Alert]:
    """The open alerts that somebody in this chat has heard of."""
    path = turn.here.area.path if turn.here.area else None
    query = select(Alert).where(col(Alert.state).in_(ALERT_OPEN)).order_by(col(Alert.id))
    part = select(col(Alert.merged_id)).where(
        Alert.chat_id == turn.here.chat_id, Alert.state == AlertState.MERGED, col(Alert.forwarded).is_(False)
    )
    known = set(await turn.session.scalars(part))
    return [
        alert
        for alert in await turn.session.scalars(query)
        if alert.covers(path)
        or alert.id in known
        or (alert.chat_id == turn.here.chat_id and (alert.circle or not alert.forwarded))
    ]


def choose(turn: Turn, alerts: Sequence[Alert]) -> Alert | None:
    """The alert meant: the quoted one, else what the reading is sure of, else the best fit; None if unsure."""
    by_ref = {f"M{alert.id}": alert for alert in alerts}
    if turn.quoted and str(turn.quoted) in by_ref:
        return by_ref[str(turn.quoted)]
    reading = turn.reading
    candidates = [one for one in reading.candidates if str(one.ref) in by_ref] if reading else []
    candidates = [one for one in candidates if not facts.other_age(by_ref[str(one.ref)], turn.text)]
    if candidates and (candidates[0].by in ("number", "quote") or candidates[0].confidence >= SURE):
        return by_ref[str(candidates[0].ref)]
    said = facts.known(reading.fields if reading else Fields())
    fitting = [
        one for one in alerts if not (facts.contradicts(one, said, loosely=True) or facts.other_age(one, turn.text))
    ]
    if len(fitting) == 1:
        return fitting[0]
    ranked = sorted(fitting, key=lambda alert: -facts.points(alert, said))
    if len(ranked) > 1 and facts.points(ranked[0], said) >= facts.points(ranked[1], said) + 1:
        return ranked[0]
    return None


async def ask_which(turn: Turn, alerts: Sequence[Alert]) -> None:
    """Several could be meant, or none fits: the workers decide, no group hears of it."""
    turn.concerns(ref_of(alerts[0]))
    people: dict[int, Area] = {}
    for alert in alerts:
        area = await turn.session.get(Area, alert.area_id)
        assert area is not None
        for contact_id in await responsible(turn, area, WORKERS, but=[turn.me.contact_id]):
            people.setdefault(contact_id, area)
    refs = "、".join(ref_of(alert) for alert in alerts[:5])
    text = texts.which_clue(refs, clues.source(turn), turn.text)
    open_text = f"有人说看到了走失的人，可能是 {refs}，请在群里问一下。"
    for contact_id, area in people.items():
        await reach(turn, [contact_id], area, text, open_text, ref_of(alerts[0]))


async def record(turn: Turn, alert: Alert, area: Area, *, told: bool = True, thanks: bool = True) -> None:
    """Keep the clue; the family's group and the worker hear it, the finder is thanked once. Of a death, the worker."""
    if await _repeated(turn, alert):
        return
    if tells_of_death(turn.text) and not is_reporter(turn, alert):
        if decides(turn, area):
            await ending.ask_whether(turn, alert)
        else:
            await ending.put_to_family(turn, alert, area, turn.text)
        return
    thanks = thanks and (turn.here.private or await clues.latest(turn, alert) is None)
    sighting = await clues.keep(turn, alert)
    now = await here(turn, area)
    if thanks and not is_reporter(turn, alert):
        await say(turn, texts.clue_thanks(alert, now, told=told), ref=ref_of(alert))
    text = texts.clue(alert, clues.source(turn), turn.text, _found(turn, sighting))
    if not is_reporter(turn, alert):
        await to_family(turn, alert, text, but=turn.here.chat_id, pictures=clues.photo(sighting))
    await to_workers(turn, alert, area, text, texts.clue_in_staff_room(alert), pictures=clues.photo(sighting))


async def of_stray(
    turn: Turn, alert: Alert, text: str, ref: str, told: Collection[int] = (), *, but: int | None = None
) -> None:
    """Somebody who waits for their family (`ref`) may be the one: the alert's people hear it as they hear a clue.

    Nothing to the chat `but`, where it is being said, nor to workers who were `told`.
    """
    if alert.forwarded and alert.state == AlertState.UNCONFIRMED:
        return
    area = await turn.session.get_one(Area, alert.area_id)
    await to_family(turn, alert, text, but=but, ref=ref)
    people = [one for one in await workers_of(turn, alert, area) if one not in told]
    await reach(turn, people, area, text, texts.clue_in_staff_room(alert), ref)


async def _repeated(turn: Turn, alert: Alert) -> bool:
    query = select(Sighting.id).where(
        Sighting.alert_id == alert.id,
        Sighting.contact_id == turn.me.contact_id,
        Sighting.text == turn.text[: clues.MAX_TEXT],
        col(Sighting.at) > turn.at - REPEATED,
    )
    return await turn.session.scalar(query.limit(1)) is not None


def _found(turn: Turn, sighting: Sighting) -> str:
    """Time, place and direction, as far as they were understood."""
    when = ""
    if sighting.seen_at:
        precision = str(turn.reading.fields.seen_precision or "") if turn.reading else ""
        when = describing.moment(sighting.seen_at, precision, turn.now, turn.outside.zone)
    parts = (("时间", when), ("地点", sighting.place), ("去向", sighting.direction))
    told = "，".join(f"{title}：{words}" for title, words in parts if words)
    return "；".join(part for part in (told, texts.fits(sighting)) if part)


async def trail(turn: Turn, ref: Ref) -> None:
    """线索 M3 alone: what was seen, in the order of time; for the family, where they reported it, and the workers."""
    alert, area = await load(turn, ref)
    reported_here = alert.chat_id == turn.here.chat_id and not alert.forwarded
    if not (reported_here or is_reporter(turn, alert) or decides(turn, area)):
        raise Refusal(
            f"{texts.name(alert)}收到的线索只给家人和网格员看。您看到了什么，请发“线索 {ref} 在哪、几点、往哪走”。"
        )
    query = select(Sighting).where(Sighting.alert_id == alert.id)
    seen = sorted((await turn.session.scalars(query)).all(), key=lambda one: (one.seen_at or one.at, one.id or 0))
    town = await maps.map_of(turn, await town_of(turn, area))
    text, drawn = tracing.trail(alert, seen, await here(turn, area), town)
    await say(turn, text, ref=ref_of(alert), pictures=drawn)


async def clue(turn: Turn, ref: Ref | None, words: str) -> None:
    """线索 M3 …: a clue as a command; without a number, the only alert that may be meant."""
    if ref is None:
        await sighted(turn)
        return
    alert, area = await load(turn, ref)
    if alert.state not in ALERT_OPEN:
        await say(turn, texts.late_clue(alert), ref=ref_of(alert))
        return
    if alert.state == AlertState.UNCONFIRMED and alert.chat_id != turn.here.chat_id and not turn.me.roles:
        await say(turn, texts.status(alert, await here(turn, area), ""), ref=ref_of(alert))
        return
    again = await _repeated(turn, alert)
    await record(turn, alert, area)
    if again or is_reporter(turn, alert):  # who else would hear nothing
        await say(turn, texts.clue_noted(alert, again=again), ref=ref_of(alert))
