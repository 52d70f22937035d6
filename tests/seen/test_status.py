"""`/healthz` and `/metrics`: what is seen of a running bot from outside."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from bot.config import ConfigError, build_config
from bot.figures import Figures
from bot.gateways.protocol import GatewayState, RateLimited, Refused
from bot.machine import Machine
from bot.pacing import Pacer, PaceRules
from bot.status import Looking, health, start_status
from storage.agenda import DueItem
from storage.inbox import InboxEvent, InboxState
from storage.outbox import DeliveryPart, PartState
from storage.people import Account
from tests.commandline.test_starting import opened, write_config
from tests.courier.test_outcomes import MISSING, Faults
from tests.harness import Talk
from tests.servers import free_port

Get = Callable[[str], Awaitable[tuple[int, str]]]


@pytest.fixture
async def counted(talk: Talk) -> Talk:
    """The small town's bot, with figures."""
    replay = talk.replay
    (account_id,) = await talk.rows(select(Account.id))
    replay.machine = Machine(
        talk.database,
        replay.gateway,
        account_id,
        talk.rules,
        replay.clock,
        pacer=Pacer(PaceRules(pause_minutes=1, urgent_gap=(0.0, 0.0)), random.Random(0)),
        watch=Figures("A"),
    )
    return talk


@pytest.fixture
async def get(counted: Talk) -> AsyncIterator[Get]:
    """Asks the bot's status page."""
    async with served(counted) as ask:
        yield ask


@asynccontextmanager
async def served(talk: Talk) -> AsyncIterator[Get]:
    port, machine = free_port(), talk.replay.machine
    assert isinstance(machine.watch, Figures)
    runner = await start_status(machine, machine.watch, host="127.0.0.1", port=port)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def ask(path: str) -> tuple[int, str]:
            async with session.get(path) as answer:
                return answer.status, await answer.text()

        yield ask
        for method in ("post", "put", "delete", "head", "options"):
            async with session.request(method, "/metrics") as answer:
                assert answer.status == 405
    await runner.cleanup()


async def figures(get: Get) -> dict[str, float]:
    """Samples by name and labels."""
    status, said = await get("/metrics")
    assert status == 200
    return {
        " ".join((one.name, *(f"{name}={value}" for name, value in sorted(one.labels.items())))): one.value
        for family in text_string_to_metric_families(said)
        for one in family.samples
    }


async def test_all_is_well(get: Get) -> None:
    status, said = await get("/healthz")
    assert (status, said.count("\n"), json.loads(said)["why"]) == (200, 1, [])


async def test_what_was_done_is_counted(counted: Talk, get: Get) -> None:
    faults = Faults(counted)
    faults.plan("g3", Refused("not a member"))
    await counted.say("r1", "g1", "今天白菜真便宜")
    await counted.say("r1", "g1", MISSING)
    await counted.say("w1", None, "确认 M1")
    await counted.wait(minutes=1)
    found = await figures(get)
    assert found["gridbot_messages_received_total kind=message"] == 3
    assert found["gridbot_messages_handled_total outcome=chat"] == 1
    assert found["gridbot_messages_handled_total outcome=matter"] == 2
    assert found["gridbot_handling_seconds_count"] == 3
    assert found["gridbot_reading_seconds_count"] == 2
    assert found["gridbot_sends_total priority=urgent result=failed"] == 1
    sent = len(await counted.rows(select(DeliveryPart.id).where(DeliveryPart.state == PartState.SENT)))
    assert sum(value for name, value in found.items() if "sends_total" in name and "result=sent" in name) == sent
    assert found["gridbot_deliveries priority=urgent state=failed"] == 1
    assert found["gridbot_matters_open kind=alert"] == 1
    assert found["gridbot_gateway_state state=online"] == 1
    assert found["gridbot_database_up"] == 1
    assert found["process_resident_memory_bytes"] > 0


async def test_labels_are_few_and_bear_no_words(counted: Talk, get: Get) -> None:
    await counted.say("r1", "g1", MISSING)
    await counted.say("w1", None, "确认 M1")
    _, said = await get("/metrics")
    assert said.isascii() and "1390000" not in said and "M1" not in said
    before = len(await figures(get))
    for number in range(5):
        await counted.say("r3", "g2", f"{number}栋楼道灯坏了，晚上看不见，能不能来修一下")
    await counted.wait(minutes=5)
    more = set(await figures(get))
    assert len(more) - before < 30


async def test_a_rate_error_shows(counted: Talk, get: Get) -> None:
    Faults(counted).plan("g1", RateLimited("too fast"))
    await counted.say("r1", "g1", "3栋楼道灯坏了，晚上看不见，能不能来修一下")
    found = await figures(get)
    assert (found["gridbot_rate_errors_total"], found["gridbot_pace_rate_ratio"]) == (1, 0.5)


