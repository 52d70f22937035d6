"""What a line adds to an open matter, and what it puts right."""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.understanding import targets
from handlers.understanding.extract import extract
from handlers.understanding.model import NONE, Act, Candidate, Context, Doing, Fields, Kind
from handlers.understanding.phrases import OPENS, QUESTION
from handlers.understanding.scan import Scan
from handlers.understanding.targets import RECENT

_CORRECTION = re.compile(
    r"(?<!不)是(?!不是)(?P<first>[^,，。]{1,16}?)[,，、 ]?而?不是[^,，。]{1,12}$|"
    r"(?P<what>[一-鿿]{1,4})不是[^,，。]{1,6}?的?[,，、 ]?(?:而|应该)?是(?P<as>[^,，。]{1,6}?)的[。!！]?$|"
    r"不是[^,，。]{1,12}?[,，、 ]?(?:而|应该)?是(?P<a>.+)$|(?:打|说|写|发|报|记|弄|搞)错了?[,，。!！:： "
    r"]*(?:不是[^,，]{1,10}[,，])?(?:应该)?是?(?!不是)(?P<b>.+?)(?:[,，、 ]?而?不是[^,，。]{1,12})?$|"
    r"(?:更正|纠正)[一下:： ,，]*(?P<c>.+)$|"
    r"^(?:不对|错了)[,，。:： ]+(?:应该)?是?(?P<d>.+)$"
)
_BARE_NUMBER = re.compile(r"^(?P<n>\d{1,3})(?:岁)?[。!！了吧]*$")


def _instead(match: re.Match[str]) -> str:
    """What is right: 不是黑裤子，是蓝裤子 and 裤子不是黑的，是蓝的 both say 蓝裤子, 是5栋不是3栋 says 5栋."""
    if match["what"]:
        return f"{match['as']}{match['what']}"
    return next(match[name] for name in ("first", "a", "b", "c", "d") if match[name])


_CLAUSE_END = re.compile(r"[,，。;；!！~～]+")
_MISTAKEN = re.compile(r"\s*(?:我们?|俺|咱|刚才|刚刚|前面|之前|上面)*(?:打|说|写|发|报|记|弄|搞|看)错了?[啦呀哈]?\s*")
_SOMEBODY = "(?!我|俺|咱|他|她|你|那|这|要找|同一|一个人)"
_DENIED = re.compile(rf"\s*(?:而|可|就|并)?不是{_SOMEBODY}(?:(?!而?是).)*")
_WITH_DENIED = re.compile(rf"(?P<first>.*是.+?)而?不是{_SOMEBODY}.+|\s*不是.+?而?是(?P<second>.+)")
_HOW = re.compile(r"(?P<what>[一-鿿]{1,4})是(?P<as>[^是]{1,6}?)的")


def put_right(text: str) -> str | None:
    """What a line says that something is, without what it says that it is not; None where it denies nothing.

    穿的是绿夹克，不是蓝夹克，我记错了 says 穿的是绿夹克, and 夹克是绿的，不是蓝的 says 绿夹克.
    """
    kept, denies = [], False
    for clause in filter(str.strip, _CLAUSE_END.split(text)):
        if _MISTAKEN.fullmatch(clause) or _DENIED.fullmatch(clause):
            denies = True
            continue
        if match := _WITH_DENIED.fullmatch(clause):
            denies, clause = True, match["first"] or match["second"]
        how = _HOW.fullmatch(clause.strip())
        kept.append(f"{how['as']}{how['what']}" if how else clause)
    return "，".join(kept) if denies and kept else None


def corrected(scan: Scan, candidates: tuple[Candidate, ...], context: Context) -> Doing | None:
    """What a line puts right in the likeliest matter; None where it says nothing of it."""
    if candidates[0].ref.letter == "M" and not_of_searchers(scan) is None:
        return None
    match = _CORRECTION.search(scan.text)
    said = _instead(match) if match else put_right(scan.text) or scan.text
    fields = replace(extract(Scan(said), Kind.MISSING, context), forwarded=None)
    number = _BARE_NUMBER.match(said.strip())
    if number and candidates[0].ref.letter == "M":
        fields = replace(fields, age=float(number["n"]))
    known = fields.present()
    if not known or (candidates[0].by == "place" and not _of_somebody(scan.text, known)):
        return None
    if candidates[0].by == "writer" and any(name in known for name in _STRONG):
        candidates = tuple(sorted(candidates, key=lambda c: c.ref.letter not in ("M", "F")))
    return Doing(Act.CORRECT, candidates[0].confidence, candidates, fields=fields)


