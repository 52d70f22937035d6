"""Texts that were taken for commands, and commands that were taken for text."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.table import GRAMMAR
from handlers.turn import Speaker
from storage.matters import Alert, AlertState, Case, CaseFollower, CaseState
from storage.people import Held, Role
from tests.harness import Talk, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"


@pytest.mark.parametrize(
    "words", ["接单-1", "接单/1", "接单|1", "接单（1）", "接单 第1号", "接单【事项 1】", "接单一", "接单 第一号"]
)
async def test_other_separators_are_understood(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", words)
    assert await talk.rows(select(Case.state)) == [CaseState.ACCEPTED]


@pytest.mark.parametrize("words", ["接单 -1", "接单 一下", "接单 abc", "接单 1 2", f"接单 {10**11}", "误判 那个"])
async def test_a_worker_who_mistypes_a_number_is_told_how_it_is_written(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    (line,) = await talk.say("w1", "g1", words)
    assert "请这样写" in line.text
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED]
    assert await talk.say("r2", "g1", words) == []


@pytest.mark.parametrize(
    "words", ["完成1份问卷", "完成 1 份问卷", "完成1号前交表", "办结1号上午的材料", "完成1次巡查", "完成12345678901"]
)
async def test_a_count_or_a_date_no_longer_closes_a_case(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", words)
    assert await talk.rows(select(Case.state)) == [CaseState.ACCEPTED]


@pytest.mark.parametrize("words", ["找到1只猫", "找到 1 只猫，谁家的", "找到1串钥匙", "找到 1 把伞"])
async def test_a_cat_that_was_found_no_longer_ends_an_alert(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w1", "g1", words)
    assert await talk.rows(select(Alert.state)) == [AlertState.CONFIRMED]


@pytest.mark.parametrize("words", ["人已安置", "楼道已清", "单元门修好了", "天花板补好了", "分局已受理", "个人原因"])
async def test_words_after_a_number_may_begin_like_a_measure(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("w1", "g1", f"办结 1 {words}")
    assert f"已办结：{words}" in texts(said, "g1")[0]


async def test_found_and_well_is_no_measure(talk: Talk) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "找到 M1 人没事")
    assert await talk.rows(select(Alert.state)) == [AlertState.FOUND]


async def test_a_command_a_line_is_carried_out_line_by_line(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    await talk.say("r2", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    await talk.say("w1", None, "接单 1\n接单 2\n接单 99")
    assert await talk.rows(select(Case.state).order_by(Case.id)) == [CaseState.ACCEPTED, CaseState.ACCEPTED]
    said = await talk.say("w1", None, "办结 1 换了新管\n进展 2 已报供电所")
    assert "换了新管" in "".join(texts(said, "g1"))
    assert "已报供电所" in "".join(texts(said, "g1"))
    assert await talk.rows(select(Case.state).order_by(Case.id)) == [CaseState.DONE, CaseState.IN_PROGRESS]


async def test_lines_of_one_command_stay_together(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    await talk.say("w1", None, "接单 1")
    said = await talk.say("w1", None, "进展 1 师傅已到\n正在换管")
    assert "正在换管" in "".join(texts(said, "g1"))


@pytest.mark.parametrize("words", ["接单1号好的", "接单 1，马上过去", "接单1 我这就去", "接单 1 收到"])
async def test_words_beside_a_command_do_not_hinder_it(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", words)
    assert await talk.rows(select(Case.state)) == [CaseState.ACCEPTED]


@pytest.mark.parametrize("words", ["接单 1 吗", "接单 1 转给刘志愿", "接单 1 2"])
async def test_other_words_beside_a_command_are_asked_about(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", words)
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED]


@pytest.mark.parametrize("words", ["办结 三号楼修好了", "进展 一直在修", "办结 一点都不难", "转给 三叔"])
def test_other_words_of_numbers_are_no_number_of_a_case(words: str) -> None:
    speaker = Speaker(1, "周敏", (Held(1, Role.WORKER, 1, "/1/", 5),))
    orders = GRAMMAR.parse_all(words, speaker, addressed=True)
    assert not any(order.ref for order in orders)


@pytest.mark.parametrize("words", ["格格", "格格在吗", "格格，你好", "@格格 在吗？"])
async def test_who_calls_the_bot_by_its_name_alone_is_answered(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "楼道灯坏了")
    assert texts(await talk.say("r1", "g1", words), "g1")[0].startswith("@王姨 我是格格")
    assert await talk.wait(minutes=5) == []  # it is no part of the case


@pytest.mark.parametrize("words", ["格格不入", "格格昨天没来", "格格格格"])
async def test_what_only_begins_with_its_name_is_talk(talk: Talk, words: str) -> None:
    assert await talk.say("r1", "g1", words) == []


async def test_commands_are_known_in_traditional_script(talk: Talk) -> None:
    await talk.say("r1", "g1", "楼道灯坏了")
    assert "【事项 1】接好了" in texts(await talk.say("w1", None, "接單 1"), "@w1")[0]
    assert texts(await talk.say("w1", None, "1號辦結 換了燈泡"), "g1")[0].startswith("@王姨 【事项 1】已办结：換了燈泡")
    assert texts(await talk.say("r1", None, "幫助"), "@r1")[0].startswith("我")


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("1号2号我都接了", "接单 1 / 接单 2"),
        ("接单1、2", "接单 1 / 接单 2"),
        ("2、3都弄好了", "办结 2 / 办结 3"),
        ("2号接了", "接单 2"),
        ("2号转给李珍", "转给 2 李珍"),
        ("2给李珍", "转给 2 李珍"),
        ("2号延到下周一", "延期 2 下周一"),
        ("2改成噪音", "改类 2 噪音"),
        ("统计本月", "统计 本月"),
        ("趋势这周", "趋势 这周"),
        ("代班结束", "代班 结束"),
        ("值班表", "值班 表"),
        ("日志昨天。", "日志 昨天"),
        ("转给李珍", "转给 李珍"),
        ("代报3栋王姨家水管漏了", "代报 3栋王姨家水管漏了"),
        ("代班李珍3天", "代班 李珍3天"),
        ("2号楼3号楼都停水了", ""),
        ("2号进展怎么样了", ""),
        ("12号延到什么时候呢", ""),
    ],
)
def test_a_busy_worker_may_leave_out_gaps_and_begin_with_the_number(words: str, read: str) -> None:
    speaker = Speaker(1, "周敏", (Held(1, Role.WORKER, 1, "/1/", 5),))
    orders = GRAMMAR.parse_all(words, speaker, addressed=True)
    parts = [" ".join(str(one) for one in (order.command.name, order.ref, order.rest) if one) for order in orders]
    assert " / ".join(parts) == read


async def test_what_is_said_to_the_bot_of_a_numbered_case_is_no_new_one(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    told = texts(await talk.say("w1", None, "1号那个漏水的管子我先拿胶带缠上了，等师傅来换"), "@w1")
    assert told == ["要让报事人知道，请回“进展 1 那个漏水的管子我先拿胶带缠上了，等师傅…”；要接下，回“接单 1”。"]
    assert "【事项 2】已记下" in texts(await talk.say("w1", None, "3号楼路灯坏了，麻烦登记一下"), "@w1")[0]
    said = await talk.say("w1", None, "一号弄好了")
    assert texts(said, "g1")[0].startswith("@王姨 【事项 1】已办结：弄好了。")
    assert "已重新打开" in texts(await talk.say("r1", "g1", "没好啊"), "g1")[0]
    assert "没有在办或等评价的事。说的是别人手上的" in texts(await talk.say("w2", None, "办结"), "@w2")[0]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("我手上还有几件", "待办 1 件"),
        ("还有啥没弄", "待办 1 件"),
        ("格格 今天有啥事", "今天要办 1 件"),
        ("今晚我值班", "“值班”这样写：值班 今晚 我"),
        ("请假3天 李珍代班", "“代班”这样写：代班 李珍 3天"),
        ("怎么延期", "“延期”这样写：延期 12 周五 等配件"),
    ],
)
async def test_a_worker_who_asks_in_their_own_words_is_helped(talk: Talk, words: str, answer: str) -> None:
    await talk.say("r1", "g1", LEAK)
    assert texts(await talk.say("w1", None, words), "@w1")[0].startswith(answer)
    assert answer not in "".join(one.text for one in await talk.say("r2", "g1", words))


async def test_a_mark_for_what_is_not_done_is_answered_in_private(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    assert "没有等您评价的事" in texts(await talk.say("r1", None, "2分吧，太慢了"), "@r1")[0]
    assert "没有等您评价的事" in texts(await talk.say("r2", None, "2星"), "@r2")[0]
    assert "已催小耿" in texts(await talk.say("t1", None, "督办 1 周五前办完"), "@t1")[0]


@pytest.mark.parametrize("words", ["不是一回事", "我说的不是一件事，是灯"])
async def test_who_was_merged_by_mistake_need_not_quote(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "巷子口垃圾三天没人拉了")
    await talk.say("r2", "g1", "路灯坏了，麻烦修一下")
    await talk.say("w1", None, "合并 1 2")
    assert await talk.say("v1", "g1", words) == []
    said = await talk.say("r2", "g1", words)
    assert texts(said, "g1") == ["@赵大爷 【事项 2】还是单独办，刚才并错了。有进展我在这里说。"]
    assert await talk.rows(select(Case.state).order_by(Case.id)) == [CaseState.REPORTED, CaseState.REPORTED]


async def test_what_was_done_may_say_which_of_several_it_was(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r2", "g1", "巷子里的路灯坏了，麻烦修一下")
    assert "您说的是哪一件" in texts(await talk.say("w1", None, "办结 已换新的"), "@w1")[0]
    said = await talk.say("w1", None, "办结 路灯换好了")
    assert texts(said, "g1")[0].startswith("@赵大爷 【事项 2】已办结：路灯换好了。")


async def test_who_still_has_no_water_is_never_left_alone(talk: Talk) -> None:
    await talk.say("r3", "g2", "停水了，我们二格这边都没水了")
    await talk.say("r1", "g1", "我们也停水了")
    await talk.say("v2", "g2", "我家一直没水啊")
    assert len(await talk.rows(select(CaseFollower.contact_id))) == 2
    await talk.say("w2", None, "办结 1 来水了")
    said = await talk.say("r2", "g1", "我们家也没来水")
    assert texts(said, "g1")[0].startswith("@赵大爷 【事项 2】已记下")
    assert "已重新打开" in texts(await talk.say("r1", "g1", "没来啊"), "g1")[0]


async def test_a_nuisance_that_goes_on_is_told_in_private(talk: Talk) -> None:
    await talk.say("r1", None, "我想反映一下楼上201养狗，天天叫，别说是我说的")
    assert texts(await talk.say("r1", None, "昨晚还叫了一宿"), "@w1") == ["【事项 1】王姨说：昨晚还叫了一宿"]


async def test_volunteers_answer_a_neighbour_in_their_own_words(talk: Talk) -> None:
    await talk.say("r1", "g1", "哪个有空帮我奶奶取个药嘛，走不动")
    for who, words in (("r2", "我来我来"), ("v1", "我去！"), ("v1", "我来晚了")):
        assert await talk.say(who, "g1", words) == []
    assert "刘志愿已接单" in texts(await talk.say("v1", "g1", "我来我来"), "g1")[0]
    assert await talk.say("v2", "g1", "我去吧") == []
    assert "退回来了" in texts(await talk.say("v1", "g1", "不好意思 临时有事去不了了"), "g1")[0]
    assert "马志愿已接单" in texts(await talk.say("v2", "g1", "我去取吧"), "g1")[0]
    assert "已办结：拿到了送到家了。" in texts(await talk.say("v2", "g1", "拿到了送到家了"), "g1")[0]


async def test_a_bare_number_and_a_number_at_the_end_are_understood(talk: Talk) -> None:
    await talk.say("r1", "g1", "@小耿 在吗，3栋楼道灯不亮了")
    assert await talk.rows(select(Case.text)) == ["3栋楼道灯不亮了"]  # the call before it is no part of the matter
    for words in ("1", "收到1号"):
        told = texts(await talk.say("w1", None, words), "@w1")
        assert told == ["【事项 1】要接下，回“接单 1”；办完回“办结 1 结果”。"]
    assert texts(await talk.say("w1", None, "转给李珍1"), "@w1") == ["【事项 1】已转给李珍。"]


async def test_who_answers_for_several_places_is_told_at_once(talk: Talk) -> None:
    (told,) = texts(await talk.say("w1", None, "谁管 柳树一格、北关一格"), "@w1")
    assert "小耿" in told and "陈刚" in told
    assert "没有叫" in texts(await talk.say("w1", None, "谁管 柳树一格 桃花源"), "@w1")[0]
