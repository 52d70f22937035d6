"""Bad input about somebody who is missing: one clear line each, and the alert goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.town import GRANDPA, the_alert
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("我爸走丢了,300岁,灰夹克,从柳树巷走的", "年龄“300岁”好像不对，请再说一次。"),
        ("我爸走丢了,72岁,灰夹克,电话1390000221", "电话“1390000221”（10 位，手机号是 11 位）好像不对，请再说一次。"),
        ("我爸走丢了,72岁,灰夹克,打139000022100", "电话“139000022100”（12 位，手机号是 11 位）好像不对，请再说一次。"),
        ("我爸走丢了,72岁,明天早上8点从老粮站走的", "时间“明天早上8点”（还没到）好像不对，请再说一次。"),
    ],
)
async def test_what_cannot_be_is_asked_back_and_left_out(tmp_path: Path, words: str, line: str) -> None:
    talk = await Talk(tmp_path).open()
    said = await talk.say("r1", "g1", words)
    assert line in texts(said, "g1")[0].splitlines()
    alert = await the_alert(talk)
    assert (alert.age in (72, None), alert.phone, alert.seen_at) == (True, "", None)
    await talk.say("r1", "g1", "电话13900002210")  # the right one is taken
    assert (await the_alert(talk)).phone == "13900002210"
    await talk.close()


@pytest.mark.parametrize("words", [GRANDPA, "我爸走丢了,72岁,明天就要做手术的人,身份证420101195401010011"])
async def test_what_may_be_is_not_asked_back(tmp_path: Path, words: str) -> None:
    talk = await Talk(tmp_path).open()
    assert not any("好像不对" in one.text for one in await talk.say("r1", "g1", words))
    await talk.close()


@pytest.mark.parametrize("name", ["帮助", "查", "确认", "误报 M1", "通知 全镇"])
async def test_a_name_that_is_a_command_is_a_name(tmp_path: Path, name: str) -> None:
    talk = await Talk(tmp_path).open()
    said = await talk.say("r1", "g1", f"寻人 {name} 男 72岁 灰夹克 早上9点从柳树巷走的")
    assert rooms(said) == {"g1", "@w1"}
    assert (await the_alert(talk)).state == "unconfirmed"
    await talk.close()


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("高金水 男 72岁 灰夹克", "高金水"),
        ("高海涛，男，72岁，灰夹克", "高海涛"),
        ("黄海涛 男 72岁 灰夹克", "黄海涛"),
        ("段东 72岁 灰夹克", "段东"),
        ("王大爷 男 72岁 灰夹克", "王大爷"),
        ("灰夹克 男 72岁", ""),
        ("老父亲 72岁 灰夹克", ""),
        ("老人 男 72岁 灰夹克", ""),
    ],
)
async def test_a_form_begins_with_the_name(tmp_path: Path, form: str, name: str) -> None:
    talk = await Talk(tmp_path).open()
    await talk.say("r1", "g1", f"寻人 {form} 早上9点从柳树巷走的")
    alert = await the_alert(talk)
    assert (alert.name or "", alert.age, alert.clothes, alert.build or "") == (name, 72, "灰夹克", "")
    assert "柳树巷" in alert.place
    await talk.close()


@pytest.mark.parametrize("content", [b"no picture", b""])
async def test_a_photo_of_the_wrong_type_is_asked_for_again(tmp_path: Path, content: bytes) -> None:
    talk = await Talk(tmp_path).open()
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(content)
    said = await talk.say("r1", "g1", "", image=photo, type="picture")
    said += await talk.wait(minutes=1)
    assert sum("照片用不上（太大，或者不是图片），请换一张发来" in text for text in texts(said, "g1")) == 1
    assert (await the_alert(talk)).picture_id is None
    await talk.close()


async def test_a_photo_of_50_mb_is_asked_for_again(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await talk.say("r1", "g1", GRANDPA)
    photo = tmp_path / "photo.jpg"
    with photo.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    said = await talk.say("r1", "g1", "", image=photo, type="picture")
    said += await talk.wait(minutes=1)
    assert any("照片用不上" in text for text in texts(said, "g1"))
    await talk.close()


async def test_a_confirmation_of_another_town_or_of_what_is_over(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    await talk.say("r1", "g1", GRANDPA)
    for person in ("w4", "t2"):
        (text,) = texts(await talk.say(person, None, "确认 M1"), f"@{person}")
        assert text == "寻人 M1 归柳树一格管，只有那里的网格员、上级和民警能决定，这次没有改动。"
    await talk.say("w1", None, "误报 M1")
    (text,) = texts(await talk.say("w1", None, "确认 M1"), "@w1")
    assert text.endswith("这次没有改动。还要接着找，请回“还没找到 M1”。")
    await talk.close()
