"""One pass over a message: which words of which class stand where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from handlers.understanding.topics import HOMELY, TOPICS
from handlers.understanding.words import CLASSES, NOUNS

_EXTRA = ("topic", "homely")
BIT: dict[str, int] = {name: 1 << index for index, name in enumerate((*CLASSES, *_EXTRA))}
ALARM = sum(bit for name, bit in BIT.items() if name.startswith("alarm_"))
PERSON = BIT["kin"] | BIT["anyone"] | BIT["peer"]
NOT_PERSON = BIT["animal"] | BIT["thing"]


@cache
def bits(*names: str) -> int:
    """The mask of some classes."""
    return sum(BIT[name] for name in names)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words with their class masks and categories, and the automaton that finds them."""

    words: tuple[str, ...]
    masks: tuple[int, ...]
    categories: tuple[tuple[str, ...], ...]
    automaton: AhoCorasick


def _collect() -> tuple[dict[str, int], dict[str, list[str]]]:
    masks: dict[str, int] = {}
    categories: dict[str, list[str]] = {}
    for name, words in CLASSES.items():
        for word in words.split():
            masks[word] = masks.get(word, 0) | BIT[name]
    for category, words in TOPICS.items():
        for word in words.split():
            masks[word] = masks.get(word, 0) | BIT["homely" if word in HOMELY else "topic"]
            if category not in categories.setdefault(word, []):
                categories[word].append(category)
    return masks, categories


def _inherit(masks: dict[str, int], categories: dict[str, list[str]]) -> None:
    kept, faults = bits(*NOUNS, *_EXTRA), bits("defect", "nuisance", "nuisance_soft", "hint", "danger")
    weak = bits("hint", "danger")
    for word in sorted(masks, key=len):
        parts = {word[i:j] for i in range(len(word)) for j in range(i + 2, len(word) + 1)} - {word}
        taken = ~0 if not masks[word] & ~weak else kept | faults if not masks[word] & ~kept else kept
        for part in sorted(parts & masks.keys()):
            masks[word] |= masks[part] & taken
            for category in categories.get(part, ()):
                if category not in categories.setdefault(word, []):
                    categories[word].append(category)


@cache
def lexicon() -> Lexicon:
    """The lexicon, built once (about 10 ms)."""
    masks, categories = _collect()
    _inherit(masks, categories)
    words = tuple(masks)
    return Lexicon(
        words,
        tuple(masks.values()),
        tuple(tuple(categories.get(word, ())) for word in words),
        AhoCorasick(words, matchkind=MatchKind.Standard),
    )


class Token(NamedTuple):
    """A found word: its class mask and where it stands."""

    word: str
    mask: int
    start: int
    end: int
    categories: tuple[str, ...]


def _outermost(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The matches that lie in no longer one; those that only cross each other all stay."""
    if len(found) < 2:
        return found
    found.sort(key=_by_start)
    kept, reach = [], -1
    for match in found:
        if match[2] > reach:
            kept.append(match)
            reach = match[2]
    return kept


def _by_start(match: tuple[int, int, int]) -> tuple[int, int]:
    return match[1], -match[2]


class Scan:
    """The words found in one folded message; what most chat never needs is worked out when it is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def mask(self) -> int:
        """The union of the classes of the words that count."""
        return self._union(self._found)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The found words in their order."""
        lex = lexicon()
        return tuple(Token(lex.words[i], lex.masks[i], start, end, lex.categories[i]) for i, start, end in self._found)

    @cached_property
    def _found(self) -> list[tuple[int, int, int]]:
        return _outermost(lexicon().automaton.find_matches_as_indexes(self.text, overlapping=True))

    @staticmethod
    def _union(found: list[tuple[int, int, int]]) -> int:
        mask, masks = 0, lexicon().masks
        for index, _, _ in found:
            mask |= masks[index]
        return mask

    def has(self, *names: str) -> bool:
        """Whether any word of any of these classes was found."""
        return bool(self.mask & bits(*names))

    def of(self, mask: int) -> list[Token]:
        """The found words of these classes."""
        return [token for token in self.tokens if token.mask & mask]

    def count(self, mask: int) -> int:
        """How many different words of these classes were found."""
        return len({token.word for token in self.tokens if token.mask & mask})
