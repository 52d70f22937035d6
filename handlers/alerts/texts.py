"""What people read about alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.alerts import describing, facts, oddities
from handlers.alerts.mourning import tells_of_death
from handlers.clipping import clip, hide_identity_numbers, open_clip
from handlers.estimating import duration
from handlers.refs import label
from storage.matters import Alert, AlertState, Sighting

STATE_NAMES = {
    AlertState.UNCONFIRMED: "等网格员核实",
    AlertState.CONFIRMED: "还在找",
    AlertState.FOUND: "已找到",
    AlertState.WITHDRAWN: "已撤销",
    AlertState.FALSE: "已核实不属实，请不要再转发",
    AlertState.DIED: "寻人已经结束",
    AlertState.MERGED: "已并到同一个人的另一条寻人",
}

WANTED = {
    "place": "从哪儿走的",
    "seen_at": "几点走的",
    "picture": "近照",
    "name": "姓名",
    "phone": "联系电话",
}
"""How a missing fact is asked for."""

CHANGED = {
    "name": "姓名",
    "sex": "性别",
    "age": "年龄",
    "height_cm": "身高",
    "build": "体型",
    "clothes": "穿着",
    "features": "特征",
    "health": "身体",
    "transport": "出行",
    "direction": "去向",
    "has_phone": "手机",
    "place": "地点",
    "seen_at": "时间",
    "phone": "电话",
    "contact_name": "联系人",
    "picture": "照片",
}

NOBODY_MISSING = (
    "您这边现在没有正在找的人。\n有人走失，直接在群里说，或发“寻人 姓名 性别 年龄 穿着 几点从哪走的”，并马上打 110。"
)

MAX_TRAIL = 15
ENOUGH = 4
"""Facts from which on a stranger knows whom to look for."""
LATER = "静默解除后马上补发。"
EVERYBODYS = "110"
"""The police's number everywhere."""
HAS_PHOTO = "照片带上了；不是这张，就再发一张。"
NO_WAITING = "请先打 110 报警，不用等 24 小时。"


@dataclass(frozen=True, slots=True)
class Here:
    """The moment and zone in which a text is read, and the police's phone there."""

    now: datetime
    zone: ZoneInfo
    police: str = "110"

    @property
    def police_line(self) -> str:
        """The town's own police station, or the number that everybody knows."""
        return f"报警 {EVERYBODYS}" if self.police == EVERYBODYS else f"派出所 {self.police}"


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the card is: rooms that have it, perhaps have it, wait for it, failed, or are silent."""

    sent: int = 0
    unknown: int = 0
    waiting: int = 0
    failed: int = 0
    silent: int = 0

    @property
    def reached(self) -> int:
        """Rooms that have it or perhaps have it."""
        return self.sent + self.unknown


def name(alert: Alert) -> str:
    """`【寻人 M3】`."""
    return label(f"M{alert.id}")


def description(alert: Alert, here: Here) -> str:
    """What is known, a line per matter; the writer's own words where nothing was understood."""
    seen = describing.last_seen(alert, here.now, here.zone)
    looks = (f"{title}：{words}" for title, words in describing.looks(alert))
    lines = [describing.who(alert), *looks, f"最后看到：{seen}" if seen else ""]
    return hide_identity_numbers("\n".join(line for line in lines if line)) or open_clip(alert.text, 80)


def phone_line(alert: Alert) -> str:
    """The family's phone, if it may be shown."""
    if not alert.phone or not alert.share_phone:
        return ""
    return f"电话：{alert.phone}（{alert.contact_name}）" if alert.contact_name else f"电话：{alert.phone}"


def still_needed(wanted: str | None) -> str:
    """The one fact that is asked for, on one line."""
    return f"还差：{WANTED[wanted]}，知道的请直接发来。" if wanted else ""


def understood(alert: Alert, here: Here, asked: str, wanted: str | None, *, own_word: bool) -> str:
    """The first answer in the reporter's group; `wanted` is the fact that would help most."""
    quiet = facts.wants_quiet(alert.text)
    if own_word:
        next_step = f"您回“确认 M{alert.id}”，我就发到全镇各群。"
    elif asked and quiet:
        next_step = f"已请{asked}核实。您说不想让别人知道，要不要发到各群，会先问您。"
    elif asked:
        next_step = f"已请{asked}核实，核实后马上发到全镇各群。"
    else:
        next_step = "还没联系上能核实的网格员，我会接着找；请同时给网格员打电话。"
    lines = [
        f"{name(alert)}记下了：" if quiet else f"{name(alert)}记下了，大家先帮着留意：",
        description(alert, here),
        phone_line(alert),
        HAS_PHOTO if alert.picture_id else "",
        oddities.asked_back(alert.text, alert.created_at.astimezone(here.zone)),
        still_needed(wanted),
        NO_WAITING + next_step,
        "（理解错了，引用这条回“不是”）",
    ]
    return "\n".join(line for line in lines if line)


def forwarded_kept(alert: Alert, asked: str) -> str:
    """To the writer of a passed-on appeal, in private."""
    who = f"已请{asked}核实" if asked else "等网格员核实"
    return f"{name(alert)}这条寻人消息像是转来的，{who}，核实前我不往外发。"


