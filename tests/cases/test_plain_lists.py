"""Lists and figures in a worker's own words to the bot, and what is said of all cases at once."""

from __future__ import annotations

import pytest

from tests.harness import Talk, texts


@pytest.fixture
async def two(talk: Talk) -> Talk:
    await talk.say("r1", "g1", "柳树巷3栋路灯坏了，晚上黑乎乎的")
    await talk.say("r2", "g1", "菜市场门口垃圾堆了三天没人收")
    return talk


@pytest.mark.parametrize("who", ["w1", "l1", "a1"])
@pytest.mark.parametrize(
    "words",
    [
        "统计一下今天收了多少",
        "今天收了几件",
        "今天一共报了多少件",
        "今天来了几件事",
        "本月办结率多少",
        "这个月满意率怎么样",
        "看看本周情况怎么样",
        "这个月的数据",
        "统计一下",
        "统计一下本月",
    ],
)
async def test_figures(two: Talk, who: str, words: str) -> None:
    assert "收到 2 件" in texts(await two.say(who, None, words), f"@{who}")[0]


@pytest.mark.parametrize(
    "words",
    [
        "未接的有几件",
        "还有几件没接",
        "还有哪些没人接的",
        "没人接的有哪些",
        "有多少件未接",
        "现在还有几件没人接",
        "未接的列一下",
        "没接的是哪些",
        "看看还有几件没人管",
        "没人接单的有几件",
    ],
)
async def test_untaken(two: Talk, words: str) -> None:
    assert texts(await two.say("w1", None, words), "@w1")[0].startswith("未接 2 件")


@pytest.mark.parametrize("words", ["超期的有哪些", "有几件超期了", "过期的有几件", "还有哪些超时"])
async def test_overdue(two: Talk, words: str) -> None:
    assert "超期" in texts(await two.say("w1", None, words), "@w1")[0]


@pytest.mark.parametrize("words", ["未接的有几件", "今天收了几件", "今天收了几件快递", "有几件超期了"])
async def test_beside_others_it_is_talk(two: Talk, words: str) -> None:
    assert not await two.say("w1", "g1", words)


@pytest.mark.parametrize(
    "words", ["都办完了", "办结全部", "全部办结", "手上的都办好了", "我都弄完了", "全接了", "都接了"]
)
async def test_of_several_it_is_asked_which(two: Talk, words: str) -> None:
    said = await two.say("w1", None, words)
    assert "【事项 1】" in texts(said, "@w1")[0] and "【事项 2】" in texts(said, "@w1")[0]
    assert not texts(said, "g1")


async def test_of_one_it_is_done(talk: Talk) -> None:
    await talk.say("r1", "g1", "柳树巷3栋路灯坏了，晚上黑乎乎的")
    assert "已接单" in texts(await talk.say("w1", None, "全接了"), "g1")[0]
    assert "已办结" in texts(await talk.say("w1", None, "都办完了"), "g1")[0]


@pytest.mark.parametrize("words", ["催一下小耿1号", "催催小耿 1号", "帮我催一下1号", "麻烦催促一下1号的事"])
@pytest.mark.parametrize("who", ["a1", "r1"])
async def test_urging_by_number(two: Talk, who: str, words: str) -> None:
    assert "已催小耿" in texts(await two.say(who, None, words), f"@{who}")[0]
