"""The tree of areas: levels by name, parents before children, no cycle."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.town.rows import AreaRow

Report = Callable[[str, str], None]
"""Takes an area's key and what is wrong with it."""

SAME_LEVEL = {"街道": "街", "乡": "镇", "乡镇": "镇", "县": "区", "区县": "区", "行政村": "村", "微网格": "网格"}
"""Everyday words for a level, and a piece of the configured name that they mean."""

UNKNOWN = -1
"""A level that still follows from the parent."""


def find_level(word: str, levels: Sequence[str]) -> int | None:
    """Which level a word names: exactly, or as the only level that has it in its name (村 for 村社区)."""
    if word in levels:
        return levels.index(word)
    plain = "".join(char for char in unicodedata.normalize("NFKC", word) if char.isalnum())
    for piece in (plain, SAME_LEVEL.get(plain, plain)):
        if piece in levels:
            return levels.index(piece)
        fitting = [index for index, level in enumerate(levels) if piece and piece in level]
        if len(fitting) == 1:
            return fitting[0]
    return None


@dataclass(slots=True)
class _Growing:
    """The levels found so far, and the areas that are in or below a fault."""

    areas: Mapping[str, AreaRow]
    levels: dict[str, int]
    lost: set[str]
    order: list[str]


def grow(areas: Iterable[AreaRow], levels: Sequence[str], report: Report) -> list[AreaRow]:
    """The areas with their levels, parents first; what is wrong is reported once, at its own area.

    An area's level is `UNKNOWN` where it follows from its parent. Parents that are not among the areas
    are not reported here.
    """
    growing = _Growing({area.key: area for area in areas}, {}, set(), [])
    for key in growing.areas:
        _climb(key, growing, levels, report)
    return [replace(growing.areas[key], level=growing.levels[key]) for key in growing.order]


def _climb(key: str, growing: _Growing, levels: Sequence[str], report: Report) -> None:
    way: dict[str, None] = {}
    while key in growing.areas and key not in growing.levels and key not in growing.lost:
        if key in way:
            _report_cycle(key, list(way), report)
            growing.lost.update(way)
            return
        way[key] = None
        key = growing.areas[key].parent
    if key in growing.lost or (key and key not in growing.areas):
        growing.lost.update(way)
        return
    for below in reversed(way):
        _settle(growing.areas[below], growing, levels, report)


def _report_cycle(key: str, way: list[str], report: Report) -> None:
    circle = way[way.index(key) :]
    shown = " → ".join([*circle[:6], *(["…"] if len(circle) > 6 else []), key])
    report(key, f"上级绕成了圈：{shown}" if len(circle) > 1 else "上级是它自己")


def _settle(area: AreaRow, growing: _Growing, levels: Sequence[str], report: Report) -> None:
    if area.parent in growing.lost:
        growing.lost.add(area.key)
        return
    above = growing.levels.get(area.parent, -1)
    level = above + 1 if area.level == UNKNOWN else area.level
    fault = ""
    if level >= len(levels):
        fault = f"级别太深：配置 levels 只有 {len(levels)} 级（{'、'.join(levels)}）"
    elif level <= above:
        fault = f"级别“{levels[level]}”应低于上级 {area.parent} 的“{levels[above]}”"
    if fault:
        report(area.key, fault)
        growing.lost.add(area.key)
        return
    growing.levels[area.key] = level
    growing.order.append(area.key)
