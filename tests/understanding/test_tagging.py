"""The tagger: right tags of marked texts, learning from a few of them, its file, and pieces of any text."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding.extract import find_all
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan
from handlers.understanding.tagging import TAGS, Piece, best_pieces, load, tagger, tags_of, trimmed
from handlers.understanding.training import tags


def pieces(text: str, fields: dict[str, Any]) -> dict[str, list[str]]:
    """The values that the right tags of a text mark, by field."""
    found = tags.right_tags(text, fields)
    assert found is not None
    marked: dict[str, list[str]] = {}
    scores = [[9 * (tag == k) for tag in found] for k in range(len(TAGS))]
    for field, start, end in best_pieces(scores):
        marked.setdefault(field, []).append(text[start:end])
    assert tags_of(best_pieces(scores), len(text)) == found
    return marked


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
    model = tags.fit(list(tags.tagged(texts)), rounds=6)
    for name in ("one", "two"):
        tags.write(model, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    scan = Scan("老人不见了，穿紫夹克，没带手机")
    found = replace(load(tmp_path / "one"), lean=0).pieces(scan, find_all(scan.text).marks)
    assert [scan.text[piece.start : piece.end] for piece in found] == ["紫夹克"]


def test_a_file_of_another_lexicon_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.gz"
    path.write_bytes(gzip.compress(b"10 kin anyone\ntemplate 0"))
    with pytest.raises(ValueError, match="make train"):
        load(path)


@pytest.mark.parametrize(
    ("field", "said", "value"),
    [
        ("direction", "往河边方向", "河边"),
        ("clothes", "上身黄色T恤，下身牛仔裤", "黄色T恤，下身牛仔裤"),
        ("health", "患有老年痴呆", "老年痴呆"),
        ("contact_name", " 王强 ", "王强"),
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
