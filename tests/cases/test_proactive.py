"""未诉先办: the third like matter in thirty days is proposed to the lead once."""

from __future__ import annotations

from sqlalchemy import select

from storage.matters import Case, CaseSource
from tests.harness import Talk, rooms, texts

LAMP = "柳树巷的路灯坏了，麻烦修一下"


async def report(talk: Talk, number: int, words: str = LAMP) -> list[str]:
    """Reported, and done; what the lead got."""
    said = await talk.say("r1", "g1", words)
    await talk.say("w1", "g1", f"办结 {number} 修好了")
    await talk.say("r1", "g1", f"满意 {number}")
    return texts(said, "@l1")


async def test_the_third_is_proposed_and_the_fourth_is_not(talk: Talk) -> None:
    assert [await report(talk, number) for number in (1, 2)] == [[], []]
    (told,) = await report(talk, 3)
    assert "第 3 件了（1、2、3）" in told and "先办 公共设施 柳树巷" in told
    assert await report(talk, 4) == []


async def test_other_places_and_private_matters_do_not_count(talk: Talk) -> None:
    await report(talk, 1)
    await report(talk, 2, "老槐树下的路灯坏了，麻烦修一下")
    assert await report(talk, 3) == []


async def test_what_nobody_reported_is_a_case_with_an_owner(talk: Talk) -> None:
    said = await talk.say("w1", None, "先办 路灯老坏 柳树巷")
    assert rooms(said) == {"g1", "@w1"} and "先办" in texts(said, "g1")[0]
    (case,) = await talk.rows(select(Case))
    assert (case.source, case.category, case.shown) == (CaseSource.PROACTIVE, "公共设施", True)
    assert "已办结" in texts(await talk.say("w1", None, "办结 1 换了灯"), "g1")[0]


async def test_a_lead_names_the_place_and_its_group_hears_it(talk: Talk) -> None:
    said = await talk.say("l1", None, "先办 路灯老坏 柳树巷")
    assert rooms(said) == {"g1", "@w1", "@l1"}


async def test_another_towns_place_is_refused(talk: Talk) -> None:
    said = await talk.say("t1", None, "先办 石桥村 路灯老坏")
    assert "石桥村不在您负责的镇街" in said[0].text
    assert await talk.rows(select(Case)) == []


async def test_residents_cannot_begin_one(talk: Talk) -> None:
    assert "只有" in (await talk.say("r1", None, "先办 路灯老坏 柳树巷"))[0].text
    await talk.say("r1", "g1", "先办 路灯老坏 柳树巷")  # at most a report like any other
    assert "涉及个人" in (await talk.say("w1", None, "先办 两口子打架 3栋"))[0].text
    assert await talk.rows(select(Case).where(Case.source == CaseSource.PROACTIVE)) == []
