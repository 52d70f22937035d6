"""收到: counted by group and person where it was asked for, and who has not is told to the workers once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.notices.hearing import received
from handlers.notices.wording import asks_for_receipt
from storage.agenda import DueItem
from storage.matters import Notice, NoticeReceipt
from storage.people import ContactBinding
from tests.harness import Talk, rooms, texts


async def send(talk: Talk, text: str = "通知 全镇 回执 明早停水") -> None:
    """The list of people puts r1, r2, v1, v2 and w1 into g1, r3 and w2 into g2."""
    (preview,) = texts(await talk.say("t1", None, text), "@t1")
    assert "要回执" in preview
    await talk.say("t1", None, "确认")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("明早停水，收到请回复", True),
        ("明早停水，请大家收到回复。", True),
        ("明早停水，回复“收到”", True),
        ("明早停水 请回复收到！", True),
        ("明早停水，收到请回复1", False),
        ("收到请回复的通知不要再转", False),
        ("快递已收到", False),
        ("请大家回收旧衣", False),
        ("有问题请回复", False),
    ],
)
def test_who_asks_for_a_receipt(text: str, asks: bool) -> None:
    assert asks_for_receipt(text) == asks


@pytest.mark.parametrize(
    ("text", "said", "quoting"),
    [
        ("收到", True, True),
        ("收到了！", True, True),
        ("好的，收到，谢谢", True, True),
        ("收到[握手]", True, True),
        ("知道了", False, True),
        ("1", False, True),
        ("收到快递了吗", False, False),
        ("没收到", False, False),
        ("收到的水费单不对", False, False),
    ],
)
def test_what_is_a_receipt(text: str, said: bool, quoting: bool) -> None:
    assert received(text) == said
    assert received(text, quoting=True) == quoting


RECEIPTS = """
收到 收到了！ 好的，收到，谢谢 收到[握手] 收到收到 收到👌 收到✅ 收到，辛苦了 收到，马上办 3栋201收到
一单元收到 全家收到 嗯收到 OK收到 收到ok 收到1 收到哈 王姨收到
赵大爷：收到 3-2-201收到 柳树一格收到 柳树一格小耿收到 小耿收到！ 我家收到 我们家收到了，谢谢 已收到
收到通知 通知收到 收到_收到_收到 收到～ 收到~ 好嘞收到
收到，谢谢书记 收到，一定配合 收到🙏🏻辛苦啦 收到！我们马上落实 孙丽，收到 我是3栋201的，收到
收到，3栋201 收到，没问题 一组组长收到 物业收到 Lisa收到 收到谢谢
收到辛苦了 收到，明白 收到+1 刚收到，谢谢提醒 A座收到 网格员收到 都收到了 收到，按时参加
好的收到啦[玫瑰][玫瑰] 1单元102室_收到 201收到 我已收到
"""
NONE = """
没收到 未收到 还没收到 谁收到 谁收到了 收到没 收到没有 收到吗 收到了吗？ 收到？ 收到货了 收到钱 收到钱了
收到快递了吗 快递收到 包裹收到了 钱收到了 水费单收到
收到的水费单不对 收到请回复 请收到回复 大家收到了吗 我没收到 我家没有收到 收到，但是我家没水
收到，怎么办 收到，我家水管爆了 收到，着火了快来 是否收到 何时收到 能收到 不收到
收到短信了 收到一个诈骗短信 收到退款了 刚收到货 收到红包 收到停水通知了没 药收到了 文件收到 方案收到
收到，几点停水 马上收到 等收到再说 我昨天收到一封信
收到，什么时候来电 谢谢 好的 3栋201
"""


@pytest.mark.parametrize(("lines", "said"), [(RECEIPTS, True), (NONE, False)])
def test_who_says_so_and_politely_is_told_from_who_asks_or_means_something_else(lines: str, said: bool) -> None:
    """`_` stands for a space."""
    assert [line for line in lines.split() if received(line.replace("_", " ")) != said] == []


@pytest.mark.parametrize("line", ["👌", "[OK]", "王姨知道了", "好的谢谢", "3栋201已阅"])
def test_in_a_quote_a_nod_is_enough(line: str) -> None:
    assert received(line, quoting=True) and not received(line)


@pytest.mark.parametrize("part", ["谢", "嗯", "1", "一格", "小王", "收到谢", "都收到"])
def test_no_line_is_gone_through_for_ever(part: str) -> None:
    assert not received(("收到" + part * 30)[:29] + "é")


async def test_counted_by_group_and_person(talk: Talk) -> None:
    await send(talk)
    assert await talk.say("r1", "g1", "收到") == []
    assert await talk.say("r1", "g1", "收到！") == []
    assert await talk.say("r3", "g2", "知道了", quote="N1.2") == []
    assert await talk.say("r4", "g3", "知道了") == []
    assert len(await talk.rows(select(NoticeReceipt))) == 2
    shown = texts(await talk.say("t1", None, "回执 N1"), "@t1")[0]
    assert "回执 2 人；3 个群里 1 个还没有人回。" in shown
    assert "柳树一格 1/5 人" in shown and "柳树二格 1/2 人" in shown
    assert "还没有人回的群：北关一格群" in shown
    assert "只有发起人" in texts(await talk.say("w1", None, "回执 N1"), "@w1")[0]


async def test_who_has_not_is_told_to_the_worker_once(talk: Talk) -> None:
    await send(talk)
    await talk.say("r1", "g1", "收到")
    said = await talk.wait(hours=5)
    (told,) = texts(said, "@w1")
    assert "柳树一格群 1/5 人已回，没回的：赵大爷、刘志愿、马志愿" in told
    assert "没回的：孙丽" in texts(said, "@w2")[0]
    assert "北关一格群 0/2 人已回，没回的：周强" in texts(said, "@w3")[0]
    assert rooms(said) <= {"@w1", "@w2", "@w3", "@t1"}
    assert await talk.wait(days=2) == []


async def test_nobody_is_chased_before_the_last_group_has_it(talk: Talk) -> None:
    await send(talk)
    due = select(DueItem.due_at).where(DueItem.kind == "notice.receipts")
    assert await talk.rows(due) == []
    await talk.wait(minutes=2)
    (notice,) = await talk.rows(select(Notice))
    assert await talk.rows(due) == [notice.ended_at + timedelta(hours=4)]


async def test_in_quiet_hours_the_workers_sleep(talk: Talk) -> None:
    await talk.wait(hours=7)
    await send(talk)
    assert rooms(await talk.wait(hours=12)) <= {"@t1"}
    assert "@w1" in rooms(await talk.wait(hours=2))


async def test_of_people_the_sender_hears_who(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(
            update(ContactBinding).where(col(ContactBinding.external_id) == "w3").values(friend=False)
        )
    await talk.say("t1", None, "通知 全体网格员 周五开会，收到请回复")
    await talk.say("t1", None, "确认")
    await talk.say("w1", None, "收到")
    await talk.say("w3", "s1", "收到")
    (shown,) = texts(await talk.say("t1", None, "回执 N1"), "@t1")
    assert "回执 2/3 人。还没回的：李珍" in shown
    (told,) = [text for text in texts(await talk.wait(hours=5), "@t1") if "回执" in text]
    assert "还没回的：李珍" in told


@pytest.mark.parametrize("nod", ["好的", "知道了", "嗯嗯好的", "👌", "明白"])
async def test_in_private_a_nod_is_enough_where_nothing_else_waits(talk: Talk, nod: str) -> None:
    await talk.say("t1", None, "通知 全体网格员 周五开会，收到请回复")
    await talk.say("t1", None, "确认")
    assert texts(await talk.say("w1", None, nod), "@w1") == []
    await talk.say("r3", "g2", "我妈不见了，65岁，红棉袄，早上8点从柳树巷走的")
    await talk.say("w2", None, nod)
    await talk.say("w3", None, "开会在哪")
    shown = "".join(texts(await talk.say("t1", None, "回执 N1"), "@t1"))
    assert "回执 1/3 人。还没回的：李珍、陈刚" in shown


async def test_where_nobody_asked_it_is_talk(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 停水")
    await talk.say("t1", None, "确认")
    assert await talk.say("r1", "g1", "收到") == []
    assert await talk.rows(select(NoticeReceipt)) == []
    assert "没有要回执" in texts(await talk.say("t1", None, "回执 N1"), "@t1")[0]


async def test_an_answer_to_a_question_is_no_receipt(talk: Talk) -> None:
    await send(talk, "通知 柳树一格 回执 停水")
    await talk.say("w1", "g1", "通知 本格 收卫生费")
    await talk.say("w1", "g1", "收到", quote="N2.1")
    assert await talk.rows(select(NoticeReceipt)) == []
    assert (await talk.rows(select(Notice).order_by(Notice.id.desc())))[0].state == "draft"


async def test_receipts_are_forgotten_in_the_end(talk: Talk) -> None:
    await send(talk)
    await talk.say("r1", "g1", "收到")
    await talk.wait(days=1)
    assert len(await talk.rows(select(NoticeReceipt))) == 1
    async with talk.database.write() as session:
        await session.execute(update(Notice).values(sent_at=talk.now - timedelta(days=181)))
    await talk.wait(days=1)
    assert await talk.rows(select(NoticeReceipt)) == []


async def test_how_far_it_is_says_how_many_answered(talk: Talk) -> None:
    await talk.say("a1", "s1", "通知 全村 后天上午打疫苗，带身份证，回复收到")
    await talk.say("a1", "s1", "确认")
    await talk.say("r1", "g1", "收到")
    await talk.say("r3", "g2", "收到")
    assert "已回“收到” 2 人" in texts(await talk.say("a1", "s1", "查 N1"), "s1")[0]


async def test_people_read_that_they_are_asked_to_say_so(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全镇 回执 今晚八点开会")
    assert texts(await talk.say("t1", None, "确认"), "g1")[0].endswith("今晚八点开会\n（看到请回“收到”）")
    await talk.say("r1", "g1", "收到")
    assert "回执 1 人" in texts(await talk.say("t1", None, "谁还没收到"), "@t1")[0]
    await talk.say("t1", None, "通知 全镇 明晚八点还开会，收到请回复")
    assert texts(await talk.say("t1", None, "确认"), "g1")[0].endswith("收到请回复")


async def test_who_read_it_and_comes_late_has_read_it(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全体网格员 开会，收到请回复")
    await talk.say("t1", None, "确认")
    for person, words in (("w1", "收到，我晚点到"), ("w2", "收到了，今天去不了"), ("w3", "收到，3栋路灯坏了")):
        await talk.say(person, None, words)
    assert "回执 2/3 人。还没回的：陈刚" in texts(await talk.say("t1", None, "回执 N1"), "@t1")[0]


async def test_who_cannot_come_is_heard_by_the_sender(talk: Talk) -> None:
    await talk.say("t1", None, "通知 全体网格员 明早九点开会，收到请回复")
    await talk.say("t1", None, "确认")
    said = await talk.say("w1", None, "家里有事，去不了")
    assert "小耿 回：“家里有事，去不了”" in texts(said, "@t1")[0]
    assert "已告诉发通知的人" in texts(said, "@w1")[0]
    assert "小耿" not in texts(await talk.say("t1", None, "回执 N1"), "@t1")[0]
    for words in ("谁去不了", "他去不了", "家里停水了"):
        assert not any("回：" in one.text for one in await talk.say("w2", None, words))
