"""The sample town's opening reads like a town at any hour: four cases, and no command that goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.town import SAMPLE, read_opening
from storage.matters import Alert, Case
from tests.harness import NOON, Talk


@pytest.mark.parametrize("hour", [3, 9, 15, 23])
async def test_the_opening_is_believable_at_any_hour(tmp_path: Path, hour: int) -> None:
    now = NOON + timedelta(hours=hour - 12)
    lines = read_opening(now)
    times = [datetime.fromisoformat(line["at"]).astimezone(UTC) for line in lines]
    talk = await Talk(tmp_path, start=times[0]).open(SAMPLE)
    for line, at in zip(lines, times, strict=True):
        await talk.wait(seconds=max(0.0, (at - talk.now).total_seconds()))
        await talk.say(line["from"], line["room"], line["text"], at=at)
    assert await talk.rows(select(Case.state).order_by(Case.id)) == [
        "confirmed",
        "in_progress",
        "in_progress",
        "reported",
    ]
    assert await talk.rows(select(Alert)) == []
    assert not [one for one in talk.outputs if "没有找到" in one.text or "拿不准" in one.text]
    done = next(one for one in talk.outputs if "已办结" in one.text)
    thanked = next(one for one in talk.outputs if "谢谢评价" in one.text)
    assert done.at < thanked.at
    await talk.close()
