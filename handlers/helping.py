"""帮助, the handbook, and questions that nobody but a person can answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handlers.commands import Command, Order, Takes
from handlers.posting import say
from handlers.refs import fold
from handlers.turn import ROLE_NAMES, WORKERS, Turn
from handlers.understanding import Context, Kind, Ref, read
from storage.inbox import Outcome

TITLES = {
    "cases": "事项",
    "alerts": "寻人",
    "strays": "待认领",
    "whose": "待认领",
    "emergencies": "紧急",
    "notices": "通知",
    "figures": "统计",
    "roles": "人员",
    "places": "群",
    "questions": "咨询",
    "helping": "帮助",
}
"""Headings of the help, by the package whose command it is."""

INTRODUCTION = (
    "我是{name}，有事直接说：找人、报修、投诉、建议，我记下来交给网格员，进展在这里说。\n"
    "发“帮助”看我能做什么，发“谁管我”找网格员；有危险先打 110、119、120。"
)

_ABOUT_ME = re.compile(
    r"(?:怎么|咋|如何|怎样)(?:在?(?:这里|这儿|群里)|找你|跟你说)?(?:报修|报事|反映|投诉|用|使用)(?:你|格格)?[？?呢啊呀吗]*$"
)
"""How to tell the bot something: the bot answers that itself."""

_ALERT = re.compile(r"(?<![A-Za-z])[Mm]\s?(?P<number>\d{1,7})(?!\d)")
"""The missing person that a question to the bot names."""

_PLAIN_WORDS = frozenset({"帮助", "使用说明"})
"""The words that ask for help even where the bot is not addressed; a lone ? in a group is a look, not a question."""


def addressed(turn: Turn) -> bool:
    """Whether the message was said to the bot: in private, or with a mention."""
    return turn.here.private or bool(turn.event and turn.event.mentions_me)


async def introduce(turn: Turn) -> None:
    """Two lines, for a mention with nothing else."""
    await say(turn, INTRODUCTION.format(name=turn.rules.bot_name))


async def take_as_text(turn: Turn) -> None:
    """Handle words that only looked like a command as what they are: ordinary text."""
    from handlers.reacting import react  # it imports the table, which imports this module

    where = turn.here
    context = Context(
        now=turn.local(turn.at),
        grid=where.area.code if where.area else None,
        mentions_bot=addressed(turn) and not where.private,
        private=where.private,
        quoted=turn.quoted,
    )
    turn.outcome, turn.reading = Outcome.CHAT, read(turn.text, context)
    unasked = turn.reading.kind == Kind.QUESTION and not addressed(turn)
    if turn.reading.confidence >= turn.rules.reading.ask_threshold and not unasked:
        await react(turn, turn.reading)


async def show_help(turn: Turn, order: Order) -> None:
    """帮助: what this person may use; 帮助 接单: how one command is written."""
    word = order.rest.strip(" “”\"'")
    asked = turn.text.strip()
    if not word and not addressed(turn) and asked not in _PLAIN_WORDS:
        turn.outcome = Outcome.CHAT
        return
    if not word:
        await say(turn, _overview(turn))
        return
    command = _named(word)
    if command is None:
        await take_as_text(turn)
    else:
        await say(turn, _explained(command))


def _commands() -> tuple[Command, ...]:
    from handlers.table import COMMANDS  # the table imports this module

    return COMMANDS


def _named(word: str) -> Command | None:
    return next((command for command in _commands() if word in command.words), None)


def how_to(turn: Turn, text: str, *, numbered: bool = True) -> str | None:
    """How the command is written that somebody with a role speaks of in their own words: 今晚我值班, 怎么延期."""
    usable = [one for one in _commands() if turn.me.has(one.roles) and " " in one.usage]
    named = [
        (text.index(word), one)
        for one in usable
        for word in one.words
        if len(word) > 1 and word in text and (numbered or one.number == Takes.NO)
    ]
    if not named:
        return None
    command = min(named, key=lambda one: one[0])[1]
    return f"“{command.name}”这样写：{command.usage}"


def _overview(turn: Turn) -> str:
    usable = [one for one in _commands() if (not one.roles or turn.me.has(one.roles)) and one.run is not show_help]
    lines = [INTRODUCTION.format(name=turn.rules.bot_name).splitlines()[0]]
    for title, commands in _grouped(usable):
        lines.append(f"【{title}】" + "、".join(one.name for one in commands))
    lines.append(f"怎么写，发“帮助 {usable[0].name}”这样看。有危险先打 110、119、120。")
    return "\n".join(lines)


def _grouped(commands: Iterable[Command]) -> list[tuple[str, list[Command]]]:
    groups: dict[str, list[Command]] = {}
    for command in commands:
        groups.setdefault(_title(command), []).append(command)
    return list(groups.items())


def _title(command: Command) -> str:
    """The heading a command stands under: that of the package of its handler."""
    return TITLES.get(command.run.__module__.split(".")[1], "其他")


def _explained(command: Command) -> str:
    others = [word for word in command.words[1:] if word not in "?？"]
    also = f"\n也可以写：{'、'.join(others)}" if others else ""
    where = "，只能私聊" if command.private else ""
    return f"{command.name}：{command.help}\n写法：{command.usage}{also}\n谁能用：{_who(command)}{where}"


def _who(command: Command) -> str:
    return "、".join(name for role, name in ROLE_NAMES.items() if role in command.roles) or "所有人"


def handbook() -> str:
    """The table of commands as Markdown, for the handbook."""
    lines: list[str] = []
    for title, commands in _grouped(_commands()):
        lines += [f"## {title}", "", "| 命令 | 写法 | 谁能用 | 说明 |", "| --- | --- | --- | --- |"]
        for one in commands:
            words = "、".join(one.words)
            private = "（只能私聊）" if one.private else ""
            cells = (words, one.usage, _who(one), one.help + private)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


async def asked(turn: Turn) -> None:
    """A question to the bot: a person answers it. The worker gets it in private; the asker hears who has it."""
    from handlers import alerts, cases, questions  # their packages import this module

    if alert := _ALERT.search(fold(turn.text)):
        await alerts.asked(turn, Ref("M", int(alert["number"])))
        return
    if await cases.inquired(turn):
        return
    if _ABOUT_ME.search(turn.text):
        await introduce(turn)
        return
    if await questions.answered(turn, asked=True):
        return
    if turn.me.has(WORKERS):
        await say(
            turn, how_to(turn, turn.event.text if turn.event else turn.text) or "这个我答不上来。发“帮助”看我会做什么。"
        )
        return
    await questions.to_worker(turn)


COMMANDS: tuple[Command, ...] = (
    Command(
        ("帮助", "使用说明", "怎么用", "?", "？"),
        "帮助",
        "看能用哪些命令；“帮助 接单”看一条怎么写",
        show_help,
        rest=Takes.MAY,
    ),
)
