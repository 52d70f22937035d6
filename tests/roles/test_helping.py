"""帮助, the handbook, and questions to the bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.helping import handbook
from handlers.table import COMMANDS
from tests.harness import Talk, rooms, texts

MANUAL = Path(__file__).parents[2] / "docs" / "手册.md"


async def test_each_sees_what_he_may_use(talk: Talk) -> None:
    (resident,) = texts(await talk.say("r1", "g1", "帮助"), "g1")
    assert "谁管我" in resident
    for word in ("接单", "通知", "任命", "群码"):
        assert word not in resident
    (worker,) = texts(await talk.say("w1", None, "帮助"), "@w1")
    assert "【事项】接单、进展" in worker
    assert "群码" not in worker
    (admin,) = texts(await talk.say("a1", None, "帮助"), "@a1")
    assert "群码" in admin
    assert len(admin) < 400


async def test_one_command(talk: Talk) -> None:
    (answer,) = texts(await talk.say("w1", None, "帮助 接单"), "@w1")
    assert "写法：接单 12" in answer
    assert "谁能用：志愿者、网格员" in answer


@pytest.mark.parametrize("text", ["？", "?", "怎么用"])
async def test_a_lone_question_mark_in_a_group_is_no_command(talk: Talk, text: str) -> None:
    assert await talk.say("w1", "g1", text) == []
    assert "帮助" in texts(await talk.say("w1", None, text), "@w1")[0]
    assert "帮助" in texts(await talk.say("r1", "g1", f"@格格 {text}"), "g1")[0]


async def test_other_words_after_help_are_read(talk: Talk) -> None:
    said = await talk.say("r1", None, "帮助 3栋2单元的水管爆了，麻烦来人看看")
    assert "【事项 1】" in "".join(texts(said, "@r1"))


async def test_a_question_goes_to_the_worker_once(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "@格格 请问办低保要带什么材料？")
    assert rooms(said) == {"g1", "@w1"}
    assert "已转给网格员小耿" in texts(said, "g1")[0]
    (asked,) = texts(said, "@w1")
    assert "请回答" in asked
    assert "低保" in asked
    assert await talk.say("r1", "g1", "请问办低保要带什么材料？") == []


async def test_a_question_in_private(talk: Talk) -> None:
    said = await talk.say("r1", None, "请问办低保要带什么材料？")
    assert rooms(said) == {"@r1", "@w1"}


async def test_a_workers_question_stays(talk: Talk) -> None:
    said = await talk.say("w1", None, "请问办低保要带什么材料？")
    assert rooms(said) == {"@w1"}


def test_the_handbook_has_every_command() -> None:
    text = handbook()
    for command in COMMANDS:
        assert command.usage in text
        assert command.help in text


def test_the_handbook_in_docs_is_this_one() -> None:
    assert handbook().strip() in MANUAL.read_text(encoding="utf-8")
