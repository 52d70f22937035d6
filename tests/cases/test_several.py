"""One message that tells of several matters makes a case of each; a thing is taken on and done by its name."""

from __future__ import annotations

import pytest

from handlers.understanding import Context, Kind, read
from tests.harness import NOON, Talk, texts

HERE = Context(now=NOON)
LONG = (
    "柳树巷口靠近老粮站那一段从上个月刮大风以后到现在，"
    "晚上黑得伸手不见五指，老人出门买菜、孩子放学回家都看不清脚底下的路，前两天还有人在那里摔了一跤"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("我家停水了，还有楼下那个井盖也没了", ["我家停水了", "楼下那个井盖没了"]),
        ("3栋路灯坏了，另外垃圾好几天没人收了", ["3栋路灯坏了", "垃圾好几天没人收了"]),
        ("1、电梯坏了 2、门禁刷不开 3、小区里野狗太多", ["电梯坏了", "门禁刷不开", "小区里野狗太多"]),
        (
            f"大家好，反映几件事：第一，{LONG}，路灯一直不亮；第二，垃圾桶好几天没人清了，臭得很；第三，烧烤店音响放到凌晨两点",
            [f"{LONG}，路灯一直不亮", "垃圾桶好几天没人清了，臭得很", "烧烤店音响放到凌晨两点"],
        ),
        ("小耿，两件事：①路灯坏了②垃圾桶满了", ["路灯坏了", "垃圾桶满了"]),
    ],
)
def test_several_matters_are_told_apart(text: str, said: list[str]) -> None:
    found = read(text, HERE)
    assert [one.text for one in (found, *found.also)] == said


@pytest.mark.parametrize(
    "text",
    [
        "电梯又坏了，还有孕妇呢，快点修",
        "楼道堆满杂物，另外还有电动车在里面充电",
        "楼上漏水，另外他家还养鸡，天天打鸣",
        "暖气不热，还有两天就零下了",
        "路灯坏了，还有三盏也不亮",
    ],
)
def test_what_only_adds_to_a_matter_stays_with_it(text: str) -> None:
    found = read(text, HERE)
    assert found.kind in (Kind.REQUEST, Kind.COMPLAINT) and not found.also


def test_a_telephone_number_behind_it_hides_no_matter() -> None:
    found = read("下水道堵了，对了我的电话是13900001111", HERE)
    assert found.kind is Kind.REQUEST and found.fields.phone == "13900001111"


async def test_each_matter_is_a_case_and_is_taken_on_and_done_by_its_name(talk: Talk) -> None:
    said = texts(await talk.say("r1", "g1", "我家停水了，还有楼下那个井盖也没了，前天就没了"), "g1")
    assert [one.split("｜")[1].split("\n")[0] for one in said] == ["我家停水了", "楼下那个井盖没了，前天就没了"]
    assert "事项 2" in "".join(texts(await talk.say("r1", "g1", "井盖呢"), "g1"))
    assert texts(await talk.say("w1", "g1", "井盖我去看看"), "g1") == ["@王姨 【事项 2】小耿已接单，正在处理。"]
    done = "".join(texts(await talk.say("w1", "g1", "井盖已经换新的了"), "g1"))
    assert "【事项 2】已办结：井盖已经换新的了" in done


async def test_the_same_message_again_makes_no_second_case_of_either(talk: Talk) -> None:
    for _ in range(2):
        said = texts(await talk.say("r1", "g1", "路灯坏了，另外垃圾好几天没人收了"), "g1")
        await talk.wait(minutes=2)
    assert not any("已记下" in one for one in said)


async def test_what_was_wrong_is_done_again(talk: Talk) -> None:
    await talk.say("r1", None, "我们楼301天天在楼道里烧纸，怕着火")
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "办结 1 已上门劝阻")
    await talk.say("r1", None, "满意")
    assert any("已重新打开" in one for one in texts(await talk.say("r1", None, "又烧了"), "@r1"))


async def test_who_asks_not_to_be_named_first_is_not(talk: Talk) -> None:
    assert "能保密" in texts(await talk.say("r1", None, "我想反映个事，别说是我说的"), "@r1")[0]
    said = await talk.say("r1", None, "我们楼上开麻将馆，半夜吵得很")
    assert "不会发到群里" in texts(said, "@r1")[0] and "请不要说出是谁反映的" in texts(said, "@w1")[0]


def test_a_room_of_the_own_building_has_no_building() -> None:
    fields = read("我们楼301天天在楼道里烧纸，怕着火", HERE).fields
    assert (fields.place, fields.room) == ("301", "301")
