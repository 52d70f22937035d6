"""Where something private was read by people whom it does not concern."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from handlers.clipping import hide_identity_numbers
from storage.matters import Case, CaseState
from storage.people import Appointment, Contact
from tests.harness import NOON, Talk, rooms, texts

DISPUTE = "楼上402天天半夜吵架砸东西，跟他说还骂人，能不能来调解一下"
LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
COMPLAINT = "我要投诉网格员小耿，打了三次电话都不接，什么态度"


async def test_a_list_in_a_group_no_longer_shows_a_dispute(talk: Talk) -> None:
    await talk.say("r1", "g1", DISPUTE)
    await talk.say("r2", "g1", LEAK)
    await talk.say("r2", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    said = await talk.say("w1", "g1", "办结")
    assert "402" not in said[0].text
    assert "纠纷" not in said[0].text
    said = await talk.say("w1", None, "办结")
    assert "402" in said[0].text


async def test_neighbours_words_are_never_about_a_dispute(talk: Talk) -> None:
    await talk.say("r1", "g1", DISPUTE)
    assert rooms(await talk.say("r2", "g1", "+1")) <= {"@w1"}
    for words in ("进度 1", "接单 1"):
        (line,) = await talk.say("w3", "g1", words) if words == "接单 1" else await talk.say("r2", "g1", words)
        assert "没有找到 1 号" in line.text


async def test_what_the_writer_adds_to_a_dispute_in_the_group_is_kept_silently(talk: Talk) -> None:
    await talk.say("r1", None, "你好")
    await talk.say("r1", "g1", DISPUTE)
    assert await talk.say("r1", "g1", "我电话13912345678") == []
    assert await talk.rows(select(Case.phone)) == ["13912345678"]
    assert rooms(await talk.wait(minutes=1)) <= {"@r1", "@w1"}


async def test_a_complaint_looks_to_its_worker_like_a_number_that_never_was(talk: Talk) -> None:
    await talk.say("r1", "g1", COMPLAINT)
    hidden = (await talk.say("w1", "g1", "接单 1"))[0].text
    none = (await talk.say("w1", "g1", "接单 77"))[0].text
    assert hidden == none.replace("77", "1")


async def test_a_complaint_about_the_lead_goes_past_the_lead(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "我要投诉网格长老郭，打了三次电话都不接，什么态度")
    assert rooms(said) == {"@a1", "@r1"}
    assert "没有待办" in (await talk.say("l1", None, "待办"))[0].text
    assert "没有找到" in (await talk.say("l1", None, "进度 1"))[0].text
    assert "@l1" not in rooms(await talk.wait(hours=4))


async def test_a_complaint_that_nobody_may_own_is_not_brought_to_its_worker(talk: Talk) -> None:
    async with talk.database.write() as session:
        for name in ("老郭", "钱村长", "高镇长", "秦区长"):
            person = select(Contact.id).where(Contact.name == name).scalar_subquery()
            await session.execute(delete(Appointment).where(Appointment.contact_id == person))
    await talk.say("r1", "g1", COMPLAINT)
    said = await talk.wait(hours=4)
    assert not rooms(said) & {"@w1", "g1", "s1"}


async def test_closing_words_that_come_late_are_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "接单 1")
    talk.replay.clock.moment = NOON + timedelta(hours=1)
    for person, words, quote in (("w1", "修好了", "1.1"), ("r1", "不用了", "1.1")):
        (line,) = await talk.say(person, "g1", words, quote=quote, at=NOON + timedelta(minutes=3))
        assert "刚刚才收到" in line.text
    assert await talk.rows(select(Case.state)) == [CaseState.ACCEPTED]


async def test_who_adds_something_at_night_is_answered_at_night(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.wait(hours=10)
    await talk.say("r1", "g1", "我电话13912345678", quote="1.1")
    said = await talk.wait(minutes=2)
    assert "补充的情况已记下" in texts(said, "g1")[0]


ID, CARD = "11010119500101123X", "6222 0202 0011 2233 445"


async def test_numbers_of_identity_and_bank_cards_are_read_by_no_group(talk: Talk) -> None:
    words = f"我的低保卡收不到钱，银行卡{CARD}，身份证{ID}，电话13800138000，麻烦网格员帮忙查一下"
    said = await talk.say("r1", "g1", words)
    assert ID in texts(said, "@w1")[0]
    await talk.say("w1", "g1", "待办")
    await talk.say("w1", "g1", f"进展 1 身份证{ID}的卡查过了")
    await talk.say("r1", "g1", "进度 1")
    await talk.say("w1", "g1", f"办结 1 {ID}补发了")
    await talk.say("r2", "g2", f"我爸走丢了，身份证{ID}")
    await talk.say("w2", None, "确认 M1")
    await talk.say("r3", "g1", f"线索 M1 在桥头捡到他的卡{CARD}")
    assert not [
        one for one in talk.outputs if one.room in ("g1", "g2", "g3") and (ID in one.text or "6222" in one.text)
    ]
    assert [one for one in talk.outputs if "（号码略）" in one.text and "6222" not in one.text]


@pytest.mark.parametrize("text", ["电话13800138000", "13800138000 13900139000", "0900-0002001", "12345", "2026-11-21"])
def test_phones_and_dates_stay(text: str) -> None:
    assert hide_identity_numbers(text) == text
