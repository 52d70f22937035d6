"""The bytes of pictures, in and out: what `FileBox` is elsewhere."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import aiohttp

from bot.gateways.protocol import MAX_PICTURE, Refused, Unreachable
from bot.gateways.wechaty.wire import Wire

BASE64, URL, UUID = 1, 2, 7
"""The kinds of box that cross a gateway; local files, streams and buffers cannot."""

MAX_SENT = 3 * 1024 * 1024
"""Bytes of a picture that fit through a gateway: it takes 4 MB a call, and base64 adds a third."""

ARTWORK = 3
"""The original picture, not its thumbnail."""


def box(data: bytes, name: str) -> str:
    """A picture for the way out. Old and new gateways call the same thing `boxType` and `type`."""
    if len(data) > MAX_SENT:
        raise Refused(f"the picture has {len(data)} bytes, the gateway takes {MAX_SENT}")
    coded = base64.b64encode(data).decode()
    return json.dumps({"type": BASE64, "boxType": BASE64, "name": name, "base64": coded, "metadata": {}})


async def unbox(wire: Wire, text: str) -> bytes:
    """The picture in a box from the gateway; `Refused` if it is none or over `MAX_PICTURE`."""
    found = _parse(text)
    kind = found.get("type") or found.get("boxType")
    if (found.get("size") or 0) > MAX_PICTURE:
        raise Refused("the picture is too large")
    if kind == BASE64:
        return _decode(str(found.get("base64", "")))
    if kind == UUID:
        return await _download(wire, str(found.get("uuid", "")))
    if kind == URL:
        return await _get(str(found.get("url") or found.get("remoteUrl") or ""))
    raise Refused(f"the gateway gave a file of kind {kind}, which cannot be read from here")


def _parse(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refused("the gateway gave no file") from error
    if not isinstance(value, dict):
        raise Refused("the gateway gave no file")
    return value


def _decode(text: str) -> bytes:
    text = text.rpartition("base64,")[2]
    if len(text) * 3 // 4 > MAX_PICTURE + 3:
        raise Refused("the picture is too large")
    try:
        return bounded(base64.b64decode(text))
    except binascii.Error as error:
        raise Refused("the picture is broken") from error


async def _download(wire: Wire, uuid: str) -> bytes:
    data = bytearray()
    async for chunk in wire.download(id=uuid):
        data += chunk
        bounded(data)
    return bytes(data)


async def _get(url: str) -> bytes:
    """A picture that the gateway keeps on the web; the caller holds the deadline."""
    if not url.startswith(("http://", "https://")):
        raise Refused("the gateway gave an address that is not on the web")
    data = bytearray()
    try:
        async with aiohttp.ClientSession() as session, session.get(url, max_redirects=3) as answer:
            if answer.status != 200:
                raise Refused(f"the picture's address answers {answer.status}")
            async for chunk in answer.content.iter_chunked(65536):
                data += chunk
                bounded(data)
    except aiohttp.ClientError as error:
        raise Unreachable(f"the picture's address cannot be read: {error}") from error
    return bytes(data)


def bounded(data: bytes | bytearray) -> bytes | bytearray:
    """The same, if it is no larger than a picture may be."""
    if len(data) > MAX_PICTURE:
        raise Refused("the picture is too large")
    return data
