"""Alerts as CAP 1.2: what is public, from the confirmation to the end and after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.matters import Alert
from tests.alerts.town import GRANDPA
from tests.formats.documents import cap, fits_schema, seen
from tests.harness import Talk


async def confirmed(talk: Talk, number: int = 1) -> None:
    """Grandpa is sought in the whole town."""
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, f"确认 M{number}")


async def test_nothing_is_public_before_somebody_vouches(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert await seen(talk) is None
    await talk.say("w1", None, "误报 M1")
    assert await seen(talk) is None
    assert await seen(talk, 99) is None


async def test_each_word_fits_the_schema(talk: Talk) -> None:
    await confirmed(talk)
    for words in (None, "他叫王建国", None, "找到 M1"):
        if words:
            await talk.say("r1", "g1", words)
        fits_schema((await cap(talk))[0])
        talk.now += timedelta(hours=13)


async def test_the_first_word_says_what_the_card_says(talk: Talk) -> None:
    await confirmed(talk)
    _, said = await cap(talk)
    assert (said["msgType"], said["status"], said["scope"], said["event"]) == ("Alert", "Actual", "Public", "人员走失")
    assert said["sender"] == "gridbot@liuhe.example"
    assert said["sent"] == "2026-11-21T12:00:01+08:00"
    assert said["expires"] == "2026-11-22T12:00:01+08:00"
    assert "references" not in said
    assert "72岁" in said["headline"] and "灰夹克" in said["description"] and "小耿" in said["description"]
    assert "13900002210" in said["contact"] and "0900-0002001" in said["contact"]
    assert said["web"] == "https://liuhe.example/x/m/1"
    assert said["areaDesc"] == "柳河镇"


async def test_the_same_word_is_the_same_bytes(talk: Talk) -> None:
    await confirmed(talk)
    before = await cap(talk)
    talk.now += timedelta(hours=11)
    assert await cap(talk) == before


async def test_changes_and_renewals_refer_to_what_they_replace(talk: Talk) -> None:
    await confirmed(talk)
    _, first = await cap(talk)
    await talk.say("r1", "g1", "他叫王建国")
    _, second = await cap(talk)
    assert second["msgType"] == "Update"
    assert second["references"] == f"{first['sender']},{first['identifier']},{first['sent']}"
    talk.now += timedelta(hours=12)
    _, third = await cap(talk)
    assert third["msgType"] == "Update"
    assert third["references"].split()[-1] == f"{second['sender']},{second['identifier']},{second['sent']}"
    assert third["sent"] > second["sent"] and third["expires"] > second["expires"]
    talk.now += timedelta(days=40)
    _, later = await cap(talk)
    assert 1 <= len(later["references"].split()) <= 3  # what has lapsed need not be replaced
    assert later["incidents"] == "M1"


@pytest.mark.parametrize(
    ("words", "headline"),
    [
        ("找到 M1 在老粮站", "已找到"),
        ("误报 M1", "不属实"),
        ("撤销 M1", "已撤销"),
        ("找到 M1 人已经没了，请节哀", "寻人已经结束"),
    ],
)
async def test_the_all_clear_names_nobody(talk: Talk, words: str, headline: str) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "他叫王建国")
    _, before = await cap(talk)
    await talk.say("w1", None, words)
    data, said = await cap(talk)
    fits_schema(data)
    assert (said["msgType"], said["responseType"], said["urgency"]) == ("Cancel", "AllClear", "Past")
    assert before["identifier"] in said["references"]
    assert headline in said["headline"]
    assert said["expires"] == "2026-12-21T12:00:03+08:00"  # outlives the alert for late readers
    for secret in ("王建国", "王", "13900002210", "灰夹克", "柳树巷", "老粮站", "节哀", "没了", "died"):
        assert secret not in data.decode()


async def test_reopened_it_is_a_new_alert(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "找到 M1")
    _, end = await cap(talk)
    await talk.say("r1", "g1", "还没找到 M1")
    data, said = await cap(talk)
    fits_schema(data)
    assert (said["msgType"], "references" in said) == ("Alert", False)
    assert said["identifier"] != end["identifier"] and said["incidents"] == end["incidents"]


async def test_a_phone_that_is_not_to_be_shown_is_nowhere(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "别发电话")
    assert b"13900002210" not in (await cap(talk))[0]


async def test_characters_that_xml_forbids(talk: Talk) -> None:
    await confirmed(talk)
    async with talk.database.write() as session:
        await session.execute(update(Alert).values(clothes="<b>&\x00\x08\ufffe]]>\"'"))
    data, said = await cap(talk)
    assert "<b>&]]>\"'" in said["description"]
    fits_schema(data)
