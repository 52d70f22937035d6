"""What people wear, and how far an enumeration of it goes."""

from __future__ import annotations

import re

NOUNS = {
    "lower": "牛仔裤 运动裤 西裤 短裤 棉裤 裤子 裤 连衣裙 裙子 裙",
    "outer": "羽绒服 冲锋衣 防晒衣 雨衣 中山装 西装 外套 夹克 大衣 风衣 棉袄 棉衣 棉服 袄 褂",
    "inner": "运动服 工作服 校服 毛衣 卫衣 上衣 睡衣 衬衫 衬衣 汗衫 T恤 马甲 背心 短袖 长袖 衣服 衫 衣",
    "feet": "运动鞋 布鞋 皮鞋 球鞋 拖鞋 凉鞋 棉鞋 鞋子 鞋 靴子 靴",
    "head": "帽子 帽 头巾",
    "neck": "围巾 围脖",
    "hands": "手套",
    "eyes": "眼镜 墨镜",
}
"""Head nouns of garments, by the part of the body that wears them."""
PART = {noun: part for part, nouns in NOUNS.items() for noun in nouns.split()}

_ON = (
    r"[\s,，、;；和加配]{0,3}(?:[下上里外][身面边]?|脚[上下]?|头上?|腿上?)?(?:[穿戴蹬踩套搭配围]着?|是|着)?(?:的是|的|了)?"
    "(?:一?[件条顶双身副])?"
)
_GOES_ON = re.compile(_ON)
_ONE_MORE = re.compile(
    rf"{_ON}(?![^,，。;；\s]{{0,4}}(?:没|不|丢|掉|落|卖|买|洗|脱|拎|提|拿|只|给|找|捡|晒))"
    r"[^\s,，、;；。.!！?？和从在往去到]{0,7}?"
    rf"(?:{'|'.join(sorted(PART, key=len, reverse=True))}|裤衩|[工棉皮]服|袜子?)"
    r"(?=$|[\s,，、;；。.!！和])",
    re.IGNORECASE,
)


def goes_on(between: str) -> bool:
    """Whether what stands between two garments only leads over to the second."""
    return _GOES_ON.fullmatch(between) is not None


def last(text: str, end: int, until: int) -> int:
    """Where an enumeration of garments ends, the first of which ends at `end`: 灰夹克，下身黑裤子，布鞋."""
    while (more := _ONE_MORE.match(text, end)) and more.end() <= until and more.end() > end:
        end = more.end()
    return end
