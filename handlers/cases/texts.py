"""What people read about cases."""

from __future__ import annotations

import re
from datetime import date, datetime

from handlers.cases.privacy import wants_secrecy
from handlers.checking_on import FOR_WORKER, TIP, is_check
from handlers.clipping import clip, hide_identity_numbers, open_clip
from handlers.refs import fold, label
from handlers.understanding.harm import is_violence_at_home
from handlers.understanding.phones import find_phones
from storage.matters import CASE_OPEN, CASE_OUTSIDE, CASE_UNTAKEN, Case, CaseSource, CaseState

STATE_NAMES = {
    CaseState.REPORTED: "等待接单",
    CaseState.ASSIGNED: "已派人，等接单",
    CaseState.ACCEPTED: "已接单",
    CaseState.IN_PROGRESS: "处理中",
    CaseState.WAITING: "挂起",
    CaseState.REFERRED: "已请部门来办",
    CaseState.REOPENED: "重新打开，处理中",
    CaseState.DONE: "已办结，等评价",
    CaseState.CONFIRMED: "已办结，报事人说好了",
    CaseState.CLOSED: "已结束",
    CaseState.MERGED: "已合并",
    CaseState.WITHDRAWN: "已撤销",
    CaseState.REFUSED: "已驳回",
    CaseState.MISREAD: "误判，已撤下",
}

SOURCES = {CaseSource.HOTLINE: "热线", CaseSource.TRANSFERRED: "转入", CaseSource.OPEN311: "网上"}

ACCEPTED_UNSEEN = "已私下记下，不在群里说。加我好友，有进展我私下告诉您。"
"""For something private from somebody who cannot be told in private: without a word of it."""

KIND_NAMES = {"request": "求助", "complaint": "投诉", "suggestion": "建议", "emergency": "紧急"}

TIPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"水管.{0,4}(爆|裂|断)|爆管|漏水|跑水"), "先把家里总水阀关上。"),
    (re.compile(r"(没|停|断).{0,2}电|跳闸"), "先看看是不是电表欠费或跳闸；手机可查电费。"),
    (re.compile(r"燃气|煤气|天然气"), "闻到气味先关阀、开窗，别碰开关，到屋外打电话。"),
    (re.compile(r"电梯"), "按轿厢里的报警按钮，不要扒门。"),
)


def name(case: Case) -> str:
    """`【事项 12】`."""
    return label(str(case.id))


def state(case: Case) -> str:
    """How far it is, in words; of one that was merged, into which."""
    if case.state == CaseState.MERGED and case.merged_id:
        return f"已并入{label(str(case.merged_id))}"
    return STATE_NAMES[CaseState(case.state)]


def outside(case: Case) -> str:
    """`热线 12345-881`; empty for a case of our own."""
    return f"{SOURCES[CaseSource(case.source)]} {case.outside_number}" if case.source in CASE_OUTSIDE else ""


_DAYS_OF_WEEK = "一二三四五六日"


def day(when: date) -> str:
    """`11月27日（周五）`."""
    return f"{when.month}月{when.day}日（周{_DAYS_OF_WEEK[when.weekday()]}）"


