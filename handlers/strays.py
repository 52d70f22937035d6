"""待认领: someone was found whose family is unknown."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers import locating
from handlers.alerts import facts
from handlers.alerts.reaching import reach
from handlers.alerts.texts import list_line
from handlers.matters import clip
from handlers.posting import responsible, say
from handlers.refs import label
from handlers.turn import WORKERS, Turn
from storage.areas import Area
from storage.matters import ALERT_OPEN, Alert, Stray
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
    said = turn.local(turn.at).strftime("%H:%M")
    text = (
        f"{label(f'F{stray.id}')}{area.name} {turn.me.name} {said} 说：“{clip(turn.text, 200)}”\n"
        f"请马上联系、到场，并确认已报 110。{maybe}"
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
