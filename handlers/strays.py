"""待认领: someone was found whose family is unknown."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Select, select, update
from sqlmodel import col

from handlers import alerts, hearers, lateness, locating
from handlers.alerts import clues, describing, ending, facts, sightings
from handlers.alerts.reaching import decides, is_reporter, reach, to_family, town_of
from handlers.alerts.texts import clue_of_stray, list_line
from handlers.clipping import clip, open_clip
from handlers.commands import Command, Order, Takes
from handlers.matters import Refusal
from handlers.photos import just_sent
from handlers.posting import Piece, Target, post, responsible, say, whisper
from handlers.reading_words import read_as
from handlers.refs import fold, label, take_ref
from handlers.turn import ON_DUTY, WORKERS, Turn
from handlers.understanding import Act, Kind, Ref
from storage.agenda import Question
from storage.areas import Area
from storage.inbox import Outcome, Picture
from storage.matters import ALERT_OPEN, Alert, AlertState, Stray
from storage.outbox import Sort
from storage.people import Role, private_chats

REPEATED = timedelta(minutes=60)
"""Within this time more words from the same group are about the same person, if nothing speaks against it."""

THANKED = timedelta(minutes=5)
"""How long the first thanks stand for what the finder says next of how somebody looks."""

_FETCHED = re.compile(
    r"(?:接|领|带|送)(?:走|回|[到去]?(?:家|派出所|救助站|医院|养老院|福利院|社区|村委))|认领|回家了|到家了|安顿好"
    r"|(?:家人|家属|家里人|女儿|儿子|老伴|亲戚|孩子|警察|民警|派出所|救助站|救护车)[^，,。]{0,6}(?:来|到|接|领|赶到)了"
)
_WITH_NUMBER = re.compile(r"^\s*F\s?\d{1,9}[\s,，、:：]*", re.IGNORECASE)
_NEW = re.compile(r"(?:有|来了?|见|见到|看到|发现|碰到|捡到?|坐着?|站着?|躺着?)(?:了?一)?[个位名]")
SAME_PLACE = 60
"""How alike (of 100) what two lines say of where somebody is must be, for them to be of one place."""
_MISSES = re.compile(r"走[丢失散]|失踪|失联|不见|没回|找不[到着]|[弄走]?丢了")
_NOT_YET = re.compile(r"没|未|别|不|等|能|谁|[?？吗么]")
_PERSON = r"(?:老(?:人|太太?|大爷|大娘|奶奶|爷爷|头)|大[爷娘妈]|奶奶|爷爷|阿姨|孩子|小孩|[他她]|这人|那人)"
_SOMEBODY = re.compile(rf"{_PERSON}|家人|家属|家里人|女儿|儿子|老伴|警察|民警|派出所|救助站")
_TELLS = re.compile(
    rf"{_PERSON}[^，,。]{{0,6}}(?:叫|姓|说|讲|家在|住|记得|想起|有个|身上|手里|兜里|看着|大概|今年)"
    r"|(?:^|[，,。 ])(?:家在|住在)"
)
_AWAY = re.compile(rf"{_PERSON}[^，,。]{{0,4}}(?:走了|走掉|走开|跑了|离开)|[没未]拦[住下]|跟丢")
_MISTAKEN = re.compile(r"(?:[搞弄看认]错|误会)(?:人|[了啦，,。!！ ])|(?:不是|没有?)(?:走丢|走失|迷路)")
_NOT_OURS = re.compile(r"不是(?:我|俺|咱)们?(?:家|村|楼|院|这|的)*(?:的|老人|大人|人)?(?:[,，。!！~～ ]|$)")
MAX_LINE = 120
"""Characters up to which a line may be nothing but news of a stray."""

NAMED = 4
"""Characters from which a place is hardly called the same elsewhere: 菜市场门口, but not 河边."""
_KNOWN = "{}谢谢您！{}那边已经有人报过，网格员和民警知道了。人就在您跟前的话，请陪一陪，别让走远。"
SAME_SPOT = 80
"""The same for what two groups say, where nothing else ties them."""

SETTLED = "settled"
"""The question whether a stray is taken care of."""

MAX_TEXT = 2000
MAX_FITTING = 3


def news(text: str, *, quoted: bool) -> Act:
    """What a line says of a stray: FIXED (女儿来接走了), WITHDRAW (搞错了，她在等女儿), MORE (她叫李桂花, 她自己走了),
    or NONE.

    One that does not quote the post must say who was fetched, or by whom.
    """
    if len(text) > MAX_LINE:
        return Act.NONE
    if _FETCHED.search(text) and not _NOT_YET.search(text) and (quoted or _SOMEBODY.search(text)):
        return Act.FIXED
    if text.rstrip().endswith(("?", "？", "吗")):
        return Act.NONE
    if _MISTAKEN.search(text):
        return Act.WITHDRAW
    return Act.MORE if (_TELLS.search(text) or _AWAY.search(text)) and not _MISSES.search(text) else Act.NONE


def denies(text: str) -> bool:
    """Whether a line says that somebody is not theirs: 不是我家的; 不是我妈吗 does not."""
    return _NOT_OURS.search(text) is not None


async def reported(turn: Turn) -> None:
    """The group hears what to do, worker and police hear of it in private; nothing is spread."""
    if denies(turn.text):  # an answer to who asked whose they are
        turn.outcome = Outcome.CHAT
        return
    area = await locating.area_here(turn)
    if area is None:
        return
    if (known := await _same(turn)) is not None:
        known.text = f"{known.text}\n{turn.text}"[:MAX_TEXT]
        _take(turn, known)
        turn.concerns(f"F{known.id}")
        if not decides(turn, area):
            await pass_on(turn, Ref("F", known.id or 0), area)
        return
    if (known := await _told_elsewhere(turn, area)) is not None:
        ref, there = Ref("F", known.id or 0), await turn.session.get_one(Area, known.area_id)
        known.text = f"{known.text}\n{turn.text}"[:MAX_TEXT]
        turn.concerns(str(ref))
        await pass_on(turn, ref, there)
        await say(turn, _KNOWN.format(label(ref), there.name), ref=str(ref), sort=Sort.ALERT)
        return
    stray = await _open(turn, area)
    told = await _tell(turn, stray, area)
    how = f"\n{_how_to_ask(stray)}" if decides(turn, area) else ""
    await say(turn, _answer(stray, told) + how, ref=f"F{stray.id}", sort=Sort.ALERT)


async def _seen_elsewhere(turn: Turn, area: Area) -> Stray | None:
    """Who waits at the same place, by what another group of the town said, and looks the same."""
    said = facts.known(turn.reading.fields) if turn.reading else {}
    if not said.get("place"):
        return None
    for stray in await turn.session.scalars(await _waiting_near(turn, area)):
        there = bool(stray.place) and fuzz.ratio(stray.place, said["place"]) >= SAME_SPOT
        dressed = bool(stray.clothes and said.get("clothes")) and facts.like(stray.clothes, said["clothes"])
        if there and dressed and not _another(stray, said, turn.text):
            return stray
    return None


def _another(stray: Stray, said: Mapping[str, Any], text: str) -> bool:
    """Whether sex or age speak against its being the same person."""
    age = said.get("age")
    other_sex = stray.sex and said.get("sex") and stray.sex != said["sex"]
    other_age = stray.age is not None and age is not None and abs(stray.age - age) > 2 * facts.AGE_SLACK
    return bool(other_sex or other_age or _other_years(stray.text, text))


async def _same(turn: Turn) -> Stray | None:
    query = select(Stray).where(
        Stray.chat_id == turn.here.chat_id, Stray.state == "open", col(Stray.created_at) > turn.at - REPEATED
    )
    said = facts.known(turn.reading.fields) if turn.reading else {}
    for stray in await turn.session.scalars(query.order_by(col(Stray.id).desc())):
        if not (_another(stray, said, turn.text) or _elsewhere(stray, said, turn.text)):
            return stray
    return None


async def _told_elsewhere(turn: Turn, area: Area) -> Stray | None:
    """Who another group of the town told of just now: found at a place of the same name, of the same sex and age."""
    said = facts.known(turn.reading.fields) if turn.reading else {}
    place, sex = str(said.get("place", "")), said.get("sex")
    if len(place) < NAMED or sex is None:
        return None
    query = (await _waiting_near(turn, area)).where(Stray.place == place, Stray.sex == sex)
    return next((one for one in await turn.session.scalars(query) if not _another(one, said, turn.text)), None)


async def _waiting_near(turn: Turn, area: Area) -> Select[tuple[Stray]]:
    """Those in the town whom other groups told of lately, the latest first."""
    town = await town_of(turn, area)
    return (
        select(Stray)
        .join(Area, col(Stray.area_id) == col(Area.id))
        .where(
            Stray.chat_id != turn.here.chat_id,
            Stray.state == "open",
            col(Stray.created_at) > turn.at - REPEATED,
            col(Area.path).startswith(town.path, autoescape=True),
        )
        .order_by(col(Stray.id).desc())
    )


def _other_years(text: str, other: str) -> bool:
    """Whether one text is of a child and the other of an old person."""
    old, young = ([way.search(one) is not None for one in (text, other)] for way in (facts.OLD, facts.YOUNG))
    return (old[0] and young[1] and not (young[0] or old[1])) or (young[0] and old[1] and not (old[0] or young[1]))


def _elsewhere(stray: Stray, said: Mapping[str, Any], text: str) -> bool:
    """Whether somebody new is spoken of (有个老人…), at another place."""
    place = said.get("place")
    apart = bool(stray.place and place) and fuzz.partial_ratio(stray.place, place) < SAME_PLACE
    return apart and _NEW.search(text) is not None


async def _open(turn: Turn, area: Area) -> Stray:
    stray = Stray(
        area_id=area.id or 0,
        chat_id=turn.here.chat_id,
        reporter_id=turn.me.contact_id,
        text=turn.text[:MAX_TEXT],
        created_at=turn.at,
    )
    _take(turn, stray)
    turn.session.add(stray)
    for photo in await just_sent(turn, 1):
        photo.state, stray.picture_id = "wanted", photo.id
    await turn.session.flush()
    turn.concerns(f"F{stray.id}")
    turn.audit("stray.open", f"F{stray.id}")
    return stray


def _take(turn: Turn, stray: Stray, *, again: bool = False) -> None:
    """Facts of this message over what was known; said `again`, a place may be a home, and only adds what was not."""
    said = facts.known(turn.reading.fields) if turn.reading else {}
    for name in ("sex", "age", "clothes", "place"):
        if name in said and not (again and getattr(stray, name)):
            setattr(stray, name, said[name])


async def _carers(turn: Turn, area: Area) -> list[int]:
    """Who looks after a stray there: the worker and the police, but not who speaks."""
    people = await responsible(turn, area, (Role.WORKER,)) or await responsible(turn, area, WORKERS)
    people += await responsible(turn, area, (Role.POLICE,))
    me = turn.speaker.contact_id if turn.speaker else None
    return [one for one in dict.fromkeys(people) if one != me]


async def _tell(turn: Turn, stray: Stray, area: Area) -> bool:
    fitting = await _fitting(turn, stray)
    maybe, same = _maybe(stray, fitting)
    other = await _seen_elsewhere(turn, area)
    as_other = f"\n可能和待认领 F{other.id}（别的群先说的）是同一位，请先和那边的网格员联系。" if other else ""
    said = turn.local(turn.at).strftime("%H:%M")
    text = (
        f"{label(f'F{stray.id}')}{area.name} {turn.me.name} {said} 说：“{clip(turn.text, 200)}”\n"
        f"请马上联系、到场，并确认已报 110。{as_other}{maybe}\n"
        f"{same}人安顿好了回“办结 F{stray.id}”，没有这回事回“误报 F{stray.id}”。\n"
        f"{_how_to_ask(stray)}"
    )
    open_text = f"{label(f'F{stray.id}')}{area.name}有人疑似走失、待认领，请马上到群里看，并确认已报 110。"
    told = await reach(turn, await _carers(turn, area), area, text, open_text, f"F{stray.id}")
    heard = await _fitting(turn, other) if other else []
    new = [one for one in fitting if one not in heard]
    await _tell_seekers(turn, stray, new, [contact for contact, _ in told])
    return bool(told)


async def _tell_seekers(turn: Turn, stray: Stray, fitting: Sequence[Alert], told: Collection[int]) -> None:
    """The family that seeks somebody like this, and their worker, hear what was said; where several do, all of them."""
    for alert in fitting:
        if not is_reporter(turn, alert):
            text = clue_of_stray(alert, clues.source(turn), turn.text, f"F{stray.id}")
            await sightings.of_stray(turn, alert, text, f"F{stray.id}", told, but=turn.here.chat_id)


def noun(stray: Stray) -> str:
    """老人, 孩子 or, of others, 的人: what follows 谁家."""
    if stray.age is not None:
        return "老人" if stray.age >= describing.OLD else "孩子" if stray.age < describing.YOUNG else "的人"
    return "老人" if facts.OLD.search(stray.text) else "孩子" if facts.YOUNG.search(stray.text) else "的人"


def _how_to_ask(stray: Stray) -> str:
    return f"要在全镇各群问“谁家{noun(stray)}”，回“找家人 F{stray.id}”。"


def _maybe(stray: Stray, fitting: list[Alert]) -> tuple[str, str]:
    """The alerts that may be about the stray, for those who look after it, and what to answer if one is."""
    if not fitting:
        return "", ""
    lines = "\n".join(list_line(one) for one in fitting)
    return f"\n可能是正在找的：\n{lines}", f"是同一个人就回“对上 F{stray.id} M{fitting[0].id}”；"


async def _fitting(turn: Turn, stray: Stray) -> list[Alert]:
    """Open alerts that fit what is known of the stray, and the name if this message says one, the best first."""
    said = _known(stray)
    if turn.reading and turn.reading.fields.name:
        said["name"] = turn.reading.fields.name
    alerts = (await turn.session.scalars(select(Alert).where(col(Alert.state).in_(ALERT_OPEN)))).all()
    fits = [one for one in alerts if _fits(one, said)]
    return sorted(fits, key=lambda one: (-facts.points(one, said), one.id or 0))[:MAX_FITTING]


FACTS = ("sex", "age", "clothes", "place")
"""What is known of a stray, as of somebody sought."""


def _known(stray: Stray) -> dict[str, Any]:
    return {name: value for name in FACTS if (value := getattr(stray, name))}


def _fits(alert: Alert, said: Mapping[str, Any]) -> bool:
    return not facts.contradicts(alert, said, loosely=True) and facts.points(alert, said) >= 0.5


async def waiting(turn: Turn, alert: Alert, news: Collection[str] = FACTS) -> list[Stray]:
    """The strays that wait for their family and may be who is sought, the best first, because of these facts."""
    strays = (await turn.session.scalars(select(Stray).where(Stray.state == "open"))).all()
    old = {one.id: {name: value for name, value in _known(one).items() if name not in news} for one in strays}
    fits = [one for one in strays if _fits(alert, _known(one)) and not _fits(alert, old[one.id])]
    return sorted(fits, key=lambda one: (-facts.points(alert, _known(one)), one.id or 0))[:MAX_FITTING]


async def hints(turn: Turn, alert: Alert, news: Collection[str] = FACTS) -> list[str]:
    """Lines for those who look after an alert: who was found already and may be the one."""
    return [
        f"可能就是待认领的 F{one.id}：“{open_clip(one.text, 60)}”。是同一个人就回“对上 F{one.id} M{alert.id}”。"
        for one in await waiting(turn, alert, news)
    ]


async def sought(turn: Turn, alert: Alert, told: Collection[int] = (), news: Collection[str] = FACTS) -> None:
    """Those who look after a stray hear that it may be who is sought now, but for those who were `told` already.

    The family hears where somebody like theirs was found.
    """
    for stray in await waiting(turn, alert, news):
        ref, area = f"F{stray.id}", await turn.session.get_one(Area, stray.area_id)
        text = f"{label(ref)}可能是正在找的：\n{list_line(alert)}\n是同一个人就回“对上 {ref} M{alert.id}”。"
        people = [one for one in await _carers(turn, area) if one not in told]
        await reach(turn, people, area, text, f"{label(ref)}有新情况，请到群里看。", ref)
        if stray.reporter_id != alert.reporter_id:
            source = f"{area.name}有人 {turn.local(stray.created_at):%H:%M} "
            if not (alert.forwarded and alert.state == AlertState.UNCONFIRMED):  # its workers read the hints
                await to_family(turn, alert, clue_of_stray(alert, source, stray.text, ref), ref=ref)


def _answer(stray: Stray, told: bool) -> str:
    who = "已告诉网格员和民警。" if told else ""
    return (
        f"{label(f'F{stray.id}')}谢谢您！请先打 110，陪着人等一等，别让走远，也别发正脸照片。{who}\n"
        "认识的邻居请直接联系网格员或民警。"
    )


async def load(turn: Turn, ref: Ref) -> tuple[Stray, Area]:
    """The stray and its area, locked for this transaction; Refusal if there is none."""
    stray = await turn.session.get(Stray, ref.number, with_for_update=True, populate_existing=True)
    if stray is None:
        raise Refusal(f"没有 {ref} 这个编号，请核对一下。")
    area = await turn.session.get(Area, stray.area_id)
    assert area is not None
    turn.concerns(str(ref))
    return stray, area


async def load_to_decide(turn: Turn, ref: Ref) -> tuple[Stray, Area]:
    """The same, if it is open and the speaker answers for its area; else Refusal."""
    stray, area = await load(turn, ref)
    if not decides(turn, area):
        raise Refusal(f"{label(ref)}归{area.name}管，只有那里的网格员、上级和民警能改，这次没有改动。")
    if stray.state != "open":
        raise Refusal(f"{label(ref)}已经结束了，这次没有改动。")
    return stray, area


async def settled(turn: Turn, ref: Ref, words: str) -> None:
    """办结 F2: the person is taken care of."""
    stray, _ = await load_to_decide(turn, ref)
    note = f"：{open_clip(words, 80)}" if words else ""
    await _end(turn, stray, "closed", f"{label(ref)}人已经安顿好了{note}。谢谢大家！")


async def false_alarm(turn: Turn, ref: Ref) -> None:
    """误报 F2: nobody is lost there."""
    stray, _ = await load_to_decide(turn, ref)
    await _end(turn, stray, "closed", f"{label(ref)}核实过了，没有人走失，不用再留意。谢谢大家！")


async def _match(turn: Turn, order: Order) -> None:
    """对上 F2 M3: the one who was found is the one who is sought; both end."""
    refs = [one for one in (order.ref, take_ref(fold(order.rest))[0]) if one is not None]
    by_letter = {one.letter: one for one in refs}
    if set(by_letter) != {"F", "M"}:
        raise Refusal(f"请写上两个编号，如：{order.command.usage}")
    stray, _ = await load_to_decide(turn, by_letter["F"])
    alert, area = await alerts.load(turn, by_letter["M"])
    if alert.state not in ALERT_OPEN:
        raise Refusal(f"{label(by_letter['M'])}已经结束了，这次没有改动。")
    stray.alert_id = alert.id
    if not decides(turn, area):  # the alert is not theirs to end: its people are asked, and the stray stays open
        await ending.put_to_family(turn, alert, area, f"{stray.place}的这位（{by_letter['F']}）就是要找的人")
        return
    await ending.end(turn, alert, area, AlertState.FOUND)
    turn.concerns(str(by_letter["F"]))


async def alert_ended(turn: Turn, alert: Alert) -> None:
    """The alert is over: who was matched with it has their family, or, if it was none, still waits."""
    for stray in await _matched(turn, alert):
        if alert.state == AlertState.FOUND:
            await _end(turn, stray, "matched", f"{label(f'F{stray.id}')}好消息：家人找到了。谢谢大家！")
        else:
            stray.alert_id = None


async def alert_reopened(turn: Turn, alert: Alert) -> None:
    """The alert goes on: who was matched with it is somebody else, and waits again."""
    matched = select(Stray).where(Stray.alert_id == alert.id, Stray.state == "matched").with_for_update()
    for stray in await turn.session.scalars(matched):
        stray.state, stray.ended_at, stray.post_id = "open", None, None  # the groups may be asked again
        turn.audit("stray.reopen", f"F{stray.id}", "state")
    await turn.session.flush()
    await unmatched(turn, alert)


async def claimed_by_family(turn: Turn, stray: Stray) -> None:
    """Who seeks somebody like this says that it is them: with the end of the search the stray has its family."""
    mine = [one for one in await _fitting(turn, stray) if is_reporter(turn, one)]
    if len(mine) == 1:
        stray.alert_id = mine[0].id


async def unmatched(turn: Turn, alert: Alert) -> None:
    """The family says that it is somebody else: those who look after the stray hear that it still waits."""
    for stray in await _matched(turn, alert):
        stray.alert_id = None
        area = await turn.session.get(Area, stray.area_id)
        assert area is not None
        ref = f"F{stray.id}"
        text = f"{label(ref)}家人说不是 M{alert.id} 要找的人，请接着等。"
        await reach(turn, await _carers(turn, area), area, text, text, ref)


async def _matched(turn: Turn, alert: Alert) -> list[Stray]:
    query = select(Stray).where(Stray.alert_id == alert.id, Stray.state == "open").order_by(col(Stray.id))
    return list((await turn.session.scalars(query.with_for_update())).all())


async def _end(turn: Turn, stray: Stray, state: str, text: str) -> None:
    """Whoever heard of the stray hears once that it is over; who has just heard it of the alert does not.

    Groups that were asked whose family it is hear it in any case: they know of no alert that it belongs to.
    """
    ref = f"F{stray.id}"
    stray.state, stray.ended_at = state, turn.now
    turn.audit(f"stray.{state}", ref, "state")
    targets = {one.chat_id: one for one in await hearers.stopped(turn, [ref], Sort.ALERT, Sort.END)}
    for chat in sorted(await hearers.heard_of(turn, ref, (Sort.REPLY, Sort.ALERT, Sort.END))):
        targets.setdefault(chat, Target(chat))
    asked = {one.chat_id for one in await hearers.having(turn, [stray.post_id])} if stray.post_id else set()
    told = await hearers.just_told(turn) - asked
    own = await hearers.speakers_chats(turn) - {turn.here.chat_id}
    heard = set(targets)
    await post(turn, ref, Sort.END, [Piece(text)], [one for key, one in targets.items() if key not in told | own])
    finder = {stray.chat_id, *(await private_chats(turn.session, [stray.reporter_id])).values()}
    if not finder & (heard | told):
        await whisper(turn, stray.reporter_id, text, ref=ref)
    if turn.here.chat_id not in heard | told:
        await say(turn, text, ref=ref)


async def report_status(turn: Turn, ref: Ref) -> None:
    """查 F2: whether somebody still waits for their family."""
    stray, area = await load(turn, ref)
    state = {"open": "还在等家人", "matched": "已找到家人", "closed": "已结束"}[stray.state]
    groups = len(await hearers.having(turn, [stray.post_id])) if stray.post_id else 0
    asked = f"已在 {groups} 个群里问过家人。" if groups else ""
    told = f"\n原话：{clip(stray.text, 300)}" if decides(turn, area) and turn.here.private else ""
    await say(turn, f"{label(ref)}{area.name}，{state}。{asked}{told}", ref=str(ref))


async def withdraw(turn: Turn, ref: Ref) -> None:
    """撤销 F2, 不是: the finder, or who answers for it, takes it back."""
    stray, _ = await load(turn, ref)
    if turn.me.contact_id != stray.reporter_id:
        await load_to_decide(turn, ref)
    if stray.state != "open":
        raise Refusal(f"{label(ref)}已经结束了，这次没有改动。")
    if await lateness.in_time(turn, str(ref)):
        await _end(turn, stray, "closed", f"{label(ref)}已撤下，不用再留意。谢谢大家！")


async def _withdrawn(turn: Turn, ref: Ref) -> None:
    """The same in plain words; from others who quote the post news, else, or after the end, talk."""
    stray, area = await load(turn, ref)
    if stray.state == "open" and (turn.me.contact_id == stray.reporter_id or decides(turn, area)):
        await withdraw(turn, ref)
    elif _MISTAKEN.search(turn.text):
        await _more(turn, ref)
    else:
        turn.outcome = Outcome.CHAT


async def pass_on(turn: Turn, ref: Ref, area: Area, what_to_do: str = "") -> list[tuple[int, int]]:
    """Those who look after the stray hear the words in private; (contact, chat) of those told."""
    said = turn.local(turn.at).strftime("%H:%M")
    where = f"{turn.here.area.name} " if turn.here.room and turn.here.area and turn.here.area.id != area.id else ""
    text = f"{label(ref)}{where}{turn.me.name} {said} 说：“{clip(_WITH_NUMBER.sub('', turn.text), 200)}”{what_to_do}"
    return await reach(turn, await _carers(turn, area), area, text, f"{label(ref)}有新情况，请到群里看。", str(ref))


async def to_finder(turn: Turn, stray: Stray) -> None:
    """Where the stray was found, they hear what somebody says elsewhere."""
    if turn.here.chat_id == stray.chat_id or turn.me.contact_id == stray.reporter_id:
        return
    ref, said = f"F{stray.id}", turn.local(turn.at).strftime("%H:%M")
    who = f"{turn.here.area.name} {turn.me.name}" if turn.here.room and turn.here.area else "有居民私下"
    text = f"{label(ref)}{who} {said} 说：“{open_clip(turn.text, 200)}”"
    await post(turn, ref, Sort.ALERT, [Piece(text)], [Target(stray.chat_id)])


async def add_picture(turn: Turn, stray: Stray, picture_id: int) -> None:
    """A photo from the finder, or who answers for it: kept for those who look after it, shown to no group by itself."""
    area = await turn.session.get_one(Area, stray.area_id)
    if stray.state != "open" or not (turn.me.contact_id == stray.reporter_id or decides(turn, area)):
        turn.outcome = Outcome.CHAT
        return
    stray.picture_id, stray.photo_by = picture_id, None  # an admin allowed another one
    turn.audit("stray.picture", f"F{stray.id}", "picture_id")


async def picture_arrived(turn: Turn, picture_id: int) -> None:
    """The fetcher is done with a picture: one that is none is no stray's photo."""
    picture = await turn.session.get(Picture, picture_id)
    if picture is not None and picture.state == "failed":
        lost = update(Stray).where(col(Stray.picture_id) == picture_id).values(picture_id=None)
        await turn.session.execute(lost.execution_options(synchronize_session=False))


