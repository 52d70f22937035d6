"""`make train`: writes `learned.txt` from the training texts; the same bytes each time."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterable, Sequence
from math import log
from pathlib import Path

from handlers.understanding import kinds
from handlers.understanding.categories import weighed
from handlers.understanding.learned import FILE, classes, signals, softmax
from handlers.understanding.scan import Scan
from handlers.understanding.shapes import runs
from handlers.understanding.topics import OTHER, TOPICS
from handlers.understanding.training.fitting import Fit, Row, fit, written
from handlers.understanding.training.gating import gate
from handlers.understanding.training.grammar import Example, babble, chained, collected, examples

KINDS = [str(kind) for kind in kinds.KINDS]
CATEGORIES = [*TOPICS, OTHER]
ROUNDS = 6
BABBLE = 2500
CHAINED = 1500
BABBLED = 0.5
WEIGHT = {"chat": 1.5, "missing": 1.3, "question": 1.3}
"""What a text of a kind counts: most of what is read is chat, and to miss a missing person is worst."""
CAUTION = 0.2
"""Added to the score of chat, so that fewer than one line of ordinary talk in a hundred is reacted to."""
DOUBT = 1.25
"""What the temperature is multiplied by: the texts it is measured on are of the same hands as those learned."""
TRUST = 0.4
"""How much the rules' own score counts beside what is learned."""


def kind_row(example: Example) -> Row:
    """A text as the model of kinds sees it."""
    scan = Scan(example.text)
    signs = kinds.signs(scan)
    others = (*classes(scan.mask), *signals(signs))
    weight = BABBLED if example.line.startswith("babble:") else WEIGHT.get(example.kind, 1.0)
    return Row(_runs(example.text), others, tuple(kinds.score(signs)), KINDS.index(example.kind), weight)


def category_row(example: Example) -> Row:
    """A text of a case as the model of categories sees it."""
    scores = weighed(Scan(example.text))
    base = tuple(scores.get(name, 0.0) for name in CATEGORIES)
    return Row(_runs(example.text), (), base, CATEGORIES.index(example.category or OTHER))


def _runs(text: str) -> tuple[str, ...]:
    return tuple(sorted(runs(text)))


def apart(found: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The texts of most lines, and those of one line in eight to try the model on."""
    tried = [example for example in found if zlib.crc32(example.line.encode()) % 8 == 0]
    return [example for example in found if zlib.crc32(example.line.encode()) % 8], tried


def temperature(model: Fit, rows: Iterable[Row]) -> float:
    """The divisor of scores at which the chances fit best what is right (of the rows that were not learned)."""
    scored = [(model.scores(row, TRUST), row.label) for row in rows]

    def loss(divisor: float) -> float:
        return -sum(log(max(softmax([s / divisor for s in scores])[label], 1e-9)) for scores, label in scored)

    return min((0.6 + 0.05 * step for step in range(50)), key=loss)


def _about(model: Fit, labels: list[str], step: float) -> dict[str, object]:
    bias = [value + CAUTION * (label == "chat") for label, value in zip(labels, model.bias, strict=True)]
    return {"labels": labels, "bias": [round(value, 4) for value in bias], "step": round(step, 6)}


def main(paths: Sequence[str]) -> None:
    """Reads the texts, fits, and writes the file."""
    written_out = examples(KINDS)
    found = [*written_out, *collected(map(Path, paths)), *chained(written_out, CHAINED), *babble(BABBLE)]
    learn, tried = apart(found)
    rows, tries = list(map(kind_row, learn)), list(map(kind_row, tried))
    first = fit(rows, len(KINDS), ROUNDS, TRUST)
    right = sum(max(range(10), key=first.scores(row, TRUST).__getitem__) == row.label for row in tries)
    divisor = DOUBT * temperature(first, tries)
    print(f"{len(found)} texts; of {len(tries)} not learned {right / len(tries):.1%} right, temperature {divisor:.2f}")
    model = fit(rows + tries, len(KINDS), ROUNDS, TRUST)
    cases = [category_row(e) for e in found if e.category in CATEGORIES]
    topics = fit(cases, len(CATEGORIES), ROUNDS, TRUST)
    weights, look_at, at = gate(found)
    _write(model, divisor, topics, weights, (look_at, at))


def _write(model: Fit, divisor: float, topics: Fit, weights: dict[str, int], at: tuple[int, int]) -> None:
    step, lines = written(model, 24_000)
    topic_step, topic_lines = written(topics, 9_000)
    head = {
        "temperature": round(divisor, 2),
        "trust": TRUST,
        "look_at": at[0],
        "pass_at": at[1],
        "kinds": _about(model, KINDS, step),
        "categories": _about(topics, CATEGORIES, topic_step),
    }
    out = [json.dumps(head, ensure_ascii=False), "kinds", *(f"{f}\t{w}" for f, w in lines.items())]
    out += ["categories", *(f"{f}\t{w}" for f, w in topic_lines.items())]
    out += ["gate", *(f"{f}\t{w}" for f, w in weights.items())]
    FILE.write_text("\n".join(out), encoding="utf-8")
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
