"""The reader on the examples: those that shaped the rules, and those written after."""

from __future__ import annotations

import pytest

from tests.understanding.evaluate import KEPT, Result, evaluate, examples, measured, report, unlearned


@pytest.fixture(scope="module")
def result() -> Result:
    return evaluate("dev")


@pytest.fixture(scope="module")
def held() -> Result:
    """Messages written after most of the rules; what they score may only grow."""
    return evaluate("held")


def test_the_examples_are_many_and_distinct() -> None:
    texts = [row["text"] for row in examples()]
    assert len(texts) >= 300
    assert len(set(texts)) == len(texts)


def test_kinds(result: Result) -> None:
    assert result.accuracy() >= 0.95, result.wrong


def test_no_missing_person_is_missed(result: Result) -> None:
    assert result.recall("missing") >= 0.97, result.wrong


def test_no_false_alert(result: Result) -> None:
    assert not [row for row in result.wrong if row[0] == "kind" and row[2] == "missing" and row[1] == "chat"]


def test_chat_is_left_alone(result: Result) -> None:
    assert result.recall("chat") >= 0.97, result.wrong


def test_messages_of_other_wording(held: Result) -> None:
    assert held.accuracy() >= 0.83, held.wrong
    assert held.recall("missing") >= 0.97, held.wrong
    assert held.recall("chat") >= 0.95, held.wrong


def test_categories(result: Result) -> None:
    assert result.categories_right >= 0.88 * result.categories, result.wrong


def test_fields(result: Result) -> None:
    assert result.facts_right >= 0.94 * result.facts, result.wrong


def test_the_report_names_every_kind() -> None:
    assert "missing" in report("dev") and "fields" in report("held", wrong=True)


def test_messages_of_other_hands() -> None:
    """Of hands that wrote nothing that was learned; what they score may only grow."""
    result = measured(unlearned(KEPT))
    assert result.accuracy() >= 0.91
    assert result.recall("missing") >= 0.95
    assert result.miscalibration() <= 0.04
    assert result.categories_right >= 0.83 * result.categories
    assert result.facts_right >= 0.88 * result.facts
    assert result.facts_same >= 0.81 * result.facts
