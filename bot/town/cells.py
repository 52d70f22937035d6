"""What a single cell says: keys, lists, phones, numbers, dates. Each function raises `BadCell` with a sentence."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

SEPARATORS = re.compile(r"[\s;；,，、]+")
KEY = re.compile(r"[^\s;；,，、@'=+\-][^\s;；,，、]{0,63}")
PHONE = re.compile(r"1[3-9]\d{9}|[48]00-?\d{3}-?\d{4}|(?:0\d{2,3}-?)?\d{7,8}(?:-\d{1,6})?|\d{3,6}")
MAX_NAME = 60
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?!\d)(.*)", re.DOTALL)
USUAL_YEARS = (1900, 2999)

Word = TypeVar("Word")


class BadCell(ValueError):
    """A cell that cannot be what its column asks for; the message says why."""


def read_key(text: str) -> str:
    """A key: up to 64 characters without blanks and separators; full-width letters become plain ones."""
    key = unicodedata.normalize("NFKC", text)
    if not key:
        raise BadCell("没有写编号")
    if not KEY.fullmatch(key):
        raise BadCell(f"编号“{text[:30]}”不行：最多 64 字，中间不能有空格、逗号、分号，也不能以 @ = + - ' 开头")
    return key


def read_name(text: str) -> str:
    """A name that must be there."""
    if not text:
        raise BadCell("没有写名称")
    if len(text) > MAX_NAME:
        raise BadCell(f"名称太长，最多 {MAX_NAME} 字")
    return text


def read_list(text: str) -> tuple[str, ...]:
    """The parts of a list, each once."""
    return tuple(dict.fromkeys(part for part in SEPARATORS.split(text) if part))


def read_keys(text: str) -> tuple[str, ...]:
    """A list of keys."""
    return tuple(dict.fromkeys(read_key(part) for part in read_list(text)))


def read_word(text: str, words: Mapping[str, Word], what: str, shown: str) -> Word:
    """One of a few words."""
    word = unicodedata.normalize("NFKC", text).lower()
    if word not in words:
        raise BadCell(f"不认识的{what}“{text[:20]}”，可用：{shown}")
    return words[word]


def read_phone(text: str) -> str:
    """A Chinese mobile, landline, service or short number, without blanks and country code; or ''."""
    phone = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    phone = re.sub(r"^(\+86|0086|86(?=1\d{10}$))-?", "", phone)
    if re.fullmatch(r"[\d-]+", phone) and re.fullmatch(r"1[3-9]\d{9}", phone.replace("-", "")):
        phone = phone.replace("-", "")
    if phone and not PHONE.fullmatch(phone):
        raise BadCell(f"电话“{text[:20]}”不对，应是手机、带区号的座机或短号")
    return phone


def read_number(text: str, what: str) -> float | None:
    """A finite number, or None for an empty cell."""
    if not text:
        return None
    try:
        number = float(unicodedata.normalize("NFKC", text))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e6 or "_" in text:
        raise BadCell(f"{what}“{text[:20]}”不是数")
    return number


def is_usual(moment: datetime) -> bool:
    """Whether a time can be reckoned with: in other years a zone's offset or an hour more may not exist."""
    return USUAL_YEARS[0] <= moment.year <= USUAL_YEARS[1]


def plain_date(text: str) -> str:
    """A day as a table writes it (2027/1/5, 2027.1.5, 2027年1月5日) in the form of ISO; any other text as it is."""
    match = _DAY.match(unicodedata.normalize("NFKC", text))
    return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}{match[4]}" if match else text


def read_until(text: str, zone: ZoneInfo) -> datetime | None:
    """When something ends: a time, or a day to its end; without a zone of its own it is local."""
    if not text:
        return None
    said = plain_date(text)
    try:
        until = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadCell(f"日期“{text[:20]}”不对，应像 2026-11-30") from error
    if not is_usual(until):
        raise BadCell(f"日期“{text[:20]}”不对，应像 2026-11-30，年份在 {USUAL_YEARS[0]} 到 {USUAL_YEARS[1]} 之间")
    local = until if until.tzinfo else until.replace(tzinfo=zone)
    return local + timedelta(days=1) if len(said) <= 10 else local
