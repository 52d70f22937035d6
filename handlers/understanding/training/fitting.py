"""Fits a linear model over runs of characters, and signs of rules, by AdaGrad, in plain Python and always alike."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt

from handlers.understanding.learned import NO_RARITY, RARE, SLACK, WRITTEN, ZERO, softmax

RATE, SIGN_RATE = 0.4, 0.02
LEAST = 2
"""How many texts must have a run for it to count."""

AVERAGED = 10
"""The rounds, of the last ones, at whose ends the weights are averaged."""

HIDDEN = 0.7
"""How often a text's signs are hidden when it is learned from. Always shown, they would keep the runs from learning
what the rules know already, and both together are surer of it than either; never shown, their weights would stay as
they began. Chosen on hands that were left out."""


@dataclass(frozen=True, slots=True)
class Row:
    """A training text: its runs, the right label's place, how much it counts, and the signs that rules see in it."""

    runs: frozenset[str]
    label: int
    weight: float = 1.0
    signs: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Fit:
    """A weight for each label of each run and each sign, and how rare the run is (inverse document frequency)."""

    labels: int
    rarity: dict[str, float]
    weights: dict[str, list[float]] = field(default_factory=dict)
    bias: list[float] = field(default_factory=list)
    signs: dict[str, list[float]] = field(default_factory=dict)

    def scores(self, row: Row) -> list[float]:
        """What a text's runs and signs score for each label."""
        known = [(self.rarity[run], self.weights[run]) for run in row.runs if run in self.weights]
        share = 1 / sqrt(sum(r * r for r, _ in known) + SLACK)
        parts = [(weights, rare * share) for rare, weights in known]
        parts += [(self.signs[sign], value) for sign, value in row.signs.items() if sign in self.signs]
        return _scored(self.bias, parts)


Signs = Mapping[str, Sequence[float]]
"""What signs weigh for each label."""


def fit(
    rows: Sequence[Row], labels: int, rounds: int, signs: Signs | None = None, hidden: float = HIDDEN, seed: int = 7
) -> Fit:
    """Weights for the rows; they are shuffled by a seeded generator in each round, and labels count alike in all.

    `signs` are those that count, with the weights from which learning starts; `hidden` is how often they are not seen.
    """
    rng = random.Random(seed)
    counts = Counter(run for row in rows for run in row.runs)
    known = sorted(run for run, count in counts.items() if count >= LEAST)
    rarity = {run: log((1 + len(rows)) / (1 + counts[run])) + 1 for run in known}
    started = {sign: list(weights) for sign, weights in (signs or {}).items()}
    model = Fit(labels, rarity, {run: [0.0] * labels for run in known}, [0.0] * labels, started)
    squares = {run: [0.02] * labels for run in known}
    sign_squares = {sign: [1.0] * labels for sign in started}
    sizes = [0.0] * labels
    for row in rows:
        sizes[row.label] += row.weight
    even = [sum(sizes) / (labels * size) if size else 0.0 for size in sizes]
    order = []
    for row in rows:
        runs = sorted(run for run in row.runs if run in rarity)
        share = 1 / sqrt(sum(rarity[run] ** 2 for run in runs) + SLACK)
        parts = [(model.weights[run], squares[run], rarity[run] * share) for run in runs]
        seen = [(started[sign], sign_squares[sign], row.signs[sign]) for sign in sorted(row.signs) if sign in started]
        order.append((parts, seen, row.label, row.weight * even[row.label]))
    zero = {sign: [0.0] * labels for sign in started}
    total = Fit(labels, rarity, {run: [0.0] * labels for run in known}, [0.0] * labels, zero)
    for left in reversed(range(rounds)):
        rng.shuffle(order)
        for parts, seen, label, weight in order:
            _step(parts, seen if seen and rng.random() >= hidden else (), label, weight, model.bias)
        if left < AVERAGED:
            total.bias = _added(total.bias, model.bias)
            total.weights = {run: _added(weights, model.weights[run]) for run, weights in total.weights.items()}
            total.signs = {sign: _added(weights, model.signs[sign]) for sign, weights in total.signs.items()}
    return total


_Part = tuple[list[float], list[float], float]


def _scored(bias: Sequence[float], parts: Iterable[tuple[Sequence[float], float]]) -> list[float]:
    scores = list(bias)
    for weights, value in parts:
        scores = [s + value * w for s, w in zip(scores, weights, strict=True)]
    return scores


def _step(parts: Sequence[_Part], seen: Sequence[_Part], label: int, weight: float, bias: list[float]) -> None:
    """One step towards the right label, from a text's runs and the signs that are seen."""
    scores = _scored(bias, [(weights, value) for part in (parts, seen) for weights, _, value in part])
    errors = [(k, (p - (k == label)) * weight) for k, p in enumerate(softmax(scores))]
    errors = [(k, error) for k, error in errors if abs(error) > 0.003]
    for k, error in errors:
        bias[k] -= 0.02 * error
    for rate, those in ((RATE, parts), (SIGN_RATE, seen)):
        for weights, squares, value in those:
            for k, error in errors:
                slope = error * value
                squares[k] += slope * slope
                weights[k] -= rate * slope / sqrt(squares[k])


def _added(total: Sequence[float], end: Sequence[float]) -> list[float]:
    return [a + b / AVERAGED for a, b in zip(total, end, strict=True)]


def written(model: Fit) -> tuple[float, dict[str, str]]:
    """Each run's weights, times its rarity, its squared rarity and a one, as characters; and the step between weights.

    Frequent runs come first, so that what most messages look up lies close together in memory.
    """
    heavy = {run: [w * model.rarity[run] for w in weights] for run, weights in model.weights.items()}
    sizes = sorted(max(map(abs, weights)) for weights in heavy.values())
    step = sizes[-max(1, len(sizes) // 500)] / 31
    lines = {}
    for run, weights in sorted(heavy.items(), key=lambda item: round(model.rarity[item[0]] ** 2 / RARE)):
        levels = [max(-32, min(31, round(weight / step))) for weight in weights]
        rare = min(63, round(model.rarity[run] ** 2 / RARE))
        lines[run] = (
            "".join(chr(WRITTEN + ZERO + level) for level in levels)
            + chr(WRITTEN + NO_RARITY + rare)
            + chr(WRITTEN + 1)
        )
    return step, lines
