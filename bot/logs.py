"""How log lines look: plain ones for people, JSON for programs; both with the id of what they are about."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from handlers.following import followed

CHATTY = ("apscheduler", "alembic")

_BREAKS = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")


class Plain(logging.Formatter):
    """`2026-11-21 12:00:00,000 INFO gridbot.way sent in=7 delivery=9 …`: one line, whatever a message contains."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, before the traceback if there is one."""
        fields = "".join([f" {name}={value}" for name, value in _fields(record).items()])
        about = _about(record)
        line = f"{super().formatMessage(record)}{' ' if about else ''}{about}{fields}"
        return line if line.isprintable() else line.translate(_BREAKS)


class Json(logging.Formatter):
    """One object a line: `at` (UTC), `level`, `logger`, `event`, `id` and the event's own fields; `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        if about := _about(record):
            line["id"] = about
        line |= _fields(record)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encode(line)


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _about(record: logging.LogRecord) -> str:
    return getattr(record, "about", "") or followed()


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return getattr(record, "fields", {})


def set_up(level: str, form: str) -> None:
    """Log to stderr from now on; again is fine."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else Plain())
    logging.basicConfig(level=level, handlers=[handler])
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
