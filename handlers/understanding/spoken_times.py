"""Times as people say them: atoms (a date, a weekday, a day, a part of the day, a clock time, "ago") are found one by
one and joined when they stand together. Which instant is meant is for `times` and `ahead` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple

from handlers.understanding.lunar import FEASTS, lunar_date, lunar_day, lunar_feast
from handlers.understanding.numerals import CN, number

NUMBER = rf"(?:\d{{1,2}}|{CN}{{1,3}})"
"""A number of hours, days or months."""


def _by_word(groups: dict[int, str]) -> dict[str, int]:
    return {word: value for value, words in groups.items() for word in words.split()}


# Days from today, and the hour that stands for a part of the day.
_DAYS = _by_word(
    {
        -3: "大前天",
        -2: "前天 前日 前个儿 前儿个 前儿 前个 前晚 前夜 前黑",
        -1: "昨天 昨日 昨个儿 昨儿个 昨儿 昨个 昨晚上 昨夜里 昨黑夜 昨黑里 昨黑 昨晚 昨夜 昨早 昨晨 "
        "寻晚 寻日 琴日 琴晚 夜来 昨",
        0: "今天 今日 今个儿 今儿个 今儿 今个 今早 今晨 今晚 今朝 今下午 今上午 今中午 当天 当晚",
        1: "明天 明日 明儿 明早 明晚",
        2: "后天 后儿",
        3: "大后天",
    }
)
_DAY_PARTS = {"晚": "晚上", "黑": "晚上", "夜": "夜里", "早": "早上", "晨": "早上", "朝": "早上"}
PARTS = _by_word(
    {
        0: "午夜",
        1: "大半夜 半夜 三更半夜",
        2: "后半夜",
        3: "凌晨",
        5: "拂晓 天没亮 天冇亮 天不亮 四更天 四更 天没明",
        6: "天麻麻亮 天蒙蒙亮 麻麻亮 蒙蒙亮 天刚亮 天亮 清晨 清早 透早 大清早 一大早 清早上",
        7: "大早上 一早 早晨",
        8: "早起 早饭后 吃了早饭 吃好早饭 吃完早饭 吃过早饭 吃罢早饭 早饭时候 早浪头 早上头 早上 朝早 早",
        10: "上午 头晌 前晌 前半晌 上半晌 上半天 上昼 头午",
        12: "晌午头 晌午 中午 正午 晏昼 中昼",
        13: "午饭后 中午饭后 晌午饭后 晌饭后 中饭后 吃完午饭 吃过午饭 吃罢午饭 "
        "吃了午饭 吃好中饭 吃好午饭 吃了中饭 吃了中午饭 吃完中饭 吃过中饭 吃罢中饭 吃罢晌饭 过晌午 晌午后",
        14: "午后",
        15: "下午 下半天 后晌 后半晌 下半晌 下晌 下昼",
        16: "放学",
        18: "黑天前 傍晚 挨晚 下晚 夜快边 挨黑 断黑 煞黑 麻黑 天麻黑 傍黑 下班后 天擦黑 擦黑 天快黑 黄昏",
        19: "夜饭后 晚饭以后 晚饭时候 晚饭后 吃好夜饭 吃了晚饭 吃完晚饭 吃过晚饭 吃罢晚饭 天黑",
        20: "晚上头 夜头 晚头 晚上 晚间 夜晚 今夜 黑介 黑里 夜快头 晚",
        22: "夜里 夜间 黑夜",
        23: "深夜",
    }
)
_FEASTS = _by_word(
    {101: "元旦", 308: "三八", 501: "五一 劳动", 601: "六一 儿童", 801: "八一", 1001: "国庆", 1225: "圣诞"}
)
"""Month and day of the feasts that the sun's calendar fixes, without their 节."""
_NIGHT = frozenset(
    {
        "晚上头",
        "夜头",
        "晚头",
        "黑介",
        "黑里",
        "黑夜",
        "夜快头",
        "晚上",
        "晚间",
        "夜晚",
        "夜里",
        "夜间",
        "深夜",
        "今夜",
        "晚",
    }
)
"""The hour that stands for each part of the day."""
SMALL_HOURS = frozenset({"半夜", "大半夜", "后半夜", "三更半夜", "凌晨", "午夜"})
_AFTERNOON = frozenset(
    {
        "傍黑",
        "挨黑",
        "断黑",
        "煞黑",
        "麻黑",
        "天麻黑",
        "下晚",
        "夜快边",
        "下半晌",
        "吃了晚饭",
        "吃好夜饭",
        "下班后",
        "晚饭以后",
        "夜饭后",
        "黑天前",
        "晚饭时候",
        "下午",
        "后晌",
        "后半晌",
        "下半天",
        "挨晚",
        "下晌",
        "傍晚",
        "午后",
        "天擦黑",
        "擦黑",
        "黄昏",
        "放学",
        "天黑",
        "天快黑",
        "下昼",
        "晚饭后",
        "吃完晚饭",
        "吃过晚饭",
    }
)
_NOON = frozenset(
    {"中午", "正午", "晌午", "晌午头", "晏昼", "午饭后", "中午饭后", "晌午饭后", "中饭后", "过晌午", "晌午后"}
    | {
        eaten + meal
        for eaten in ("吃好", "吃了", "吃完", "吃过", "吃罢")
        for meal in ("午饭", "中饭", "晌饭", "中午饭")
    }
)
_BLACK = "黑"
"""The evening in the north, behind a day: 昨儿黑, 今儿黑咧."""
_DAWN = "晨"
"""The early morning, behind a date: 3月10日晨."""
_SHORT = {_BLACK: "晚上", _DAWN: "清晨"}
_NEARLY = ("左右", "许", "前后", "差不多")
"""Behind minutes that were told one by one, these take nothing away: 五点四十左右."""
_PART_APART = 3
"""By how many hours the names of one part of the day may differ."""
_PAIR = re.compile(r"十?[一二两三四五六七八九]{2}")
"""Two hours side by side, of which the first one counts: 两三点, 十一二点."""


