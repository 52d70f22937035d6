"""Fits the tagger by the averaged perceptron (Collins 2002), in plain Python and always alike."""

from __future__ import annotations

import gzip
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.understanding.found import find_all
from handlers.understanding.looks import HEIGHT_FIGURE, height_at
from handlers.understanding.normal import fold
from handlers.understanding.people import AGE_FIGURE, age_at
from handlers.understanding.scan import Scan
from handlers.understanding.tagging import (
    FIELDS,
    HEARD,
    HEAVIEST,
    TAGS,
    ZERO,
    Piece,
    form_of,
    heard,
    marked,
    trimmed,
    viterbi,
    worded,
)
from handlers.understanding.words import CLASSES

ROUNDS = 10
SPLIT = 4
LEAST = 2
"""How many characters must see the same for it to count."""
LEAN = 13
"""See `Tagger.lean`, in the units of training; chosen on files that were left out of it, where as many pieces of a
field were then found as there are."""

LIGHTEST = 4.0
"""The least that the greatest weight of a key is, for it to be written; half of the keys are, and nothing is lost."""
LANE = 64
"""Bits of a tag's lane while weights are summed up; the sums stay far below 2 ** 60."""
_ONES = sum(1 << LANE * k for k in range(len(TAGS)))
_CHANGES = (-_ONES, *(1 << LANE * k for k in range(len(TAGS))))
"""What a change of 1 to `O` (0) or to a tag (from 1 on) is to what the tags gain over `O`."""
_LIFT = _ONES << LANE - 2
_PARTS = re.compile("[、,，;；]")
_CLAUSE = re.compile(r"[^,，。!！?？;；\n]+")
_OF_AGE = re.compile(r"周?岁|个(?:多)?月|[多来几](?:岁|了|的)|睡|碎")

Key = tuple[int | str, str]
"""What counts at a character: a run and how far it is from its first one, or `CLASS` or `MARK` and which."""
CLASS, MARK = "class", "mark"


@dataclass(frozen=True, slots=True)
class Tagged:
    """What counts at each character of a text, and the right tag of each: 0 is `O`, others count from 1."""

    keys: Sequence[Sequence[Key]]
    tags: Sequence[int]


SEEDS = (7, 8, 9)
"""Of the taggers that are fitted in other orders, on other variations: what they learned is averaged."""

COPIES, SWAPPED, SHUFFLED = 2, 0.7, 0.6
"""How often a text is varied, the share of its pieces that are swapped, and of the texts whose clauses change places.
On files that were left out, a third of a hundred more fields were read right with it, and half of a hundred exactly."""

_OF_PERSONS = frozenset(("missing", "sighting", "found", "stray"))


def varied(texts: Sequence[Mapping[str, Any]], seed: int) -> Iterator[Tagged]:
    """The texts of matters as others might have written them: with what other texts say in the same field, and with
    the clauses in another order."""
    rng = random.Random(seed)
    known = [(fold(text["text"]), text) for text in texts]
    marked_ = [(said, _pieces(tags), text["kind"] in _OF_PERSONS) for said, text in known
               if said and (tags := right_tags(said, text.get("fields", {}))) is not None]  # fmt: skip
    values: dict[tuple[str, bool], list[str]] = {}
    for said, pieces, of_person in marked_:
        for piece in pieces:
            values.setdefault((piece.field, of_person), []).append(said[piece.start : piece.end])
    for said, pieces, of_person in marked_ * COPIES:
        if pieces:
            text, tags = _swapped(said, pieces, values, of_person, rng)
            yield _seen(*_reordered(text, tags, rng))


def _pieces(tags: Sequence[int]) -> list[Piece]:
    """The pieces that a row of right tags marks."""
    begins = [at for at, tag in enumerate(tags) if 0 < tag <= len(FIELDS)]
    ends = [
        next((end for end in range(at + 1, len(tags)) if tags[end] != tags[at] + len(FIELDS)), len(tags))
        for at in begins
    ]
    return [Piece(FIELDS[tags[start] - 1], start, end) for start, end in zip(begins, ends, strict=True)]


