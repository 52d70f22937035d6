"""What the reporter says of work that is done: stars, plain words, and why."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.understanding import stars
from storage.matters import Case, CaseState, CaseStep
from tests.harness import Talk, rooms, texts

LAMP = "路灯坏了，晚上看不见路，能不能修一下"


async def done(talk: Talk) -> Talk:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "办结 1 换了灯泡")
    return talk


async def case_of(talk: Talk, number: int = 1) -> Case:
    (case,) = await talk.rows(select(Case).where(Case.id == number))
    return case


@pytest.mark.parametrize(
    ("words", "mark"),
    [
        ("5星", 5), ("四星", 4), ("⭐⭐⭐", 3),
        ("⭐️⭐️", 2), ("给个好评", 5), ("打3分", 3), ("满分", 5),
        ("给你们打8分", 4), ("0分", 1), ("一般般吧", 3), ("三分吧，拖得太久", 3), ("80分", 4),
        ("6星级酒店", None), ("一般人不知道", None),
        ("十五分", None), ("15分钟到", None), ("好", None),
    ],
)  # fmt: skip
def test_marks(words: str, mark: int | None) -> None:
    assert stars(words) == mark


@pytest.mark.parametrize(
    ("words", "state", "mark", "satisfied"),
    [
        ("四星", CaseState.CONFIRMED, 4, True),
        ("给个好评", CaseState.CONFIRMED, 5, True),
        ("满意", CaseState.CONFIRMED, 5, True),
        ("一般", CaseState.DONE, 3, None),
        ("打3分", CaseState.DONE, 3, None),
        ("2星", CaseState.REOPENED, 2, False),
        ("满意 1 一星", CaseState.REOPENED, 1, False),
        ("不满意", CaseState.REOPENED, 1, False),
    ],
)
async def test_a_mark_is_kept_and_a_bad_one_reopens(
    talk: Talk, words: str, state: str, mark: int, satisfied: bool | None
) -> None:
    await done(talk)
    said = await talk.say("r1", "g1", words)
    case = await case_of(talk)
    assert (case.state, case.stars, case.satisfied) == (state, mark, satisfied)
    assert len(texts(said, "g1")) == 1
    assert ("哪里不满意" in texts(said, "g1")[0]) == (mark <= 3)
    assert ("@l1" in rooms(said)) == (mark < 3)


async def test_what_was_not_good_is_asked_once_and_the_answer_reaches_the_owner(talk: Talk) -> None:
    await done(talk)
    await talk.say("r1", "g1", "不满意")
    said = await talk.say("r1", "g1", "师傅来晚了两天")
    assert rooms(said) == {"g1", "@w1"} and "来晚了两天" in texts(said, "@w1")[0]
    assert "评价理由" in await talk.rows(select(CaseStep.action))
    assert await talk.say("r1", "g1", "明天吃饺子") == []
    await talk.say("w1", "g1", "办结 1")
    assert "哪里" not in texts(await talk.say("r1", "g1", "不满意"), "g1")[0]


async def test_thanks_questions_and_other_peoples_words_are_no_reason(talk: Talk) -> None:
    await done(talk)
    await talk.say("r1", "g1", "一般")
    for who, words in (("r1", "谢谢"), ("r2", "我家也来晚了两天"), ("r1", "明天下雨吗")):
        assert "@w1" not in rooms(await talk.say(who, "g1", words)), words
    await talk.wait(minutes=6)
    assert await talk.say("r1", "g1", "师傅来晚了两天") == []


async def test_other_trouble_is_a_matter_of_its_own_though_a_reason_was_asked_for(talk: Talk) -> None:
    await done(talk)
    await talk.say("r1", "g1", "一般")
    assert "【事项 2】" in texts(await talk.say("r1", "g1", "3栋2单元的水管爆了，麻烦来人看看"), "g1")[0]


async def test_after_a_middling_mark_it_can_still_be_reopened(talk: Talk) -> None:
    await done(talk)
    await talk.say("r1", "g1", "凑合吧")
    assert await talk.say("r1", "g1", "一般") == []
    await talk.say("r1", "g1", "又不亮了")
    assert (await case_of(talk)).state == CaseState.REOPENED


async def test_stars_of_nothing_are_talk(talk: Talk) -> None:
    for words in ("5星", "一般", "⭐⭐", "给个好评"):
        assert await talk.say("r1", "g1", words) == []
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("r1", "g1", "满意 1")
    assert texts(said, "g1") == ["@王姨 【事项 1】还没办结，办完再请您评价。"]
    assert await talk.say("r2", "g1", "5星") == []


async def merged(talk: Talk) -> Talk:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r3", "g2", "我们柳树巷的路灯不亮了，来人修修吧")
    await talk.say("l1", None, "合并 1 2")
    return talk


@pytest.mark.parametrize(("words", "quote"), [("2号咋样了", None), ("进度 2", None), ("修好了吗", "2.1")])
async def test_of_a_merged_case_both_stand_in_the_answer(talk: Talk, words: str, quote: str | None) -> None:
    await merged(talk)
    await talk.say("w1", "g1", "进展 1 师傅在路上")
    (answer,) = texts(await talk.say("r3", "g2", words, quote=quote), "g2")
    assert "已并入【事项 1】" in answer and "师傅在路上" in answer and "前办完" in answer


async def test_nobody_is_surveyed_about_a_case_that_was_merged_withdrawn_or_refused(talk: Talk) -> None:
    await merged(talk)
    said = await talk.say("w1", "g1", "驳回 1 不归我管")
    await talk.say("r2", "g1", LAMP)
    said += await talk.say("r2", "g1", "撤销 3")
    assert said and not any("满意" in one.text for one in said)
    assert await talk.say("r3", "g2", "5星") == []


@pytest.mark.parametrize(("who", "room", "quote"), [("r3", "g2", None), ("r3", "g2", "2.1"), ("r4", "g3", None)])
async def test_not_fixed_from_whoever_has_the_trouble_reopens(
    talk: Talk, who: str, room: str, quote: str | None
) -> None:
    await merged(talk)
    await talk.say("r4", "g3", "+1 1")
    said = await talk.say(who, room, "还没好", quote=quote)
    assert rooms(said) == {"@w1"}
    await talk.say("w1", "g1", "办结 1")
    said = await talk.say(who, room, "又坏了", quote=quote)
    assert (await case_of(talk)).state == CaseState.REOPENED
    assert {room, "g1", "@w1", "@l1"} == rooms(said)


async def test_not_fixed_from_a_neighbour_who_did_not_join_only_reaches_the_owner(talk: Talk) -> None:
    await done(talk)
    assert rooms(await talk.say("r2", "g1", "还没好呢", quote="1.1")) == {"@w1"}
    assert (await case_of(talk)).state == CaseState.DONE


async def test_what_a_follower_thinks_of_it_the_owner_hears_and_the_reporter_may_still_rate(talk: Talk) -> None:
    await merged(talk)
    await talk.say("w1", "g1", "办结 1")
    assert texts(await talk.say("r3", "g2", "四星"), "@w1") == ["【事项 1】孙丽说已经好了：四星"]
    assert texts(await talk.say("r1", "g1", "满意"), "@w1") == ["【事项 1】报事人评价：满意。"]
