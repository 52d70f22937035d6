"""A process killed with -9 in the middle of fan-outs loses no stored message and no promised post."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from bot.config import Config, build_config
from bot.gateways.local import Draft, LocalChat, private_chat
from bot.machine import open_account
from bot.running import first_town
from storage.engine import Database
from storage.inbox import InboxEvent, InboxState
from storage.outbox import Delivery, DeliveryPart, PartState, Post, Sort

GRIDS = 40
PEOPLE = (
    ("王秀英", "女 78岁 紫外套 早上8点从老粮站走的"),
    ("李建国", "男 66岁 灰夹克 昨晚从菜市场走的"),
    ("陈小宝", "男 6岁 黄雨衣 中午放学没回家"),
    ("刘桂花", "女 83岁 花棉袄 拄拐 下午3点从桥头走的"),
    ("孙明", "男 15岁 蓝校服 昨天下午离家"),
)
ROUNDS = 3


def write_town(folder: Path) -> None:
    """One town of GRIDS grids, each with its room; `w` is the first grid's worker, `a` the town's admin."""
    folder.mkdir()
    grids = "".join(f"G{n},第{n}网格,网格,V\n" for n in range(GRIDS))
    (folder / "areas.csv").write_text(f"key,name,level,parent\nQ,区,区,\nT,柳河镇,镇街,Q\nV,柳树村,村社区,T\n{grids}")
    rooms = "".join(f"g{n},G{n},正式\n" for n in range(GRIDS))
    (folder / "rooms.csv").write_text(f"key,area,mode\n{rooms}")
    (folder / "people.csv").write_text("key,name,role,area\nw,小耿,网格员,G0\na,高镇长,管理员,T\nr,王姨,居民,G0\n")
    (folder / "places.csv").write_text("name,area\n老粮站,G1\n")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bot:
    """`gridbot run` in a process of its own, and what stands in its files while it is down."""

    def __init__(self, folder: Path) -> None:
        write_town(folder / "town")
        self.folder = folder
        self.config: Config = build_config(
            {
                "town": str(folder / "town"),
                "database": f"sqlite:///{folder}/bot.db",
                "local": {"chat": str(folder / "chat.db"), "port": free_port()},
                # A notice held until the morning would make the test wait for it.
                "quiet": {"start": "00:00", "end": "00:00"},
            },
            "test",
        )
        (folder / "config.yaml").write_text(self.config.model_dump_json())
        self.database = Database(self.config.database)

    async def prepare(self) -> None:
        """Put the town in."""
        await self.database.open()
        account_id = await open_account(self.database, "A", "local")
        await first_town(self.config, self.database, account_id, Path(self.config.local.chat), lambda text: None)

    async def say(self, person: str, room: str | None, text: str) -> None:
        """A line written while the bot is down."""
        async with LocalChat(self.config.local.chat) as chat:
            await chat.say(person, room or private_chat(person), Draft(text))

    async def start(self) -> asyncio.subprocess.Process:
        """The process, once it says that it runs."""
        command = (sys.executable, "-m", "bot", "run", "-c", str(self.folder / "config.yaml"))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        async with asyncio.timeout(60):
            while "已启动" not in (await process.stdout.readline()).decode():
                assert process.returncode is None, "it did not start"
        return process

    async def until(self, done: Callable[[Counter[str]], bool]) -> None:
        """Wait for a state of the courier's queue."""
        async with asyncio.timeout(120):
            while not done(await self.states()):
                await asyncio.sleep(0.02)

    async def states(self) -> Counter[str]:
        """How many parts and inbox events are in which state."""
        async with self.database.read() as session:
            parts = Counter((await session.scalars(select(col(DeliveryPart.state)))).all())
            return parts + Counter((await session.scalars(select(col(InboxEvent.state)))).all())


async def test_killed_at_random_moments_of_fan_outs(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    bot = Bot(tmp_path)
    await bot.prepare()
    for number in range(1, ROUNDS + 1):
        before = (await bot.states())[PartState.SENT]
        await bot.say("w", "g0", f"寻人 {PEOPLE[number - 1][0]} {PEOPLE[number - 1][1]}")
        await bot.say("a", None, f"通知 全镇 第{number}号通知，明天停水")
        await bot.say("a", None, f"确认 N{number}")
        process = await bot.start()
        wanted = before + rng.randrange(1, GRIDS * 2)
        await bot.until(lambda states, wanted=wanted: states[PartState.SENT] >= wanted)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    process = await bot.start()
    undone = (PartState.QUEUED, PartState.SENDING, InboxState.NEW)
    await bot.until(lambda states: not any(states[one] for one in undone))
    await asyncio.sleep(1)  # our own last messages come back after they were sent
    await bot.until(lambda states: not any(states[one] for one in undone))
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    await compare(bot)
    await bot.database.close()


async def compare(bot: Bot) -> None:
    """What the rooms got against what the table says."""
    async with bot.database.read() as session:
        assert set((await session.scalars(select(col(InboxEvent.state)))).all()) == {InboxState.DONE}
        rows = await session.execute(
            select(Post.ref, Post.sort, Delivery.chat_id, DeliveryPart)
            .join(Delivery, col(Delivery.post_id) == col(Post.id))
            .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
            .where(col(DeliveryPart.number) == 0, col(Post.sort).in_((Sort.ALERT, Sort.NOTICE)))
        )
        parts = rows.all()
    unknown = [part for *_, part in parts if part.state == PartState.UNKNOWN or part.doubtful]
    assert len(unknown) <= ROUNDS, "at most one unknown delivery for each kill"
    doubled = 0
    async with LocalChat(bot.config.local.chat) as chat:
        got = {f"g{n}": [one.text for one in await chat.said_by_bot(f"g{n}")] for n in range(GRIDS)}
    for number in range(1, ROUNDS + 1):
        for texts in got.values():
            alerts = sum(PEOPLE[number - 1][0] in text and "紧急寻人" in text for text in texts)
            notices = sum(f"第{number}号通知" in text for text in texts)
            assert alerts in (1, 2), "an urgent post gets through, repeated once at most"
            assert notices in (0, 1), "a routine post is never sent twice"
            doubled += alerts == 2
    lost = sum(
        not any(f"第{number}号通知" in text for text in texts)
        for texts in got.values()
        for number in range(1, ROUNDS + 1)
    )
    routine_unknown = sum(part.state == PartState.UNKNOWN for _, sort, _, part in parts if sort == Sort.NOTICE)
    assert lost <= routine_unknown, "what is not marked unknown has arrived"
    assert doubled <= ROUNDS
