"""Limits on a working calendar, what is brought up when, and the digests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.checking import calendar_faults
from bot.config import Config, ConfigError, build_config, load_config
from handlers.cases.reminding import REMIND
from handlers.ports import CaseRules, Rules
from handlers.understanding.learned import learned
from handlers.working_time import WorkingTime
from storage.agenda import DueItem
from storage.matters import Case
from tests.harness import Talk, rooms, texts

ZONE = ZoneInfo("Asia/Shanghai")
LAMP = "路灯坏了，晚上看不见路，能不能修一下"
BENCH = "小区的长凳坏了，能不能换一条"
LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-20T16:30", 4, "2026-11-23T11:30"),  # a weekend between
        ("2026-11-23T08:00", 9, "2026-11-23T17:30"),
        ("2026-11-23T20:00", 1, "2026-11-24T09:30"),
        ("2026-09-30T17:00", 1, "2026-10-08T09:00"),  # the National Day's week
        ("2026-10-10T09:00", 1, "2026-10-10T10:00"),  # a Saturday worked for it
        ("2027-01-01T09:00", 1, "2027-01-01T10:00"),  # beyond what was announced
    ],
)
def test_working_hours_are_added(start: str, hours: int, end: str) -> None:
    work = WorkingTime.of(Rules())
    assert work.add(local(start), timedelta(hours=hours)) == local(end)
    assert work.between(local(start), local(end)) == timedelta(hours=hours)


def test_the_config_comes_before_what_was_announced() -> None:
    cases = CaseRules(holidays=(date(2027, 1, 1),), workdays=(date(2026, 10, 1),), work_days=("一", "六"))
    work = WorkingTime.of(Rules(cases=cases))
    assert not work.is_worked(date(2027, 1, 1))
    assert work.is_worked(date(2026, 10, 1))
    assert work.is_worked(date(2026, 11, 28))
    assert not work.is_worked(date(2026, 11, 27))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"holidays": [20270101]}, "cases.holidays.0"),
        ({"workdays": ["2027-02-30"]}, "应写 2027-01-01 这样的日期"),
        ({"holidays": ["2027-01-01"], "workdays": ["2027-01-01"]}, "不能都有 2027-01-01"),
        ({"work_hours": "17:30-08:30"}, "上班要早于下班"),
        ({"work_days": ["八"]}, "cases.work_days.0"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        build_config({"cases": said}, "config.yaml")


def test_check_warns_of_a_year_without_holidays() -> None:
    assert calendar_faults(Config(), datetime(2026, 11, 21, tzinfo=UTC)) == []
    (line,) = calendar_faults(Config(), datetime(2030, 12, 20, tzinfo=UTC))
    assert "2031 年" in line
    known = Config(cases=CaseRules(holidays=(date(2031, 1, 1),)))
    assert calendar_faults(known, datetime(2030, 12, 20, tzinfo=UTC)) == []


def test_the_config_names_every_category() -> None:
    rules = load_config(Path(__file__).parents[2] / "config.yaml").cases.categories
    assert set(rules) == set(learned().categories.labels)
    assert all(one.answer_hours <= one.hours and one.urgent_hours >= one.urgent_answer_hours for one in rules.values())


async def opened(tmp_path: Path, start: str, **cases: object) -> Talk:
    return await Talk(tmp_path, Rules(cases=CaseRules(**cases)), local(start)).open()  # type: ignore[arg-type]


async def test_an_ordinary_case_waits_for_the_next_working_moment(tmp_path: Path) -> None:
    talk = await opened(tmp_path, "2026-11-27T22:00")  # a Friday
    said = await talk.say("r1", "g1", LAMP)
    assert "11月30日（周一）8点半上班后回您" in texts(said, "g1")[0]
    assert await talk.wait(hours=9) == []  # until seven on Saturday
    assert rooms(await talk.wait(hours=2)) == {"@w1"}  # it was held for the night, and is told once
    assert await talk.wait(hours=46) == []  # Monday at seven
    said = await talk.wait(hours=2, minutes=5)
    assert rooms(said) == {"@w1"}
    assert "早上好，今天要办 1 件" in said[0].text
    assert "还没人接" in said[1].text
    await talk.close()


async def test_what_a_night_brings_to_one_case_is_one_post_in_the_morning(tmp_path: Path) -> None:
    talk = await opened(tmp_path, "2026-11-23T12:00")
    for person, room in (("r1", "g1"), ("r4", "g3")):
        await talk.say(person, room, LAMP)
    await talk.wait(hours=10)
    for number, who in ((1, "w1"), (2, "w3")):
        await talk.say(who, None, f"接单 {number}")
        await talk.say(who, None, f"进展 {number} 电工明天来")
        await talk.say(who, None, f"办结 {number} 修好了")
    (now,) = texts(await talk.say("w3", None, "恢复 2"), "g3")  # which breaks the night, and tells what it is about
    told = "已接单，正在处理。\n进展：电工明天来\n已办结：修好了。\n"
    assert now.startswith(f"@周强 【事项 2】陈刚{told}刚才办结是弄错了")
    said = await talk.wait(hours=11)
    assert not texts(said, "g3")
    assert texts(said, "g1") == [f"@王姨 【事项 1】小耿{told}办得怎么样？回“满意”或“不满意”就行。"]
    said = await talk.wait(days=8)  # where there is no lead the village hears of what is late
    assert any("过了时限还没办完 1 件" in one for one in texts(said, "@a2"))
    await talk.close()


async def test_an_urgent_case_is_brought_up_at_night(tmp_path: Path) -> None:
    talk = await opened(tmp_path, "2026-11-27T23:00")
    said = await talk.say("r1", "g1", LEAK)
    assert rooms(said) == {"g1", "@w1"}
    assert "上班" not in texts(said, "g1")[0]
    assert "还没人接" in texts(await talk.wait(minutes=11), "@w1")[0]
    (case,) = await talk.rows(select(Case))
    assert case.answer_due_at - case.created_at == timedelta(hours=1)
    assert case.due_at - case.created_at == timedelta(hours=24)
    await talk.close()


async def test_the_owner_is_reminded_before_then_the_lead_then_the_town(tmp_path: Path) -> None:
    talk = await opened(tmp_path, "2026-11-23T09:00", morning_digest=False)
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", BENCH)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "接单 2")
    assert "前办完" in (await talk.say("r1", "g1", "进度 1"))[0].text
    (due, _) = await talk.rows(select(Case.due_at).order_by(Case.id))
    assert due.astimezone(ZONE).replace(second=0, microsecond=0) == local("2026-11-30T09:00")
    said = await talk.wait(days=7)
    assert rooms(said) == {"@w1"}
    (reminder,) = said
    assert "快到时限 2 件" in reminder.text  # both in one message
    said = await talk.wait(days=1)
    assert rooms(said) == {"@w1", "@l1"}
    assert "过了时限还没办完 2 件" in said[0].text
    said = await talk.wait(days=7)
    assert rooms(said) == {"@w1", "@l1", "@t1"}
    await talk.say("w1", "g1", "办结 1")
    await talk.say("w1", "g1", "挂起 2 等配件 12月31日")
    assert await talk.rows(select(DueItem.ref).where(DueItem.kind == REMIND)) == []
    assert await talk.wait(days=2) == []
    await talk.close()


async def test_a_case_that_goes_on_or_is_reopened_is_reminded_of_again(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "挂起 1 等配件 12月10日")
    planned = select(DueItem.due_at).where(DueItem.kind == REMIND)
    assert await talk.rows(planned) == []
    await talk.say("w1", "g1", "进展 1 配件到了")
    assert len(await talk.rows(planned)) == 1
    await talk.say("w1", "g1", "办结 1")
    assert await talk.rows(planned) == []
    await talk.say("r1", "g1", "不满意 还是不亮", quote="1.4")
    (at,) = await talk.rows(planned)
    assert at > talk.now
    (case,) = await talk.rows(select(Case))
    assert case.due_at > at


async def test_the_morning_tells_only_who_has_something_to_do(tmp_path: Path) -> None:
    talk = await opened(tmp_path, "2026-11-23T09:00")
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("r3", "g2", BENCH)
    said = await talk.wait(hours=23, minutes=40)
    mornings = [one for one in said if "早上好" in one.text]
    assert [one.room for one in mornings] == ["@w2"]
    assert "未接" in mornings[0].text
    await talk.close()


async def test_the_week_is_told_without_words_or_private_matters(tmp_path: Path) -> None:
    talk = await opened(tmp_path, "2026-11-26T10:00", weekly_digest=True, morning_digest=False)
    await talk.say("r1", "g1", LAMP)
    await talk.say("r1", None, BENCH)
    await talk.say("r2", "g1", "302的王姨老是骂我，还动手打人")
    await talk.say("w1", None, "办结 1 换了灯")
    await talk.say("r2", "g1", BENCH)
    said = await talk.wait(days=3, hours=22, minutes=50)
    assert not [one for one in said if "上周" in one.text]
    said = [one for one in await talk.wait(minutes=30) if "上周" in one.text]
    assert [one.room for one in said] == ["g1"]
    assert "群里报了 2 件事，办完 1 件，还有 1 件在办" in said[0].text
    assert "王姨" not in said[0].text
    assert "长凳" not in said[0].text
    await talk.close()