KEEP_QUIET = "家人不想让别人知道：请先私下问家人，同意发了再确认。"


def consent(alert: Alert) -> str:
    """To the first 确认 of what the family wants kept quiet."""
    return (
        f"{name(alert)}还没有发：家人不想让别人知道。家人同意发到各群，或人有危险、等不得，"
        f"请再回一次“确认 M{alert.id}”；只请民警和您去找，就不用回。"
    )


WANTED_QUIET = "家人说不想让更多人知道，请私下问问家人。"
"""To whoever may confirm; and to who looks after an alert that is out."""


def kept_quiet(alert: Alert) -> str:
    """To the family that asks for it: before the alert is out, and after."""
    if alert.state == AlertState.UNCONFIRMED:
        return f"{name(alert)}好的，还没有发到各群。网格员会先问您，您同意了才发。"
    return f"{name(alert)}知道了，已告诉网格员。消息已经发出去，收不回来；不用找了回“撤销 M{alert.id}”。"


def for_confirmer(alert: Alert, here: Here, reporter: str, area: str, hints: Sequence[str] = ()) -> str:
    """What whoever may confirm reads in private; `hints` are lines about what to look at first."""
    said = alert.created_at.astimezone(here.zone)
    source = "转来的寻人消息，没有发到任何群" if alert.forwarded else f"{area} {reporter} {said:%H:%M} 报"
    number = f"M{alert.id}"
    lines = [
        f"{name(alert)}请您核实（{source}）：",
        description(alert, here),
        f"电话：{alert.phone}" if alert.phone else "",
        f"原话：{clip(alert.text, 120)}",
        KEEP_QUIET if facts.wants_quiet(alert.text) else "",
        *hints,
        f"属实回“确认”或“确认 {number}”，我发到全镇各群；不属实回“误报 {number}”，不受理回“驳回 {number} 理由”。",
    ]
    return "\n".join(line for line in lines if line)


def for_staff_room(alert: Alert, area: str) -> str:
    """The same for a staff room: without names, phones and words."""
    return f"{name(alert)}{area}有人走失，等您核实。属实回“确认 M{alert.id}”，不属实回“误报 M{alert.id}”。"


def remind(alert: Alert, waited: float) -> str:
    """To everybody who was asked and has not answered."""
    return (
        f"{name(alert)}已等了 {describing.span(waited)}，还没有人核实。"
        f"属实回“确认 M{alert.id}”，不属实回“误报 M{alert.id}”。"
    )


def only_heard(alert: Alert) -> str:
    """To an answer that only says that the question was heard."""
    return f"{name(alert)}还没有算核实。属实请回“确认 M{alert.id}”，我马上发到全镇各群；不属实回“误报 M{alert.id}”。"


def not_decided(alert: Alert) -> str:
    """To a no that does not say whether the report is false or not yet known."""
    return (
        f"{name(alert)}没有撤，我接着请人核实。您核实到没有这回事，请回“误报 M{alert.id}”；"
        f"属实回“确认 M{alert.id}”；还没核实到不用回。"
    )


def also_asked(alert: Alert, asked: str) -> str:
    """To the family when more people are asked."""
    return f"{name(alert)}还在等核实，刚又请了{asked}。{NO_WAITING}"


def joined(alert: Alert) -> str:
    """A worker's second report of the same person."""
    return f"{name(alert)}已经在找，新情况并进去了。"


def settled(alert: Alert, by: str) -> str:
    """To the others who were asked."""
    return f"{name(alert)}{by}已确认，不用再回了。"


def until(alert: Alert, zone: ZoneInfo) -> str:
    """Until when the card stands."""
    return f"有效到 {alert.stands_until.astimezone(zone):%m-%d %H:%M}" if alert.stands_until else ""


def card(alert: Alert, here: Here, verified: str) -> str:
    """What goes to every group of the town."""
    seen_call = "、".join(part for part in (_family_phone(alert), here.police_line) if part)
    lines = [
        f"{name(alert)}紧急寻人，请大家帮忙留意",
        description(alert, here),
        own_words(alert),
        if_seen(alert),
        f"电话：{seen_call}",
        "，".join(part for part in (verified, with_police(alert, here), until(alert, here.zone)) if part),
        f"有线索请引用这条回复；是否还在找，发“查 M{alert.id}”",
    ]
    return "\n".join(line for line in lines if line)


def with_police(alert: Alert, here: Here) -> str:
    """That the police know of it, and since when."""
    return f"{alert.police_told_at.astimezone(here.zone):%m-%d %H:%M} 已报警" if alert.police_told_at else ""


def police_told(alert: Alert, here: Here) -> str:
    """To the family and those who look after it; without personal data."""
    ready = "请保持电话畅通，近照和最后的去向也给民警一份。"
    return f"{name(alert)}{with_police(alert, here)}，记下了（{here.police_line}）。{ready}"


def if_seen(alert: Alert) -> str:
    """What to do on seeing somebody who is sought."""
    them = describing.pronoun(alert)
    if describing.dangerous(alert):
        return f"看到{them}：可能有危险，别靠近、别阻拦，躲开后马上打 110"
    return f"看到{them}：请陪住{them}，别惊动、别追赶，马上打电话"


