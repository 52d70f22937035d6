"""The tagger: right tags of marked texts, learning from a few of them, its file, and pieces of any text."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding.found import find_all
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from handlers.understanding.tagging import (
    FIELDS,
    TAGS,
    Piece,
    form_of,
    heard,
    load,
    marked,
    tagger,
    trimmed,
    viterbi,
    weight_in,
    worded,
)
from handlers.understanding.training import tags


def pieces(text: str, fields: dict[str, Any]) -> dict[str, list[str]]:
    """The values that the right tags of a text mark, by field."""
    found = tags.right_tags(text, fields)
    assert found is not None
    values: dict[str, list[str]] = {}
    for field, start, end in viterbi(16).pieces(map(gaining, found)):
        values.setdefault(field, []).append(text[start:end])
    return values


def packed(gains: Iterable[int]) -> int:
    """What the tags gain at a character, as `Viterbi` takes it."""
    return sum((gain + (1 << 14)) << 16 * k for k, gain in enumerate(gains))


def gaining(tag: int) -> int:
    """A character at which one tag gains, or none where it is 0."""
    return packed(9 if tag == k else -9 for k in range(1, 1 + len(TAGS)))


def test_right_tags_mark_what_the_writers_marked() -> None:
    text = "我爸从8号楼走丢了，78岁，短头发，穿灰夹克，拎红布袋，往桥头去了"
    said = {"age": 78, "clothes": "灰夹克", "features": "短头发、拎红布袋", "direction": "桥头", "sex": "男"}
    assert pieces(text, said) == {
        "age": ["78"],
        "clothes": ["灰夹克"],
        "features": ["短头发", "拎红布袋"],
        "direction": ["桥头"],
    }


def test_a_bare_age_is_no_house_number_and_no_time() -> None:
    assert pieces("72号楼的老刘8点走丢了，72", {"age": 72}) == {"age": ["72"]}
    assert pieces("四岁半的娃，身高1米1", {"age": 4.5, "height_cm": 110}) == {"age": ["四"], "height_cm": ["1米1"]}


def test_a_value_that_does_not_stand_in_the_text_spoils_it() -> None:
    assert tags.right_tags("我爸走丢了", {"clothes": "灰夹克"}) is None


def test_what_is_learned_is_found_again(tmp_path: Path) -> None:
    worn = ["灰夹克", "红棉袄", "蓝布衫", "白衬衣", "黑大衣", "绿毛衣"]
    texts = [{"text": f"我爸走丢了，穿{garment}，没带手机", "fields": {"clothes": garment}} for garment in worn]
    model = tags.fit(list(tags.tagged(texts)), seed=7, rounds=6)
    for name in ("one", "two"):
        tags.write(model, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    scan = Scan("老人不见了，穿紫夹克，没带手机")
    found = replace(load(tmp_path / "one"), lean=0).pieces(scan, find_all(scan.text).marks)
    assert [scan.text[piece.start : piece.end] for piece in found] == ["紫夹克"]


def test_a_text_is_varied_with_what_other_texts_say() -> None:
    texts = [
        {"text": f"我爸走丢了，穿{garment}，从{place}走的，{age}岁", "kind": "missing",
         "fields": {"clothes": garment, "place": place, "age": age}}
        for garment, place, age in (("灰夹克", "二中", 70), ("红棉袄", "柳树巷", 80), ("白衬衣", "北门菜市场", 91))
    ]  # fmt: skip
    first, again, other = (list(tags.varied(texts, seed)) for seed in (1, 1, 2))
    assert first == again and first != other and len(first) == tags.COPIES * len(texts)
    said = {value for text in texts for value in text["fields"].values() if isinstance(value, str)}
    for row in first:
        marks = [tag for tag in row.tags if tag]
        assert len(row.keys) == len(row.tags)
        lengths = [len(words) for words in said]
        assert sum(0 < tag <= len(FIELDS) for tag in row.tags) == 3 and len(marks) in {
            2 + a + b for a in lengths for b in lengths
        }


def test_what_several_learned_is_averaged() -> None:
    one, other = {(0, "a"): [1.0] * len(tags.TAGS)}, {(0, "b"): [4.0] * len(tags.TAGS)}
    assert tags.mean([one, other]) == {(0, "a"): [0.5] * len(tags.TAGS), (0, "b"): [2.0] * len(tags.TAGS)}


def test_a_file_of_another_lexicon_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.gz"
    path.write_bytes(gzip.compress(b"10 kin anyone\n1"))
    with pytest.raises(ValueError, match="make train"):
        load(path)


@pytest.mark.parametrize(
    ("field", "said", "value"),
    [
        ("direction", "往河边方向", "河边"),
        ("clothes", "上身黄色T恤，下身牛仔裤", "黄色T恤，下身牛仔裤"),
        ("health", "患有老年痴呆", "老年痴呆"),
        ("build", " 微胖，", "微胖"),
        ("transport", "骑着蓝色三轮", "蓝色三轮"),
        ("place", "二中门口", "二中门口"),
        ("name", "，", ""),
    ],
)
def test_what_stands_around_a_value_is_no_part_of_it(field: str, said: str, value: str) -> None:
    assert trimmed(field, said) == value


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_pieces_of_any_text_lie_in_it_and_apart(text: str) -> None:
    scan = Scan(fold(text))
    found: list[Piece] = tagger().pieces(scan, find_all(scan.text).marks)
    ends = [0, *(piece.end for piece in found)]
    assert all(end <= piece.start < piece.end for end, piece in zip(ends, found, strict=False))
    assert ends[-1] <= len(scan.text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="我爸穿红夹克岁在桥头8点a1，。\n 左手", max_size=60) | st.text(max_size=60))
def test_the_window_adds_up_what_each_character_hears(text: str) -> None:
    known, scan = tagger(), Scan(fold(text))
    marks, form = find_all(scan.text).marks, form_of(scan.text)
    lines = zip(worded(scan), marked(len(scan.text), marks), known.sums(scan, marks), strict=True)
    for at, (word, mark, total) in enumerate(lines):
        keys = [(known.runs[len(run) - 1].get(run, 0), place) for place, run in heard(form, at)]
        keys += [(known.classes.get(word, 0), -2), (known.marks.get(mark, 0), -2)]
        for tag in range(2 * len(FIELDS)):
            lane = (total >> 16 * tag & 0xFFFF) - (1 << 14)
            assert lane == known.lean + sum(weight_in(weights, place, tag) for weights, place in keys)


GAIN = st.integers(-3500, 3500) | st.integers(-2, 2)


def best_by_trying(gains: list[list[int]], fields: int) -> int:
    """The most that any row of tags of these fields gains, by trying them all; `gains` of beginnings, then insides."""

    def most(at: int, last: int | None) -> int:
        if at == len(gains):
            return 0
        rows = [most(at + 1, None), *(gains[at][f] + most(at + 1, f) for f in range(fields))]
        return max(rows + ([gains[at][fields + last] + most(at + 1, last)] if last is not None else []))

    return most(0, None)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(GAIN, min_size=4, max_size=4), max_size=6))
def test_no_row_of_tags_gains_more(gains: list[list[int]]) -> None:
    fields, width = 2, len(FIELDS)
    sums = [packed([*row[:2], *[0] * (width - 2), *row[2:], *[0] * (width - 2)]) for row in gains]
    found = viterbi(16, fields).pieces(sums)
    gained = 0
    for field, start, end in found:
        k = FIELDS.index(field)
        gained += gains[start][k] + sum(row[fields + k] for row in gains[start + 1 : end])
    assert gained == best_by_trying(gains, fields)
    assert all(one.end <= other.start for one, other in pairwise(found))
