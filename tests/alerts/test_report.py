"""What the first words of a report tell of the person, and what is no report."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Alert
from tests.alerts.town import the_alert
from tests.harness import Talk, texts


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("孩子放学到现在没到家，二年级，蓝色校服", 8),
        ("我闺女不见了，上初一，短头发", 13),
        ("我儿子走丢了，幼儿园大班的", 6),
    ],
)
async def test_a_class_says_about_how_old_a_child_is(talk: Talk, words: str, years: int) -> None:
    assert f"约{years}岁" in texts(await talk.say("r1", "g1", words), "g1")[0]
    await talk.say("r1", "g1", f"{years - 1}岁了")
    alert = await the_alert(talk)
    assert (alert.age, alert.age_precision) == (years - 1, "")


async def test_how_somebody_dangerous_looks_is_of_the_danger(talk: Talk) -> None:
    await talk.say("r1", "g1", "我弟弟精神病犯了 砸了家里东西跑出去了 拿着刀")
    assert await talk.say("r1", "g1", "35岁 光着膀子") == []
    assert "35岁" in texts(await talk.wait(minutes=1), "@w1")[0]
    assert await talk.rows(select(Alert)) == []
