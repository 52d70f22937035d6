"""Opens a port for an application, and closes what was begun if that fails."""

from __future__ import annotations

from typing import Any

from aiohttp import web


async def serve(app: web.Application, *, host: str, port: int, **options: Any) -> web.AppRunner:
    """Serve on `host` only; `cleanup()` of the result ends it. OSError if the port is taken."""
    runner = web.AppRunner(app, access_log=None, **options)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner
