"""Who a report is about: name, sex and age."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.understanding.numerals import CN, number
from handlers.understanding.scan import PERSON, Scan, bits

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔"
    "钟谭陆汪范廖石金韦贾夏付方邹熊白孟秦邱江尹薛"
    "闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤常温康施文牛樊葛邢安齐庞颜倪庄聂章鲁岳翟殷申耿关焦左柳甘祝包宁"
    "尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉蓝路游辛靳管"
)
_S = f"(?:欧阳|司马|上官|诸葛|[{_SURNAMES}])"
_AFTER = (
    r"(?=[,，、。:：;；(（)）!！?？\s/]|$|男|女|今|昨|前天|于|在|从|\d|现|走|失|是|早|上午|下午|晚|大名|小名|患|身)"
)
_NAME = re.compile(
    rf"(?:姓名|名字|大名|本名)[:：是叫 ]{{0,2}}(?P<labelled>[一-鿿]{{2,4}}){_AFTER}"
    rf"|(?:名叫|名字叫|叫做|名为|他叫|她叫|就叫|(?<![一-鿿大])叫|人叫|子叫|孩叫|生叫|爸叫|妈叫|爷叫|奶叫|公叫|"
    rf"婆叫)(?P<called>{_S}[一-鿿]{{1,2}}){_AFTER}"
    rf"|(?:寻人启事|紧急寻人|寻人|走失老人|走失儿童|走失者|失踪者|失联者|寻找|老人|"
    rf"儿童)[】\]:：\s!！]{{0,4}}(?P<notice>{_S}[一-鿿×某*xX]{{1,2}}){_AFTER}"
    rf"|(?:^|[】\]\n])\s*(?P<first>{_S}[一-鿿×某*xX]{{1,2}})[,，、\s(（]{{1,2}}(?:男|女|\d|性别|今年)"
    rf"|(?:[爸妈爷奶姥公婆爹娘伴弟妹哥姐叔伯舅姨姑]|老公|老婆|媳妇|儿子|女儿|闺女|孙子|孙女|孩子|家人|父亲|"
    rf"母亲)(?P<kin>{_S}[一-鿿]{{1,2}}){_AFTER}"
    rf"|(?<![一-鿿])(?:[^,，。\s]{{0,4}}[的 ])?(?P<familiar>[{_SURNAMES}](?:老太|老汉|老头|阿婆|大爷|大妈|大娘|"
    rf"奶奶|爷爷|婆婆|老爷子|老太太|阿姨|姨|叔|伯))(?![一-鿿]{{0,1}}[店铺家])"
)
_NICK = re.compile(r"(?:小名|乳名|外号|叫自己|自己叫|会说自己叫|自称)叫?[:：]?(?P<nick>[一-鿿]{2,3})" + _AFTER)
_UNSAID = bits("dazed")
_NEVER_NAMES = frozenset(
    {
        "于是",
        "任何",
        "高高",
        "白天",
        "路上",
        "江边",
        "石头",
        "向南",
        "马上",
        "方向",
        "文化",
        "安全",
        "关机",
        "包括",
        "单元",
        "成功",
        "常常",
        "时间",
        "路口",
        "何时",
        "万分",
        "金毛",
        "黄色",
        "白色",
        "蓝色",
        "安心",
        "平安",
        "汤圆",
        "石桥",
        "何人",
        "温馨",
    }
)

_SEX_WORD = re.compile(
    r"性别[:：]?\s*(?P<a>[男女])|(?<![一-鿿])(?P<b>[男女])(?:性)?(?=[,，、。\s;；\d]|$|性)|[,，、 "
    r"](?P<c>[男女])[,，、 ]|(?P<d>[男女])(?:孩|生|童|士|娃|婴|子(?!汉)|的|性)|小(?P<e>伙|姑娘|丫头)"
)
_MALE = re.compile(
    r"爸|爹|父(?!母)|爷|公公|外公|阿公|姥爷|伯|叔|舅(?!妈)|哥|弟|儿子|孙子|侄子|外甥(?!女)|老头|老汉|小伙|丈夫|"
    r"老公|岳父|老丈人|大爷|男|姐夫|妹夫|细佬|我仔|老父|他爹|他爸|老爷子|囝|崽"
)
_FEMALE = re.compile(
    r"妈|娘|母(?!亲节)|奶|姥姥|婆|姨|姑(?!父|爷|丈)|婶|嫂|姐(?!夫)|妹(?!夫)|女|闺女|媳妇|妻|老太|大娘|舅妈|囡|丫头|姑娘"
)
_PRONOUN = re.compile(r"(?<!其)[他她](?!们|家|人|说)")

_YEARS = rf"(?P<n>\d{{1,3}}|{CN}{{1,4}})"
_AGE = re.compile(
    rf"(?<![\d.]){_YEARS}(?P<over>多|来|几)?(?:周岁|岁)(?P<half>半)?(?P<rough>左右|上下|多)?"
    rf"|(?<![\d.])(?P<months>\d{{1,2}}|{CN}{{1,2}})个(?:多)?月(?:大)(?![概约])"
    rf"|(?P<tens>[二三四五六七八九]十|(?<!\d)[2-9]0)(?P<tover>多|来|几)(?=[了,，。、\s的!！]|$|还|老|也|腿|又|"
    rf"有)(?!块|元|个|年|斤|米)"
    rf"|年龄[:：]?\s*(?P<plain>\d{{1,3}})|今年(?P<now>\d{{1,3}})(?=[,，。、\s了]|$)|(?:(?:^|[,，、 ])[男女]|"
    rf"性)[,，、 ](?P<bare>\d{{1,2}})(?=[,，、 ]|$)"
)
_ROUGH_BEFORE = re.compile(r"(?:大约|大概|约|快|看着|像|目测|差不多|不到|估计)[有是]?$")
_RANGE = re.compile(r"[一二三四五六七八九两]{2}$")


@dataclass(frozen=True, slots=True)
class Age:
    """Years (a fraction for half years and months); `about` when it was said roughly."""

    years: float
    about: bool


def find_name(text: str) -> str | None:
    """The name of the person a report is about, if it is given."""
    for match in _NAME.finditer(text):
        name: str = match[match.lastgroup or "called"]
        if name not in _NEVER_NAMES and name[:2] not in _NEVER_NAMES:
            return name
    nick = _NICK.search(text)
    return nick["nick"] if nick else None


def find_sex(scan: Scan) -> str | None:
    """男 or 女: said outright, else by the first kinship or person word, else by the pronoun."""
    said = _SEX_WORD.search(scan.text)
    if said and (said["a"] or said["b"] or said["c"]):
        return said["a"] or said["b"] or said["c"]
    for token in scan.of(PERSON):
        if token.mask & _UNSAID:
            continue
        sex = _sex_of(token.word)
        if sex:
            return sex
    if said:
        return said["d"] or ("男" if said["e"] == "伙" else "女")
    pronoun = _PRONOUN.search(scan.text)
    return None if pronoun is None else "女" if pronoun[0] == "她" else None


def _sex_of(word: str) -> str | None:
    male, female = _MALE.search(word), _FEMALE.search(word)
    if word.startswith(("孩他", "孩子他")):
        return "男" if word[-1] in "爹爸" else "女"
    if female and (not male or female.start() > male.start() or word in ("公婆",)):
        return "女"
    return "男" if male else None


def find_age(text: str) -> Age | None:
    """The first age said: 72岁, 七十多, 四岁半, 8个月大."""
    for match in _AGE.finditer(text):
        age = _age(match, _ROUGH_BEFORE.search(text, max(0, match.start() - 4), match.start()) is not None)
        if age is not None and age.years <= 120:
            return age
    return None


def _age(match: re.Match[str], rough: bool) -> Age | None:
    if match["months"]:
        months = number(match["months"])
        return None if months is None else Age(round(months / 12, 2), rough)
    if match["tens"]:
        return Age(float(number(match["tens"]) or 0), True)
    plain = match["plain"] or match["now"] or match["bare"]
    if plain:
        return Age(float(plain), rough)
    return _years(match, rough)


def _years(match: re.Match[str], rough: bool) -> Age | None:
    said = match["n"]
    pair = _RANGE.search(said)
    if pair and match["over"] is None:
        said, rough = said[:-1], True
    years = number(said)
    if years is None:
        return None
    rough = rough or bool(match["over"] or match["rough"])
    return Age(years + (0.5 if match["half"] else 0.0), rough)