async def _more(turn: Turn, ref: Ref) -> None:
    """The finder, or somebody who quotes the post, knows something: those who look after it hear it in private."""
    stray, area = await load(turn, ref)
    tends = decides(turn, area)
    if stray.state != "open" or not (turn.quoted == ref or turn.me.contact_id == stray.reporter_id or tends):
        turn.outcome = Outcome.CHAT
        return
    stray.text = f"{stray.text}\n{turn.text}"[:MAX_TEXT]
    await read_as(turn, turn.text, Kind.MISSING)
    _take(turn, stray, again=True)
    fitting = await _fitting(turn, stray)
    maybe, same = _maybe(stray, fitting)
    told = await pass_on(turn, ref, area, f"{maybe}\n{same.rstrip('；')}" if same else "")
    await _tell_seekers(turn, stray, fitting, [contact for contact, _ in told])
    if tends:
        await say(turn, f"{label(ref)}记下了。人安顿好了回“办结 {ref}”。", ref=str(ref))
        return
    await to_finder(turn, stray)
    looks_only = turn.quoted is None and news(turn.text, quoted=False) is Act.NONE
    if turn.here.private or not looks_only or turn.at - stray.created_at > THANKED:
        await say(turn, f"{label(ref)}谢谢，已转给网格员和民警。", ref=str(ref))


