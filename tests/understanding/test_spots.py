"""Of several places in a message, the one that others are to go to or look at."""

from __future__ import annotations

import pytest

from handlers.understanding import Context, read
from handlers.understanding.model import Kind
from handlers.understanding.spots import meant, spot_signs
from handlers.understanding.training import spots
from tests.understanding.evaluate import NOW


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("水没到腰了，我跟孩子爬到床上了，快来人，竹林路18号", "竹林路18号"),
        ("我爸去菜场买葱，早上七点从纺织厂北门走丢的，穿灰夹克", "纺织厂北门"),
        ("有个老太太坐在台阶上哭，问啥都摇头，邮局旁边，谁家的来接一下", "邮局旁边"),
    ],
)
def test_the_place_that_is_meant(text: str, place: str) -> None:
    found = read(text, Context(now=NOW)).fields
    assert found is not None
    assert found.place == place


def test_one_place_is_the_one() -> None:
    assert meant("路灯不亮，南门口", Kind.REQUEST, [(5, 8)], None) == (5, 8)


def test_signs_tell_where_a_place_stands() -> None:
    text = "我在屋里，3栋南门冒烟"
    first = spot_signs(text, Kind.EMERGENCY, [(2, 4), (5, 9)], 0, (5, 7))
    second = spot_signs(text, Kind.EMERGENCY, [(2, 4), (5, 9)], 1, (5, 7))
    assert {"first", "case first", "at", "right", "short", "within"} <= set(first)
    assert {"last", "left", "house", "figure"} <= set(second)
    assert first["length"] < second["length"]


def test_what_is_learned_follows_the_choices() -> None:
    choices = [([{"first": 1.0}, {"last": 1.0}], [False, True])] * 20
    weights = spots.fit(choices)
    assert weights["last"] > 0 > weights["first"]
    assert spots.fit(choices) == weights
    assert spots.choice({"text": "南门口的路灯不亮", "kind": "request", "fields": {"place": "南门口"}}) is None
