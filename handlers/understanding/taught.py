"""What a town's own people taught the reader: small changes to the scores of kinds, on top of what came with it.

A lesson is a message as the models see it (`shapes.shape`: figures masked) with the kind that a worker said it is of.
Learning is passive-aggressive (Crammer et al. 2006): each lesson changes the weights of its runs just so far that its
kind leads, rare runs the most, and no run by more than `MOST`. So a few lessons change what is like them, and little
else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handlers.understanding import kinds
from handlers.understanding.kinds import KINDS
from handlers.understanding.learned import learned, softmax
from handlers.understanding.model import Kind
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from handlers.understanding.shapes import runs_of, shape

ROUNDS = 5
MARGIN = 2.0
"""By how much a lesson's kind is to lead, in the scores' own unit."""
STEP = 1.0
"""The most that one lesson changes that lead by, each time it is seen."""
MOST = 10.0
"""The most that the weight of a run changes, in steps of the learned weights (of which there are 32 either way)."""
FOLDS = 5
ENOUGH = 10
"""Lessons below which nothing is learned: they might all be of one moment."""
CLEARLY_MISSING = 0.9
"""What the reader is so sure of is no slip: a hoax reads like the real thing, and must not teach to pass it over."""


class Lesson(NamedTuple):
    """A message as the models see it, and of which kind it is."""

    seen: str
    kind: Kind


class Outcome(NamedTuple):
    """How many lessons were used, how many of them were read rightly before, and are by what the others taught."""

    used: int
    before: int
    after: int


def masked(text: str) -> str:
    """A message as a lesson keeps it: folded, lower case, figures without their value, at most 400 characters."""
    return shape(fold(text))


@dataclass(frozen=True, slots=True)
class Taught:
    """Changes to the weights of runs, one for each kind in the order of `Kind`."""

    weights: Mapping[str, tuple[float, ...]]

    def added(self, scores: Sequence[float], said: Collection[str], summed: bytes) -> list[float]:
        """The scores of a message with these runs, changed by what was taught."""
        known = [changes for run in said if (changes := self.weights.get(run))]
        if not known:
            return list(scores)
        share = learned().kinds.share(summed)
        return [score + share * sum(column) for score, column in zip(scores, zip(*known, strict=True), strict=True)]

    def dump(self) -> str:
        """As it is stored."""
        rows = {run: [round(change, 2) for change in changes] for run, changes in self.weights.items()}
        return json.dumps({"kinds": list(KINDS), "runs": rows}, ensure_ascii=False)


def undump(text: str) -> Taught | None:
    """What was stored; None where it was learned with other kinds."""
    stored = json.loads(text)
    if stored["kinds"] != list(KINDS):
        return None
    return Taught({run: tuple(changes) for run, changes in stored["runs"].items()})


class _Seen(NamedTuple):
    said: Mapping[str, float]  # each known run with the square of its rarity
    summed: bytes
    scores: list[float]
    right: int


def _seen(lesson: Lesson) -> _Seen:
    model = learned()
    said = {run: rarity for run in runs_of(lesson.seen) if (rarity := model.rarity(run))}
    summed = model.summed(said)
    ruled = kinds.score(kinds.signs(Scan(lesson.seen.strip("^$"))))
    scores = [score + rule for score, rule in zip(model.kinds.scores(summed), ruled, strict=True)]
    return _Seen(said, summed, scores, KINDS.index(lesson.kind))


def teach(lessons: Iterable[Lesson]) -> tuple[Taught | None, Outcome]:
    """What the lessons teach, each tried on what the others teach; None where they are too few or it is no better."""
    seen = [one for lesson in lessons if (one := _seen(lesson)).said and not _unlearns(one)]
    before = sum(_best(one.scores) == one.right for one in seen)
    after = 0
    for fold_ in range(FOLDS):
        taught = _fit([one for i, one in enumerate(seen) if i % FOLDS != fold_])
        for one in seen[fold_::FOLDS]:
            after += _best(taught.added(one.scores, one.said, one.summed)) == one.right
    outcome = Outcome(len(seen), before, after)
    return (_fit(seen) if len(seen) >= ENOUGH and after > before else None), outcome


def _unlearns(one: _Seen) -> bool:
    missing = KINDS.index(Kind.MISSING)
    chances = softmax([score / learned().temperature for score in one.scores])
    return one.right != missing and chances[missing] > CLEARLY_MISSING


def _best(scores: Sequence[float]) -> int:
    return max(range(len(scores)), key=scores.__getitem__)


def _fit(seen: Sequence[_Seen]) -> Taught:
    weights: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for one in seen:
            scores = Taught({run: tuple(weights[run]) for run in one.said if run in weights})
            _step(one, scores.added(one.scores, one.said, one.summed), weights)
    return Taught({run: tuple(changes) for run, changes in weights.items()})


def _step(one: _Seen, scores: list[float], weights: dict[str, list[float]]) -> None:
    rival = _best([score if kind != one.right else min(scores) - 1 for kind, score in enumerate(scores)])
    lacking = min(STEP, MARGIN - (scores[one.right] - scores[rival]))
    if lacking <= 0:
        return
    change = lacking / (2 * learned().kinds.share(one.summed) * sum(one.said.values()))
    for run, rarity in one.said.items():
        changes = weights.setdefault(run, [0.0] * len(KINDS))
        for kind, sign in ((one.right, 1), (rival, -1)):
            changes[kind] = max(-MOST, min(MOST, changes[kind] + sign * change * rarity))


def tally(lessons: Iterable[Lesson]) -> dict[Kind, int]:
    """How many lessons there are of each kind."""
    counts = Counter(lesson.kind for lesson in lessons)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}
