"""A photo right beside a clue goes where the clue goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from storage.matters import Sighting
from tests.alerts.town import CLUE, GRANDPA, the_alert
from tests.harness import Output, Talk, texts

FOUND = "找到了，在二中门口坐着"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "seen.jpg"
    Image.new("RGB", (300, 400), (20, 150, 120)).save(path)
    return path


async def sought(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)


def shown(said: list[Output]) -> set[str]:
    """Who got a picture."""
    return {one.room for one in said if one.image}


@pytest.mark.parametrize("room", ["g3", None])
@pytest.mark.parametrize(("words", "family"), [(CLUE, "g1"), (FOUND, "@r1")])
async def test_a_photo_before_the_clue_goes_with_it(
    talk: Talk, photo: Path, room: str | None, words: str, family: str
) -> None:
    await sought(talk)
    assert await talk.say("r4", room, "", image=photo, type="picture") == []
    assert shown(await talk.say("r4", room, words)) == {family, "@w1"}
    (sighting,) = await talk.rows(select(Sighting))
    assert sighting.picture_id is not None


@pytest.mark.parametrize("room", ["g3", None])
@pytest.mark.parametrize("words", [CLUE, FOUND])
async def test_a_photo_after_the_clue_follows_it(talk: Talk, photo: Path, room: str | None, words: str) -> None:
    await sought(talk)
    await talk.say("r4", room, words)
    said = await talk.say("r4", room, "", image=photo, type="picture")
    assert shown(said) == {"g1", "@w1"}
    assert "发来一张照片" in texts(said, "g1")[0] and ("周强" in texts(said, "g1")[0]) == (room is not None)
    assert (await the_alert(talk)).picture_id is None


async def test_a_photo_that_quotes_the_card_is_a_clue(talk: Talk, photo: Path) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, "确认 M1")
    card = next(one for one in said if one.room == "g3")
    said = await talk.say("r4", "g3", "", image=photo, type="picture", quote=card.ref)
    assert shown(said) == {"g1", "@w1"}
    assert "发来一张照片" in texts(await talk.say("r1", "g1", "线索 M1"), "g1")[0]


async def test_other_photos_are_left_alone(talk: Talk, photo: Path) -> None:
    await sought(talk)
    await talk.say("r4", "g3", CLUE)
    assert await talk.say("r3", "g2", "", image=photo, type="picture") == []
    await talk.wait(minutes=20)
    assert await talk.say("r4", "g3", "", image=photo, type="picture") == []
    await talk.say("r1", "g1", "找到 M1")
    assert await talk.say("r4", "g3", "", image=photo, type="picture") == []


async def test_a_worker_who_saw_somebody_shows_no_photo_of_the_missing(talk: Talk, photo: Path) -> None:
    await sought(talk)
    await talk.say("w1", "g1", CLUE)
    await talk.say("w1", "g1", "", image=photo, type="picture")
    assert (await the_alert(talk)).picture_id is None
