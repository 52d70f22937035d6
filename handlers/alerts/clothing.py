"""What somebody wears, garment by garment: a correction of one leaves the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.understanding.garments import PART

_ANY_TOP = frozenset(("衣服", "上衣", "衫", "衣"))
"""What any garment of the upper body is called by who does not look closely."""

_COLOUR = re.compile("[红橙黄绿青蓝紫黑白灰粉棕褐咖米银金花]")
_ONLY_COLOUR = re.compile("(?:[深浅大暗淡亮鲜粉]?[红橙黄绿青蓝紫黑白灰粉棕褐咖米银金花]色?){1,3}的?")
_SAID_TO_BE = re.compile(r"^(?:就|应该)?的?是")
"""鞋子是黑布鞋 tells of 黑布鞋."""
_WEARS = re.compile("[穿戴着]")
_GAP = r"\s,，、;；。和"
_GARMENT = re.compile(
    f"[{_GAP}]*(?P<words>[^{_GAP}]*?(?P<noun>{'|'.join(sorted(PART, key=len, reverse=True))}))", re.IGNORECASE
)
_DENIED = re.compile(r"不是(?:穿|戴)?的?(?P<words>[^,，。;；、\s]+?)(?=[,，。;；、\s]|而?是|$)")
_CORRECTS = re.compile(r"不是|不对|错|更正|纠正")


@dataclass(frozen=True, slots=True)
class _Garment:
    words: str
    noun: str

    @property
    def head(self) -> str:
        """裤 of 牛仔裤 and 裤子: what two descriptions of one garment share."""
        return self.noun.removesuffix("子")[-1]

    @property
    def part(self) -> str:
        return PART.get(self.noun, "")

    @property
    def torso(self) -> bool:
        return self.part in ("outer", "inner")

    def tells_more_than(self, other: _Garment) -> bool:
        """灰色夹克 after 灰衣服: one garment of the upper body, with its own name and of no other colour."""
        if not (self.torso and other.noun in _ANY_TOP and self.noun not in _ANY_TOP):
            return False
        return set(_COLOUR.findall(other.words)) <= set(_COLOUR.findall(self.words))


def merged(known: str, said: str, text: str) -> str:
    """What is worn after a message `text` that speaks of the garments `said`.

    A garment takes the place of the one that is denied (不是黑裤子), else of the one with the same head noun, else of
    one that was only called 衣服, else of the only one worn on the same part of the body; what has no place comes last.
    """
    worn = _garments(known)
    if worn and not _garments(said) and _ONLY_COLOUR.fullmatch(said):
        said = _coloured(worn, said, text)
    new = _garments(said)
    corrects = _CORRECTS.search(text) is not None
    if not worn or not new:
        return said if corrects or known in said else f"{known}、{said}"
    denied = [match["words"] for match in _DENIED.finditer(text)]
    kept = list(worn)
    for garment in new:
        if not corrects and any(one.tells_more_than(garment) for one in kept):
            continue
        old = _replaced(garment, kept, denied, corrects)
        if old is None:
            kept.append(garment)
        else:
            kept[kept.index(old)] = garment
    return "、".join(one.words for one in kept)


def _coloured(worn: list[_Garment], colour: str, text: str) -> str:
    """A colour alone (帽子是粉红的) with the garment that the text names, else with the one of the denied colour.

    Where it is of none, what is known stays.
    """
    named = {match["noun"].removesuffix("子")[-1] for match in _GARMENT.finditer(text)}
    denied = {one for match in _DENIED.finditer(text) for one in _COLOUR.findall(match["words"])}
    fits = [one for one in worn if one.head in named] if named else []
    fits = fits or [one for one in worn if denied & set(_COLOUR.findall(one.words))]
    if len(fits) != 1:
        return "、".join(one.words for one in worn)
    worn_by = _WEARS.match(fits[0].words)
    return f"{worn_by[0] if worn_by else ''}{colour.removesuffix('的')}{fits[0].noun}"


def alike(known: str, said: str) -> bool:
    """Whether two people may mean one garment: 灰衣服 and 灰夹克."""
    ours, theirs = _garments(known), _garments(said)
    return any(one.tells_more_than(other) or other.tells_more_than(one) for one in ours for other in theirs)


def _replaced(garment: _Garment, worn: list[_Garment], denied: list[str], corrects: bool) -> _Garment | None:
    gone = [one for one in worn if any(one.words in words or words in one.words for words in denied)]
    same = [one for one in worn if one.head == garment.head]
    beside = [one for one in worn if one.part == garment.part or (corrects and one.torso and garment.torso)]
    vague = [one for one in worn if garment.tells_more_than(one)]
    for some in ([one for one in gone if one in beside], same, vague, beside):
        if len(some) == 1:
            return some[0]
    return same[0] if same else None


def _garments(words: str) -> list[_Garment]:
    return [_Garment(_SAID_TO_BE.sub("", match["words"]), match["noun"]) for match in _GARMENT.finditer(words)]
