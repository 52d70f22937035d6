"""The circle grows while nobody is found, is told where the family is, and the end goes as far as the card went."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.gateways.protocol import Refused, Unknown
from handlers.ports import AlertRules, CircleRules, Rules
from storage.areas import Mode
from storage.matters import AlertState
from tests.alerts.town import TOWN_ROOMS, balanced, breaking, paced, set_mode, the_alert
from tests.harness import NOON, Talk, rooms, texts, words_of

FATHER = "我爸早上9点从柳树巷出去没回来,55岁,灰夹克"
ALL_ROOMS = TOWN_ROOMS | {"g4"}
NEAR = "已扩散到东山镇"


async def _confirmed(talk: Talk, words: str = FATHER) -> None:
    await talk.say("r1", "g1", words)
    await talk.say("w1", None, "确认 M1")


def circle(**changes: object) -> Rules:
    """The default rules with another circle."""
    return Rules(alerts=AlertRules(circle=CircleRules(**changes)))  # type: ignore[arg-type]


async def test_neighbours_hear_after_an_hour_and_the_family_hears_that_once(talk: Talk) -> None:
    await _confirmed(talk)
    assert not texts(await talk.wait(minutes=59), "g4")
    said = await talk.wait(minutes=2)
    assert "紧急寻人" in texts(said, "g4")[0]
    assert [text for text in texts(said, "g1") if NEAR in text]
    later = await talk.wait(hours=3)
    assert not [one for one in later if "扩散" in one.text or one.room == "g4"]
    said = await talk.say("r1", "g1", "找到 M1")
    assert rooms(said) >= ALL_ROOMS
    assert await balanced(talk)


@pytest.mark.parametrize(
    "words",
    [
        "我妈早上9点从柳树巷出去没回来,78岁,紫外套",
        "我儿子早上9点从柳树巷出去没回来,5岁,红衣服",
        "我爸早上9点从柳树巷出去没回来,55岁,灰夹克,有老年痴呆",
        "我爸早上9点从柳树巷出去没回来,55岁,灰夹克,以前也走丢过",
    ],
)
async def test_age_and_illness_move_the_steps_forward(talk: Talk, words: str) -> None:
    await _confirmed(talk, words)
    assert not texts(await talk.wait(minutes=29), "g4")
    assert texts(await talk.wait(minutes=2), "g4")


@pytest.mark.parametrize("words", [FATHER, FATHER + ",没有痴呆", FATHER + ",没什么病"])
async def test_the_healthy_of_middle_age_are_not_hurried(talk: Talk, words: str) -> None:
    await _confirmed(talk, words)
    assert not texts(await talk.wait(minutes=50), "g4")


async def test_an_illness_told_later_moves_the_step_that_waits(talk: Talk) -> None:
    await _confirmed(talk)
    await talk.wait(minutes=40)
    said = await talk.say("r1", "g1", "M1 他有老年痴呆")
    assert texts([*said, *await talk.wait(minutes=1)], "g4")


async def test_the_district_is_last_and_leaves_nobody_out(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, circle(neighbours_minutes=None)).open()
    await _confirmed(talk)
    assert not texts(await talk.wait(minutes=119), "g4")
    said = await talk.wait(minutes=2)
    assert texts(said, "g4")
    assert "已扩散到清江区" in texts(said, "g1")[0]
    await talk.close()


async def test_steps_can_be_switched_off(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, circle(neighbours_minutes=None, district_minutes=None)).open()
    await _confirmed(talk)
    assert "g4" not in rooms(await talk.wait(hours=10))
    await talk.close()


async def test_what_goes_out_by_itself_without_a_word_does_not_grow(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, Rules(alerts=AlertRules(auto_after_minutes=5))).open()
    await talk.say("r1", "g1", FATHER)
    await talk.wait(minutes=6)
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    assert "g4" not in rooms(await talk.wait(hours=10))
    await talk.close()


async def test_night_holds_no_step(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, start=NOON + timedelta(hours=11)).open()  # 23:00
    await _confirmed(talk, "我爸晚上9点从柳树巷出去没回来,55岁,灰夹克")
    assert texts(await talk.wait(minutes=61), "g4")
    await talk.close()


@pytest.mark.parametrize("end", ["找到 M1", "误报 M1", "撤销 M1"])
async def test_a_step_of_an_ended_alert_does_nothing(talk: Talk, end: str) -> None:
    await _confirmed(talk)
    await talk.say("w1", None, end)
    assert await talk.wait(hours=5) == []


async def test_reopened_it_goes_on_growing(talk: Talk) -> None:
    await _confirmed(talk)
    await talk.say("r1", "g1", "找到 M1")
    await talk.say("r1", "g1", "还没找到 M1")
    assert texts(await talk.wait(minutes=61), "g4")


@pytest.mark.parametrize(
    ("who", "words", "reached"),
    [
        ("t1", "扩散 M1 东山镇", True),
        ("t1", "扩散 M1 邻镇", True),
        ("t1", "扩散 M1", True),
        ("t1", "扩散 M1 石桥村", True),
        ("d1", "扩散 M1 全区", True),
        ("d1", "扩散M1到东山镇", True),
        ("t1", "扩散 M1 全区", False),
        ("w1", "扩散 M1 东山镇", False),
        ("w1", "扩散 M1 全镇", False),
        ("a1", "扩散 M1 全区", False),
        ("p1", "扩散 M1 东山镇", False),
        ("t2", "扩散 M1 东山镇", False),
        ("r1", "扩散 M1 东山镇", False),
        ("d1", "扩散 M1 火星", False),
        ("d1", "扩散 M9 全区", False),
    ],
)
async def test_who_may_widen_it_how_far(talk: Talk, who: str, words: str, reached: bool) -> None:
    await _confirmed(talk)
    said = await talk.say(who, None, words)
    assert bool(texts(said, "g4")) is reached
    assert len(texts(said, f"@{who}")) == 1
    if reached:
        assert "已扩散到" in texts(said, f"@{who}")[0]
        assert len([text for text in texts(said, "g1") if "已扩散到" in text]) == 1
        assert "g4" not in rooms(await talk.wait(hours=3))
    else:
        assert rooms(said) == {f"@{who}"}


@pytest.mark.parametrize(("before", "answer"), [("", "还没核实"), ("误报 M1", "不用再扩散")])
async def test_only_what_stands_is_widened(talk: Talk, before: str, answer: str) -> None:
    await talk.say("r1", "g1", FATHER)
    if before:
        await talk.say("w1", None, before)
    said = await talk.say("d1", None, "扩散 M1 全区")
    assert rooms(said) == {"@d1"}
    assert answer in said[0].text


async def test_widened_in_the_familys_own_group_it_is_said_once(talk: Talk) -> None:
    await _confirmed(talk)
    said = await talk.say("d1", "g1", "扩散 M1 全区")
    assert len([text for text in texts(said, "g1") if "已扩散到" in text]) == 1


async def test_a_sighting_in_the_neighbours_group_counts(talk: Talk) -> None:
    await _confirmed(talk)
    await talk.say("t1", None, "扩散 M1 东山镇")
    said = await talk.say("r5", "g4", "刚在石桥看到一个穿灰夹克的大爷往北走，是不是群里找的那个")
    assert {"g1", "@w1", "g4"} <= rooms(said)


async def test_stopped_it_grows_no_more_and_goes_on_when_told(talk: Talk) -> None:
    await _confirmed(talk)
    said = await talk.say("r1", "g1", "停止扩散 M1")
    assert "停止往外扩散" in texts(said, "g1")[0]
    assert "g4" not in rooms(await talk.wait(hours=5))
    assert "已经停止" in (await talk.say("w1", None, "停止扩散 M1"))[0].text
    assert texts(await talk.say("t1", None, "扩散 M1"), "g4")


@pytest.mark.parametrize("who", ["r2", "w4"])
async def test_others_stop_nothing(talk: Talk, who: str) -> None:
    await _confirmed(talk)
    said = await talk.say(who, None, "停止扩散 M1")
    assert "没有改动" in said[0].text
    assert texts(await talk.wait(minutes=61), "g4")


async def test_stopped_half_way_the_rest_is_called_back_and_the_end_goes_to_who_heard(tmp_path: Path) -> None:
    talk = await paced(tmp_path, 60)
    await _confirmed(talk)
    await talk.wait(minutes=20)
    await talk.say("d1", None, "扩散 M1 全区")
    said = await talk.say("w1", None, "停止扩散 M1")
    said += await talk.wait(minutes=20)
    assert "1 个群不发了" in "".join(one.text for one in said)
    assert not texts(said, "g4")
    assert "静默" not in (await talk.say("w1", None, "查 M1"))[0].text
    await talk.say("w1", None, "找到 M1")
    assert "g4" not in rooms(await talk.wait(minutes=20))
    assert await balanced(talk)
    await talk.close()


@pytest.mark.parametrize("error", [Refused, Unknown])
async def test_the_end_goes_as_far_as_the_wider_circle_did(talk: Talk, error: type[Refused] | type[Unknown]) -> None:
    await _confirmed(talk)
    breaking(talk, "g4", error)
    await talk.say("t1", None, "扩散 M1")
    said = await talk.say("w1", None, "找到 M1") + await talk.wait(hours=1)
    assert words_of(said, "g4") == []  # it cannot be sent there either
    assert (await the_alert(talk)).state == AlertState.FOUND


async def test_a_silent_neighbour_gets_the_card_when_it_speaks_again(talk: Talk) -> None:
    await _confirmed(talk)
    await set_mode(talk, "g4", Mode.SILENT)
    said = await talk.say("t1", None, "扩散 M1")
    assert "没有还能发的群" in texts(said, "@t1")[0]
    assert texts(await talk.say("w4", "g4", "模式 正式"), "g4")
    await talk.say("w1", None, "找到 M1")
    assert await balanced(talk)


async def test_groups_that_come_in_after_a_change_read_the_new_card_alone(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈不见了，78岁，紫色外套，早上从老粮站走的")
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=4)
    await talk.say("r1", "g1", "不是紫色，是绿色外套")
    said = [*await talk.say("t1", None, "扩散 M1 东山镇"), *await talk.wait(minutes=4)]
    (card,) = texts([one for one in said if not one.image], "g4")
    assert "紧急寻人" in card and "绿色外套" in card
    (told,) = texts([one for one in said if not one.image], "g3")
    assert told.startswith("【寻人 M1】更新")
    assert "已发到 4 个群" in "".join(texts(said, "g1"))
    await talk.say("r1", "g1", "找到了")
    assert await balanced(talk)
