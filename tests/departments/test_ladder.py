"""上报, 吹哨, 报到 and 转办: a case climbs, departments are called, and the first to come coordinates."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.ports import CaseRules, CategoryRule, Rules
from storage.matters import Case, CaseCall, CaseState, CaseStep
from tests.departments.conftest import department_town
from tests.harness import Talk, rooms, texts

LAMP = "路灯坏了，晚上看不见路，能不能修一下"
SECRET = "三栋烧烤店油烟太大，电话13911112222，别说是我说的"


async def case_of(talk: Talk, number: int = 1) -> Case:
    (case,) = await talk.rows(select(Case).where(Case.id == number))
    return case


async def test_a_case_climbs_level_by_level_and_its_limit_runs_on(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    limit = (await case_of(talk)).due_at
    said = await talk.say("w1", "g1", "上报 1 夜里管不动")
    assert texts(said, "g1") == ["@王姨 【事项 1】已上报到柳树村：夜里管不动。有进展我在这里说。"]
    assert "小耿上报到柳树村：夜里管不动" in texts(said, "@a1")[0] and LAMP in texts(said, "@a1")[0]
    assert "柳河镇" in texts(await talk.say("a1", None, "上报 1"), "g1")[0]
    assert "清江区" in texts(await talk.say("t1", None, "上报 1"), "g1")[0]
    assert "到顶了" in texts(await talk.say("d1", None, "上报 1"), "@d1")[0]
    case = await case_of(talk)
    assert (case.state, case.due_at) == (CaseState.ASSIGNED, limit)


async def test_nobody_else_raises_or_whistles(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    before = (await case_of(talk)).model_dump()
    for who, where in (("r1", "g1"), ("w3", "g3"), ("a2", None), ("k1", None)):
        for words in ("上报 1", "吹哨 1 供电所", "转办 1 供电所", "报到 1"):
            assert len(await talk.say(who, where, words)) <= 1
    assert "上报 1 要请供电所" in texts(await talk.say("w1", "g1", "吹哨 1 供电所"), "g1")[0]
    assert (await case_of(talk)).model_dump() == before


async def test_a_raised_case_that_is_given_back_stays_above(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "上报 1")
    await talk.say("v1", "g1", "接单 1")
    said = await talk.say("v1", "g1", "退单 1")
    assert "已告诉钱村长" in texts(said, "g1")[0]


async def test_the_first_department_to_come_coordinates_and_the_others_help(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("l1", "g1", "吹哨 1 供电、城管")
    assert texts(said, "g1") == ["@王姨 【事项 1】已请供电所、城管中队来办，有进展我在这里说。"]
    assert rooms(said) == {"g1", "@w1", "@e1", "@e2", "@k1", "b1"}
    assert "王姨" not in texts(said, "b1")[0] and LAMP not in texts(said, "b1")[0]
    said = await talk.say("k1", None, "报到 1")
    assert "城管中队已报到，牵头办理，供电所配合" in texts(said, "g1")[0]
    said = await talk.say("e1", "b1", "报到 1")
    assert rooms(said) == {"b1", "@e1", "@k1", "@l1"}
    case = await case_of(talk)
    assert (case.state, case.department) == (CaseState.IN_PROGRESS, "城管中队")
    told = texts(await talk.say("r1", "g1", "进度 1"), "g1")[0]
    assert "城管中队赵队负责" in told and "供电所（11-21 12:00 报到）" in told
    assert "由城管中队牵头" in texts(await talk.say("e2", None, "办结 1 好了"), "@e2")[0]
    said = await talk.say("k1", None, "办结 1 好了")
    assert "已办结：好了" in texts(said, "g1")[0] and "城管中队已办结" in texts(said, "@w1")[0]
    assert texts(said, "@e1") == ["【事项 1】已处理完：好了，不用再来了。"]


async def test_whoever_is_of_the_department_goes_on_with_it(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("l1", "g1", "吹哨 1 供电所")
    await talk.say("e1", None, "接单 1")
    assert "师傅出发了" in texts(await talk.say("e2", "b1", "进展 1 师傅出发了"), "g1")[0]
    assert "已经报到了" in texts(await talk.say("e2", "b1", "报到 1"), "b1")[0]


async def test_who_does_not_come_is_reminded_and_then_the_town_answers_for_it(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("l1", "g1", "吹哨 1 供电所 城管")
    await talk.say("e1", None, "退单 1 不是我们的灯")
    said = await talk.wait(hours=4)
    assert rooms(said) == {"@k1", "@l1"}
    said = await talk.wait(hours=20)
    assert "现在由柳河镇直接督办" in texts(said, "g1")[0] and "现在由您这里负责" in texts(said, "@t1")[0]
    assert (await case_of(talk)).state == CaseState.ASSIGNED
    assert len([one for one in await talk.wait(hours=20) if one.room == "g1"]) == 0


async def test_where_one_has_come_the_town_only_hears_who_has_not(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("l1", "g1", "吹哨 1 供电所 城管")
    await talk.say("e1", None, "报到 1")
    said = await talk.wait(hours=24)
    assert texts(said, "@t1") == ["【事项 1】城管中队一直没有报到，请督促。"]
    assert texts(said, "@e1") == [] and (await case_of(talk)).department == "供电所"


async def test_a_department_gives_back_with_a_reason_to_whom_it_was_called_by(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("l1", "g1", "吹哨 1 供电所")
    await talk.say("e1", None, "报到 1")
    assert "理由" in texts(await talk.say("e1", None, "退单 1"), "@e1")[0]
    said = await talk.say("e2", None, "退单 1 不是我们的灯")
    assert "供电所退单：不是我们的灯" in texts(said, "@l1")[0] and "已退回" in texts(said, "g1")[0]
    case = await case_of(talk)
    assert (case.state, case.department) == (CaseState.REPORTED, "")
    assert texts(await talk.say("e1", None, "报到 1"), "@e1")
    assert (await case_of(talk)).state == CaseState.REPORTED
    assert "已请供电所" in texts(await talk.say("l1", None, "吹哨 1 供电所"), "@l1")[0]


async def test_the_worker_follows_what_was_handed_to_one_department(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "转办一次只给一家" in texts(await talk.say("w1", "g1", "转办 1 供电所 城管"), "g1")[0]
    said = await talk.say("w1", "g1", "转办 1 物业")
    assert texts(said, "g1") == ["@王姨 【事项 1】已转给柳河物业办理，小耿继续跟进。"]
    said = await talk.say("h1", "b2", "接单 1")
    assert "柳河物业已报到" in texts(said, "g1")[0]
    said = await talk.say("h1", "b2", "进展 1 在买灯泡")
    assert texts(said, "@w1") == ["【事项 1】柳河物业进展：在买灯泡"]
    assert "未接" not in "".join(one.text for one in await talk.wait(hours=5))


async def test_in_private_somebody_of_the_departments_group_has_no_role(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "转办 1 物业")
    await talk.say("h1", None, "报到 1")
    assert (await case_of(talk)).state == CaseState.ASSIGNED


async def test_the_police_are_handed_a_case_like_a_department(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "已转给派出所" in texts(await talk.say("w1", "g1", "转办 1 民警"), "g1")[0]
    assert "派出所已报到" in texts(await talk.say("p1", None, "报到 1"), "g1")[0]


async def test_who_takes_back_what_was_handed_over_is_not_reminded(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "转办 1 供电所")
    assert "小耿已接单" in texts(await talk.say("w1", "g1", "接单 1"), "g1")[0]
    assert (await case_of(talk)).department == ""
    assert await talk.wait(hours=9) == []


async def test_a_department_is_not_told_who_asked_for_secrecy(talk: Talk) -> None:
    await talk.say("r1", None, SECRET)
    said = await talk.say("l1", None, "吹哨 1 城管")
    assert rooms(said) == {"@l1", "@w1", "@k1", "@r1"}
    assert "油烟" in texts(said, "@k1")[0]
    assert "13911112222" not in texts(said, "@k1")[0] and "王姨" not in texts(said, "@k1")[0]
    assert rooms(await talk.say("k1", None, "报到 1")) == {"@k1", "@l1", "@r1"}


async def test_a_complaint_about_a_worker_goes_to_no_department(talk: Talk) -> None:
    await talk.say("r1", None, "投诉网格员小耿骂人")
    assert "不能交给部门" in texts(await talk.say("l1", None, "吹哨 1 供电所"), "@l1")[0]
    said = await talk.say("l1", None, "上报 1")
    assert "@w1" not in rooms(said) and "g1" not in rooms(said)
    assert await talk.rows(select(CaseCall)) == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("吹哨 1", "请写明哪个部门"),
        ("吹哨 1 水务", "没有叫“水务”的部门。这里有：供电所、城管中队、柳河物业、派出所。"),
        ("吹哨 1 所", "可以是"),
        ("吹哨 9 供电所", "没有找到 9 号"),
    ],
)
async def test_a_department_that_is_not_clear_is_asked_about(talk: Talk, words: str, answer: str) -> None:
    await talk.say("r1", "g1", LAMP)
    assert answer in texts(await talk.say("l1", "g1", words), "g1")[0]
    assert await talk.rows(select(CaseCall)) == []


async def test_names_are_forgiven(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("l1", "g1", "吹哨 1 供电所城管中队，警察")
    assert "已请供电所、城管中队、派出所来办" in texts(said, "g1")[0]
    assert "已经请过" in texts(await talk.say("l1", "g1", "吹哨 1 电力"), "g1")[0]


async def test_the_lead_department_of_the_category_is_proposed_and_called(tmp_path: Path) -> None:
    rules = Rules(cases=CaseRules(categories={"公共设施": CategoryRule(department="供电所")}))
    talk = await Talk(tmp_path, rules).open(department_town(tmp_path))
    await talk.say("r1", "g1", LAMP)
    assert "由供电所领办" in texts(await talk.say("w1", "g1", "上报 1"), "@a1")[0]
    assert "已请供电所来办" in texts(await talk.say("a1", None, "吹哨 1"), "g1")[0]
    await talk.close()


async def test_every_hand_over_is_a_step_with_who_and_when(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    for who, words in (("w1", "上报 1"), ("a1", "吹哨 1 供电所"), ("e1", "报到 1"), ("e1", "退单 1 不归我们")):
        await talk.say(who, None, words)
    steps = await talk.rows(select(CaseStep).order_by(CaseStep.id))
    assert [one.action for one in steps] == ["报事", "上报", "吹哨", "报到", "退单"]
    assert all(one.actor_id and one.at for one in steps)


async def test_a_department_reads_whom_to_call_back_of_a_ticket(talk: Talk) -> None:
    await talk.say("w1", None, "热线 12345-881 柳树巷3栋 王姨 13812345678 路灯不亮 周五前")
    (text,) = texts(await talk.say("w1", None, "转办 1 城管"), "@k1")
    assert "反映人：王姨（热线 12345-881），小耿代记" in text and "电话：13812345678" in text
    await talk.say("w1", None, "热线 12345-882 柳树巷3栋 路灯不亮 周五前")
    (text,) = texts(await talk.say("w1", None, "转办 2 城管"), "@k1")
    assert "反映人：没留姓名（热线 12345-882），小耿代记，没留电话，要回话找小耿" in text


async def test_a_department_is_pressed_while_it_works_and_day_and_night_for_what_is_urgent(tmp_path: Path) -> None:
    friday = datetime(2026, 11, 27, 16, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    talk = await Talk(tmp_path, start=friday).open(department_town(tmp_path))
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    assert "11-30 11:30 前" in texts(await talk.say("l1", None, "吹哨 1 城管"), "@k1")[0]
    assert "11-27 20:30 前" in texts(await talk.say("l1", None, "吹哨 2 供电所"), "b1")[0]
    said = await talk.wait(hours=15)
    assert "过了 11-27 20:30 还没报到" in texts(said, "b1")[0] and texts(said, "@k1") == []
    await talk.close()
