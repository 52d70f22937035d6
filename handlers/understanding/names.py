"""What has the shape of a person's name, or stands where the name of whom to call does: hints for the tagger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from handlers.understanding.kinship import GROWN, KIN

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟"
    "姜崔谭廖范"
    "汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤常温康施文牛樊葛邢安齐易乔"
    "伍庞颜"
    "倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷曲盛冉翁蓝路游辛靳管柴蒙鲍华喻祁蒲"
    "房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戈岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇"
    "栾隋商"
    "刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝"
    "区郜海"
    "阚花权强帅屠豆朴盖练廉茹戎索撒幸相幺区阮佘苌覃禹井漆巴户郗阙亓郄庹妥逄璩宦侬衣母禄计昌凡嵇茅揭鹿狄贝滑卿郏骆邰"
)
_COMPOUND = (
    "欧阳|司马|诸葛|上官|司徒|东方|独孤|南宫|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|长孙|"
    "宇文|轩辕|闻人|鲜于|赫连|呼延|百里|淳于"
)
_NEVER = (
    "衣裤鞋帽衫裙袄服袜巾包伞车路街巷村镇乡县市省区楼号层室岁年月日点分米斤的了是在有没不我你他她它们个这那哪啥谁什"
    "么吗呢"
    "吧啊呀着过到去来走丢找看见说打电话手机快急求帮请谢姐哥爸妈爷奶叔姨婆公婶舅伯弟妹孩娃女男老人头发脸眼耳脚腿色压"
    "糖套罩夹背短"
    "袖褂装靴牙镯嫂瘦胖矮须辫边上时刘间傅就对得也都还又很最像被把让给跟和与从于今昨前后东西南北场牌票院校门口年级班"
    "段公司里"
)
"""What no given name has, in what people write to a group."""
_GIVEN = rf"(?:(?![{_NEVER}])[一-鿿])"
_TITLE = (
    "先生|女士|师傅|老师|大[姐哥婶嫂]|大爷|大妈|大娘|大叔|大伯|阿姨|奶奶|爷爷|婆婆|阿婆|阿公|老汉|"
    "老太太?|老爷子|医生|同学|老人|[叔姨伯婶嫂姐哥爷奶婆公总]"
)
_NAME = (
    rf"(?=[{_SURNAMES}司官徒独尉慕端轩鲜呼老小阿])(?:(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{_SURNAMES}]{_GIVEN}{{1,2}}|[{_SURNAMES}](?:{_TITLE})|"
    rf"[{_SURNAMES}]某{{1,2}}|[老小阿][{_SURNAMES}](?:头|师傅|叔|伯)?|阿{_GIVEN})"
)
_DOTTED = re.compile(rf"(?P<name>(?!{GROWN}|{KIN}|孩子)[一-鿿]{{1,5}}(?:[·•・‧][一-鿿]{{1,8}}){{1,3}})")
_DOT = re.compile("[·•・‧]")
_LATIN = re.compile(r"(?<![A-Za-z])(?P<name>[A-Z][a-z]{1,14}(?: [A-Z][a-z]{1,14}){1,2})(?![A-Za-z])")
_BEFORE = re.compile(
    r"(?:^|[,，。.、\s:：|｜】\])）/；;！!？?“\"(（叫的找寻]|姓名|名字|大名|老人|[男女](?:[子孩童])|亲属|家属|室友|同学|邻居|老乡|患者|业主|居民|村民|孩子|娃|木匠|保[洁姆安]|司机|[党学队]员|"
    rf"{GROWN}|{KIN}|外甥女?|侄[子女儿]|[我其小的老][妻夫父母翁汉]|岳[父母]|小女|孙儿?|[叔伯舅姨姑嫂婶])$"
)
"""What stands before a name, and not in the middle of a word."""
_AFTER = (
    r"(?=$|[,，。.、\s:：|｜(（【/；;！!？?”\"]|[男女]|跟|被|今年|现年|今天|今早|今日|昨|前天|刚|\d|[一二三四五六七八九]十|走[丢失散]|不见|失[联踪]|"
    r"离[家开]|[于从在自没还患因]|已|[两三四五六七]天|周[一二三四五六日]|是(?![的非])|带|[穿骑]|十[一二三四五六七八九]?岁|[两二三四五六七八九]周?岁|找[到着]|没|今天|回[来家]|老人|先生|女士|同学|阿姨|同志|老师)"
)
_SHAPED = re.compile(rf"(?P<name>{_NAME}){_AFTER}")
_LITTLE = re.compile(rf"(?<=[妹弟姐哥女儿孙侄子])(?P<name>小{_GIVEN}){_AFTER}")
"""我妹小敏, of whom only the given name is said."""
_SURNAME = re.compile(rf"姓(?P<name>[{_SURNAMES}])(?=[,，。.、\s|;；]|$)")
_OF_PEOPLE = re.compile(
    r"(?:^|(?<=[,，。:：\s!！]))(?P<name>[一-鿿]{2,4})(?=[,，\s](?:[一-鿿]{1,4}族|[一-鿿]{2,4}籍)(?![一-鿿]))"
)
"""热娜，维吾尔族: a name of whatever shape."""
_TWIN = re.compile(rf"(?P<name>(?P<twin>{_GIVEN})(?P=twin)){_AFTER}")
_NOBODY = re.compile(
    rf"[老小阿大]?(?:{GROWN}|{KIN}|师傅|先生)|(?P<one>[爷奶爸妈姑叔伯婶姨舅哥弟姐妹婆公嬢嗲嘎姥娘宝孙仔崽刚])(?P=one)|孙[子女]|高[一二三]|宝宝|"
    r"属.的?|苗条|罗锅|初[一二三]|逃课|[一-鿿]{1,3}(?:人|[症病癌瘤障瘾])|应该|辛苦|麻烦|关心|全城|程序员?|车[停现坏推倒]|左[转撇]|[都也就只].*|时候|小[区时]|毛病|安好|衣裳|包[裹子]|皮肤.?|.族|厉害|石膏|高[大温挑]|游客|"
    r"天天|什么|何[地时处]|[高初周]?[一二三四五六七八九十]|小孩|大[一二三四].?|失[联踪]|走[失丢散]|滴滴|滴师傅|凌晨|滑[梯板冰雪]|唐氏.*|.+姓.|戴[白黑红花黄蓝绿灰紫口眼墨].*"
)
"""What has the shape of a name and names nobody: 姑姑, 高一."""
_CALLED = re.compile(
    r"(?:姓名|大名|学名|全名|真名|本名|名字|名叫|叫做|小名|乳名|外号|自称|[他她人的也全]叫|"
    r"叫(?![我你他她人上下来过回个你了]))[:： 是叫“\"]{0,2}"
    r"(?P<name>[一-鿿]{2,4})(?=$|[,，。.、\s|｜(（)）/；;！!？?\d”\"的])"
)
_ROLE = (
    rf"(?:其|他|她|我|本人)?(?:[大二三四小长]?(?:{GROWN}|{KIN})|外孙女?|外甥女?|侄[子女儿]|[长次幼]子|[长次]女|儿媳|[哥弟姐妹]{{1,2}}|家属|亲属|家人|联系人|班主任|老师|"
    r"辅导员|站长|领队|网格员|村主任|书记|值班室|护士站|社区|物业|孩子|驻村)(?:的?(?:电话|手机))?[:： 是]{0,2}"
)
_TITLED = rf"{_TITLE}|太太?|小姐|爸爸?|妈妈?|大哥|大姐|护士长?|站长|书记|主任|处长|院长|会计|队长|嫂子?|[婶姨叔]"
_CALLEE = (
    rf"(?:(?:{_COMPOUND}|[{_SURNAMES}])(?:家?(?:{_TITLED})|{_GIVEN}{{1,2}})|"
    rf"[老小阿][{_SURNAMES}]|阿{_GIVEN}|{_GIVEN}{{1,3}}(?:爸爸?|妈妈?))"
)
_CALL = r"(?:电话|手机|微信|同号|号码|联系|[是为:：\s(（,，])"
_END = r"(?=$|[,，。.、\s:：|｜(（)）【】/；;！!？?”\"—\d#])"
_BEFORE_PHONE = re.compile(
    rf"(?:(?:(?<![一-鿿])|请?(?:联系|找|致电|打给|打|拨打|告知|告诉)|{_ROLE})(?:{_ROLE})?"
    rf"(?P<name>{_CALLEE}|(?P<twin>{_GIVEN})(?P=twin))|"
    rf"(?P<titled>[老小阿][{_SURNAMES}]|[{_SURNAMES}](?:{_TITLED})))(?:{_CALL}){{0,4}}$"
)
"""The name right before a telephone: 家属李先生13900000000, 工头老韩：13900000000."""
_AFTER_PHONE = re.compile(
    rf"[\s,，(（:：—)）-]{{0,4}}(?:请?(?:[找揾]|联系人?|联系))?(?:{_ROLE})?(?P<name>{_CALLEE}){_END}"
)
_INTRODUCED = re.compile(
    rf"(?:联系人|请?联系|请?致电|报料人|来电人|求助人)[:：是\s]{{0,2}}(?!方式)(?:{_ROLE})?"
    rf"(?:[一-鿿]{{2}}(?=[老小{_SURNAMES}](?:{_TITLED})))?"
    rf"(?P<name>{_CALLEE})(?=$|[,，。.、\s:：|｜(（)）/；;！!？?\d先女])|与(?:{_ROLE})?(?P<with>{_CALLEE})(?:取得)?联系|"
    rf"(?:我叫|本人叫?)(?P<own>{_CALLEE}){_END}|我免?贵?姓(?P<mine>[{_SURNAMES}])(?=[,，。\s]|$)|我是[^,，。！!？?\s]{{0,8}}[的楼](?P<of>[老小阿][{_SURNAMES}])(?=[,，。\s啊呀我]|$)|"
    rf"^(?P<first>{_CALLEE}|阿{_GIVEN}|小{_GIVEN})(?:求助|呼叫各位|发)?[:：](?=我)"
)
"""Who says who they are, or whom to call."""


_SHAPES = ((None, _SHAPED), (re.compile(r"(.)\1"), _TWIN), (re.compile("小"), _LITTLE))
_PLAIN = (
    (re.compile("[名称叫号]"), _CALLED),
    (re.compile("[A-Z]"), _LATIN),
    (re.compile("[族籍]"), _OF_PEOPLE),
    (_DOT, _DOTTED),
)
"""The shapes of names, each with what a text must hold to have it, which is looked for much faster."""


def _able(shapes: Iterable[tuple[re.Pattern[str] | None, re.Pattern[str]]], text: str) -> list[re.Pattern[str]]:
    return [pattern for needed, pattern in shapes if needed is None or needed.search(text)]


def name_shapes(text: str) -> Iterator[tuple[int, int]]:
    """Where a folded text has what may be a person's name by its shape: 我爸李建国，72岁; 买买提·艾力; 姓名：岩温."""
    for pattern in _able(_SHAPES, text):
        match = pattern.search(text)
        while match:
            start, end = match.span("name")
            alone = _BEFORE.search(text, max(0, start - 3), start) is not None
            if alone and not _NOBODY.fullmatch(match["name"]) and not _NUMBERED.fullmatch(match["name"]):
                yield start, end
            match = pattern.search(text, end if alone else start + 1)
    for pattern in _able(_PLAIN, text):
        yield from (one.span("name") for one in pattern.finditer(text) if not _NOBODY.fullmatch(one["name"]))


