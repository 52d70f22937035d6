"""Lines of a talk that were once misread: what they mean hangs on what is open, asked or said before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from handlers.understanding import Act, Context, Gazetteer, Kind, Line, OpenMatter, PendingQuestion, Reading, Ref, read
from tests.understanding.evaluate import NOW

MINUTE = timedelta(minutes=1)
ALERT = OpenMatter(Ref("M", 1), NOW - 5 * MINUTE, sex="男", age=72, clothes="灰夹克黑裤子")
MY_ALERT = OpenMatter(Ref("M", 1), NOW - 5 * MINUTE, mine=True, sex="男", age=72, clothes="灰夹克黑裤子")
LEAK = OpenMatter(Ref("", 12), NOW - 5 * MINUTE, mine=True, category="水电气暖", place="3栋")
SMELL = OpenMatter(Ref("", 13), NOW - MINUTE, mine=True, category="环境卫生")
NOISE_NEXT_DOOR = OpenMatter(Ref("", 14), NOW - MINUTE, category="噪音")
LIFT = OpenMatter(Ref("", 15), NOW - 5 * MINUTE, mine=True, category="公共设施", place="5栋")
FIRE_NEXT_DOOR = OpenMatter(Ref("", 16), NOW - 5 * MINUTE, category="安全隐患")


def line(text: str, *matters: OpenMatter, **more: Any) -> Reading:
    return read(text, Context(now=NOW, matters=matters, **more))


@pytest.mark.parametrize("text", ["哪家的老人呀", "这谁家老太太", "这孩子是谁家的啊，怎么了", "那是谁家的老爷子呢"])
def test_asking_whose_it_is_beside_an_alert_is_no_stray(text: str) -> None:
    assert line(text, ALERT).kind in (Kind.CHAT, Kind.QUESTION)
    assert line(text, quoted=Ref("M", 1)).kind in (Kind.CHAT, Kind.QUESTION)


@pytest.mark.parametrize(
    "text", ["谁家的老人在粮站门口坐着，说不清自己住哪", "这里有个老太太一直哭，问她家在哪也不知道，谁家的"]
)
def test_someone_lost_and_here_is_a_stray_beside_an_alert_too(text: str) -> None:
    assert line(text, ALERT).kind is Kind.STRAY


@pytest.mark.parametrize("text", ["M1还找吗", "m1 还在找人不", "M1还需要找人吗？"])
def test_asking_whether_they_still_look_is_no_report(text: str) -> None:
    reading = line(text, ALERT, mentions_bot=True)
    assert (reading.act, reading.candidates[0].ref) == (Act.ASK, ALERT.ref)
    assert reading.kind in (Kind.QUESTION, Kind.CHAT)


@pytest.mark.parametrize(
    ("text", "clothes"),
    [
        ("不是灰夹克，是黑夹克", "黑夹克"),
        ("帽子不是红的，是绿的", "绿帽子"),
        ("鞋不是白的是蓝的", "蓝鞋"),
        ("是棕色外套，不是黄色外套", "棕色外套"),
    ],
)
def test_a_corrected_garment_is_that_garment_alone(text: str, clothes: str) -> None:
    reading = line(text, MY_ALERT)
    assert (reading.act, reading.fields.clothes) == (Act.CORRECT, clothes)


@pytest.mark.parametrize(
    ("text", "building", "unit"),
    [("错了，是6栋不是8栋", "6", None), ("是二单元，不是三单元", None, "2"), ("不对，应该是7号楼", "7", None)],
)
def test_what_is_right_may_come_before_what_is_wrong(text: str, building: str | None, unit: str | None) -> None:
    reading = line(text, LEAK)
    assert (reading.act, reading.fields.building, reading.fields.unit) == (Act.CORRECT, building, unit)


@pytest.mark.parametrize(
    "text", ["谁家也没电了吗？", "你们那边停气了没有", "大家都断网了吗", "邻居们家里没热水吗", "你们楼跳闸了没？"]
)
def test_asking_whether_others_have_it_is_no_request(text: str) -> None:
    assert line(text).kind in (Kind.QUESTION, Kind.CHAT)


def test_saying_that_one_has_it_is_a_request() -> None:
    assert line("我们家停水了，大家帮忙问问").kind is Kind.REQUEST


@pytest.mark.parametrize(
    "text",
    [
        "师傅多久能到",
        "还要多长时间才能修好",
        "几点来修啊",
        "啥时候能通",
        "到底管不管啊",
        "你们到底来不来",
        "有没有人来处理",
    ],
)
@pytest.mark.parametrize("private", [True, False])
def test_impatience_is_about_the_open_case(text: str, private: bool) -> None:
    reading = line(text, LEAK, private=private)
    assert (reading.act, reading.candidates[0].ref) == (Act.ASK, LEAK.ref)
    assert line(text).act is Act.NONE


@pytest.mark.parametrize("text", ["火扑灭了", "人都救出来了，大家放心", "终于出来了！谢谢", "刚出来了，虚惊一场"])
def test_an_emergency_that_is_over(text: str) -> None:
    for matter in (LIFT, FIRE_NEXT_DOOR):
        reading = line(text, matter)
        assert (reading.act, reading.candidates[0].ref) == (Act.FIXED, matter.ref)
    assert line(text, NOISE_NEXT_DOOR).act is Act.NONE


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("嗯，发出去吧", Act.YES),
        ("可以，发", Act.YES),
        ("好，同意", Act.YES),
        ("对对，发送", Act.YES),
        ("先不要发", Act.NO),
        ("暂时别发出去", Act.NO),
        ("等一下", Act.NONE),
        ("先等等", Act.NONE),
        ("好不容易", Act.NONE),
    ],
)
def test_an_answer_of_two_words(text: str, act: Act) -> None:
    assert line(text, question=PendingQuestion("confirm", Ref("M", 1))).act is act


@pytest.mark.parametrize(
    ("text", "act", "plain"),
    [
        ("M1属实", Act.YES, True),
        ("收到", Act.YES, False),
        ("不属实，人在家", Act.NO, True),
        ("还没核实", Act.NO, False),
        ("是，但是还没核实", Act.NO, False),
        ("属实吗", Act.NONE, False),
        ("应该属实吧", Act.YES, False),
        ("不对吧", Act.NO, False),
        ("没有这个人", Act.NO, True),
        ("不对，是82岁", Act.CORRECT, True),
    ],
)
def test_only_plain_words_say_whether_a_report_is_true(text: str, act: Act, plain: bool) -> None:
    reading = line(text, question=PendingQuestion("confirm", Ref("M", 1)))
    assert (reading.act, reading.act_confidence > 0.6) == (act, plain)


@pytest.mark.parametrize("text", ["辛苦格格了", "你好", "在么", "社区几点下班？", "取消"])
def test_a_line_to_the_bot_is_read_by_itself(text: str) -> None:
    before = (Line(NOW - MINUTE, "我们家没电了"), Line(NOW - MINUTE, "3栋的"))
    assert line(text, mentions_bot=True, lines=before).joined == 0


def test_a_piece_of_a_report_to_the_bot_is_still_joined() -> None:
    before = (Line(NOW - MINUTE, "楼道灯"), Line(NOW - MINUTE, "坏了好几天"))
    assert line("3栋2单元", mentions_bot=True, lines=before).joined == 2


@pytest.mark.parametrize("text", ["晚上根本没法睡", "熏得我头疼", "全家都睡不着觉", "臭死了臭死了", "孩子吓得直哭"])
def test_what_a_nuisance_does_is_no_new_case(text: str) -> None:
    mine, theirs = line(text, SMELL), line(text, NOISE_NEXT_DOOR)
    assert (mine.act, mine.candidates[0].ref) == (Act.MORE, SMELL.ref)
    assert (theirs.act, theirs.candidates[0].ref) == (Act.SAME, NOISE_NEXT_DOOR.ref)
    assert line(text).act is line(text, LEAK, ALERT).act is Act.NONE or line(text, LEAK).act is Act.MORE


def test_a_nuisance_with_a_subject_of_its_own_is_a_new_case() -> None:
    reading = line("隔壁装修从早吵到晚，孩子没法写作业", SMELL)
    assert (reading.kind, reading.act) == (Kind.COMPLAINT, Act.NONE)


@pytest.mark.parametrize("text", ["我爸中午从家里走的，到现在没回来", "奶奶刚才在楼下不见了", "孩子在外面走丢了"])
def test_home_is_no_place(text: str) -> None:
    assert line(text).fields.place is None


def test_from_home_is_no_answer_to_where() -> None:
    asked = PendingQuestion("place", Ref("M", 1))
    assert line("她中午12点从家里走的", MY_ALERT, question=asked).fields.place is None
    assert line("她中午12点从柳树巷走的", MY_ALERT, question=asked).fields.place == "柳树巷"


def test_a_school_year_is_no_place() -> None:
    fields = line("我儿子放学到现在没到家，上小学二年级").fields
    assert fields.place is None
    assert fields.seen_at == datetime(2026, 11, 21, 15, 30, tzinfo=NOW.tzinfo)
    assert line("我儿子在实验小学门口走丢了").fields.place == "实验小学门口"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("北区8栋2楼的灯不亮了", "北区8栋2楼"),
        ("二期11号楼停水了", "二期11号楼"),
        ("粮站对面4号楼门口堆满了垃圾", "粮站对面4号楼门口"),
    ],
)
def test_a_house_keeps_what_stands_before_it(text: str, place: str) -> None:
    names = Gazetteer(["粮站", "柳树巷"])
    assert read(text, Context(now=NOW, gazetteer=names)).fields.place == place


@pytest.mark.parametrize(
    "text", ["家里下水道不通了", "俺家厨房下水堵死了，水下不去", "卫生间的地漏一直返水，麻烦来人看看"]
)
def test_a_drain_at_home_is_no_matter_of_the_street(text: str) -> None:
    assert line(text).category in ("水电气暖", "房屋")


@pytest.mark.parametrize(
    "text",
    ["找到一个了", "还没回来", "急死我了", "求求你们了", "报警了", "打过电话了", "快点啊", "等民警", "没人接电话",
     "我在学校等", "在路上"],
)  # fmt: skip
@pytest.mark.parametrize("asked", ["place", "name"])
def test_what_a_family_says_in_its_need_is_no_answer(text: str, asked: str) -> None:
    fields = line(text, MY_ALERT, question=PendingQuestion(asked, Ref("M", 1))).fields
    assert (fields.place, fields.name) == (None, None)


@pytest.mark.parametrize(("text", "place"), [("二中", "二中"), ("就在菜场那边", "菜场"), ("从学校走的", "学校")])
def test_a_bare_place_answers(text: str, place: str) -> None:
    assert line(text, MY_ALERT, question=PendingQuestion("place", Ref("M", 1))).fields.place == place


@pytest.mark.parametrize(
    ("text", "name"), [("王建国", "王建国"), ("老王", "老王"), ("买买提", "买买提"), ("叫小宝", "小宝")]
)
def test_a_bare_name_answers(text: str, name: str) -> None:
    assert line(text, MY_ALERT, question=PendingQuestion("name", Ref("M", 1))).fields.name == name
