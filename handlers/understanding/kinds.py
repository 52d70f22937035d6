"""Which kind a message is of: signs with weights, one score per kind, a softmax over them."""

from __future__ import annotations

import re
from functools import lru_cache
from math import exp
from typing import NamedTuple

from handlers.understanding import danger, matters, patterns, persons
from handlers.understanding.learned import learned, softmax
from handlers.understanding.model import Kind
from handlers.understanding.scan import ALARM, BIT, PERSON, Scan, bits
from handlers.understanding.shapes import runs

_ALONE = ALARM | bits(
    "lost",
    "wanted",
    "gone",
    "accuse",
    "whose",
    "dazed",
    "picked",
    "alertref",
    "defect",
    "nuisance",
    "nuisance_soft",
    "askfirst",
    "back",
)
_GRAVE = ALARM | bits("lost", "wanted", "gone")
_OF_LOST = _GRAVE | bits("dazed")  # 走丢的是我父亲
_OF_PERSON = bits("away", "seek", "saw", "safe", "whose_any")
_PROFILE = bits("frail", "panic", "nophone", "whose_any")
_SPEECH = bits("ask", "plead", "propose", "propose_soft", "inquire", "neglect")


class Judgement(NamedTuple):
    """A kind with its probability."""

    kind: Kind
    confidence: float


PLAIN, SURE, CERTAIN = 0.5, 0.97, 0.99
"""The chances of chat, by the characters alone, from which a message is not looked at any closer: where no class of
words speaks for a matter, where none speaks for danger, and in any case."""
SLIGHT = 0.1
"""The chance of a missing person, for one of chat, from which a message is looked at in any case."""

CLEAR_CHAT, CLEAR = 0.97, 0.9
"""The chances of chat, and of another kind, by the characters alone, from which the rules are not asked."""

UNSAID = 0.55
"""The most that a missing person is sure of where nobody is named: a worker is asked, the group is not stirred."""
_SOMEBODY = re.compile(r"[男女岁名]|[老小大]\w|失踪|失联|走失|走丢")

LENT = 2.0
"""How many times more than other signs those count that an open alert lends to a line."""

CLOSE = 4.0
"""How far below the best a score is that counts no more: its chance is less than a fiftieth of the best one's."""

CHAT = Judgement(Kind.CHAT, 0.98)
NEED = Judgement(Kind.EMERGENCY, 0.9)
ASKED = Judgement(Kind.QUESTION, 0.9)
"""A question after an open matter, which by its words alone might be a report."""


def plain(summed: bytes) -> list[float]:
    """What the summed runs of a text alone score for each kind, in the order of `KINDS`."""
    return learned().kinds.scores(summed)


def nothing(scores: list[float], scan: Scan) -> Judgement | None:
    """The gate: chat, where the characters alone settle it; four lines of chat in five end here."""
    if danger.in_danger(scan.text) or matters.tells_of_blows(scan.text):
        return None
    chat, temperature = scores[_CHAT], learned().temperature
    others = sum([exp((score - chat) / temperature) for score in scores])  # 1 for chat itself
    if others > 1 / PLAIN or exp((scores[_MISSING] - chat) / temperature) > SLIGHT:
        return None
    if others < 1 / CERTAIN:
        return Judgement(Kind.CHAT, 1 / others)
    mask = scan.mask
    return CHAT if not worded(mask) or (others < 1 / SURE and not mask & _OF_LOST) else None


@lru_cache(8192)
def worded(mask: int) -> bool:
    """Whether the classes of the words found can make a message matter."""
    if mask & _ALONE:
        return True
    if (mask & _OF_PERSON and mask & PERSON) or (mask & _PROFILE and mask & BIT["kin"]):
        return True
    if mask & BIT["topic"] and mask & BIT["local"]:  # 我家没电了
        return True
    return patterns.hinted(mask) or bool(mask & _SPEECH and mask & patterns.MATTER)


_HINTS = frozenset({"vanished", "who_saw", "again", "described_one", "despair", "left_and"})
"""Patterns that speak for a missing person."""


def signs(scan: Scan) -> dict[str, float]:
    """Every sign that the message shows, with its strength (0..1)."""
    found = matters.case(scan)
    found.update(patterns.patterns(scan, found["about"]))
    found.update(persons.missing(scan, hinted=not _HINTS.isdisjoint(found)))
    for part in (persons.back, persons.sighted, persons.stray, matters.emergency, matters.told, matters.dampers):
        found.update(part(scan))
    _settle(found)
    return found


_PROPOSED = frozenset({"propose_about", "propose_soft_about", "try_out"})
_SAFE = frozenset({"back_strong", "back_weak", "back_bare_strong", "safe"})


def _settle(found: dict[str, float]) -> None:
    """Signs that say the same count once; some signs only count beside others, or not beside others."""
    if "defect_about" in found:
        found.pop("fault", None)
    if "vanished" in found and found.keys() & {"away_person", "gone_person", "lost_person"}:
        found["vanished"] *= 0.3
    if "again" in found:
        found.pop("tale", None)
    if "dazed_way" in found and "saw_person" in found:
        found["stray_here"] = 1.0
    if "defect_about" in found and "neglect_about" in found:
        found["defect_neglect"] = found["neglect_about"]
    if "ask_about" in found:  # who wants somebody to come does not only ask whether others have it too
        found.pop("asks_others", None)
    if not _PROPOSED.isdisjoint(found):
        found.pop("past", None)
    if not _SAFE.isdisjoint(found):
        found.pop("past", None)
        found.pop("device", None)