def _swapped(
    said: str,
    pieces: Sequence[Piece],
    values: Mapping[tuple[str, bool], Sequence[str]],
    of_person: bool,
    rng: random.Random,
) -> tuple[str, list[int]]:
    """A text with most of its pieces in other words; figures stay, as they are told by what they are."""
    text, last, places = "", 0, []
    for piece in pieces:
        stays = piece.field in _FIGURES or rng.random() > SWAPPED
        value = said[piece.start : piece.end] if stays else rng.choice(values[piece.field, of_person])
        text += said[last : piece.start]
        places.append(Piece(piece.field, len(text), len(text) + len(value)))
        text, last = text + value, piece.end
    text += said[last:]
    tags = [0] * len(text)
    for piece in places:
        _mark(tags, piece)
    return text, tags


def _reordered(text: str, tags: list[int], rng: random.Random) -> tuple[str, list[int]]:
    """A text of three clauses or more, some of them in another order; as it is, where a piece runs on past a clause."""
    clauses = [match.span() for match in _CLAUSE.finditer(text)]
    if len(clauses) < 3 or rng.random() > SHUFFLED or any(tags[start] > len(FIELDS) for start, _ in clauses):
        return text, tags
    rng.shuffle(clauses)
    mark = rng.choice("，，， 。")
    joined = [tag for start, end in clauses for tag in (*tags[start:end], 0)]
    return mark.join(text[start:end] for start, end in clauses), joined[:-1]


def mean(models: Sequence[Mapping[Key, Sequence[float]]]) -> dict[Key, list[float]]:
    """What several taggers learned, averaged."""
    nothing = [0.0] * len(TAGS)
    keys = sorted(set().union(*models), key=repr)
    return {
        key: [sum(gains) / len(models) for gains in zip(*(model.get(key, nothing) for model in models), strict=True)]
        for key in keys
    }


def tagged(texts: Iterable[Mapping[str, Any]]) -> Iterator[Tagged]:
    """The texts of matters with their tags, and of one in `SPLIT` each clause by itself, as it comes in later lines."""
    for number, text in enumerate(texts):
        folded = fold(text["text"])
        tags = right_tags(folded, text.get("fields", {})) if folded else None
        if tags is None:
            continue
        yield _seen(folded, tags)
        if number % SPLIT == 0:
            for clause in _CLAUSE.finditer(folded):
                start, end = clause.span()
                if tags[start] <= len(FIELDS):
                    yield _seen(clause[0], tags[start:end])


def _seen(text: str, tags: Sequence[int]) -> Tagged:
    form, scan = form_of(text), Scan(text)
    signs = zip(worded(scan), marked(len(text), find_all(text).marks), strict=True)
    return Tagged([[*heard(form, at), (CLASS, word), (MARK, mark)] for at, (word, mark) in enumerate(signs)], tags)


def right_tags(text: str, fields: Mapping[str, Any]) -> list[int] | None:
    """The tags of a folded text's characters; None where a field's value does not stand in the text."""
    tags = [0] * len(text)
    for name in FIELDS:
        value = fields.get(name)
        if value is None:
            continue
        if name in _FIGURES:
            span = _FIGURES[name](text, value, tags)
            if span is not None:
                _mark(tags, Piece(name, *span))
            continue
        value = trimmed(name, fold(value))
        for part in [value] if value in text else _PARTS.split(value):
            start = _free(tags, text, part)
            if part and start is None:
                return None
            if part and start is not None:
                _mark(tags, Piece(name, start, start + len(part)))
    return tags


def _free(tags: Sequence[int], text: str, part: str) -> int | None:
    start = text.find(part)
    while start >= 0 and any(tags[start : start + len(part)]):
        start = text.find(part, start + 1)
    return None if start < 0 else start


def _mark(tags: list[int], piece: Piece) -> None:
    begin = 1 + FIELDS.index(piece.field)
    tags[piece.start : piece.end] = [begin] + [begin + len(FIELDS)] * (piece.end - piece.start - 1)


