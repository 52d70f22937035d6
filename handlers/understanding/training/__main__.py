"""`make train`: writes what the reader learns from the texts it is given; the same bytes each time."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import log
from pathlib import Path
from typing import Any

from handlers.understanding import kinds, tagging
from handlers.understanding.learned import FILE, softmax
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from handlers.understanding.shapes import runs
from handlers.understanding.topics import OTHER, TOPICS
from handlers.understanding.training import dialogue, rows_of, spots, tags
from handlers.understanding.training.fitting import Fit, Row, fit, written
from handlers.understanding.training.weights import WEIGHTS

KINDS = [str(kind) for kind in kinds.KINDS]
CATEGORIES = [*TOPICS, OTHER]
START = 0.4
"""What a point of a sign's first weight counts beside what is learned; chosen on texts that neither had seen."""
SIGNS = {sign: [START * weights.get(kind, 0.0) for kind in kinds.KINDS] for sign, weights in WEIGHTS.items()}

ROUNDS = 20
FOLDS = 3
"""Into how many parts the files are dealt to find the temperature: each is read by a model that never saw it."""
LEAN = {
    "chat": 1.68, "question": 1.0, "missing": 1.05, "stray": 0.2, "sighting": -0.1, "found": -0.2, "suggestion": -0.2,
}  # fmt: skip
"""What is added to the score of a kind: most of what is read is chat, and one line of it in a hundred may be reacted
to; to miss a missing person is worst; and news of one comes where one is sought, of which a text alone says nothing."""

EASY, SHAPING = 0.6, 2.0
"""What a text counts that stands among nothing but chat, and one that shaped the rules."""

SCRAPS, SCRAP = ("clothes", "features", "place", "name", "phone", "contact_name", "health", "duration"), 0.5
"""Fields that make scraps, and what a scrap counts."""

Text = dict[str, Any]


def texts_of(path: Path) -> list[Text]:
    """Rows of JSON lines with `text`, `kind` and perhaps `category` and `fields`; rows of the part `held` stay out.

    Texts that have an `act` in place of a kind are about an open matter, and of no kind by themselves. The texts of a
    file of nothing but chat count less: they are many, and easy beside those that were written next to a matter.
    """
    rows = [row for row in rows_of(path) if "kind" in row]
    easy = all(row["kind"] == "chat" for row in rows)
    weight = EASY if easy else SHAPING if any("part" in row for row in rows) else 1.0
    return [{"weight": weight, **row} for row in rows if row.get("part") != "held"]


def kind_row(text: Text) -> Row:
    """A text as the model of kinds sees it."""
    folded = fold(text["text"])
    return Row(frozenset(runs(folded)), KINDS.index(text["kind"]), text.get("weight", 1.0), kinds.signs(Scan(folded)))


def scraps(texts: Iterable[Text]) -> list[Text]:
    """What fields of texts say, alone, as chat: a place or a jacket by itself is no matter, whatever it is part of."""
    said = {text["fields"][name] for text in texts for name in SCRAPS if text.get("fields", {}).get(name)}
    houses = {f"{building}栋{room}" for text in texts if (building := text.get("fields", {}).get("building"))
              for room in ("", f"{text['fields'].get('unit', 2)}单元")}  # fmt: skip
    return [{"text": scrap, "kind": "chat", "weight": SCRAP} for scrap in sorted(said | houses)]


def category_row(text: Text) -> Row:
    """A text of a case as the model of categories sees it."""
    return Row(frozenset(runs(fold(text["text"]))), CATEGORIES.index(text["category"]))


Scored = list[tuple[list[float], int]]
"""The scores and the right label of each text."""


def apart(files: Sequence[Sequence[Text]], part: int) -> Scored:
    """The texts of one file in `FOLDS`, read by a model that learned from the other files only."""
    others = [text for i, rows in enumerate(files) if i % FOLDS != part for text in rows]
    model = fit(list(map(kind_row, others + scraps(others))), len(KINDS), ROUNDS, SIGNS)
    own = map(kind_row, (text for i, rows in enumerate(files) if i % FOLDS == part for text in rows))
    return [(model.scores(row), row.label) for row in own]


def temperature(scored: Iterable[tuple[list[float], int]]) -> float:
    """The divisor of scores at which the chances fit best what is right."""
    rows = list(scored)

    def loss(divisor: float) -> float:
        return -sum(log(max(softmax([s / divisor for s in scores])[label], 1e-9)) for scores, label in rows)

    return min((0.4 + 0.05 * step for step in range(60)), key=loss)


def _about(model: Fit, labels: list[str], step: float) -> dict[str, object]:
    bias = [value + LEAN.get(label, 0.0) for label, value in zip(labels, model.bias, strict=True)]
    return {"labels": labels, "bias": [round(value, 4) for value in bias], "step": round(step, 6)}


def main(paths: Sequence[str]) -> None:
    """Reads the texts, fits each model in a process of its own, and writes the files."""
    files = [texts_of(Path(path)) for path in paths]
    texts = [text for rows in files for text in rows]
    cases = [category_row(text) for text in texts if text.get("category") in CATEGORIES]
    with ProcessPoolExecutor() as pool:
        taggers = [pool.submit(tagged, marked(files), seed) for seed in tags.SEEDS]
        model = pool.submit(fit, list(map(kind_row, texts + scraps(texts))), len(KINDS), ROUNDS, SIGNS)
        topics = pool.submit(fit, cases, len(CATEGORIES), ROUNDS)
        scored = [row for part in pool.map(partial(apart, files), range(FOLDS)) for row in part]
        right = sum(max(range(len(s)), key=s.__getitem__) == label for s, label in scored)
        divisor = temperature(scored)
        print(f"{len(texts)} texts; of those of other files {right / len(scored):.1%} right, temperature {divisor:.2f}")
        _write(model.result(), divisor, topics.result())
        tags.write(tags.mean([one.result() for one in taggers]), tagging.FILE)
    print(f"{tagging.FILE.name}: {tagging.FILE.stat().st_size:,} bytes")
    spots.write(marked(files))
    beside = dialogue.told(row for path in paths for row in rows_of(Path(path)))
    dialogue.write(dialogue.fitted(dialogue.rows_of(beside, texts)))


def tagged(texts: Sequence[Text], seed: int) -> dict[tags.Key, list[float]]:
    """The tagger that the texts teach, and variations of them."""
    return tags.fit([*tags.tagged(texts), *tags.varied(texts, seed)], seed)


def marked(files: Iterable[Sequence[Text]]) -> list[Text]:
    """The texts of matters from the files whose writers marked what each text says."""
    return [
        text
        for rows in files
        if any("fields" in text for text in rows) and not any("part" in text for text in rows)
        for text in rows
        if text["kind"] != "chat"
    ]


def _write(model: Fit, divisor: float, topics: Fit) -> None:
    step, lines = written(model)
    topic_step, topic_lines = written(topics)
    head = {
        "temperature": round(divisor, 2),
        "kinds": _about(model, KINDS, step),
        "categories": _about(topics, CATEGORIES, topic_step),
        "signs": {sign: [round(weight, 2) for weight in weights] for sign, weights in model.signs.items()},
    }
    out = [json.dumps(head, ensure_ascii=False)]
    for part in ([run for run in lines if run not in topic_lines], [run for run in lines if run in topic_lines]):
        out += ["\t".join(part), "".join(lines[run] + topic_lines.get(run, "") for run in part)]
    FILE.write_bytes(gzip.compress("\n".join(out).encode(), mtime=0))
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
