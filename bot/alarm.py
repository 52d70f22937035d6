"""Tells a person by another way than the chat system that an account no longer works: a webhook."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.config import AlarmRules
from bot.gateways.protocol import GatewayState
from handlers.ports import Clock

LOOK, AGAIN = 5.0, 60.0
"""Seconds between two looks at the account, and until a message that did not get through is tried again."""

DEADLINE, MOST_BYTES, MOST_WAITING = 10.0, 10_000, 20
"""Seconds of one call, bytes of its answer that are read, messages that wait for a webhook that is away."""

REPEAT = timedelta(hours=1)

STATES = {
    GatewayState.STARTING: "正在启动",
    GatewayState.SCAN: "要扫码登录",
    GatewayState.ONLINE: "在线",
    GatewayState.SILENT: "很久没有动静",
    GatewayState.BLOCKED: "被平台拒绝",
    GatewayState.GONE: "连不上网关",
}
"""What people read for a gateway's state."""

log = logging.getLogger("gridbot.alarm")


@dataclass(slots=True)
class Watch:
    """Decides when there is something to say about one account."""

    name: str
    patience: timedelta
    away_since: datetime | None = None
    told_at: datetime | None = None

    def look(self, state: GatewayState, scan_code: str | None, now: datetime) -> str | None:
        """What to say now, if anything."""
        if state in (GatewayState.ONLINE, GatewayState.SILENT):
            told, self.away_since, self.told_at = self.told_at, None, None
            return f"格格：账号 {self.name} 恢复在线了。" if told else None
        self.away_since = self.away_since or now
        away = now - self.away_since
        if away < self.patience or (self.told_at is not None and now - self.told_at < REPEAT):
            return None
        self.told_at = now
        code = f"\n登录二维码内容：{scan_code[:500]}" if scan_code else ""
        minutes = int(away.total_seconds() // 60)
        return f"格格：账号 {self.name} 已有 {minutes} 分钟不在线（{STATES[state]}），请处理。{code}"


class Alarm:
    """Sends what there is to say to the webhook, one after the other, until it has got through."""

    def __init__(self, rules: AlarmRules, account: str, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._watch = Watch(account, timedelta(minutes=rules.after_minutes))
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)

    def say(self, text: str) -> None:
        """Send this soon."""
        if self._rules.address:
            self._waiting.append(text)

    async def run(self, standing: Callable[[], tuple[GatewayState, str | None]]) -> None:
        """Watch the account until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE)) as session:
            while True:
                if text := self._watch.look(*standing(), self._clock.now()):
                    log.warning("%s", text.splitlines()[0])
                    self.say(text)
                await asyncio.sleep(AGAIN if not await self.send(session) else LOOK)

    async def send(self, session: aiohttp.ClientSession) -> bool:
        """Send what waits; whether all of it got through."""
        while self._waiting:
            text = self._waiting[0]
            if not await deliver(session, self._rules.address, body(self._rules.form, text), self._rules.form):
                return False
            if self._waiting and self._waiting[0] is text:
                self._waiting.popleft()
        return True


def body(form: str, text: str) -> dict[str, Any]:
    """The JSON that a kind of webhook takes (the group robots' own documentation of WeCom, DingTalk and Feishu)."""
    if form == "json":
        return {"text": text}
    if form == "feishu":
        return {"msg_type": "text", "content": {"text": text}}
    return {"msgtype": "text", "text": {"content": text}}


async def deliver(session: aiohttp.ClientSession, address: str, message: dict[str, Any], form: str) -> bool:
    """Whether a webhook took a message: it answered in time, with success, and a group robot's own code says so too."""
    host = urlsplit(address).hostname  # the rest of the address may be a secret
    try:
        async with session.post(address, json=message, allow_redirects=False) as answer:
            said = await answer.content.read(MOST_BYTES)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        log.warning("webhook %s: %s", host, type(error).__name__)
        return False
    if not 200 <= status < 300 or (form != "json" and _refused(said)):
        log.warning("webhook %s: status %s, %s", host, status, said[:100])
        return False
    return True


def _refused(said: bytes) -> bool:
    """Group robots answer 200 whatever happens, and tell by a code."""
    try:
        answer = json.loads(said)
    except ValueError:
        return False
    return isinstance(answer, dict) and any(answer.get(name) not in (None, 0) for name in ("errcode", "code"))
