"""人员: roles by person, substitutes, one-time codes, and who is responsible."""

from handlers.commands import Command, Takes
from handlers.roles import delegating, substitutes
from handlers.roles.appointing import appoint, dismiss
from handlers.roles.delegating import grant, take_back
from handlers.roles.proving import give_code, make_admin_code, make_contact_code, prove
from handlers.roles.roster import GIVERS, duty
from handlers.roles.substitutes import substitute
from handlers.roles.wardens import mine, show_warden, whose
from handlers.turn import WORKERS
from storage.people import Role

COMMANDS: tuple[Command, ...] = (
    Command(("谁管我", "找网格员", "谁管我？", "谁管我?", "谁管我们"), "谁管我", "看这里的网格员是谁", mine),
    Command(("谁管",), "谁管 一格", "看一个村、网格或地点归谁管", whose, rest=Takes.MUST),
    Command(("我是",), "我是 K7Q2ABCD", "私聊发一次性码，让我认出您", prove, rest=Takes.MAY, ordinary=True),
    Command(
        ("任命",),
        "任命 网格员 王强 一格",
        "给人一个角色：志愿者、网格员、网格长、管理员、民警、三老；部门的人写“任命 部门 李工 供电所 柳河镇”",
        appoint,
        GIVERS,
        rest=Takes.MUST,
        heads=("志愿者", "网格员", "网格长", "管理员", "民警", "部门", "三老", "调解员", "老党员", "老干部", "老模范"),
    ),
    Command(
        ("免去",),
        "免去 王强 网格员 一格",
        "免去角色，没办完的事转给上级",
        dismiss,
        GIVERS,
        rest=Takes.MUST,
        spreads=True,
    ),
    Command(
        ("代班",),
        "代班 李珍 3天",
        "请人替几天或几小时，也写“到明早8点”；“代班 结束”提前回来",
        substitute,
        (Role.WORKER, Role.LEAD),
        rest=Takes.MUST,
        close=True,
        tails=frozenset({"结束"}),
        ordinary=True,
    ),
    Command(
        ("值班",),
        "值班 今晚 我",
        "夜里和休息日的急事先找谁；“值班 周六 李珍”替别人排，“值班 取消 今晚”，“值班 表”看一周",
        duty,
        WORKERS,
        rest=Takes.MAY,
        tails=frozenset({"表", "今晚我", "今晚 我"}),
        ordinary=True,
    ),
    Command(
        ("授权",),
        "授权 张三 通知 北关社区 3天",
        "让人在一处发几天通知，到时自动收回",
        grant,
        (Role.ADMIN,),
        rest=Takes.MUST,
        ordinary=True,
        spreads=True,
    ),
    Command(
        ("收回", "取消授权"),
        "收回 张三 通知",
        "提前收回发通知的权限",
        take_back,
        (Role.ADMIN,),
        rest=Takes.MUST,
        ordinary=True,
    ),
    Command(
        ("绑人",),
        "绑人 王强",
        "给本人一个一次性码，微信号换了重新认人",
        give_code,
        (Role.ADMIN,),
        rest=Takes.MUST,
        private=True,
    ),
)

DUE = {**delegating.DUE, **substitutes.DUE}

__all__ = ["COMMANDS", "DUE", "make_admin_code", "make_contact_code", "show_warden"]
