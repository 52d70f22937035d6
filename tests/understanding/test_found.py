"""What says that a missing person is found, and what only has the words of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.understanding import Context, Kind, OpenMatter, Ref, read
from tests.understanding.evaluate import NOW

OPEN = OpenMatter(ref=Ref("M", 1), at=NOW - timedelta(minutes=5), mine=True, place="柳树巷", sex="男", age=72)
CONTEXT = Context(now=NOW, grid="G1", matters=(OPEN,))


@pytest.mark.parametrize(
    "text",
    [
        "如果找到了请打我电话13812345678",
        "找到了请联系我",
        "等找到了我请大家吃饭",
        "谁找到了我给他磕头",
        "他的鞋子在河边找到了",
        "帽子在桥底下找到了，人还没影",
        "监控找到了，他往东走的",
        "有人说找到了，是骗人的",
        "警察还没有找到他，但是他的包找到了",
        "还没找到，找到了我会通知大家",
        "大家找到了马上告诉我",
        "找到了告诉一声",
        "希望早点找到他",
        "但愿能平安回来",
    ],
)
def test_no_news(text: str) -> None:
    assert read(text, CONTEXT).kind is not Kind.FOUND


@pytest.mark.parametrize(
    "text",
    [
        "找到了，在派出所",
        "人找到了，没事",
        "我爸自己回来了",
        "找到了，请大家放心",
        "没事了，找到了",
        "我们在老粮站找到他了",
        "警察打电话说找到了，我们现在过去",
        "手机打通了，人找到了，谢谢各位",
        "已经接到家了，谢谢各位邻居",
    ],
)
def test_news(text: str) -> None:
    reading = read(text, CONTEXT)
    assert reading.kind is Kind.FOUND
    assert reading.confidence > 0.75


@pytest.mark.parametrize("text", ["没看见穿灰夹克的老头", "没见过这个人", "我在老粮站没看到他", "我在抖音看到这个了"])
def test_who_saw_nobody_brings_no_clue(text: str) -> None:
    assert read(text, CONTEXT).kind not in (Kind.SIGHTING, Kind.MISSING)


@pytest.mark.parametrize(
    "text", ["我没看到他本人，但我老公刚才在桥头看见一个穿灰夹克的", "刚才在二中门口看到一个穿灰夹克的老人"]
)
def test_who_saw_somebody_brings_one(text: str) -> None:
    assert read(text, CONTEXT).kind is Kind.SIGHTING
