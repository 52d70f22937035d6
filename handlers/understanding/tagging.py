"""Marks the pieces of a message that are a name, clothes, a place ...: a linear sequence model over its characters.

Each character has a tag: `O`, or for a field its beginning (`B-`) or inside (`I-`). What a tag gains over `O` at a
character is the sum of the learned weights of what stands there: the runs of one to three characters around it, the
classes of the lexicon's words, and what other rules have found (times, phones, house numbers). Viterbi's algorithm
picks the best row of tags.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from operator import add
from pathlib import Path
from string import ascii_letters, digits
from struct import Struct
from typing import NamedTuple

from handlers.understanding.scan import Scan
from handlers.understanding.words import CLASSES

FILE = Path(__file__).with_name("tagged.txt.gz")
OF_MATTERS = ("place", "duration")
"""What any matter may say; the other fields are of persons."""
FIELDS = (*OF_MATTERS, "name", "clothes", "features", "health", "build", "transport", "direction", "age", "height_cm")
TAGS = tuple(f"{side}-{field}" for side in "BI" for field in FIELDS)
"""The tags that gain or lose against `O`, in the order of their lanes."""

HEARD = {1: range(-2, 3), 2: range(-1, 3), 3: range(3)}
"""At which characters a run of so many characters counts, from its first one on."""
_BACK, _WIDE = 2, 5
"""How far before its first character a run counts, and at how many characters at most."""
_BEFORE, _BEHIND = "\x02" * _BACK, "\x03" * (_WIDE - 1)
_FORM = str.maketrans(
    digits + ascii_letters + "\n\t,;:!?()", "0" * len(digits) + "a" * len(ascii_letters) + "\x04 ，；：！？（）"
)

LANE = 16
"""Bits of a tag's lane in packed weights."""
HEAVIEST = 250
"""The greatest weight, so that all that counts at a character, 14 keys at most, stays in the bounds of `Viterbi`."""
ZERO = 1000
"""The code of the character that a weight of 0 is written as."""
_BLOCK = LANE * len(TAGS)
"""Bits of the lanes of all tags."""
_ONES = sum(1 << LANE * k for k in range(len(TAGS)))
_LIFT = _ONES << LANE - 2
_ALL = (1 << _BLOCK) - 1


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
    "place": (
        r"(?:[在从到去往是由]|住(?=.*\d)|[这那][边里儿](?=..))",
        r"[一二三两四五六七八九十几\d]+[盏根辆台部]|[这那](?:边|里|儿|块儿?)|[也又就]|(?<![成首宜丰武国新京帝])都",
    ),
    "direction": (
        r"(?:估计|可能|大概|也许|好像|应该)?(?:[往朝向奔]着?|拐[进上到]|去|进(?=..))",
        r"(?:的?方向|那边|那头|去了?|走了?)",
    ),
    "clothes": (r"(?:上身|身上|身)?(?:[穿戴着]着?|是)?", ""),
    "health": (
        r"(?:[我俺他她]?(?:儿子|女儿|孩子|弟弟?|妹妹?|哥哥?|姐姐?|爸爸?|妈妈?|爷爷|奶奶|老公|老婆|老伴)(?=..))?(?:还?患有?|得了?|有点?)?",
        r"的?毛病",
    ),
    "transport": (r"(?:[骑开坐蹬推乘]着?|一?[辆台个])", r"[骑开]走?"),
    "name": (
        r"(?:名?叫|是|[吾其家先][父母]亲?(?=.{2})|(?:[小大老二三四幺]?(?:叔|舅|姑|姨|婶|伯|爸|妈|爷|奶|哥|弟|姐|妹)|[老岳]?[父母]亲?|[孙儿]子|[孙侄]女|女儿)(?=.{2}))",
        "",
    ),
}
"""What stands around the value of a field and is no part of it: 往河边方向 is 河边."""
_EDGES = ' \n\t,，、。:：;；的-—|｜/【】[]#“”"'
_TRIM = {
    field: re.compile(rf"(?:{before})?的?(?P<value>.+?)(?:{behind})?", re.DOTALL)
    for field, (before, behind) in {**dict.fromkeys(FIELDS, ("", "")), **_FRINGES}.items()
}


def trimmed(field: str, text: str) -> str:
    """The value of a field without what stands around it; empty where nothing else is there."""
    match = _TRIM[field].fullmatch(text.strip(_EDGES))
    return match["value"] if match else ""


