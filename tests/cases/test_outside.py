"""Tickets of the hotline and of other offices: their number, their limit, and the result that goes back."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.cases.outside import limit, ticket
from handlers.matters import Refusal
from storage.matters import Case, CaseSource
from tests.harness import Talk, rooms, texts

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=ZONE)  # a Saturday
LAMP = "热线 12345-881 3栋 王姨 路灯不亮 周五前"


@pytest.mark.parametrize(
    ("words", "number", "rest"),
    [
        ("12345-881 3栋 王姨 路灯不亮", "12345-881", "3栋 王姨 路灯不亮"),
        ("信访-2026-15，反映路灯不亮", "信访-2026-15", "反映路灯不亮"),
        ("信访〔2026〕15号 反映路灯不亮", "信访〔2026〕15号", "反映路灯不亮"),
        ("gd20261121001：路灯不亮了", "GD20261121001", "路灯不亮了"),
        ("１２３４５－８８１ 路灯不亮了", "12345-881", "路灯不亮了"),
    ],
)
def test_a_ticket_begins_with_its_number(words: str, number: str, rest: str) -> None:
    assert ticket(words, "热线 …") == (number, rest)


@pytest.mark.parametrize(
    "words",
    [
        "3栋 王姨 路灯不亮",
        "幸福小区12 路灯不亮",
        "13900000001 路灯不亮",
        "12345-881",
        "路灯不亮",
        "1" * 41 + " 路灯不亮",
        "12 路灯不亮",
    ],
)
def test_what_is_no_ticket_is_told_how_one_is_written(words: str) -> None:
    with pytest.raises(Refusal, match="热线 …"):
        ticket(words, "热线 …")


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("路灯不亮 周五前", (11, 27)),
        ("路灯不亮，限11月30日前办结", (11, 30)),
        ("明天要停水吗，请周五之前回复", (11, 27)),
        ("明天要停水吗", None),
        ("路灯不亮 3天内", (11, 24)),
        ("路灯不亮 后天", (11, 23)),
        ("路灯不亮 柳树巷 25号", None),
        ("路灯不亮，限25号", (11, 25)),
        ("路灯不亮", None),
    ],
)
def test_the_limit_is_the_day_by_which_it_is_wanted(words: str, day: tuple[int, int] | None) -> None:
    assert limit(words, NOW) == (datetime(2026, *day, 18, 0, tzinfo=ZONE) if day else None)


async def test_a_ticket_goes_to_the_grid_and_to_no_group(talk: Talk) -> None:
    said = await talk.say("w1", "g1", LAMP)
    assert rooms(said) == {"@w1"}
    assert "热线 12345-881 已记下，归柳树一格，时限 11月27日（周五）" in said[0].text
    (case,) = await talk.rows(select(Case))
    assert (case.source, case.outside_number, case.shown) == (CaseSource.HOTLINE, "12345-881", False)
    assert case.due_at == datetime(2026, 11, 27, 18, 0, tzinfo=ZONE)
    said = await talk.say("w1", None, "改类 1 噪音")
    assert (await talk.rows(select(Case)))[0].due_at == case.due_at  # the office's limit stands
    assert "12345-881｜柳树一格｜噪音，时限 11-27" in (await talk.say("w1", None, "热线"))[0].text


async def test_the_same_number_is_refused_with_the_case_that_has_it(talk: Talk) -> None:
    await talk.say("w1", None, LAMP)
    for state in ("等待接单", "已办结，等评价"):
        said = await talk.say("w1", None, "转入 12345－881 路灯还是不亮")
        assert [one.text for one in said] == [f"12345-881 已经记过了，是【事项 1】（{state}），没有再记。"]
        await talk.say("w1", None, "办结 1 换了灯泡")
    assert len(await talk.rows(select(Case))) == 1


async def test_the_result_goes_to_who_entered_it_ready_to_be_copied(talk: Talk) -> None:
    said = await talk.say("t1", "s1", "转入 信访-2026-15 菜市场 反映占道经营 限11月30日前办结")
    assert any("来源：转入 信访-2026-15" in text for text in texts(said, "@w2"))
    await talk.say("w2", None, "接单 1")
    said = await talk.say("w2", None, "办结 1 摊子清走了")
    (told,) = texts(said, "@t1")
    for line in (
        "工单号：信访-2026-15",
        "结果：已办结，摊子清走了",
        "收到：2026-11-21 12:00",
        "（时限 2026-11-30 18:00，按时）",
        "满意度：待回访",
    ):
        assert line in told
    assert not {room for room in rooms(said) if room.startswith("g")}
    assert "满意度：满意" in texts(await talk.say("t1", None, "满意 1"), "@t1")[0]
    await talk.say("w1", None, "热线 12345-9 柳树巷的井盖坏了")
    assert "结果：不予受理，那是供水公司的" in texts(await talk.say("w1", None, "驳回 2 那是供水公司的"), "@w1")[0]


async def test_a_ticket_that_was_merged_gets_its_result_too(talk: Talk) -> None:
    await talk.say("w1", None, LAMP)
    await talk.say("t1", "s1", "转入 信访-2026-15 柳树巷路灯不亮")
    await talk.say("w1", None, "合并 1 2")
    said = await talk.say("w1", None, "办结 1 换了灯泡")
    assert ["工单号：信访-2026-15" in text for text in texts(said, "@t1")] == [True]
    assert ["工单号：12345-881" in text for text in texts(said, "@w1")] == [True]


async def test_the_place_must_say_which_grid(talk: Talk) -> None:
    for who, words, answer in (
        ("t1", "热线 12345-1 有人占道经营", "看不出是哪个网格"),
        ("t1", "热线 12345-1 石桥村占道经营", "石桥村不在您负责的镇街"),
        ("v1", "热线 12345-1 柳树巷占道经营", "热线"),
    ):
        said = await talk.say(who, None, words)
        assert said and answer in said[0].text
    assert not await talk.rows(select(Case).where(Case.source == CaseSource.HOTLINE))


async def test_a_resident_who_says_hotline_is_read_as_ever(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "热线 打了三次都没人接，楼道灯坏了")
    assert texts(said, "g1")[0].startswith("@王姨 【事项 1】")
    assert (await talk.rows(select(Case)))[0].source == CaseSource.CHAT
