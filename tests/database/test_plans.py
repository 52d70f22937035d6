"""What grows for years is never read from end to end: every statement finds its rows by an index."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from tests.harness import Talk

GROWING = r"case|casestep|casefollower|inboxevent|picture|post|postpart|delivery|deliverypart|auditentry|sighting"
SCANNED = re.compile(rf"SCAN (?:{GROWING})\b(?! USING (?:COVERING )?INDEX ix_)")
SEARCHED = ("ended_at < ? AND", "LIKE '%' || ? || '%'")
"""What is read whole all the same: old cases once a night, to be forgotten; and where somebody looks for a word."""

OF_A_DAY = (
    "待办",
    "未接",
    "超期",
    "今天",
    "热线",
    "寻人",
    "日志",
    "统计 本月",
    "趋势 本周",
    "考核 本月",
    "例会",
    "人口",
)


async def test_no_statement_reads_a_whole_table(talk: Talk) -> None:
    said: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        said.setdefault(sql, parameters[0] if many else parameters)

    for engine in (talk.database._writer, talk.database._reader):
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    await talk.say("r1", "g1", "3栋的路灯坏了三天了，麻烦来修")
    await talk.say("r2", "g1", "我家楼下的路灯也坏了")
    await talk.say("w1", None, "热线 12345-881 3栋 王姨 路灯不亮 周五前")
    for words in ("接单 1", "进展 1 师傅在路上", "12345-881 办结 换了灯泡", "办结 1 换了灯泡", "查 1"):
        await talk.say("w1", "g1", words)
    await talk.say("r1", "g1", "满意")
    await talk.say("r1", "g1", "我爸今早9点从柳树巷出去到现在没回来，72岁，灰夹克")
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", "菜市场北门刚过去个穿灰夹克的大爷")
    await talk.say("r1", "g1", "找到了，谢谢大家")
    for words in OF_A_DAY:
        await talk.say("t1", None, words)
    await talk.wait(hours=30)
    async with talk.database.connect() as connection:
        plans = {
            sql: [row[3] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(parameters))]
            for sql, parameters in list(said.items())
            if sql.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")) and not any(word in sql for word in SEARCHED)
        }
    assert len(plans) > 100
    assert not {sql: plan for sql, plan in plans.items() if any(map(SCANNED.match, plan))}
