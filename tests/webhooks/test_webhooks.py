"""Other systems hear of every change of a case: signed, in order, without words, and never inside our network."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import select

from bot.addresses import is_inside
from bot.checking import findings
from bot.config import Config, ConfigError, build_config
from bot.web.serving import serve
from bot.webhooks import LEASE, Webhooks
from handlers.ports import Outside, Rules, Webhook, WebhookRules
from storage.hooks import HookDelivery, HookState
from storage.matters import Case
from tests.harness import Talk, texts

KEY = b"0123456789abcdef01234567"
LEAK = "3栋2单元王秀英家的水管爆了，电话13900000001，麻烦来人看看"


class Receiver:
    """Another system: what it was told, and what it answers."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.port = 0

    @property
    def told(self) -> list[tuple[str, int]]:
        """(event, case) in the order in which they came."""
        return [(one["event"], one["case"]) for one in self.bodies]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
        headers = {"Location": f"http://127.0.0.1:{self.port}/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.take)
    runner = await serve(app, host="127.0.0.1", port=0)
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


def rules(receiver: Receiver, *, private: bool = True, host: str = "127.0.0.1", events: tuple[str, ...] = ()) -> Rules:
    target = Webhook(name="town", url=f"http://{host}:{receiver.port}/in", events=events)
    return Rules(webhooks=WebhookRules(targets=(target,), allow_private=private))


@asynccontextmanager
async def talking(folder: Path, using: Rules, url: str = "") -> AsyncIterator[Talk]:
    talk = await Talk(folder, using, url=url).open()
    yield talk
    await talk.close()


async def send(talk: Talk, resolver: AbstractResolver | None = None) -> None:
    """Send what is due now."""
    clock = talk.replay.machine.clock
    hooks = Webhooks(talk.database, Outside(talk.rules), {"town": KEY}, clock, resolver=resolver)
    async with hooks.session() as session:
        while await hooks.step(session, talk.rules.webhooks.targets[0]) == 0:
            pass


async def test_every_change_goes_out_signed_and_without_a_persons_words(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        await talk.say("w1", "g1", "接单 1")
        await talk.say("w1", "g1", "办结 1 换了王秀英家的管子")
        await send(talk)
    assert receiver.told == [("case.opened", 1), ("case.accepted", 1), ("case.done", 1)]
    first = receiver.bodies[0]
    assert (first["category"], first["state"], first["area"]) == ("水电气暖", "reported", "G1")
    assert set(first) == {"id", "event", "at", "case", "category", "state", "area", "due_at"}
    for headers, body in receiver.heard:
        for secret in ("王秀英", "13900000001", "王姨", "小耿", "管子"):
            assert secret not in body.decode()
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        made = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{made}"
        assert json.loads(body)["id"] == headers["webhook-id"]


async def test_of_what_is_private_not_even_the_category_is_told(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", None, "邻居老李打我妈，两家又吵起来了，请来调解一下")
        await send(talk)
    assert [one["category"] for one in receiver.bodies] == [None]


async def test_what_became_private_since_is_sent_without_its_category(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        await talk.say("r1", "g1", "保密 1")
        await send(talk)
    assert [one["category"] for one in receiver.bodies] == [None, None]


async def test_of_a_complaint_about_a_worker_nothing_is_told(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", None, "我要投诉网格员小耿，态度恶劣，不接电话")
        await talk.say("l1", None, "办结 1 谈过了")
        await send(talk)
        assert len(await talk.rows(select(Case))) == 1
    assert receiver.heard == []


async def test_only_the_events_that_are_wanted(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver, events=("case.done",))) as talk:
        await talk.say("r1", "g1", LEAK)
        await talk.say("w1", "g1", "办结 1 换了管子")
        await send(talk)
    assert receiver.told == [("case.done", 1)]


async def test_a_receiver_that_is_away_gets_each_case_in_order_later(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        receiver.status = 500
        await send(talk)
        await talk.say("w1", "g1", "接单 1")
        await talk.say("r4", "g3", "老粮站的路灯坏了，晚上看不见，能不能修")
        await send(talk)
        assert receiver.told == [("case.opened", 1), ("case.opened", 2)]  # 接单 waits for what came before it
        receiver.status, receiver.heard = 200, []
        await talk.wait(minutes=1)
        await send(talk)
        assert sorted(receiver.told) == [("case.accepted", 1), ("case.opened", 1), ("case.opened", 2)]
        assert receiver.told.index(("case.opened", 1)) < receiver.told.index(("case.accepted", 1))
        assert {row.state for row in await talk.rows(select(HookDelivery))} == {HookState.SENT}


async def test_after_a_kill_it_is_repeated_once_with_the_same_number(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        killed = Webhooks(talk.database, Outside(talk.rules), {"town": KEY}, talk.replay.machine.clock)

        async def stop(*_: object) -> None:
            raise KeyboardInterrupt

        killed._settle = stop  # type: ignore[method-assign]
        async with killed.session() as session:
            with pytest.raises(KeyboardInterrupt):
                await killed.step(session, talk.rules.webhooks.targets[0])
        await send(talk)
        assert len(receiver.heard) == 1  # not at once: it may be under way
        await talk.wait(seconds=LEASE.total_seconds() + 1)
        await send(talk)
        await talk.wait(minutes=5)
        await send(talk)
    assert [one["id"] for one in receiver.bodies] == ["gridbot-1"] * 2


@pytest.mark.postgres
async def test_on_postgresql_too(tmp_path: Path, receiver: Receiver, postgres: Callable[[], str]) -> None:
    async with talking(tmp_path, rules(receiver), str(postgres())) as talk:
        await talk.say("r1", "g1", LEAK)
        receiver.status = 500
        await send(talk)
        receiver.status = 200
        await talk.say("w1", "g1", "办结 1 换了管子")
        await talk.wait(minutes=1)
        await send(talk)
        assert {row.state for row in await talk.rows(select(HookDelivery))} == {HookState.SENT}
    assert receiver.told == [("case.opened", 1), ("case.opened", 1), ("case.done", 1)]


async def test_two_processes_do_not_both_send(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        (row,) = await talk.rows(select(HookDelivery))
        hooks = Webhooks(talk.database, Outside(talk.rules), {"town": KEY}, talk.replay.machine.clock)
        found: Any = (row, "G1", False)
        assert [await hooks._claim(found, talk.now) for _ in range(2)] == [True, False]


async def test_check_tells_of_what_did_not_get_through(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDBOT_WEBHOOK_SECRET_TOWN", KEY.decode())
    config = Config(webhooks=rules(receiver).webhooks)
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        assert not [line for line in await findings(config, talk.database) if "webhook" in line]
        receiver.status = 500
        await send(talk)
        line = "webhook town：放弃了 0 条，1 条还没送到（对方答 500），请看看对方的地址"
        assert line in await findings(config, talk.database)


async def test_after_a_day_it_is_given_up_and_the_admin_told_once(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        receiver.status = 500
        await talk.say("r1", "g1", LEAK)
        await talk.say("w1", "g1", "接单 1")
        said = []
        for _ in range(3):
            await talk.wait(hours=11)
            await send(talk)
            said += await talk.wait(seconds=1)
        told = [text for text in texts(said, "@d1") if "webhook town 一天没有送到（对方答 500）" in text]
        assert len(told) == 1
        assert {row.state for row in await talk.rows(select(HookDelivery))} == {HookState.FAILED}


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.0.9",
        "localhost",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f.1",
        "１２７.０.０.１",
        "①②⑦。⓪。⓪。①",
        "[::127.0.0.1]",
        "user@127.0.0.1",
    ],
)
def test_an_address_inside_is_refused_by_the_config(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDBOT_WEBHOOK_SECRET_TOWN", KEY.decode())
    raw = {"webhooks": {"targets": [{"name": "town", "url": f"http://{host}/in"}]}}
    with pytest.raises(ConfigError, match="town 的 url 在内网"):
        build_config(raw, "config.yaml")
    raw["webhooks"]["allow_private"] = True  # type: ignore[assignment]
    assert build_config(raw, "config.yaml").hook_key("town") == KEY


def test_other_mistakes_of_the_config_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(**target: Any) -> str:
        with pytest.raises(ConfigError) as caught:
            build_config({"webhooks": {"targets": [{"name": "town", "url": "https://e.example/in", **target}]}}, "c")
        return str(caught.value)

    assert "GRIDBOT_WEBHOOK_SECRET_TOWN" in fault()
    monkeypatch.setenv("GRIDBOT_WEBHOOK_SECRET_TOWN", "whsec_!!!")
    assert "至少 24 字节" in fault()
    monkeypatch.setenv("GRIDBOT_WEBHOOK_SECRET_TOWN", "whsec_" + base64.b64encode(KEY).decode())
    assert "ftp" not in fault(url="ftp://e.example/in") and "完整地址" in fault(url="ftp://e.example/in")
    assert "case.sold" in fault(events=["case.sold"])


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("64:ff9b::a00:1", True),  # NAT64 of 10.0.0.1
        ("2002:7f00:1::", True),  # 6to4 of 127.0.0.1
        ("fe80::1", True),
        ("100.64.0.1", True),
        ("224.0.0.1", True),
        ("a.localhost.", True),
        ("e.example", False),
    ],
)
def test_what_lies_inside(host: str, inside: bool) -> None:
    assert is_inside(host) is inside


class Leading(AbstractResolver):
    """Resolves every name to this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        return


async def test_a_name_that_leads_inside_is_not_called(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver, private=False, host="hooks.example")) as talk:
        await talk.say("r1", "g1", LEAK)
        await send(talk, Leading())
        (row,) = await talk.rows(select(HookDelivery))
    assert (receiver.heard, row.error) == ([], "内网地址，没有发")


@pytest.mark.parametrize("host", ["127.0.0.1", "１２７.０.０.１", "[::ffff:127.0.0.1]", "2130706433"])
async def test_an_address_inside_is_not_called_even_if_the_config_has_it(
    tmp_path: Path, receiver: Receiver, host: str
) -> None:
    async with talking(tmp_path, rules(receiver, private=False, host=host)) as talk:
        await talk.say("r1", "g1", LEAK)
        await send(talk)
    assert receiver.heard == []


async def test_a_redirection_is_not_followed(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        receiver.status = 302
        await send(talk)
        (row,) = await talk.rows(select(HookDelivery))
    assert (len(receiver.heard), row.error) == (1, "对方答 302")


async def test_what_was_settled_long_ago_and_what_nobody_wants_is_forgotten(tmp_path: Path, receiver: Receiver) -> None:
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        await send(talk)
        hooks = Webhooks(talk.database, Outside(talk.rules), {"town": KEY}, talk.replay.machine.clock)
        await hooks.tidy()
        assert len(await talk.rows(select(HookDelivery))) == 1
        talk.replay.clock.moment += timedelta(days=8)
        await hooks.tidy()
        assert await talk.rows(select(HookDelivery)) == []
        await talk.say("w1", "g1", "办结 1 好了")
        others = Outside(Rules(webhooks=WebhookRules(targets=(Webhook(name="other", url="https://e.example"),))))
        await Webhooks(talk.database, others, {"other": KEY}, talk.replay.machine.clock).tidy()
        assert await talk.rows(select(HookDelivery)) == []


async def test_a_bot_that_runs_for_months_forgets_too(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.webhooks.TIDY_AGAIN", 0.05)
    async with talking(tmp_path, rules(receiver)) as talk:
        hooks = Webhooks(talk.database, Outside(talk.rules), {"town": KEY}, talk.replay.machine.clock)
        running = asyncio.create_task(hooks.run())
        await talk.say("r1", "g1", LEAK)
        hooks.wake()
        async with asyncio.timeout(10):
            while [one.state for one in await talk.rows(select(HookDelivery))] != [HookState.SENT]:
                await asyncio.sleep(0.02)
            talk.replay.clock.moment += timedelta(days=8)
            while await talk.rows(select(HookDelivery)):
                await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_webhook_that_nobody_can_reach_leaves_the_session_whole(tmp_path: Path, receiver: Receiver) -> None:
    receiver.port = 1
    async with talking(tmp_path, rules(receiver)) as talk:
        await talk.say("r1", "g1", LEAK)
        await send(talk)
        (row,) = await talk.rows(select(HookDelivery))
    assert (row.state, row.tries, row.error) == (HookState.QUEUED, 1, "没有连上")
