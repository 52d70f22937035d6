"""待认领: someone was found whose family is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers import alerts, hearers, locating
from handlers.alerts import ending, facts
from handlers.alerts.reaching import DECIDERS, decides, reach
from handlers.alerts.texts import list_line
from handlers.clipping import clip, open_clip
from handlers.commands import Command, Order, Takes
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, responsible, say, whisper
from handlers.refs import fold, label, take_ref
from handlers.turn import WORKERS, Turn
from handlers.understanding import Act, Ref
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert, AlertState, Stray
from storage.outbox import Sort
from storage.people import Role

REPEATED = timedelta(minutes=60)
"""Within this time more words from the same group are about the same person, if nothing speaks against it."""

MAX_TEXT = 2000
MAX_FITTING = 3


async def reported(turn: Turn) -> None:
    """The group hears what to do, worker and police hear of it in private; nothing is spread."""
    area = await locating.area_here(turn)
    if area is None:
        return
    if (known := await _same(turn)) is not None:
        known.text = f"{known.text}\n{turn.text}"[:MAX_TEXT]
        _take(turn, known)
        turn.concerns(f"F{known.id}")
        return
    stray = await _open(turn, area)
    told = await _tell(turn, stray, area)
    await say(turn, _answer(stray, told), ref=f"F{stray.id}", sort=Sort.ALERT)


async def _same(turn: Turn) -> Stray | None:
    query = select(Stray).where(
        Stray.chat_id == turn.here.chat_id, Stray.state == "open", col(Stray.created_at) > turn.at - REPEATED
    )
    said = facts.known(turn.reading.fields) if turn.reading else {}
    for stray in await turn.session.scalars(query.order_by(col(Stray.id).desc())):
        other_sex = stray.sex and said.get("sex") and stray.sex != said["sex"]
        age = said.get("age")
        other_age = stray.age is not None and age is not None and abs(stray.age - age) > 2 * facts.AGE_SLACK
        if not other_sex and not other_age:
            return stray
    return None


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
    await turn.session.flush()
    turn.concerns(f"F{stray.id}")
    turn.audit("stray.open", f"F{stray.id}")
    return stray


def _take(turn: Turn, stray: Stray) -> None:
    """Facts of this message over what was known."""
    said = facts.known(turn.reading.fields) if turn.reading else {}
    for name in ("sex", "age", "clothes", "place"):
        if name in said:
            setattr(stray, name, said[name])


async def _tell(turn: Turn, stray: Stray, area: Area) -> bool:
    people = await responsible(turn, area, (Role.WORKER,)) or await responsible(turn, area, WORKERS)
    people += await responsible(turn, area, (Role.POLICE,))
    people = [one for one in dict.fromkeys(people) if one != turn.me.contact_id]
    fitting = await _fitting(turn, stray)
    maybe = "\n可能是正在找的：\n" + "\n".join(list_line(one) for one in fitting) if fitting else ""
    same = f"是同一个人就回“对上 F{stray.id} M{fitting[0].id}”；" if fitting else ""
    said = turn.local(turn.at).strftime("%H:%M")
    text = (
        f"{label(f'F{stray.id}')}{area.name} {turn.me.name} {said} 说：“{clip(turn.text, 200)}”\n"
        f"请马上联系、到场，并确认已报 110。{maybe}\n"
        f"{same}人安顿好了回“办结 F{stray.id}”，没有这回事回“误报 F{stray.id}”。"
    )
    open_text = f"{label(f'F{stray.id}')}{area.name}有人疑似走失、待认领，请马上到群里看，并确认已报 110。"
    return bool(await reach(turn, people, area, text, open_text, f"F{stray.id}"))


async def _fitting(turn: Turn, stray: Stray) -> list[Alert]:
    """Open alerts that fit what is known of the stray, the best first."""
    said = {name: value for name in ("sex", "age", "clothes", "place") if (value := getattr(stray, name))}
    alerts = (await turn.session.scalars(select(Alert).where(col(Alert.state).in_(ALERT_OPEN)))).all()
    fits = [one for one in alerts if not facts.contradicts(one, said) and facts.points(one, said) >= 0.5]
    return sorted(fits, key=lambda one: (-facts.points(one, said), one.id or 0))[:MAX_FITTING]


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


async def _load_to_end(turn: Turn, ref: Ref) -> tuple[Stray, Area]:
    stray, area = await load(turn, ref)
    if not decides(turn, area):
        raise Refusal(f"{label(ref)}归{area.name}管，只有那里的网格员、上级和民警能改，这次没有改动。")
    if stray.state != "open":
        raise Refusal(f"{label(ref)}已经结束了，这次没有改动。")
    return stray, area


async def settled(turn: Turn, ref: Ref, words: str) -> None:
    """办结 F2: the person is taken care of."""
    stray, _ = await _load_to_end(turn, ref)
    note = f"：{open_clip(words, 80)}" if words else ""
    await _end(turn, stray, "closed", f"{label(ref)}人已经安顿好了{note}。谢谢大家！")


async def false_alarm(turn: Turn, ref: Ref) -> None:
    """误报 F2: nobody is lost there."""
    stray, _ = await _load_to_end(turn, ref)
    await _end(turn, stray, "closed", f"{label(ref)}核实过了，没有人走失，不用再留意。谢谢大家！")


async def _match(turn: Turn, order: Order) -> None:
    """对上 F2 M3: the one who was found is the one who is sought; both end."""
    refs = [one for one in (order.ref, take_ref(fold(order.rest))[0]) if one is not None]
    by_letter = {one.letter: one for one in refs}
    if set(by_letter) != {"F", "M"}:
        raise Refusal(f"请写上两个编号，如：{order.command.usage}")
    stray, _ = await _load_to_end(turn, by_letter["F"])
    alert, area = await alerts.load(turn, by_letter["M"])
    if alert.state not in ALERT_OPEN:
        raise Refusal(f"{label(by_letter['M'])}已经结束了，这次没有改动。")
    stray.alert_id = alert.id
    if not decides(turn, area):  # the alert is not theirs to end: its people are asked, and the stray stays open
        await ending.put_to_family(turn, alert, area, f"{stray.place}的这位（{by_letter['F']}）就是要找的人")
        return
    await ending.end(turn, alert, area, AlertState.FOUND)
    turn.concerns(str(by_letter["F"]))
    await _end(turn, stray, "matched", f"{label(by_letter['F'])}好消息：家人找到了。谢谢大家！")


async def _end(turn: Turn, stray: Stray, state: str, text: str) -> None:
    """Whoever heard of the stray hears once that it is over; who has just heard it of the alert does not."""
    ref = f"F{stray.id}"
    stray.state, stray.ended_at = state, turn.now
    turn.audit(f"stray.{state}", ref, "state")
    told, heard = await hearers.just_told(turn), await hearers.heard_of(turn, ref)
    own = await hearers.speakers_chats(turn) - {turn.here.chat_id}
    await post(turn, ref, Sort.END, [Piece(text)], [Target(chat) for chat in sorted(heard - told - own)])
    if stray.chat_id not in heard | told:
        await whisper(turn, stray.reporter_id, text, ref=ref)
    if turn.here.chat_id not in heard | told:
        await say(turn, text, ref=ref)


async def report_status(turn: Turn, ref: Ref) -> None:
    """查 F2: whether somebody still waits for their family."""
    stray, area = await load(turn, ref)
    state = {"open": "还在等家人", "matched": "已找到家人", "closed": "已结束"}[stray.state]
    await say(turn, f"{label(ref)}{area.name}，{state}。", ref=str(ref))


async def _more(turn: Turn, ref: Ref) -> None:
    """Somebody who quotes the post knows something: those who look after it hear it in private."""
    stray, area = await load(turn, ref)
    if stray.state != "open" or turn.quoted != ref:
        turn.outcome = Outcome.CHAT
        return
    people = await responsible(turn, area, (Role.WORKER,)) or await responsible(turn, area, WORKERS)
    people += await responsible(turn, area, (Role.POLICE,))
    said = turn.local(turn.at).strftime("%H:%M")
    text = f"{label(ref)}{turn.me.name} {said} 说：“{clip(turn.text, 200)}”"
    others = [one for one in dict.fromkeys(people) if one != turn.me.contact_id]
    await reach(turn, others, area, text, f"{label(ref)}有新情况，请到群里看。", str(ref))
    await say(turn, f"{label(ref)}谢谢，已转给网格员和民警。", ref=str(ref))


COMMANDS: tuple[Command, ...] = (
    Command(
        ("对上",),
        "对上 F2 M3",
        "待认领的人就是正在找的人，两边一起结束（“办结 F2”“误报 F2”也能结束待认领）",
        _match,
        DECIDERS,
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
}
