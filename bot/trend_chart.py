"""Draws how an area's cases went as one picture for a phone: bars of what came in, a line of what was done."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from bot.chart import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    INK,
    LABEL,
    MARGIN,
    NUMBER,
    PALE,
    PLOT,
    SMALL,
    SUBTITLE,
    WHITE,
    Canvas,
)
from bot.chart import WIDTH as WIDE
from handlers.figures.trends import Trend

ROW = 92
DATES = 8
"""Dates written below the bars at most."""


def draw_trend(trend: Trend, font: Path) -> bytes:
    """The picture as PNG, a few tens of kilobytes."""
    rows = len(trend.categories) + len(trend.grids)
    image = Image.new("RGB", (WIDE, 200 + 220 + PLOT + 190 + 2 * 100 + ROW * rows + 120), WHITE)
    canvas = Canvas(ImageDraw.Draw(image), font)
    y = _numbers(canvas, trend, _head(canvas, trend))
    y = _course(canvas, trend, y)
    for title, found in (("哪类多", trend.categories), ("哪里多", trend.grids)):
        y = _most(canvas, title, found, y)
    canvas.text(
        (MARGIN, y + 36), f"热线和外单位转来 {trend.hotline}，群里和其他 {trend.came[0] - trend.hotline}", SMALL, GREY
    )
    out = io.BytesIO()
    image.crop((0, 0, WIDE, y + 90)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _head(canvas: Canvas, trend: Trend) -> int:
    canvas.title(trend.area, "事项趋势")
    canvas.text((MARGIN, 140), trend.period.name, SUBTITLE, GREY)
    return 190


def _numbers(canvas: Canvas, trend: Trend, y: int) -> int:
    """What came in and was done, each beside the time before."""
    cells = ((trend.came, "收到", AMBER), (trend.done, "办结", GREEN))
    width = (WIDE - 2 * MARGIN) / len(cells)
    for number, ((now, then), label, fill) in enumerate(cells):
        left = MARGIN + number * width
        canvas.text((left, y + 60), f"{now}", NUMBER, fill)
        canvas.text((left, y + 140), f"{label}（上一段 {then}）", LABEL, GREY)
    return y + 200


def _course(canvas: Canvas, trend: Trend, y: int) -> int:
    """A bar for what came in on each day (or week, or month), and a line through what was done."""
    canvas.text((MARGIN, y + 24), "收到和办结", LABEL)
    canvas.draw.rectangle((WIDE - MARGIN - 250, y + 10, WIDE - MARGIN - 222, y + 38), fill=AMBER)
    canvas.text((WIDE - MARGIN - 210, y + 24), "收到", SMALL, GREY)
    canvas.draw.line((WIDE - MARGIN - 120, y + 24, WIDE - MARGIN - 80, y + 24), fill=GREEN, width=7)
    canvas.text((WIDE - MARGIN - 68, y + 24), "办结", SMALL, GREY)
    top, bottom = y + 84, y + 84 + PLOT
    highest = max(1, *(max(came, done) for _, came, done in trend.spans))
    first = canvas.scale(highest, bottom)
    step = (WIDE - MARGIN - first) / len(trend.spans)
    every = -(-len(trend.spans) // DATES)
    points = []
    for number, (day, came, done) in enumerate(trend.spans):
        left = first + number * step
        bar = min(step * 0.35, 60)
        middle = left + step / 2
        if came:
            canvas.draw.rectangle((middle - bar, bottom - PLOT * came / highest, middle + bar, bottom), fill=AMBER)
        points.append((middle, bottom - (bottom - top) * done / highest))
        if number % every == 0:
            canvas.text((middle, bottom + 30), f"{day.month}.{day.day}", SMALL, GREY, "mm")
    canvas.draw.line(points, fill=GREEN, width=6, joint="curve")
    for x, height in points:
        canvas.draw.ellipse((x - 8, height - 8, x + 8, height + 8), fill=GREEN)
    return bottom + 84


def _most(canvas: Canvas, title: str, found: Sequence[tuple[str, int, int]], y: int) -> int:
    """A bar for each, a mark where it stood the time before."""
    if not found:
        return y
    canvas.text((MARGIN, y + 24), f"{title}（细线是上一段）", LABEL)
    y += 72
    widest = max(1, *(max(now, then) for _, now, then in found))
    for name, now, then in found:
        change = "新" if not then else f"{now - then:+d}" if now != then else "持平"
        counted = f"{now}　{change}"
        canvas.text((WIDE - MARGIN, y + 18), counted, LABEL, INK, "rm")
        room = WIDE - 2 * MARGIN - canvas.sized(LABEL).getlength(counted) - 30
        canvas.text((MARGIN, y + 18), canvas.fitted(name, SMALL, room), SMALL, GREY)
        width = WIDE - 2 * MARGIN
        canvas.draw.rectangle((MARGIN, y + 44, WIDE - MARGIN, y + 64), fill=PALE)
        canvas.draw.rectangle((MARGIN, y + 44, MARGIN + width * now / widest, y + 64), fill=BLUE)
        before = MARGIN + width * then / widest
        canvas.draw.line((before, y + 38, before, y + 70), fill=INK, width=5)
        y += ROW
    return y + 20
