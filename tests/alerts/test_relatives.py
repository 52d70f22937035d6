"""Facts from several relatives, and reports that a worker passes on."""

from __future__ import annotations

import pytest

from storage.matters import AlertState
from tests.alerts.town import TOWN_ROOMS, the_alert
from tests.harness import Talk, rooms, texts

FATHER = "我爸早上9点从柳树巷出去没回来,72岁,灰夹克,电话13900000001"


async def test_another_relative_fills_gaps_and_overwrites_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", FATHER)
    await talk.say("r2", "g1", "我爸王大山早上9点从柳树巷走丢了,72岁,蓝夹克,黑布鞋,电话13900000002")
    one = await the_alert(talk)
    assert (one.name, one.phone) == ("王大山", "13900000001")
    assert "黑布鞋" in one.clothes
    assert "蓝" not in one.clothes


async def test_who_puts_the_family_right_is_put_to_the_worker(talk: Talk) -> None:
    await talk.say("r1", "g1", "俺爹不见了，晌午从柳树巷走嘞，74，穿黑袄")
    said = await talk.say("r2", "g1", "不是黑袄，是蓝棉袄，俺爹今年76了")
    assert "和报事的家人说的不一样" in texts(said, "@w1")[0]
    assert (await the_alert(talk)).clothes == "黑袄"
    await talk.say("r1", "g1", "对，蓝棉袄")
    assert (await the_alert(talk)).clothes == "蓝棉袄"


@pytest.mark.parametrize("words", ["嗯，76岁", "是的，76岁了", "我再问了一下，是76岁", "看了监控，76岁的样子"])
async def test_a_fact_after_a_yes_or_how_it_is_known_is_a_fact(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "俺爹不见了，晌午从柳树巷走嘞，穿黑袄")
    await talk.say("r1", "g1", words)
    assert (await the_alert(talk)).age == 76


async def test_after_the_confirmation_nobody_else_puts_a_phone_on_the_card(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸早上9点从柳树巷出去没回来,72岁,灰夹克")
    await talk.say("w1", None, "确认 M1")
    await talk.say("r2", "g1", "我爸早上9点从柳树巷走丢了,72岁,灰夹克,电话13900000002")
    assert not (await the_alert(talk)).phone


@pytest.mark.parametrize("room", ["g1", None])
async def test_a_worker_relays_a_report_for_somebody_offline(talk: Talk, room: str | None) -> None:
    said = await talk.say("w1", room, "代报 寻人 王秀英 女 78岁 紫外套 早上8点从柳树巷走的 家属电话13900000099")
    assert rooms(said) >= TOWN_ROOMS
    one = await the_alert(talk)
    assert (one.state, one.name, one.phone) == (AlertState.CONFIRMED, "王秀英", "13900000099")


async def test_a_relayed_report_without_a_number_is_sent_and_the_number_asked_for(talk: Talk) -> None:
    said = await talk.say("w1", None, "代报 寻人 王秀英 女 78岁 紫外套 早上8点从柳树巷走的")
    assert rooms(said) >= TOWN_ROOMS
    assert any("还差家属电话" in text for text in texts(said, "@w1"))
    await talk.say("w1", None, "13900000099")
    assert (await the_alert(talk)).phone == "13900000099"


async def test_who_told_it_is_not_who_is_sought(talk: Talk) -> None:
    await talk.say("w1", None, "代报 3栋老李家儿媳妇说老李不见了，70岁，灰外套，早上买菜没回来，电话13912345678")
    one = await the_alert(talk)
    assert (one.name, one.sex, one.age, one.place) == ("老李", "", 70, "")


@pytest.mark.parametrize(
    ("who", "words", "answer"),
    [("w1", "代报", "请这样写"), ("w1", "代报 你好", "请这样写"), ("r1", "代报 寻人 王秀英 78岁", "没有改动")],
)
async def test_what_is_not_relayed(talk: Talk, who: str, words: str, answer: str) -> None:
    said = await talk.say(who, None, words)
    assert rooms(said) == {f"@{who}"}
    assert answer in said[0].text
