"""Fits a linear model by AdaGrad, in plain Python and always alike."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

from handlers.understanding.learned import OTHERS, ZERO, softmax

RATE = 0.35
DECAY = 3e-6
BIAS_RATE = 0.05
BARE = 0.35
"""The share of rows that are seen without what the rules say, so that the learned part can stand alone."""

AVERAGED = 3
"""The rounds, of the last ones, at whose ends the weights are averaged."""


@dataclass(frozen=True, slots=True)
class Row:
    """A training text: its runs, its other features, what the rules score, and the right label's place."""

    runs: tuple[str, ...]
    others: tuple[str, ...]
    base: tuple[float, ...]
    label: int
    weight: float = 1.0


@dataclass
class Fit:
    """The weights so far, one list of label weights for each feature."""

    labels: int
    weights: dict[str, list[float]] = field(default_factory=dict)
    squares: dict[str, list[float]] = field(default_factory=dict)
    bias: list[float] = field(default_factory=list)

    def scores(self, row: Row, trust: float) -> list[float]:
        """What a row scores for each label."""
        share = 1 / sqrt(max(len(row.runs), 1))
        scores = [b + trust * r for b, r in zip(self.bias, row.base, strict=True)]
        for features, factor in ((row.runs, share), (row.others, OTHERS)):
            sums = [0.0] * self.labels
            for feature in features:
                weights = self.weights.get(feature)
                if weights is not None:
                    for label, weight in enumerate(weights):
                        sums[label] += weight
            for label, total in enumerate(sums):
                scores[label] += factor * total
        return scores

    def learn(self, row: Row, trust: float, others: bool) -> None:
        """One step towards the row's label."""
        seen = row if others else Row(row.runs, (), row.base, row.label, row.weight)
        chances = softmax(self.scores(seen, trust))
        errors = [(k, (p - (k == row.label)) * row.weight) for k, p in enumerate(chances)]
        errors = [(k, error) for k, error in errors if abs(error) > 0.004]
        for k, error in errors:
            self.bias[k] -= BIAS_RATE * error
        share = 1 / sqrt(max(len(row.runs), 1))
        for features, factor in ((seen.runs, share), (seen.others, OTHERS)):
            steps = [(k, error * factor) for k, error in errors]
            for feature in features:
                weights = self.weights.get(feature)
                if weights is None:
                    continue
                squares = self.squares[feature]
                for k, step in steps:
                    squares[k] += step * step
                    weights[k] -= RATE * step / sqrt(squares[k]) + RATE * DECAY * weights[k]


def vocabulary(rows: Sequence[Row], least: int) -> list[str]:
    """The features that at least `least` rows have, in a fixed order."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.runs)
        counts.update(row.others)
    return sorted(feature for feature, count in counts.items() if count >= least)


def fit(rows: Sequence[Row], labels: int, rounds: int, trust: float, least: int = 3, seed: int = 7) -> Fit:
    """Weights for the rows; the rows are shuffled by a seeded generator in each round."""
    rng = random.Random(seed)
    known = vocabulary(rows, least)
    model = Fit(labels, bias=[0.0] * labels)
    model.weights = {feature: [0.0] * labels for feature in known}
    model.squares = {feature: [0.02] * labels for feature in known}
    order = [
        Row(
            tuple(f for f in row.runs if f in model.weights),
            tuple(f for f in row.others if f in model.weights),
            row.base,
            row.label,
            row.weight,
        )
        for row in rows
    ]
    ends: list[Fit] = []
    for left in reversed(range(rounds)):
        rng.shuffle(order)
        for row in order:
            bare = rng.random() < BARE
            model.learn(row, 0.0 if bare else trust, not bare or rng.random() < 0.5)
        if left < AVERAGED:
            ends.append(Fit(labels, {f: list(w) for f, w in model.weights.items()}, bias=list(model.bias)))
    return _mean(ends)


def _mean(fits: Sequence[Fit]) -> Fit:
    """The mean of the weights: it moves less than any of them when a text is added."""

    def mean(rows: Iterable[Sequence[float]]) -> list[float]:
        return [sum(column) / len(fits) for column in zip(*rows, strict=True)]

    weights = {feature: mean(one.weights[feature] for one in fits) for feature in fits[0].weights}
    return Fit(fits[0].labels, weights, bias=mean(one.bias for one in fits))


def written(model: Fit, most: int) -> tuple[float, dict[str, str]]:
    """The `most` heaviest features with their weights as characters, and the step between two weights."""
    size = {feature: max(map(abs, weights)) for feature, weights in model.weights.items()}
    kept = sorted(sorted(size, key=lambda f: (-size[f], f))[:most])
    top = sorted(size.values())[-max(1, len(size) // 500)]
    step = top / 31
    lines = {}
    for feature in kept:
        levels = [max(-32, min(31, round(weight / step))) for weight in model.weights[feature]]
        if any(levels):
            lines[feature] = "".join(chr(ZERO + level) for level in levels)
    return step, lines
