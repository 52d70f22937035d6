"""The commands about alerts, and what plain words do to one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from sqlalchemy import select
from sqlmodel import col

from handlers import lateness, locating, notices
from handlers.alerts import (
    adding,
    after,
    asking,
    circle,
    counting,
    ending,
    facts,
    merging,
    opening,
    parting,
    police,
    register,
    reopening,
    saying_over,
    sightings,
    spreading,
    standing,
    texts,
    widening,
)
from handlers.alerts.mourning import tells_of_death
from handlers.alerts.reaching import decides, is_reporter, load, ref_of
from handlers.commands import Command, Order, Takes
from handlers.likeness import tells_what
from handlers.matters import Refusal, listing
from handlers.posting import say
from handlers.reading_words import read_as
from handlers.refs import fold, take_ref
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Act, Candidate, Kind, Ref
from handlers.understanding.kinship import KIN
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.people import Role

SURELY = 0.85
"""How sure plain words must be read for the search to end without asking back."""
_PERHAPS = re.compile(r"不知道|不确定|不清楚|好像|可能|疑似|是不是|有没有|等确认|待确认|去认")
_ALL = re.compile(r"[都全俩]|两个|一起|大家")
_EACH = re.compile(
    r"(?:都|全|俩|仨|[两三]个(?:人|孩子|娃|老人)?)(?:都|全|已经?|[,，])*(?:被|给)?(?:找[到着见]|回(?:来|家)|到家)"
)
"""Of a family that seeks several: 两个都找到了."""
MAX_EACH = 100
"""Characters within which they say it."""
_NOT_ALL = re.compile(r"还[没差少]|没找[到着]|还有一?[个人位]|[只就]找[到着]|找[到着]了?一个|另[一外]")
"""Of several who are sought some are found, and others are not: 妈找到了，爸还没找到."""
FITS = 0.5
"""How well whoever is found must fit the alert."""
AHEAD = 0.3
"""How much better the first of several alerts must fit to be the one that is meant."""


def _alert(order: Order) -> Ref:
    if order.ref is None or order.ref.letter != "M":
        raise Refusal(f"这条命令要寻人编号，如：{order.command.usage}")
    return order.ref


async def _confirm(turn: Turn, order: Order) -> None:
    """确认 M3, 确认 N5, or a bare 确认 beside the only report that waits here."""
    ref = order.ref or await _only_waiting(turn)
    if ref is None:
        turn.outcome = Outcome.CHAT
    elif ref.letter == "N":
        await notices.confirm(turn, ref.number)
    elif ref.letter == "M":
        alert = await turn.session.get(Alert, ref.number)
        bare = turn.quoted is None and not re.search(r"\d", turn.text)  # the number of the only one is filled in
        if alert and alert.state == AlertState.UNCONFIRMED and bare and await ending.asked_here(turn, alert):
            raise Refusal(texts.found_or_true(alert))
        await spreading.confirm(turn, ref)
    elif ref.letter == "F":
        from handlers import whose  # it imports this package

        await whose.confirm(turn, ref)
    else:
        raise Refusal("请带上编号，如“确认 M3”。")


async def _only_waiting(turn: Turn) -> Ref | None:
    """The only report that waits for this person: in a group only that group's own; None for mere talk there."""
    query = select(Alert).where(Alert.state == AlertState.UNCONFIRMED).order_by(col(Alert.id))
    waiting: list[Ref] = []
    for alert in await turn.session.scalars(query):
        area = await turn.session.get(Area, alert.area_id)
        near = turn.here.private or alert.chat_id == turn.here.chat_id
        if near and area is not None and decides(turn, area):
            waiting.append(Ref("M", alert.id or 0))
    if len(waiting) == 1:
        return waiting[0]
    if waiting:
        raise Refusal(f"有几件在等您确认，请带上编号：{listing(waiting)}，如“确认 {waiting[0]}”。")
    if turn.here.private:
        raise Refusal("现在没有等您确认的事。")
    return None


async def _false(turn: Turn, order: Order) -> None:
    from handlers import strays  # it imports this package

    if order.ref and order.ref.letter == "F":
        await strays.false_alarm(turn, order.ref)
        return
    await ending.false_alarm(turn, _alert(order), order.rest)


async def _found(turn: Turn, order: Order) -> None:
    await ending.found(turn, _alert(order), order.rest.removeprefix("了").strip(" ，,。：:"))


async def _not_found(turn: Turn, order: Order) -> None:
    ref = _alert(order)
    if not await standing.goes_on(turn, ref):
        await reopening.reopen(turn, ref)


async def _clue(turn: Turn, order: Order) -> None:
    """线索 M3 …: a clue; without words the trail so far."""
    if not order.rest:
        await sightings.trail(turn, _alert(order))
        return
    await read_as(turn, order.rest, Kind.SIGHTING)
    await sightings.clue(turn, order.ref and _alert(order), order.rest)


