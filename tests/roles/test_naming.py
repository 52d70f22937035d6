"""Names of areas as people write them, in a town whose grids have only numbers for names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.places.naming import plain
from tests.harness import TOWN, Talk, texts

BARE = {"柳树一格": "一格", "柳树二格": "二格", "北关一格": "第一网格", "石桥一格": "1号网格"}


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Talk]:
    """The small town, its grids named 一格, 二格, …"""
    folder = tmp_path / "town"
    folder.mkdir()
    for file in TOWN.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        if file.stem == "areas":
            for old, new in BARE.items():
                text = text.replace(old, new)
        (folder / file.name).write_text(text, encoding="utf-8")
    made = await Talk(tmp_path).open(folder)
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第一网格", "1格"),
        ("一号网格", "１格"),
        ("柳树村 十二网格", "柳树村12格"),
        ("枫渡社区一网格", "枫渡社区 1 格"),
        ("“全镇”", "全镇"),
        ("fd01", "FD01"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("person", "words", "area"),
    [
        ("a1", "一格", "一格"),
        ("a1", "1格", "一格"),
        ("a1", "第一网格", "一格"),
        ("t1", "柳树村一格", "一格"),
        ("t1", "柳树村 一格", "一格"),
        ("t1", "北关社区一格", "第一网格"),
        ("d1", "柳河镇柳树村二格", "二格"),
        ("w1", "本格", "一格"),
        ("w1", "本网格", "一格"),
        ("a1", "本村", "柳树村"),
        ("a2", "本社区", "北关社区"),
        ("t2", "全街道", "东山镇"),
        ("d1", "本区", "清江区"),
    ],
)
async def test_understood(bare: Talk, person: str, words: str, area: str) -> None:
    (answer,) = texts(await bare.say(person, None, f"通知 {words} 停水"), f"@{person}")
    assert f"发到{area} " in answer


async def test_same_names_are_listed_with_what_is_above(bare: Talk) -> None:
    (answer,) = texts(await bare.say("t1", None, "群列表 一格"), "@t1")
    assert "叫“一格”的有 2 处" in answer


async def test_near_this_group_first(bare: Talk) -> None:
    (answer,) = texts(await bare.say("t1", "g3", "群列表 一格"), "g3")
    assert "第一网格共 1 个群" in answer


async def test_the_greeting_of_a_numbered_grid_names_its_village(bare: Talk) -> None:
    (answer,) = texts(await bare.say("a1", None, "群码 新 一格"), "@a1")
    said = await bare.say("w1", "new", "绑定 " + answer.split("绑定 ")[-1].split()[0])
    assert "我是柳树村一格的格格" in texts(said, "new")[0]
