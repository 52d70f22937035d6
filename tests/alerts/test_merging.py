"""Two reports of one person are one alert; two persons stay two."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.alerts.likeness import compare
from storage.matters import Alert, AlertState
from storage.outbox import Sort
from tests.alerts.town import GRANDPA, balanced, heard, the_alert
from tests.harness import Talk, rooms, texts, words_of

WANG = "我爸王大山早上9点从柳树巷出去没回来,72岁,灰夹克"
SAME = "寻人 王大山 男 72岁 灰夹克 黑布鞋 早上9点从柳树巷走的 电话13900000005"
MOTHER = "我妈下午从石桥走丢了,68岁,红棉袄"
ALIKE = "我妈下午从石桥走丢了,67岁,红棉袄"


def alert(**facts: object) -> Alert:
    """An alert with these facts."""
    return Alert(area_id=1, chat_id=1, reporter_id=1, text="", **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "sure", "likely"),
    [
        ({"name": "王大山", "age": 72}, {"name": "王大山", "age": 71}, True, True),
        ({"name": "王大山", "age": 72}, {"name": "王大山"}, False, True),
        (
            {"phone": "1", "age": 72, "sex": "男"},
            {"phone": "1", "age": 72, "sex": "男", "clothes": "灰夹克"},
            False,
            True,
        ),
        (
            {"phone": "1", "age": 9, "place": "二中", "clothes": "校服", "name": "李小明"},
            {"phone": "1", "age": 9, "place": "二中", "clothes": "校服", "name": "李小红"},
            False,
            False,
        ),
        ({"name": "王大山", "sex": "男", "age": 72}, {"name": "王大山", "sex": "女", "age": 72}, False, False),
        ({"age": 72, "sex": "男", "clothes": "灰夹克"}, {"age": 72, "sex": "男", "clothes": "灰夹克"}, False, True),
        ({"sex": "男"}, {"sex": "男"}, False, False),
        ({}, {}, False, False),
    ],
)
def test_how_sure_it_is(one: dict[str, object], other: dict[str, object], sure: bool, likely: bool) -> None:
    for first, second in ((one, other), (other, one)):
        found = compare(alert(**first), alert(**second))
        assert (found.sure, found.likely) == (sure, likely), found


async def test_a_second_report_goes_into_the_first_and_both_families_hear_everything(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    said = await talk.say("r4", "g3", SAME)
    assert rooms(said) == {"g1", "g3", "@w1"}
    assert all("同一个人" in one.text and "M1" in one.text for one in said)
    first, second = await the_alert(talk), await the_alert(talk, 2)
    assert (second.state, second.merged_id) == (AlertState.MERGED, 1)
    assert "灰夹克" in first.clothes
    assert "黑布鞋" in first.clothes
    assert first.phone == "13900000005"
    said = await talk.say("w1", None, "确认 M2")
    assert len([text for text in texts(said, "g3") if "紧急寻人" in text]) == 1
    assert texts(said, "g3")[1:]
    said = await talk.say("r3", "g2", "线索 M2 刚在菜市场北门看到，往东走")
    assert {"g1", "g3", "@w1"} <= rooms(said)
    said = await talk.say("r1", "g1", "找到 M1")
    assert len(words_of(said, "g3")) == 1
    assert await balanced(talk)
    assert await talk.wait(hours=5) == []


async def test_the_newer_report_never_overwrites_the_familys_own(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG + ",电话13900000001")
    await talk.say("r4", "g3", "寻人 王大山 男 71岁 蓝夹克 黑布鞋 早上9点从柳树巷走的 电话13900000005")
    first = await the_alert(talk)
    assert (first.age, first.phone) == (72, "13900000001")
    assert "蓝" not in first.clothes
    assert "黑布鞋" in first.clothes


async def test_after_the_confirmation_a_second_report_changes_nothing_by_itself(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("r4", "g3", SAME)
    assert (await the_alert(talk, 2)).state == AlertState.MERGED
    assert not (await the_alert(talk)).phone
    assert "13900000005" in "".join(texts(said, "@w1"))


async def test_relatives_elsewhere_fill_gaps_before_the_confirmation(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("r4", "g3", SAME)
    said = await talk.say("r4", "g3", "他还戴着一顶蓝帽子") + await talk.wait(minutes=1)
    assert "蓝帽子" in (await the_alert(talk)).clothes
    assert {"g1", "g3"} <= rooms(said)


async def test_who_only_reported_it_too_does_not_end_it(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("r4", "g3", SAME)
    said = await talk.say("r4", "g3", "找到了")
    assert "@r1" in rooms(said)
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED


async def test_told_that_they_are_two_the_second_stands_for_itself(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("r4", "g3", SAME)
    said = await talk.say("r4", "g3", "不是", quote="M1.3")
    second = await the_alert(talk, 2)
    assert (second.state, second.merged_id) == (AlertState.UNCONFIRMED, None)
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    assert "@w3" in rooms(said)


async def test_likely_ones_are_put_to_the_worker_who_merges_them(talk: Talk) -> None:
    await talk.say("r5", "g4", MOTHER)
    said = await talk.say("r1", "g1", ALIKE)
    assert "合并 M1 M2" in texts(said, "@w1")[0]
    said = await talk.say("w1", None, "合并 M1 M2")
    assert {"g1", "g4", "@w4", "@w1"} == rooms(said)
    assert len(texts(said, "@w1")) == 1
    assert (await the_alert(talk, 2)).merged_id == 1


@pytest.mark.parametrize(("who", "town_hears"), [("w1", True), ("w4", False)])
async def test_the_town_of_the_second_report_hears_where_its_own_worker_joins_it(
    talk: Talk, who: str, town_hears: bool
) -> None:
    await talk.say("r5", "g4", MOTHER)
    await talk.say("w4", None, "确认 M1")
    await talk.say("r1", "g1", ALIKE)
    said = await talk.say(who, None, "合并 M1 M2")
    said += await talk.wait(minutes=3)
    cards = {one.room for one in said if "紧急寻人" in one.text}
    assert cards == ({"g1", "g2", "g3"} if town_hears else {"g1"})  # the second family's own group in any case
    said = await talk.say("r5", "g4", "找到 M1")
    assert rooms(said) & {"g1", "g2", "g3"} == cards


async def test_both_cards_out_the_end_goes_once_to_each_group(talk: Talk) -> None:
    await talk.say("r5", "g4", MOTHER)
    await talk.say("r1", "g1", ALIKE)
    await talk.say("w4", None, "确认 M1")
    await talk.say("w1", None, "确认 M2")
    said = await talk.say("d1", None, "合并 M2 M1")
    assert not [one for one in said if "紧急寻人" in one.text]  # nobody gets a second card
    assert (await the_alert(talk)).covers((await the_alert(talk, 2)).beyond or "/1/2/")
    said = await talk.say("r5", "g4", "找到 M1")
    assert all(len(words_of(said, room)) == 1 for room in ("g1", "g2", "g3", "g4"))
    both = await heard(talk, 1, Sort.ALERT) | await heard(talk, 2, Sort.ALERT)
    assert await heard(talk, 1, Sort.END) == both
    assert await talk.wait(hours=5) == []


@pytest.mark.parametrize(
    ("who", "words", "answer"),
    [
        ("w1", "合并 M1 M2", "性别不同"),
        ("w2", "合并 M1 M2", "没有改动"),
        ("r1", "合并 M1 M2", "没有改动"),
        ("w1", "合并 M1 M9", "没有寻人 M9"),
        ("w1", "合并 M1 M1", "同一件"),
        ("w1", "合并 M1", "请这样写"),
        ("w1", "合并 M1 你好", "请这样写"),
        ("w1", "合并 M1 M2 对", "请这样写"),
    ],
)
async def test_what_is_not_merged(talk: Talk, who: str, words: str, answer: str) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("r4", "g3", MOTHER)
    said = await talk.say(who, None, words)
    assert rooms(said) == {f"@{who}"}
    assert answer in said[0].text
    assert (await the_alert(talk, 2)).state == AlertState.UNCONFIRMED


async def test_plainly_two_are_merged_only_when_told_twice(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("r4", "g3", MOTHER)
    await talk.say("w1", None, "合并 M1 M2 确认")
    assert (await the_alert(talk, 2)).merged_id == 1


async def test_an_ended_one_is_not_merged(talk: Talk) -> None:
    await talk.say("r1", "g1", WANG)
    await talk.say("r4", "g3", MOTHER)
    await talk.say("w1", None, "误报 M1")
    assert "不能合并" in (await talk.say("w1", None, "合并 M1 M2"))[0].text


async def test_another_family_is_another_alert(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r4", "g3", "我妈张秀兰早上8点从老粮站走丢了,70岁,紫外套")
    assert (await the_alert(talk, 2)).state == AlertState.UNCONFIRMED


@pytest.mark.parametrize("first", ["张素芬 男 84岁 黑大衣 早上8点从老粮站走的", "我家张国强走丢了，男，82岁，黑大衣"])
async def test_two_of_one_family_are_two_alerts(talk: Talk, first: str) -> None:
    await talk.say("r1", "g1", f"寻人 {first}")
    await talk.say("r1", "g1", "寻人 张德明 男 79岁 紫外套 早上8点从老粮站走的")
    alerts = await talk.rows(select(Alert))
    assert len(alerts) == 2
    assert alerts[0].name != "张德明" and "紫" not in alerts[0].clothes
    await talk.say("r1", "g1", "我大伯张德胜也不见了，81岁，蓝棉袄")
    assert len(await talk.rows(select(Alert))) == 3


async def test_a_second_report_with_a_title_or_without_a_name_is_of_the_same(talk: Talk) -> None:
    await talk.say("r1", "g1", "寻人 张素芬 女 84岁 黑大衣 早上8点从老粮站走的")
    await talk.say("r1", "g1", "我妈张奶奶还没回来，84岁，穿黑大衣")
    assert len(await talk.rows(select(Alert))) == 1
