"""Draws a month of alerts as one picture for a phone: big numbers, bars by day, how long each step took."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from handlers.alerts import describing
from handlers.alerts.counting import STEPS, share
from storage.alert_figures import Course, Figures, figures
from storage.matters import AlertState

WIDTH, MARGIN = 900, 48
INK, GREY, PALE, WHITE = (28, 32, 38), (110, 116, 124), (226, 229, 233), (255, 255, 255)
GREEN, AMBER, BLUE = (24, 128, 78), (226, 152, 34), (30, 92, 168)
TITLE, SUBTITLE, NUMBER, LABEL, SMALL = 60, 38, 92, 36, 30
PLOT = 300
ROW = 92
TICKS = 7
"""Days between the dates written below the bars."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is drawn: `title` is the area, `name` the time, `first` the first of `days` local days."""

    title: str
    name: str
    first: date
    days: int
    courses: Sequence[Course]
    zone: ZoneInfo


def draw_month(month: Month, font: Path) -> bytes:
    """The picture as PNG, a few tens of kilobytes."""
    counted = figures(month.courses)
    height = 200 + 220 + (PLOT + 190) + (90 + ROW * len(counted.steps)) + 150
    image = Image.new("RGB", (WIDTH, height), WHITE)
    canvas = Canvas(ImageDraw.Draw(image), font)
    y = _head(canvas, month)
    y = _numbers(canvas, counted, y)
    y = _by_day(canvas, month, y)
    y = _steps(canvas, counted, y)
    _foot(canvas, counted, y)
    out = io.BytesIO()
    image.crop((0, 0, WIDTH, min(height, y + 130))).save(out, "PNG", optimize=True)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture being drawn, and the font of its words."""

    draw: ImageDraw.ImageDraw
    font: Path

    def text(
        self, at: tuple[float, float], words: str, size: int, fill: tuple[int, int, int] = INK, anchor: str = "lm"
    ) -> None:
        """Words at a place, one of Pillow's anchors."""
        self.draw.text(at, words, fill=fill, font=self.sized(size), anchor=anchor)

    def sized(self, size: int) -> ImageFont.FreeTypeFont:
        """The font in a size (pixels)."""
        return ImageFont.truetype(str(self.font), size)

    def title(self, area: str, what: str) -> None:
        """The picture's first line: of a long name the end goes, never what is drawn of it."""
        room = WIDTH - 2 * MARGIN - self.sized(TITLE).getlength(f"　{what}")
        self.draw.rectangle((0, 0, WIDTH, 16), fill=BLUE)
        self.text((MARGIN, 76), f"{self.fitted(area, TITLE, room)}　{what}", TITLE)

    def scale(self, highest: int, bottom: int) -> float:
        """Lines at round numbers, written on the left; where the bars begin."""
        first = max(MARGIN, self.sized(SMALL).getlength(str(highest)) + 20)
        for level in range(0, highest + 1, round_step(highest)):
            line = bottom - PLOT * level / highest
            self.draw.line((first, line, WIDTH - MARGIN, line), fill=PALE, width=2)
            self.text((first - 8, line), str(level), SMALL, GREY, "rm")
        return first

    def fitted(self, words: str, size: int, width: float) -> str:
        """The words, cut where they would not fit."""
        while len(words) > 1 and self.sized(size).getlength(words) > width:
            words = words[:-2] + "…"
        return words