def form_of(text: str) -> str:
    """A folded text as the tagger sees it: any figure is 0, any Latin letter a, marks are wide, and it has margins."""
    return _BEFORE + text.translate(_FORM) + _BEHIND


def heard(form: str, at: int) -> Iterator[tuple[int, str]]:
    """The runs that count at a character of a text, each with where the character is from the run's first one on."""
    for size, places in HEARD.items():
        for place in places:
            start = at - place + _BACK
            yield place, form[start : start + size]


def worded(scan: Scan) -> list[str]:
    """For each character the classes of the lexicon's word it begins or is in; empty where there is none."""
    column = [""] * len(scan.text)
    for token in scan.tokens:
        inside = f"i{token.mask:x}"
        column[token.start : token.end] = [inside] * (token.end - token.start)
        column[token.start] = f"b{token.mask:x}"
    return column


def marked(length: int, marks: Iterable[Mark]) -> list[str]:
    """For each character of a text of this length the marks it begins, is in or follows."""
    column = [""] * length
    for sign, start, end in marks:
        for at in range(start, end):
            column[at] += sign if at > start else sign.upper()
        if end < length:
            column[end] += f"{sign}."
    return column


@dataclass(frozen=True, slots=True)
class Tagger:
    """The weights of runs, of classes and of marks, those of all tags packed in one integer.

    A run's integer holds a block of weights for each of the `_WIDE` characters that may hear it. `lean` is what is
    added to each gain, so that a piece may score less than nothing: what was never seen scores nothing.
    """

    lean: int
    runs: tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int]]
    classes: Mapping[str, int]
    marks: Mapping[str, int]

    def pieces(self, scan: Scan, marks: Iterable[Mark], fields: int = len(FIELDS)) -> list[Piece]:
        """The pieces of a folded text, in their order; none overlaps another. The first so many `fields` are sought."""
        return viterbi(LANE, fields).pieces(self.sums(scan, marks))

    def sums(self, scan: Scan, marks: Iterable[Mark]) -> list[int]:
        """What all tags gain at each character, as `Viterbi` takes it.

        The window holds the characters that the next run may count at; each step the hindmost of them is complete.
        """
        form, n = form_of(scan.text), len(scan.text)
        ones, twos, threes = self.runs
        pairs = list(map(add, form, form[1:]))
        weights = map(
            add,
            map(add, map(ones.get, form, repeat(0)), map(twos.get, pairs, repeat(0))),
            map(threes.get, map(add, pairs, form[2:]), repeat(0)),
        )
        lift = _LIFT + self.lean * _ONES
        fresh = lift << (_WIDE - 1) * _BLOCK
        window = sum(lift << k * _BLOCK for k in range(_WIDE))
        sums = []
        for weight in weights:
            window = (window >> _BLOCK) + weight + fresh
            sums.append(window & _ALL)
        classes = map(self.classes.get, worded(scan), repeat(0))
        signs = map(self.marks.get, marked(n, marks), repeat(0))
        return list(map(add, sums[_WIDE - 1 :], map(add, classes, signs)))

    def leading(self, scan: Scan, marks: Iterable[Mark], piece: Piece, most: int = 3) -> list[str]:
        """What spoke most for a piece: characters in and around it, classes of words and marks."""
        form, classes, signs = form_of(scan.text), worded(scan), marked(len(scan.text), marks)
        first = FIELDS.index(piece.field)
        spoke: dict[str, int] = {}
        for at in range(piece.start, piece.end):
            tag = first if at == piece.start else len(FIELDS) + first
            said = [(run, self.runs[len(run) - 1].get(run, 0), place) for place, run in heard(form, at)]
            said += [(classes[at], self.classes.get(classes[at], 0), -_BACK)]
            said += [(signs[at], self.marks.get(signs[at], 0), -_BACK)]
            for key, weights, place in said:
                spoke[key] = spoke.get(key, 0) + weight_in(weights, place, tag)
        ranked = sorted(
            ((weight, key) for key, weight in spoke.items() if weight > 0 and key.isprintable()), reverse=True
        )
        return [key for _, key in ranked[:most]]


def weight_in(weights: int, place: int, tag: int) -> int:
    """The weight of a tag at one of the characters that hear a run."""
    lifted = weights + sum(_LIFT << k * _BLOCK for k in range(_WIDE))
    return (lifted >> (place + _BACK) * _BLOCK + tag * LANE & ((1 << LANE) - 1)) - (1 << LANE - 2)


