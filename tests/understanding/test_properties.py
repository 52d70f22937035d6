"""No text, however strange, breaks the reader, takes long or makes up a field."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding import Context, Kind, Line, OpenMatter, PendingQuestion, Ref, read, to_json
from handlers.understanding.normal import MAX_CHARS, fold
from handlers.understanding.scan import lexicon
from tests.understanding.evaluate import NOW

BARE = Context(now=NOW)
BUSY = Context(
    now=NOW,
    quoted=Ref("M", 3),
    question=PendingQuestion("place", Ref("", 12)),
    lines=(Line(NOW, "我爸72岁"),),
    matters=(
        OpenMatter(Ref("M", 3), NOW, mine=True),
        OpenMatter(Ref("", 12), NOW, mine=True, category="水电气暖", place="3栋"),
    ),
)
WORDS = st.sampled_from(
    [
        *lexicon().words[::7],
        *"0123456789点分号栋楼单元-:：，。！?？ 岁米月日年前后半多十百几一二三零",
        "138",
        "\u200d",
        "\x00",
        "\ud800",
        "🙏",
        "<b>",
        "=1+1",
    ]
)
FROM_TEXT = ("name", "clothes", "place", "direction", "transport", "build", "duration", "contact_name")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for context in (BARE, BUSY):
        to_json(read(text, context), why=True)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_any_row_of_our_own_words_is_read(text: str) -> None:
    for context in (BARE, BUSY):
        reading = read(text, context)
        assert 0 <= reading.confidence <= 1
        assert all(0 <= candidate.confidence <= 1 for candidate in reading.candidates)
        assert reading.fields.seen_at is None or isinstance(reading.fields.seen_at, datetime)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_a_field_is_a_piece_of_the_text(text: str) -> None:
    known = read(text, BARE).fields.present()
    assert all(known[name] in fold(text) for name in FROM_TEXT if name in known)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "🙏🙏🙏",
        "\x00\x00",
        "\ud83d",
        "\u202e\u200b",
        "<script>alert(1)</script>",
        "'; DROP TABLE cases;--",
        "=HYPERLINK(1)",
    ],
)
def test_nothing_is_chat(text: str) -> None:
    assert read(text, BARE).kind is Kind.CHAT


@pytest.mark.parametrize(
    "piece",
    [
        "我爸走丢了",
        "13812345678 ",
        "一",
        "1",
        "点",
        "3栋2单元501",
        "不是",
        "穿蓝色",
        "往河边",
        "（",
        "半小时",
        "联系",
        "从",
        "-",
        "还没",
        "蓝色红色",
        "昨天晚上8点半",
        "\u200b",
        "一二",
        "鞋",
        "谁家",
        "有没有人看见",
        "不见了我妈",
        "1948年出生",
        "他的手机忘家里",
    ],
)
def test_of_a_megabyte_only_the_beginning_is_read(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    for context in (BARE, BUSY):
        whole, beginning = read(text, context), read(text[:MAX_CHARS], context)
        assert (whole.kind, whole.fields, whole.act) == (beginning.kind, beginning.fields, beginning.act)
        to_json(whole, why=True)
