"""A family that sends the photo first and the words after."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from handlers.ports import MessageType
from tests.alerts.town import GRANDPA, the_alert
from tests.harness import Talk, texts


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "father.jpg"
    Image.new("RGB", (300, 400), (20, 150, 120)).save(path)
    return path


@pytest.mark.parametrize("room", ["g1", None])
async def test_the_photo_before_the_report_is_the_familys(talk: Talk, photo: Path, room: str | None) -> None:
    await talk.say("r1", room, "", image=photo, type=MessageType.PICTURE)
    said = await talk.say("r1", room, GRANDPA)
    assert (await the_alert(talk)).picture_id is not None
    (answer,) = texts(said, room or "@r1")
    assert "照片带上了" in answer and "近照" not in answer
    assert any(one.image for one in said if one.room == "@w1"), "who confirms sees it"
    assert not any(one.image for one in said if one.room == "g1")
    said = await talk.say("w1", None, "确认")
    assert {one.room for one in said if one.image} == {"g1", "g2", "g3"}


async def test_who_confirms_sees_a_photo_that_comes_after_the_report(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "", image=photo, type=MessageType.PICTURE)
    said = await talk.wait(minutes=1)
    assert {one.room for one in said if one.image} == {"@w1"}


@pytest.mark.parametrize(("who", "minutes"), [("r2", 0), ("r1", 5)])
async def test_anothers_photo_and_an_older_one_are_not(talk: Talk, photo: Path, who: str, minutes: int) -> None:
    await talk.say(who, "g1", "", image=photo, type=MessageType.PICTURE)
    talk.now += timedelta(minutes=minutes)
    await talk.say("r1", "g1", GRANDPA)
    assert (await the_alert(talk)).picture_id is None


@pytest.mark.parametrize("words", ["不是这张 发错了", "照片发错了", "这张不对", "发错了", "不好意思弄错了"])
async def test_the_wrong_photo_goes_on_no_card(talk: Talk, photo: Path, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "", image=photo, type=MessageType.PICTURE)
    said = await talk.say("r1", "g1", words)
    assert "请换一张" in texts(said, "g1")[0]
    assert (await the_alert(talk)).picture_id is None
    await talk.say("r1", "g1", "", image=photo, type=MessageType.PICTURE)
    assert (await the_alert(talk)).picture_id is not None


@pytest.mark.parametrize("words", ["这张桌子谁的", "不是这样"])
async def test_what_speaks_of_no_photo_drops_none(talk: Talk, photo: Path, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "", image=photo, type=MessageType.PICTURE)
    await talk.say("r1", "g1", words)
    assert (await the_alert(talk)).picture_id is not None
