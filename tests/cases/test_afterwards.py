"""What neighbours say of a case that many have, or that had ended: news, questions, and that it is not over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.likeness import Likeness, Told, likeness
from handlers.ports import CaseRules, Rules
from storage.matters import Case, CaseState
from tests.harness import NOON, Talk, rooms, texts

OUTAGE = "3栋停电了，麻烦来人看看"
SINGING = "楼下烧烤店又在放音响唱歌，孩子没法睡"


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    made = await Talk(tmp_path).open()
    yield made
    await made.close()


async def done(talk: Talk, report: str, *, rated: bool = True) -> None:
    """r1 reported it, r2 has it too, w1 ended it."""
    await talk.say("r1", "g1", report)
    await talk.say("r2", "g1", "+1")
    await talk.say("w1", None, "办结 1 弄好了")
    if rated:
        await talk.say("r1", "g1", "满意")


async def state(talk: Talk, number: int = 1) -> str:
    return str((await talk.rows(select(Case).where(Case.id == number)))[0].state)


@pytest.mark.parametrize(
    ("report", "who", "text"),
    [
        (OUTAGE, "r2", "我家还没电"),
        (OUTAGE, "v1", "还没电"),
        (SINGING, "r1", "又开始唱了"),
        (SINGING, "r2", "又开始唱了"),
        (SINGING, "v1", "烧烤店又在唱歌了"),
    ],
)
async def test_a_rated_case_is_reopened_by_who_has_it_still(talk: Talk, report: str, who: str, text: str) -> None:
    await done(talk, report)
    said = await talk.say(who, "g1", text)
    assert "已重新打开" in texts(said, "g1")[0] and "@w1" in rooms(said)
    assert await state(talk) == CaseState.REOPENED
    assert len(await talk.rows(select(Case))) == 1


async def test_after_the_days_of_the_config_it_is_another_matter(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, Rules(cases=CaseRules(reopen_days=1))).open()
    await done(talk, OUTAGE)
    await talk.wait(hours=25)
    assert "【事项 2】" in texts(await talk.say("r2", "g1", "我家还没电"), "g1")[0]
    assert await state(talk) == CaseState.CONFIRMED
    await talk.close()


async def test_it_is_not_put_to_a_case_of_another_thing(talk: Talk) -> None:
    await done(talk, OUTAGE)
    said = await talk.say("v1", "g1", "又开始唱了")
    assert await state(talk) == CaseState.CONFIRMED and "@w1" not in rooms(said)


async def test_an_open_case_comes_before_one_that_ended(talk: Talk) -> None:
    await done(talk, OUTAGE)
    await talk.say("r1", "g1", "巷口路灯坏了，麻烦修一下")
    said = await talk.say("r1", "g1", "还没好啊")
    assert await state(talk) == CaseState.CONFIRMED and "【事项 2】" in texts(said, "@w1")[0]


async def test_a_second_end_is_thanked_for_and_its_words_are_kept(talk: Talk) -> None:
    await done(talk, OUTAGE)
    (text,) = texts(await talk.say("w1", None, "办结 1 又看了一遍"), "@w1")
    assert "不用再发，这句也记下了，谢谢" in text


async def test_good_news_of_who_joined_is_thanked_for_once(talk: Talk) -> None:
    await talk.say("r1", "g1", OUTAGE)
    await talk.say("r2", "g1", "我家也没电了")
    await talk.say("v1", "g1", "我家也没电了")
    said = await talk.say("r2", "g1", "来电了")
    assert "谢谢告知，已转告小耿" in texts(said, "g1")[0] and "赵大爷说已经好了" in texts(said, "@w1")[0]
    assert await talk.say("v1", "g1", "来电了") == []
    assert await talk.say("r2", "g1", "来电了") == []
    assert await state(talk) == CaseState.REPORTED


async def test_who_had_it_reopened_rates_it_by_good_news(talk: Talk) -> None:
    await done(talk, OUTAGE)
    await talk.say("r2", "g1", "我家还没电")
    await talk.say("w1", None, "办结 1 推上了闸")
    said = await talk.say("r2", "g1", "好了")
    assert "谢谢评价" in texts(said, "g1")[0] and "赵大爷评价：满意" in texts(said, "@w1")[0]


async def test_a_second_end_mentions_only_who_waited_for_it(talk: Talk) -> None:
    await talk.say("r1", "g1", OUTAGE)
    await talk.say("v1", "g1", "我家也没电了")
    await talk.say("r2", "g1", "我家也没电了")
    first = await talk.say("w1", None, "办结 1 换了保险丝")
    assert [len(one.mentions) for one in first if one.room == "g1"] == [3]
    await talk.say("r2", "g1", "我家还没电")
    again = await talk.say("w1", None, "办结 1 推上了闸")
    assert [set(one.mentions) for one in again if one.room == "g1"] == [{"r1", "r2"}]


@pytest.mark.parametrize("question", ["什么时候来电", "几点来电", "修好了吗", "电什么时候能来"])
async def test_a_neighbour_who_asks_is_told_the_last_step_and_the_date(talk: Talk, question: str) -> None:
    await talk.say("r1", "g1", OUTAGE)
    await talk.say("w1", None, "进展 1 等供电所")
    await talk.wait(hours=1)
    (text,) = texts(await talk.say("v2", "g1", question), "g1")
    assert "等供电所" in text and "前办完" in text
    assert await talk.say("v1", "g1", question) == []  # the group has just read it
    await talk.wait(minutes=3)
    assert len(texts(await talk.say("v1", "g1", question), "g1")) == 1


@pytest.mark.parametrize("question", ["几点来水", "路灯修好了吗", "你家孩子好了吗", "什么时候吃饭"])
async def test_a_question_after_something_else_is_not_answered_so(talk: Talk, question: str) -> None:
    await talk.say("r1", "g1", OUTAGE)
    for who in ("v2", "r1"):
        assert "【事项 1】" not in "".join(texts(await talk.say(who, "g1", question), "g1"))


async def test_not_yet_while_it_waits_is_answered_with_the_reason_and_the_day(talk: Talk) -> None:
    await talk.say("r1", "g1", OUTAGE)
    await talk.say("w1", None, "挂起 1 等配件 周三")
    said = await talk.say("r1", "g1", "还没好啊")
    assert "还在等：等配件，11月25日（周三）接着办，您的话已转告小耿" in texts(said, "g1")[0]
    assert "还没好啊" in texts(said, "@w1")[0]


@pytest.mark.parametrize("text", ["我家也是，4栋也没水了", "水压没了，怎么回事啊", "我们楼也停水了"])
async def test_what_comes_of_a_burst_pipe_is_no_case_of_its_own(talk: Talk, text: str) -> None:
    await talk.say("r1", "g1", "3栋水管爆了！楼道全是水")
    said = await talk.say("r2", "g1", text)
    assert "又有一位邻居（赵大爷）说有同样情况" in texts(said, "@w1")[0]
    assert len(await talk.rows(select(Case))) == 1


@pytest.mark.parametrize(
    ("known", "told", "how"),
    [
        ("3栋水管爆了", "4栋没水了", Likeness.MAYBE),
        ("变压器坏了，供电断了", "我们楼停电了", Likeness.SAME),
        ("3栋水管爆了", "4栋停电了", Likeness.NO),
        ("4栋没水了", "3栋水管爆了", Likeness.NO),
    ],
)
def test_consequences(known: str, told: str, how: Likeness) -> None:
    def report(text: str) -> Told:
        return Told(text, "水电气暖", text[:2] if text[0].isdigit() else "", "/1/2/", NOON)

    assert likeness(report(told), report(known)) is how
