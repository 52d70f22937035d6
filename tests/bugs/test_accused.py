"""A worker who is the danger was called to it, and got complaints about themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case
from tests.harness import Talk, rooms, texts

CALLED = {"@l1", "@a1", "@p1"}


@pytest.mark.parametrize("words", ["网格员拿刀来了，快救命", "小耿拿刀来了，救命", "小耿在打我，快来人"])
@pytest.mark.parametrize("room", ["g1", None])
async def test_the_danger_was_called_to_itself(talk: Talk, words: str, room: str | None) -> None:
    said = await talk.say("r1", room, words)
    assert rooms(said) == {"@r1", *CALLED}
    assert "没有找到 1 号" in (await talk.say("w1", None, "进度 1"))[0].text
    assert rooms(await talk.say("w1", None, "没打人，看错了")) <= {"@w1"}
    assert "@w1" not in rooms(await talk.say("r1", None, "他还在砸门"))


async def test_he_was_complained_of_and_comes_with_a_knife(talk: Talk) -> None:
    await talk.say("r1", None, "投诉小耿，上门骂人")
    said = await talk.say("r1", None, "他拿刀来了")
    assert rooms(said) == {"@r1", *CALLED}
    assert "投诉小耿" in texts(said, "@p1")[0]
    assert "@w1" not in rooms(await talk.say("r2", "g1", "真的拿刀了，快报警"))
    said = await talk.say("p1", None, "办结 2 人已带走")
    assert rooms(said) == {"@r1", *CALLED}


@pytest.mark.parametrize(
    "words",
    [
        "小耿快来，有人拿刀砍人",
        "着火了，网格员快来",
        "我老公又打我了，找小耿来",
        "小耿被人砍了，快来人",
        "着火了，网格员在砸门救人",
    ],
)
async def test_a_worker_cried_for_is_called(talk: Talk, words: str) -> None:
    assert "@w1" in rooms(await talk.say("r1", "g1", words))


async def test_another_danger_meanwhile_still_calls_the_worker(talk: Talk) -> None:
    await talk.say("r1", None, "小耿拿刀来了，救命")
    assert "@w1" in rooms(await talk.say("r2", "g1", "着火了！3栋冒黑烟，快来人"))


async def test_the_police_were_told_to_write_what_they_might_not(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！3栋冒黑烟，快来人")
    assert "已到现场" in texts(await talk.say("p1", None, "进展 1 已到现场"), "g1")[0]
    assert "已退回" in texts(await talk.say("p1", None, "退单 1"), "@p1")[0]
    assert "接好了" in texts(await talk.say("p1", None, "接单 1"), "@p1")[0]
    assert "已办结" in texts(await talk.say("p1", None, "办结 1 火已扑灭"), "g1")[0]
    await talk.say("r1", "g1", "3栋楼道灯坏了，麻烦修一下")
    for words in ("接单 2", "进展 2 已到现场", "办结 2 好了"):
        assert "没有改动" in texts(await talk.say("p1", None, words), "@p1")[0]


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("t1", "热线 12345-9 柳树巷 投诉小耿态度差骂人，不给办事"),
        ("w2", "代报 柳树巷 王姨 投诉小耿态度差骂人，不给办事"),
        ("r1", "咨询 我要投诉小耿收钱才办事，找谁"),
    ],
)
async def test_a_complaint_told_by_others_went_to_whom_it_names(talk: Talk, who: str, words: str) -> None:
    said = await talk.say(who, None, words)
    assert rooms(said) == {f"@{who}", "@l1"}
    (case,) = await talk.rows(select(Case))
    assert (case.about_worker, case.quiet, case.shown) == (True, True, False)
    assert "没有待办" in (await talk.say("w1", None, "待办"))[0].text
