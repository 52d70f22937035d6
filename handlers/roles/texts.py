"""What people read about roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.turn import ROLE_NAMES, WORKERS

APPOINT_USAGE = (
    "请这样写：任命 网格员 王强 一格（志愿者、网格员、网格长、管理员、民警、三老），部门写“部门 李工 供电所 柳河镇”。"
)
DISMISS_USAGE = "请这样写：免去 王强 网格员 一格。"
SUBSTITUTE_USAGE = "请这样写：代班 李珍 3天（或 2小时、到周五、今晚、明天）；提前回来发“代班 结束”。"
GRANT_USAGE = "请这样写：授权 张三 通知 北关社区 3天；收回 张三 通知。"
AREA_MISSING = "请写明是哪里，如“任命 网格员 王强 一格”。"

WRONG_CODE = "这个码不对或已过期，请找管理员再要一个。"
TOO_OFTEN = "试的次数太多了，请一小时后再试，或请管理员核对。"
CODE_IN_GROUP = "这个码要私聊发给我。在群里发过的码不再有效，请找管理员再要一个。"
NO_AREAS = "还没有导入区划，先导入再用这个码。"


def unknown_person(name: str) -> str:
    """Nobody of that name is known here."""
    return f"没有找到叫“{name[:20]}”的人。请写名单里的全名，或在群里@他。"


def several_people(name: str, lines: Sequence[str], private: bool) -> str:
    """More than one person of that name."""
    how = "写上电话后四位" if private else "@他本人"
    return f"叫“{name[:20]}”的有 {len(lines)} 位：\n" + "\n".join(lines) + f"\n请{how}再发一次。"


def appointed(name: str, area: str, role: str, others: Sequence[str], title: str = "") -> str:
    """The answer to 任命."""
    beside = f"那里现在还有{'、'.join(others)}。" if others else ""
    return f"已任命{name}为{area}{title or ROLE_NAMES[role]}。{beside}"


def you_are(area: str, role: str, title: str = "") -> str:
    """What the appointed person reads."""
    todo = "，发“待办”看要办的事" if role in WORKERS else ""
    return f"您已是{area}的{title or ROLE_NAMES[role]}。发“帮助”看能做什么{todo}。"


def dismissed(name: str, area: str, role: str, cases: int, to: Sequence[str]) -> str:
    """The answer to 免去."""
    moved = ""
    if cases:
        moved = f"没办完的 {cases} 件转给{'、'.join(to)}。" if to else f"没办完的 {cases} 件现在没有人管，请尽快任命。"
    return f"已免去{name}的{area}{ROLE_NAMES[role]}。{moved}"


def you_are_no_longer(area: str, role: str) -> str:
    """What the dismissed person reads."""
    return f"您不再担任{area}的{ROLE_NAMES[role]}了，谢谢您这段时间的付出。"


def cases_for_you(name: str, lines: Sequence[str], more: int) -> str:
    """What the new owner reads."""
    rest = f"\n……还有 {more} 件，发“待办”看全部。" if more else ""
    return f"{name}不再负责，下面的事项转给您：\n" + "\n".join(lines) + f"{rest}\n接下回“接单 编号”。"


def span(since: datetime | None, until: datetime) -> str:
    """`到 11-23 00:00`, or `11-22 00:00 到 11-23 00:00` of what is still to come."""
    return f"{f'{since:%m-%d %H:%M} ' if since else ''}到 {until:%m-%d %H:%M}"


def standing_in(name: str, roles: str, span: str) -> str:
    """The answer to 代班."""
    cases = f"新的事先找{name}，您手上的也一起提醒{name}"
    return f"好的，{span} 由{name}代{roles}：{cases}。提前回来发“代班 结束”。"


def please_stand_in(name: str, roles: str, span: str) -> str:
    """What the substitute reads."""
    return f"{name}请您代班：{span} 您代{roles}，新的事先找您，原来没办完的也提醒您。发“待办”看要办的事。"


def one_time_code(name: str, code: str) -> str:
    """The answer to 绑人."""
    return f"{name}的一次性码：{code}\n请私下交给本人，24 小时内由本人私聊我发“我是 {code}”，只能用一次。"


def recognised(name: str, roles: str) -> str:
    """The answer to a right code."""
    return f"认出来了，您是{name}{f'（{roles}）' if roles else ''}。发“帮助”看能做什么。"


def granted(name: str, area: str, until: datetime) -> str:
    """The answer to 授权."""
    return f"好的，到 {until:%m-%d %H:%M} 为止{name}可以发{area}的通知，到时自动收回。提前收回发“收回 {name} 通知”。"


def stopped_with_right(notices: Sequence[str]) -> str:
    """Beside the end of a right: what was still waiting is not sent."""
    return f"还没发完的通知 {'、'.join(notices)} 停了，没发的不再发。" if notices else ""


def you_may_send(by: str, area: str, until: datetime) -> str:
    """What the person reads who got the right."""
    return f"{by}授权您发{area}的通知，到 {until:%m-%d %H:%M} 为止。写法：“通知 {area} …”，先看预览，回“确认”才发。"
