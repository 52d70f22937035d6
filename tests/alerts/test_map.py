"""The town's own map, and the trail of somebody who is sought on it."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlmodel import col

from bot import townmap
from bot.lettering import find_font
from handlers.maps import Drawing, Point, drawing_from
from handlers.ports import MessageType
from handlers.retention import wipe_old
from handlers.turn import Turn
from storage.areas import AreaMap, LocalPlace
from storage.inbox import Picture
from storage.outbox import DeliveryPart, PartState, PostPart
from tests.alerts.town import GRANDPA
from tests.harness import Talk, rooms, texts, words_of

needs_font = pytest.mark.skipif(find_font() is None, reason="no Chinese font here")


def picture(path: Path, size: tuple[int, int] = (800, 600)) -> Path:
    Image.new("RGB", size, "white").save(path)
    return path


async def show(talk: Talk, person: str, path: Path, room: str | None = None) -> None:
    await talk.say(person, room, "", image=path, type=MessageType.PICTURE)


async def mapped(talk: Talk, folder: Path) -> None:
    """A map with two of the places on it."""
    await show(talk, "t1", picture(folder / "map.png"))
    await talk.say("t1", None, "网格图")
    await talk.say("t1", None, "网格图 柳树巷 120,340")
    await talk.say("t1", None, "网格图 菜市场 500，200")


async def later(talk: Talk, days: int) -> None:
    """What the daily task does then."""
    async with talk.database.write() as session:
        await wipe_old(Turn(session, talk.now + timedelta(days=days), talk.replay.machine.outside), "daily")


async def drawn(talk: Talk) -> list[Drawing]:
    """What was put on maps so far."""
    parts = await talk.rows(select(PostPart.text).where(PostPart.kind == "map").order_by(col(PostPart.id)))
    return [drawing_from(one) for one in parts]


@needs_font
async def test_a_photo_and_the_word_store_the_map_and_it_is_shown(talk: Talk, tmp_path: Path) -> None:
    await show(talk, "t1", picture(tmp_path / "map.png"))
    said = await talk.say("t1", None, "网格图")
    assert rooms(said) == {"@t1"} and [bool(one.image) for one in said] == [False, False, True]
    assert "存好了" in said[1].text and "宽 800、高 600" in said[1].text
    said = await talk.say("t1", None, "网格图 柳树巷 120,340")
    assert texts(said, "@t1") == ["“柳树巷”标在图上 120,340 了。要看图发“网格图”。"]
    said = await talk.say("w1", "s1", "网格图")
    assert rooms(said) == {"s1"} and "标着 1 个地点" in said[0].text and said[1].image
    assert (await drawn(talk))[-1] == Drawing("柳河镇 网格图", 800, 600, (Point(0, 120, 340, "柳树巷"),))


@needs_font
async def test_the_trail_is_drawn_after_the_list(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", "线索 M1 11点在老粮站看到的，穿灰夹克")
    await talk.say("r3", "g2", "线索 M1 10点在菜市场北门看到个穿灰夹克的，往东走")
    said = await talk.say("w1", None, "线索 M1")
    lines = said[0].text.splitlines()
    assert lines[1].startswith("1. ") and "柳树巷（走失处）" in lines[1]
    assert lines[2].startswith("2. ") and "菜市场北门" in lines[2] and "图上没有" not in lines[2]
    assert lines[3].startswith("3. ") and lines[3].endswith("（图上没有）")
    assert [bool(one.image) for one in said] == [False, True]
    (trail,) = [one for one in await drawn(talk) if "线索" in one.title]
    assert [(one.number, one.x, one.y) for one in trail.points] == [(1, 120, 340), (2, 500, 200)]
    assert rooms(await talk.say("r2", "g1", "线索 M1")) == {"g1"}


async def test_with_no_place_on_the_map_or_no_map_there_is_the_list_only(talk: Talk, tmp_path: Path) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", "线索 M1 11点在老粮站看到的，穿灰夹克")
    before = await talk.say("w1", None, "线索 M1")
    await show(talk, "t1", picture(tmp_path / "map.png"))
    await talk.say("t1", None, "网格图")
    async with talk.database.write() as session:  # an imported place may lie beside the picture
        await session.execute(update(LocalPlace).where(col(LocalPlace.name) == "老粮站").values(x=9000.0, y=5.0))
    after = await talk.say("w1", None, "线索 M1")
    assert [one.text for one in before] == [one.text for one in after]
    assert "图上没有" not in after[0].text and not after[0].image


@pytest.mark.parametrize(
    ("person", "words", "answer"),
    [
        ("t1", "网格图 柳树巷 1200,340", "在图外：图宽 800、高 600"),
        ("t1", "网格图 天安门 12,34", "没有叫“天安门”的地点"),
        ("t1", "网格图 柳树巷 左上角", "没看懂"),
        ("a1", "网格图 柳树巷 12,34", "由柳河镇的管理员存和改"),
        ("w1", "网格图 删除", "由柳河镇的管理员存和改"),
        ("t2", "网格图 柳河镇 柳树巷 12,34", "由柳河镇的管理员存和改"),
        ("t2", "网格图 柳河镇", "不在您负责的范围"),
        ("w4", "网格图", "东山镇还没有网格图"),
        ("d1", "网格图", "请写上是哪个镇街的"),
        ("r1", "网格图", "只有网格员"),
    ],
)
async def test_what_cannot_be_done_gets_one_line(
    talk: Talk, tmp_path: Path, person: str, words: str, answer: str
) -> None:
    await show(talk, "t1", picture(tmp_path / "map.png"))
    await talk.say("t1", None, "网格图")
    (text,) = texts(await talk.say(person, None, words), f"@{person}")
    assert answer in text
    assert await talk.rows(select(LocalPlace).where(col(LocalPlace.x).is_not(None))) == []
    assert len(await talk.rows(select(AreaMap))) == 1


async def test_the_photo_of_who_may_not_store_it_is_not_stored(talk: Talk, tmp_path: Path) -> None:
    for person in ("w1", "a1", "t2"):
        await show(talk, person, picture(tmp_path / "map.png"))
        await talk.say(person, None, "网格图 柳河镇")
    await show(talk, "t1", tmp_path / "map.png", "g1")
    assert "私聊或工作群" in words_of(await talk.say("t1", "g1", "网格图"), "g1")[0]
    assert await talk.rows(select(AreaMap)) == []


async def test_who_answers_for_several_towns_names_one(talk: Talk, tmp_path: Path) -> None:
    await show(talk, "d1", picture(tmp_path / "map.png"))
    assert "存好了" in texts(await talk.say("d1", None, "网格图 东山镇"), "@d1")[1]
    assert "标着 0 个地点" in texts(await talk.say("w4", None, "网格图"), "@w4")[0]


async def test_what_is_no_picture_leaves_the_map_that_is_there(talk: Talk, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    await show(talk, "t1", broken)
    assert any("没存上" in text for text in texts(await talk.say("t1", None, "网格图"), "@t1"))
    assert await talk.rows(select(AreaMap)) == []
    await mapped(talk, tmp_path)
    await show(talk, "t1", broken)
    assert any("没存上" in text for text in texts(await talk.say("t1", None, "网格图"), "@t1"))
    (stored,) = await talk.rows(select(AreaMap))
    assert stored.picture_id and stored.next_id is None
    await show(talk, "t1", picture(tmp_path / "new.png", (400, 300)))
    await talk.say("t1", None, "网格图")
    (stored,) = await talk.rows(select(AreaMap))
    assert (stored.width, stored.height) == (400, 300)
    assert len(await talk.rows(select(Picture.id).where(col(Picture.data).is_not(None)))) == 1


async def test_a_cleared_map_is_gone_and_its_picture_too(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    assert "删掉了" in texts(await talk.say("t1", None, "网格图 删除"), "@t1")[0]
    assert await talk.rows(select(AreaMap)) == []
    assert await talk.rows(select(Picture.data).where(col(Picture.data).is_not(None))) == []
    assert "没有存网格图" in texts(await talk.say("t1", None, "网格图 删除"), "@t1")[0]


async def test_the_map_outlives_other_pictures(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    await later(talk, 800)
    assert await talk.rows(select(Picture.state)) == ["ready"]


async def test_a_village_that_people_name_can_be_marked_too(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    assert "“柳树村”标在" in texts(await talk.say("t1", None, "网格图 柳树村 30,40"), "@t1")[0]
    assert "“柳树村”标在" in texts(await talk.say("t1", None, "网格图 柳树村 50,60"), "@t1")[0]
    places = await talk.rows(select(LocalPlace).where(col(LocalPlace.name) == "柳树村"))
    assert [(one.x, one.y) for one in places] == [(50, 60)]


async def test_a_name_of_two_places_is_drawn_nowhere(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    async with talk.database.write() as session:
        here = await session.scalar(select(LocalPlace.area_id).where(LocalPlace.name == "柳树巷"))
        session.add(LocalPlace(area_id=here or 0, name="菜市场", x=5, y=5))
    await talk.say("w1", None, "网格图")
    assert [one.words for one in (await drawn(talk))[-1].points] == ["柳树巷", "菜市场"]  # by its other name
    assert "有 2 处" in texts(await talk.say("t1", None, "网格图 菜市场 7,7"), "@t1")[0]


async def test_many_clues_at_one_place_are_listed_and_drawn_as_far_as_listed(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    for minute in range(20):
        await talk.say("r3", "g2", f"线索 M1 10点{minute + 10}分在菜市场北门看到个穿灰夹克的")
    lines = words_of(await talk.say("w1", None, "线索 M1"), "@w1")[0].splitlines()
    assert len(lines) == 17 and "共 20 条" in lines[0] and lines[2].startswith("7. ") and lines[16].startswith("21. ")
    trail = [one for one in await drawn(talk) if "线索" in one.title][-1]
    assert [one.number for one in trail.points] == [1, *range(7, 22)]
    failed = select(DeliveryPart.id).where(col(DeliveryPart.state) == PartState.FAILED)
    assert find_font() is None or not await talk.rows(failed)


async def test_words_past_their_days_are_drawn_no_more(talk: Talk, tmp_path: Path) -> None:
    await mapped(talk, tmp_path)
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "误报 M1")
    await talk.say("w1", None, "网格图")
    await later(talk, 400)
    assert set(await talk.rows(select(PostPart.text).where(PostPart.kind == "map"))) == {""}


def test_stops_that_are_too_near_share_a_pin() -> None:
    found = townmap.pins([(1, 10, 10), (2, 100, 100), (3, 104, 100), (4, 300, 300)], 60)
    assert [one.numbers for one in found] == [(1,), (2, 3), (4,)]
    assert (found[1].x, found[1].y) == (102, 100)
    assert [one.numbers for one in townmap.pins([(one, 5, 5) for one in range(2, 32)], 60)] == [tuple(range(2, 32))]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((2,), "2"), ((2, 3), "2·3"), ((2, 3, 4, 5, 7), "2-5·7"), ((1, 3, 5, 7), "1…7"), (range(2, 32), "2-31")],
)
def test_the_numbers_of_a_pin_are_short(numbers: tuple[int, ...], words: str) -> None:
    assert townmap.spans(numbers) == words


@needs_font
@pytest.mark.parametrize("size", [(1600, 1200), (3, 3), (50, 1600), (1600, 40)])
def test_a_map_of_any_shape_is_drawn_for_a_phone(size: tuple[int, int]) -> None:
    data = io.BytesIO()
    Image.new("RGB", size, "white").save(data, "JPEG")
    wide, high = size
    stops = [(1, 0, 0), (2, wide, high), (3, wide, high), (4, wide / 2, 0)]
    points = tuple(Point(number, x, y, f"10:0{number} 二中门口" * 3) for number, x, y in stops)
    font = find_font()
    assert font is not None
    for drawing in (Drawing("M3 线索图", wide, high, points), Drawing("图", wide, high, (Point(0, 1, 1, "二中"),))):
        with Image.open(io.BytesIO(townmap.draw_map(drawing, data.getvalue(), font))) as image:
            assert image.width == townmap.WIDTH and image.height < 2300
            assert len(image.getcolors(1 << 20) or ()) > 10


@needs_font
def test_the_newest_stop_is_red_and_the_way_to_it_is_drawn() -> None:
    data = io.BytesIO()
    Image.new("RGB", (900, 600), "white").save(data, "JPEG")
    stops = (Point(1, 100, 300, "a"), Point(2, 450, 300, "b"), Point(3, 800, 300, "c"))
    font = find_font()
    assert font is not None
    with Image.open(io.BytesIO(townmap.draw_map(Drawing("M3", 900, 600, stops), data.getvalue(), font))) as image:
        y = townmap.HEADER + 300
        red, blue, ink, way = (image.getpixel((x, y + down)) for x, down in ((770, 0), (425, 0), (75, 0), (270, 0)))
    assert isinstance(red, tuple) and isinstance(blue, tuple) and isinstance(ink, tuple) and isinstance(way, tuple)
    assert red[0] > 180 and red[1] < 60
    assert blue[2] > 150 and blue[0] < 60
    assert max(ink) < 60 and max(way) < 80


def test_a_map_with_other_words_is_no_drawing() -> None:
    with pytest.raises((ValueError, TypeError)):
        drawing_from(json.dumps({"a": 1}))
