"""The grammar of commands, and what a command is."""

from __future__ import annotations

import re
import string
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from handlers.refs import fold, take_ref
from handlers.turn import Speaker, Turn
from handlers.understanding import Ref, is_done, takes_on
from handlers.understanding.normal import simplified
from handlers.understanding.numerals import CN, number
from storage.people import Role


class Takes(StrEnum):
    """Whether a command takes something."""

    NO = "no"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what people type, who may, what it does; help, handbook and permission check follow from it.

    `letters` lists the kinds of matter a number may mean ("C" for cases). `heads` are words
    that may follow the command without a gap (通知全镇 …), as nothing else begins like that;
    `tails` may so follow where they are all them (统计本月). `behind` are words it has only behind
    a number and said to the bot (2号延到周五). To one that is `close` anything may be said to the
    bot without a gap (转给李珍). `asked` is how those with a role ask the bot for it in plain words
    (我手上还有几件), its number and rest where groups of it are called so.
    An `ordinary` word counts only from someone with a role, with a mention of the
    bot, in private, or with a number, a `numbered` one only with a number (in a group with its
    letter): alone its words are read as any others, unless it is `recent` and was said to the
    bot. `recent`: how long after a notice was sent it needs no number. One with a `shape`
    counts only where the whole text has it. What is one's `own` may be taken back without the
    role too: its handler checks whose it is. One that `spreads` (broadcasts or closes) is asked
    again, not carried out, when its message comes late. One that is `contained` changes nothing
    but one case, for those who work on it and for the group it is of. `instead`: how those with another role,
    who lack the one for it, write what comes nearest to it, and what that does.
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
    tails: frozenset[str] = frozenset()
    behind: tuple[str, ...] = ()
    close: bool = False
    asked: re.Pattern[str] | None = None
    numbered: bool = False
    shape: re.Pattern[str] | None = None
    recent: timedelta | None = None
    own: bool = False
    contained: bool = False
    instead: str = ""

    @property
    def name(self) -> str:
        """The word it is known by."""
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Order:
    """A command as somebody typed it. `rest` keeps the writer's own characters.

    An `odd` one has something else where the number belongs: its writer is told how it is written.
    """

    command: Command
    ref: Ref | None = None
    rest: str = ""
    odd: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing that the command must have is missing (a number may still come from a quote)."""
        return not self.odd and (self.command.rest != Takes.MUST or bool(self.rest))


MAX_ODD = 12
"""Characters after a command's word up to which it is a slip, and not a sentence that begins like one."""

MAX_ORDERS = 10
"""Lines of one message that may each be a command."""

_GAP = re.compile(r"[\s:：,，、;；]*")
_CODE = frozenset(string.ascii_letters + string.digits)  # 绑定K7Q2: a code may stand right after the word
_END = re.compile(r"[\s。.!！~～]*$")
_ENDING = re.compile(r"(?<![\s。.!！~～])[\s。.!！~～]+$")  # begun once a run: a message may be 100,000 blanks
_PARTICLES = re.compile(r"^[了啦咯哈啊吧]+(?=[\s。.!！~～]*$)")
_LEAD = re.compile(r"[-－—–_/|｜.。·]?[\s:：,，、;；]*[(（\[【第]?\s*")  # 接单-12, 接单（12）, 接单 第12号
_SPOKEN = re.compile(rf"[\s:：,，、]*第?({CN}{{1,5}})(?=\s*号(?!\w)|[\s:：,，、;；。.!！]|$)")
"""接单十二, 办结 第三号 修好了: a number as voice input writes it, with something behind it that ends it."""
_CLOSING = re.compile(r"\s*[)）\]】]")
_NUMBER = re.compile(r"[#a-zA-Z]?\s?\d{1,9}")
_NUMBERS = re.compile(
    r"(?P<word>[^\s\d:：,，、;；#a-zA-Z]+)[\s:：]*"
    r"(?P<numbers>[#a-zA-Z]?\s?\d{1,9}号?(?:[\s,，、和及]+[#a-zA-Z]?\s?\d{1,9}号?)+)[\s。.!！]*"
)
_NUMBERS_FIRST = re.compile(
    r"(?P<numbers>#?\s?\d{1,9}号?(?:(?:[\s,，、和及跟]+|(?<=号))#?\s?\d{1,9}号?)+)(?:这?[两几三]件|[\s,，、:：我俺都全一起])*"
    r"(?P<words>\D{1,20}?)[\s。.!！~了啦哈啊吧]*"
)
"""1号2号我都接了, 3、4都修好了: what is said of each."""
_APART = re.compile(r"[号,，、和及跟]")
"""What stands between several numbers; a mere gap may be a slip in one (接单 1 2)."""
_COUNTED = re.compile(r"[栋幢岁元斤%份]|个(?!人)")
_MEASURE = re.compile(r"[栋幢楼座层单室岁点天年月日时分个元块人户次米度斤%份只把串部条张辆件双袋箱瓶根颗名本支台]|小时")
_ASIDE = re.compile(r"(?:好的|[^\d?？吗么呢的]){1,20}")
"""Words beside a command that takes none: 接单 12，马上过去."""
_ASKS = re.compile(r"[?？吗么呢]|怎么|咋|如何|多少|没有")
_DATE = re.compile(r"(?:之|以)?[前后]|的|[上下]午|[早晚]上|中午|[到至起开]")
"""After 12号 without a gap: the twelfth of the month."""


