"""What a line does to a matter that is already open."""

from __future__ import annotations

import re
from datetime import timedelta

from handlers.understanding import categories, dialogue, kinds, phrases, targets
from handlers.understanding.additions import GONE_AGAIN, corrected, more
from handlers.understanding.answers import answer
from handlers.understanding.kinship import KIN
from handlers.understanding.learned import learned
from handlers.understanding.model import NONE, TROUBLES, Act, Candidate, Context, Doing, Fields, Kind, OpenMatter
from handlers.understanding.scan import BIT, Scan
from handlers.understanding.shapes import runs
from handlers.understanding.stars import stars

_ACT = BIT["act"]


def concerned(context: Context) -> bool:
    """Whether there is anything a line could act on without naming it."""
    return bool(context.matters or context.question or context.quoted)


def doing(scan: Scan, kind: Kind, category: str | None, context: Context) -> Doing:
    """What a folded line does to an open matter; `Doing()` if nothing."""
    text = scan.text
    pointed = targets.pointed(text, context)
    if len(text) > phrases.MAX_LINE and not pointed:
        return NONE
    if context.question is not None:
        said = answer(scan, context)
        if said is not None:
            asked = targets.merge(pointed, targets.asked(context), targets.own(context))
            return Doing(said.act, said.confidence, asked, said.satisfied, said.fields)
        if (why := _reason(text, kind, category, context)) is not None:
            return why
    if not pointed and len(text) <= phrases.SHORT and phrases.CONSEQUENCE.fullmatch(text):
        return _worse(kind, category, context)
    if phrases.asks_secrecy(text) and (pointed or context.mentions_bot or phrases.THIS.search(text)):
        meant = targets.merge(pointed, targets.own(context))
        return Doing(Act.HUSH, meant[0].confidence, meant) if meant else NONE
    plain = _by_rules(scan, kind, category, pointed, context)
    done = _learned(scan, kind, category, plain, pointed, context)
    to_others = not (pointed or context.mentions_bot) and phrases.to_kin(text)
    return NONE if done.act is Act.WITHDRAW and to_others else done


def _by_rules(scan: Scan, kind: Kind, category: str | None, pointed: list[Candidate], context: Context) -> Doing:
    done = any((m.mine or m.shared) and m.done for m in context.matters)
    if not pointed and not done and not scan.mask & _ACT:
        return more(scan, kind, pointed, context)
    return (
        (None if pointed else _good_now(scan.text, context))
        or _rated(scan.text, pointed, context)
        or _stated(scan, kind, category, pointed, context)
        or more(scan, kind, pointed, context)
    )


_SURE = {
    Act.ASK: 0.65, Act.MORE: 0.6, Act.CORRECT: 0.6, Act.SAME: 0.7, Act.NOT_FIXED: 0.7, Act.RATE: 0.65, Act.FIXED: 0.75,
    Act.WITHDRAW: 0.85,
}  # fmt: skip
"""How likely an act must be by what was learned alone; what ends a matter needs the most. Nobody takes a case on by a
word that only sounds like it. Chosen on scenes that were left out of training: of a hundred lines that do something
thirty are read so beyond those that the rules know, of a hundred near misses three."""
_OF_PERSON = re.compile(
    rf"[人他她寻找见]|老[爷太头]|孩|娃|{KIN}|回|到家|消息|结果|进展|情况|动静|[咋怎]么?样|在哪|哪[里儿]|平安|没事|报警|联系|下落|线索|查|警察"
)
"""What a question about somebody who is sought speaks of: 今天买菜了没 asks after nobody."""
_OF_OTHERS = 0.1
"""How much surer it must be of a matter that somebody else reported and the line does not name."""
_TALK = 0.5
"""How likely a line is none of the matter's business, for words that sound like facts to be left alone."""
_ASSENT = re.compile(r"^(?:嗯|恩|哦|噢|对|是的?|好的?)+[,，。 ]+")
"""What only acknowledges before facts: in 嗯，76岁 the age is what counts."""
_OPEN_FOR = timedelta(days=30)


def _learned(
    scan: Scan, kind: Kind, topic: str | None, plain: Doing, pointed: list[Candidate], context: Context
) -> Doing:
    """What a line does to the likeliest matter, where no rule knows; what only sounds like facts does nothing."""
    if plain.act not in (Act.NONE, Act.MORE) or (pointed and plain.act is Act.MORE):
        return plain
    matter = _nearest(pointed, context)
    if matter is None or len(scan.text) > phrases.MAX_LINE or kind not in _SMALL:
        return plain
    signs = _signs(scan, kind, topic, plain, matter, context)
    told = _ASSENT.sub("", scan.text) if plain.act is Act.MORE else scan.text
    chances = dialogue.model().chances(runs(told), signs)
    if plain.act is Act.MORE:
        return NONE if chances[Act.NONE] > _TALK and not _of_own_kin(scan.text, plain, matter) else plain
    best = max(chances, key=chances.__getitem__)
    good = {dialogue.GOOD: True, dialogue.BAD: False}.get(best)
    act = Act.RATE if good is not None else Act(best)
    least = _SURE.get(act, 1.1) + (0 if pointed or matter.mine else _OF_OTHERS)
    if act is Act.ASK and matter.ref.letter == "M" and not (pointed or _OF_PERSON.search(scan.text)):
        return NONE
    if chances[best] < least or not _may(act, matter) or (kind in TROUBLES and topic != matter.category):
        return NONE
    by = pointed[0].by if pointed else "writer" if matter.mine else "place"
    candidates = targets.merge(pointed, [Candidate(matter.ref, chances[best], by)])
    if act is Act.CORRECT:
        return (corrected(scan, candidates, context) or NONE) if pointed or matter.mine else NONE
    return Doing(act, chances[best], candidates, satisfied=good)