def own_words(alert: Alert) -> str:
    """What the family wrote, where too little was understood to know somebody by."""
    others = alert.forwarded or alert.confirmed_by == alert.reporter_id
    if others or not alert.share_phone or facts.visible(alert) >= ENOUGH or facts.wants_quiet(alert.text):
        return ""
    return f"家人说：{open_clip(alert.text, 60)}"


def _family_phone(alert: Alert) -> str:
    if not alert.phone or not alert.share_phone:
        return ""
    return f"{alert.contact_name or '家属'} {alert.phone}"


def _whom_to_call(alert: Alert, here: Here) -> str:
    """After 打: the family's phone, if it may be shown, or the police's."""
    if not alert.phone or not alert.share_phone:
        return f" {here.police}"
    return f"{alert.contact_name or '家属'}电话 {alert.phone}"


def verified_by(by: str, when: datetime) -> str:
    """Who vouches for the card."""
    return f"{by} {when:%m-%d %H:%M} 核实"


def by_itself(minutes: int) -> str:
    """In place of it where the config lets alerts go without a word."""
    return f"{minutes} 分钟无人核实，按本镇规定先发，请以后续消息为准"


def update(alert: Alert, here: Here, changed: Sequence[str]) -> str:
    """A correction for everybody who got the card."""
    names = "、".join(CHANGED[one] for one in changed)
    return "\n".join(
        line for line in (f"{name(alert)}更新（{names}）：", description(alert, here), phone_line(alert)) if line
    )


def still_missing(alert: Alert, here: Here) -> str:
    """That the search goes on, with what is known now."""
    lines = [
        f"{name(alert)}还没有找到，请继续留意：",
        description(alert, here),
        f"看到请打{_whom_to_call(alert, here)}；是否还在找，发“查 M{alert.id}”",
    ]
    return "\n".join(lines)


def changed_in_staff_room(alert: Alert) -> str:
    """The same for a staff room: without words."""
    return f"{name(alert)}报事人补充了情况，核实前请看原来的群。"


def told_otherwise(alert: Alert, by: str, words: str) -> str:
    """To the worker: another says it differently than the family."""
    return f"{name(alert)}{by}说“{open_clip(words, 80)}”，和报事的家人说的不一样。没有改，请问一下家人。"


def perhaps_another(alert: Alert, who: str, said: str) -> str:
    """To the worker: a neighbour's words beside this alert, which say nothing of who it is."""
    return (
        f"{name(alert)}{who}也在那个群里说：“{clip(said, 100)}”\n"
        "多半说的是同一个人。要是另一位，请问清楚，发“寻人 …”另报。"
    )


def perhaps_another_in_staff_room(alert: Alert) -> str:
    """The same for a staff room: without words."""
    return f"{name(alert)}那个群里又有人说走丢了人，请看看是不是同一位。"


def added(alert: Alert, here: Here, wanted: str | None) -> str:
    """To the reporter's group after additions; `wanted` is what is asked for next, if anything is."""
    lines = (
        f"{name(alert)}补充的情况已记下：",
        description(alert, here),
        phone_line(alert),
        still_needed(wanted),
    )
    return "\n".join(line for line in lines if line)


def taken_in(alert: Alert, names: Sequence[str]) -> str:
    """To who adds something in private to what was reported in a group."""
    return f"{name(alert)}记下了：{'、'.join(CHANGED[one] for one in names)}，加到寻人消息里。"


def _silent(count: int) -> str:
    return f"，另有 {count} 个群设了静默" if count else ""


def started(alert: Alert, by: str, rooms: int, seconds: float, silent: int) -> str:
    """To the family's group when the card starts to go out."""
    said = f"{by}已核实，" if by else ""
    if not rooms:
        return f"{name(alert)}{said}但现在没有能发的群{_silent(silent)}。{LATER if silent else ''}"
    return f"{name(alert)}{said}正在发 {rooms} 个群，{duration(seconds)}{_silent(silent)}。"


def confirmed_already(alert: Alert, by: str, counts: Counts) -> str:
    """To a second 确认."""
    if counts.reached or counts.waiting:
        return f"{name(alert)}{by}已经确认过，卡片已经在发了。"
    return f"{name(alert)}{by}已经确认过，但现在没有能发的群{_silent(counts.silent)}。{LATER}"


def whole(alert: Alert, counts: Counts) -> str:
    """To the family's group when nothing is on its way any more."""
    unknown = f"，{counts.unknown} 个不确定是否收到" if counts.unknown else ""
    failed = f"，{counts.failed} 个没发成" if counts.failed else ""
    return f"{name(alert)}已发到 {counts.sent} 个群{unknown}{failed}{_silent(counts.silent)}。有线索我马上转到这里。"


def whose_phone(alert: Alert) -> str:
    """To a worker who relays a report without a number to call the family by."""
    return f"{name(alert)}还差家属电话，问到了直接发给我。"


