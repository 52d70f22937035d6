"""The commands of the figures."""

from __future__ import annotations

from handlers.commands import Command, Takes
from handlers.figures import appraising, counting, logs, trends
from handlers.matters import COMPLAINTS
from handlers.periods import PERIODS
from handlers.turn import WORKERS

COMMANDS: tuple[Command, ...] = (
    Command(
        ("统计",),
        "统计 本月",
        "看事项办得怎么样；可以写本周、上月、今年、2026年10月，后面可以加地方和类别（统计 噪音 上月 柳树村）；"
        "看寻人写“统计 寻人 本月”",
        counting.count,
        WORKERS,
        rest=Takes.MAY,
        asked=counting.ASKS,
        close=True,
        tails=PERIODS,
        ordinary=True,
    ),
    Command(
        ("趋势",),
        "趋势 本周",
        "一天天收到多少、办结多少，哪类、哪里多了，带一张图；后面可以加地方",
        trends.show,
        WORKERS,
        rest=Takes.MAY,
        close=True,
        tails=PERIODS,
        ordinary=True,
    ),
    Command(
        ("考核",),
        "考核 本月",
        "每位网格员接了多少、办结多少、按时和满意的比例；后面可以加地方",
        appraising.appraise,
        COMPLAINTS,
        rest=Takes.MAY,
        close=True,
        tails=PERIODS,
        ordinary=True,
        private=True,
    ),
    Command(
        ("日志",),
        "日志 补充 走访了3栋5户",
        "看自己今天做了什么（日志 昨天 看昨天）；漏了的补上，补错的发“日志 删除 1”",
        logs.log,
        WORKERS,
        rest=Takes.MAY,
        tails=frozenset({"今天", "昨天", "前天"}),
        ordinary=True,
        private=True,
    ),
)
