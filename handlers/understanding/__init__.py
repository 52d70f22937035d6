"""Reads Chinese neighbourhood messages: `read(text, context) -> Reading`. Pure: no database, clock or network."""

from handlers.understanding.export import to_json
from handlers.understanding.gazetteer import Gazetteer, Place
from handlers.understanding.model import (
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
from handlers.understanding.reader import read

__all__ = [
    "Act",
    "Candidate",
    "Context",
    "Fields",
    "Gazetteer",
    "Kind",
    "Line",
    "OpenMatter",
    "PendingQuestion",
    "Place",
    "Precision",
    "Reading",
    "Ref",
    "read",
    "to_json",
]
