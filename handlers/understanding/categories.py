"""What a case is about: one of the categories of the configuration."""

from __future__ import annotations

from handlers.understanding.learned import learned
from handlers.understanding.scan import BIT, Scan

_HOMELY = BIT["homely"]
# Who is asked to help is named more often than what is wrong with them.
_ADDRESSED = {"物业": 0.4, "村委会": 0.4, "交警": 0.5, "网格员": 0.2, "老人": 0.5, "困难": 0.5, "孩子": 0.5}


TRUST = 0.3
"""What a point of the words' weight counts beside what is learned."""


def weighed(scan: Scan) -> dict[str, float]:
    """How much the words of each category weigh in the message."""
    weights: dict[str, float] = {}
    seen: set[str] = set()
    for token in scan.tokens:
        if not token.categories or token.word in seen:
            continue
        seen.add(token.word)
        weight = len(token.word) ** 0.7 * (0.6 if token.mask & _HOMELY else 1.0) * _ADDRESSED.get(token.word, 1.0)
        for rank, name in enumerate(token.categories):
            weights[name] = weights.get(name, 0.0) + weight / (1 + 0.25 * rank)
    return weights


def category(scan: Scan, summed: bytes) -> str:
    """What a case with these words and summed runs is most likely about; 其他 where no word speaks for any category."""
    weights, model = weighed(scan), learned().categories
    scores = dict(zip(model.labels, model.scores(summed), strict=True))
    for name, weight in weights.items():
        scores[name] += TRUST * weight
    return max(scores, key=scores.__getitem__)


def topic(scan: Scan, summed: bytes) -> str | None:
    """The same for a line that is no case by itself; nothing where no word names a thing of the town."""
    return category(scan, summed) if scan.has("topic", "homely") else None
