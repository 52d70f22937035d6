"""Answers to a preview beside other people: an ordinary yes or no in a group is theirs, not the bot's."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Notice, NoticeState
from tests.harness import Talk, rooms, texts


async def state(talk: Talk) -> str:
    (notice,) = await talk.rows(select(Notice))
    return notice.state


@pytest.mark.parametrize(
    "words", ["可以", "行", "要", "对，你去吧", "好的", "是", "收到", "嗯", "没有了", "不用了", "不是", "不行"]
)
@pytest.mark.parametrize("quote", [None, "asked"])
async def test_an_ordinary_yes_or_no_answers_a_colleague(talk: Talk, words: str, quote: str | None) -> None:
    await talk.say("t1", "s1", "通知 全镇 下周一体检")
    await talk.say("w2", "s1", "镇长，表格我交了", id="asked")
    assert await talk.say("t1", "s1", words, quote=quote) == []
    assert await state(talk) == NoticeState.DRAFT


@pytest.mark.parametrize("words", ["确认", "确定", "发", "发吧", "发送", "发布", "确认 N1", "发 N1", "确定 N1"])
async def test_words_about_sending_send(talk: Talk, words: str) -> None:
    await talk.say("t1", "s1", "通知 全镇 下周一体检")
    assert {"g1", "g2", "g3"} <= rooms(await talk.say("t1", "s1", words))


@pytest.mark.parametrize("words", ["可以", "行", "好的", "是", "确认", "发吧"])
async def test_a_quote_of_the_preview_is_answered_by_any_yes(talk: Talk, words: str) -> None:
    await talk.say("t1", "s1", "通知 全镇 下周一体检")
    assert "g1" in rooms(await talk.say("t1", "s1", words, quote="N1.1"))


@pytest.mark.parametrize("words", ["确认", "确定", "发吧", "不发", "取消"])
async def test_a_quote_of_somebody_else_answers_nothing(talk: Talk, words: str) -> None:
    await talk.say("t1", "s1", "通知 全镇 下周一体检")
    await talk.say("w2", "s1", "镇长，表格我交了", id="asked")
    assert await talk.say("t1", "s1", words, quote="asked") == []
    assert await state(talk) == NoticeState.DRAFT


async def test_with_two_drafts_it_is_silent_too(talk: Talk) -> None:
    await talk.say("t1", "s1", "通知 全镇 下周一体检")
    await talk.say("t1", "s1", "通知 全镇 下周二停水")
    assert await talk.say("t1", "s1", "可以") == []
    assert "N1、N2" in texts(await talk.say("t1", "s1", "发吧"), "s1")[0]


async def test_in_private_a_yes_is_a_yes(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 下周一体检")
    assert "g1" in rooms(await talk.say("t1", None, "可以"))
