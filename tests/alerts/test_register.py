"""After somebody was found: the call-back, and the register of people who may go missing again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.ports import AlertRules, PrivacyRules, Rules
from storage.agenda import AuditEntry, DueItem
from storage.at_risk import PERSONAL, AtRisk
from storage.inbox import Picture
from storage.matters import Alert
from tests.alerts.town import GRANDPA, TOWN_ROOMS, the_alert
from tests.harness import Talk, rooms, texts

GRANDMA = "我奶奶叫王秀英，78岁，有老年痴呆，穿紫外套，早上8点从老粮站走丢了，电话13900002210"
AGREES = "同意登记 常去菜市场、二中门口"


async def found(talk: Talk, words: str = GRANDMA) -> None:
    """r1's grandmother is missing, and found."""
    await talk.say("r1", "g1", words)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r1", "g1", "找到 M1")


async def due(talk: Talk, kind: str) -> list[datetime]:
    """When things of this kind are due."""
    return await talk.rows(select(col(DueItem.due_at)).where(col(DueItem.kind) == kind))


async def bring_on(talk: Talk, kind: str) -> list[str]:
    """What is said when something falls due, as `chat: text`."""
    async with talk.database.write() as session:
        await session.execute(update(DueItem).where(col(DueItem.kind) == kind).values(due_at=talk.now))
    return [f"{one.room}: {one.text}" for one in await talk.wait(seconds=1)]


async def entries(talk: Talk) -> list[AtRisk]:
    return await talk.rows(select(AtRisk).order_by(col(AtRisk.id)))


async def test_a_week_later_worker_and_family_are_called_back_once(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk, GRANDPA)
    (at,) = await due(talk, "alert.call_back")
    assert at.date() == (talk.now + timedelta(days=7)).date()
    assert await due(talk, "alert.offer") == []  # nothing says that he may go again
    said = await bring_on(talk, "alert.call_back")
    assert len(said) == 2
    assert said[0].startswith("@w1: 【寻人 M1】走失的老人（男，72岁）（11-21 找到）回家几天了，请抽空去看看王姨家")
    assert said[1] == "@r1: 【寻人 M1】人回家几天了，还好吗？有什么要帮忙的，直接跟我说，或者找网格员。"
    assert await due(talk, "alert.call_back") == []
    await talk.close()


