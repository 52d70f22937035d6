"""A loop of sends without a bot around it: `python -m tests.bench.bare ENDPOINT TEXT ROOM...`; begins with a line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

from bot.gateways.protocol import Address, GatewayError, GatewayState
from bot.gateways.wechaty import WechatyGateway
from handlers.ports import Event
from tests.gateways.wechaty_world import TOKEN


async def work(endpoint: str, text: str, rooms: Sequence[str]) -> None:
    """Says `ready`, waits for a line, sends the text to every room, one call after the other, and says `sent`."""
    gateway = WechatyGateway(endpoint, TOKEN)

    async def ignore(event: Event) -> None:
        """Nobody listens."""

    running = asyncio.create_task(gateway.run(ignore))
    while gateway.state != GatewayState.ONLINE:
        await asyncio.sleep(0.02)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for room in rooms:
        sent = False
        while not sent:  # on a machine that is busy a call may miss its deadline
            with suppress(GatewayError):
                await gateway.send_text(Address(room=room), text)
                sent = True
    print("sent", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], sys.argv[3:]))
