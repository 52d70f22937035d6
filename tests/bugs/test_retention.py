"""What ended long ago loses its words, phones and pictures; what is open or undone keeps them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from handlers.ports import MessageType
from handlers.retention import GONE, wipe_old
from handlers.turn import Turn
from storage.agenda import DueItem
from storage.inbox import DayCount, InboxEvent, Picture
from storage.matters import Alert, Case, CaseStep
from storage.outbox import PostPart
from tests.harness import Talk

MISSING = "我爸王大山今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"
LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看，电话13900000001"


async def later(talk: Talk, days: int) -> None:
    """What the daily task does then; to let the days pass one by one would take minutes."""
    async with talk.database.write() as session:
        await wipe_old(Turn(session, talk.now + timedelta(days=days), talk.replay.machine.outside), "daily")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bug.db"
    return str(request.getfixturevalue("postgres")())


async def test_matters_that_ended_long_ago_are_wiped(url: str, tmp_path: Path) -> None:
    talk = await Talk(tmp_path, url=url).open()
    Image.new("RGB", (60, 60), "navy").save(tmp_path / "x.jpg")
    await talk.say("r1", "g1", MISSING)
    await talk.say("r1", "g1", "", image=tmp_path / "x.jpg", type=MessageType.PICTURE)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", "刚才在二中门口看到一个穿灰夹克的老人", quote="M1.3")
    await talk.say("w1", None, "找到 M1 在老粮站")
    await talk.say("r3", "g2", "我妈李秀英早上8点从菜市场走丢了，68岁，红棉袄，电话13900000003")
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "办结 1 换了新管")
    await talk.say("r1", "g1", "满意", quote="1.1")
    await talk.say("r2", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    await later(talk, 31)
    ended, still = await talk.rows(select(Alert).order_by(Alert.id))
    assert (ended.text, ended.name, ended.phone, ended.wiped) == (GONE, "", "", True)
    assert (ended.state, ended.ended_at is not None) == ("found", True)
    assert "李秀英" in still.text
    (picture,) = await talk.rows(select(Picture))
    assert (picture.state, picture.data) == ("wiped", None)
    events = await talk.rows(select(InboxEvent))
    assert {event.payload for event in events} == {"{}"}
    assert not [text for text in await talk.rows(select(PostPart.text)) if "13900000001" in text]
    cases = await talk.rows(select(Case).order_by(Case.id))
    assert cases[0].text == LEAK
    await later(talk, 182)
    cases = await talk.rows(select(Case).order_by(Case.id))
    assert [case.text for case in cases] == [GONE, "路灯坏了，晚上看不见路，能不能修一下"]
    assert cases[0].phone == ""
    assert set(await talk.rows(select(CaseStep.text).where(CaseStep.case_id == 1))) == {""}
    await talk.close()


async def test_the_daily_task_is_there_and_comes_at_night(talk: Talk) -> None:
    await talk.wait(seconds=1)
    (item,) = await talk.rows(select(DueItem).where(DueItem.kind == "retention"))
    assert item.due_at.isoformat() == "2026-11-21T19:30:00+00:00"


async def test_of_ordinary_chat_only_the_counts_remain(talk: Talk, tmp_path: Path) -> None:
    Image.new("RGB", (60, 60), "navy").save(tmp_path / "x.jpg")
    await talk.say("r1", "g1", MISSING)
    await talk.say("r1", "g1", "", image=tmp_path / "x.jpg", type=MessageType.PICTURE)
    await talk.say("r2", "g1", "今天天气真好，晚上一起跳舞")
    await talk.wait(minutes=30)
    await later(talk, 6)
    assert len(await talk.rows(select(InboxEvent).where(InboxEvent.kind == "message"))) == 3
    await later(talk, 8)
    assert len(await talk.rows(select(InboxEvent).where(InboxEvent.kind == "message"))) == 2
    assert await talk.rows(select(DayCount.messages).where(DayCount.chat_id == 1)) == [3]
