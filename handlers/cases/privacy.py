"""What of a case is nobody else's business: it is never shown in a group (DESIGN.md, "Private matters")."""

from __future__ import annotations

import re

from handlers.understanding.harm import is_violence, is_violence_at_home, threatens_own_life
from handlers.understanding.kinship import FAMILY

CATEGORIES = frozenset({"邻里纠纷"})

_PEOPLE = (
    rf"{FAMILY}|"
    r"邻居|隔壁|楼[上下]|家里人|家人|[他她它]|我(?![们家])|人家|有人"
)

_NEIGHBOUR = (
    r"邻居|隔壁|对门|楼[上下]|两口子|夫妻|婆媳|\d{3,4}|[栋幢]|[老小阿][一-鿿]|[一-鿿](?:姐|哥|叔|婶|嫂|姨|大[爷妈])|"
    r"我(?:家?[跟和与]|们?俩)"
)
_QUARREL = re.compile(
    rf"(?:邻里|家庭|婚姻|感情)(?:纠纷|矛盾)|闹离婚|出轨|外遇|"
    rf"(?:{_NEIGHBOUR})[^。！？!?]{{0,30}}?(?:吵架|打架|打人(?![工口数力行])|动手|闹矛盾|争执|对骂|(?:吵|打|骂)了?起来)|"
    r"(?:辱骂|威胁|恐吓|欺负|骚扰|跟踪|偷看|造谣)(?:了|过)?(?:我(?!们)|[他她]|老人|孩子|女)"
)
"""Persons are at odds: neighbours who fight, a threat; a brawl before a bar is everybody's."""

_WHO = rf"(?:{_PEOPLE}|[老小阿][一-鿿]|[张王李赵刘陈杨黄周吴]某)"
_ILL = re.compile(
    rf"{_WHO}[^，,。！!？?]{{0,12}}?(?:(?<![毛通臭弊])病(?![虫床历假房句号吧毒死])|[癌瘤]|艾滋|HIV|肝炎|乙肝|结核|抑郁|痴呆|自闭|"
    r"瘫痪|中风|透析|化疗|怀孕|流产|残疾(?!人?(?:通道|坡道|车位|厕所|设施)))|(?:得|患|查出|确诊)了?[^，,。]{0,6}(?:病(?!虫)|癌|瘤)"
)
_NO_PERSON = re.compile(
    r"[一-鿿]{0,3}疫苗|(?:猪|牛|羊|鸡|鸭|鹅|鱼|狗|猫|树|花|草|苗|稻|麦|菜|果|豆|瓜|棉|庄稼|作物)[^，,。]{0,5}(?:病|流产)|看病|大病(?:医保|保险|统筹)"
)
"""Illness that is nobody's: vaccines, animals and plants, and where one sees a doctor."""

_SECRET = re.compile(
    r"匿名(?!打分|投票|评|调查)|保密|(?:别|不要|不能|不许|勿)(?:说|讲|透露|公开|泄露|暴露|告诉)[^，,。]{0,6}(?:我|谁|姓名|名字|身份|别人|人家|他|她)|"
    r"(?:别|不要)让[^，,。]{1,6}知道|不想(?:让|被)[^，,。]{1,6}知道|悄悄(?:说|反映|告诉)"
)


def is_private(text: str, category: str) -> bool:
    """Whether a case is private: violence or a quarrel between persons, somebody's illness, or secrecy asked for."""
    if category in CATEGORIES or wants_secrecy(text):
        return True
    if is_violence(text) or _QUARREL.search(text):
        return True
    return _ILL.search(_NO_PERSON.sub("", text)) is not None


def is_private_danger(text: str) -> bool:
    """Whether a danger is nobody's but the writer's and the helpers': violence at home, or the writer's own life."""
    return is_violence_at_home(text) or threatens_own_life(text)


def wants_secrecy(text: str) -> bool:
    """Whether the writer asks not to be named: 匿名, 别说是我说的."""
    return _SECRET.search(text) is not None