def _packed(weights: str, blocks: int) -> Iterator[int]:
    """Rows of so many blocks of weights, written one after the other, each in one integer."""
    lanes = blocks * len(TAGS)
    zeros, size = ZERO * sum(1 << LANE * k for k in range(lanes)), lanes * LANE // 8
    plain = weights.encode("utf-16-le")  # two bytes a character: a lane
    return (int.from_bytes(plain[at : at + size], "little") - zeros for at in range(0, len(plain), size))


def load(path: Path = FILE) -> Tagger:
    """The tagger of a file that `make train` wrote.

    First its lean and the names of the lexicon's classes; then, for the runs of each length, for classes and for marks,
    a line of keys and a line of weights. Raises ValueError where the lexicon has other classes now.
    """
    head, *lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    lean, *classes = head.split(" ")
    if classes != list(CLASSES):
        raise ValueError(f"{path.name} was learned with other classes of words: run make train")
    blocks = [*map(len, HEARD.values()), 1, 1]
    tables = [
        dict(zip(keys.split("\t") if weights else (), _packed(weights, size), strict=True))
        for keys, weights, size in zip(lines[::2], lines[1::2], blocks, strict=True)
    ]
    ones, twos, threes = (
        {run: weights << (places[0] + _BACK) * _BLOCK for run, weights in table.items()}
        for table, places in zip(tables, HEARD.values(), strict=False)
    )
    return Tagger(int(lean), (ones, twos, threes), *tables[3:])


@cache
def tagger() -> Tagger:
    """The tagger that came with this version, read at the first message that needs it."""
    return load()


class Viterbi:
    """Finds the pieces of the row of tags that gains most; an inside follows its own beginning or inside only.

    All fields are gone through at once: what tags gain over `O` at a character is packed in one integer, in lanes of
    so many `bits` in the order of `TAGS`, each lifted by a quarter of its lane and less than a third of that away from
    it. `sought` is how many of the first fields are sought.
    """

    def __init__(self, bits: int, sought: int) -> None:
        self._ones = sum(1 << bits * k for k in range(sought))
        self._bits, self._inside, self._lanes = bits, bits * len(FIELDS), (1 << bits * sought) - 1
        self._packed = Struct(f"<{sought}{'H' if bits == 16 else 'Q'}")

    def pieces(self, sums: Iterable[int]) -> list[Piece]:
        """The pieces of a text whose characters gain these sums, in their order; none overlaps another."""
        return _traced(list(self._steps(sums)), self._bits)

    def _steps(self, sums: Iterable[int]) -> Iterator[tuple[int | None, int]]:
        """For each character the field that the best row up to it ends in, and where a piece of a field begins.

        `best` holds for each field what the best row that ends in it has more than the best of all rows before.
        """
        ones, bits, shift, lanes, packed = self._ones, self._bits, self._inside, self._lanes, self._packed
        lift, spare = ones << bits - 2, ones << bits - 1
        least = lift + ones
        best = lift >> 1  # inside of nothing: worse than any beginning
        for total in sums:
            begin = total & lanes
            go = best + (total >> shift & lanes) - lift
            begins = (begin | spare) - go & spare  # the spare bit stays where a beginning is no worse
            best = go ^ ((begin ^ go) & begins - (begins >> bits - 1))
            field = None
            if (best | spare) - least & spare:
                values = packed.unpack(best.to_bytes(packed.size, "little"))
                most = max(values)
                field = values.index(most)
                best -= (most - (1 << bits - 2)) * ones
            yield field, begins


@cache
def viterbi(bits: int, sought: int = len(FIELDS)) -> Viterbi:
    """The algorithm for lanes of so many bits and so many fields."""
    return Viterbi(bits, sought)


def _traced(steps: list[tuple[int | None, int]], bits: int) -> list[Piece]:
    pieces: list[Piece] = []
    inside: int | None = None
    end = 0
    for at in range(len(steps) - 1, -1, -1):
        field, begins = steps[at]
        if inside is None and field is not None:
            inside, end = field, at + 1
        if inside is not None and begins >> bits * inside + bits - 1 & 1:
            pieces.append(Piece(FIELDS[inside], at, end))
            inside = None
    return pieces[::-1]
