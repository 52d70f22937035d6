"""The commands, as they are typed."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from bot.cli import app, main
from bot.config import load_config
from bot.running import town_folder
from tests.harness import TOWN

CHAT = [
    {
        "id": "a",
        "at": "2026-11-21T12:00+08:00",
        "from": "r1",
        "room": "g1",
        "text": "3栋水管爆了，水流到楼道里了",
    },
    {"id": "b", "at": "2026-11-21T12:05+08:00", "from": "w1", "room": "g1", "text": "接单", "quote": "1.1"},
    {"id": "c", "at": "2026-11-21T12:30+08:00", "from": "w1", "room": "@", "text": "办结 1 换了新管"},
    {"id": "d", "at": "2026-11-21T12:31+08:00", "from": "r1", "room": "g1", "text": "满意"},
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config whose files are all in a folder of the test's own."""
    path = tmp_path / "config.yaml"
    path.write_text(f"database: sqlite:///{tmp_path}/bot.db\nlocal: {{chat: {tmp_path}/chat.db}}\n", encoding="utf-8")
    return path


def call(*words: str, given: str | None = None) -> tuple[int, str]:
    """Exit status and output of a command."""
    result = CliRunner().invoke(app, list(words), input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def write_chat(folder: Path, lines: list[dict[str, str]]) -> Path:
    path = folder / "chat.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def test_parse_lines_and_jsonl() -> None:
    given = '我爸72岁今早走丢了，穿灰夹克\n{"text": "3栋水管爆了"}\n\n=cmd|x\n{"text": 5}\n'
    status, out = call("parse", "--now", "2026-11-21T15:30+08:00", given=given)
    assert status == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["kind"] for line in lines][:2] == ["missing", "request"]
    assert list(lines[0]) == ["text", "kind", "confidence", "category", "urgent", "fields"]
    assert lines[0]["fields"]["age"] == 72
    assert len(lines) == 4


def test_parse_with_a_town() -> None:
    _, out = call("parse", "--town", str(TOWN), "--grid", "G1", given="老粮站门口井盖没了，麻烦派人来盖上\n")
    assert "老粮站" in json.loads(out)["fields"]["place"]


