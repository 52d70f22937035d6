"""A case from the report to the rating."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case, CaseState, CaseStep
from storage.reading import Correction
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def the_case(talk: Talk) -> Case:
    (case,) = await talk.rows(select(Case))
    return case


async def test_report_to_rating(talk: Talk) -> None:
    said = await talk.say("r1", "g1", LEAK)
    assert rooms(said) == {"g1", "@w1"}
    (answer,) = (one for one in said if one.room == "g1")
    assert answer.mentions == ("r1",)
    assert answer.ref == "1.1"
    assert "【事项 1】" in answer.text
    assert "水电气暖" in answer.text
    assert "小耿" in answer.text
    said = await talk.say("w1", "g1", "接单 1")
    assert texts(said, "g1") == ["@王姨 【事项 1】小耿已接单，正在处理。"]
    assert rooms(said) == {"g1"}
    said = await talk.say("w1", None, "进展 1 师傅在路上")
    assert texts(said, "g1") == ["@王姨 【事项 1】进展：师傅在路上"]
    assert len(texts(said, "@w1")) == 1
    said = await talk.say("w1", "g1", "办结 1 换了新管")
    assert "已办结：换了新管" in texts(said, "g1")[0]
    said = await talk.say("r1", "g1", "满意")
    assert "谢谢评价" in texts(said, "g1")[0]
    case = await the_case(talk)
    assert (case.state, case.satisfied) == (CaseState.CONFIRMED, True)
    steps = await talk.rows(select(CaseStep.action).order_by(CaseStep.id))
    assert steps == ["报事", "接单", "进展", "办结", "满意"]


async def test_dissatisfied_reopens_and_tells_owner_and_lead(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "办结 1")
    said = await talk.say("r1", "g1", "不满意 晚上又漏了", quote="1.3")
    assert rooms(said) == {"g1", "@w1", "@l1"}
    case = await the_case(talk)
    assert (case.state, case.reopened, case.satisfied) == (CaseState.REOPENED, 1, False)


async def test_first_claim_wins(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("v1", "g1", "接单 1")
    said = await talk.say("v2", "g1", "接单 1")
    assert texts(said, "g1") == ["@马志愿 【事项 1】已被刘志愿接了。"]
    case = await the_case(talk)
    assert case.state == CaseState.ACCEPTED


@pytest.mark.parametrize("words", ["办结 1 好了", "接单 1", "驳回 1 不归我管", "误判 1"])
async def test_a_resident_changes_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    before = await the_case(talk)
    said = await talk.say("r2", "g1", words)
    assert len(said) == 1
    assert "没有改动" in said[0].text
    assert (await the_case(talk)).model_dump() == before.model_dump()


async def test_worker_of_another_grid_changes_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("w3", "g3", "办结 1")
    assert len(said) == 1
    assert (await the_case(talk)).state == CaseState.REPORTED


@pytest.mark.parametrize("words", ["接单1", "接单 １", "接单  #1", "接单：1号", "　接单　1", "接单 1。"])
async def test_forms_of_a_command(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", words)
    assert (await the_case(talk)).state == CaseState.ACCEPTED


async def test_a_quote_needs_no_number(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    await talk.say("w1", "g1", "接单", quote="2.1")
    states = await talk.rows(select(Case.state).order_by(Case.id))
    assert states == [CaseState.REPORTED, CaseState.ACCEPTED]


async def test_without_number_and_quote_the_bot_lists_and_does_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    said = await talk.say("w1", None, "办结")
    assert "请带上编号" in said[0].text
    assert "1" in said[0].text and "2" in said[0].text
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED, CaseState.REPORTED]


@pytest.mark.parametrize("quote", ["1.1", None])
async def test_misread_by_the_writer_takes_it_back(talk: Talk, quote: str | None) -> None:
    await talk.say("r1", "g1", LEAK)
    assert await talk.say("r2", "g1", "不是") == []
    said = await talk.say("r1", "g1", "不是", quote=quote)
    assert "撤下" in texts(said, "g1")[0]
    assert (await the_case(talk)).state == CaseState.MISREAD
    (correction,) = await talk.rows(select(Correction))
    assert correction.should == "chat"


async def test_delivered_twice_counts_once(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK, id="same")
    said = await talk.say("r1", "g1", LEAK, id="same")
    assert said == []
    await the_case(talk)


async def test_unclaimed_is_brought_up_step_by_step(talk: Talk) -> None:
    await talk.say("r1", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    assert rooms(await talk.wait(minutes=31)) == {"@w1"}
    assert rooms(await talk.wait(minutes=30)) == {"@l1"}
    assert rooms(await talk.wait(minutes=30)) == {"@a1"}
    assert await talk.wait(hours=3) == []


async def test_hand_over(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("w1", "g1", "转给 1 李珍")
    assert texts(said, "g1") == ["@王姨 【事项 1】已转给李珍处理。"]
    assert "接单 1" in texts(said, "@w2")[0]
    await talk.say("w2", None, "接单 1")
    assert (await the_case(talk)).state == CaseState.ACCEPTED


LAMP = "3栋2单元楼道灯坏了，晚上黑得很，麻烦修一下"


async def test_who_took_a_case_gives_it_back_and_cannot_delete_it(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("v1", "g1", "接单 1")
    (line,) = await talk.say("v1", "g1", "撤销 1")
    assert "没有改动" in line.text and "退单 1" in line.text
    assert "不是您接的" in (await talk.say("v2", "g1", "退单 1"))[0].text
    said = await talk.say("v1", None, "退单 1")
    assert rooms(said) == {"g1", "@w1", "@v1"}
    assert "接单 1" in texts(said, "g1")[0] and "刘志愿" in texts(said, "@w1")[0]
    assert (await the_case(talk)).state == CaseState.REPORTED
    assert rooms(await talk.wait(minutes=31)) == {"@w1"}
    await talk.say("v2", "g1", "接单 1")
    assert (await the_case(talk)).state == CaseState.ACCEPTED


async def test_whom_a_case_was_handed_to_gives_it_back_to_whose_duty_it_is(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "没有改动" in (await talk.say("w1", None, "退单 1"))[0].text
    await talk.say("w1", None, "转给 1 李珍")
    assert "@w1" in rooms(await talk.say("w2", None, "退单 1"))
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "撤销 1")
    assert (await the_case(talk)).state == CaseState.WITHDRAWN


@pytest.mark.parametrize(
    ("words", "quote"),
    [("我去不了了，谁能接一下", None), ("我临时有事去不成，这单退了吧", None), ("没空过去了", "1.1"), ("退单吧", None)],
)
async def test_plain_words_give_a_case_back(talk: Talk, words: str, quote: str | None) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("v1", "g1", "接单 1")
    assert {"g1", "@w1"} == rooms(await talk.say("v1", "g1", words, quote=quote))
    assert (await the_case(talk)).state == CaseState.REPORTED


@pytest.mark.parametrize(
    ("person", "words"), [("v1", "晚上聚餐我去不了了"), ("r1", "我走不开，去不了了"), ("v2", "我没空，谁去看看")]
)
async def test_who_cannot_do_something_else_gives_nothing_back(talk: Talk, person: str, words: str) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("v1", "g1", "接单 1")
    await talk.say(person, "g1", words)
    assert await talk.rows(select(Case.state).where(Case.id == 1)) == [CaseState.ACCEPTED]


async def test_complaint_about_the_worker_is_not_the_workers(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "我要投诉网格员小耿，打了三次电话都不接，什么态度")
    assert "@w1" not in rooms(said)
    assert "g1" not in rooms(said)
    assert {"@l1", "@r1"} == rooms(said)
    said = await talk.say("w1", None, "接单 1")
    assert "没有找到 1 号" in said[0].text
    assert await talk.say("w1", None, "待办") and "没有待办" in talk.outputs[-1].text


async def test_bubbles_are_read_together(talk: Talk) -> None:
    assert await talk.say("r1", "g1", "3栋2单元") == []
    said = await talk.say("r1", "g1", "楼道灯坏了，能不能来修一下")
    assert "【事项 1】" in texts(said, "g1")[0]


async def test_additions_are_announced_once(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert await talk.say("r1", "g1", "我电话13912345678") == []
    said = await talk.wait(seconds=40)
    assert rooms(said) == {"@w1", "g1"}
    assert (await the_case(talk)).phone == "13912345678"


async def test_in_private_nobody_is_mentioned(talk: Talk) -> None:
    await talk.say("r1", None, "3栋楼道灯坏了，晚上看不见，能不能来修一下")
    said = await talk.say("w1", None, "进展 1 师傅明早来")
    assert texts(said, "@r1") == ["【事项 1】进展：师傅明早来"]


async def test_a_volunteer_claims_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋楼道灯坏了，晚上看不见，能不能来修一下")
    said = await talk.say("v1", None, "接单 1")
    assert "已接单" in texts(said, "g1")[0]


async def test_nobody_is_asked_for_marks_after_a_fire(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！！3栋5楼冒黑烟")
    (said,) = texts(await talk.say("w1", None, "办结 1 火已扑灭，没人受伤"), "g1")
    assert "没人受伤" in said
    assert "满意" not in said


async def test_the_same_words_twice_are_one_case(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert await talk.say("r1", "g1", LEAK) == []
    assert await talk.say("r1", "g1", f"{LEAK}！") == []
    await the_case(talk)
    await talk.say("r2", "g1", LEAK)
    await talk.wait(minutes=40)
    await talk.say("r1", "g1", LEAK.replace("3栋2单元", "5栋1单元"))
    assert len(await talk.rows(select(Case))) >= 2


async def test_several_numbers_are_several_orders(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", LEAK)
    said = await talk.say("w1", None, "办结 1、2")
    assert [line.splitlines()[0] for line in texts(said, "g1")] == [
        "@王姨 【事项 1】已办结。",
        "@赵大爷 【事项 2】已办结。",
    ]
    assert await talk.rows(select(Case.state)) == [CaseState.DONE, CaseState.DONE]


async def test_several_missing_persons_are_confirmed_one_after_the_other(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸早上9点从柳树巷出去没回来，72岁，灰夹克")
    await talk.say("r2", "g1", "我妈早上9点从老粮站出去没回来，70岁，红衣服")
    said = await talk.say("w1", None, "确认 M1 M2")
    assert {one.ref for one in said if one.room == "g3"} == {"M1.3", "M2.3"}


async def test_the_first_reminder_after_giving_back_is_not_for_who_gave_back(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "退单 1")
    assert "@l1" in rooms(await talk.wait(minutes=31))
