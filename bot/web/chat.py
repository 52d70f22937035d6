"""The chat page on this machine: its files, its API and its live line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from bot.gateways.local import BOT, Draft, LocalChat, LocalPerson, NotThere
from bot.gateways.local.pictures import media_type
from bot.gateways.protocol import MAX_PICTURE
from bot.web import wire
from bot.web.guard import LOOPBACK, guard, own_names, plain_errors, security_headers
from bot.web.live import Windows, serve_window
from bot.web.serving import serve
from handlers.ports import MessageType

STATIC = Path(__file__).with_name("static")
HEARTBEAT = 25.0
"""Seconds between pings to a window."""


def chat_app(chat: LocalChat, *, host: str, port: int) -> web.Application:
    """The page of `chat`, to be bound to `host` and `port` and reachable under no other name.

    `host` is 127.0.0.1 or localhost, else `ValueError`: the page lets everybody be anybody.
    """
    if host not in LOOPBACK:
        raise ValueError(f"the chat page is served on 127.0.0.1 only, not on {host}")
    names = own_names(port)
    app = web.Application(middlewares=[guard(names), plain_errors], client_max_size=MAX_PICTURE + 1)
    headers = security_headers(names)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)
        response.headers.setdefault("Cache-Control", "no-cache")

    page = ChatPage(chat)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(page.windows.close)
    app.cleanup_ctx.append(page.listen)
    app.add_routes(page.routes())
    app.router.add_static("/static/", STATIC)
    return app


async def start_page(chat: LocalChat, *, host: str, port: int) -> web.AppRunner:
    """Serve the page; `cleanup()` of the result ends it. `OSError` if the port is taken."""
    return await serve(chat_app(chat, host=host, port=port), host="127.0.0.1", port=port, shutdown_timeout=2.0)


class ChatPage:
    """The page's requests. Each names its person by `as`: whoever opens the page may be anybody of the town."""

    def __init__(self, chat: LocalChat) -> None:
        self.chat = chat
        self.windows = Windows()

    def routes(self) -> list[web.RouteDef]:
        """All addresses of the page."""
        return [
            web.get("/", self.index),
            web.get("/live", self.live),
            web.get("/pictures/{handle}", self.picture),
            web.get("/api/people", self.people),
            web.get("/api/state", self.state),
            web.get("/api/messages", self.messages),
            web.get("/api/members", self.members),
            web.post("/api/send", self.send),
            web.post("/api/picture", self.send_picture),
            web.post("/api/recall", self.recall),
            web.post("/api/read", self.read),
            web.post("/api/private", self.private),
            web.post("/api/group/new", self.new_group),
            web.post("/api/group/add", self.add_to_group),
            web.post("/api/group/leave", self.leave_group),
            web.post("/api/group/rename", self.rename_group),
        ]

    async def listen(self, app: web.Application) -> AsyncIterator[None]:
        """Hear of changes while the page is served."""
        stop = self.chat.watch(self.windows)
        yield
        stop()

    # Reading

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The page itself."""
        return web.FileResponse(STATIC / "index.html")

    async def people(self, request: web.Request) -> web.Response:
        """Everybody one can be."""
        people = [wire.person_out(person) for person in await self.chat.people() if person.key != BOT]
        return web.json_response({"people": people, "bot": {"id": BOT, "name": self.chat.bot_name}})

    async def state(self, request: web.Request) -> web.Response:
        """Who I am, and my chats."""
        me = await self._person(request)
        chats = [wire.chat_out(line) for line in await self.chat.chats_of(me.key)]
        bot = {"id": BOT, "name": self.chat.bot_name}
        return web.json_response({"me": wire.person_out(me), "bot": bot, "chats": chats})

    async def messages(self, request: web.Request) -> web.Response:
        """A page of a chat."""
        query = request.query
        found = await self.chat.history(
            query.get("as", ""),
            query.get("chat", ""),
            before=wire.maybe_number(query.get("before")),
            after=wire.maybe_number(query.get("after")),
            limit=wire.maybe_number(query.get("limit")) or 50,
        )
        return web.json_response({"messages": [wire.message_out(message) for message in found]})

    async def members(self, request: web.Request) -> web.Response:
        """Who is in a chat."""
        found = await self.chat.members(request.query.get("as", ""), request.query.get("chat", ""))
        return web.json_response({"members": [wire.person_out(person) for person in found]})

    async def picture(self, request: web.Request) -> web.Response:
        """A picture, or with `?thumb` a small one."""
        data = await self.chat.picture(request.match_info["handle"], thumb="thumb" in request.query)
        # Not kept by the browser: a picture taken back must be gone.
        return web.Response(body=data, content_type=media_type(data), headers={"Cache-Control": "no-store"})

    async def live(self, request: web.Request) -> web.StreamResponse:
        """The line over which a window hears of changes."""
        me = await self._person(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=4096)
        if not socket.can_prepare(request).ok:
            raise web.HTTPBadRequest()
        with self.windows.line(me.key) as line:
            await socket.prepare(request)
            await serve_window(socket, line)
        return socket

    async def _person(self, request: web.Request) -> LocalPerson:
        return await self.chat.person(_me({"as": request.query.get("as")}))

    # Writing

    async def send(self, request: web.Request) -> web.Response:
        """Say something."""
        body = await wire.json_body(request)
        message = await self.chat.say(_me(body), wire.text(body, "chat", 200), wire.draft(body))
        return web.json_response({"message": wire.message_out(message)})

    async def send_picture(self, request: web.Request) -> web.Response:
        """Say a picture: the request's body is the file."""
        query = request.query
        data = await wire.bounded(request, MAX_PICTURE, "图片超过 10 MB，请压缩后再发。")
        draft = Draft(type=MessageType.PICTURE, picture=data, client=query.get("client", "")[:64] or None)
        me = _me({"as": query.get("as")})
        message = await self.chat.say(me, query.get("chat", ""), draft)
        return web.json_response({"message": wire.message_out(message)})

    async def recall(self, request: web.Request) -> web.Response:
        """Take a message back."""
        body = await wire.json_body(request)
        message = await self.chat.recall(_me(body), wire.number(body.get("n")))
        return web.json_response({"message": wire.message_out(message)})

    async def read(self, request: web.Request) -> web.Response:
        """All is read up to a message."""
        body = await wire.json_body(request)
        await self.chat.mark_read(_me(body), wire.text(body, "chat", 200), wire.number(body.get("n")))
        return _done()

    async def private(self, request: web.Request) -> web.Response:
        """Open a private chat."""
        body = await wire.json_body(request)
        return _done(chat=await self.chat.open_private(_me(body), wire.text(body, "person")))

    async def new_group(self, request: web.Request) -> web.Response:
        """Make a group and, if wished, invite the bot."""
        body = await wire.json_body(request)
        name, people = wire.text(body, "name", 200), wire.names(body, "people")
        return _done(chat=await self.chat.found_group(_me(body), name, people, bool(body.get("bot"))))

    async def add_to_group(self, request: web.Request) -> web.Response:
        """Bring people in."""
        body = await wire.json_body(request)
        await self.chat.add_to_group(_me(body), wire.text(body, "chat", 200), wire.names(body, "people"))
        return _done()

    async def leave_group(self, request: web.Request) -> web.Response:
        """Leave, or take the bot out."""
        body = await wire.json_body(request)
        me, chat = _me(body), wire.text(body, "chat", 200)
        if body.get("bot"):
            await self.chat.leave_group(BOT, chat, by=me)
        else:
            await self.chat.leave_group(me, chat)
        return _done()

    async def rename_group(self, request: web.Request) -> web.Response:
        """Another name for a group."""
        body = await wire.json_body(request)
        await self.chat.rename_group(_me(body), wire.text(body, "chat", 200), wire.text(body, "name", 200))
        return _done()


def _me(body: wire.Body) -> str:
    """The person of a request; the bot speaks through its gateway alone."""
    me = wire.text(body, "as")
    if me == BOT:
        raise NotThere("没有这个人，请重新选择身份。")
    return me


def _done(**more: str) -> web.Response:
    return web.json_response({"done": True, **more})