def _with_alert(found: dict[str, float]) -> dict[str, float]:
    """What an open alert lends to news of a person that the text alone leaves open."""
    lent: dict[str, float] = {}
    if any(name.startswith("back_") and name != "back_thing" for name in found):
        lent["alert_back"] = 1.0
    if "saw_person" in found or "saw_bare" in found:
        lent["alert_saw"] = 1.0
    return lent


KINDS = tuple(Kind)
"""The kinds in the order of every list of scores and chances."""
_CASES = (KINDS.index(Kind.REQUEST), KINDS.index(Kind.COMPLAINT))
"""Kinds that open the same case: between them there is nothing to be unsure about."""
_CHAT, _MISSING, _FOUND, _STRAY, _SIGHTING, _EMERGENCY = map(
    KINDS.index, (Kind.CHAT, Kind.MISSING, Kind.FOUND, Kind.STRAY, Kind.SIGHTING, Kind.EMERGENCY)
)
_ERRAND = re.compile(r"帮[^,，。!！]{0,5}?(?:买|取|领|缴|交|捎|代办)[^,，。!！]{0,6}[药菜米面饭票费件单证]")
"""An errand for somebody who is ill or old, which by itself is no emergency."""


def score(found: dict[str, float]) -> list[float]:
    """What the signs add to the score of each kind, in the order of `KINDS`."""
    scores, weights = [0.0] * len(KINDS), learned().signs
    for name, value in found.items():
        for index, weight in weights.get(name, ()):
            scores[index] += weight * value
    return scores


def explained(text: str, kind: Kind) -> list[str]:
    """What spoke for a kind in a folded text: signs, then characters, the strongest first."""
    found, best = signs(Scan(text)), KINDS.index(kind)
    weighed = [
        (weight * value, name)
        for name, value in found.items()
        for index, weight in learned().signs.get(name, ())
        if index == best and weight * value > 0
    ]
    said = learned().leading(runs(text), kind)
    return [*(name for _, name in sorted(weighed, reverse=True)), *(f"“{run}”" for run in said)]


def judge(scan: Scan, scores: list[float], alert: bool = False) -> Judgement:
    """The kind of a message, given what `plain` made of it; `alert`: a missing-person alert is open in the room."""
    temperature = learned().temperature
    top = max(scores)
    kind = scores.index(top)
    if not alert and danger.in_danger(scan.text):
        return NEED
    plain_talk = not alert and kind != _MISSING and not scan.mask & _OF_LOST
    if plain_talk:
        sure = 1 / sum([exp((score - top) / temperature) for score in scores])
        if sure > (CLEAR_CHAT if kind == _CHAT else CLEAR) and not matters.tells_of_blows(scan.text):
            return Judgement(KINDS[kind], sure)  # the rules would not change it
    found = signs(scan)
    summed = [a + b for a, b in zip(scores, score(found), strict=True)]
    if alert:
        summed = [a + LENT * b for a, b in zip(summed, score(_with_alert(found)), strict=True)]
    summed = [value / temperature for value in summed]
    if "violence_told" in found or "beaten" in found:
        summed[_CHAT] = min(summed)
        if not scan.mask & _GRAVE & ~ALARM:
            summed[_MISSING] = min(summed)
    if summed[_FOUND] > max(summed) - CLOSE and persons.no_news(scan):
        summed[_FOUND] = min(summed)
        if alert and not scan.mask & _GRAVE:
            summed[_MISSING] = min(summed)
    if summed[_SIGHTING] > max(summed) - CLOSE and persons.saw_nobody(scan.text):
        summed[_SIGHTING] = min(summed)
        if alert and not scan.mask & _GRAVE:
            summed[_MISSING] = min(summed)
    if (not scan.mask & ALARM and _ERRAND.search(scan.text)) or danger.of_a_beast(scan.text):
        summed[_EMERGENCY] = min(summed)
    if alert and not persons.stands_here(scan):
        summed[_STRAY] = min(summed)
    somebody = scan.mask & PERSON or _SOMEBODY.search(scan.text)
    if summed[_MISSING] > max(summed) - CLOSE and persons.thing_gone(scan.text):
        summed[_MISSING] = min(summed)
    if summed[_MISSING] > max(summed) - CLOSE and not scan.mask & _GRAVE and persons.at_ease(scan.text):
        summed[_MISSING] = min(summed)
    if alert and not somebody:  # 大家都去找找 is of the one who is sought already
        summed[_MISSING] = min(summed)
    chances = softmax(summed)
    best = max(range(len(chances)), key=chances.__getitem__)
    sure = sum(chances[kind] for kind in _CASES) if best in _CASES else chances[best]
    if best == _MISSING and not somebody:
        sure = min(sure, UNSAID)
    return Judgement(KINDS[best], min(sure, 1.0))