async def _settled_in_words(turn: Turn, ref: Ref) -> None:
    """女儿来接走了: from worker or police it is 办结, from others it is put to them."""
    stray, area = await load(turn, ref)
    if stray.state != "open":
        turn.outcome = Outcome.CHAT
    elif decides(turn, area):
        if await lateness.in_time(turn, str(ref)):
            await settled(turn, ref, turn.text if turn.quoted else _WITH_NUMBER.sub("", turn.text))
    elif not await _asked_already(turn, ref):
        told = await pass_on(turn, ref, area, f"\n人安顿好了就回“是”（或“办结 {ref}”），没有就回“不是”。")
        for contact_id, chat_id in told:
            _ask(turn, stray, contact_id, chat_id)
        await say(turn, f"{label(ref)}谢谢，已请网格员和民警核实。", ref=str(ref))


def _ask(turn: Turn, stray: Stray, contact_id: int, chat_id: int) -> None:
    turn.session.add(
        Question(
            kind=SETTLED,
            ref=f"F{stray.id}",
            chat_id=chat_id,
            contact_id=contact_id,
            area_id=stray.area_id,
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
        )
    )


def _open_questions(turn: Turn, ref: Ref) -> ColumnElement[bool]:
    asked = (col(Question.ref) == str(ref)) & (col(Question.kind) == SETTLED) & col(Question.answered_at).is_(None)
    return asked & (col(Question.expires_at) > turn.now)


