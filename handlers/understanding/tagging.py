"""Marks the pieces of a message that are a name, clothes, a place ...: a linear sequence model over its characters.

Each character has a tag: `O`, or for a field its beginning (`B-`) or inside (`I-`). A tag's score at a character is the
sum of the learned weights of what stands there: the characters around it, single and in twos and threes, the classes
of the lexicon's words, and what other rules have found (times, phones, house numbers). Viterbi's algorithm picks the
best row of tags.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, repeat
from operator import add, ge, sub
from pathlib import Path
from string import ascii_letters, digits
from struct import Struct, unpack
from typing import Any, NamedTuple

from handlers.understanding.scan import Scan
from handlers.understanding.words import CLASSES

FILE = Path(__file__).with_name("tagged.txt.gz")
OF_MATTERS = ("place", "duration", "contact_name")
"""What any matter may say; the other fields are of persons."""
FIELDS = (*OF_MATTERS, "name", "clothes", "features", "health", "build", "transport", "direction", "age", "height_cm")
TAGS = ("O", *(f"{side}-{field}" for field in FIELDS for side in "BI"))

ZERO = 1000
"""The code of the character that a weight of 0 is written as; weights are smaller than this."""
LANE = 16
"""Bits of a tag's lane in packed weights; the weights of all templates together do not fill half of it."""
_LANES = Struct(f"<{len(TAGS)}H")
_ZEROS = int.from_bytes(_LANES.pack(*repeat(ZERO, len(TAGS))), "little")
_LIFT = sum(1 << LANE * k + LANE - 1 for k in range(len(TAGS)))
"""Added to a sum, so that each lane holds a positive number."""
_NEVER = -(1 << 60)
_LINE = "\x04"
"""What the end of a line is seen as."""
_BEFORE, _BEHIND = "\x02\x02\x02", "\x03\x03\x03"
_FORM = str.maketrans(digits + ascii_letters, "0" * len(digits) + "a" * len(ascii_letters))

Column = Sequence[str]


class Mark(NamedTuple):
    """Something that another rule has found at text[start:end]; `sign` is one letter."""

    sign: str
    start: int
    end: int


class Piece(NamedTuple):
    """text[start:end] is (part of) the value of a field."""

    field: str
    start: int
    end: int


_FRINGES = {
    "place": (r"[在从到去往]", ""),
    "direction": (r"(?:[往朝向奔]着?|去)", r"(?:的?方向|那边|那头|去了?|走了?)"),
    "clothes": (r"(?:上身|身上|身)?(?:[穿戴着]着?|是)?", ""),
    "health": (r"(?:还?患有?|得了?|有点?)", r"的?毛病"),
    "transport": (r"(?:[骑开坐蹬推乘]着?|一?[辆台])", r"[骑开]走?"),
    "name": (r"(?:名?叫|是)", ""),
    "contact_name": (r"(?:联系人?|找)", ""),
}
"""What stands around the value of a field and is no part of it: 往河边方向 is 河边."""
_EDGES = " \n\t,，、。:：;；的"
_TRIM = {
    field: re.compile(rf"(?:{before})?的?(?P<value>.+?)(?:{behind})?", re.DOTALL)
    for field, (before, behind) in {**dict.fromkeys(FIELDS, ("", "")), **_FRINGES}.items()
}


def trimmed(field: str, text: str) -> str:
    """The value of a field without what stands around it; empty where nothing else is there."""
    match = _TRIM[field].fullmatch(text.strip(_EDGES))
    return match["value"] if match else ""


def columns(scan: Scan, marks: Iterable[Mark]) -> list[Column]:
    """For each template, what it sees at each character of the text."""
    text, n = scan.text.replace("\n", _LINE), len(scan.text)
    form = _BEFORE + text.translate(_FORM) + _BEHIND
    pairs = list(map(add, form, form[1:]))
    threes = list(map(add, pairs, form[2:]))
    return [
        *(form[at : at + n] for at in (3, 2, 4, 1, 5)),
        *(pairs[at : at + n] for at in (2, 3, 1, 4)),
        *(threes[at : at + n] for at in (2, 1, 3)),
        _classes(scan),
        _marked(n, marks),
    ]


def _classes(scan: Scan) -> list[str]:
    column = [""] * len(scan.text)
    for token in scan.tokens:
        inside = f"i{token.mask:x}"
        column[token.start : token.end] = [inside] * (token.end - token.start)
        column[token.start] = f"b{token.mask:x}"
    return column


def _marked(n: int, marks: Iterable[Mark]) -> list[str]:
    column = [""] * n
    for sign, start, end in marks:
        for at in range(start, end):
            column[at] += sign if at > start else sign.upper()
        if end < n:
            column[end] += f"{sign}."
    return column


