"""What a worker says in plain words when asked whether a report is true."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import AlertState, Case, CaseState
from tests.alerts.town import GRANDPA, MOTHER, TOWN_ROOMS, balanced, the_alert
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


@pytest.mark.parametrize(
    "words", ["属实", "情况属实", "是真的，赶紧发", "核实过了，是真的", "M1确认", "M1 确认", "M1属实", "属实，M1"]
)
async def test_true_in_plain_words_confirms(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert rooms(await talk.say("w1", None, words)) >= TOWN_ROOMS
    alert = await the_alert(talk)
    assert (alert.state, alert.place) == (AlertState.CONFIRMED, "柳树巷")


@pytest.mark.parametrize(
    "words", ["不属实", "假的", "不是真的", "没这个人", "误报，人在亲戚家", "M1不属实", "M1误报", "误报误报 在同学家"]
)
async def test_false_in_plain_words_ends_it(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert rooms(await talk.say("w1", None, words)) == {"g1", "@w1"}
    assert (await the_alert(talk)).state == AlertState.FALSE
    assert await balanced(talk)


@pytest.mark.parametrize("words", ["属实", "确认"])
async def test_a_word_in_the_reports_own_group_confirms(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert await talk.say("r2", "g1", words) == []
    assert rooms(await talk.say("w1", "g1", words)) >= TOWN_ROOMS - {"@w1"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


@pytest.mark.parametrize("words", ["不对,是82岁", "不是72岁，是82岁", "年龄错了，应该是82岁"])
async def test_what_is_put_right_ends_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, words)
    alert = await the_alert(talk)
    assert (alert.state, alert.age) == (AlertState.UNCONFIRMED, 82)
    assert "82岁" in texts(await talk.wait(minutes=1), "g1")[0]


@pytest.mark.parametrize(
    "words",
    [
        "不对吧",
        "应该属实吧",
        "没有不属实,是真的",
        "人在家呢",
        "假的,刚在牌馆看到他了",
        "联系不上家属",
        "不是我们格的",
        "在家找到了",
    ],
)
async def test_what_decides_nothing_is_answered_with_what_would(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, words)
    assert rooms(said) == {"@w1"} and len(said) == 1
    assert "确认 M1" in said[0].text and "误报 M1" in said[0].text
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED


@pytest.mark.parametrize("words", ["收到", "嗯", "好的", "行", "M1收到"])
async def test_that_it_was_heard_confirms_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, words)
    assert rooms(said) == {"@w1"}
    assert "属实请回“确认 M1”" in texts(said, "@w1")[0]
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert rooms(await talk.say("w1", None, "确认")) >= TOWN_ROOMS


@pytest.mark.parametrize("words", ["不行", "不确认", "不用了", "没法确认，联系不上", "家属电话打不通", "属实，先别发"])
async def test_not_yet_ends_nothing_and_others_are_asked(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, words)
    assert rooms(said) == {"@w1"}
    assert "误报 M1" in texts(said, "@w1")[0]
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert await talk.rows(select(Case)) == []
    assert {"@l1", "@a1"} <= rooms(await talk.wait(minutes=3))


async def test_of_two_reports_the_named_one_is_answered(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r2", "g1", "我家孩子丢了，6岁男孩，蓝校服，二中门口走散的")
    said = await talk.say("w1", None, "属实")
    assert "M1" in said[0].text and "M2" in said[0].text and len(said) == 1
    assert rooms(await talk.say("w1", None, "M2属实")) >= TOWN_ROOMS
    assert (await the_alert(talk, 1)).state == AlertState.UNCONFIRMED
    assert (await the_alert(talk, 2)).state == AlertState.CONFIRMED


async def test_what_is_said_in_the_group_is_not_commented_on(talk: Talk) -> None:
    await talk.say("w1", "g1", MOTHER)
    assert await talk.say("w1", "g1", "好的") == []
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED


@pytest.mark.parametrize("words", ["1接单", "1号接单", "1 接单", "#1接单"])
async def test_the_number_may_come_first(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    assert await talk.say("r2", "g1", words) == []
    assert "已接单" in texts(await talk.say("w1", None, words), "g1")[0]
    assert "阀门已换" in texts(await talk.say("w1", None, "1号办结 阀门已换"), "g1")[0]


@pytest.mark.parametrize("words", ["1号办结了吗", "1号完成不了", "12号前完成"])
async def test_a_sentence_with_the_number_first_is_no_command(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", words)
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED]
