"""What the reader makes of collected texts, where a folder `shared/data` lies beside the checkout; shares only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from handlers.ports import ReadingRules
from handlers.understanding import Context, Kind, read

DATA = Path(__file__).parents[3] / "shared" / "data"
CONTEXT = Context(now=datetime(2026, 11, 21, 15, 30, tzinfo=timezone(timedelta(hours=8))))
SILENT = frozenset({Kind.CHAT, Kind.QUESTION})
"""Kinds that get no answer in a group."""


def collected() -> Iterator[str]:
    """One line for each file that is there."""
    for name, line in (
        ("gov_topics", _topics),
        ("gov_departments", _departments),
        ("chat", _chat),
        ("missing_posts", _posts),
        ("complaint_posts", _posts),
    ):
        path = DATA / f"{name}.jsonl"
        if path.exists():
            rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines() if row]
            yield f"{name}: {line(rows)}"


def _topics(rows: list[dict[str, Any]]) -> str:
    kinds = [(row["kind"], read(row["text"], CONTEXT).kind) for row in rows]
    noticed = sum(kind is not Kind.CHAT for _, kind in kinds) / len(kinds)
    return f"{len(rows)} texts, noticed {noticed:.1%}, kind {sum(a == b for a, b in kinds) / len(kinds):.1%}"


def _departments(rows: list[dict[str, Any]]) -> str:
    readings = [read(row["text"], CONTEXT) for row in rows]
    noticed = sum(reading.kind is not Kind.CHAT for reading in readings)
    told = sum(reading.category not in (None, "其他") for reading in readings)
    return f"{len(rows)} texts, noticed {noticed / len(rows):.1%}, with a category {told / len(rows):.1%}"


def _chat(rows: list[dict[str, Any]]) -> str:
    rules = ReadingRules()
    spoken = [r for row in rows if (r := read(row["text"], CONTEXT)).kind not in SILENT]
    asked = sum(reading.confidence >= rules.ask_threshold for reading in spoken)
    said = sum(reading.confidence >= rules.act_threshold for reading in spoken)
    alerts = sum(r.kind is Kind.MISSING and r.confidence >= rules.act_threshold for r in spoken)
    return (
        f"{len(rows)} lines, reacted to {asked / len(rows):.2%}, in the group {said / len(rows):.2%}, "
        f"false reports {alerts}"
    )


def _posts(rows: list[dict[str, Any]]) -> str:
    counts = Counter((row["label"].partition("|")[0], str(read(row["text"], CONTEXT).kind)) for row in rows)
    return ", ".join(f"{label} as {kind} {n}" for (label, kind), n in sorted(counts.items()))
