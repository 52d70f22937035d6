"""What a line does to an open matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.understanding import Act, Context, Kind, Line, OpenMatter, PendingQuestion, Reading, Ref, read
from tests.understanding.evaluate import NOW

MINUTE = timedelta(minutes=1)
MINE = OpenMatter(Ref("", 12), NOW - 5 * MINUTE, mine=True, category="水电气暖", place="3栋")
OTHERS = OpenMatter(Ref("", 8), NOW - 3 * MINUTE, category="水电气暖")
ALERT = OpenMatter(Ref("M", 3), NOW - 5 * MINUTE, mine=True, sex="男", age=72, clothes="灰夹克黑布鞋")
SEEN_ALERT = OpenMatter(Ref("M", 3), NOW - 5 * MINUTE, sex="男", age=72, clothes="灰夹克黑布鞋")


def line(text: str, *matters: OpenMatter, **more: Any) -> Reading:
    return read(text, Context(now=NOW, matters=matters, **more))


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("修好了吗", Act.ASK),
        ("咋样了", Act.ASK),
        ("啥时候能修好", Act.ASK),
        ("12号咋样了", Act.ASK),
        ("修好了谢谢", Act.FIXED),
        ("来水了", Act.FIXED),
        ("还没好", Act.NOT_FIXED),
        ("又停了", Act.NOT_FIXED),
        ("还是没水", Act.NOT_FIXED),
        ("不用了", Act.WITHDRAW),
        ("自己修好了", Act.WITHDRAW),
        ("满意", Act.RATE),
        ("不满意 12 晚上又停", Act.RATE),
        ("3栋2单元", Act.MORE),
        ("电话13812345678", Act.MORE),
        ("哈哈", Act.NONE),
        ("晚饭吃啥", Act.NONE),
        ("好的", Act.NONE),
        ("路灯坏了麻烦修一下", Act.NONE),
    ],
)
def test_on_my_own_case(text: str, act: Act) -> None:
    reading = line(text, MINE)
    assert reading.act is act
    assert (reading.candidates[0].ref == MINE.ref) if act is not Act.NONE else not reading.candidates


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("+1", Act.SAME),
        ("我家也是", Act.SAME),
        ("我家也没水了", Act.SAME),
        ("+1 8,我们4栋也一样", Act.SAME),
        ("8号我接了哈", Act.CLAIM),
        ("我接单", Act.CLAIM),
        ("我去看看", Act.NONE),
        ("我来", Act.NONE),
        ("8 修好了", Act.FIXED),
        ("8号咋样了", Act.ASK),
        ("今天天气好", Act.NONE),
        ("满意", Act.NONE),
        ("不用了", Act.NONE),
        ("穿蓝衣服", Act.NONE),
    ],
)
def test_on_somebody_elses_case(text: str, act: Act) -> None:
    assert line(text, OTHERS).act is act


def test_i_will_is_a_claim_only_when_said_of_a_matter() -> None:
    assert line("我来", OTHERS, quoted=OTHERS.ref).act is Act.CLAIM
    assert line("我去看看", OTHERS, mentions_bot=True).act is Act.CLAIM
    assert line("8号我去看看", OTHERS).act is Act.CLAIM


def test_a_number_of_no_matter_is_talk() -> None:
    """12号咋样了 was read as asking about a case 12 that does not exist."""
    for matters in ((), (OTHERS,), (ALERT,)):
        reading = line("12号咋样了", *matters)
        assert reading.kind in (Kind.CHAT, Kind.QUESTION) and reading.act is Act.NONE


def test_a_number_of_a_case_and_an_alert_is_the_case() -> None:
    case = OpenMatter(Ref("", 3), NOW - 9 * MINUTE, mine=True)
    for text in ("3号咋样了", "3咋样了"):
        reading = line(text, ALERT, case)
        assert (reading.act, reading.candidates[0].ref) == (Act.ASK, case.ref)


@pytest.mark.parametrize("text", ["找到了吗?", "赵大爷: 找到了吗?", "赵大爷找到没", "老人找到了没有啊"])
def test_asking_after_the_missing_is_not_news_of_them(text: str) -> None:
    for alert in (ALERT, SEEN_ALERT):
        reading = line(text, alert)
        assert reading.kind in (Kind.CHAT, Kind.QUESTION)
        assert (reading.act, reading.candidates[0].ref) == (Act.ASK, Ref("M", 3))


def test_a_corrected_age_is_the_missing_persons() -> None:
    reading = line("打错了是75岁", ALERT, OpenMatter(Ref("", 3), NOW, mine=True, place="3栋"))
    assert (reading.act, reading.candidates[0].ref) == (Act.CORRECT, Ref("M", 3))


def test_more_facts_of_the_missing() -> None:
    reading = line("穿蓝衣服", ALERT)
    assert (reading.kind, reading.act, reading.fields.clothes) == (Kind.CHAT, Act.MORE, "蓝衣服")
    assert reading.candidates[0].by == "writer"


@pytest.mark.parametrize("text", ["打错了是75岁", "不是72是75", "说错了，75岁", "更正：75岁"])
def test_a_correction(text: str) -> None:
    reading = line(text, ALERT)
    assert (reading.act, reading.fields.age) == (Act.CORRECT, 75)


@pytest.mark.parametrize(
    ("known", "text", "place"),
    [
        ("超市门口", "惠民超市", "惠民超市门口"),
        ("公园", "是河滨公园啊", "河滨公园"),
        ("超市门口", "我去超市找了", None),
        ("超市门口", "人民超市 还在找", None),
        ("惠民超市门口", "大众超市", None),
    ],
)
def test_which_of_several_places_it_was(known: str, text: str, place: str | None) -> None:
    reading = line(text, OpenMatter(Ref("M", 3), NOW - MINUTE, mine=True, place=known))
    assert reading.fields.place == place and (reading.act is Act.CORRECT) == (place is not None)


def test_found_goes_to_the_open_alert() -> None:
    reading = line("找到了", SEEN_ALERT)
    assert (reading.kind, reading.act, reading.candidates[0].ref) == (Kind.FOUND, Act.NONE, Ref("M", 3))
    assert line("找到了").candidates == ()
    assert line("钥匙找到了", SEEN_ALERT).kind is Kind.CHAT


def test_still_not_found_is_not_found() -> None:
    reading = line("还没找到", ALERT)
    assert reading.kind is not Kind.FOUND and reading.act is Act.NOT_FIXED


def test_a_sighting_names_the_alert_it_fits() -> None:
    woman = OpenMatter(Ref("M", 4), NOW, sex="女", clothes="红毛衣")
    reading = line("菜市场北门刚过去个穿灰夹克的大爷", woman, SEEN_ALERT)
    assert reading.kind is Kind.SIGHTING
    assert reading.candidates[0].ref == Ref("M", 3)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("是", Act.YES),
        ("确认", Act.YES),
        ("对，就是他", Act.YES),
        ("嗯嗯", Act.YES),
        ("不是", Act.NO),
        ("不用", Act.NO),
        ("你好", Act.NONE),
    ],
)
def test_an_answer(text: str, act: Act) -> None:
    reading = line(text, question=PendingQuestion("confirm", Ref("M", 3)))
    assert reading.act is act
    assert not reading.candidates or reading.candidates[0].by == "question"


@pytest.mark.parametrize(
    ("asked", "text", "name", "value"),
    [
        ("name", "王建国", "name", "王建国"),
        ("place", "柳树巷", "place", "柳树巷"),
        ("phone", "13812345678", "phone", "13812345678"),
        ("place", "3栋2单元", "building", "3"),
    ],
)
def test_a_fact_that_was_asked_for(asked: str, text: str, name: str, value: str) -> None:
    reading = line(text, question=PendingQuestion(asked, Ref("M", 3)))
    assert reading.act is Act.MORE
    assert getattr(reading.fields, name) == value


@pytest.mark.parametrize(
    ("text", "satisfied"),
    [("满意", True), ("挺好的谢谢", True), ("不满意", False), ("还没修好", False), ("一般吧", None)],
)
def test_a_rating(text: str, satisfied: bool | None) -> None:
    reading = line(text, question=PendingQuestion("rate", Ref("", 12)))
    assert (reading.act, reading.satisfied) == (Act.RATE, satisfied)


def test_a_quote_is_enough() -> None:
    assert line("不用了", quoted=Ref("", 8)).act is Act.WITHDRAW
    assert line("不是", quoted=Ref("", 8)).act is Act.WITHDRAW
    assert line("咋样了", quoted=Ref("", 8)).candidates[0].by == "quote"


def test_a_number_comes_before_a_quote() -> None:
    reading = line("12号修好了吗", MINE, quoted=Ref("", 8))
    assert [c.by for c in reading.candidates[:2]] == ["number", "quote"]


@pytest.mark.parametrize("said", ["M3", "m3", "Ｍ３", "M 3"])
def test_numbers_read_alike(said: str) -> None:
    assert line(f"{said} 有消息吗", SEEN_ALERT).candidates[0].ref == Ref("M", 3)


@pytest.mark.parametrize("text", ["M3", "考了个N6 修好了", "住A6区修好了没"])
def test_without_a_matter_figures_are_no_numbers(text: str) -> None:
    assert line(text).act is Act.NONE


def test_bubbles_are_read_alone_then_together() -> None:
    before = (Line(NOW - MINUTE, "我爸72岁，穿灰夹克"), Line(NOW - MINUTE, "出去到现在没回来"))
    reading = line("大家帮忙看看", lines=before)
    assert (reading.kind, reading.joined, reading.fields.age) == (Kind.MISSING, 2, 72)
    assert line("哈哈", lines=(Line(NOW, "今天真冷"),)).kind is Kind.CHAT
    assert line("哈哈", lines=(Line(NOW, "今天真冷"),)).joined == 0


def test_a_bubble_that_stands_alone_keeps_to_itself() -> None:
    reading = line("3栋路灯坏了，麻烦来修一下", lines=(Line(NOW, "今天真冷"),))
    assert (reading.kind, reading.joined) == (Kind.REQUEST, 0)


def test_a_complaint_about_a_worker_is_marked() -> None:
    assert line("投诉网格员，打了三次电话都不来").about_worker
    assert not line("投诉物业，打了三次电话都不来").about_worker


def test_a_missing_person_is_no_more_of_my_open_case() -> None:
    reading = line("我爸走丢了，72岁，灰夹克", MINE)
    assert reading.kind is Kind.MISSING and reading.act is Act.NONE
    assert [candidate.ref for candidate in line("我爸走丢了，72岁，灰夹克", MINE, ALERT).candidates] == [ALERT.ref]


def ended(minutes: int = 50) -> Context:
    """The writer's own case, done so many minutes ago, and an older one."""
    done = OpenMatter(ref=Ref("", 1), at=NOW, mine=True, place="3栋", category="公共设施", done=True)
    ends = ((1, minutes + 60), (2, minutes))
    mine = [replace(done, ref=Ref("", n), at=NOW - timedelta(minutes=ago)) for n, ago in ends]
    return Context(now=NOW, grid="G1", matters=tuple(mine))


