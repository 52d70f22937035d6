"""A bare echo bot on `wechaty`'s own `on_message`, which answers what our bot answered, as a process:

    python -m tests.bench.echo PLAN ENDPOINT

PLAN is a JSON file: `answers` maps "<room id> <text>" to how often it is answered, `tell` says after how many messages
in all it says `heard`. It says `ready` when it is online, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.gateways.echo_bot import mended_wechaty
from tests.gateways.wechaty_world import TOKEN


def echo_bot(wechaty: Any, endpoint: str, answers: dict[str, int], tell: list[int]) -> Any:
    """A bot as the handbook of `wechaty` shows it, with nothing to do but to answer."""
    from wechaty_puppet import PuppetOptions

    heard = 0

    class Echo(wechaty.Wechaty):
        async def on_login(self, contact: Any) -> None:
            print("ready", flush=True)

        async def on_message(self, message: Any) -> None:
            nonlocal heard
            room = message.room()
            for _ in range(answers.get(f"{room.room_id} {message.text()}", 0)):
                await room.say(message.text())
            heard += 1
            if heard in tell:
                print("heard", flush=True)

    os.environ["WECHATY_PUPPET_SERVICE_ENDPOINT"] = endpoint
    options = PuppetOptions(end_point=endpoint, token=TOKEN)
    return Echo(wechaty.WechatyOptions(puppet_options=options))


async def work(plan: dict[str, Any], endpoint: str) -> None:
    """Run until standard input ends."""
    bot = echo_bot(mended_wechaty(), endpoint, plan["answers"], plan["tell"])
    running = asyncio.create_task(bot.start())
    await asyncio.to_thread(sys.stdin.read)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def main() -> None:
    """In a folder of its own: `wechaty` leaves `.wechaty/` where it is started."""
    plan, endpoint = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        asyncio.run(work(plan, endpoint))


if __name__ == "__main__":
    main()
