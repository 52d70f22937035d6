"""What a town's own people teach the reader, and what they cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding import Context, Kind, Lesson, Taught, masked, read, tally, teach, undump
from handlers.understanding.taught import ENOUGH, KINDS, MOST
from tests.understanding.evaluate import NOW

PLACES = ["东头", "西头", "北坡", "南洼", "村口", "塘边", "桥南", "庙后", "坡下", "岭上", "渠边", "学校旁"]
LOCAL = [f"{place}的铁疙瘩又闹脾气咯" for place in PLACES]
"""As one village says that a pump has stopped; nobody else would guess it."""
HOAX = [f"我爸走丢了，{age}岁，穿灰夹克，有没有人看到" for age in range(60, 80)]


def lessons(texts: list[str], kind: Kind) -> list[Lesson]:
    return [Lesson(masked(text), kind) for text in texts]


def known(taught: Taught | None) -> Context:
    return Context(now=NOW, taught=taught)


def test_local_ways_of_speaking_are_learned() -> None:
    assert {read(text, known(None)).kind for text in LOCAL} == {Kind.CHAT}
    taught, outcome = teach(lessons(LOCAL, Kind.REQUEST))
    assert (outcome.used, outcome.before) == (len(LOCAL), 0)
    assert outcome.after == len(LOCAL)  # each without having seen itself
    assert read("井台那边的铁疙瘩又闹脾气咯", known(taught)).kind is Kind.REQUEST
    for text in ("大家早上好", "今天菜场的豆腐不错", "收到，谢谢"):
        assert read(text, known(taught)).kind is Kind.CHAT
    assert read("我爸走丢了，72岁，穿灰夹克", known(taught)).kind is Kind.MISSING


def test_a_few_lessons_are_not_enough() -> None:
    taught, outcome = teach(lessons(LOCAL[: ENOUGH - 1], Kind.REQUEST))
    assert taught is None
    assert outcome.used == ENOUGH - 1


def test_nothing_changes_where_it_is_no_better() -> None:
    assert teach(lessons(["大家早上好", "收到，谢谢"] * ENOUGH, Kind.CHAT))[0] is None
    assert teach([]) == (None, (0, 0, 0))


def test_hoaxes_do_not_teach_to_pass_over_the_missing() -> None:
    taught, outcome = teach(lessons(HOAX, Kind.CHAT) + lessons(LOCAL, Kind.REQUEST))
    assert outcome.used == len(LOCAL)
    assert read(HOAX[0], known(taught)).kind is Kind.MISSING


def test_a_lesson_holds_no_figures() -> None:
    assert "1390" not in masked("我爸电话13900000001，3栋2单元501")
    assert "501" not in masked("我爸电话13900000001，3栋2单元501")
    assert len(masked("啊" * 9000)) <= 402


def test_what_was_taught_is_stored_and_read_back() -> None:
    taught, _ = teach(lessons(LOCAL, Kind.REQUEST))
    assert taught is not None
    again = undump(taught.dump())
    assert again is not None
    text = "井台那边的铁疙瘩又闹脾气咯"
    assert read(text, known(again)).kind is Kind.REQUEST
    assert undump(taught.dump().replace('"request"', '"wish"')) is None
    assert tally(lessons(LOCAL, Kind.REQUEST)) == {Kind.REQUEST: len(LOCAL)}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.sampled_from(KINDS)), max_size=30))
def test_no_lessons_break_the_reader(pairs: list[tuple[str, Kind]]) -> None:
    taught, outcome = teach([Lesson(masked(text), kind) for text, kind in pairs])
    assert 0 <= outcome.before <= outcome.used <= len(pairs)
    if taught is not None:
        assert all(abs(change) <= MOST for changes in taught.weights.values() for change in changes)
        for text, _ in pairs:
            read(text, known(taught))


@pytest.mark.parametrize("count", [1, 3])
def test_lessons_again_and_again_stay_in_bounds(count: int) -> None:
    taught, _ = teach(lessons(LOCAL * 20 * count, Kind.REQUEST))
    assert taught is not None
    assert max(abs(change) for changes in taught.weights.values() for change in changes) <= MOST
    assert replace(known(taught)).taught is taught