async def _status(turn: Turn, order: Order) -> None:
    if order.ref and order.ref.letter in ("N", "F"):
        await how_it_stands(turn, order.ref)
    else:
        await how_it_stands(turn, _alert(order))


async def how_it_stands(turn: Turn, ref: Ref) -> None:
    """查 M3, 查 N5, 查 F2."""
    if ref.letter == "N":
        await notices.report_status(turn, ref)
    elif ref.letter == "F":
        from handlers import strays  # it imports this package

        await strays.report_status(turn, ref)
    else:
        await spreading.report_status(turn, ref)


async def _missing(turn: Turn, order: Order) -> None:
    """寻人 alone lists, with a number tells, with words reports; a worker's own report needs no confirmation."""
    ref, tail = take_ref(fold(order.rest))
    if not order.rest:
        await spreading.list_open(turn)
        return
    if ref and ref.letter == "M" and not tail.strip():
        await spreading.report_status(turn, ref)
        return
    await read_as(turn, order.rest, Kind.MISSING)
    await _report(turn)


_TELLER = re.compile(rf"^[^,，。:：;；]{{0,12}}(?:{KIN}|媳妇|家人|家属|邻居)[^,，。:：;；说]{{0,6}}[说讲报][:：,，\s]*")
"""Who told it, before what was told: 3栋老李家儿媳妇说老李不见了."""


async def relayed(turn: Turn, words: str) -> None:
    """代报 寻人 …: a worker passes on what somebody without a phone or this chat told them."""
    told = _TELLER.sub("", words)
    await read_as(turn, told if facts.says_lost(told) else words, Kind.MISSING)
    await _report(turn, relayed=True)


async def _again(turn: Turn, order: Order) -> None:
    """M 王奶奶 又走了: somebody registered; of others it is said how they are reported."""
    await read_as(turn, order.rest, Kind.MISSING)
    if await register.known(turn) is None:
        raise Refusal("您登记过的、您负责的范围里没有对得上的人，请写：寻人 姓名 性别 年龄 穿着 几点从哪走的。")
    await _report(turn)


async def _report(turn: Turn, *, relayed: bool = False) -> None:
    area = await locating.area_here(turn)
    if area is None:
        return
    if not decides(turn, area) or turn.late:
        await opening.reported(turn)
        return
    assert turn.reading is not None
    repeated = await opening.same_person(turn, turn.reading.fields)
    if repeated is not None:
        await adding.add_facts(turn, repeated)
        await say(turn, texts.joined(repeated), ref=ref_of(repeated))
        return
    alert = await opening.open_alert(turn, area, turn.reading)
    await spreading.spread(turn, alert, area)
    if relayed and not alert.phone:
        await say(turn, texts.whose_phone(alert), ref=ref_of(alert))
        asking.add_question(turn, alert, asking.FACT_QUESTIONS["phone"], turn.here.chat_id, turn.me.contact_id)


async def _widen(turn: Turn, order: Order) -> None:
    await widening.widen(turn, _alert(order), order.rest)


async def _stop_widening(turn: Turn, order: Order) -> None:
    await widening.stop(turn, _alert(order))


async def _police(turn: Turn, order: Order) -> None:
    await police.told(turn, _alert(order))


async def _hide_phone(turn: Turn, order: Order) -> None:
    alert = await _own(turn, order.ref)
    if alert is None:
        turn.outcome = Outcome.CHAT
        return
    await adding.hide_phone(turn, alert)


async def hides_phone(turn: Turn) -> bool:
    """电话不要公开, read as something else: done if the speaker has an alert with a phone to hide."""
    if len(turn.text) > MAX_HIDING or not facts.HIDES_PHONE.search(turn.text):
        return False
    alert = await _own(turn, None)
    if alert is not None:
        turn.concerns(ref_of(alert))
        await adding.hide_phone(turn, alert)
    return alert is not None


async def _own(turn: Turn, ref: Ref | None) -> Alert | None:
    """The alert whose phone the speaker may hide: the given one, else the only open one of their own."""
    if ref is not None:
        alert, area = await load(turn, ref)
        if alert.reporter_id != turn.me.contact_id and not decides(turn, area):
            raise Refusal(f"{texts.name(alert)}只有报事人和网格员能改，这次没有改动。")
        return alert
    query = select(Alert).where(Alert.reporter_id == turn.me.contact_id, col(Alert.state).in_(ALERT_OPEN))
    found = (await turn.session.scalars(query.limit(2))).all()
    return found[0] if len(found) == 1 else None


MAX_HIDING = 30
"""Characters of a line that says nothing but that the phone is not to be shown."""

MUST, MAY = Takes.MUST, Takes.MAY

