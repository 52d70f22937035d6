"""How well the reader does on the examples: kinds, categories, fields, and whether its confidence means something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from handlers.understanding import Act, Context, OpenMatter, Ref, read, to_json
from handlers.understanding.normal import fold
from handlers.understanding.tagging import FIELDS, trimmed
from handlers.understanding.training import rows_of
from tests.understanding.collected import collected

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=timezone(timedelta(hours=8)))
"""The moment at which every example is read: a Saturday afternoon."""

EXAMPLES = Path(__file__).with_name("examples.jsonl")
WRITTEN = Path(__file__).with_name("written")
KEPT = Path(__file__).with_name("kept")
"""Messages of hands that wrote nothing else; nothing is learned from them, and no rule was made by looking at them."""

BESIDE = Path(__file__).with_name("beside.jsonl")
"""Lines beside an open matter, of a hand that nothing was learned from; half of them sound so, but do nothing."""

FRESH = Path(__file__).with_name("fresh")
"""Messages of other hands that nothing was learned from: one that wrote as an examiner would, whose errors were seen,
and six that wrote down whole days of a group, half of them talk that sounds like a matter."""


def unlearned(folder: Path) -> list[dict[str, Any]]:
    """The messages of a folder that nothing was learned from."""
    return [row for path in sorted(folder.glob("*.jsonl")) for row in rows_of(path)]


def examples(part: str | None = None) -> list[dict[str, Any]]:
    """The examples of a part: `dev` shaped the rules; `held` was written last and shaped them least."""
    return [row for row in rows_of(EXAMPLES) if part is None or row["part"] == part]


@dataclass
class Result:
    """Counts of right readings; `wrong` holds (what, expected, got, text)."""

    kinds: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)
    fields: Counter[tuple[str, bool]] = field(default_factory=Counter)
    facts: int = 0
    facts_right: int = 0
    facts_same: int = 0
    categories: int = 0
    categories_right: int = 0
    wrong: list[tuple[str, Any, Any, str]] = field(default_factory=list)
    sure: list[tuple[float, bool]] = field(default_factory=list)
    mixed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def miscalibration(self) -> float:
        """By how much confidence differs from the share that was right, over ten bins (0..1)."""
        bins: dict[int, list[tuple[float, bool]]] = {}
        for confidence, right in self.sure:
            bins.setdefault(min(int(confidence * 10), 9), []).append((confidence, right))
        gaps = (abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins.values())
        return sum(gaps) / max(len(self.sure), 1)

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
    return measured(examples(part))


def measured(rows: Iterable[dict[str, Any]]) -> Result:
    """Reads rows, each at its own `now`, and counts what was right."""
    result = Result()
    for row in rows:
        now = datetime.fromisoformat(row["now"]) if "now" in row else NOW
        _compare(row, to_json(read(row["text"], Context(now=now))), result)
    return result


def _compare(row: dict[str, Any], got: dict[str, Any], result: Result) -> None:
    result.kinds[row["kind"]] += 1
    result.predicted[got["kind"]] += 1
    result.sure.append((got["confidence"], got["kind"] == row["kind"]))
    result.mixed[row["kind"], got["kind"]] += 1
    if got["kind"] == row["kind"]:
        result.right[row["kind"]] += 1
    else:
        result.wrong.append(("kind", row["kind"], got["kind"], row["text"]))
    if row.get("category"):
        result.categories += 1
        result.categories_right += row["category"] == got["category"]
        if row["category"] != got["category"]:
            result.wrong.append(("category", row["category"], got["category"], row["text"]))
    for name, value in row.get("fields", {}).items():
        result.facts += 1
        right = alike(name, value, got["fields"].get(name))
        result.facts_right += right
        result.facts_same += same(name, value, got["fields"].get(name))
        result.fields[name, right] += 1
        if not right:
            result.wrong.append((name, value, got["fields"].get(name), row["text"]))


def same(name: str, wanted: Any, got: Any) -> bool:
    """Whether two values of a field are one: times by their instant, figures by value, words as folded."""
    if name == "seen_at" and got:
        return datetime.fromisoformat(wanted) == datetime.fromisoformat(got)
    if name in FIELDS and isinstance(wanted, str) and isinstance(got, str):
        return trimmed(name, fold(wanted)) == trimmed(name, fold(got))
    return bool(wanted == got)


WORDED = frozenset({"place", "clothes", "features", "health", "build", "transport", "direction", "duration"})
"""Fields that are said in words, of which no two people mark quite the same: 灰夹克 or 灰色的夹克."""
_UNSAID = re.compile(r"[^一-鿿0-9a-zA-Z]|[的了着过个件条双顶把一有在从是穿戴色]")
"""What may be there or not: marks of punctuation, particles, measures, verbs of wearing."""


def alike(name: str, wanted: Any, got: Any) -> bool:
    """Whether a person would call two values of a field the same.

    Telephones are, when their figures are; words are, when one says all that the other does, in its order, and at most
    as much again: 二中门口 and 二中, 灰夹克黑布鞋 and 灰色夹克、黑布鞋, but not 白色短袖 and five garments more.
    """
    if name == "phone" and got:
        return re.sub(r"[^\d*]", "", wanted) == re.sub(r"[^\d*]", "", got)
    if name not in WORDED or got is None:
        return same(name, wanted, got)
    short, long = sorted((_UNSAID.sub("", fold(value)) for value in (wanted, got)), key=len)
    rest = iter(long)
    return same(name, wanted, got) or (0 < len(short) >= len(long) / 2 and all(one in rest for one in short))


def report(part: str | None = None, *, wrong: bool = False) -> str:
    """A table of precision and recall per kind, and the shares of categories and fields that were right."""
    return table(part or "all", evaluate(part), wrong=wrong)


def table(title: str, result: Result, *, wrong: bool = False) -> str:
    """What was counted, as text; with `wrong` also what went wrong."""
    lines = [
        f"{title}: {result.kinds.total()} messages, kinds {result.accuracy():.1%}, "
        f"confidence off by {result.miscalibration():.1%}"
    ]
    for kind, n in sorted(result.kinds.items()):
        others = ", ".join(f"{b} {m}" for (a, b), m in sorted(result.mixed.items()) if a == kind != b)
        line = f"  {kind:11} n={n:3} precision {result.precision(kind):.2f} recall {result.recall(kind):.2f}"
        lines.append(line + (f"  read as {others}" if others else ""))
    lines.append(
        f"  categories {result.categories_right}/{result.categories}, fields {result.facts_right}/{result.facts} "
        f"(to the letter {result.facts_same})"
    )
    missed = ", ".join(f"{name} {n}" for (name, right), n in sorted(result.fields.items()) if not right)
    lines += [f"  fields not right: {missed}"] if missed else []
    if wrong:
        lines += [f"  {what}: expected {want!r}, got {got!r}: {text}" for what, want, got, text in result.wrong]
    return "\n".join(lines)


def act_beside(row: dict[str, Any]) -> str:
    """What a line is taken to do to the matter that it was written beside; a verdict with what it is."""
    known = row["matter"]
    matter = OpenMatter(
        Ref(known["letter"], 7),
        NOW - timedelta(minutes=30),
        mine=known["mine"],
        category=known["category"] or None,
        done=known["done"],
    )
    got = read(row["text"], Context(now=NOW, matters=(matter,)))
    return str(got.act) if got.act is not Act.RATE else "rate_good" if got.satisfied else "rate_bad"


def beside() -> str:
    """How many of the lines beside a matter that do something are understood, and how many of the others disturb.

    Who takes something on says so in the words of the trade, or to the bot: those lines are left out.
    """
    rows = [row for row in rows_of(BESIDE) if row["act"] != Act.CLAIM]
    doing = [row for row in rows if row["act"] != Act.NONE]
    took = [act_beside(row) for row in doing]
    right = sum(act == row["act"] for act, row in zip(took, doing, strict=True))
    wrong = sum(act not in (Act.NONE, row["act"]) for act, row in zip(took, doing, strict=True))
    idle = [row for row in rows if row["act"] == Act.NONE]
    disturbed = sum(act_beside(row) != Act.NONE for row in idle)
    return (
        f"beside a matter: {right} of {len(doing)} lines understood, {wrong} taken for something else, "
        f"{disturbed} of {len(idle)} lines that do nothing taken for something"
    )


if __name__ == "__main__":
    print(report("dev", wrong=True))
    print(report("held"))
    print(table("kept", measured(unlearned(KEPT))))
    for path in sorted(FRESH.glob("*.jsonl")):
        print(table(f"fresh, {path.stem}", measured(rows_of(path))))
    print(beside())
    print("\n".join(collected()))
