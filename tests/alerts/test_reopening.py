"""A wrong end is taken back: whoever heard of it hears that the search goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.gateways.protocol import Refused
from handlers.alerts.reopening import goes_on
from handlers.ports import EventKind
from storage.matters import Alert, AlertState
from storage.outbox import Sort
from tests.alerts.town import GRANDPA, MOTHER, TOWN_ROOMS, breaking, heard, paced, the_alert
from tests.harness import Talk, rooms, texts, words_of


async def confirmed(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)


@pytest.mark.parametrize(
    ("ender", "end", "person", "room", "words"),
    [
        ("w1", "误报 M1", "r1", "g1", "怎么撤了？人还没找到啊！"),
        ("w1", "误报 M1", "r1", None, "还没找到"),
        ("w1", "误报 M1", "w1", None, "还没找到 M1"),
        ("w1", "找到 M1", "w1", None, "没找到，发错了"),
        ("w1", "找到 M1", "r1", "g1", "我爸还没回来，继续找"),
        ("r1", "撤销 M1", "t1", None, "还没找到 M1"),
    ],
)
async def test_everybody_hears_that_it_goes_on(
    talk: Talk, ender: str, end: str, person: str, room: str | None, words: str
) -> None:
    await confirmed(talk)
    await talk.say(ender, None, end)
    said = await talk.say(person, room, words)
    alert = await the_alert(talk)
    assert (alert.state, alert.ended_at) == (AlertState.CONFIRMED, None)
    assert rooms(said) >= TOWN_ROOMS
    assert all(len(words_of(said, one)) == 1 for one in rooms(said))
    for one in TOWN_ROOMS:
        assert "还没有找到，请继续留意" in texts(said, one)[0] and "灰夹克" in texts(said, one)[0]
    said = await talk.say("r1", None, "找到 M1")
    assert rooms(said) >= TOWN_ROOMS
    assert all(len(words_of(said, one)) == 1 for one in rooms(said))
    assert await talk.wait(hours=2) == []


async def test_what_nobody_had_confirmed_is_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "误报 M1")
    said = await talk.say("r1", "g1", "还没找到 M1")
    assert rooms(said) == {"g1", "@w1"}
    assert "请您核实" in texts(said, "@w1")[0]
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert {"@l1", "@a1"} <= rooms(await talk.wait(minutes=3))
    assert rooms(await talk.say("w1", None, "确认")) >= TOWN_ROOMS


async def test_who_may_not_hears_who_may(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", None, "误报 M1")
    assert "请报事的家人或网格员发“还没找到 M1”" in texts(await talk.say("r2", None, "怎么撤了？"), "@r2")[0]
    assert "还没找到 M1" in texts(await talk.say("r2", "g1", "还没找到 M1"), "g1")[0]
    assert await talk.say("r2", "g1", "人还没找到啊") == []
    assert "还没找到 M1" in texts(await talk.say("w1", None, "确认 M1"), "@w1")[0]
    assert (await the_alert(talk)).state == AlertState.FALSE


async def test_days_later_it_is_reported_anew(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", None, "找到 M1")
    await talk.wait(hours=80)
    assert "重新报一次" in texts(await talk.say("r1", "g1", "还没找到 M1"), "g1")[0]
    assert await talk.say("r1", "g1", "还没找到") == []
    assert (await the_alert(talk)).state == AlertState.FOUND


async def test_hours_after_their_own_word_the_family_is_asked_for_the_number(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "找到了")
    await talk.wait(hours=5)
    assert "还没找到 M1" in texts(await talk.say("r1", "g1", "还没找到呢"), "g1")[0]
    assert (await the_alert(talk)).state == AlertState.FOUND


async def test_missing_again_is_a_new_report(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "找到了")
    await talk.wait(hours=20)
    await talk.say("r1", "g1", "我爸今早7点从柳树巷出去又走丢了，穿黑棉袄，还没回来")
    states = await talk.rows(select(Alert.state).order_by(col(Alert.id)))
    assert states == [AlertState.FOUND, AlertState.UNCONFIRMED]


async def test_while_another_is_sought_the_words_are_of_that_one(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", None, "找到 M1")
    await talk.say("r2", "g1", MOTHER)
    await talk.say("r1", "g1", "人还没找到啊")
    assert (await the_alert(talk)).state == AlertState.FOUND


async def test_who_did_not_hear_that_it_goes_on_hears_no_second_end(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", None, "误报 M1")
    whole = talk.replay.gateway.send_text
    breaking(talk, "g3", Refused)
    await talk.say("r1", "g1", "还没找到 M1")
    talk.replay.gateway.send_text = whole  # type: ignore[method-assign]
    assert rooms(await talk.say("w1", None, "找到 M1")) & TOWN_ROOMS == {"g1", "g2"}


async def test_taken_back_before_all_heard_of_the_end(tmp_path: Path) -> None:
    talk = await paced(tmp_path, 60)
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=2)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=2)
    await talk.say("w1", None, "误报 M1")
    await talk.wait(minutes=1)
    await talk.say("w1", None, "还没找到 M1")
    await talk.wait(minutes=20)
    assert len(await heard(talk, 1, Sort.ALERT)) == 3  # the card goes on to those who had not got it
    await talk.say("w1", None, "找到 M1")
    await talk.wait(minutes=30)
    last = {one.room: one.text for one in talk.outputs if one.room in TOWN_ROOMS and not one.image}
    assert all("好消息" in text for text in last.values())
    assert len(last) == 3
    await talk.close()


@pytest.mark.parametrize("words", ["还在找", "不要撤，还在找", "不是", "人还没找到，继续找"])
async def test_after_a_recall_one_word_goes_on(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA, id="report")
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "report")
    assert "回“还在找”" in texts(said, "@r1")[0]
    said = await talk.say("r1", None, words)
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert "请您核实" in texts(said, "@w1")[0]


async def test_after_a_recall_a_confirmed_one_goes_on_too(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA, id="report")
    await talk.say("w1", None, "确认 M1")
    await talk.happen(EventKind.RECALLED, "r1", "g1", "report")
    assert "继续" in texts(await talk.say("r1", None, "不要撤，还在找"), "@r1")[0]
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


@pytest.mark.parametrize("words", ["我家猫还没找到", "钥匙没找到", "找到了吗", "还没吃饭", "他没回来我就先走了"])
def test_what_is_of_something_else(words: str) -> None:
    assert not goes_on(words)


@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize(
    "words", ["怎么是误报？我妈真的走丢了", "不是误报，人真的不见了", "谁说是误报！我妈确实走丢了啊"]
)
async def test_a_family_that_says_it_was_no_false_alarm_opens_no_second_one(
    talk: Talk, room: str | None, words: str
) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，红棉袄，上午9点从柳树巷出去的")
    await talk.say("w1", None, "误报 M1")
    said = await talk.say("r1", room, words)
    assert "请您核实" in texts(said, "@w1")[0]
    (alert,) = await talk.rows(select(Alert))
    assert alert.state == AlertState.UNCONFIRMED


@pytest.mark.parametrize("words", ["怎么是误报？", "为什么算误报", "这不是误报"])
async def test_who_only_asks_why_it_was_one_hears_how_it_goes_on(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，红棉袄，上午9点从柳树巷出去的")
    await talk.say("w1", None, "误报 M1")
    assert "还没找到 M1" in texts(await talk.say("r1", "g1", words), "g1")[0]
    assert await talk.say("r2", "g1", words) == []


async def test_who_was_found_is_somebody_else(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，王秀兰，72岁，红外套，早上8点从菜市场走的")
    await talk.say("w1", None, "确认")
    await talk.say("r1", "g1", "找到了，谢谢大家")
    assert await talk.say("r2", "g1", "不是我妈，认错了") == []
    said = texts(await talk.say("r1", "g1", "不是我妈，认错了"), "g2")
    assert said[0].startswith("【寻人 M1】还没有找到，请继续留意")
