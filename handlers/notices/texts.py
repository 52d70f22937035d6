"""What people read about notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.estimating import duration
from handlers.refs import label
from storage.matters import Notice, NoticeState

LONGEST = 2000

USAGE = "请这样写：通知 全镇 明早6点到10点停水（也可写村名、网格名，或“本格”“本村”）。"
STATE_NAMES = {
    NoticeState.DRAFT: "等确认",
    NoticeState.SENT: "已发",
    NoticeState.STOPPED: "已停",
    NoticeState.DROPPED: "已作废",
}
NAMES_SHOWN = 10


def name(notice: Notice) -> str:
    """`【通知 N5】`."""
    return label(f"N{notice.id}")


def body(notice: Notice, issuer: str) -> str:
    """What the groups read."""
    return f"{name(notice)}{issuer}：\n{notice.text}"


def _when(seconds: float, wakes: datetime | None) -> str:
    return f"现在是安静时段，{wakes:%m-%d %H:%M} 开始发，{duration(seconds)}" if wakes else duration(seconds)


def _silent(count: int) -> str:
    return f"（另有 {count} 个群静默，不发）" if count else ""


def preview(
    notice: Notice, area: str, groups: int, silent: int, seconds: float, wakes: datetime | None, shown: str
) -> str:
    """What the sender sees before anything goes out."""
    ref = f"N{notice.id}"
    return (
        f"通知 {ref} 预览：发到{area} {groups} 个群{_silent(silent)}，{_when(seconds, wakes)}。\n"
        f"--------\n{shown}\n--------\n"
        f"回“确认 {ref}”发出，“停止 {ref}”作废。"
    )


def again(notice: Notice) -> str:
    """Put before the preview when a confirmation came too late."""
    return f"{name(notice)}放得太久，没有发。请再看一遍：\n"


def started(notice: Notice, groups: int, silent: int, seconds: float, wakes: datetime | None) -> str:
    """The answer to 确认."""
    ref = f"N{notice.id}"
    going = f"{name(notice)}正在发 {groups} 个群{_silent(silent)}，{_when(seconds, wakes)}。"
    return f"{going}发完我告诉您；要停回“停止 {ref}”。"


def tally(reached: int, perhaps: int, waiting: int, failed: int, cancelled: int, silent: int) -> str:
    """The counts that are not nothing: 送达 37 个群，等待 120 个."""
    parts = [f"送达 {reached} 个群"]
    for word, count in (
        ("可能收到", perhaps),
        ("等待", waiting),
        ("失败", failed),
        ("撤下", cancelled),
        ("静默", silent),
    ):
        if count:
            parts.append(f"{word} {count} 个")
    return "，".join(parts)


def failures(names: Sequence[str]) -> str:
    """The groups that did not get it, by name."""
    if not names:
        return ""
    more = f"等 {len(names)} 个" if len(names) > NAMES_SHOWN else ""
    return f"\n没收到的群：{'、'.join(names[:NAMES_SHOWN])}{more}"


def whole(notice: Notice, counts: str, failed: Sequence[str]) -> str:
    """What the sender hears at the end."""
    return f"{name(notice)}发完了：{counts}。{failures(failed)}"


def status(notice: Notice, area: str, counts: str, failed: Sequence[str]) -> str:
    """What 查 N5 answers."""
    return f"{name(notice)}{area}｜{STATE_NAMES[NoticeState(notice.state)]}\n{counts}{failures(failed)}"


def draft_status(notice: Notice, area: str) -> str:
    """What 查 N5 answers before anything went out."""
    return f"{name(notice)}{area}｜{STATE_NAMES[NoticeState(notice.state)]}，没有发出。"


def stopped(notice: Notice, reached: int, cancelled: int) -> str:
    """The answer to 停止."""
    return f"{name(notice)}停了：已发出 {reached} 个群，撤下 {cancelled} 个群没有发。"


def not_sent_yet(number: int) -> str:
    """To an answer that does not say whether it shall go out."""
    return f"【通知 N{number}】还没有发。要发回“确认”，不发回“不是”。"


def dropped(notice: Notice) -> str:
    """The answer to 停止 before anything went out."""
    return f"{name(notice)}作废了，没有发出。要发就重新写“通知 …”。"
