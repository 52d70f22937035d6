"""`make bench`: one table of what was measured in this run, ready for the README.

python -m tests.bench [reading] [through] [queueing] [lifecycles] [counting] [sending] [scaling] [starting] [--quick]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.bench import counting, lifecycles, queueing, reading, scaling, sending, slow, starting, through
from tests.gateways.wechaty_world import missing
from tests.servers import postgres_server

Row = tuple[str, str, str, str, str]
HEAD: Row = ("What", "格格", "Beside it", "Ratio", "Aim")


def reading_rows(quick: bool) -> list[Row]:
    """Reading a message, against cutting it into words."""
    times = reading.measure(1000 if quick else 6000, 3 if quick else 7)
    what = f"Reading a message ({times.characters:.0f} characters on average, nine in ten chat)"
    pairs = (
        (what, times.whole, "≤ 1.5"),
        ("… of plain chat", times.chat, ""),
        ("… of what matters", times.matter, "≤ 2.5"),
    )
    rows: list[Row] = [
        (name, f"{pair.read:.0f} µs", f"`jieba.lcut(text, HMM=False)`: {pair.cut:.0f} µs", f"{pair.ratio:.2f}", aim)
        for name, pair, aim in pairs
    ]
    parts = ", ".join(f"{name} {share:.0%}" for name, share in reading.shares(1000 if quick else 6000).items())
    ours, theirs = starting.first_reading(1 if quick else 5)
    jieba = f"loading jieba and cutting one line: {theirs.seconds:.2f} s, {theirs.megabytes:.0f} MB"
    first = f"{ours.seconds:.2f} s, {ours.megabytes:.0f} MB"
    ratios = f"{ours.seconds / theirs.seconds:.2f}, {ours.megabytes / theirs.megabytes:.2f}"
    return [
        *rows,
        ("… where the time goes", parts, "", "", ""),
        ("Import and first reading", first, jieba, ratios, "≤ 1.3 both"),
    ]


def through_rows(quick: bool) -> list[Row]:
    """Through the npm gateway, against a bare echo bot."""
    what = "Messages a second through the real gateway"
    if why := missing():
        return [(what, "-", why, "-", "> 1")]
    rates = through.measure(300 if quick else 2000, 160, 1 if quick else 3)
    what += f" ({rates.count} messages in 160 groups, {rates.answers} answers; read, stored durably, handled)"
    beside = f"echo on `wechaty`'s `on_message`, the same answers: {rates.echo:.0f}/s"
    return [(what, f"{rates.ours:.0f}/s", beside, f"{rates.ratio:.2f}", "> 1")]


def queueing_rows(quick: bool) -> list[Row]:
    """An alert for a district's rooms, from the stored message to the commit, on both databases."""
    rooms, repetitions = (100, 1) if quick else (queueing.ROOMS, 5)
    with postgres_server() as server:
        measured = {"SQLite": queueing.measure(None, rooms, repetitions)}
        measured["PostgreSQL"] = queueing.measure(server.new_database(), rooms, repetitions)
    return [
        (
            f"Queueing an alert for {rooms:,} rooms, {database}",
            f"{times.alert:.0f} ms",
            f"{times.rows:,} bare rows in one commit: {times.bare:.0f} ms",
            f"{times.alert / times.bare:.1f}",
            "< 200 ms",
        )
        for database, times in measured.items()
    ]


def lifecycles_rows(quick: bool) -> list[Row]:
    """Cases from the report to the rating, on an empty database and beside a million old ones."""
    rooms, rounds, stored = (20, 1, 1000) if quick else (lifecycles.ROOMS, 3, lifecycles.STORED)
    with postgres_server() as server:
        measured = {"SQLite": lifecycles.measure(None, rooms, rounds, stored)}
        measured["PostgreSQL"] = lifecycles.measure(server.new_database(), rooms, rounds, stored)
    rows: list[Row] = []
    for database, rates in measured.items():
        what = f"Whole cases a second (report, accept, progress, done, rate), {database}"
        beside = f"bare commits of one row: {rates.bare:.0f}/s"
        rows.append((what, f"{rates.empty:.0f}/s", beside, f"{rates.empty / rates.bare:.2f}", "100/s"))
        slower = f"{rates.empty / rates.full:.2f} times slower"
        rows.append((f"… with {rates.stored:,} cases stored", f"{rates.full:.0f}/s", "", slower, "≤ 1.5"))
    return rows


