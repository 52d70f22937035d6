"""The calls of a Wechaty puppet service over gRPC, each with a deadline, and what their failures mean.

These are the calls that `wechaty_puppet_service.PuppetService` wraps, used through the same generated stub. The
wrapper itself is left out: it cannot fetch a picture over 20 KB from a gateway of 2021 or later (those come as
`Uuid` boxes), knows no locations, writes the token to its log, leaves a socket open at every connect, and makes
`.wechaty/` where it stands. So nothing of `wechaty` has to be mended here, and 40 MB stay free.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import betterproto
from grpclib.client import Channel
from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
from wechaty_grpc.wechaty import PuppetStub

from bot.gateways.protocol import GatewayError, NotSupported, RateLimited, Refused, Unknown, Unreachable

T = TypeVar("T")

# At DEBUG it writes every header of every call, and one of them is the token.
logging.getLogger("hpack").setLevel(logging.INFO)

BROKEN = (OSError, StreamTerminatedError, ProtocolError, GRPCError)
"""What a connection fails with; `TimeoutError` is an `OSError`."""


@dataclass
class IdRequest(betterproto.Message):
    """Any request that consists of an id."""

    id: str = betterproto.string_field(1)


@dataclass
class LocationPayload(betterproto.Message):
    """Degrees, metres, names."""

    accuracy: float = betterproto.float_field(1)
    address: str = betterproto.string_field(2)
    latitude: float = betterproto.double_field(3)
    longitude: float = betterproto.double_field(4)
    name: str = betterproto.string_field(5)


@dataclass
class LocationResponse(betterproto.Message):
    """The location of a message."""

    location: LocationPayload = betterproto.message_field(1)  # noqa: RUF009 (a field, not a shared value)


@dataclass
class DownloadResponse(betterproto.Message):
    """A piece of a file."""

    chunk: bytes = betterproto.bytes_field(1)


class Wire(PuppetStub):
    """The generated stub with the two calls that are newer than it."""

    async def message_location(self, *, id: str) -> LocationPayload:
        """Where a location message points to."""
        answer = await self._unary_unary("/wechaty.Puppet/MessageLocation", IdRequest(id=id), LocationResponse)
        return answer.location

    async def download(self, *, id: str) -> AsyncIterator[bytes]:
        """The file behind a `Uuid` box, piece by piece."""
        async for piece in self._unary_stream("/wechaty.Puppet/Download", IdRequest(id=id), DownloadResponse):
            yield piece.chunk


class Blocked(Refused):
    """The platform refuses the whole account, or the gateway refuses our token."""


class Link:
    """One connection to the gateway. Calls before `open` or after `close` raise `Unreachable`."""

    def __init__(self, endpoint: str, token: str, call_seconds: float) -> None:
        self._host, self._port, self._tls = parse_endpoint(endpoint)
        self._token = token
        self._seconds = call_seconds
        self._channel: Channel | None = None
        self._wire: Wire | None = None

    def open(self) -> None:
        """Make a fresh connection; it is dialled by the first call."""
        self.close()
        self._channel = Channel(self._host, self._port, ssl=True if self._tls else None)
        self._wire = Wire(self._channel, metadata={"authorization": f"Wechaty {self._token}"})

    def close(self) -> None:
        """Drop the connection. The account behind the gateway stays logged in."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._wire = None

    async def start(self) -> None:
        """Make the puppet run; one that runs already is left alone."""
        # The gateway itself gives its puppet 15 s to start.
        await self.do(lambda wire: wire.start(), seconds=max(20.0, self._seconds))

    async def restart(self) -> None:
        """Stop and start the puppet, which also ends another client's hold on it."""
        await self.do(lambda wire: wire.stop(), seconds=max(20.0, self._seconds))
        await self.start()

    async def events(self) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """What the gateway reports: event type and payload. Ends quietly when the gateway goes away."""
        async for response in self._ready().event():
            payload = _json_object(response.payload)
            if payload is not None:
                yield int(response.type), payload

    async def ask(self, call: Callable[[Wire], Awaitable[T]], *, seconds: float | None = None) -> T:
        """A call that changes nothing: whatever goes wrong on the way is `Unreachable`, and may be tried again."""
        try:
            return await self.do(call, seconds=seconds)
        except Unknown as error:
            raise Unreachable(str(error)) from error

    async def do(self, call: Callable[[Wire], Awaitable[T]], *, seconds: float | None = None) -> T:
        """A call that changes something: `Unknown` where it may or may not have been done."""
        wire = self._ready()
        seconds = seconds or self._seconds
        try:
            async with asyncio.timeout(seconds):
                return await call(wire)
        except TimeoutError as error:
            raise Unknown(f"no answer from the gateway within {seconds:g} s") from error
        except GatewayError:
            raise
        except BROKEN as error:
            raise meaning(error) from error
        except Exception as error:  # betterproto asserts that there is an answer, and takes it as well-formed
            raise Unknown(f"the gateway's answer cannot be read: {type(error).__name__} {error}") from error

    def _ready(self) -> Wire:
        if self._wire is None:
            raise Unreachable("there is no connection to the gateway")
        return self._wire


