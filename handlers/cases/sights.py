"""五见: what a case needs before it is closed, read from what is stored (requirement 2.23)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlmodel import col

from handlers.cases import evidence, texts
from handlers.matters import Refusal
from handlers.posting import say
from handlers.turn import Turn
from handlers.understanding import Kind
from storage.areas import Area
from storage.matters import Case, CaseStep, Shows
from storage.people import Role

_MET = re.compile(r"见人|(?<![没未])(?:联系(?!不)|见[到过]|碰面|当面|上门|入户|走访|回访|通过?话|打[过了]?电话)")
_CAUSE = re.compile(r"因为|原因|由于|(?:导致|造成|引起)的?|查明|是.{1,12}(?:老化|堵|断|坏|松|漏)了?")
_OF_OTHERS = frozenset(
    {
        "报事",
        "补充",
        "补充地点",
        "同样情况",
        "不是一件",
        "不满意",
        "满意",
        "一般",
        "评价理由",
        "还没好",
        "邻居说好了",
    }
)
"""Steps whose words are the reporter's and the neighbours'."""
_WORK = frozenset({"进展", "报到", "调解开始", "调解结束", "挂起", "配合"})

HOW: Mapping[str, str] = {
    "见人": "写上“已联系”报事人",
    "见现场": "现场照片",
    "见过程": "发过“进展”",
    "见效果": "办好后的照片",
    "见分析": "写上原因",
}
"""The five, each with what shows it."""


async def seen(turn: Turn, case: Case, words: str = "") -> dict[str, bool]:
    """Which of the five a case has; `words` are those of the 办结 that is being made."""
    query = select(CaseStep).where(CaseStep.case_id == case.id, col(CaseStep.action).not_in(_OF_OTHERS))
    steps: Sequence[CaseStep] = (await turn.session.scalars(query)).all()
    said = "\n".join([*(one.text for one in steps), words])
    actions, photos = {one.action for one in steps}, await evidence.shown(turn, case)
    return {
        "见人": _MET.search(said) is not None or "调解开始" in actions,
        "见现场": Shows.SITE in photos,
        "见过程": bool(actions & _WORK),
        "见效果": bool(photos & {Shows.RESULT, Shows.AGREEMENT}),
        "见分析": _CAUSE.search(said) is not None,
    }


async def missing(turn: Turn, case: Case, area: Area, words: str) -> list[str]:
    """What the config asks for and a 办结 lacks; Refusal where it may not be without. Never of an emergency."""
    rule = turn.rules.cases.five_sights
    if rule == "off" or case.kind == Kind.EMERGENCY:
        return []
    lacking = [name for name, there in (await seen(turn, case, words)).items() if not there]
    if lacking and rule == "hard" and not turn.me.has((Role.ADMIN,), area.path):
        raise Refusal(f"{texts.name(case)}五见还缺{_listed(lacking)}，补上再办结，照片先发给我。办不到的请管理员办结。")
    return lacking


def reminder(case: Case, lacking: Sequence[str]) -> str:
    """To the worker, after a 办结 that lacks something."""
    return f"{texts.name(case)}已办结，五见还缺{_listed(lacking)}。"


def _listed(lacking: Sequence[str]) -> str:
    return "、".join(f"{name}（{HOW[name]}）" for name in lacking)


async def show(turn: Turn, case: Case) -> None:
    """五见 12: the five with ✓ or －."""
    found = await seen(turn, case)
    line = "　".join(f"{name}{'✓' if there else '－'}" for name, there in found.items())
    lacking = [name for name, there in found.items() if not there]
    rest = f"\n还缺：{_listed(lacking)}" if lacking else ""
    await say(turn, f"{texts.name(case)}{line}{rest}", ref=str(case.id))
