"""A correction of one garment leaves the others."""

from __future__ import annotations

import pytest

from handlers.alerts.clothing import merged
from tests.alerts.town import the_alert
from tests.harness import Talk


@pytest.mark.parametrize(
    ("known", "said", "text", "after"),
    [
        ("灰夹克黑裤子", "蓝裤子", "不是黑裤子，是蓝裤子", "灰夹克、蓝裤子"),
        ("灰夹克，黑裤子，白球鞋", "黑布鞋", "鞋错了，是黑布鞋", "灰夹克、黑裤子、黑布鞋"),
        ("灰夹克黑裤子", "灰毛衣", "不是灰夹克，是灰毛衣", "灰毛衣、黑裤子"),
        ("灰夹克黑裤子", "蓝毛衣黑裤子", "打错了，是蓝毛衣黑裤子", "蓝毛衣、黑裤子"),
        ("灰夹克黑裤子", "蓝帽子", "还戴着蓝帽子", "灰夹克、黑裤子、蓝帽子"),
        ("灰夹克", "白衬衫", "里面是白衬衫", "灰夹克、白衬衫"),
        ("黑色羽绒服、牛仔裤", "深蓝色裤子", "裤子是深蓝色裤子", "黑色羽绒服、深蓝色裤子"),
        ("一身黑", "蓝裤子", "蓝裤子", "一身黑、蓝裤子"),
        ("一身黑", "一身白", "不是一身黑，是一身白", "一身白"),
        ("灰夹克", "灰夹克", "灰夹克", "灰夹克"),
        ("紫色外套 戴红帽子", "粉红", "帽子是粉红的不是大红", "紫色外套、戴粉红帽子"),
        ("灰夹克、黑裤子", "蓝色", "不是黑色，是蓝色", "灰夹克、蓝色裤子"),
        ("灰夹克、灰裤子", "蓝的", "颜色错了，是蓝的", "灰夹克、灰裤子"),
        ("灰夹克", "鞋子是黑布鞋", "鞋子是黑布鞋", "灰夹克、黑布鞋"),
        ("灰衣服", "灰色夹克", "穿的是灰色夹克", "灰色夹克"),
        ("黑裤子、红上衣", "暗红羽绒服", "暗红羽绒服", "黑裤子、暗红羽绒服"),
        ("灰色夹克、黑裤子", "灰衣服", "就是灰衣服那个", "灰色夹克、黑裤子"),
        ("灰夹克", "灰衣服", "不是灰夹克，是灰衣服", "灰衣服"),
        ("红衣服", "黑外套", "外面套了黑外套", "红衣服、黑外套"),
    ],
)
def test_garments_are_merged_one_by_one(known: str, said: str, text: str, after: str) -> None:
    assert merged(known, said, text) == after


async def test_one_corrected_garment_leaves_the_others_on_the_card(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸上午9点从柳树巷出去没回来，72岁，灰夹克黑裤子，耳朵背")
    await talk.say("w1", None, "确认 M1")
    await talk.say("r1", "g1", "不是黑裤子，是蓝裤子")
    said = await talk.wait(minutes=1)
    assert (await the_alert(talk)).clothes == "灰夹克、蓝裤子"
    assert any("穿着：灰夹克、蓝裤子" in one.text for one in said if one.room == "g3")
