"""The same commands on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


def code_in(answer: str, word: str) -> str:
    return answer.split(word)[-1].split()[0]


@pytest.mark.postgres
async def test_a_day_of_an_admin(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=postgres()).open()
    (codes,) = texts(await talk.say("a1", None, "群码 新 柳树一格"), "@a1")
    assert "大家好" in texts(await talk.say("w1", "new", f"绑定 {code_in(codes, '绑定 ')}"), "new")[0]
    (codes,) = texts(await talk.say("a1", None, "群码 柳树二格"), "@a1")
    assert "绑好了" in texts(await talk.say("w2", "g2-again", f"绑定 {code_in(codes, '绑定 ')}"), "g2-again")[0]
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", "g1", "代班 李珍 3天")
    assert "转给" in texts(await talk.say("a1", None, "免去 小耿"), "@a1")[0]
    assert "已任命" in texts(await talk.say("a1", None, "任命 网格员 赵大爷 柳树一格"), "@a1")[0]
    (given,) = texts(await talk.say("a1", None, "绑人 赵大爷"), "@a1")
    await talk.say("r2-new", "g1", "大家好")
    said = await talk.say("r2-new", None, f"我是 {code_in(given, '一次性码：')}")
    assert "您是赵大爷（柳树一格网格员）" in texts(said, "@r2-new")[0]
    await talk.say("a1", None, "模式 静默 全村")
    assert "都是静默" in texts(await talk.say("a1", None, "通知 全村 停水"), "@a1")[0]
    await talk.say("a1", None, "模式 恢复 全村")
    await talk.say("a1", None, "通知 全村 停水")
    assert rooms(await talk.say("a1", None, "确认")) == {"g1", "g2-again", "new", "@a1"}
    assert "送达 3 个群" in texts(await talk.wait(minutes=2), "@a1")[0]
    assert "全部发完" in texts(await talk.say("a1", None, "停止 N1"), "@a1")[0]
    await talk.close()
