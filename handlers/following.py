"""What is being worked on now, as every log line names it: `in=123` a message, `due=wipe:chat` a due thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ABOUT: ContextVar[str] = ContextVar("about", default="")


def about(inbox_id: int | None, due: str = "") -> str:
    """The id that log lines bear from a message in, or from a due thing, to the last delivery out."""
    return f"in={inbox_id}" if inbox_id is not None else f"due={due}" if due else ""


@contextmanager
def following(what: str) -> Iterator[None]:
    """Log lines within bear this id."""
    token = _ABOUT.set(what)
    try:
        yield
    finally:
        _ABOUT.reset(token)


def followed() -> str:
    """The id of what is worked on here, or nothing."""
    return _ABOUT.get()
