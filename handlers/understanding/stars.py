"""Marks for finished work: 5星, 四星, ⭐⭐⭐, 打3分, 给个好评, 一般."""

from __future__ import annotations

import re

_FIGURES = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "十": 10, "满": 5}
_SIGNS = re.compile(r"(?:[⭐🌟★]\ufe0f?\s*){1,5}")
_SIGN = re.compile(r"[⭐🌟★]")
_GIVEN = re.compile(
    r"(?:我|就|都|那|必须|只能|勉强|最多|给|打|评|个|了|你们?|您|他们?|师傅|[,， ])*"
    r"(?P<figure>\d{1,3}|[零一二两三四五十满])\s?[个颗]?(?P<unit>星|分)"
    r"(?:好评|差评|评价)?[吧了啊呀哈的]*(?:[,，。!！~ ].{0,20})?"
)
_PRAISE = re.compile(r"(?:我|必须|给|打|来|点|个|了|你们?|您|师傅|[,， ])*(?:好评|点赞)[吧了啊呀哈]*[。!！~]*")
_MIDDLING = re.compile(
    r"(?:我?觉得|感觉|修得|弄得|办得|[这就也还]|服务|态度|速度|[,， ])*"
    r"(?:一般(?:般|化)?|凑合|马马虎虎|将就|不好不坏|不好也不坏)[吧了啊呀的]*[。!！~]*"
)


def stars(text: str) -> int | None:
    """The mark that a folded line gives, 1 to 5; None if it gives none.

    More than five is out of ten, more than ten out of a hundred.
    """
    line = text.strip()
    if _SIGNS.fullmatch(line):
        return len(_SIGN.findall(line))
    if match := _GIVEN.fullmatch(line):
        figure = match["figure"]
        return _out_of_five(_FIGURES[figure] if figure in _FIGURES else int(figure), match["unit"])
    if _PRAISE.fullmatch(line):
        return 5
    return 3 if _MIDDLING.fullmatch(line) else None


def _out_of_five(mark: int, unit: str) -> int | None:
    if mark <= 5:
        return max(1, mark)
    if unit == "星" or mark > 100 or 10 < mark < 20:
        return None
    return -(-mark // (2 if mark <= 10 else 20))