COMMANDS: tuple[Command, ...] = (
    Command(
        ("寻人",),
        "寻人 王秀英 女 78岁 紫外套 早上8点从老粮站走的",
        "报走失（不写内容就列出在找的人）",
        _missing,
        rest=MAY,
    ),
    Command(
        ("确认", "属实"),
        "确认 M3",
        "核实属实，发到全镇各群；也用来确认通知和找家人",
        _confirm,
        (*ON_DUTY, Role.HERALD),
        MAY,
        letters="MNF",
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("扩散",),
        "扩散 M3 东山镇",
        "再往外发：全镇、相邻的镇（镇管理员）、全区（区管理员）；不写地方就是下一步",
        _widen,
        ON_DUTY,
        MUST,
        "M",
        MAY,
        True,
        spreads=True,
    ),
    Command(
        ("停止扩散",),
        "停止扩散 M3",
        "不再往外扩，还没发出镇的不发了（报事的家人也可以）",
        _stop_widening,
        (),
        MUST,
        "M",
        ordinary=True,
    ),
    Command(("误报",), "误报 M3", "核实不属实，撤下并告诉各群", _false, ON_DUTY, MUST, "MF", MAY, spreads=True),
    Command(
        ("找到",),
        "找到 M3 在老粮站，人没事",
        "人找到了，告诉各群",
        _found,
        (),
        MUST,
        "M",
        MAY,
        True,
        spreads=True,
    ),
    Command(
        ("还没找到",),
        "还没找到 M3",
        "结束错了，三天内可以接着找（报事的家人或网格员）",
        _not_found,
        (),
        MUST,
        "M",
        MAY,
        spreads=True,
        numbered=True,
    ),
    Command(
        ("线索",),
        "线索 M3 刚在菜市场北门看到，往东走",
        "报线索给家人和网格员；只写“线索 M3”按时间列出",
        _clue,
        (),
        MAY,
        "M",
        MAY,
        True,
    ),
    Command(("查",), "查 M3", "看一个人是否还在找，一条通知发到哪了", _status, (), MUST, "MN", ordinary=True),
    Command(
        ("M",),
        "M 王奶奶 又走了",
        "登记过的人又走失了，照登记的马上寻人（家人和网格员）",
        _again,
        rest=MUST,
        shape=register.SHAPE,
    ),
    Command(
        ("报警", "已报警", "已接警", "已出警"),
        "报警 M3",
        "记下已经报了警，卡片上写明（报事的家人、网格员、民警）",
        _police,
        (),
        MUST,
        "M",
        ordinary=True,
        numbered=True,
    ),
    *register.COMMANDS,
    Command(("别发电话", "不要发电话", "别公开电话"), "别发电话", "寻人消息里不写我的电话", _hide_phone, (), MAY, "M"),
)


_SUPPLY = re.compile(r"[水电气网]来了|来[水电气网]|通[水电气网]")


async def asked(turn: Turn, ref: Ref) -> None:
    """M1还在找吗, in plain words: answered as 查 is, a number that never was too."""
    by = turn.reading.candidates[0].by if turn.reading and turn.reading.candidates else ""
    if turn.quoted is None and by != "number" and (tells_what(turn.text) or _SUPPLY.search(turn.text)):
        turn.outcome = Outcome.CHAT  # 电来了没 asks after no person
        return
    try:
        await spreading.report_status(turn, ref)
    except Refusal as refusal:  # raised, it would pass for talk where nobody mentioned the bot
        await say(turn, str(refusal))


async def _found_in_words(turn: Turn, ref: Ref) -> None:
    """人找到了, in plain words: of somebody who is no longer sought only others hear that they are."""
    alert, area = await load(turn, ref)
    may_end = is_reporter(turn, alert) or decides(turn, area)
    if alert.state in ALERT_OPEN and may_end and facts.several(alert) and _NOT_ALL.search(turn.text):
        await ending.found_in_part(turn, alert, area)
    elif alert.state in ALERT_OPEN and may_end and _doubtful(turn, alert):
        await ending.ask_whether(turn, alert)
    elif alert.state in ALERT_OPEN:
        await ending.found(turn, ref, "")
    elif may_end and tells_of_death(turn.text):
        await after.died_since(turn, alert)
    elif turn.quoted == ref and not may_end:
        await say(turn, texts.late_clue(alert), ref=ref_of(alert))
    else:
        turn.outcome = Outcome.CHAT


