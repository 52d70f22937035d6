"""The promises that are checked after each week can be broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.replay import Output
from tests.replays.promises import Matter, Waiting, broken

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
R1, R3 = Waiting("r1", frozenset({"g1", "@r1"})), Waiting("r3", frozenset({"g2", "@r3"}))


def heard(room: str, text: str, minutes: float = 0) -> Output:
    return Output(NOON + timedelta(minutes=minutes), room, text, (), "out")


def test_who_was_not_told_of_an_end_is_named() -> None:
    matter = Matter(1, False, True, NOON, (R1, R3))
    said = [heard("g1", "【事项 1】已办结。"), heard("g2", "【事项 1】已办结。", -5)]
    assert broken([matter], said, ()) == ["r3 was not told of the end of 1"]


def test_an_open_case_needs_a_next_date() -> None:
    assert broken([Matter(2, True, False, None, (R1,))], [], ()) == ["2 is open without a next date"]


def test_private_words_and_repeated_ones_are_found_in_groups_only() -> None:
    said = [heard("g1", "【事项 1】五百块"), heard("@l1", "【事项 1】五百块"), heard("@l1", "【事项 1】五百块")]
    assert broken([], said, ("五百",)) == ["g1 read 五百"]
    assert broken([], [*said, heard("g1", "【事项 1】五百块", 0.5)], ()) == ["g1 read twice: 【事项 1】五百块"]
