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

from handlers.understanding.extract import find_all
from handlers.understanding.looks import HEIGHT_FIGURE, height_at
from handlers.understanding.normal import fold
from handlers.understanding.people import AGE_FIGURE, age_at
from handlers.understanding.scan import Scan
from handlers.understanding.tagging import FIELDS, TAGS, ZERO, best_pieces, columns, tags_of, trimmed
from handlers.understanding.words import CLASSES

ROUNDS = 10
SPLIT = 4
LEAST = 2
"""How many characters must see the same for it to count."""
LEAN = 13
"""See `Tagger.lean`, in the units of training; chosen on files that were left out of it, where as many pieces of a
field were then found as there are."""

LIGHTEST = 2.0
"""The least that the greatest weight of a key is, for it to be written."""
LANE = 48
"""Bits of a tag's lane while weights are summed up; the sums stay far below 2 ** 46."""
_ONE = tuple(1 << LANE * k for k in range(len(TAGS)))
_HALF = 1 << LANE - 2
_LIFT = sum(_HALF << LANE * k for k in range(len(TAGS)))
_MASK = (1 << LANE) - 1
_PARTS = re.compile("[、,，;；]")
_CLAUSE = re.compile(r"[^,，。!！?？;；\n]+")
_OF_AGE = re.compile(r"周?岁|个(?:多)?月|[多来几](?:岁|了|的)|睡|碎")

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text as the templates see it, and the right tag of each of its characters."""

    keys: Sequence[Sequence[Key]]
    tags: Sequence[int]


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
                if tags[start] == 0 or tags[start] % 2:
                    yield _seen(clause[0], tags[start:end])


def _seen(text: str, tags: Sequence[int]) -> Tagged:
    seen = columns(Scan(text), find_all(text).marks)
    return Tagged([[(k, column[at]) for k, column in enumerate(seen)] for at in range(len(tags))], tags)


def right_tags(text: str, fields: Mapping[str, Any]) -> list[int] | None:
    """The tags of a folded text's characters; None where a field's value does not stand in the text."""
    tags = [0] * len(text)
    for number, name in enumerate(FIELDS):
        value, tag = fields.get(name), 2 * number + 1
        if value is None:
            continue
        if name in _FIGURES:
            span = _FIGURES[name](text, value, tags)
            if span is not None:
                _mark(tags, *span, tag)
            continue
        value = trimmed(name, fold(value))
        for part in [value] if value in text else _PARTS.split(value):
            start = _free(tags, text, part)
            if part and start is None:
                return None
            if part and start is not None:
                _mark(tags, start, start + len(part), tag)
    return tags


def _free(tags: Sequence[int], text: str, part: str) -> int | None:
    start = text.find(part)
    while start >= 0 and any(tags[start : start + len(part)]):
        start = text.find(part, start + 1)
    return None if start < 0 else start


def _mark(tags: list[int], start: int, end: int, tag: int) -> None:
    tags[start:end] = [tag] + [tag + 1] * (end - start - 1)


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


def fit(rows: Sequence[Tagged], rounds: int = ROUNDS, seed: int = 7) -> dict[Key, list[float]]:
    """The weight of each tag for each key that `LEAST` characters of the rows have."""
    rng = random.Random(seed)
    counts = Counter(key for row in rows for there in row.keys for key in there)
    number = {key: i for i, key in enumerate(key for key, count in counts.items() if count >= LEAST)}
    weights = [0] * len(number)
    late = [0] * len(number)  # each change times the step it came at, for the mean over all steps
    order = [([[number[key] for key in there if key in number] for there in row.keys], list(row.tags)) for row in rows]
    step = 0
    for _ in range(rounds):
        rng.shuffle(order)
        for keys, tags in order:
            step += 1
            _learn(keys, tags, weights, late, step)
    pairs = ((key, _lanes(weights[i]), _lanes(late[i])) for key, i in number.items())
    return {key: [w - past / step for w, past in zip(now, then, strict=True)] for key, now, then in pairs if any(then)}


def _learn(keys: Sequence[Sequence[int]], tags: list[int], weights: list[int], late: list[int], step: int) -> None:
    guess = tags_of(
        best_pieces(list(zip(*(_lanes(sum([weights[i] for i in there])) for there in keys), strict=True))), len(tags)
    )
    if guess == tags:
        return
    for there, right, wrong in zip(keys, tags, guess, strict=True):
        if right == wrong:
            continue
        change = _ONE[right] - _ONE[wrong]
        for i in there:
            weights[i] += change
            late[i] += change * step


def _lanes(packed: int) -> list[int]:
    lifted = packed + _LIFT
    return [(lifted >> LANE * k & _MASK) - _HALF for k in range(len(TAGS))]


def write(model: Mapping[Key, Sequence[float]], path: Path) -> None:
    """Writes the tagger's file, in steps of a fraction of the greatest weight; what weighs little is left out."""
    step = max(abs(weight) for weights in model.values() for weight in weights) / (ZERO - 1)
    tables: dict[int, list[str]] = {}
    for (template, key), weights in sorted(model.items()):
        lines = tables.setdefault(template, [f"template {template}"])
        if max(map(abs, weights)) >= LIGHTEST:
            lines.append(f"{key}\t{''.join(chr(ZERO + round(weight / step)) for weight in weights)}")
    head = " ".join([str(round(LEAN / step)), *CLASSES])
    text = "\n".join([head, *(line for _, lines in sorted(tables.items()) for line in lines)])
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
