"""What a message says of a person: name, age, looks, health and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from handlers.understanding import garments
from handlers.understanding.found import Found
from handlers.understanding.looks import has_phone, height_at, heights_said, is_depth
from handlers.understanding.model import Kind
from handlers.understanding.names import nobody, surname
from handlers.understanding.people import IN_YEARS, LIKELY_YEARS, Age, age_at, age_of_birth, find_sex
from handlers.understanding.persons import REGIONS, forwarded
from handlers.understanding.pieces import denied, first_of, stated, value_of, values_of
from handlers.understanding.placing import MET
from handlers.understanding.scan import BIT, Scan
from handlers.understanding.tagging import Piece, trimmed

LONGEST_NAME = 4
"""Characters of a name without dots; what is longer holds more than a name: 家有老父尹守田."""
MOST_PIECES = 6
"""Marks, or illnesses, of one person that are told apart."""
_OWN_AGE = re.compile(r"(?:我|俺|本人)(?:今年|都|已经|快|也|才|是)*$")
"""Before the age of who writes: 我今年40岁，我儿子6岁."""
_MIND = re.compile(r"智[力商][^,，。\s]{0,6}$|(?:怀孕|身孕|孕期|怀了?|孕)[^,，。]{0,3}$")
"""Before the age of a mind, or of the unborn: 智力像七八岁, 怀孕7个月."""
_LED = re.compile(r"(?:[带抱领牵背](?:着|走|了|上){1,2}|[跟和]着?)(?:一?个|[俩他她我的])*$")
"""Before the age of somebody who is with the missing: 带走了2岁的侄子."""
_MINE = re.compile(r"(?:我|俺|我的)$")
_TITLED = re.compile(r"(?:奶奶|爷爷|大[爷妈娘叔伯姐哥]|阿[姨婆公]|[姨婶叔伯]|师傅|老师)$")
_OWNS = re.compile(
    r"[她他]?家?的?(?:老?[爸妈爹娘]|父亲|母亲|爷爷|奶奶|公公|婆婆|儿子|女儿|闺女|孙子|孙女|老公|老婆|媳妇|老伴)"
)
_OF_PERSON = re.compile(r"[,，、 :：(（]*[男女](?![一-鿿])")
"""Behind the name of whom a report is about."""
_BYNAME = re.compile(r"(?:小名|乳名|外号|绰号|网名|人称|诨名)[:： 叫是]{0,2}$")
_NO_PHONE = BIT["nophone"]
_KIN_OF_STRAY = re.compile(
    r"(?:女儿|儿子|闺女|妈妈?|爸爸?|老伴|老婆|老公|家人|媳妇|爷爷|奶奶|[孙侄][子女]|哥哥?|姐姐?)名?字?[叫是]$"
)
"""Before the name of somebody else, whom a lost person tells of: 只记得女儿叫秀梅."""
_TITLES = re.compile(r"(?<=大)[爷妈娘叔伯婶姐哥嫂舅姨]")
"""What ends a name that seems to end before: 李大爷."""
_MAKE = re.compile(
    r"(?:车|摩托|三轮)(?:是|为|[:：])(?:一?[辆台])?"
    r"(?P<make>(?:[红橙黄绿青蓝紫黑白灰粉棕银金]色?|[深浅][一-鿿]色?)[一-鿿A-Za-z\d]{2,5})(?:的)?(?=[,，。\s]|$)"
    r"|(?P<beside>(?:[红橙黄绿青蓝紫黑白灰粉棕银金深浅]{1,2}色)[一-鿿A-Za-z\d]{2,5}?)[,，(（\s]?(?:车?牌号?)?[:：是]?"
    r"(?=[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-Z0-9]{5})"
)
"""A vehicle by its make, which says more than its kind: 电动车是红色雅迪; 银色卡罗拉川A5R77X."""
_DRIVEN = re.compile(r"(?:车|摩托|三轮)[是为:：]|[A-Z][·. ]?[A-Z0-9]{5}")
"""What a text must hold to tell a vehicle's make so."""
_NO_NAME_ON = re.compile(r"[(（,，、/|]|小朋友")


def _worn(text: str, pieces: Mapping[str, Sequence[Piece]]) -> str | None:
    """The garments that are told of one after the other, unless a later one corrects the first."""
    known = [one for one in pieces.get("clothes", ()) if value_of(text, one)]
    told = stated(text, [(one.start, one) for one in known])
    if told is None:
        return None
    others = (one.start for name, those in pieces.items() if name != "clothes" for one in those)
    until = min((start for start in others if start >= told.end), default=len(text))
    end = garments.last(text, told.end, until)
    for one in known:
        if one.start >= end and garments.goes_on(text[end : one.start]):
            end = garments.last(text, one.end, until)
    return value_of(text, told._replace(end=end))


_NO_NAME = re.compile(rf"[@\n]|^(?:{REGIONS})..|^老[打骂说问催吵闹叫响坏漏停找看来去往是在不没爱想要让给被]$")
"""Of whom others are called by, of two lines, and of what somebody always does (骗子老打) no name is made."""


def _name(text: str, kind: Kind, pieces: Sequence[Piece], found: Found) -> str | None:
    """Whose name it is: what the tagger takes for one, else what has the shape of one; a byname only for want of it."""
    likely = [(one.start, one.end) for one in pieces if not _owner(text, one)] or found.named
    likely = [
        _whole(found.named, span) for span in likely if not any(a < span[1] and span[0] < b for a, b in found.callees)
    ]
    if kind in MET:
        likely = [one for one in likely if not _KIN_OF_STRAY.search(text, max(0, one[0] - 6), one[0])]
    real = [span for span in likely if not _BYNAME.search(text, max(0, span[0] - 5), span[0])]
    told = sorted(real or likely, key=lambda span: _OF_PERSON.match(text, span[1]) is None)
    told = [(_past_role(text, start), _cut(text, start, end)) for start, end in told]
    named = (value for start, end in told if len(value := trimmed("name", text[start:end])) > 1)
    return next((value for value in named if not nobody(value) and not _NO_NAME.search(value)), None) or surname(text)


