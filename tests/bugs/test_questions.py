"""Questions that could not be answered, and private lines that nobody took."""

from __future__ import annotations

from sqlalchemy import delete, select

from storage.inbox import InboxEvent, Outcome
from storage.matters import Case
from storage.people import ContactBinding
from tests.harness import Output, Talk, rooms, texts

UNSURE = ("我觉得这里是不是该装个灯啊", "那边的灯是不是坏了呢")
LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def doubtful(talk: Talk, person: str, text: str) -> list[Output]:
    """Make the bot unsure whatever it reads."""
    machine = talk.replay.machine
    before, rules = machine.outside.rules, talk.rules
    reading = rules.reading.model_copy(update={"act_threshold": 1.0, "ask_threshold": 0.0})
    object.__setattr__(machine.outside, "rules", rules.model_copy(update={"reading": reading}))
    said = await talk.say(person, "g1", text)
    object.__setattr__(machine.outside, "rules", before)
    return said


async def test_a_confirmation_is_a_yes_to_a_doubt(talk: Talk) -> None:
    await doubtful(talk, "r1", LEAK)
    said = await talk.say("w1", None, "确认")
    assert texts(said, "g1")
    assert len(await talk.rows(select(Case))) == 1


async def test_two_doubts_at_once_are_answered_by_quoting(talk: Talk) -> None:
    await talk.say("w1", None, "帮助")
    first = await doubtful(talk, "r1", LEAK)
    second = await doubtful(talk, "r2", "路灯坏了，晚上看不见路，能不能修一下")
    assert rooms(first) == rooms(second) == {"@w1"}
    said = await talk.say("w1", None, "是")
    assert "有 2 件在等您答复" in said[0].text
    assert "引用" in said[0].text
    said = await talk.say("w1", None, "是", quote=second[0].ref)
    assert await talk.rows(select(Case.text)) == ["路灯坏了，晚上看不见路，能不能修一下"]
    said = await talk.say("w1", None, "不是")
    outcomes = await talk.rows(select(InboxEvent.outcome).where(InboxEvent.payload.contains("水管爆了")))
    assert outcomes == [Outcome.CHAT]


async def test_a_doubt_that_nobody_answers_is_forgotten_like_chat(talk: Talk) -> None:
    await doubtful(talk, "r1", LEAK)
    await talk.wait(minutes=50)
    assert await talk.rows(select(InboxEvent.wiped)) == [True]


async def test_a_doubt_reaches_a_worker_who_is_no_friend_in_the_staff_room(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(delete(ContactBinding).where(ContactBinding.external_id == "w1"))
    said = await doubtful(talk, "r1", LEAK)
    assert rooms(said) == {"s1"}
    assert "水管" not in said[0].text
    assert "王姨" not in said[0].text


async def test_who_is_in_two_areas_is_asked_once_which(talk: Talk) -> None:
    await talk.say("r1", "g1", "早上好")
    await talk.say("r1", "g3", "早上好")
    assert "哪个村" in (await talk.say("r1", None, LEAK))[0].text
    said = await talk.say("r1", None, "北关一格")
    assert "【事项 1】" in texts(said, "@r1")[0]
    assert "@w3" in rooms(said)


async def test_while_the_area_is_asked_for_a_fire_is_no_wrong_answer(talk: Talk) -> None:
    await talk.say("stranger", None, LEAK)
    said = await talk.say("stranger", None, "着火了！楼上着火了快来人")
    assert "119" in said[0].text
    said = await talk.say("stranger", None, "柳树村")
    cases = await talk.rows(select(Case.kind).order_by(Case.id))
    assert sorted(cases) == ["emergency", "request"]
    assert "@w1" in rooms(said)


async def test_yes_beside_an_open_question_for_the_area_breaks_nothing(talk: Talk) -> None:
    await talk.say("stranger", None, LEAK)
    await talk.say("stranger", "g3", "大家好")
    await talk.say("stranger", None, "是")
    assert set(await talk.rows(select(InboxEvent.state))) == {"done"}
