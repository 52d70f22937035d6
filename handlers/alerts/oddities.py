"""What a report says that cannot be so: left out of the alert, and asked back in one line."""

from __future__ import annotations

import re
from datetime import datetime

from handlers.alerts.facts import MAX_AGE
from handlers.refs import fold
from handlers.understanding.times import find_times

_AGE = re.compile(r"(?<!\d)(\d{3,6})\s*(?:周?岁)")
_PHONE = re.compile(r"(?<![\dA-Za-z*])1[3-9]\d{5,14}(?![\d*])")
_MOBILE = 11
_LEFT = re.compile(r"[^,，。;；]{0,10}?(?:走|出去|出门|跑|丢|离|不见|没影)")


def asked_back(text: str, now: datetime) -> str:
    """One line about an age, a phone or a time that cannot be right; empty where all may be. `now` is local."""
    words = fold(text)
    wrong = []
    if (age := _AGE.search(words)) and int(age[1]) > MAX_AGE:
        wrong.append(f"年龄“{age[1]}岁”")
    if phone := next((one[0] for one in _PHONE.finditer(words) if _off(one[0])), ""):
        wrong.append(f"电话“{phone}”（{len(phone)} 位，手机号是 {_MOBILE} 位）")
    if time := next((one for one in find_times(words, now) if one.at > now and _LEFT.match(words, one.end)), None):
        wrong.append(f"时间“{time.text}”（还没到）")
    return f"{'、'.join(wrong)}好像不对，请再说一次。" if wrong else ""


def _off(digits: str) -> bool:
    """Whether a mobile number has a digit too few or too many; much shorter or longer ones are no phones."""
    return abs(len(digits) - _MOBILE) in (1, 2)
