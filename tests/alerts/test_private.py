"""What the family says to the bot alone of whom it has looked for in its group."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from handlers.ports import AlertRules, Rules
from storage.matters import AlertState
from tests.alerts.town import GRANDPA, TOWN_ROOMS, the_alert
from tests.harness import Talk, rooms, texts


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (300, 400), (200, 150, 120)).save(path)
    return path


@pytest.mark.parametrize("minutes", [0, 40])
@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_photo_is_taken_in_however_late(talk: Talk, photo: Path, minutes: int, confirmed: bool) -> None:
    await talk.say("r1", "g1", GRANDPA)
    if confirmed:
        await talk.say("w1", None, "确认")
    await talk.wait(minutes=minutes)
    said = await talk.say("r1", None, "", image=photo, type="picture")
    assert texts(said, "@r1") == ["【寻人 M1】记下了：照片，加到寻人消息里。"]
    assert (await the_alert(talk)).picture_id is not None
    if confirmed:
        assert {one.room for one in await talk.wait(minutes=1) if one.image} >= TOWN_ROOMS


@pytest.mark.parametrize("minutes", [0, 40])
@pytest.mark.parametrize("words", ["他叫王大山", "我爸叫王大山", "老人叫王大山"])
async def test_a_name_is_added_however_late(talk: Talk, words: str, minutes: int) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=minutes)
    assert texts(await talk.say("r1", None, words), "@r1") == ["【寻人 M1】记下了：姓名，加到寻人消息里。"]
    assert (await the_alert(talk)).name == "王大山"
    said = await talk.wait(minutes=1)
    assert {one.room for one in said if "王大山" in one.text} >= TOWN_ROOMS


@pytest.mark.parametrize("words", ["我哥叫李强", "我叫李强"])
async def test_the_name_of_somebody_else_is_not_added(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", None, words)
    assert (await the_alert(talk)).name == ""


async def test_what_is_told_in_the_private_report_is_answered_once(talk: Talk) -> None:
    await talk.say("r1", None, GRANDPA)
    assert await talk.say("r1", None, "他叫王大山") == []
    assert len(texts(await talk.wait(minutes=1), "@r1")) == 1
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=2)
    assert texts(await talk.say("r1", None, "打错了，是62岁不是72岁"), "@r1") == [
        "【寻人 M1】记下了：年龄，加到寻人消息里。"
    ]
    assert "@r1" not in rooms(await talk.wait(minutes=2))


@pytest.mark.parametrize(
    "words", ["找得怎么样了", "有人看到吗", "还没找到吗", "还没消息吗", "有人看见我爸吗", "有线索吗"]
)
async def test_whoever_asks_how_it_goes_hears_the_state(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert texts(await talk.say("r1", None, words), "@r1") == ["【寻人 M1】等网格员核实，请先不要转发。"]
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=40)
    (answer,) = texts(await talk.say("r1", None, words), "@r1")
    assert answer.startswith("【寻人 M1】还在找。")
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


async def test_a_family_that_wants_no_one_to_know_is_asked_before(talk: Talk) -> None:
    said = await talk.say("r1", None, "我儿子三天没回家了，22岁，电话关机，不想让邻居知道")
    assert "请先私下问家人" in texts(said, "@w1")[0]
    assert "会先问您" in texts(said, "@r1")[0] and "大家先帮着留意" not in texts(said, "@r1")[0]
    said = await talk.say("w1", None, "确认")
    assert rooms(said) == {"@w1"} and "再回一次“确认 M1”" in said[0].text
    said = await talk.say("w1", None, "确认")
    assert rooms(said) >= TOWN_ROOMS and not any("邻居知道" in one.text for one in said)


@pytest.mark.parametrize("words", ["先别发群里，别让她同学知道", "别声张"])
async def test_that_wish_may_come_later(talk: Talk, words: str) -> None:
    await talk.say("r2", "g1", "我女儿14岁离家出走了，昨晚从家里走的，穿白色羽绒服")
    said = await talk.say("r2", "g1", words)
    assert "请先私下问家人" in texts(said, "@w1")[0] and "您同意了才发" in texts(said, "g1")[0]
    for _ in range(2):
        await talk.say("w1", None, "确认 M1")
    assert "收不回来" in texts(await talk.say("r2", "g1", words), "g1")[0]


async def test_against_the_familys_wish_nothing_goes_out_by_itself(tmp_path: Path) -> None:
    rules = Rules(alerts=AlertRules(auto_after_minutes=5))
    talk = await Talk(tmp_path, rules).open()
    await talk.say("r1", "g1", "我女儿14岁离家出走了，昨晚从家里走的，穿白色羽绒服，别让她同学知道")
    assert "g3" not in rooms(await talk.wait(minutes=30))
    await talk.close()
