"""How well the reader does on the examples: kinds, categories, urgency and fields."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from handlers.understanding import Context, read, to_json

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=timezone(timedelta(hours=8)))
"""The moment at which every example is read: a Saturday afternoon."""

EXAMPLES = Path(__file__).with_name("examples.jsonl")


def examples(part: str | None = None) -> list[dict[str, Any]]:
    """The examples of a part: `dev` shaped the rules; `held` was written last and shaped them least."""
    rows = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if part is None or row["part"] == part]


@dataclass
class Result:
    """Counts of right readings; `wrong` holds (what, expected, got, text)."""

    kinds: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    facts_right: int = 0
    categories: int = 0
    categories_right: int = 0
    wrong: list[tuple[str, Any, Any, str]] = field(default_factory=list)

    def accuracy(self) -> float:
        """The share of kinds that were right (0..1)."""
        return self.right.total() / max(self.kinds.total(), 1)

    def recall(self, kind: str) -> float:
        """Of the messages of this kind, the share that was read as such."""
        return self.right[kind] / max(self.kinds[kind], 1)

    def precision(self, kind: str) -> float:
        """Of the messages read as this kind, the share that is."""
        return self.right[kind] / max(self.predicted[kind], 1)


def evaluate(part: str | None = None) -> Result:
    """Reads the examples of a part and counts what was right."""
    result = Result()
    context = Context(now=NOW)
    for row in examples(part):
        _compare(row, to_json(read(row["text"], context)), result)
    return result


def _compare(row: dict[str, Any], got: dict[str, Any], result: Result) -> None:
    result.kinds[row["kind"]] += 1
    result.predicted[got["kind"]] += 1
    if got["kind"] == row["kind"]:
        result.right[row["kind"]] += 1
    else:
        result.wrong.append(("kind", row["kind"], got["kind"], row["text"]))
    if "category" in row:
        result.categories += 1
        result.categories_right += row["category"] == got["category"]
        if row["category"] != got["category"]:
            result.wrong.append(("category", row["category"], got["category"], row["text"]))
    for name, value in row.get("fields", {}).items():
        result.facts += 1
        result.facts_right += got["fields"].get(name) == value
        if got["fields"].get(name) != value:
            result.wrong.append((name, value, got["fields"].get(name), row["text"]))


def report(part: str | None = None, *, wrong: bool = False) -> str:
    """A table of precision and recall per kind, and the shares of categories and fields that were right."""
    result = evaluate(part)
    lines = [f"{part or 'all'}: {result.kinds.total()} messages, kinds {result.accuracy():.1%}"]
    lines += [
        f"  {k:11} n={n:3} precision {result.precision(k):.2f} recall {result.recall(k):.2f}"
        for k, n in result.kinds.items()
    ]
    lines.append(
        f"  categories {result.categories_right}/{result.categories}, fields {result.facts_right}/{result.facts}"
    )
    if wrong:
        lines += [f"  {what}: expected {want!r}, got {got!r}: {text}" for what, want, got, text in result.wrong]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report("dev", wrong=True))
    print(report("held"))