def doubts(signs: Sequence[str]) -> str:
    """To whoever is to confirm a report: what makes it look false; they decide."""
    return f"请先看一眼：{'；'.join(signs)}。请打电话问过家人再回。"


def ransom(alert: Alert, relayed: bool) -> str:
    """To the family alone, once, when strangers begin to read its phone."""
    whom = "请转告家人（请只私下说）" if relayed else "只跟您一个人说"
    return (
        f"{name(alert)}{whom}：寻人消息发出去以后，常有骗子打电话说人在他那里，要赎金、路费、定金或红包。\n"
        "没见到人，一分钱都不要转，验证码不要给；请对方拍现在的视频，问只有家里人知道的事，"
        "并马上打 110、告诉网格员。"
    )


def perhaps_same(alert: Alert, other: Alert, fits: Sequence[str]) -> str:
    """To whoever is to confirm a report: somebody sought already fits."""
    refs = f"M{min(alert.id or 0, other.id or 0)} M{max(alert.id or 0, other.id or 0)}"
    who = describing.who(other) or "在找的人"
    return f"可能和 M{other.id}（{who}）是同一个人：{'、'.join(fits)}。是就回“合并 {refs}”。"


def merged(alert: Alert, gone: Alert, here: Here, who: Sequence[str], fits: Sequence[str]) -> str:
    """To both families' groups: one person, one number."""
    why = f"（{'、'.join(fits)}）" if fits else ""
    waiting = NO_WAITING if alert.state == AlertState.UNCONFIRMED else ""
    lines = [
        f"{name(alert)}{who[0]} 和 {who[1]} 报的是同一个人{why}，合在一起找，编号都用 M{alert.id}：",
        description(alert, here),
        f"{waiting}不是同一个人，{who[1]} 引用这条回“不是”。",
    ]
    return "\n".join(line for line in lines if line)


def merged_for_asked(alert: Alert, gone: Alert, who: str, fits: Sequence[str]) -> str:
    """To those who look after either."""
    why = f"（{'、'.join(fits)}）" if fits else ""
    return (
        f"{name(alert)}{who} 也报了同一个人{why}，并到 M{alert.id}，M{gone.id} 不用再回。原话：{clip(gone.text, 120)}"
    )


def parted(alert: Alert, other: Alert) -> str:
    """To the family of one of two reports that were taken for one person's."""
    return f"{name(alert)}和 M{other.id} 不是同一个人，刚才并错了，已经分开，各找各的：您家的编号是 M{alert.id}。"


def parted_for_asked(alert: Alert, other: Alert) -> str:
    """To those who look after the report that stood; without personal data."""
    return f"{name(alert)}和 M{other.id} 不是同一个人，已经分开；M{other.id} 的情况和线索还给 M{other.id}。"


def parted_for_speaker(gone: Alert, kept: Alert) -> str:
    """To whoever took them apart from somewhere else."""
    how = "接着在各群找" if gone.confirmed_at else "等核实"
    return f"{name(gone)}已和 M{kept.id} 分开，M{gone.id} {how}，两家都告诉了。"


def merged_for_speaker(alert: Alert, gone: Alert) -> str:
    """To whoever merged them from somewhere else."""
    return f"{name(alert)}M{gone.id} 已并进来，两边的家人和群都会听到进展。"


def sought_already(alert: Alert) -> str:
    """To the writer of a passed-on appeal for somebody who is sought already."""
    return f"{name(alert)}您转的这位已经在找，不用再转发。是否还在找，发“查 M{alert.id}”。"


def widened(alert: Alert, where: str, rooms: int, seconds: float) -> str:
    """To the family's group when the card goes further."""
    return f"{name(alert)}还没找到，已扩散到{where}，正在发 {rooms} 个群，{duration(seconds)}。"


def nothing_to_widen(alert: Alert, where: str) -> str:
    """To whoever asked for it, where every group has the card or none can have it."""
    return f"{name(alert)}{where}没有还能发的群：收到过的不重复发，静默的群解除后补发。"


def stopped(alert: Alert, spared: int) -> str:
    """To the family's group when it goes no further."""
    back = f"还没发出的 {spared} 个群不发了。" if spared else ""
    return f"{name(alert)}停止往外扩散，{back}已收到的群照样找，找到了也都会告诉。"


def will_stay_in_town(alert: Alert) -> str:
    """The same before anybody has confirmed it."""
    return f"{name(alert)}好的，核实后只发本镇各群，不再往外扩。镇里各群也不要发，回“撤销 M{alert.id}”。"


def stays_in_town(alert: Alert) -> str:
    """The same to those who are to confirm it."""
    return f"{name(alert)}报事人说不要往外扩散：核实后只发本镇各群。拿不准请先问家人。"