_RATE = re.compile(r"频繁|过快|太快|rate.?limit|too (?:many|fast|often|frequent)", re.I)
_BLOCKED = re.compile(
    r"封号|被封|封禁|限制登录|违规|account\W.{0,40}(?:block|restrict|banned|suspend)|\bbanned\b", re.I
)
_OUT = re.compile(r"not log|logged out|未登录|already logout|no current ?user", re.I)
_UNSUPPORTED = re.compile(r"not (?:supported|implemented)|unsupported|unimplemented", re.I)
_UNSURE = re.compile(r"time[d -]*out|超时|econn|epipe|socket|network|网络|disconnect", re.I)

_BY_STATUS: dict[Status, type[GatewayError]] = {
    Status.RESOURCE_EXHAUSTED: RateLimited,
    Status.UNIMPLEMENTED: NotSupported,
    Status.UNAVAILABLE: Unknown,
    Status.DEADLINE_EXCEEDED: Unknown,
    Status.CANCELLED: Unknown,
    Status.ABORTED: Unknown,
    Status.DATA_LOSS: Unknown,
    Status.PERMISSION_DENIED: Refused,
}

_BY_WORDS: tuple[tuple[re.Pattern[str], type[GatewayError]], ...] = (
    (_BLOCKED, Blocked),
    (_RATE, RateLimited),
    (_OUT, Unreachable),
    (_UNSUPPORTED, NotSupported),
    (_UNSURE, Unknown),
)


def meaning(error: Exception) -> GatewayError:
    """What a failed call means for the sender of a message.

    Puppets throw plain errors, which the gateway passes on as status UNKNOWN with a stack trace: then only the
    words tell. An error without known words is a refusal: the puppet answered, and it did not say "sent".
    """
    if isinstance(error, StreamTerminatedError | ProtocolError | ConnectionResetError | BrokenPipeError):
        return Unknown(f"the connection broke during the call: {error}")
    if not isinstance(error, GRPCError):
        return Unreachable(f"the gateway cannot be reached: {error}")
    if error.status is Status.UNAUTHENTICATED:  # its words repeat the token
        return Blocked("the gateway does not accept the token")
    text = str(error.message or "").split("\n    at ")[0][:300]
    kind = _BY_STATUS.get(error.status)
    if kind is RateLimited and "larger than max" in text:
        kind = Refused
    return (kind or kind_of(text) or Refused)(f"{error.status.name}: {text}")


def kind_of(text: str) -> type[GatewayError] | None:
    """The sort of failure that a platform's own words speak of; None if they say nothing known."""
    return next((kind for words, kind in _BY_WORDS if words.search(text)), None)


def parse_endpoint(endpoint: str) -> tuple[str, int, bool]:
    """Host, port and whether to use TLS (`https://host:port`); `ValueError` with a sentence if it is none."""
    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{endpoint!r} has no valid port") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError(f"{endpoint!r} is no endpoint; write host:port, as in 127.0.0.1:8788")
    tls = parts.scheme == "https"
    return parts.hostname, port or (443 if tls else 80), tls


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