def round_step(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … of which at most four fit below the highest number."""
    least, power = -(-highest // 4), 1
    while power * 10 <= least:
        power *= 10
    return next(one * power for one in (1, 2, 5, 10) if one * power >= least)


def _head(canvas: Canvas, month: Month) -> int:
    canvas.title(month.title, "寻人月报")
    canvas.text((MARGIN, 140), month.name, SUBTITLE, GREY)
    return 190


def _numbers(canvas: Canvas, counted: Figures, y: int) -> int:
    """Three big numbers beside each other."""
    rate = share(counted) if counted.true else "—"
    cells = ((f"{counted.total}", "起走失", INK), (f"{counted.found}", "位找到", GREEN), (rate, "找到率", BLUE))
    width = (WIDTH - 2 * MARGIN) / len(cells)
    for number, (value, label, fill) in enumerate(cells):
        left = MARGIN + number * width
        canvas.text((left, y + 60), value, NUMBER, fill)
        canvas.text((left, y + 140), label, LABEL, GREY)
    return y + 200


def _by_day(canvas: Canvas, month: Month, y: int) -> int:
    """A bar for each day, the found at the bottom of it, and a line for all up to then."""
    canvas.text((MARGIN, y + 24), "每天报的", LABEL)
    _key(canvas, y + 24, len(month.courses))
    found, others = [0] * month.days, [0] * month.days
    for one in month.courses:
        day = (one.began.astimezone(month.zone).date() - month.first).days
        if 0 <= day < month.days:
            (found if one.state == AlertState.FOUND else others)[day] += 1
    top, bottom = y + 84, y + 84 + PLOT
    highest = max(1, *(one + other for one, other in zip(found, others, strict=True)))
    first = canvas.scale(highest, bottom)
    step = (WIDTH - MARGIN - first) / month.days
    for day in range(month.days):
        left, right = first + day * step + step * 0.15, first + (day + 1) * step - step * 0.15
        middle = bottom - PLOT * found[day] / highest
        if found[day]:
            canvas.draw.rectangle((left, middle, right, bottom), fill=GREEN)
        if others[day]:
            canvas.draw.rectangle((left, middle - PLOT * others[day] / highest, right, middle), fill=AMBER)
        if day % TICKS == 0:
            shown = month.first + timedelta(days=day)
            canvas.text((left, bottom + 30), f"{shown.month}.{shown.day}", SMALL, GREY)
    _line(canvas, [one + other for one, other in zip(found, others, strict=True)], top, bottom, first, step)
    return bottom + 84


def _key(canvas: Canvas, y: int, total: int) -> None:
    """What the colours mean."""
    left = WIDTH - MARGIN - 500
    for words, fill in (("找到", GREEN), ("其他", AMBER), (f"累计到 {total}", BLUE)):
        canvas.draw.rectangle((left, y - 14, left + 28, y + 14), fill=fill)
        canvas.text((left + 40, y), words, SMALL, GREY)
        left += 145


def _line(canvas: Canvas, counts: Sequence[int], top: int, bottom: int, first: float, step: float) -> None:
    """All reported up to each day, the last point at the top."""
    total, points = 0, []
    for day, count in enumerate(counts):
        total += count
        points.append((first + (day + 0.5) * step, total))
    if not total:
        return
    xy = [(x, bottom - (bottom - top) * value / total) for x, value in points]
    canvas.draw.line(xy, fill=BLUE, width=5, joint="curve")
    x, last = xy[-1]
    canvas.draw.ellipse((x - 9, last - 9, x + 9, last + 9), fill=BLUE)


def _steps(canvas: Canvas, counted: Figures, y: int) -> int:
    """A bar for the middle alert of each step, as wide as its share of the longest; the time stands beside it."""
    if not counted.steps:
        return y
    canvas.text((MARGIN, y + 24), "从第一句话算起，居中的一起用了", LABEL)
    y += 72
    widest = max(span.middle for span in counted.steps.values()) or 1
    for name, span in counted.steps.items():
        canvas.text((MARGIN, y + 18), STEPS[name], SMALL, GREY)
        canvas.text((WIDTH - MARGIN, y + 18), describing.span(span.middle * 60), LABEL, INK, "rm")
        box = (MARGIN, y + 44, WIDTH - MARGIN, y + 64)
        canvas.draw.rectangle(box, fill=PALE)
        canvas.draw.rectangle(
            (*box[:2], MARGIN + (box[2] - MARGIN) * max(0.01, span.middle / widest), box[3]), fill=BLUE
        )
        y += ROW
    return y


def _foot(canvas: Canvas, counted: Figures, y: int) -> None:
    words = f"已结束的：发到 {counted.alerted} 个群次，告诉结束 {counted.cleared} 个群次"
    canvas.text((MARGIN, y + 40), words, SMALL, INK)
    even = "一一对上" if not counted.uneven else f"对不上：{'、'.join(f'M{one}' for one in counted.uneven[:6])}"
    canvas.text((MARGIN, y + 84), even, SMALL, AMBER if counted.uneven else GREEN)
