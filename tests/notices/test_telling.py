"""明天几点停水啊, where the notice of it is: its own words, or silence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.notices.telling import tells
from tests.harness import Talk, texts

SENT = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WATER = "明天上午9点到下午5点停水，请提前接水。"
CHECK_UP = "体检通知：周二上午8点在村卫生室体检，65岁以上老人免费，请带身份证，空腹。"


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        *[
            (one, WATER)
            for one in (
                "明天几点停水啊",
                "停水到几点",
                "水什么时候停",
                "几点来水",
                "什么时候恢复供水",
                "明天停水吗",
                "明天是不是要停水",
                "咱们小区明天几点停水啊",
                "谁知道几点停水",
                "明天水停到几点",
                "家里停水了什么时候来",
                "停水了几点能恢复啊",
            )
        ],
        *[
            (one, CHECK_UP)
            for one in ("体检几点开始", "在哪体检", "体检要带身份证吗", "体检要不要空腹", "体检是哪天", "周二体检几点")
        ],
    ],
)
def test_what_a_notice_says_plainly(question: str, notice: str) -> None:
    assert tells(question, notice, SENT, SENT) == notice


@pytest.mark.parametrize("notice", [WATER, CHECK_UP])
@pytest.mark.parametrize(
    "question",
    [
        "明天停电吗",
        "后天停水吗",
        "今晚停水吗",
        "3栋明天停水吗",
        "停水了吗",
        "为什么停水",
        "怎么又停水",
        "周三体检吗",
        "老人体检要钱吗",
        "明天几点开会",
        "几点了",
        "明天几点吃饭",
        "停水的通知看到了吗",
        "明天什么时候来电",
        "停水了什么时候来人修",
    ],
)
def test_what_it_does_not_say(question: str, notice: str) -> None:
    assert not tells(question, notice, SENT, SENT)


async def _water(talk: Talk) -> None:
    await talk.say("a1", None, f"通知 柳树村 {WATER}")
    await talk.say("a1", None, "确认")
    await talk.wait(minutes=3)


async def test_it_is_quoted_once_where_it_is(talk: Talk) -> None:
    await _water(talk)
    (said,) = texts(await talk.say("r1", "g1", "明天几点停水啊"), "g1")
    assert "【通知 N1】里写了：" in said
    assert "上午9点到下午5点停水" in said
    assert not await talk.say("r2", "g1", "停水到几点")  # the group has just read it
    assert not await talk.say("r4", "g3", "明天几点停水啊")  # nobody told them
    assert "9点" in texts(await talk.say("r2", None, "明天停水到几点"), "@r2")[0]


async def test_on_the_day_itself_its_day_is_named_and_what_corrected_it(talk: Talk) -> None:
    await _water(talk)
    await talk.say("a1", None, "更正 N1 停水改到后天，时间不变")
    await talk.say("a1", None, "确认")
    await talk.wait(hours=22)
    (said,) = texts(await talk.say("r1", "g1", "今天几点来水啊"), "g1")
    assert "“明天”是11月22日" in said
    assert "更正 N2：停水改到后天" in said


async def test_what_was_taken_back_answers_nothing(talk: Talk) -> None:
    await _water(talk)
    await talk.say("a1", None, "撤回 N1")
    assert not texts(await talk.say("r1", "g1", "明天几点停水啊"), "g1")
