"""How long it takes to read a message, against cutting it into words."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.parsing import town_gazetteer
from bot.town import SAMPLE
from handlers.understanding import Context, read
from tests.bench.lines import stream

PIECE = 200
"""Lines that one side works on before the other has its turn."""


@dataclass(frozen=True, slots=True)
class ReadingTimes:
    """Microseconds of processor time a message, medians over the repetitions."""

    cut: float
    read: float
    ratio: float
    lines: int
    characters: float


def measure(count: int, repetitions: int) -> ReadingTimes:
    """Read and cut the same lines in turns, piece by piece.

    Processor time of this thread is counted: other programs on the machine change it little.
    """
    import jieba

    jieba.setLogLevel(logging.ERROR)
    lines = stream(count)
    context = Context(now=datetime.now(UTC), grid="FD0102", gazetteer=town_gazetteer(SAMPLE))

    def cut(line: str) -> object:
        return jieba.lcut(line, HMM=False)

    def understand(line: str) -> object:
        return read(line, context)

    for line in lines[:PIECE]:
        cut(line), understand(line)
    rounds = [_round(lines, cut, understand) for _ in range(repetitions)]
    cuts, reads = zip(*rounds, strict=True)
    ratio = statistics.median(ours / theirs for theirs, ours in rounds)
    characters = sum(map(len, lines)) / count
    return ReadingTimes(statistics.median(cuts), statistics.median(reads), ratio, count, characters)


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
    return spent[0] / len(lines) * 1e6, spent[1] / len(lines) * 1e6
