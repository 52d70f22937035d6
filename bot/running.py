"""`gridbot run`: open what is needed, say where to look, run until stopped."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from bot.alarm import Alarm
from bot.config import TOKEN_VARIABLE, Config, ConfigError, reason
from bot.gateways.protocol import Gateway
from bot.holding import held, must_not_upgrade, placed
from bot.lease import Lease
from bot.machine import Machine, SystemClock, make_pacer, open_account, pace_of, rooms_elsewhere, use_gateway
from bot.town import SAMPLE, TownFaults, read_town
from bot.watching import Telling
from handlers.ports import Rules
from handlers.quiet_hours import QuietHours
from storage.answers import Answer
from storage.areas import Area
from storage.engine import Database

if TYPE_CHECKING:
    from bot.figures import Figures

log = logging.getLogger("gridbot")

Say = Callable[[str], None]


def town_folder(config: Config) -> Path | None:
    """The folder of the town to start with."""
    if config.town is None:
        return None
    return SAMPLE if config.town == "sample" else Path(config.town)


async def run(config: Config, say: Say) -> None:
    """Run until SIGINT or SIGTERM. DatabaseError, ConfigError, TownFaults for what cannot be started."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _opened(config, say) as machine:
        running = asyncio.create_task(machine.run())
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await running
        say("已停下，没做完的下次接着做。")


@asynccontextmanager
async def _opened(config: Config, say: Say) -> AsyncIterator[Machine]:
    async with AsyncExitStack() as stack:
        database = Database(config.database)
        stack.push_async_callback(database.close)
        if database.file is not None:
            stack.enter_context(held(placed(database.file)))  # before the tables are brought up to date
        else:
            await must_not_upgrade(database, datetime.now(UTC))
        await database.open()
        if fault := await levels_fault(database, config):
            raise ConfigError(fault)
        account_id = await open_account(database, config.account, config.gateway)
        if lost := await rooms_elsewhere(database, config.account, config.accounts.endpoints):
            say(lost)
        clock = SystemClock()
        lease = Lease(database, account_id, clock, config.accounts.lease_seconds, reserve=config.wechaty.call_seconds)
        await lease.take(alone=database.sqlite)
        stack.push_async_callback(_let_go, lease)
        await use_gateway(database, account_id, config.gateway)

        def heard(state: str, why: str) -> None:
            machine.gateway_state(state, why)

        if config.gateway == "local":
            gateway = await _local(config, database, account_id, lease, stack, say)
        else:
            gateway = _wechaty(config, say, heard)
        rules = config.pace if gateway.capabilities.paced else None
        quiet = QuietHours.of(config)
        pacer = await make_pacer(database, account_id, rules, random.Random(), clock.now(), quiet)
        figures = _figures(config)
        machine = Machine(
            database,
            gateway,
            account_id,
            config.rules,
            clock,
            pacer=pacer,
            pace=pace_of(rules, quiet),
            watch=figures or Telling(config.account),
            lease=lease,
            alarm=Alarm(config.alarm, config.account, clock) if config.gateway != "local" else None,
            keys={target.name: config.hook_key(target.name) for target in config.webhooks.targets},
            patience=timedelta(seconds=config.accounts.takeover_seconds),
        )
        if figures is not None:
            stack.push_async_callback(await _open_status(config, machine, figures, say))
        if config.feed.enabled:
            stack.push_async_callback(await _open_public(config, machine, say))
        if config.open311.enabled:
            stack.push_async_callback(await _open_requests(config, machine, say))
        yield machine


async def levels_fault(database: Database, config: Config) -> str:
    """A sentence if the areas were imported with more levels than the config names: 全镇 would mean something else."""
    async with database.read() as session:
        lowest = await session.scalar(select(func.max(col(Area.level))))
    if lowest is None or lowest < len(config.levels):
        return ""
    return (
        f"levels：配置里有 {len(config.levels)} 级（{'、'.join(config.levels)}），库里的区划却有 {lowest + 1} 级，"
        "“全镇”会指到别处去。请改回导入时的 levels"
    )


async def _let_go(lease: Lease) -> None:
    """At a stop; where the database is away, the lease ends by itself."""
    with suppress(DBAPIError, OSError, TimeoutError):
        await lease.release()


def _figures(config: Config) -> Figures | None:
    """Figures where somebody may ask for them."""
    if config.status.port is None:
        return None
    from bot.figures import Figures

    return Figures(config.account)