@pytest.mark.parametrize(
    "text", ["挺好的，谢谢", "5分好评", "可以，辛苦了", "不错", "修得很好 谢谢师傅", "这次好了，满意", "满意"]
)
def test_kind_words_after_the_end_rate_what_ended_last(text: str) -> None:
    reading = read(text, ended())
    assert (reading.act, reading.satisfied) == (Act.RATE, True)
    assert reading.candidates[0].ref == Ref("", 2)


@pytest.mark.parametrize("text", ["一般", "打3分", "修得一般，谢谢"])
def test_a_middling_word_after_the_end_says_neither(text: str) -> None:
    reading = read(text, ended())
    assert (reading.act, reading.satisfied) == (Act.RATE, None)


@pytest.mark.parametrize("text", ["不行啊，今晚又灭了", "又坏了", "没用啊，还是白修", "灯又不亮了"])
def test_it_did_not_last(text: str) -> None:
    reading = read(text, ended())
    assert reading.act is Act.NOT_FIXED
    assert reading.candidates[0].ref == Ref("", 2)


@pytest.mark.parametrize("text", ["好的", "好", "行", "今天天气不错", "哈哈哈", "菜不错，多少钱", "收到"])
def test_talk_after_the_end_rates_nothing(text: str) -> None:
    assert read(text, ended()).act is not Act.RATE


def test_kind_words_long_after_rate_nothing() -> None:
    assert read("不错", ended(minutes=600)).act is Act.NONE


def test_a_number_before_the_words() -> None:
    mine = OpenMatter(ref=Ref("", 1), at=NOW - timedelta(minutes=9), mine=True, place="3栋", category="公共设施")
    context = Context(now=NOW, grid="G1", matters=(mine,))
    assert read("1号好了", context).act is Act.FIXED
    assert read("算了不投诉了", context).act is Act.WITHDRAW
