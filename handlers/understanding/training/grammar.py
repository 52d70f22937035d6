"""Training texts: lines with slots, spelled out with a seeded generator, and small slips of the pen.

`texts/<kind>.txt` holds messages of a kind, one a line; `{slot}` is filled from `texts/slots.txt`, and a line
`# 类别` names the category of those below it.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import jieba

from handlers.understanding.normal import fold

TEXTS = Path(__file__).with_name("texts")
SEED = 20261122
SPELLINGS = 8
"""How often a line with slots is spelled out."""

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """A training text with its kind; `line` says which line it was spelled out from."""

    text: str
    kind: str
    category: str | None
    line: str


def _slots() -> dict[str, list[str]]:
    found = {}
    for line in (TEXTS / "slots.txt").read_text(encoding="utf-8").splitlines():
        name, colon, choices = line.partition(":")
        if colon and not line.startswith("#"):
            found[name.strip()] = [choice.strip() or choice for choice in choices[1:].split("|")]
    return found


class Grammar:
    """Spells out lines with slots."""

    def __init__(self) -> None:
        self._slots = _slots()

    def spell(self, line: str, rng: random.Random) -> str:
        """`line` with every slot filled by chance."""

        def fill(match: re.Match[str]) -> str:
            choice = rng.choice(self._slots[match[1]])
            return "" if choice == "_" else self.spell(choice, rng)

        return _SLOT.sub(fill, line).replace("\\n", "\n")


def _slips() -> list[tuple[str, str]]:
    lines = (TEXTS / "slips.txt").read_text(encoding="utf-8").splitlines()
    return [(line.partition("=")[0], line.partition("=")[2]) for line in lines if not line.startswith("#")]


SLIPS = _slips()


def slip(text: str, rng: random.Random) -> str:
    """`text` as a hurried hand may write it: another word of the region, a wrong character, one left out."""
    for _ in range(rng.choice((0, 1, 1, 2))):
        old, new = rng.choice(SLIPS)
        text = text.replace(old, new, 1)
    if len(text) > 8 and rng.random() < 0.25:
        at = rng.randrange(len(text))
        text = text[:at] + text[at + 1 :]
    if rng.random() < 0.2:
        text = re.sub(r"[，。,！!、]", rng.choice(("", " ")), text)
    return text


def _lines(kind: str) -> Iterator[tuple[str, str | None]]:
    category = None
    for line in (TEXTS / f"{kind}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            category = line[2:].strip()
        elif line:
            yield line, category


def examples(kinds: Iterable[str]) -> list[Example]:
    """All training texts of these kinds, the same ones in the same order each time."""
    grammar, found = Grammar(), dict[tuple[str, str], Example]()
    for kind in kinds:
        for line, category in _lines(kind):
            rng = random.Random(zlib.crc32(line.encode()))  # of its own: a new line leaves the others as they were
            for turn in range(SPELLINGS if "{" in line else 2):
                text = grammar.spell(line, rng)
                text = fold(slip(text, rng) if turn else text)
                found.setdefault((text, kind), Example(text, kind, category, f"{kind}:{line}"))
    return list(found.values())


def chained(found: Iterable[Example], count: int) -> list[Example]:
    """Chat of two to four sentences, put together from single ones: length alone speaks for nothing."""
    rng, texts = random.Random(SEED), [example.text for example in found if example.kind == "chat"]
    rows = [rng.choice(("，", " ", "。", "\n")).join(rng.sample(texts, rng.randint(2, 4))) for _ in range(count)]
    return [Example(text, "chat", None, f"chained:{number}") for number, text in enumerate(rows)]


def babble(count: int) -> list[Example]:
    """Rows of everyday words without sense, as chat: words that are merely frequent then speak for nothing."""
    with Path(jieba.__file__).with_name("dict.txt").open(encoding="utf-8") as lines:
        words = [(parts[0], int(parts[1]) ** 0.5) for line in lines if len(parts := line.split()) > 1]
    words = sorted(words, key=lambda pair: (-pair[1], pair[0]))[:12_000]
    rng, names, weights = random.Random(SEED), [w for w, _ in words], list(accumulate(f for _, f in words))
    rows = ["".join(rng.choices(names, cum_weights=weights, k=rng.randint(2, 9))) for _ in range(count)]
    return [Example(text, "chat", None, f"babble:{number}") for number, text in enumerate(rows)]


def collected(paths: Iterable[Path]) -> list[Example]:
    """Texts of JSON lines with `text`, `kind` and perhaps `category`; rows of the part `held` stay out."""
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Example(fold(row["text"]), row["kind"], row.get("category"), row["text"])
        for row in rows
        if row.get("part") != "held"
    ]
