"""A worker says in the group itself whether a report is true."""

from __future__ import annotations

import pytest

from handlers.understanding import vouches
from tests.harness import Talk, rooms, texts

MOTHER = "我妈李秀英，68岁，早上买菜没回来，紫色棉袄"


TRUE = (
    "收到，确认", "好的 确认", "情况属实，确认", "核实过了，是真的", "收到 确认M1", "打过电话了，是真的",
    "问过家属了 属实",
)  # fmt: skip
NEITHER = ("是真的吗", "我确认一下", "确认不了", "确认M2", "收到", "应该是真的吧", "打过电话了", "好的")


@pytest.mark.parametrize(
    ("text", "says"),
    [*((one, True) for one in TRUE), ("假的，别信", False), *((one, None) for one in NEITHER)],
)
def test_what_vouches_for_a_report(text: str, says: bool | None) -> None:
    assert vouches(text, 1) is says


async def test_a_workers_word_in_the_group_counts_and_nobody_elses(talk: Talk) -> None:
    await talk.say("r1", "g1", MOTHER)
    assert await talk.say("r2", "g1", "确认，是真的") == []
    assert await talk.say("w3", "g1", "核实过了，是真的") == []
    said = await talk.say("w1", "g1", "打过电话了，是真的")
    assert {"g1", "g2", "g3"} <= rooms(said)
    await talk.say("r3", "g2", "我爸走丢了，75岁，蓝棉袄，从老粮站出去的")
    said = await talk.say("w2", "g2", "问过家属了，假的，别信")
    assert "不成立" in texts(said, "g2")[0]
