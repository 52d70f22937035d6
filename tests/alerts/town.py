"""What the tests of alerts share: words that people write, and who heard what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from bot.gateways.protocol import Refused, Unknown
from bot.pacing import PaceRules
from handlers.ports import AlertRules, Rules
from storage.areas import Mode, Room
from storage.matters import Alert
from storage.outbox import Delivery, DeliveryPart, PartState, Post, PostPart, Sort
from tests.harness import Talk

GRANDPA = "急!我爸上午9点多从柳树巷出去到现在没回来,72岁,灰夹克黑布鞋,耳朵背,看到打13900002210"
MOTHER = "谁见着我妈了,骑个红三轮,没拿手机"
FORWARDED = "【转发】寻人启事：张三，男，45岁，从北京走失，求扩散"
CLUE = "菜市场北门刚过去个穿灰夹克的大爷,是不是群里找的那个"
TOWN_ROOMS = {"g1", "g2", "g3"}


async def the_alert(talk: Talk, number: int = 1) -> Alert:
    """The alert with this number."""
    (alert,) = await talk.rows(select(Alert).where(col(Alert.id) == number))
    return alert


async def set_mode(talk: Talk, room: str, mode: Mode) -> None:
    """Put a room into a mode."""
    async with talk.database.write() as session:
        await session.execute(update(Room).where(col(Room.key) == room).values(mode=mode))


async def paced(folder: Path, seconds: float, rules: Rules | None = None) -> Talk:
    """A bot whose account sends one urgent message every so many seconds."""
    talk = Talk(folder, rules)
    pace = PaceRules(urgent_gap=(seconds, seconds), routine_gap=(seconds, seconds))
    await talk.open(pace=pace)
    return talk


def alert_rules(**changes: int) -> Rules:
    """The default rules with other rules for alerts."""
    return Rules(alerts=AlertRules(**changes))


def breaking(talk: Talk, room: str, error: type[Refused] | type[Unknown]) -> None:
    """Sending texts to a room fails from now on, or leaves it open whether they arrived."""
    whole = talk.replay.gateway.send_text

    async def send_text(to: Any, text: str, mentions: Any = ()) -> str:
        if to.room == room:
            raise error("test")
        return await whole(to, text, mentions)

    talk.replay.gateway.send_text = send_text  # type: ignore[method-assign]


async def heard(talk: Talk, number: int, sort: Sort) -> set[int]:
    """The chats that got, or perhaps got, a text of this sort about an alert."""
    query = (
        select(col(Delivery.chat_id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == DeliveryPart.number))
        .where(
            Post.ref == f"M{number}",
            Post.sort == sort,
            PostPart.kind == "text",
            col(DeliveryPart.state).in_((PartState.SENT, PartState.UNKNOWN)),
        )
    )
    return set(await talk.rows(query))


async def balanced(talk: Talk, number: int = 1) -> bool:
    """Groups alerted = groups cleared, and nothing of the alert is still on its way."""
    waiting = (
        select(DeliveryPart.id)
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .where(Post.ref == f"M{number}", col(DeliveryPart.state).in_((PartState.QUEUED, PartState.SENDING)))
    )
    alerted, cleared = await heard(talk, number, Sort.ALERT), await heard(talk, number, Sort.END)
    return alerted == cleared and not await talk.rows(waiting)
