"""`gridbot backup` and `restore`: nothing lost, nothing sent twice, a bad file changes nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy import inspect, select, update
from sqlmodel import SQLModel, col

from bot.backup import MANIFEST, back_up, read_manifest
from bot.config import Config, ConfigError
from bot.gateways.local import Draft, LocalChat, LocalPerson, LocalRoom
from bot.holding import held
from bot.restoring import restore
from storage.agenda import DueItem
from storage.areas import Area
from storage.copying import layouts, pages
from storage.engine import Database, DatabaseError, migrate
from storage.inbox import InboxEvent, InboxState, Picture
from storage.matters import Alert
from storage.outbox import DeliveryPart, PartState
from storage.people import Account
from tests.commandline.test_commands import call
from tests.courier.test_outcomes import MISSING
from tests.harness import Talk

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def config_of(url: str, **more: Any) -> Config:
    return Config.model_validate({"database": url, "gateway": "wechaty"} | more)


def planned(ref: str, minutes: int) -> DueItem:
    """Something due so long after the backup."""
    return DueItem(kind=f"x{ref}", ref=ref, due_at=NOW + timedelta(minutes=minutes))


def nothing() -> None:
    """No progress bar."""


async def rows(url: str) -> dict[str, list[Any]]:
    """Every row of every table."""
    database = Database(url)
    await database.open()
    async with database.snapshot() as connection:
        found = {
            layout.name: [tuple(row) async for page in pages(connection, layout) for row in page]
            for layout in layouts()
        }
    await database.close()
    return found


async def write_backup(url: str, file: Path, step: Callable[[], None] = nothing, **more: Any) -> str:
    database = Database(url)
    await database.open()
    try:
        return await back_up(config_of(url, **more), database, file, NOW, force=False, step=step)
    finally:
        await database.close()


async def put_back(
    url: str, file: Path, *, force: bool = False, resend: bool = False, now: datetime = NOW
) -> list[str]:
    return await restore(config_of(url), file, now, force=force, resend=resend, step=nothing)


async def lively(talk: Talk) -> None:
    """An alert in all groups, a case, a photo's worth of everything, and an area whose parent is younger."""
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "3栋楼道灯坏了，晚上看不见，能不能来修一下")
    async with talk.database.write() as session:
        old = Area(code="X1", name="旧", level=3, path="/98/")
        session.add(old)
        await session.flush()
        new = Area(code="X2", name="新", level=2, path="/99/")
        session.add(new)
        session.add(Picture(at=NOW, data=bytes(range(256)) * 9, state="ready"))
        await session.flush()
        old.parent_id = new.id


@pytest.fixture
def both(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, str]:
    """An empty database of the one kind, and of the other."""
    return f"sqlite:///{tmp_path}/new/empty.db", str(request.getfixturevalue("postgres")())


@pytest.mark.postgres
async def test_a_town_moves_to_postgresql_and_back(talk: Talk, tmp_path: Path, both: tuple[str, str]) -> None:
    await lively(talk)
    sqlite, postgres = both
    start = f"sqlite:///{tmp_path}/talk.db"
    await write_backup(start, tmp_path / "one")
    await put_back(postgres, tmp_path / "one", resend=True)
    assert await rows(postgres) == await rows(start)
    await write_backup(postgres, tmp_path / "two")
    await put_back(sqlite, tmp_path / "two", resend=True)
    assert await rows(sqlite) == await rows(start)
    for url in both:
        assert await next_alert(url) == 2


async def next_alert(url: str) -> int | None:
    """The number that the next alert gets."""
    database = Database(url)
    async with database.write() as session:
        given = Alert(area_id=1, chat_id=1, reporter_id=1, text="", created_at=NOW, updated_at=NOW)
        session.add(given)
        await session.flush()
    await database.close()
    return given.id


