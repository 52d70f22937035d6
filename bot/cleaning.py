"""Makes an event fit to keep: no characters that a database refuses or that turn a line around, no impossible times."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from handlers.ports import MAX_TEXT, Event, Location, Quote
from handlers.understanding.normal import FILLERS

OLDEST = timedelta(days=366)
"""A message said to be older has a broken time, not a long way behind it."""

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_TURNING = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # text after them would run backwards
_UNSEEN = [0x200B, 0x2060, 0xFEFF]  # they part words and numbers that look whole
_BLANK = dict.fromkeys(FILLERS, " ")
_DROPPED = dict.fromkeys([*_CONTROLS, *_TURNING, *_UNSEEN, *range(0xD800, 0xE000)]) | {
    ord("\n"): "\n",
    ord("\r"): "\n",
    ord("\t"): "\t",
}


def clean_text(text: str) -> str:
    """Without control characters, halves of characters, and what turns the direction of a line."""
    if text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_DROPPED)


def clean_name(text: str) -> str:
    """A name on one line; brackets as our numbers have them would be taken for a number."""
    return clean_text(" ".join(text.translate(_BLANK).split())).translate({ord("【"): "[", ord("】"): "]"})


def clean_event(event: Event, now: datetime) -> Event:
    """The event as it is stored; the same object if there is nothing to mend."""
    changed: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        better = _clean(value)
        if better is not value and better != value:
            changed[field.name] = better
    at = min(max(event.at, now - OLDEST), now)
    if at != event.at:
        changed["at"] = at
    return replace(event, **changed) if changed else event


def _clean(value: Any) -> Any:
    if type(value) is str:  # not an enum, which is one too
        return clean_text(value[:MAX_TEXT])
    if isinstance(value, tuple):
        return tuple(_clean(one) for one in value)
    if isinstance(value, Quote | Location):
        return replace(value, **{field.name: _clean(getattr(value, field.name)) for field in fields(value)})
    return value