def _of_own_kin(text: str, plain: Doing, matter: OpenMatter) -> bool:
    """Whether facts are surely of the person whom the writer seeks: what they are called, where they were last."""
    if matter.ref.letter != "M" or not matter.mine or plain.fields is None:
        return False
    return plain.fields.name is not None or GONE_AGAIN.search(text) is not None


def _signs(
    scan: Scan, kind: Kind, topic: str | None, plain: Doing, matter: OpenMatter, context: Context
) -> frozenset[str]:
    facts = plain.fields.present() if plain.fields else {}
    same = None if topic is None or matter.category is None else topic == matter.category
    return dialogue.signs(
        alert=matter.ref.letter == "M", mine=matter.mine, done=matter.done, to_bot=context.mentions_bot,
        stated=phrases.stated_in(scan.text), plain=plain.act, facts=facts, kind=kind, same=same,
    )  # fmt: skip


def seen_beside(scan: Scan, matter: OpenMatter, context: Context) -> frozenset[str]:
    """The signs of a line beside one matter, the only one of its context, as training sees them."""
    summed = learned().summed(runs(scan.text))
    kind = kinds.judge(scan, kinds.plain(summed), matter.ref.letter == "M").kind
    about = categories.category(scan, summed) if kind in CASES else categories.topic(scan, summed)
    plain = _by_rules(scan, kind, about, targets.pointed(scan.text, context), context)
    return _signs(scan, kind, about, plain, matter, context)


_SMALL = frozenset({Kind.CHAT, Kind.QUESTION, *TROUBLES})
"""Kinds of lines that may be about an open matter; what is graver, or of a person, is a report of its own."""


def _nearest(pointed: list[Candidate], context: Context) -> OpenMatter | None:
    """The matter that a line is likeliest about: what it names, the writer's own, else what was just talked about."""
    known = {matter.ref: matter for matter in context.matters}
    own = targets.own(context, within=_OPEN_FOR)
    near = pointed or (*own, *targets.shared(context), *targets.talked_about(context))
    return next((known[one.ref] for one in near if one.ref in known), None)


def _may(act: Act, matter: OpenMatter) -> bool:
    """Whether the writer may do this to a matter by plain words."""
    if act is Act.SAME:
        return not matter.mine and not matter.ref.letter
    if act in (Act.FIXED, Act.NOT_FIXED, Act.RATE):
        return not matter.ref.letter and (act is not Act.RATE or matter.done)
    return matter.mine if act in (Act.WITHDRAW, Act.MORE) else True


CASES = frozenset({Kind.REQUEST, Kind.COMPLAINT, Kind.SUGGESTION, Kind.QUESTION, Kind.EMERGENCY})
"""Kinds that are about something, which has a category."""


def _good_now(text: str, context: Context) -> Doing | None:
    ended = [m for m in context.matters if (m.mine or m.shared) and m.done and context.now - m.at <= phrases.JUST_DONE]
    if not ended or not phrases.GOOD_NOW.fullmatch(text):
        return None
    latest = max(ended, key=lambda matter: matter.at)
    return Doing(Act.FIXED, 0.75, (Candidate(latest.ref, 0.75, "writer"),))


def _rated(text: str, pointed: list[Candidate], context: Context) -> Doing | None:
    theirs = (m for m in context.matters if (m.mine or m.shared) and m.done)
    ended = sorted(theirs, key=lambda m: (m.mine, m.at), reverse=True)
    done = [Candidate(m.ref, 0.75, "writer") for m in ended]
    just = bool(ended) and context.now - ended[0].at <= phrases.JUST_DONE and len(text) <= phrases.SHORT
    unhappy = phrases.UNHAPPY.search(text) is not None
    given = stars(targets.without_number(text)) if just or pointed or phrases.MARKED.search(text) else None
    plain = pointed or phrases.RATING.fullmatch(text) or (ended and phrases.ends_rated(text))
    rated = given or ((unhappy or phrases.HAPPY.search(text)) and plain)
    if just and not rated and phrases.AGAIN.fullmatch(text):
        return Doing(Act.NOT_FIXED, 0.75, targets.merge(pointed, done))
    if not rated and not (just and not unhappy and phrases.KIND_WORDS.fullmatch(text)):
        return None
    candidates = targets.merge(pointed, done, targets.own(context))
    if not candidates or phrases.QUESTION.search(text):
        return None
    return Doing(Act.RATE, candidates[0].confidence, candidates, satisfied=phrases.is_good(text, given, unhappy))


