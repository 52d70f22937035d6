"""代班."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.replay import Output
from storage.people import Appointment
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def test_the_substitute_works_and_it_ends_by_itself(talk: Talk) -> None:
    said = await talk.say("w1", None, "代班 李珍 3天")
    assert "到 11-24 12:00 由李珍代柳树一格网格员" in texts(said, "@w1")[0]
    assert "小耿请您代班" in texts(said, "@w2")[0]
    said = await talk.say("r1", "g1", LEAK)
    assert rooms(said) == {"g1", "@w2"}
    assert "李珍" in texts(await talk.say("w2", "g1", "接单 1"), "g1")[0]
    assert "李珍（代小耿）" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]
    await talk.wait(days=3)
    assert "网格员：小耿" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]


@pytest.mark.parametrize(
    ("length", "until"),
    [
        ("3天", "11-24 12:00"),
        ("３天", "11-24 12:00"),
        ("三天", "11-24 12:00"),
        ("2小时", "11-21 14:00"),
        ("半天", "11-22 00:00"),
        ("两个小时", "11-21 14:00"),
        ("一周", "11-28 12:00"),
        (" 1 天", "11-22 12:00"),
        ("今晚", "11-22 08:30"),
        ("到明早8点", "11-22 08:00"),
        ("到周五", "11-28 00:00"),
        ("到晚上10点", "11-21 22:00"),
        ("到8点", "11-22 08:00"),
        ("至后天中午", "11-23 12:00"),
    ],
)
async def test_lengths(talk: Talk, length: str, until: str) -> None:
    said = await talk.say("w1", None, f"代班 李珍 {length}")
    assert f"到 {until} 由李珍" in texts(said, "@w1")[0]


async def test_the_same_sent_twice_is_one(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    said = await talk.say("w1", None, "代班 李珍 3天")
    assert [(one.room, one.text) for one in said] == [("@w1", "已经请李珍代班了，到 11-24 12:00，没有再发一遍。")]


@pytest.mark.parametrize(
    ("first", "then", "whose"),
    [("3天", "明天", "李珍 老郭 李珍 小耿"), ("周一到周五", "周二", "小耿 小耿 李珍 老郭")],
)
async def test_who_is_asked_for_a_day_of_it_leaves_the_rest_to_the_first(
    talk: Talk, first: str, then: str, whose: str
) -> None:
    await talk.say("w1", None, f"代班 李珍 {first}")
    said = await talk.say("w1", None, f"代班 老郭 {then}")
    assert "其余时间还是由李珍代" in texts(said, "@w1")[0] and "其余时间照旧" in texts(said, "@w2")[0]
    for name in whose.split():
        assert name in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]
        said = await talk.wait(days=1)
    assert all("李珍" in one for one in texts(said, "@w1") if "老郭替您代班到时间了" in one)


async def test_it_ends_on_return(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    said = await talk.say("w1", None, "代班 结束")
    assert rooms(said) == {"@w1", "@w2"}
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@w1"}
    assert "没有人替您" in texts(await talk.say("w1", None, "代班 结束"), "@w1")[0]


async def test_a_second_one_takes_the_place_of_the_first(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    await talk.say("w1", None, "代班 老郭 1天")
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@l1"}


@pytest.mark.parametrize(
    ("person", "text", "answer"),
    [
        ("w1", "代班", "请这样写"),
        ("w1", "代班 李珍", "请这样写"),
        ("w1", "代班 3天", "没有找到"),
        ("w1", "代班 小耿 3天", "请另一个人"),
        ("w1", "代班 我 3天", "请另一个人"),
        ("w1", "代班 没这个人 3天", "没有找到叫"),
        ("w1", "代班 李珍 200天", "最长 90 天"),
        ("w1", "代班 李珍 0天", "最长 90 天"),
        ("w1", "代班 李珍 到25点", "请这样写"),
        ("w1", "代班 李珍 到昨天", "请这样写"),
        ("r1", "代班 李珍 3天", "只有网格员、网格长能用"),
        ("a1", "代班 李珍 3天", "只有网格员、网格长能用"),
    ],
)
async def test_refused(talk: Talk, person: str, text: str, answer: str) -> None:
    before = len(await talk.rows(select(Appointment)))
    said = await talk.say(person, None, text)
    assert answer in texts(said, f"@{person}")[0]
    assert len(await talk.rows(select(Appointment))) == before


async def test_a_substitute_cannot_pass_it_on(talk: Talk) -> None:
    await talk.say("w1", None, "代班 赵大爷 3天")
    said = await talk.say("r2", None, "代班 王姨 3天")
    assert "自己也是代班" in texts(said, "@r2")[0]


async def test_a_substitute_cannot_appoint(talk: Talk) -> None:
    await talk.say("l1", None, "代班 李珍 3天")
    said = await talk.say("w2", None, "任命 赵大爷 网格员 柳树一格")
    assert "要由管理员任免" in texts(said, "@w2")[0]


async def test_dismissal_ends_the_substitution_too(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    await talk.say("a1", None, "免去 小耿")
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@l1"}


async def test_in_the_small_hours_this_night_and_the_next_morning_are_the_coming_one(talk: Talk) -> None:
    await talk.wait(hours=13)
    assert "到 11-22 08:30" in texts(await talk.say("w1", None, "代班 李珍 今晚"), "@w1")[0]
    assert "到 11-22 07:00" in texts(await talk.say("w1", None, "代班 李珍 到明早7点"), "@w1")[0]


async def test_who_stands_in_hears_of_the_old_cases_too(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "代班 李珍 3天")
    assert {"@w1", "@w2"} <= rooms(await talk.say("r1", "g1", "催办 1"))
    assert {"@w1", "@w2"} <= rooms(await talk.say("r1", "g1", "还没修好"))
    assert any("快到时限 1 件" in text for text in texts(await talk.wait(hours=20), "@w2"))
    assert "请李珍（代小耿）再看看" in texts(await _reopened(talk), "g1")[0]
    await talk.say("w1", None, "代班 结束")
    assert "@w2" not in rooms(await talk.say("r1", "g1", "还没修好"))


async def _reopened(talk: Talk) -> list[Output]:
    await talk.say("w1", None, "办结 1 换了管子")
    return await talk.say("r1", "g1", "不满意，还在漏")


async def test_at_the_end_both_hear_what_was_done_and_what_is_open(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋楼道灯坏了，黑咕隆咚的，麻烦修一下")
    await talk.say("w1", None, "代班 李珍 3小时")
    await talk.say("r2", "g1", LEAK)
    await talk.say("w2", None, "办结 2 换了管子")
    await talk.say("r2", "g1", "巷子口垃圾三天没人拉了，招苍蝇")
    await talk.say("w2", None, "接单 3")
    said = await talk.wait(hours=3)
    (absent,) = [text for text in texts(said, "@w1") if "到时间了" in text]
    assert "李珍办结了 1 件：2。没办完的 2 件" in absent and "（李珍接的）" in absent
    (there,) = [text for text in texts(said, "@w2") if "到时间了" in text]
    assert "您接下还没办完的 1 件" in there and "转给 3 小耿" in there
    assert not any("到时间了" in one.text for one in await talk.wait(days=1))


async def test_one_that_ended_before_does_not_run_out(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3小时")
    await talk.say("w1", None, "代班 老郭 6小时")
    assert not any("到时间了" in one.text for one in await talk.wait(hours=4))
    assert {"@w1", "@l1"} <= {one.room for one in await talk.wait(hours=4) if "到时间了" in one.text}


async def test_who_is_away_stands_in_for_nobody(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 3天")
    assert "小耿自己也不在，到 11-24 12:00 由您代班" in texts(await talk.say("w2", None, "代班 小耿 1天"), "@w2")[0]
    assert "由李珍代班" in texts(await talk.say("l1", None, "代班 小耿 1天"), "@l1")[0]
    assert rooms(await talk.say("r1", "g1", LEAK)) == {"g1", "@w2"}


async def test_who_stands_in_and_leaves_hands_it_on(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "代班 李珍 3天")
    said = await talk.say("w2", None, "代班 刘志愿 1天")
    assert "柳树一格改由刘志愿代" in texts(said, "@w1")[0]
    assert rooms(await talk.say("r2", "g1", "巷子口垃圾三天没人拉了，招苍蝇")) == {"g1", "@v1"}
    assert rooms(await talk.say("r1", "g1", "催办 1")) == {"g1", "@w1", "@v1"}
    await talk.say("w1", None, "代班 结束")
    assert rooms(await talk.say("r2", "g1", "3栋路灯不亮，麻烦修一下")) == {"g1", "@w1"}


async def test_the_same_person_for_longer_hears_only_until_when(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 1天")
    (text,) = texts(await talk.say("w1", None, "代班 李珍 3天"), "@w2")
    assert "小耿请您代班：到 11-24 12:00" in text


async def test_who_leaves_while_on_the_roster_is_told(talk: Talk) -> None:
    await talk.say("w1", None, "值班 今晚 我")
    assert "您还排着值班（11-21 17:30 起）" in texts(await talk.say("w1", None, "代班 李珍 3天"), "@w1")[0]
    assert "值班（" not in texts(await talk.say("w2", None, "代班 老郭 2小时"), "@w2")[0]


async def test_a_complaint_is_never_for_whom_it_is_about_though_they_stand_in_for_the_lead(talk: Talk) -> None:
    await talk.say("r2", None, "我要投诉网格员小耿，他收了我五百块钱不办事")
    await talk.say("l1", None, "接单 1")
    await talk.say("l1", None, "代班 小耿 3天")
    assert rooms(await talk.say("r2", None, "催办 1")) == {"@r2", "@l1"}
    assert "@w1" not in rooms(await talk.wait(hours=22))
    assert "没有待办" in texts(await talk.say("w1", None, "待办"), "@w1")[0]
    assert "五百" not in "".join(texts(await talk.say("l1", None, "代班 结束"), "@w1"))


@pytest.mark.parametrize(
    ("length", "span"),
    [
        ("明天", "11-22 00:00 到 11-23 00:00"),
        ("明天起3天", "11-22 00:00 到 11-25 00:00"),
        ("从周一开始 两天", "11-23 00:00 到 11-25 00:00"),
        ("周二到周四", "11-24 00:00 到 11-27 00:00"),
        ("明晚", "11-22 18:00 到 11-23 08:30"),
        ("明天9点到12点", "11-22 09:00 到 11-22 12:00"),
        ("明天后天", "11-22 00:00 到 11-24 00:00"),
        ("下周", "11-23 00:00 到 11-30 00:00"),
        ("12月1日到3日", "12-01 00:00 到 12-04 00:00"),
        ("12月29日到2日", "12-29 00:00 到 01-03 00:00"),
        ("周五到周一", "11-27 00:00 到 12-01 00:00"),
    ],
)
async def test_a_day_to_come_begins_then(talk: Talk, length: str, span: str) -> None:
    said = await talk.say("w1", None, f"代班 李珍 {length}")
    assert f"好的，{span} 由李珍" in texts(said, "@w1")[0]
    assert span in texts(said, "@w2")[0]
    assert "网格员：小耿" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]


async def test_tomorrows_substitute_is_told_when_it_begins(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 明天")
    await talk.say("w1", None, "代班 老郭 今晚")  # another time: both stand
    assert any("代班开始了" in one for one in texts(await talk.wait(hours=24), "@w2"))
    assert "李珍（代小耿）" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]
    await talk.wait(hours=12)
    assert "网格员：小耿" in texts(await talk.say("r1", "g1", "谁管我"), "g1")[0]


async def test_what_was_agreed_on_is_called_off(talk: Talk) -> None:
    await talk.say("w1", None, "代班 李珍 明天")
    said = await talk.say("w1", None, "代班 取消")
    assert "取消了" in texts(said, "@w1")[0]
    assert "不用您代班" in texts(said, "@w2")[0]
    assert not texts(await talk.wait(hours=30), "@w2")
