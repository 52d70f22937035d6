"""A neighbour's cry beside an open alert that says nothing of who is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from storage.matters import Alert
from tests.harness import Talk, rooms, texts

REPORT = "我爸走丢了，70岁，蓝棉袄，在柳树巷"
CRY = "老爷子走丢了大家帮忙"


async def test_the_worker_did_not_hear_that_it_might_be_another(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    said = await talk.say("r2", "g1", CRY)
    assert rooms(said) == {"@w1"}
    assert CRY in texts(said, "@w1")[0] and "寻人 …" in texts(said, "@w1")[0]
    assert await talk.say("r2", "g1", "老爷子走丢了，大家快帮忙找找") == []
    assert await talk.rows(select(func.count(Alert.id))) == [1]


@pytest.mark.parametrize(
    ("person", "words"), [("r1", CRY), ("w1", CRY), ("r2", "老爷子走丢了？"), ("r2", "大家再找找，别着急")]
)
async def test_the_family_the_worker_and_questions_tell_nothing_new(talk: Talk, person: str, words: str) -> None:
    await talk.say("r1", "g1", REPORT)
    assert await talk.say(person, "g1", words) == []


async def test_who_then_says_whom_reports_another(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("r2", "g1", CRY)
    said = await talk.say("r2", "g1", "他85岁，叫赵有福，黑棉袄")
    assert "M2" in "".join(texts(said, "g1"))
