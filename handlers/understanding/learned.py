"""What was learned from the training texts: linear models over the characters and pairs of characters of a message.

A weight is a small whole number, and the weights of one run for all labels of all models are packed into one integer,
so that adding up a message's runs is one addition each. The rarer a run is in the training texts, the more it counts
(its inverse document frequency); a message's runs together count about the same, however many they are. What the signs
of the rules weigh was learned together with them. The file is written by `make train`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, sqrt
from pathlib import Path
from struct import Struct

FILE = Path(__file__).with_name("learned.txt.gz")
LANE = 2
"""Bytes of a label's lane in a packed weight: a message has at most 800 runs (`shapes.MAX_SHAPE`), none over 79."""
ZERO = 48
"""What a weight of 0 is added up as; 16 to 79 are -32 to 31."""
WRITTEN = 32
"""How far the character that a weight is written as lies above what is added up, past the control characters."""
RARE = 1.5
"""What one step of a run's squared rarity stands for; it is added up from 16 (0) on."""
NO_RARITY = 16
SLACK = 300.0
"""What is added to the squared rarities of a text's runs, by whose sum scores are divided: two or three characters that
are known (a run has some 10 to 90) do not settle what a text means."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of runs for labels. `step` is what a weight of 1 adds to a score; `lanes` are the model's, in `Learned`'s
    table: one for each label, then the rarity, then a count of the runs."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    step: float
    lanes: Struct

    def scores(self, summed: bytes) -> list[float]:
        """The score of each label from the summed runs of a text."""
        *sums, rarity, count = self.lanes.unpack_from(summed)
        share = self._share(rarity, count)
        common = share * count * ZERO
        return [bias + share * weight - common for bias, weight in zip(self.bias, sums, strict=True)]

    def share(self, summed: bytes) -> float:
        """What a weight of 1 of one run adds to a score of the text."""
        *_, rarity, count = self.lanes.unpack_from(summed)
        return self._share(rarity, count)

    def _share(self, rarity: int, count: int) -> float:
        return self.step / sqrt((rarity - NO_RARITY * count) * RARE + SLACK)


@dataclass(frozen=True, slots=True)
class Learned:
    """All that the file holds; `temperature` divides the scores of kinds so that their chances mean something.

    `signs` holds what a rule's sign adds to the score of a kind, by the kind's place; most say nothing of most kinds.
    """

    kinds: Linear
    signs: Mapping[str, tuple[tuple[int, float], ...]]
    categories: Linear
    temperature: float
    table: Mapping[str, int]

    def summed(self, runs: Iterable[str]) -> bytes:
        """The weights of all models for the runs of a text, added up, as `Linear.scores` takes them."""
        total: int = sum(filter(None, map(self.table.get, runs)))
        return total.to_bytes(self.categories.lanes.size, "little")

    def rarity(self, run: str) -> float:
        """The square of how rare a run is among kinds; 0 where it is unknown."""
        if run not in self.table:
            return 0.0
        *_, rarity, _ = self.kinds.lanes.unpack_from(self.summed((run,)))
        return (rarity - NO_RARITY) * RARE

    def leading(self, runs: Iterable[str], kind: str, most: int = 5) -> list[str]:
        """The runs that speak most for a kind."""
        index = self.kinds.labels.index(kind)
        known = [
            (self.kinds.lanes.unpack_from(self.summed((run,)))[index] - ZERO, run) for run in runs if run in self.table
        ]
        return [run for weight, run in sorted(known, reverse=True)[:most] if weight > 0]


def packed(weights: str, lanes: int) -> Iterator[int]:
    """Rows of so many weights, written one after the other, each in one integer."""
    above, size = WRITTEN * sum(1 << 8 * LANE * k for k in range(lanes)), LANE * lanes
    plain = weights.encode("utf-16-le")  # two bytes a character: a lane
    return (int.from_bytes(plain[at : at + size], "little") - above for at in range(0, len(plain), size))


def load(path: Path = FILE) -> Learned:
    """The models of a file that `make train` wrote.

    First what is known of the models; then, for runs that cases never had and for those that they had, a line of runs
    and a line of weights: for each run those for kinds, the rarity and a one, then the same for categories.
    """
    head, *lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    about = json.loads(head)
    kinds, categories = len(about["kinds"]["labels"]) + 2, len(about["categories"]["labels"]) + 2
    table: dict[str, int] = {}
    for runs, weights, lanes in zip(lines[::2], lines[1::2], (kinds, kinds + categories), strict=True):
        table.update(zip(runs.split("\t") if weights else (), packed(weights, lanes), strict=True))
    return Learned(
        _linear(about["kinds"], Struct(f"<{kinds}H")),
        {sign: tuple((k, w) for k, w in enumerate(weights) if w) for sign, weights in about["signs"].items()},
        _linear(about["categories"], Struct(f"<{kinds * LANE}x{categories}H")),
        about["temperature"],
        table,
    )


def _linear(about: Mapping[str, object], lanes: Struct) -> Linear:
    labels, bias, step = about["labels"], about["bias"], about["step"]
    assert isinstance(labels, list) and isinstance(bias, list) and isinstance(step, float)
    return Linear(tuple(labels), tuple(bias), step, lanes)


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
