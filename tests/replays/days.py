"""Whole days and weeks from a small script: who says what where and when; and what each chat heard, to be read.

A line is `HH:MM who where words`; where is a room's key or `@` (in private); `[q=M1.2]` before the words quotes a post
of the bot's in that chat, `[q=M1.]` its newest about M1. `HH:MM A ! gone` (or `online`) is about an account (`-`: the
only one). `# …` says what the script shows. Settings stand before the first line: `town: 160` (groups), `pace: 60`
(seconds between sends), `accounts: 2`, `neighbours: 28` (residents n1, n2, … of one grid, for a week).

A line of a week begins with its day, `周一 ` (the next one) or `11-23 `, unless it is that of the line before. A week
is played with the limits of `config.yaml` in the small town with departments, to the end of its last Sunday. 〔Words〕
in marks, which are taken off, may be repeated in no group.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import load_config
from bot.gateways.protocol import GatewayState
from bot.pacing import PaceRules
from bot.replay import Input, Output, Replay
from bot.town import read_town
from handlers.ports import Rules
from storage.alert_figures import Course, courses
from storage.engine import Database
from tests.accounts.pair import Pair
from tests.departments.conftest import department_town
from tests.harness import TOWN, share_statements
from tests.replays.promises import Matter, matters

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 21, tzinfo=ZONE)
AFTER, SOON = timedelta(hours=1), timedelta(minutes=5)
"""How long a day goes on after its last line; with two accounts each half minute is played."""
WEEKDAYS = "一二三四五六日"
_LINE = re.compile(
    r"(?:周(?P<weekday>[一二三四五六日])\s+|(?P<month>\d\d)-(?P<day>\d\d)\s+)?"
    r"(?P<hour>\d\d):(?P<minute>\d\d) (?P<who>\S+) (?P<where>\S+) (?:\[q=(?P<quote>[^\]]+)\])?\s?(?P<text>.*)"
)
_PRIVATE = re.compile(r"〔([^〕]+)〕")
SWITCH = "!"


@dataclass(frozen=True, slots=True)
class Script:
    """A day or a week as it is written."""

    lines: tuple[Input, ...]
    switches: Mapping[str, tuple[str, str]]  # id of a line -> (account, state)
    settings: Mapping[str, int]
    private: tuple[str, ...] = ()  # words that no group may hear
    week: bool = False

    @property
    def until(self) -> datetime:
        """To when it is played: an hour after the last line of a day, to the end of Sunday for a week."""
        last = self.lines[-1].at
        if not self.week:
            return last + AFTER
        local = last.astimezone(ZONE)
        return datetime.combine(local.date() + timedelta(days=7 - local.weekday()), time(), ZONE).astimezone(UTC)


@dataclass(slots=True)
class Played:
    """What was said and heard, and how the alerts went."""

    outputs: list[Output]
    courses: list[Course] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)


def read_script(path: Path) -> Script:
    """The lines of a `.chat` file; ValueError names one that is none."""
    lines, switches, settings, private = [], {}, {}, []
    today, week = DAY, False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            name, _, value = line.partition(": ")
            settings[name] = int(value)
            continue
        today, week = _day(match, today), week or bool(match["weekday"] or match["day"])
        at = today.replace(hour=int(match["hour"]), minute=int(match["minute"])).astimezone(UTC)
        room = None if match["where"] == "@" else match["where"]
        private += _PRIVATE.findall(match["text"])
        text = _PRIVATE.sub(r"\1", match["text"])
        lines.append(Input(f"l{number}", at, match["who"], room, text, quote=match["quote"]))
        if match["where"] == SWITCH:
            switches[f"l{number}"] = (match["who"], match["text"])
    return Script(tuple(lines), switches, settings, tuple(private), week)


def _day(match: re.Match[str], today: datetime) -> datetime:
    """The day that a line names, or that of the line before."""
    if match["day"]:
        return today.replace(month=int(match["month"]), day=int(match["day"]))
    if match["weekday"]:
        return today + timedelta(days=(WEEKDAYS.index(match["weekday"]) - today.weekday()) % 7)
    return today


async def play(script: Script, folder: Path) -> Played:
    """All of it, from its first line on."""
    return await (_play_pair if script.settings.get("accounts") == 2 else _play_one)(script, folder)


async def _play_one(script: Script, folder: Path) -> Played:
    rules = load_config(ROOT / "config.yaml").rules if script.week else Rules()
    replay = Replay(Database(f"sqlite:///{folder}/day.db", durable=False), rules, script.lines[0].at)
    share_statements(replay.database)
    seconds = script.settings.get("pace")
    pace = PaceRules(urgent_gap=(seconds, seconds), routine_gap=(seconds, seconds)) if seconds else None
    try:
        await replay.put_in(read_town(_town(script, folder), rules))
        await replay.start(pace)
        for line in script.lines:
            if line.id in script.switches:
                await replay.finish(line.at)
                replay.clock.moment = max(replay.clock.moment, line.at)
                replay.gateway.state = GatewayState(script.switches[line.id][1])
                replay.look_again()
            else:
                await replay.finish(line.at)
                await replay.play([_quoting(line, replay.gateway.sent)])
        outputs = await replay.finish(script.until)
        async with replay.database.read() as session:
            return Played(outputs, await courses(session, "/"), await matters(session))
    finally:
        await replay.database.close()


def _quoting(line: Input, sent: Sequence[Output]) -> Input:
    """The line with the newest post about a matter in its chat, where it quotes no certain one."""
    if not (line.quote and line.quote.endswith(".")):
        return line
    here = line.room or f"@{line.person}"
    refs = [one.ref for one in sent if one.room == here and one.ref.startswith(line.quote) and one.text]
    return replace(line, quote=refs[-1])


async def _play_pair(script: Script, folder: Path) -> Played:
    pair = Pair(f"sqlite:///{folder}/day.db")
    pair.clock.moment = script.lines[0].at
    await pair.open()
    outputs: list[Output] = []
    try:
        for line in script.lines:
            outputs += await _pass(pair, line.at)
            if line.id in script.switches:
                name, state = script.switches[line.id]
                await pair.state(name, state)
                pair.sides[name].gateway.state = GatewayState(state)
            else:
                there = [name for name, side in pair.sides.items() if side.gateway.state == GatewayState.ONLINE]
                hears = there if line.room else there[:1]  # a private message has one account to go to
                outputs += await pair.say(line.person, line.room, line.text, "".join(hears))
        outputs += await _pass(pair, script.lines[-1].at + SOON)
        async with pair.database.read() as session:
            return Played(outputs, await courses(session, "/"))
    finally:
        await pair.close()


async def _pass(pair: Pair, until: datetime) -> list[Output]:
    """A minute at a time, as leases are renewed."""
    said: list[Output] = []
    while pair.clock.now() < until:
        said += await pair.wait(seconds=min(30.0, (until - pair.clock.now()).total_seconds()))
    return said


def _town(script: Script, folder: Path) -> Path:
    """The small town, with departments for a week, with so many groups of 柳河镇 if more are wanted."""
    if script.week:
        town = department_town(folder)
        with (town / "people.csv").open("a", encoding="utf-8") as people:
            for one in range(1, script.settings.get("neighbours", 0) + 1):
                people.write(f"n{one},{3 + one % 4}栋{one // 4 + 1}0{one % 3 + 1},居民,G1,,,\n")
        return town
    groups = script.settings.get("town", 0)
    if not groups:
        return TOWN
    made = folder / "town"
    made.mkdir()
    extra = [str(number) for number in range(5, groups + 2)]  # g4 is another town's
    rows: dict[str, list[list[str]]] = {
        "areas": [[f"G{one}", f"北关{one}格", "网格", "V2", "", "", "", ""] for one in extra],
        "rooms": [[f"g{one}", f"G{one}", f"北关{one}格群", "居民", "正式"] for one in extra],
        "people": [["r160", "郑阿姨", "居民", "G160", "", ""]],
        "places": [],
    }
    for name, more in rows.items():
        with (TOWN / f"{name}.csv").open(encoding="utf-8") as file:
            known = list(csv.reader(file))
        with (made / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([*known, *more])
    return made


def transcript(script: Script, outputs: Sequence[Output]) -> str:
    """What each chat heard, its own lines between; chats that heard the same stand together."""
    heard: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)
    for line in script.lines:
        where = "（号）" if line.id in script.switches else line.room or f"@{line.person}"
        words = f"> {line.person} {f'[引用 {line.quote}]' if line.quote else ''}{line.text}"
        heard[where].append((line.at, 0, words))
    for one in outputs:
        words = "〔图片〕" if one.image else one.text.replace("\n", "\n         ")
        heard[one.room].append((one.at, 1, f"{one.ref} {words}".strip()))
    alike: dict[str, list[str]] = defaultdict(list)
    for room, said in heard.items():
        lines = [f"{_shown(script, at)} {words}" for at, _, words in sorted(said, key=lambda one: one[:2])]
        alike["\n".join(lines)].append(room)
    parts = [f"== {_rooms(rooms)}\n{text}" for text, rooms in alike.items()]
    return "\n\n".join(sorted(parts)) + "\n"


def _shown(script: Script, at: datetime) -> str:
    """`09:05:00`; in a week `11-23 周一 09:05:00`."""
    local = at.astimezone(ZONE)
    day = f"{local:%m-%d} 周{WEEKDAYS[local.weekday()]} " if script.week else ""
    return f"{day}{local:%H:%M:%S}"


def _rooms(rooms: Sequence[str]) -> str:
    """`g1`, `g2、g3`, `g2、g3、…、g161（159 个群）`."""
    ordered = sorted(rooms, key=lambda room: (len(room), room))
    if len(ordered) <= 4:
        return "、".join(ordered)
    return f"{'、'.join(ordered[:2])}、…、{ordered[-1]}（{len(ordered)} 个群）"
