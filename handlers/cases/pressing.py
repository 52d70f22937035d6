"""Elders first: trouble at home weighs more where somebody old, ill, handicapped or very young is in it."""

from __future__ import annotations

import re

from handlers.likeness import KEPT_ALIVE
from handlers.ports import CircleRules
from handlers.understanding import TROUBLES, Reading

HARMFUL = frozenset({"水电气暖", "房屋", "物业", "公共设施", "安全隐患", "医疗卫生", "治安"})
"""Categories in which waiting can harm somebody; a form for an old person's card may wait for the morning."""

_FRAIL = (
    r"(?:[七八九]十(?:多|几|来)?岁的?)?老(?:人(?![院卡机])|太太|大爷|两口|爷子|奶奶|伴)|(?:[七八九]十(?:多|几|来)?|[789]\d)岁|"
    r"病人|残疾人?(?!人?(?:通道|坡道|车位|厕所|设施))|孕妇|产妇|月子|婴儿|宝宝|吃奶|刚出生|新生儿|小小?孩"
)
_ALONE = re.compile(
    r"独居|孤寡|空巢|留守(?:老|儿)|瘫痪|卧床|坐轮椅|行动不便|腿脚不(?:便|好|利索)|走不了路|"
    rf"(?:家里|家中|屋里|屋头|我家|只有|就剩|还有|有个|有位|困着?|关着?)[^，,。！!？?]{{0,6}}(?:{_FRAIL})|"
    rf"(?:{_FRAIL})[^，,。！!？?]{{0,6}}(?:一个人|自己|独自|在家|在屋|没人|受不了|摔|滑倒|下不[了来]楼|出不[了来]门)|"
    rf"(?:就|只|剩)(?:我|[他她])一个人在家|{KEPT_ALIVE}"
)


def is_pressing(reading: Reading, text: str, rules: CircleRules) -> bool:
    """Whether a trouble concerns somebody who cannot bear it long; ages are those of the alerts' circle."""
    if reading.kind not in TROUBLES or reading.category not in HARMFUL:
        return False
    age = reading.fields.age
    frail = age is not None and (age > rules.elder_over or age < rules.child_under)
    return frail or _ALONE.search(text) is not None
