"""What annoyed, confused or endangered somebody when the bot was played with, each kept from coming back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Alert, Case, Sighting
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，麻烦来人看看"
LAMP = "老街口路灯坏了三天了，能不能修一下"
CHILD = "我儿子放学没回来，8岁，蓝校服"


async def test_somebody_with_an_open_case_can_still_report_a_missing_person(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("r1", "g1", "我爸早上出去没回来，72岁，灰夹克")
    assert "【寻人 M1】" in texts(said, "g1")[0]
    assert "72岁" not in (await talk.rows(select(Case.text)))[0]


async def test_a_second_missing_person_of_one_writer_is_no_correction_of_the_first(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，红外套")
    await talk.say("r1", "g1", "我爸也不见了，72岁，灰夹克")
    assert await talk.rows(select(Alert.sex).order_by(Alert.id)) == ["女", "男"]


async def test_a_fire_that_quotes_a_case_is_a_fire(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("r2", "g1", "着火了！楼道冒烟了快来人", quote="1.1")
    assert "119" in texts(said, "g1")[0]
    assert {"@w1", "@p1"} <= rooms(said)


async def test_an_old_man_is_no_clue_for_a_child(talk: Talk) -> None:
    await talk.say("r3", "g2", CHILD)
    await talk.say("w2", None, "确认 M1")
    said = await talk.say("r4", "g3", "刚才看到一个穿灰夹克的老头在桥头")
    assert not {"g2", "g3"} & rooms(said)
    assert await talk.rows(select(Sighting)) == []
    assert "g2" in rooms(await talk.say("r4", "g3", "看到一个小孩穿蓝校服往东走了"))


@pytest.mark.parametrize("words", ["转给 李珍 2", "转给 李珍 ２号", "转给2李珍", "转给 2 李珍"])
async def test_the_name_may_come_before_the_number(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", LAMP)
    said = await talk.say("w1", None, words)
    assert "【事项 2】已转给李珍。" in texts(said, "@w1")
    assert "@w2" in rooms(said)


async def test_the_mark_after_the_number_is_not_read_out(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert "已办结：换了阀门。" in texts(await talk.say("w1", None, "办结１。换了阀门"), "g1")[0]


async def test_who_takes_it_twice_is_told_so(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", None, "接单 1")
    assert "已经在您手上" in texts(await talk.say("w1", None, "接单1"), "@w1")[0]
    assert "已被小耿接了" in texts(await talk.say("v1", "g1", "接单 1"), "g1")[0]


async def test_anger_at_the_bot_is_met_once_and_calmly(talk: Talk) -> None:
    assert "对不住" in texts(await talk.say("r1", "g1", "@格格 你是傻子吗"), "g1")[0]
    assert await talk.say("r1", "g1", "@格格 废物") == []
    assert await talk.say("r1", "g1", "格格就是个废物") == []


async def test_what_was_told_in_private_is_not_listed_in_a_group(talk: Talk) -> None:
    await talk.say("r1", None, "3栋2单元楼道灯不亮，麻烦来修")
    assert "楼道" not in texts(await talk.say("w1", "g1", "待办"), "g1")[0]
    assert "楼道" in texts(await talk.say("w1", None, "待办"), "@w1")[0]


async def test_whoever_reported_in_private_hears_that_it_was_taken_down(talk: Talk) -> None:
    await talk.say("r1", None, "3栋2单元楼道灯不亮，麻烦来修")
    assert "已撤下" in texts(await talk.say("w1", None, "误判 1"), "@r1")[0]


@pytest.mark.parametrize("words", ["我要报修", "我要投诉", "我想反映个问题"])
async def test_who_only_begins_is_asked_to_go_on(talk: Talk, words: str) -> None:
    assert "您说" in texts(await talk.say("r1", None, words), "@r1")[0]
    assert await talk.say("r1", "g1", words) == []
    assert await talk.rows(select(Case)) == []
    assert "【事项 1】" in texts(await talk.say("r1", None, LEAK), "@r1")[0]


async def test_a_phone_is_hidden_however_it_is_said(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸走丢了，70岁，蓝棉袄，电话13800138000")
    said = await talk.say("r1", "g1", "电话不要公开")
    assert await talk.rows(select(Case)) == []
    assert await talk.rows(select(Alert.share_phone)) == [False]
    assert not any("【事项" in one.text for one in said)


async def test_a_worker_at_night_reads_when_the_reporter_will_hear(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.wait(hours=10)
    said = await talk.say("w1", None, "办结 1")
    assert rooms(said) == {"@w1"}
    assert "08:00 再告诉报事人" in said[0].text
