"""Pictures that go with a notice, and what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from handlers.ports import MessageType
from storage.inbox import Picture
from storage.matters import NoticePicture
from tests.harness import Talk, rooms, texts


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (64, 48), "red").save(path)
    return path


async def show(talk: Talk, person: str, path: Path, room: str | None = None) -> list[str]:
    said = await talk.say(person, room, "", image=path, type=MessageType.PICTURE)
    return texts(said, room or f"@{person}")


async def pictured(talk: Talk) -> set[str]:
    """Who gets a picture, once the draft is confirmed."""
    said = await talk.say("t1", None, "确认")
    said += await talk.wait(minutes=2)
    return {one.room for one in said if one.image}


async def test_right_before_the_words(talk: Talk, photo: Path) -> None:
    await show(talk, "t1", photo)
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 停水"), "@t1")
    assert "附 1 张照片" in preview
    assert await pictured(talk) == {"g1", "g2", "g3"}


async def test_while_the_draft_waits(talk: Talk, photo: Path) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    assert "附 1 张照片" in (await show(talk, "t1", photo))[0]
    assert "附 2 张照片" in (await show(talk, "t1", photo))[0]
    said = await talk.say("t1", None, "确认")
    assert [bool(one.image) for one in said if one.room == "g1"] == [False, True, True]


async def test_at_most_three(talk: Talk, photo: Path) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    said = [(await show(talk, "t1", photo))[0] for _ in range(4)]
    assert "附 3 张" in said[2] and "最多带 3 张" in said[3]
    assert len(await talk.rows(select(NoticePicture))) == 3


async def test_the_same_text_again_takes_no_more_than_three(talk: Talk, photo: Path) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    for _ in range(5):
        await show(talk, "t1", photo)
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 停水"), "@t1")
    assert "附 3 张照片" in preview
    assert len(await talk.rows(select(NoticePicture))) == 3


async def test_a_draft_dropped_for_a_typo_leaves_its_photo_to_the_next_one(talk: Talk, photo: Path) -> None:
    await show(talk, "t1", photo)
    await talk.say("t1", None, "通知 全镇 停谁")
    await talk.say("t1", None, "停止 N1")
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 停水"), "@t1")
    assert "附 1 张照片" in preview
    assert await pictured(talk) == {"g1", "g2", "g3"}
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 停电"), "@t1")
    assert "照片" not in preview


async def test_a_photo_that_is_not_wanted_is_left_behind(talk: Talk, photo: Path) -> None:
    await show(talk, "t1", photo)
    await talk.say("t1", None, "通知 全镇 停水")
    await talk.say("t1", None, "停止 N1")
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 不带照片 停水"), "@t1")
    assert "张照片" not in preview and "：\n停水\n" in preview
    assert await pictured(talk) == set()


async def test_a_video_beside_a_draft_is_refused_in_one_line(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    said = await talk.say("t1", None, "", type=MessageType.VIDEO)
    assert [one.text for one in said] == ["视频我转不了，通知只能带照片。请截一张图发给我。"]


async def test_of_others_elsewhere_or_long_before_none_goes(talk: Talk, photo: Path) -> None:
    await show(talk, "t1", photo)
    await talk.wait(minutes=15)
    await show(talk, "a1", photo)
    await show(talk, "t1", photo, "s1")
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 停水"), "@t1")
    assert "照片" not in preview
    await show(talk, "a1", photo)
    await show(talk, "t1", photo, "s1")
    assert await pictured(talk) == set()


@pytest.mark.parametrize("size", [100, 200 * 1024 * 1024])
async def test_what_is_no_picture_or_far_too_large_is_told_and_left_out(talk: Talk, tmp_path: Path, size: int) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.write(b"\xff\xd8")
        file.truncate(size)  # a hole: it takes no room
    await talk.say("t1", None, "通知 全镇 停水")
    said = await talk.say("t1", None, "", image=path, type=MessageType.PICTURE)
    said += await talk.wait(minutes=5)
    assert any("有一张照片用不了" in text for text in texts(said, "@t1"))
    assert await pictured(talk) == set()
    assert {one.state for one in await talk.rows(select(Picture))} == {"failed"}


async def test_a_file_is_refused_in_one_line(talk: Talk) -> None:
    assert await talk.say("t1", None, "通知.docx", type=MessageType.FILE) == []
    await talk.say("t1", None, "通知 全镇 停水")
    said = await talk.say("t1", None, "通知.docx", type=MessageType.FILE)
    assert rooms(said) == {"@t1"}
    assert "文件我转不了" in texts(said, "@t1")[0]


async def test_a_planned_one_keeps_its_picture(talk: Talk, photo: Path) -> None:
    await show(talk, "t1", photo)
    await talk.say("t1", None, "通知 全镇 定时12月31日9点 停水")
    await talk.say("t1", None, "确认")
    said = await talk.wait(days=41)
    assert {one.room for one in said if one.image} == {"g1", "g2", "g3"}


async def test_right_after_the_plan_was_confirmed(talk: Talk, photo: Path) -> None:
    await talk.say("t1", None, "通知 全镇 定时下午3点 停水")
    await talk.say("t1", None, "确认")
    (said,) = await show(talk, "t1", photo)
    assert "【通知 N1】附 1 张照片" in said and "一起发" in said
    assert {one.room for one in await talk.wait(hours=4) if one.image} == {"g1", "g2", "g3"}


async def test_long_after_it_the_picture_is_for_the_next_one(talk: Talk, photo: Path) -> None:
    await talk.say("t1", None, "通知 全镇 定时下午3点 停水")
    await talk.say("t1", None, "确认")
    await talk.wait(minutes=20)
    assert not await show(talk, "t1", photo)
    assert not await talk.rows(select(NoticePicture))
