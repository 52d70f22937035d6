"""还没找到 M3: an end that was none is taken back, and everybody who heard of it hears that the search goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from handlers import lateness
from handlers.alerts import after, asking, circle, ending, facts, merging, spreading, standing, texts
from handlers.alerts.reaching import decides, here, is_private, is_reporter, load, ref_of
from handlers.alerts.register import AGAIN
from handlers.hearers import speakers_chats
from handlers.matters import RECENT_DONE, Refusal, listing
from handlers.posting import Piece, Target, post, say
from handlers.turn import Turn
from handlers.understanding import Act, Candidate, Kind, Reading, Ref
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.outbox import Sort
from storage.people import private_chats

KEPT = RECENT_DONE
"""How long after its end an alert can be opened again: later somebody who is missing is reported anew."""

FRESH = timedelta(hours=1)
"""How long who ended it is taken at their word when they say without a number that it is not over."""

MAX_WORDS = 60
SURE = 0.9
_CLAUSE_END = re.compile(r"[,，。.!！;；?？~～\s]+")
_WHO = (
    r"(?:可是?|但是?|其实|怎么|都|我们?家?的?|俺们?|咱们?|人|爸爸?|妈妈?|爷爷?|奶奶?|外公|外婆|姥姥|姥爷|公公|婆婆|老伴|老公|"
    r"老婆|丈夫|妻子|儿子|女儿|孩子|娃|弟弟?|妹妹?|哥哥?|姐姐?|叔叔?|舅舅|姑姑|阿姨|老人|他|她|到|现在|还|仍然?|根本|真的|并)*"
)
_STILL = re.compile(
    rf"{_WHO}(?:没有?|未)(?:找(?:到|着)|寻到|回来|回家|到家|消息|下落)(?:人|[了啊呀呢的吧哦])*"
    r"|(?:人|我们?|大家|请|还|仍然?|现在|都)*(?:还在|还要|还得|继续|接着)(?:帮忙)?找(?:人|[了啊呀呢的吧哦])*"
    rf"|{_WHO}(?:真的?|确实|的确)是?(?:走丢|走失|失踪|丢|不见)[了啊呀的]*"
)
_PROTEST = re.compile(
    r"(?:怎么|咋|为什么|为啥|谁|你们?|就|给|让|把|寻人|都)*(?:撤[销了下回掉]*|结束了|不找了)[啊呀呢的]*"
    r"|(?:怎么|咋|为什么|为啥|凭什么|谁)(?:会|就|说|能|算|成|是|给|报|我们?|了)*误报[了啊呀呢的]*"
    r"|(?:这|那|真的?|可|我们?|根本)*(?:不是|没有?|哪是)(?:误报|假的|骗人)[了啊呀呢的]*"
    r"|(?:先|请|你们?)*(?:不要|别|不能|不可以)(?:再)?(?:撤|结束)[销下回掉]?[了啊呀呢]*"
)


def goes_on(text: str) -> bool:
    """Whether somebody says, and little else, that the person is not found: 没找到，发错了."""
    return len(text) <= MAX_WORDS and any(map(_STILL.fullmatch, _CLAUSE_END.split(text)))


def protests(text: str) -> bool:
    """Whether somebody asks why it ended, or says that it must not: 怎么撤了."""
    return len(text) <= MAX_WORDS and any(map(_PROTEST.fullmatch, _CLAUSE_END.split(text)))


def heeded(reading: Reading, ended: Sequence[Ref]) -> Reading:
    """The reading of words about an alert that has ended: that it has not, where they say so."""
    if (
        reading.act != Act.NONE
        or not ended
        or _reports(reading)
        or not (goes_on(reading.text) or protests(reading.text) or facts.of_another(reading.text))
    ):
        return reading
    return reading._replace(act=Act.NOT_FIXED, candidates=tuple(Candidate(ref, 0.6, "writer") for ref in ended))


def gone_again(reading: Reading, ended: Sequence[Alert], me: int) -> Reading:
    """The reading of 又不见了, from a family that just had somebody back: nobody is asked whether they mean it."""
    mine = any(one.reporter_id == me and one.state == AlertState.FOUND for one in ended)
    again = mine and reading.kind is Kind.MISSING and len(reading.text) <= MAX_WORDS and AGAIN.search(reading.text)
    return reading._replace(confidence=max(reading.confidence, SURE)) if again and reading.act is Act.NONE else reading


def _reports(reading: Reading) -> bool:
    """Whether somebody is missing anew: the words tell who or where."""
    told = reading.fields
    return reading.kind == Kind.MISSING and any((told.seen_at, told.place, told.clothes, told.name, told.age))


async def reopen(turn: Turn, ref: Ref) -> None:
    """还没找到 M3: from the reporter, or whoever may decide about it."""
    alert, area = await load(turn, ref)
    if alert.state in ALERT_OPEN:
        raise Refusal(f"{texts.name(alert)}没有结束，还在找。")
    if not decides(turn, area) and (part := await merging.own_part(turn, alert)) is not None:
        from handlers.alerts import parting  # it imports this module

        await parting.split(turn, part, alert)  # somebody was found, but not whom this family seeks
        return
    if not (is_reporter(turn, alert) or decides(turn, area)):
        raise Refusal(texts.who_may_reopen(alert))
    if alert.wiped or alert.ended_at is None or turn.now - alert.ended_at > KEPT:
        raise Refusal(f"{texts.closed(alert)}结束超过 {KEPT.days} 天了，人还没找到就请重新报一次。")
    await _reopen(turn, alert, area)


async def in_words(turn: Turn, ref: Ref) -> None:
    """还没找到, in plain words: of an open alert it is talk; of an ended one that it goes on."""
    alert, area = await load(turn, ref)
    named, others = _named(turn)
    own = await merging.own_part(turn, alert) is not None
    entitled = is_reporter(turn, alert) or own or decides(turn, area)
    if alert.state in ALERT_OPEN or not (entitled or turn.here.private or turn.quoted):
        turn.outcome = Outcome.CHAT
    elif others:
        raise Refusal(f"您说的是哪一位？请带上编号，如“还没找到 {ref}”（{listing([ref, *others])}）。")
    elif entitled and (named or (_not_found(turn.text) and not _long_over(turn, alert))):
        if await lateness.in_time(turn, ref_of(alert)):
            await reopen(turn, ref)
    else:
        await say(turn, texts.who_may_reopen(alert), ref=ref_of(alert))


def _not_found(text: str) -> bool:
    return goes_on(text) or facts.of_another(text)  # who was found is somebody else


def _named(turn: Turn) -> tuple[bool, list[Ref]]:
    """Whether the words name or quote their alert; if not, which others they may mean."""
    candidates = turn.reading.candidates if turn.reading else ()
    if turn.quoted or (candidates and candidates[0].by == "number"):
        return not protests(turn.text) or goes_on(turn.text), []
    return False, [one.ref for one in candidates[1:]]


def _long_over(turn: Turn, alert: Alert) -> bool:
    """Whether the speaker ended it a while ago: 还没找到 in a group may be of something else by now."""
    own = alert.ended_by == turn.me.contact_id and not turn.here.private
    return own and alert.ended_at is not None and turn.now - alert.ended_at > FRESH


async def _reopen(turn: Turn, alert: Alert, area: Area) -> None:
    """As it was before the end: what a worker confirmed is confirmed, else it is asked again."""
    from handlers import strays  # it imports this package

    told = await ending.take_back(turn, alert)
    confirmed = alert.confirmed_at is not None
    alert.state = AlertState.CONFIRMED if confirmed else AlertState.UNCONFIRMED
    alert.ended_at, alert.ended_by, alert.end_note, alert.updated_at = None, None, "", turn.now
    await after.forget(turn, alert)
    if confirmed:
        await standing.begin(turn, alert)
    turn.audit("alert.reopen", ref_of(alert), "state")
    text = texts.still_missing(alert, await here(turn, area))
    sent = await post(turn, ref_of(alert), Sort.ALERT, [Piece(text)], told)
    late = await spreading.send_to_rest(turn, alert) if confirmed else 0
    await circle.plan(turn, alert, area)
    reached = {one.chat_id for one in told}
    reached |= await _tell_people(turn, alert, area, reached)
    await strays.alert_reopened(turn, alert)
    if turn.here.chat_id not in reached:
        private = [one for one in told if await is_private(turn, one.chat_id)]
        await say(turn, texts.reopened(alert, sent.chats - len(private) + late), ref=ref_of(alert))


async def _tell_people(turn: Turn, alert: Alert, area: Area, reached: set[int]) -> set[int]:
    """Whoever is to confirm it is asked again; the others who were asked hear that it goes on. Who was told."""
    asked = {*await asking.asked_chats(turn, alert, asking.CONFIRM, asking.FOUND)}
    people = {alert.confirmed_by, alert.reporter_id if alert.chat_id not in reached else None} - {None}
    asked |= {*(await private_chats(turn.session, [one for one in people if one])).values()}
    asked -= {alert.chat_id, *reached, *await speakers_chats(turn)}
    again: set[int] = set()
    if alert.state == AlertState.UNCONFIRMED:
        again = await _ask_again(turn, alert, area)
    text = Piece(texts.reopened_for_asked(alert, turn.me.name))
    await post(turn, ref_of(alert), Sort.STAFF, [text], [Target(chat) for chat in sorted(asked - again)])
    return again


async def _ask_again(turn: Turn, alert: Alert, area: Area) -> set[int]:
    if is_reporter(turn, alert) and decides(turn, area):  # their own word is enough
        asking.add_question(turn, alert, asking.CONFIRM, turn.here.chat_id, turn.me.contact_id)
    else:
        people = await asking.first_step(turn, alert, area)
        await asking.ask(turn, alert, area, [one for one in people if one.contact_id != alert.reporter_id])
    await asking.begin(turn, alert)
    return set(await asking.asked_chats(turn, alert, asking.CONFIRM, waiting=True)) - {alert.chat_id}