def _reason(text: str, kind: Kind, category: str | None, context: Context) -> Doing | None:
    """What was not good, to the bot's 哪里不满意: no question, no thanks, no other matter, and no 又坏了."""
    question = context.question
    if question is None or question.kind != "why" or phrases.QUESTION.search(text) or phrases.NO_REASON.fullmatch(text):
        return None
    about = next((m.category for m in context.matters if m.ref == question.ref), None)
    same = kind in (Kind.CHAT, Kind.COMPLAINT) or (kind is Kind.REQUEST and category in (None, about))
    not_yet = phrases.AGAIN.fullmatch(text) or phrases.WHOLE[Act.NOT_FIXED].fullmatch(text)
    if not same or len(text) < 2 or not_yet or stars(text) is not None or phrases.RATING.fullmatch(text):
        return None
    return Doing(Act.MORE, 0.8, tuple(targets.asked(context)))


def _worse(kind: Kind, category: str | None, context: Context) -> Doing:
    """What a nuisance does to people, said shortly after a matter: more on the writer's own, or they have it too."""
    recent = [m for m in context.matters if not m.ref.letter and context.now - m.at <= phrases.SHORTLY]
    fitting = [m for m in recent if m.category in phrases.NUISANCES or (m.mine and category in (None, m.category))]
    mine = [m for m in fitting if m.mine] or fitting
    if not mine:
        return NONE
    latest = max(mine, key=lambda matter: matter.at)
    candidate = Candidate(latest.ref, 0.65, "writer" if latest.mine else "place")
    return Doing(Act.MORE if latest.mine else Act.SAME, candidate.confidence, (candidate,))


def _stated(scan: Scan, kind: Kind, category: str | None, pointed: list[Candidate], context: Context) -> Doing | None:
    text = scan.text
    act = phrases.said(
        text, bool(pointed), context.mentions_bot or bool(targets.own(context) or targets.shared(context))
    )
    if act is None and _asks_of_own(text, category, context):
        act = Act.ASK
    if act is None and phrases.supply_back(text) and _has_open("水电气暖", context):
        act = Act.FIXED
    if act is None and phrases.PLUS.search(text) and pointed:
        act = Act.SAME
    if act is None and context.quoted is not None and phrases.NOT_THAT.match(text):
        act = Act.WITHDRAW
    if act is None or (act is Act.FIXED and phrases.QUESTION.search(text)):
        return None
    candidates = _candidates(act, text, kind, category, pointed, context)
    if not candidates:
        return None
    if act is Act.CORRECT:
        return corrected(scan, candidates, context)
    return Doing(act, candidates[0].confidence, candidates)


def _asks_of_own(text: str, category: str | None, context: Context) -> bool:
    """Whether a short line asks when a thing will be right of which the writer has an open matter: 楼道灯什么时候修."""
    if category is None or len(text) > phrases.SHORT or not phrases.THING_WHEN.fullmatch(text):
        return False
    return _has_open(category, context)


def _has_open(category: str | None, context: Context) -> bool:
    return any(m.mine and m.category == category and not m.done for m in context.matters)


def _candidates(
    act: Act, text: str, kind: Kind, category: str | None, pointed: list[Candidate], context: Context
) -> tuple[Candidate, ...]:
    if act is Act.CORRECT:
        return targets.merge(pointed, targets.own(context)) or tuple(targets.tended(context))
    if act is Act.WITHDRAW:
        return targets.merge(pointed, targets.own(context))
    if act is Act.ASK and pointed and targets.unheard(pointed, context):
        return ()
    recent = targets.talked_about(context)
    if act is Act.FIXED and phrases.OVER.fullmatch(text):
        dangers = {m.ref for m in context.matters if m.category in phrases.DANGERS and not m.ref.letter}
        mine = [c for c in targets.own(context) if not c.ref.letter]
        return targets.merge(pointed, mine, [c for c in recent if c.ref in dangers])
    if act is Act.CLAIM:
        return targets.merge(pointed, [c for c in recent if not c.ref.letter and _taken_up(text, context)])
    alike = targets.alike(context, category, Fields())
    nearby = recent if act is Act.ASK or (act is Act.SAME and kind in (Kind.CHAT, Kind.QUESTION)) else []
    mine = [] if act is Act.SAME else targets.own(context)
    if kind not in (Kind.CHAT, Kind.QUESTION, Kind.FOUND) and act is not Act.ASK and not pointed:
        mine = [c for c in mine if c.ref in {a.ref for a in alike}]
    theirs = targets.shared(context) if act in (Act.NOT_FIXED, Act.FIXED) else []
    return targets.merge(pointed, mine, theirs, alike, nearby)


def _taken_up(text: str, context: Context) -> bool:
    """Whether "I will" is said of a matter: to the bot, or in the words of the trade. 我来, 我去看看 alone are talk."""
    return context.mentions_bot or "接单" in text
