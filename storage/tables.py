"""Every table, imported so that the metadata is whole."""

from storage import agenda, areas, at_risk, hooks, inbox, matters, outbox, people, reading

__all__ = ["agenda", "areas", "at_risk", "hooks", "inbox", "matters", "outbox", "people", "reading"]
