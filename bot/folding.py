"""Help in Chinese, whole: rich cuts a sentence without spaces off where its column ends, in each of its tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text
from typer import rich_utils


class FoldingTable(Table):
    """Breaks a long cell instead of cutting it."""

    def add_row(self, *cells: Any, **more: Any) -> None:
        """A row; columns are made by the first."""
        super().add_row(*cells, **more)
        for column in self.columns:
            column.overflow = "fold"


def _together(pieces: Iterable[Text]) -> Text:
    """What is said of an option, its default behind it, in no table of their own."""
    return Text(" ").join(pieces)


def fold_help() -> None:
    """Have the help of all commands drawn so."""
    vars(rich_utils).update(Table=FoldingTable, Columns=_together)
