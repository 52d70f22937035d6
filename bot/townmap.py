"""Draws a trail, or the names of places, on a town's own map picture, for a phone.

900 pixels wide, of which a phone shows some 200: the numbers of the stops are 46 pixels high, and the newest is the one
that is seen first. What stands at a stop is written below the map, where it hides nothing.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

from bot.lettering import drawable, face, fitted
from handlers.maps import Drawing, Point

WIDTH, MARGIN = 900, 24
TALLEST, LARGEST = 1500, 4
"""Pixels that the map itself is high at most, and how many times it is enlarged at most."""
HEADER, ROW, RULER = 92, 62, 34
ROWS = 8
"""Stops that are written below the map: the first, and the latest of the others."""
INK, GREY, WHITE, PALE = (24, 28, 34), (104, 110, 118), (255, 255, 255), (240, 242, 245)
BLUE, RED = (22, 88, 176), (206, 20, 28)
RADIUS, NEWEST = 33, 41
NUMBER, WORDS, NAME = 46, 36, 28
FADED = 0.28
"""How much of the map is given up to white, so that what is drawn on it stands out."""
LINE, CASING, HEAD = 8, 16, 34

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Pin:
    """Stops at (nearly) one point, in pixels of what is drawn."""

    x: float
    y: float
    numbers: tuple[int, ...]


def draw_map(drawing: Drawing, picture: bytes, font: Path) -> bytes:
    """The map as JPEG, some hundred kilobytes."""
    with Image.open(io.BytesIO(picture)) as opened:
        base = opened.convert("RGB")
    scale = min(WIDTH / base.width, TALLEST / base.height, LARGEST)
    size = max(1, round(base.width * scale)), max(1, round(base.height * scale))
    base = Image.blend(base.resize(size, Image.Resampling.LANCZOS), Image.new("RGB", size, WHITE), FADED)
    stops = [one for one in drawing.points if one.number]
    rows = _rows(stops)
    top = HEADER + (0 if stops else RULER)
    image = Image.new("RGB", (WIDTH, top + size[1] + MARGIN * 2 * bool(rows) + ROW * len(rows)), WHITE)
    left = (WIDTH - size[0]) // 2
    image.paste(base, (left, top))
    sheet = _Sheet(image, font, left, top, size[0] / drawing.width, size[1] / drawing.height)
    sheet.header(drawing.title)
    if stops:
        sheet.trail(stops, size)
        sheet.key(rows, newest_of(stops), top + size[1] + MARGIN)
    else:
        sheet.ruler(size)
        sheet.names(drawing.points, size)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def _rows(stops: Sequence[Point]) -> list[Point]:
    return [stops[0], *stops[1:][-(ROWS - 1) :]] if stops else []


def newest_of(stops: Sequence[Point]) -> int:
    """The number of the stop that is seen first: the last; 0 where there is only one."""
    return stops[-1].number if len(stops) > 1 else 0


def pins(stops: Sequence[tuple[int, float, float]], near: float) -> list[_Pin]:
    """Stops (number, x, y) as they are drawn: those nearer to each other than `near` share one pin, at their middle.

    They are put together until no two pins are too near.
    """
    found = [_Pin(x, y, (number,)) for number, x, y in stops]
    while (pair := _nearest(found, near)) is not None:
        one, other = pair
        count = len(one.numbers), len(other.numbers)
        x, y = (
            sum(part * many for part, many in zip(parts, count, strict=True)) / sum(count)
            for parts in ((one.x, other.x), (one.y, other.y))
        )
        both = _Pin(x, y, tuple(sorted((*one.numbers, *other.numbers))))
        found = [pin for pin in found if pin not in pair] + [both]
    return sorted(found, key=lambda pin: pin.numbers)


def _nearest(found: Sequence[_Pin], near: float) -> tuple[_Pin, _Pin] | None:
    pairs = ((one, other) for index, one in enumerate(found) for other in found[index + 1 :])
    return next((pair for pair in pairs if math.dist((pair[0].x, pair[0].y), (pair[1].x, pair[1].y)) < near), None)


def spans(numbers: Iterable[int]) -> str:
    """`2`, `2·4`, `2-5·7`: at most three parts, then dots."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    words = ["·".join(map(str, part)) if len(part) < 3 else f"{part[0]}-{part[-1]}" for part in parts]
    return f"{words[0]}…{words[-1]}" if len(words) > 3 else "·".join(words)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The picture that is drawn on; the map begins at (left, top) and is `across`, `down` times as large as counted."""

    image: Image.Image
    font: Path
    left: int
    top: int
    across: float
    down: float

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def at(self, point: Point) -> tuple[float, float]:
        """Where a point is drawn."""
        return self.left + point.x * self.across, self.top + point.y * self.down

    def header(self, title: str) -> None:
        """A band with what it is."""
        self.draw.rectangle((0, 0, WIDTH, HEADER - 12), fill=INK)
        size, lines = fitted(title, self.font, (52, 44, 36), WIDTH - 2 * MARGIN)
        self._write(lines[0], (MARGIN, (HEADER - 12) / 2), size, WHITE)

    def trail(self, stops: Sequence[Point], size: tuple[int, int]) -> None:
        """The way from stop to stop, and above it the pins, the newest last."""
        found = pins([(one.number, *self.at(one)) for one in stops], RADIUS * 1.9)
        of = {number: pin for pin in found for number in pin.numbers}
        way = [of[one.number] for one in stops]
        legs = [(one, other) for one, other in pairwise(way) if one is not other]
        newest = newest_of(stops)
        for width, fill in ((CASING, WHITE), (LINE, INK)):
            for one, other in legs:
                self._arrow(one, other, width, fill, *self._sides(other, newest in other.numbers))
        for pin in sorted(found, key=lambda one: newest in one.numbers):
            self._pin(pin, newest in pin.numbers, 1 in pin.numbers, size)

    def _sides(self, pin: _Pin, newest: bool) -> tuple[float, float]:
        """Half of how wide and of how high a pin is."""
        radius = NEWEST + 12 if newest else RADIUS + 5
        words = spans(pin.numbers)
        return max(radius, face(self.font, _letters(words)).getlength(words) / 2 + radius - 17), radius

    def _arrow(self, one: _Pin, other: _Pin, width: int, fill: Colour, half: float, radius: float) -> None:
        length = math.dist((one.x, one.y), (other.x, other.y))
        across, down = (other.x - one.x) / length, (other.y - one.y) / length
        # A pin is a bar with round ends: the middle of the end that the arrow comes to, and from there its radius.
        end = min(half - radius, abs(across) * length) * (1 if across > 0 else -1)
        gap = min(length * 0.7, radius + abs(end * across))
        tip = other.x - across * gap, other.y - down * gap
        back = HEAD if length > gap + RADIUS + HEAD else max(12.0, length - gap - RADIUS)
        foot = tip[0] - across * back, tip[1] - down * back
        self.draw.line((one.x, one.y, *foot), fill=fill, width=width)
        wide = back * 0.55 + (width - LINE) / 2
        sides = ((foot[0] - down * wide, foot[1] + across * wide), (foot[0] + down * wide, foot[1] - across * wide))
        self.draw.polygon((tip, *sides), fill=fill)

    def _pin(self, pin: _Pin, newest: bool, first: bool, size: tuple[int, int]) -> None:
        """A disc with its number, wider where several stops share it, kept within the map."""
        words, radius = spans(pin.numbers), NEWEST if newest else RADIUS
        letters = face(self.font, _letters(words))
        half = max(radius, letters.getlength(words) / 2 + 16)
        x = min(max(pin.x, self.left + half + 4), self.left + size[0] - half - 4)
        y = min(max(pin.y, self.top + radius + 4), self.top + size[1] - radius - 4)
        fill = RED if newest else INK if first else BLUE
        for more, colour in ((12, fill), (7, WHITE), (0, fill)) if newest else ((5, WHITE), (0, fill)):
            box = (x - half - more, y - radius - more, x + half + more, y + radius + more)
            self.draw.rounded_rectangle(box, radius + more, fill=colour)
        self.draw.text((x, y), words, fill=WHITE, font=letters, anchor="mm")

    def key(self, rows: Sequence[Point], newest: int, y: int) -> None:
        """What each number means: time and place."""
        for row in rows:
            fill = RED if row.number == newest else INK if row.number == 1 else BLUE
            middle = y + ROW / 2
            self.draw.ellipse((MARGIN, middle - 24, MARGIN + 48, middle + 24), fill=fill)
            number = face(self.font, 30 if row.number < 10 else 26)
            self.draw.text((MARGIN + 24, middle), str(row.number), fill=WHITE, font=number, anchor="mm")
            words = f"{row.words}（最近）" if row.number == newest else row.words
            size, lines = fitted(words, self.font, (WORDS, 32, 28), WIDTH - 2 * MARGIN - 68)
            self._write(lines[0] if lines else "", (MARGIN + 68, middle), size, fill if fill == RED else INK)
            y += ROW

    def ruler(self, size: tuple[int, int]) -> None:
        """Pixels along the upper and the left side, as places are counted."""
        for length, scale, flat in ((size[0], self.across, True), (size[1], self.down, False)):
            step = _step(length / scale)
            for mark in range(0, int(length / scale) + 1, step):
                self._mark(mark, round(mark * scale), flat)

    def _mark(self, value: int, along: int, flat: bool) -> None:
        if flat:
            x, y = self.left + along, self.top
            self.draw.line((x, y - 12, x, y), fill=GREY, width=3)
            anchor = "ls" if along < 40 else "rs" if along > WIDTH - 60 else "ms"
            self._write(str(value), (x, y - 10), 22, GREY, anchor)
        elif value:
            x, y = self.left, self.top + along
            self.draw.line((x, y, x + 14, y), fill=INK, width=3)
            self._label(str(value), (x + 18, y), 22)

    def names(self, places: Sequence[Point], size: tuple[int, int]) -> None:
        """A dot and a name for each place; a name that would cover another is left out, its dot stays."""
        taken: list[tuple[float, float, float, float]] = []
        for place in places:
            x, y = self.at(place)
            self.draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=RED, outline=WHITE, width=3)
            taken.append((x - 9, y - 9, x + 9, y + 9))
        for place in places:
            x, y = self.at(place)
            words = drawable(place.words)[:12]
            wide = face(self.font, NAME).getlength(words)
            ways = ((x + 16, y), (x - 16 - wide, y), (x - wide / 2, y - 32), (x - wide / 2, y + 32))
            for left, middle in ways:
                box = (left - 4, middle - 18, left + wide + 4, middle + 18)
                inside = self.left <= box[0] and box[2] <= self.left + size[0] and self.top <= box[1]
                if inside and box[3] <= self.top + size[1] and not any(_meet(box, one) for one in taken):
                    self._label(words, (left, middle), NAME)
                    taken.append(box)
                    break

    def _label(self, words: str, at: tuple[float, float], size: int) -> None:
        letters = face(self.font, size)
        self.draw.text(at, words, fill=INK, font=letters, anchor="lm", stroke_width=4, stroke_fill=WHITE)

    def _write(self, words: str, at: tuple[float, float], size: int, fill: Colour, anchor: str = "lm") -> None:
        self.draw.text(at, words, fill=fill, font=face(self.font, size), anchor=anchor)


def _letters(words: str) -> int:
    return NUMBER if len(words) < 3 else NUMBER - 8


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _step(length: float) -> int:
    """A round number of which about eight go into a length."""
    rough = max(1.0, length / 8)
    base = 10 ** math.floor(math.log10(rough))
    return int(next(times * base for times in (1, 2, 5, 10) if times * base >= rough))
