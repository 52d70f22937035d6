"""The map pictures that stand beside the files of a town."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from bot.town import Change, Counts, export_town, import_town, read_town
from storage.areas import AreaMap
from storage.engine import Database
from storage.inbox import Picture
from tests.town.files import NOW, RULES, faults_of, write_town


def draw(path: Path, size: tuple[int, int] = (2000, 1000), colour: str = "white", orientation: int = 1) -> None:
    image = Image.new("RGB", size, colour)
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)


async def put(database: Database, folder: Path) -> Counts:
    async with database.write() as session:
        return await import_town(session, read_town(folder, RULES), RULES, now=NOW)


async def test_a_map_comes_in_once_and_another_takes_its_place(tmp_path: Path, database: Database) -> None:
    write_town(tmp_path)
    draw(tmp_path / "map-T.png")
    counts = await put(database, tmp_path)
    assert counts.maps == Change(1, 0) and str(counts).endswith("网格图新增 1、更新 0")
    assert (await put(database, tmp_path)).maps == Change()
    draw(tmp_path / "map-T.png", colour="green")
    assert (await put(database, tmp_path)).maps == Change(0, 1)
    async with database.read() as session:
        (stored,) = (await session.scalars(select(AreaMap))).all()
        old, new = (await session.scalars(select(Picture).order_by(Picture.id))).all()  # type: ignore[arg-type]
    assert (stored.picture_id, stored.width, stored.height) == (new.id, 2000, 1000)
    assert (new.width, new.height, new.state) == (1600, 800, "ready")
    assert (old.data, old.state) == (None, "wiped")


async def test_a_photo_of_a_map_that_lies_on_its_side_counts_upright(tmp_path: Path, database: Database) -> None:
    write_town(tmp_path)
    draw(tmp_path / "map-T.jpg", orientation=6)
    await put(database, tmp_path)
    async with database.read() as session:
        (stored,) = (await session.scalars(select(AreaMap))).all()
    assert (stored.width, stored.height) == (1000, 2000)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("map.png", "map.png：请写明是哪个镇街的，如 map-T1.png（T1 是区划编号）"),
        ("map-X.png", "map-X.png：网格图按镇街给，X 没有这个区划"),
        ("map-V.png", "map-V.png：网格图按镇街给，V 不是镇街"),
    ],
)
def test_a_map_of_no_town_is_a_fault(tmp_path: Path, name: str, fault: str) -> None:
    write_town(tmp_path)
    draw(tmp_path / name)
    assert faults_of(tmp_path) == (fault,)


def test_what_is_no_picture_or_too_much_is_a_fault(tmp_path: Path) -> None:
    write_town(tmp_path)
    (tmp_path / "map-T.png").write_text("<svg/>")
    assert faults_of(tmp_path) == ("map-T.png：不是能打开的图片",)
    with (tmp_path / "map-T.png").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert faults_of(tmp_path) == ("map-T.png：文件太大，最多 10 MB",)
    draw(tmp_path / "map-T.jpg")
    (tmp_path / "map-T.png").unlink()
    draw(tmp_path / "map-T.png")
    assert faults_of(tmp_path) == ("map-T.png：枫渡镇的网格图有两张，请只留一张",)
    (tmp_path / "map-notes.txt").write_text("none of ours")
    (tmp_path / "map-T.png").unlink()
    assert len(read_town(tmp_path, RULES).maps) == 1


async def test_maps_are_written_and_read_back_where_they_were(tmp_path: Path, database: Database) -> None:
    write_town(tmp_path)
    draw(tmp_path / "map-T.png")
    await put(database, tmp_path)
    out = tmp_path / "out"
    for _ in range(2):  # the second time over the first
        async with database.read() as session:
            files = await export_town(session, out, "csv", RULES, now=NOW)
    assert files[-1] == out / "map-T.jpg"
    with Image.open(files[-1]) as image:
        assert image.size == (2000, 1000)
    (again,) = read_town(out, RULES).maps
    assert (again.area, again.width, again.height) == ("T", 2000, 1000)