@pytest.mark.parametrize("now", ["yesterday", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_parse_a_bad_now(now: str) -> None:
    status, out = call("parse", "--now", now, given="今早8点走丢了\n")
    assert (status, "--now" in out) == (2, True)


def test_replay_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    path = write_chat(tmp_path, CHAT)
    status, first = call("replay", str(path), "--town", str(TOWN))
    assert status == 0
    assert call("replay", str(path), "--town", str(TOWN)) == (0, first)
    lines = [json.loads(line) for line in first.splitlines()]
    assert lines[0].keys() == {"at", "room", "text", "mentions", "ref", "image"}
    assert lines[0]["at"].endswith("+08:00")
    refs = [(line["room"], line["ref"]) for line in lines]
    assert refs[:4] == [("g1", "1.1"), ("@w1", "1.2"), ("g1", "1.3"), ("@w1", "1.5")]
    assert "谢谢评价" in lines[-2]["text"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ({"id": "x", "at": "soon", "from": "r1", "room": "g1", "text": "a"}, "第 1 行"),
        ({"id": "x", "from": "r1", "room": "g1", "text": "a"}, "at"),
        ({"id": "x", "at": "2026-11-21T12:00+08:00", "from": "r1", "room": "g1", "text": "a", "quote": "9.9"}, "9.9"),
        ({"id": "x", "at": "2026-11-21T12:00+08:00", "from": "r1", "room": "g1", "image": "../../x"}, "不在日志旁边"),
        ({"id": "x", "at": "2026-11-21T12:00+08:00", "from": "nobody", "room": "g1", "text": "a"}, "nobody"),
        ({"id": "x", "at": "2026-11-21T12:00+08:00", "from": "r1", "room": "g99", "text": "a"}, "g99"),
    ],
)
def test_replay_names_a_broken_line(tmp_path: Path, line: dict[str, str], named: str) -> None:
    status, out = call("replay", str(write_chat(tmp_path, [line])), "--town", str(TOWN))
    assert status == 2
    assert named in out
    assert "Traceback" not in out


AT = '"at": "2026-11-21T12:00+08:00", "from": "r1", "room": "g1"'


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('{"id": "x", "at": "0001-01-01T00:00+08:00", "from": "r1"}', "0001-01-01"),
        ('{"id": "x", "at": "9999-12-31T23:59-12:00", "from": "r1"}', "9999-12-31"),
        ("[" * 100_000, "不是 JSON"),
        ("nonsense", "不是 JSON"),
        ("[1]", "应像"),
        (f'{{"id": "\\ud800", {AT}}}', "半个字符"),
        (f'{{"id": "x", {AT}, "event": "party"}}', "不认识的 event：party"),
        (f'{{"id": "x", {AT}, "type": []}}', "不认识的 type"),
        (f'{{"id": "x", {AT}, "location": [1]}}', "location 应像"),
        (f'{{"id": "x", {AT}, "location": {{"latitude": 1e999, "longitude": 0}}}}', "location 应像"),
        (f'{{"id": "x", {AT}, "image": "\\u0000"}}', "图片"),
        (f'{{"id": "b", {AT}, "text": "另一句"}}', "id b 重复"),
    ],
)
def test_replay_names_the_row_of_a_broken_line(tmp_path: Path, line: str, named: str) -> None:
    path = write_chat(tmp_path, CHAT)
    path.write_text(path.read_text(encoding="utf-8") + "\n" + line, encoding="utf-8")
    status, out = call("replay", str(path), "--town", str(TOWN))
    assert (status, out.count("\n"), "第 5 行：" in out, named in out) == (2, 1, True, True), out


def test_replay_takes_a_mark_at_the_start_and_a_line_delivered_twice(tmp_path: Path) -> None:
    path = write_chat(tmp_path, CHAT)
    once = call("replay", str(path), "--town", str(TOWN))
    write_chat(tmp_path, [CHAT[0], *CHAT])
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert call("replay", str(path), "--town", str(TOWN)) == once
    assert once[0] == 0


def test_import_then_export(tmp_path: Path, config: Path) -> None:
    status, out = call("import", str(TOWN), "--config", str(config))
    assert status == 0, out
    status, out = call("export", str(tmp_path / "out"), "--format", "csv", "--config", str(config))
    assert status == 0
    assert "柳树一格" in (tmp_path / "out" / "areas.csv").read_text(encoding="utf-8-sig")
    status, out = call("export", str(tmp_path / "out"), "--what", "cases", "--config", str(config))
    assert (status, (tmp_path / "out" / "cases.xlsx").is_file()) == (0, True)


def test_tickets_are_imported_in_somebodys_name(tmp_path: Path, config: Path) -> None:
    assert call("import", str(TOWN), "--config", str(config))[0] == 0
    file = tmp_path / "tickets.csv"
    file.write_text("工单号,内容,区划\n12345-881,路灯不亮了，看不见,G1\n", encoding="utf-8")
    for arguments, words in (
        ((str(file), "--what", "tickets"), "--by"),
        ((str(TOWN), "--by", "t1"), "--by"),
        ((str(TOWN), "--what", "tickets", "--by", "t1"), ".csv 或 .xlsx"),
        ((str(file), "--what", "tickets", "--by", "r1"), "不是网格员"),
    ):
        status, out = call("import", *arguments, "--config", str(config))
        assert (status, out.count("\n"), words in out) == (2, 1, True), out
    status, out = call("import", str(file), "--what", "tickets", "--by", "t1", "--config", str(config))
    assert (status, out.strip()) == (0, "工单：记下 1 件，事项 1 到 1")


