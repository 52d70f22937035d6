"""What is nobody's business reaches no group by a worker's command either."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case
from tests.harness import Talk, rooms, texts

LAMP = "路灯坏了，晚上看不见路，能不能修一下"
QUARREL = "隔壁301的老王天天半夜跟我吵架，打起来了"


def groups(said: list) -> str:
    """All that groups heard."""
    return "\n".join(one.text for one in said if not one.room.startswith("@"))


async def case_of(talk: Talk, number: int) -> Case:
    (case,) = await talk.rows(select(Case).where(Case.id == number))
    return case


@pytest.mark.parametrize("words", ["301的老王半夜跟我吵架打起来了", "王姨查出癌症没钱看病"])
@pytest.mark.parametrize("room", ["g1", None])
async def test_what_is_split_off_and_private_is_told_in_private(talk: Talk, words: str, room: str | None) -> None:
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("w1", room, f"拆分 1 {words}")
    made = await case_of(talk, 2)
    assert made.quiet and not made.shown
    assert words not in groups(said)
    assert words in "".join(texts(await talk.say("w1", None, "待办"), "@w1"))


@pytest.mark.parametrize("words", ["网格员小耿骂人态度恶劣", "投诉小耿，骂人", "3栋着火了"])
async def test_a_complaint_or_a_danger_is_not_split_off(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LAMP)
    assert words not in groups(await talk.say("w1", None, f"拆分 1 {words}"))
    assert len(await talk.rows(select(Case))) == 1


async def test_a_complaint_that_is_passed_on_goes_past_whom_it_names(talk: Talk) -> None:
    said = await talk.say("w2", "g2", "代报 3栋王姨投诉网格员小耿骂人")
    assert rooms(said) == {"@w2", "@l1"}
    case = await case_of(talk, 1)
    assert case.about_worker and case.quiet
    assert "没有找到 1 号" in (await talk.say("w1", None, "进度 1"))[0].text


@pytest.mark.parametrize("words", ["代报 3栋王姨投诉网格员小耿骂人", "热线 12345-881 柳树巷 投诉小耿骂人"])
async def test_nobody_writes_down_a_complaint_about_themselves(talk: Talk, words: str) -> None:
    said = await talk.say("w1", "g1", words)
    assert ["说的可能是您自己" in one.text for one in said] == [True]
    assert await talk.rows(select(Case)) == []


async def test_departments_that_are_called_off_hear_no_word_of_a_private_matter(talk: Talk) -> None:
    await talk.say("r1", "g1", QUARREL)
    await talk.say("l1", None, "吹哨 1 供电所 派出所")
    said = await talk.say("l1", None, "办结 1 老王赔了两百块")
    assert texts(said, "b1") == texts(said, "@p1") == ["【事项 1】已处理完，不用再来了。"]


async def test_who_was_called_to_a_quarrel_hears_that_it_is_settled(talk: Talk) -> None:
    await talk.say("r1", "g1", QUARREL)
    await talk.say("l1", None, "吹哨 1 派出所")
    await talk.say("w1", None, "请三老 1 李大爷")
    said = await talk.say("l1", None, "和解 1 老王赔了两百块")
    assert texts(said, "@p1") == texts(said, "@m1") == ["【事项 1】已和解，不用再来了。"]


async def test_who_joined_before_it_was_private_hears_of_the_end_alone(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r3", "g2", "+1 1")
    await talk.say("w1", None, "改类 1 邻里纠纷")
    said = await talk.say("w1", None, "办结 1 老王赔了两百块")
    assert "两百块" not in groups(said) + "".join(texts(said, "@r3")) and "已办结" in texts(said, "@r3")[0]


async def test_a_change_to_a_private_category_is_not_named_in_the_group(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert texts(await talk.say("w1", "g1", "改类 1 邻里纠纷"), "g1") == ["@小耿 【事项 1】改好了，以后只私下说。"]


async def test_a_group_reads_no_step_that_was_told_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "办结 1 好了")
    await talk.say("r1", None, "不满意 1")
    await talk.say("r1", None, "老王家又来偷电")
    assert "偷电" in texts(await talk.say("w1", None, "进度 1"), "@w1")[0]
    assert "偷电" not in groups(await talk.say("w1", "g1", "进度 1"))
