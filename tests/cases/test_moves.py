"""The moves of a case beyond taking and finishing it: waiting, more time, merging, splitting, notes, urging, lists."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.cases.machine import MOVES, Hands, legal
from handlers.understanding.ahead import day_ahead
from storage.matters import CASE_ENDED, CASE_OPEN, Case, CaseFollower, CaseSource, CaseState, CaseStep
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
LAMP = "路灯坏了，晚上看不见路，能不能修一下"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Saturday


async def case_of(talk: Talk, number: int = 1) -> Case:
    (case,) = await talk.rows(select(Case).where(Case.id == number))
    return case


def test_the_table_of_moves_is_closed() -> None:
    for move in MOVES.values():
        assert move.sources
        assert move.target is None or move.target in CaseState
    for state in CASE_OPEN:
        assert "办结" in {one.name for one in legal(state, Hands.STAFF)}
        assert "撤销" in {one.name for one in legal(state, Hands.REPORTER)}
    for state in CASE_ENDED:
        assert not {one.name for one in legal(state, Hands.STAFF)} - {"备注", "拆开", "恢复", "接着办"}
    reached = {move.target for move in MOVES.values() if move.target} | {CaseState.REPORTED}
    assert set(CaseState) - reached <= {CaseState.REFERRED}


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("等配件 周五", date(2026, 11, 27)),
        ("等配件，预计11月27日到货", date(2026, 11, 27)),
        ("到后天", date(2026, 11, 23)),
        ("3天后", date(2026, 11, 24)),
        ("等两周", date(2026, 12, 5)),
        ("下周 厂家排产", date(2026, 11, 27)),
        ("月底前", date(2026, 11, 30)),
        ("下月底", date(2026, 12, 31)),
        ("1月3号", date(2027, 1, 3)),
        ("下下周五", date(2026, 12, 4)),
        ("等配件到25号", date(2026, 11, 25)),
        ("下个月5号", date(2026, 12, 5)),
        ("明年1月5日", date(2027, 1, 5)),
        ("12-5", date(2026, 12, 5)),
        ("年底前", date(2026, 12, 31)),
        ("两三天", date(2026, 11, 24)),
        ("三五天", date(2026, 11, 26)),
        ("3个月", date(2027, 2, 19)),
        ("11月31日", None),
        ("12月中旬", None),
        ("路灯5号杆", None),
        ("3-201的人回来", None),
        ("换3个灯泡", None),
        ("3号楼没电", None),
        ("等配件", None),
    ],
)
def test_a_day_to_come_is_found_anywhere(words: str, day: date | None) -> None:
    found = day_ahead(words, NOW)
    assert (found.day if found else None) == day


async def test_a_case_waits_with_reason_and_day_and_goes_on_by_itself(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert "到哪天" in (await talk.say("w1", "g1", "挂起 1"))[0].text
    assert "原因" in (await talk.say("w1", "g1", "挂起 1 周五"))[0].text
    said = await talk.say("w1", "g1", "挂起 1 等配件 周五")
    assert texts(said, "g1") == ["@王姨 【事项 1】要等一等：等配件。11月27日（周五）接着办。"]
    assert (await case_of(talk)).state == CaseState.WAITING
    said = await talk.wait(days=6)
    assert [one.room for one in said if "接着办了" in one.text] == ["@w1"]
    assert (await case_of(talk)).state == CaseState.IN_PROGRESS


async def test_who_took_up_what_waited_is_not_reminded_of_the_wait(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "挂起 1 等配件 周五")
    await talk.say("w1", "g1", "办结 1 换了新管")
    assert not [one for one in await talk.wait(days=6) if "接着办" in one.text]
    assert (await case_of(talk)).state == CaseState.CLOSED


async def test_more_time_needs_a_later_day_and_from_the_third_on_the_lead(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert "更晚" in (await talk.say("w1", "g1", "延期 1 今天 等配件"))[0].text
    for day in ("11月27日", "11月30日"):
        said = await talk.say("w1", "g1", f"延期 1 {day} 等配件")
        assert "延到" in texts(said, "g1")[0]
    assert "网格长" in (await talk.say("w1", "g1", "延期 1 12月5日 等配件"))[0].text
    assert "延到12月5日" in texts(await talk.say("l1", "g1", "延期 1 12月5日 等配件"), "g1")[0]
    assert (await case_of(talk)).extended == 3


@pytest.mark.parametrize(
    ("words", "day"), [("两天 等配件", "11-28"), ("再三天，等配件", "11-29"), ("等配件 一周", "12-03")]
)
async def test_so_many_days_more_count_from_when_it_was_due(talk: Talk, words: str, day: str) -> None:
    await talk.say("r1", "g1", "3栋的路灯坏了没人管")
    await talk.say("w1", None, "接单 1")
    said = await talk.say("w1", None, f"延期 1 {words}")
    assert f"延到 {day}" in texts(said, "@w1")[0]
    assert texts(said, "g1")[0].endswith("：等配件。")


async def test_a_note_is_for_the_staff_alone(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert rooms(await talk.say("w1", None, "备注 1 业主欠费，先别说")) == {"@w1"}
    assert "欠费" not in (await talk.say("w1", "g1", "进度 1"))[0].text
    assert "欠费" not in (await talk.say("r1", "g1", "进度 1"))[0].text
    assert "欠费" in (await talk.say("w1", None, "进度 1"))[0].text
    assert (await case_of(talk)).state == CaseState.REPORTED


async def test_another_category_has_other_limits_and_a_private_one_leaves_the_group(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "可以改成" in (await talk.say("w1", "g1", "改类 1 天气"))[0].text
    assert "环境卫生" in (await talk.say("w1", "g1", "改类 1 环境"))[0].text
    await talk.say("w1", None, "改类 1 邻里纠纷")
    assert (await case_of(talk)).quiet
    assert rooms(await talk.say("w1", None, "进展 1 约了双方")) == {"@w1", "@r1"}


async def test_urging_reaches_the_owner_once_an_hour_and_then_the_lead(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert rooms(await talk.say("r1", "g1", "催办 1")) == {"g1", "@w1"}
    assert "刚催过" in texts(await talk.say("r1", "g1", "催办 1"), "g1")[0]
    await talk.wait(minutes=61)
    assert rooms(await talk.say("r1", "g1", "催办 1")) == {"g1", "@w1", "@l1"}
    assert "请报事人来催" in (await talk.say("r4", "g1", "催办 1"))[0].text


async def test_two_reports_become_one_and_everybody_hears_of_the_end(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r3", "g2", "柳树村这边自来水管爆了，麻烦来人看看")
    said = await talk.say("a1", None, "合并 1 2")
    assert "并到一起办" in texts(said, "g2")[0]
    merged = await case_of(talk, 2)
    assert (merged.state, merged.merged_id) == (CaseState.MERGED, 1)
    assert "已并入【事项 1】" in (await talk.say("a1", None, "进展 2 啊"))[0].text
    said = await talk.say("w1", None, "办结 1 修好了")
    assert [one.room for one in said if "已办结" in one.text and one.room.startswith("g")] == ["g1", "g2"]
    assert [one.mentions for one in said if one.room == "g2"] == [("r3",)]


async def test_a_wrong_merge_is_taken_back(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", LAMP)
    await talk.say("w1", "g1", "合并 1 2")
    said = await talk.say("w1", "g1", "拆分 2")
    assert "单独办" in texts(said, "g1")[0]
    assert (await case_of(talk, 2)).state == CaseState.REPORTED
    assert await talk.rows(select(CaseFollower)) == []


async def test_what_was_said_beside_becomes_a_case_of_its_own(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("w1", "g1", "拆分 1 楼道灯也不亮")
    assert any("【事项 2】从【事项 1】里分出来" in text for text in texts(said, "g1"))
    made = await case_of(talk, 2)
    assert (made.split_id, made.category, made.place) == (1, "公共设施", (await case_of(talk)).place)
    assert made.reporter_id == (await case_of(talk)).reporter_id


async def test_a_case_is_told_for_somebody_outside(talk: Talk) -> None:
    said = await talk.say("w1", None, "代报 3栋 王姨 家里没电了")
    assert rooms(said) == {"@w1"} and "请转告王姨" in said[0].text
    case = await case_of(talk)
    assert (case.source, case.relayed_for, case.category) == (CaseSource.RELAYED, "王姨", "水电气暖")
    assert "119" in "".join(one.text for one in await talk.say("w1", None, "代报 3栋 六楼冒烟了，有人困在里面"))


async def test_lists_of_what_is_open(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", LAMP)
    await talk.say("w1", "g1", "接单 1")
    assert "未接 1 件" in (await talk.say("w1", None, "未接"))[0].text
    assert "没有超期" in (await talk.say("w1", None, "超期"))[0].text
    await talk.wait(days=4)
    assert "超期 2 件" in (await talk.say("w1", None, "超期"))[0].text
    assert "今天要办 2 件" in (await talk.say("w1", None, "今天"))[0].text
    assert await talk.say("r1", "g1", "今天") == []


@pytest.mark.parametrize(
    "words", ["挂起 1 等配件 周五", "延期 1 周五 等配件", "改类 1 噪音", "备注 1 啊", "拆分 1 路灯"]
)
async def test_residents_and_other_grids_change_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    before = (await case_of(talk)).model_dump()
    for who, where in (("r2", "g1"), ("w3", "g3")):
        said = await talk.say(who, where, words)
        assert len(said) <= 1
    assert (await case_of(talk)).model_dump() == before


async def test_an_illegal_move_names_the_legal_ones(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "办结 1 修好了")
    assert "现在能发：撤销 1、恢复 1。" in (await talk.say("w1", "g1", "挂起 1 等配件 周五"))[0].text
    steps = await talk.rows(select(CaseStep.action).order_by(CaseStep.id))
    assert steps == ["报事", "办结"]


async def test_who_it_was_handed_to_is_asked_once_whether_they_take_it(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    await talk.say("w1", None, "转给 1 老郭")
    said = [one.room for one in await talk.wait(minutes=35) if "还没人接" in one.text]
    assert said == ["@l1", "@a1"]


async def test_who_reported_what_is_split_hears_what_happened(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋楼道灯坏了，单元门也关不上")
    (text,) = texts(await talk.say("w1", None, "拆分 1 单元门关不上"), "g1")
    assert "【事项 2】从【事项 1】里分出来单独办" in text and "理解错了" not in text


async def test_a_title_of_two_like_characters_is_whole(talk: Talk) -> None:
    said = await talk.say("w1", None, "代报 301 张奶奶 腿摔了走不了，想申请居家养老的助餐")
    assert "请转告张奶奶。" in texts(said, "@w1")[0]
