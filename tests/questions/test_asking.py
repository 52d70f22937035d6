"""咨询: answered from the bank only when it is sure, else by the worker, whose answer can be kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.town.answers import area_ids, import_answers, read_answers
from handlers.ports import Rules
from storage.answers import Answer, Inquiry, InquiryState
from tests.harness import Talk, rooms, texts

BANK = Path(__file__).with_name("bank.csv")


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Talk]:
    talk = await Talk(tmp_path).open()
    async with talk.database.write() as session:
        rows = read_answers(BANK, await area_ids(session), Rules())
        await import_answers(session, rows, "answers.csv", now=talk.now)
    yield talk
    await talk.close()


async def test_a_question_to_the_group_is_answered_once_and_with_its_source(asked: Talk) -> None:
    (said,) = await asked.say("r1", "g1", "请问低保要什么材料")
    assert said.room == "g1" and said.mentions == ("r1",)
    assert "身份证、户口本" in said.text and "来源：镇社保所，2026-03" in said.text
    assert await asked.say("r2", "g1", "低保要带什么材料") == []  # the group has just read it
    assert texts(await asked.say("r2", "g1", "咨询 低保要什么材料"), "g1")


@pytest.mark.parametrize(
    "words", ["今天几点停水", "谁知道哪里有卖菜的", "低保", "垃圾几点投放", "老人体检去哪里", "驾照怎么换"]
)
async def test_what_nobody_asked_the_bot_and_is_not_sure_is_talk(asked: Talk, words: str) -> None:
    assert await asked.say("r1", "g1", words) == []


async def test_an_entry_counts_in_its_own_area(asked: Talk) -> None:
    assert "傍晚18:00" in (await asked.say("r4", "g3", "请问垃圾几点投放"))[0].text


async def test_an_entry_counts_until_its_last_day(asked: Talk) -> None:
    assert "12月31日" in (await asked.say("r1", None, "医保什么时候缴费"))[0].text
    await asked.wait(days=45)
    assert rooms(await asked.say("r1", None, "医保什么时候缴费")) == {"@r1", "@w1"}


async def test_not_that_goes_to_the_worker(asked: Talk) -> None:
    (said,) = await asked.say("r1", "g1", "请问低保要什么材料")
    assert await asked.say("r2", "g1", "不是", quote=said.ref) == []
    after = await asked.say("r1", "g1", "不是", quote=said.ref)
    assert rooms(after) == {"g1", "@w1"} and "转给网格员小耿" in texts(after, "g1")[0]
    assert "低保要什么材料" in texts(after, "@w1")[0]
    assert await asked.say("r1", "g1", "不是", quote=said.ref) == []


async def test_the_workers_answer_reaches_the_asker_and_can_be_kept(asked: Talk) -> None:
    said = await asked.say("r1", "g1", "@格格 老年大学在哪里报名？")
    (put,) = [one for one in said if one.room == "@w1"]
    answer = await asked.say("w1", None, "在文化站二楼，每年3月", quote=put.ref)
    (heard,) = [one for one in answer if one.room == "g1"]
    assert "小耿答复：在文化站二楼" in heard.text and heard.mentions == ("r1",)
    assert "留进问题库吗" in texts(answer, "@w1")[0]
    assert "已经答过" in (await asked.say("w1", None, "在三楼", quote=put.ref))[0].text
    assert "留下了" in (await asked.say("w1", None, "留"))[0].text
    assert "已经在问题库里" in (await asked.say("w1", None, "留 Q1"))[0].text
    await asked.wait(minutes=15)
    (again,) = await asked.say("r2", "g1", "请问老年大学在哪里报名")
    assert "文化站二楼" in again.text and "来源：小耿，2026-11" in again.text
    assert await asked.say("r3", "g2", "请问老年大学在哪里报名") == []  # kept by the worker of another grid


async def test_a_newer_answer_takes_the_place_of_the_one_that_was_wrong(asked: Talk) -> None:
    before = len(await asked.rows(select(Answer)))
    for number, answer in enumerate(("在文化站二楼", "搬到文化站三楼了"), 1):
        said = await asked.say("r1", "g1", f"@格格 老年大学在哪里报名{'？' * number}")
        if number == 2:
            said = await asked.say("r1", "g1", "不是", quote=next(one.ref for one in said if one.room == "g1"))
        (put,) = [one for one in said if one.room == "@w1"]
        await asked.say("w1", None, answer, quote=put.ref)
        await asked.say("w1", None, "留")
    assert len(await asked.rows(select(Answer))) == before + 1
    await asked.wait(minutes=15)
    assert "文化站三楼" in (await asked.say("r2", "g1", "@格格 老年大学在哪里报名"))[0].text


async def test_only_workers_of_the_area_answer_and_keep(asked: Talk) -> None:
    said = await asked.say("r1", "g1", "@格格 老年大学在哪里报名？")
    (put,) = [one for one in said if one.room == "@w1"]
    assert "还没有人答复" in (await asked.say("w1", None, "留 Q1"))[0].text
    assert "只有" in (await asked.say("r1", "g1", "留 Q1"))[0].text
    assert "归柳树一格管" in (await asked.say("w3", None, "留 Q1"))[0].text
    assert "没有 Q9 这个编号" in (await asked.say("w1", None, "留 Q9"))[0].text
    assert (await asked.rows(select(Inquiry.state))) == [InquiryState.OPEN]
    assert len(await asked.rows(select(Answer))) == 7
    assert put.text.startswith("【问题 Q1】")


async def test_workers_search_the_bank_and_what_was_settled(asked: Talk) -> None:
    await asked.say("r1", "g1", "柳树巷路灯坏了，麻烦修一下")
    await asked.say("w1", "g1", "办结 1 换了灯泡")
    assert "换了灯泡" in (await asked.say("w1", None, "查问题 路灯"))[0].text
    assert "镇便民服务中心" in (await asked.say("w1", None, "查问题 低保"))[0].text
    assert "没有“龙虾”" in (await asked.say("w1", None, "查问题 龙虾"))[0].text
    assert "换了灯泡" not in (await asked.say("w3", None, "查问题 路灯"))[0].text
    assert "只有" in (await asked.say("r1", None, "查问题 路灯"))[0].text


async def test_without_a_bank_a_question_goes_to_the_worker(talk: Talk) -> None:
    assert await talk.say("r1", "g1", "请问低保要什么材料") == []
    assert rooms(await talk.say("r1", "g1", "咨询 低保要什么材料")) == {"g1", "@w1"}


async def test_a_worker_who_answers_without_quoting_is_asked_whether_that_is_the_answer(talk: Talk) -> None:
    await talk.say("r1", "g1", "@格格 社保卡丢了去哪补")
    await talk.say("w1", None, "去中心问问看")
    asked = texts(await talk.say("w1", None, "去镇便民服务中心一楼3号窗口，带身份证"), "@w1")
    assert "这是回答“社保卡丢了去哪补”的吗" in asked[0]
    said = await talk.say("w1", None, "是")
    assert texts(said, "g1") == ["@王姨 【问题 Q1】小耿答复：去镇便民服务中心一楼3号窗口，带身份证"]
    assert "留进问题库吗" in texts(said, "@w1")[0]


async def test_private_words_go_to_no_group_unless_the_worker_says_so(talk: Talk) -> None:
    await talk.say("r1", "g1", "@格格 社保卡丢了去哪补")
    await talk.say("w1", None, "我在外面开会，下午再说")
    assert rooms(await talk.say("w1", None, "不是")) == {"@w1"}
    assert texts(await talk.say("w1", None, "收到"), "g1") == []
    await talk.say("w1", None, "待办")
    assert not any("这是回答" in one for one in texts(await talk.say("w1", None, "中午去食堂吃饭"), "@w1"))
