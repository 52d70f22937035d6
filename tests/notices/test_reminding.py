"""催回执: who has not answered a notice is asked again; and what counts as an answer, and as a place and a time."""

from __future__ import annotations

import pytest

from tests.harness import Talk, texts


async def _to_workers(talk: Talk) -> None:
    await talk.say("a1", None, "通知 网格员 回执 明早开会")
    await talk.say("a1", None, "确认")
    await talk.wait(minutes=2)


@pytest.mark.parametrize("words", ["收到", "收到，谢谢村长", "收到👌"])
async def test_收到_in_the_staff_room_counts_for_what_was_told_in_private(talk: Talk, words: str) -> None:
    await _to_workers(talk)
    assert not await talk.say("w1", "s1", words)
    assert "1/2 人。还没回的：李珍" in texts(await talk.say("a1", None, "回执"), "@a1")[0]


@pytest.mark.parametrize(
    "words",
    [
        "提醒没回的人",
        "提醒没回的",
        "催一下没回的",
        "再提醒一下还没回复的人",
        "帮我催催没收到的",
        "催回执",
        "催回执 N1",
        "问一下没回的同志",
        "提醒还没回的网格员",
        "麻烦催一下没回复的",
    ],
)
async def test_who_has_not_answered_is_reminded_once(talk: Talk, words: str) -> None:
    await _to_workers(talk)
    await talk.say("w1", None, "收到")
    said = await talk.say("a1", None, words)
    assert "明早开会" in texts(said, "@w2")[0]
    assert not texts(said, "@w1")
    assert "1 人" in texts(said, "@a1")[0]
    again = await talk.say("a1", None, words)
    assert not texts(again, "@w2")
    assert "刚提醒过" in texts(again, "@a1")[0]


async def test_of_a_notice_to_groups_the_workers_are_asked(talk: Talk) -> None:
    await talk.say("r2", "g1", "今天天气好")
    await talk.say("a1", None, "通知 柳树村 回执 明天查电表")
    await talk.say("a1", None, "确认")
    await talk.wait(minutes=2)
    said = await talk.say("a1", None, "催回执 N1")
    assert "没回的" in texts(said, "@w1")[0]
    assert not texts(said, "g1")


async def test_nobody_else_reminds(talk: Talk) -> None:
    await _to_workers(talk)
    assert not texts(await talk.say("r1", None, "提醒没回的人"), "@w2")
    assert not await talk.say("w2", "g2", "提醒没回的人")


async def test_本群_is_the_area_of_the_group(talk: Talk) -> None:
    assert not await talk.say("w1", "g1", "通知 本群 明天下午开会")  # the group has read it
    assert "发到柳树一格 1 个群" in texts(await talk.say("w1", "g1", "@格格 通知 本群 明天下午开会"), "g1")[0]
    assert "发到柳树一格 1 个群" in texts(await talk.say("w1", None, "通知 我们群 明天下午体检"), "@w1")[0]


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("三天后9点", "2026-11-24 09:00"),
        ("3天后上午9点半", "2026-11-24 09:30"),
        ("两天后的下午3点", "2026-11-23 15:00"),
        ("一周后8点", "2026-11-28 08:00"),
    ],
)
async def test_days_on(talk: Talk, said: str, at: str) -> None:
    assert f"定时 {at} 发" in texts(await talk.say("w1", None, f"通知 本格 定时{said} 体检"), "@w1")[0]
