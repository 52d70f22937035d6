"""A bare echo bot on `wechaty`'s own `on_message`: the measure that the benchmark holds our gateway against.

    python -m tests.gateways.echo_bot 127.0.0.1:8788 TOKEN [every]

It answers every `every`-th text (1: all) with the same text, and runs until it is stopped. `wechaty` 0.10.7 needs
three things mended before its first import, and leaves `.wechaty/` in the folder it is started in.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import warnings
from typing import Any


def mended_wechaty() -> Any:
    """The `wechaty` module, importable with today's pyee, urllib3 and Python."""
    import pyee.asyncio
    import urllib3

    pyee.AsyncIOEventEmitter = pyee.asyncio.AsyncIOEventEmitter  # type: ignore[attr-defined]
    urllib3.get_host = _get_host  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from wechaty_puppet.schemas.puppet import PuppetOptions

        PuppetOptions.__hash__ = object.__hash__  # type: ignore[assignment]
        import wechaty
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.ERROR)  # it writes several lines about every message
    return wechaty


def _get_host(url: str) -> tuple[str, str | None, int | None]:
    import urllib3

    parts = urllib3.util.parse_url(url)
    return parts.scheme or "http", parts.hostname, parts.port


def bare_echo(wechaty: Any, endpoint: str, token: str, every: int) -> Any:
    """A bot that says again what it hears, on the `Wechaty` class as its handbook shows it."""
    from wechaty_puppet import PuppetOptions

    heard = 0

    class Echo(wechaty.Wechaty):
        async def on_message(self, message: Any) -> None:
            nonlocal heard
            if message.is_self():
                return
            heard += 1
            if heard % every == 0:
                await (message.room() or message.talker()).say(message.text())

    os.environ["WECHATY_PUPPET_SERVICE_ENDPOINT"] = endpoint
    options = PuppetOptions(end_point=endpoint, token=token)
    return Echo(wechaty.WechatyOptions(puppet_options=options))


def main() -> None:
    """Run until stopped."""
    endpoint, token = sys.argv[1:3]
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        asyncio.run(bare_echo(mended_wechaty(), endpoint, token, every).start())


if __name__ == "__main__":
    main()
