"""How long `gridbot run` with the embedded chat takes to its first answer, and what it holds then."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.through import bot_environment
from tests.servers import free_port

RESIDENT, ROOM = "wang_yufen", "FD0102-jm"
REPORT = "我们楼道的灯不亮了，晚上看不见，麻烦派人来修一下"
LATER = "小区北门的井盖松了，车一压就响，麻烦派人来看一下"
"""Other words: the same twice would be one case, with one answer."""
PATIENCE = 60.0

CUT_ONE_LINE = """
import logging, jieba
jieba.setLogLevel(logging.ERROR)
jieba.lcut("今天晚上几点停水", HMM=False)
print("cut", flush=True)
input()
"""

READ_ONE_LINE = """
from datetime import UTC, datetime
from handlers.understanding import Context, read
read("我爸72岁，今早从柳树巷走丢了，穿灰夹克", Context(now=datetime.now(UTC)))
print("read", flush=True)
input()
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the first answer, megabytes held after it, share of a processor used at rest."""

    seconds: float
    megabytes: float
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class Starts:
    """Medians over the repetitions: a first start, a later one, and `jieba` loaded to cut one line."""

    first: Start
    later: Start
    jieba: Start


def measure(repetitions: int, rest: float) -> Starts:
    """In turns, each in a process of its own and with a folder of its own; `rest`: seconds to watch a bot at rest."""
    _cut_one_line()  # so that jieba has its cache, as it has on every start but the very first
    rounds = [_round(rest) for _ in range(repetitions)]
    first, later, jieba = zip(*rounds, strict=True)
    return Starts(_median(first), _median(later), _median(jieba))


def _round(rest: float) -> tuple[Start, Start, Start]:
    with tempfile.TemporaryDirectory() as folder:
        first, later = start(Path(folder), 0.0), start(Path(folder), rest, LATER)
        return first, later, _cut_one_line()


def start(folder: Path, rest: float, report: str = REPORT) -> Start:
    """One start in a folder, up to the answer to a report; the first there makes the town."""
    port = free_port()
    config = {"gateway": "local", "town": "sample", "local": {"port": port}, "rooms": {"start_mode": "正式"}}
    (folder / "config.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    return asyncio.run(_start(folder, port, rest, report))


def _median(starts: Sequence[Start]) -> Start:
    idle = [start.idle for start in starts if start.idle is not None]
    return Start(
        statistics.median(start.seconds for start in starts),
        statistics.median(start.megabytes for start in starts),
        statistics.median(idle) if idle else None,
    )


async def _start(folder: Path, port: int, rest: float, report: str) -> Start:
    """As a user: start it, report a broken lamp as soon as the page is there, wait for the bot's bubble."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=folder, env=bot_environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            await _first_answer(port, report)
            seconds = time.monotonic() - began
            held = megabytes(process.pid)
            return Start(seconds, held, await _idle(process.pid, rest) if rest else None)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _first_answer(port: int, report: str) -> None:
    address = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession(address, headers={"Origin": address}) as page, _window(page) as window:
        said = {"as": RESIDENT, "chat": ROOM, "text": report}
        async with page.post("/api/send", json=said) as answer:
            answer.raise_for_status()
            mine = (await answer.json())["message"]["n"]
        async for change in window:
            message = json.loads(change.data)["message"]
            if message and message["n"] > mine and message["chat"] == ROOM and message["sender"] != RESIDENT:
                return
    raise RuntimeError("the page closed before there was an answer")


@asynccontextmanager
async def _window(page: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """The resident's window, tried until the page is there."""
    while True:
        try:
            window = await page.ws_connect(f"/live?as={RESIDENT}")
            break
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.02)
    async with window:
        yield window


def first_reading(repetitions: int) -> tuple[Start, Start]:
    """A fresh Python that reads one line, and one that loads jieba and cuts one, in turns."""
    _cut_one_line()
    rounds = [(_fresh(READ_ONE_LINE), _cut_one_line()) for _ in range(repetitions)]
    ours, theirs = zip(*rounds, strict=True)
    return _median(ours), _median(theirs)


def _cut_one_line() -> Start:
    """A fresh Python that loads jieba and cuts one line."""
    return _fresh(CUT_ONE_LINE)


def _fresh(program: str) -> Start:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=bot_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin and process.stdout
    try:
        process.stdout.readline()
        return Start(time.monotonic() - began, megabytes(process.pid))
    finally:
        process.communicate(b"\n")


def megabytes(pid: int) -> float:
    """Resident memory, as `ps` gives it everywhere."""
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return int(shown) / 1024


async def _idle(pid: int, seconds: float) -> float | None:
    """Share of a processor that a process uses while nothing happens; None where there is no /proc."""
    await asyncio.sleep(2.0)  # whatever the last message caused is over
    before = _ticks(pid)
    await asyncio.sleep(seconds)
    after = _ticks(pid)
    if before is None or after is None:
        return None
    return (after - before) / os.sysconf("SC_CLK_TCK") / seconds


def _ticks(pid: int) -> int | None:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.is_file():
        return None
    fields = stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
