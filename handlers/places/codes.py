"""Codes that somebody types: how they look, and how often one may be wrong."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from handlers.ports import TOKEN_LETTERS
from handlers.refs import fold
from handlers.turn import Turn
from storage.agenda import AuditEntry
from storage.areas import Room

WRONG = "code.wrong"
WRONG_LIMIT = 5
WRONG_WINDOW = timedelta(hours=1)

_FILLER = re.compile(r"[\s\-—–_·.。!！,，]+")


def tidy(words: str) -> str:
    """A typed code in its plain form: full width, lower case, dashes and spaces do not matter."""
    return _FILLER.sub("", fold(words)).upper()


def looks_like_code(words: str) -> bool:
    """Whether these words may be a code, rather than what people say after 我是 or 绑定."""
    code = tidy(words)
    if not re.fullmatch(r"[0-9A-Z]{4,12}", code):
        return False
    mixed = any(char.isdigit() for char in code) and any(char.isalpha() for char in code)
    return mixed or (len(code) == 8 and all(char in TOKEN_LETTERS for char in code))


async def new_bind_code(turn: Turn) -> str:
    """A code that no room has, or had until now."""
    while True:
        code = turn.outside.token()
        if await turn.session.scalar(select(Room.id).where(Room.bind_code == code)) is None:
            return code


def digest(code: str) -> str:
    """What is kept of a one-time code: SHA-256 of its plain form."""
    return hashlib.sha256(tidy(code).encode()).hexdigest()


async def tried_too_often(turn: Turn) -> bool:
    """Whether this person has typed too many wrong codes lately."""
    query = select(func.count()).where(
        AuditEntry.action == WRONG,
        AuditEntry.actor_id == turn.me.contact_id,
        col(AuditEntry.at) > turn.now - WRONG_WINDOW,
    )
    return (await turn.session.scalar(query) or 0) >= WRONG_LIMIT


def note_wrong(turn: Turn) -> None:
    """Remember a wrong code, without the code."""
    turn.audit(WRONG)
