"""Open311 GeoReport v2: services, requests and tokens, in JSON and XML (https://wiki.open311.org/GeoReport_v2/)."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from aiohttp import web
from multidict import MultiMapping

from bot.cleaning import clean_text
from bot.formats.writing import add
from bot.town.cells import is_usual
from bot.web.asking import Allowance, Asking
from bot.web.guard import Handler
from bot.web.public import HEADERS
from bot.web.serving import serve
from handlers.cases import requests
from handlers.cases.requests import PublicCase, Search, Submission
from handlers.matters import Refusal
from handlers.ports import Clock, Outside
from handlers.turn import Turn, leave_traces
from storage.engine import Database, announce, retrying, unavailable

FORMAT = r"{format:json|xml}"
MAX_FORM = 16_384
SLOWEST = 10.0
"""Seconds in which a form must have come."""

CHARSETS = ("utf-8", "utf8", "gb18030", "gbk", "gb2312")
UNREADABLE = "表单读不出来，请用 UTF-8"
SPAN = timedelta(days=90)
"""Longest span of one search, as the specification limits it, and the span of one without dates."""

MOST_NUMBERS = 100
FAR = 2**31
"""No number is as large: PostgreSQL could not even be asked for it."""

EMERGENCY = "有危险请马上打 110、119、120，不要等网上的答复。"
NO_MEDIA = "图片地址没有读取，需要照片时工作人员会联系您。"

_PHONE = re.compile(r"\+?[\d -]{3,20}")

log = logging.getLogger("gridbot.open311")


class Refused(Exception):
    """A call that cannot be answered: the status, and the sentence for the caller."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Requests:
    """The addresses. Reading needs no key, writing one of `keys`; one at a time asks the database."""

    def __init__(
        self,
        database: Database,
        outside: Outside,
        clock: Clock,
        *,
        keys: Collection[str],
        jurisdiction: str,
        per_second: float,
        stored: Callable[[], None],
    ) -> None:
        """`stored` is called when a report was committed."""
        self._database, self._outside, self._clock = database, outside, clock
        self._keys, self._jurisdiction, self._stored = keys, jurisdiction, stored
        self._allowance = Allowance(per_second, asyncio.get_running_loop().time)
        self._asking = Asking(database, outside, clock)

    def app(self) -> web.Application:
        """To be served."""
        app = web.Application(middlewares=[self._plain], client_max_size=MAX_FORM)
        get = app.router.add_get
        get(f"/services.{FORMAT}", self.services)
        get(rf"/services/{{code:[^/]{{1,100}}}}.{FORMAT}", self.definition)
        get(f"/requests.{FORMAT}", self.requests)
        app.router.add_post(f"/requests.{FORMAT}", self.submit)
        get(rf"/requests/{{number:[^/]{{1,40}}}}.{FORMAT}", self.request)
        get(rf"/request/{{number:[^/]{{1,40}}}}.{FORMAT}", self.request)  # as the specification's own schema has it
        get(rf"/tokens/{{number:[^/]{{1,40}}}}.{FORMAT}", self.token)
        app.on_response_prepare.append(_add_headers)
        return app

    @web.middleware
    async def _plain(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever goes wrong is told as the specification says: code and description."""
        try:
            if not self._allowance.take():
                raise Refused(429, "现在查的人太多，请过几秒再来")
            return await handler(request)
        except Refused as error:
            return _failed(request, error.status, error.sentence)
        except Refusal as error:
            return _failed(request, 503, str(error))
        except web.HTTPRequestEntityTooLarge:
            return _failed(request, 413, f"内容太长，最多 {MAX_FORM} 字节")
        except web.HTTPException as error:
            if error.status not in (404, 405):
                raise
            return _failed(request, error.status, "没有这个地址" if error.status == 404 else "这个地址不能这样用")
        except Exception as error:
            if not (isinstance(error, TimeoutError) or unavailable(error)):
                raise
            log.error("the database cannot be asked: %s", type(error).__name__)
            return _failed(request, 503, "暂时用不了，请过一会儿再来")

    async def services(self, request: web.Request) -> web.Response:
        """The categories."""
        self._check_jurisdiction(request.query)
        return _answer(request, [_service(name) for name in self._services()], "services", "service")

    async def definition(self, request: web.Request) -> web.Response:
        """What a category asks for beyond the usual: nothing."""
        self._check_jurisdiction(request.query)
        code = request.match_info["code"]
        if code not in self._services():
            raise Refused(404, "service_code 没有这个类别")
        return _answer(request, {"service_code": code, "attributes": []}, "service_definition", "attribute")

    async def requests(self, request: web.Request) -> web.Response:
        """The public part of cases."""
        self._check_jurisdiction(request.query)
        search = _search(request.query, self._clock.now())
        found = [] if search is None else await self._asking.ask(lambda turn: requests.published(turn, search))
        return _answer(request, [_request(one) for one in found], "service_requests", "request")

    async def request(self, request: web.Request) -> web.Response:
        """The public part of one case; of one that is private, as of one that never was."""
        self._check_jurisdiction(request.query)
        found = _request(await self._one(request))
        single = request.path.startswith("/request/") and request.match_info["format"] == "json"
        return _answer(request, found if single else [found], "service_requests", "request")

    async def token(self, request: web.Request) -> web.Response:
        """Our tokens are the numbers: a report has its number at once."""
        self._check_jurisdiction(request.query)
        number = str((await self._one(request)).number)
        return _answer(request, {"service_request_id": number, "token": number}, "service_requests", "request")

    async def submit(self, request: web.Request) -> web.Response:
        """Store a report; when this answers, it is safe, and its owner is told.

        The specification posts a form, its schema names in the address: both are read.
        """
        form = {**request.query, **await _form(request)}
        self._check_key(form.get("api_key", ""))
        self._check_jurisdiction(form)
        said = _submission(form, self._services())
        number, urgent = await self._store(said)
        notice = "".join((EMERGENCY if urgent else "", NO_MEDIA if form.get("media_url") else ""))
        answer = {"service_request_id": str(number)} | ({"service_notice": notice} if notice else {})
        return _answer(request, [answer], "service_requests", "request")

    async def _store(self, said: Submission) -> tuple[int, bool]:
        async def attempt() -> tuple[int, bool]:
            async with self._database.write() as session:
                turn = Turn(session, self._clock.now(), self._outside)
                case = await requests.submit(turn, said)
                await leave_traces(session, [turn])
                await announce(session)
                return case.id or 0, case.urgent

        async with self._asking.alone:
            stored: tuple[int, bool] = await retrying(attempt)
        self._stored()
        return stored

    async def _one(self, request: web.Request) -> PublicCase:
        text = request.match_info["number"]
        number = int(text) if text.isascii() and text.isdigit() else 0
        if 0 < number < FAR:
            search = Search(numbers=(number,))
            if found := await self._asking.ask(lambda turn: requests.published(turn, search)):
                return found[0]
        raise Refused(404, "service_request_id 没有这件事项")

    def _services(self) -> list[str]:
        return requests.services(self._outside.rules)

    def _check_jurisdiction(self, given: Mapping[str, str] | MultiMapping[str]) -> None:
        if not self._jurisdiction:
            return
        if not (named := given.get("jurisdiction_id")):
            raise Refused(400, "没有写 jurisdiction_id")
        if named != self._jurisdiction:
            raise Refused(404, "jurisdiction_id 不是这里")

    def _check_key(self, given: str) -> None:
        fits = [hmac.compare_digest(given.encode(errors="replace"), key.encode()) for key in self._keys]
        if not any(fits):
            raise Refused(403, "没有写 api_key，或者不对" if self._keys else "这里只能查，不收网上报事")


async def _form(request: web.Request) -> dict[str, str]:
    """What was posted; Refused for what is no form, or does not come."""
    if request.body_exists and request.content_type != "application/x-www-form-urlencoded":
        raise Refused(400, "请用 application/x-www-form-urlencoded 提交")
    if (request.content_length or 0) > MAX_FORM:  # nobody waits for all of it
        raise web.HTTPRequestEntityTooLarge(max_size=MAX_FORM)
    if (request.charset or CHARSETS[0]).lower() not in CHARSETS:
        raise Refused(400, UNREADABLE)
    try:
        async with asyncio.timeout(SLOWEST):
            return {name: str(value) for name, value in (await request.post()).items()}
    except TimeoutError:
        raise Refused(408, f"{SLOWEST:.0f} 秒里没有传完，请再试一次") from None
    except (ValueError, web.RequestPayloadError, ConnectionError):
        raise Refused(400, UNREADABLE) from None


def _submission(form: Mapping[str, str], known: Sequence[str]) -> Submission:
    """What a form reports; Refused for what is missing or cannot be."""
    service = form.get("service_code", "")
    if not service:
        raise Refused(400, "没有写 service_code")
    if service not in known:
        raise Refused(404, "service_code 没有这个类别")
    address = _line(form.get("address_string", "") or form.get("address_id", ""), 200)
    position = _position(form.get("lat", ""), form.get("long", ""))
    if not (address or position):
        raise Refused(400, "没有写地点：要 address_string，或者 lat 和 long")
    phone = _line(form.get("phone", ""), 40)
    if phone and not _PHONE.fullmatch(phone):
        raise Refused(400, "phone 不像电话")
    names = (form.get("last_name", ""), form.get("first_name", ""))
    return Submission(
        service=service,
        words=clean_text(form.get("description", "")).strip()[: requests.MAX_TEXT - 300] or service,
        address="，".join(part for part in (address, position) if part),
        name=_line("".join(names), 40),
        phone=phone,
    )


def _line(text: str, most: int) -> str:
    """One line of at most so many characters."""
    return " ".join(clean_text(text).split())[:most]


def _position(lat: str, long: str) -> str:
    """Both degrees as they were given; empty without them."""
    if not lat and not long:
        return ""
    try:
        north, east = float(lat), float(long)
    except ValueError:
        raise Refused(400, "lat 和 long 要写成度数") from None
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise Refused(400, "lat 和 long 要写成度数")
    return f"{north:.6f},{east:.6f}"


def _search(query: MultiMapping[str], now: datetime) -> Search | None:
    """What is looked for; None where it can be nothing. Refused for what cannot be read."""
    if listed := query.get("service_request_id"):
        texts = [part.strip() for part in listed.split(",")]
        if len(texts) > MOST_NUMBERS:
            raise Refused(400, f"service_request_id 一次最多 {MOST_NUMBERS} 个")
        numbers = [int(one) for one in texts if one.isascii() and one.isdigit() and len(one) < 10]
        return Search(numbers=numbers) if numbers else None
    since, until = _date(query, "start_date"), _date(query, "end_date")
    if since and until and not timedelta() <= until - since <= SPAN:
        raise Refused(400, "start_date 到 end_date 最多 90 天")
    services = [part for part in query.get("service_code", "").split(",") if part]
    if services and not (services := [part for part in services if part.isprintable()]):
        return None
    if since is None:
        since = (until or now) - SPAN
    wanted = {part.strip() for part in query.get("status", "").split(",") if part.strip()}
    if wanted - {"open", "closed"}:
        raise Refused(400, "status 只能是 open 或 closed")
    return Search(
        services=services,
        since=since,
        until=until or min(now, since + SPAN),
        open=None if len(wanted) != 1 else wanted == {"open"},
    )


def _date(query: MultiMapping[str], name: str) -> datetime | None:
    """A W3C date and time; without a zone it is UTC."""
    if not (text := query.get(name, "").replace(" ", "+")):  # a plus sign in an address is a blank
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if is_usual(moment):
            return moment
    except (ValueError, OverflowError):
        pass
    raise Refused(400, f"{name} 要写成 2026-11-21T12:00:00+08:00 的样子")


def _service(name: str) -> dict[str, Any]:
    return {
        "service_code": name,
        "service_name": name,
        "description": f"{name}方面的求助、投诉和建议",
        "metadata": False,
        "type": "realtime",
        "keywords": name,
        "group": "事项",
    }


def _request(case: PublicCase) -> dict[str, Any]:
    told = {
        "service_request_id": str(case.number),
        "status": "open" if case.open else "closed",
        "status_notes": case.notes,
        "service_name": case.service,
        "service_code": case.service,
        "description": case.summary,
        "requested_datetime": case.reported_at.isoformat(),
        "updated_datetime": case.updated_at.isoformat(),
        "expected_datetime": case.due_at.isoformat() if case.due_at else "",
        "address": case.address,
    }
    return {name: value for name, value in told.items() if value}


def _answer(request: web.Request, told: Any, root: str, item: str, status: int = 200) -> web.Response:
    if request.match_info.get("format") == "xml":
        tree = ElementTree.Element(root)
        if root == "service_definition":
            add(tree, "service_code", told["service_code"])
            add(tree, "attributes")
        else:
            for one in told if isinstance(told, list) else [told]:
                child = add(tree, item)
                for name, value in one.items():
                    add(child, name, str(value).lower() if isinstance(value, bool) else str(value))
        body = ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True)
        return web.Response(status=status, body=body, content_type="text/xml", charset="utf-8")
    text = json.dumps(told, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json", charset="utf-8")


def _failed(request: web.Request, status: int, sentence: str) -> web.Response:
    return _answer(request, [{"code": status, "description": sentence}], "errors", "error", status)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update({**HEADERS, "Cache-Control": "no-store"})


async def start_requests(served: Requests, *, host: str, port: int) -> web.AppRunner:
    """Serve on `host` only; `cleanup()` of the result ends it. OSError if the port is taken."""
    return await serve(served.app(), host=host, port=port, shutdown_timeout=1.0, keepalive_timeout=15.0)
