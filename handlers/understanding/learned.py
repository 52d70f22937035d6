"""What was learned from the training texts: linear models over the characters and pairs of characters of a message.

A weight is a small whole number, and the weights of one run for all labels are packed into one integer, so that adding
up a message's runs is one addition each. The rarer a run is in the training texts, the more it counts (its inverse
document frequency); a message's runs together always count the same. The file is written by `make train`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, sqrt
from pathlib import Path
from struct import Struct

FILE = Path(__file__).with_name("learned.txt.gz")
LANE = 4
"""Bytes of a label's lane in a packed weight."""
ZERO = 80
"""The character (P) that a weight of 0 is written as; 48 to 111 are -32 to 31."""
RARE = 1.5
"""What one step of a run's squared rarity stands for; it is written as a character from 0 (48) on."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of runs for labels. `step` is what a weight of 1 adds to a score."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    step: float
    table: Mapping[str, int]

    def of_runs(self, runs: Collection[str]) -> list[float]:
        """The score of each label from the runs of a text."""
        *sums, rarity, count = _lanes(len(self.labels)).unpack(self._total(runs))
        share = self.step / sqrt((rarity - 48 * count) * RARE or 1.0)
        common = share * count * ZERO
        return [bias + share * weight - common for bias, weight in zip(self.bias, sums, strict=True)]

    def _total(self, runs: Iterable[str]) -> bytes:
        total: int = sum(filter(None, map(self.table.get, runs)))
        return total.to_bytes(LANE * (len(self.labels) + 2), "little")

    def leading(self, runs: Iterable[str], label: str, most: int = 5) -> list[str]:
        """The runs that speak most for a label."""
        index, lanes = self.labels.index(label), _lanes(len(self.labels))
        known = [(lanes.unpack(self._total((run,)))[index] - ZERO, run) for run in runs if run in self.table]
        return [run for weight, run in sorted(known, reverse=True)[:most] if weight > 0]


@cache
def _lanes(labels: int) -> Struct:
    return Struct(f"<{labels + 2}I")


def packed(weights: str) -> int:
    """The weights and the rarity of one run, as they are written, in one integer; a last lane counts the runs."""
    return int.from_bytes(f"{weights}\x01".encode("utf-32-le"), "little")  # four bytes a character: a lane


@dataclass(frozen=True, slots=True)
class Learned:
    """All that the file holds; `temperature` divides the scores of kinds so that their chances mean something."""

    kinds: Linear
    categories: Linear
    temperature: float


def load(path: Path = FILE) -> Learned:
    """The models of a file that `make train` wrote."""
    head, *lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    about = json.loads(head)
    tables: dict[str, dict[str, int]] = {"kinds": {}, "categories": {}}
    table: dict[str, int] = {}
    for line in lines:
        run, tab, weights = line.rpartition("\t")
        if tab:
            table[run] = packed(weights)
        else:
            table = tables[line]
    kinds, categories = (_linear(about[name], tables[name]) for name in tables)
    return Learned(kinds, categories, about["temperature"])


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
