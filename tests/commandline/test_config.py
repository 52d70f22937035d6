"""A wrong config is one sentence that names the key, and exit status 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Config, ConfigError, build_config, load_config
from bot.settings_table import settings, settings_table

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gatewy: local", "gatewy"),
        ("local: {prot: 1}", "local.prot"),
        ("local: {port: many}", "local.port"),
        ("local: {port: 99999}", "local.port"),
        ("local: {host: 0.0.0.0}", "local.host"),
        ("gateway: telegram", "gateway"),
        ("alerts: {ask_lead_minutes: 0}", "alerts.ask_lead_minutes"),
        ("timezone: Mars/Olympus", "timezone"),
        ("timezone: ../../etc/passwd", "timezone"),
        ("levels: 村", "levels"),
        ("quiet: {start: '25点'}", "quiet.start"),
        ("quiet: {start: '29:99'}", "quiet.start"),
        ("cases: {categories: {噪音: {hour: 3}}}", "cases.categories.噪音.hour"),
        ("town_level: 省", "town_level"),
        ("wechaty: {endpoint: '127.0.0.1:99999'}", "wechaty.endpoint"),
        ("pace: {routine_gap: [20, 8]}", "pace.routine_gap"),
        ("- a\n- b", "键: 值"),
        ("local: 5", "local 应当是几项“名字: 值”，现在是 5"),
        ("local:\n  port:", "local.port 应当是整数，现在空着"),
        ("local: {host: 0.0.0.0}", "只能是 '127.0.0.1' 或 'localhost'"),
        ("feed: {enabled: on}", "feed.enabled 应当是 true 或 false，现在是 'on'"),
        ("cases: {work_days: 一}", "cases.work_days 应当是用方括号括起来的几项"),
        ("local: {port: 8080}\naccount: A\nlocal: {port: 8081}", "第 3 行：local 写了两次"),
        ("local:\n  port: 8080\n  port: 8081", "第 3 行：port 写了两次"),
        ("quiet: {end: 7:00}", "quiet.end 应当是形如 08:00 的文字，现在是 '7:00'"),
        ("town: ''", "town 应当是文字，不能空着"),
        ("a: [", "YAML"),
        ("a: *x", "YAML"),
        ("a: &x [1]\nb: *x", "第 2 行"),
        ("account: [" + "[" * 400, "YAML"),
        ("local: {port: " + "1" * 5000 + "}", "YAML"),
        ("local: {port: 0x" + "f" * 5000 + "}", "local.port"),
        ("local: {port: true}", "local.port"),
        ("local: {port: 80.0}", "local.port"),
        ("backlog_minutes: 99999999999999999999", "backlog_minutes"),
        ("question_minutes: 999999999", "question_minutes"),
        ("cases: {unclaimed_minutes: 99999999999}", "cases.unclaimed_minutes"),
        ("cases: {announce_after_seconds: 99999999999}", "cases.announce_after_seconds"),
        ("cases: {categories: {噪音: {hours: 99999999}}}", "cases.categories.噪音.hours"),
        ("privacy: {chat_minutes: 99999999999}", "privacy.chat_minutes"),
        ("privacy: {inbox_days: 99999999999}", "privacy.inbox_days"),
        ("alerts: {auto_after_minutes: 99999999999}", "alerts.auto_after_minutes"),
        ("reading: {act_threshold: .nan}", "reading.act_threshold"),
        ("pace: {routine_gap: [.inf, .inf]}", "pace.routine_gap"),
        ("pace: {urgent_gap: [1]}", "pace.urgent_gap"),
        ("pace: {routine_day: 99999999999}", "pace.routine_day"),
        ("wechaty: {call_seconds: 121}", "wechaty.call_seconds"),
        ("wechaty: {silent_seconds: .inf}", "wechaty.silent_seconds"),
        ("wechaty: {stable_ids: 1}", "wechaty.stable_ids"),
        ("alerts: {public_url: 'javascript:alert(1)'}", "alerts.public_url"),
        ("alerts: {public_url: 'https://a.example/?x='}", "alerts.public_url"),
        ("alerts: {public_url: a.example}", "alerts.public_url"),
        ("feed: {enabled: 1}", "feed.enabled"),
        ("feed: {enabled: true}", "feed.domain"),
        ("feed: {enabled: true}\nalerts: {public_url: 'http://10.0.0.5:8090'}", "feed.domain"),
        ("feed: {domain: 'A b'}", "feed.domain"),
        ("feed: {host: example.org}", "feed.host"),
    ],
)
def test_each_mistake_is_one_sentence(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_what_people_write_without_quotes_is_taken_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "quiet: {start: 22:30, end: 07:00}\ncases: {five_sights: off}\nnotices:\nalerts:\n  # ask_lead_minutes: 5\n",
        encoding="utf-8-sig",
    )
    config = load_config(path)
    assert (config.quiet.start, config.quiet.end, config.cases.five_sights) == ("22:30", "07:00", "off")
    assert config.alerts.ask_lead_minutes == 3


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_another_encoding_is_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("bot_name: 小格", encoding=encoding)
    with pytest.raises(ConfigError, match="不是 UTF-8 编码"):
        load_config(path)


def test_a_date_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    for name in ("2026-11-21", "2026-13-45"):
        path.write_text(f"account: {name}", encoding="utf-8")
        assert load_config(path).account == name


def test_references_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path.write_text("\n".join([*lines, "gateway: *a11"]), encoding="utf-8")
    with pytest.raises(ConfigError, match="第 2 行"):
        load_config(path)


def test_every_number_has_an_upper_bound() -> None:
    for name, _, _ in settings(Config):
        section: dict[str, Any] | int = 10**18
        for part in reversed(name.split(".")):
            section = {part: section}
        assert isinstance(section, dict)
        with pytest.raises(ConfigError):
            build_config(section, "test")


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8788", "https://gateway.example:443", "http://[::1]:9", "gateway:1"])
def test_an_endpoint_is_what_the_gateway_takes(tmp_path: Path, endpoint: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"wechaty: {{endpoint: '{endpoint}'}}", encoding="utf-8")
    assert load_config(path).wechaty.endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint", ["", "127.0.0.1", "http://a", ":80", "a:0", "a:99999", "ftp://a:1", "http://user:pw@a:1", "a b:1"]
)
def test_what_is_no_endpoint_is_told_in_a_sentence(tmp_path: Path, endpoint: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"wechaty: {{endpoint: '{endpoint}'}}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"wechaty\.endpoint.*https://主机:端口"):
        load_config(path)


def test_a_missing_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "none.yaml" in result.output
    assert "Traceback" not in result.output


def test_an_unreachable_database(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("database: postgresql://u:secret@127.0.0.1:1/x", encoding="utf-8")
    for command in (["check"], ["run"], ["admin-code"], ["export", str(tmp_path / "out")]):
        result = CliRunner().invoke(app, [*command, "--config", str(path)])
        assert result.exit_code == 2, command
        assert "postgresql://u:***@127.0.0.1:1/x（127.0.0.1:1）：那里没有数据库，或者没有开" in result.output
        assert "secret" not in result.output
        assert "Traceback" not in result.output


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"database: sqlite:///{path}" + "\n# " + "x" * 5000, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "--config", str(path)])
    assert (result.exit_code, result.output) == (2, f"打不开数据库 sqlite:///{path}：这个文件不是数据库\n")


def test_an_unreachable_gateway_is_found_by_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDBOT_WECHATY_TOKEN", "t")
    path = tmp_path / "config.yaml"
    path.write_text(
        f"gateway: wechaty\nwechaty: {{endpoint: '127.0.0.1:1'}}\ndatabase: sqlite:///{tmp_path}/x.db", encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["check", "--config", str(path)])
    assert result.exit_code == 1
    assert "127.0.0.1:1" in result.output


def test_without_a_token_the_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDBOT_WECHATY_TOKEN", raising=False)
    path = tmp_path / "config.yaml"
    path.write_text(f"gateway: wechaty\ndatabase: sqlite:///{tmp_path}/x.db", encoding="utf-8")
    result = CliRunner().invoke(app, ["run", "--config", str(path)])
    assert result.exit_code == 2
    assert "GRIDBOT_WECHATY_TOKEN" in result.output


def test_the_shipped_config_is_right() -> None:
    assert load_config(ROOT / "config.yaml").gateway == "local"


def test_every_setting_has_help_and_stands_in_the_docs() -> None:
    assert [name for name, _, text in settings(Config) if not text] == []
    assert settings_table() in (ROOT / "docs" / "部署.md").read_text(encoding="utf-8")
