"""`/healthz` and `/metrics` of a running bot: whether it is well, and figures. Read-only, without texts and names."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.figures import Figures
from bot.gateways.protocol import GatewayState
from bot.machine import Machine
from bot.web.serving import serve
from storage.engine import unavailable
from storage.outbox import Priority
from storage.standing import Standing, standing

PATIENCE = 2.0
"""Seconds that an answer waits for the database."""

INBOX_SECONDS, LATE_SECONDS, STUCK_SECONDS = 60.0, 300.0, 300.0
"""How long a message may wait to be handled, a due thing to be done, and an urgent delivery while nothing is sent."""

log = logging.getLogger("gridbot.status")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of the database: how it stands, or None with a word for why not (`slow`, `away`); one that can be
    read, but could not be used for something just now, is `failing`."""

    standing: Standing | None
    database: str = "ok"


class Looking:
    """Asks the database, one question at a time: one that hangs is waited for, not asked again."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._asking: asyncio.Task[Standing] | None = None

    async def look(self, patience: float = PATIENCE) -> Look:
        """How it stands, after `patience` seconds at the latest."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        asking = self._asking
        await asyncio.wait({asking}, timeout=patience)  # not cancelled: to break off a call can hang as well
        if not asking.done():
            return Look(None, "slow")
        if (error := asking.exception()) is None:
            return Look(asking.result(), "failing" if self._machine.database_fails() else "ok")
        if not unavailable(error):
            log.error("the database cannot be asked: %s", type(error).__name__)
        return Look(None, "away")

    async def _ask(self) -> Standing:
        machine = self._machine
        async with machine.database.read() as session:
            return await standing(session, machine.account_id, machine.clock.now())

    async def close(self) -> None:
        """Give up a question that is still open."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking}, timeout=PATIENCE)


class StatusPage:
    """The two addresses."""

    def __init__(self, machine: Machine, figures: Figures) -> None:
        self.looking = Looking(machine)
        self._machine = machine
        self._registry = figures.registry
        self._seen = Seen(machine)
        self._registry.register(self._seen)

    def app(self) -> web.Application:
        """To be served."""
        app = web.Application()
        app.router.add_get("/healthz", self.healthz, allow_head=False)
        app.router.add_get("/metrics", self.metrics, allow_head=False)
        return app

    async def healthz(self, request: web.Request) -> web.Response:
        """200 if all is well, else 503 and why; one line of JSON."""
        look = await self.looking.look()
        body = health(look, self._machine)
        line = json.dumps(body, ensure_ascii=False) + "\n"
        return web.Response(
            text=line,
            status=200 if body["ok"] else 503,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def metrics(self, request: web.Request) -> web.Response:
        """In the form that Prometheus asks for."""
        self._seen.look = await self.looking.look()
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": kind, "Cache-Control": "no-store"})


def health(look: Look, machine: Machine) -> dict[str, object]:
    """What `/healthz` says; ages are seconds."""
    found, state = look.standing, machine.gateway.state
    body: dict[str, object] = {"database": look.database, "gateway": str(state), "paused": _paused(machine)}
    if found is not None:
        body |= {
            "inbox": found.inbox,
            "inbox_oldest_seconds": round(found.seconds(found.inbox_since), 1),
            "delivery_oldest_due_seconds": round(found.seconds(found.due_part_since), 1),
            "due_late": found.late,
            "due_late_seconds": round(found.seconds(found.late_since), 1),
        }
    why = [*_outside_faults(look, state), *(_faults(found, machine) if found else ())]
    return {"ok": not why, "why": why, **body}


def _outside_faults(look: Look, state: GatewayState) -> Iterator[str]:
    if look.database == "slow":
        yield f"数据库 {PATIENCE:g} 秒没有回答"
    if look.database == "away":
        yield "数据库用不了"
    if look.database == "failing":
        yield "数据库刚才用不了（断开过、磁盘满了、只能读，或者一直被占着）"
    if state != GatewayState.ONLINE:
        yield f"网关没有在线：{state}"


def _faults(found: Standing, machine: Machine) -> Iterator[str]:
    if (waited := found.seconds(found.inbox_since)) > INBOX_SECONDS:
        yield f"收到的消息等了 {waited:.0f} 秒还没有办"
    if (late := found.seconds(found.late_since)) > LATE_SECONDS:
        yield f"定时的事晚了 {late:.0f} 秒"
    idle = found.seconds(found.last_try) if found.last_try else STUCK_SECONDS + 1
    stuck = found.seconds(found.urgent_part_since)
    if min(idle, stuck) > STUCK_SECONDS and not _paused(machine):
        yield f"紧急的发送等了 {stuck:.0f} 秒，一条也没有发"


def _paused(machine: Machine) -> bool:
    until = machine.pacer.standing.paused_until
    return until is not None and until > machine.clock.now()


class Seen(Collector):
    """What the database, the gateway and the pace are seen to be at a scrape."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.look = Look(None, "away")

    def describe(self) -> list[Metric]:
        """Nothing beforehand."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Gauges; those of the database are left out when it did not answer."""
        machine, found = self._machine, self.look.standing
        yield _gauge("database_up", "Whether the database can be used.", float(self.look.database == "ok"))
        yield _states(machine.gateway.state)
        yield _gauge("pace_paused", "Whether sending stands still after a rate error.", float(_paused(machine)))
        yield _gauge(
            "pace_rate_ratio", "Part of the usual rate that is in use.", machine.pacer.rate(machine.clock.now())
        )
        if found is not None:
            yield from _standing(found)


def _standing(found: Standing) -> Iterator[Metric]:
    yield _gauge("inbox_backlog", "Events stored and not handled.", found.inbox)
    yield _gauge("inbox_oldest_seconds", "How long the oldest of them waits.", found.seconds(found.inbox_since))
    yield _gauge("inbox_failed", "Events given up after three tries.", found.inbox_failed)
    due = found.seconds(found.due_part_since)
    yield _gauge("delivery_oldest_due_seconds", "How long the oldest part waits that may be sent.", due)
    yield _gauge("due_late", "Due things that are late by more than a minute.", found.late)
    yield _gauge("due_late_seconds", "How late the latest of them is.", found.seconds(found.late_since))
    parts = GaugeMetricFamily(
        "gridbot_deliveries", "Parts of deliveries that are not sent.", labels=("state", "priority")
    )
    for (state, priority), count in sorted(found.parts.items()):
        parts.add_metric((state, Priority(priority).name.lower()), count)
    yield parts
    matters = GaugeMetricFamily("gridbot_matters_open", "Open matters.", labels=("kind",))
    for kind, count in found.open_matters.items():
        matters.add_metric((kind,), count)
    yield matters


def _states(now: GatewayState) -> Metric:
    states = GaugeMetricFamily("gridbot_gateway_state", "1 for the state that the gateway is in.", labels=("state",))
    for state in GatewayState:
        states.add_metric((state.name.lower(),), float(state == now))
    return states


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"gridbot_{name}", text, value=value)


async def start_status(machine: Machine, figures: Figures, *, host: str, port: int) -> web.AppRunner:
    """Serve both addresses on `host` only; `cleanup()` of the result ends it. OSError if the port is taken."""
    page = StatusPage(machine, figures)
    app = page.app()

    async def close(_: web.Application) -> None:
        await page.looking.close()

    app.on_cleanup.append(close)
    return await serve(app, host=host, port=port, shutdown_timeout=1.0)
