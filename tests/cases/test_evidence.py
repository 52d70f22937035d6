"""Photos with the steps of a case, and the closing checklist 五见."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from bot.replay import Output
from handlers.ports import CaseRules, MessageType, Rules
from storage.inbox import Picture
from storage.matters import Case, CasePicture, CaseState, CaseStep
from tests.harness import Talk, rooms, texts, words_of

LAMP = "路灯坏了，晚上看不见路，能不能修一下"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 40), "white").save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


async def with_rules(folder: Path, **rules: object) -> Talk:
    return await Talk(folder, Rules(cases=CaseRules.model_validate(rules))).open()


async def kept(talk: Talk) -> list[str]:
    return await talk.rows(select(CasePicture.shows).order_by(CasePicture.picture_id))


async def sends(talk: Talk, who: str, room: str | None, photo: Path, **more: str) -> list[Output]:
    return await talk.say(who, room, "", image=photo, type=MessageType.PICTURE, **more)


def images(said: list[Output]) -> list[str]:
    return [one.room for one in said if one.image]


async def test_photos_sent_before_a_step_are_kept_and_go_with_its_post(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    assert await sends(talk, "w1", None, photo) == []
    said = await talk.say("w1", None, "进展 1 师傅到了")
    assert images(said) == ["g1"] and words_of(said, "g1") == ["@王姨 【事项 1】进展：师傅到了"]
    said = await talk.say("w1", None, "进展 1 在换灯泡")
    assert images(said) == []
    await sends(talk, "w1", None, photo)
    assert images(await talk.say("w1", None, "办结 1 换好了")) == ["g1"]
    assert await kept(talk) == ["site", "result"]
    assert set(await talk.rows(select(Picture.state))) == {"ready"}


async def test_each_photo_keeps_the_step_with_which_it_came(talk: Talk, photo: Path) -> None:
    await sends(talk, "r1", "g1", photo)
    await talk.say("r1", "g1", LAMP)
    await sends(talk, "w1", None, photo)
    await talk.say("w1", None, "进展 1 师傅到了")
    await sends(talk, "r1", "g1", photo)  # by itself
    await sends(talk, "w1", None, photo)
    await talk.say("w1", None, "办结 1 换好了")
    steps = select(CaseStep.action).join(CasePicture, CasePicture.step_id == CaseStep.id)
    assert await talk.rows(steps.order_by(CasePicture.picture_id)) == ["报事", "进展", "办结"]
    text = texts(await talk.say("w1", None, "照片 1"), "@w1")[0]
    assert text == "【事项 1】最近的 4 张照片（报事、进展、报事人发的、办结）："


async def test_what_the_group_saw_is_kept_and_not_posted_again(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    await sends(talk, "w1", "g1", photo)
    assert images(await talk.say("w1", None, "办结 1")) == []
    assert await kept(talk) == ["result"]


async def test_of_a_private_case_photos_go_to_the_reporter_alone(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r1", None, "保密 1")
    await sends(talk, "w1", None, photo)
    assert images(await talk.say("w1", None, "办结 1")) == ["@r1"]


async def test_the_config_keeps_photos_out_of_groups(tmp_path: Path, photo: Path) -> None:
    talk = await with_rules(tmp_path, photos_in_group=False)
    await talk.say("r1", "g1", LAMP)
    await sends(talk, "w1", None, photo)
    assert images(await talk.say("w1", None, "办结 1")) == []
    assert await kept(talk) == ["result"]
    await talk.close()


async def test_the_reporters_photos_are_kept_and_shown_to_the_worker_in_private(talk: Talk, photo: Path) -> None:
    await sends(talk, "r1", "g1", photo)
    said = await talk.say("r1", "g1", LAMP)
    assert "有 1 张照片" in texts(said, "@w1")[0]
    said = await sends(talk, "r1", "g1", photo)
    assert rooms(said) == {"@w1"}
    assert await kept(talk) == ["report", "report"]
    assert texts(await talk.say("w1", "g1", "照片 1"), "g1") == ["@小耿 “照片”涉及个人信息，请私聊我。"]
    said = await talk.say("w1", None, "照片 1")
    assert images(said) == ["@w1", "@w1"]
    assert "没有找到" in texts(await talk.say("w3", None, "照片 1"), "@w3")[0]
    assert images(await talk.say("r2", None, "照片 1")) == []


async def test_at_most_six_are_sent_at_once(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    for _ in range(8):
        await sends(talk, "r1", "g1", photo)
    assert len(await kept(talk)) == 8
    assert len(images(await talk.say("w1", None, "照片 1"))) == 6


async def test_a_photo_that_quotes_the_case_is_kept_with_it(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    await sends(talk, "w1", None, photo, quote="1.2")
    assert await kept(talk) == ["site"]
    assert images(await talk.say("w1", None, "办结 1")) == ["g1"]
    assert await kept(talk) == ["result"]
    await sends(talk, "w1", "g1", photo, quote="1.1")
    assert await kept(talk) == ["result", "result"]


async def test_photos_of_others_and_of_nothing_are_not_kept(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    await sends(talk, "r2", "g1", photo)
    await sends(talk, "r2", "g1", photo, quote="1.1")
    await talk.say("w1", None, "办结 1")
    assert await kept(talk) == []
    assert "没有照片" in texts(await talk.say("w1", None, "照片 1"), "@w1")[0]


async def test_the_five_sights_are_read_from_what_is_stored(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", LAMP)
    said = texts(await talk.say("w1", None, "五见 1"), "@w1")[0]
    assert "见人－　见现场－　见过程－　见效果－　见分析－" in said
    await talk.say("w1", None, "备注 1 已联系王姨")
    await sends(talk, "w1", None, photo)
    await talk.say("w1", None, "进展 1 师傅到了，原因是线老化")
    said = texts(await talk.say("w1", None, "五见 1"), "@w1")[0]
    assert "见人✓　见现场✓　见过程✓　见效果－　见分析✓\n还缺：见效果（办好后的照片）" in said
    assert "没有改动" in texts(await talk.say("r1", "g1", "五见 1"), "g1")[0]


async def test_soft_the_worker_hears_once_in_private_what_is_missing(tmp_path: Path) -> None:
    talk = await with_rules(tmp_path, five_sights="soft")
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("w1", "g1", "办结 1 联系过王姨，因为灯泡老化")
    assert len(texts(said, "@w1")) == 1
    assert "五见还缺见现场（现场照片）、见过程（发过“进展”）、见效果（办好后的照片）。" in texts(said, "@w1")[0]
    assert (await talk.rows(select(Case.state))) == [CaseState.DONE]
    await talk.close()


async def test_hard_nothing_is_closed_without_them_but_by_an_admin(tmp_path: Path, photo: Path) -> None:
    talk = await with_rules(tmp_path, five_sights="hard")
    await talk.say("r1", "g1", LAMP)
    await sends(talk, "w1", None, photo)
    said = await talk.say("w1", None, "办结 1 联系过王姨，因为灯泡老化")
    assert rooms(said) == {"@w1"} and "还缺见现场（现场照片）、见过程（发过“进展”），补上再办结" in said[0].text
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED] and await kept(talk) == []
    await talk.say("w1", None, "进展 1 到了")
    await sends(talk, "w1", None, photo)
    await talk.say("w1", None, "办结 1 联系过王姨，因为灯泡老化")
    assert await talk.rows(select(Case.state)) == [CaseState.DONE]
    await talk.say("r2", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    await talk.say("a1", None, "办结 2")
    assert await talk.rows(select(Case.state).where(Case.id == 2)) == [CaseState.DONE]
    await talk.close()