def _doubtful(turn: Turn, alert: Alert) -> bool:
    """Whether the words may mean something or somebody else: all groups would give up the search.

    Of a plain death nobody is asked.
    """
    reading = turn.reading
    if reading is None or reading.kind is not Kind.FOUND or turn.quoted is not None:
        return False
    fits = reading.candidates[0].confidence if reading.candidates else SURELY
    in_part = facts.several(alert) and not _ALL.search(turn.text)
    unlike = in_part or facts.found_another(alert, reading.fields, turn.text)
    if reading.confidence >= SURELY and fits >= FITS and not unlike:
        return False
    unread = reading.confidence < turn.rules.reading.act_threshold  # or only overheard
    return unread or not tells_of_death(turn.text) or _PERHAPS.search(turn.text) is not None


async def _withdrawn(turn: Turn, ref: Ref) -> None:
    """不用了 / 不是: from the reporter or a worker; from others it is talk."""
    alert, area = await load(turn, ref)
    part = await merging.own_part(turn, alert)
    if part is not None and turn.quoted is not None:
        if await lateness.in_time(turn, ref_of(part)):
            await parting.split(turn, part, alert)
    elif alert.state not in ALERT_OPEN or not (alert.reporter_id == turn.me.contact_id or decides(turn, area)):
        turn.outcome = Outcome.CHAT
    elif turn.quoted is None and saying_over.mistaken(turn.text) and await adding.photo_taken_back(turn, alert):
        pass
    elif await lateness.in_time(turn, ref_of(alert)):
        await ending.withdraw(turn, ref)


async def _not_fixed(turn: Turn, ref: Ref) -> None:
    """还在找: the answer to whether they are, or that an end was none; 还没找到吗 in private asks."""
    alert, _ = await load(turn, ref)
    if turn.here.private and alert.state in ALERT_OPEN and facts.asks(turn.text):
        await asked(turn, ref)
    elif not (reopening.goes_on(turn.text) and await standing.goes_on(turn, ref)):
        await reopening.in_words(turn, ref)


async def _nothing(turn: Turn, ref: Ref) -> None:
    """我也帮忙找: good to hear, nothing to do."""
    turn.outcome = Outcome.CHAT


ACTS: Mapping[Act, Callable[[Turn, Ref], Awaitable[None]]] = {
    Act.MORE: adding.more,
    Act.CORRECT: adding.more,
    Act.ASK: asked,
    Act.FIXED: _found_in_words,
    Act.NOT_FIXED: _not_fixed,
    Act.SAME: _nothing,
    Act.CLAIM: _nothing,
    Act.RATE: _nothing,
    Act.WITHDRAW: _withdrawn,
}

DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {
    asking.ASK: asking.ask_again,
    asking.AUTO: spreading.by_itself,
    adding.ADDED: adding.tell_added,
    spreading.WHOLE: spreading.look_whether_whole,
    after.CALL_BACK: after.call_back,
    after.OFFER: after.offer,
    counting.MONTHLY: counting.send_monthly,
    circle.GROW: widening.grow,
    standing.RUN_OUT: standing.ask,
    standing.LAPSED: standing.say_lapsed,
}


async def said_found(turn: Turn) -> None:
    """Free words that say that the missing person is safe; 都找到了 of a family with several is of all of them."""
    if turn.quoted is None and _EACH.search(turn.text[:MAX_EACH]) and not _NOT_ALL.search(turn.text):
        mine = [one for one in await sightings.open_here(turn) if one.reporter_id == turn.me.contact_id]
        for alert in mine if len(mine) > 1 else ():
            await _found_in_words(turn, Ref("M", alert.id or 0))
        if len(mine) > 1:
            return
    ref = await _which_found(turn)
    if ref is None:
        turn.outcome = Outcome.CHAT
        await asking.heard_only(turn)
        return
    await _found_in_words(turn, ref)


def _ahead(named: Sequence[Candidate]) -> bool:
    """Whether the first fits much better than the next: 我妈找到了, where a man is sought too."""
    return named[0].confidence - named[1].confidence >= AHEAD


async def _which_found(turn: Turn) -> Ref | None:
    """The quoted alert, else one the reading names, else the only open one of the speaker or of this group."""
    if turn.quoted and turn.quoted.letter == "M":
        return turn.quoted
    alerts = await sightings.open_here(turn)
    mine = [one for one in alerts if one.reporter_id == turn.me.contact_id]
    known = {ref_of(one) for one in alerts}
    named = [one for one in turn.reading.candidates if str(one.ref) in known] if turn.reading else []
    if named and (len(named) == 1 or named[0].by in ("number", "quote") or _ahead(named)):
        return named[0].ref
    here = [one for one in alerts if one.chat_id == turn.here.chat_id]
    for some in (mine, here, alerts if turn.here.private else []):
        if len(some) == 1:
            return Ref("M", some[0].id or 0)
        if len(some) > 1:
            refs = [Ref("M", one.id or 0) for one in some]
            raise Refusal(f"找到的是哪一位？请引用那条消息，或写“找到 {refs[0]}”（在找的有 {listing(refs)}）。")
    return named[0].ref if named else None