@dataclass(frozen=True, slots=True)
class Tagger:
    """The weights of what each template may see; all tags' weights are packed in one integer.

    `lean` is what a piece has to score less than nothing to be marked all the same: what was never seen scores nothing.
    """

    lean: int
    tables: tuple[Mapping[str, int], ...]

    def pieces(self, scan: Scan, marks: Iterable[Mark], fields: int = len(FIELDS)) -> list[Piece]:
        """The pieces of a folded text, in their order; none overlaps another. The first so many `fields` are sought."""
        seen = columns(scan, marks)
        packed = (map(table.get, column) for table, column in zip(self.tables, seen, strict=True))
        sums = (sum(filter(None, weights), _LIFT) for weights in zip(*packed, strict=True))
        size, tags = _LANES.size, len(TAGS)
        lanes = b"".join([total.to_bytes(size, "little") for total in sums])
        scores = unpack(f"<{len(lanes) // 2}H", lanes)
        return best_pieces([scores[tag::tags] for tag in range(2 * fields + 1)], self.lean)

    def leading(self, scan: Scan, marks: Iterable[Mark], piece: Piece, most: int = 3) -> list[str]:
        """What spoke most for a piece: characters in and around it, classes of words and marks."""
        first = 2 * FIELDS.index(piece.field) + 1
        spoke: dict[str, int] = {}
        for table, column in zip(self.tables, columns(scan, marks), strict=True):
            for at in range(piece.start, piece.end):
                weights = _LANES.unpack((table.get(column[at], 0) + _LIFT).to_bytes(_LANES.size, "little"))
                tag = first if at == piece.start else first + 1
                spoke[column[at]] = spoke.get(column[at], 0) + weights[tag] - weights[0]
        ranked = sorted(
            ((weight, key) for key, weight in spoke.items() if weight > 0 and key.isprintable()), reverse=True
        )
        return [key for _, key in ranked[:most]]


def _packed(weights: str) -> int:
    return int.from_bytes(weights.encode("utf-16-le"), "little") - _ZEROS  # two bytes a character: a lane


def load(path: Path = FILE) -> Tagger:
    """The tagger of a file that `make train` wrote.

    First its lean and the names of the lexicon's classes, then what each template may see, with its weights.
    Raises ValueError where the lexicon has other classes now.
    """
    head, *lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    lean, *classes = head.split(" ")
    if classes != list(CLASSES):
        raise ValueError(f"{path.name} was learned with other classes of words: run make train")
    tables: list[dict[str, int]] = []
    for line in lines:
        key, tab, weights = line.rpartition("\t")
        if tab:
            tables[-1][key] = _packed(weights)
        else:
            tables.append({})
    return Tagger(int(lean), tuple(tables))


@cache
def tagger() -> Tagger:
    """The tagger that came with this version, read at the first message that needs it."""
    return load()


def best_pieces(scores: Sequence[Sequence[int]], lean: int = 0) -> list[Piece]:
    """The pieces of the row of tags with the best sum of scores (Viterbi's algorithm); an inside follows its own
    beginning or inside only.

    `scores` holds for each tag its score at each character; `lean` is taken from each score of `O`. What a piece gains
    over `O` decides; a field of which no piece gains anything is left out at once, as most are.
    """
    outside = [score - lean for score in scores[0]]
    alone: list[Piece] = []
    fields: list[str] = []
    begins: list[list[int]] = []
    goes: list[list[int]] = []
    for field, begin, go in zip(FIELDS, scores[1::2], scores[2::2], strict=False):
        begin, go = list(map(sub, begin, outside)), list(map(sub, go, outside))
        if spans := _spans(begin, go):
            alone += [Piece(field, *span) for span in spans]
            fields.append(field)
            begins.append(begin)
            goes.append(go)
    alone.sort(key=_start)
    if all(piece.end <= behind.start for piece, behind in pairwise(alone)):
        return alone  # none is in another's way
    return _traced(fields, _steps(begins, goes))


def _start(piece: Piece) -> int:
    return piece.start


def _spans(begin: Sequence[int], go: Sequence[int]) -> list[tuple[int, int]]:
    """Where the pieces of one field stand that gain most."""
    top, inside, start = 0, _NEVER, 0
    chain: _Chain | None = None
    before: _Chain | None = None
    for at, (gain, further) in enumerate(zip(begin, go, strict=True)):
        inside += further
        if top + gain >= inside:
            inside, start, before = top + gain, at, chain
        if inside > top:
            top, chain = inside, (before, (start, at + 1))
    spans = []
    while chain is not None:
        chain, span = chain
        spans.append(span)
    return spans


_Chain = tuple[Any, tuple[int, int]]
"""The last of some spans, behind the chain of those before it."""


def _steps(begins: Sequence[Sequence[int]], goes: Sequence[Sequence[int]]) -> list[tuple[int | None, list[bool]]]:
    """For each character the field of the best row of tags up to it, and whether a piece of each field begins there."""
    top, inside = 0, [_NEVER] * len(begins)
    steps: list[tuple[int | None, list[bool]]] = []
    for begin, go in zip(zip(*begins, strict=True), zip(*goes, strict=True), strict=True):
        begun = [top + gain for gain in begin]
        going = list(map(add, inside, go))
        inside = list(map(max, begun, going))
        best, field = max(inside), None
        if best > top:
            top, field = best, inside.index(best)
        steps.append((field, list(map(ge, begun, going))))
    return steps


def _traced(fields: Sequence[str], steps: Sequence[tuple[int | None, list[bool]]]) -> list[Piece]:
    """The pieces, from the best field (or none) at each character and whether a piece of each field begins there."""
    pieces: list[Piece] = []
    inside: int | None = None
    end = 0
    for at in range(len(steps) - 1, -1, -1):
        best, begins = steps[at]
        if inside is None and best is not None:
            inside, end = best, at + 1
        if inside is not None and begins[inside]:
            pieces.append(Piece(fields[inside], at, end))
            inside = None
    return pieces[::-1]


def tags_of(pieces: Iterable[Piece], length: int) -> list[int]:
    """The tags of a text of so many characters with these pieces."""
    tags = [0] * length
    for field, start, end in pieces:
        first = 2 * FIELDS.index(field) + 1
        tags[start:end] = [first] + [first + 1] * (end - start - 1)
    return tags
