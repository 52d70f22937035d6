"""`gridbot check`: what is wrong, one line each."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.alarm import STATES
from bot.config import TOKEN_VARIABLE, Config, ConfigError
from bot.gateways.endpoint import parse_endpoint
from bot.gateways.protocol import GatewayState
from bot.lettering import find_font
from bot.machine import rooms_elsewhere, standing_of
from bot.running import levels_fault, town_folder
from handlers.posting import NO_MATTER
from handlers.working_time import announced
from storage.alert_figures import courses
from storage.areas import Area, Chat, Room, RoomBinding
from storage.engine import Database
from storage.hooks import HookDelivery, HookState
from storage.inbox import DayCount, InboxEvent, InboxState
from storage.outbox import Delivery, DeliveryPart, PartState, Post
from storage.people import Account, Appointment, Contact, ContactBinding, Role

SILENT_DAYS = 3
"""A bound room in which nothing was heard for so many days has probably lost the bot."""

UNEVEN_DAYS = 31
"""How long a missing end, and what failed, is still worth telling."""

AHEAD = timedelta(days=31)
"""How long before a year begins its holidays should be known; they are announced in November."""

NAMED = 10
"""Names listed in one line."""


async def findings(config: Config, database: Database) -> list[str]:
    """Every finding as a sentence; empty when all is well."""
    now = datetime.now(UTC)
    lines: list[str] = []
    if find_font() is None:
        lines.append("字体：没有中文字体，寻人海报发不出，只发文字（Debian：apt-get install fonts-noto-cjk）")
    lines += calendar_faults(config, now)
    lines += [fault] if (fault := await levels_fault(database, config)) else []
    lines += await _local_chat(config, database, now)
    lines += _open_to_all(config, database)
    if lost := await rooms_elsewhere(database, config.account, config.accounts.endpoints):
        lines.append(lost)
    async with database.read() as session:
        lines += await _gateways(config, session)
        lines += await _slowed(config, session, now)
        lines += await _areas(config, session)
        lines += await _rooms(config, session, now)
        lines += await _workers(session, now)
        lines += await _queues(session, now)
        lines += await _webhooks(config, session)
        lines += _line("寻人：发到的群和收到结束的群对不上的有", await _uneven(session, now))
    return lines


def calendar_faults(config: Config, now: datetime) -> list[str]:
    """A year that is near and of whose public holidays nothing is known."""
    cases, year = config.cases, (now.astimezone(ZoneInfo(config.timezone)) + AHEAD).year
    if announced(year) or any(day.year == year for day in (*cases.holidays, *cases.workdays)):
        return []
    return [
        f"日历：还不知道 {year} 年的节假日，现在只按周末休息算；请升级 chinese-calendar，"
        "或把放假和调休的日子写进 cases.holidays、cases.workdays"
    ]


async def _local_chat(config: Config, database: Database, now: datetime) -> list[str]:
    """Whether `run` could open the embedded chat, and fill it."""
    if config.gateway != "local":
        return []
    from bot.local_town import groups_and_people, lacks_town, open_chat

    try:
        async with open_chat(Path(config.local.chat), config.bot_name) as chat, database.read() as session:
            account_id = await session.scalar(select(Account.id).where(Account.name == config.account)) or 0
            if await lacks_town(session, chat, account_id):
                await groups_and_people(session, account_id, config.rules, now)
    except ConfigError as error:
        return [f"网关：{error}"]
    return []


def _open_to_all(config: Config, database: Database) -> list[str]:
    """Files with what residents wrote that every user of this machine may read."""
    chat = Path(config.local.chat) if config.gateway == "local" else None
    files = [file for file in (database.file, chat) if file is not None and file.is_file()]
    wide = [str(file) for file in files if file.stat().st_mode & 0o007]
    return [f"文件：{'、'.join(wide)} 里有居民的资料，本机别的用户也能读；请 chmod o-rwx"] if wide else []


async def _gateways(config: Config, session: AsyncSession) -> list[str]:
    if config.gateway == "local":
        return []
    names = config.accounts.endpoints or (config.account,)
    return [line for name in names for line in await _gateway(config.of_account(name), session)]


async def _gateway(config: Config, session: AsyncSession) -> list[str]:
    account = await session.scalar(select(Account).where(Account.name == config.account))
    known = STATES[GatewayState(account.state)] if account and account.state else ""
    state = f"账号 {config.account} 最后的状态：{known}" if known else ""
    lines = []
    if not config.token:
        lines.append(f"网关：环境变量 {TOKEN_VARIABLE} 没有设置")
    if not await _reachable(config.endpoint):
        lines.append(f"网关：连不上 {config.endpoint}。{state}")
    elif account is None or account.state != "online":
        lines.append(f"网关：{state or f'账号 {config.account} 还没有运行过'}")
    if account and account.scan_code:
        lines.append(f"网关：账号 {config.account} 要扫码登录：{account.scan_code}")
    return lines


async def _slowed(config: Config, session: AsyncSession, now: datetime) -> list[str]:
    """Accounts that the platform called too fast, until their rate has come back."""
    zone, lines = ZoneInfo(config.timezone), []
    for account in await session.scalars(select(Account).order_by(col(Account.id))):
        standing = standing_of(account)
        rate, whole = standing.rate_at(now, config.pace), standing.whole_at(config.pace)
        if rate < 1 and whole is not None and account.paused_until is not None:
            pause = (
                f"停到 {account.paused_until.astimezone(zone):%m-%d %H:%M}，之后" if account.paused_until > now else ""
            )
            lines.append(
                f"速度：账号 {account.name} 被平台说发得太快，{pause}按平常的 {rate:.0%} 发，"
                f"{whole.astimezone(zone):%m-%d %H:%M} 恢复"
            )
    return lines


async def _reachable(endpoint: str) -> bool:
    host, port, _ = parse_endpoint(endpoint)
    try:
        async with asyncio.timeout(3):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True


async def _areas(config: Config, session: AsyncSession) -> list[str]:
    if not await session.scalar(select(func.count()).select_from(Area)):
        return ["区划：还没有导入，用 gridbot import 文件夹", *await asyncio.to_thread(_town_faults, config)]
    lowest = await session.scalar(select(func.max(col(Area.level))))
    held = select(col(Appointment.area_id)).where(Appointment.role == Role.WORKER)
    query = select(col(Area.name)).where(Area.level == lowest, col(Area.id).not_in(held)).order_by(col(Area.id))
    return _line("网格：没有网格员的有", list((await session.scalars(query)).all()))


def _town_faults(config: Config) -> tuple[str, ...]:
    """What is wrong with the town of the first start."""
    folder = town_folder(config)
    if config.gateway != "local" or folder is None:
        return ()
    from bot.gateways.local import key_fault
    from bot.town import TownFaults, read_town

    try:
        read_town(folder, config.rules, key_fault=key_fault)
    except TownFaults as faults:
        return tuple(f"town：{fault}" for fault in faults.faults)
    return ()


async def _rooms(config: Config, session: AsyncSession, now: datetime) -> list[str]:
    unbound = select(col(Room.name)).where(col(Room.bound_at).is_(None)).order_by(col(Room.id))
    left = (
        select(col(Room.name))
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .join(RoomBinding, col(RoomBinding.chat_id) == col(Chat.id))
        .group_by(col(Room.id), col(Room.name))
        .having(func.count() == func.count(col(RoomBinding.left_at)))
        .order_by(col(Room.id))
    )
    lines = _line("群：还没有绑定的有", list((await session.scalars(unbound)).all()))
    lines += _line("群：机器人已不在的有", list((await session.scalars(left)).all()))
    if config.gateway != "local":
        lines += await _unheard(config, session, now)
    return lines


async def _unheard(config: Config, session: AsyncSession, now: datetime) -> list[str]:
    since = (now.astimezone(ZoneInfo(config.timezone)) - timedelta(days=SILENT_DAYS)).date()
    heard = select(col(DayCount.chat_id)).where(col(DayCount.day) >= since)
    query = (
        select(col(Room.name))
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .where(col(Room.bound_at) < now - timedelta(days=SILENT_DAYS), col(Chat.id).not_in(heard))
        .order_by(col(Room.id))
    )
    return _line(f"群：{SILENT_DAYS} 天没有听到消息的有", list((await session.scalars(query)).all()))


async def _workers(session: AsyncSession, now: datetime) -> list[str]:
    reachable = select(col(ContactBinding.contact_id)).where(col(ContactBinding.friend).is_(True))
    query = (
        select(col(Contact.name))
        .join(Appointment, col(Appointment.contact_id) == col(Contact.id))
        .where(
            col(Appointment.role).in_((Role.WORKER, Role.LEAD, Role.ADMIN)),
            col(Appointment.until).is_(None) | (col(Appointment.until) > now),
            col(Contact.id).not_in(reachable),
        )
        .group_by(col(Contact.id), col(Contact.name))
        .order_by(col(Contact.id))
    )
    return _line("人员：还不能私聊（没加好友或没绑定）的有", list((await session.scalars(query)).all()))


async def _queues(session: AsyncSession, now: datetime) -> list[str]:
    """What of the last weeks was not handled or did not arrive, and of which matters."""
    since = now - timedelta(days=UNEVEN_DAYS)
    failed = (InboxEvent.state == InboxState.FAILED) & (col(InboxEvent.at) > since)
    count = await session.scalar(select(func.count()).select_from(InboxEvent).where(failed))
    lines = [f"收件：没处理成的有 {count} 条"] if count else []
    for title, state in (("失败的", PartState.FAILED), ("不知道到没到的", PartState.UNKNOWN)):
        query = (
            select(col(Post.ref), func.count())
            .select_from(DeliveryPart)
            .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
            .join(Post, col(Delivery.post_id) == col(Post.id))
            .where(col(DeliveryPart.state) == state, col(Post.at) > since)
            .group_by(col(Post.ref))
            .order_by(func.max(col(Post.id)).desc())
        )
        found = (await session.execute(query)).all()
        if found:
            total = sum(number for _, number in found)
            shown = (("没有编号的" if ref == NO_MATTER else ref, number) for ref, number in found[:NAMED])
            named = "、".join(f"{ref}（{number} 条）" for ref, number in shown)
            more = f"等 {len(found)} 件" if len(found) > NAMED else ""
            lines.append(f"发送：{title}有 {total} 条：{named}{more}，看是哪些群：gridbot deliveries {found[0][0]}")
    return lines


async def _webhooks(config: Config, session: AsyncSession) -> list[str]:
    """What was given up of late, and what has failed so far and is still tried, for each webhook."""
    names = [target.name for target in config.webhooks.targets]
    failed, waits = (col(HookDelivery.state) == state for state in (HookState.FAILED, HookState.QUEUED))
    given_up, stuck = func.count().filter(failed), func.count().filter(waits & (col(HookDelivery.error) != ""))
    query = (
        select(col(HookDelivery.hook), given_up, stuck, func.max(col(HookDelivery.error)))
        .where(col(HookDelivery.hook).in_(names), failed | waits, col(HookDelivery.error) != "")
        .group_by(col(HookDelivery.hook))
        .order_by(col(HookDelivery.hook))
    )
    return [
        f"webhook {hook}：放弃了 {lost} 条，{late} 条还没送到（{error}），请看看对方的地址"
        for hook, lost, late, error in await session.execute(query)
    ]


async def _uneven(session: AsyncSession, now: datetime) -> list[str]:
    """Ended alerts that reached rooms which did not hear of their end, or the other way round."""
    every = await courses(session, "/", now - timedelta(days=UNEVEN_DAYS))
    return [f"M{one.number}（差 {len(one.uneven)} 个群）" for one in every if one.uneven]


def _line(title: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = f" 等 {len(names)} 个" if len(names) > NAMED else ""
    return [f"{title}：{'、'.join(names[:NAMED])}{more}"]