async def test_a_backup_beside_run_is_of_one_instant(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    before = await rows(f"sqlite:///{tmp_path}/talk.db")
    steps = 0

    def write_more() -> None:
        nonlocal steps
        with closing(sqlite3.connect(tmp_path / "talk.db")) as other:
            other.execute("INSERT INTO contact (name, phone) VALUES ('late', '')")
            other.execute("UPDATE deliverypart SET state = 'failed'")
            other.execute("DELETE FROM auditentry")
            other.commit()
        steps += 1

    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b", write_more)
    assert steps == len(layouts())
    await put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b", resend=True)
    assert await rows(f"sqlite:///{tmp_path}/new.db") == before


async def interrupted(talk: Talk) -> None:
    """An alert of which one part was being sent and the rest still waits, and a message that nobody has read."""
    await lively(talk)
    async with talk.database.write() as session:
        parts = list(await session.scalars(select(DeliveryPart).order_by(col(DeliveryPart.id).desc()).limit(3)))
        parts[0].state, parts[1].state = PartState.QUEUED, PartState.QUEUED
        parts[2].state = PartState.SENDING
        event = await session.scalar(select(InboxEvent).limit(1))
        assert event is not None
        event.state = InboxState.NEW


async def test_what_waited_is_not_sent_after_a_restore(talk: Talk, tmp_path: Path) -> None:
    await interrupted(talk)
    async with talk.database.write() as session:
        await session.execute(update(Account).values(lease_holder="elsewhere:1", lease_until=NOW + timedelta(days=1)))
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    url = f"sqlite:///{tmp_path}/new.db"
    said = await put_back(url, tmp_path / "b")
    database = Database(url)
    async with database.read() as session:
        assert set(await session.scalars(select(Account.lease_holder))) == {""}
    await database.close()
    assert "3 条记为“不确定”" in said[1] and "1 条消息放在一边" in said[2]
    config = tmp_path / "c.yaml"
    config.write_text(f"database: {url}\nlocal: {{chat: {tmp_path}/none.db}}\n", encoding="utf-8")
    _, out = await asyncio.to_thread(call, "check", "-c", str(config))
    assert "没处理成的有 1 条" in out and "不知道到没到的有 3 条" in out
    assert "1（2 条）、M1（1 条），看是哪些群：gridbot deliveries 1" in out
    after = await rows(url)
    assert not [row for row in after["deliverypart"] if row[3] in (PartState.QUEUED, PartState.SENDING)]
    assert not [row for row in after["inboxevent"] if row[9] == InboxState.NEW]


@pytest.mark.parametrize("what", ["damaged", "newer", "no database"])
async def test_over_a_file_that_cannot_be_used_a_backup_goes_in_all_the_same(
    talk: Talk, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    bad = tmp_path / "bad.db"
    if what == "newer":
        with closing(sqlite3.connect(bad)) as other:
            other.executescript("CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES (9999)")
    else:
        await talk.close()
        bad.write_bytes((tmp_path / "talk.db").read_bytes()[:40_000] if what == "damaged" else b"hello" * 999)
    with pytest.raises(DatabaseError):
        await put_back(f"sqlite:///{bad}", tmp_path / "b")
    before = bad.read_bytes()
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("bot.restoring.go_on_after", lambda *_: 1 / 0)
        await put_back(f"sqlite:///{bad}", tmp_path / "b", force=True)
    assert bad.read_bytes() == before and not [*tmp_path.glob("bad.db.2*")]
    said = await put_back(f"sqlite:///{bad}", tmp_path / "b", force=True)
    (aside,) = tmp_path.glob("bad.db.2*")
    assert aside.name in said[-1] and aside.read_bytes() == before
    assert await next_alert(f"sqlite:///{bad}") is not None


async def test_a_notice_planned_for_the_time_between_is_not_sent_by_itself(talk: Talk, tmp_path: Path) -> None:
    async with talk.database.write() as session:
        session.add_all([planned("N5", 10), planned("N6", 90), planned("M3", 10)])
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    url = f"sqlite:///{tmp_path}/new.db"
    said = await put_back(url, tmp_path / "b", now=NOW + timedelta(hours=1))
    assert said[-1].endswith("没有再发：N5")
    refs = {row[2] for row in (await rows(url))["dueitem"]}
    assert {"N6", "M3"} <= refs and "N5" not in refs


async def test_the_sender_of_such_a_notice_is_to_hear_of_it(talk: Talk, tmp_path: Path) -> None:
    await talk.say("t1", None, "通知 全镇 定时明天下午3点 停水")
    await talk.say("t1", None, "确认")
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    url = f"sqlite:///{tmp_path}/new.db"
    said = await put_back(url, tmp_path / "b", now=NOW + timedelta(hours=4))
    assert said[-1].endswith("没有再发：N1")
    kinds = {row[1] for row in (await rows(url))["dueitem"] if row[2] == "N1"}
    assert kinds == {"notice.restored"}


async def test_with_resend_it_goes_on_where_it_was(talk: Talk, tmp_path: Path) -> None:
    await interrupted(talk)
    before = await rows(f"sqlite:///{tmp_path}/talk.db")
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    await put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b", resend=True)
    assert await rows(f"sqlite:///{tmp_path}/new.db") == before


async def test_numbers_given_after_the_backup_are_not_given_again(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    url = f"sqlite:///{tmp_path}/new.db"
    await put_back(url, tmp_path / "b", now=NOW + timedelta(days=2))
    assert await next_alert(url) == 1 + 300 + 1


async def test_small_talk_does_not_live_on_in_a_backup(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    await talk.say("r1", "g1", "今天的白菜真便宜啊")
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    with ZipFile(tmp_path / "b") as archive:
        kept = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "白菜" not in kept and "灰夹克" in kept


# Bad files, and places where it must not go


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with members changed."""
    with ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    changed = file.with_suffix(".changed")
    with ZipFile(changed, "w", ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return changed


def manifest_with(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | values).encode()

    return change


def cut_table(members: dict[str, bytes]) -> None:
    members["tables/case.jsonl"] = b""


def drop_table(members: dict[str, bytes]) -> None:
    del members["tables/case.jsonl"]


BROKEN: tuple[Callable[[dict[str, bytes]], Any], ...] = (
    cut_table,
    drop_table,
    manifest_with(revision="9999"),
    manifest_with(gridbot_backup=2),
    manifest_with(tables=5),
    manifest_with(revision="../../x"),
    lambda members: members.pop(MANIFEST),
    lambda members: members.update({MANIFEST: b"[" * 10_000}),
)


async def test_a_bad_backup_changes_nothing(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    before = await rows(f"sqlite:///{tmp_path}/talk.db")
    for change in BROKEN:
        bad = rewritten(tmp_path / "b", change)
        with pytest.raises(ConfigError, match="什么都没有改动"):
            await put_back(f"sqlite:///{tmp_path}/talk.db", bad, force=True)
    assert await rows(f"sqlite:///{tmp_path}/talk.db") == before


async def test_a_cut_or_flipped_file_is_refused(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    bad = tmp_path / "bad"
    for end in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        bad.write_bytes(whole[:end])
        with pytest.raises(ConfigError, match=r"不完整|不是格格的备份"):
            read_manifest(bad)
    for place in range(10, len(whole) // 2, 997):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert read_manifest(bad) == read_manifest(tmp_path / "b"), "only what nobody reads may be changed"
        except ConfigError:
            continue


async def test_rows_that_do_not_fit_change_nothing(talk: Talk, tmp_path: Path) -> None:
    """The checksums are right, and still the rows point to nothing."""
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    before = await rows(f"sqlite:///{tmp_path}/talk.db")

    def without_contacts(members: dict[str, bytes]) -> None:
        manifest = json.loads(members[MANIFEST])
        for one in manifest["tables"]:
            if one["name"] == "contact":
                one |= {"rows": 0, "sha256": hashlib.sha256(b"").hexdigest()}
        members["tables/contact.jsonl"] = b""
        members[MANIFEST] = json.dumps(manifest).encode()

    with pytest.raises(ConfigError, match="放不进数据库"):
        await put_back(f"sqlite:///{tmp_path}/talk.db", rewritten(tmp_path / "b", without_contacts), force=True)
    assert await rows(f"sqlite:///{tmp_path}/talk.db") == before


async def test_a_backup_of_an_older_program_is_brought_up(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")

    def older(members: dict[str, bytes]) -> None:
        """As revision 0001 had it: no table `taught`, no `correction.seen`, no column that came later."""
        manifest = json.loads(members[MANIFEST]) | {"revision": "0001"}
        first = {table: set(columns) for table, columns in asyncio.run(columns_of_0001()).items()}
        manifest["tables"] = [one for one in manifest["tables"] if one["name"] in first]
        for one in manifest["tables"]:
            one["columns"] = [pair for pair in one["columns"] if pair[0] in first[one["name"]]]
            one["inward"] = [name for name in one["inward"] if name in first[one["name"]]]
            member = f"tables/{one['name']}.jsonl"
            kept = [
                {name: value for name, value in json.loads(line).items() if name in first[one["name"]]}
                for line in members[member].splitlines()
            ]
            members[member] = "".join(json.dumps(row) + "\n" for row in kept).encode()
            one["sha256"] = hashlib.sha256(members[member]).hexdigest()
        members[MANIFEST] = json.dumps(manifest).encode()

    async def columns_of_0001() -> dict[str, list[str]]:
        database = Database(f"sqlite:///{tmp_path}/first.db")
        async with database.rebuilding() as connection:
            await connection.run_sync(migrate, "0001")
            found = await connection.run_sync(
                lambda sync: {
                    name: [column["name"] for column in inspect(sync).get_columns(name)]
                    for name in inspect(sync).get_table_names()
                }
            )
        await database.close()
        return found

    old = await asyncio.to_thread(rewritten, tmp_path / "b", older)
    await put_back(f"sqlite:///{tmp_path}/new.db", old, resend=True)
    now, then = await rows(f"sqlite:///{tmp_path}/new.db"), await rows(f"sqlite:///{tmp_path}/talk.db")
    first = await columns_of_0001()
    now["dueitem"] = [row for row in now["dueitem"] if "case.plan" not in row]  # what the way up asks for
    grown = {one.name for one in layouts() if len(one.columns) > len(first.get(one.name, ()))}
    assert {name: len(found) for name, found in now.items()} == {name: len(found) for name, found in then.items()}
    assert all(now[name] == then[name] for name in now if name not in grown)


async def test_it_does_not_go_into_a_database_with_rows_or_in_use(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    url = f"sqlite:///{tmp_path}/talk.db"
    await write_backup(url, tmp_path / "b")
    before = await rows(url)
    with pytest.raises(ConfigError, match="已有数据"):
        await put_back(url, tmp_path / "b")
    with held(tmp_path / "talk.db"), pytest.raises(ConfigError, match="正在用"):
        await put_back(url, tmp_path / "b", force=True)
    assert await rows(url) == before
    await put_back(url, tmp_path / "b", force=True, resend=True)
    assert await rows(url) == before


@pytest.mark.postgres
async def test_it_does_not_go_into_a_postgresql_in_use(talk: Talk, tmp_path: Path, both: tuple[str, str]) -> None:
    await lively(talk)
    await write_backup(f"sqlite:///{tmp_path}/talk.db", tmp_path / "b")
    running = Database(both[1])
    await running.open()
    with pytest.raises(ConfigError, match="正在用"):
        await put_back(both[1], tmp_path / "b", force=True)
    await running.close()
    await put_back(both[1], tmp_path / "b")


async def test_a_backup_is_for_the_owner_alone_and_replaces_nothing(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    url, file = f"sqlite:///{tmp_path}/talk.db", tmp_path / "out" / "b"
    file.parent.mkdir()
    await write_backup(url, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    whole = file.read_bytes()
    with pytest.raises(ConfigError, match="没有覆盖"):
        await write_backup(url, file)
    with pytest.raises(ConfigError, match="写不了"):
        await write_backup(url, tmp_path / "nowhere" / "b")
    assert [path.name for path in file.parent.iterdir()] == ["b"] and file.read_bytes() == whole


async def test_a_backup_never_replaces_what_is_in_use(talk: Talk, tmp_path: Path) -> None:
    await lively(talk)
    config = config_of(f"sqlite:///{tmp_path}/talk.db", local={"chat": str(tmp_path / "chat.db")})
    for name in ("talk.db", "talk.db-wal", "chat.db", "../" + tmp_path.name + "/talk.db"):
        with pytest.raises(ConfigError, match="自己在用"):
            await back_up(config, talk.database, tmp_path / name, NOW, force=True, step=nothing)


async def test_an_empty_database_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="是空的"):
        await write_backup(f"sqlite:///{tmp_path}/empty.db", tmp_path / "b")
    assert not (tmp_path / "b").exists()


async def test_the_embedded_chat_comes_back_and_new_messages_are_read(talk: Talk, tmp_path: Path) -> None:
    """The bot may know messages that came after the chat was copied: their numbers must not come again."""
    await lively(talk)
    async with LocalChat(tmp_path / "chat.db") as chat:
        await chat.populate([LocalRoom("g1", "一格", ("r1",))], [LocalPerson("r1", "王姨")])
        first = await chat.say("r1", "g1", Draft("在吗"))
    url = f"sqlite:///{tmp_path}/talk.db"
    await write_backup(url, tmp_path / "b", gateway="local", local={"chat": str(tmp_path / "chat.db")})
    new = {"gateway": "local", "local": {"chat": str(tmp_path / "new" / "chat.db")}}
    there = config_of(f"sqlite:///{tmp_path}/new/bot.db", **new)
    await restore(there, tmp_path / "b", NOW, force=False, resend=False, step=nothing)
    async with LocalChat(tmp_path / "new" / "chat.db") as chat:
        assert [line.text for line in await chat.history("r1", "g1")] == ["在吗"]
        assert (await chat.say("r1", "g1", Draft("还在吗"))).n > first.n + 1000
        assert [event.text for _, event in await chat.waiting_events()][-2:] == ["在吗", "还在吗"]
    with pytest.raises(ConfigError, match="聊天文件"):
        await restore(there, tmp_path / "b", NOW, force=False, resend=False, step=nothing)


def test_every_column_can_be_written_down() -> None:
    assert {layout.name for layout in layouts()} == set(SQLModel.metadata.tables)


async def test_a_backup_never_replaces_what_is_no_file(talk: Talk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="不是普通的文件"):
        await back_up(
            config_of(f"sqlite:///{tmp_path}/talk.db"), talk.database, tmp_path / "pipe", NOW, force=True, step=nothing
        )
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