def _age_span(text: str, years: float, tags: Sequence[int]) -> tuple[int, int] | None:
    taken = find_all(text).taken
    found = []
    for match in AGE_FIGURE.finditer(text):
        start, end = match.span()
        age = age_at(text, start, end)
        if age is None or age.years != years or any(tags[start:end]) or any(a < end and start < b for a, b in taken):
            continue
        found.append((_OF_AGE.match(text, end) is None, start, end))
    return min(found)[1:] if found else None


def _height_span(text: str, height: int, tags: Sequence[int]) -> tuple[int, int] | None:
    for match in HEIGHT_FIGURE.finditer(text):
        if height_at(text, match.start()) == height and not any(tags[match.start() : match.end()]):
            return match.span()
    return None


_FIGURES: dict[str, Callable[[str, Any, Sequence[int]], tuple[int, int] | None]] = {
    "age": _age_span,
    "height_cm": _height_span,
}


def fit(rows: Sequence[Tagged], seed: int, rounds: int = ROUNDS) -> dict[Key, list[float]]:
    """What each tag gains over `O` from each key that `LEAST` characters of the rows have."""
    rng = random.Random(seed)
    counts = Counter(key for row in rows for there in row.keys for key in there)
    known = sorted((-count.bit_length(), repr(key), key) for key, count in counts.items() if count >= LEAST)
    number = {key: i for i, (_, _, key) in enumerate(known)}  # frequent ones first: they are read from one place then
    weights = [0] * len(number)
    late = [0] * len(number)  # each change times the step it came at, for the mean over all steps
    order = [([[number[key] for key in there if key in number] for there in row.keys], list(row.tags)) for row in rows]
    step = 0
    for _ in range(rounds):
        rng.shuffle(order)
        for keys, tags in order:
            step += 1
            _learn(keys, tags, weights, late, step)
    learned = ((key, _gains(weights[i]), _gains(late[i])) for key, i in number.items() if late[i])
    return {key: [w - past / step for w, past in zip(now, then, strict=True)] for key, now, then in learned}


def _learn(keys: Sequence[Sequence[int]], tags: list[int], weights: list[int], late: list[int], step: int) -> None:
    guess = [0] * len(tags)
    for piece in viterbi(LANE).pieces(sum([weights[i] for i in there], _LIFT) for there in keys):
        _mark(guess, piece)
    if guess == tags:
        return
    for there, right, wrong in zip(keys, tags, guess, strict=True):
        if right == wrong:
            continue
        change = _CHANGES[right] - _CHANGES[wrong]
        for i in there:
            weights[i] += change
            late[i] += change * step


def _gains(packed: int) -> list[int]:
    lifted = packed + (_ONES << LANE - 1)
    return [(lifted >> LANE * k & (1 << LANE) - 1) - (1 << LANE - 1) for k in range(len(TAGS))]


def write(model: Mapping[Key, Sequence[float]], path: Path) -> None:
    """Writes the tagger's file, in steps of a fraction of the greatest gain; what weighs little is left out.

    After the head a line of keys and one of weights for the runs of each length, for classes, and for marks.
    """
    step = max(abs(gain) for gains in model.values() for gain in gains) / HEAVIEST
    said: dict[str, dict[str, dict[int, str]]] = {part: {} for part in (*map(str, HEARD), CLASS, MARK)}
    for (place, key), gains in model.items():
        if max(map(abs, gains)) >= LIGHTEST:
            block = "".join(chr(ZERO + round(gain / step)) for gain in gains)
            part, at = (str(len(key)), place) if isinstance(place, int) else (place, 0)
            said[part].setdefault(key, {})[at] = block
    lines = [" ".join([str(round(LEAN / step)), *CLASSES])]
    none = chr(ZERO) * len(TAGS)
    for part, keys in said.items():
        places = HEARD[int(part)] if part.isdigit() else range(1)
        rows = ["".join(blocks.get(at, none) for at in places) for blocks in keys.values()]
        lines += ["\t".join(keys), "".join(rows)]
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
