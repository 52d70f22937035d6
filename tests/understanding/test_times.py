"""The grammar of times, against one fixed moment: Saturday 2026-11-21 15:30 +08:00."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from handlers.understanding.ahead import time_ahead
from handlers.understanding.model import Precision
from handlers.understanding.times import find_times
from tests.understanding.evaluate import NOW

NOON = NOW.replace(hour=12, minute=0)

SAID = [
    ("今早6点", "11-21 06:00", "hour"),
    ("今天早上八点", "11-21 08:00", "hour"),
    ("上午九点半", "11-21 09:30", "exact"),
    ("昨儿傍晚", "11-20 18:00", "part_of_day"),
    ("前天晚上八点左右", "11-19 20:00", "hour"),
    ("半小时前", "11-21 15:00", "hour"),
    ("一个多小时前", "11-21 14:30", "hour"),
    ("二十分钟前", "11-21 15:10", "exact"),
    ("两个半小时前", "11-21 13:00", "hour"),
    ("刚才", "11-21 15:30", "hour"),
    ("晌午头", "11-21 12:00", "part_of_day"),
    ("今儿晌午12点", "11-21 12:00", "hour"),
    ("大年初六", "02-22 00:00", "day"),
    ("正月十五", "03-03 00:00", "day"),
    ("腊月二十三", "02-10 00:00", "day"),
    ("除夕晚上", "02-16 20:00", "part_of_day"),
    ("11月20日下午5点", "11-20 17:00", "hour"),
    ("十一月二十号", "11-20 00:00", "day"),
    ("2026.11.21 08:20", "11-21 08:20", "exact"),
    ("11月19日14时30分", "11-19 14:30", "exact"),
    ("昨天中午", "11-20 12:00", "part_of_day"),
    ("昨晚12点", "11-21 00:00", "hour"),
    ("昨晚两点", "11-21 02:00", "hour"),
    ("夜里三点", "11-21 03:00", "hour"),
    ("凌晨1点", "11-21 01:00", "hour"),
    ("半夜两点", "11-21 02:00", "hour"),
    ("晚上十点多", "11-20 22:00", "hour"),
    ("9点多", "11-21 09:00", "hour"),
    ("1点20分", "11-21 13:20", "exact"),
    ("三天前", "11-18 00:00", "day"),
    ("一周前", "11-14 00:00", "day"),
    ("周三下午", "11-18 15:00", "part_of_day"),
    ("上周五晚上七点一刻", "11-13 19:15", "exact"),
    ("星期天", "11-15 00:00", "day"),
    ("20号晚上", "11-20 20:00", "part_of_day"),
    ("下午三点三刻", "11-20 15:45", "exact"),
    ("中午十二点四十", "11-21 12:40", "exact"),
    ("天没亮", "11-21 05:00", "part_of_day"),
    ("大前天", "11-18 00:00", "day"),
    ("时间13:22:08", "11-21 13:22", "exact"),
    ("门卫说五点半左右", "11-21 05:30", "hour"),
    ("监控：10:07", "11-21 10:07", "exact"),
    ("元旦那天", "01-01 00:00", "day"),
    ("国庆节晚上", "10-01 20:00", "part_of_day"),
    ("昨夜里十一点多", "11-20 23:00", "hour"),
    ("昨晚饭后", "11-20 19:00", "part_of_day"),
    ("晌午饭后", "11-21 13:00", "part_of_day"),
    ("昨儿后半晌", "11-20 15:00", "part_of_day"),
    ("约莫一刻钟前", "11-21 15:15", "exact"),
    ("老师说三点十分就走了", "11-21 15:10", "exact"),
    ("今早8点七中门口", "11-21 08:00", "hour"),
    ("今天头午", "11-21 10:00", "part_of_day"),
    ("昨黑", "11-20 20:00", "part_of_day"),
    ("昨个儿黑天前", "11-20 18:00", "part_of_day"),
    ("前天夜饭后", "11-19 19:00", "part_of_day"),
    ("今天凌晨快两点", "11-21 02:00", "hour"),
    ("昨天下午两三点钟", "11-20 14:00", "hour"),
    ("昨晚十一二点", "11-20 23:00", "hour"),
    ("农历十月十二", "11-20 00:00", "day"),
    ("中秋节晚上", "09-25 20:00", "part_of_day"),
    ("十七号晚上", "11-17 20:00", "part_of_day"),
    ("昨天下午五点四十左右", "11-20 17:40", "exact"),
    ("今朝吃好中饭", "11-21 13:00", "part_of_day"),
    ("今儿早上天麻麻亮", "11-21 06:00", "part_of_day"),
    ("周一晚上九点", "11-16 21:00", "hour"),
    ("大年初一上午", "02-17 10:00", "part_of_day"),
    ("11月10日晨", "11-10 06:00", "part_of_day"),
    ("圣诞节那晚", "12-25 20:00", "part_of_day"),
    ("昨儿黑", "11-20 20:00", "part_of_day"),
    ("昨天吃过中饭后", "11-20 13:00", "part_of_day"),
    ("本月十八号", "11-18 00:00", "day"),
    ("上个月20号下午3点", "10-20 15:00", "hour"),
    ("11.20下午", "11-20 15:00", "part_of_day"),
    ("国庆节当天下午", "10-01 15:00", "part_of_day"),
]
NO_TIMES = [
    "五一路",
    "王国庆走失",
    "国庆村",
    "早市上",
    "刚满三岁",
    "3号楼",
    "8号我接了",
    "12号咋样了",
    "6-2-401",
    "3栋2单元501",
    "他72岁",
    "七十多",
    "8个月大",
    "139-0000-8888",
    "0371-66881234",
    "快一点",
    "有一点不舒服",
    "一点都不",
    "三点水",
    "我说三点意见",
    "她上初二",
    "初三学生",
    "2.5点",
    "有3点要说",
    "12号楼",
    "5号线",
    "京A12345",
    "一上午",
    "三个小时了",
    "身高1米25",
    "第8号",
    "他14岁，初二",
    "有20分钟的路",
    "等了有三个小时了",
    "停了有三天了",
    "刚好七个人",
    "十号楼",
    "住二十号门",
    "中秋刚过，",
    "念初三 15岁",
    "黑棉袄",
]


@pytest.mark.parametrize(("said", "at", "precision"), SAID)
@pytest.mark.parametrize("frame", ["{}", "我爸{}出去的", "从家里走的，{}，穿蓝衣服"])
def test_a_time_is_found_and_resolved(said: str, at: str, precision: str, frame: str) -> None:
    found = find_times(frame.format(said), NOW)
    assert [(t.at.strftime("%m-%d %H:%M"), str(t.precision)) for t in found] == [(at, precision)]
    assert found[0].at.tzinfo is NOW.tzinfo


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("从后门跑出去，约莫有二十五分钟，光着脚", "11-21 15:05", "exact"),
        ("沿着河走的，得有一个小时了", "11-21 14:30", "hour"),
        ("昨晚九点的事", "11-20 21:00", "hour"),
        ("刚下夜班，看到个老人", "11-21 15:30", "hour"),
        ("刚有个老太太敲我家门", "11-21 15:30", "hour"),
    ],
)
def test_how_long_it_must_be_and_what_has_just_happened(text: str, at: str, precision: str) -> None:
    assert [(t.at.strftime("%m-%d %H:%M"), str(t.precision)) for t in find_times(text, NOW)] == [(at, precision)]


@pytest.mark.parametrize("text", NO_TIMES)
def test_house_numbers_phones_and_ages_are_no_times(text: str) -> None:
    assert find_times(text, NOW) == []


def test_a_date_ahead_lies_in_the_past_year() -> None:
    assert find_times("5月1日", NOW)[0].at.year == 2026
    assert find_times("3月1日", NOW.replace(month=1))[0].at.year == 2026
    assert find_times("12月30日", NOW.replace(month=1))[0].at.year == 2025


def test_this_morning_said_early_is_today() -> None:
    early = NOW.replace(hour=7, minute=30)
    assert find_times("早上", early)[0].at <= early


@pytest.mark.parametrize(
    ("clock", "meant"),
    [
        ("12:00", "21 12:00"),
        ("11:40", "21 11:40"),
        ("13:30", "21 12:00"),
        ("15:30", "21 15:30"),
        ("18:00", "21 16:00"),
        ("08:00", "20 16:00"),
    ],
)
def test_the_end_of_school_at_noon_was_yesterdays(clock: str, meant: str) -> None:
    hour, minute = map(int, clock.split(":"))
    now = NOW.replace(hour=hour, minute=minute)
    for said in ("孩子放学没回来", *(["孩子今天放学没回来"] if meant.startswith("21") else [])):
        assert [one.at.strftime("%d %H:%M") for one in find_times(said, now)] == [meant]


def test_the_zone_is_that_of_the_message() -> None:
    urumqi = datetime(2026, 11, 21, 13, 30, tzinfo=timezone(timedelta(hours=6)))
    assert find_times("今早6点", urumqi)[0].at.isoformat() == "2026-11-21T06:00:00+06:00"


def test_impossible_dates_are_left_out() -> None:
    assert find_times("2月30日", NOW) == []
    assert find_times("13月45日", NOW) == []


def test_several_times_keep_their_order() -> None:
    found = find_times("早上8点出的门，下午2点还有人看见", NOW)
    assert [(t.at.hour, t.precision) for t in found] == [(8, Precision.HOUR), (14, Precision.HOUR)]


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("今天晚上9点多", "11-20T21:00"),
        ("今晚8点半", "11-20T20:30"),
        ("今天下午3点", "11-20T15:00"),
        ("今儿傍晚", "11-20T18:00"),
        ("今天凌晨1点", "11-21T01:00"),
        ("今天0点", "11-21T00:00"),
        ("昨晚9点", "11-20T21:00"),
    ],
)
def test_today_goes_on_after_midnight_for_those_still_up(said: str, at: str) -> None:
    (found,) = find_times(f"{said}出去的", NOW.replace(hour=2, minute=0))
    assert f"{found.at:%m-%dT%H:%M}" == at


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("明早8点", "11-22T08:00"),
        ("今早8点", "11-21T08:00"),
        ("8点", "11-21T20:00"),
        ("3月1日9:00", "03-01T09:00"),
        ("25号上午9点", "11-25T09:00"),
        ("5号晚8点", "12-05T20:00"),
        ("周六上午9点", "11-28T09:00"),
        ("周五下午3点", "11-27T15:00"),
        ("今晚12点", "11-22T00:00"),
        ("下周一上午9点", "11-23T09:00"),
        ("下下周一上午9点", "11-30T09:00"),
        ("除夕晚上6点", "02-05T18:00"),
        ("3.5 上午9点", "03-05T09:00"),
        ("半小时后", "11-21T12:30"),
        ("两个半小时后", "11-21T14:30"),
    ],
)
def test_a_time_ahead_is_the_next(said: str, at: str) -> None:
    found = time_ahead(f"{said} 停水", NOON)
    assert found is not None and found.text == said
    assert f"{found.at:%m-%dT%H:%M}" == at
    assert found.at.year == (2027 if at.startswith("0") else 2026)


@pytest.mark.parametrize("said", ["停水明早8点", "3小时前", "刚才停水", "2月30日8点", "", "9999年12月31日24点"])
def test_no_time_ahead(said: str) -> None:
    assert time_ahead(said, NOON) is None