def ended(alert: Alert, note: str = "") -> str:
    """To exactly the groups that were alerted."""
    person = describing.nameless(alert)
    if alert.state == AlertState.FOUND:
        assert alert.ended_at is not None
        took = describing.span((alert.ended_at - alert.created_at).total_seconds())
        first = f"{name(alert)}好消息：{person}已找到，前后 {took}。"
        words = f"{open_clip(note, 60)}。\n" if note else ""
        return f"{first}\n{words}谢谢各位邻居帮忙！之前的寻人消息请不要再转发。"
    if alert.state == AlertState.FALSE:
        return f"{name(alert)}经核实，关于{person}的寻人消息不成立，到此结束，请不要再转发。谢谢大家。"
    if alert.state == AlertState.DIED:
        return f"{name(alert)}关于{person}的寻人到此结束，请不要再转发，也请不要打听。谢谢各位邻居。"
    why = "家人说不用再找了，" if alert.ended_by in (None, alert.reporter_id) else ""
    return f"{name(alert)}{why}关于{person}的寻人到此结束，请不要再转发。谢谢大家。"


def ended_for_asked(alert: Alert) -> str:
    """To those who were asked to confirm."""
    if alert.state == AlertState.DIED:
        return f"{name(alert)}寻人已经结束，不用再回。群里不说原因，也请您不要外传。"
    return f"{name(alert)}{STATE_NAMES[AlertState(alert.state)]}，这件事结束了，不用再回。"


def ended_for_speaker(alert: Alert, rooms: int, *, family: bool) -> str:
    """To whoever ended it from somewhere else; of a death the `family` is spoken to as such."""
    if alert.state == AlertState.DIED:
        telling = f"正在告诉收到过的 {rooms} 个群寻人结束，不说原因" if rooms else "没有群收到过，不另发"
        if not family:
            return f"{name(alert)}知道了，您辛苦。{telling}。请多照看家里人。"
        return f"{name(alert)}知道了，请保重。{telling}。家里要帮忙，随时说。"
    state = "按误报结束" if alert.state == AlertState.FALSE else STATE_NAMES[AlertState(alert.state)]
    telling = f"，正在告诉收到过的 {rooms} 个群" if rooms else "。没有群收到过，不用另发"
    return f"{name(alert)}{state}{telling}。"


def reopened(alert: Alert, rooms: int) -> str:
    """To whoever said that it goes on, where the groups' own line does not reach them."""
    telling = f"，正在告诉 {rooms} 个群" if rooms else ""
    waiting = f"请网格员核实后回“确认 M{alert.id}”，就发到全镇各群。" if alert.state == AlertState.UNCONFIRMED else ""
    return f"{name(alert)}接着找{telling}。{waiting}"


def reopened_for_asked(alert: Alert, by: str) -> str:
    """To those who were asked, or confirmed it."""
    state = "正在重新核实" if alert.state == AlertState.UNCONFIRMED else "接着找"
    return f"{name(alert)}{by}说人还没找到，{state}。弄错了请回“误报 M{alert.id}”。"


def who_may_reopen(alert: Alert) -> str:
    """To somebody who doubts the end."""
    return f"{closed(alert)}人还没找到的话，请报事的家人或网格员发“还没找到 M{alert.id}”，我马上接着找。"


def recalled(alert: Alert) -> str:
    """To the writer of a report that was recalled before anybody confirmed it."""
    return f"{name(alert)}您撤回了消息，我先撤下了，不再请人核实。人还没找到就回“还在找”，我马上接着找。"


def recalled_for_group(alert: Alert) -> str:
    """To those who read the report: nobody has said that the person is found."""
    return f"{name(alert)}报的人把消息撤回了，这次寻人先停下，请大家先别转发。要接着找，我会再说。"


def misunderstood(alert: Alert) -> str:
    """The writer said that it was read wrongly."""
    return f"{name(alert)}是我理解错了，已撤下，打扰大家了。"


def closed(alert: Alert) -> str:
    """To a late clue or command."""
    return f"{name(alert)}{STATE_NAMES[AlertState(alert.state)]}。"


def late_clue(alert: Alert) -> str:
    """To a clue about a person who is no longer sought."""
    thanks = "谢谢您留心！" if alert.state == AlertState.FOUND else "谢谢。"
    return f"{closed(alert)}{thanks}"


def clue_noted(alert: Alert, *, again: bool) -> str:
    """To whoever reported the clue as a command and hears nothing else."""
    return (
        f"{name(alert)}这条线索刚才已经记下了。" if again else f"{name(alert)}线索记下了，发“线索 M{alert.id}”看全部。"
    )


def clue_thanks(alert: Alert, here: Here, *, told: bool = True) -> str:
    """To whoever saw something; the family's phone is for who was `told` of the alert."""
    them, call = describing.pronoun(alert), _whom_to_call(alert, here) if told else f" {EVERYBODYS}"
    stay = f"别靠近{them}，躲开后打 110" if describing.dangerous(alert) else f"请陪住{them}，打{call}"
    return f"{name(alert)}谢谢，已转给家人和网格员。人还在的话，{stay}。"


def theirs(alert: Alert, here: Here) -> str:
    """To whoever saw somebody, of whom the family says that it is who they look for."""
    them = describing.pronoun(alert)
    if describing.dangerous(alert):
        return f"{name(alert)}家人说就是{them}，正赶过去。别靠近{them}，躲开后打 110。"
    return f"{name(alert)}家人说就是{them}，正赶过去。请陪住{them}，别让{them}走开，打{_whom_to_call(alert, here)}。"


