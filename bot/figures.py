"""What the bot has done since its start, in figures for Prometheus; the log is told of it too.

Counters are for what the database does not know; what it knows is asked when somebody looks (`bot.status`). Labels are
states and kinds of our own, never words, names or numbers of anybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.process_collector import ProcessCollector

from bot.watching import Call, Telling
from handlers.ports import Queued
from storage.outbox import Priority

QUICK = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
SLOW = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
"""Seconds that part the steps of reading and handling, and of calls to the gateway."""


class Figures(Telling):
    """Counts, in a registry of its own."""

    def __init__(self, account: str) -> None:
        super().__init__(account)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._received = self._counter("messages_received", "Events stored, by kind.", "kind")
        self._handled = self._counter("messages_handled", "Events handled, by what they came to.", "outcome")
        self._due = self._counter("due_done", "Due things done, by kind.", "kind")
        self._queued = self._counter("posts_queued", "Posts written, by sort.", "sort")
        self._sends = self._counter("sends", "Calls that send, by what became of the part.", "result", "priority")
        self._cancelled = self._counter("cancellations", "Parts that were not sent after all.")
        self._rate_errors = self._counter("rate_errors", "Times the platform said that too much was sent.")
        self._database = self._counter("database_errors", "Times work waited for a database that could not be used.")
        self._handling = self._histogram("handling_seconds", "Reading and handling one event.", QUICK)
        self._reading = self._histogram("reading_seconds", "Reading one message.", QUICK)
        self._calls = self._histogram("send_seconds", "One call that sends.", SLOW, "result")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="gridbot", registry=self.registry)

    def _histogram(self, name: str, text: str, steps: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, text, labels, namespace="gridbot", registry=self.registry, buckets=steps)

    def received(self, events: Sequence[tuple[int, int | None, str]]) -> None:
        """Count by kind."""
        super().received(events)
        for _, _, kind in events:
            self._received.labels(kind).inc()

    def read(self, seconds: float) -> None:
        """Note the time."""
        self._reading.observe(seconds)

    def handled(self, about: str, outcome: str, ref: str, seconds: float, queued: Sequence[Queued] = ()) -> None:
        """Count by outcome, and its posts."""
        super().handled(about, outcome, ref, seconds, queued)
        self._handled.labels(outcome).inc()
        self._handling.observe(seconds)
        self._count_posts(queued)

    def done_due(self, about: str, kind: str, seconds: float, queued: Sequence[Queued] = ()) -> None:
        """Count by kind, and its posts."""
        super().done_due(about, kind, seconds, queued)
        self._due.labels(kind).inc()
        self._count_posts(queued)

    def _count_posts(self, queued: Sequence[Queued]) -> None:
        for post in queued:
            self._queued.labels(post.sort).inc()

    def called(self, call: Call) -> None:
        """Count by result."""
        super().called(call)
        self._sends.labels(call.result, Priority(call.priority).name.lower()).inc()
        self._calls.labels(call.result).observe(call.seconds)

    def cancelled(self, about: str, delivery_id: int, chat_id: int, why: str) -> None:
        """Count."""
        super().cancelled(about, delivery_id, chat_id, why)
        self._cancelled.inc()

    def rate_limited(self) -> None:
        """Count."""
        self._rate_errors.inc()

    def database_away(self) -> None:
        """Count."""
        self._database.inc()