def test_replay_answers_from_the_towns_bank(tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(TOWN, town)
    bank = town / "answers.csv"
    bank.write_text("问题,答案,区划\n老年大学在哪里报名,在文化站二楼,T1\n", encoding="utf-8")
    line = {
        "id": "1",
        "at": "2026-11-21T12:00:00+08:00",
        "from": "r1",
        "room": "g1",
        "text": "@格格 老年大学在哪里报名？",
    }
    path = write_chat(tmp_path, [line])
    status, out = call("replay", str(path), "--town", str(town))
    assert status == 0 and "文化站二楼" in out
    bank.write_text("问题,答案,区划\n老年大学在哪里报名,在文化站二楼,T9\n", encoding="utf-8")
    status, out = call("replay", str(path), "--town", str(town))
    assert status == 2 and "answers.csv 第 2 行：没有编号为 T9 的区划" in out


def test_a_month_is_exported_as_one_sheet(tmp_path: Path, config: Path) -> None:
    assert call("import", str(TOWN), "--config", str(config))[0] == 0
    for what in ("figures", "logs"):
        file = tmp_path / f"{what}.xlsx"
        status, out = call("export", str(file), "--what", what, "--month", "2026-11", "--config", str(config))
        assert (status, out.strip(), file.is_file()) == (0, str(file), True)
    for arguments, words in (
        (("x.xlsx", "--what", "figures", "--month", "2026-13"), "--month 看不懂"),
        (("folder", "--what", "logs"), "以 .xlsx 或 .csv 结尾"),
        (("folder", "--month", "2026-11"), "--month 只用于"),
        (("/proc/nowhere/x.csv", "--what", "figures"), "写不了 "),
    ):
        status, out = call("export", *arguments, "--config", str(config))
        assert (status, out.count("\n"), words in out) == (2, 1, True), out


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_export_says_where_it_cannot_write(tmp_path: Path, config: Path, format: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full" / f"areas.{format}").mkdir(parents=True)
    (tmp_path / "full" / f"cases.{format}").mkdir()
    targets = ("file", "file/below", "full", "/proc/nowhere", "a" * 300)
    for target in targets:
        for what in ("town", "cases"):
            path = str(tmp_path / target)
            status, out = call("export", path, "--what", what, "--format", format, "--config", str(config))
            assert (status, out.count("\n"), "写不了 " in out) == (2, 1, True), out
            assert target in out


def test_import_lists_every_fault_and_imports_nothing(tmp_path: Path, config: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "areas.csv").write_text("key,name,level,parent\nA,甲,区,B\nB,乙,镇街,A\nC,丙,州,A\nC,丁,村社区,A\n")
    status, out = call("import", str(folder), "--config", str(config))
    assert status == 2
    assert "第 4 行" in out and "第 5 行" in out
    engine = create_engine(f"sqlite:///{tmp_path}/bot.db")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM area")).scalar() == 0
    engine.dispose()


def test_check_says_what_is_wrong(config: Path) -> None:
    status, out = call("check", "--config", str(config))
    assert status == 1
    assert "还没有导入" in out


def test_admin_code_is_a_code(config: Path) -> None:
    status, out = call("admin-code", "--config", str(config))
    assert status == 0
    assert "我是 " in out


def test_reset_empties(tmp_path: Path, config: Path) -> None:
    call("import", str(TOWN), "--config", str(config))
    assert (tmp_path / "bot.db").is_file()
    status, _ = call("reset", "--yes", "--config", str(config))
    assert status == 0
    assert not (tmp_path / "bot.db").exists()
    assert not (tmp_path / "chat.db").exists()


def test_import_of_nothing_is_no_import(config: Path, tmp_path: Path) -> None:
    assert call("import", str(TOWN), "-c", str(config))[0] == 0
    (tmp_path / "empty").mkdir()
    status, out = call("import", str(tmp_path / "empty"), "-c", str(config))
    assert status == 2
    assert "里面没有 areas" in out


def test_learn_from_nothing_changes_nothing(config: Path) -> None:
    status, out = call("learn", "--config", str(config))
    assert (status, out) == (
        0,
        "网格员判过的消息共 0 条。能学的 0 条：原来读对 0 条，学了别的再读，读对 0 条。这次没有改动。多攒一些再学。\n",
    )
    assert call("learn", "--forget", "--config", str(config)) == (0, "本来就没有学过。\n")


@pytest.mark.parametrize("command", ["", *(one.name or one.callback.__name__ for one in app.registered_commands)])
def test_no_help_is_cut_off(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out = call(*command.split(), "--help")
    assert status == 0 and "…" not in out


@pytest.mark.parametrize("words", [("--help",), ("check",), ("parse",)])
def test_a_disk_that_takes_no_more_is_one_sentence(
    words: tuple[str, ...], config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gridbot", *words, *(["-c", str(config)] if words == ("check",) else [])])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("我爸走丢了\n".encode()), "utf-8"))
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            main()
    assert (ended.value.code, capfd.readouterr().err) == (1, "写不出去：磁盘满了\n")


@pytest.mark.parametrize("named", ["COMMIT", "chat"])
def test_a_disk_that_fills_up_amid_a_command_is_one_sentence(
    config: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    full = sqlite3.OperationalError("database or disk is full")

    async def import_town(*_: object, **__: object) -> None:
        raise full if named == "chat" else OperationalError(named, {}, full)

    monkeypatch.setattr("bot.local_town.import_town", import_town)
    assert call("import", str(TOWN), "-c", str(config)) == (1, "没有做成，数据库用不了：磁盘满了\n")


def test_more_rows_than_a_workbook_holds_are_refused(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("import", str(TOWN), "-c", str(config))[0] == 0
    monkeypatch.setattr("bot.town.writing.EXCEL_ROWS", 8)
    status, said = call("export", str(config.parent / "out"), "-c", str(config))
    assert status == 2 and "超过 8 行，.xlsx 放不下，请导出 .csv" in said
    assert not list((config.parent / "out").iterdir())
    assert call("export", str(config.parent / "out"), "--format", "csv", "-c", str(config))[0] == 0


def test_what_residents_wrote_is_for_the_owner_alone(config: Path) -> None:
    folder = config.parent
    before = os.umask(0)
    try:
        assert call("import", str(TOWN), "-c", str(config))[0] == 0
        assert call("export", str(folder / "out"), "--format", "csv", "-c", str(config))[0] == 0
        assert call("export", str(folder / "book"), "-c", str(config))[0] == 0
        assert call("backup", str(folder / "b.zip"), "-c", str(config))[0] == 0
        for name in ("bot.db", "chat.db"):
            (folder / name).unlink()
        assert call("restore", str(folder / "b.zip"), "-c", str(config))[0] == 0
    finally:
        os.umask(before)
    for name in ("bot.db", "chat.db", "out/people.csv", "book/people.xlsx", "b.zip"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert "chmod" not in call("check", "-c", str(config))[1]
    (folder / "bot.db").chmod(0o644)
    assert f"{folder}/bot.db 里有居民的资料，本机别的用户也能读" in call("check", "-c", str(config))[1]


def test_paths_of_a_config_count_from_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(TOWN, home / "town")
    path = home / "config.yaml"
    path.write_text("town: town\nlocal: {chat: a/chat.db}\n", encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    assert call("import", str(TOWN), "-c", str(path))[0] == 0
    assert (home / "data/gridbot.db").is_file()
    assert (home / "a/chat.db").is_file()
    assert not list(elsewhere.iterdir())
    settings = load_config(path)
    assert town_folder(settings) == home / "town"
    monkeypatch.setenv("GRIDBOT_DATABASE", "sqlite:///x.db")
    assert load_config(path).database == "sqlite:///x.db"
    monkeypatch.chdir(home)
    monkeypatch.delenv("GRIDBOT_DATABASE")
    assert load_config(Path("config.yaml")).database == "sqlite:///data/gridbot.db"