def not_theirs(alert: Alert) -> str:
    """To whoever saw somebody who is another person."""
    return f"{name(alert)}家人说不是要找的人，谢谢您。那一位要是找不到家，请在群里说一声。"


def finder_asked(alert: Alert) -> str:
    """To the family that recognised the person."""
    them = describing.pronoun(alert)
    asked = f"打 110、别靠近{them}" if describing.dangerous(alert) else f"陪住{them}"
    return f"{name(alert)}已请看到的人{asked}，网格员也知道了。见到人了，说一声“找到了”。"


def family_recognised(alert: Alert, finder: str, place: str) -> str:
    """To the worker: whom somebody saw is who is sought."""
    return (
        f"{name(alert)}家人说{finder}看到的就是{describing.pronoun(alert)}{f'（{place}）' if place else ''}，正赶过去。"
    )


def clue(alert: Alert, source: str, words: str, found: str) -> str:
    """To the family's group and the worker."""
    details = f"\n（{found}）" if found else ""
    return f"{name(alert)}线索：{source}说“{open_clip(words, 120)}”{details}"


def photo_dropped(alert: Alert) -> str:
    """To the family whose photo was the wrong one."""
    sent = "已经发出去的收不回来。" if alert.post_id else ""
    return f"{name(alert)}好的，那张不用了，请换一张发来。{sent}"


def detail_recalled(alert: Alert, words: str) -> str:
    """To the family that took back something it added."""
    right = "哪里不对，请直接发对的，如“不是红棉袄，是蓝夹克”。"
    return f"{name(alert)}您撤回了“{open_clip(words, 40)}”，说过的情况还在寻人里。{right}"


def clue_of_stray(alert: Alert, source: str, words: str, ref: str) -> str:
    """To the family's group and the worker: somebody was found who may be the one."""
    return (
        f"{label(ref)}可能就是 M{alert.id} 要找的人：{source}说“{open_clip(words, 120)}”\n"
        "那边的网格员和民警已经知道。是的话请马上说一声。"
    )


ONLY_A_PHOTO, ONLY_A_PLACE = "（发来一张照片）", "（发来一个位置）"
"""Stands for the words of a clue that is nothing but a photo, or a shared location."""


def clue_photo(alert: Alert, source: str) -> str:
    """To the family's group and the worker: a photo beside a clue."""
    return f"{name(alert)}线索：{source}发来一张照片，请看是不是要找的人。"


def clue_place(alert: Alert, source: str, place: str) -> str:
    """To the family's group and the worker: where it was that somebody was seen."""
    return f"{name(alert)}线索：{source}发来位置：{open_clip(place, 60)}"


def photo_thanks(alert: Alert) -> str:
    """To who sent it in private."""
    return f"{name(alert)}谢谢，照片已转给家人和网格员。"


def fits(sighting: Sighting) -> str:
    """`对得上：穿着、性别；对不上：年龄`; empty where nothing could be compared."""
    parts = (("对得上", sighting.agrees), ("对不上", sighting.differs))
    return "；".join(f"{word}：{'、'.join(CHANGED[one] for one in names.split())}" for word, names in parts if names)


def no_clues(alert: Alert) -> str:
    """Where nothing was seen yet."""
    return f"{name(alert)}还没有收到线索。"


def trail(alert: Alert, count: int, lines: Sequence[str]) -> str:
    """The clues in order, numbered; `count` is how many there are."""
    rest = f"，只列最近 {MAX_TRAIL} 条" if count > MAX_TRAIL else ""
    return "\n".join([f"{name(alert)}{STATE_NAMES[AlertState(alert.state)]}，共 {count} 条线索{rest}：", *lines])


def step(sighting: Sighting, here: Here) -> str:
    """One clue: when, where, which way, how well it fits; its words where no place was understood."""
    when = describing.moment(sighting.seen_at or sighting.at, "", here.now, here.zone)
    what = "，".join(
        part
        for part in (sighting.place or f"“{open_clip(sighting.text, 40)}”", describing.heading(sighting.direction))
        if part
    )
    how = fits(sighting)
    return f"{when} {what}" + (f"（{how}）" if how else "")


def first_step(alert: Alert, here: Here) -> str:
    """Where the trail begins."""
    return f"{describing.last_seen(alert, here.now, here.zone)}（走失处）"


def clue_in_staff_room(alert: Alert) -> str:
    """The same without words."""
    return f"{name(alert)}有新线索，请看寻人的群。"


def which_clue(refs: str, source: str, words: str) -> str:
    """To the workers, when a clue fits several alerts or none well."""
    first = refs.split("、", 1)[0]
    return f"{source}说“{clip(words, 120)}”\n拿不准说的是谁，可能是 {refs}。核实后请回“线索 {first} 内容”。"


def said_found(alert: Alert, by: str, words: str) -> str:
    """To the reporter and the worker, when somebody else says so."""
    return f"{name(alert)}{by}说“{open_clip(words, 80)}”。人找到了吗？回“是”就结束寻人，回“不是”就接着找。"


