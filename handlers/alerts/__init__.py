"""寻人: a missing person, from the first word to everyone knowing."""

from handlers.alerts.adding import add_location, add_picture, detail_recalled, picture_arrived
from handlers.alerts.after import mourned, told_how
from handlers.alerts.answering import ANSWERS
from handlers.alerts.asking import FACT_QUESTIONS, heard_only
from handlers.alerts.commands import ACTS, COMMANDS, DUE, asked, hides_phone, how_it_stands, relayed, said_found
from handlers.alerts.ending import false_alarm, withdraw
from handlers.alerts.erasing import asked_to_erase
from handlers.alerts.facts import known
from handlers.alerts.merging import merge
from handlers.alerts.mourning import of_a_stranger, tells_of_death, was_pulled_out
from handlers.alerts.opening import reported
from handlers.alerts.parting import part
from handlers.alerts.reaching import load
from handlers.alerts.recognising import of_a_clue
from handlers.alerts.reopening import gone_again, heeded, reopen
from handlers.alerts.saying_over import heard as heard_over
from handlers.alerts.sightings import named as seen_by_name
from handlers.alerts.sightings import sighted, taken_in, told_more
from handlers.alerts.spreading import catch_up
from handlers.alerts.texts import recalled
from handlers.alerts.vouching import command_of

__all__ = [
    "ACTS",
    "ANSWERS",
    "COMMANDS",
    "DUE",
    "FACT_QUESTIONS",
    "add_location",
    "add_picture",
    "asked",
    "asked_to_erase",
    "catch_up",
    "command_of",
    "detail_recalled",
    "false_alarm",
    "gone_again",
    "heard_only",
    "heard_over",
    "heeded",
    "hides_phone",
    "how_it_stands",
    "known",
    "load",
    "merge",
    "mourned",
    "of_a_clue",
    "of_a_stranger",
    "part",
    "picture_arrived",
    "recalled",
    "relayed",
    "reopen",
    "reported",
    "said_found",
    "seen_by_name",
    "sighted",
    "taken_in",
    "tells_of_death",
    "told_how",
    "told_more",
    "was_pulled_out",
    "withdraw",
]
