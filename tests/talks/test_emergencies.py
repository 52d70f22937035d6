"""Life in danger: answered at once, no confirmation step."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import CASE_OPEN, Case
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("着火了！！3栋5楼冒黑烟，快来人啊", "119"),
        ("孩子掉河里了，快救人", "119"),
        ("家里煤气漏了味道特别大，头晕", "119"),
        ("电梯卡住了，我们三个人困在里面出不来", "119"),
        ("我爸突然晕倒没反应了，怎么办啊", "120"),
        ("有人拿刀在楼下砍人", "110"),
        ("我家里进贼了，还在楼上", "先打 110。"),
        ("电线掉下来了还冒火花，路上有人", "120"),
    ],
)
async def test_the_number_to_call_comes_first(talk: Talk, words: str, number: str) -> None:
    said = await talk.say("r1", "g1", words)
    (answer,) = texts(said, "g1")
    assert number in answer.splitlines()[0]
    assert {"@w1", "@l1", "@a1", "@p1"} <= rooms(said)
    (case,) = await talk.rows(select(Case))
    assert (case.kind, case.urgent) == ("emergency", True)


async def test_the_same_fire_told_by_three_is_one_emergency(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！！3栋5楼冒黑烟")
    assert await talk.say("r2", "g1", "3栋着火了快打119") == []
    said = await talk.say("r3", "g2", "我们这边也着火了，快来人")
    assert texts(said, "g2")


async def test_a_silent_room_hears_nothing_but_its_people_are_called(talk: Talk) -> None:
    await talk.say("w1", None, "模式 静默")
    said = await talk.say("r1", "g1", "着火了！！3栋5楼冒黑烟")
    assert "g1" not in rooms(said)
    assert {"@w1", "@l1", "@r1"} <= rooms(said)
    assert "119" in texts(said, "@r1")[0]


@pytest.mark.parametrize(
    "words", ["这天热得要着火了", "今天生意着火了一样", "笑死我了救命", "孩子作业写不完要跳楼了哈哈"]
)
async def test_a_figure_of_speech_is_not_answered(talk: Talk, words: str) -> None:
    assert await talk.say("r1", "g1", words) == []


async def test_somebody_trapped_in_it_is_no_second_emergency(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！！3栋5楼冒黑烟")
    said = await talk.say("r2", "g1", "有人困在里面出不来，快救人")
    assert {"@w1", "@l1", "@p1"} <= rooms(said)
    assert "有人困在里面" in texts(said, "@w1")[0]
    assert texts(said, "g1") == ["@赵大爷 【事项 1】已转告赶去的人。打 119 时也请说清这一点。"]
    assert len(await talk.rows(select(Case))) == 1


ALARMED = {"@w1", "@l1", "@a1", "@p1"}


@pytest.mark.parametrize(
    ("person", "room", "words"),
    [
        ("w1", None, "误判 1"),
        ("w1", None, "办结 1 火已扑灭"),
        ("w1", None, "驳回 1 是烟雾弹演习"),
        ("w1", "g1", "没着火，看错了"),
        ("r1", "g1", "撤销 1"),
        ("r1", "g1", "火灭了，没事了"),
        ("r1", "g1", "没事了"),
        ("r1", "g1", "虚惊一场，是熏肉"),
        ("r1", "g1", "没着火，看错了"),
        ("r1", "g1", "对不起搞错了，不是着火"),
    ],
)
async def test_all_who_were_alarmed_hear_once_that_it_is_over(
    talk: Talk, person: str, room: str | None, words: str
) -> None:
    await talk.say("r1", "g1", "着火了！3栋4楼")
    said = await talk.say(person, room, words)
    others = ALARMED - {f"@{person}"}
    assert others <= rooms(said)
    assert all(len(texts(said, one)) == 1 for one in (*others, "g1"))
    assert not [one for one in said if "119" in one.text]
    (case,) = await talk.rows(select(Case))
    assert case.state not in CASE_OPEN
    if person == "r1":
        assert rooms(await talk.say("w1", None, "办结 1")) == {"@w1"}


async def test_a_worker_calls_it_off_by_quoting_what_came_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！3栋4楼")
    assert "g1" in rooms(await talk.say("w1", None, "虚惊一场", quote="1.2"))
    (case,) = await talk.rows(select(Case))
    assert case.state not in CASE_OPEN


async def test_a_neighbour_who_says_there_is_no_fire_is_heard_but_not_simply_believed(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！3栋4楼")
    said = await talk.say("r2", "g1", "没着火，是3栋有人熏肉")
    assert rooms(said) == {*ALARMED, "g1"}
    assert "熏肉" in texts(said, "@w1")[0]
    (case,) = await talk.rows(select(Case))
    assert case.state in CASE_OPEN
    assert await talk.say("r2", "g1", "看错了") == []


@pytest.mark.parametrize("words", ["搞错了，是4栋着火", "不是烟，是明火，快来", "火没事了吗？", "还没灭，没有灭火器"])
async def test_what_still_names_a_danger_calls_nothing_off(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "着火了！3栋4楼")
    await talk.say("r1", "g1", words)
    (case,) = await talk.rows(select(Case))
    assert case.state in CASE_OPEN


async def test_a_mistake_elsewhere_is_no_false_alarm(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋路灯坏了，晚上看不见，麻烦修一下")
    assert await talk.say("r2", "g1", "虚惊一场，看错了") == []


async def test_another_danger_is_another_emergency(talk: Talk) -> None:
    await talk.say("r1", "g1", "楼顶有人要跳楼")
    said = await talk.say("r2", "g1", "有人喝农药了")
    assert {*ALARMED, "g1"} <= rooms(said)
    assert "【事项 2】" in texts(said, "g1")[0]


async def test_each_ones_own_patient_is_another_emergency(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸晕倒了快来人")
    assert "【事项 2】" in texts(await talk.say("r2", "g1", "我妈晕倒了快来人"), "@w1")[0]


@pytest.mark.parametrize("room", ["g1", None])
async def test_who_means_to_die_is_answered_alone(talk: Talk, room: str | None) -> None:
    await talk.say("r2", "g1", "3栋着火了")
    said = await talk.say("r1", room, "我不想活了")
    assert rooms(said) == {*ALARMED, "@r1"}
    (answer,) = texts(said, "@r1")
    assert "请人马上来找您" in answer and "120" in answer
    assert "邻居" not in answer and "险情" not in answer
    assert rooms(await talk.say("w1", None, "办结 2 已陪着")) == {*ALARMED, "@r1"}


async def test_violence_at_home_is_not_spoken_of_in_the_group(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "我被家暴了，怎么办")
    assert rooms(said) == {*ALARMED, "@r1"}
    assert "110" in texts(said, "@r1")[0] and "邻居" not in texts(said, "@r1")[0]


@pytest.mark.parametrize("over", [("r2", "g1", "虚惊一场"), ("w1", None, "办结 1"), ("r1", "g1", "虚惊一场")])
@pytest.mark.parametrize("words", ["谁说虚惊！火还在烧", "又着起来了"])
async def test_a_fire_that_goes_on_reaches_all_who_were_called(
    talk: Talk, over: tuple[str, str | None, str], words: str
) -> None:
    await talk.say("r1", "g1", "3栋着火了")
    await talk.say(*over)
    said = await talk.say("r1", "g1", words)
    assert rooms(said) == {*ALARMED, "g1"}
    assert words in texts(said, "@p1")[0] and "请马上赶去" in texts(said, "@p1")[0]
    (case,) = await talk.rows(select(Case))
    assert case.state in CASE_OPEN


@pytest.mark.parametrize(
    ("report", "person", "room", "words"),
    [
        ("3栋着火了", "w1", None, "没着火"),
        ("3栋着火了", "w1", None, "虚惊一场"),
        ("3栋着火了", "l1", None, "没着火，是演习"),
        ("3栋着火了", "l1", None, "火灭了"),
        ("3栋着火了", "r1", "g1", "看错了，是烧纸"),
        ("楼顶有人要跳楼", "r1", "g1", "警察救下来了"),
        ("楼顶有人要跳楼", "p1", None, "人救下来了"),
    ],
)
async def test_who_is_there_ends_it_in_plain_words(
    talk: Talk, report: str, person: str, room: str | None, words: str
) -> None:
    await talk.say("r1", "g1", report)
    said = await talk.say(person, room, words)
    assert ALARMED - {f"@{person}"} <= rooms(said)
    (case,) = await talk.rows(select(Case))
    assert case.state not in CASE_OPEN


async def test_words_of_a_called_worker_about_something_else_end_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋着火了")
    await talk.say("l1", None, "没事了")
    await talk.say("p1", None, "还没救下来")
    (case,) = await talk.rows(select(Case))
    assert case.state in CASE_OPEN


async def test_who_gives_an_emergency_back_leaves_it_to_the_others(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋着火了")
    await talk.say("w1", None, "接单 1")
    said = await talk.say("w1", None, "退单 1")
    assert {"@l1", "@a1", "@p1"} <= rooms(said)
    assert "@l1" in rooms(await talk.wait(minutes=12))


FIRE, LEAP = "着火了着火了！3栋", "有人要跳楼"


async def test_who_was_called_says_in_plain_words_that_they_are_there_and_that_it_is_over(talk: Talk) -> None:
    await talk.say("r1", "g1", FIRE)
    assert texts(await talk.say("w1", "g1", "到了"), "g1") == ["@王姨 【事项 1】进展：已到现场"]
    assert await talk.say("w1", "g1", "快递到了") == []
    said = await talk.say("w1", "g1", "已经灭了，没有人员伤亡")
    assert texts(said, "g1") == ["@王姨 【事项 1】已办结：已经灭了，没有人员伤亡。"]
    assert await talk.say("w1", "g1", "灭了") == []


async def test_in_private_the_police_are_asked_which_danger_they_are_at(talk: Talk) -> None:
    await talk.say("r1", "g1", FIRE)
    await talk.say("r3", "g2", LEAP)
    said = texts(await talk.say("p1", None, "已到现场"), "@p1")
    assert said[0].startswith("您说的是哪一件？") and "“进展 1 已到现场”" in said[0]
    assert texts(await talk.say("p1", None, "2 到了"), "g2") == ["@孙丽 【事项 2】进展：已到现场"]


async def test_others_words_about_it_end_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", FIRE)
    assert await talk.say("r2", "g1", "到了") == []
    assert "已办结" not in "".join(texts(await talk.say("r2", "g1", "火已经灭了"), "g1"))


@pytest.mark.parametrize("words", ["里面还有人", "还有人在里面！", "楼上还有两个老人", "我妈没跑出来"])
async def test_who_is_still_in_it_is_told_to_those_on_their_way(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", FIRE)
    for speaker in ("r1", "r2"):
        assert "又说" in texts(await talk.say(speaker, "g1", words), "@w1")[0]


async def test_what_only_sounds_so_calls_nobody(talk: Talk) -> None:
    await talk.say("r1", "g1", FIRE)
    assert texts(await talk.say("r2", "g1", "里面有人吗"), "@w1") == []
    assert texts(await talk.say("r4", "g3", "还有人在里面种菜"), "@p1") == []


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ("河边捞上来一个老人 穿黑棉袄 好像没气了", True),
        ("俺们这边河里捞上来一个老头", True),
        ("河里捞上来一个老人，没事了", False),
        ("池塘里捞上来个小孩的鞋", False),
        ("刚从水库救上来一个孩子，没有呼吸", True),
        ("听说去年河里捞上来一个人，没气了", False),
        ("我捞上来一条大鱼，没动静了", False),
    ],
)
async def test_who_is_pulled_out_lifeless_may_be_saved(talk: Talk, words: str, called: bool) -> None:
    said = await talk.say("r4", "g3", words)
    assert ({"g3", "@w3", "@p1"} <= rooms(said)) == called
    assert not called or "120" in texts(said, "g3")[0]
