"""What is wrong with the files, each fault with its file and row."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 20
"""Faults that the exception's own text shows; `TownFaults.faults` has all of them."""


class TownFaults(Exception):
    """The files cannot be imported, and nothing of them was. `faults` are sentences, one per fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        more = len(self.faults) - SHOWN
        tail = [f"……另有 {more} 处"] if more > 0 else []
        super().__init__("\n".join([*self.faults[:SHOWN], *tail]))


class Faults:
    """Collects faults in any order, and gives them by file and row."""

    def __init__(self) -> None:
        self._found: list[tuple[str, int, str]] = []

    def add(self, file: str, row: int | None, text: str) -> None:
        """A fault of a row (the header is row 1), or of the whole file where `row` is None."""
        self._found.append((file, row or 0, text))

    def of(self, file: str) -> bool:
        """Whether this file has any fault so far."""
        return any(name == file for name, _, _ in self._found)

    def check(self, order: Sequence[str]) -> None:
        """Raise `TownFaults` if there is any fault; files in the given order."""
        if not self._found:
            return
        rank = {file: index for index, file in enumerate(order)}
        found = sorted(self._found, key=lambda fault: (rank.get(fault[0], -1), fault[1]))
        raise TownFaults([_sentence(*fault) for fault in found])


def _sentence(file: str, row: int, text: str) -> str:
    return f"{file} 第 {row} 行：{text}" if row else f"{file}：{text}"
