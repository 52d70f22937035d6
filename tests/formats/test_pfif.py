"""Alerts as PFIF 1.4: a person record with notes, hidden after the end, a placeholder after its expiry."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from storage.matters import Alert
from tests.alerts.town import GRANDPA
from tests.formats.documents import pfif
from tests.formats.test_cap import confirmed
from tests.harness import Talk


async def test_a_record_of_somebody_who_is_sought(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "他叫王建国")
    await talk.say("w1", None, "确认 M1")
    person, notes = await pfif(talk)
    assert person["person_record_id"] == "liuhe.example/M1"
    assert person["source_date"] == person["entry_date"] == "2026-11-21T04:00:02Z"
    assert person["expiry_date"] == "2026-12-21T04:00:02Z"
    assert person["source_url"] == "https://liuhe.example/x/m/1"
    assert (person["full_name"], person["sex"], person["age"]) == ("王建国", "male", "72")
    assert (person["author_name"], person["author_phone"]) == ("家属", "13900002210")
    assert "灰夹克" in person["description"]
    (note,) = notes
    assert note["person_record_id"] == person["person_record_id"]
    assert note["status"] == "believed_missing"
    assert "柳树巷" in note["last_known_location"]


async def test_a_change_moves_the_dates_and_not_the_id(talk: Talk) -> None:
    await confirmed(talk)
    before, _ = await pfif(talk)
    assert "姓名不详" in before["full_name"]
    await talk.say("r1", "g1", "他叫王建国")
    after, notes = await pfif(talk)
    assert after["person_record_id"] == before["person_record_id"]
    assert after["full_name"] == "王建国"
    assert after["source_date"] > before["source_date"] and after["entry_date"] > before["entry_date"]
    assert len(notes) == 1


async def test_after_the_end_nobody_is_named_and_a_note_says_how(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "他叫王建国")
    await talk.say("w1", "g1", "找到 M1")
    person, notes = await pfif(talk)
    assert person.keys() == {
        "person_record_id", "entry_date", "expiry_date", "source_name", "source_date", "source_url", "full_name"
    }  # fmt: skip
    assert "王" not in person["full_name"]
    assert [note.get("status") for note in notes] == ["believed_missing", "believed_alive"]
    assert not any("last_known_location" in note for note in notes)


async def test_a_death_is_told_to_nobody(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", None, "找到 M1 人已经没了")
    _, notes = await pfif(talk)
    assert "status" not in notes[-1]
    assert notes[-1]["text"] == "寻人已经结束。"


async def test_reopened_and_found_again(talk: Talk) -> None:
    await confirmed(talk)
    for words in ("找到 M1", "还没找到 M1", "找到 M1"):
        await talk.say("r1", "g1", words)
    _, notes = await pfif(talk)
    statuses = [note.get("status") for note in notes]
    assert statuses == ["believed_missing", "believed_alive"] * 2
    assert len({note["note_record_id"] for note in notes}) == 4


async def test_after_its_expiry_a_placeholder_is_left(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", "g1", "找到 M1")
    before, _ = await pfif(talk)
    talk.now += timedelta(days=31)
    person, notes = await pfif(talk)
    assert notes == []
    assert person == {
        "person_record_id": before["person_record_id"],
        "entry_date": before["expiry_date"],
        "expiry_date": before["expiry_date"],
        "source_date": before["expiry_date"],
        "full_name": "",  # the schema wants the element, the mechanism wants it empty
    }


async def test_what_was_wiped_early_is_a_placeholder_at_once(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("w1", "g1", "找到 M1")
    before, _ = await pfif(talk)
    async with talk.database.write() as session:
        await session.execute(update(Alert).values(wiped=True))
    person, notes = await pfif(talk)
    assert (person["full_name"], person["expiry_date"], notes) == ("", before["source_date"], [])
