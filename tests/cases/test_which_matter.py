"""Of which of several matters a line is that names no number."""

from __future__ import annotations

import pytest

from tests.harness import Talk, rooms, texts

PIPE, LAMP = "3栋楼下的水管爆了，水流了一地", "2单元门口的路灯不亮了"


async def both(talk: Talk) -> None:
    """The pipe is 1, the lamp 2, and the grid worker has both in hand."""
    for number, text in enumerate((PIPE, LAMP), 1):
        await talk.say("r1", "g1", text)
        await talk.say("w1", None, f"接单 {number}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("水管修好了", "【事项 1】好的，记为已解决。"),
        ("路灯亮了", "【事项 2】好的，记为已解决。"),
        ("水管不用修了，谢谢", "【事项 1】已撤销。"),
        ("路灯我自己修好了", "【事项 2】已撤销。"),
    ],
)
async def test_the_thing_that_a_line_names_says_of_which_case_it_is(talk: Talk, words: str, said: str) -> None:
    await both(talk)
    assert texts(await talk.say("r1", "g1", words), "g1") == [f"@王姨 {said}"]


@pytest.mark.parametrize("words", ["电梯修好了", "电梯不用修了"])
async def test_of_a_thing_that_nobody_reported_nothing_is_closed(talk: Talk, words: str) -> None:
    await both(talk)
    assert await talk.say("r1", "g1", words) == []


async def test_what_is_done_by_who_has_it_in_hand_needs_no_number(talk: Talk) -> None:
    await both(talk)
    assert texts(await talk.say("w1", "g1", "路灯修好了"), "g1")[0].startswith("@王姨 【事项 2】已办结：路灯修好了")
    assert texts(await talk.say("w1", None, "办好了"), "@w1") == ["【事项 1】已办结，已请报事人评价。"]
    assert await talk.say("w1", "g1", "办好了") == []  # nothing is left in hand


async def test_of_several_in_hand_it_is_asked_which(talk: Talk) -> None:
    await both(talk)
    said = texts(await talk.say("w1", None, "修好了"), "@w1")
    assert said[0].startswith("办好的是哪一件？") and "【事项 1】" in said[0] and "【事项 2】" in said[0]
    assert await talk.say("w1", "g1", "完成 1 份问卷") == []


@pytest.mark.parametrize("words", ["催一下", "能不能快点", "师傅还没来", "麻烦催催师傅"])
async def test_in_private_haste_is_asked_for_of_the_own_case(talk: Talk, words: str) -> None:
    await both(talk)
    assert texts(await talk.say("r1", None, words), "@r1")[0].startswith("【事项 2】")
    assert await talk.say("r2", "g1", "快点来打球") == []


async def test_not_content_again_hours_after_it_was_rated(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "办结 1")
    await talk.say("r1", "g1", "满意")
    await talk.wait(hours=5)
    assert "已重新打开" in texts(await talk.say("r1", "g1", "不满意，晚上又不亮了"), "g1")[0]


async def test_work_done_since_is_rated_and_no_longer_explained(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "办结 1 换了灯泡")
    assert "哪里不满意" in texts(await talk.say("r1", "g1", "不满意"), "g1")[0]
    await talk.say("w1", "g1", "办结 1 又换了一个")
    assert texts(await talk.say("r1", "g1", "亮了，谢谢"), "g1") == ["@王姨 【事项 1】谢谢评价，这件事就结束了。"]


async def test_who_had_joined_what_was_withdrawn_is_heard(talk: Talk) -> None:
    await talk.say("r1", "g1", "下水道堵了，臭死了")
    await talk.say("r2", "g1", "我家也是，下水道堵了")
    await talk.say("r1", "g1", "撤销 1")
    assert "【事项 2】已记下" in texts(await talk.say("r2", "g1", "怎么撤了？还没修呢"), "g1")[0]
    assert await talk.say("r1", "g1", "今天菜好贵") == []


async def test_a_fire_that_was_none_is_called_off_in_private_and_goes_on_where_it_was(talk: Talk) -> None:
    await talk.say("r1", None, "我家着火了，3栋2单元501，快来人")
    assert texts(await talk.say("r1", None, "看错了，是炒菜冒烟"), "@r1") == ["【事项 1】已撤销。"]
    again = texts(await talk.say("r1", None, "火还在烧"), "@w1")
    assert again and again[0].startswith("【急】【事项 1】") and "险情还在" in again[0]


async def test_a_neighbour_says_that_the_fire_is_out(talk: Talk) -> None:
    await talk.say("r3", "g2", "8栋着火了，好大的烟")
    heard = await talk.say("r2", "g2", "火已经灭了")
    assert "火已经灭了" in texts(heard, "@w2")[0]
    assert texts(heard, "g2") == ["@赵大爷 【事项 1】已转告赶去的人，由他们核实。"]


async def test_what_somebody_says_of_one_worker_in_one_go_is_one_complaint(talk: Talk) -> None:
    await talk.say("r1", None, "我要投诉小耿，态度太差，还骂人")
    said = await talk.say("r1", "g1", "投诉小耿，他天天不在岗")
    assert texts(said, "@r1") == ["【事项 1】已补充，只转给了老郭，不会发到群里。"]
    assert texts(said, "g1") == [] and texts(said, "@w1") == []
    assert "【事项 2】" in texts(await talk.say("r1", None, "投诉老郭，收了我两百块钱"), "@r1")[0]


@pytest.mark.parametrize("words", ["接了", "收到，我马上去看看", "收到，都安排", "马上过去", "已联系供电所，明天来"])
async def test_who_is_to_do_it_takes_it_on_in_plain_words(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LAMP)
    assert texts(await talk.say("w1", "g1", words), "g1") == ["@王姨 【事项 1】小耿已接单，正在处理。"]
    assert await talk.say("w1", "g1", words) == []  # nothing is left to take