_ROLE = re.compile(r"[侄孙]儿|[弟儿]媳|[妻内]弟|[党学队社]员|孩子|儿子|老[班连排]长")


def _past_role(text: str, start: int) -> int:
    """Where a name begins that seems to begin within the word for whose it is: 侄儿思源."""
    match = _ROLE.search(text, max(0, start - 2), start + 2)
    return match.end() if match and match.start() < start < match.end() else start


def _whole(shapes: Sequence[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int]:
    """The shape of a name that a piece lies in (买买提·艾力 around 艾力), or that lies in a long piece."""
    inside = span[1] - span[0] > LONGEST_NAME
    return next(
        (
            one
            for one in shapes
            if (one[0] <= span[0] and span[1] <= one[1]) or (inside and span[0] <= one[0] and one[1] <= span[1])
        ),
        span,
    )


def _owner(text: str, piece: Piece) -> bool:
    """王姨她爸, 王奶奶 老伴: the name is of somebody whose relative it is."""
    if _OWNS.match(text, piece.end) is not None or text[piece.end - 1] in "她他":
        return True
    titled = _TITLED.search(text, piece.start, piece.end) is not None
    return titled and text[piece.end : piece.end + 1] in (" ", ",", "，") and bool(_OWNS.match(text, piece.end + 1))


def _cut(text: str, start: int, end: int) -> int:
    """Where a name ends: not within a title (李大爷), nor behind what is put in brackets or a word for a child."""
    title = _TITLES.match(text, end)
    if title:
        return title.end()
    match = _NO_NAME_ON.search(text, start + 1, end)
    return match.start() if match else end


def _ages(text: str, figures: Mapping[int, int]) -> list[tuple[int, Age]]:
    return [
        (start, age)
        for start, end in sorted(figures.items())
        if not _MIND.search(text, max(0, start - 9), start) and (age := age_at(text, start, end))
    ]


def _likely(text: str, found: Found) -> Iterator[tuple[int, int]]:
    for match in LIKELY_YEARS.finditer(text):
        start, end = match.span("said") if match["said"] else match.span()
        if not any(a < end and start < b for a, b in found.taken):
            yield start, end


def _health(text: str, pieces: Mapping[str, Sequence[Piece]]) -> str | None:
    """The illnesses that are told and not denied."""
    return _list(text, {"health": [one for one in pieces.get("health", ()) if not denied(text, one)]}, "health")


def _closest(values: Sequence[str]) -> str | None:
    """The first value, or a later one that says more of the same thing: 电动车 ... 黑色爱玛电动车."""
    return next((one for one in values[1:] if one.endswith(values[0])), values[0]) if values else None


def _make(text: str) -> str | None:
    match = _MAKE.search(text) if _DRIVEN.search(text) else None
    return match[match.lastgroup or 0] if match else None


def _list(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> str | None:
    return "、".join(values_of(text, pieces, field)[:MOST_PIECES]) or None


_OCLOCK = re.compile(r"\d?\s*(?:点|[:：]\d)")
"""After the figures of an hour, which are no age: 穿红棉袄，11点走的."""


def fields_of_person(
    scan: Scan, kind: Kind, pieces: Mapping[str, Sequence[Piece]], found: Found, today: date
) -> dict[str, Any]:
    """The fields that only a message about a person has; those of which it says nothing are None."""
    text = scan.text
    figures = {
        one.start: one.end
        for one in pieces.get("age", ())
        if not _OCLOCK.match(text, one.end) and not any(a < one.end and one.start < b for a, b in found.taken)
    }
    figures |= {match.start(): match.end() for match in IN_YEARS.finditer(text)}
    ages = _ages(text, figures) or _ages(text, dict(_likely(text, found)))
    theirs = [one for one in ages if not _OWN_AGE.search(text, max(0, one[0] - 6), one[0])]
    if any(_LED.search(text, max(0, one[0] - 8), one[0]) for one in theirs):
        figures |= dict(_likely(text, found))
        apart = [one for one in _ages(text, figures) if not _LED.search(text, max(0, one[0] - 8), one[0])]
        theirs = apart or theirs
    age = stated(text, theirs or ages) or age_of_birth(text, today)
    spans = {one.start for one in pieces.get("height_cm", ())} | heights_said(text)
    heights = [
        (start, cm)
        for start in sorted(spans)
        if not is_depth(text, start)
        and not any(a <= start < b for a, b in found.taken)
        and (cm := height_at(text, start))
    ]
    return {
        "name": _name(text, kind, pieces.get("name", ()), found),
        "sex": find_sex(text),
        "age": age.years if age else None,
        "age_precision": "about" if age and age.about else None,
        "height_cm": stated(text, heights),
        "build": first_of(text, pieces, "build"),
        "clothes": _worn(text, pieces),
        "features": _list(text, pieces, "features"),
        "health": _health(text, pieces),
        "transport": _make(text) or _closest(values_of(text, pieces, "transport")),
        "direction": first_of(text, pieces, "direction"),
        "has_phone": has_phone(
            text, any(not _MINE.search(text, max(0, token.start - 2), token.start) for token in scan.of(_NO_PHONE))
        ),
        "forwarded": True if kind is Kind.MISSING and forwarded(text) else None,
    }
