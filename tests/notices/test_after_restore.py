"""A plan that fell between a backup and its restore: nobody knows whether it went out, and its sender is asked."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col

from storage.agenda import DueItem
from tests.harness import Talk, rooms, texts


async def _restored(talk: Talk) -> list[str]:
    """The bot starts after a restore."""
    await talk.say("t1", None, "通知 全镇 定时下午3点 停水")
    await talk.say("t1", None, "确认")
    async with talk.database.write() as session:
        await session.execute(
            update(DueItem).where(col(DueItem.kind) == "notice.planned").values(kind="notice.restored")
        )
    said = await talk.wait(hours=4)
    assert rooms(said) == {"@t1"}
    return texts(said, "@t1")


async def test_its_sender_hears_of_it(talk: Talk) -> None:
    (said,) = await _restored(talk)
    assert "可能已经发过" in said and "停止 N1" in said
    assert "N1" not in texts(await talk.say("t1", None, "待发"), "@t1")[0]


async def test_it_goes_out_at_their_word(talk: Talk) -> None:
    await _restored(talk)
    said = await talk.say("t1", None, "确认 N1")
    assert "停水" in texts(said, "@t1")[0]  # shown again first
    assert {"g1", "g2", "g3"} <= rooms(await talk.say("t1", None, "确认"))