@pytest.mark.parametrize("which", ["inbox", "due", "stuck", "gateway"])
async def test_what_is_wrong_is_503_and_says_why(
    counted: Talk, get: Get, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counted.say("r1", "g1", MISSING)
    machine = counted.replay.machine
    now = machine.clock.now()
    words = {"inbox": "还没有办", "due": "定时的事晚了", "stuck": "一条也没有发", "gateway": "网关没有在线"}
    async with counted.database.write() as session:
        if which == "inbox":
            old = {"state": InboxState.NEW, "received_at": now - timedelta(minutes=2)}
            await session.execute(update(InboxEvent).values(**old))
        if which == "due":
            session.add(DueItem(kind="x", ref="y", due_at=now - timedelta(minutes=6)))
        if which == "stuck":
            old = {"state": PartState.QUEUED, "due_at": now - timedelta(minutes=6)}
            await session.execute(update(DeliveryPart).values(**old, tried_at=now - timedelta(minutes=6)))
    if which == "gateway":
        monkeypatch.setattr(machine.gateway, "state", GatewayState.GONE)
    status, said = await get("/healthz")
    (why,) = json.loads(said)["why"]
    assert status == 503 and words[which] in why


async def test_a_database_into_which_nothing_can_be_written_is_said(
    counted: Talk, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def full() -> None:
        nonlocal tried
        tried += 1
        if tried > 1:
            raise asyncio.CancelledError
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("bot.machine.DATABASE_AGAIN", 0.1)
    with pytest.raises(asyncio.CancelledError):
        await counted.replay.machine._steadily(full)
    monkeypatch.setattr("bot.machine.DATABASE_AGAIN", 5)
    status, said = await get("/healthz")
    assert status == 503 and "磁盘满了" in json.loads(said)["why"][0]
    assert (await figures(get))["gridbot_database_up"] == 0
    monkeypatch.setattr("bot.machine.DATABASE_AGAIN", 0)
    assert (await get("/healthz"))[0] == 200


async def test_a_database_that_hangs_is_said_and_asked_once(
    counted: Talk, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, released = 0, asyncio.Event()

    async def hangs(*_: object) -> None:
        nonlocal asked
        asked += 1
        try:
            await released.wait()
        except asyncio.CancelledError:
            await released.wait()  # a driver may not let go
            raise

    monkeypatch.setattr("bot.status.standing", hangs)
    monkeypatch.setattr(Looking.look, "__defaults__", (0.05,))
    answers = [await get("/healthz") for _ in range(3)]
    assert [status for status, _ in answers] == [503] * 3
    assert "没有回答" in json.loads(answers[0][1])["why"][0]
    found = await figures(get)
    assert found["gridbot_database_up"] == 0 and "gridbot_inbox_backlog" not in found
    assert asked == 1
    released.set()


@pytest.mark.postgres
async def test_a_postgresql_that_hangs_is_said_and_comes_back(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=postgres()).open()
    machine = talk.replay.machine
    looking = Looking(machine)
    assert (await looking.look()).database == "ok"
    async with talk.database.connect() as other:
        await other.execute(text("LOCK TABLE inboxevent IN ACCESS EXCLUSIVE MODE"))
        assert not health(await looking.look(0.1), machine)["ok"]
    async with asyncio.timeout(30):
        while (await looking.look()).database != "ok":
            await asyncio.sleep(0.05)
    await looking.close()
    await talk.close()


async def test_a_database_that_is_away_is_said(counted: Talk, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise OSError("refused")

    monkeypatch.setattr("bot.status.standing", away)
    status, said = await get("/healthz")
    assert (status, json.loads(said)["database"]) == (503, "away")


async def test_nobody_else_is_served(counted: Talk, get: Get) -> None:
    assert (await get("/"))[0] == 404
    assert (await get("/healthz/../x"))[0] == 404


async def test_a_pause_is_no_fault(counted: Talk) -> None:
    machine = counted.replay.machine
    machine.pacer.pause(machine.clock.now())
    body = health(await Looking(machine).look(), machine)
    assert (body["ok"], body["paused"]) == (True, True)


async def test_run_serves_it_where_the_config_says(tmp_path: Path) -> None:
    path, port = write_config(tmp_path), free_port()
    path.write_text(path.read_text(encoding="utf-8")[:-1] + f', "status": {{"port": {port}}}}}', encoding="utf-8")
    async with opened(path) as (machine, said):
        assert any(f"http://127.0.0.1:{port}/healthz" in line for line in said)
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 503, "the gateway is not online before `run`"
        with pytest.raises(ConfigError, match="status.port"):  # noqa: RUF043
            await start_twice(tmp_path, port)
        assert machine.watch is not None


async def start_twice(folder: Path, port: int) -> None:
    (folder / "two").mkdir()
    path = write_config(folder / "two")
    path.write_text(path.read_text(encoding="utf-8")[:-1] + f', "status": {{"port": {port}}}}}', encoding="utf-8")
    async with opened(path):
        pass


@pytest.mark.parametrize(
    "status", [{"host": "example"}, {"port": 0}, {"port": "9464"}, {"host": "", "port": 1}, {"x": 1}]
)
def test_a_wrong_status_section_is_one_sentence(status: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="status"):
        build_config({"status": status}, "config.yaml")
