"""Complaints about people who hold a role: private from the first word, past those they name, to those above."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.cases.complaints import is_accused, is_named
from storage.agenda import Question
from storage.matters import Case
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize(
    ("person", "room", "words", "told", "hidden"),
    [
        ("r3", "g2", "我要投诉李珍，态度很差", "@l1", "w1 w2"),
        ("r3", None, "小耿在群里骂人，我要投诉小耿", "@l1", "w1 w2"),
        ("r1", None, "投诉高镇长不作为", "@d1", "l1 a1 t1"),
        ("r1", "g1", "举报钱村长占我家的地", "@t1", "l1 a1"),
        ("r1", "g1", "志愿者刘志愿修灯要了我50块钱，投诉", "@l1", "v1 w1"),
        ("r1", "g1", "刘志愿收了我50块钱才给修灯，我要投诉", "@l1", "v1 w1"),
        ("r1", "g1", "投诉民警石警官，收了我家烟", "@t1", "p1 l1"),
        ("r1", "g1", "投诉民警老石，收了我家烟", "@t1", "p1 l1"),
    ],
)
async def test_it_goes_past_the_named_to_those_above(
    talk: Talk, person: str, room: str | None, words: str, told: str, hidden: str
) -> None:
    said = await talk.say(person, room, words)
    assert rooms(said) == {f"@{person}", told}
    assert "接单 1" in texts(said, told)[0]
    for other in (*hidden.split(), "r2"):
        assert "没有找到 1 号" in (await talk.say(other, None, "进度 1"))[0].text


async def test_a_complaint_about_the_highest_is_owned_by_nobody_and_says_where_to_go(talk: Talk) -> None:
    said = await talk.say("r1", None, "举报秦区长受贿")
    assert rooms(said) == {"@r1"}
    assert "12345" in said[0].text
    assert rooms(await talk.wait(hours=3)) == set()
    assert "没有找到 1 号" in (await talk.say("d1", None, "进度 1"))[0].text


@pytest.mark.parametrize(("room", "words"), [("g1", "我要投诉小耿"), (None, "我要投诉小耿"), (None, "小耿怎么投诉？")])
async def test_a_name_without_a_matter_is_asked_for_it_in_private(talk: Talk, room: str | None, words: str) -> None:
    said = await talk.say("r1", room, words)
    assert rooms(said) == {"@r1"}
    assert "请说说是什么事" in said[0].text
    said = await talk.say("r1", None, "打了三次电话都不接，什么态度")
    assert rooms(said) == {"@r1", "@l1"}
    assert "小耿" in texts(said, "@l1")[0] and "三次电话" in texts(said, "@l1")[0]


@pytest.mark.parametrize("words", ["算了不用了", "不用了", "取消"])
async def test_who_thinks_better_of_it_is_let_go(talk: Talk, words: str) -> None:
    await talk.say("r1", None, "我要投诉小耿")
    await talk.say("r1", None, words)
    assert await talk.rows(select(Case)) == []
    await talk.say("r1", None, "3栋路灯坏了，晚上看不见，麻烦修一下")
    assert await talk.rows(select(Case.about_worker)) == [False]


@pytest.mark.parametrize(
    "words",
    [
        "跟小耿说过了，3栋垃圾一个月没人清，臭死了",
        "小耿，我要投诉3栋半夜唱歌，吵得睡不着",
        "投诉物业不作为，电梯三天没修",
    ],
)
async def test_a_worker_who_is_only_spoken_to_is_not_complained_of(talk: Talk, words: str) -> None:
    assert {"g1", "@w1"} == rooms(await talk.say("r1", "g1", words))


async def test_talk_of_complaints_stays_talk(talk: Talk) -> None:
    assert rooms(await talk.say("r1", "g1", "投诉有什么用，都是踢皮球")) <= {"@w1"}  # whether it is one, perhaps
    assert await talk.rows(select(Case)) == []
    assert await talk.say("r1", "g1", "小耿人真好，谁还会投诉") == []


@pytest.mark.parametrize(
    ("text", "name", "role", "named"),
    [
        ("投诉石警官", "石建国", "police", True),
        ("民警小石打人", "石建国", "police", True),
        ("老石那个民警打人", "石建国", "police", True),
        ("老石打人", "石建国", "police", False),
        ("石建国打人", "石建国", "police", True),
        ("警官打人", "石建国", "police", False),
        ("石头砸人", "石警官", "police", False),
        ("耿志强不接电话", "耿志强", "worker", True),
        ("志强不接电话", "耿志强", "worker", False),
    ],
)
def test_who_is_named(text: str, name: str, role: str, named: bool) -> None:
    assert is_named(text, name, [role]) is named


def test_who_is_accused_though_called_by_name() -> None:
    assert is_accused("小耿，我要投诉你，电话不接", "小耿", ["worker"])
    assert not is_accused("麻烦小耿看看，我要投诉噪音", "小耿", ["worker"])


@pytest.mark.parametrize("done", ["", "办结 1 已道歉", "驳回 1 查无此事"])
@pytest.mark.parametrize("words", ["还是那样，又骂人了", "他又来骂人了"])
async def test_what_is_said_later_goes_where_the_complaint_went(talk: Talk, done: str, words: str) -> None:
    await talk.say("r1", None, "投诉小耿，上门骂人")
    if done:
        await talk.say("l1", None, done)
    said = [*await talk.say("r1", None, words), *await talk.wait(minutes=1)]
    assert rooms(said) == {"@r1", "@l1"}
    assert words in texts(said, "@l1")[0]
    assert "@w1" in rooms(await talk.say("r1", None, "3栋楼道灯坏了"))


@pytest.mark.parametrize("lines", [("小耿", "上门骂人"), ("小耿态度不好",)])
async def test_who_begins_a_complaint_may_name_next_whom_it_is_about(talk: Talk, lines: tuple[str, ...]) -> None:
    await talk.say("r1", None, "我要投诉")
    said = [one for line in lines for one in await talk.say("r1", None, line)]
    assert rooms(said) == {"@r1", "@l1"}
    assert "小耿" in texts(said, "@l1")[0]


@pytest.mark.parametrize("begun", ["我要投诉", "我要投诉小耿"])
async def test_a_repair_told_instead_is_a_repair(talk: Talk, begun: str) -> None:
    await talk.say("r1", None, begun)
    assert rooms(await talk.say("r1", None, "3栋楼道灯坏了")) == {"@r1", "@w1"}
    assert await talk.rows(select(Case.about_worker)) == [False]


@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize("words", ["我要投诉", "我要投诉，太不像话了", "我要投诉，态度太差，什么事都不管", "我要举报"])
async def test_a_complaint_about_nobody_named_went_to_the_worker(talk: Talk, room: str | None, words: str) -> None:
    said = await talk.say("r1", room, words)
    assert rooms(said) == {"@r1"}
    assert "投诉谁、什么事" in said[0].text
    assert await talk.say("r1", "g1", "我要投诉") == []
    said = await talk.say("r1", None, "他上班时间打麻将，什么都不管")
    assert rooms(said) == {"@r1", "@l1"}
    assert "没有找到 1 号" in (await talk.say("w1", None, "进度 1"))[0].text


async def test_who_was_asked_whom_may_answer_with_a_name_or_a_title(talk: Talk) -> None:
    await talk.say("r1", "g1", "我要投诉，态度太差")
    said = await talk.say("r1", None, "小耿")
    assert rooms(said) == {"@r1", "@l1"} and "态度太差" in texts(said, "@l1")[0]
    await talk.say("r3", None, "我要投诉")
    assert "李珍看不到" in (await talk.say("r3", None, "网格员"))[0].text
    assert rooms(await talk.say("r3", None, "收了钱不办事")) == {"@r3", "@l1"}


@pytest.mark.parametrize("words", ["我不想投诉他", "要投诉吗", "去投诉啊", "我也想投诉，怎么投诉啊"])
async def test_talk_of_complaining_is_not_asked_after(talk: Talk, words: str) -> None:
    assert await talk.say("r1", "g1", words) == []
    assert await talk.rows(select(Question)) == []


async def test_a_complaint_about_somebody_else_is_not_asked_whom_it_is_about(talk: Talk) -> None:
    assert {"g1", "@w1"} == rooms(await talk.say("r1", "g1", "我要投诉快递员态度太差"))


BURST = "3栋2单元的水管爆了，水流到楼道里了"


async def _done(talk: Talk) -> None:
    await talk.say("r1", "g1", BURST)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "办结 1 修了")


@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize(
    "words", ["不满意，小耿态度太差了，还骂人", "1星，小耿收钱还骂人", "还在漏，小耿根本没修，还收了我50块"]
)
async def test_what_a_mark_says_of_the_worker_goes_past_him(talk: Talk, words: str, room: str | None) -> None:
    await _done(talk)
    said = await talk.say("r1", room, words)
    to_worker = "".join(one.text for one in said if one.room in ("@w1", "g1"))
    assert "重新打开" in to_worker
    assert "骂" not in to_worker and "收" not in to_worker.replace("收到", "")
    assert words.split("，", 1)[-1] in "".join(texts(said, "@l1"))
    assert "【事项 2】" not in to_worker


async def test_why_it_was_not_good_goes_past_the_worker_too(talk: Talk) -> None:
    await _done(talk)
    await talk.say("r1", "g1", "不满意")
    said = await talk.say("r1", "g1", "小耿收了我两百块钱还骂人")
    assert rooms(said) == {"@r1", "@l1"}


@pytest.mark.parametrize("words", ["小耿收我两百块钱", "小耿上门态度特别差", "网格员太懒了，打电话从来不接"])
@pytest.mark.parametrize("room", ["g1", None])
async def test_however_it_is_said_the_worker_does_not_hear_it(talk: Talk, words: str, room: str | None) -> None:
    assert rooms(await talk.say("r1", room, words)) == {"@r1", "@l1"}


@pytest.mark.parametrize("words", ["小耿人真好", "小耿被人骂了，别往心里去", "小耿收了快递吗"])
async def test_talk_of_the_worker_is_no_complaint(talk: Talk, words: str) -> None:
    assert await talk.say("r1", "g1", words) == []


async def test_what_is_said_in_private_of_the_work_is_shown_to_no_group(talk: Talk) -> None:
    await _done(talk)
    await talk.say("r1", None, "还在漏，301的老张有精神病不开门")
    told = texts(await talk.say("r2", "g1", "进度 1"), "g1")[0]
    assert "不满意" in told
    assert "老张" not in told
