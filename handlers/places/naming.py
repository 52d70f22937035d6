"""Which area people mean: 全镇, 本格, 柳树村, 柳树村一格, a code, or part of a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlmodel import col

from handlers.matters import Refusal
from handlers.refs import fold
from handlers.turn import WORKERS, Turn
from handlers.understanding.numerals import CN, number
from storage.areas import Area, area_line, below

SUGGESTIONS = 5
SIMILAR = 45
"""Likeness (0..100) from which a name is offered instead of an unknown one."""

ALMOST = 60
"""Likeness from which what ends like a place is one misspelt: one character of three."""
LONGEST_NAME = 24

_PLACE = re.compile(r"[^\s、，,]{1,7}?(?:社区|街道|[村格镇乡组])")
_KINDS = (("grid", "网格"), ("village", "村居"), ("town", "镇乡街"), ("district", "区县市旗"))
_RELATIVE = re.compile(r"(?:全|本|我们?|咱们?)(镇街|街道|村居|社区|网格|[区县市旗镇乡街村居格])")
_NUMBER = re.compile(f"{CN}+")
_BARE = re.compile(r"\d+格")
_SPACE = re.compile(r"[\s“”\"'《》「」]+")


@dataclass(frozen=True, slots=True)
class _Named:
    id: int
    code: str
    name: str
    level: int
    path: str


def plain(words: str) -> str:
    """A name as it is compared: no spaces, numbers as digits, 第一网格 = 一号格 = 1格."""
    text = _SPACE.sub("", fold(words)).upper()
    text = _NUMBER.sub(lambda found: str(value) if (value := number(found[0])) is not None else found[0], text)
    return re.sub(r"第?(\d+)号?网?格", r"\1格", text)


async def area_by_words(turn: Turn, words: str) -> Area:
    """The area that these words name for this speaker, here; Refusal with suggestions when none or several do."""
    area = await find_area(turn, words)
    if area is None:
        raise await unknown_area(turn, words)
    return area


async def find_area(turn: Turn, words: str) -> Area | None:
    """As `area_by_words`, but None for words that name no area; Refusal when they name several."""
    area = await relative_area(turn, words)
    if area is not None:
        return area
    names = await _Names.load(turn)
    found = names.choose(names.exact(words), words) or names.choose(names.partial(words), words)
    return await _get(turn, found) if found else None


async def area_at_start(turn: Turn, text: str) -> tuple[Area, str] | None:
    """The area that a text begins with, and what follows it; None if it begins with none."""
    if match := _RELATIVE.match(text):
        area = await relative_area(turn, match[0])
        if area is not None:
            return area, _after(text, match.end())
    names = await _Names.load(turn)
    for end in _ends_of_words(text):
        if found := names.choose(names.exact(text[:end]), text[:end]):
            return await _get(turn, found), _after(text, end)
    if found := names.prefix(text):
        return await _get(turn, found), _after(text, len(found.name))
    first = text[: _ends_of_words(text)[-1]]
    if found := names.choose(names.partial(first), first):
        return await _get(turn, found), _after(text, len(first))
    return None


async def longest_area(turn: Turn, text: str, within: Callable[[str], bool]) -> tuple[Area, int] | None:
    """The area with the longest name that a text begins with, gap or not, and that name's length; None if none.

    Of several called the same, one whose path is `within` comes first.
    """
    names = await _Names.load(turn)
    for end in range(min(len(text), LONGEST_NAME), 1, -1):
        words = text[:end]
        if words.isascii() or not (found := names.exact(words)):
            continue
        if chosen := names.choose([row for row in found if within(row.path)] or found, words):
            return await _get(turn, chosen), end
    return None


async def nearly_at_start(turn: Turn, text: str, within: Callable[[str], bool]) -> str | None:
    """The name `within` whose first two characters, or most, a text begins with; None for other words."""
    names = await _Names.load(turn)
    return names.meant(text, within)


async def unknown_area(turn: Turn, words: str) -> Refusal:
    """What to answer to a name that is no area: names near it."""
    return (await _Names.load(turn)).unknown(words)


def is_relative(words: str) -> bool:
    """Whether these words begin like 全镇 or 本格."""
    return bool(_RELATIVE.match(words.strip()))


async def full_name(turn: Turn, area: Area) -> str:
    """The name, with the one above it where it is only a number: 柳树村一格."""
    line = await area_line(turn.session, area) if _BARE.fullmatch(plain(area.name)) else []
    return f"{line[1].name}{area.name}" if len(line) > 1 else area.name


def _ends_of_words(text: str) -> list[int]:
    """Where the first two words end and where the first ends (two words may name one area: 柳树村 一格)."""
    ends = [found.start() for found in re.finditer(r"[\s:：,，]+", text)][:2]
    return sorted({*ends, *([len(text)] if len(ends) < 2 else [])}, reverse=True)


def _after(text: str, end: int) -> str:
    return text[end:].lstrip(" \t\r\n:：,，、")


async def _get(turn: Turn, found: _Named) -> Area:
    area = await turn.session.get(Area, found.id)
    assert area is not None
    return area


async def relative_area(turn: Turn, words: str) -> Area | None:
    """全镇, 本村, 本格 and the like, seen from the speaker; None for other words, Refusal when it is not clear."""
    match = _RELATIVE.fullmatch(_SPACE.sub("", fold(words)))
    if not match:
        return None
    level = level_named(turn, match[1])
    if level is None:
        raise Refusal(f"这里没有“{match[1]}”这一级，请写区域的名称。")
    own = await _at_level(turn, level, turn.me.areas)
    here = await _at_level(turn, level, [turn.here.area.path] if turn.here.area else [])
    if len(own) == 1:
        return own[0]
    for area in here:
        if not own or area in own:
            return area
    inside = own or await _inside(turn, level)
    if len(inside) == 1:
        return inside[0]
    names = "、".join(area.name for area in inside[:SUGGESTIONS])
    raise Refusal(f"“{words.strip()}”不止一个，请写名称，如：{names}。" if names else "请写区域的名称，如“柳树村”。")


def level_named(turn: Turn, token: str) -> int | None:
    """The level (from 0 at the root) that a word like 村, 社区 or 网格 means; None if there is none here."""
    levels = turn.rules.levels
    if token in levels:
        return levels.index(token)
    kind = _kind(token)
    if kind == "town":
        return levels.index(turn.rules.town_level) if turn.rules.town_level in levels else None
    fitting = [index for index, name in enumerate(levels) if _kind(name) == kind]
    if not fitting:
        return len(levels) - 1 if kind == "grid" else None
    return fitting[-1] if kind == "grid" else fitting[0]


def _kind(name: str) -> str | None:
    """What sort of level a level's name tells: 村社区 is a village, although it contains 区."""
    short = name.replace("社区", "村").replace("街道", "街")
    return next((kind for kind, signs in _KINDS if any(sign in short for sign in signs)), None)