_HEAD = 8
"""Characters at the beginning of a text in which a command's word stands."""


def _in_simplified(folded: str) -> str:
    """The same with its beginning in simplified script, in which the commands are known: 幫助, 12 辦結."""
    head = simplified(folded[:_HEAD])
    return head + folded[_HEAD:] if len(head) == len(folded[:_HEAD]) else folded


def counts(ref: Ref, number: str, tail: str, command: Command) -> bool:
    """Whether the number counts or dates something (12份问卷, 12号前) and is no matter's."""
    if ref.letter or not tail:
        return False
    if tail[0].isspace() or _GAP.match(tail[0]).end():  # type: ignore[union-attr]
        words = _GAP.sub("", tail, count=1)
        return bool((_MEASURE if command.letters in ("M", "N") else _COUNTED).match(words))
    return bool(_MEASURE.match(tail) or (number.endswith("号") and _DATE.match(tail)))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


def _said_once(folded: str, match: re.Match[str]) -> str:
    """What stands behind a command's word, which who is in a hurry says twice: 误报误报 在同学家呢."""
    word, tail = match[0], folded[match.end() :]
    return tail.removeprefix(word) if len(word) > 1 else tail


class Grammar:
    """Finds the command that a whole text is."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._by_word = {word: command for command in commands for word in command.words}
        self._start = _any_of(self._by_word)
        self._spoken = {word: command for command in self._by_word.values() for word in command.behind}
        self._asked = [(one.asked, one) for one in self._by_word.values() if one.asked]
        self._behind = _any_of({**self._by_word, **self._spoken})

    def parse(self, text: str, speaker: Speaker, *, addressed: bool) -> Order | None:
        """The order, or None for ordinary text. `addressed`: the bot was mentioned, or it is a private chat."""
        folded = fold(text).strip()
        for pattern, one in self._asked if addressed else ():
            if (speaker.roles or not one.roles) and (asked := pattern.fullmatch(folded)):
                said = asked.groupdict()
                return Order(one, Ref("", int(said["number"])) if said.get("number") else None, said.get("rest") or "")
        match = self._start.match(_in_simplified(folded))
        command = self._by_word[match[0]] if match else None
        if match is None or command is None or (command.shape and not command.shape.fullmatch(_in_simplified(folded))):
            return self._number_first(folded, speaker, addressed)
        close = command.close and addressed and speaker.has(command.roles)
        order = self._fit(command, _said_once(folded, match), close)
        return order if order and _meant(order, speaker, addressed) else None

    def parse_all(self, text: str, speaker: Speaker, *, addressed: bool) -> tuple[Order, ...]:
        """The orders of a text: one a line where each line is one about a numbered matter, else the one it is."""
        lines = [line for line in text.splitlines() if line.strip()]
        orders = [self.parse(line, speaker, addressed=addressed) for line in lines[:MAX_ORDERS]]
        if 1 < len(lines) == len(orders) and all(order and order.ref for order in orders):
            return tuple(order for order in orders if order)
        if several := self._several(text, speaker, addressed):
            return several
        order = self.parse(text, speaker, addressed=addressed)
        return (order,) if order else ()

    def _several(self, text: str, speaker: Speaker, addressed: bool) -> tuple[Order, ...]:
        """办结 1 2, 接单 1、2, 停止 N1、N2, 1号2号都接了: the same for each, where only numbers stand beside the word;
        接单 1 2 is a slip and asked about."""
        folded = _in_simplified(fold(text).strip())
        match, word = _NUMBERS.fullmatch(folded), ""
        if match is not None:
            word = match["word"]
        elif speaker.roles and (match := _NUMBERS_FIRST.fullmatch(folded)):
            said = f"{match['words']}了"
            word = "接单" if takes_on(said) else "办结" if is_done(said) else match["words"]
        command = self._by_word.get(word)
        of_notices = command is not None and command.letters == "N"
        if match is None or command is None or command.rest == Takes.MUST:
            return ()
        if command.number == Takes.NO and not of_notices:
            return ()
        apart = command.contained and command.roles and _APART.search(match["numbers"])
        if not (command.spreads or of_notices or apart):
            return ()
        numbers = list(dict.fromkeys(_NUMBER.findall(match["numbers"])))[:MAX_ORDERS]
        orders = [self.parse(f"{command.name} {one}", speaker, addressed=addressed) for one in numbers]
        return tuple(order for order in orders if order) if all(order and order.ref for order in orders) else ()

    def _number_first(self, folded: str, speaker: Speaker, addressed: bool) -> Order | None:
        """12接单, 12号办结 已修好, M3确认: only from who has the role; from others such words are talk. To the bot what
        the command must have may stand right after its word: 12号转给李珍."""
        ref, after = take_ref(folded)
        after = _GAP.sub("", after, count=1)
        words, start = (self._by_word | self._spoken, self._behind) if addressed else (self._by_word, self._start)
        match = start.match(_in_simplified(after)) if ref else None
        if ref is None or match is None:
            return None
        command, tail = words[match[0]], after[match.end() :]
        if addressed and command.contained:
            tail = _PARTICLES.sub("", tail)
        fits = command.number != Takes.NO and (not ref.letter or ref.letter in command.letters)
        holds = speaker.has(command.roles) if command.roles else bool(speaker.roles)
        spoken = command.rest == Takes.MUST or match[0] in command.behind
        close = bool(_GAP.match(tail)[0]) or (addressed and spoken and not _ASKS.search(tail))  # type: ignore[index]
        if not (fits and holds) or not (_END.match(tail) or (command.rest != Takes.NO and close)):
            return None
        return Order(command, ref, "" if _END.match(tail) else _GAP.sub("", tail, count=1).strip())

    def _fit(self, command: Command, tail: str, close: bool) -> Order | None:
        if command.roles and command.number == Takes.MUST and (spoken := _SPOKEN.match(tail)):
            tail = f" {number(spoken[1])}{tail[spoken.end() :]}"
        gap = _GAP.match(tail)
        assert gap
        spaced, whole, tail = bool(gap[0]), tail, tail[gap.end() :]
        ref: Ref | None = None
        if command.number != Takes.NO:
            ref, after = take_ref(_LEAD.sub("", whole, count=1))
            if ref:
                if counts(ref, whole.removesuffix(after).strip(), after, command):
                    return None
                spaced, tail = True, _GAP.sub("", _CLOSING.sub("", after, count=1), count=1)
        if _END.match(tail):
            return Order(command, ref, "")
        if (bare := _ENDING.sub("", tail)) in command.tails:
            return Order(command, ref, bare)
        no_number = command.number != Takes.NO and ref is None and tail[0].isdigit()  # longer than any number of ours
        if ref and command.rest == Takes.NO and _ASIDE.fullmatch(tail) and not self._start.search(tail):
            return Order(command, ref, "")
        if (command.rest == Takes.NO or no_number) and spaced and command.number == Takes.MUST and not command.ordinary:
            return Order(command, None, tail.strip(), odd=True)
        if no_number:
            return None
        if command.rest == Takes.NO or not (close or spaced or tail[0] in _CODE or tail.startswith(command.heads)):
            return None
        return Order(command, ref, tail.strip())


def _meant(order: Order, speaker: Speaker, addressed: bool) -> bool:
    command = order.command
    if order.odd:
        return speaker.has(command.roles) and len(order.rest) <= MAX_ODD and not command.numbered
    if command.numbered and not order.ref:
        return addressed and command.recent is not None and speaker.has(command.roles)
    if command.numbered and command.letters == "N" and not addressed and not (order.ref and order.ref.letter):
        return False
    if not command.ordinary or order.ref or addressed:
        return True
    return speaker.has(command.roles) if command.roles else bool(speaker.roles)
