"""Nobody is asked to stay with somebody who is armed; and who tells of a relative is not who is sought."""

from __future__ import annotations

import pytest

from handlers.alerts.describing import dangerous
from storage.matters import Alert
from tests.alerts.town import the_alert
from tests.harness import Talk, texts


@pytest.mark.parametrize(
    ("text", "so"),
    [
        ("我哥从精神病院跑出来了，手里拿了把刀", True), ("犯病了会砍人", True), ("有攻击性，小心", True),
        ("他不会打人，别怕", False), ("带着拐杖走的", False), ("被人打了以后跑出去的", False),
    ],
)  # fmt: skip
def test_who_is_dangerous(text: str, so: bool) -> None:
    assert dangerous(Alert(text=text, features="", health="")) is so


async def test_their_card_says_keep_away(talk: Talk) -> None:
    await talk.say("r1", "g1", "我哥从精神病院跑出来了，42岁，穿病号服，手里拿了把刀，大家小心")
    said = await talk.say("w1", None, "确认")
    assert "别靠近" in texts(said, "g3")[0] and "陪住" not in texts(said, "g3")[0]
    said = await talk.say("r4", "g3", "刚在超市门口看到他了，穿病号服那个", quote="M1.3")
    assert "别靠近" in texts(said, "g3")[0]
    assert "已报警" in texts(await talk.say("p1", None, "M1 已接警"), "@p1")[0]


async def test_a_worker_passes_on_what_a_wife_says_of_her_husband(talk: Talk) -> None:
    await talk.say("w1", None, "代报 王奶奶 老伴张德福走丢了，81岁，蓝布衫，早上8点从柳树巷出门，电话13900001234")
    alert = await the_alert(talk)
    assert (alert.name, alert.sex) == ("张德福", "男")
