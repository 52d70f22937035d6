"""What was learned from the training texts: linear models over runs of characters, word classes and signs.

A weight is a small whole number, and the weights of one feature for all labels are packed into one integer, so that
adding up a message's features is one addition each. The file is written by `make train`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp, sqrt
from operator import add
from pathlib import Path
from struct import Struct

from handlers.understanding.scan import BIT
from handlers.understanding.shapes import MAX_SHAPE

FILE = Path(__file__).with_name("learned.txt")
LANE = 4
"""Bytes of a label's lane in a packed weight."""
ZERO = 80
"""The character (P) that a weight of 0 is written as; 48 to 111 are -32 to 31."""


def classes(mask: int) -> tuple[str, ...]:
    """The word classes of a message's mask, alone and two by two."""
    names = [name for name, bit in BIT.items() if mask & bit]
    return (*(f"#{a}" for a in names), *(f"#{a}&{b}" for i, a in enumerate(names) for b in names[i + 1 :]))


@lru_cache(8192)
def of_classes(mask: int) -> tuple[float, ...]:
    """What the word classes of a mask add to the score of each kind."""
    return tuple(learned().kinds.of_others(classes(mask)))


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

    def total(self, features: Iterable[str]) -> int:
        """The weights of some features added up, packed; totals may be added to each other."""
        return sum(filter(None, map(self.table.get, features)))

    def of_runs(self, runs: Collection[str]) -> list[float]:
        """The score of each label from the runs of a text; they count by the root of their number."""
        share = self.step / sqrt(len(runs) or 1)
        sums = _unpacked(self.total(runs), len(self.labels))
        return [bias + share * weight for bias, weight in zip(self.bias, sums, strict=True)]

    def of_others(self, features: Iterable[str]) -> list[float]:
        """What other features, which count a third each, add to the score of each label."""
        third = self.step * OTHERS
        return [third * weight for weight in _unpacked(self.total(features), len(self.labels))]

    def leading(self, features: Iterable[str], label: str, most: int = 5) -> list[str]:
        """The features that speak most for a label."""
        index = self.labels.index(label)
        known = [(_unpacked(self.table[f], len(self.labels))[index], f) for f in features if f in self.table]
        return [feature for weight, feature in sorted(known, reverse=True)[:most] if weight > 0]


OTHERS = 0.3


def _unpacked(total: int, labels: int) -> list[int]:
    *sums, count = _lanes(labels).unpack(total.to_bytes(LANE * (labels + 1), "little"))
    offset = count * ZERO
    return [value - offset for value in sums]


@cache
def _lanes(labels: int) -> Struct:
    return Struct(f"<{labels + 1}I")


def packed(weights: bytes) -> int:
    """The weights of one feature, as they are written, in one integer; a last lane counts the features."""
    data = bytearray(LANE * (len(weights) + 1))
    data[0:-LANE:LANE] = weights
    data[-LANE] = 1
    return int.from_bytes(data, "little")


@dataclass(frozen=True, slots=True)
class Learned:
    """All that the file holds.

    `gate` weighs one and two characters. A message passes whose sum is `pass_at`; the pairs are only looked at where
    single characters already reach `look_at`.
    """

    kinds: Linear
    categories: Linear
    gate: Mapping[str, int]
    look_at: float
    pass_at: float
    trust: float
    temperature: float

    def passes(self, text: str) -> bool:
        """Whether the characters of a folded text make it worth a closer look."""
        text = text[:MAX_SHAPE]
        total = sum(filter(None, map(self.gate.get, text)))
        if total < self.look_at:
            return False
        return total + sum(filter(None, map(self.gate.get, map(add, text, text[1:])))) >= self.pass_at


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
        about["look_at"],
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
