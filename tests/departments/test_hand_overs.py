"""Whoever is asked to come keeps the case until somebody takes it from them, and everybody hears who has it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case, CaseCall, CaseFollower, CaseState
from tests.harness import Talk, rooms, texts

LAMP = "路灯坏了，晚上看不见路，能不能修一下"
LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
RUBBISH = "菜市场门口垃圾堆了好多天没人收，太臭了"
QUARREL = "隔壁301的老王天天半夜跟我吵架，打起来了"


async def case_of(talk: Talk, number: int = 1) -> Case:
    (case,) = await talk.rows(select(Case).where(Case.id == number))
    return case


@pytest.mark.parametrize(
    ("who", "words", "state"), [("w1", "转办 1 物业", CaseState.ASSIGNED), ("l1", "吹哨 1 物业", CaseState.REFERRED)]
)
async def test_words_about_a_case_take_it_from_no_department(
    talk: Talk, who: str, words: str, state: CaseState
) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say(who, "g1", words)
    assert "进展：明天来" in texts(await talk.say("w1", "g1", "进展 1 明天来"), "g1")[0]
    case = await case_of(talk)
    assert (case.state, case.taken_at) == (state, None)
    assert "柳河物业已报到，牵头" in texts(await talk.say("h1", "b2", "报到 1"), "g1")[0]


async def test_words_about_a_raised_case_do_not_take_it_back(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "上报 1")
    owner = (await case_of(talk)).owner_id
    await talk.say("w1", "g1", "进展 1 在等村里")
    assert (await case_of(talk)).owner_id == owner
    assert "钱村长已接单" in texts(await talk.say("a1", None, "接单 1"), "g1")[0]


async def test_a_case_that_is_raised_twice_at_once_climbs_one_level(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "上报 1 管不动")
    assert "已经上报到柳树村" in texts(await talk.say("w1", "g1", "上报 1 管不动"), "g1")[0]
    await talk.wait(hours=3)
    assert "已上报到柳河镇" in texts(await talk.say("l1", None, "上报 1"), "g1")[0]


async def test_a_department_that_works_without_reporting_in_is_not_pressed_to(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "转办 1 供电所")
    await talk.say("e2", None, "进展 1 出发了")
    assert [one for one in await talk.wait(hours=9) if "报到" in one.text] == []


async def test_a_department_from_which_a_case_is_taken_hears_so_once(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "转办 1 供电所")
    said = await talk.say("w1", "g1", "转给 1 李珍")
    told = ["【事项 1】小耿已转给李珍，供电所不用再来了。"]
    assert texts(said, "@e1") == texts(said, "@e2") == texts(said, "b1") == told


async def test_a_department_asks_for_time_and_who_handed_it_over_hears(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "转办 1 供电所")
    await talk.say("e1", None, "报到 1")
    said = await talk.say("e1", None, "挂起 1 等配件 周五")
    assert "要等一等" in texts(said, "g1")[0] and "供电所说要等到11月27日" in texts(said, "@w1")[0]
    assert "延到12月5日" in texts(await talk.say("e1", None, "延期 1 12月5日 等配件"), "g1")[0]


async def test_a_volunteer_does_all_that_taking_a_case_asks_for(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("v1", "g1", "接单 1")
    assert "进展：在换" in texts(await talk.say("v1", "g1", "进展 1 在换"), "g1")[0]
    assert "待办 1 件" in texts(await talk.say("v1", None, "待办"), "@v1")[0]
    assert "接着办" in texts(await talk.say("v1", "g1", "挂起 1 等灯泡 周五"), "g1")[0]
    assert "归柳树一格管" in texts(await talk.say("v2", "g1", "进展 1 在换"), "g1")[0]


async def test_nobody_who_has_left_is_given_a_case_back(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("l1", "g1", "吹哨 1 供电所")
    await talk.say("a1", None, "免去 老郭")
    assert "@l1" not in rooms(await talk.say("e1", None, "退单 1 不归我们"))
    assert "@l1" not in rooms(await talk.wait(hours=9))
    assert (await case_of(talk)).state == CaseState.REPORTED


async def test_a_dismissed_workers_case_is_pressed_until_somebody_takes_it(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("a1", None, "免去 小耿 柳树一格")
    said = await talk.wait(hours=2)
    assert any("还没人接" in text for text in texts(said, "@l1"))


async def test_the_first_elder_to_say_yes_has_it(talk: Talk) -> None:
    await talk.say("r1", "g1", QUARREL)
    await talk.say("w1", None, "请三老 1 李大爷")
    await talk.say("w1", None, "请三老 1 张奶奶")
    await talk.say("m1", None, "接单 1")
    assert texts(await talk.say("m2", None, "接单 1"), "@m2") == [
        "【事项 1】李大爷已经答应来调解了，这回不用您跑，谢谢您。"
    ]
    await talk.say("w1", None, "转给 1 李珍")
    assert "张奶奶答应来调解" in texts(await talk.say("m2", None, "接单 1"), "@w1")[0]
    assert "没有找到" in texts(await talk.say("m1", None, "和解 1"), "@m1")[0]


async def test_what_went_into_another_comes_out_of_what_that_went_into(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", LEAK)
    await talk.say("r3", "g2", RUBBISH)
    await talk.say("l1", None, "合并 1 2")
    await talk.say("l1", None, "合并 3 1")
    assert "已并入【事项 1】" in texts(await talk.say("l1", None, "合并 2 3"), "@l1")[0]
    await talk.say("l1", None, "拆分 2")
    assert [one.via_id for one in await talk.rows(select(CaseFollower).where(CaseFollower.case_id == 3))] == [1]
    assert [one.mentions for one in await talk.say("l1", None, "办结 3 好了") if one.room == "g1"] == [("r1",)]
    case = await case_of(talk, 2)
    assert (case.state, case.taken_at, case.merged_id) == (CaseState.REPORTED, None, None)
    assert "小耿已接单" in texts(await talk.say("w1", "g1", "接单 2"), "g1")[0]


async def test_an_urgent_report_hurries_what_it_goes_into(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", LEAK)
    limit = (await case_of(talk, 2)).due_at
    await talk.say("w1", "g1", "合并 1 2")
    case = await case_of(talk)
    assert case.urgent and case.due_at and limit and case.due_at <= limit


async def test_a_department_called_to_what_was_merged_is_called_off(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", LEAK)
    await talk.say("l1", "g1", "吹哨 2 供电所")
    said = await talk.say("l1", "g1", "合并 1 2")
    assert texts(said, "b1") == ["【事项 2】已并入【事项 1】，不用另外来了。"]
    assert await talk.wait(hours=9) is not None
    assert len(await talk.rows(select(CaseCall))) == 1


async def test_a_danger_goes_into_nothing_else(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", "3栋着火了，冒烟了")
    assert "反过来发：合并 2 1" in texts(await talk.say("w1", None, "合并 1 2"), "@w1")[0]


async def test_a_new_category_keeps_the_day_that_was_named_to_the_reporter(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "挂起 1 等配件 12月10日")
    before = (await case_of(talk)).due_at
    await talk.say("w1", "g1", "改类 1 环境卫生")
    assert (await case_of(talk)).due_at == before


@pytest.mark.parametrize("words", ["进展 1 在换灯泡", "备注 1 业主不在"])
async def test_the_same_words_sent_twice_are_told_once(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", words)
    said = await talk.say("w1", "g1", words)
    assert len(said) == 1 and "已经发过了" in said[0].text


async def test_a_command_in_the_night_is_answered_and_its_post_waits(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.wait(hours=10)
    assert "接好了" in texts(await talk.say("w1", "g1", "接单 1"), "@w1")[0]
    said = await talk.say("w1", "g1", "进展 1 去看了")
    assert rooms(said) == {"@w1"} and "08:00 再告诉报事人" in said[0].text
    assert "进展：去看了" in "".join(texts(await talk.wait(hours=11), "g1"))


@pytest.mark.parametrize("words", ["挂起 1 等配件 今天", "挂起 1 等配件 2026年11月1日", "挂起 1 等配件 11月1日"])
async def test_nothing_waits_for_a_day_that_has_come(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LAMP)
    assert len(await talk.say("w1", "g1", words)) == 1
    assert (await case_of(talk)).state == CaseState.REPORTED


async def test_a_wait_ends_on_a_day_on_which_people_work(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "11月30日（周一）接着办" in texts(await talk.say("w1", "g1", "挂起 1 等配件 11月28日"), "g1")[0]
