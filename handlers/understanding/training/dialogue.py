"""Fits what a line near an open matter does to it, from texts with an `act` and from others that do nothing."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.understanding.acts import seen_beside
from handlers.understanding.dialogue import FILE, LABELS
from handlers.understanding.model import Context, OpenMatter, Ref
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from handlers.understanding.shapes import runs
from handlers.understanding.training.fitting import Fit, Row, fit, written

NOW, SHORTLY = datetime(2026, 11, 21, 7, tzinfo=UTC), timedelta(minutes=30)
"""When a line is read, and how long before it somebody spoke of its matter."""
ROUNDS = 20
OTHERS = 6
"""How many lines of other texts stand beside each text with an act: they have nothing to do with the matter."""
FAR = 0.3
"""What such a line counts; those that were written beside a matter are harder."""
Text = Mapping[str, Any]


def label_of(text: Text) -> int:
    """The place of what a text does in `LABELS`; a verdict without a mark is told by `satisfied`."""
    act = text["act"]
    if act == "rate":
        act = "rate_good" if text.get("satisfied", True) else "rate_bad"
    return LABELS.index(act)


def row_of(text: Text, weight: float = 1.0) -> Row:
    """A text beside its matter as the model sees it."""
    scan, matter = Scan(fold(text["text"])), text["matter"]
    beside = OpenMatter(
        Ref(matter["letter"], 1),
        NOW - SHORTLY,
        mine=matter["mine"],
        category=matter.get("category") or None,
        place=matter.get("place") or None,
        done=matter.get("done", False),
    )
    context = Context(NOW, matters=(beside,), mentions_bot=text.get("mentions_bot", False))
    seen = seen_beside(scan, beside, context)
    return Row(frozenset(runs(scan.text)), label_of(text), weight, dict.fromkeys(seen, 1.0))


def strangers(texts: Sequence[Text], others: Sequence[Text], seed: int = 7) -> list[Text]:
    """Lines of `others` beside the matters of `texts`, with which they have nothing to do."""
    picker, beside = random.Random(seed), [text["matter"] for text in texts]
    plain = [one for one in others if one.get("kind") and len(one["text"]) <= 60]
    made = []
    for text in picker.sample(plain, min(len(plain), OTHERS * len(texts))):
        matter = picker.choice(beside)
        related = matter["letter"] == "M" and text["kind"] in ("missing", "found", "sighting", "stray", "question")
        if related or (text.get("category") and text["category"] == matter.get("category")):
            continue
        made.append({"text": text["text"], "act": "none", "matter": matter})
    return made


def rows_of(texts: Sequence[Text], others: Sequence[Text]) -> list[Row]:
    """All that the model learns from."""
    return [*map(row_of, texts), *(row_of(text, FAR) for text in strangers(texts, others))]


def fitted(rows: Sequence[Row]) -> Fit:
    """The model of these rows."""
    names = sorted({sign for row in rows for sign in row.signs})
    return fit(rows, len(LABELS), ROUNDS, {sign: [0.0] * len(LABELS) for sign in names}, hidden=0.0)


def write(model: Fit) -> None:
    """Writes the file of `dialogue`."""
    step, lines = written(model)
    head = {
        "labels": LABELS,
        "bias": [round(value, 4) for value in model.bias],
        "step": round(step, 6),
        "signs": {sign: [round(weight, 2) for weight in weights] for sign, weights in model.signs.items()},
    }
    out = [json.dumps(head, ensure_ascii=False), "\t".join(lines), "".join(lines.values())]
    FILE.write_bytes(gzip.compress("\n".join(out).encode(), mtime=0))
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


def told(texts: Iterable[Text]) -> list[Text]:
    """Of all texts those beside a matter, without those that answer a question of the bot's."""
    return [text for text in texts if "act" in text and not text.get("question")]
