"""The circle grows as time passes, or by 扩散 M3 …; each step is told where the family is, once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers.alerts import circle, spreading, texts
from handlers.alerts.reaching import decides, is_reporter, load, must_decide, ref_of, to_family, to_workers, town_of
from handlers.estimating import seconds_left
from handlers.matters import Refusal
from handlers.posting import say
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.areas import Area, find_area
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.outbox import Sort
from storage.people import Role

_BESIDE = re.compile(r"(?:到|去|往)?(?:周边|周围|相邻|邻近|邻居|隔壁|邻)(?:各|的)?(?:乡镇|镇街|乡|镇|街道)?")
_WHOLE = re.compile(r"(?:到|去|往)?[全整](?:个)?(?P<of>[区县市旗]|[镇乡街])(?:道)?")
_TO = re.compile(r"^[到去往至]")


async def grow(turn: Turn, ref: str) -> None:
    """Due: still missing, so the next areas hear of it; of an alert that ended or was stopped nothing comes."""
    alert, area = await load(turn, Ref("M", int(ref[1:])))
    step = await circle.next_step(turn, alert, area)
    if step is not None and step.at <= turn.now:
        await reach(turn, alert, area, step.areas)
    await circle.plan(turn, alert, area)


async def widen(turn: Turn, ref: Ref, words: str) -> None:
    """扩散 M3 东山镇, 扩散 M3 全区: by whoever answers for so much; without words the next step at once."""
    alert, area = await load(turn, ref)
    must_decide(turn, alert, area)
    if alert.state not in ALERT_OPEN:
        raise Refusal(f"{texts.closed(alert)}不用再扩散。")
    if alert.state == AlertState.UNCONFIRMED:
        raise Refusal(f"{texts.name(alert)}还没核实，核实后回“确认 {ref_of(alert)}”就发到全镇，之后再扩散。")
    town = await town_of(turn, area)
    areas = await _meant(turn, alert, town, words)
    await _must_reach(turn, town, areas)
    alert.widening = True
    rooms = await reach(turn, alert, area, areas)
    await circle.plan(turn, alert, area)
    if not rooms:
        await say(turn, texts.nothing_to_widen(alert, _names(areas)), ref=ref_of(alert))
    elif turn.here.chat_id != alert.chat_id:
        await say(turn, await _told(turn, alert, areas, rooms), ref=ref_of(alert))


async def reach(turn: Turn, alert: Alert, area: Area, areas: Sequence[Area]) -> int:
    """The areas come in, and their groups that never had the card get it; how many groups."""
    await circle.take_in(turn, alert, await town_of(turn, area), areas)
    rooms = await spreading.send_to_rest(turn, alert)
    if rooms:
        await to_family(turn, alert, await _told(turn, alert, areas, rooms))
    return rooms


async def _told(turn: Turn, alert: Alert, areas: Sequence[Area], rooms: int) -> str:
    seconds = await seconds_left(turn, Sort.ALERT, (await spreading.cards(turn, alert))[-1])
    return texts.widened(alert, _names(areas), rooms, seconds)


def _names(areas: Sequence[Area]) -> str:
    return "、".join(area.name for area in areas)


async def _meant(turn: Turn, alert: Alert, town: Area, words: str) -> Sequence[Area]:
    """The areas that somebody names; Refusal with what may be written instead."""
    said = words.strip(" 。.!！，,")
    beside, district = await circle.neighbours_of(turn, town), await circle.district_of(turn, town)
    whole = _WHOLE.fullmatch(said)
    if whole and whole["of"] in "镇乡街":
        return [town]
    if beside and (_BESIDE.fullmatch(said) or (not said and any(not alert.covers(one.path) for one in beside))):
        return beside
    if district is not None and (whole or not said):
        return [district]
    under = district.path if district is not None else "/"
    name = _TO.sub("", said)
    found = (
        [*(await find_area(turn.session, name, under)), *(one for one in beside if one.name == name)] if name else []
    )
    if not found:
        known = [*(one.name for one in beside), "全区" if district is not None else "全镇"]
        ways = f"可以写：{'、'.join(known)}，如“扩散 {ref_of(alert)} {known[0]}”。"
        raise Refusal(f"没找到“{said[:20]}”这个地方，这次没有扩散。{ways}")
    return found[:1]


async def _must_reach(turn: Turn, town: Area, areas: Sequence[Area]) -> None:
    """Refusal unless the speaker answers for so wide a circle.

    Who may decide about the alert reaches its own town, the town's admin its neighbours, the district's everything.
    """
    district = await circle.district_of(turn, town)
    if district is not None and turn.me.has((Role.ADMIN,), district.path):
        return
    beside = await circle.neighbours_of(turn, town)
    mine = [town, *(beside if turn.me.has((Role.ADMIN,), town.path) else [])]
    for area in areas:
        if not any(area.path.startswith(one.path) for one in mine):
            near = any(area.path.startswith(one.path) for one in beside)
            who = town if near or district is None else district
            raise Refusal(
                f"扩散到{area.name}要{who.name}的管理员来发；您能扩到：{_names(mine)}。"
                "到时间没找到，我也会自己往外扩。这次没有改动。"
            )


async def stop(turn: Turn, ref: Ref) -> None:
    """停止扩散 M3: the circle grows no more, and what still waits to leave the town is called back.

    Before anybody has confirmed it, that it will not leave the town.
    """
    alert, area = await load(turn, ref)
    if not (is_reporter(turn, alert) or decides(turn, area)):
        must_decide(turn, alert, area)
    if alert.state not in ALERT_OPEN:
        raise Refusal(f"{texts.closed(alert)}没有在扩散。")
    if not alert.widening:
        raise Refusal(f"{texts.name(alert)}已经停止扩散了。要再往外发，发“扩散 {ref_of(alert)} 全区”。")
    alert.widening = False
    if alert.state == AlertState.UNCONFIRMED:
        turn.audit("alert.stop_widening", ref_of(alert), "widening")
        text = texts.stays_in_town(alert)
        await to_workers(turn, alert, area, text, text)
        await say(turn, texts.will_stay_in_town(alert), ref=ref_of(alert))
        return
    await circle.plan(turn, alert, area)
    spared = await spreading.call_back(turn, alert, await town_of(turn, area))
    turn.audit("alert.stop_widening", ref_of(alert), "widening")
    text = texts.stopped(alert, spared)
    openly = await to_family(turn, alert, text)
    if not openly or turn.here.chat_id != alert.chat_id:
        await say(turn, text, ref=ref_of(alert))
