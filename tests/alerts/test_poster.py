"""The poster: what stands on it, that it looks as it was approved, and that any facts and photo give one.

After a change that is meant, `python -m tests.alerts.test_poster` draws the pictures in `posters` anew; look at them.
"""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import segno
from PIL import Image, ImageChops, ImageDraw, ImageStat
from pydantic import ValidationError

from bot.lettering import drawable, face, find_font, fitted, wrapped
from bot.poster import MAX_BYTES, PosterFacts, _Sheet, draw_found, draw_poster, facts_of, found_facts
from handlers.alerts.describing import heading
from handlers.ports import AlertRules
from storage.matters import Alert, AlertState
from tests.alerts.town import TOWN_ROOMS, the_alert
from tests.harness import Talk, rooms

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
FONT = find_font()
STORED = Path(__file__).parent / "posters"
COMPARED = 300
"""Width at which pictures are stored and compared."""
PINNED = ("Noto Sans CJK SC", "Bold")
"""The CI's font, Debian's fonts-noto-cjk."""

needs_font = pytest.mark.skipif(FONT is None and not os.environ.get("REQUIRE_ALL"), reason="no Chinese font here")
RED, GREEN = (204, 18, 26), (20, 134, 74)


def alert(**known: Any) -> Alert:
    return Alert(id=3, area_id=1, chat_id=1, reporter_id=1, text="", created_at=NOW, updated_at=NOW, **known)


