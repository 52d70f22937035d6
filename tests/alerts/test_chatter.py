"""What a family says while it looks: only what is about the missing person changes the card."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Alert, AlertState
from tests.alerts.town import the_alert
from tests.harness import Talk, texts

REPORT = "我爸早上9点从柳树巷出去没回来，72岁，灰夹克"


async def facts(talk: Talk) -> tuple[object, ...]:
    alert = await the_alert(talk)
    return alert.sex, alert.age, alert.clothes, alert.place, alert.seen_at, alert.state


@pytest.mark.parametrize(
    "line",
    [
        "我穿红衣服，在北门等大家",
        "我哥穿白衬衫开黑色轿车在二中找",
        "12",
        "我今年45了，我去找找",
        "我下午3点去派出所",
        "我在菜市场这边找，谁能去二中那边",
        "找到了请联系我",
        "他的鞋子在河边找到了",
        "我回来了,没找到",
        "我到家了,还是没人",
        "我妈回来了,说没看见",
        "我妹回来了,她也没看到",
        "找到了再告诉大家",
        "找到了线索",
        "找到了一个目击者",
        "我妈找到了我爸的手机",
    ],
)
@pytest.mark.parametrize("confirmed", [False, True])
async def test_talk_about_the_search_changes_nothing(talk: Talk, line: str, confirmed: bool) -> None:
    await talk.say("r1", "g1", REPORT)
    if confirmed:
        await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    before = await facts(talk)
    said = await talk.say("r1", "g1", line)
    said += await talk.wait(minutes=1)
    assert await facts(talk) == before
    assert len(await talk.rows(select(Alert))) == 1
    assert not [text for text in texts(said, "g2") if "更新" in text or "好消息" in text]


async def test_who_somebody_is_changes_only_with_a_word_of_correction(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r1", "g1", "他75岁，身高一米七")
    alert = await the_alert(talk)
    assert (alert.age, alert.height_cm) == (72, 170)
    await talk.say("r1", "g1", "打错了是75岁")
    assert (await the_alert(talk)).age == 75


async def test_a_later_place_takes_the_place_of_an_earlier_one(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r1", "g1", "最后看到是在老粮站")
    assert (await the_alert(talk)).place == "老粮站"


async def test_words_that_may_mean_found_are_asked_about(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    said = await talk.say("r1", "g1", "我爸在老粮站被人看到了，我过去接")
    assert not texts(said, "g2")
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    if any("人找到了吗" in text for text in texts(said, "g1")):
        said = await talk.say("r1", "g1", "是")
        assert "已找到" in texts(said, "g2")[0]


async def test_the_one_who_is_found_is_the_one_that_is_said(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r1", "g1", "我妈也走丢了，70岁，红棉袄，中午从菜市场走的")
    await talk.say("r1", "g1", "我爸还没找到，我妈找到了")
    father, mother = await talk.rows(select(Alert).order_by(Alert.id))
    assert (father.state, mother.state) == (AlertState.UNCONFIRMED, AlertState.FOUND)
    assert mother.features == ""


async def test_another_relative_who_is_gone_too_is_another_alert(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸早上9点从柳树巷出去没回来")
    await talk.say("r1", "g1", "我爸到现在还没回来，急死了")
    assert len(await talk.rows(select(Alert))) == 1
    await talk.say("r1", "g1", "我弟也没回来")
    assert len(await talk.rows(select(Alert))) == 2


async def test_another_relative_who_came_back_is_asked_about(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("w1", None, "确认")
    said = await talk.say("r1", "g1", "我弟回来了")
    assert not texts(said, "g2")
    assert "人找到了吗" in texts(said, "g1")[0]


@pytest.mark.parametrize(
    ("report", "news"),
    [
        ("我爸我妈早上一起出去,到现在没回来", "我妈找到了"),
        ("我儿子和他同学一起不见了,8岁,蓝校服,二中门口走的", "同学找到了"),
    ],
)
async def test_of_two_the_one_who_is_found_does_not_end_the_search_for_the_other(
    talk: Talk, report: str, news: str
) -> None:
    await talk.say("r1", "g1", report)
    await talk.say("w1", None, "确认")
    said = await talk.say("r1", "g1", news)
    assert not texts(said, "g2")
    assert "要找的人都找到了吗" in texts(said, "g1")[0]
    assert "已找到" in texts(await talk.say("r1", "g1", "都找到了"), "g2")[0]


@pytest.mark.parametrize(
    ("person", "room", "words"),
    [
        ("w1", None, "联系不上他家里人"),
        ("w1", None, "他儿子电话打不通"),
        ("r1", "g1", "我妈急得不行\n没找到啊"),
        ("r1", "g1", "我哥手机打不通联系不上"),
        ("r2", "g1", "老爷子又走丢了?"),
    ],
)
async def test_words_that_name_nobody_beside_an_open_alert_are_no_second_one(
    talk: Talk, person: str, room: str | None, words: str
) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say(person, room, words)
    assert len(await talk.rows(select(Alert))) == 1
    await talk.say("w1", None, "确认")
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


@pytest.mark.parametrize("words", ["我妈也走丢了", "我家孩子不见了", "孩子走丢了，大家帮忙找找", "有个老太太走丢了"])
async def test_a_neighbour_who_misses_somebody_else_is_heard(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r2", "g1", words)
    assert len(await talk.rows(select(Alert))) == 2


@pytest.mark.parametrize("words", ["我妈找到了，我爸还没找到", "找到一个了，另一个还没有"])
async def test_of_two_one_is_plainly_still_sought(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "我爸我妈早上一起出去,到现在没回来")
    await talk.say("w1", None, "确认")
    said = await talk.say("r1", "g1", words)
    assert "没找到的接着找" in texts(said, "g1")[0]
    assert words in texts(said, "@w1")[0]
    assert not texts(said, "g2")
    assert "已找到" in texts(await talk.say("r1", "g1", "都找到了"), "g2")[0]
