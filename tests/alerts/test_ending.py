"""The end reaches exactly those who heard, or perhaps heard, of the alert."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.gateways.protocol import Refused, Unknown
from storage.areas import Mode
from storage.matters import AlertState
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort
from storage.reading import Correction
from tests.alerts.town import (
    CLUE,
    GRANDPA,
    MOTHER,
    TOWN_ROOMS,
    balanced,
    breaking,
    heard,
    paced,
    set_mode,
    the_alert,
)
from tests.harness import Talk, rooms, texts, words_of


@pytest.mark.parametrize(
    ("person", "room", "words", "state"),
    [
        ("r1", "g1", "找到 M1", AlertState.FOUND),
        ("r1", "g1", "找到了，在亲戚家，谢谢大家", AlertState.FOUND),
        ("w1", None, "找到 M1 在老粮站", AlertState.FOUND),
        ("p1", None, "找到 M1", AlertState.FOUND),
        ("t1", None, "误报 M1", AlertState.FALSE),
        ("w1", None, "驳回 M1 家里吵架，人在娘家", AlertState.FALSE),
        ("w1", None, "误判 M1", AlertState.FALSE),
        ("r1", "g1", "撤销 M1", AlertState.WITHDRAWN),
        ("r1", None, "撤销 M1", AlertState.WITHDRAWN),
    ],
)
async def test_every_way_to_end_it(talk: Talk, person: str, room: str | None, words: str, state: AlertState) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say(person, room, words)
    assert rooms(said) >= TOWN_ROOMS
    assert all(len(words_of(said, one)) == 1 for one in rooms(said))
    assert (await the_alert(talk)).state == state
    assert await balanced(talk)
    assert await talk.wait(hours=2) == []


@pytest.mark.parametrize("words", ["找到 M1", "撤销 M1", "误报 M1"])
async def test_ended_twice_says_so_once_more_only_to_the_writer(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "找到 M1")
    said = await talk.say("w1", None, words)
    assert rooms(said) == {"@w1"}
    assert "已找到" in said[0].text
    assert await balanced(talk)


@pytest.mark.parametrize("words", ["撤销 M1", "误报 M1"])
async def test_others_end_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("r2", "g1", words)
    assert len(said) == 1
    assert "没有改动" in said[0].text


@pytest.mark.parametrize("words", ["找到 M1 在我家", "找到了，你爸在我家呢"])
async def test_found_from_others_is_put_to_the_family_and_the_worker(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    said = await talk.say("r3", "g2", words)
    assert rooms(said) == {"g2", "@r1", "@w1"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    assert await talk.say("r4", "g3", words) == []  # asked already
    said = await talk.say("r1", None, "是")
    assert rooms(said) >= TOWN_ROOMS
    assert await balanced(talk)


@pytest.mark.parametrize(
    ("person", "room", "words"),
    [
        ("r4", "g3", "在二中门口找到了"),
        ("r3", "g2", "找到了，在二中门口，我陪着他"),
        ("r4", "g3", "人找到了"),
        ("w2", "g2", "人找到了"),
        ("w3", None, "找到 M1"),
        ("r4", None, "找到 M1 在二中"),
    ],
)
async def test_a_later_find_with_news_is_put_to_them_too(talk: Talk, person: str, room: str | None, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "找到了")
    said = await talk.say(person, room, words)
    assert rooms(said) == {room or f"@{person}", "@r1", "@w1"}
    assert rooms(await talk.say("r1", None, "是")) >= TOWN_ROOMS
    assert (await the_alert(talk)).state == AlertState.FOUND
    assert await balanced(talk)


@pytest.mark.parametrize(("person", "words"), [("r3", "真的找到了"), ("r1", "找到了"), ("r2", "是吗，找到了啊")])
async def test_an_echo_of_a_find_is_not_put_to_them_again(talk: Talk, person: str, words: str) -> None:
    await talk.say("r4", "g3", GRANDPA.replace("柳树巷", "老粮站"))
    await talk.say("w3", None, "确认 M1")
    await talk.say("r3", "g2", "找到了")
    assert await talk.say(person, "g2", words) == []


async def test_a_death_told_after_a_find_ends_quietly(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "找到了")
    said = await talk.say("r4", None, "找到 M1 人已经没气了")
    assert rooms(said) == {"@w1", "@r4"}
    await talk.say("w1", None, "是")
    assert (await the_alert(talk)).state == AlertState.DIED


async def test_not_found_after_all_goes_on(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "找到了，你爸在我家呢")
    said = await talk.say("w1", None, "不是")
    assert rooms(said) == {"@w1"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    assert "g3" in rooms(await talk.say("r4", "g3", CLUE))


@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize("words", ["不是我爸", "不是我爸，认错了", "去看了，那个不是他", "不是要找的人"])
async def test_that_it_is_somebody_else_answers_what_was_asked(talk: Talk, room: str | None, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    assert await talk.say("r1", "g1", words) == []
    await talk.say("r3", "g2", "找到了，你爸在我家呢")
    assert "接着找" in texts(await talk.say("r1", room, words), room or "@r1")[0]
    await talk.say("w1", None, "是")
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


@pytest.mark.parametrize(
    ("person", "words"), [("r1", "隔壁家孩子找到了"), ("r1", "孩子找到了"), ("w1", "老李头找到了")]
)
async def test_a_find_of_somebody_else_ends_nothing(talk: Talk, person: str, words: str) -> None:
    await talk.say("r1", "g1", "我妈不见了，78岁，紫色外套，早上从老粮站走的，叫王秀英")
    assert "您是说人找到了吗" in texts(await talk.say(person, "g1", words), "g1")[0]
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    await talk.say("r1", "g1", "找到了，在邻居家")
    assert (await the_alert(talk)).state == AlertState.FOUND


async def test_still_missing_is_not_found(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "还没找到，急死了")
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED


@pytest.mark.parametrize("report", [GRANDPA, MOTHER])
async def test_not_meant_takes_it_back(talk: Talk, report: str) -> None:
    await talk.say("r1", "g1", report)
    said = await talk.say("r1", "g1", "不是", quote="M1.1")
    assert "理解错了" in texts(said, "g1")[0]
    assert (await the_alert(talk)).state == AlertState.WITHDRAWN
    (kept,) = await talk.rows(select(Correction))
    assert (kept.ref, kept.was, kept.should) == ("M1", "missing", "chat")
    assert await balanced(talk)


async def test_a_clue_to_a_closed_card_is_told_so(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r1", "g1", "找到 M1")
    said = await talk.say("r4", "g3", "线索 M1 刚在菜市场北门看到")
    assert texts(said, "g3") == ["@周强 【寻人 M1】已找到。谢谢您留心！"]
    assert rooms(said) == {"g3"}


async def test_ended_half_way_only_those_who_heard_are_told(tmp_path: Path) -> None:
    talk = await paced(tmp_path, 60)
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=2)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=2)
    alerted = len(await heard(talk, 1, Sort.ALERT))
    assert 0 < alerted < 3
    await talk.say("r1", "g1", "撤销 M1")
    await talk.wait(minutes=30)
    assert len(await heard(talk, 1, Sort.END)) == alerted
    assert await balanced(talk)
    assert not [one for one in talk.outputs if one.image]
    await talk.close()


async def test_ended_before_the_first_word_went_out(tmp_path: Path) -> None:
    talk = await paced(tmp_path, 600)
    await talk.say("r2", "g2", "大家好")
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "找到 M1")
    await talk.wait(hours=3)
    assert await balanced(talk)
    await talk.close()


async def test_perhaps_received_counts_as_received(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    breaking(talk, "g3", Unknown)
    await talk.say("w1", None, "确认 M1")
    said = await talk.wait(minutes=1)
    assert "1 个不确定是否收到" in texts(said, "g1")[0]
    await talk.say("w1", None, "找到 M1")
    query = select(func.count()).select_from(Delivery).join(Post, col(Post.id) == Delivery.post_id)
    assert await talk.rows(query.where(Post.sort == Sort.END)) == [3]


async def test_a_group_that_failed_hears_no_end(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    breaking(talk, "g3", Refused)
    await talk.say("w1", None, "确认 M1")
    said = await talk.wait(minutes=1)
    assert "已发到 2 个群，1 个没发成" in texts(said, "g1")[0]
    said = await talk.say("w1", None, "找到 M1")
    assert rooms(said) == {"g1", "g2", "@w1"}
    assert "收到过的 2 个群" in texts(said, "@w1")[0]
    assert await balanced(talk)


async def test_the_end_waits_for_what_is_on_its_way(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    async with talk.database.write() as session:  # as if the call to g3 hung this moment
        rows = select(DeliveryPart).join(Delivery, col(Delivery.id) == DeliveryPart.delivery_id)
        last = (
            await session.scalars(rows.where(DeliveryPart.number == 0).order_by(col(DeliveryPart.rank).desc()))
        ).first()
        assert last is not None
        last.state = PartState.SENDING
        waiting = last.id
    said = await talk.say("w1", None, "找到 M1")
    assert "g3" not in rooms(said)
    async with talk.database.write() as session:
        part = await session.get(DeliveryPart, waiting)
        assert part is not None
        part.state = PartState.SENT
    said = await talk.say("r2", "g1", "太好了")
    assert rooms(said) == {"g3"}
    assert await balanced(talk)


async def test_a_group_that_went_silent_after_the_card_still_hears_the_end(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await set_mode(talk, "g3", Mode.SILENT)
    assert "g3" not in rooms(await talk.say("r4", "g3", CLUE))
    assert "g3" in rooms(await talk.say("w1", None, "找到 M1"))
    assert await balanced(talk)


async def test_a_late_word_that_it_is_over_is_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    early = talk.now
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=20)
    said = await talk.say("r1", "g1", "找到了，在亲戚家，谢谢大家", at=early)
    assert rooms(said) == {"g1"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    said = await talk.say("r1", "g1", "是")
    assert rooms(said) >= TOWN_ROOMS
    assert await balanced(talk)


async def test_a_recalled_detail_leaves_what_is_kept_and_a_recalled_photo_the_card(talk: Talk, tmp_path: Path) -> None:
    from PIL import Image

    from handlers.ports import EventKind, MessageType

    Image.new("RGB", (300, 400), (20, 150, 120)).save(tmp_path / "a.jpg")
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "他脑子有点糊涂", id="detail")
    await talk.say("r1", "g1", "", id="photo", image=tmp_path / "a.jpg", type=MessageType.PICTURE)
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "detail")
    assert "您撤回了“他脑子有点糊涂”" in texts(said, "@r1")[0] and rooms(said) == {"@r1"}
    assert "糊涂" not in (await the_alert(talk)).text
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "photo")
    assert "那张不用了" in texts(said, "@r1")[0]
    assert (await the_alert(talk)).picture_id is None


async def test_a_recalled_report_is_withdrawn_before_confirmation(talk: Talk) -> None:
    from handlers.ports import EventKind

    await talk.say("r1", "g1", GRANDPA, id="taken-back")
    said = await talk.happen(EventKind.RECALLED, "r1", "g1", "taken-back")
    assert (await the_alert(talk)).state == AlertState.WITHDRAWN
    assert {"g1", "@w1"} <= rooms(said)
    assert "撤回了" in texts(said, "g1")[0] and "家人说" not in texts(said, "g1")[0]
    assert await balanced(talk)
