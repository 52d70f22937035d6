"""The first start puts a whole town there, even if it is killed in the middle and started again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.config import Config, build_config
from bot.gateways.local import BOT, LocalChat
from bot.machine import open_account
from bot.running import first_town
from storage.engine import Database
from storage.matters import Case

NOW = datetime(2026, 11, 22, 12, 40, tzinfo=UTC)
"""When every start happens, as what is said names days and minutes."""


class Killed(BaseException):
    """The process ends here."""


async def start(config: Config, chat: Path) -> None:
    database = Database(config.database)
    try:
        await database.open()
        account_id = await open_account(database, config.account, config.gateway)
        await first_town(config, database, account_id, chat, NOW, lambda _: None)
    finally:
        await database.close()


async def seen(config: Config, chat: Path) -> tuple[list[tuple[str, str]], int]:
    """What was said, by chat, and how many cases there are."""
    async with LocalChat(chat) as local:
        said = await local._run(lambda unit: unit.all("SELECT chat, text FROM messages ORDER BY chat, n"))
    database = Database(config.database)
    async with database.read() as session:
        cases = await session.scalar(select(func.count()).select_from(Case))
    await database.close()
    return [(row["chat"], row["text"]) for row in said], int(cases or 0)


def config_in(folder: Path) -> Config:
    folder.mkdir()
    return build_config({"town": "sample", "database": f"sqlite:///{folder}/a.db"}, "test")


async def test_killed_anywhere_in_the_first_start_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = config_in(tmp_path / "whole")
    await start(whole, tmp_path / "whole" / "chat.db")
    expected = await seen(whole, tmp_path / "whole" / "chat.db")
    assert expected[1] > 0
    await start(whole, tmp_path / "whole" / "chat.db")
    assert await seen(whole, tmp_path / "whole" / "chat.db") == expected

    broken = config_in(tmp_path / "broken")
    chat = tmp_path / "broken" / "chat.db"
    for after in (0, 5, 11):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            _kill_after(patch, after)
            await start(broken, chat)
    await start(broken, chat)
    assert await seen(broken, chat) == expected


def _kill_after(patch: pytest.MonkeyPatch, lines: int) -> None:
    left = lines
    say = LocalChat.say

    async def counted(self: LocalChat, *arguments: object) -> object:
        nonlocal left
        left -= arguments[0] != BOT  # of an answer that a kill cut off nobody knows whether it arrived
        if left < 0:
            raise Killed
        return await say(self, *arguments)  # type: ignore[arg-type]

    patch.setattr(LocalChat, "say", counted)


async def test_where_others_have_spoken_the_opening_stays_unsaid(tmp_path: Path) -> None:
    config = config_in(tmp_path / "a")
    chat = tmp_path / "a" / "chat.db"
    await start(config, chat)
    async with LocalChat(chat) as local:
        await local._run(lambda unit: unit.db.execute("UPDATE messages SET client = NULL").close())
    before = await seen(config, chat)
    await start(config, chat)
    assert await seen(config, chat) == before
