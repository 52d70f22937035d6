"""What a family answers to the call-back a week later, and what it says when the person is gone again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.agenda import AuditEntry
from storage.matters import Alert
from tests.alerts.town import the_alert
from tests.harness import Talk, rooms, texts

FATHER = "我爸王建国早上9点从柳树巷出去没回来,72岁,灰夹克,老年痴呆,电话13900002210"


@pytest.fixture
async def home(talk: Talk) -> Talk:
    """He was found a week ago, and the call-back has just been made."""
    await talk.say("r1", "g1", FATHER)
    await talk.say("r1", None, "帮助")
    await talk.say("w1", None, "确认")
    await talk.say("w1", None, "找到 M1")
    said = await talk.wait(hours=24 * 7 + 1)
    assert "还好吗" in texts(said, "@r1")[-1]
    return talk


@pytest.mark.parametrize("words", ["好多了，谢谢", "挺好的", "没事了", "谢谢关心，都好", "恢复得不错"])
async def test_good_news_is_answered_and_goes_no_further(home: Talk, words: str) -> None:
    said = await home.say("r1", None, words)
    assert rooms(said) == {"@r1"}
    assert "那就好" in texts(said, "@r1")[0]
    assert "那就好" not in "".join(texts(await home.say("r1", None, "谢谢"), "@r1")), "once"


@pytest.mark.parametrize("words", ["不太好，一直住院", "还是老想往外走", "摔了一跤", "有点担心他再走"])
async def test_a_need_goes_to_the_worker(home: Talk, words: str) -> None:
    said = await home.say("r1", None, words)
    assert rooms(said) == {"@r1", "@w1"}
    assert words in texts(said, "@w1")[0]


async def test_a_death_since_is_answered_gently(home: Talk) -> None:
    said = await home.say("r1", None, "前天去世了")
    assert "请节哀" in texts(said, "@r1")[0]
    assert rooms(said) == {"@r1", "@w1"}


@pytest.mark.parametrize("words", ["又走了", "又不见了", "我爸又走丢了"])
async def test_gone_again_opens_an_alert_with_what_is_known(home: Talk, words: str) -> None:
    said = await home.say("r1", None, words)
    assert rooms(said) == {"@r1", "@w1"}
    alert = await the_alert(home, 2)
    assert (alert.name, alert.age, alert.sex, alert.phone) == ("王建国", 72, "男", "13900002210")
    assert not alert.clothes
    assert alert.place == "" and alert.seen_at is None
    await home.say("r1", None, "灰夹克，刚从菜市场走的")
    alert = await the_alert(home, 2)
    assert ("灰夹克" in alert.clothes, "菜市场" in alert.place) == (True, True)


async def test_gone_again_in_the_group_takes_over_what_fits_only(home: Talk) -> None:
    await home.say("r1", "g1", "我妈也走丢了，68岁")
    await home.say("r1", "g1", "我爸又走丢了，蓝棉袄")
    mother, father = await the_alert(home, 2), await the_alert(home, 3)
    assert (mother.name, mother.phone) == ("", "")
    assert (father.name, father.clothes) == ("王建国", "蓝棉袄")


@pytest.mark.parametrize("who", ["r2", "r4"])
async def test_nobody_else_is_taken_for_the_family(home: Talk, who: str) -> None:
    before = len(await home.rows(select(AuditEntry).where(AuditEntry.action == "alert.answered")))
    await home.say(who, None, "又走了")
    assert len(await home.rows(select(Alert))) == 1
    assert len(await home.rows(select(AuditEntry).where(AuditEntry.action == "alert.answered"))) == before


async def test_the_worker_who_looked_in_is_thanked(home: Talk) -> None:
    assert "辛苦" in texts(await home.say("w1", None, "看过了，挺好的"), "@w1")[0]


async def test_after_three_days_words_mean_what_they_always_do(home: Talk) -> None:
    await home.wait(days=4)
    assert "那就好" not in "".join(texts(await home.say("r1", None, "好多了"), "@r1"))
