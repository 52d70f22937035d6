"""Draws the poster of an alert: one plain layout that can be read as a thumbnail on a phone."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from handlers.alerts import describing
from storage.matters import Alert

WIDTH = 900
MARGIN = 40
HEADER = 150
PHOTO = (WIDTH - 2 * MARGIN, 600)
FOOTER = 90
MAX_BYTES = 2 * 1024 * 1024

RED, INK, GREY, WHITE, PALE = (200, 22, 29), (24, 24, 24), (96, 96, 96), (255, 255, 255), (255, 241, 240)

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
FONT_NAMES = (
    "NotoSansCJK-Bold.ttc",
    "NotoSansCJKsc-Bold.otf",
    "NotoSansSC-Bold.otf",
    "SourceHanSansSC-Bold.otf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
)
"""Fonts with Chinese letters that systems ship, the best to read first."""

_UNIT = re.compile(r"[0-9A-Za-z:.*-]{1,20}|.")
NO_BREAK_BEFORE = frozenset("，。、；：！？）》”’,.;:!?)")


@dataclass(frozen=True, slots=True)
class PosterFacts:
    """What stands on a poster. `name` and `who` are the big lines; `lines` are (title, words).

    Any of them but `number` may be empty.
    """

    number: str
    name: str
    who: str
    lines: tuple[tuple[str, str], ...]
    phone: str = ""
    area: str = ""
    police: str = "110"


def facts_of(alert: Alert, area: str, *, police: str = "110", zone: ZoneInfo | None = None) -> PosterFacts:
    """An alert's facts as they stand on its poster; the phone only if the family let it be shown."""
    there = zone or ZoneInfo("Asia/Shanghai")
    pairs = [("最后看到", describing.last_seen(alert, alert.updated_at, there))]
    pairs += [tuple(line.split("：", 1)) for line in describing.looks(alert)]  # type: ignore[misc]
    return PosterFacts(
        number=f"M{alert.id}",
        name=alert.name,
        who=describing.who(alert).removeprefix(alert.name).lstrip("，") or ("" if alert.name else "走失人员"),
        lines=tuple((title, words) for title, words in pairs if words),
        phone=alert.phone if alert.share_phone else "",
        area=area,
        police=police,
    )


@lru_cache(maxsize=1)
def find_font() -> Path | None:
    """A font file with Chinese letters, or None."""
    for folder in FONT_FOLDERS:
        if folder.is_dir():
            files = {path.name: path for path in sorted(folder.rglob("*")) if path.suffix in (".ttc", ".otf", ".ttf")}
            for name in FONT_NAMES:
                if name in files:
                    return files[name]
    return _ask_fontconfig()


def _ask_fontconfig() -> Path | None:
    tool = shutil.which("fc-match")
    if tool is None:
        return None
    asked = [tool, "-f", "%{file}\t%{lang}", "sans-serif:lang=zh-cn:weight=bold"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    name, _, languages = answer.partition("\t")
    return Path(name) if "zh-cn" in languages and Path(name).is_file() else None


def draw_poster(facts: PosterFacts, photo: bytes | None, font: Path) -> bytes:
    """The poster as PNG, at most 2 MB. A photo that cannot be opened is left out."""
    picture = _opened(photo)
    room = _rows_height(facts, font)
    top = HEADER + (PHOTO[1] + MARGIN if picture else 0)
    image = Image.new("RGB", (WIDTH, top + room + FOOTER), WHITE)
    draw = ImageDraw.Draw(image)
    _header(draw, facts, font)
    if picture:
        _photo(image, picture)
    _rows(draw, facts, font, top)
    _footer(draw, facts, font, image.height)
    return _encoded(image)


def _opened(photo: bytes | None) -> Image.Image | None:
    if not photo:
        return None
    try:
        with Image.open(io.BytesIO(photo)) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _sized(font: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font), size)


def _header(draw: ImageDraw.ImageDraw, facts: PosterFacts, font: Path) -> None:
    draw.rectangle((0, 0, WIDTH, HEADER), fill=RED)
    title = f"寻人 {facts.number}"
    draw.text((MARGIN, HEADER / 2), title, fill=WHITE, font=_sized(font, 96), anchor="lm")
    left = MARGIN + draw.textlength(title, _sized(font, 96)) + MARGIN
    area = _fitted(draw, facts.area, font, 44, WIDTH - MARGIN - left)
    draw.text((WIDTH - MARGIN, HEADER / 2), area, fill=WHITE, font=_sized(font, 44), anchor="rm")


