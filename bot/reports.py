"""A month's figures and work logs as one .xlsx or .csv for the files of a town."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.config import ConfigError
from bot.town.writing import Cell, open_sheet
from handlers import periods
from handlers.alerts.reaching import town_level
from handlers.figures import logs
from handlers.periods import Period
from handlers.ports import Rules
from storage.areas import Area, in_tree
from storage.case_figures import COUNTERS, Scope, Tally, counters, others, rolled_up, tallies
from storage.matters import Case
from storage.people import names_of

ALL = "合计"
"""Stands in the column of the category in the row of all of an area's cases."""

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def month_of(text: str | None, today: date) -> Period:
    """`2026-11`, or the month before where none is named; ConfigError for anything else."""
    if text is None:
        return periods.month_before(today)
    match = _MONTH.fullmatch(text)
    if match is None:
        raise ConfigError(f"--month 看不懂：{text[:40]}，应像 2026-11")
    return periods.month(date(int(match[1]), int(match[2]), 1))


def must_be_sheet(path: Path) -> None:
    """ConfigError unless the name is that of a table."""
    if path.suffix not in (".xlsx", ".csv"):
        raise ConfigError(f"请写要写成的文件，以 .xlsx 或 .csv 结尾，如 {path.name[:40] or '统计'}.xlsx")


async def export_figures(session: AsyncSession, path: Path, period: Period, rules: Rules, now: datetime) -> Path:
    """Write a row for each area that had any, with all below it, and for each of its categories.

    Private cases are in the rows of all cases alone, complaints about workers in those of towns and above alone: the
    row of a village would tell its lead that somebody complained.
    """
    since, until = period.bounds(ZoneInfo(rules.timezone))
    scope = Scope("/", since, until, now, complaints=True)
    query = select(col(Area.id), col(Area.path), col(Area.name), col(Area.code), col(Area.level))
    areas = sorted(await session.execute(query), key=lambda row: in_tree(row.path))
    paths = {area.id: area.path for area in areas}
    total = await _total(session, scope, paths)
    without = await _total(session, replace(scope, complaints=False), paths)
    beside = await _below(session, scope, paths)
    by_category = await _by_category(session, scope, paths)
    with open_sheet(path, "统计") as sheet:
        shares = [word for name in Tally().shares for word in (f"{name}（%）", f"{name}：分子", f"{name}：分母")]
        titles = ["时间", "级别", "区划编号", "区划", "类别", "收到", "受理", "超期没办完", "热线和外单位"]
        sheet.writerow([*titles, *shares, *COUNTERS.values()])
        for area in areas:
            level = rules.levels[area.level] if area.level < len(rules.levels) else ""
            head = [period.name, level, area.code, area.name]
            of_all = total if area.level <= town_level(rules) else without
            if area.id in of_all or area.id in beside:
                tally = of_all.get(area.id, Tally())
                seven = counters(tally, *beside.get(area.id, (0, 0)))
                sheet.writerow([*head, ALL, *_numbers(tally), *seven.values()])
            for category, one in sorted(by_category.get(area.id, {}).items()):
                sheet.writerow([*head, category, *_numbers(one)])
    return path


async def _total(session: AsyncSession, scope: Scope, paths: dict[int, str]) -> dict[int, Tally]:
    return rolled_up(await tallies(session, scope, col(Case.area_id)), paths)


def _numbers(one: Tally) -> Iterator[Cell]:
    """Counts, and each share as so many of a hundred with one decimal, before its two counts."""
    yield from (one.came, one.accepted, one.late, one.hotline)
    for part, whole in one.shares.values():
        yield from (round(100 * part / whole, 1) if whole else "", part, whole)


async def _below(session: AsyncSession, scope: Scope, paths: dict[int, str]) -> dict[int, tuple[int, int]]:
    """What was collected and published at or below each area."""
    made: dict[int, tuple[int, int]] = {}
    for area_id, (collected, published) in (await others(session, scope)).items():
        for part in map(int, paths[area_id].strip("/").split("/")):
            before = made.get(part, (0, 0))
            made[part] = (before[0] + collected, before[1] + published)
    return made


async def _by_category(session: AsyncSession, scope: Scope, paths: dict[int, str]) -> dict[int, dict[str, Tally]]:
    open_ones = replace(scope, complaints=False, private=False)
    found = await tallies(session, open_ones, col(Case.category), col(Case.area_id))
    apart: dict[str, dict[int, Tally]] = {}
    for (category, area_id), tally in found.items():
        apart.setdefault(category, {})[area_id] = tally
    made: dict[int, dict[str, Tally]] = {}
    for category, by_area in apart.items():
        for area_id, tally in rolled_up(by_area, paths).items():
            made.setdefault(area_id, {})[category] = tally
    return made


async def export_logs(session: AsyncSession, path: Path, period: Period, rules: Rules) -> Path:
    """Write a row for each worker and day on which anything was done, in the order of names and days."""
    days = await logs.gather(session, period, ZoneInfo(rules.timezone))
    names = await names_of(session, {contact_id for contact_id, _ in days})
    with open_sheet(path, "工作日志") as sheet:
        sheet.writerow(["日期", "姓名", *logs.LABELS, "做了什么"])
        for (contact_id, day), lines in sorted(days.items(), key=lambda one: (names[one[0][0]], *one[0])):
            sheet.writerow(
                [day.isoformat(), names[contact_id], *_labels(lines), "；".join(line.text for line in lines)]
            )
    return path


def _labels(lines: Iterable[logs.Line]) -> Sequence[int]:
    counted = logs.counted(lines)
    return [counted[label] for label in logs.LABELS]
