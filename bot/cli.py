"""The command line. Exit status: 0 done, 1 something is wrong, 2 the call or the config is."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from bot.config import Config, ConfigError, load_config, reason
from bot.logs import set_up
from storage.engine import Database, DatabaseError, unavailable, why

if TYPE_CHECKING:
    from bot.town import Town


class Commands(TyperGroup):
    """All commands; what draws the help is fetched only for it."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """Read the call."""
        if not args or "--help" in args:
            from bot.folding import fold_help

            fold_help()
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="格格：网格群里的机器人",
)

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="配置文件")]
DEFAULT_CONFIG = Path("config.yaml")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says that takes no more."""

TownPath = Annotated[
    Path | None, typer.Option("--town", help="areas、rooms、people、places（可以有 answers）所在的文件夹")
]


def fail(sentence: str, status: int = 2) -> typer.Exit:
    """Say one sentence on stderr; the exit to raise."""
    typer.echo(sentence, err=True)
    return typer.Exit(status)


def main() -> None:
    """The entry point of `gridbot` and `python -m bot`."""
    try:
        app()
    except OSError as error:
        if error.errno not in FULL:
            raise
        with suppress(OSError, ValueError):  # nothing of what could not be written is tried again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(fail(f"写不出去：{reason(error)}", 1).exit_code) from None


@contextmanager
def told() -> Iterator[None]:
    """Turns the mistakes that people make into one sentence and exit status 2."""
    from bot.lease import LeaseLost
    from bot.town import TownFaults

    try:
        yield
    except (ConfigError, DatabaseError) as error:
        raise fail(str(error)) from None
    except LeaseLost as error:
        raise fail(str(error), 1) from None
    except (DBAPIError, sqlite3.OperationalError) as error:
        if not (isinstance(error, sqlite3.OperationalError) or unavailable(error)):
            raise
        raise fail(f"没有做成，数据库用不了：{why(error)}", 1) from None
    except TownFaults as faults:
        for line in faults.faults:
            typer.echo(line, err=True)
        if len(faults.faults) > 1:
            typer.echo(f"共 {len(faults.faults)} 处错误。", err=True)
        raise fail("什么都没有改动，改好再来。") from None


def started(config_path: Path) -> Config:
    """The config, with logging set up."""
    config = load_config(config_path)
    set_up(config.log_level, config.log_format)
    return config


@app.command()
def run(
    config: ConfigPath = DEFAULT_CONFIG,
    account: Annotated[str | None, typer.Option(help="哪个账号；默认是配置里的 account")] = None,
) -> None:
    """运行机器人。默认是本机网页上的内置聊天和示例镇。"""
    from bot.running import run as run_bot

    with told():
        settings = started(config)
        if account is not None or settings.gateway != "local":
            settings = settings.of_account(settings.account if account is None else account)
        asyncio.run(run_bot(settings, typer.echo))


@app.command()
def reset(
    config: ConfigPath = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再询问")] = False,
) -> None:
    """清空内置聊天和它的数据库，下次运行从头开始。只对 gateway: local 加 SQLite 有效。"""
    from bot.holding import held

    with told(), ExitStack() as stack:
        settings = started(config)
        database = Database(settings.database).file
        if settings.gateway != "local" or database is None:
            raise ConfigError("reset 只用于内置聊天加 SQLite，正式的数据请自己备份后处理")
        bases = (Path(settings.local.chat), database)
        files = [file for base in bases for file in _with_companions(base)]
        for base in bases:
            if base.is_file():
                stack.enter_context(held(base))
        if files and not yes and not typer.confirm(f"删除 {'、'.join(map(str, files))}？"):
            raise typer.Exit(1)
        for file in files:
            file.unlink(missing_ok=True)
        typer.echo("已清空。" if files else "本来就是空的。")


def _with_companions(base: Path) -> list[Path]:
    return [path for end in ("", "-wal", "-shm") if (path := Path(f"{base}{end}")).is_file()]


