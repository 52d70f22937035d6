"""A bare correction, beside the only open alert of the room."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Alert
from tests.harness import Talk, rooms, texts

REPORT = "我妈走丢了，80岁，红棉袄"


@pytest.mark.parametrize("words", ["是82岁", "不对，是82岁", "不是80岁，是82岁", "更正：82岁"])
@pytest.mark.parametrize("person", ["r1", "w1"])
async def test_from_the_worker_did_nothing_and_from_the_reporter_was_a_place(
    talk: Talk, person: str, words: str
) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say(person, "g1", words)
    assert await talk.rows(select(Alert.age)) == [82.0]
    assert await talk.rows(select(Alert.place)) == [""]
    assert {"g1", "@w1"} <= rooms(await talk.wait(minutes=1))


@pytest.mark.parametrize("person", ["w3", "r2", "v1"])
async def test_from_others_it_changes_nothing(talk: Talk, person: str) -> None:
    await talk.say("r1", "g1", REPORT)
    assert await talk.say(person, "g1", "是82岁") == []
    assert await talk.rows(select(Alert.age)) == [80.0]


@pytest.mark.parametrize("lines", [("是啊，82岁了还乱跑",), ("不是3号楼，是5号楼", "是下午三点开会", "是红色的那种")])
async def test_what_the_worker_says_of_other_things_is_no_correction(talk: Talk, lines: tuple[str, ...]) -> None:
    await talk.say("r1", "g1", REPORT)
    for line in lines:
        await talk.say("w1", "g1", line)
    assert await talk.rows(select(Alert.age)) == [80.0]
    assert await talk.rows(select(Alert.place)) == [""]
    assert await talk.rows(select(Alert.transport)) == [""]


async def test_beside_two_alerts_the_worker_must_say_which(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r2", "g1", "我家孩子走丢了，男孩，8岁，蓝校服")
    await talk.say("w1", "g1", "是82岁")
    assert await talk.rows(select(Alert.age)) == [80.0, 8.0]


async def test_one_more_mark_stands_beside_those_that_are_known(talk: Talk) -> None:
    await talk.say("r1", "g1", "我家老头今天早上出去到现在没回来，78岁，有点糊涂")
    await talk.say("r1", "g1", "耳朵也背")
    [health] = await talk.rows(select(Alert.health))
    assert "糊涂" in health and "耳朵" in health
    await talk.say("r1", "g1", "说错了，不是耳朵背，是腿有点瘸")
    [health] = await talk.rows(select(Alert.health))
    assert "耳朵" not in health


async def test_before_it_is_confirmed_the_family_goes_on_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r1", None, "手机没带在身上")
    assert await talk.rows(select(Alert.has_phone)) == [False]
    assert await talk.rows(select(Alert.place)) == [""]
    assert texts(await talk.say("r1", None, "有消息了吗"), "@r1")[0].startswith("【寻人 M1】")
    assert "【寻人 M1】" not in "".join(texts(await talk.say("r2", None, "有消息了吗"), "@r2"))
    await talk.say("r1", None, "打错了，是82岁")
    assert await talk.rows(select(Alert.age)) == [82.0]


async def test_where_somebody_likes_to_go_is_no_direction(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r1", "g1", "她爱去河边")
    assert await talk.rows(select(Alert.direction)) == [""]


@pytest.mark.parametrize(
    ("words", "clothes", "age"),
    [("说错了，是蓝夹克不是红棉袄", "蓝夹克", 80.0), ("打错了，是82岁不是80岁", "红棉袄", 82.0)],
)
async def test_what_is_right_may_stand_before_what_was_wrong(talk: Talk, words: str, clothes: str, age: float) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r1", "g1", words)
    assert await talk.rows(select(Alert.age)) == [age]
    assert clothes in (await talk.rows(select(Alert.clothes)))[0]


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize(
    ("words", "clothes", "age"),
    [
        ("打错了，是62岁不是72岁", "灰夹克黑布鞋", 62),
        ("他今年62岁，不是72，我打错了", "灰夹克黑布鞋", 62),
        ("说错了，是蓝夹克不是灰夹克", "蓝夹克、黑布鞋", 72),
        ("穿的是蓝夹克，不是灰夹克，我记错了", "蓝夹克、黑布鞋", 72),
        ("夹克是蓝的，不是灰的", "蓝夹克、黑布鞋", 72),
        ("不是灰夹克是蓝夹克", "蓝夹克、黑布鞋", 72),
    ],
)
async def test_what_is_denied_is_on_no_card(
    talk: Talk, words: str, clothes: str, age: int, room: str | None, confirmed: bool
) -> None:
    await talk.say("r1", "g1", "我爸上午9点多从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋")
    if confirmed:
        await talk.say("w1", None, "确认")
        await talk.wait(minutes=2)
    await talk.say("r1", room, words)
    assert await talk.rows(select(Alert.clothes)) == [clothes]
    assert await talk.rows(select(Alert.age)) == [age]
    told = texts(await talk.wait(minutes=1), "g3" if confirmed else "g1")
    assert clothes in told[0] and f"{age}岁" in told[0]


@pytest.mark.parametrize(
    "words", ["那人穿红夹克，不是我爸", "我穿的是红夹克，不是蓝的", "不是开玩笑，我爸真的丢了", "那个不是他"]
)
async def test_what_is_denied_of_others_puts_nothing_right(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "我爸上午9点多从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋")
    await talk.say("r1", "g1", words)
    assert await talk.rows(select(Alert.clothes)) == ["灰夹克黑布鞋"]
    assert len(await talk.rows(select(Alert))) == 1
