"""A family that asks the bot to take its card back hears what can be done, and what not."""

from __future__ import annotations

import pytest

from tests.harness import Talk, texts

REPORT = "我妈走丢了 王桂兰 72岁 穿红棉袄 今早八点从柳树村口走的"
ASKS = ["能把消息撤回吗", "照片能删了吗", "谢谢你们，把我妈的名字和电话去掉吧", "别人还在转我妈的照片怎么办"]


@pytest.mark.parametrize("words", ASKS)
async def test_after_the_end(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("w1", None, "确认")
    await talk.say("r1", "g1", "找到了，在二姨家")
    await talk.wait(minutes=3)
    (said,) = texts(await talk.say("r1", None, words), "@r1")
    assert "微信不让撤回" in said and "30天后删掉" in said


async def test_while_the_search_goes_on(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("w1", None, "确认")
    (said,) = texts(await talk.say("r1", "g1", "@格格 能不能把照片删掉"), "g1")
    assert "还在找" in said and "撤销 M1" in said


async def test_of_others_it_is_no_answer(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    assert not any("还在找，各群" in one for one in texts(await talk.say("r2", None, "照片能删了吗"), "@r2"))
