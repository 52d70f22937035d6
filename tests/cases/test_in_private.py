"""What a reporter says in private of a matter that was told in the group, and the other way round."""

from __future__ import annotations

import pytest

from tests.harness import Talk, rooms, texts

LAMP = "3栋2单元楼道灯不亮了"
DRIPS = "楼上空调滴水滴了我一窗台，说了几次不听"


async def test_what_is_added_in_private_stays_there(talk: Talk) -> None:
    await talk.say("r2", "g1", LAMP)
    said = await talk.say("r2", None, "对了，是二楼那盏，电话13900000007")
    assert rooms(said) == {"@r2", "@w1"}
    assert "私下补充" in texts(said, "@w1")[0]
    assert "不发到群里" in texts(said, "@r2")[0]
    assert "g1" not in rooms(await talk.wait(minutes=5))


async def test_it_is_asked_after_and_taken_back_in_private(talk: Talk) -> None:
    await talk.say("r2", "g1", LAMP)
    assert texts(await talk.say("r2", None, "修好了吗"), "@r2")[0].startswith("【事项 1】")
    said = await talk.say("r2", None, "不用管了")
    assert "已撤销" in texts(said, "g1")[0]
    assert "已撤销" in texts(said, "@r2")[0]


async def test_a_mark_in_private_counts(talk: Talk) -> None:
    await talk.say("r2", "g1", LAMP)
    await talk.say("w1", None, "办结 1 换了灯泡")
    assert "重新打开" in texts(await talk.say("r2", None, "又坏了"), "@r2")[0]


async def test_a_quarrel_is_taken_back_in_private_only(talk: Talk) -> None:
    await talk.say("r3", "g2", DRIPS)
    said = await talk.say("r3", "g2", "不用管了")
    assert rooms(said) == {"@r3"}
    assert "请私聊我" in texts(said, "@r3")[0]
    assert "已撤销" in texts(await talk.say("r3", None, "不用管了"), "@r3")[0]


async def test_others_say_nothing_of_it(talk: Talk) -> None:
    await talk.say("r3", "g2", DRIPS)
    assert "已撤销" not in "".join(texts(await talk.say("r1", None, "不用管了"), "@r1"))
    await talk.say("r2", "g1", LAMP)
    assert "已撤销" not in "".join(texts(await talk.say("r1", None, "不用管了"), "@r1"))


async def test_what_waits_is_answered_once(talk: Talk) -> None:
    await talk.say("r2", "g1", LAMP)
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "挂起 1 等配件 12月1日")
    assert len(texts(await talk.say("r2", None, "还没好"), "@r2")) == 1


BURST = "3栋2单元的水管爆了，水往外喷"


async def test_a_neighbour_who_has_it_too_is_answered_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", BURST)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("r2", "g1", "我家也没水了")
    asked = await talk.say("r2", None, "几点来水")
    assert rooms(asked) == {"@r2"}
    assert texts(asked, "@r2")[0].startswith("【事项 1】")
    assert "已转告" in texts(await talk.say("r2", None, "我家到现在还没水"), "@r2")[0]
    await talk.say("w1", "g1", "办结 1 水管换好了")
    assert "已重新打开" in texts(await talk.say("r2", None, "还是没水"), "@r2")[0]


async def test_who_has_another_matter_hears_nothing_of_it(talk: Talk) -> None:
    await talk.say("r1", "g1", BURST)
    assert "【事项 1】" not in "".join(texts(await talk.say("r2", None, "几点来水"), "@r2"))


async def test_how_a_leak_goes_on_is_no_emergency_of_its_own(talk: Talk) -> None:
    await talk.say("r1", "g1", BURST)
    await talk.say("w1", "g1", "接单 1")
    said = await talk.say("r1", None, "水已经流到二楼了")
    assert rooms(said) == {"@r1", "@w1"}
    assert "私下补充" in texts(said, "@w1")[0]
    assert "120" in texts(await talk.say("r1", None, "电线冒火花着火了"), "@r1")[0]


@pytest.mark.parametrize(("words", "answer"), [("不用修了", "已撤销"), ("亮了", "记为已解决"), ("撤销 1", "已撤销")])
async def test_who_takes_it_back_in_private_hears_that_it_is_done(talk: Talk, words: str, answer: str) -> None:
    await talk.say("r2", None, LAMP)
    assert [one for one in texts(await talk.say("r2", None, words), "@r2") if answer in one]


@pytest.mark.parametrize("words", ["老公天天打我", "老公天天喝酒打孩子", "孩子他爸天天喝酒打人"])
async def test_who_is_beaten_at_home_hears_of_the_police_and_the_worker_how_to_go_about_it(
    talk: Talk, words: str
) -> None:
    said = await talk.say("r3", "g2", words)
    assert rooms(said) == {"@r3", "@w2"}
    assert "110" in texts(said, "@r3")[0]
    (told,) = texts(said, "@w2")
    assert told.startswith("【急】") and "别当着家里人问" in told


@pytest.mark.parametrize("words", ["老公天天打麻将", "我妈天天打我电话", "孩子天天打游戏"])
async def test_what_is_no_blow(talk: Talk, words: str) -> None:
    assert not await talk.say("r3", "g2", words)
