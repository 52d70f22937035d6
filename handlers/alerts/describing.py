"""A missing person in words: who, what to look for, last seen when and where."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.understanding import Precision
from storage.matters import Alert

SURNAMES_OF_TWO = ("欧阳", "上官", "司马", "诸葛", "司徒", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "东方")
PET_NAMES = ("小", "阿", "老", "大")
OLD, YOUNG = 60, 14
_SAYS_SO = re.compile(r"[往向朝去奔沿顺到回进上下出坐乘搭跟]|.*(?:走|去|方向)")
_COMPASS = re.compile(r"[东南西北]{1,2}|[左右]")


def age(alert: Alert) -> str:
    """`78岁`, `约70岁`, `1岁半`, `8个月大`."""
    if alert.age is None:
        return ""
    about = "约" if alert.age_precision else ""
    if alert.age < 1:
        return f"{about}{round(alert.age * 12)}个月大"
    whole = int(alert.age)
    half = "半" if alert.age - whole >= 0.5 else ""
    return f"{about}{whole}岁{half}"


def who(alert: Alert) -> str:
    """Name, sex, age and build on one line; nothing where nothing is known."""
    if alert.sex and not alert.name and alert.age is None:
        return f"{alert.sex}，年龄不详"
    return "，".join(part for part in (alert.name, alert.sex, age(alert), tallness(alert), alert.build) if part)


def tallness(alert: Alert) -> str:
    """`身高165厘米`."""
    return f"身高{alert.height_cm}厘米" if alert.height_cm else ""


def nameless(alert: Alert) -> str:
    """Who it was, for the end: enough to know which card is meant, without the given name."""
    surname = _surname(alert.name)
    noun = _noun(alert)
    about = "，".join(part for part in (alert.sex, age(alert)) if part)
    called = f"{surname}姓{noun}" if surname else f"走失的{noun}"
    return f"{called}（{about}）" if about else called


def _surname(name: str) -> str:
    if not name or name.startswith(PET_NAMES):
        return ""
    return name[:2] if name.startswith(SURNAMES_OF_TWO) else name[0]


def _noun(alert: Alert) -> str:
    if alert.age is None:
        return "人"
    return "老人" if alert.age >= OLD else "孩子" if alert.age < YOUNG else "人"


def pronoun(alert: Alert) -> str:
    """他, 她, or TA where it is not known."""
    return {"男": "他", "女": "她"}.get(alert.sex, "TA")


_ARMED = re.compile(
    r"(?:拿|带|持|揣|拎|握|提|藏|攥)[着了]?[^,，。!！?？]{0,4}(?:刀|斧|枪|棍|棒|锤|剪子|凶器)|"
    r"(?<![不没被挨])(?<!不会)(?:伤|砍|捅|打|咬|攻击|袭击)[过了]?(?:路人|家人|医生|护士|别人|人)|攻击性|暴力倾向"
)


def dangerous(alert: Alert) -> bool:
    """Whether it is said that the person is armed, or has hurt others: nobody is asked to stay with them."""
    return _ARMED.search(f"{alert.text} {alert.features} {alert.health}") is not None


def looks(alert: Alert) -> list[tuple[str, str]]:
    """(title, words) of what to look for."""
    phone = {True: "带着手机", False: "没带手机"}.get(alert.has_phone, "")  # type: ignore[call-overload]
    going = "，".join(part for part in (alert.transport, phone) if part)
    lines = (("穿着", alert.clothes), ("特征", alert.features), ("身体", alert.health), ("出行", going))
    return [(title, words) for title, words in lines if words]


def last_seen(alert: Alert, now: datetime, zone: ZoneInfo) -> str:
    """`今天（11月21日）9:10，老粮站，往东走`."""
    when = moment(alert.seen_at, alert.seen_precision, now, zone) if alert.seen_at else ""
    return "，".join(part for part in (when, alert.place, heading(alert.direction)) if part)


def heading(direction: str) -> str:
    """A direction as people say it: 东 is 往东走, 桥头 is 往桥头方向; what says so by itself stays."""
    if not direction or _SAYS_SO.match(direction):
        return direction
    return f"往{direction}走" if _COMPASS.fullmatch(direction) else f"往{direction}方向"


def moment(at: datetime, precision: str, now: datetime, zone: ZoneInfo) -> str:
    """A time as exact as it is known, with the date: a card is read for days."""
    local = at.astimezone(zone)
    days = (now.astimezone(zone).date() - local.date()).days
    date = f"{local.month}月{local.day}日"
    if days > 300:
        date = f"{local.year}年{date}"
    day = {0: f"今天（{date}）", 1: f"昨天（{date}）", 2: f"前天（{date}）"}.get(days, date)
    return day + _clock(local, precision)


def dated(at: datetime, precision: str, zone: ZoneInfo) -> str:
    """The same without 今天, for what is kept and looked at on other days: `11月21日 9:10`."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日 {_clock(local, precision)}".rstrip()


def _clock(local: datetime, precision: str) -> str:
    if precision == Precision.DAY:
        return ""
    if precision == Precision.PART_OF_DAY:
        return _part_of_day(local.hour)
    about = "左右" if precision == Precision.HOUR else ""
    return f"{local.hour}:{local.minute:02d}{about}"


def _part_of_day(hour: int) -> str:
    parts = ((5, "夜里"), (8, "清早"), (11, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    return next(name for until, name in parts if hour < until)


def span(seconds: float) -> str:
    """`35 分钟`, `5 小时 10 分`, `2 天 3 小时`."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
