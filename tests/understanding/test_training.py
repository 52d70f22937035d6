"""What fitting learns: the same each time, and from all the runs of a text."""

import random
from itertools import product

from handlers.understanding.training.fitting import Row, fit, seen

FAINT = ("abcdefghij", "klmnopqrst")
PLAIN = "AB"


def rows() -> list[Row]:
    """Texts of two labels: each has its label's plain run, three of its faint ones and three that say nothing."""
    rng = random.Random(3)
    return [
        Row(frozenset([PLAIN[label], *rng.sample(FAINT[label], 3), *rng.sample("0123456789", 3)]), label)
        for label, _ in product((0, 1), range(40))
    ]


def test_the_same_rows_teach_the_same() -> None:
    assert fit(rows(), 2, 12, 0.5) == fit(rows(), 2, 12, 0.5)


def test_runs_are_hidden_by_chance_and_the_rest_counts_for_them() -> None:
    parts = [([0.0], [0.02], 0.5)] * 1000
    left = seen(parts, 0.5, random.Random(1))
    assert 400 < len(left) < 600
    assert {value for _, _, value in left} == {1.0}


def test_texts_are_told_without_their_plain_run() -> None:
    model = fit(rows(), 2, 20, 0.5)
    for row in rows():
        scores = model.scores(row.runs - {*PLAIN})
        assert scores.index(max(scores)) == row.label