@app.command()
def parse(
    file: Annotated[
        Path | None, typer.Argument(help="每行一条消息，或带 text 的 JSONL；不给或写 - 就读标准输入")
    ] = None,
    now: Annotated[str | None, typer.Option(help="消息的时间，如 2026-11-21T15:30+08:00")] = None,
    town: TownPath = None,
    grid: Annotated[str | None, typer.Option(help="消息所在网格的编号")] = None,
    why: Annotated[bool, typer.Option("--why", help="也写出凭哪些字词判断")] = False,
) -> None:
    """读懂消息，一行一个 JSON。"""
    from bot.parsing import parse_lines

    with told():
        moment = _moment(now, "--now") if now else None
        source: TextIO = sys.stdin if file in (None, Path("-")) else _open(file)
        if source.isatty():
            typer.echo("请输入消息，一行一条；按 Ctrl+D 结束。", err=True)
        source.reconfigure(errors="replace")  # type: ignore[attr-defined]
        for line in parse_lines(source, moment, town, grid, why=why):
            typer.echo(line)


def _open(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ConfigError(f"读不到 {path}：{reason(error)}") from error


def _moment(text: str, option: str) -> datetime:
    from bot.town import is_usual

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not is_usual(moment):
        raise ConfigError(f"{option} 看不懂：{text[:40]}，应像 2026-11-21T15:30+08:00")
    return moment if moment.tzinfo else moment.astimezone()


@app.command()
def replay(
    chat: Annotated[Path, typer.Argument(help="聊天记录 .jsonl")],
    town: Annotated[Path, typer.Option("--town", help="areas、rooms、people、places（可以有 answers）所在的文件夹")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="按这份配置的规则和速度")] = None,
    seed: Annotated[int, typer.Option(help="随机数种子；相同则逐字节相同")] = 0,
    until: Annotated[str | None, typer.Option(help="到什么时候为止；默认最后一行之后一小时")] = None,
) -> None:
    """在虚拟时钟上把一份聊天记录放给机器人，看它会说什么；不碰正式数据。"""
    with told():
        settings = started(config) if config else None
        asyncio.run(_replay(chat, town, settings, seed, _moment(until, "--until") if until else None))


async def _replay(chat: Path, town: Path, settings: Config | None, seed: int, until: datetime | None) -> None:
    from bot.replay import BadLine, Replay, check_names, default_until, read_log
    from bot.town import read_town
    from bot.town.answers import bank_in
    from handlers.ports import Rules

    rules = settings.rules if settings else Rules()
    people = read_town(town, rules)
    start = datetime.now(UTC).replace(microsecond=0)
    try:
        with _open(chat) as source:
            inputs = read_log(source, chat.parent, start)
        check_names(inputs, people)
        if not inputs:
            return
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{folder}/replay.db", durable=False)
            session = Replay(database, rules, inputs[0].at - timedelta(seconds=1), seed=seed)
            await session.put_in(people, bank_in(town))
            await session.start(settings.pace if settings and settings.gateway != "local" else None)
            with _progress("回放", len(inputs)) as step:
                await session.play(inputs, step)
            for output in await session.finish(until or default_until(inputs)):
                typer.echo(json.dumps(output.line(rules), ensure_ascii=False))
            await database.close()
    except BadLine as error:
        raise ConfigError(f"{chat}：{error}") from error