def _any(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_NOT_A_DAY = (
    r"(?!楼|栋|幢|院|线|门|店|口|房|桥|坑|井|铺|单元|车|仓|公馆|地|机|台|选手|病|文件|球|馆|厅|路|站|库|厂|窗|桌|"
    r"墙|屋|塔|电|泵|码|男|女|人|员|坝|闸|矿|群|室|座|业主|家|了|的|咋|怎|啥|什|进|接|办|满|不|有|是|那个|这个|"
    r"还|问|帮|在)"
)
_FIRSTS = (
    rf"\d{CN[1:-1]}{''.join({word[0] for word in (*_DAYS, *PARTS)})}"  # figures, days and parts of a day
    "晨农阴端七中重正腊初除上这本下周星礼半几来多个小钟分天日刚方头啱才将元国圣透挨"
)
"""The characters that an atom begins with: elsewhere none is tried, which spares nine tenths of the time."""
ATOM = re.compile(
    rf"(?=[{_FIRSTS}])(?:(?P<date>(?<!\d)(?:(?P<year>(?:19|20)\d\d)\s?[年./-]\s?)?(?P<month>{NUMBER})\s?月\s?(?P<dom>{NUMBER})\s?[日号]?"
    rf"|(?<!\d)(?P<year2>(?:19|20)\d\d)[./-](?P<month2>\d{{1,2}})[./-](?P<dom2>\d{{1,2}})(?!\d)[日号]?)"
    r"|(?<![\d./])(?P<dotted>(?P<month3>1[0-2]|0?[1-9])[./](?P<dom3>[0-3]?\d)(?=\s?(?:上午|下午|中午|早|晚|凌晨|傍晚|夜|\d{1,2}[:：点時时])))"
    rf"|(?P<ofmonth>(?P<back>本|这个?|上个?)月\s?(?P<dom4>{NUMBER})[日号])"
    rf"|(?P<oldmonth>[农阴]历(?P<month5>{CN}{{1,2}})月(?:初(?P<early>{CN})|(?P<dom5>{CN}{{1,3}})))"
    rf"|(?P<lunar>(?:农历|大年|正月|腊月)?"
    rf"(?:(?<![上读念是])(?<!岁[,，、 ])初[一二三四五六七八九十](?![女男学班生]|"
    rf"年级|[,，、 ]{{0,2}}\d\d?(?![\d点:：]))|"
    rf"(?<=正月|腊月)(?:{CN}{{1,3}})(?![个点份多岁])|三十(?=晚|下|上|那|夜|早))|大年三十|除夕)"
    rf"|(?P<weekday>(?P<week>上上个?|上个?|这个?|本|下下个?|下个?)?(?:周|星期|礼拜)(?P<dow>[一二三四五六日天末])(?!岁|个|"
    rf"天|次))"
    rf"|(?P<bareday>(?<![\d.\-/第#a-zA-Z])(?:(?<![一-鿿])|(?<=[爸妈爷奶哥姐弟妹叔舅姑姨儿女公婆伯娘爹他她在是从于自到人]))(?P<only>\d{{1,2}}|[二三]?十[一二三四五六七八九]?)[日号](?=晚|早|上午|下午|中午|凌晨|傍晚|夜|从|在|去|到|"
    rf"那天|走失|走丢|出门|离家|失联|出去|\s?\d{{1,2}}[点时:：]){_NOT_A_DAY})"
    rf"|(?P<feast>(?:(?<![一-鿿])|(?<=[年在从自是爸妈爷奶哥姐弟妹叔舅姑姨儿女公婆]))(?:{_any(_FEASTS)}|{FEASTS})节?(?=那[天晚夜]|当[天晚]|[早晚]上|[上下中]午|"
    rf"凌晨|傍晚|夜里|放假|长?假期|期间|出门|走[失丢]|失[联踪]))"
    rf"|(?P<day>{_any(_DAYS)})(?!饭)"
    rf"|(?P<ago>(?P<since>(?<=[得莫概约快怕计摸多,，]有))?(?P<half>半个?多?)?(?P<count>\d{{1,3}}|{CN}{{1,3}}|几|十几|十来|二十来)?(?:来|"
    rf"多)?个?(?P<halfafter>半)?(?:多)?(?P<unit>小时|钟头|分钟|刻钟|分|天|日|星期|周|礼拜)(?:多|左右|来)?"
    rf"(?:(?:之前|以前|前)(?![途面门方边后去往台头妻任])|(?(since)了?(?=[,，。!！\s]|$)|(?!))))"
    rf"|(?P<now>刚才|刚刚|方才|头先|啱先|啱啱|才将|将才|(?<![拜周月年近期])刚(?=[从在走路出看见才跑往骑去到跟碰遇拍卸]|过(?![完了年节,，])|我[在从看]|给[他她]|有(?:[个一位]|人(?![说讲发]))|下(?:[早晚夜白中]?班|楼|[车船地])|开门|收[摊工]))"
    rf"|(?P<clock>(?<!\d[:：])(?<![\d./\-第几有百])(?:(?<![提说讲])|(?=(?:\d{{1,2}}|{CN}{{1,3}})(?:[:：]|[点點时](?:半|一刻|三刻|整|多|左右|"
    rf"钟|[0-5]?\d分|{CN}{{1,3}}分|{CN}{{2,3}}(?![{CN[1:-1]}%])|[从走出就去见]))))(?P<hour>\d{{1,2}}|{CN}{{1,3}})(?:[点點时](?![的儿]?(?:钱|赞|心|"
    rf"菜|餐|名|评|击|水|滴|意|都不|也不|也没|都没|也|用|好)|儿?事|[一二三四五六七八九]?\d*[%])(?:钟)?(?P<minute>半|"
    rf"一刻|三刻|整|[0-5]?\d分?(?!\d)|(?!{CN}[中小院医])(?:{CN}{{1,3}}分?(?![岁个点十])))?|"
    rf"[:：](?P<colon>[0-5]\d)(?:[:：][0-5]\d)?(?![\d:：]))(?:钟)?(?P<about>多|来钟|左右|前后|许|来|差不多|过)?)"
    rf"|(?P<part>(?:(?<![一几两半每整])|(?<=[初周十]一)|(?<=期一)|(?<=拜一))(?:{_any(PARTS)})(?!市)|(?<=[日号]){_DAWN}|(?<=[天儿个日]){_BLACK}(?=[了咧价间喽出走跑跟从在就]|[,，。\s]|$)))"
)
HINT = re.compile(r"[点點时天日月晚早午夜晨昨今周刚:：钟儿号晌昼暮昏饭亮黑前晏朝夕初三礼星放.啱才先透挨旦庆]")
"""A character of any time: a text without one is not looked at any closer."""
_RANK = {
    "date": 0,
    "oldmonth": 0,
    "dotted": 0,
    "ofmonth": 0,
    "feast": 0,
    "lunar": 0,
    "weekday": 0,
    "bareday": 0,
    "ago": 0,
    "day": 1,
    "part": 2,
    "clock": 3,
    "now": 4,
}
_GLUE = re.compile(r"[的\s,，()（）大约约摸在差不多是快]{0,4}$|那天?$")


class Said(NamedTuple):
    """What was said of a time, before it is resolved."""

    start: int
    end: int
    day: date | None = None
    ago: timedelta | None = None
    part: str | None = None
    hour: int | None = None
    minute: int | None = None
    about: bool = False
    now: bool = False
    rank: int = -1


def _atoms(text: str, now: datetime) -> Iterator[Said]:
    for match in ATOM.finditer(text):
        # the group that closes last is the outer one
        name = match.lastgroup or ""
        with suppress(OverflowError, ValueError):  # 9999年, or a message's own time at the calendar's edge
            said = READERS[name](match, now)
            if said is not None:
                yield said._replace(rank=_RANK[name])


def _on(match: re.Match[str], day: date | None) -> Said | None:
    return None if day is None else Said(match.start(), match.end(), day=day)


def _read_date(match: re.Match[str], now: datetime) -> Said | None:
    month, dom = number(match["month"] or match["month2"]), number(match["dom"] or match["dom2"])
    if month is None or dom is None:
        return None
    year = match["year"] or match["year2"]
    return _on(match, civil_day(int(year), month, dom) if year else _last_civil(now.date(), month, dom))


def _read_dotted(match: re.Match[str], now: datetime) -> Said | None:
    return _on(match, _last_civil(now.date(), int(match["month3"]), int(match["dom3"])))


def _read_old_month(match: re.Match[str], now: datetime) -> Said | None:
    month, dom = number(match["month5"]), number(match["early"] or match["dom5"])
    return None if month is None or dom is None else _on(match, lunar_day(month, dom, now.date()))


def _read_of_month(match: re.Match[str], now: datetime) -> Said | None:
    first = now.date().replace(day=1)
    if match["back"].startswith("上"):
        first = (first - timedelta(days=1)).replace(day=1)
    return _on(match, civil_day(first.year, first.month, number(match["dom4"]) or 0))


def civil_day(year: int, month: int, dom: int) -> date | None:
    """The day with this date, if there is one."""
    try:
        return date(year, month, dom)
    except ValueError:
        return None


def _last_civil(today: date, month: int, dom: int) -> date | None:
    """The latest such day; one up to two months ahead is taken as to come."""
    this = civil_day(today.year, month, dom)
    if this is None or this <= today + timedelta(days=60):
        return this
    return civil_day(today.year - 1, month, dom)


def _read_lunar(match: re.Match[str], now: datetime) -> Said | None:
    return _on(match, lunar_date(match["lunar"], now.date()))


def _read_feast(match: re.Match[str], now: datetime) -> Said | None:
    name = match["feast"].removesuffix("节")
    if name not in _FEASTS:
        return _on(match, lunar_feast(name, now.date()))
    return _on(match, _last_civil(now.date(), *divmod(_FEASTS[name], 100)))


def _read_weekday(match: re.Match[str], now: datetime) -> Said | None:
    index = "一二三四五六日".find(match["dow"].replace("天", "日").replace("末", "六"))
    monday = now.date() - timedelta(days=now.weekday())
    week = (match["week"] or "").rstrip("个")
    if week:
        return _on(match, monday + timedelta(days=index, weeks={"上上": -2, "上": -1, "下": 1, "下下": 2}.get(week, 0)))
    day = monday + timedelta(days=index)
    return _on(match, day if day <= now.date() else day - timedelta(weeks=1))


def _read_bare_day(match: re.Match[str], now: datetime) -> Said | None:
    dom, today = number(match["only"]) or 0, now.date()
    if dom <= today.day:
        return _on(match, civil_day(today.year, today.month, dom))
    last = today.replace(day=1) - timedelta(days=1)
    return _on(match, civil_day(last.year, last.month, dom))


def _read_day(match: re.Match[str], now: datetime) -> Said | None:
    word = match["day"]
    part = None if word[-1] in "天日儿个" or word == "昨" else _DAY_PARTS.get(word[-1])
    if word[1:] in PARTS and len(word) == 3 and part is None:
        part = word[1:]
    return Said(match.start(), match.end(), day=now.date() + timedelta(days=_DAYS[word]), part=part)


def _read_ago(match: re.Match[str], now: datetime) -> Said | None:
    amount = length_of(match)
    if amount is None:
        return None
    unit = match["unit"]
    if match["since"] is not None and unit not in ("小时", "钟头", "分钟", "刻钟"):
        return None
    if unit in ("天", "日", "星期", "周", "礼拜"):
        days = amount if unit in ("天", "日") else amount * 7
        return _on(match, now.date() - timedelta(days=int(days)))
    length = timedelta(hours=amount) if unit in ("小时", "钟头") else timedelta(minutes=amount)
    if unit == "刻钟":
        length *= 15
    exact = unit in ("分钟", "刻钟", "分") and match["count"] is not None and match["count"][-1] not in "几来"
    return Said(match.start(), match.end(), ago=length, about=not exact)


def length_of(match: re.Match[str]) -> float | None:
    """How many of its `unit` a match tells: its `count`, and what its halves add."""
    if match["half"]:
        return 0.5
    rough = {"几": 3, "十几": 15, "十来": 10, "二十来": 20}
    count = match["count"]
    if count is None:
        return None
    value = rough[count] if count in rough else number(count)
    return None if value is None else value + (0.5 if match["halfafter"] else 0.0)


def _read_now(match: re.Match[str], now: datetime) -> Said | None:
    return Said(match.start(), match.end(), now=True)


def _read_clock(match: re.Match[str], now: datetime) -> Said | None:
    pair = _PAIR.fullmatch(match["hour"]) is not None
    hour = number(match["hour"][:-1] if pair else match["hour"])
    if hour is None or hour > 24:
        return None
    minute = _minute(match["colon"] or match["minute"])
    exact = match["about"] in _NEARLY and minute is not None and match["minute"] != "半"
    about = pair or (match["about"] is not None and not exact)
    return Said(match.start(), match.end(), hour=hour, minute=minute, about=about)


def _minute(said: str | None) -> int | None:
    if said is None:
        return None
    fixed = {"半": 30, "一刻": 15, "三刻": 45, "整": 0}
    value = fixed[said] if said in fixed else number(said.rstrip("分"))
    return value if value is not None and value < 60 else None


def _read_part(match: re.Match[str], now: datetime) -> Said | None:
    return Said(match.start(), match.end(), part=_SHORT.get(match["part"], match["part"]))


READERS = {
    "date": _read_date, "oldmonth": _read_old_month, "dotted": _read_dotted, "ofmonth": _read_of_month,
    "feast": _read_feast, "lunar": _read_lunar,
    "weekday": _read_weekday, "bareday": _read_bare_day, "day": _read_day,
    "ago": _read_ago, "now": _read_now, "clock": _read_clock, "part": _read_part,
}  # fmt: skip


def said_times(text: str, now: datetime) -> list[Said]:
    """What a folded text says of times, in order, the atoms that belong together joined; `now` is aware."""
    joined: list[Said] = []
    for atom in _atoms(text, now):
        last = joined[-1] if joined else None
        if last is not None and last.day is not None and text.startswith("当", atom.start):  # 国庆节当天: that day
            atom = atom._replace(day=None) if last.end == atom.start else atom._replace(day=last.day)
        if (
            last is not None
            and (last.rank < atom.rank or _finer(last, atom))
            and _GLUE.fullmatch(text, last.end, atom.start)
            and _fits(last, atom)
        ):
            joined[-1] = _merge(last, atom)
        else:
            joined.append(atom)
    return [said for said in joined if _stands(text, said)]


def _finer(last: Said, atom: Said) -> bool:
    """今天星期六, 今儿早上天麻麻亮: one day, or one part of it, told twice."""
    if atom.day is not None and atom.day == last.day and last.part is None and last.hour is None:
        return True
    if last.part is None or atom.part is None or last.hour is not None or atom.hour is not None:
        return False
    return last.end == atom.start and abs(PARTS[last.part] - PARTS[atom.part]) <= _PART_APART


def _fits(last: Said, atom: Said) -> bool:
    if atom.now or last.now or last.ago is not None:
        return False
    return atom.day is None or last.day is None or atom.day == last.day


def _merge(last: Said, atom: Said) -> Said:
    return last._replace(
        end=atom.end,
        day=atom.day or last.day,
        part=atom.part or last.part,
        hour=atom.hour if atom.hour is not None else last.hour,
        minute=atom.minute if atom.hour is not None else last.minute,
        about=atom.about or last.about,
        rank=atom.rank,
    )


def _stands(text: str, said: Said) -> bool:
    """一点 alone is "a little", 早 alone a greeting: they need a day or a part of it."""
    if said.hour is not None and said.day is None and said.part is None and said.minute is None:
        bare = text[said.start : said.end]
        return not bare.startswith("一点") or "多" in bare or "钟" in bare or "左右" in bare
    return not (said.part in ("早", "晚", "放学") and said.day is None and said.hour is None and said.part != "放学")


def clock_hour(said: Said) -> tuple[int, int]:
    """The hour of day that was meant, and how many days later than the day named it lies."""
    hour, part = said.hour or 0, said.part
    if part in _NIGHT:
        if hour == 12 or hour == 24:
            return 0, 1
        if hour <= 4:
            return hour, 1
        return (hour + 12 if hour < 12 else hour), 0
    if part in SMALL_HOURS:
        return (0 if hour in (12, 24) else hour), 0
    if part in _AFTERNOON and hour < 12:
        return hour + 12, 0
    if part in _NOON and hour <= 3:
        return hour + 12, 0
    return (0, 1) if hour == 24 else (hour, 0)