def facts(public_url: str = "", **known: Any) -> PosterFacts:
    known = {"confirmed_at": NOW, "stands_until": NOW + timedelta(hours=72), **known}
    by = "网格员小耿 11-21 15:30 核实"
    return facts_of(alert(**known), vouched=by, police="0900-0002001", zone=ZONE, public_url=public_url)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def noise(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    red, green, blue = (Image.effect_noise(size, 120) for _ in range(3))
    Image.merge("RGB", (red, green, blue)).save(out, "JPEG", quality=95)
    return out.getvalue()


def face_photo(width: int, height: int) -> bytes:
    """A drawn head and shoulders."""
    image = Image.new("RGB", (width, height), (168, 190, 205))
    draw = ImageDraw.Draw(image)
    x, y, size = width / 2, height * 0.4, min(width, height)
    draw.ellipse((x - size / 2, y + size * 0.28, x + size / 2, y + size * 1.4), fill=(90, 95, 105))
    draw.ellipse((x - size * 0.24, y - size * 0.3, x + size * 0.24, y + size * 0.3), fill=(224, 186, 160))
    draw.pieslice((x - size * 0.25, y - size * 0.34, x + size * 0.25, y + size * 0.12), 180, 360, fill=(200, 200, 200))
    for eye in (x - size * 0.09, x + size * 0.09):
        draw.ellipse((eye - size * 0.025, y - size * 0.02, eye + size * 0.025, y + size * 0.03), fill=(40, 30, 30))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


GRANDMA: dict[str, Any] = {
    "name": "王秀英",
    "sex": "女",
    "age": 78.0,
    "height_cm": 155,
    "build": "偏瘦",
    "clothes": "紫色外套，黑裤，红布鞋",
    "features": "右手有疤，走路慢，本地口音",
    "health": "有轻度痴呆，耳朵背",
    "place": "老粮站",
    "direction": "往东走",
    "seen_at": datetime(2026, 11, 21, 1, 10, tzinfo=UTC),
    "phone": "13900002210",
}
CHILD: dict[str, Any] = {
    "sex": "男",
    "age": 4.0,
    "clothes": "蓝色短袖，黄凉鞋",
    "place": "二中门口",
    "seen_at": datetime(2026, 11, 21, 8, 40, tzinfo=UTC),
    "phone": "13900002210",
}
WORDY: dict[str, Any] = {
    "name": "欧阳阿依古丽·买买提",
    "sex": "女",
    "age": 70.0,
    "age_precision": "decade",
    "height_cm": 160,
    "build": "体型偏胖",
    "clothes": "紫红色带碎花的棉袄外面套一件深灰色马甲，" * 9,
    "features": "白发，左脸有痣，" * 20,
    "health": "阿尔茨海默病，高血压，" * 12,
    "transport": "骑红色人力三轮车",
    "has_phone": False,
    "place": "柳树巷东头第二个红绿灯旁边的小卖部门口",
    "direction": "往菜市场方向走，后来可能上了12路公交车",
    "phone": "13900002210",
    "contact_name": "大女儿欧阳海燕",
}
URL = "https://gg.example.cn"
PICTURES: dict[str, tuple[PosterFacts, bytes | None]] = {
    "portrait": (facts(URL, **GRANDMA), face_photo(900, 1200)),
    "landscape": (facts(URL, **GRANDMA), face_photo(1600, 1000)),
    "tiny": (facts(**GRANDMA), face_photo(60, 80)),
    "huge": (facts(**GRANDMA), face_photo(4000, 3000)),
    "without": (facts(**GRANDMA), None),
    "child": (facts(URL, **CHILD), face_photo(1000, 1000)),
    "wordy": (facts(URL, **WORDY), face_photo(800, 1100)),
    "wordy_without": (facts(**WORDY), None),
    "place_only": (facts(place="柳树巷"), None),
}


def draw(name: str) -> Image.Image:
    """One of the compared pictures, small."""
    assert FONT is not None
    if name == "found":
        ended = alert(state=AlertState.FOUND, ended_at=NOW + timedelta(hours=3, minutes=10), **GRANDMA)
        data = draw_found(found_facts(ended, ZONE), FONT)
    else:
        data = draw_poster(*PICTURES[name], FONT)
    image = opened(data)
    return image.resize((COMPARED, image.height * COMPARED // image.width), Image.Resampling.BOX)


@needs_font
@pytest.mark.parametrize("name", [*PICTURES, "found"])
def test_it_looks_as_it_was_approved(name: str) -> None:
    assert FONT is not None
    if face(FONT, 20).getname() != PINNED:
        pytest.skip(f"the stored pictures are drawn with {' '.join(PINNED)}, and here it is {FONT.name}")
    with Image.open(STORED / f"{name}.png") as image:
        stored = image.convert("RGB")
    drawn = draw(name)
    assert drawn.size == stored.size
    off = ImageChops.difference(drawn, stored).convert("L")
    assert ImageStat.Stat(off).mean[0] < 2
    assert sum(off.histogram()[64:]) < 0.004 * off.width * off.height


def test_the_facts_of_an_alert_in_the_order_the_eye_needs_them() -> None:
    made = facts(URL, **GRANDMA)
    assert (made.number, made.name, made.about, made.build) == ("M3", "王秀英", "女 78岁", "身高155厘米，偏瘦")
    assert [title for title, _ in made.lines] == ["穿着", "最后看到", "特征", "身体"]
    assert made.lines[1][1] == "老粮站，往东走\n11月21日 9:10"
    assert made.calls == (("家属", "13900002210"), ("派出所", "0900-0002001"))
    assert made.notes == ("网格员小耿 11-21 15:30 核实", "有效到 11-24 15:30", "是否还在找：群里发“查 M3”")
    assert made.link == "https://gg.example.cn/m/3"
    assert facts(**GRANDMA).link == ""


def test_a_hidden_phone_and_identity_numbers_are_not_drawn() -> None:
    made = facts(phone="13900002210", share_phone=False, features="带着身份证110101194803070012")
    assert made.calls == (("派出所", "0900-0002001"),)
    assert "110101194803070012" not in str(made)


def test_the_green_form_names_nobody() -> None:
    ended = alert(state=AlertState.FOUND, ended_at=NOW + timedelta(hours=3), **GRANDMA)
    words = str(found_facts(ended, ZONE))
    assert "秀英" not in words and "13900002210" not in words
    assert "M3" in words and "3 小时" in words


@needs_font
@pytest.mark.parametrize("size", [(40, 30), (1600, 1200), (300, 2000), (2000, 60), (1, 1)])
def test_any_photo_gives_a_poster_of_at_most_two_megabytes(size: tuple[int, int]) -> None:
    assert FONT is not None
    data = draw_poster(facts(**GRANDMA), noise(size), FONT)
    assert len(data) <= MAX_BYTES
    assert opened(data).width in (450, 900)


@needs_font
@pytest.mark.parametrize("photo", [None, face_photo(300, 400), face_photo(400, 300)])
def test_of_a_long_name_place_and_caller_nothing_that_matters_is_cut(
    photo: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FONT is not None
    written: list[str] = []
    tops: list[float] = []
    write, box = _Sheet.write, _Sheet.box

    def note(sheet: _Sheet, lines: list[str], size: int, fill: Any, x: float, y: float, *more: Any) -> int:
        written.append("".join(lines))
        assert not written[-1].endswith("欧阳") or y >= tops[-1]
        return write(sheet, lines, size, fill, x, y, *more)

    def top(sheet: _Sheet, left: float, y: float, *more: Any) -> None:
        tops.append(y)
        box(sheet, left, y, *more)

    monkeypatch.setattr(_Sheet, "write", note)
    monkeypatch.setattr(_Sheet, "box", top)
    clothes, place = ("穿着", "灰夹克黑裤子"), ("最后看到", "老街菜市场北门往南走" * 9 + "\n11月21日 9:10")
    calls = (("大女儿阿依古丽欧阳", "138-0000-1234 转 800123456789"),)
    name = "阿卜杜热依木·买买提艾力江"
    build = "身高一米七五左右，中等偏瘦"
    draw_poster(PosterFacts("M3", name, "男 72岁", build, (clothes, place), "", calls), photo, FONT)
    assert {name, build, "大女儿阿依古丽欧阳"} <= set(written)
    assert [one for one in written if one.endswith("…11月21日 9:10")]


@needs_font
@pytest.mark.parametrize("photo", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_without_a_photo_there_is_still_a_poster(photo: bytes | None) -> None:
    assert FONT is not None
    image = opened(draw_poster(facts(), photo, FONT))
    assert image.getpixel((5, 5)) == RED  # at the top and at the bottom
    assert image.getpixel((5, image.height - 5)) == RED


@needs_font
@pytest.mark.parametrize("photo", [None, face_photo(300, 400), face_photo(400, 300)])
def test_long_facts_are_cut_and_the_same_facts_give_the_same_picture(photo: bytes | None) -> None:
    assert FONT is not None
    lines = tuple((title, "白发，" * 300) for title in ("穿着", "最后看到", "特征", "身体", "出行"))
    calls, notes = (("家" * 60, "1" * 60),), ("核" * 300,)
    made = PosterFacts("M3", "王" * 80, "女" * 200, "高" * 90, lines, "陪" * 99, calls, notes)
    first = draw_poster(made, photo, FONT)
    assert first == draw_poster(made, photo, FONT)
    assert opened(first).height < 2600


@needs_font
@pytest.mark.parametrize("words", ["\u202e王\u200b秀\x00英", "👵王秀英👵", "王\n\t秀英\r"])
def test_what_no_letter_stands_for_is_not_drawn(words: str) -> None:
    assert drawable(words).replace(" ", "").replace("\n", "") == "王秀英"
    assert FONT is not None
    assert opened(draw_poster(facts(name=words), None, FONT)).width == 900


@needs_font
def test_text_is_shrunk_first_and_then_cut() -> None:
    assert FONT is not None
    assert fitted("王秀英", FONT, (80, 40), 400) == (80, ["王秀英"])
    assert fitted("王秀英王秀英", FONT, (80, 40), 400)[0] == 40
    size, lines = fitted("王秀英" * 20, FONT, (80, 40), 400, 2)
    assert size == 40 and len(lines) == 2 and lines[-1].endswith("…")
    assert all(face(FONT, size).getlength(line) <= 400 for line in lines)
    assert wrapped("电话13900002210", face(FONT, 40), 300)[-1] == "13900002210"


@needs_font
def test_the_code_opens_the_live_status() -> None:
    """The modules on the poster, read where they stand, are those of the address's code."""
    assert FONT is not None
    image = opened(draw_poster(facts(URL, **GRANDMA), None, FONT)).convert("1")
    code = [list(row) for row in segno.make_qr(f"{URL}/m/3", error="m").matrix]
    assert any(code == modules for modules in _codes(image, len(code)))


def _codes(image: Image.Image, count: int) -> list[list[list[int]]]:
    """Squares of `count` modules in the lower right that begin with a black corner, at any whole scale."""
    return [
        [[int(image.getpixel((left + x * scale, top + y * scale)) == 0) for x in range(count)] for y in range(count)]
        for scale in range(2, 9)
        for left in (image.width - 48 - count * scale,)
        for top in range(image.height // 2, image.height - count * scale)
        if image.getpixel((left, top)) == 0 and image.getpixel((left, top - 1)) != 0
    ]


@pytest.mark.parametrize("url", ["gg.example.cn", "javascript:alert(1)", "https://", "https://a b", "http://x/m?y=1"])
def test_a_public_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="完整的地址"):
        AlertRules(public_url=url)


REPORT = "我爸早上9点从柳树巷出去没回来,72岁,灰夹克"


@needs_font
async def test_rooms_that_have_the_poster_get_the_green_form_with_the_end(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    red = {one.room: one.image for one in await talk.say("w1", None, "确认 M1") if one.image}
    said = await talk.say("r1", "g1", "找到了")
    green = {one.room: one.image for one in said if one.image}
    assert red.keys() == green.keys() == TOWN_ROOMS
    assert len(set(red.values())) == len(set(green.values())) == 1
    assert set(red.values()) != set(green.values())
    assert (await the_alert(talk)).state == AlertState.FOUND


@pytest.mark.parametrize("words", ["误报 M1", "撤销 M1", "找到 M1 人已经不在了，去世了"])
async def test_no_other_end_has_a_picture(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", REPORT)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("w1", None, words)
    assert rooms(said) >= TOWN_ROOMS
    assert not [one for one in said if one.image]


@needs_font
async def test_no_picture_goes_where_none_went(talk: Talk) -> None:
    await talk.say("r1", "g1", REPORT)
    said = await talk.say("r1", "g1", "找到了")
    assert rooms(said) >= {"g1"}
    assert not [one for one in said if one.image]


def main() -> None:
    """Draw the stored pictures anew."""
    STORED.mkdir(exist_ok=True)
    for name in (*PICTURES, "found"):
        draw(name).quantize(64).save(STORED / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()


@pytest.mark.parametrize(
    ("said", "shown"),
    [("东", "往东走"), ("菜市场", "往菜市场方向"), ("往东走", "往东走"), ("坐12路车", "坐12路车"), ("", "")],
)
def test_a_direction_is_said_as_one(said: str, shown: str) -> None:
    assert heading(said) == shown
