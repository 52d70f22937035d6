"""What a line near an open matter does to it, where no rule knows: by what was learned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding import Act, Context, Kind, OpenMatter, Reading, Ref, read
from handlers.understanding.dialogue import LABELS, model
from handlers.understanding.training import dialogue as training
from tests.understanding.evaluate import BESIDE, NOW, act_beside, rows_of

LEAK = OpenMatter(Ref("", 8), NOW - timedelta(minutes=20), mine=True, category="水电气暖", place="3栋")
LAMP = OpenMatter(Ref("", 9), NOW - timedelta(minutes=20), mine=True, category="公共设施", done=True)
THEIRS = OpenMatter(Ref("", 8), NOW - timedelta(minutes=20), category="水电气暖", place="3栋")
GRANDPA = OpenMatter(Ref("M", 3), NOW - timedelta(minutes=20), mine=True, sex="男", age=72)


def beside(text: str, *matters: OpenMatter) -> Reading:
    return read(text, Context(now=NOW, matters=matters))


@pytest.mark.parametrize(
    ("text", "matter", "act"),
    [
        ("师傅到底来不来了啊", LEAK, Act.ASK),
        ("已经说好了，不用管了", LEAK, Act.WITHDRAW),
        ("我自己找人弄好了，这条撤了吧", LEAK, Act.WITHDRAW),
        ("昨天刚修好今天又漏上了", LEAK, Act.NOT_FIXED),
        ("我们单元的也没水", THEIRS, Act.SAME),
    ],
)
def test_what_is_said_of_a_matter(text: str, matter: OpenMatter, act: Act) -> None:
    assert beside(text, matter).act is act


@pytest.mark.parametrize(
    "text", ["哈哈哈哈哈哈", "中午包的饺子，韭菜馅", "今天天气不错", "谢谢大家关心", "周末爬山去不去"]
)
@pytest.mark.parametrize("matter", [LEAK, LAMP, THEIRS, GRANDPA])
def test_talk_beside_a_matter_stays_talk(text: str, matter: OpenMatter) -> None:
    assert beside(text, matter).act is Act.NONE


@pytest.mark.parametrize("text", ["着火了！5栋楼道全是烟，快来人", "我儿子走丢了，6岁，穿红色外套，在二中门口"])
def test_what_is_graver_is_no_word_about_a_matter(text: str) -> None:
    reading = beside(text, LEAK)
    assert reading.act is Act.NONE
    assert reading.kind in (Kind.EMERGENCY, Kind.MISSING)


@pytest.mark.parametrize("text", ["算了，我明天在家，让师傅明天来", "好吧算了，下午我在家等着"])
def test_what_goes_on_ends_nothing(text: str) -> None:
    assert beside(text, LEAK).act not in (Act.WITHDRAW, Act.FIXED)


def test_only_the_reporter_takes_it_back() -> None:
    assert beside("我自己找人弄好了，这条撤了吧", THEIRS).act is not Act.WITHDRAW


def test_of_a_hand_that_was_not_learned_from() -> None:
    rows = [row for row in rows_of(BESIDE) if row["act"] != "claim"]
    doing = [row for row in rows if row["act"] != "none"]
    idle = [row for row in rows if row["act"] == "none"]
    assert sum(act_beside(row) == row["act"] for row in doing) > 0.4 * len(doing)
    assert sum(act_beside(row) == "none" for row in idle) > 0.9 * len(idle)


def test_training_is_always_alike_and_learns() -> None:
    matter = {"letter": "", "category": "水电气暖", "mine": True, "done": False}
    texts = [{"text": f"{place}又漏了", "act": "not_fixed", "matter": matter} for place in "东西南北中"] * 4
    texts += [{"text": f"{food}真好吃", "act": "none", "matter": matter} for food in "面饼鱼肉菜"] * 4
    rows = training.rows_of(texts, [])
    first, second = training.fitted(rows), training.fitted(rows)
    assert first.weights == second.weights
    scores = first.scores(rows[0])
    assert LABELS[scores.index(max(scores))] == "not_fixed"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    reading = beside(text, LEAK, GRANDPA)
    assert 0 <= reading.act_confidence <= 1


def test_chances_add_up() -> None:
    chances = model().chances({"修", "好", "修好"}, {"mine case", "kind chat"})
    assert set(chances) == set(LABELS)
    assert abs(sum(chances.values()) - 1) < 1e-9
