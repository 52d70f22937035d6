"""What every request to the page must pass, and what every answer carries.

The page has no password: it serves one machine. So a foreign web page open in the same browser must not reach it,
neither by its own requests (Origin) nor by a name that suddenly points to this machine (Host).
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.gateways.local import ChatError

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOPBACK = ("127.0.0.1", "localhost")


def own_names(port: int) -> frozenset[str]:
    """The Host headers under which the page knows itself."""
    bare = LOOPBACK if port == 80 else ()
    return frozenset((*bare, *(f"{name}:{port}" for name in LOOPBACK)))


def security_headers(names: frozenset[str]) -> dict[str, str]:
    """Headers of every answer: only our own files run, nobody frames or embeds them, nothing is guessed."""
    sockets = " ".join(f"ws://{name}" for name in sorted(names))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def guard(names: frozenset[str]) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """The middleware that lets in what comes from the page itself."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "").lower()
        if host not in names:
            return refusal(403, "只能在本机打开这个页面。")
        changes = request.method not in ("GET", "HEAD") or "Upgrade" in request.headers
        if changes and request.headers.get("Origin", "").lower() != f"http://{host}":
            return refusal(403, "这个请求不是从聊天页面发出的，已拒绝。")
        return await handler(request)

    return check


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong is told in one Chinese sentence."""
    try:
        return await handler(request)
    except ChatError as error:
        return refusal(error.status, str(error))
    except web.HTTPRequestEntityTooLarge:
        return refusal(413, "内容太大，没有发出。")
    except web.HTTPMethodNotAllowed as error:
        return refusal(405, "不支持这种请求。", Allow=",".join(sorted(error.allowed_methods)))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refusal(error.status, "没有这个页面。" if error.status == 404 else "请求有误。")
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return refusal(404, "没有这个页面。")
    except sqlite3.Error:
        log.exception("the chat file cannot be used; %s %s changed nothing", request.method, request.path)
        return refusal(503, "聊天记录暂时不能读写，请稍后再试。")


def refusal(status: int, sentence: str, **headers: str) -> web.Response:
    """A no, and why."""
    return web.json_response({"error": sentence}, status=status, headers=headers)
