"""A message's characters as the learned models see them."""

from __future__ import annotations

import re
from operator import add

MAX_SHAPE = 400
"""Characters that are looked at for runs; what a message is about shows in its first lines."""

_FIGURES = re.compile(r"\d[\d*\-]{5,}")
_SHORT_FIGURES = re.compile(r"\d+(?:\.\d+)?")
_FORM = str.maketrans(
    {
        **dict.fromkeys(" \t\n，,。.；;、：:~～…|/-—", " "),
        **dict.fromkeys("!！", "!"),
        **dict.fromkeys("?？", "?"),
        **dict.fromkeys("\"“”‘’'()（）[]【】《》<>{}#*_`", None),
    }
)
_SPACES = re.compile(r" +")


def shape(text: str) -> str:
    """A folded text as the models see it: lower case, one mark for pauses, figures without their value."""
    text = text[:MAX_SHAPE].lower()
    if _SHORT_FIGURES.search(text):
        text = _SHORT_FIGURES.sub("0", _FIGURES.sub("9", text))
    text = text.translate(_FORM)
    return f"^{_SPACES.sub(' ', text).strip() if ' ' in text else text}$"


def runs(text: str) -> set[str]:
    """The single characters and the pairs of a folded text's shape."""
    return runs_of(shape(text))


def runs_of(form: str) -> set[str]:
    """The single characters and the pairs of a shape."""
    return {*form, *map(add, form, form[1:])}