def counting_rows(quick: bool) -> list[Row]:
    """Statistics of a district for a month, on both databases."""
    stored, repetitions = (20_000, 1) if quick else (1_000_000, 5)
    with postgres_server() as server:
        measured = {"SQLite": counting.measure(None, stored, repetitions)}
        measured["PostgreSQL"] = counting.measure(server.new_database(), stored, repetitions)
    return [
        (
            f"Statistics of a district for a month ({times.within:,} cases of {times.stored:,} stored), {database}",
            f"{times.answer:.0f} ms",
            f"`count(*)` of the table: {times.bare:.0f} ms",
            f"{times.answer / times.bare:.1f}",
            "< 1000 ms",
        )
        for database, times in measured.items()
    ]


def sending_rows(quick: bool) -> list[Row]:
    """An unpaced fan-out, against a bare loop of the same calls."""
    what = "Sends a second through the real gateway, unpaced"
    if why := missing():
        return [(what, "-", why, "-", "≥ 0.5")]
    rates = sending.measure(60 if quick else 400, 1 if quick else 3)
    what += f" (one alert to {rates.rooms} rooms, each send committed before and after)"
    return [
        (what, f"{rates.ours:.0f}/s", f"the same calls in a loop: {rates.bare:.0f}/s", f"{rates.ratio:.2f}", "≥ 0.5")
    ]


def scaling_rows(quick: bool) -> list[Row]:
    """Four accounts on one PostgreSQL, against one."""
    rooms, repetitions = (24, 1) if quick else (160, 3)
    with postgres_server() as server:
        rates = scaling.measure(server.new_database, rooms, repetitions)
    what = f"Sends a second of four processes on one PostgreSQL, {slow.CALL * 1000:.0f} ms a call ({rooms} rooms)"
    return [(what, f"{rates.four:.1f}/s", f"of one: {rates.one:.1f}/s", f"{rates.ratio:.2f}", "≥ 3.5")]


def starting_rows(quick: bool) -> list[Row]:
    """Start to first answer, memory, and a processor's share at rest."""
    starts = starting.measure(1 if quick else 3, 3.0 if quick else 10.0)
    jieba = f"loading jieba and cutting one line: {starts.jieba.seconds:.1f} s"
    rows = [
        (f"`gridbot run` to the first answer, {which}", f"{start.seconds:.1f} s", jieba,
         f"{start.seconds / starts.jieba.seconds:.1f}", "< 3 s")
        for which, start in (("first start", starts.first), ("later start", starts.later))
    ]  # fmt: skip
    held = max(starts.first.megabytes, starts.later.megabytes)
    beside = f"that Python with jieba: {starts.jieba.megabytes:.0f} MB"
    rows.append(("Memory after it", f"{held:.0f} MB", beside, f"{held / starts.jieba.megabytes:.1f}", "< 200 MB"))
    if starts.later.idle is not None:
        rows.append(("Processor at rest", f"{starts.later.idle:.1%}", "", "", "≈ 0"))
    return rows


PARTS: dict[str, Callable[[bool], list[Row]]] = {
    "reading": reading_rows,
    "through": through_rows,
    "queueing": queueing_rows,
    "lifecycles": lifecycles_rows,
    "counting": counting_rows,
    "sending": sending_rows,
    "scaling": scaling_rows,
    "starting": starting_rows,
}


def table(rows: list[Row]) -> str:
    """Rows as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEAD, ("---",) * len(HEAD), *rows))


def main() -> None:
    """Measure what is asked for, everything by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures the bot and what is beside it")
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="what to measure; everything by default")
    parser.add_argument("--quick", action="store_true", help="small and rough")
    asked = parser.parse_args()
    print(table([row for name in asked.part or PARTS for row in PARTS[name](asked.quick)]))


if __name__ == "__main__":
    main()
