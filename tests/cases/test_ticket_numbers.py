"""A case is also known by the number that another office gave it."""

from __future__ import annotations

import pytest

from tests.harness import Talk, texts

ENTRY = "热线 12345-883 柳树巷3栋 王姨 水管漏水 周五前"


@pytest.mark.parametrize("words", ["接单 12345-883", "12345-883接单", "接单１２３４５-883", "接单12345-883号"])
async def test_a_ticket_is_taken_by_its_number(talk: Talk, words: str) -> None:
    await talk.say("w1", None, ENTRY)
    await talk.say("r1", "g1", "柳树巷3栋路灯坏了，晚上黑乎乎的")
    assert "【事项 1】小耿已接单" in texts(await talk.say("w1", None, words), "@w1")[0]


@pytest.mark.parametrize("words", ["办结 12345-883 换了新管", "12345-883 换了新管，修好了"])
async def test_its_end_gives_the_result_to_copy(talk: Talk, words: str) -> None:
    await talk.say("w1", None, ENTRY)
    said = texts(await talk.say("w1", None, words), "@w1")[0]
    assert "工单号：12345-883" in said and "已办结" in said


async def test_letters_before_it(talk: Talk) -> None:
    await talk.say("w1", None, "转入 信访-2026-15 柳树巷 反映路灯不亮 周五前")
    assert "等待接单" in texts(await talk.say("w1", None, "进度 信访-2026-15"), "@w1")[0]
    assert "已接单" in texts(await talk.say("w1", None, "接单 信访-2026-15"), "@w1")[0]


async def test_entered_again_it_is_known(talk: Talk) -> None:
    await talk.say("w1", None, ENTRY)
    assert "已经记过了" in texts(await talk.say("w1", None, ENTRY), "@w1")[0]


async def test_residents_learn_nothing_of_it(talk: Talk) -> None:
    await talk.say("w1", None, ENTRY)
    assert "事项 1" not in texts(await talk.say("r1", None, "进度 12345-883"), "@r1")[0]


@pytest.mark.parametrize("words", ["驳回 1 不归我", "转给 1 李珍", "误判 1", "上报 1", "转办 1 物业"])
async def test_a_helper_is_shown_退单(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "柳树巷3栋路灯坏了，晚上黑乎乎的")
    await talk.say("v1", "g1", "接单 1")
    (said,) = texts(await talk.say("v1", None, words), "@v1")
    assert "退单 1" in said and "直接在群里说" not in said
    (said,) = texts(await talk.say("r1", None, words), "@r1")
    assert "退单" not in said


@pytest.mark.parametrize("words", ["12345-884 修好了", "12345-884号办好了", "12345-884 办到哪了"])
async def test_a_number_that_nobody_wrote_down_ends_nothing(talk: Talk, words: str) -> None:
    await talk.say("w1", None, ENTRY)
    (said,) = texts(await talk.say("w1", None, words), "@w1")
    assert "没有记过工单 12345-884" in said
    assert "等待接单" in texts(await talk.say("w1", None, "进度 1"), "@w1")[0]
