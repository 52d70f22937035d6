"""A person in words, and when two descriptions are of one person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.alerts import describing, facts
from handlers.alerts.spreading import distance
from handlers.understanding import Fields
from storage.matters import Alert

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def alert(**known: Any) -> Alert:
    return Alert(id=3, area_id=1, chat_id=1, reporter_id=1, text="", created_at=NOW, updated_at=NOW, **known)


@pytest.mark.parametrize(
    ("years", "precision", "words"),
    [(78.0, "", "78岁"), (70.0, "about", "约70岁"), (1.5, "", "1岁半"), (0.67, "", "8个月大"), (None, "", "")],
)
def test_age(years: float | None, precision: str, words: str) -> None:
    assert describing.age(alert(age=years, age_precision=precision)) == words


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"name": "王秀英", "sex": "女", "age": 78.0}, "王姓老人（女，78岁）"),
        ({"name": "欧阳明", "sex": "男", "age": 30.0}, "欧阳姓人（男，30岁）"),
        ({"name": "小明", "age": 6.0}, "走失的孩子（6岁）"),
        ({}, "走失的人"),
    ],
)
def test_the_end_names_no_given_name(known: dict[str, Any], words: str) -> None:
    assert describing.nameless(alert(**known)) == words


@pytest.mark.parametrize(
    ("at", "precision", "words"),
    [
        ((2026, 11, 21, 1, 10), "exact", "今天（11月21日）9:10"),
        ((2026, 11, 21, 1, 0), "hour", "今天（11月21日）9:00左右"),
        ((2026, 11, 20, 10, 0), "part_of_day", "昨天（11月20日）晚上"),
        ((2026, 11, 19, 4, 0), "day", "前天（11月19日）"),
        ((2026, 11, 1, 4, 0), "exact", "11月1日12:00"),
    ],
)
def test_moments_carry_their_date(at: tuple[int, ...], precision: str, words: str) -> None:
    moment = datetime(*at, tzinfo=UTC)  # type: ignore[misc,arg-type]
    assert describing.moment(moment, precision, NOW, ZONE) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(10, "1 分钟"), (2100, "35 分钟"), (3600, "1 小时"), (18600, "5 小时 10 分"), (183600, "2 天 3 小时")],
)
def test_spans(seconds: int, words: str) -> None:
    assert describing.span(seconds) == words


@pytest.mark.parametrize(
    ("said", "possible"),
    [
        ({"sex": "女"}, False),
        ({"age": 60.0}, False),
        ({"age": 75.0}, True),
        ({"name": "王爷爷"}, True),
        ({"name": "李强"}, False),
        ({"height_cm": 150}, False),
        ({}, True),
    ],
)
def test_what_speaks_against_one_person(said: dict[str, Any], possible: bool) -> None:
    known = alert(name="王建国", sex="男", age=72.0, height_cm=170)
    assert facts.contradicts(known, said) is not possible


def test_impossible_ages_are_not_taken() -> None:
    known = alert()
    assert facts.take(known, Fields(age=300.0, sex="男")) == ["sex"]
    assert known.age is None


def test_new_words_override_and_complete() -> None:
    known = alert(clothes="灰夹克", sex="男")
    assert facts.take(known, Fields(clothes="蓝棉袄", sex="男", place="3栋", building="3")) == ["clothes", "place"]
    assert (known.clothes, known.place) == ("蓝棉袄", "3栋")


def test_the_number_of_a_house_alone_is_no_last_seen_place() -> None:
    known = alert()
    assert facts.take(known, Fields(building="3", unit="2", room="501")) == [] and not known.place


@pytest.mark.parametrize(
    "words", ["别发电话", "不要公开我的手机号", "先不登电话", "请勿发电话", "别把我的手机号发出去"]
)
def test_hiding_the_phone(words: str) -> None:
    assert facts.HIDES_PHONE.search(words)


@pytest.mark.parametrize("words", ["电话13900000001", "请打电话", "不用客气，电话联系"])
def test_not_hiding_the_phone(words: str) -> None:
    assert not facts.HIDES_PHONE.search(words)


def test_distance_counts_steps_up() -> None:
    assert [distance("/1/2/4/8/", path) for path in ("/1/2/4/8/", "/1/2/4/9/", "/1/2/5/7/", "/1/3/6/")] == [0, 1, 2, 3]
