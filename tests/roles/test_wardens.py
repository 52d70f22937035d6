"""谁管我, 谁管 …"""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from storage.people import Contact, ContactBinding
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize("text", ["谁管我", "谁管我？", "谁管我?", "找网格员", "谁管我。", " 谁管我 "])
async def test_mine(talk: Talk, text: str) -> None:
    said = await talk.say("r1", "g1", text)
    assert rooms(said) == {"g1"}
    assert "柳树一格网格员：小耿，电话 13900000011" in texts(said, "g1")[0]


async def test_in_private_where_one_was_seen(talk: Talk) -> None:
    assert "网格员：陈刚" in texts(await talk.say("r4", None, "谁管我"), "@r4")[0]
    assert "请写上村名" in texts(await talk.say("stranger", None, "谁管我"), "@stranger")[0]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("谁管 柳树二格", "柳树二格网格员：李珍"),
        ("谁管 二格", "柳树二格网格员：李珍"),
        ("谁管 二中", "北关一格网格员：陈刚"),
        ("谁管 菜市场北门", "柳树二格网格员：李珍"),
        ("谁管 菜市场北门呢？", "柳树二格网格员：李珍"),
        ("谁管 柳树村", "柳树村网格长：老郭"),
        ("谁管 柳树村", "柳树一格：小耿\n柳树二格：李珍"),
        ("谁管 北关社区", "北关社区管理员：冯主任"),
        ("谁管 全村", "柳树村网格长：老郭"),
        ("谁管3栋", "柳树一格网格员：小耿"),
        ("谁管 3栋2单元", "柳树一格网格员：小耿"),
        ("谁管 我家", "柳树一格网格员：小耿"),
        ("谁管 我们这儿？", "柳树一格网格员：小耿"),
    ],
)
async def test_of_a_place(talk: Talk, text: str, answer: str) -> None:
    assert answer in texts(await talk.say("r1", "g1", text), "g1")[0]


async def test_talk_is_not_answered(talk: Talk) -> None:
    assert await talk.say("r1", "g1", "谁管 这种破事啊") == []
    said = await talk.say("r1", None, "谁管 这种破事啊")
    assert "没有叫" in texts(said, "@r1")[0]


async def test_next_above_where_a_grid_has_none(talk: Talk) -> None:
    await talk.say("a1", None, "免去 小耿")
    assert "柳树村网格长：老郭" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]


async def test_a_phone_of_somebody_outside_the_list_is_not_told(talk: Talk) -> None:
    await talk.say("new", "g1", "大家好")
    binding = select(ContactBinding.contact_id).where(ContactBinding.external_id == "new").scalar_subquery()
    async with talk.database.write() as session:
        await session.execute(update(Contact).where(Contact.id == binding).values(name="新来的", phone="13999999999"))
    await talk.say("a1", None, "任命 新来的 网格员 柳树一格")
    (card,) = texts(await talk.say("r1", "g1", "谁管我"), "g1")
    assert "新来的" in card
    assert "13999999999" not in card