def summary(case: Case) -> str:
    """Category and place and the first words, on one line."""
    told = case.place[: max(4, len(case.place) // 2)] in case.text  # 3栋2单元楼道里 of 3栋2单元的水管爆了，流到楼道里
    place = f"{case.place}，" if case.place and not told else ""
    return f"{case.category}｜{hide_identity_numbers(place)}{open_clip(case.text, 40)}"


def clock(when: datetime) -> str:
    """`8点半`, `16点`, `9点20分`."""
    minutes = {0: "", 30: "半"}.get(when.minute, f"{when.minute}分")
    return f"{when.hour}点{minutes}"


def moment(when: datetime, now: datetime) -> str:
    """`今天16点`, `明早8点半`, `11月27日（周五）17点半`; both local."""
    days = (when.date() - now.date()).days
    if days == 0:
        return f"今天{clock(when)}"
    if days == 1:
        return f"{'明早' if when.hour < 12 else '明天'}{clock(when)}"
    return f"{day(when)}{clock(when)}"


def accepted(case: Case, worker: str, promise: str = "") -> str:
    """The first answer in the group, with by when somebody is to answer."""
    first = f"{name(case)}{_split_from(case) or '已记下'}：{summary(case)}"
    tip = TIP if is_check(case) else next((text for pattern, text in TIPS if pattern.search(case.text)), "")
    who = f"已告诉{worker}" if worker else "已上报"
    who += f"，{promise}。有进展我在这里说。" if promise else "，有进展我在这里说。"
    undo = "" if case.split_id else "\n（我理解错了就引用这条回“不是”）"
    return f"{first}\n{tip}{who}{undo}"


def _split_from(case: Case) -> str:
    """Where its reporter told of it together with something else."""
    return f"从{label(str(case.split_id))}里分出来单独办" if case.split_id else ""


def relayed(case: Case) -> str:
    """To the worker who told it, where no group hears of it."""
    who = case.relayed_for or "托您报的人"
    return f"{name(case)}已代报：{summary(case)}\n有进展我私下告诉您，请转告{who}。"


SAFE_FIRST = "\n再动手就马上打 110，先躲到安全的地方；伤了留好照片和病历。"
"""To who is beaten at home, or tells of it."""
WITH_CARE = "请私下联系本人，别当着家里人问，别单独上门；再动手马上报 110。\n"
"""To the worker who is to see to it."""


def accepted_quietly(case: Case, worker: str, promise: str = "") -> str:
    """The first answer to something that stays between us."""
    if case.about_worker and not worker:
        return f"{name(case)}已记下，不会发到群里。我这里没有能受理这件事的上级，请打政务热线 12345，纪检举报打 12388。"
    who = f"只转给了{worker}" if worker else "已上报"
    when = f"{promise}，" if promise else ""
    safe = SAFE_FIRST if is_violence_at_home(case.text) else ""
    return f"{name(case)}已记下，{who}，不会发到群里。{when}有进展我私下告诉您。{safe}"


def for_worker(case: Case, reporter: str, area: str, when: datetime) -> str:
    """What the owner reads in private."""
    urgent = "【急】" if case.urgent else ""
    place = f"\n地点：{case.place}" if case.place else ""
    phone = f"\n电话：{case.phone}" if case.phone else ""
    ticket = f"\n来源：{outside(case)}" if case.source in CASE_OUTSIDE else ""
    secret = "\n报事人请求保密，请不要说出是谁反映的。" if wants_secrecy(case.text) else ""
    check = FOR_WORKER if is_check(case) else WITH_CARE if is_violence_at_home(case.text) else ""
    return (
        f"{urgent}{name(case)}{KIND_NAMES[case.kind]}｜{case.category}\n{area} {reporter} {when:%H:%M}说：\n"
        f"{clip(case.text, 200)}{place}{phone}{ticket}{secret}\n{check}"
        f"接下回“接单 {case.id}”，办完回“办结 {case.id} 结果”；不是事项回“误判 {case.id}”。"
    )


def for_staff_room(case: Case, area: str) -> str:
    """The same for a staff room: without names, phones and words."""
    urgent = "【急】" if case.urgent else ""
    what = "要私下处理" if case.quiet else case.category
    return f"{urgent}{name(case)}{area}有一件{what}的事等您接。加我好友后可看详情；回“接单 {case.id}”接下。"


def next_date(case: Case, now: datetime) -> str:
    """By when the next thing happens to an open case, after a comma; `now` is local. Nothing where no day is set."""
    zone = now.tzinfo
    if case.state not in CASE_OPEN or case.kind == "emergency":
        return ""
    if case.state == CaseState.WAITING and case.waits_until:
        return f"，{day(case.waits_until.astimezone(zone))}接着办"
    if case.state in CASE_UNTAKEN and case.answer_due_at and case.answer_due_at > now:
        return f"，{moment(case.answer_due_at.astimezone(zone), now)}前接单"
    if case.due_at is None:
        return ""
    due = case.due_at.astimezone(zone)
    return f"，{moment(due, now)}前办完" if due > now else f"，原定{day(due)}办完"


def hide_phones(text: str) -> str:
    """The text without telephone numbers."""
    folded = fold(text)
    for phone in reversed(find_phones(folded)):
        folded = f"{folded[: phone.start]}（电话略）{folded[phone.end :]}"
    return folded


def for_department(case: Case, area: str, reporter: str) -> str:
    """What a department, or a mediator, reads in private: nothing of a reporter who asked for secrecy."""
    secret = wants_secrecy(case.text)
    place = f"\n地点：{case.place}" if case.place else ""
    phone = f"\n电话：{case.phone}" if case.phone and not secret else ""
    who = "报事人请求保密，请不要打听是谁反映的" if secret else _call_back(case, reporter)
    words = hide_phones(case.text) if secret else case.text
    return f"{name(case)}{area}｜{case.category}\n{clip(words, 200)}{place}\n{who}{phone}"


def _call_back(case: Case, reporter: str) -> str:
    """Who reported it; of what came by telephone or desk, who is to be called back, and who wrote it down."""
    if case.source in (CaseSource.CHAT, CaseSource.PROACTIVE):
        return f"报事人：{reporter}"
    ticket = f"（{outside(case)}）" if outside(case) else ""
    ask = "" if case.phone else f"，没留电话，要回话找{reporter}"
    return f"反映人：{case.relayed_for or '没留姓名'}{ticket}，{reporter}代记{ask}"


def for_department_room(case: Case, area: str) -> str:
    """The same for a group: neither names nor words."""
    return f"{name(case)}{area}有一件{'要私下处理' if case.quiet else case.category}的事"


def status(case: Case, owner: str, last: str, when: datetime, now: datetime) -> str:
    """What 进度 answers; both times local."""
    owner = owner if case.department in owner else f"{case.department}{owner}"
    who = f"，{owner}负责" if owner and case.state in CASE_OPEN else ""
    step = f"\n最近一步（{when:%m-%d %H:%M}）：{last}" if last else ""
    return f"{name(case)}{case.category}：{state(case)}{who}{next_date(case, now)}。{step}"
