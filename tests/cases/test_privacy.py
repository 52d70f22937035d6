"""Private matters are kept out of the group, and nothing else is."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from handlers.cases.privacy import is_private, wants_secrecy
from storage.matters import Case
from storage.people import Contact, ContactBinding
from tests.harness import Talk, rooms, texts

PRIVATE = [
    "5栋301的刘姐跟402老赵为停车打起来了，能不能来劝劝",
    "投诉楼上老李半夜打麻将，说了不听还要打我",
    "隔壁男的天天打老婆孩子，昨晚又打，孩子哭得惨",
    "302的小李是不是有艾滋病，能不能查查",
    "我得了癌症，能不能申请大病救助",
    "我妈瘫痪在床，能不能上门办残疾证",
    "我要匿名举报3栋201聚众赌博",
    "请帮我保密，3栋201聚众赌博，别说是我说的",
]


@pytest.mark.parametrize("words", PRIVATE)
async def test_it_is_told_to_worker_and_writer_alone(talk: Talk, words: str) -> None:
    said = await talk.say("r1", "g1", words)
    assert rooms(said) == {"@r1", "@w1"}
    assert words in texts(said, "@w1")[0]
    assert "没有找到 1 号" in (await talk.say("r2", "g1", "进度 1"))[0].text
    await talk.say("w1", None, "接单 1")
    assert "g1" not in rooms(await talk.say("w1", None, "办结 1 办好了"))


@pytest.mark.parametrize(
    ("words", "warned"), [("我要匿名举报3栋201聚众赌博", True), ("我得了癌症，能不能申请大病救助", False)]
)
async def test_the_worker_is_warned_where_secrecy_is_asked_for(talk: Talk, words: str, warned: bool) -> None:
    said = await talk.say("r1", "g1", words)
    assert ("不要说出是谁反映的" in texts(said, "@w1")[0]) is warned


async def test_who_cannot_be_told_in_private_is_told_in_the_group_without_a_word_of_it(talk: Talk) -> None:
    async with talk.database.write() as session:
        person = select(Contact.id).where(Contact.key == "r1").scalar_subquery()
        await session.execute(delete(ContactBinding).where(ContactBinding.contact_id == person))
    said = await talk.say("r1", "g1", "我得了癌症，能不能申请大病救助")
    assert len(texts(said, "g1")) == 1
    assert "私下记下" in texts(said, "g1")[0]
    assert "癌" not in texts(said, "g1")[0]


@pytest.mark.parametrize(
    "words",
    [
        "楼下垃圾没人清，臭死了，能不能来人",
        "3栋路灯坏了，麻烦修一下，打我电话也行",
        "哪里能给孩子打疫苗，能不能组织一下",
        "乙肝疫苗什么时候能打",
        "楼下天天打麻将，吵得睡不着",
        "下水道老毛病又犯了，请来人修",
        "村里的猪得了病，能不能来看看",
        "门口的树得了病，叶子掉光了",
        "残疾人坡道被车堵了，我妈过不去",
        "物业收费不公开，投诉",
        "广场舞声音大，吵了三个月了",
        "施工打人行道，灰太大",
        "小区群里的病历本是谁丢的",
    ],
)
def test_what_is_everybodys_stays_open(words: str) -> None:
    assert not is_private(words, "其他")
    assert not wants_secrecy(words)


async def test_a_fire_is_shown_whatever_else_was_said(talk: Talk) -> None:
    assert "g1" in rooms(await talk.say("r1", "g1", "着火了！3栋4楼，他们打起来了还有人打我"))
    assert await talk.rows(select(Case.quiet)) == [False]
