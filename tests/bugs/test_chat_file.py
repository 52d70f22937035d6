"""The embedded chat's file, when others look at it too."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.gateways.local import Draft, LocalChat, LocalPerson, LocalRoom

LOOK = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM messages').fetchone()[0])"


async def look(path: Path) -> int:
    """How many messages another process sees."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOOK, str(path), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return int(out)


async def test_messages_after_a_glance_from_another_process_were_lost_by_a_kill(tmp_path: Path) -> None:
    """The file was opened a second time at a start, which dropped the locks: a glance took the log away."""
    path = tmp_path / "chat.db"
    async with LocalChat(path) as chat:
        await chat.populate([LocalRoom("g1", "一格", ("r1",))], [LocalPerson("r1", "王姨")])
        async with LocalChat(path):
            pass
        before = await look(path)
        await chat.say("r1", "g1", Draft("在吗"))
        assert await look(path) == before + 1
