"""Reads Chinese neighbourhood messages: `read(text, context) -> Reading`. Pure: no database, clock or network."""

from handlers.understanding.export import to_json
from handlers.understanding.gazetteer import Gazetteer, Place
from handlers.understanding.model import (
    OF_PERSONS,
    TROUBLES,
    Act,
    Candidate,
    Context,
    Fields,
    Kind,
    Line,
    OpenMatter,
    PendingQuestion,
    Precision,
    Reading,
    Ref,
)
from handlers.understanding.phrases import (
    asks_not_to_be_named,
    asks_secrecy,
    asks_when,
    displeased,
    drops,
    is_done,
    not_yet,
    plainly_fixed,
    says_same,
    takes_on,
    urges,
)
from handlers.understanding.reader import category_of, read, topic_of
from handlers.understanding.stars import stars
from handlers.understanding.taught import Lesson, Taught, masked, tally, teach, undump
from handlers.understanding.topics import OTHER
from handlers.understanding.unanswered import same_home, sign, unanswered

__all__ = [
    "OF_PERSONS",
    "OTHER",
    "TROUBLES",
    "Act",
    "Candidate",
    "Context",
    "Fields",
    "Gazetteer",
    "Kind",
    "Lesson",
    "Line",
    "OpenMatter",
    "PendingQuestion",
    "Place",
    "Precision",
    "Reading",
    "Ref",
    "Taught",
    "asks_not_to_be_named",
    "asks_secrecy",
    "asks_when",
    "category_of",
    "displeased",
    "drops",
    "is_done",
    "masked",
    "not_yet",
    "plainly_fixed",
    "read",
    "same_home",
    "says_same",
    "sign",
    "stars",
    "takes_on",
    "tally",
    "teach",
    "to_json",
    "topic_of",
    "unanswered",
    "undump",
    "urges",
]
