"""统计 寻人, the month's picture, and the finding where a group was alerted and never cleared."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import delete, select, update
from sqlmodel import col

from bot import checking
from bot.lettering import find_font
from handlers.periods import take_period
from handlers.ports import AlertRules, Rules
from storage.alert_figures import courses
from storage.matters import Alert
from storage.outbox import Delivery, DeliveryPart, Post, Sort
from tests.alerts.town import GRANDPA, MOTHER
from tests.drawn import words_drawn
from tests.harness import NOON, Talk, texts

TODAY = date(2026, 11, 21)
LAST_OF_MONTH = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "first", "after", "rest"),
    [
        ("", date(2026, 11, 1), date(2026, 12, 1), ""),
        ("本月 柳河镇", date(2026, 11, 1), date(2026, 12, 1), "柳河镇"),
        ("柳河镇上个月", date(2026, 10, 1), date(2026, 11, 1), "柳河镇"),
        ("本周", date(2026, 11, 16), date(2026, 11, 23), ""),
        ("今年", date(2026, 1, 1), date(2027, 1, 1), ""),
        ("2026年10月", date(2026, 10, 1), date(2026, 11, 1), ""),
        ("12月", date(2025, 12, 1), date(2026, 1, 1), ""),
        ("2025年 柳树村", date(2025, 1, 1), date(2026, 1, 1), "柳树村"),
        ("柳树村", date(2026, 11, 1), date(2026, 12, 1), "柳树村"),
        ("上上月", date(2026, 9, 1), date(2026, 10, 1), ""),
        ("近7天 噪音", date(2026, 11, 15), date(2026, 11, 22), "噪音"),
        ("柳树村 本季度", date(2026, 10, 1), date(2027, 1, 1), "柳树村"),
        ("上季度", date(2026, 7, 1), date(2026, 10, 1), ""),
        ("2025年第一季度", date(2025, 1, 1), date(2025, 4, 1), ""),
        ("11月1日到20日", date(2026, 11, 1), date(2026, 11, 21), ""),
        ("12月20日至1月5日", date(2025, 12, 20), date(2026, 1, 6), ""),
        ("2月30日到3月1日", date(2026, 11, 1), date(2026, 12, 1), "2月30日到3月1日"),
    ],
)
def test_a_span_is_taken_out_of_words(words: str, first: date, after: date, rest: str) -> None:
    period, left = take_period(words, TODAY)
    assert (period.first, period.after, left) == (first, after, rest)


async def a_day(tmp_path: Path, rules: Rules | None = None, start: datetime = NOON) -> Talk:
    """One found after a clue, one false, one still sought."""
    talk = await Talk(tmp_path, rules, start).open()
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=2)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=10)
    await talk.say("r4", "g3", "线索 M1 菜市场北门刚过去")
    await talk.wait(minutes=20)
    await talk.say("w1", None, "找到 M1 在老粮站")
    await talk.say("r3", "g2", MOTHER)
    await talk.say("w2", None, "误报 M2")
    await talk.say("r4", "g3", "我家孩子6岁,从二中走丢了,穿红上衣,下午3点不见的")
    return talk


async def test_workers_read_the_figures_of_their_area(tmp_path: Path) -> None:
    talk = await a_day(tmp_path)
    (text,) = texts(await talk.say("t1", "s1", "统计 寻人 本月"), "s1")
    assert text.splitlines() == [
        "@高镇长 寻人统计：柳河镇 2026年11月",
        "报了 3 起：找到 1，等核实 1，误报 1",
        "找到率 50%（误报、撤销不算）",
        "从第一句话算起（居中的一起；最长的一起）：",
        "到核实：2 分钟",
        "到一半群收到：2 分钟",
        "到全部群收到：2 分钟",
        "到第一条线索：12 分钟",
        "到找到：32 分钟",
        "已结束的：发到 5 个群次，结束后告诉 5 个群次，一一对上。",
    ]
    (mine,) = texts(await talk.say("w2", None, "统计 寻人"), "@w2")
    assert mine.startswith("寻人统计：柳树二格 2026年11月\n报了 1 起：误报 1\n已结束的：发到 1 个群次，结束后告诉 1 个")
    (none,) = texts(await talk.say("t1", None, "统计 寻人 上月 柳树村"), "@t1")
    assert none == "寻人统计：柳树村 2026年10月\n没有人报走失。"
    await talk.close()


async def test_figures_of_others_and_for_residents_are_refused(tmp_path: Path) -> None:
    talk = await Talk(tmp_path).open()
    assert texts(await talk.say("w1", None, "统计 寻人 东山镇"), "@w1") == [
        "东山镇不在您负责的范围，看不了那里的统计。"
    ]
    (text,) = texts(await talk.say("r1", None, "统计 寻人"), "@r1")
    assert text.startswith("“统计”只有网格员、网格长、管理员能用")
    assert texts(await talk.say("w1", None, "统计 天气"), "@w1") == ["没有叫“天气”的区域。可以写：柳树一格。"]
    await talk.close()


async def test_an_end_that_never_went_is_found(tmp_path: Path) -> None:
    talk = await a_day(tmp_path)
    async with talk.database.write() as session:
        ends = select(col(Delivery.id)).join(Post, col(Delivery.post_id) == col(Post.id))
        one = await session.scalar(
            ends.where(Post.ref == "M1", Post.sort == Sort.END).order_by(col(Delivery.id).desc())
        )
        await session.execute(delete(DeliveryPart).where(col(DeliveryPart.delivery_id) == one))
    async with talk.database.read() as session:
        uneven = {one.number: len(one.uneven) for one in await courses(session, "/") if one.uneven}
        assert uneven == {1: 1}
        assert await checking._uneven(session, talk.replay.clock.now()) == ["M1（差 1 个群）"]
    (text,) = texts(await talk.say("t1", None, "统计 寻人"), "@t1")
    assert text.endswith("结束后告诉 4 个群次，对不上的有 M1，请让维护的人看。")
    await talk.close()


@pytest.mark.parametrize("on", [True, False])
async def test_the_month_goes_to_town_admins_once(tmp_path: Path, on: bool) -> None:
    talk = await a_day(tmp_path, Rules(alerts=AlertRules(monthly_figures=on)), LAST_OF_MONTH)
    async with talk.database.write() as session:  # nobody is asked any more
        await session.execute(update(Alert).where(col(Alert.id) == 3).values(state="withdrawn", ended_at=talk.now))
    sent = await talk.wait(hours=21)
    monthly = [one for one in sent if "2026年11月" in one.text]
    assert [one.room for one in monthly] == (["@t1"] if on else [])
    pictures = [one for one in sent if one.image and one.room == "@t1"]
    assert len(pictures) == (on and find_font() is not None)
    assert not [one for one in await talk.wait(days=1) if "寻人统计" in one.text]
    await talk.close()


@pytest.mark.skipif(find_font() is None, reason="no Chinese font on this machine")
async def test_the_picture_of_a_month_is_one_for_a_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.chart import Month, draw_month

    talk = await a_day(tmp_path)
    async with talk.database.read() as session:
        found = await courses(session, "/", datetime(2026, 11, 1, tzinfo=UTC))
    font = find_font()
    assert font is not None
    found = [*found, *found[:1] * 120]
    month = Month("柳河镇" * 30, "2026年11月", date(2026, 11, 1), 30, found, ZoneInfo("Asia/Shanghai"))
    written = words_drawn(monkeypatch)
    with Image.open(io.BytesIO(draw_month(month, font))) as image:
        assert image.width == 900
        assert 1000 < image.height < 2000
        assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 10
    assert [words for words in written if words.startswith("柳河镇") and words.endswith("…　寻人月报")]
    assert "100" in written and all(0 <= left < right <= 900 for left, right in written.values())
    with Image.open(io.BytesIO(draw_month(Month("柳河镇", "2026年11月", date(2026, 11, 1), 30, [], month.zone), font))):
        pass
    await talk.close()
