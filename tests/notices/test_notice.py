"""通知: draft, preview, confirmation, fan-out, stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.pacing import PaceRules
from storage.agenda import AuditEntry, Question
from storage.matters import Notice, NoticeState
from tests.harness import Talk, rooms, texts

WATER = "明早6点到10点停水，请提前接水"


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Talk]:
    """The small town on an account that sends a routine message every ten seconds."""
    made = Talk(tmp_path)
    await made.open(pace=PaceRules(routine_gap=(10.0, 10.0)))
    yield made
    await made.close()


async def notice(talk: Talk) -> Notice:
    found = await talk.rows(select(Notice).order_by(Notice.id.desc()))
    return found[0]


async def test_preview_confirm_and_whole(talk: Talk) -> None:
    said = await talk.say("t1", None, f"通知 全镇 {WATER}")
    assert rooms(said) == {"@t1"}
    (preview,) = texts(said, "@t1")
    assert "N1" in preview
    assert "柳河镇 3 个群" in preview
    assert WATER in preview
    assert "确认 N1" in preview
    assert "停止 N1" in preview
    said = await talk.say("t1", None, "确认 N1")
    assert rooms(said) == {"g1", "g2", "g3", "@t1"}
    assert texts(said, "g1") == [f"【通知 N1】柳河镇：\n{WATER}"]
    assert "正在发 3 个群" in texts(said, "@t1")[0]
    said = await talk.wait(minutes=2)
    (whole,) = texts(said, "@t1")
    assert "发完了：送达 3 个群。" in whole
    assert rooms(said) == {"@t1"}
    assert await talk.wait(hours=1) == []
    assert (await notice(talk)).state == NoticeState.SENT


async def test_bare_yes_confirms(talk: Talk) -> None:
    await talk.say("a1", None, f"通知 全村 {WATER}")
    assert rooms(await talk.say("a1", None, "确认")) == {"g1", "g2", "@a1"}
    await talk.say("w1", "g1", f"通知 本格 {WATER}")
    assert f"【通知 N2】柳树一格：\n{WATER}" in texts(await talk.say("w1", "g1", "是", quote="N2.1"), "g1")
    assert (await notice(talk)).state == NoticeState.SENT


async def test_no_drops_it(talk: Talk) -> None:
    await talk.say("a1", None, f"通知 全村 {WATER}")
    said = await talk.say("a1", None, "不是")
    assert "作废" in texts(said, "@a1")[0]
    assert (await notice(talk)).state == NoticeState.DROPPED
    said = await talk.say("a1", None, "确认 N1")
    assert "已作废" in texts(said, "@a1")[0]
    assert rooms(said) == {"@a1"}


@pytest.mark.parametrize(
    ("person", "text"),
    [
        ("w1", "通知 全镇 我店里打折"),
        ("w1", "通知 柳树二格 我店里打折"),
        ("l1", "通知 北关社区 我店里打折"),
        ("a1", "通知 东山镇 我店里打折"),
    ],
)
async def test_beyond_ones_own_area_is_refused(talk: Talk, person: str, text: str) -> None:
    said = await talk.say(person, None, text)
    assert rooms(said) == {f"@{person}"}
    assert "不在您负责的范围" in texts(said, f"@{person}")[0]
    assert await talk.rows(select(Notice)) == []


async def test_worker_is_told_what_he_may(talk: Talk) -> None:
    said = await talk.say("w1", None, "通知 全镇 我店里打折")
    assert "柳树一格" in texts(said, "@w1")[0]


async def test_resident_cannot(talk: Talk) -> None:
    said = await talk.say("r1", None, f"通知 全镇 {WATER}")
    assert "只有" in texts(said, "@r1")[0]
    assert "g1" not in rooms(await talk.say("r1", "g1", f"通知 全镇 {WATER}"))
    assert await talk.rows(select(Notice)) == []


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("通知 全镇 停水", "柳河镇"),
        ("通知：全镇，停水", "柳河镇"),
        ("通知　全镇　停水", "柳河镇"),
        ("通知 全镇停水", "柳河镇"),
        ("通知\n全镇\n停水", "柳河镇"),
        ("通知 柳树村 停水", "柳树村"),
        ("通知 柳树 停水", "柳树村"),
        ("通知 柳树村停水", "柳树村"),
        ("通知 柳树一格 停水", "柳树一格"),
        ("通知 柳树1格 停水", "柳树一格"),
        ("通知 柳树１格 停水", "柳树一格"),
        ("通知 柳树村 柳树一格 停水", "柳树一格"),
        ("通知 柳树一网格 停水", "柳树一格"),
        ("通知 G3 停水", "北关一格"),
        ("通知 本镇 停水", "柳河镇"),
    ],
)
async def test_ways_to_name_the_area(talk: Talk, text: str, area: str) -> None:
    said = await talk.say("t1", None, text)
    assert f"发到{area} " in texts(said, "@t1")[0]
    assert (await notice(talk)).text == "停水"


async def test_in_a_staff_room_who_misspelt_a_place_hears_so_in_private(talk: Talk) -> None:
    said = await talk.say("w1", "s1", "通知 火星 明天开会")
    assert {one.room for one in said} == {"@w1"} and "没有叫“火星”的区域" in said[0].text
    for own in ("通知 明天下午 开会", "通知 各位 明天开会", "通知 大家 明天开会"):
        assert not await talk.say("w1", "s1", own)
    assert not await talk.say("w1", "g1", "通知 火星 明天开会")


async def test_unknown_area_lists_near_names(talk: Talk) -> None:
    said = await talk.say("t1", None, f"通知 柳叔村 {WATER}")
    assert "没有叫“柳叔村”的区域" in texts(said, "@t1")[0]
    assert "柳树村" in texts(said, "@t1")[0]


async def test_several_areas_are_listed(talk: Talk) -> None:
    said = await talk.say("t1", None, f"通知 一格 {WATER}")
    assert "柳树一格、" in texts(said, "@t1")[0]
    assert "北关一格" in texts(said, "@t1")[0]
    assert await talk.rows(select(Notice)) == []


async def test_the_district_has_several_towns(talk: Talk) -> None:
    said = await talk.say("d1", None, f"通知 全镇 {WATER}")
    assert "柳河镇、东山镇" in texts(said, "@d1")[0]
    said = await talk.say("d1", None, f"通知 全区 {WATER}")
    assert "清江区 4 个群" in texts(said, "@d1")[0]


async def test_a_persons_own_notice_in_a_group_is_left_alone(talk: Talk) -> None:
    assert await talk.say("w1", "g1", "通知：请各位邻居下楼做核酸") == []
    assert await talk.rows(select(Notice)) == []


async def test_text_bounds(talk: Talk) -> None:
    assert "没有正文" in texts(await talk.say("t1", None, "通知 全镇"), "@t1")[0]
    assert "最多 2000 字" in texts(await talk.say("t1", None, "通知 全镇 " + "水" * 2001), "@t1")[0]
    assert "N1" in texts(await talk.say("t1", None, "通知 全镇 " + "水" * 2000), "@t1")[0]
    assert "请这样写" in texts(await talk.say("t1", None, "通知"), "@t1")[0]


async def test_strange_text_is_only_text(talk: Talk) -> None:
    odd = "<b>x</b>'; DROP TABLE notice; =1+1 \u202e😀"
    await talk.say("w1", None, f"通知 本格 {odd}")
    said = await talk.say("w1", None, "确认 N1")
    seen = odd.replace("\u202e", "")  # a mark that turns the reading direction is no text
    assert texts(said, "g1") == [f"【通知 N1】柳树一格：\n{seen}"]


async def test_silent_groups_are_counted_and_left_out(talk: Talk) -> None:
    await talk.say("w2", "g2", "模式 静默")
    said = await talk.say("t1", None, f"通知 全镇 {WATER}")
    assert "2 个群（另有 1 个群静默" in texts(said, "@t1")[0]
    said = await talk.say("t1", None, "确认 N1")
    assert rooms(said) == {"g1", "g3", "@t1"}
    said = await talk.wait(minutes=2)
    assert "送达 2 个群，静默 1 个" in texts(said, "@t1")[0]


async def test_nobody_would_hear_it(talk: Talk) -> None:
    await talk.say("w1", "g1", "模式 静默")
    said = await talk.say("w1", None, f"通知 本格 {WATER}")
    assert "都是静默" in texts(said, "@w1")[0]
    said = await talk.say("w1", "g1", f"通知 本格 {WATER}")
    assert rooms(said) == {"@w1"}


async def test_confirm_is_the_senders(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    for person in ("w2", "w3", "a2"):
        said = await talk.say(person, None, "确认 N1")
        assert rooms(said) == {f"@{person}"}
        assert "只有发起人" in texts(said, f"@{person}")[0]
    assert "只有" in texts(await talk.say("r1", None, "确认 N1"), "@r1")[0]
    said = await talk.say("a1", None, "确认 N1")
    assert "g1" in rooms(said)


async def test_once_only(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    await talk.say("w1", None, "确认 Ｎ１")
    said = await talk.say("w1", None, "确认 n 1")
    assert rooms(said) == {"@w1"}
    assert "已经发过" in texts(said, "@w1")[0]


async def test_same_draft_twice_is_one(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    said = await talk.say("w1", None, f"通知 本格 {WATER}")
    assert "N1" in texts(said, "@w1")[0]
    assert "g1" in rooms(await talk.say("w1", None, "确认"))


async def test_two_drafts_are_told_apart(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    await talk.say("w1", None, "通知 本格 收卫生费")
    said = await talk.say("w1", None, "确认")
    assert rooms(said) == {"@w1"}
    assert "N1、N2" in texts(said, "@w1")[0]


async def test_after_half_an_hour_it_is_shown_again(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    await talk.wait(minutes=31)
    said = await talk.say("w1", None, "确认 N1")
    assert rooms(said) == {"@w1"}
    assert "再看一遍" in texts(said, "@w1")[0]
    assert "g1" in rooms(await talk.say("w1", None, "确认 N1"))


async def test_wrong_numbers(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    assert "N9" in texts(await talk.say("w1", None, "确认 N9"), "@w1")[0]
    assert "N9" in texts(await talk.say("w1", None, "停止 N9"), "@w1")[0]
    assert (await notice(talk)).state == NoticeState.DRAFT


async def test_stop_before_it_is_sent(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    said = await talk.say("w1", None, "停止 N1")
    assert "作废" in texts(said, "@w1")[0]
    assert (await notice(talk)).state == NoticeState.DROPPED


async def test_stop_in_the_middle(slow: Talk) -> None:
    said = await slow.say("t1", None, f"通知 全镇 {WATER}")
    assert "不到 1 分钟" in texts(said, "@t1")[0]
    await slow.say("t1", None, "确认 N1")
    await slow.wait(seconds=15)
    said = await slow.say("t1", None, "查 N1")
    status = texts(said, "@t1")[-1]
    assert "等待" in status
    said = await slow.say("a1", None, "停止 N1")
    assert "只有发起人" in texts(said, "@a1")[0]
    said = await slow.say("t1", None, "停止 N1")
    (stopped,) = (text for text in texts(said, "@t1") if "停了" in text)
    got = {one.room for one in slow.outputs if one.text.startswith("【通知 N1】柳河镇：")}
    assert f"已发出 {len(got)} 个群，撤下 {3 - len(got)} 个群" in stopped
    assert 0 < len(got) < 3
    await slow.wait(minutes=30)
    after = {one.room for one in slow.outputs if one.text.startswith("【通知 N1】柳河镇：")}
    assert after == got
    said = await slow.say("t1", None, "停止 N1")
    assert "不用再停" in texts(said, "@t1")[0]


async def test_stop_when_whole(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    await talk.say("w1", None, "确认 N1")
    said = await talk.say("w1", None, "停止 N1")
    assert "全部发完" in texts(said, "@w1")[0]


async def test_silencing_takes_the_queued_ones_back(slow: Talk) -> None:
    await slow.say("t1", None, f"通知 全镇 {WATER}")
    await slow.say("t1", None, "确认 N1")
    await slow.say("t1", None, "模式 静默 全镇")
    await slow.wait(minutes=30)
    got = {one.room for one in slow.outputs if one.text.startswith("【通知 N1】柳河镇：")}
    told = [one.text for one in slow.outputs if one.room == "@t1"]
    assert len(got) < 3
    assert any("全部静默" in text and f"{3 - len(got)} 条已撤下" in text for text in told)
    assert any("发完了" in text and f"撤下 {3 - len(got)} 个" in text for text in told)


async def test_status(talk: Talk) -> None:
    await talk.say("t1", None, f"通知 全镇 {WATER}")
    assert "没有发出" in texts(await talk.say("t1", None, "查 N1"), "@t1")[0]
    await talk.say("t1", None, "确认 N1")
    assert "送达 3 个群" in texts(await talk.say("t1", None, "查 N1"), "@t1")[0]
    assert "只有发起人" in texts(await talk.say("r1", None, "查 N1"), "@r1")[0]
    assert "只有发起人" in texts(await talk.say("w1", None, "查 N1"), "@w1")[0]


async def test_in_a_residents_group_the_result_comes_in_private(talk: Talk) -> None:
    said = await talk.say("w1", "g1", f"通知 本格 {WATER}")
    assert rooms(said) == {"g1"}
    await talk.say("w1", "g1", "确认 N1")
    assert rooms(await talk.wait(minutes=2)) == {"@w1"}


async def test_in_the_staff_room_the_result_stays_there(talk: Talk) -> None:
    await talk.say("t1", "s1", f"通知 全镇 {WATER}")
    said = await talk.say("t1", "s1", "确认 N1")
    assert rooms(said) == {"s1", "g1", "g2", "g3"}
    assert rooms(await talk.wait(minutes=2)) == {"s1"}


async def test_dismissed_sender_cannot_confirm(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    await talk.say("a1", None, "免去 小耿 网格员 柳树一格")
    said = await talk.say("w1", None, "确认 N1")
    assert "g1" not in rooms(said)


async def test_traces_are_left_without_words(talk: Talk) -> None:
    await talk.say("w1", None, f"通知 本格 {WATER}")
    await talk.say("w1", None, "确认 N1")
    await talk.wait(minutes=2)
    entries = await talk.rows(select(AuditEntry).where(AuditEntry.ref == "N1").order_by(AuditEntry.id))
    assert [one.action for one in entries] == ["notice.drafted", "notice.confirmed", "notice.whole"]
    assert not any("停水" in one.fields for one in entries)
    assert [one.answered_at is None for one in await talk.rows(select(Question))] == [False]


async def test_quiet_hours_are_told(talk: Talk) -> None:
    await talk.wait(hours=10)
    said = await talk.say("w1", None, f"通知 本格 {WATER}")
    assert "安静时段" in texts(said, "@w1")[0]
    said = await talk.say("w1", None, "确认 N1")
    assert rooms(said) == {"@w1"}
    assert "安静时段，等到 11-22 08:00 发" in texts(said, "@w1")[0]
    assert rooms(await talk.wait(hours=9)) == set()
    said = await talk.wait(hours=2)
    assert texts(said, "g1") == [f"【通知 N1】柳树一格：\n{WATER}"]
    assert "送达 1 个群" in texts(said, "@w1")[0]


@pytest.mark.parametrize("words", ["嗯", "收到", "嗯嗯", "知道了"])
async def test_what_may_only_mean_heard_sends_nothing(talk: Talk, words: str) -> None:
    await talk.say("t1", None, "通知 全镇 明早8点停水")
    said = await talk.say("t1", None, words)
    assert rooms(said) == {"@t1"}
    assert "还没有发" in said[0].text
    said = await talk.say("t1", None, "好的，发吧")
    assert {"g1", "g2", "g3"} <= rooms(said)


@pytest.mark.parametrize("words", ["改成后天停水", "好像写错了", "等一下，时间不对"])
async def test_what_is_to_be_changed_is_not_sent(talk: Talk, words: str) -> None:
    await talk.say("t1", None, "通知 全镇 明早8点停水")
    said = await talk.say("t1", None, words)
    assert "没有发出" in said[0].text
    assert rooms(await talk.say("t1", None, "确认")) <= {"@t1"}