_NUMBERED = re.compile(r"[^老小][一二三四五六七八九十]")
"""张三: a name where the words around it say so, and not by its shape alone."""
_NO_NAME = re.compile(r"[我你他她患有不没讲说会能在等]|.+(?:[症病癌瘤障瘾了的着吗呢呀]|马甲)$")


def nobody(name: str) -> bool:
    """Whether it is no name, whatever it looks like: 姑姑, 高一, 患脑瘤, (叫)不醒."""
    return _NO_NAME.match(name) is not None or _NOBODY.fullmatch(name) is not None


def possible(word: str) -> bool:
    """Whether a bare word that answers the question for a name may be one: 买买提 and 老王, not 急死了 or 两个人."""
    return not nobody(word) and not any(char in _NEVER for char in word[1:])


def surname(text: str) -> str | None:
    """The surname that somebody is said to have: 姓郑."""
    match = _SURNAME.search(text)
    return match["name"] if match else None


def callee_shapes(text: str, phones: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where the names of those to call stand in a folded text with telephones there: 家属李先生139…; 139… 王强."""
    for match in _INTRODUCED.finditer(text):
        yield match.span(match.lastgroup or "name")
    for start, end in phones:
        if match := _BEFORE_PHONE.search(text, max(0, start - 16), start):
            yield match.span("name" if match["name"] else "titled")
        elif match := _AFTER_PHONE.match(text, end):
            yield match.span("name")
