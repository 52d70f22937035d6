"""Pictures, voices, locations, recalls, invitations, late messages, and the chat wipe."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from handlers.ports import EventKind, MessageType
from storage.inbox import DayCount, InboxEvent, InboxState, Picture
from storage.matters import Alert, AlertState, Case, CaseState
from storage.outbox import Errand
from tests.harness import NOON, Talk, rooms, texts

MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"
REPAIR = "3栋楼道灯坏了，晚上看不见，能不能来修一下"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture with EXIF in it."""
    path = tmp_path / "photo.jpg"
    image = Image.new("RGB", (3000, 2000), "navy")
    exif = image.getexif()
    exif[0x010F] = "SecretCamera"
    image.save(path, exif=exif)
    return path


async def test_a_photo_after_the_report_goes_with_the_alert(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("r1", "g1", "", image=photo, type=MessageType.PICTURE)
    (picture,) = await talk.rows(select(Picture))
    assert picture.state == "ready"
    assert b"SecretCamera" not in (picture.data or b"")
    assert max(picture.width, picture.height) <= 1600
    said = await talk.say("w1", None, "确认 M1")
    assert len({one.image for one in said if one.image}) >= 1
    assert {one.room for one in said if one.image} == {"g1", "g2", "g3"}


async def test_a_photo_that_is_none_breaks_nothing(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "fake.jpg"
    path.write_bytes(b"<html>" * 100)
    await talk.say("r1", "g1", MISSING)
    await talk.say("r1", "g1", "", image=path, type=MessageType.PICTURE)
    (picture,) = await talk.rows(select(Picture))
    assert picture.state == "failed"
    said = await talk.say("w1", None, "确认 M1")
    assert {"g1", "g2", "g3"} <= rooms(said)


async def test_an_ordinary_photo_is_not_fetched(talk: Talk, photo: Path) -> None:
    assert await talk.say("r2", "g1", "", image=photo, type=MessageType.PICTURE) == []
    (picture,) = await talk.rows(select(Picture))
    assert (picture.state, picture.data) == ("handle", None)


async def test_a_location_from_the_reporter_is_the_last_seen_place(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，68岁，红棉袄，谁看见了说一声")
    await talk.locate("r1", "g1", "东门菜市场")
    (alert,) = await talk.rows(select(Alert))
    assert alert.place == "东门菜市场"


async def test_a_voice_after_the_report_goes_to_the_worker(talk: Talk) -> None:
    await talk.say("r1", "g1", REPAIR)
    said = await talk.say("r1", "g1", "", type=MessageType.VOICE)
    assert rooms(said) == {"@w1"}
    assert "请听一下" in said[0].text
    assert await talk.say("r2", "g1", "", type=MessageType.VOICE) == []


async def test_a_voice_that_quotes_the_bot_goes_to_the_worker(talk: Talk) -> None:
    await talk.say("r1", "g1", REPAIR)
    said = await talk.say("r2", "g1", "", type=MessageType.VOICE, quote="1.1")
    assert "@w1" in rooms(said)


async def test_a_recalled_report_is_withdrawn_before_confirmation(talk: Talk) -> None:
    await talk.say("r1", "g1", MISSING, id="report")
    await talk.happen(EventKind.RECALLED, "r1", "g1", "report")
    (alert,) = await talk.rows(select(Alert))
    assert alert.state == AlertState.WITHDRAWN


async def test_a_recalled_report_is_asked_about_after_confirmation(talk: Talk) -> None:
    await talk.say("r1", "g1", MISSING, id="report")
    await talk.say("w1", None, "确认 M1")
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "report")
    assert rooms(said) == {"@r1"}
    (alert,) = await talk.rows(select(Alert))
    assert alert.state == AlertState.CONFIRMED
    said = await talk.say("r1", None, "是")
    assert {"g1", "g2", "g3"} <= rooms(said)
    (alert,) = await talk.rows(select(Alert))
    assert alert.state == AlertState.WITHDRAWN


async def test_a_recalled_case_is_asked_about(talk: Talk) -> None:
    await talk.say("r1", "g1", REPAIR, id="report")
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "report")
    assert rooms(said) == {"@r1"}
    await talk.say("r1", None, "不是")
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED]


