"""A missing person, from the first word to everyone knowing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.agenda import AuditEntry, DueItem, Question
from storage.matters import Alert, AlertState, Sighting
from tests.alerts.town import CLUE, GRANDPA, MOTHER, TOWN_ROOMS, balanced, the_alert
from tests.harness import Talk, rooms, texts


async def test_from_report_to_found(talk: Talk) -> None:
    said = await talk.say("r1", "g1", GRANDPA)
    assert rooms(said) == {"g1", "@w1"}
    (answer,) = (one for one in said if one.room == "g1")
    assert answer.ref == "M1.1"
    assert answer.mentions == ("r1",)
    for words in ("【寻人 M1】", "72岁", "灰夹克", "柳树巷", "110", "不用等 24 小时", "网格员小耿", "近照"):
        assert words in answer.text
    said = await talk.say("w1", None, "确认 M1")
    cards = [one for one in said if one.ref == "M1.3" and not one.image]
    assert {one.room for one in cards} == TOWN_ROOMS
    assert all("13900002210" in one.text and "0900-0002001" in one.text for one in cards)
    assert any("正在发 3 个群" in text for text in texts(said, "g1"))
    assert {one.room for one in said if one.image} == TOWN_ROOMS  # four facts are enough for a poster
    said = await talk.wait(minutes=2)
    assert texts(said, "g1") == ["@王姨 【寻人 M1】已发到 3 个群。有线索我马上转到这里。"]
    said = await talk.say("r4", "g3", CLUE)
    assert rooms(said) == {"g3", "g1", "@w1"}
    assert "菜市场北门" in texts(said, "g1")[0]
    assert len(texts(said, "g3")) == 1
    said = await talk.say("w1", "g1", "找到 M1 在老粮站，人没事")
    assert rooms(said) == TOWN_ROOMS
    assert "在老粮站，人没事" in texts(said, "g1")[0]
    assert all("13900002210" not in one.text and "老粮站" not in one.text for one in said if one.room != "g1")
    assert await balanced(talk)
    assert (await the_alert(talk)).state == AlertState.FOUND
    left = {one for one in await talk.rows(select(DueItem.kind)) if one.startswith("alert.")}
    assert left == {"alert.call_back", "alert.monthly"}
    assert await talk.wait(hours=2) == []


async def test_every_decision_leaves_a_trace(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", CLUE)
    await talk.say("r1", "g1", "找到 M1")
    actions = await talk.rows(select(AuditEntry.action).where(AuditEntry.ref == "M1").order_by(AuditEntry.id))
    assert actions == ["alert.open", "alert.wanted", "alert.confirm", "alert.sighting", "alert.found"]


async def test_a_report_in_private_reaches_worker_and_town(talk: Talk) -> None:
    await talk.say("r1", "g1", "大家早上好")  # seen in this group, so the area is known
    said = await talk.say("r1", None, MOTHER)
    assert rooms(said) == {"@r1", "@w1"}
    said = await talk.say("w1", None, "确认")
    assert {one.room for one in said} == {*TOWN_ROOMS, "@r1", "@w1"}
    await talk.say("r1", None, "找到 M1")
    assert await balanced(talk)


async def test_what_a_family_adds_is_told_once(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert await talk.say("r1", "g1", "他叫王建国") == []
    assert await talk.say("r1", "g1", "骑个红三轮，没带手机") == []
    said = await talk.wait(seconds=40)
    assert len(texts(said, "g1")) == 1
    assert "王建国" in texts(said, "g1")[0]
    assert "王建国" in texts(said, "@w1")[0]
    alert = await the_alert(talk)
    assert (alert.name, alert.age) == ("王建国", 72)
    assert len(await talk.rows(select(Alert))) == 1


async def test_facts_in_small_pieces_while_a_place_is_asked_for(talk: Talk) -> None:
    for words in ("我爸走丢了", "72岁，穿灰夹克", "13900002210"):
        await talk.say("r1", "g1", words)
    alert = await the_alert(talk)
    assert (alert.age, alert.clothes, alert.phone, alert.place) == (72, "灰夹克", "13900002210", "")
    await talk.wait(minutes=1)
    await talk.say("r1", "g1", "王建国")
    await talk.say("r1", "g1", "老粮站")
    alert = await the_alert(talk)
    assert (alert.name, alert.place) == ("王建国", "老粮站")


async def test_a_correction_after_confirmation_goes_to_all_rooms_once(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)
    await talk.say("r1", "g1", "不是灰夹克，是蓝色棉袄", quote="M1.1")
    said = await talk.wait(minutes=1)
    assert rooms(said) == TOWN_ROOMS
    assert all("更新" in one.text and "蓝色棉袄" in one.text for one in said)
    await talk.say("w1", "g1", "找到 M1")
    assert await balanced(talk)


async def test_the_same_report_twice_is_one_alert(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert await talk.say("r1", "g1", "我爸到现在还没回来，谁看见了帮忙打个电话") == []
    await talk.say("r2", "g1", "老王家大爷走丢了，72岁，穿灰夹克，柳树巷走的")
    assert len(await talk.rows(select(Alert))) == 1


async def test_two_people_are_two_alerts(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r4", "g3", "我家孩子丢了，6岁男孩，蓝校服，二中门口走散的")
    assert [one.age for one in await talk.rows(select(Alert).order_by(Alert.id))] == [72, 6]
    await talk.say("w1", None, "确认 M1")
    await talk.say("w3", None, "确认 M2")
    said = await talk.say("r3", "g2", CLUE)
    assert rooms(said) == {"g2", "g1", "@w1"}
    await talk.say("w3", None, "找到 M2")
    assert (await the_alert(talk, 1)).state == AlertState.CONFIRMED
    assert await balanced(talk, 2)


async def test_the_same_message_delivered_twice_counts_once(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA, id="same")
    assert await talk.say("r1", "g1", GRANDPA, id="same") == []
    assert len(await talk.rows(select(Alert))) == 1


async def test_other_towns_hear_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w1", None, "找到 M1")
    await talk.wait(hours=1)
    assert "g4" not in rooms(talk.outputs)


async def test_a_picture_and_a_location_of_the_reporter_become_facts(talk: Talk, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from PIL import Image

    Image.new("RGB", (300, 400), (200, 150, 120)).save(tmp_path / "dad.jpg")
    await talk.say("r1", "g1", MOTHER)
    await talk.say("r1", "g1", "", image=tmp_path / "dad.jpg", type="picture")
    await talk.locate("r1", "g1", "老粮站")
    alert = await the_alert(talk)
    assert alert.place == "老粮站"
    assert alert.picture_id is not None
    said = await talk.say("w1", None, "确认 M1")
    assert {one.room for one in said if one.image} == TOWN_ROOMS


@pytest.mark.parametrize("words", ["别发电话", "别公开电话"])
async def test_the_phone_stays_hidden_when_the_family_says_so(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", words)
    said = await talk.say("w1", None, "确认 M1")
    assert all("13900002210" not in one.text for one in said if one.room in TOWN_ROOMS)
    assert "13900002210" in (await the_alert(talk)).phone


@pytest.mark.parametrize("words", ["别发我电话了，骗子老打", "不要把我的手机号发出去"])
async def test_hiding_it_later_is_answered_once_and_disturbs_no_group(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)
    said = [*await talk.say("r1", "g1", words), *await talk.wait(minutes=2)]
    assert [one.room for one in said] == ["g1"] and "不写电话" in said[0].text
    assert not (await the_alert(talk)).share_phone


async def test_chat_and_pets_open_nothing(talk: Talk) -> None:
    for words in ("我家金毛丢了，谁看见说一声", "昨晚那个失踪的电影真好看", "找人修下马桶，今天能来最好"):
        await talk.say("r1", "g1", words)
    assert await talk.rows(select(Alert)) == []


async def test_the_worker_may_report_with_a_command(talk: Talk) -> None:
    said = await talk.say("w1", None, "寻人 王秀英 女 78岁 紫色外套 今早8点从老粮站走的")
    assert rooms(said) >= TOWN_ROOMS
    alert = await the_alert(talk)
    assert (alert.state, alert.name, alert.age) == (AlertState.CONFIRMED, "王秀英", 78)
    assert await talk.rows(select(Question)) == []
    said = await talk.say("r1", "g1", "寻人")
    assert "王秀英" in texts(said, "g1")[0]
    said = await talk.say("r3", "g2", "查 M1")
    assert "还在找" in texts(said, "g2")[0]
    await talk.say("w1", None, "找到 M1")
    assert await balanced(talk)


async def test_a_resident_may_report_with_a_command_too(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "寻人 小明 男 6岁 蓝校服")
    assert rooms(said) == {"g1", "@w1"}
    alert = await the_alert(talk)
    assert (alert.state, alert.name, alert.sex) == (AlertState.UNCONFIRMED, "小明", "男")


async def test_status_answers_at_any_time(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("r3", "g2", "查 M1")
    assert "等网格员核实" in texts(said, "g2")[0]
    assert "13900002210" not in texts(said, "g2")[0]
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("w2", None, "查 M1")
    assert "已到 3 个群" in texts(said, "@w2")[0]
    await talk.say("w1", None, "误报 M1")
    said = await talk.say("r3", "g2", "查M1")
    assert "不属实" in texts(said, "g2")[0]
    said = await talk.say("r3", "g2", "查 M9")
    assert "没有" in texts(said, "g2")[0]


async def test_a_clue_is_kept_with_place_and_time(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", CLUE)
    assert await talk.say("r4", "g3", CLUE) == []
    (clue,) = await talk.rows(select(Sighting))
    assert (clue.alert_id, clue.place) == (1, "菜市场北门")
    assert clue.seen_at is not None


async def test_who_called_the_bot_first_called_nobody_by_its_name(talk: Talk) -> None:
    await talk.say("r1", "g1", "@格格")
    await talk.say("r1", "g1", "@格格 在吗")
    said = await talk.say("r1", "g1", "我爸72岁早上8点从柳树巷走丢了，灰夹克")
    assert all("@格格" not in one.text for one in said)
    assert "原话：我爸72岁早上8点从柳树巷走丢了，灰夹克\n" in texts(said, "@w1")[0]
    assert (await the_alert(talk)).name == ""
