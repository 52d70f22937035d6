"""The family's own words, of any region, for: found, not yet, dead, not needed any more."""

from __future__ import annotations

import pytest

from handlers.alerts.saying_over import heard
from handlers.understanding import Act, Kind, Reading, Ref
from tests.alerts.town import GRANDPA, balanced, the_alert
from tests.harness import Talk, rooms, texts

OWN = [Ref("M", 1)]
FOUND = [
    "找见了", "人找见啦", "揾到咗", "找到哉", "找到喽", "寻着哉", "寻到咧", "找着嘞，谢谢大家", "找返了",
    "俺爹找着咧", "误会，人就在楼上", "弄错了，在家睡觉呢", "误报误报 在同学家呢", "虚惊一场，刚到家",
    "见到了 是我奶奶 谢谢大姐", "接到人了，就是我爸",
]  # fmt: skip
UNSURE = [
    "回来咯", "到屋了", "回屋里了", "人没了", "人不在了", "搞错了", "发错了，没走丢", "虚惊一场", "人安全",
    "我接到我爸了 谢谢老周", "把我妈接回家了", "在俺二姨家嘞 俺二姨也不说一声",
]  # fmt: skip
WITHDRAWN = ["不找了", "算了不找了", "撤了吧", "不用再找了，谢谢", "不用麻烦大家了", "不用了，别找了"]
TALK = [
    "没找见", "还冇寻到", "莫找到", "仲未搵到", "还没回来", "找到了吗", "找见没", "不用了", "算了",
    "没事", "没了", "好的", "谢谢大家", "我到家了", "我回来了", "我回家拿件衣服", "我在家等消息", "我妈在家等着呢",
    "我去医院看看", "找到一只鞋", "钥匙找到了", "别发照片", "我接着找", "先不找那边了", "走了", "人在哪",
    "有人找到了吗", "在我家门口 没看到", "在家 还在等", "我接到一个电话", "谢谢老周", "我接到通知了",
]  # fmt: skip


def over(words: str) -> Reading:
    return heard(Reading(words, Kind.CHAT, 0.5), OWN)


@pytest.mark.parametrize("words", FOUND)
def test_found_in_any_wording(words: str) -> None:
    assert (over(words).kind, over(words).act, over(words).confidence) == (Kind.FOUND, Act.FIXED, 0.9)


@pytest.mark.parametrize("words", UNSURE)
def test_what_may_mean_it_is_asked_back(words: str) -> None:
    assert (over(words).kind, over(words).act, over(words).confidence) == (Kind.FOUND, Act.FIXED, 0.3)


@pytest.mark.parametrize("words", WITHDRAWN)
def test_not_needed_any_more(words: str) -> None:
    assert over(words).act == Act.WITHDRAW


@pytest.mark.parametrize("words", TALK)
def test_talk_stays_talk(words: str) -> None:
    assert over(words).act == Act.NONE


def test_of_somebody_without_a_report_it_says_nothing() -> None:
    assert heard(Reading("找见了", Kind.CHAT, 0.5), []).act == Act.NONE


async def test_the_family_ends_it_in_its_own_words(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    assert "还在找" in texts(await talk.say("r4", "g3", "找见了没"), "g3")[0]
    assert rooms(await talk.say("r1", "g1", "人找见啦，谢谢大家")) >= {"g1", "g2", "g3"}
    assert (await the_alert(talk)).state == "found"
    assert await balanced(talk)


async def test_of_a_death_in_doubt_it_is_asked_gently(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("r1", "g1", "人没了")
    assert rooms(said) == {"@r1"} and "不说原因" in said[0].text
    assert (await the_alert(talk)).state == "confirmed"
    said = await talk.say("r1", "g1", "是")
    assert (await the_alert(talk)).state == "died"
    assert not any("好消息" in one.text for one in said)


async def test_with_two_of_theirs_it_is_asked_which(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "我女儿也走丢了，9岁，红裙子")
    assert "哪一位" in texts(await talk.say("r1", "g1", "找见了"), "g1")[0]


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize("words", ["已报警", "我们已经报警了", "刚刚报过警了", "报警了！", "打了110了", "110报过了"])
async def test_that_the_police_know_needs_no_number(talk: Talk, words: str, room: str | None, confirmed: bool) -> None:
    await talk.say("r1", "g1", GRANDPA)
    if confirmed:
        await talk.say("w1", None, "确认 M1")
        await talk.wait(minutes=1)
    said = await talk.say("r1", room, words)
    assert rooms(said) >= {"@w1", "g1"} and all("已报警" in one.text for one in said)
    assert (await the_alert(talk)).police_told_at is not None


@pytest.mark.parametrize(
    "words", ["报警了吗", "要不要报警", "还没报警", "我去报警", "谁报警了", "打110", "赶紧打110啊"]
)
async def test_what_only_speaks_of_the_police_notes_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", words)
    assert (await the_alert(talk)).police_told_at is None


@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize("words", ["停止扩散", "先别往外扩散了", "不要再扩散了"])
async def test_that_it_is_to_go_no_further_needs_no_number(talk: Talk, words: str, room: str | None) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)
    assert "停止往外扩散" in texts(await talk.say("r1", room, words), "g1")[0]
    assert not (await the_alert(talk)).widening
    assert "g4" not in rooms(await talk.wait(hours=3))


async def test_before_it_is_confirmed_it_is_kept_in_the_town(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("r1", "g1", "停止扩散")
    assert rooms(said) == {"g1", "@w1"} and "撤销 M1" in texts(said, "g1")[0]
    assert {"g1", "g2", "g3"} <= rooms(await talk.say("w1", None, "确认 M1"))
    assert "g4" not in rooms(await talk.wait(hours=3))


async def test_a_phone_that_is_not_for_the_group_stays_with_the_worker(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，红外套，从柳树巷出去的")
    await talk.say("r1", "g1", "电话13900000001，别发到群里")
    said = await talk.say("w1", None, "确认 M1")
    assert not [one for one in said if "13900000001" in one.text]
    assert (await the_alert(talk)).phone == "13900000001"


async def two(talk: Talk) -> None:
    """A brother and a sister of one family."""
    await talk.say("r1", "g1", "我儿子不见了，8岁，蓝校服，放学没回家")
    await talk.say("r1", "g1", "我女儿也不见了，5岁，红裙子，一起的")


@pytest.mark.parametrize("words", ["两个都找到了", "俩孩子都回来了，谢谢大家"])
async def test_of_several_all_are_found(talk: Talk, words: str) -> None:
    await two(talk)
    said = texts(await talk.say("r1", "g1", words), "g1")
    assert [text[:8] for text in said] == ["【寻人 M1】好", "【寻人 M2】好"]


@pytest.mark.parametrize("words", ["找到了，谢谢大家", "找到一个了，还有一个没找到"])
async def test_of_several_not_all_are_found(talk: Talk, words: str) -> None:
    await two(talk)
    assert not [text for text in texts(await talk.say("r1", "g1", words), "g1") if "已找到" in text]


async def test_the_police_know_of_all_whom_the_family_seeks(talk: Talk) -> None:
    await two(talk)
    said = texts(await talk.say("r1", "g1", "已报警"), "g1")
    assert ["M1" in said[0], "M2" in said[1]] == [True, True]


async def test_with_a_schoolmate_nothing_is_wrong(talk: Talk) -> None:
    await talk.say("r1", "g1", "我儿子不见了，15岁，蓝校服，昨晚吵架走的")
    said = await talk.say("r1", "g1", "跟同学在一起，没事了")
    assert "M1" in "".join(texts(said, "g1"))