async def _asked_already(turn: Turn, ref: Ref) -> bool:
    return await turn.session.scalar(select(Question.id).where(_open_questions(turn, ref)).limit(1)) is not None


async def _settled_answered(turn: Turn, question: Question, yes: bool) -> None:
    """One of those who look after it says whether the person is taken care of; the others need not."""
    ref = Ref("F", int(question.ref[1:]))
    if not await lateness.in_time(turn, question.ref):
        question.answered_at = None
        return
    closed = update(Question).where(_open_questions(turn, ref)).values(answered_at=turn.now)
    await turn.session.execute(closed.execution_options(synchronize_session=False))
    if yes:
        await settled(turn, ref, "")
    else:
        await say(turn, f"{label(ref)}好的，接着等家人。", ref=str(ref))


COMMANDS: tuple[Command, ...] = (
    Command(
        ("对上",),
        "对上 F2 M3",
        "待认领的人就是正在找的人，两边一起结束（“办结 F2”“误报 F2”也能结束待认领）",
        _match,
        ON_DUTY,
        Takes.MUST,
        "F",
        Takes.MUST,
        spreads=True,
    ),
)

ACTS: Mapping[Act, Callable[[Turn, Ref], Awaitable[None]]] = {
    Act.ASK: report_status,
    Act.MORE: _more,
    Act.CORRECT: _more,
    Act.FIXED: _settled_in_words,
    Act.WITHDRAW: _withdrawn,
}

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {SETTLED: _settled_answered}
