"""What people read about groups: binding, greeting, modes."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.ports import Rules
from storage.areas import Mode, Purpose, Room

PURPOSE_NAMES = {Purpose.RESIDENTS: "居民群", Purpose.STAFF: "工作群", Purpose.DEPARTMENT: "部门群"}
MODE_MEANS = {
    Mode.SILENT: "我不在群里说话（只发寻人的结束消息），报的事照样转给网格员",
    Mode.TRIAL: "发寻人、紧急、通知，回答命令和@我；普通事项先私下转给网格员",
    Mode.FULL: "全部功能",
}

ASK_CODE = "请写上绑定码，如“绑定 K7Q2ABCD”。绑定码由管理员私聊我发“群码”得到。"
WRONG_CODE = "这个绑定码不对或已用过，请让管理员私聊我发“群码”，拿最新的再试。"
TOO_OFTEN = "试的次数太多了，请一小时后再试，或请管理员核对绑定码。"
NOT_A_GROUP = "绑定要在群里发：把我拉进群，再在群里发“绑定 绑定码”。"


def greeting(rules: Rules, area: str, worker: str) -> str:
    """What a new group hears once: what the bot does, what it keeps, how to reach a person."""
    person = f"找人就发“谁管我”，这里的网格员是{worker}" if worker else "找人就发“谁管我”"
    return (
        f"大家好，我是{area}的格格。家里人走失、要修东西、有意见，直接在群里说，我记下来交给网格员，进展发在群里。\n"
        f"我只留这些事；闲聊 {rules.privacy.chat_minutes} 分钟后就删，只记条数。私事请私聊我。\n"
        f"{person}；有危险先打 110、119、120。"
    )


def bound(room: Room, area: str) -> str:
    """The answer to 绑定."""
    return f"绑好了：本群是{area}的{PURPOSE_NAMES[Purpose(room.purpose)]}，{room.mode}模式。"


def taken_away(room: Room, area: str, now: str, who: str) -> str:
    """To those whose group it was."""
    return (
        f"{who}把“{room.name}”改绑到了{now}，{area}没有这个群了，群里的事不再转给您。"
        f"弄错了，请管理员发“群码 {area}”，在那个群里再绑回来。"
    )


def bound_already(room: Room, area: str) -> str:
    """The answer to 绑定 in a group that has this room already."""
    return f"本群已经绑在{area}（{room.mode}模式），不用再绑。"


def standby_lost(room: Room, names: Sequence[str]) -> str:
    """To the admin: the group's standby has not been heard of since the group was bound anew."""
    return (
        f"“{room.name}”换了群，备用号{'、'.join(names)}没有听到绑定码，先不在新群里备用。"
        f"请把它拉进新群，再在群里发“绑定 {room.bind_code}”。"
    )


def standby_late(room: Room, account: str, group: str) -> str:
    """To the admin: an account heard a code in a group of its own long after another one had used it."""
    where = f"群“{group[:30]}”里" if group else "一个群里"
    return (
        f"备用号{account}在{where}听到“{room.name}”已用过的绑定码，没有绑，也没在群里出声。"
        f"要它在那里备用，请在那个群发“绑定 {room.bind_code}”。"
    )


def only_standby(room: Room, account: str, speaking: str) -> str:
    """To the admin: a standby alone heard the code, so that this may be another group than the one of the room."""
    return (
        f"“{room.name}”的绑定码只有备用号{account}听到，主号{speaking}没听到。"
        f"如果是换了新群，请把{speaking}也拉进去，再在新群里发“绑定 {room.bind_code}”；还是原来那个群，就不用管。"
    )


def perhaps_one_group(room: Room, other: Room) -> str:
    """To the admin: two accounts call their groups alike, and they are two rooms."""
    return (
        f"“{room.name}”和“{other.name}”可能是同一个群：两个号听到的绑定码不同，一个群绑成了两处，会重复说话。"
        f"如果是，请等两个号都在线，再在群里发“绑定 {room.bind_code}”。"
    )


def code_line(room: Room, area: str) -> str:
    """One room and its code."""
    state = "（已绑，群号变了才用）" if room.bound_at else ""
    return f"{room.name or area}{state}：绑定 {room.bind_code}"


def codes(area: str, lines: list[str], left: int) -> str:
    """The answer to 群码."""
    if not lines:
        return f"{area}的群都绑好了。要再加一个群，发“群码 新 区域名”；群号变了要重绑，发“群码 {area} 全部”。"
    more = f"\n……还有 {left} 个，请写到村，如“群码 柳树村”。" if left else ""
    return f"{area}的绑定码（在那个群里发出整句）：\n" + "\n".join(lines) + more


def mode_shown(room: Room, quiet: bool) -> str:
    """The answer to a bare 模式."""
    above = "（现在被上级设为全部静默）" if quiet else ""
    how = "改就发“模式 静默”“模式 试点”或“模式 正式”。"
    return f"{room.name}是{room.mode}模式{above}：{MODE_MEANS[Mode(room.mode)]}。\n{how}"


def mode_set(where: str, mode: Mode, rooms: int, cancelled: int) -> str:
    """The answer to a mode for rooms."""
    many = f" {rooms} 个群" if rooms > 1 else ""
    return f"{where}{many}改为{mode}模式：{MODE_MEANS[mode]}。{_cancelled(cancelled)}"


def silence_set(area: str, rooms: int, cancelled: int) -> str:
    """The answer to the switch above the rooms."""
    return f"{area} {rooms} 个群现在全部静默。{_cancelled(cancelled)}\n恢复发“模式 恢复 {area}”。"


def _cancelled(count: int) -> str:
    return f"还没发出的 {count} 条已撤下。" if count else ""


def silence_lifted(area: str, rooms: int, above: str) -> str:
    """The answer to 模式 恢复."""
    still = f"但上级“{above}”仍设着静默，要等那边恢复。" if above else f"{rooms} 个群回到各自的模式。"
    return f"{area}的静默已解除，{still}"


def caught_up(cards: int) -> str:
    """After it, where somebody is still sought of whom these groups have not heard."""
    return f"\n还在找的 {cards} 位，正在补发寻人卡片。" if cards else ""


def rooms_listed(area: str, total: int, unbound: list[str], silent: list[str], width: int) -> str:
    """The answer to 群列表."""
    lines = [f"{area}共 {total} 个群，已绑 {total - len(unbound)} 个，静默 {len(silent)} 个。"]
    for title, names in (("没绑", unbound), ("静默", silent)):
        if names:
            more = f"等 {len(names)} 个" if len(names) > width else ""
            lines.append(f"{title}：{'、'.join(names[:width])}{more}")
    return "\n".join(lines)
