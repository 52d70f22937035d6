"""`gridbot accounts`: how our accounts stand, what they have sent and may still send."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.alarm import STATES
from bot.config import Config
from bot.gateways.protocol import GatewayState
from bot.machine import standing_of
from bot.pacing import DAY
from storage.areas import Chat, RoomBinding
from storage.outbox import DeliveryPart, PartState
from storage.people import Account

HEADINGS = ("账号", "接入", "状态", "自", "主用群", "备用群", "在等", "24 小时已发", "还可发", "速度", "暂停到", "进程")


async def account_rows(session: AsyncSession, config: Config, now: datetime) -> list[tuple[str, ...]]:
    """A row for each account, in the order of `HEADINGS`."""
    active = await _counts(session, select(col(Chat.account_id), func.count()).where(col(Chat.room_id).is_not(None)))
    inside = await _counts(
        session,
        select(col(RoomBinding.account_id), func.count())
        .join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
        .where(
            col(RoomBinding.left_at).is_(None),
            col(Chat.room_id).is_not(None),
            col(RoomBinding.account_id) != col(Chat.account_id),
        ),
    )
    waiting = await _counts(
        session, select(col(DeliveryPart.account_id), func.count()).where(DeliveryPart.state == PartState.QUEUED)
    )
    sent = await _counts(
        session, select(col(DeliveryPart.account_id), func.count()).where(col(DeliveryPart.tried_at) > now - DAY)
    )
    rows = []
    for one in await session.scalars(select(Account).order_by(col(Account.name))):
        number = one.id or 0
        standing = standing_of(one)
        rate = standing.rate_at(now, config.pace)
        share = rate * standing.share_at(now, config.pace)
        left = "不限" if one.gateway != "wechaty" else max(0, int(config.pace.routine_day * share) - sent[number])
        working = one.lease_until is not None and one.lease_until > now
        rows.append(
            (
                one.name,
                one.gateway,
                _standing(one, working=working),
                _time(one.state_at, config),
                str(active[number]),
                str(inside[number]),
                str(waiting[number]),
                str(sent[number]),
                str(left),
                f"{rate:.0%}",
                _time(one.paused_until if one.paused_until and one.paused_until > now else None, config),
                ":".join(one.lease_holder.split(":")[:2]) if working else "没有在运行",
            )
        )
    return rows


def _standing(account: Account, *, working: bool) -> str:
    if not account.state:
        return "没有运行过"
    return STATES.get(GatewayState(account.state), account.state) if working else "没有在运行"


class _Counts(dict[int, int]):
    def __missing__(self, key: int) -> int:
        return 0


async def _counts(session: AsyncSession, query: Any) -> _Counts:
    """Rows counted by account; what is missing is 0."""
    account = next(iter(query.selected_columns))
    return _Counts((await session.execute(query.group_by(account))).all())


def _time(moment: datetime | None, config: Config) -> str:
    return moment.astimezone(ZoneInfo(config.timezone)).strftime("%m-%d %H:%M") if moment else ""
