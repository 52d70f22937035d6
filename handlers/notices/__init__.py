"""通知 `N5`: words for every residents' group of an area, after a preview and a confirmation."""

from collections.abc import Awaitable, Callable, Mapping

from handlers.commands import Command, Takes
from handlers.notices.answering import told
from handlers.notices.correcting import correct
from handlers.notices.counting import report_status
from handlers.notices.drafting import CONFIRM, draft
from handlers.notices.guiding import JUST_SENT, sent_lately, showed_how
from handlers.notices.hearing import ASKS_TO_REMIND, LASTS
from handlers.notices.picturing import arrived, came, came_late
from handlers.notices.recalling import RECALLED, recall, recalled
from handlers.notices.receipts import chase, received, remind, report
from handlers.notices.sending import (
    PLANNED,
    RECEIPTS,
    RESTORED,
    WHOLE,
    answered,
    at_once,
    confirm,
    drop,
    list_planned,
    planned,
    restored,
    stop,
    whole,
)
from handlers.notices.telling import answer_in
from handlers.notices.templates import templates
from handlers.turn import SENDERS, Turn
from storage.agenda import Question

COMMANDS: tuple[Command, ...] = (
    Command(
        ("通知",),
        "通知 全镇 明早6点到10点停水",
        "发通知到全镇、几个村（柳树村、北关社区）或本格的居民群、各村工作群、全体网格员，可以“除柳树村”“定时明早8点”"
        "“回执”；先预览，确认后才发",
        draft,
        SENDERS,
        rest=Takes.MUST,
        heads=("全镇", "全区", "全街道", "全村", "全社区", "本镇", "本街道", "本村", "本社区", "本格", "本网格"),
        ordinary=True,
    ),
    Command(
        ("停止",),
        "停止 N5",
        "停下还没发完的通知，或作废没确认的、定时还没发的",
        stop,
        SENDERS,
        Takes.MUST,
        letters="N",
        ordinary=True,
        own=True,
    ),
    Command(
        ("更正",),
        "更正 N5 停水改到后天",
        "发一条更正，只发到有原通知（或可能有、还在等）的群",
        correct,
        SENDERS,
        Takes.MUST,
        letters="N",
        rest=Takes.MUST,
        ordinary=True,
        spreads=True,
        numbered=True,
        recent=LASTS,
    ),
    Command(
        ("撤回",),
        "撤回 N5",
        "没发的不发了，发出不到两分钟的收回来",
        recall,
        SENDERS,
        Takes.MUST,
        letters="N",
        ordinary=True,
        recent=JUST_SENT,
        own=True,
    ),
    Command(
        ("回执", "谁没收到", "谁还没收到", "谁没回", "谁还没回"),
        "回执 N5",
        "看各网格多少人回了“收到”，哪些群、哪些人还没有",
        report,
        SENDERS,
        Takes.MUST,
        letters="N",
        ordinary=True,
        numbered=True,
        recent=LASTS,
    ),
    Command(
        ("催回执",),
        "催回执 N5",
        "提醒还没回“收到”的人（发到群的，请网格员去问），也可以说“提醒没回的人”",
        remind,
        SENDERS,
        Takes.MUST,
        letters="N",
        ordinary=True,
        numbered=True,
        recent=LASTS,
        asked=ASKS_TO_REMIND,
    ),
    Command(
        ("马上发",),
        "马上发 N5",
        "定时的、等到早上的通知现在就发（安静时段先问一次）；开头的时间被读成发送时间的，算回正文",
        at_once,
        SENDERS,
        Takes.MUST,
        letters="N",
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("模板",),
        "模板 保存 停水 ____停水，请提前接水",
        "常用通知的模板：“模板”列出，“通知 全镇 模板 停水 明早6点到10点”填空发出；管理员保存、删除",
        templates,
        SENDERS,
        rest=Takes.MAY,
        ordinary=True,
    ),
    Command(
        ("待发", "通知 待发", "通知待发"), "待发", "看定时的和等到早上发的通知", list_planned, SENDERS, ordinary=True
    ),
)

ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {CONFIRM: answered}

DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {
    WHOLE: whole,
    PLANNED: planned,
    RESTORED: restored,
    RECALLED: recalled,
    RECEIPTS: chase,
}

__all__ = [
    "ANSWERS",
    "COMMANDS",
    "DUE",
    "answer_in",
    "arrived",
    "came",
    "came_late",
    "confirm",
    "drop",
    "received",
    "report_status",
    "sent_lately",
    "showed_how",
    "told",
]
