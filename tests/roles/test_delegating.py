"""授权 and 收回: the right to send notices, lent for some days."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.agenda import AuditEntry
from storage.people import Appointment, Role
from tests.harness import Talk, rooms, texts


async def sends(talk: Talk, person: str, where: str) -> bool:
    said = await talk.say(person, None, f"通知 {where} 停水")
    return "预览" in texts(said, f"@{person}")[0]


async def test_it_lasts_as_long_as_it_was_lent(talk: Talk) -> None:
    assert not await sends(talk, "r4", "北关社区")
    said = await talk.say("a2", None, "授权 周强 通知 北关社区 3天")
    assert "到 11-24 12:00 为止周强可以发北关社区的通知" in texts(said, "@a2")[0]
    assert "授权您发北关社区的通知" in texts(said, "@r4")[0]
    assert rooms(await talk.say("a2", None, "授权 周强 通知 北关社区 3天")) == {"@a2"}  # a second tap
    assert await sends(talk, "r4", "北关社区")
    said = await talk.say("r4", None, "确认")
    assert texts(said, "g3") == ["【通知 N1】北关社区：\n停水"]
    assert not await sends(talk, "r4", "全镇")
    assert "只有" in texts(await talk.say("r4", None, "任命 志愿者 王姨 柳树一格"), "@r4")[0]
    await talk.wait(days=3)
    assert not await sends(talk, "r4", "北关社区")


@pytest.mark.parametrize(
    ("said", "until"),
    [("到周五", "11-28 00:00"), ("到12月1日", "12-02 00:00"), ("今天", "11-22 00:00"), ("两个月", "01-21 00:00")],
)
async def test_until_when_may_be_said_too(talk: Talk, said: str, until: str) -> None:
    (line,) = texts(await talk.say("a2", None, f"授权 周强 通知 北关社区 {said}"), "@a2")
    assert f"到 {until} 为止周强可以发北关社区的通知" in line
    assert "已收回周强在北关社区" in texts(await talk.say("a2", None, "取消授权 周强"), "@a2")[0]


async def test_it_is_taken_back_and_its_plans_with_it(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 3天")
    await talk.say("r4", None, "通知 北关社区 明早9点 停水")
    await talk.say("r4", None, "确认")
    said = await talk.say("a2", None, "收回 周强 通知")
    assert "已收回周强在北关社区" in texts(said, "@a2")[0]
    assert "N1 停了" in texts(said, "@a2")[0] and "N1 停了" in texts(said, "@r4")[0]
    assert not await sends(talk, "r4", "北关社区")
    assert await talk.wait(days=1) == []
    assert "现在没有授权" in texts(await talk.say("a2", None, "收回 周强 通知"), "@a2")[0]
    actions = [one.action for one in await talk.rows(select(AuditEntry).order_by(AuditEntry.id))]
    assert [one for one in actions if one.startswith("right")] == ["right.given", "right.taken"]


async def test_when_it_ends_by_itself_what_waits_is_stopped_and_the_lender_told(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 10小时")
    await talk.wait(hours=9, minutes=30)
    await talk.say("r4", None, "通知 北关社区 停水")
    await talk.say("r4", None, "确认")
    said = await talk.wait(hours=1)
    assert rooms(said) == {"@a2", "@r4"}
    assert "到期了。还没发完的通知 N1 停了" in texts(said, "@a2")[0]
    assert "g3" not in rooms(await talk.wait(hours=12))


async def test_lent_for_longer_nothing_is_stopped(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 2小时")
    await talk.say("a2", None, "授权 周强 通知 北关社区 3天")
    await talk.say("r4", None, "通知 北关社区 定时下午4点 停水")
    await talk.say("r4", None, "确认")
    assert "g3" in rooms(await talk.wait(hours=5))


async def test_a_plan_beyond_its_end_is_refused_with_the_date(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 1天")
    (line,) = texts(await talk.say("r4", None, "通知 北关社区 定时后天9点 停水"), "@r4")
    assert "只到 11-22 12:00，11-23 09:00 发不了" in line


async def test_ones_own_notice_is_recalled_out_of_office_too(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 1天")
    await talk.say("r4", None, "通知 北关社区 停水")
    await talk.say("r4", None, "确认")
    await talk.say("a2", None, "收回 周强 通知")
    assert "只有" in texts(await talk.say("r4", None, "更正 N1 停电"), "@r4")[0]
    assert "只有发起人" in texts(await talk.say("r1", None, "撤回 N1"), "@r1")[0]
    assert "正在收回 1 条" in texts(await talk.say("r4", None, "撤回 N1"), "@r4")[0]


async def test_lent_again_it_ends_at_the_new_time(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 3天")
    await talk.say("a2", None, "授权 周强 通知 1天")
    lent = await talk.rows(select(Appointment).where(Appointment.role == Role.HERALD))
    assert [(one.until - one.since).days for one in lent] == [1]


@pytest.mark.parametrize(
    ("person", "text", "answer"),
    [
        ("a2", "授权 周强 通知 北关社区", "请写明多久"),
        ("a2", "授权 周强 通知 北关社区 200天", "最长 90 天"),
        ("a2", "授权 周强 通知 柳树村 3天", "不在您管理的范围"),
        ("a2", "授权 张无 通知 北关社区 3天", "没有找到叫“张无”的人"),
        ("a2", "授权 陈刚 通知 北关一格 3天", "本来就能"),
        ("a2", "授权 周强 管理 北关社区 3天", "请这样写"),
        ("w3", "授权 周强 通知 北关一格 3天", "只有管理员能用"),
        ("r4", "授权 周强 通知 北关一格 3天", "只有管理员能用"),
        ("a1", "收回 周强 通知", "不是您能收回的"),
    ],
)
async def test_one_line_for_what_cannot_be(talk: Talk, person: str, text: str, answer: str) -> None:
    if text.startswith("收回"):
        await talk.say("t1", None, "授权 周强 通知 北关社区 3天")
    before = await talk.rows(select(Appointment))
    assert answer in texts(await talk.say(person, None, text), f"@{person}")[0]
    assert len(await talk.rows(select(Appointment))) == len(before)


async def test_other_things_are_taken_back_in_a_group_without_the_bot(talk: Talk) -> None:
    assert await talk.say("a2", "g3", "收回 旧衣服的车明天来") == []


async def test_who_may_only_send_confirms_no_alert(talk: Talk) -> None:
    await talk.say("a2", None, "授权 周强 通知 北关社区 3天")
    await talk.say("r4", "g3", "急!我爸上午9点多从北关巷出去到现在没回来,72岁,灰夹克黑布鞋,看到打13900002210")
    said = await talk.say("r4", None, "确认 M1")
    assert rooms(said) <= {"@r4"}