def said_dead(alert: Alert, by: str, words: str) -> str:
    """To the worker alone, when somebody else tells of a death."""
    return (
        f"{name(alert)}{by}说“{open_clip(words, 80)}”。请先同民警核实，我没有告诉家人和群里。"
        "是真的回“是”，我在群里只说寻人结束；不是回“不是”，接着找。"
    )


def family_mourns(alert: Alert, by: str, words: str) -> str:
    """The same where the family says so, and cannot be asked in private."""
    return (
        f"{name(alert)}{by}说“{open_clip(words, 80)}”。请先同家人和民警核实，我没有在群里说。"
        "是真的回“是”，我在群里只说寻人结束；不是回“不是”，接着找。"
    )


def dead_in_staff_room(alert: Alert) -> str:
    """Both for a staff room, where nothing of it is said."""
    return f"{name(alert)}有消息要核实，不便在群里说，请联系家人和民警。"


def over_elsewhere(alert: Alert, source: str, over: AlertState) -> str:
    """To the workers, when the system that an alert came from has ended it; a death is not named."""
    if over == AlertState.WITHDRAWN:
        return (
            f"{name(alert)}{source}撤销了这条寻人，没说人找到没有。请核实：找到了回“找到 M{alert.id}”，"
            f"不是真的回“误报 M{alert.id}”，我告诉收到过的群；还在找不用回。"
        )
    says = "人找到了" if over == AlertState.FOUND else "不用再找了"
    return f"{name(alert)}{source}说{says}。核实后回“是”，我告诉收到过的群寻人结束；还在找回“不是”。"


def put_to_workers(alert: Alert) -> str:
    """To whoever told of it."""
    return f"{name(alert)}知道了，已请网格员去核实。核实前请先不要在群里说。"


def found_in_staff_room(alert: Alert) -> str:
    """The same without names and words."""
    return f"{name(alert)}有人说找到了，请核实。找到了回“找到 M{alert.id}”。"


def late_found(alert: Alert, words: str, when: datetime) -> str:
    """To somebody whose word that ends it came late; a sad one is not repeated."""
    if tells_of_death(words):
        return f"{name(alert)}您 {when:%H:%M} 说的刚刚才收到，请保重。要结束寻人吗？回“是”就结束，群里不说原因。"
    return f"{name(alert)}您 {when:%H:%M} 说“{open_clip(words, 40)}”，刚刚才收到。人找到了吗？回“是”就结束寻人。"


def whether_found(alert: Alert, several: bool) -> str:
    """To somebody who may end it and perhaps meant to."""
    asked = (
        "要找的人都找到了吗？回“是”就结束寻人；还有人没找到就不用回。"
        if several
        else "人找到了吗？回“是”就结束寻人；还在找就不用回。"
    )
    return f"{name(alert)}您是说{asked}"


CONDOLENCE = "知道了，请保重。家里要帮忙，随时说。"
"""To who had somebody looked for, and says now that they are dead."""


def known_dead(alert: Alert) -> str:
    """To a worker who says so of that number."""
    return f"{name(alert)}知道了，您辛苦。群里不再发消息，之后也不去问家里。请多照看家里人。"


NOBODY_NEW = (
    "知道了。没有另开寻人，群里不发消息，之后也不去问家里。要是另一位走失了，请发“寻人 …”，写上年龄、穿着、从哪走的。"
)
"""To a worker who says so of whom they looked for."""


def found_in_part(alert: Alert) -> str:
    """To the family, of several who are sought some of whom are found."""
    return f"{name(alert)}好的，没找到的接着找。都找到了说一声“都找到了”，或回“找到 M{alert.id}”。"


def part_found(alert: Alert, words: str) -> str:
    """The same to whoever looks after it."""
    return f"{name(alert)}家人说：“{clip(words, 100)}”。要找的不止一个人，还在找。"


def whether_over(alert: Alert) -> str:
    """The same of a death, which is not named."""
    return f"{name(alert)}知道了，请保重。要结束寻人吗？回“是”，各群只收到“寻人到此结束”，不说原因；还在找就不用回。"


def found_or_true(alert: Alert) -> str:
    """To who answers 确认 to two questions at once."""
    ref = f"M{alert.id}"
    return f"{name(alert)}是确认人找到了吗？找到了回“找到 {ref}”；人还没找到、要发到全镇各群，回“确认 {ref}”。"


def put_to_family(alert: Alert) -> str:
    """To whoever said so, without the right to end it."""
    return f"{name(alert)}谢谢！已请家人和网格员核实。"


def whether_it_stands(alert: Alert) -> str:
    """To the family and the worker, when the card's time has run out."""
    return (
        f"{name(alert)}卡片的有效期到了。人还在找吗？还在找回“是”，我把有效期延长；"
        f"找到了回“找到 M{alert.id}”，不找了回“撤销 M{alert.id}”。"
    )


def stands_in_staff_room(alert: Alert) -> str:
    """The same without what only those who were asked may answer."""
    return f"{name(alert)}卡片的有效期到了，请问一下家人。还在找回“还没找到 M{alert.id}”，找到了回“找到 M{alert.id}”。"


def stands_on(alert: Alert, zone: ZoneInfo) -> str:
    """To whoever said that the search goes on."""
    return f"{name(alert)}好的，接着找，卡片{until(alert, zone)}。"


