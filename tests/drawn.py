"""What a chart says, and where."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chart import Canvas


def words_drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[float, float]]:
    """Words -> (left, right), filled while charts are drawn."""
    drawn: dict[str, tuple[float, float]] = {}
    text = Canvas.text

    def note(canvas: Canvas, at: tuple[float, float], words: str, size: int, *more: Any) -> None:
        left, _, right, _ = canvas.draw.textbbox(at, words, canvas.sized(size), more[1] if len(more) > 1 else "lm")
        drawn[words] = left, right
        text(canvas, at, words, size, *more)

    monkeypatch.setattr(Canvas, "text", note)
    return drawn
