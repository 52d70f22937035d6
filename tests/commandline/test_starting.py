"""What a start finds: a town without its chat, another bot on the same files, rooms of another account."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.config import ConfigError, build_config, load_config
from bot.gateways.local import LocalChat
from bot.holding import held
from bot.machine import Machine
from bot.running import _opened
from storage.engine import Database, migrate, newest_revision
from storage.matters import Case
from tests.commandline.test_commands import call
from tests.harness import TOWN
from tests.servers import free_port


def write_config(folder: Path, chat: Path | None = None, **more: Any) -> Path:
    """The sample's config, its files in a folder of the test's own."""
    path = folder / "config.yaml"
    settings = {"town": "sample", "database": f"sqlite:///{folder}/bot.db"} | more
    local = {"chat": str(chat or folder / "chat.db"), "port": free_port()}
    path.write_text(json.dumps(settings | {"local": local}), encoding="utf-8")  # JSON is YAML
    return path


@asynccontextmanager
async def opened(config: Path) -> AsyncIterator[tuple[Machine, list[str]]]:
    """The bot as `run` puts it together, and what it said."""
    said: list[str] = []
    async with _opened(load_config(config), said.append) as machine:
        yield machine, said


async def chat_of(path: Path) -> tuple[frozenset[str], set[str], int]:
    """The groups, people and number of messages of a chat file."""
    async with LocalChat(path) as chat:
        return await chat.rooms(), {person.key for person in await chat.people()}, await chat.messages()


async def cases_in(config: Path) -> int:
    database = Database(load_config(config).database)
    async with database.read() as session:
        found = await session.scalar(select(func.count()).select_from(Case))
    await database.close()
    return int(found or 0)


def test_an_own_town_starts_under_the_samples_config(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert call("import", str(TOWN), "-c", str(config))[0] == 0

    async def start() -> None:
        async with opened(config):
            pass

    asyncio.run(start())
    rooms, people, messages = asyncio.run(chat_of(tmp_path / "chat.db"))
    assert "g1" in rooms and "r1" in people
    assert messages == 0


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_chat_without_its_town_is_filled_again(tmp_path: Path, elsewhere: bool) -> None:
    config = write_config(tmp_path)
    async with opened(config):
        pass
    before = await chat_of(tmp_path / "chat.db")
    cases = await cases_in(config)
    chat = tmp_path / ("new.db" if elsewhere else "chat.db")
    if elsewhere:
        config = write_config(tmp_path, chat=chat)
    else:
        for file in tmp_path.glob("chat.db*"):
            file.unlink()
    for _ in range(2):  # nor does the next start take the town for a new one
        async with opened(config) as (_, said):
            pass
        assert await chat_of(chat) == (*before[:2], 0)
        assert await cases_in(config) == cases > 0
    assert not [line for line in said if "补上" in line]


async def test_a_refilled_group_keeps_the_name_that_the_bot_knows(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    async with opened(config):
        pass
    with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None)) as db:
        db.execute("UPDATE roombinding SET external_id = 'g-abc' WHERE external_id = 'FD0101-jm'")
    for file in tmp_path.glob("chat.db*"):
        file.unlink()
    async with opened(config):
        pass
    rooms, _, _ = await chat_of(tmp_path / "chat.db")
    assert "g-abc" in rooms and "FD0101-jm" not in rooms


async def test_one_run_at_a_time(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    async with opened(config):
        with pytest.raises(ConfigError, match=r"bot\.db 正在用"):
            async with opened(config):
                pass
        other = write_config(tmp_path, database=f"sqlite:///{tmp_path}/other.db")
        with pytest.raises(ConfigError, match=r"chat\.db 正在用"):
            async with opened(other):
                pass
    async with opened(write_config(tmp_path)):
        pass


def test_a_held_town_is_not_reset_and_everything_else_works(tmp_path: Path) -> None:
    config = str(write_config(tmp_path))
    assert call("import", str(TOWN), "-c", config)[0] == 0
    with held(tmp_path / "bot.db"), held(tmp_path / "chat.db"):
        for command in (("reset", "--yes"), ("run",)):
            status, out = call(*command, "-c", config)
            assert (status, "正在用" in out, out.count("\n")) == (2, True, 1)
        for command in (("import", str(TOWN)), ("export", str(tmp_path / "out")), ("learn",), ("admin-code",)):
            assert call(*command, "-c", config)[0] == 0, command
        assert call("check", "-c", config)[0] in (0, 1)
    assert (tmp_path / "bot.db").is_file() and (tmp_path / "chat.db").is_file()
    assert call("reset", "--yes", "-c", config)[0] == 0
    assert not (tmp_path / "bot.db").exists()


async def test_rooms_of_another_account_are_told(tmp_path: Path) -> None:
    async with opened(write_config(tmp_path)) as (_, said):
        assert not [line for line in said if "账号" in line]
    async with opened(write_config(tmp_path, account="B")) as (_, said):
        assert [line for line in said if "绑在账号 A 上" in line and "改回 A" in line]


def test_check_names_the_account_of_the_rooms(tmp_path: Path) -> None:
    assert call("import", str(TOWN), "-c", str(write_config(tmp_path)))[0] == 0
    assert "绑在账号" not in call("check", "-c", str(write_config(tmp_path)))[1]
    status, out = call("check", "-c", str(write_config(tmp_path, account="B")))
    assert (status, "绑在账号 A 上" in out) == (1, True)
    status, out = call("check", "-c", str(write_config(tmp_path, accounts={"endpoints": {"B": "b:1"}})))
    assert (status, "账号：A（5 个群）还是主用，却不在 accounts.endpoints 里" in out) == (1, True)


async def test_tables_are_not_changed_under_an_older_program_that_runs(tmp_path: Path) -> None:
    config, url = str(write_config(tmp_path)), f"sqlite:///{tmp_path}/bot.db"
    async with Database(url).rebuilding() as connection:
        await connection.run_sync(migrate, "0025")
    with held(tmp_path / "bot.db"):
        status, out = await asyncio.to_thread(call, "check", "-c", config)
    assert (status, "先停掉它，启动新版时自动升级" in out) == (2, True)
    with closing(sqlite3.connect(tmp_path / "bot.db")) as found:
        assert found.execute("SELECT version_num FROM alembic_version").fetchall() == [("0025",)]
    assert (await asyncio.to_thread(call, "check", "-c", config))[0] == 1
    with closing(sqlite3.connect(tmp_path / "bot.db")) as found:
        assert found.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest_revision(),)]


def test_fewer_levels_than_were_imported_are_refused(tmp_path: Path) -> None:
    assert call("import", str(TOWN), "-c", str(write_config(tmp_path)))[0] == 0
    config = str(write_config(tmp_path, levels=["镇街", "村社区", "网格"]))
    for command, expected in (("run", 2), ("check", 1)):
        status, out = call(command, "-c", config)
        assert (status, "库里的区划却有 4 级" in out) == (expected, True)


def test_which_of_several_accounts_must_be_said(tmp_path: Path) -> None:
    several: dict[str, Any] = {"gateway": "wechaty", "accounts": {"endpoints": {"A1": "a:1", "B": "b:1"}}}
    server = {"database": "postgresql://nobody@127.0.0.1:1/x"}
    status, out = call("run", "-c", str(write_config(tmp_path, **several, **server)))
    assert (status, "没有账号 A，有：A1、B；用 --account" in out) == (2, True)
    status, out = call("run", "--account", "B", "-c", str(write_config(tmp_path, **several)))
    assert (status, "几个账号要用 PostgreSQL" in out) == (2, True)


@pytest.mark.parametrize("key", ["zhang@work", "gege"])
def test_a_key_that_the_chat_refuses_is_a_fault_with_its_row(tmp_path: Path, key: str) -> None:
    config = str(write_config(tmp_path))
    folder = tmp_path / "town"
    folder.mkdir()
    (folder / "areas.csv").write_text("key,name,level,parent\nQ,区,区,\nG,网格,网格,Q\n")
    (folder / "rooms.csv").write_text(f"key,area\ng,G\n{key},G\n")
    (folder / "people.csv").write_text(f"key,name,role,area\nr,王姨,居民,G\n{key},小张,网格员,G\n")
    status, out = call("import", str(folder), "-c", config)
    assert status == 2
    assert f"rooms.csv 第 3 行：编号“{key}”在内置聊天里" in out
    assert f"people.csv 第 3 行：编号“{key}”在内置聊天里" in out
    assert "还没有导入" in call("check", "-c", config)[1]
    plain = write_config(tmp_path, gateway="wechaty")
    assert call("import", str(folder), "-c", str(plain))[0] == 0  # other chat systems have other ids
    for command, expected in ((("run",), 2), (("import", str(TOWN)), 2), (("check",), 1)):
        status, out = call(*command, "-c", str(write_config(tmp_path)))
        assert (status, f"编号“{key}”" in out) == (expected, True), out


def test_check_reads_the_town_of_the_first_start(tmp_path: Path) -> None:
    config = str(write_config(tmp_path, town=str(tmp_path / "nowhere")))
    for command, expected in ((("run",), 2), (("check",), 1)):
        status, out = call(*command, "-c", config)
        assert (status, "没有这个文件夹" in out) == (expected, True), out


def spoil(path: Path, how: str) -> None:
    """Put something at a path that is no chat."""
    if how == "folder":
        path.mkdir()
    elif how == "bytes":
        path.write_bytes(bytes(range(256)) * 64)
    elif how == "newer":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE meta (key TEXT)")
            db.execute("PRAGMA user_version=99")
    elif how == "other":
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE photos (id INTEGER)")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("folder", "文件夹"),
        ("bytes", "不是聊天文件"),
        ("other", "不是聊天文件"),
        ("newer", "新版"),
        ("/proc/foo/chat.db", "没有这个文件"),
    ],
)
def test_an_unusable_chat_file_is_one_sentence(tmp_path: Path, how: str, why: str) -> None:
    path = Path(how) if how.startswith("/") else tmp_path / "spoilt.db"
    spoil(path, how)
    config = str(write_config(tmp_path, chat=path))
    for command in (("run",), ("import", str(TOWN))):
        status, out = call(*command, "-c", config)
        assert (status, out.count("\n")) == (2, 1), out
        assert f"local.chat：{path} 打不开（" in out and why in out
    status, out = call("check", "-c", config)
    assert (status, f"local.chat：{path} 打不开（" in out) == (1, True)
    assert "还没有导入" in out


def test_an_empty_chat_path_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"local\.chat"):
        build_config({"local": {"chat": ""}}, "test")


def test_a_database_of_a_newer_version_is_one_sentence(tmp_path: Path) -> None:
    config = str(write_config(tmp_path))
    assert call("import", str(TOWN), "-c", config)[0] == 0
    with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None)) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (("run",), ("check",), ("import", str(TOWN)), ("export", str(tmp_path / "out")), ("admin-code",)):
        status, out = call(*command, "-c", config)
        assert (status, out.count("\n"), "新版" in out, "9999" in out) == (2, 1, True, True), out
