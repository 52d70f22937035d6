"""What anybody may read of confirmed alerts: a status page each, CAP, PFIF, an Atom feed. GET and HEAD only."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from bot.formats import atom, cap, pfif
from bot.formats.writing import Publisher
from bot.web.asking import Allowance, Asking
from bot.web.guard import Handler
from bot.web.page import POLICY, sentence_page, status_page
from bot.web.serving import serve
from handlers.alerts.publishing import Public, all_public, public
from handlers.ports import Clock, Outside
from handlers.turn import Turn
from storage.engine import Database, unavailable
from storage.inbox import Picture

FRESH = 5.0
"""Seconds for which the feed is not put together anew."""

NUMBER = r"{number:[1-9]\d{0,8}}"
UNKNOWN = "没有这个编号的寻人，请核对编号，或在群里发“查 M加编号”。"

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex, noarchive",
    "Server": "gridbot",
}

log = logging.getLogger("gridbot.public")


class PublicPages:
    """The addresses."""

    def __init__(
        self, database: Database, outside: Outside, clock: Clock, publisher: Publisher, per_second: float
    ) -> None:
        self._publisher = publisher
        self._seconds = asyncio.get_running_loop().time
        self._allowance = Allowance(per_second, self._seconds)
        self._ask = Asking(database, outside, clock).ask
        self._feed: tuple[float, bytes, datetime] | None = None

    def app(self) -> web.Application:
        """To be served."""
        app = web.Application(middlewares=[self._plain], client_max_size=1024)
        app.router.add_get("/feed.atom", self.feed)
        for path, handler in (
            ("", self.page),
            ("/cap.xml", self.cap),
            ("/pfif.xml", self.pfif),
            ("/photo", self.photo),
        ):
            app.router.add_get(f"/m/{NUMBER}{path}", handler)
        app.on_response_prepare.append(_add_headers)
        return app

    @web.middleware
    async def _plain(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever goes wrong is told in one Chinese sentence."""
        if not self._allowance.take():
            return _sentence(429, "现在看的人太多，请过几秒再来。", **{"Retry-After": "2"})
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed:
            return _sentence(405, "这里只能看。", Allow="GET,HEAD")
        except web.HTTPNotFound as error:
            return _sentence(404, error.text if error.reason == "unknown" and error.text else "没有这个页面。")
        except Exception as error:
            if not (isinstance(error, TimeoutError) or unavailable(error)):
                raise
            log.error("the database cannot be asked: %s", type(error).__name__)
            return _sentence(503, "暂时查不到，请过一会儿再来。", **{"Retry-After": "10"})

    async def page(self, request: web.Request) -> web.Response:
        """Whether somebody is still sought."""
        alert = await self._alert(request)
        text = status_page(alert, self._publisher.zone)
        return _answer(request, text.encode(), "text/html", atom.changed(alert))

    async def cap(self, request: web.Request) -> web.Response:
        """The CAP message that stands."""
        alert = await self._ours(request)
        return _answer(request, cap.cap_document(alert, self._publisher), cap.MIME, atom.changed(alert))

    async def pfif(self, request: web.Request) -> web.Response:
        """The PFIF record."""
        alert = await self._ours(request)
        return _answer(request, pfif.pfif_document([alert], self._publisher), pfif.MIME, atom.changed(alert))

    async def photo(self, request: web.Request) -> web.Response:
        """The photo, while somebody is sought."""
        alert = await self._alert(request)
        if alert.card is None or alert.card.picture_id is None:
            raise _unknown("没有照片，或者已经不再公开。")
        number = alert.card.picture_id

        async def ask(turn: Turn) -> Picture | None:
            return await turn.session.get(Picture, number)

        picture = await self._ask(ask)
        if picture is None or picture.data is None:
            raise _unknown("没有照片，或者已经不再公开。")
        return web.Response(body=picture.data, content_type=picture.mime, headers={"Cache-Control": "no-store"})

    async def feed(self, request: web.Request) -> web.Response:
        """The feed, at most `FRESH` seconds old."""
        if self._feed is None or self._feed[0] + FRESH < self._seconds():
            alerts = await self._ask(all_public)
            body = atom.atom_document(alerts, self._publisher)
            self._feed = (self._seconds(), body, atom.updated(alerts))
        _, body, changed = self._feed
        return _answer(request, body, atom.MIME, changed)

    async def _ours(self, request: web.Request) -> Public:
        """The alert of the address, if records of it are ours to give."""
        found = await self._alert(request)
        if found.foreign:
            raise _unknown("这是外地转来的寻人，记录请向来源要；这里只有状态页。")
        return found

    async def _alert(self, request: web.Request) -> Public:
        """The alert of the address; 404 if nothing of it is public."""
        number = int(request.match_info["number"])

        async def ask(turn: Turn) -> Public | None:
            return await public(turn, number)

        found = await self._ask(ask)
        if found is None:
            raise _unknown(UNKNOWN)
        return found


def _unknown(sentence: str) -> web.HTTPNotFound:
    return web.HTTPNotFound(reason="unknown", text=sentence)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _sentence(status: int, sentence: str, **headers: str) -> web.Response:
    headers["Cache-Control"] = "no-store"
    return web.Response(status=status, text=sentence_page(sentence), content_type="text/html", headers=headers)


def _answer(request: web.Request, body: bytes, kind: str, changed: datetime) -> web.Response:
    """The body, or 304 where the asker has it (RFC 9110, 13.2.2: the tag counts before the date)."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    changed = changed.astimezone(UTC).replace(microsecond=0)
    headers = {
        "ETag": f'"{tag}"',
        "Last-Modified": format_datetime(changed, usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _has(request, tag, changed):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


def _has(request: web.Request, tag: str, changed: datetime) -> bool:
    if "If-None-Match" in request.headers:
        return any(one.value in (tag, "*") for one in request.if_none_match or ())
    since = request.if_modified_since
    return since is not None and changed <= since


async def start_public(pages: PublicPages, *, host: str, port: int) -> web.AppRunner:
    """Serve the pages on `host` only; `cleanup()` of the result ends it. OSError if the port is taken."""
    return await serve(pages.app(), host=host, port=port, shutdown_timeout=1.0, keepalive_timeout=15.0)
