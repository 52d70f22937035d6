"""Who may confirm, who is asked when nobody does, and what goes nowhere before that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from storage.agenda import Question
from storage.areas import Mode
from storage.matters import Alert, AlertState
from storage.people import ContactBinding
from tests.alerts.town import (
    FORWARDED,
    GRANDPA,
    MOTHER,
    TOWN_ROOMS,
    alert_rules,
    balanced,
    set_mode,
    the_alert,
)
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize("words", ["确认", "是", "确认 M1", "确认M1", "确认 ｍ１", "确认　M 1。"])
async def test_one_word_of_the_worker_is_enough(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, words)
    assert rooms(said) >= TOWN_ROOMS
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


@pytest.mark.parametrize("person", ["l1", "a1", "t1", "d1", "p1"])
async def test_anybody_above_and_the_police_may_confirm(talk: Talk, person: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert rooms(await talk.say(person, None, "确认 M1")) >= TOWN_ROOMS


async def test_in_the_group_the_bare_word_is_enough_too(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", "g1", "确认")
    assert rooms(said) >= TOWN_ROOMS
    assert "@w1" not in rooms(said)


@pytest.mark.parametrize("person", ["r1", "r2", "v1", "w2", "w4", "t2"])
@pytest.mark.parametrize("words", ["确认 M1", "误报 M1", "驳回 M1 不归我管"])
async def test_without_the_right_nothing_changes(talk: Talk, person: str, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say(person, "g1", words)
    assert len(said) == 1
    assert "没有改动" in said[0].text
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED


async def test_the_word_in_another_group_is_only_talk(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert await talk.say("w1", "g2", "确认") == []
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED


async def test_the_second_confirmation_sends_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("l1", None, "确认 M1")
    assert texts(said, "@l1") == ["【寻人 M1】网格员小耿已经确认过，卡片已经在发了。"]
    assert rooms(said) == {"@l1"}


async def test_a_closed_alert_is_not_confirmed(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "找到 M1")
    said = await talk.say("w1", None, "确认 M1")
    assert len(said) == 1
    assert "已找到" in said[0].text


async def test_with_two_waiting_the_bare_word_changes_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r2", "g1", "我家孩子丢了，6岁男孩，蓝校服，二中门口走散的")
    said = await talk.say("w1", None, "确认")
    assert len(said) == 1
    assert "M1" in said[0].text and "M2" in said[0].text
    assert {one.state for one in await talk.rows(select(Alert))} == {AlertState.UNCONFIRMED}


async def test_steps_upwards_when_nobody_answers(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.wait(minutes=3)
    assert rooms(said) == {"@l1", "@a1", "g1"}
    assert "网格长老郭" in texts(said, "g1")[0] and "钱村长" in texts(said, "g1")[0]
    said = await talk.wait(minutes=3)
    assert rooms(said) == {"@t1", "g1"}
    said = await talk.wait(minutes=10)
    assert rooms(said) == {"@w1", "@l1", "@a1", "@t1"}
    said = await talk.wait(minutes=114)
    assert len(texts(said, "@w1")) == 11  # every ten minutes until two hours have passed
    said = await talk.wait(minutes=180)
    assert len(texts(said, "@w1")) == 3  # then hourly
    assert rooms(said) == {"@w1", "@l1", "@a1", "@t1"}


async def test_those_who_were_asked_hear_that_it_is_settled(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=4)
    said = await talk.say("a1", None, "确认")
    assert all("不用再回" in texts(said, chat)[0] for chat in ("@w1", "@l1"))
    later = await talk.wait(hours=3)
    assert {one.room for one in later if one.room.startswith("@")} == {"@r1"}  # the family, once, of ransom callers
    said = await talk.say("w1", None, "确认")
    assert len(said) == 1


async def test_those_who_were_asked_hear_that_the_family_found_them(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=4)
    said = await talk.say("r1", "g1", "找到了，在亲戚家，谢谢大家")
    assert rooms(said) == {"g1", "@w1", "@l1", "@a1"}
    assert await balanced(talk)
    assert await talk.wait(hours=3) == []


async def test_who_is_no_friend_is_mentioned_in_the_staff_room_without_personal_data(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(update(ContactBinding).values(friend=False))
    said = await talk.say("r1", "g1", GRANDPA)
    assert rooms(said) == {"g1", "s1"}
    (asked,) = (one for one in said if one.room == "s1")
    assert asked.mentions == ("w1",)
    assert "139" not in asked.text and "王姨" not in asked.text
    said = await talk.say("w1", "s1", "确认")
    assert rooms(said) >= TOWN_ROOMS


async def test_another_villages_worker_does_not_close_the_question_of_the_staff_room(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(update(ContactBinding).values(friend=False))
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w3", "s1", "是")
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert rooms(await talk.say("w1", "s1", "是")) >= TOWN_ROOMS


async def test_forwarded_appeals_are_posted_nowhere_before_a_workers_word(talk: Talk) -> None:
    said = await talk.say("r1", "g1", FORWARDED)
    assert rooms(said) == {"@r1", "@w1"}
    assert (await the_alert(talk)).forwarded
    assert all(one.room.startswith("@") for one in await talk.wait(hours=1))
    said = await talk.say("w1", None, "误报 M1")
    assert not rooms(said) & {"g1", "g2", "g3"}
    assert await balanced(talk)


async def test_a_workers_free_words_need_that_workers_own_word(talk: Talk) -> None:
    said = await talk.say("w1", "g1", GRANDPA)
    assert rooms(said) == {"g1"}
    assert "您回“确认 M1”" in said[0].text
    assert rooms(await talk.say("w1", "g1", "确认")) >= TOWN_ROOMS


async def test_what_a_worker_passes_on_is_asked_in_private(talk: Talk) -> None:
    said = await talk.say("w1", "g1", FORWARDED)
    assert rooms(said) == {"@w1"}
    assert rooms(await talk.say("w1", None, "确认")) >= TOWN_ROOMS


async def test_no_means_false(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, "不是")
    assert rooms(said) == {"g1", "@w1"}
    assert (await the_alert(talk)).state == AlertState.FALSE
    assert await balanced(talk)


async def test_a_silent_group_hears_nothing_and_the_rest_goes_on(talk: Talk) -> None:
    await set_mode(talk, "g1", Mode.SILENT)
    said = await talk.say("r1", "g1", GRANDPA)
    assert rooms(said) == {"@r1", "@w1"}
    said = await talk.say("w1", "g1", "确认 M1")
    assert rooms(said) == {"@r1", "@w1", "g2", "g3"}
    assert "另有 1 个群设了静默" in texts(said, "@r1")[0]
    said = await talk.wait(minutes=1)
    assert "已发到 2 个群，另有 1 个群设了静默" in texts(said, "@r1")[0]
    said = await talk.say("r1", "g1", "找到 M1")
    assert rooms(said) == {"@r1", "@w1", "g2", "g3"}
    assert await balanced(talk)


async def test_a_trial_group_takes_part(talk: Talk) -> None:
    await set_mode(talk, "g1", Mode.TRIAL)
    await set_mode(talk, "g2", Mode.TRIAL)
    assert "g1" in rooms(await talk.say("r1", "g1", GRANDPA))
    assert rooms(await talk.say("w1", None, "确认")) >= TOWN_ROOMS


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Talk]:
    """A town whose alerts go out by themselves after eight minutes."""
    talk = await Talk(tmp_path, alert_rules(auto_after_minutes=8)).open()
    yield talk
    await talk.close()


async def test_by_itself_only_where_the_config_says_so(hasty: Talk) -> None:
    await hasty.say("r1", "g1", MOTHER)
    said = await hasty.wait(minutes=9)
    cards = [one for one in said if "8 分钟无人核实" in one.text]
    assert {one.room for one in cards} == TOWN_ROOMS
    assert (await the_alert(hasty)).confirmed_by is None
    await hasty.say("w1", None, "误报 M1")
    assert await balanced(hasty)


async def test_a_forwarded_appeal_never_goes_by_itself(hasty: Talk) -> None:
    await hasty.say("r1", "g1", FORWARDED)
    assert all(one.room.startswith("@") for one in await hasty.wait(hours=1))


async def test_a_late_confirmation_is_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    early = talk.now
    await talk.wait(minutes=20)
    for words in ("确认 M1", "是"):
        said = await talk.say("w1", None, words, at=early)
        assert rooms(said) == {"@w1"}
        assert "没有执行" in said[0].text
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert await talk.rows(select(Question.id).where(col(Question.answered_at).is_(None), Question.kind == "confirm"))