async def test_of_a_recalled_message_that_made_two_cases_both_are_asked_about(talk: Talk) -> None:
    await talk.say("r1", "g1", "路灯坏了，另外垃圾好几天没人收了", id="report")
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "report")
    assert "【事项 1】【事项 2】您刚才撤回了消息" in texts(said, "@r1")[0]
    await talk.say("r1", None, "是")
    assert await talk.rows(select(Case.state)) == [CaseState.WITHDRAWN] * 2


@pytest.mark.parametrize("words", ["查 M1", "报警 M1", "怎么还没人来"])
async def test_who_takes_back_a_later_word_does_not_take_back_the_report(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("r1", "g1", words, id="later")
    assert await talk.happen(EventKind.RECALLED, "r1", "g1", "later") == []
    await talk.say("r1", None, "查 M1", id="private")
    assert await talk.happen(EventKind.RECALLED, "r1", None, "private") == []
    assert await talk.rows(select(Alert.state)) == [AlertState.UNCONFIRMED]


@pytest.mark.parametrize("words", ["催办 1", "进度 1", "还没修好吗", "保密 1"])
async def test_nor_is_a_case_asked_about(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", REPAIR)
    await talk.say("r1", "g1", words, id="later")
    assert await talk.happen(EventKind.RECALLED, "r1", "g1", "later") == []


async def test_invitations_are_accepted_from_the_appointed_only(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 3天")
    await talk.happen(EventKind.INVITED, "r4", None, "from-who-may-only-send")
    await talk.happen(EventKind.INVITED, "r1", None, "from-resident")
    await talk.happen(EventKind.INVITED, "w1", None, "from-worker")
    await talk.happen(EventKind.FRIEND_REQUEST, "w2", None, "friend-worker")
    errands = await talk.rows(select(Errand))
    assert [(one.kind, one.subject) for one in errands] == [("invitation", "from-worker"), ("friend", "friend-worker")]


async def test_of_an_unbound_room_only_binding_is_kept(talk: Talk) -> None:
    await talk.say("r1", "unknown-room", "我家水管爆了，快来人")
    await talk.happen(EventKind.LEFT, "r1", "unknown-room")
    kinds = await talk.rows(select(InboxEvent.kind))
    assert kinds == ["left"]


async def test_a_late_report_opens_with_its_own_time(talk: Talk) -> None:
    talk.replay.clock.moment = NOON + timedelta(hours=2)
    await talk.say("r1", "g1", REPAIR, at=NOON)
    (case,) = await talk.rows(select(Case))
    assert case.created_at == NOON


async def test_a_late_command_that_closes_is_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", REPAIR)
    await talk.say("w1", "g1", "接单 1")
    talk.replay.clock.moment = NOON + timedelta(hours=2)
    said = await talk.say("w1", "g1", "办结 1", at=NOON + timedelta(minutes=1))
    assert "刚刚才收到" in said[0].text
    assert await talk.rows(select(Case.state)) == [CaseState.ACCEPTED]


async def test_chat_is_forgotten_and_matters_are_kept(talk: Talk) -> None:
    await talk.say("r1", "g1", "今天天气不错啊")
    await talk.say("r1", "g1", REPAIR)
    await talk.wait(minutes=20)
    events = await talk.rows(select(InboxEvent).order_by(InboxEvent.id))
    assert [event.wiped for event in events] == [True, False]
    assert "天气" not in events[0].payload
    assert "楼道灯" in events[1].payload
    (count,) = await talk.rows(select(DayCount))
    assert (count.messages, count.matters) == (2, 1)
    assert {event.state for event in events} == {InboxState.DONE}


async def test_in_private_the_area_is_asked_for_when_unknown(talk: Talk) -> None:
    said = await talk.say("stranger", None, "楼下下水道堵了，污水都冒出来了，麻烦来看看")
    assert "哪个村" in said[0].text
    said = await talk.say("stranger", None, "柳树村")
    assert "【事项 1】" in texts(said, "@stranger")[0]
    assert "@w1" in rooms(said)