def _fitted(draw: ImageDraw.ImageDraw, text: str, font: Path, size: int, width: float) -> str:
    """The text, cut where it would not fit on one line."""
    sized = _sized(font, size)
    while text and draw.textlength(text, sized) > width:
        text = text[:-2] + "…" if len(text) > 2 else ""
    return text


def _photo(image: Image.Image, picture: Image.Image) -> None:
    """The whole photo, as large as it fits, in the middle of a pale field."""
    box = (MARGIN, HEADER + MARGIN // 2)
    field = Image.new("RGB", PHOTO, PALE)
    scale = min(PHOTO[0] / picture.width, PHOTO[1] / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    shown = picture.resize(size, Image.Resampling.LANCZOS)
    field.paste(shown, ((PHOTO[0] - size[0]) // 2, (PHOTO[1] - size[1]) // 2))
    image.paste(field, box)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of text: where it starts, how big, in which colour, and how high it is."""

    text: str
    size: int
    fill: tuple[int, int, int]
    height: int
    left: int = MARGIN


NAME, WHO, FACT, TITLE_WIDTH, PHONE = 112, 68, 46, 220, 88
MAX_LINES = 3
"""Lines of one fact; the rest stands in the text that goes before the poster."""


def _laid_out(facts: PosterFacts, font: Path) -> list[tuple[_Row, ...]]:
    """Rows from the top down; those that stand beside each other together."""
    rows: list[tuple[_Row, ...]] = [(_Row(facts.name, NAME, INK, NAME + 28),)] if facts.name else []
    who = _wrapped(facts.who, _sized(font, WHO), WIDTH - 2 * MARGIN)[:MAX_LINES]
    rows += [(_Row(line, WHO, INK, WHO + 26),) for line in who]
    for title, words in facts.lines:
        lines = _wrapped(words, _sized(font, FACT), WIDTH - 2 * MARGIN - TITLE_WIDTH)[:MAX_LINES]
        rows += [
            (
                _Row("" if number else title, FACT, GREY, FACT + 20),
                _Row(line, FACT, INK, FACT + 20, MARGIN + TITLE_WIDTH),
            )
            for number, line in enumerate(lines)
        ]
    if facts.phone:
        rows.append((_Row(f"电话 {facts.phone}", PHONE, RED, PHONE + 40),))
    return rows


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Lines that fit; numbers stay whole, and no line starts with a closing mark."""
    lines, line = [], ""
    for unit in _UNIT.findall(" ".join(text.split())):
        if line and font.getlength(line + unit) > width and unit not in NO_BREAK_BEFORE:
            lines.append(line)
            line = ""
        line += unit
    return [*lines, line] if line else lines


def _rows_height(facts: PosterFacts, font: Path) -> int:
    return MARGIN + sum(row[0].height for row in _laid_out(facts, font)) + MARGIN // 2


def _rows(draw: ImageDraw.ImageDraw, facts: PosterFacts, font: Path, top: int) -> None:
    y = top + MARGIN // 2
    for row in _laid_out(facts, font):
        for cell in row:
            size = _fitting_size(cell, font)
            draw.text((cell.left, y + cell.height / 2), cell.text, fill=cell.fill, font=_sized(font, size), anchor="lm")
        y += row[0].height


def _fitting_size(cell: _Row, font: Path) -> int:
    """The row's size, or less where one unbroken line is too long."""
    size = cell.size
    while size > 24 and _sized(font, size).getlength(cell.text) > WIDTH - MARGIN - cell.left:
        size -= 2
    return size


def _footer(draw: ImageDraw.ImageDraw, facts: PosterFacts, font: Path, height: int) -> None:
    draw.rectangle((0, height - FOOTER, WIDTH, height), fill=RED)
    text = f"看到请陪住，马上打电话，或报警 {facts.police}"
    draw.text((WIDTH / 2, height - FOOTER / 2), text, fill=WHITE, font=_sized(font, 40), anchor="mm")


def _encoded(image: Image.Image) -> bytes:
    """As PNG; with fewer colours, then smaller, where a photo makes it too big."""
    for attempt in (image, image.quantize(256), image.resize((WIDTH // 2, image.height // 2)).quantize(256)):
        out = io.BytesIO()
        attempt.save(out, "PNG", optimize=True)
        if out.tell() <= MAX_BYTES:
            break
    return out.getvalue()
