"""What people read about notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from handlers.clipping import clip
from handlers.commands import Order
from handlers.estimating import duration
from handlers.matters import Refusal
from handlers.notices.wording import asks_for_receipt
from handlers.ports import WEEKDAYS
from handlers.refs import label
from storage.matters import Notice, NoticeState

LONGEST = 2000
MOST_PICTURES = 3
NAMES_SHOWN = 10
LINES_SHOWN = 30


def usage(area: str) -> str:
    """How a notice is written, by somebody who may send them in this area."""
    return f"请这样写：通知 {area} 明早6点到10点停水（也可写其中的村名、网格名，或“全体网格员”）。"


def usage_of_template(area: str, words: str) -> str:
    """How a template is used there."""
    return f"通知 {area} 模板 {words}"


STATE_NAMES = {
    NoticeState.DRAFT: "等确认",
    NoticeState.PLANNED: "已定时",
    NoticeState.SENT: "已发",
    NoticeState.STOPPED: "已停",
    NoticeState.RECALLED: "已撤回",
    NoticeState.DROPPED: "已作废",
}

Local = Callable[[datetime], datetime]


def name(notice: Notice) -> str:
    """`【通知 N5】`."""
    return label(f"N{notice.id}")


def body(notice: Notice, issuer: str, words: str = "") -> str:
    """What the groups read; `words` stand in for its own."""
    words = words or notice.text
    if notice.receipt and not asks_for_receipt(words):
        words += "\n（看到请回“收到”）"
    if notice.corrects_id is not None:
        return f"{name(notice)}{issuer}：\n更正：{words}\n（原通知 N{notice.corrects_id}）"
    return f"{name(notice)}{issuer}：\n{words}"


def moment(at: datetime) -> str:
    """A day and a time, with the year where it is not near."""
    return f"{at:%m-%d %H:%M}"


def when(seconds: float, wakes: datetime | None, plan: datetime | None = None) -> str:
    """When it goes and how long that takes; `plan` and `wakes` (the end of quiet hours) in local time."""
    if plan is None:
        return f"现在是安静时段，{moment(wakes)} 开始发，{duration(seconds)}" if wakes else duration(seconds)
    late = f"，那时是安静时段，到 {moment(wakes)} 才发" if wakes else ""
    return f"定时 {plan:%Y-%m-%d %H:%M} 发（周{WEEKDAYS[plan.weekday()]}{late}），{duration(seconds)}"


def scope(
    told: str,
    called: int,
    *,
    silent: int,
    unbound: int,
    without: int,
    missed: Sequence[str],
) -> str:
    """Whom it reaches, by count, in how many staff rooms people are mentioned, and who is left out."""
    out = []
    if silent:
        out.append(f"另有 {silent} 个群静默，不发")
    if unbound:
        out.append(f"{unbound} 个群还没绑定，发不到")
    if without:
        out.append(f"按您写的除去 {without} 个群")
    if called:
        out.append(f"不是好友的在 {called} 个工作群里@")
    if missed:
        more = f"等 {len(missed)} 人" if len(missed) > NAMES_SHOWN else ""
        out.append(f"联系不上：{'、'.join(missed[:NAMES_SHOWN])}{more}")
    return f" {told}（{'；'.join(out)}）" if out else f" {told}"


def preview(notice: Notice, to: str, going: str, notes: Sequence[str], shown: str) -> str:
    """What the sender sees before anything goes out."""
    ref = f"N{notice.id}"
    lines = "".join(f"{note}\n" for note in notes)
    return (
        f"通知 {ref} 预览：发到{to}，{going}。\n{lines}"
        f"--------\n{shown}\n--------\n"
        f"回“确认 {ref}”{'定时发出' if notice.plan_at else '发出'}，“停止 {ref}”作废。"
    )


def read_as_plan(notice: Notice) -> str:
    """Beside a preview: the time was only taken as the time of sending."""
    words = notice.plan_words.strip(" \r\n:：")
    return f"“{words}”读作发送的时间。它是正文、要马上发的话，回“马上发 N{notice.id}”。"


def after_midnight(today: datetime, plan: datetime) -> str:
    """Beside a preview that is asked for in the small hours."""
    return f"注意：现在是 {today:%m-%d} 凌晨，定的是 {plan:%m-%d}。要今天发，请重新写“定时今天{plan:%H:%M} …”。"


def over_by_then(notice: Notice, words: str) -> str:
    """Beside a preview of what goes out after that of which it tells."""
    return f"注意：发出的时候，正文里的“{words}”已经过了。要早发，回“马上发 N{notice.id}”。"


TIMELY = "写的时间算正文，通知马上发；要到时候再发，请写“定时明早8点 …”。"


def other_area(name: str, to: str) -> str:
    """Beside a preview whose words begin with the name of an area that does not get it."""
    return f"注意：“{name}”算正文，不发到那里。也要发到那里，请重新写“通知 {to}、{name} …”。"


def for_role(role: str, to: str) -> str:
    """Beside a preview for groups whose words begin with a role."""
    return f"注意：这是发到群里的。只发给{role}，请重新写“通知 {to}全体{role} …”。"


def with_receipt(hours: int) -> str:
    """Beside a preview: people are asked to say that they have read it."""
    return f"要回执：大家回“收到”就记上；发完 {hours} 小时后还没回的，私下告诉网格员。"


def with_pictures(count: int, able: bool) -> str:
    """Beside a preview: what goes with it."""
    return (
        f"附 {count} 张照片（不要的话，停止后重新写“通知 全镇 不带照片 …”）。"
        if able
        else f"这个微信号发不了图片，{count} 张照片不发。"
    )


def everything(groups: int) -> str:
    """Beside a preview that reaches every group there is."""
    return f"注意：这是全部 {groups} 个群，请再看一眼范围。"


def said_before(other: Notice, local: Local) -> str:
    """Beside a preview of what went out, or is planned, not long ago."""
    at = other.plan_at if other.state == NoticeState.PLANNED else other.sent_at
    done = "定好" if other.state == NoticeState.PLANNED else "发过"
    return f"注意：几乎一样的话 {moment(local(at or other.created_at))} {done}（N{other.id}），还要再发吗？"


def again(notice: Notice) -> str:
    """Put before the preview when a confirmation came too late."""
    return f"{name(notice)}放得太久，没有发。请再看一遍：\n"


def meanwhile(notice: Notice) -> str:
    """Put before the preview when somebody else has said the same since."""
    return f"{name(notice)}先没有发：刚才有人发了几乎一样的。还要发，请再确认一次：\n"


def started(notice: Notice, to: str, going: str) -> str:
    """The answer to 确认."""
    stop = f"停止 N{notice.id}"
    return f"{name(notice)}正在发{to}，{going}。发完我告诉您；要停回“{stop}”。"


def held(notice: Notice, to: str, how_long: str, wakes: datetime) -> str:
    """The answer to 确认 in quiet hours, which end at `wakes`, local."""
    ref = f"N{notice.id}"
    now = f"等不了、现在就发回“马上发 {ref}”，不发了回“停止 {ref}”。"
    return f"{name(notice)}现在是安静时段，等到 {moment(wakes)} 发{to}，{how_long}。{now}"


def asleep(notice: Notice, wakes: datetime) -> str:
    """To 确认 of one that waits for the end of the quiet hours; local."""
    ref = f"N{notice.id}"
    return f"{name(notice)}已经确认，等到 {moment(wakes)} 发。现在就发回“马上发 {ref}”，不发了回“停止 {ref}”。"


def at_night(notice: Notice, to: str, seconds: float, wakes: datetime | None, shown: str) -> str:
    """Asked before it goes out in quiet hours."""
    until = f"（到 {moment(wakes)}）" if wakes else ""
    return (
        f"{name(notice)}现在是安静时段{until}，马上发会吵到人：发到{to}，{duration(seconds)}。\n"
        f"--------\n{shown}\n--------\n现在就发回“确认 N{notice.id}”，不急回“不是”。"
    )


def not_at_night(number: int) -> str:
    """The answer to 不是 after that question."""
    return f"【通知 N{number}】现在不发。看它什么时候发，发“查 N{number}”。"


def planned(notice: Notice, at: datetime) -> str:
    """The answer to 确认 of what goes later; `at` local."""
    ref = f"N{notice.id}"
    return f"{name(notice)}定好了，{at:%Y-%m-%d %H:%M} 发。不发了回“停止 {ref}”，现在就发回“马上发 {ref}”。"


def missed_plan(notice: Notice, at: datetime) -> str:
    """To its sender: it was not sent at its time, as nobody was there to do it; `at` local."""
    ref = f"N{notice.id}"
    return f"{name(notice)}定在 {moment(at)} 发，当时我不在线，没有发。还要发回“确认 {ref}”，不发回“停止 {ref}”。"


def perhaps_sent(notice: Notice, at: datetime) -> str:
    """To its sender, after a restore: it may have gone out at its time; `at` local."""
    ref = f"N{notice.id}"
    return (
        f"{name(notice)}定在 {moment(at)} 发，我那时出了故障、用备份恢复了，可能已经发过，没有再发。"
        f"请到群里看看：没有，就回“确认 {ref}”；有了或不发，回“停止 {ref}”。"
    )


def plan_dropped(notice: Notice, why: str) -> str:
    """To its sender: it will not be sent at all."""
    return f"{name(notice)}到时间了，没有发：{why}"


def waiting(rows: Sequence[tuple[datetime, Notice, str]], more: int, local: Local) -> str:
    """The notices that go later: when, and to which audience."""
    if not rows:
        return "没有等着发的通知。"
    lines = [f"{name(one)}{moment(local(at))} {where}｜{clip(one.text, 24)}" for at, one, where in rows]
    rest = f"\n……还有 {more} 条" if more else ""
    return "等着发的通知：\n" + "\n".join(lines) + f"{rest}\n不发了回“停止 编号”，现在就发回“马上发 编号”。"


def told(people: int, groups: int, *, to_people: bool = False) -> str:
    """How many it concerns: `2 人、1 个群`; none of a notice `to_people` is `0 人`."""
    counts = [f"{people} 人"] * bool(people) + [f"{groups} 个群"] * bool(groups)
    return "、".join(counts) or ("0 人" if to_people else "0 个群")


def failures(names: Sequence[str]) -> str:
    """The groups and people that did not get it, by name."""
    if not names:
        return ""
    more = f"等 {len(names)} 个" if len(names) > NAMES_SHOWN else ""
    return f"\n没收到的：{'、'.join(names[:NAMES_SHOWN])}{more}"


def whole(notice: Notice, counts: str, failed: Sequence[str]) -> str:
    """What the sender hears at the end."""
    return f"{name(notice)}发完了：{counts}。{failures(failed)}"


def status(
    notice: Notice, area: str, counts: str, failed: Sequence[str], answered: int, wakes: datetime | None = None
) -> str:
    """What 查 N5 answers; `answered` people said 收到; `wakes` (local) is when what waits for the morning goes."""
    state = f"等到 {moment(wakes)} 发" if wakes else STATE_NAMES[NoticeState(notice.state)]
    heard = f"\n已回“收到” {answered} 人，名单发“回执 N{notice.id}”。" if notice.receipt else ""
    return f"{name(notice)}{area}｜{state}\n{counts}{failures(failed)}{heard}"


def draft_status(notice: Notice, area: str, local: Local) -> str:
    """What 查 N5 answers before anything went out."""
    if notice.state == NoticeState.PLANNED and notice.plan_at is not None:
        return f"{name(notice)}{area}｜定在 {local(notice.plan_at):%Y-%m-%d %H:%M} 发。"
    return f"{name(notice)}{area}｜{STATE_NAMES[NoticeState(notice.state)]}，没有发出。"


def stopped(notice: Notice, reached: str, cancelled: str, failed: Sequence[str], by: str = "") -> str:
    """The answer to 停止, and what its sender hears if it was stopped `by` somebody else."""
    return f"{name(notice)}{by}停了：已发出 {reached}，撤下 {cancelled}没有发。{failures(failed)}"


def which(word: str, numbers: Sequence[int] = ()) -> str:
    """To 撤回刚才的通知 and the like, which name none, or where several were sent lately."""
    sent = f"（刚发过的：{'、'.join(f'N{one}' for one in numbers)}）" if numbers else ""
    example = f"{word} N{numbers[0] if numbers else 1}{' …' if word == '更正' else ''}"
    return f"{word}哪条？请带上通知的编号，如“{example}”{sent}。"


NOT_AGAIN = "发过的通知不会自己重发。要再发一遍，请重新写“通知 …”；哪些群没收到，发“查 N5”（写上编号）看。"


def no_notice(word: str, example: str, order: Order) -> Refusal:
    """To 撤回 M3 and the like."""
    if order.ref is not None and order.ref.letter == "M":
        ref = str(order.ref)
        return Refusal(
            f"“{word}”是对通知说的。寻人找到了发“找到 {ref}”，不属实发“误报 {ref}”，不再往外发“停止扩散 {ref}”。"
        )
    return Refusal(f"{word}要通知的编号，如“{example}”。")


def all_out(notice: Notice) -> str:
    """To 停止 of what has gone out."""
    ref = f"N{notice.id}"
    return f"{name(notice)}已经全部发完，停不了了。两分钟内可以“撤回 {ref}”，要改发“更正 {ref} …”，看结果发“查 {ref}”。"


def beyond_right(begin: datetime, ends: datetime | None) -> str:
    """To a plan for a time (local) at which its sender may not send there any more."""
    until = f"只到 {moment(ends)}" if ends else "没有了"
    return f"您在这里发通知的权限{until}，{moment(begin)} 发不了，没有定。请定早一些，或请管理员延长授权。"


def not_sent_yet(number: int) -> str:
    """To an answer that does not say whether it shall go out."""
    return f"【通知 N{number}】还没有发。要发回“确认”，不发回“不是”。"


def dropped(notice: Notice) -> str:
    """The answer to 停止 before anything went out."""
    return f"{name(notice)}作废了，没有发出。要发就重新写“通知 …”。"


def dropped_by(notice: Notice, by: str) -> str:
    """To the author of a draft or plan that somebody else dropped."""
    return f"{name(notice)}被{by}作废了，没有发出：“{clip(notice.text, 24)}”"


def recalling(notice: Notice, fresh: int, cancelled: str) -> str:
    """The answer to 撤回."""
    held = f"撤下 {cancelled}没有发" if _any(cancelled) else ""
    back = f"正在收回 {fresh} 条刚发的" if fresh else "" if held else "正在看还收得回几条"
    return f"{name(notice)}{'，'.join(filter(None, (held, back)))}。结果马上告诉您。"


def _any(counted: str) -> bool:
    """Whether a count such as 2 人、1 个群 is of anything at all."""
    return re.search(r"[1-9]", counted) is not None


def recalled(notice: Notice, recalled: str, cancelled: str, out: str, able: bool) -> str:
    """What its sender hears when all that can be taken back is; `out` is who still has it, if anybody."""
    held = f"，撤下 {cancelled}没有发" if _any(cancelled) else ""
    text = f"{name(notice)}撤回的结果：收回 {recalled}{held}。"
    if not out:
        return text
    why = "发出超过两分钟，或平台没让收回" if able else "这个微信号不能撤回"
    return f"{text}还有 {out}收不回（{why}），要告诉他们，发“更正 N{notice.id} …”。"


def _some(names: Sequence[str], most: int) -> str:
    more = f"等 {len(names)} 人" if len(names) > most else ""
    return f"{'、'.join(names[:most])}{more}"


def receipts(notice: Notice, by_area: Mapping[str, tuple[int, int]], groups: int, none: Sequence[str]) -> str:
    """What 回执 N5 answers: by grid, who answered of those known to write there."""
    total = sum(got for got, _ in by_area.values())
    lines = [f"{name(notice)}回执 {total} 人；{groups} 个群里 {len(none)} 个还没有人回。"]
    lines += [f"{area} {got}/{of} 人" for area, (got, of) in list(by_area.items())[:LINES_SHOWN]]
    if len(by_area) > LINES_SHOWN:
        lines.append(f"……还有 {len(by_area) - LINES_SHOWN} 处")
    if none:
        more = f"等 {len(none)} 个" if len(none) > NAMES_SHOWN else ""
        lines.append(f"还没有人回的群：{'、'.join(none[:NAMES_SHOWN])}{more}")
    return "\n".join([*lines, "（分母是名单上和在群里说过话的人）"])


def receipts_of_people(notice: Notice, got: int, of: int, missing: Sequence[str]) -> str:
    """What 回执 N5 answers, and its sender hears, of a notice to people."""
    rest = f"还没回的：{_some(missing, LINES_SHOWN)}" if missing else "都回了。"
    return f"{name(notice)}回执 {got}/{of} 人。{rest}"


def excused(notice: Notice, who: str, words: str) -> str:
    """To its sender: somebody cannot come, or comes later."""
    return f"{name(notice)}{who} 回：“{clip(words, 60)}”"


def excuse_passed_on(notice: Notice) -> str:
    """To who said so."""
    return f"{name(notice)}知道了，已告诉发通知的人。"


def unanswered(room: str, got: int, of: int, missing: Sequence[str]) -> str:
    """One group, for its worker."""
    who = f"，没回的：{_some(missing, LINES_SHOWN)}" if missing else "，还没有人回"
    return f"{room} {got}/{of} 人已回{who}"


def chase(notice: Notice, lines: Sequence[str]) -> str:
    """What a worker hears, once, of who has not answered."""
    more = f"\n……还有 {len(lines) - NAMES_SHOWN} 个群，发“回执 N{notice.id}”看" if len(lines) > NAMES_SHOWN else ""
    shown = "\n".join(lines[:NAMES_SHOWN])
    return f"{name(notice)}要回执，有人还没回，请您问一声：\n“{clip(notice.text, 40)}”\n{shown}{more}"


def remind(notice: Notice) -> str:
    """To somebody who has not answered."""
    return f"{name(notice)}还没看到您的回执：\n“{clip(notice.text, 200)}”\n看到请回“收到”。"


def reminded(notice: Notice, count: int, out: Sequence[str], wakes: datetime | None, *, to_workers: bool) -> str:
    """To who had them reminded; `wakes` (local): when that is, where it is night; `out` cannot be reached."""
    who = f" {count} 位网格员、管理员，请他们问没回的人" if to_workers else f"还没回的 {count} 人"
    how = f"夜里不打扰，{wakes:%H:%M} 再提醒{who}。" if wakes else f"已私下提醒{who}。"
    return f"{name(notice)}{how}{f'私下联系不上：{_some(out, LINES_SHOWN)}。' if out else ''}"


def picture_added(notice: Notice, count: int, able: bool, at: datetime | None = None) -> str:
    """The answer to a picture sent beside a draft, or one that goes out `at` a (local) time."""
    ref = f"N{notice.id}"
    if at is not None:
        return f"{name(notice)}{with_pictures(count, able)}{moment(at)} 一起发。"
    return f"{name(notice)}{with_pictures(count, able)}要发回“确认 {ref}”，不发回“停止 {ref}”。"


def picture_failed(notice: Notice) -> str:
    """To the author of a notice whose picture cannot be used."""
    return f"{name(notice)}有一张照片用不了（打不开、不是图片，或超过 10 MB），不随通知发。"
