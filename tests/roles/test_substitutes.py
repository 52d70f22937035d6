"""代班."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.people import Appointment
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def test_the_substitute_works_and_it_ends_by_itself(talk: Talk) -> None:
    said = await talk.say("w1", None, "代班 李珍 3天")
    assert "到 11-24 12:00 由李珍代柳树一格网格员" in texts(said, "@w1")[0]
    assert "小耿请您代班" in texts(said, "@w2")[0]
    said = await talk.say("r1", "g1", LEAK)
    assert rooms(said) == {"g1", "@w2"}
    assert "李珍" in texts(await talk.say("w2", "g1", "接单 1"), "g1")[0]
    assert "李珍（代小耿）" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]
    await talk.wait(days=3)
    assert "网格员：小耿" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]


@pytest.mark.parametrize(
    ("length", "until"),
    [
        ("3天", "11-24 12:00"),
        ("３天", "11-24 12:00"),
        ("三天", "11-24 12:00"),
        ("2小时", "11-21 14:00"),
        ("半天", "11-22 00:00"),
        ("两个小时", "11-21 14:00"),
        ("一周", "11-28 12:00"),
        (" 1 天", "11-22 12:00"),
    ],
)
async def test_lengths(talk: Talk, length: str, until: str) -> None:
    said = await talk.say("w1", None, f"代班 李珍 {length}")
    assert f"到 {until} 由李珍" in texts(said, "@w1")[0]


async def test_it_ends_on_return(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    said = await talk.say("w1", None, "代班 结束")
    assert rooms(said) == {"@w1", "@w2"}
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@w1"}
    assert "没有人替您" in texts(await talk.say("w1", None, "代班 结束"), "@w1")[0]


async def test_a_second_one_takes_the_place_of_the_first(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    await talk.say("w1", None, "代班 老郭 1天")
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@l1"}


@pytest.mark.parametrize(
    ("person", "text", "answer"),
    [
        ("w1", "代班", "请这样写"),
        ("w1", "代班 李珍", "请这样写"),
        ("w1", "代班 3天", "没有找到"),
        ("w1", "代班 小耿 3天", "请另一个人"),
        ("w1", "代班 没这个人 3天", "没有找到叫"),
        ("w1", "代班 李珍 200天", "最长 90 天"),
        ("w1", "代班 李珍 0天", "最长 90 天"),
        ("r1", "代班 李珍 3天", "只有网格员、网格长能用"),
        ("a1", "代班 李珍 3天", "只有网格员、网格长能用"),
    ],
)
async def test_refused(talk: Talk, person: str, text: str, answer: str) -> None:
    before = len(await talk.rows(select(Appointment)))
    said = await talk.say(person, None, text)
    assert answer in texts(said, f"@{person}")[0]
    assert len(await talk.rows(select(Appointment))) == before


async def test_a_substitute_cannot_pass_it_on(talk: Talk) -> None:
    await talk.say("w1", None, "代班 赵大爷 3天")
    said = await talk.say("r2", None, "代班 王姨 3天")
    assert "自己也是代班" in texts(said, "@r2")[0]


async def test_a_substitute_cannot_appoint(talk: Talk) -> None:
    await talk.say("l1", None, "代班 李珍 3天")
    said = await talk.say("w2", None, "任命 赵大爷 网格员 柳树一格")
    assert "要由管理员任免" in texts(said, "@w2")[0]


async def test_dismissal_ends_the_substitution_too(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    await talk.say("a1", None, "免去 小耿")
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@l1"}
