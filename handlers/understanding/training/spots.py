"""Fits what the signs of a place weigh, by maximum likelihood over the texts that name several places."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handlers.understanding.found import find_all
from handlers.understanding.learned import softmax
from handlers.understanding.model import Kind
from handlers.understanding.normal import fold
from handlers.understanding.placing import places
from handlers.understanding.scan import Scan
from handlers.understanding.spots import FILE, spot_signs, weighed
from handlers.understanding.tagging import trimmed

ROUNDS, RATE, SLOWER = 60, 0.1, 0.2
"""Passes over the texts; the step of the first, and by how much of itself it is divided more in each later one."""
DECAY = 0.0003
"""By which share of itself a weight shrinks each time it is moved."""

Choice = tuple[list[dict[str, float]], list[bool]]
"""The signs of each place that a text names, and whether it is the one that is meant."""


def choice(text: Mapping[str, Any]) -> Choice | None:
    """What there is to choose from in a text whose place is marked; nothing where all are right or none is."""
    folded, kind = fold(text["text"]), Kind(text["kind"])
    found = find_all(folded)
    spans = places(Scan(folded), kind, found)
    wanted = trimmed("place", fold(text["fields"]["place"]))
    right = [folded[start:end] in wanted or wanted in folded[start:end] for start, end in spans]
    if not any(right) or all(right):
        return None
    house = found.house.span if found.house else None
    return [spot_signs(folded, kind, spans, at, house) for at in range(len(spans))], right


def fit(choices: Sequence[Choice], seed: int = 7) -> dict[str, float]:
    """The weights of signs; the choices are shuffled by a seeded generator in each round."""
    known: dict[str, float] = {}
    shuffler, order = random.Random(seed), list(choices)
    for turn in range(ROUNDS):
        shuffler.shuffle(order)
        step = RATE / (1 + SLOWER * turn)
        for signs, right in order:
            chances = softmax([weighed(one, known) for one in signs])
            sure = sum(chance for chance, one in zip(chances, right, strict=True) if one)
            for one, chance, is_right in zip(signs, chances, right, strict=True):
                gain = (chance / sure if is_right else 0.0) - chance
                for sign, much in one.items():
                    had = known.get(sign, 0.0)
                    known[sign] = had + step * (gain * much - DECAY * had)
    return {sign: round(weight, 2) for sign, weight in sorted(known.items())}


def write(texts: Iterable[Mapping[str, Any]]) -> None:
    """Fits the weights to the marked texts, as the tagger of this version reads them, and writes the file."""
    choices = [one for text in texts if text.get("fields", {}).get("place") and (one := choice(text))]
    FILE.write_text(json.dumps(fit(choices), indent=1) + "\n", encoding="utf-8")
    print(f"{FILE.name}: from {len(choices)} texts that name several places")
