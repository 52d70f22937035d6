"""Who a report is about: sex and age."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from handlers.understanding.kinship import FEMALE, GROWN, KIN, MALE
from handlers.understanding.numerals import CN, digits, number

_SAID = re.compile(
    r"性别[:：]?\s*(?P<a>[男女])|(?<!本人)(?:(?<![一-鿿])(?P<b>[男女])性?(?![一-鿿])|(?P<c>[男女])(?=[,，、。\s;；]*\d)|"
    r"(?<=[,，、 |｜#(（/])(?P<d>[男女])(?=[,，、 |｜#)）/]))"
)
_SEXED = re.compile(
    r"(?=[吾婚当姊光掌路醉浪壮稼爸爹伯叔舅父家之其爷公外阿丈岳姥老哥弟儿孙侄女姐妹姑姨嗲小先后崽个男帅伢俫我俺额细囝大青俄妈娘母奶婆嬷嫲媳妻婶嫂妗闺丫妮囡妇嬢娭美新孕祖继养师堂太嘎寻幺妞巴牛羊])"
    rf"(?:(?P<male>{MALE})|{FEMALE})"
)
_BYSTANDER_BEFORE = re.compile(
    r"(?:(?:[哭闹喊说去来回着]要?找|[喊问叫由])(?![找下到我俺的]|一下|家人)|谢谢|感谢|多亏|替|联系|打给|致电|告诉)[^,，。!！\s我俺】\]]{0,4}$|"
    r"我是[^,，。\s我]{0,6}$|电话(?!说)[^\d,，。\s]{0,3}$"
)
_BYSTANDER_AFTER = re.compile(
    r"[子儿]?(?:们|[^,，。]{0,6}发现|[说讲](?!好?(?:[去要出到回跟]|[上下](?!午)))|话|接[走着到回]|牵|带去|抱着)"
)
"""Who is thanked, called, looked for by the person, or speaks, is somebody else, if anybody else is named. Who says
where they are going is the one who went."""
_OWNER = re.compile(rf"(?:[她他]家?的?|家的?|的)(?:{MALE}|{FEMALE})")
"""Behind whose relative it is: 王姨她爸."""
_BOTH = re.compile(
    r"[^,，。\s被给由让]{0,4}(?:爸[和跟与、]?[我俺]?家?妈|妈[和跟与、]?[我俺]?家?爸|父母|爹娘|爹妈|爷爷奶奶|爷奶|姥姥姥爷|外公外婆|老两口|公婆|姐弟|兄妹|[俩两]个?(?:孩子|小孩|娃|老人))"
    r"(?![们的]|[都全]?(?:在|急|找|说|吵|不会|电话|手机))"
)
"""A man and a woman at once, or perhaps, with whom a message begins."""
_ONE_OF_EACH = re.compile(
    r"一[个名位]?男[孩的]?[、,，和]?一[个名位]?女|一[个名位]?女[孩的]?[、,，和]?一[个名位]?男|[一有]?[对双]?男女各|一儿一女|龙凤胎"
)
_FOLKS = re.compile(
    r"(?:叔叔|大[哥爷伯叔]|哥哥|兄弟|弟兄)[、和]?(?:阿姨|大[姐妈娘婶]|姐[姐妹])|@\S{1,12}|"
    r"^(?:[一-鿿]{0,2}(?:大?[哥姐叔姨婶伯嫂]{1,2}|大[爷妈娘])|姐妹)(?=[,，\s]?(?:你|妳|我[跟刚在有今昨]))"
)
"""Those who are spoken to: 叔叔阿姨, 王姐你爸…"""
_NOT_THEM = re.compile(r"各位[^,，。!！\s我俺]{0,6}$|(?<!是)不是[^,，。]{0,2}$")
_GONE = re.compile(r"走丢|走失|走散|失踪|失联|不见|没回|未归|丢了|找不[到着见]")
_WITH = re.compile(r"[跟和与同带着][他她我的]{0,2}[表堂大小二三]?[爸妈爷奶公婆]{0,2}$")
_BREAK = re.compile(r"[,，。!！?？;；\s的说讲]")
"""The last word for a person right before 走丢 is who is missing."""
_OTHER_BEFORE = re.compile(r"(?:帮(?!忙)|跟|和|与|同|来我|说|去|接|给|在)[^,，。!！\s]{0,4}$")
_OTHER_AFTER = re.compile(
    r"子?(?:[刚正又]?来?[问说]|让我|求助|求救|急|哭|问|喊|报|那边|去接|以为|打|在群|来电|回来|家|的)"
)
"""Who probably is, unless nobody else is named."""
_THEIRS = {"他": "男", "她": "女"}
_SHE_WEARS = re.compile(r"裙|旗袍|婚纱|高跟鞋|双?马尾|麻花辫|披肩发|口红|女式")
_HE_WEARS = re.compile(r"络腮|胡[子须茬]|山羊胡|喉结|男式")
"""What tells a woman or a man where no word does."""
_WHOSE = re.compile(r"([他她])[家的外老]{0,2}$")
"""在他外婆家: who is there is he."""
_SPOUSE = re.compile(rf"(?:(?P<his>他|{MALE})|她|{FEMALE})[子儿]?[ ,，]?(?:家里?)?的?(?:老伴儿?|爱人|对象)(?!们)")
"""Whose wife or husband somebody is."""
_OF_THEM = re.compile(
    r"(?:(?<=我是)|(?<!其))[她他](?:(?=老人家)|(?<=我是[她他])|(?![们家人说爸妈爷奶哥弟姐妹儿女老姑舅姨叔孙外丈媳对爱]))"
)
"""Somebody spoken of, and not whose relative somebody else is."""

AGE_FIGURE = re.compile(rf"(?<![\d.])\d{{1,3}}(?![\d.])|{CN}{{1,4}}(?:有{CN})?")
"""What may be the figure of an age, or of anything else."""
IN_YEARS = re.compile(
    rf"(?=[\d{CN[1:]})(?:"
    rf"(?<=[男女][,，、|｜/ ])\d{{1,2}}(?=[,，、|｜/ \n]|$)|(?<![\d.:：-])\d{{1,2}}(?=[,，、|｜/ ][男女](?![一-鿿]))|"
    rf"(?<=今年)(?:\d{{1,3}}|{CN}{{2,4}})(?=[了的啦咯喽哒整]?(?:[,，。 ]|$))|"
    rf"\d{{1,2}}(?=月龄|个月(?:大|的|[,，。!！]|$))|{CN}{{1,2}}(?=个月大)|(?<=[儿孙子女娃宝崽囡])(?:\d{{1,2}}|{CN}{{1,2}})(?=个多?月(?![前后没不未]))|{CN}旬"
    rf"|"
    rf"(?<![\d.])\d{{1,3}}(?=[多来几]?周?岁)|(?:(?<=老[大二三四五六])|(?<!老)){CN}{{1,4}}(?=[多来几]?周?岁)|"
    r"(?:^|(?<=[,，。!！\s]))[二三四五六七八九]十(?=(?:[多来几]了?|挂零|出头|开外|冒头)(?:[,，。!！\s]|$)))"
)
"""What can be nothing else: with its unit, or alone in its clause (八十多了)."""
LIKELY_YEARS = re.compile(
    rf"(?:^|(?<=[,，、。｜|/\s;；]))(?:\d{{1,2}}|{CN}{{2,3}})(?=[多来几]?[了的]?(?:$|[,，、。｜|/\s;；!！]))|"
    rf"(?:{GROWN}|{KIN}|(?<=[\s,，。])[他她]|今年|才|刚满|都|快)(?P<said>\d{{1,2}}|[二三四五六七八九]?十[一二三四五六七八九]?)(?=[多来几]?[了的整]?(?:[,，。\s]|$|从|跟|穿|在|上|高龄))|"
    rf"(?:\d{{1,2}}|{CN}{{2,3}})(?=高龄|整[,，。])"
)
"""What is an age where nothing else is: alone in its clause, or right after a word for a relative (我妈六十九)."""
_AFTER_AGE = re.compile(
    rf"(?P<months>个(?:多)?月|月龄)|(?P<over>多|来|几|好几)?(?:周?岁|睡|碎)?"
    rf"(?:(?P<half>半)(?![聋瞎盲瘫身边疯])|零?(?P<more>\d{{1,2}}|{CN}{{1,2}})个月)?(?P<rough>左右|的?样子|模样|上下|多|来岁|出头|挂零|开外|冒头)?"
)
_OTHER_UNIT = re.compile(r"[多来几]?(?:周(?!岁)|斤|公斤|里|公里|米|厘米|块|元|号|楼|层|平|分钟|小时|天|点)")
"""What a figure counts that is no age."""
_ROUGH_BEFORE = re.compile(r"(?:大约|大概|约|快|成|看着|像|目测|差不多|不到|估计|将近|近)[有是]?$")
_YEAR = "(?:(?:19|20)\\d\\d|[一二][九零〇][零〇一二三四五六七八九]{2}(?=年))"
_BIRTHDAY = rf"{_YEAR}\s?[年./-]?(?:\s?\d{{1,2}}[月./-])?(?:\s?\d{{1,2}}[日号]?)?"
BORN = re.compile(
    rf"(?:出生(?:日期|年月)?|生日|生)(?:于|是|[:： ])*(?P<after>{_BIRTHDAY})|"
    rf"(?P<before>{_BIRTHDAY})(?:出生|生人|生(?=[,，。\s]|$))"
)
"""When somebody was born."""
_RANGE = re.compile(r"[一二三四五六七八九两]{2}$")


@dataclass(frozen=True, slots=True)
class Age:
    """Years (a fraction for half years and months); `about` when it was said roughly."""

    years: float
    about: bool


def _hide(match: re.Match[str]) -> str:
    return "＊" * len(match[0])


def find_sex(text: str) -> str | None:
    """男 or 女: said outright, else by the first word for a man or a woman that is no bystander, else by 他 or 她."""
    said = _SAID.search(text)
    if said:
        return said[said.lastgroup or 0]
    if _BOTH.match(text) or _ONE_OF_EACH.search(text):
        return None
    spouse = _SPOUSE.search(text)
    if spouse and not (_OTHER_AFTER.match(text, spouse.end()) or _BYSTANDER_AFTER.match(text, spouse.end())):
        return "女" if spouse["his"] else "男"
    perhaps = bystanders = None
    named = [
        match
        for match in _SEXED.finditer(_FOLKS.sub(_hide, text))
        if not _NOT_THEM.search(text, max(0, match.start() - 8), match.start())
    ]
    gone = _GONE.search(text)
    near = [match for match in named if gone and match.end() <= gone.start() <= match.end() + 5]
    near = [
        match
        for match in near
        if not _WITH.search(text, max(0, match.start() - 4), match.start()) and text[match.end()] not in "家屋"
    ]
    if near and gone and not _BREAK.search(text, near[-1].end(), gone.start()):
        return "男" if near[-1]["male"] else "女"
    for match in named:
        start, end = match.span()
        sex = "男" if match["male"] else "女"
        if _OWNER.match(text, end) or _BYSTANDER_BEFORE.search(text, max(0, start - 8), start):
            continue
        if _BYSTANDER_AFTER.match(text, end):
            bystanders = bystanders or sex
        elif not _OTHER_BEFORE.search(text, max(0, start - 8), start) and not _OTHER_AFTER.match(text, end):
            return sex
        else:
            owner = _WHOSE.search(text, max(0, start - 3), start)
            perhaps = perhaps or (_THEIRS[owner[1]] if owner else sex)
    told = {one[0] for one in _OF_THEM.finditer(text)}
    if told and (len(told) == 1 or not perhaps):
        return "女" if "她" in told else "男"
    return perhaps or bystanders or _by_looks(text)


def _by_looks(text: str) -> str | None:
    woman, man = _SHE_WEARS.search(text), _HE_WEARS.search(text)
    return None if (woman is None) == (man is None) else "女" if woman else "男"


def age_of_birth(text: str, today: date) -> Age | None:
    """The age of somebody whose day, month or year of birth is said; with the year alone it may be off by one."""
    match = BORN.search(text)
    if match is None:
        return None
    born = match["after"] or match["before"]
    year, month, *_ = *map(int, re.findall(r"\d+", digits(born[:4]) + born[4:])), 0, 0
    years = today.year - year - (month > today.month)
    return Age(years, not month) if 0 <= years <= 120 else None


def age_at(text: str, start: int, end: int) -> Age | None:
    """The age whose figure stands at text[start:end]: 72岁, 七十多, 四岁半, 8个月, 二十五六."""
    figure, after = text[start:end].replace("有", "").replace("旬", "十"), _AFTER_AGE.match(text, end)
    about = _ROUGH_BEFORE.search(text, max(0, start - 4), start) is not None
    if _RANGE.search(figure) and not figure.endswith("十"):
        figure, about = figure[:-1], True
    value = number(figure)
    if value is None or value > 120 or after is None or text[max(0, start - 1) : start] == ".":
        return None
    if _OTHER_UNIT.match(text, end):
        return None
    if after["months"]:
        return Age(round(value / 12, 2), about)
    about = about or bool(after["over"] or after["rough"]) or text[end - 1] == "旬"
    months = number(after["more"] or "") or (6 if after["half"] else 0)
    return Age(round(value + months / 12, 2), about)
