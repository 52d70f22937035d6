"""Reading the words of a command as what the command says they are."""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.checking_on import as_check
from handlers.local_names import gazetteer
from handlers.turn import Turn
from handlers.understanding import Context, Kind, Reading, category_of, read
from handlers.understanding.extract import extract
from handlers.understanding.kinship import FEMALE, MALE
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan

_FORM_NAME = re.compile(
    rf"\s*((?![我俺咱他她])(?!(?:老人|孩子|小孩|老?(?:{MALE}|{FEMALE}))[\s,，、])[一-鿿]{{2,4}})[\s,，、]+(?:男|女|\d{{1,3}}岁)"
)
"""A form starts with the name: 小明 男 6岁."""


async def read_as(turn: Turn, words: str, kind: Kind) -> None:
    """Make `words` the turn's text and reading, with every field that this kind of message may have."""
    turn.reading = await read_of(turn, words, kind)
    turn.text = words


async def read_of(turn: Turn, words: str, kind: Kind) -> Reading:
    """`words` as a message of this kind, with every field that one may have."""
    context = await _context(turn)
    fields = extract(Scan(fold(words)), kind, context)
    called = _FORM_NAME.match(words) if kind is Kind.MISSING else None
    if called and called[1] not in (fields.clothes or ""):
        fields = extract(Scan(fold(f"姓名：{words.lstrip()}")), kind, context)
        if fields.contact_name == called[1]:
            fields = replace(fields, contact_name=None)
        if fields.name is None and called[1] not in map(str, fields.present().values()):
            fields = replace(fields, name=called[1])
    return Reading(words, kind, 1.0, fields=fields)


async def read_words(turn: Turn, words: str) -> Reading:
    """What `words` say by themselves, whatever was said around them."""
    return as_check(read(words, await _context(turn)), words)


async def read_matter(turn: Turn, words: str) -> Reading:
    """What `words` say of which a command says that they are a matter: it is about something, whatever its kind."""
    reading = await read_words(turn, words)
    if reading.kind is Kind.CHAT:
        fields = extract(Scan(fold(words)), Kind.REQUEST, await _context(turn))
        reading = reading._replace(fields=fields)
    return reading._replace(category=reading.category or category_of(words))


async def _context(turn: Turn) -> Context:
    area = turn.here.area
    names = await gazetteer(turn.session)
    return Context(now=turn.local(turn.at), grid=area.code if area else None, gazetteer=names)