def found_or_given_up(alert: Alert) -> str:
    """To a bare no to the question whether they are still sought."""
    return f"{name(alert)}人找到了回“找到 M{alert.id}”，不找了回“撤销 M{alert.id}”；没有回话我不会结束。"


def nobody_said(alert: Alert) -> str:
    """To family and worker, when nobody answered that question."""
    return (
        f"{name(alert)}有效期过了，还没有人回话。我没有自动结束，“查 M{alert.id}”会写明有效期已过。"
        f"还在找回“还没找到 M{alert.id}”，找到了回“找到 M{alert.id}”。"
    )


def _still_stands(alert: Alert, here: Here) -> str:
    """Until when, or that nobody has said so since."""
    if alert.stands_until is not None and alert.stands_until <= here.now:
        return "有效期已过，家人还没有说是否还在找"
    return until(alert, here.zone)


def status(alert: Alert, here: Here, by: str) -> str:
    """What 查 answers to everybody."""
    state = f"{name(alert)}{STATE_NAMES[AlertState(alert.state)]}"
    if alert.state == AlertState.UNCONFIRMED:
        return f"{state}，请先不要转发。"
    if alert.state == AlertState.CONFIRMED:
        vouched = "，".join(part for part in (by, with_police(alert, here), _still_stands(alert, here)) if part)
        return f"{state}。{vouched}\n{description(alert, here)}\n看到请打{_whom_to_call(alert, here)}。"
    when = alert.ended_at.astimezone(here.zone).strftime("（%m-%d %H:%M）") if alert.ended_at else ""
    return f"{state}{when}。"


def spread_line(counts: Counts) -> str:
    """What workers see besides."""
    others = (
        ("不确定", counts.unknown),
        ("等待", counts.waiting),
        ("失败", counts.failed),
        ("静默", counts.silent),
    )
    return f"\n已到 {counts.sent} 个群{''.join(f'，{word} {count} 个' for word, count in others if count)}。"


def list_line(alert: Alert) -> str:
    """One open alert in a list."""
    return (
        f"{name(alert)}{describing.who(alert) or open_clip(alert.text, 24)}（{STATE_NAMES[AlertState(alert.state)]}）"
    )


def look_in(alert: Alert, family: str, zone: ZoneInfo) -> str:
    """To the worker, some days after somebody was found."""
    when = alert.ended_at.astimezone(zone).strftime("（%m-%d 找到）") if alert.ended_at else ""
    return (
        f"{name(alert)}{describing.nameless(alert)}{when}回家几天了，请抽空去看看{family}家：人好不好，"
        "门锁、联系卡、定位手环要不要帮忙。"
    )


def look_in_staff_room(alert: Alert) -> str:
    """The same for a staff room: without names."""
    return f"{name(alert)}人找到几天了，请抽空去家里看看。"


def how_it_goes(alert: Alert) -> str:
    """To the family at the same time."""
    return f"{name(alert)}人回家几天了，还好吗？有什么要帮忙的，直接跟我说，或者找网格员。"


def glad(alert: Alert) -> str:
    """To the family's good news at the call-back."""
    return f"{name(alert)}那就好，代问安好。有事随时跟我说。"


def family_needs(alert: Alert, family: str, words: str) -> str:
    """To the worker: what the family answered to the call-back."""
    return f"{name(alert)}回访时{family}家说：“{clip(words, 60)}”，请跟这家联系一下。"


def needs_in_staff_room(alert: Alert) -> str:
    """The same for a staff room: without names and words."""
    return f"{name(alert)}回访有回音，家里要帮忙，请跟这家联系一下。"


def needs_heard(alert: Alert, *, told: bool) -> str:
    """To the family that needs something."""
    who = "已经告诉网格员，会跟您联系" if told else "现在没找到网格员，请打社区电话"
    return f"{name(alert)}记下了，{who}。急病请先打 120。"


def condolence(alert: Alert) -> str:
    """To the family that answers that the person has died since."""
    return f"{name(alert)}请节哀。我告诉了网格员，之后不再来问了；有要帮忙的随时说。"


def looked_in(alert: Alert) -> str:
    """To the worker who says how the family is."""
    return f"{name(alert)}好的，辛苦您跑一趟。"


def register_offered(alert: Alert, days: int) -> str:
    """To the family of somebody who may go missing again; no answer is a no."""
    said = "同意登记" if alert.name else "同意登记 姓名"
    return (
        f"{name(alert)}人平安就好。怕再走失的话，可以先登记：我记下照片、姓名、特征、身体情况、常去的地方和您的电话，"
        f"只有本网格的网格员和上级能看，不进群；{days} 天后自动删，也随时可以“取消登记”。\n"
        f"愿意就回“{said}”，后面可以加“常去菜市场、老粮站”。下次说一句“又走了”，我就照登记的马上寻人。\n"
        "不愿意不用回。"
    )


def picture_failed(alert: Alert) -> str:
    """To the family, when a photo could not be used."""
    return f"{name(alert)}照片用不上（太大，或者不是图片），请换一张发来。寻人照常在进行。"
