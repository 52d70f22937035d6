"""敲门没人应: somebody at home gives no sign of life. The grid worker goes there; no town is stirred."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.understanding import same_home, unanswered
from storage.matters import Alert, Case
from tests.harness import Talk, rooms, texts

SILENT = """
我对门301的张奶奶两天没出门了，敲门没人应，打电话也不接
楼上独居的大爷三天没见出门了，屋里灯一直亮着
敲门没人应，两天没见张奶奶出门了
我在外地，我妈一个人在家，电话打不通，麻烦网格员上门看看
隔壁老头好几天没动静了，门口牛奶都没拿
独居的李大爷家里没人应门，报纸塞了好几天
我奶奶一个人住，今天一天没接电话，谁能帮忙去敲个门
楼下租户三天没出来了，屋里有臭味，敲门也不开
两天没出门了，会不会出事啊，就是301的张奶奶
""".strip().splitlines()
TALK = """
楼上漏水漏到我家，敲门不应
卖保健品的敲门我爷爷没开门
抄表员敲门没人应
天太冷我三天没出门了
我爸早上出去到现在没回来，打电话也不接
张奶奶不见了，敲门没人应
我哥三天没回消息了，出租屋敲门没人应，谁最近见过他
我爷爷两天没下楼了，腿疼
我妈手机打不通，她出门买菜了
我们家老头一天到晚不出屋，喊他遛弯都不去
""".strip().splitlines()


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    made = await Talk(tmp_path).open()
    yield made
    await made.close()


@pytest.mark.parametrize("text", SILENT)
def test_who_gives_no_sign_of_life(text: str) -> None:
    assert unanswered(text)


@pytest.mark.parametrize("text", TALK)
def test_who_is_away_or_well(text: str) -> None:
    assert not unanswered(text)


def test_a_home_is_known_by_its_door_or_its_name() -> None:
    assert same_home("301的张奶奶", "是啊，301敲不开")
    assert not same_home("301的张奶奶", "5栋的李大爷")


async def test_the_worker_is_sent_there_and_no_group_of_the_town_hears_of_it(talk: Talk) -> None:
    said = await talk.say("r2", "g1", "我对门301的张奶奶两天没出门了，敲门没人应，打电话也不接")
    assert "110" in texts(said, "g1")[0] and "上门看人" in texts(said, "@w1")[0]
    later = await talk.wait(minutes=45)
    assert rooms(said) | rooms(later) == {"g1", "@w1", "@l1", "@a1"}
    (case,) = await talk.rows(select(Case))
    assert case.urgent
    assert await talk.rows(select(Alert)) == []


async def test_what_comes_in_two_bubbles_is_one_case(talk: Talk) -> None:
    await talk.say("r2", "g1", "我对门的李大爷好几天没出门了")
    await talk.say("r2", "g1", "敲门也没人应")
    (case,) = await talk.rows(select(Case))
    assert "敲门也没人应" in case.text


async def test_a_neighbour_of_the_same_door_joins(talk: Talk) -> None:
    await talk.say("r2", "g1", "我对门301的张奶奶两天没出门了，敲门没人应")
    said = await talk.say("r1", "g1", "是啊301张奶奶好几天没下楼，门敲不开")
    assert rooms(said) == {"@w1"}
    assert len(await talk.rows(select(Case))) == 1


async def test_a_worker_who_passes_it_on_is_understood(talk: Talk) -> None:
    said = await talk.say("w1", None, "代报 301张奶奶两天没出门了，敲门没人应")
    assert texts(said, "@w1")[0].startswith("【事项 1】")


async def test_who_left_the_house_is_still_searched_for(talk: Talk) -> None:
    said = await talk.say("r2", "g1", "我对门301的张奶奶出去两天没回来了，敲门没人应，打电话也不接")
    assert texts(said, "g1")[0].startswith("@赵大爷 【寻人 M1】")
