"""What a line near an open matter does to it, by what was learned: the rules of `acts` know only what is said plainly.

A linear model over the characters and pairs of the line, as for kinds, and over signs: whose matter it is, whether it
is done, what the rules make of the line. The file is written by `make train`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import Struct

from handlers.understanding.learned import Linear, packed, softmax
from handlers.understanding.model import Act, Kind

FILE = Path(__file__).with_name("dialogue.txt.gz")
GOOD, BAD = "rate_good", "rate_bad"
LABELS = (*map(str, (Act.NONE, Act.ASK, Act.MORE, Act.CORRECT, Act.SAME, Act.FIXED, Act.NOT_FIXED, Act.WITHDRAW,
                     Act.CLAIM)), GOOD, BAD)  # fmt: skip
"""What a line may do; a verdict on the work is told apart by what it is."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of runs and of signs."""

    lines: Linear
    signs: Mapping[str, tuple[float, ...]]
    table: Mapping[str, int]

    def chances(self, runs: Iterable[str], signs: Iterable[str]) -> dict[str, float]:
        """How likely a line with these runs and signs does each of `LABELS` (0..1)."""
        total = sum(filter(None, map(self.table.get, runs)))
        scores = self.lines.scores(total.to_bytes(self.lines.lanes.size, "little"))
        for sign in signs:
            scores = [a + b for a, b in zip(scores, self.signs.get(sign, (0.0,) * len(scores)), strict=True)]
        return dict(zip(self.lines.labels, softmax(scores), strict=True))


def signs(
    *,
    alert: bool,
    mine: bool,
    done: bool,
    to_bot: bool,
    stated: Act | None,
    plain: Act,
    facts: Iterable[str],
    kind: Kind,
    same: bool | None,
) -> frozenset[str]:
    """What is known of a line and its matter: `stated` is what a rule finds in the line, `plain` what the rules take it
    for, `facts` the fields that they find, `same` whether what it is about is what the matter is about, where that can
    be told."""
    found = {f"kind {kind}", f"stated {stated}", f"plain {plain}"}
    found |= {f"{'mine' if mine else 'other'} {'alert' if alert else 'case'}"}
    found |= {f"fact {name}" for name in facts}
    found |= {"done"} if done else set()
    found |= {"to bot"} if to_bot else set()
    return frozenset(found if same is None else {*found, "same topic" if same else "other topic"})


@cache
def model() -> Model:
    """The model that came with this version, read at the first line near an open matter."""
    head, runs, weights = gzip.decompress(FILE.read_bytes()).decode().split("\n")
    about = json.loads(head)
    lanes = len(about["labels"]) + 2
    lines = Linear(tuple(about["labels"]), tuple(about["bias"]), about["step"], Struct(f"<{lanes}H"))
    table = dict(zip(runs.split("\t"), packed(weights, lanes), strict=True))
    return Model(lines, {sign: tuple(values) for sign, values in about["signs"].items()}, table)
