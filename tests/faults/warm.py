"""`gridbot run` as a process forked from one that has loaded everything: a start that takes no seconds."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import asyncpg  # noqa: F401

import bot.gateways.wechaty
import bot.running  # noqa: F401
from bot.cli import main
from handlers.understanding import Context, read

read("楼道的灯坏了", Context(now=datetime.now(UTC)))  # it loads what it knows when it reads for the first time

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


@dataclass(slots=True)
class Running:
    """A bot's process, and where its log stands."""

    process: ForkServerProcess
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.is_alive()

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def end(self) -> int | None:
        """Wait until it has ended; its exit status, or minus the signal that killed it."""
        while self.alive:
            await asyncio.sleep(0.01)
        return self.process.exitcode

    async def kill(self) -> None:
        """kill -9, and wait for its end."""
        self.process.kill()
        await self.end()


def launch(config: Path, log: Path, **environment: str) -> Running:
    """A bot with this config, its folder and this environment; what it says goes to the log. It is not waited for."""
    log.touch()
    process = _FORKS.Process(target=_run, args=(config, log, environment), daemon=True)
    process.start()
    return Running(process, log)


def _run(config: Path, log: Path, environment: dict[str, str]) -> None:
    with log.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.update(environment)
    os.chdir(config.parent)
    sys.argv = ["gridbot", "run", "-c", str(config)]
    main()
