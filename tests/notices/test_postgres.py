"""Notices on PostgreSQL: plan, pictures' rows, receipts, recall and correction, as on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.matters import Notice, NoticeReceipt
from tests.harness import Talk, texts

pytestmark = pytest.mark.postgres


async def test_a_notice_from_its_plan_to_its_recall(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=postgres()).open()
    await talk.say("t1", None, "模板 保存 停水 ____停水")
    await talk.say("t1", None, "通知 柳树村、北关社区 除柳树二格 回执 明早9点 模板 停水 今晚")
    assert "定好了" in texts(await talk.say("t1", None, "确认"), "@t1")[0]
    assert "今晚停水" in texts(await talk.say("t1", None, "待发"), "@t1")[0]
    said = await talk.wait(hours=22)
    assert texts(said, "g1") == texts(said, "g3") == ["【通知 N1】柳河镇：\n今晚停水\n（看到请回“收到”）"]
    assert not texts(said, "g2")
    await talk.say("r1", "g1", "收到")
    await talk.say("r1", "g1", "收到")
    assert len(await talk.rows(select(NoticeReceipt))) == 1
    assert "回执 1 人" in texts(await talk.say("t1", None, "回执 N1"), "@t1")[0]
    await talk.say("t1", None, "更正 N1 停电")
    await talk.say("t1", None, "确认 N2")
    assert "正在收回 2 条" in texts(await talk.say("t1", None, "撤回 N2"), "@t1")[0]
    assert "收回 2 个群" in texts(await talk.wait(minutes=5), "@t1")[-1]
    await talk.say("a2", None, "授权 周强 通知 北关社区 3天")
    assert "预览" in texts(await talk.say("r4", None, "通知 北关社区 停水"), "@r4")[0]
    assert len(await talk.rows(select(Notice))) == 3
    await talk.close()
