"""统计, 趋势, 考核 and 日志: what is counted, for whom, and what is never told."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlmodel import col

from bot.chart import round_step
from bot.lettering import find_font
from bot.reports import export_figures
from handlers.figures.logs import label_of
from handlers.figures.trends import drawing_of, drawn_from, spans
from handlers.periods import Period, before, month
from handlers.ports import CaseRules, Rules
from storage.areas import Area
from storage.case_figures import Scope, Tally, tallies, total
from storage.matters import Case
from storage.people import Appointment, Contact, Role
from storage.work_log import WorkLog
from tests.drawn import words_drawn
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
LAMP = "路灯坏了，晚上看不见路，能不能修一下"
NOISE = "楼下烧烤店半夜还在放音响，吵得睡不着，管管吧"
COMPLAINT = "我要投诉网格员李珍，态度恶劣，不接电话"
ZONE = ZoneInfo("Asia/Shanghai")


async def some_work(talk: Talk) -> None:
    """One done and liked, one taken, one that nobody took, one complaint about a worker."""
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", LAMP)
    await talk.say("r3", "g2", NOISE)
    await talk.say("r1", None, COMPLAINT)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "办结 1 换了新管")
    await talk.say("r1", "g1", "满意")
    await talk.say("w2", "g2", "接单 3")


async def test_the_cases_of_a_town_are_counted_with_one_decimal(talk: Talk) -> None:
    await some_work(talk)
    (text,) = texts(await talk.say("t1", "s1", "统计 本月"), "s1")
    assert text.splitlines() == [
        "@高镇长 事项统计：柳河镇 2026年11月",
        "收到 3 件，受理 3 件",
        "办结率 33.3%（1/3）",
        "响应率 100.0%（2/2）",
        "解决率 100.0%（1/1）",
        "满意率 100.0%（1/1）",
        "网格内解决 100.0%（1/1）",
        "哪类多：公共设施 1，噪音 1，水电气暖 1",
        "四大类：基础设施 2，环境保护 1，社会保障 0，科教文卫 0，其他 0",
        "柳树村 3 件，办结率 33.3%",
        "采集信息 0，发布信息 0，排查隐患 0，收集需求 2，便民服务 0，化解矛盾 0，响应诉求 2",
    ]


async def test_complaints_about_workers_count_in_private_totals_of_who_handles_them_alone(talk: Talk) -> None:
    await some_work(talk)
    (text,) = texts(await talk.say("l1", None, "统计"), "@l1")
    assert "收到 4 件，受理 4 件" in text and "柳树二格 1 件" in text and "其他 1" not in text
    assert "收到 1 件" in (await talk.say("w2", None, "统计"))[0].text
    assert "收到 3 件" in (await talk.say("l1", "s1", "统计 本月 柳树村"))[0].text


async def test_who_is_complained_of_reads_no_total_that_counts_the_complaint(talk: Talk) -> None:
    await talk.say("r1", None, "我要投诉网格长老郭，态度恶劣，不接电话")
    assert "没有收到事项" in (await talk.say("l1", None, "统计"))[0].text
    assert "收到 1 件" in (await talk.say("a1", None, "统计"))[0].text
    await talk.say("a1", None, "办结 1 谈过了")
    assert "没有收到事项" in (await talk.say("l1", None, "统计 本月 柳树村"))[0].text


async def test_the_sheet_counts_complaints_about_workers_for_towns_and_above_alone(talk: Talk, tmp_path: Path) -> None:
    await some_work(talk)
    async with talk.database.read() as session:
        await export_figures(session, tmp_path / "out.csv", month(date(2026, 11, 1)), talk.rules, talk.now)
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["区划"]: row["收到"] for row in rows if row["类别"] == "合计"} == {
        "清江区": "4",
        "柳河镇": "4",
        "柳树村": "3",
        "柳树一格": "2",
        "柳树二格": "1",
    }
    assert {row["类别"] for row in rows} == {"合计", "公共设施", "噪音", "水电气暖"}


async def test_one_category_one_place_another_month_and_the_private_category(talk: Talk) -> None:
    await some_work(talk)
    (text,) = texts(await talk.say("t1", None, "统计 噪音 本周"), "@t1")
    assert text.startswith("噪音统计：柳河镇 11月16日—11月22日\n收到 1 件")
    assert "没有收到事项" in (await talk.say("t1", None, "统计 事项 上月 柳树村"))[0].text
    assert "不单独统计" in (await talk.say("t1", None, "统计 邻里纠纷"))[0].text
    assert "--month 2026-11" in (await talk.say("t1", None, "统计 本月 表"))[0].text
    assert "不在您负责的范围" in (await talk.say("w1", None, "统计 柳树二格"))[0].text
    assert "不在您负责的范围" in (await talk.say("t1", None, "趋势 东山镇"))[0].text
    assert "只有" in (await talk.say("r1", None, "统计"))[0].text


async def test_what_was_answered_late_raised_or_reopened_is_no_success(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", LAMP)
    await talk.wait(days=12)
    await talk.say("w1", "g1", "办结 1 换了新管")
    await talk.say("r1", "g1", "不满意 还在漏")
    async with talk.database.write() as session:
        await session.execute(update(Case).where(col(Case.id) == 1).values(beyond=True))
    await talk.say("w1", "g1", "办结 1 又修了")
    await talk.say("r1", "g1", "满意 1")
    async with talk.database.read() as session:
        found = await total(session, Scope("/", datetime(2026, 11, 1, tzinfo=UTC), talk.now, talk.now))
    assert found.shares == {
        "办结率": (1, 2),
        "响应率": (0, 2),
        "解决率": (0, 1),
        "满意率": (1, 1),
        "网格内解决": (0, 1),
    }
    assert found.late == 1


@pytest.mark.parametrize("how", ["撤销 1", "误判 1", "驳回 1 不归我们管"])
async def test_what_is_nothing_to_be_done_counts_in_no_share(talk: Talk, how: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", how)
    async with talk.database.read() as session:
        found = await total(session, Scope("/", datetime(2026, 11, 1, tzinfo=UTC), talk.now, talk.now))
    assert found == Tally(came=1)


async def test_a_breakdown_has_no_private_case(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    async with talk.database.write() as session:
        await session.execute(update(Case).values(quiet=True))
    (text,) = texts(await talk.say("l1", None, "统计"), "@l1")
    assert "收到 1 件" in text and "哪类" not in text and "柳树一格" not in text
    async with talk.database.read() as session:
        scope = Scope("/", datetime(2026, 11, 1, tzinfo=UTC), talk.now, talk.now, private=False)
        assert await tallies(session, scope, col(Case.category)) == {}


async def test_a_trend_has_a_line_a_day_and_a_picture(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.wait(days=7)
    await some_work(talk)
    said = await talk.say("t1", "s1", "趋势 本周")
    text = texts(said, "s1")[0]
    assert "收到 3（1），办结 1（0）" in text and "11月28日（周六） 收到 3，办结 1" in text
    assert "公共设施 1（1）" in text and "柳树一格 2（1）" in text
    assert sum(bool(one.image) for one in said) == (find_font() is not None)
    assert "没有收到事项" in (await talk.say("t1", None, "趋势 去年"))[0].text


@pytest.mark.skipif(find_font() is None, reason="no Chinese font on this machine")
async def test_the_picture_of_a_trend_is_one_for_a_phone(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.trend_chart import draw_trend

    await some_work(talk)
    font = find_font()
    assert font is not None
    async with talk.database.read() as session:
        town = await session.get_one(Area, 1)
        text = drawing_of(town, month(date(2026, 11, 1)), talk.now)
        found = await drawn_from(session, text, ZONE)
    assert (found.came, found.done, len(found.spans)) == ((3, 0), (1, 0), 21)
    long = "某某自治区某某市某某街道办事处"
    many = [(f"{long}第一百二十三网格东半片", 100000, 93333)]
    written = words_drawn(monkeypatch)
    with Image.open(io.BytesIO(draw_trend(replace(found, area=long, grids=many), font))) as image:
        assert image.width == 900 and 1000 < image.height < 2000
    assert [words for words in written if words.startswith(long[:5]) and words.endswith("…　事项趋势")]
    grid = next(words for words in written if words.startswith(long[:5]) and words.endswith("…"))
    assert written[grid][1] < written["100000　+6667"][0]
    assert all(0 <= left < right <= 900 for left, right in written.values())


def test_the_lines_of_the_picture_have_round_numbers() -> None:
    assert [round_step(one) for one in (1, 4, 5, 14, 87600, 400)] == [1, 1, 2, 5, 50000, 100]


def test_a_period_is_cut_into_few_spans() -> None:
    week, year = Period("", date(2026, 11, 16), date(2026, 11, 23)), Period("", date(2026, 1, 1), date(2027, 1, 1))
    assert len(spans(week, 10)) == 7
    assert spans(month(date(2026, 11, 1)), 10)[-1] == date(2026, 11, 29)
    assert spans(year, 31)[1::10] == [date(2026, 2, 1), date(2026, 12, 1)]
    assert before(month(date(2026, 3, 1))).first == date(2026, 2, 1)
    assert before(year).first == date(2025, 1, 1) and before(week).first == date(2026, 11, 9)


async def test_leads_read_in_private_what_each_worker_did(talk: Talk) -> None:
    await some_work(talk)
    await talk.say("w1", None, "日志 补充 走访了3栋5户")
    (text,) = texts(await talk.say("l1", None, "考核 本月"), "@l1")
    assert text.splitlines() == [
        "考核：柳树村 2026年11月（不公开的事不算）",
        "小耿（柳树一格）：接单 1，办结 1，按时 100.0%，满意 100.0%（1 件有评价），现在超期 0，走访 1",
        "李珍（柳树二格）：接单 1，办结 0，现在超期 0，走访 0",
    ]
    async with talk.database.write() as session:  # as text 11 stands before 7
        village = (await session.scalars(select(Area).where(Area.code == "V1"))).one()
        session.add(Area(id=11, code="G11", name="柳树三格", parent_id=village.id, level=3, path=f"{village.path}11/"))
        new = await session.scalars(select(Contact.id).where(Contact.name == "周强"))
        session.add(Appointment(contact_id=new.one(), area_id=11, role=Role.WORKER, since=talk.now))
    (text,) = texts(await talk.say("l1", None, "考核 本月"), "@l1")
    assert [line[:8] for line in text.splitlines()[1:]] == ["小耿（柳树一格）", "李珍（柳树二格）", "周强（柳树三格）"]
    (refused,) = await talk.say("t1", "s1", "考核 本月")
    assert "请私聊我" in refused.text and "小耿" not in refused.text
    assert "只有网格长、管理员能用" in (await talk.say("w1", None, "考核"))[0].text
    assert "不在您负责的范围" in (await talk.say("l1", None, "考核 北关社区"))[0].text


async def test_a_log_is_written_from_what_was_done_and_added_to(talk: Talk) -> None:
    await some_work(talk)
    (text,) = texts(await talk.say("w1", None, "日志"), "@w1")
    assert text.splitlines() == [
        "工作日志：11月21日 小耿",
        "宣传 0，采集 0，受理 1，巡查 0，服务 1",
        "事项 1（水电气暖）3栋2单元的水管爆了，水流到楼道里…：接单、办结",
    ]
    text = (await talk.say("w1", None, "日志 补充 3号楼检查消防通道，身份证110101199003078515"))[0].text
    assert text.endswith("补充1：3号楼检查消防通道，身份证（号码略）") and "巡查 1" in text
    await talk.say("w1", None, "日志 补充 昨天 张贴防火海报")
    assert "宣传 1" in (await talk.say("w1", None, "日志 昨天"))[0].text
    assert "补充" not in (await talk.say("w1", None, "日志 删除 1"))[0].text
    assert await talk.rows(select(WorkLog.day)) == [date(2026, 11, 20)]


async def test_the_log_of_a_complaint_or_a_private_case_has_no_words(talk: Talk) -> None:
    await some_work(talk)
    await talk.say("l1", None, "接单 4")
    (text,) = texts(await talk.say("l1", None, "日志"), "@l1")
    assert text.endswith("一件不公开的事：接单")
    await talk.say("w2", None, "我要投诉网格长老郭，态度恶劣，不接电话")
    assert "不公开" not in (await talk.say("w2", None, "日志"))[0].text  # whose sheet the lead may read


async def test_each_evening_who_did_anything_gets_the_log_to_correct(tmp_path: Path) -> None:
    talk = await Talk(tmp_path, Rules(cases=CaseRules(log_at="20:55"))).open()
    await some_work(talk)
    await talk.say("v1", "g1", "接单 2")
    said = await talk.wait(hours=9)
    logs = {one.room: one for one in said if "工作日志" in one.text}
    assert set(logs) == {"@w1", "@w2"}  # no volunteer's, and nobody's who did nothing
    assert logs["@w1"].text.startswith("工作日志：11月21日 小耿") and "日志 补充" in logs["@w1"].text
    assert logs["@w1"].at.astimezone(ZONE).strftime("%H:%M") == "20:55"
    assert "工作日志" not in "".join(one.text for one in await talk.wait(days=1))
    await talk.close()


@pytest.mark.postgres
async def test_on_postgresql_too(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, Rules(cases=CaseRules(log_at="20:55")), url=str(postgres())).open()
    await some_work(talk)
    assert "收到 4 件" in (await talk.say("l1", None, "统计"))[0].text
    assert "收到 3（0），办结 1（0）" in (await talk.say("t1", None, "趋势"))[0].text
    assert "接单 1，办结 1，按时 100.0%" in (await talk.say("a1", None, "考核"))[0].text
    assert {one.room for one in await talk.wait(hours=9) if "工作日志" in one.text} == {"@w1", "@w2"}
    async with talk.database.read() as session:
        await export_figures(session, tmp_path / "out.csv", month(date(2026, 11, 1)), talk.rules, talk.now)
    await talk.close()


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("日志 补充 " + "长" * 201, "200 个字以内"),
        ("日志 补充", "请写做了什么"),
        ("日志 啊啊", "请这样写"),
        ("日志 3月5日", "最近 31 天"),
        ("日志 删除 1", "没有补充过"),
    ],
)
async def test_bad_words_for_a_log_get_one_line(talk: Talk, words: str, answer: str) -> None:
    (said,) = await talk.say("w1", None, words)
    assert answer in said.text
    assert await talk.rows(select(WorkLog)) == []


async def test_logs_are_private_and_ordinary_words_stay_talk(talk: Talk) -> None:
    assert "请私聊我" in (await talk.say("w1", "g1", "日志"))[0].text
    for words in ("日志", "趋势", "统计", "考核"):
        assert rooms(await talk.say("r1", "g1", words)) == set()


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("走访了3栋5户", "巡查"),
        ("张贴海报", "宣传"),
        ("登记流动人口4人", "采集"),
        ("接待来访2人", "受理"),
        ("帮老人买菜", "服务"),
    ],
)
def test_own_words_are_sorted(words: str, label: str) -> None:
    assert label_of(words) == label
