"""Chinese letters on pictures: the font, and text that fits into the room it has."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

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

MAX_TEXT = 400
"""Characters of one text that are looked at: no picture has room for more."""

MAX_FACES = 16
"""Faces of one font file that are looked through for the Chinese one."""

_UNIT = re.compile(r"[0-9A-Za-z:.*-]{1,20}|.")
NO_BREAK_BEFORE = frozenset("，。、；：！？）》”’,.;:!?)…")
LEADING = 1.32
"""Height of a line of text by its size."""


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


@lru_cache(maxsize=64)
def face(font: Path, size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels; of a collection the face with the letters of mainland China."""
    return ImageFont.truetype(str(font), size, index=_mainland(font))


@lru_cache(maxsize=4)
def _mainland(font: Path) -> int:
    if font.suffix != ".ttc":
        return 0
    for index in range(MAX_FACES):
        try:
            family = ImageFont.truetype(str(font), 12, index=index).getname()[0] or ""
        except OSError:
            break
        if " SC" in family:
            return index
    return 0


def drawable(text: str) -> str:
    """The text without what no letter stands for: controls, marks of direction, emoji. Line ends stay."""
    lines = (" ".join("".join(map(_letter, line)).split()) for line in text[:MAX_TEXT].split("\n"))
    return "\n".join(line for line in lines if line)


def _letter(char: str) -> str:
    if char.isspace():
        return " "
    kind = unicodedata.category(char)
    return "" if kind[0] == "C" or (kind == "So" and char > "\uffff") else char


def wrapped(text: str, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines that fit; numbers stay whole where they can, and no line starts with a closing mark."""
    lines: list[str] = []
    for part in drawable(text).split("\n"):
        line, long = "", 0.0
        for unit in _units(part, letters, width):
            more = _long(letters, unit)
            if line and long + more > width and unit not in NO_BREAK_BEFORE:
                lines.append(line.rstrip())
                line, long, unit = "", 0.0, unit.strip()
            line, long = line + unit, long + more
        lines += [line] if line else []
    return lines


@lru_cache(maxsize=8192)
def _long(letters: ImageFont.FreeTypeFont, unit: str) -> float:
    """How wide a unit is; lines are added up of these, as to measure each anew takes seconds for a long text."""
    return letters.getlength(unit)


def _units(text: str, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    units: list[str] = []
    for unit in _UNIT.findall(text):
        units += [unit] if _long(letters, unit) <= width else list(unit)
    return units


def fitted(text: str, font: Path, sizes: Sequence[int], width: float, lines: int = 1) -> tuple[int, list[str]]:
    """(size, lines): the largest of the sizes at which the text has room; at the smallest, cut with an ellipsis."""
    for size in sizes:
        found = wrapped(text, face(font, size), width)
        if len(found) <= lines and all(face(font, size).getlength(line) <= width for line in found):
            return size, found
    return sizes[-1], _cut(wrapped(text, face(font, sizes[-1]), width), lines, face(font, sizes[-1]), width)


def _cut(lines: Sequence[str], most: int, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    kept = list(lines[:most])
    last = kept[-1] + ("…" if len(lines) > most else "")
    while len(last) > 1 and letters.getlength(last) > width:
        last = last.rstrip("…")[:-1] + "…"
    return [*kept[:-1], last]


def height(size: int, lines: int = 1) -> int:
    """Pixels that so many lines of a size take."""
    return round(size * LEADING) * lines