_STRONG = ("clothes", "age", "height_cm", "health", "features", "transport", "has_phone", "name", "build")
_WEAK = ("phone", "direction", "building", "unit", "room", "plate", "contact_name", "place")


def _share(text: str, known: dict[str, object], names: tuple[str, ...]) -> float:
    """How much of a line is the facts in it (0..1, roughly): a line of facts is no talk."""
    said = sum(len(str(known[name])) + 2 for name in names if name in known)
    return said / max(len(text), 1)


_LOOKS = ("age", "height_cm", "clothes", "features", "build", "sex")


def tells_looks(scan: Scan, context: Context) -> bool:
    """Whether a line says, and hardly anything else, how somebody looks who is not one of those who look."""
    theirs = not_of_searchers(scan)
    if theirs is None or QUESTION.search(scan.text):
        return False
    known = extract(theirs, Kind.MISSING, context).present()
    return _share(scan.text, known, ("age", "height_cm", "clothes", "features", "build", "health")) >= 0.45


def describes(scan: Scan, context: Context) -> bool:
    """Whether a line is little else than how somebody looks: 35岁，光着膀子."""
    known = extract(scan, Kind.MISSING, context).present()
    return known.keys() <= {*_LOOKS, "age_precision", "place"} and _share(scan.text, known, _LOOKS) >= 0.6


_CLAUSES = re.compile(r"[^,，。!！?？;；\n]+[,，。!！?？;；\n]*")
_SEARCHERS = re.compile(
    r"\s*(?:(?:刚才|现在|今天|等下|下午|早上|晚上)*(?:我|俺|咱)们?(?![家的爸妈爹娘爷奶姥外儿女闺孙弟妹哥姐老媳孩娃叔伯舅姨姑侄婆公岳丈]|手机|电话)|"
    r"谁|大家|你们?|各位|哪位|有没有人|麻烦)"
)
"""A clause about those who look for somebody."""
_SEARCHING = re.compile(r"[去在来帮](?:[^,，。]{0,10})找(?![不到着])|找找|找一[圈遍找]|分头|这边找|那边找|集合|等大家")
_FIGURE_ONLY = re.compile(r"[\d\s]+")
_ASKED_ROUND = re.compile(
    r"\s*(?:刚才?|又|再|才|后来|我|俺|咱|们)*(?:问|想|看|查|调)(?!见|到)(?:了|过|起来?|完|一|下|遍|问|想|看|监控|视频|录像|家里|家人)*[,，]+"
)
"""How the writer knows: 我再问了一下，穿的是蓝棉袄."""


def not_of_searchers(scan: Scan) -> Scan | None:
    """What a line says of the person who is missing: 我穿红衣服，在北门等大家 says nothing of them.

    A clause without a subject goes on with that of the clause before.
    """
    kept, searchers = [], False
    for clause in _CLAUSES.findall(scan.text):
        if _SEARCHING.search(clause):
            searchers = True
        elif _SUBJECT.search(clause) or _ASKED_ROUND.fullmatch(clause):
            searchers = False
        elif _SEARCHERS.match(clause):
            searchers = True
        if not searchers:
            kept.append(clause)
    text = "".join(kept).strip()
    if not text or _FIGURE_ONLY.fullmatch(text):
        return None
    return scan if text == scan.text else Scan(text)


_SUBJECT = re.compile(r"[他她]|老人|孩子|爸|妈|爹|娘|爷|奶|儿|女|电话|手机")


def _of_somebody(text: str, known: dict[str, object]) -> bool:
    """Whether one line says how somebody looks or is called: enough for who did not report them to put it right."""
    return "\n" not in text and any(name in known for name in ("age", "height_cm", "clothes", "name", "build"))


def _instead_of(scan: Scan, kind: Kind, pointed: list[Candidate], context: Context) -> Doing | None:
    """A fact of who is missing in the place of one that a line denies."""
    mine = targets.own(context, "M") if kind in (Kind.MISSING, Kind.CHAT) else []
    theirs = not_of_searchers(scan) if mine else None
    right = put_right(theirs.text) if theirs else None
    doing = corrected(Scan(right), targets.merge(pointed, mine), context) if right else None
    known = doing.fields.present() if doing and doing.fields else {}
    return doing if any(name in known for name in _STRONG) else None


