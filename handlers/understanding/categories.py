"""What a case is about: one of the categories of the configuration."""

from __future__ import annotations

from handlers.understanding.scan import BIT, Scan
from handlers.understanding.topics import OTHER

_HOMELY = BIT["homely"]
# Who is asked to help is named more often than what is wrong with them.
_ADDRESSED = {"物业": 0.4, "村委会": 0.4, "交警": 0.5, "网格员": 0.2, "老人": 0.5, "困难": 0.5, "孩子": 0.5}


def category(scan: Scan) -> str:
    """The category whose words weigh most in the message; 其他 if there are none."""
    weights: dict[str, float] = {}
    seen: set[str] = set()
    for token in scan.tokens:
        if not token.categories or token.word in seen:
            continue
        seen.add(token.word)
        weight = len(token.word) ** 0.7 * (0.6 if token.mask & _HOMELY else 1.0) * _ADDRESSED.get(token.word, 1.0)
        for rank, name in enumerate(token.categories):
            weights[name] = weights.get(name, 0.0) + weight / (1 + 0.25 * rank)
    if not weights:
        return OTHER
    return max(weights, key=lambda name: weights[name])
