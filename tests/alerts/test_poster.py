"""The poster: a picture of bounded size for whatever is known."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from bot.poster import MAX_BYTES, PosterFacts, draw_poster, facts_of, find_font
from storage.matters import Alert

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
FONT = find_font()

needs_font = pytest.mark.skipif(FONT is None and not os.environ.get("REQUIRE_ALL"), reason="no Chinese font here")


def alert(**known: Any) -> Alert:
    return Alert(id=3, area_id=1, chat_id=1, reporter_id=1, text="", created_at=NOW, updated_at=NOW, **known)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def noise(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    red, green, blue = (Image.effect_noise(size, 120) for _ in range(3))
    Image.merge("RGB", (red, green, blue)).save(out, "JPEG", quality=95)
    return out.getvalue()


def test_the_facts_of_an_alert() -> None:
    made = facts_of(
        alert(name="王秀英", sex="女", age=78.0, clothes="紫色外套", phone="139", place="老粮站"), "柳树一格"
    )
    assert (made.number, made.name, made.who, made.phone) == ("M3", "王秀英", "女，78岁", "139")
    assert made.lines == (("最后看到", "老粮站"), ("穿着", "紫色外套"))


def test_a_hidden_phone_stays_hidden() -> None:
    assert facts_of(alert(phone="139", share_phone=False), "").phone == ""


@needs_font
@pytest.mark.parametrize("size", [(40, 30), (1600, 1200), (300, 2000), (1, 1)])
def test_any_photo_gives_a_poster_of_at_most_two_megabytes(size: tuple[int, int]) -> None:
    assert FONT is not None
    data = draw_poster(facts_of(alert(name="王秀英", sex="女"), "柳树一格"), noise(size), FONT)
    assert len(data) <= MAX_BYTES
    assert opened(data).width in (450, 900)


@needs_font
@pytest.mark.parametrize("photo", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_without_a_photo_there_is_still_a_poster(photo: bytes | None) -> None:
    assert FONT is not None
    image = opened(draw_poster(facts_of(alert(), "很长" * 40), photo, FONT))
    assert image.getpixel((5, 5)) == (200, 22, 29)  # red at the top and at the bottom
    assert image.getpixel((5, image.height - 5)) == (200, 22, 29)


@needs_font
def test_long_facts_are_cut_and_the_same_facts_give_the_same_picture() -> None:
    assert FONT is not None
    facts = PosterFacts("M3", "王" * 80, "女" * 200, (("特征", "白发，" * 300),), phone="1" * 60)
    first = draw_poster(facts, None, FONT)
    assert first == draw_poster(facts, None, FONT)
    assert opened(first).height < 2000
