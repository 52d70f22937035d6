"""How long it takes to read a message, against cutting it into words, and where the time goes."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.parsing import town_gazetteer
from bot.town import SAMPLE
from handlers.understanding import Context, Kind, kinds, read
from handlers.understanding.categories import category
from handlers.understanding.extract import extract
from handlers.understanding.found import find_all
from handlers.understanding.learned import learned
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from handlers.understanding.shapes import runs
from handlers.understanding.tagging import OF_MATTERS, tagger
from tests.bench.lines import stream

PIECE = 200
"""Lines that one side works on before the other has its turn."""


class Pair(NamedTuple):
    """Microseconds of processor time a message for cutting and for reading it, and the ratio."""

    cut: float
    read: float
    ratio: float


@dataclass(frozen=True, slots=True)
class ReadingTimes:
    """Medians over the repetitions: of the whole stream, of its chat, of what matters. `characters` is the average."""

    whole: Pair
    chat: Pair
    matter: Pair
    lines: int
    characters: float


def measure(count: int, repetitions: int) -> ReadingTimes:
    """Read and cut the same lines in turns, piece by piece.

    Processor time of this thread is counted: other programs on the machine change it little.
    """
    import jieba

    jieba.setLogLevel(logging.ERROR)
    lines = stream(count)
    context = _context()

    def cut(line: str) -> object:
        return jieba.lcut(line, HMM=False)

    def understand(line: str) -> object:
        return read(line, context)

    chat = [line for line in lines if read(line, context).kind is Kind.CHAT]
    matter = [line for line in lines if read(line, context).kind is not Kind.CHAT]
    whole, talk, rest = (
        _median([_round(some, cut, understand) for _ in range(repetitions)]) for some in (lines, chat, matter)
    )
    return ReadingTimes(whole, talk, rest, count, sum(map(len, lines)) / count)


def _context() -> Context:
    return Context(now=datetime.now(UTC), grid="FD0102", gazetteer=town_gazetteer(SAMPLE))


def _median(rounds: Sequence[tuple[float, float]]) -> Pair:
    cuts, reads = zip(*rounds, strict=True)
    ratio = statistics.median(ours / theirs for theirs, ours in rounds)
    return Pair(statistics.median(cuts), statistics.median(reads), ratio)


def _round(
    lines: Sequence[str], cut: Callable[[str], object], understand: Callable[[str], object]
) -> tuple[float, float]:
    """Microseconds a line of both."""
    spent = [0.0, 0.0]
    for start in range(0, len(lines), PIECE):
        for side, work in enumerate((cut, understand)):
            began = time.thread_time()
            for line in lines[start : start + PIECE]:
                work(line)
            spent[side] += time.thread_time() - began
    count = len(lines) or 1
    return spent[0] / count * 1e6, spent[1] / count * 1e6


def shares(count: int) -> dict[str, float]:
    """The share of each stage in reading a mixed stream (they add up to less than 1: the rest joins them)."""
    context, lines = _context(), stream(count)
    folded, folding = _timed(fold, lines)
    summed, characters = _timed(lambda text: learned().summed(runs(text)), folded)
    scores, scoring = _timed(kinds.plain, summed)
    scans = [Scan(text) for text in folded]
    gates, words = _timed(lambda pair: kinds.nothing(*pair), list(zip(scores, scans, strict=True)))
    open_ = [(score, scan, sums) for score, scan, sums, gate in zip(scores, scans, summed, gates, strict=True)
             if gate is None]  # fmt: skip
    judged, rules = _timed(lambda one: kinds.judge(one[1], one[0]), open_)
    matters = [(scan, found.kind, sums) for (_, scan, sums), found in zip(open_, judged, strict=True)
               if found.kind is not Kind.CHAT]  # fmt: skip
    _, sorting = _timed(lambda one: category(one[0], one[2]), matters)
    found, finding = _timed(lambda one: find_all(one[0].text, context.now), matters)
    marked = [(one[0], all_.marks, len(OF_MATTERS)) for one, all_ in zip(matters, found, strict=True)]
    _, tagging = _timed(lambda one: tagger().pieces(*one), marked)
    _, fields = _timed(lambda one: extract(one[0], one[1], context), matters)
    _, whole = _timed(lambda line: read(line, context), lines)
    spent = {
        "characters": folding + characters + scoring,
        "words": words,
        "rules": rules,
        "category": sorting,
        "times and numbers": finding,
        "tagger": tagging,
        "other fields": max(0.0, fields - finding - tagging),
    }
    return {name: seconds / whole for name, seconds in spent.items()}


def _timed(work: Callable[[Any], Any], items: Sequence[Any]) -> tuple[list[Any], float]:
    began = time.thread_time()
    results = [work(item) for item in items]
    return results, time.thread_time() - began