async def test_of_several_to_take_it_is_asked_which(talk: Talk) -> None:
    await talk.say("r1", "g1", PIPE)
    await talk.say("r2", "g1", LAMP)
    said = texts(await talk.say("w1", None, "我去看看"), "@w1")
    assert said[0].startswith("要接的是哪一件？") and "“接单 1”" in said[0]
    assert texts(await talk.say("w1", None, "2 我去看看"), "g1") == ["@赵大爷 【事项 2】小耿已接单，正在处理。"]
    assert await talk.say("r3", "g1", "我去看看") == []  # who holds no role takes nothing on


async def test_long_after_a_report_nothing_is_taken_on_by_words_in_the_group(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.wait(hours=2)
    assert await talk.say("w1", "g1", "我去看看") == []


async def test_a_number_before_what_is_done_says_of_which_case_it_is(talk: Talk) -> None:
    await both(talk)
    said = await talk.say("w1", None, "2修好了，换了灯泡")
    assert texts(said, "g1")[0].startswith("@王姨 【事项 2】已办结：修好了，换了灯泡")


async def test_a_command_without_a_number_means_the_case_that_it_fits(talk: Talk) -> None:
    await talk.say("r1", "g1", PIPE)
    await talk.say("w1", "g1", "办结 1 换了管")
    await talk.say("r2", "g1", LAMP)
    assert texts(await talk.say("w1", None, "接单"), "g1") == ["@赵大爷 【事项 2】小耿已接单，正在处理。"]


async def test_a_worker_who_tells_the_bot_how_it_goes_is_shown_how_to_pass_it_on(talk: Talk) -> None:
    await both(talk)
    said = texts(await talk.say("w1", None, "师傅已经到楼下了"), "@w1")
    assert said == ["要让报事人知道，请回“进展 2 师傅已经到楼下了”；办完回“办结 2 结果”。"]
    assert await talk.say("w1", None, "明天才能修完") == []  # it was shown how
    assert await talk.say("w1", None, "好的，马上") == []


@pytest.mark.parametrize("words", ["孩子他爸不用管了，作业写完了", "妈你别等了，我不回来吃"])
async def test_what_is_said_to_the_family_takes_nothing_back(talk: Talk, words: str) -> None:
    await both(talk)
    assert await talk.say("r1", "g1", words) == []


async def test_what_is_of_the_house_may_be_kept_out_of_the_group(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    said = texts(await talk.say("r1", None, "我家的事别在群里说"), "@r1")
    assert said == ["【事项 1】好的，以后只私下说，不在群里说了。已经发出去的收不回来。"]


async def test_who_is_kept_awake_too_joins_the_noise_that_was_just_told_of(talk: Talk) -> None:
    await talk.say("r1", "g1", "楼上半夜装修吵死了")
    said = await talk.say("r2", "g1", "我家也被吵得睡不着")
    assert texts(said, "@w1") == ["【事项 1】又有一位邻居（赵大爷）说有同样情况。"]
    await talk.wait(hours=2)
    assert texts(
        await talk.say("r3", "g1", "我家也被吵得睡不着"), "@r3"
    )  # of the same noise, or of another: a matter of its own


async def test_who_says_what_was_done_need_not_have_taken_it_on(talk: Talk) -> None:
    await talk.say("r1", "g1", "小区门口的井盖没了")
    await talk.say("r2", "g1", LAMP)
    assert texts(await talk.say("w1", "g1", "井盖装好了"), "g1")[0].startswith("@王姨 【事项 1】已办结：井盖装好了")
    assert texts(await talk.say("w1", "g1", "换好了"), "g1")[0].startswith("@赵大爷 【事项 2】已办结：换好了")


async def test_where_is_it_asks_how_a_thing_stands(talk: Talk) -> None:
    await both(talk)
    assert texts(await talk.say("r1", "g1", "路灯呢？"), "g1")[0].startswith("@王姨 【事项 2】公共设施")
    assert await talk.say("r2", "g1", "你的灯笼呢") == []
    assert await talk.say("r1", "g1", "你孩子呢") == []


@pytest.mark.parametrize(
    "words", ["收到，都安排", "我去跟他们说说", "已经上门说了，答应以后注意", "好的我去了解一下情况", "跟物业沟通过了"]
)
async def test_words_of_who_talks_to_people_take_it_on(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "楼上天天半夜拖椅子，说了好几次不听")
    assert texts(await talk.say("w1", "g1", words), "g1") == ["@王姨 【事项 1】小耿已接单，正在处理。"]


@pytest.mark.parametrize("words", ["谁去说说", "跟他说了三遍没用", "说了也没用", "我跟物业反映过没用"])
async def test_words_about_talking_take_nothing_on(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "楼上天天半夜拖椅子，说了好几次不听")
    assert "接单" not in "".join(texts(await talk.say("w1", "g1", words), "g1"))


async def test_a_worker_is_shown_how_to_tell_of_the_case_they_named(talk: Talk) -> None:
    await talk.say("r1", "g1", PIPE)
    await talk.say("r2", "g1", LAMP)
    assert "进展 1 楼上住户都在家" in texts(await talk.say("w1", None, "1 楼上住户都在家"), "@w1")[0]


async def test_haste_hours_later_is_of_the_only_case_of_who_says_it(talk: Talk) -> None:
    await talk.say("r1", "g1", "下水道堵了三天")
    await talk.wait(hours=5)
    assert "@w1" in rooms(await talk.say("r1", "g1", "催"))
    assert await talk.say("r2", "g1", "催") == []
