"""事项: requests, complaints and suggestions, from the report to the rating."""

from handlers.cases.accusing import accused, ask_whom
from handlers.cases.acting import ACTS, ask_which, gives_back
from handlers.cases.complaints import ACCUSES, MISCONDUCT, complained_of
from handlers.cases.confiding import confided
from handlers.cases.hinting import hinted, hinted_at, nodded
from handlers.cases.hushing import asked_apart, in_confidence, promised
from handlers.cases.inquiring import inquired
from handlers.cases.machine import meant_by
from handlers.cases.neighbours import known, reported
from handlers.cases.outside import unknown as unknown_ticket
from handlers.cases.photographing import pictured
from handlers.cases.timers import ANSWERS, DUE
from handlers.cases.working import COMMANDS, HELPERS

__all__ = [
    "ACCUSES",
    "ACTS",
    "ANSWERS",
    "COMMANDS",
    "DUE",
    "HELPERS",
    "MISCONDUCT",
    "accused",
    "ask_which",
    "ask_whom",
    "asked_apart",
    "complained_of",
    "confided",
    "gives_back",
    "hinted",
    "hinted_at",
    "in_confidence",
    "inquired",
    "known",
    "meant_by",
    "nodded",
    "pictured",
    "promised",
    "reported",
    "unknown_ticket",
]