GONE_AGAIN = re.compile(
    r"又(?:一次)?(?:(?:给|让|被)?[^,，。!！]{0,4}[跑走]了|走丢|走失|不见|找不[到着]|丢了|没影|没了)|"
    r"(?:转个?身|转眼|眨眼|[扭回低抬]头|[功工]夫|不留[神意])[^,，。!！]{0,6}(?:没了|没影|不见|跑了|不在了)"
)
"""That who is sought was there, and is gone once more: where and when is what the family knows last."""

_IS = re.compile(r"(?:应该|其实)?是(?![不我你您他她它谁]|啊|的|吧|呀)")
"""How a bare correction begins: 是82岁."""


_ANY_PLACE = re.compile(
    r"(?P<head>超市|商场|菜?市场|菜场|公园|广场|学校|小学|中学|幼儿园|医院|诊所|卫生院|药店|药房|饭店|饭馆|银行|邮局|网吧|酒店|宾馆|公司|工厂|工地|"
    r"汽?车站|公交站|站台|地铁站|加油站|停车场|小区|巷子|胡同|桥|河|水库|池塘|寺|庙|教堂|老?年?活动室|棋牌室|游乐场|商店|小卖部|理发店)"
    r"(?P<side>大?门口|门前|[旁附][边近]|边上?|里面?|外面?|对面|那[边儿里])?"
)
"""A place that has no name: of which there are several."""


_NO_NAME = re.compile("[我你他她去到找看没了谢家们]")
_SEARCHED = re.compile("[找搜查没]|[去看]过")


def _named_place(scan: Scan, context: Context) -> Doing | None:
    """Which of several places it was where somebody was seen last: 惠民超市 after 在超市门口不见了."""
    mine = targets.own(context, "M")
    known = next((one.place for one in context.matters if mine and one.ref == mine[0].ref), None)
    place = _ANY_PLACE.fullmatch(known or "")
    if place is None or QUESTION.search(scan.text):
        return None
    which = re.compile(
        rf"(?:就?是|就|在|哦|那个)*(?P<which>(?![去到往从来找看就是在没不有]|我|你|他|她)[一-鿿A-Za-z\d]{{2,8}}?){place['head']}"
        rf"(?:{place['side'] or '门口'}|那[边儿里]|啊|呀|的|吧)*[。!！~～]*"
    )
    clauses = [one.strip() for one in _CLAUSE_END.split(scan.text.replace(" ", ","))]
    named = next((match["which"] for one in clauses if (match := which.fullmatch(one))), None)
    if named is None or _NO_NAME.search(named) or _SEARCHED.search(scan.text):
        return None
    fields = Fields(place=f"{named}{place['head']}{place['side'] or ''}")
    return Doing(Act.CORRECT, 0.8, mine, fields=fields)


def more(scan: Scan, kind: Kind, pointed: list[Candidate], context: Context) -> Doing:
    """More facts on the writer's own matter, or what puts right a fact of who is missing."""
    doing = _instead_of(scan, kind, pointed, context) or (None if pointed else _named_place(scan, context))
    if doing is not None:
        return doing
    if kind is Kind.MISSING:
        mine = targets.own(context, "M")
        return Doing(Act.MORE, 0.8, targets.merge(pointed, mine)) if mine else NONE
    if kind is not Kind.CHAT and not pointed:
        return NONE
    puts_right = _IS.match(scan.text) is not None
    candidates = targets.merge(pointed, targets.own(context, within=RECENT))
    if puts_right and not candidates:
        candidates = tuple(targets.tended(context))
    if not candidates or QUESTION.search(scan.text):
        return NONE
    personal = candidates[0].ref.letter in ("M", "F")
    if personal and not pointed:
        theirs = not_of_searchers(scan)
        if theirs is None:
            return NONE
        scan = theirs
    fields = replace(extract(scan, Kind.MISSING if personal else Kind.REQUEST, context), forwarded=None)
    known = fields.present()
    if (
        personal
        and candidates[0].by == "writer"
        and GONE_AGAIN.search(scan.text)
        and not {"place", "seen_at"}.isdisjoint(known)
    ):
        return Doing(Act.MORE, 0.7, candidates, fields=fields)
    share = _share(scan.text, known, _STRONG + _WEAK if personal else _WEAK)
    opens = OPENS.match(scan.text) is not None
    if known and (share >= 0.45 or (opens and share > 0) or (pointed and share > 0.2)):
        strong = personal and any(name in known for name in _STRONG)
        if candidates[0].by == "place" and not _of_somebody(scan.text, known):
            return NONE
        act = Act.CORRECT if strong and puts_right else Act.MORE
        return Doing(act, min(candidates[0].confidence, 0.85 if strong else 0.7), candidates, fields=fields)
    return NONE