@app.command()
def simulate(
    groups: Annotated[int, typer.Option(help="多少个群")],
    accounts: Annotated[int, typer.Option(help="几个账号，群平均分")] = 1,
    notice: Annotated[bool, typer.Option("--notice/--alert", help="发通知（日常）还是寻人（紧急）")] = False,
    loss: Annotated[float, typer.Option(help="多大比例的调用没有回音（一半其实送到了），0 到 1")] = 0.0,
    rate_errors: Annotated[float, typer.Option(help="多大比例的调用被说发得太快")] = 0.0,
    disconnects: Annotated[float, typer.Option(help="多大比例的调用中途断线，一分钟后连上")] = 0.0,
    bans: Annotated[int, typer.Option(help="几个账号中途被封")] = 0,
    delay: Annotated[float, typer.Option(help="一次调用平均几秒")] = 0.3,
    new: Annotated[bool, typer.Option("--new", help="都是新账号，慢起步")] = False,
    start: Annotated[str, typer.Option(help="几点开始（当地时间）")] = "09:00",
    days: Annotated[int, typer.Option(help="最多看多少天")] = 60,
    seed: Annotated[int, typer.Option(help="随机数种子；相同则输出相同")] = 0,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="按这份配置的速度和安静时段")] = None,
) -> None:
    """在虚拟时钟上算一次群发要多久：真的发送程序，假想的微信；不碰正式数据。"""
    from bot.simulation import BadSetup, Setup, VirtualLoop, lines, table
    from bot.simulation import simulate as play

    with told():
        settings = started(config) if config else Config()
        setup = Setup(
            groups=groups,
            accounts=accounts,
            alert=not notice,
            loss=loss,
            rate_errors=rate_errors,
            disconnects=disconnects,
            bans=bans,
            delay=delay,
            new=new,
            start=start,
            days=days,
            seed=seed,
            pace=settings.pace,
            rules=settings.rules,
        )
        try:
            setup.check()
        except BadSetup as error:
            raise ConfigError(str(error)) from None
        logging.getLogger("gridbot").setLevel(logging.CRITICAL)  # the faults are meant; the result counts them
        with _progress("模拟", groups) as step, asyncio.Runner(loop_factory=VirtualLoop) as runner:
            result = runner.run(play(setup, step))
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(table(result))
    else:
        for line in lines(result):
            typer.echo(line)


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="放着 areas、rooms、people、places 的文件夹（.csv 或 .xlsx），或邻区寻人的 .xml")
    ],
    area: Annotated[str | None, typer.Option(help="寻人归哪个区划（编号）；只用于 .xml")] = None,
    what: Annotated[
        Literal["town", "answers", "tickets"],
        typer.Option(help="town：上面那些；answers：问题库；tickets：外来工单；后两样是一个 .csv 或 .xlsx 文件"),
    ] = "town",
    by: Annotated[str | None, typer.Option(help="工单以谁的名义记、结果私下告诉谁（人员编号）；只用于 tickets")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """导入区划、群、人员和地名，或问题库，或外来工单，有一处错误就什么都不导入；或导入邻区的寻人，请网格员核实。"""
    with told():
        if (by is None) == (what == "tickets"):
            raise ConfigError("导入工单要用 --by 写以谁的名义记（人员编号），别的不用")
        if what == "tickets":
            typer.echo(
                _with_database(config, lambda settings, database: _import_tickets(settings, database, source, by or ""))
            )
            return
        if what == "answers":
            typer.echo(_with_database(config, lambda settings, database: _import_answers(settings, database, source)))
            return
        if source.suffix.lower() == ".xml":
            _import_alerts(source, area, config)
            return
        if area is not None:
            raise ConfigError("--area 只用于导入 .xml 的寻人")
        typer.echo(_with_database(config, lambda settings, database: _import(settings, database, source)))


async def _import_answers(settings: Config, database: Database, file: Path) -> str:
    from bot.town.answers import area_ids, import_answers, read_answers

    _must_be_table(file, "问题库")
    async with database.read() as session:
        areas = await area_ids(session)
    rows = await asyncio.to_thread(read_answers, file, areas, settings.rules)  # long, and nobody waits for it
    async with database.write() as session:
        return str(await import_answers(session, rows, file.name, now=datetime.now(UTC)))


async def _import_tickets(settings: Config, database: Database, file: Path, by: str) -> str:
    from bot.town.tickets import import_tickets, read_tickets

    _must_be_table(file, "工单")
    tickets = await asyncio.to_thread(read_tickets, file, settings.rules)
    now = datetime.now(UTC)
    numbers = await import_tickets(database, settings.rules, tickets, file.name, by, now)
    return f"工单：记下 {len(numbers)} 件" + (f"，事项 {numbers[0]} 到 {numbers[-1]}" if numbers else "")


def _must_be_table(file: Path, what: str) -> None:
    if file.suffix.lower() not in (".csv", ".xlsx"):
        raise ConfigError(f"{what}应是一个 .csv 或 .xlsx 文件：{file}")


def _import_alerts(file: Path, area: str | None, config: Path) -> None:
    from bot.formats.exchange import import_records, read_records
    from bot.formats.reading import BadDocument
    from handlers.matters import Refusal

    now = datetime.now(UTC)
    try:
        records = read_records(file, now)
    except BadDocument as error:
        raise fail(f"{file}：{error}，没有导入。", 1) from None
    try:
        lines = _with_database(
            config, lambda settings, database: import_records(database, settings, records, area, now)
        )
    except Refusal as refusal:
        raise fail(str(refusal), 1) from None
    for line in lines:
        typer.echo(line)


async def _import(settings: Config, database: Database, directory: Path) -> str:
    from bot.town import import_town, load_town, read_town

    now = datetime.now(UTC)
    async with database.read() as session:
        base = await load_town(session, now=now)
    if settings.gateway == "local":
        return await _import_with_chat(settings, database, directory, base, now)
    town = await asyncio.to_thread(read_town, directory, settings.rules, base)
    async with database.write() as session:
        return str(await import_town(session, town, settings.rules, now=now))


async def _import_with_chat(settings: Config, database: Database, directory: Path, base: Town, now: datetime) -> str:
    """The embedded chat has no groups and people but those of the town: they go in together, or not at all."""
    from bot.gateways.local import key_fault
    from bot.local_town import move_in, open_chat
    from bot.machine import open_account
    from bot.town import read_town

    town = await asyncio.to_thread(read_town, directory, settings.rules, base, key_fault)
    async with open_chat(Path(settings.local.chat), settings.bot_name) as chat:
        account_id = await open_account(database, settings.account, settings.gateway)
        return str(await move_in(database, chat, account_id, town, settings.rules, now))


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="写到哪个文件夹；统计和日志写成哪个文件（.xlsx 或 .csv）")],
    what: Annotated[
        Literal["town", "cases", "answers", "alerts", "figures", "logs"],
        typer.Option(
            help="town：区划、群、人员、地名；cases：事项；answers：问题库；alerts：公开的寻人（CAP、PFIF）；"
            "figures：一个月的统计；logs：一个月的工作日志"
        ),
    ] = "town",
    format: Annotated[Literal["csv", "xlsx"], typer.Option(help="文件夹里文件的格式；寻人总是 .xml")] = "xlsx",
    month: Annotated[str | None, typer.Option(help="统计和日志是哪个月的，如 2026-11；默认上个月")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """导出区划、群、人员、地名，或事项，或问题库，或公开的寻人，或一个月的统计或工作日志。"""
    if what in ("figures", "logs"):
        with told():
            typer.echo(_export_month(target, what == "logs", month, config))
        return

    async def work(settings: Config, database: Database) -> str:
        from bot.formats.exchange import export_alerts
        from bot.town import export_cases, export_town
        from bot.town.answers import export_answers

        try:
            if what == "alerts":
                return "\n".join(map(str, await export_alerts(database, settings, target, datetime.now(UTC))))
            async with database.read() as session:
                if what == "cases":
                    files = [await export_cases(session, target, format, settings.rules)]
                elif what == "answers":
                    files = [await export_answers(session, target, format, settings.rules)]
                else:
                    files = await export_town(session, target, format, settings.rules, now=datetime.now(UTC))
        except OSError as error:
            raise ConfigError(f"写不了 {error.filename2 or error.filename or target}：{reason(error)}") from error
        return "\n".join(str(file) for file in files)

    with told():
        if month is not None:
            raise ConfigError("--month 只用于 --what figures 和 --what logs")
        typer.echo(_with_database(config, work))


def _export_month(target: Path, logs: bool, month: str | None, config: Path) -> str:
    from bot.reports import export_figures, export_logs, month_of, must_be_sheet

    async def work(settings: Config, database: Database) -> str:
        now = datetime.now(UTC)
        period = month_of(month, now.astimezone(ZoneInfo(settings.rules.timezone)).date())
        try:
            async with database.read() as session:
                if logs:
                    return str(await export_logs(session, target, period, settings.rules))
                return str(await export_figures(session, target, period, settings.rules, now))
        except OSError as error:
            raise ConfigError(f"写不了 {error.filename2 or error.filename or target}：{reason(error)}") from error

    must_be_sheet(target)
    return str(_with_database(config, work))


@app.command()
def learn(
    config: ConfigPath = DEFAULT_CONFIG,
    forget: Annotated[bool, typer.Option("--forget", help="忘掉学会的，按原样读")] = False,
) -> None:
    """从网格员判过的消息里学：误判过的、问过“是”或“不是”的。学到的只存在自己的数据库里。"""

    async def work(settings: Config, database: Database) -> str:
        from handlers import lessons

        async with database.write() as session:
            if forget:
                return "已忘掉。" if await lessons.forget(session) else "本来就没有学过。"
            return await lessons.learn(session, datetime.now(UTC))

    with told():
        typer.echo(_with_database(config, work))


@app.command()
def accounts(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """各账号：状态、主用和备用的群、发了多少、还可发多少。"""

    async def work(settings: Config, database: Database) -> list[tuple[str, ...]]:
        from bot.accounts import account_rows

        async with database.read() as session:
            return await account_rows(session, settings, datetime.now(UTC))

    with told():
        rows = _with_database(config, work)
    from bot.accounts import HEADINGS

    _table(HEADINGS, rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal, lines with tabs in a pipe."""
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            typer.echo("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


@app.command("admin-code")
def admin_code(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """打印一个一次性码：谁把它私聊发给机器人，谁就是区管理员。"""

    async def work(settings: Config, database: Database) -> str:
        from handlers.ports import random_token
        from handlers.roles import make_admin_code

        code = random_token()
        async with database.write() as session:
            await make_admin_code(session, code, datetime.now(UTC))
        return f"私聊{settings.bot_name}发：我是 {code}\n发的人就是区管理员；24 小时内有效，只能用一次。"

    with told():
        typer.echo(_with_database(config, work))


@app.command()
def check(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """说出哪里不对：配置、数据库、网关、字体、群、人员。一行一条；有问题时退出码为 1。"""
    from bot.checking import findings

    with told():
        lines = _with_database(config, findings)
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)
    typer.echo("一切正常。")


@app.command()
def deliveries(
    ref: Annotated[str, typer.Argument(help="编号：M3、N5、F2 或 12；- 是没有编号、还没送到的")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """一件事发到了哪些群，哪些在等，哪些没有送到，为什么。终端里是表格，管道里是制表符分隔的行。"""
    from bot.deliveries import NoSuchMatter, lines_of, matter_of, show_tables, tab_separated

    with told():
        number = matter_of(ref)
        try:
            lines = _with_database(config, lambda settings, database: lines_of(database, number, settings.rules))
        except NoSuchMatter as error:
            raise fail(str(error), 1) from None
    if sys.stdout.isatty():
        from rich.console import Console

        show_tables(number, lines, Console())
    else:
        for line in tab_separated(lines):
            typer.echo(line)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="写到哪个文件")],
    config: ConfigPath = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="已有同名的文件就换掉")] = False,
) -> None:
    """备份整个数据库（和内置聊天）到一个文件；机器人运行着也可以。"""
    from bot.backup import back_up
    from storage.copying import layouts

    async def work(settings: Config, database: Database) -> str:
        with _progress("备份", len(layouts())) as step:
            return await back_up(settings, database, file, datetime.now(UTC), force=force, step=step)

    with told():
        typer.echo(_with_database(config, work))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件")],
    config: ConfigPath = DEFAULT_CONFIG,
    force: Annotated[bool, typer.Option("--force", help="数据库里已有的数据整个换掉")] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="备份以后机器人没有再运行过（如换机器）：没发完的接着发")
    ] = False,
) -> None:
    """从备份恢复到配置里的数据库，SQLite 和 PostgreSQL 之间也可以。先停掉机器人。"""
    from bot.restoring import restore as put_back
    from storage.copying import layouts

    async def work(settings: Config) -> list[str]:
        with _progress("恢复", len(layouts())) as step:
            return await put_back(settings, file, datetime.now(UTC), force=force, resend=resend, step=step)

    with told():
        for line in asyncio.run(work(started(config))):
            typer.echo(line)


def _with_database(config: Path, work: Callable[[Config, Database], Coroutine[Any, Any, Any]]) -> Any:
    """Run work on the config's database."""
    settings = started(config)

    async def go() -> Any:
        from bot.holding import must_not_upgrade

        database = Database(settings.database)
        try:
            await must_not_upgrade(database, datetime.now(UTC))
            await database.open()
            return await work(settings, database)
        finally:
            await database.close()

    return asyncio.run(go())
