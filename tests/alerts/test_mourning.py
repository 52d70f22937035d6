"""A death is no good news: the end is quiet, and the reason stays with those whom it concerns."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.alerts.mourning import tells_of_death
from storage.matters import Alert, AlertState
from tests.alerts.town import GRANDPA, TOWN_ROOMS, balanced, the_alert
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize(
    ("person", "room", "words"),
    [
        ("r1", "g1", "在河里找到了，人没了"),
        ("r1", "g1", "人已经走了，不用找了"),
        ("r1", "g1", "人找到了，在河边发现的，已经没了"),
        ("w1", None, "找到 M1 已经去世了"),
        ("w1", None, "在水库找到遗体了"),
        ("w1", None, "驳回 M1 人已经去世"),
    ],
)
async def test_the_end_is_quiet(talk: Talk, person: str, room: str | None, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    said = await talk.say(person, room, words)
    assert (await the_alert(talk)).state == AlertState.DIED
    assert rooms(said) >= TOWN_ROOMS | {"@w1"}
    assert all(len(texts(said, one)) == 1 for one in rooms(said))
    for one in said:
        assert not any(word in one.text for word in ("好消息", "去世", "遗体", "河", "没了", "不成立", "帮忙！"))
    assert "到此结束，请不要再转发" in texts(said, "g3")[0]
    assert await balanced(talk)
    assert "寻人已经结束" in texts(await talk.say("r4", "g3", "查 M1"), "g3")[0]


async def test_the_bot_does_not_ask_the_family_about_it(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    said = await talk.say("r3", "g2", "找到了，在河里，人已经没了")
    assert rooms(said) == {"@w1", "@r3"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    said = await talk.say("w1", None, "是")
    assert (await the_alert(talk)).state == AlertState.DIED
    assert not [one for one in said if "好消息" in one.text]
    assert await balanced(talk)


@pytest.mark.parametrize(
    ("words", "quote"), [("这个人死了,在水库里", "M1.3"), ("那老头淹死了,在河里", None), ("河里发现一具尸体", None)]
)
async def test_a_neighbours_word_of_it_is_put_to_the_worker_alone(talk: Talk, words: str, quote: str | None) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    assert rooms(await talk.say("r4", "g3", words, quote=quote)) == {"@w1", "@r4"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    await talk.say("w1", None, "是")
    assert (await the_alert(talk)).state == AlertState.DIED
    assert await balanced(talk)


@pytest.mark.parametrize("words", ["我家老人昨天去世了", "热死人了", "听说老李头的狗死了"])
async def test_a_death_of_others_is_talk(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    assert await talk.say("r4", "g3", words) == []


@pytest.mark.parametrize("words", ["人没了", "人死了", "老人去世了", "找到遗体了"])
@pytest.mark.parametrize("person", ["w1", "p1"])
async def test_a_worker_who_tells_of_it_is_asked_whether_it_ends(talk: Talk, person: str, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    said = await talk.say(person, None, words)
    assert rooms(said) == {f"@{person}"} and "要结束寻人吗" in said[0].text
    said = await talk.say(person, None, "是")
    assert rooms(said) >= TOWN_ROOMS
    assert (await the_alert(talk)).state == AlertState.DIED
    assert await balanced(talk)


@pytest.mark.parametrize("words", ["人没了", "人死了"])
async def test_before_it_is_confirmed_the_worker_is_told_what_would_decide(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, words)
    assert rooms(said) == {"@w1"} and "误报 M1" in said[0].text
    assert len(await talk.rows(select(Alert))) == 1


async def test_a_late_word_of_it_is_asked_again_without_the_detail(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    early = talk.now
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=20)
    said = await talk.say("r1", "g1", "在河里找到了，人没了", at=early)
    assert rooms(said) == {"@r1"} and "没了" not in said[0].text
    await talk.say("r1", "g1", "是")
    assert (await the_alert(talk)).state == AlertState.DIED


@pytest.mark.parametrize(
    "words",
    [
        "找到了 没救了", "找到的时候已经不在了", "找到了，可惜已经走了", "送到医院没能抢救过来", "在水库捞上来了",
        "找到了 身子都凉了", "已经联系殡仪馆了", "老人永远离开了我们", "找到咗，死咗", "人没得了，在河头", "没挺过来",
    ],
)  # fmt: skip
def test_the_many_words_for_it(words: str) -> None:
    assert tells_of_death(words)


@pytest.mark.parametrize(
    "words",
    [
        "急死我了，终于找到了", "找到了，差点淹死", "找到了，人没死", "手机没了，人找到了", "他走了很远才找到",
        "找到了，钱包没了", "找到了，警察已经走了", "找到了，已经走到镇上了", "救援队的人已经走了", "找到了 脚都冻僵了",
        "从沟里捞上来了，还有气", "在公园发现一个老人，等我过去已经走了", "没找到，到那儿已经不在了", "吃了饭人就走了",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it(words: str) -> None:
    assert not tells_of_death(words)


async def test_the_family_s_own_word_of_a_death_ends_it_quietly_when_they_say_so(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    said = await talk.say("r1", "g1", "我爸已经去世了")
    assert rooms(said) == {"@r1"}
    assert "要结束寻人吗" in said[0].text
    said = await talk.say("r1", "g1", "是")
    assert (await the_alert(talk)).state == AlertState.DIED
    assert rooms(said) >= TOWN_ROOMS
    assert await balanced(talk)


async def test_a_worker_is_not_spoken_to_as_the_family(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    (answer,) = texts(await talk.say("w1", None, "人没了，在河里找到的"), "@w1")
    assert "请保重" not in answer and "不说原因" in answer


async def test_after_the_search_a_death_is_no_new_report(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，红外套，从柳树巷走的")
    await talk.say("w1", None, "确认")
    await talk.say("r1", "g1", "撤销 M1")
    said = await talk.say("r1", None, "人没了")
    assert rooms(said) == {"@r1"}
    assert "请保重" in "".join(texts(said, "@r1"))
    assert len(await talk.rows(select(Alert))) == 1
    await talk.say("r1", "g1", "我爸也走丢了，72岁，灰夹克，刚从柳树巷走的")
    assert len(await talk.rows(select(Alert))) == 2


@pytest.mark.parametrize("words", ["人没了", "我爸没了", "老人不在了"])
async def test_the_family_is_asked_in_private_and_the_group_hears_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    said = await talk.say("r1", "g1", words)
    assert rooms(said) == {"@r1"} and "请保重" in said[0].text and "找到" not in said[0].text
    said = await talk.say("r1", None, "是")
    assert (await the_alert(talk)).state == AlertState.DIED
    assert rooms(said) >= TOWN_ROOMS and await balanced(talk)


async def test_a_worker_who_says_so_in_the_group_is_asked_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    assert rooms(await talk.say("w1", "g1", "人没了", quote="M1.3")) == {"@w1"}


@pytest.mark.parametrize("words", ["人没了", "我爸没了"])
@pytest.mark.parametrize("end", ["撤销 M1", "找到 M1"])
async def test_after_the_end_it_is_between_the_family_and_the_bot(talk: Talk, words: str, end: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.say("r1", "g1", end)
    assert rooms(await talk.say("r1", "g1", words)) <= {"@r1"}
    said = await talk.say("w1", None, words)
    assert rooms(said) <= {"@w1"}
    assert len(await talk.rows(select(Alert))) == 1
    assert (await the_alert(talk)).state == (AlertState.DIED if end == "找到 M1" else AlertState.WITHDRAWN)


@pytest.mark.parametrize(
    ("person", "words"), [("w1", "M1 人已经没了"), ("w1", "在水库里捞上来的，人没了"), ("r1", "人没救回来")]
)
async def test_after_good_news_nobody_asks_the_family_of_the_dead_how_it_goes(
    talk: Talk, person: str, words: str
) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.say("r1", "g1", "找到 M1")
    assert rooms(await talk.say(person, None, words)) == {f"@{person}"}
    assert (await the_alert(talk)).state == AlertState.DIED
    assert "回家几天了" not in "".join(one.text for one in await talk.wait(minutes=60 * 24 * 9))


@pytest.mark.parametrize(
    ("words", "died"), [("我妈没了", True), ("我妈没了踪影", False), ("人没了音信", False), ("手机没了", False)]
)
def test_who_is_gone_without_a_trace_is_not_dead(words: str, died: bool) -> None:
    assert tells_of_death(words) == died


@pytest.mark.parametrize(
    "words", ["刚才在派出所门口一转身人没了", "又不见了！！在超市一回头人就不在了", "一不留神老人又走了"]
)
def test_who_is_out_of_sight_is_not_dead(words: str) -> None:
    assert not tells_of_death(words)


async def test_gone_again_is_where_they_were_last(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    assert await talk.say("r1", "g1", "又不见了！！刚才在派出所门口一转身人没了") == []
    said = await talk.wait(minutes=2)
    assert rooms(said) >= TOWN_ROOMS and "派出所" in texts(said, "g3")[0]


async def test_who_names_the_number_hears_of_no_other(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.say("w1", None, "找到 M1")
    (answer,) = texts(await talk.say("w1", None, "M1 人已经没了"), "@w1")
    assert "【寻人 M1】" in answer and "另一位" not in answer
    await talk.say("w1", None, "代报 寻人 孙老汉 男 81岁 黑棉袄 早上六点从老粮站走的 家属电话 13812345678")
    await talk.say("w1", None, "找到 M2")
    assert "家里要帮忙" not in texts(await talk.say("w1", None, "M2 人没了"), "@w1")[0]  # no relative of theirs
