"""我是, 绑人, the first admin's code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handlers.places.codes import digest, looks_like_code, tidy
from handlers.roles import make_admin_code, make_contact_code
from storage.areas import Area, Chat
from storage.inbox import InboxEvent
from storage.matters import Case
from storage.people import Appointment, Contact, ContactBinding, OneTimeCode, Role, Seen
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def contact_of(talk: Talk, external: str) -> Contact:
    query = select(Contact).join(ContactBinding).where(ContactBinding.external_id == external)
    return (await talk.rows(query))[0]


async def code_for(talk: Talk, key: str, code: str) -> None:
    (person,) = await talk.rows(select(Contact).where(Contact.key == key))
    async with talk.database.write() as session:
        await make_contact_code(session, code, person.id, talk.now)


@pytest.mark.parametrize(("words", "is_code"), [("K7Q2ABCD", True), ("k7q2-abcd", True), ("Ｋ７Ｑ２ＡＢＣＤ", True)])
@pytest.mark.parametrize("around", ["{}", " {} ", "{}。"])
def test_code_forms(words: str, is_code: bool, around: str) -> None:
    assert looks_like_code(around.format(words)) is is_code
    assert tidy(around.format(words)) == "K7Q2ABCD"
    assert digest(around.format(words)) == digest("K7Q2ABCD")


@pytest.mark.parametrize("words", ["", "3栋的王姨", "13800001111", "网格员", "abc", "hello", "K7Q2ABCDEFGHJKL2"])
def test_other_words_are_no_code(words: str) -> None:
    assert not looks_like_code(words)


async def test_first_admin(talk: Talk) -> None:
    async with talk.database.write() as session:
        await make_admin_code(session, "K7Q2ABCD", talk.now)
    said = await talk.say("stranger", None, "我是 k7q2-abcd")
    assert "清江区管理员" in texts(said, "@stranger")[0]
    person = await contact_of(talk, "stranger")
    (held,) = await talk.rows(select(Appointment).where(Appointment.contact_id == person.id))
    assert held.role == Role.ADMIN
    said = await talk.say("stranger", None, "任命 赵大爷 网格员 柳树一格")
    assert "已任命" in texts(said, "@stranger")[0]
    said = await talk.say("r1", None, "我是 K7Q2ABCD")
    assert "不对或已过期" in texts(said, "@r1")[0]


async def test_expired_and_wrong_sound_the_same(talk: Talk) -> None:
    await code_for(talk, "w1", "K7Q2ABCD")
    await talk.wait(hours=25)
    (late,) = texts(await talk.say("stranger", None, "我是 K7Q2ABCD"), "@stranger")
    (wrong,) = texts(await talk.say("stranger", None, "我是 K7Q2ABCE"), "@stranger")
    assert late == wrong


async def test_attempts_are_limited(talk: Talk) -> None:
    await code_for(talk, "w1", "K7Q2ABCD")
    for letter in "23456":
        await talk.say("stranger", None, f"我是 K7Q2ABC{letter}")
    said = await talk.say("stranger", None, "我是 K7Q2ABCD")
    assert "一小时后" in texts(said, "@stranger")[0]
    await talk.wait(hours=1)
    assert "认出来了" in texts(await talk.say("stranger", None, "我是 K7Q2ABCD"), "@stranger")[0]


async def test_a_code_said_in_a_group_is_burnt(talk: Talk) -> None:
    await code_for(talk, "w1", "K7Q2ABCD")
    said = await talk.say("w2", "g2", "我是 K7Q2ABCD")
    assert "不再有效" in texts(said, "g2")[0]
    assert "不对或已过期" in texts(await talk.say("stranger", None, "我是 K7Q2ABCD"), "@stranger")[0]


async def test_a_worker_comes_back_under_a_new_id(talk: Talk) -> None:
    await code_for(talk, "w1", "K7Q2ABCD")
    said = await talk.say("w1-new", None, "我是 K7Q2ABCD")
    assert "您是小耿（柳树一格网格员）" in texts(said, "@w1-new")[0]
    said = await talk.say("r1", "g1", LEAK)
    assert "@w1-new" in rooms(said)
    assert "@w1" not in rooms(said)
    said = await talk.say("w1-new", "g1", "接单 1")
    assert "小耿已接单" in texts(said, "g1")[0]
    said = await talk.say("w1", "g1", "办结 1")  # whoever writes under the old id now is nobody
    assert "只有" in texts(said, "g1")[0]


async def test_what_the_stranger_said_before_is_the_workers(talk: Talk) -> None:
    await talk.say("r1-new", "g1", LEAK)
    await talk.say("r1-new", None, "在吗")
    await code_for(talk, "r1", "K7Q2ABCD")
    await talk.say("r1-new", None, "我是 K7Q2ABCD")
    (person,) = await talk.rows(select(Contact).where(Contact.key == "r1"))
    (case,) = await talk.rows(select(Case))
    assert case.reporter_id == person.id
    chats = await talk.rows(select(Chat).where(Chat.contact_id == person.id))
    assert len(chats) == 1
    events = await talk.rows(select(InboxEvent).where(InboxEvent.contact_id == person.id))
    assert len(events) == 3
    assert {one.chat_id for one in events[1:]} == {chats[0].id}
    await talk.say("w1", "g1", "接单 1")
    said = await talk.say("w1", "g1", "办结 1")
    assert said[0].mentions == ("r1-new",)
    assert "谢谢评价" in texts(await talk.say("r1-new", "g1", "满意"), "g1")[0]
    doubled = select(func.count()).select_from(Seen).where(Seen.contact_id == person.id)
    assert await talk.rows(doubled) == [1]


async def test_the_strangers_chat_becomes_the_persons_where_there_was_none(talk: Talk) -> None:
    async with talk.database.write() as session:
        person = Contact(key="w9", name="新人")
        session.add(person)
        await session.flush()
        area = await session.scalar(select(Area).where(Area.code == "G1"))
        session.add(Appointment(contact_id=person.id, area_id=area.id, role=Role.WORKER, since=talk.now))
    await code_for(talk, "w9", "K7Q2ABCD")
    said = await talk.say("x", None, "我是 K7Q2ABCD")
    assert "您是新人（柳树一格网格员）" in texts(said, "@x")[0]
    assert "待办" in texts(await talk.say("x", None, "待办"), "@x")[0]
    assert len(await talk.rows(select(Chat).where(Chat.contact_id == person.id))) == 1


async def test_a_known_person_using_anothers_code_keeps_his_own_history(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await code_for(talk, "w1", "K7Q2ABCD")
    said = await talk.say("r1", None, "我是 K7Q2ABCD")
    assert "您是小耿" in texts(said, "@r1")[0]
    (case,) = await talk.rows(select(Case))
    (aunt,) = await talk.rows(select(Contact).where(Contact.key == "r1"))
    assert case.reporter_id == aunt.id


async def test_own_code_again(talk: Talk) -> None:
    await code_for(talk, "w1", "K7Q2ABCD")
    assert "您是小耿" in texts(await talk.say("w1", None, "我是 K7Q2ABCD"), "@w1")[0]
    assert len(await talk.rows(select(ContactBinding).where(ContactBinding.external_id == "w1"))) == 1


async def test_an_admin_gives_a_code(talk: Talk) -> None:
    said = await talk.say("a1", None, "绑人 小耿")
    (answer,) = texts(said, "@a1")
    code = answer.split("一次性码：")[1].split()[0]
    assert rooms(said) == {"@a1"}
    (row,) = await talk.rows(select(OneTimeCode))
    assert code not in row.digest
    assert row.expires_at - talk.now > timedelta(hours=23)
    assert "您是小耿" in texts(await talk.say("x", None, f"我是 {code}"), "@x")[0]


async def test_a_new_code_takes_the_place_of_the_old(talk: Talk) -> None:
    (first,) = texts(await talk.say("a1", None, "绑人 小耿"), "@a1")
    await talk.say("a1", None, "绑人 小耿")
    code = first.split("一次性码：")[1].split()[0]
    assert "不对或已过期" in texts(await talk.say("x", None, f"我是 {code}"), "@x")[0]


@pytest.mark.parametrize(
    ("person", "room", "text", "answer"),
    [
        ("a1", None, "绑人 秦区长", "要由那里的上级来绑"),
        ("a1", None, "绑人 冯主任", "要由那里的上级来绑"),
        ("a1", None, "绑人 没这个人", "没有找到叫"),
        ("a1", "g1", "绑人 小耿", "请私聊我"),
        ("w1", None, "绑人 李珍", "只有管理员能用"),
    ],
)
async def test_no_code_for_those_above(talk: Talk, person: str, room: str | None, text: str, answer: str) -> None:
    said = await talk.say(person, room, text)
    assert answer in texts(said, room or f"@{person}")[0]
    assert await talk.rows(select(OneTimeCode)) == []


async def test_words_after_i_am_are_read(talk: Talk) -> None:
    said = await talk.say("r1", None, f"我是 3栋的王姨，{LEAK}")
    assert "【事项 1】" in "".join(texts(said, "@r1"))
    assert await talk.say("w1", "g1", "我是 刚下班的") == []
