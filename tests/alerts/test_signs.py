"""Signs of a fake are shown to whoever is to confirm it, and stop nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.inbox import InboxEvent, digest
from tests.alerts.town import FORWARDED, GRANDPA, MOTHER, the_alert
from tests.harness import Talk, rooms, texts

FAKE = "【紧急扩散】寻人启事：张小宝，从北京走失，家人跪求转发，重金酬谢10万元，电话 400-123-4567"


async def test_each_sign_says_what_was_seen(talk: Talk) -> None:
    asked = texts(await talk.say("r4", "g3", FAKE), "@w3")[0]
    for sign in ("“紧急扩散”", "没说年龄、长相、穿着", "没有本地的地名", "400-123-4567"):
        assert sign in asked
    said = await talk.say("w3", None, "确认 M1")
    assert "g3" in rooms(said)  # it stops nothing


async def test_an_appeal_of_years_ago_shows_its_year(talk: Talk) -> None:
    old = "请大家帮忙扩散！李小宝，男，5岁，2014年5月出生，红色上衣，于2019年3月5日在万达广场走失，电话13800138000"
    asked = texts(await talk.say("r1", "g1", old), "@w1")[0]
    assert "最后看到：2019年3月5日" in asked and "写的是 2019 年的事" in asked


@pytest.mark.parametrize("words", [GRANDPA, MOTHER, GRANDPA + ",重谢,求转发", GRANDPA + ",或+86 13900000001"])
async def test_a_familys_own_words_show_none(talk: Talk, words: str) -> None:
    assert "请先看一眼" not in texts(await talk.say("r1", "g1", words), "@w1")[0]


@pytest.mark.parametrize("number", ["400-820-1234", "96110", "+852 1234 5678", "0085212345678", "16899999"])
async def test_numbers_that_are_no_familys(talk: Talk, number: str) -> None:
    said = await talk.say("r1", "g1", f"我爸早上9点从柳树巷出去没回来,72岁,灰夹克,看到打 {number}")
    assert "不是普通的手机或座机" in texts(said, "@w1")[0]


@pytest.mark.parametrize("groups", [1, 2, 3])
async def test_the_same_words_in_many_groups(talk: Talk, groups: int) -> None:
    for who, room in (("r5", "g4"), ("r4", "g3"))[: groups - 1]:
        await talk.say(who, room, f" {FORWARDED}！！")
    await talk.wait(hours=2)  # the chat's own words are gone by then
    said = await talk.say("r1", "g1", FORWARDED.replace("，", ", "))
    seen = "".join(one.text for one in said)
    assert ("在 3 个群出现过" in seen) is (groups == 3)


def test_a_digest_knows_words_by_their_letters_only() -> None:
    assert digest(FORWARDED) == digest(f"{FORWARDED.replace('，', ' , ')}！")
    assert digest(FORWARDED) != digest(FORWARDED.replace("张三", "李四"))
    assert digest("我爸没回来") == ""


async def test_only_what_somebody_said_at_length_has_a_digest(talk: Talk) -> None:
    await talk.say("r1", "g1", "早")
    await talk.say("r1", "g1", GRANDPA)
    assert [bool(one.digest) for one in await talk.rows(select(InboxEvent).order_by(InboxEvent.id))] == [False, True]


async def test_the_family_is_warned_of_ransom_callers_once_and_alone(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert "@r1" not in rooms(await talk.wait(minutes=2))
    await talk.say("w1", None, "确认 M1")
    said = await talk.wait(hours=5)  # the circle grows meanwhile
    warnings = [one for one in said if "验证码" in one.text]
    assert [one.room for one in warnings] == ["@r1"]
    assert "13900002210" not in warnings[0].text


async def test_a_worker_who_relayed_it_is_to_pass_the_warning_on(talk: Talk) -> None:
    await talk.say("w1", None, "寻人 王秀英 女 78岁 紫外套 早上8点从老粮站走的")
    said = await talk.wait(minutes=2)
    assert (await the_alert(talk)).name == "王秀英"
    assert "请转告家人" in next(one.text for one in said if "验证码" in one.text)