async def _at_level(turn: Turn, level: int, paths: Iterable[str]) -> list[Area]:
    """The areas of a level that stand above (or at) these."""
    ids = {int(part) for path in paths for part in path.strip("/").split("/") if part}
    query = select(Area).where(col(Area.id).in_(ids), Area.level == level).order_by(col(Area.id))
    return list((await turn.session.scalars(query)).all())


async def _inside(turn: Turn, level: int) -> list[Area]:
    """The areas of a level below the speaker's own."""
    found: dict[int, Area] = {}
    for path in turn.me.areas:
        query = select(Area).where(below(path), Area.level == level).order_by(col(Area.id)).limit(SUGGESTIONS + 1)
        found |= {area.id or 0: area for area in await turn.session.scalars(query)}
    return list(found.values())


class _Names:
    """All names of areas, compared in memory: a district has some thousand, and commands are rare."""

    def __init__(self, rows: Sequence[_Named], reach: Sequence[str], here: str) -> None:
        self._rows = rows
        self._reach = reach
        self._here = here
        self._plain = {row.id: plain(row.name) for row in rows}

    @classmethod
    async def load(cls, turn: Turn) -> _Names:
        query = select(col(Area.id), col(Area.code), col(Area.name), col(Area.level), col(Area.path))
        rows = [_Named(*row) for row in await turn.session.execute(query.order_by(col(Area.level), col(Area.id)))]
        reach = [held.path for held in turn.me.roles if held.role in WORKERS]
        return cls(rows, reach, turn.here.area.path if turn.here.area else "")

    def exact(self, words: str) -> list[_Named]:
        """Those with this code or name, or this name after names of areas above."""
        wanted, code = plain(words), _SPACE.sub("", fold(words)).upper()
        if not wanted:
            return []
        return [
            row
            for row in self._rows
            if row.code.upper() == code
            or self._plain[row.id] == wanted
            or (wanted.endswith(self._plain[row.id]) and self._led_by(row, wanted[: -len(self._plain[row.id])]))
        ]

    def _led_by(self, row: _Named, lead: str) -> bool:
        """Whether `lead` is made of the names of areas above this one."""
        for part in row.path.strip("/").split("/")[:-1]:
            lead = lead.replace(self._plain.get(int(part), "") or "\0", "", 1)
        return not lead

    def partial(self, words: str) -> list[_Named]:
        """Those whose name contains these words."""
        wanted = plain(words)
        return [row for row in self._rows if wanted in self._plain[row.id]] if len(wanted) > 1 else []

    def prefix(self, text: str) -> _Named | None:
        """The one with the longest name that the text begins with, without a space after it."""
        found = [row for row in self._rows if text.startswith(row.name)]
        if not found:
            return None
        name = max((row.name for row in found), key=len)
        return self.choose([row for row in found if row.name == name], name)

    def meant(self, text: str, within: Callable[[str], bool]) -> str | None:
        """The first (highest) name that the beginning of a text may stand for, cut short or misspelt."""
        rows = [row for row in self._rows if within(row.path)]
        first = _PLACE.match(text)
        for row in rows:
            if self._plain[row.id].startswith(plain(text)[:2]) or (first and fuzz.ratio(first[0], row.name) >= ALMOST):
                return row.name
        return None

    def choose(self, found: Sequence[_Named], words: str) -> _Named | None:
        """The one meant: within the speaker's reach first, then near this chat; Refusal if that leaves several."""
        if not found:
            return None
        near = [row for row in found if any(row.path.startswith(path) for path in self._reach)] or list(found)
        near = _topmost(near)
        if len(near) > 1 and self._here:
            closest = max(_shared(row.path, self._here) for row in near)
            near = _topmost([row for row in near if _shared(row.path, self._here) == closest])
        if len(near) == 1:
            return near[0]
        names = "、".join(self._shown(row) for row in near[:SUGGESTIONS])
        raise Refusal(f"叫“{words.strip()[:20]}”的有 {len(near)} 处：{names}。请写全。")

    def _shown(self, row: _Named) -> str:
        """The name, led by the one above it where others are called the same."""
        alike = list(self._plain.values()).count(self._plain[row.id]) > 1
        above = row.path.strip("/").split("/")[-2:-1]
        parents = [one.name for one in self._rows if alike and [str(one.id)] == above]
        return f"{''.join(parents)}{row.name}"

    def unknown(self, words: str) -> Refusal:
        """One line with the names that look most like it."""
        reachable = [row for row in self._rows if any(row.path.startswith(path) for path in self._reach)]
        rows = reachable or list(self._rows)
        names = {row.id: self._plain[row.id] for row in rows}
        alike = process.extract(plain(words), names, scorer=fuzz.ratio, limit=SUGGESTIONS, score_cutoff=SIMILAR)
        by_id = {row.id: row for row in rows}
        near = [self._shown(by_id[key]) for _, _, key in alike]
        some = [self._shown(row) for row in rows[:SUGGESTIONS]]
        if near:
            ask = f"您要的是不是：{'、'.join(near)}？"
        else:
            ask = f"可以写：{'、'.join(some)}。" if some else "还没有导入区划。"
        return Refusal(f"没有叫“{words.strip()[:20]}”的区域。{ask}")


def _topmost(rows: Sequence[_Named]) -> list[_Named]:
    """Only the one that holds all others, if there is one: 柳树 means 柳树村, not its grids."""
    first = min(rows, key=lambda row: len(row.path))
    return [first] if all(row.path.startswith(first.path) for row in rows) else list(rows)


def _shared(path: str, other: str) -> int:
    """How many areas two paths have in common, from the root."""
    count = 0
    for one, two in zip(path.strip("/").split("/"), other.strip("/").split("/"), strict=False):
        if one != two:
            break
        count += 1
    return count
