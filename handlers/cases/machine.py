"""The one table of moves: from which states a case may be moved, where to, and by whom.

The states and their order are those of 接诉即办 (受理, 派单, 办理, 反馈, 评价), as `requirements.md` 3.10a and 3.25b
tell them: nothing is rated before it is done, nothing is done again that has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Flag, auto

from handlers.cases import texts
from handlers.cases.privacy import CATEGORIES
from handlers.matters import Refusal
from handlers.turn import Turn
from storage.matters import CASE_ENDED, CASE_OPEN, CASE_SOLVED, CASE_UNTAKEN, Case, CaseState
from storage.people import Role


class Hands(Flag):
    """Who makes a move."""

    STAFF = auto()
    REPORTER = auto()
    CLOCK = auto()
    CALLED = auto()  # a department or a mediator who was called to it
    BOTH = STAFF | REPORTER
    WORKING = STAFF | CALLED


@dataclass(frozen=True, slots=True)
class Move:
    """One move. `name` stands in the case's steps and in the audit; a `target` of None leaves the state as it is.

    `usage` is the command with `{}` for the number, or empty where plain words or the clock make it.
    """

    name: str
    sources: tuple[CaseState, ...]
    target: CaseState | None
    usage: str = ""
    hands: Hands = Hands.STAFF
    disputes: bool = False  # only where neighbours are at odds


_ANY = tuple(CaseState)

MOVES: Mapping[str, Move] = {
    move.name: move
    for move in (
        Move("接单", CASE_UNTAKEN, CaseState.ACCEPTED, "接单 {}"),
        Move("进展", CASE_OPEN, CaseState.IN_PROGRESS, "进展 {} …", Hands.WORKING),
        Move("跟进", CASE_OPEN, None),
        Move("办结", CASE_OPEN, CaseState.DONE, "办结 {} …", Hands.WORKING),
        Move("挂起", CASE_OPEN, CaseState.WAITING, "挂起 {} 原因 到哪天", Hands.WORKING),
        Move("延期", CASE_OPEN, None, "延期 {} 到哪天 原因", Hands.WORKING),
        Move("转给", CASE_OPEN, CaseState.ASSIGNED, "转给 {} 姓名"),
        Move("退单", CASE_OPEN, CaseState.REPORTED, "退单 {}", Hands.WORKING),
        Move("改类", CASE_OPEN, None, "改类 {} 类别"),
        Move("合并", CASE_OPEN, CaseState.MERGED, "合并 {} 另一个编号"),
        Move("拆分", CASE_OPEN, None, "拆分 {} …"),
        Move("拆开", (CaseState.MERGED,), CaseState.REPORTED, "拆分 {}"),
        Move("驳回", CASE_OPEN, CaseState.REFUSED, "驳回 {} 理由"),
        Move("误判", CASE_OPEN, CaseState.MISREAD, "误判 {}", Hands.BOTH),
        Move("撤销", (*CASE_OPEN, CaseState.DONE), CaseState.WITHDRAWN, "撤销 {}", Hands.BOTH),
        Move("催办", CASE_OPEN, None, "催办 {}", Hands.BOTH),
        Move("备注", _ANY, None, "备注 {} …"),
        Move("保密", _ANY, None, "", Hands.BOTH),
        Move("满意", CASE_SOLVED, CaseState.CONFIRMED, "满意 {}", Hands.REPORTER),
        Move("一般", CASE_SOLVED, None, "", Hands.REPORTER),
        Move("不满意", CASE_SOLVED, CaseState.REOPENED, "不满意 {} …", Hands.REPORTER),
        Move("报事人说好了", CASE_OPEN, CaseState.CONFIRMED, "", Hands.REPORTER),
        Move("恢复", (CaseState.WITHDRAWN, CaseState.REFUSED, CaseState.MISREAD), CaseState.REPORTED, "恢复 {}"),
        Move("接着办", (CaseState.DONE, CaseState.CLOSED), CaseState.REOPENED, "恢复 {}"),
        Move("险情还在", (*CASE_SOLVED, *CASE_ENDED), CaseState.REPORTED, "", Hands.BOTH),
        Move("到期", (CaseState.WAITING,), CaseState.IN_PROGRESS, "", Hands.CLOCK),
        Move("自动结束", (CaseState.DONE,), CaseState.CLOSED, "", Hands.CLOCK),
        Move("上交", CASE_OPEN, CaseState.REPORTED, "", Hands.STAFF),
        Move("上报", CASE_OPEN, CaseState.ASSIGNED, "上报 {}"),
        Move("吹哨", CASE_OPEN, CaseState.REFERRED, "吹哨 {} 部门"),
        Move("加派", CASE_OPEN, None),
        Move("转办", CASE_OPEN, CaseState.ASSIGNED, "转办 {} 部门"),
        Move("报到", CASE_OPEN, CaseState.IN_PROGRESS, "报到 {}", Hands.CALLED),
        Move("配合", CASE_OPEN, None, "", Hands.CALLED),
        Move("兜底", CASE_OPEN, CaseState.ASSIGNED, "", Hands.CLOCK),
        Move("请三老", CASE_OPEN, None, "请三老 {}", disputes=True),
        Move("三老接手", CASE_OPEN, CaseState.IN_PROGRESS, "", Hands.CALLED),
        Move("调解开始", CASE_OPEN, CaseState.IN_PROGRESS, "调解 {} 开始", Hands.WORKING, disputes=True),
        Move("调解结束", CASE_OPEN, None, "调解 {} 结束", Hands.WORKING, disputes=True),
        Move("和解", CASE_OPEN, CaseState.DONE, "和解 {}", Hands.WORKING, disputes=True),
    )
}


def meant_by(command: str) -> tuple[CaseState, ...]:
    """The states in which a case can be meant by a command that gives no number; none where it moves no case."""
    return MOVES[command].sources if command in MOVES else ()


def legal(state: str, hands: Hands) -> Iterable[Move]:
    """The moves that a command of these hands can make from a state."""
    return (one for one in MOVES.values() if one.usage and state in one.sources and one.hands & hands)


def must(turn: Turn, case: Case, name: str, doing: str = "") -> None:
    """Refusal, with what is possible now, unless the case may be moved so; `doing` is the move in a sentence."""
    if case.state in MOVES[name].sources:
        return
    hands = Hands.REPORTER if turn.me.contact_id == case.reporter_id else Hands(0)
    if turn.me.has((Role.DEPARTMENT, Role.MEDIATOR)):
        hands |= Hands.CALLED
    if any(held.role not in (Role.DEPARTMENT, Role.MEDIATOR) for held in turn.me.roles):
        hands |= Hands.STAFF
    quarrel = case.category in CATEGORIES
    possible = [one for one in legal(case.state, hands) if one.name != "备注" and (quarrel or not one.disputes)]
    usages = [one.usage.format(case.id) for one in possible]
    instead = f"现在能发：{'、'.join(usages)}。" if usages else ""
    raise Refusal(f"{texts.name(case)}{texts.state(case)}，不用再{doing or name}。{instead}")


def move(case: Case, name: str) -> None:
    """Put the case where the move leads; `ValueError` for one that `must` was not asked about."""
    step = MOVES[name]
    if case.state not in step.sources:
        raise ValueError(f"{name} from {case.state}")
    case.state = step.target or case.state
