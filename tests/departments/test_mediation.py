"""调解, 和解 and 请三老: a quarrel is settled in private."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from storage.inbox import Picture
from storage.matters import Case, CasePicture, CaseState
from tests.harness import Talk, rooms, texts

QUARREL = "隔壁301的老王天天半夜跟我吵架，打起来了"
LAMP = "路灯坏了，晚上看不见路，能不能修一下"


async def case_of(talk: Talk) -> Case:
    (case,) = await talk.rows(select(Case).where(Case.id == 1))
    return case


async def test_the_time_is_kept_and_no_group_hears_of_it(talk: Talk) -> None:
    said = await talk.say("r1", "g1", QUARREL)
    assert "还没开始" in texts(await talk.say("w1", None, "调解 1 结束"), "@w1")[0]
    said += await talk.say("w1", None, "调解 1 开始")
    assert "已经开始" in texts(await talk.say("w1", None, "调解 1 开始"), "@w1")[0]
    await talk.wait(minutes=15)
    assert "用时 15 分钟" in texts(await talk.say("w1", None, "调解 1 结束"), "@w1")[0]
    await talk.say("w1", None, "调解 1 开始")
    await talk.wait(minutes=5)
    said += await talk.say("w1", None, "和解 1")
    assert "共用时 20 分钟" in texts(said, "@w1")[-1]
    assert texts(said, "@r1")[-1] == "【事项 1】已和解。还有什么就跟我说一声。"
    assert not [one for one in rooms(said) if one.startswith("g")]
    assert (await case_of(talk)).state == CaseState.DONE
    assert await talk.wait(days=4) == [] and (await case_of(talk)).state == CaseState.CLOSED


async def test_a_group_that_had_heard_of_it_hears_only_that_it_is_settled(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", None, "改类 1 邻里纠纷")
    said = await talk.say("w1", None, "和解 1 老王赔了两百块")
    assert texts(said, "g1") == ["【事项 1】已和解。"]


async def test_the_photo_of_the_agreement_is_kept_with_the_step(talk: Talk, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 40), "white").save(tmp_path / "paper.jpg")
    await talk.say("r1", "g1", QUARREL)
    await talk.say("w1", None, "", image=tmp_path / "paper.jpg")
    said = await talk.say("w1", None, "和解 1")
    assert "和解书照片收好了" in texts(said, "@w1")[-1] and rooms(said) == {"@w1", "@r1"}
    (kept,) = await talk.rows(select(CasePicture))
    (picture,) = await talk.rows(select(Picture).where(Picture.id == kept.picture_id))
    assert picture.state == "ready"


async def test_an_elder_hears_of_it_only_when_asked_and_may_settle_it(talk: Talk) -> None:
    await talk.say("r1", "g1", QUARREL)
    said = await talk.say("w1", None, "请三老 1")
    assert (
        rooms(said) == {"@w1"} and "李大爷（老党员）、张奶奶（三老）" in said[0].text and "何大爷" not in said[0].text
    )
    assert texts(await talk.say("m1", None, "接单 1"), "@m1") == [
        "您能看的里面没有找到 1 号，请核对编号，或引用我发的那条消息回复。"
    ]
    said = await talk.say("w1", None, "请三老 1 李大爷")
    assert rooms(said) == {"@w1", "@m1"} and "老王" in texts(said, "@m1")[0]
    assert "没有找到" in texts(await talk.say("m2", None, "接单 1"), "@m2")[0]
    assert rooms(await talk.say("m1", None, "接单 1")) == {"@m1", "@w1", "@r1"}
    await talk.say("m1", None, "调解 1 开始")
    said = await talk.say("m1", None, "和解 1")
    assert rooms(said) == {"@m1", "@w1", "@r1"}


async def test_an_elder_who_cannot_gives_it_back_to_the_worker(talk: Talk) -> None:
    await talk.say("r1", "g1", QUARREL)
    await talk.say("w1", None, "请三老 1 李大爷")
    said = await talk.say("m1", None, "退单 1 身体不好")
    assert texts(said, "@w1") == ["【事项 1】李大爷退单：身体不好"] and "@r1" not in rooms(said)
    assert "没有找到" in texts(await talk.say("m1", None, "进展 1 啊"), "@m1")[0]


@pytest.mark.parametrize("words", ["调解 1 开始", "和解 1", "请三老 1"])
async def test_only_for_quarrels_and_only_in_private(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", QUARREL)
    assert "请私聊我" in texts(await talk.say("w1", "g1", words), "g1")[0]
    await talk.say("r2", "g1", LAMP)
    assert "只用于邻里纠纷" in texts(await talk.say("w1", "g1", words.replace("1", "2")), "g1")[0]
    before = (await case_of(talk)).model_dump()
    for who in ("r1", "w3", "m1", "v1"):
        assert len(await talk.say(who, None, words)) <= 1
    assert (await case_of(talk)).model_dump() == before