@pytest.mark.parametrize("end", ["误报 M1", "撤销 M1", "找到 M1 人没了"])
async def test_nobody_is_called_back_after_another_end(tmp_path: Path, end: str) -> None:
    talk = await Talk(tmp_path).open()
    await talk.say("r1", "g1", GRANDMA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w1", None, end)
    assert (await the_alert(talk)).ended_at is not None
    assert await due(talk, "alert.call_back") == await due(talk, "alert.offer") == []
    await talk.close()


async def test_an_end_taken_back_calls_nobody_back(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", "g1", "还没找到 M1")
    assert await due(talk, "alert.call_back") == await due(talk, "alert.offer") == []
    await talk.close()


async def test_calling_back_can_be_switched_off(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, Rules(alerts=AlertRules(call_back_days=None))).open()
    await found(talk)
    assert await due(talk, "alert.call_back") == []
    await talk.close()


async def test_a_call_back_waits_for_the_morning(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, start=datetime(2026, 11, 21, 15, 0, tzinfo=UTC)).open()  # 23:00 there
    await found(talk, "我奶奶叫王秀英，78岁，有老年痴呆，下午5点从老粮站走丢了")
    (at,) = await due(talk, "alert.call_back")
    assert at == datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
    await talk.close()


async def test_the_family_is_offered_the_register_once_and_in_private(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    (said,) = await bring_on(talk, "alert.offer")
    assert said.startswith("@r1: 【寻人 M1】人平安就好。怕再走失的话")
    assert await due(talk, "alert.offer") == []
    await talk.close()


async def test_who_registered_already_is_not_asked(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    assert await bring_on(talk, "alert.offer") == []
    await talk.close()


async def test_consent_is_kept_with_its_words_and_only_in_private(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    assert texts(await talk.say("r1", "g1", AGREES), "g1") == ["@王姨 “同意登记”涉及个人信息，请私聊我。"]
    assert await entries(talk) == []
    said = await talk.say("r1", None, AGREES)
    assert rooms(said) == {"@r1"}
    assert said[0].text.startswith("已登记王秀英（姓名、年龄、身体情况、常去的地方、电话）")
    (entry,) = await entries(talk)
    assert (entry.name, entry.birth_year, entry.places, entry.consent) == ("王秀英", 1948, "菜市场、二中门口", AGREES)
    await talk.say("r1", None, "同意登记 常去老粮站")  # again: the same entry
    (entry,) = await entries(talk)
    assert entry.places == "老粮站"
    await talk.close()


@pytest.mark.parametrize("person", ["r2", "r4", "w1"])
async def test_nobody_else_consents(tmp_path: Path, person: str) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    assert texts(await talk.say(person, None, "同意登记 M1"), f"@{person}") == ["没有您报过、已经找到的人可以登记。"]
    assert await entries(talk) == []
    await talk.close()


async def test_one_sentence_of_the_family_fills_the_alert(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    async with talk.database.write() as session:
        picture = Picture(state="ready", at=talk.now, data=b"jpeg", mime="image/jpeg")
        session.add(picture)
        await session.flush()
        await session.execute(update(Alert).values(picture_id=picture.id))
    await talk.say("r1", None, AGREES)
    said = await talk.say("r1", "g1", "我奶奶又走丢了，穿红棉袄，11点从柳树巷走的")
    assert rooms(said) == {"g1", "@w1"}  # confirmed by a worker, as every report
    alert = await the_alert(talk, 2)
    assert (alert.name, alert.sex, alert.age, alert.health) == ("王秀英", "女", 78, "老年痴呆")
    assert (alert.clothes, alert.place, alert.phone) == ("红棉袄", "柳树巷", "13900002210")
    assert alert.picture_id == picture.id
    assert "常去菜市场、二中门口" in texts(said, "g1")[0]
    await talk.close()


async def test_one_sentence_of_the_worker_goes_to_all(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    said = await talk.say("w1", "g1", "M 王奶奶 又走了")
    assert {one.room for one in said if "紧急寻人" in one.text} == TOWN_ROOMS
    assert "王秀英，女，78岁" in texts(said, "g3")[0]
    await talk.close()


@pytest.mark.parametrize(
    ("person", "room", "words"),
    [
        ("r4", "g3", "M 王奶奶 又走了"),  # a stranger
        ("w2", "g2", "M 王奶奶 又走了"),  # a worker of another grid
        ("r1", "g1", "M 李奶奶 又走了"),  # somebody who is not registered
    ],
)
async def test_what_fits_nobody_opens_nothing(tmp_path: Path, person: str, room: str, words: str) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    (text,) = texts(await talk.say(person, room, words), room)
    assert "没有对得上的人，请写：寻人 姓名" in text
    assert len(await talk.rows(select(Alert))) == 1
    await talk.close()


@pytest.mark.parametrize("words", ["M 码的衣服还有吗", "m3还在找吗", "M", "MM 又来了"])
async def test_other_words_with_an_m_are_talk(tmp_path: Path, words: str) -> None:
    talk = await Talk(tmp_path).open()
    said = await talk.say("r2", "g1", words)
    assert not any("登记" in one.text for one in said)
    await talk.close()


async def test_another_report_of_the_family_is_not_filled(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    await talk.say("r1", "g1", "我爸早上9点从柳树巷出去没回来,52岁,灰夹克")
    assert (await the_alert(talk, 2)).name == ""
    await talk.close()


async def test_the_list_is_for_workers_of_the_area_and_audited(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    (text,) = texts(await talk.say("l1", None, "登记 名单"), "@l1")
    assert text.endswith("王秀英：柳树一格，女，78岁，老年痴呆，常去菜市场、二中门口，家属 13900002210")
    for person in ("w2", "t2", "w4"):
        said = texts(await talk.say(person, None, "登记 名单"), f"@{person}")
        assert said == ["您负责的范围里没有人登记。"]
    assert "只有网格员" in texts(await talk.say("r1", None, "登记 名单"), "@r1")[0]
    assert texts(await talk.say("t1", "s1", "登记 名单"), "s1") == ["@高镇长 “登记 名单”涉及个人信息，请私聊我。"]
    reads = await talk.rows(select(AuditEntry).where(col(AuditEntry.action) == "register.read"))
    assert [one.ref for one in reads] == ["R1"]
    await talk.close()


async def test_consent_taken_back_leaves_nothing(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    assert texts(await talk.say("r2", None, "取消登记 王秀英"), "@r2") == ["没有登记过，不用取消。"]
    assert texts(await talk.say("r1", None, "取消登记"), "@r1") == ["王秀英的登记已经全部删除。"]
    (entry,) = await entries(talk)
    assert entry.ended_at is not None
    assert not any(getattr(entry, name) for name in (*PERSONAL, "birth_year", "picture_id"))
    assert texts(await talk.say("w1", None, "登记 名单"), "@w1") == ["您负责的范围里没有人登记。"]
    await talk.close()


async def test_consent_lapses(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, Rules(privacy=PrivacyRules(register_days=30))).open()
    await found(talk)
    await talk.say("r1", None, AGREES)
    async with talk.database.write() as session:
        await session.execute(update(AtRisk).values(consented_at=talk.now - timedelta(days=29)))
    await bring_on(talk, "retention")
    assert (await entries(talk))[0].name == "王秀英"
    async with talk.database.write() as session:
        await session.execute(update(AtRisk).values(consented_at=talk.now - timedelta(days=31)))
    await bring_on(talk, "retention")
    assert (await entries(talk))[0].name == ""
    await talk.close()


async def test_a_registered_photo_outlives_its_alert(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await found(talk)
    old = talk.now - timedelta(days=40)
    async with talk.database.write() as session:
        for _ in range(2):
            session.add(Picture(state="ready", at=old, data=b"jpeg", mime="image/jpeg"))
        await session.flush()
        await session.execute(update(Alert).values(picture_id=1, ended_at=talk.now))
    await talk.say("r1", None, AGREES)
    async with talk.database.write() as session:
        await session.execute(update(Alert).values(ended_at=old))
    await bring_on(talk, "retention")
    assert await talk.rows(select(col(Picture.state)).order_by(col(Picture.id))) == ["ready", "wiped"]
    await talk.close()
