"""The family says of whom somebody saw that it is them, or is not."""

from __future__ import annotations

import pytest

from handlers.alerts.recognising import recognises
from tests.alerts.town import GRANDPA
from tests.harness import Talk, rooms, texts

CLUE = "有个老头穿灰夹克黑布鞋在二中门口坐着"


@pytest.mark.parametrize(
    "words",
    ["是我爸！！我们马上过去", "对，就是他", "没错这就是我家老爷子", "是他！", "係佢！多谢晒", "就是他！这死老头子"],
)
async def test_who_stands_beside_them_hears_that_the_family_comes(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.say("r4", "g3", CLUE)
    said = await talk.say("r1", "g1", words)
    assert rooms(said) == {"g3", "g1", "@w1"}
    assert "家人说就是他" in texts(said, "g3")[0] and "陪住他" in texts(said, "g3")[0]
    assert "二中门口" in texts(said, "@w1")[0]
    assert await talk.say("r1", "g1", words) == []  # once


@pytest.mark.parametrize("words", ["不是我爸", "不是他"])
async def test_whom_the_family_does_not_know_nobody_need_keep(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    assert await talk.say("r1", "g1", words) == []  # of nobody who was seen
    await talk.say("r4", "g3", CLUE)
    said = await talk.say("r1", "g1", words)
    assert rooms(said) == {"g3"} and "不是要找的人" in said[0].text
    assert await talk.say("r1", "g1", "是我爸吗") == []


async def test_while_another_family_may_know_them_the_finder_waits(talk: Talk) -> None:
    await talk.say("r1", "g1", "我奶奶不见了，78岁，红色棉袄，早上七点在柳树巷走丢的")
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "我妈走丢了，75岁，红棉袄，早上八点在北关菜市场")
    await talk.say("w2", None, "确认 M2")
    await talk.say("r4", "g3", "有个老太太穿红棉袄在二中门口坐着")
    assert await talk.say("r3", "g2", "不是我妈") == []
    assert "家人说就是她" in texts(await talk.say("r1", "g1", "是我奶奶！！"), "g3")[0]


@pytest.mark.parametrize("words", ["是我爸的鞋", "是我爸打的电话", "他是我爸的同事", "是我爸吗", "是我家的车"])
def test_what_is_about_something_else(words: str) -> None:
    assert not recognises(words)
