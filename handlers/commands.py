"""The grammar of commands, and what a command is."""

from __future__ import annotations

import re
import string
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from handlers.refs import fold, take_ref
from handlers.turn import Speaker, Turn
from handlers.understanding import Ref
from storage.people import Role


class Takes(StrEnum):
    """Whether a command takes something."""

    NO = "no"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what people type, who may, what it does; help, handbook and permission check follow from it.

    `letters` lists the kinds of matter a number may mean ("C" for cases). `heads` are words that may follow the
    command without a gap (通知全镇 …), as nothing else begins like that. An `ordinary` word counts only from
    someone with a role, with a mention of the bot, in private, or with a number. One that `spreads`
    (broadcasts or closes) is asked again, not carried out, when its message comes late.
    """

    words: tuple[str, ...]
    usage: str
    help: str
    run: Callable[[Turn, Order], Awaitable[None]]
    roles: tuple[Role, ...] = ()
    number: Takes = Takes.NO
    letters: str = "C"
    rest: Takes = Takes.NO
    ordinary: bool = False
    private: bool = False
    spreads: bool = False
    heads: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The word it is known by."""
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Order:
    """A command as somebody typed it. `rest` keeps the writer's own characters."""

    command: Command
    ref: Ref | None = None
    rest: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing that the command must have is missing (a number may still come from a quote)."""
        return self.command.rest != Takes.MUST or bool(self.rest)


_GAP = re.compile(r"[\s:：,，、;；]*")
_CODE = frozenset(string.ascii_letters + string.digits)  # 绑定K7Q2: a code may stand right after the word
_END = re.compile(r"[\s。.!！~～]*$")
_MEASURE = re.compile(r"[栋幢楼座层单室岁点天年月日时分个元块人户次米度斤%]")


class Grammar:
    """Finds the command that a whole text is."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._by_word = {word: command for command in commands for word in command.words}
        self._start = re.compile("|".join(sorted(map(re.escape, self._by_word), key=len, reverse=True)))

    def parse(self, text: str, speaker: Speaker, *, addressed: bool) -> Order | None:
        """The order, or None for ordinary text. `addressed`: the bot was mentioned, or it is a private chat."""
        folded = fold(text).strip()
        match = self._start.match(folded)
        if not match:
            return None
        order = self._fit(self._by_word[match[0]], folded[match.end() :])
        return order if order and _meant(order, speaker, addressed) else None

    def _fit(self, command: Command, tail: str) -> Order | None:
        gap = _GAP.match(tail)
        assert gap
        spaced, tail = bool(gap[0]), tail[gap.end() :]
        ref: Ref | None = None
        if command.number != Takes.NO:
            ref, tail = take_ref(tail)
            if ref and _MEASURE.match(tail):
                return None
            if ref:
                spaced, tail = True, _GAP.sub("", tail, count=1)
        if _END.match(tail):
            return Order(command, ref, "")
        if command.rest == Takes.NO or not (spaced or tail[0] in _CODE or tail.startswith(command.heads)):
            return None
        return Order(command, ref, tail.strip())


def _meant(order: Order, speaker: Speaker, addressed: bool) -> bool:
    command = order.command
    if not command.ordinary or order.ref or addressed:
        return True
    return speaker.has(command.roles) if command.roles else bool(speaker.roles)
