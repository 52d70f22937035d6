"""Which open matter a line may concern: by number, quote, pending question, writer, place and category."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from handlers.understanding.model import Candidate, Context, Fields, OpenMatter, Ref

_NOT_A_REF = r"(?![\d.:：]|\s?(?:区|县|市|栋|座|幢|楼|线|口|班|路|级|院|单元|店|门|房|室|桥|馆|厅|车|机|台|层))"
"""Behind a letter and figures: what is called so, and no matter (B1层, S2线). F1 家属已接走 counts no families."""
_REF = re.compile(
    rf"(?<![A-Za-z\d])(?P<letter>[MFNPASmfnpas])\s?(?P<number>\d{{1,7}}){_NOT_A_REF}"
    rf"|#\s?(?P<hash>\d{{1,7}})(?!\d)"
    rf"|(?<![\d一-鿿\-.第])(?P<no>\d{{1,7}})\s?号(?!楼|栋|院|线|门|店|口|房|桥|车|机|台|馆|厅|选手|路|公|晚|早|"
    rf"上|下|中|凌|傍|夜|那)"
)
_DIGIT = re.compile(r"\d")
_BESIDE = re.compile(
    r"(?:^|[满意+1修好了通也接]\s?|\s)(?P<n>\d{1,7})(?=$|[\s,，。]|"
    r"[一-鿿](?<![岁块元个点月日年斤米分人天次家户张件条层栋楼幢号]))"
)
RECENT = timedelta(minutes=30)
"""How long a bare follow-up of the same writer still belongs to the matter."""


def named(text: str, context: Context) -> list[Ref]:
    """The matters that a folded `text` names beyond doubt: M3, m 3, #12, 12号.

    A letter and figures in the middle of a sentence (考了N6) count only if such a matter is open.
    """
    if not _DIGIT.search(text):
        return []
    known = {matter.ref for matter in context.matters}
    found = []
    for match in _REF.finditer(text):
        ref = Ref((match["letter"] or "").upper(), int(match["number"] or match["hash"] or match["no"]))
        if match["letter"] and ref not in known and "一" <= text[match.start() - 1 : match.start()] <= "鿿":
            continue
        found.append(ref)
    return list(dict.fromkeys(found))


def without_number(text: str) -> str:
    """A line without the number of its matter: 1号好了 says 好了."""
    return _REF.sub("", text).strip(" ,，:：")


def beside(text: str, context: Context) -> list[Ref]:
    """Bare numbers that are the number of an open matter: 不满意 8."""
    numbers = [int(match["n"]) for match in _BESIDE.finditer(text)]
    cases_first = sorted(context.matters, key=lambda matter: matter.ref.letter != "")
    return [matter.ref for number in numbers for matter in cases_first if matter.ref.number == number]


def pointed(text: str, context: Context) -> list[Candidate]:
    """What the line itself points to: a number, the quoted post."""
    found = [Candidate(ref, 0.95, "number") for ref in named(text, context) or beside(text, context)]
    if context.quoted is not None:
        found.append(Candidate(context.quoted, 0.9, "quote"))
    return _unique(found)


def unheard(candidates: Iterable[Candidate], context: Context) -> bool:
    """Whether all that is pointed to are bare numbers of no matter here: 12号 may be a house or a date."""
    known = {matter.ref for matter in context.matters} | set(context.merged)
    return all(c.by == "number" and not c.ref.letter and c.ref not in known for c in candidates)


def asked(context: Context) -> list[Candidate]:
    """What the bot's pending question is about."""
    ref = context.question.ref if context.question is not None else None
    return [] if ref is None else [Candidate(ref, 0.85, "question")]


def own(context: Context, letter: str | None = None, within: timedelta | None = None) -> list[Candidate]:
    """The writer's own open matters, the latest first; `letter` "M" takes alerts only, None all."""
    mine = [m for m in context.matters if m.mine and (letter is None or m.ref.letter == letter)]
    fresh = [m for m in mine if within is None or context.now - m.at <= within]
    ranked = sorted(fresh, key=lambda m: m.at, reverse=True)
    return [Candidate(m.ref, max(0.4, 0.8 - 0.15 * rank), "writer") for rank, m in enumerate(ranked)]


def shared(context: Context) -> list[Candidate]:
    """The matters that others reported and the writer has too, the latest first."""
    theirs = sorted((m for m in context.matters if m.shared), key=lambda m: m.at, reverse=True)
    return [Candidate(m.ref, max(0.4, 0.7 - 0.15 * rank), "writer") for rank, m in enumerate(theirs)]


def tended(context: Context) -> list[Candidate]:
    """The only open alert here, if the writer looks after it: a worker puts a fact of it right."""
    open_alerts = [m for m in context.matters if m.ref.letter == "M"]
    fresh = [m for m in open_alerts if m.tended and context.now - m.at <= RECENT]
    return [Candidate(m.ref, 0.6, "place") for m in fresh] if len(open_alerts) == 1 else []


def alike(context: Context, category: str | None, fields: Fields) -> list[Candidate]:
    """The room's open matters of this category, those at the same place first."""
    found = []
    for matter in context.matters:
        if category is None or matter.category != category:
            continue
        same = fields.place is not None and matter.place is not None and _overlap(fields.place, matter.place) > 0.5
        found.append(Candidate(matter.ref, 0.75 if same else 0.6, "place"))
    return sorted(found, key=lambda c: c.confidence, reverse=True)


def talked_about(context: Context, within: timedelta = RECENT) -> list[Candidate]:
    """The matter the room is talking about: the one with the latest line."""
    fresh = [m for m in context.matters if context.now - m.at <= within]
    ranked = sorted(fresh, key=lambda m: m.at, reverse=True)
    return [Candidate(m.ref, max(0.3, 0.55 - 0.1 * rank), "place") for rank, m in enumerate(ranked)]


def alerts(context: Context, fields: Fields) -> list[Candidate]:
    """The open missing-person alerts that a sighting or good news fits, best first."""
    open_alerts = [m for m in context.matters if m.ref.letter == "M"]
    rated = [Candidate(m.ref, _fit(m, fields, len(open_alerts)), "writer" if m.mine else "place") for m in open_alerts]
    return sorted((c for c in rated if c.confidence > 0.15), key=lambda c: c.confidence, reverse=True)


def _fit(matter: OpenMatter, fields: Fields, rivals: int) -> float:
    score = 0.6 if rivals == 1 else 0.4
    if matter.mine:
        score += 0.2
    if fields.sex and matter.sex:
        score += 0.05 if fields.sex == matter.sex else -0.4
    if fields.clothes and matter.clothes:
        score += 0.35 * _overlap(fields.clothes, matter.clothes) - 0.05
    if fields.name and matter.name:
        score += 0.3 if fields.name == matter.name else -0.3
    if fields.age is not None and matter.age is not None:
        score += 0.05 if abs(fields.age - matter.age) <= max(3, matter.age * 0.15) else -0.25
    return min(max(score, 0.0), 0.95)


def _overlap(a: str, b: str) -> float:
    """The share of the shorter text's character pairs that the other has too."""
    pairs = [{text[i : i + 2] for i in range(len(text) - 1)} or {text} for text in (a, b)]
    return len(pairs[0] & pairs[1]) / min(len(pairs[0]), len(pairs[1]))


def _unique(candidates: list[Candidate]) -> list[Candidate]:
    seen: dict[Ref, Candidate] = {}
    for candidate in candidates:
        seen.setdefault(candidate.ref, candidate)
    return list(seen.values())


def merge(*groups: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates of several groups in their order, each matter once."""
    return tuple(_unique([candidate for group in groups for candidate in group]))
