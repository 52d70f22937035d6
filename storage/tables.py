"""Every table, imported so that the metadata is whole."""

from storage import agenda, areas, inbox, matters, outbox, people, reading

__all__ = ["agenda", "areas", "inbox", "matters", "outbox", "people", "reading"]
