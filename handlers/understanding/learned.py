"""What was learned from the training texts: linear models over runs of characters, word classes and signs.

A weight is a small whole number, and the weights of one feature for all labels are packed into one integer, so that
adding up a message's features is one addition each. The file is written by `make train`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from math import exp, sqrt
from operator import add
from pathlib import Path
from struct import unpack

from handlers.understanding.scan import BIT
from handlers.understanding.shapes import MAX_SHAPE

FILE = Path(__file__).with_name("learned.txt")
LANE = 4
"""Bytes of a label's lane in a packed weight."""
ZERO = 80
"""The character (P) that a weight of 0 is written as; 48 to 111 are -32 to 31."""


@cache
def classes(mask: int) -> tuple[str, ...]:
    """The word classes of a message's mask, alone and two by two."""
    names = [name for name, bit in BIT.items() if mask & bit]
    return (*(f"#{a}" for a in names), *(f"#{a}&{b}" for i, a in enumerate(names) for b in names[i + 1 :]))


def signals(signs: Mapping[str, float]) -> list[str]:
    """Signs as features: one name for a sign at full strength, one for a weak one."""
    return [f"={name}" if value >= 0.5 else f"={name}-" for name, value in signs.items() if value]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of features for labels. `step` is what a weight of 1 adds to a score."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    step: float
    table: Mapping[str, int]

    def scores(self, found: set[str], others: Iterable[str]) -> list[float]:
        """The score of each label: runs count by the root of their number, other features a third each."""
        get = self.table.get
        many = _unpacked(sum(filter(None, map(get, found))), len(self.labels))
        few = _unpacked(sum(filter(None, map(get, others))), len(self.labels))
        share, third = self.step / sqrt(max(len(found), 1)), self.step * OTHERS
        return [bias + share * a + third * b for bias, a, b in zip(self.bias, many, few, strict=True)]

    def leading(self, features: Iterable[str], label: str, most: int = 5) -> list[str]:
        """The features that speak most for a label."""
        index = self.labels.index(label)
        known = [(_unpacked(self.table[f], len(self.labels))[index], f) for f in features if f in self.table]
        return [feature for weight, feature in sorted(known, reverse=True)[:most] if weight > 0]


OTHERS = 0.3


def _unpacked(total: int, labels: int) -> list[int]:
    *sums, count = unpack(f"<{labels + 1}I", total.to_bytes(LANE * (labels + 1), "little"))
    offset = count * ZERO
    return [value - offset for value in sums]


def packed(weights: bytes) -> int:
    """The weights of one feature, as they are written, in one integer; a last lane counts the features."""
    data = bytearray(LANE * (len(weights) + 1))
    data[0:-LANE:LANE] = weights
    data[-LANE] = 1
    return int.from_bytes(data, "little")


@dataclass(frozen=True, slots=True)
class Learned:
    """All that the file holds. `gate` weighs one and two characters; a message passes whose sum is `pass_at`."""

    kinds: Linear
    categories: Linear
    gate: Mapping[str, int]
    pass_at: float
    trust: float
    temperature: float

    def passes(self, text: str) -> bool:
        """Whether the characters of a folded text make it worth a closer look."""
        text = text[:MAX_SHAPE]
        total = sum(map(self.gate.get, map(add, text, text[1:]), repeat(0)))
        return total + sum(map(self.gate.get, text, repeat(0))) >= self.pass_at


def load(path: Path = FILE) -> Learned:
    """The models of a file that `make train` wrote."""
    head, *lines = path.read_text(encoding="utf-8").split("\n")
    about = json.loads(head)
    tables: dict[str, dict[str, int]] = {"kinds": {}, "categories": {}}
    gate: dict[str, int] = {}
    table: dict[str, int] = {}
    for line in lines:
        feature, tab, weights = line.rpartition("\t")
        if not tab:
            table = tables.get(line, gate)
        elif table is gate:
            gate[feature] = int(weights)
        else:
            table[feature] = packed(weights.encode())
    return Learned(
        _linear(about["kinds"], tables["kinds"]),
        _linear(about["categories"], tables["categories"]),
        gate,
        about["pass_at"],
        about["trust"],
        about["temperature"],
    )


def _linear(about: Mapping[str, object], table: Mapping[str, int]) -> Linear:
    labels, bias, step = about["labels"], about["bias"], about["step"]
    assert isinstance(labels, list) and isinstance(bias, list) and isinstance(step, float)
    return Linear(tuple(labels), tuple(bias), step, table)


@cache
def learned() -> Learned:
    """The models that came with this version, read at the first message that needs them."""
    return load()


def softmax(scores: Sequence[float]) -> list[float]:
    """Scores as chances that add up to 1."""
    top = max(scores)
    raised = [exp(score - top) for score in scores]
    total = sum(raised)
    return [value / total for value in raised]