async def _open_status(
    config: Config, machine: Machine, figures: Figures, say: Say
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Serve `/healthz` and `/metrics`; what ends it."""
    from bot.status import start_status

    host, port = config.status.host, config.status.port or 0
    try:
        runner = await start_status(machine, figures, host=host, port=port)
    except OSError as error:
        raise ConfigError(f"status.port：{host} 的 {port} 端口打不开（{reason(error)}）") from error
    shown = f"[{host}]" if ":" in host else host
    say(f"状态：http://{shown}:{port}/healthz 和 /metrics")
    return runner.cleanup


async def _open_public(config: Config, machine: Machine, say: Say) -> Callable[[], Coroutine[Any, Any, None]]:
    """Serve the public pages; what ends it. Of several accounts on a machine one does it for all."""
    from bot.formats.writing import publisher_of
    from bot.web.public import PublicPages, start_public

    feed, publisher = config.feed, publisher_of(config)
    pages = PublicPages(machine.database, machine.outside, machine.clock, publisher, feed.per_second)
    try:
        runner = await start_public(pages, host=feed.host, port=feed.port)
    except OSError as error:
        return _port_taken(config, "公开页", "feed", feed.host, feed.port, error, say)
    say(f"公开页：{publisher.base}/feed.atom 和 /m/编号")
    return runner.cleanup


def _port_taken(
    config: Config, what: str, section: str, host: str, port: int, error: OSError, say: Say
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Another account's process on this machine may answer there; else ConfigError."""
    if error.errno == errno.EADDRINUSE and config.accounts.endpoints:
        say(f"{what}：{host} 的 {port} 端口已经开着，由开着它的进程来答")
        return _nothing
    raise ConfigError(f"{section}.port：{host} 的 {port} 端口打不开（{reason(error)}）") from error


async def _open_requests(config: Config, machine: Machine, say: Say) -> Callable[[], Coroutine[Any, Any, None]]:
    """Serve Open311; what ends it."""
    from bot.web.open311 import Requests, start_requests

    rules = config.open311
    served = Requests(
        machine.database,
        machine.outside,
        machine.clock,
        keys=rules.keys,
        jurisdiction=rules.jurisdiction,
        per_second=rules.per_second,
        stored=machine.stirred,
    )
    try:
        runner = await start_requests(served, host=rules.host, port=rules.port)
    except OSError as error:
        return _port_taken(config, "Open311", "open311", rules.host, rules.port, error, say)
    say(f"Open311：http://{rules.host}:{rules.port}/services.json" + ("" if rules.keys else "（没有密钥，只能查）"))
    return runner.cleanup


async def _nothing() -> None:
    """There is nothing to end."""


def _wechaty(config: Config, say: Say, heard: Callable[[str, str], None]) -> Gateway:
    from bot.gateways.wechaty import WechatyGateway

    if not config.token:
        raise ConfigError(f"gateway 是 wechaty 时要在环境变量 {TOKEN_VARIABLE} 里给出口令")
    wechaty = config.wechaty
    say(f"账号 {config.account} 连接 wechaty 网关 {config.endpoint} ……")
    return WechatyGateway(
        config.endpoint,
        config.token,
        call_seconds=wechaty.call_seconds,
        silent_seconds=wechaty.silent_seconds,
        stable_ids=wechaty.stable_ids,
        state_listener=heard,
    )


async def _local(
    config: Config, database: Database, account_id: int, lease: Lease, stack: AsyncExitStack, say: Say
) -> Gateway:
    from bot.gateways.local import LocalGateway
    from bot.local_town import open_chat
    from bot.web.chat import start_page

    path = Path(config.local.chat)
    chat = await stack.enter_async_context(open_chat(path, config.bot_name))
    stack.enter_context(held(path))
    await first_town(config, database, account_id, path, datetime.now(UTC), say, lease)
    try:
        page = await start_page(chat, host=config.local.host, port=config.local.port)
    except OSError as error:
        raise ConfigError(
            f"local.port：{config.local.port} 端口打不开（{reason(error)}），换一个或先停掉占用它的程序"
        ) from error
    stack.push_async_callback(page.cleanup)
    say(f"{config.bot_name}已启动，请打开 http://{config.local.host}:{config.local.port}/ （Ctrl+C 停止）")
    return LocalGateway(chat)


async def first_town(
    config: Config,
    database: Database,
    account_id: int,
    chat_path: Path,
    now: datetime,
    say: Say,
    lease: Lease | None = None,
) -> None:
    """On the first start put the config's town into the database and the local chat; killed here, the next goes on.

    A chat that is not the town's (a new file) gets the town of the database.
    """
    from bot.gateways.local import key_fault
    from bot.local_town import fill_chat, lacks_town, move_in, open_chat
    from bot.opening import play_opening

    folder = town_folder(config)
    async with open_chat(chat_path, config.bot_name) as chat:
        async with database.read() as session:
            known = await session.scalar(select(func.count()).select_from(Area))
            if known and await lacks_town(session, chat, account_id):
                say("聊天文件里没有这个镇的群，从数据库补上 ……")
                await fill_chat(session, chat, account_id, config.rules, now)
        if not known and folder is not None:
            say(f"第一次启动，导入{'示例镇' if folder == SAMPLE else f' {folder}'} ……")
            town = await asyncio.to_thread(read_town, folder, config.rules, key_fault=key_fault)
            await move_in(database, chat, account_id, town, config.rules, now)
    if folder is not None and (folder / "opening.jsonl").is_file():
        await play_opening(database, chat_path, account_id, lease, config.rules, now, folder)
    if folder is not None:
        await _fill_bank(database, folder, config.rules, now)


async def _fill_bank(database: Database, folder: Path, rules: Rules, now: datetime) -> None:
    """Put the bank of the town's folder into one that is empty; after the opening, which is not to wait for it.

    Where the folder is not that of the town in the database, it is left alone.
    """
    from bot.town.answers import bank_in, fill_bank

    if (file := bank_in(folder)) is None:
        return
    async with database.write() as session:
        if await session.scalar(select(Answer.id).limit(1)) is not None:
            return
        try:
            await fill_bank(session, file, rules, now)
        except TownFaults as faults:
            log.warning("the question bank was not read: %s", faults)
