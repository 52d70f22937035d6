"""谁家老人: the town's groups are asked whose family somebody is, and the same groups hear the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from bot.gateways.protocol import Refused, Unknown
from handlers.ports import MessageType
from handlers.whose import recognises
from storage.areas import Chat, Mode, Room
from storage.inbox import Picture
from storage.matters import Stray
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from tests.alerts.town import breaking, paced, set_mode, the_alert
from tests.harness import Talk, rooms, texts, words_of

STRAY = "桥头坐着个老太太说不清家在哪,70多岁,穿花棉袄"
TOWN_ROOMS = {"g1", "g2", "g3"}


async def asked(talk: Talk, said: str = STRAY) -> list[str]:
    """A stray of g3 about whom the town was asked; what the groups read."""
    await talk.say("r4", "g3", said)
    await talk.say("w3", None, "找家人 F1")
    return words_of(await talk.say("w3", None, "确认"), "g1")


async def heard(talk: Talk, sort: Sort) -> set[str]:
    """The rooms that got, or perhaps got, a post of this sort about the stray."""
    query = (
        select(Room.key)
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .join(Delivery, col(Delivery.chat_id) == col(Chat.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(Post.ref == "F1", Post.sort == sort)
        .where(col(DeliveryPart.state).in_((PartState.SENT, PartState.UNKNOWN)))
    )
    return set(await talk.rows(query))


async def test_the_town_is_asked_after_a_preview_and_one_word(talk: Talk) -> None:
    assert "找家人 F1" in texts(await talk.say("r4", "g3", STRAY), "@w3")[0]
    (preview,) = texts(await talk.say("w3", None, "找家人 F1"), "@w3")
    assert "柳河镇 3 个居民群" in preview and "不带照片和姓名" in preview
    said = await talk.say("w3", None, "确认")
    assert rooms(said) == {*TOWN_ROOMS, "@w3"}
    (text,) = words_of(said, "g1")
    assert text in preview
    for words in ("谁家老人？", "女，约70岁，穿花棉袄", "11月21日 12:00，在北关一格桥头", "派出所 0900-0002001"):
        assert words in text
    assert not [one for one in said if one.image]
    assert "已经在 3 个群里问过了" in texts(await talk.say("w3", None, "找家人 F1"), "@w3")[0]
    assert await talk.say("w3", None, "确认 F1") and await heard(talk, Sort.ALERT) == TOWN_ROOMS


async def test_no_name_and_no_number_goes_along(talk: Talk) -> None:
    await talk.say("r4", "g3", "桥头坐着个老太太说不清家在哪,70多岁,穿花棉袄")
    await talk.say("r4", "g3", "她说她叫李秀英，身份证110101194803070012", quote="F1.2")
    await talk.say("w3", None, "找家人 F1")
    (text,) = words_of(await talk.say("w3", None, "确认 F1"), "g1")
    assert "李秀英" not in text and "110101194803070012" not in text


@pytest.mark.parametrize(
    ("words", "noun"),
    [
        ("桥头有个小孩走丢了，大概5岁，一直哭着找妈妈，说不清家在哪", "谁家孩子？"),
        ("桥头坐着个人，40来岁，说不清家在哪", "谁家的人？"),
    ],
)
async def test_it_asks_for_who_it_is(talk: Talk, words: str, noun: str) -> None:
    assert noun in (await asked(talk, words))[0]


@pytest.mark.parametrize(
    ("person", "words", "answer"),
    [
        ("r4", "找家人 F1", "只有网格员"),
        ("w1", "找家人 F1", "归北关一格管"),
        ("w4", "确认 F1", "归北关一格管"),
        ("w3", "找家人 F9", "没有 F9 这个编号"),
        ("w3", "准许照片 F1", "只有管理员"),
        ("a1", "准许照片 F1", "归北关一格管"),
        ("a2", "准许照片 F1", "还没有照片"),
    ],
)
async def test_who_may_not_and_what_cannot_be_gets_one_line(talk: Talk, person: str, words: str, answer: str) -> None:
    await talk.say("r4", "g3", STRAY)
    (text,) = texts(await talk.say(person, None, words), f"@{person}")
    assert answer in text
    assert await heard(talk, Sort.ALERT) == {"g3"}


async def test_a_no_sends_nothing_and_a_word_without_preview_shows_it(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("w3", None, "找家人 F1")
    assert "没有发" in texts(await talk.say("w3", None, "不是"), "@w3")[0]
    assert "回“确认”就发" in texts(await talk.say("w3", None, "确认 F1"), "@w3")[0]
    assert await heard(talk, Sort.ALERT) == {"g3"}
    assert await talk.say("w3", None, "办结 F1") and await heard(talk, Sort.END) == {"g3"}
    assert "已经结束" in texts(await talk.say("w3", None, "是"), "@w3")[0]


@pytest.mark.parametrize("words", ["办结 F1 女儿接走了", "误报 F1", "撤销 F1"])
async def test_groups_asked_are_the_groups_told_of_the_end(talk: Talk, words: str) -> None:
    await set_mode(talk, "g2", Mode.SILENT)
    await talk.say("r4", "g3", STRAY)
    assert "静默的 1 个不发" in texts(await talk.say("w3", None, "找家人 F1"), "@w3")[0]
    await talk.say("w3", None, "确认")
    await set_mode(talk, "g1", Mode.SILENT)
    await talk.say("w3", None, words)
    assert await heard(talk, Sort.ALERT) == await heard(talk, Sort.END) == {"g1", "g3"}


async def test_a_match_tells_them_too_each_once(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    await asked(talk)
    said = await talk.say("p1", None, "对上 F1 M1")
    assert (await the_alert(talk)).state == "found"
    assert await heard(talk, Sort.ALERT) == await heard(talk, Sort.END) == TOWN_ROOMS
    for room in TOWN_ROOMS:
        assert len([text for text in words_of(said, room) if "F1" in text]) == 1


@pytest.mark.parametrize("error", [Refused, Unknown])
async def test_where_it_did_not_arrive_no_end_goes(talk: Talk, error: type[Refused] | type[Unknown]) -> None:
    breaking(talk, "g1", error)
    await asked(talk)
    await talk.say("w3", None, "办结 F1")
    assert (
        await heard(talk, Sort.ALERT)
        == await heard(talk, Sort.END)
        == TOWN_ROOMS - ({"g1"} if error is Refused else set())
    )


async def test_an_end_in_the_middle_stops_the_rest(tmp_path: Path) -> None:
    talk = await paced(tmp_path, 20)
    await talk.say("r4", "g3", STRAY)
    await talk.wait(minutes=2)
    await talk.say("w3", None, "找家人 F1")
    await talk.say("w3", None, "确认")
    await talk.say("w3", None, "办结 F1")
    await talk.wait(minutes=5)
    assert await heard(talk, Sort.ALERT) == await heard(talk, Sort.END) < TOWN_ROOMS
    await talk.close()


@pytest.mark.parametrize(("words", "quote"), [("那是老李", None), ("是我们家的", None), ("我认识，住3组", "F1.4")])
async def test_an_answer_reaches_the_worker_and_the_finders_group(talk: Talk, words: str, quote: str | None) -> None:
    await asked(talk)
    said = await talk.say("r1", "g1", words, quote=quote)
    assert rooms(said) == {"@w3", "@p1", "g1", "g3"}
    for room in ("@w3", "g3"):
        assert words in texts(said, room)[0] and "柳树一格 王姨" in texts(said, room)[0]
    assert rooms(await talk.say("r1", "g1", words, quote=quote)) == set()
    await talk.say("w3", None, "办结 F1")
    assert await heard(talk, Sort.ALERT) == await heard(talk, Sort.END) == TOWN_ROOMS


@pytest.mark.parametrize("words", ["那是我妈", "F1 是我妈", "f1是我妈，我马上过去", "是我们家的"])
async def test_an_answer_in_private_is_passed_on_as_in_the_group(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "早上好")
    await asked(talk)
    said = await talk.say("r1", None, words)
    assert rooms(said) == {"@w3", "@p1", "@r1", "g3"}
    assert words in texts(said, "g3")[0] and "王姨" not in texts(said, "g3")[0]
    assert await talk.say("r1", None, words) == []


async def test_the_number_says_whom_somebody_knows(talk: Talk) -> None:
    await talk.say("r1", "g1", "早上好")
    await talk.say("r4", "g3", STRAY)
    await talk.say("r3", "g2", "老粮站有个迷路的大爷，70多岁，说不清家在哪")
    for person, number in (("w3", 1), ("w2", 2)):
        await talk.say(person, None, f"找家人 F{number}")
        await talk.say(person, None, "确认")
    assert texts(await talk.say("r1", None, "F2 是我爸"), "g2") == ["【待认领 F2】有居民私下 12:00 说：“F2 是我爸”"]


async def test_two_families_may_say_the_same(talk: Talk) -> None:
    await asked(talk)
    await talk.say("r1", "g1", "那是我妈")
    assert "孙丽" in texts(await talk.say("r3", "g2", "那是我妈"), "@w3")[0]


async def test_who_heard_nothing_of_it_says_nothing_of_it_in_private(talk: Talk) -> None:
    await talk.say("r5", "g4", "早上好")
    await asked(talk)
    assert "F1" not in "".join(one.text for one in await talk.say("r5", None, "那是老李"))


@pytest.mark.parametrize("words", ["这快递是我们家的", "那是老师说的", "谢谢大家", "明天是老王值班吗", "是"])
async def test_other_talk_in_a_group_that_was_asked_is_left_alone(talk: Talk, words: str) -> None:
    await asked(talk)
    assert await talk.say("r1", "g1", words) == []


async def test_where_nobody_was_asked_such_words_are_talk(talk: Talk) -> None:
    await asked(talk)
    assert await talk.say("r5", "g4", "那是老李") == []
    await talk.say("w3", None, "办结 F1")
    assert await talk.say("r1", "g1", "那是老李") == []


@pytest.mark.parametrize(
    ("text", "unasked", "quoting"),
    [
        ("是我妈", True, True),
        ("那个像我们村的老人", True, True),
        ("她好像是三组老李家的", True, True),
        ("我认识她", False, True),
        ("不认识", False, False),
        ("收到", False, False),
    ],
)
def test_what_says_who_it_is(text: str, unasked: bool, quoting: bool) -> None:
    assert (recognises(text, quoted=False), recognises(text, quoted=True)) == (unasked, quoting)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (64, 48), "red").save(path)
    return path


async def pictures(talk: Talk, person: str, words: str) -> set[str]:
    """Who gets a picture because of this command."""
    said = await talk.say(person, None, words)
    said += await talk.wait(minutes=1)
    return {one.room for one in said if one.image}


@pytest.mark.parametrize("before", [True, False])
async def test_a_photo_goes_along_only_after_an_admins_word(talk: Talk, photo: Path, before: bool) -> None:
    lines = [("", {"image": photo, "type": MessageType.PICTURE}), (STRAY, {})]
    for text, more in lines if before else reversed(lines):
        await talk.say("r4", "g3", text, **more)
    assert await talk.rows(select(Picture.state)) == ["ready"]
    await talk.say("w3", None, "找家人 F1")
    assert await pictures(talk, "w3", "确认") == set()
    assert await pictures(talk, "a2", "准许照片 F1") == TOWN_ROOMS
    assert "已经准许过" in texts(await talk.say("a2", None, "准许照片 F1"), "@a2")[0]
    await talk.say("w3", None, "办结 F1")
    assert await heard(talk, Sort.ALERT) == await heard(talk, Sort.END) == TOWN_ROOMS


async def test_a_word_for_one_photo_is_none_for_the_next(talk: Talk, photo: Path) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r4", "g3", "", image=photo, type=MessageType.PICTURE)
    await talk.say("a2", None, "准许照片 F1")
    await talk.say("r4", "g3", "", image=photo, type=MessageType.PICTURE)
    await talk.say("w3", None, "找家人 F1")
    said = await talk.say("w3", None, "确认")
    assert not [one for one in said if one.image]
    question = next(one.ref for one in said if one.room == "g1")
    await talk.say("r2", "g1", "", image=photo, type=MessageType.PICTURE, quote=question)
    (stray,) = await talk.rows(select(Stray))
    assert stray.photo_by is None and stray.picture_id == 2


async def test_allowed_before_it_goes_with_the_question(talk: Talk, photo: Path) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r4", "g3", "", image=photo, type=MessageType.PICTURE)
    await talk.say("a2", None, "准许照片 F1")
    assert "带照片" in texts(await talk.say("w3", None, "找家人 F1"), "@w3")[0]
    assert await pictures(talk, "w3", "确认") == TOWN_ROOMS


async def test_a_match_that_was_none_lets_them_be_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    await asked(talk)
    await talk.say("p1", None, "对上 F1 M1")
    await talk.say("r1", "g1", "还没找到,那不是我妈")
    await talk.say("w3", None, "找家人 F1")
    said = await talk.say("w3", None, "确认 F1")
    assert rooms(said) >= TOWN_ROOMS
    said = await talk.say("w3", None, "办结 F1")
    assert rooms(said) >= TOWN_ROOMS
