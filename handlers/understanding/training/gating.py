"""The gate's weights: which characters and pairs of characters make a message worth a closer look."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import exp

from handlers.understanding import kinds
from handlers.understanding.scan import Scan
from handlers.understanding.shapes import MAX_SHAPE
from handlers.understanding.training.grammar import Example

ROUNDS = 8
SCALE = 32
MISSED = 0.04
"""The share that may stay below the gate, of the training texts that matter and that no word lets through."""

UNLOOKED = 0.005
"""The share of them whose single characters may weigh too little for the pairs to be looked at."""


def _features(text: str) -> list[str]:
    text = text[:MAX_SHAPE]
    return [*text, *map("".join, pairwise(text))]


def gate(found: Sequence[Example]) -> tuple[dict[str, int], int, int]:
    """Weights of single characters and pairs, and the sums: of single ones to look on, of all to pass."""
    rows = [(_features(example.text), float(example.kind != "chat")) for example in found]
    counts = Counter(feature for features, _ in rows for feature in set(features))
    weights = {feature: 0.0 for feature in sorted(counts) if counts[feature] >= 3}
    bias, rng = -1.0, random.Random(3)
    for turn in range(ROUNDS):
        rng.shuffle(rows)
        rate = 0.08 / (1 + turn)
        for features, matters in rows:
            known = [f for f in features if f in weights]
            score = bias + sum(weights[f] for f in known)
            error = (matters - 1 / (1 + exp(-max(-30.0, min(30.0, score))))) * (2.0 if matters else 1.0)
            bias += 0.2 * rate * error
            for feature in known:
                weights[feature] += rate * error - 1e-5 * weights[feature]
    levels = {feature: round(SCALE * weight) for feature, weight in weights.items() if abs(weight) * SCALE >= 1}
    unseen = [_features(e.text) for e in found if e.kind != "chat" and not kinds.worded(Scan(e.text).mask)]
    sums = sorted(sum(levels.get(f, 0) for f in features) for features in unseen)
    at = sums[int(len(sums) * MISSED)]
    singles = sorted(sum(levels.get(f, 0) for f in features if len(f) == 1) for features in unseen)
    look_at = singles[int(len(singles) * UNLOOKED)]
    chat = [sum(levels.get(f, 0) for f in features) >= at for features, matters in rows if not matters]
    print(f"gate: {len(unseen)} of {len(found)} texts need it; {sum(chat) / len(chat):.1%} of chat passes")
    return levels, look_at, at
