"""Who is on duty in the night and on days off, and what goes to them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.cases.pressing import is_pressing
from handlers.ports import Rules
from handlers.understanding import Context, read
from storage.duty import Duty
from storage.matters import Case
from tests.harness import Talk, rooms, texts

ZONE = ZoneInfo("Asia/Shanghai")
LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
FIRE = "着火了！3栋楼道在烧，快来人"
MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=ZONE)


@pytest.fixture
async def monday(tmp_path: Path) -> Talk:
    return await Talk(tmp_path, start=MONDAY).open()


async def roster(talk: Talk) -> list[tuple[str, str]]:
    rows = await talk.rows(select(Duty).order_by(Duty.begins, Duty.id))
    return [tuple(f"{at.astimezone(ZONE):%m-%d %H:%M}" for at in (one.begins, one.ends)) for one in rows]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("words", "spans"),
    [
        ("值班 今晚 我", [("11-23 17:30", "11-24 08:30")]),
        ("值班 今夜", [("11-23 17:30", "11-24 08:30")]),
        ("值班 周六 我", [("11-28 08:30", "11-29 08:30")]),
        ("值班 周六晚上 我", [("11-28 17:30", "11-29 08:30")]),
        ("值班 周末", [("11-28 08:30", "11-29 08:30"), ("11-29 08:30", "11-30 08:30")]),
        ("值班 周四晚到周五晚", [("11-26 17:30", "11-27 08:30"), ("11-27 17:30", "11-28 08:30")]),
        (
            "值班 明晚到周四晚 我",
            [("11-24 17:30", "11-25 08:30"), ("11-25 17:30", "11-26 08:30"), ("11-26 17:30", "11-27 08:30")],
        ),
        ("值班 周日到周一 我", [("11-29 08:30", "11-30 08:30"), ("11-30 17:30", "12-01 08:30")]),
        ("值班 11月30日到1日 我", [("11-30 17:30", "12-01 08:30"), ("12-01 17:30", "12-02 08:30")]),
        ("值班 28号 我", [("11-28 08:30", "11-29 08:30")]),
        ("值班 明晚、后天晚上我", [("11-24 17:30", "11-25 08:30"), ("11-25 17:30", "11-26 08:30")]),
    ],
)
async def test_nights_and_days_off(monday: Talk, words: str, spans: list[tuple[str, str]]) -> None:
    said = await monday.say("w1", None, words)
    assert "记下了：小耿在柳树一格值班" in said[0].text
    assert await roster(monday) == spans
    assert "本来就在" in (await monday.say("w1", None, words))[0].text
    assert len(await roster(monday)) == len(spans)
    await monday.close()


async def test_the_night_that_runs_is_meant_after_midnight(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, start=datetime(2026, 11, 24, 1, 0, tzinfo=ZONE)).open()
    await talk.say("w1", None, "值班 今晚 我")
    assert await roster(talk) == [("11-23 17:30", "11-24 08:30")]
    await talk.close()


async def test_on_a_sunday_the_weekend_is_what_is_left_of_it(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, start=datetime(2026, 11, 29, 10, 0, tzinfo=ZONE)).open()
    await talk.say("w1", None, "值班 周末 我")
    assert await roster(talk) == [("11-29 08:30", "11-30 08:30")]
    await talk.close()


async def test_who_may_put_whom_on_duty(monday: Talk) -> None:
    assert "要网格长或管理员" in (await monday.say("w1", None, "值班 今晚 李珍"))[0].text
    assert "要那里的网格长或管理员" in (await monday.say("w1", None, "值班 今晚 我 柳树村"))[0].text
    assert "不是这里的网格员" in (await monday.say("l1", None, "值班 今晚 何平"))[0].text
    assert "没有找到叫" in (await monday.say("l1", None, "值班 今晚 张无忌"))[0].text
    assert await monday.say("r1", "g1", "值班 今晚 我") == []
    assert await monday.say("w1", "g1", "值班电话是多少") == []
    assert "没看出是哪天" in (await monday.say("w1", None, "值班 小耿"))[0].text
    assert "这次没有改动" in (await monday.say("w1", None, "值班 2027年11月1日 我"))[0].text
    assert await roster(monday) == []
    said = await monday.say("l1", None, "值班 今晚 李珍")
    assert rooms(said) == {"@l1", "@w2"}
    assert "李珍在柳树村值班" in texts(said, "@l1")[0]
    shown = (await monday.say("w1", None, "值班 表"))[0].text
    assert "11-23（周一）17:30 到 11-24 08:30｜柳树村｜李珍" in shown
    assert "没有您能取消的班" in (await monday.say("w1", None, "值班 取消 今晚"))[0].text
    said = await monday.say("l1", None, "值班 取消 今晚")
    assert rooms(said) == {"@l1", "@w2"}
    assert await roster(monday) == []
    await monday.close()


async def test_the_nights_urgent_matters_go_to_who_is_on_duty(monday: Talk) -> None:
    await monday.say("l1", None, "值班 今晚 李珍")
    assert rooms(await monday.say("r1", "g1", LEAK)) == {"g1", "@w1"}  # before the night
    await monday.wait(hours=7)
    said = await monday.say("r2", "g1", "5栋水管爆裂，楼道全是水，快来人")
    assert rooms(said) == {"g1", "@w1", "@w2"}
    assert "李珍、小耿" in texts(said, "g1")[0]
    assert rooms(await monday.wait(minutes=11)) == {"@w1", "@w2"}
    assert "李珍已接单" in texts(await monday.say("w2", None, "接单 2"), "g1")[0]
    assert "@w2" in rooms(await monday.say("r1", "g1", FIRE))
    (fire,) = await monday.rows(select(Case.id).where(Case.kind == "emergency"))
    assert texts(await monday.say("w2", None, f"进展 {fire} 已到现场"), "g1")
    await monday.wait(hours=12)
    assert "没有找到 1 号" in (await monday.say("w2", None, "办结 1 修好了"))[0].text  # no longer on duty
    await monday.close()


async def test_who_is_on_duty_is_asked_about_the_missing(monday: Talk) -> None:
    await monday.say("l1", None, "值班 今晚 李珍")
    await monday.wait(hours=7)
    await monday.say("r1", "g1", "我爸晚上8点从柳树巷出去没回来，72岁，灰夹克")
    assert "@w2" not in rooms(await monday.wait(minutes=4))
    assert {"@t1", "@w2"} <= rooms(await monday.wait(minutes=3))
    assert "没有改动" not in "".join(texts(await monday.say("w2", None, "确认"), "@w2"))
    await monday.close()


async def test_on_duty_one_neither_appoints_nor_lends_the_role(monday: Talk) -> None:
    await monday.say("l1", None, "值班 今晚 李珍")
    await monday.wait(hours=4)
    said = (await monday.say("w2", None, "代班 小耿 3天"))[0].text
    assert "柳树二格" in said
    assert "柳树村" not in said
    await monday.say("w2", None, "值班 今晚 小耿 柳树村")
    assert len(await roster(monday)) == 1
    await monday.close()


@pytest.mark.parametrize(
    ("text", "pressing"),
    [
        ("家里没电了，就我一个人在家，能不能来看看", True),
        ("3栋停水两天了，家里有八十多岁的老人，麻烦处理一下", True),
        ("电梯坏了，5楼瘫痪在床的老人下不了楼，请尽快修", True),
        ("家里有个刚出生的宝宝，暖气一点不热，请来修修", True),
        ("3栋停水了，什么时候能修好，麻烦看看", False),
        ("残疾人通道的扶手松了，请修一下", False),
        ("想给老人办个老年卡，能不能帮忙", False),
    ],
)
def test_the_frail_come_first(text: str, pressing: bool) -> None:
    reading = read(text, Context(now=MONDAY))
    assert is_pressing(reading, text, Rules().alerts.circle) == pressing
