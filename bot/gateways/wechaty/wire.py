"""The calls of a Wechaty puppet service over gRPC, each with a deadline, and what their failures mean.

These are the calls that `wechaty_puppet_service.PuppetService` wraps, used through the same generated stub, but over
`grpcio`: a call costs a sixth of the CPU time that it costs over `grpclib`, which is Python to the last byte. The
wrapper itself is left out: it cannot fetch a picture over 20 KB from a gateway of 2021 or later (those come as
`Uuid` boxes), knows no locations, writes the token to its log, leaves a socket open at every connect, and makes
`.wechaty/` where it stands. So nothing of `wechaty` has to be mended here, and 40 MB stay free.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import betterproto
import grpc
from grpc import StatusCode, aio
from wechaty_grpc.wechaty import PuppetStub

from bot.gateways.endpoint import parse_endpoint
from bot.gateways.protocol import GatewayError, NotSupported, RateLimited, Refused, Unknown, Unreachable
from bot.gateways.wechaty.answers import Payload, read_event, read_message, write_id

T = TypeVar("T")

BROKEN = (OSError, aio.AioRpcError)
"""What a connection fails with; `TimeoutError` is an `OSError`."""

OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),  # a send may have been done: only its sender may decide on another
    ("grpc.max_receive_message_length", 32 * 1024 * 1024),  # a picture of `MAX_PICTURE`, as base64
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.use_local_subchannel_pool", 1),  # else a new channel may go on with the old connection
)


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
    """The generated stub on `grpcio`, with the two calls that are newer than it."""

    def __init__(self, channel: aio.Channel, token: str) -> None:
        super().__init__(channel, metadata=aio.Metadata(("authorization", f"Wechaty {token}")))
        self._message = channel.unary_unary("/wechaty.Puppet/MessagePayload")

    async def message(self, id: str, seconds: float) -> Payload:
        """What `message_payload` answers, the cheapest way: of all calls this one is made for each message."""
        return read_message(await self._message(write_id(id), timeout=seconds, metadata=self.metadata))

    async def events(self) -> AsyncIterator[tuple[int, str]]:
        """What `event` answers, the cheapest way: type and JSON."""
        async for data in self.channel.unary_stream("/wechaty.Puppet/Event")(b"", metadata=self.metadata):
            yield read_event(data)

    async def message_location(self, *, id: str) -> LocationPayload:
        """Where a location message points to."""
        answer = await self._unary_unary("/wechaty.Puppet/MessageLocation", IdRequest(id=id), LocationResponse)
        return answer.location

    async def download(self, *, id: str) -> AsyncIterator[bytes]:
        """The file behind a `Uuid` box, piece by piece."""
        async for piece in self._unary_stream("/wechaty.Puppet/Download", IdRequest(id=id), DownloadResponse):
            yield piece.chunk

    async def _unary_unary(self, route: str, request: Any, response_type: type[Any], **_: Any) -> Any:
        return response_type().parse(await self.channel.unary_unary(route)(bytes(request), metadata=self.metadata))

    async def _unary_stream(self, route: str, request: Any, response_type: type[Any], **_: Any) -> AsyncIterator[Any]:
        async for data in self.channel.unary_stream(route)(bytes(request), metadata=self.metadata):
            yield response_type().parse(data)


class Blocked(Refused):
    """The platform refuses the whole account, or the gateway refuses our token."""


class Link:
    """One connection to the gateway. Calls before `open` or after `close` raise `Unreachable`."""

    def __init__(self, endpoint: str, token: str, call_seconds: float) -> None:
        host, port, self._tls = parse_endpoint(endpoint)
        self._target = f"dns:///[{host}]:{port}" if ":" in host else f"dns:///{host}:{port}"
        self._token = token
        self._seconds = call_seconds
        self._channel: aio.Channel | None = None
        self._wire: Wire | None = None

    async def open(self) -> None:
        """Make a fresh connection; it is dialled by the first call."""
        await self.close()
        if self._tls:
            self._channel = aio.secure_channel(self._target, grpc.ssl_channel_credentials(), options=OPTIONS)
        else:
            self._channel = aio.insecure_channel(self._target, options=OPTIONS)
        self._wire = Wire(self._channel, self._token)

    async def close(self) -> None:
        """Drop the connection. The account behind the gateway stays logged in."""
        channel, self._channel, self._wire = self._channel, None, None
        if channel is not None:
            await channel.close()

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
        async for kind, text in self._ready().events():
            payload = _json_object(text)
            if payload is not None:
                yield kind, payload

    async def message(self, id: str) -> Payload:
        """The message as the puppet knows it; fails as `ask` does."""
        wire = self._ready()
        try:
            return await wire.message(id, self._seconds)
        except asyncio.CancelledError as error:
            raise _asked(_if_closed(error)) from None
        except Exception as error:
            raise _asked(meaning(error)) from None

    async def ask(self, call: Callable[[Wire], Awaitable[T]], *, seconds: float | None = None) -> T:
        """A call that changes nothing: whatever goes wrong on the way is `Unreachable`, and may be tried again."""
        try:
            return await self.do(call, seconds=seconds)
        except Unknown as error:
            raise _asked(error) from error

    async def probe(self) -> None:
        """Ask whether the gateway is there; `Unreachable` if it is not. One that has no echo answers too."""
        try:
            await self.ask(lambda wire: wire.ding(data="gridbot"))
        except Unreachable:
            raise
        except GatewayError:
            pass

    async def do(self, call: Callable[[Wire], Awaitable[T]], *, seconds: float | None = None) -> T:
        """A call that changes something: `Unknown` where it may or may not have been done."""
        wire = self._ready()
        seconds = seconds or self._seconds
        try:
            async with asyncio.timeout(seconds):
                return await call(wire)
        except TimeoutError as error:
            raise Unknown(f"no answer from the gateway within {seconds:g} s") from error
        except asyncio.CancelledError as error:
            raise _if_closed(error) from None
        except GatewayError:
            raise
        except Exception as error:
            raise meaning(error) from None  # it may repeat the token, and holds the connection while it lives

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

_UNDIALLED = ("failed to connect to all addresses", "errors resolving", "DNS resolution failed")
"""How grpcio begins when there was no connection that a call could have gone out on."""

_BY_STATUS: dict[StatusCode, type[GatewayError]] = {
    StatusCode.RESOURCE_EXHAUSTED: RateLimited,
    StatusCode.UNIMPLEMENTED: NotSupported,
    StatusCode.OK: Unknown,  # without an answer
    StatusCode.UNAVAILABLE: Unknown,
    StatusCode.DEADLINE_EXCEEDED: Unknown,
    StatusCode.CANCELLED: Unknown,
    StatusCode.ABORTED: Unknown,
    StatusCode.DATA_LOSS: Unknown,
    StatusCode.PERMISSION_DENIED: Refused,
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
    if isinstance(error, OSError):
        return Unreachable(f"the gateway cannot be reached: {error}")
    if not isinstance(error, aio.AioRpcError):  # an answer is taken as well-formed until reading it fails
        return Unknown(f"the gateway's answer cannot be read: {type(error).__name__} {error}")
    status, details = error.code(), error.details() or ""
    if status is StatusCode.UNAUTHENTICATED:  # its words repeat the token
        return Blocked("the gateway does not accept the token")
    if status is StatusCode.UNAVAILABLE and details.startswith(_UNDIALLED):
        return Unreachable(f"the gateway cannot be reached: {details[:300]}")
    text = details.split("\n    at ")[0][:300]
    kind = Unknown if "RST_STREAM" in text else _BY_STATUS.get(status)
    if kind is RateLimited and "larger than max" in text:
        kind = Refused
    return (kind or kind_of(text) or Refused)(f"{status.name}: {text}")


def _asked(error: BaseException) -> BaseException:
    """The same for a call that changes nothing: it may be tried again."""
    return Unreachable(str(error)) if isinstance(error, Unknown) else error


def _if_closed(error: asyncio.CancelledError) -> BaseException:
    """A call is cancelled with its task, and also when `close` ends the connection: then its task goes on."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        return error
    return Unknown("the connection was closed during the call")


def kind_of(text: str) -> type[GatewayError] | None:
    """The sort of failure that a platform's own words speak of; None if they say nothing known."""
    return next((kind for words, kind in _BY_WORDS if words.search(text)), None)


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
