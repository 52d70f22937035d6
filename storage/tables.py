"""Every table, imported so that the metadata is whole."""

from storage import agenda, areas, at_risk, inbox, matters, outbox, people, reading, work_log

__all__ = ["agenda", "areas", "at_risk", "inbox", "matters", "outbox", "people", "reading", "work_log"]
