"""Opens a port for an application, and closes what was begun if that fails."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


class _NoRubbish(logging.Filter):
    """What is no HTTP, or breaks off, is the caller's fault: it would fill the log, and quote their secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is logged."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError | web.RequestPayloadError)


log = logging.getLogger("gridbot.web")
log.addFilter(_NoRubbish())


async def serve(app: web.Application, *, host: str, port: int, **options: Any) -> web.AppRunner:
    """Serve on `host` only; `cleanup()` of the result ends it. OSError if the port is taken."""
    runner = web.AppRunner(app, access_log=None, logger=log, **options)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner
