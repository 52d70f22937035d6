"""通知 `N5`: words for every residents' group of an area, after a preview and a confirmation."""

from collections.abc import Awaitable, Callable, Mapping

from handlers.commands import Command, Takes
from handlers.notices.counting import report_status
from handlers.notices.drafting import CONFIRM, draft
from handlers.notices.sending import WHOLE, answered, confirm, drop, stop, whole
from handlers.turn import WORKERS, Turn
from storage.agenda import Question

COMMANDS: tuple[Command, ...] = (
    Command(
        ("通知",),
        "通知 全镇 明早6点到10点停水",
        "发通知到全镇、某村或本格的居民群；先预览，确认后才发",
        draft,
        WORKERS,
        rest=Takes.MUST,
        heads=("全镇", "全区", "全街道", "全村", "全社区", "本镇", "本街道", "本村", "本社区", "本格", "本网格"),
        ordinary=True,
    ),
    Command(
        ("停止",),
        "停止 N5",
        "停下还没发完的通知，或作废没确认的",
        stop,
        WORKERS,
        Takes.MUST,
        letters="N",
        ordinary=True,
    ),
)

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {CONFIRM: answered}

DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {WHOLE: whole}

__all__ = ["ANSWERS", "COMMANDS", "DUE", "confirm", "drop", "report_status"]
