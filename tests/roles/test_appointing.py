"""任命 and 免去."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from handlers.ports import Event, EventKind
from storage.agenda import AuditEntry
from storage.areas import Area
from storage.inbox import InboxEvent
from storage.matters import Case, CaseState
from storage.people import Appointment, Contact, ContactBinding, Role
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def held(talk: Talk, name: str) -> set[tuple[str, str]]:
    """(role, area) that a person holds now."""
    query = (
        select(Appointment, Area, Contact)
        .join(Area, Appointment.area_id == Area.id)
        .join(Contact, Appointment.contact_id == Contact.id)
        .where(Contact.name == name)
    )
    async with talk.database.read() as session:
        rows = (await session.execute(query)).all()
    return {(one.role, area.name) for one, area, _ in rows if one.until is None or one.until > talk.now}


@pytest.mark.parametrize(
    "text",
    [
        "任命 网格员 孙丽 柳树二格",
        "任命 孙丽 柳树二格 网格员",
        "任命 孙丽 为 柳树二格 网格员",
        "任命 孙丽 为柳树二格网格员",
        "任命 孙丽为柳树二格网格员",
        "任命 柳树二格 网格员 孙丽",
        "任命：网格员，孙丽，柳树二格",
        "任命　网格员　孙丽　柳树２格",
        "任命 @孙丽 柳树二格的网格员",
        "任命 孙丽 担任 柳树二格 网格员",
    ],
)
async def test_in_any_order(talk: Talk, text: str) -> None:
    said = await talk.say("a1", None, text)
    assert "已任命孙丽为柳树二格网格员" in texts(said, "@a1")[0]
    assert "那里现在还有李珍" in texts(said, "@a1")[0]
    assert "您已是柳树二格的网格员" in texts(said, "@r3")[0]
    assert await held(talk, "孙丽") == {(Role.WORKER, "柳树二格")}


async def test_in_a_group_its_area_counts(talk: Talk) -> None:
    said = await talk.say("l1", "g1", "任命 志愿者 赵大爷")
    assert rooms(said) == {"g1", "@r2"}
    assert await held(talk, "赵大爷") == {(Role.VOLUNTEER, "柳树一格")}


async def test_the_new_worker_may_work(talk: Talk) -> None:
    await talk.say("l1", "g1", "任命 志愿者 赵大爷")
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("r2", "g1", "接单 1")
    assert "赵大爷已接单" in texts(said, "g1")[0]


@pytest.mark.parametrize(
    ("person", "text", "answer"),
    [
        ("r1", "任命 王姨 管理员 清江区", "只有网格长、管理员能用"),
        ("w1", "任命 赵大爷 网格员 柳树一格", "只有网格长、管理员能用"),
        ("l1", "任命 赵大爷 网格长 柳树村", "要由管理员任免"),
        ("l1", "任命 老郭 管理员 柳树村", "要由上一级管理员任免"),
        ("a1", "任命 赵大爷 管理员 柳树村", "要由上一级管理员任免"),
        ("a1", "任命 钱村长 管理员 柳河镇", "不在您负责的范围"),
        ("a1", "任命 周强 网格员 北关一格", "不在您负责的范围"),
        ("t1", "任命 高镇长 管理员 清江区", "不在您负责的范围"),
        ("t1", "任命 高镇长 管理员 柳河镇", "要由上一级管理员任免"),
        ("t1", "任命 管理员 我 柳河镇", "要由上一级管理员任免"),
        ("a1", "任命 孙丽 柳树二格", "请这样写"),
        ("a1", "任命 网格员", "请这样写"),
        ("a1", "任命", "请这样写"),
        ("a1", "任命 网格员 没这个人 柳树二格", "没有找到叫"),
        ("a1", "任命 网格员 孙丽 火星村", "没有叫“火星村”的区域"),
        ("a1", "任命 网格员 孙丽", "请写明是哪里"),
        ("a1", "任命 网格员 李珍 柳树二格", "已经是"),
    ],
)
async def test_refused_with_what_to_do(talk: Talk, person: str, text: str, answer: str) -> None:
    before = await talk.rows(select(Appointment))
    said = await talk.say(person, None, text)
    assert rooms(said) == {f"@{person}"}
    assert answer in texts(said, f"@{person}")[0]
    assert len(await talk.rows(select(Appointment))) == len(before)


async def test_admins_come_from_above(talk: Talk) -> None:
    await talk.say("t1", None, "任命 老郭 管理员 柳树村")
    assert (Role.ADMIN, "柳树村") in await held(talk, "老郭")
    await talk.say("d1", None, "任命 高镇长 管理员 清江区")
    assert (Role.ADMIN, "清江区") in await held(talk, "高镇长")


async def test_two_of_one_name_are_told_apart(talk: Talk) -> None:
    async with talk.database.write() as session:
        session.add(Contact(key="r9", name="孙丽", phone="13911112222"))
    said = await talk.say("a1", None, "任命 网格员 孙丽 柳树二格")
    assert "叫“孙丽”的有 2 位" in texts(said, "@a1")[0]
    assert "电话尾号 2222" in texts(said, "@a1")[0]
    said = await talk.say("a1", "g2", "任命 网格员 孙丽")
    assert "2222" not in texts(said, "g2")[0]
    said = await talk.say("a1", None, "任命 网格员 孙丽 2222 柳树二格")
    assert "已任命孙丽" in texts(said, "@a1")[0]
    (person,) = await talk.rows(select(Contact).where(Contact.key == "r9"))
    (new,) = await talk.rows(select(Appointment).where(Appointment.contact_id == person.id))
    assert new.role == Role.WORKER


async def test_a_mention_says_whom_even_under_a_nickname(talk: Talk) -> None:
    async with talk.database.write() as session:
        session.add(Contact(key="r9", name="孙丽"))
        await session.execute(
            update(ContactBinding).where(ContactBinding.external_id == "r3").values(shown_name="丽姐 3栋")
        )
    text = "任命 @丽姐 3栋\u2005网格员 柳树二格"
    await talk.replay.machine.inbox.store(
        [Event("e1", EventKind.MESSAGE, talk.now, room="g2", sender="a1", text=text, mentions=("r3",))]
    )
    await talk.replay.machine.settle(talk.now)
    assert "已任命孙丽为柳树二格网格员" in talk.outputs[0].text
    (given,) = await talk.rows(select(Appointment).order_by(Appointment.id.desc()).limit(1))
    (binding,) = await talk.rows(select(ContactBinding).where(ContactBinding.external_id == "r3"))
    assert given.contact_id == binding.contact_id


async def test_two_mentions_are_too_many(talk: Talk) -> None:
    event = Event("e1", EventKind.MESSAGE, talk.now, room="g2", sender="a1", text="任命 @孙丽 @王姨 志愿者")
    await talk.replay.machine.inbox.store([replace(event, mentions=("r3", "r1"))])
    await talk.replay.machine.settle(talk.now)
    assert "一次只写一个人" in talk.outputs[0].text


async def test_dismissed_at_once(talk: Talk) -> None:
    said = await talk.say("a1", None, "免去 小耿 网格员 柳树一格")
    assert "已免去小耿的柳树一格网格员。" in texts(said, "@a1")[0]
    assert "不再担任" in texts(said, "@w1")[0]
    assert await held(talk, "小耿") == set()
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("w1", "g1", "接单 1")
    assert "只有" in texts(said, "g1")[0]


@pytest.mark.parametrize("text", ["免去 小耿", "免去　小耿　网格员", "免去 小耿 的 网格员", "免去 @小耿 柳树一格"])
async def test_what_is_left_out_follows(talk: Talk, text: str) -> None:
    await talk.say("a1", None, text)
    assert await held(talk, "小耿") == set()


async def test_open_matters_move_up(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "接单 1")
    said = await talk.say("a1", None, "免去 小耿")
    assert "没办完的 1 件转给老郭" in texts(said, "@a1")[0]
    assert "【事项 1】" in texts(said, "@l1")[0]
    (case,) = await talk.rows(select(Case))
    (lead,) = await talk.rows(select(Contact).where(Contact.key == "l1"))
    assert (case.owner_id, case.state) == (lead.id, CaseState.REPORTED)
    said = await talk.say("r1", "g1", "进度 1")
    assert "老郭" in texts(said, "g1")[0]


async def test_open_matters_go_to_the_grids_other_worker(talk: Talk) -> None:
    await talk.say("a1", None, "任命 网格员 刘志愿 柳树一格")
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "接单 1")
    said = await talk.say("a1", None, "免去 小耿")
    assert "转给刘志愿" in texts(said, "@a1")[0]
    assert "@v1" in rooms(said)


async def test_several_roles_are_asked_about(talk: Talk) -> None:
    await talk.say("a1", None, "任命 网格员 李珍 柳树一格")
    said = await talk.say("a1", None, "免去 李珍")
    assert "有几个角色：柳树二格网格员、柳树一格网格员" in texts(said, "@a1")[0]
    await talk.say("a1", None, "免去 李珍 柳树二格")
    assert await held(talk, "李珍") == {(Role.WORKER, "柳树一格")}


@pytest.mark.parametrize(
    ("person", "text", "answer"),
    [
        ("w2", "免去 小耿", "只有"),
        ("l1", "免去 钱村长", "要由上一级管理员任免"),
        ("a1", "免去 我", "要由上一级管理员任免"),
        ("a1", "免去 高镇长", "不在您负责的范围"),
        ("a1", "免去 陈刚", "不在您负责的范围"),
        ("a1", "免去 王姨", "没有担任什么"),
        ("a1", "免去 小耿 网格长", "没有这个角色"),
        ("a1", "免去 网格员", "请这样写"),
    ],
)
async def test_dismissal_refused(talk: Talk, person: str, text: str, answer: str) -> None:
    said = await talk.say(person, None, text)
    assert answer in texts(said, f"@{person}")[0]
    assert await talk.rows(select(Appointment).where(Appointment.until.is_not(None))) == []


async def test_late_dismissal_is_asked_again(talk: Talk) -> None:
    await talk.wait(minutes=30)
    said = await talk.say("a1", None, "免去 小耿", at=talk.now.replace(minute=0))
    assert "刚刚才收到" in texts(said, "@a1")[0]
    assert await held(talk, "小耿") == {(Role.WORKER, "柳树一格")}


async def test_traces(talk: Talk) -> None:
    await talk.say("a1", None, "任命 网格员 孙丽 柳树二格")
    await talk.say("a1", None, "免去 孙丽")
    actions = await talk.rows(select(AuditEntry).order_by(AuditEntry.id))
    assert [one.action for one in actions] == ["role.given", "role.taken"]
    assert all(one.inbox_id for one in actions)
    assert not await talk.rows(select(InboxEvent).where(InboxEvent.error != ""))
