"""Every table, imported so that the metadata is whole."""

from storage import agenda, answers, areas, at_risk, duty, hooks, inbox, matters, outbox, people, reading, work_log

__all__ = [
    "agenda",
    "answers",
    "areas",
    "at_risk",
    "duty",
    "hooks",
    "inbox",
    "matters",
    "outbox",
    "people",
    "reading",
    "work_log",
]
