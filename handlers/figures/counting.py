"""统计 本月, 统计 噪音 本周: the cases of an area in figures, as a text for a phone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlmodel import col

from handlers import periods
from handlers.alerts import counting as of_alerts
from handlers.cases.privacy import CATEGORIES
from handlers.commands import Order
from handlers.matters import Refusal
from handlers.periods import Period
from handlers.posting import say
from handlers.refs import fold
from handlers.scopes import area_of, scope_of
from handlers.turn import Turn
from handlers.understanding.learned import learned
from storage.areas import Area
from storage.case_figures import Scope, Tally, accepted_by, added, counters, of_parts, others, tallies
from storage.matters import Case

MOST = 5
"""Categories that are named, the most frequent first."""

AREAS = 12
"""Areas below that are listed."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "基础设施": ("水电气暖", "房屋", "物业", "公共设施", "道路交通", "违建"),
    "环境保护": ("环境卫生", "噪音", "占道经营", "宠物"),
    "社会保障": ("社保民政", "劳动就业", "便民服务"),
    "科教文卫": ("医疗卫生", "教育"),
}
"""The four kinds of matters of requirement 2.20; the rest is 其他."""

SHEET = frozenset({"表", "表格", "导出", "excel", "xlsx"})


_ASIDE = re.compile(r"^\s*(?:一下|看看)\s*|(?:的|情况|数据|数字|收了多少|多少件?|几件)+[了吗呢啊?？。 ]*$")
"""What stands beside the words of the command: 统计一下."""

_WHO = r"(?:格格|请|帮我|帮忙|给我|看看|[看查报统计]+一?下|我们?|俺|这边|这里|本?网格|社区|名下|现在|[,， ])*"
_SPAN = rf"(?P<rest>{'|'.join(sorted(periods.PERIODS, key=len, reverse=True))}|近\d+天)"
_DID = (
    r"(?:收|报|接|办|来|解决|处理|完成|受理)(?:到|上来|[好结完成])?了?(?:几|多少)(?:件|个|条|单)?(?:事情?|事项|单子|诉求|问题)?"
    r"|(?:办结|满意|响应|解决|完成)率(?:是|有|怎么样|怎样)?(?:多少|几)?|(?:统计)?(?:数据|数字)|情况(?:怎么样|如何)|统计"
)
ASKS = re.compile(rf"{_WHO}{_SPAN}(?:的|一共|总共|我们?|都|已经|这边|网格|[,， ])*(?:{_DID})[了吗呢啊的？?。!！ ]*")
"""今天收了几件, 本月办结率多少: 统计 in a worker's own words to the bot."""


async def count(turn: Turn, order: Order) -> None:
    """统计 寻人 goes to the alerts; else cases, of one category where one is named."""
    period, words = periods.take_period(fold(order.rest), turn.local(turn.now).date())
    words = _ASIDE.sub("", words)
    if words.startswith("寻人"):
        await of_alerts.count(turn, period, words.removeprefix("寻人").strip())
        return
    words = words.removeprefix("事项").strip()
    named = [one for one in words.split() if one.lower() not in SHEET]
    if len(named) < len(words.split()):
        await say(turn, _sheet(period))
        return
    category, place = _category(turn, " ".join(named))
    if category in CATEGORIES:
        raise Refusal(f"{category}是私下办的事，只计入总数，不单独统计。")
    await say(turn, await figures_of(turn, period, category, place))


def _sheet(period: Period) -> str:
    return (
        "微信里发不了表格。请维护的人在服务器上写："
        f"gridbot export --what figures --month {period.first:%Y-%m} 统计.xlsx"
    )


def _category(turn: Turn, words: str) -> tuple[str, str]:
    """The category that the words name, and what they say besides."""
    for one in sorted(turn.rules.cases.categories or learned().categories.labels, key=len, reverse=True):
        if one in words.split() or words.startswith(one):
            return one, words.replace(one, " ", 1).strip()
    return "", words


async def figures_of(turn: Turn, period: Period, category: str, place: str) -> str:
    """The whole answer, of one category or (empty) of all."""
    area = await area_of(turn, place)
    scope = replace(await scope_of(turn, area, *period.bounds(turn.outside.zone)), category=category)
    if category:  # who reads of one category could tell what private ones are about
        scope = replace(scope, private=False, complaints=False)
    found = await tallies(turn.session, scope, col(Case.area_id), col(Case.quiet), col(Case.about_worker))
    counted = added(found.values())
    lines = [f"{category or '事项'}统计：{area.name} {period.name}", *overall(counted)]
    if counted.came:
        open_ones = replace(scope, private=False, complaints=False)
        if not category:
            lines += by_category(await accepted_by(turn.session, open_ones, col(Case.category)))
        lines += await _by_area(turn, area, {key[0]: one for key, one in found.items() if not any(key[1:])})
    if not category:
        lines.append(await _counters(turn, scope, counted))
    return "\n".join(lines)


def overall(counted: Tally) -> list[str]:
    """What came in, and each share with its two numbers; a share of nothing is left out."""
    if not counted.came:
        return ["没有收到事项。"]
    rest = counted.came - counted.accepted
    lines = [
        f"收到 {counted.came} 件，受理 {counted.accepted} 件" + (f"（{rest} 件撤销、驳回、误判或并入）" if rest else "")
    ]
    lines += [f"{name} {percent(*of)}（{of[0]}/{of[1]}）" for name, of in counted.shares.items() if of[1]]
    if counted.late:
        lines.append(f"超期没办完 {counted.late} 件")
    if counted.hotline:
        lines.append(f"热线和外单位转来 {counted.hotline} 件")
    return lines


def percent(part: int, whole: int) -> str:
    """`87.5%`; one decimal, as 办结率 98.3% (requirement 3.12a)."""
    return f"{part / whole:.1%}" if whole else "—"


def by_category(found: Mapping[str, int]) -> list[str]:
    """The most frequent categories, and the four kinds of matters."""
    most = sorted(((count, name) for name, count in found.items()), key=lambda one: (-one[0], one[1]))
    if not most:
        return []
    groups = {name: sum(count for count, one in most if one in names) for name, names in GROUPS.items()}
    groups["其他"] = sum(count for count, _ in most) - sum(groups.values())
    return [
        "哪类多：" + "，".join(f"{name} {count}" for count, name in most[:MOST]),
        "四大类：" + "，".join(f"{name} {count}" for name, count in groups.items()),
    ]


async def _by_area(turn: Turn, area: Area, tallies_of: Mapping[int, Tally]) -> list[str]:
    """A line for each area right below that had any, the most first; people are not compared here."""
    found = await of_parts(turn.session, tallies_of, area)
    children = dict(
        (await turn.session.execute(select(col(Area.id), col(Area.name)).where(Area.parent_id == area.id))).all()
    )
    busy = sorted(found, key=lambda one: (-found[one].accepted, one))
    lines = [f"{children[one]} {found[one].accepted} 件{_closed(found[one])}" for one in busy[:AREAS]]
    return lines + ([f"……还有 {len(busy) - AREAS} 处"] if len(busy) > AREAS else [])


def _closed(one: Tally) -> str:
    return f"，办结率 {percent(*one.shares['办结率'])}" if one.accepted else ""


async def _counters(turn: Turn, scope: Scope, counted: Tally) -> str:
    beside = (await others(turn.session, scope)).values()
    seven = counters(counted, sum(one for one, _ in beside), sum(one for _, one in beside))
    return "，".join(f"{name} {number}" for name, number in seven.items())
