"""Reads a message: fold, weigh its characters, judge the kind, draw out the fields, relate it to what is open.

Nine lines in ten are chat, so each stage is there to spare the next one, which costs several times as much:

1. fold (normal): one look whether any character has to be rewritten at all;
2. characters (kinds.plain): what was learned about single characters and pairs; where they settle that it is chat, and
   nothing is open that the line may be about, reading ends here, as it does for most lines;
3. words and signs (scan, kinds.judge): the patterns and rules, whose scores are added, decide on the kind;
4. fields and category, of what is not chat; acts, where something is open that the line may be about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from handlers.understanding import kinds, several, targets
from handlers.understanding.acts import CASES, concerned, doing
from handlers.understanding.additions import describes, not_of_searchers
from handlers.understanding.categories import category, topic
from handlers.understanding.danger import about_to_fall
from handlers.understanding.extract import extract
from handlers.understanding.learned import learned
from handlers.understanding.matters import grave
from handlers.understanding.model import (
    NO_FIELDS,
    NONE,
    OF_PERSONS,
    TROUBLES,
    Act,
    Candidate,
    Context,
    Doing,
    Fields,
    Kind,
    Reading,
)
from handlers.understanding.normal import MAX_CHARS, fold
from handlers.understanding.people import find_sex
from handlers.understanding.persons import SEEN, news
from handlers.understanding.phrases import supply_back
from handlers.understanding.scan import ALARM, Scan
from handlers.understanding.shapes import runs

_OFFICIAL = re.compile(r"支书|书记|村主任|居委会主任|村长|镇长|区长|村干部|社区干部|镇干部")

_TO_BOT = re.compile(
    r"谢|辛苦|[你您早]好|[早晚]上好|在[吗么不]|再见|帮助|[?？吗么嘛呢]\s*$|"
    r"^(?:@?格格[,，:： ]*)?(?:是|对|好|行|嗯|不|可以|确认|取消|撤销|收到|知道|明白|ok|OK).{0,4}$"
)
TOLD_APART = 0.55
"""How sure each of several matters that one message tells of must be."""
BESIDE = 0.9
"""How sure a trouble must be to which something is added that is none."""
JOIN_BELOW = 0.6
"""A line read with less confidence than this is read again together with the lines before it."""

_RATES = re.compile(r"不?满意[\s,，。:：!！]")
"""How a rating of finished work begins, whose words sound worse than they are: 不满意，你们就捅了两下."""

_PLAIN_TALK = frozenset({Act.ASK, Act.CORRECT})
"""Acts that a line states so plainly that a doubtful kind gives way: M1还在找吗 is no report."""
_NUMBERED_TOO = frozenset({Kind.REQUEST, Kind.COMPLAINT, Kind.CHAT})
_OF_FAMILY = frozenset({Kind.MISSING, Kind.SIGHTING})
_OF_ALERTS = frozenset({Kind.FOUND, Kind.SIGHTING})


def read(text: str, context: Context) -> Reading:
    """What `text` means to the people of `context`.

    The line is read alone; if that makes nothing, or little, and the writer's last lines caused nothing either, it is
    read together with them, and that reading is returned if it makes a matter (then `joined` > 0).
    """
    alone = _read(text, context)
    if alone.act is Act.NONE and context.quoted is None and several.may_be(text):
        if alone.kind in TROUBLES:
            alone = _apart(alone, context)
        elif alone.kind is Kind.CHAT:
            alone = _in_passing(alone, context)
    if not context.lines or alone.act is not Act.NONE or alone.also:
        return alone
    if context.mentions_bot and alone.kind is not Kind.MISSING and _to_bot(alone, context):
        return alone
    if alone.kind is not Kind.CHAT and alone.confidence >= JOIN_BELOW and alone.kind is not Kind.MISSING:
        return alone
    together = _joined(text, context)
    return together if _better(together, alone) else alone


def _apart(whole: Reading, context: Context) -> Reading:
    """A trouble, or the first of several that its message tells of, with the others in `also`."""
    said, numbered = several.parts(whole.text)
    if len(said) < 2 or whole.about_worker:
        return whole
    readings = _singly(said, context)
    told = [one.kind in TROUBLES and one.confidence >= TOLD_APART and not one.about_worker for one in readings]
    if numbered and told.count(True) > len(told) / 2 and all(one.kind in _NUMBERED_TOO for one in readings):
        readings = [one if sure else _taken(one) for one, sure in zip(readings, told, strict=True)]
    elif not all(told) or len({one.category for one in readings}) < len(readings):
        return whole
    return readings[0]._replace(also=tuple(readings[1:]))


def _in_passing(whole: Reading, context: Context) -> Reading:
    """A trouble to which something is added that hides it: 下水道堵了，对了我的电话是13900001111."""
    said, numbered = several.parts(whole.text)
    if len(said) < 2 or numbered:
        return whole
    first, *others = _singly(said, context)
    if first.kind not in TROUBLES or first.confidence < BESIDE or any(one.kind is not Kind.CHAT for one in others):
        return whole
    fields = extract(Scan(fold(whole.text)), first.kind, context)
    return first._replace(text=whole.text, fields=fields)


def _singly(said: Iterable[str], context: Context) -> list[Reading]:
    """Each by itself, as if nothing were open."""
    bare = replace(context, lines=(), matters=(), question=None)
    return [_read(one, bare) for one in said]


def _taken(one: Reading) -> Reading:
    """What its writer numbers among their troubles is one, whatever it reads like by itself."""
    return one._replace(kind=Kind.REQUEST, category=category_of(one.text), confidence=TOLD_APART)


def _to_bot(alone: Reading, context: Context) -> bool:
    """Whether a line that addresses the bot means something by itself: a question, an order, thanks, a yes."""
    text = fold(alone.text)
    return alone.kind is not Kind.CHAT or bool(targets.pointed(text, context)) or _TO_BOT.search(text) is not None


def _better(together: Reading, alone: Reading) -> bool:
    if together.kind is Kind.CHAT:
        return False
    if alone.kind is together.kind:
        return len(together.fields.present()) > len(alone.fields.present())
    return alone.kind is Kind.CHAT or together.confidence > alone.confidence


def _joined(text: str, context: Context) -> Reading:
    lines = [line.text[:MAX_CHARS] for line in context.lines]
    whole = "\n".join([*lines, text[:MAX_CHARS]])
    return _read(whole, context)._replace(joined=len(lines))


def _read(text: str, context: Context) -> Reading:
    folded = fold(text)
    said, scan = runs(folded), Scan(folded)
    summed = learned().summed(said)
    scores = kinds.plain(summed)
    if context.taught is not None:
        scores = context.taught.added(scores, said, summed)
    alert = bool(context.matters or context.quoted) and _open_alert(context)
    quiet = None if alert else kinds.nothing(scores, scan)
    related = concerned(context) or bool(targets.named(folded, context))
    if quiet and not related:
        return Reading(text, Kind.CHAT, quiet.confidence, fields=NO_FIELDS)
    found = quiet or kinds.judge(scan, scores, alert)
    if found.kind in _OF_FAMILY and targets.own(context, "M") and _of_family(scan, found.kind):
        found = kinds.CHAT
    if found.kind in CASES and supply_back(folded):
        found = kinds.CHAT
    about = category(scan, summed) if found.kind in CASES else None
    if found.kind is Kind.EMERGENCY and (own := _of_own_case(scan, found.confidence, about, context)):
        return _reading(text, scan, kinds.CHAT, None, Doing(Act.MORE, own[0].confidence, own), NO_FIELDS, context)
    if found.kind is Kind.MISSING and (own := _of_somebody_told(scan, context)):
        more = Doing(Act.MORE, own[0].confidence, own, fields=extract(scan, Kind.REQUEST, context))
        return _reading(text, scan, kinds.CHAT, None, more, more.fields or NO_FIELDS, context)
    act = doing(scan, found.kind, about or topic(scan, summed), context) if related else NONE
    if act.act in _PLAIN_TALK and found.kind in OF_PERSONS and found.confidence < JOIN_BELOW:
        found = kinds.ASKED if act.act is Act.ASK else kinds.CHAT
    if act.act is Act.RATE and found.kind is Kind.EMERGENCY and _RATES.match(folded):
        found = kinds.CHAT
    told = act.fields is not None and (found.kind is Kind.CHAT or act.act is Act.CORRECT)
    fields = act.fields if told else extract(scan, found.kind, context) if found.kind is not Kind.CHAT else NO_FIELDS
    return _reading(text, scan, found, about, act, fields, context)


def category_of(text: str) -> str:
    """What a text is about that is a matter because somebody says so (先办, 拆分), whatever it reads like by itself."""
    folded = fold(text[:MAX_CHARS])
    return category(Scan(folded), learned().summed(runs(folded)))


def topic_of(text: str) -> str | None:
    """The same where a word names a thing of the town; nothing else is known of what it is about."""
    folded = fold(text[:MAX_CHARS])
    return topic(Scan(folded), learned().summed(runs(folded)))


def _of_family(scan: Scan, kind: Kind) -> bool:
    """Whether a line beside the writer's own alert is no report of another one, and no clue.

    It is only about those who look (我哥穿白衬衫在二中找), or tells how the person left, whom nobody has seen since.
    """
    if kind is Kind.SIGHTING:
        return not scan.has("saw") and not SEEN.search(scan.text)
    return not scan.has("lost", "wanted", "gone") and not_of_searchers(scan) is None


def _of_own_case(scan: Scan, sure: float, about: str | None, context: Context) -> tuple[Candidate, ...]:
    """The writer's own matters, just reported, that a doubtful emergency without a word of alarm goes on about: the
    water has come to the second floor."""
    if sure >= JOIN_BELOW or scan.mask & ALARM:
        return ()
    same = {matter.ref for matter in context.matters if matter.category == about and not matter.done}
    return tuple(one for one in targets.own(context, "", within=targets.RECENT) if one.ref in same)


def _of_somebody_told(scan: Scan, context: Context) -> tuple[Candidate, ...]:
    """The writer's own matter, just reported, that words for how somebody looks go on about, where nobody is lost:
    35岁，光着膀子 after 有人拿着刀."""
    if scan.has("lost", "wanted", "gone", "away", "seek", "saw") or targets.own(context, "M"):
        return ()
    own = targets.own(context, "", within=targets.RECENT)
    return tuple(own) if own and describes(scan, context) else ()


def _open_alert(context: Context) -> bool:
    quoted = context.quoted is not None and context.quoted.letter == "M"
    return quoted or any(matter.ref.letter == "M" for matter in context.matters)


def _reading(
    text: str, scan: Scan, found: kinds.Judgement, about: str | None, act: Doing, fields: Fields, context: Context
) -> Reading:
    if found.kind is Kind.FOUND and fields.sex:
        fields = replace(fields, sex=find_sex(news(scan)) or fields.sex)
    if found.kind in _OF_ALERTS:
        candidates = targets.merge(
            [c for c in targets.pointed(scan.text, context) if c.ref.letter in ("M", "F")],
            targets.alerts(context, fields),
        )
        if candidates or act.act is not Act.FIXED:  # 人救出来了 is of a lift where nobody is missing
            act = replace(NONE, candidates=candidates)
    return Reading(
        text,
        found.kind,
        found.confidence,
        category=about,
        urgent=_urgent(scan, found.kind, fields),
        fields=fields,
        act=act.act,
        act_confidence=act.confidence,
        candidates=act.candidates,
        satisfied=act.satisfied,
        about_worker=found.kind is Kind.COMPLAINT and _about_official(scan),
    )


def _about_official(scan: Scan) -> bool:
    """Whether a complaint is about the people who would handle it: a grid worker, or an official who is accused."""
    return scan.has("worker") or (scan.has("accuse") and _OFFICIAL.search(scan.text) is not None)


def _urgent(scan: Scan, kind: Kind, fields: Fields) -> bool:
    if kind is Kind.MISSING:
        return not fields.forwarded
    return kind in (Kind.REQUEST, Kind.COMPLAINT) and (grave(scan) or about_to_fall(scan.text))
