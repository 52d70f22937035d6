"""Between JSON and the chat's records: what comes in is checked, what goes out is plain."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from bot.gateways.local import Change, ChatError, ChatSummary, Draft, LocalPerson, Message
from bot.gateways.local.records import MAX_GROUP, MAX_SAID
from bot.gateways.local.saying import is_blank, plain
from handlers.ports import Location, MessageType

MAX_JSON = 256 * 1024
"""Bytes of one request: 16,000 characters, escaped six bytes each, and room for the rest."""

MAX_NUMBER = 2**53
LONGEST_VOICE = 60

Body = dict[str, Any]


async def json_body(request: web.Request) -> Body:
    """The request's JSON object; `ChatError` if it is none or too large."""
    if request.content_type != "application/json":
        raise ChatError("请求的格式不对。")
    data = await bounded(request, MAX_JSON, "内容太长，没有发出。")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ChatError("请求的格式不对。") from error
    if not isinstance(body, dict):
        raise ChatError("请求的格式不对。")
    return body


async def bounded(request: web.Request, limit: int, sentence: str) -> bytes:
    """The request's bytes, read no further than `limit`."""
    if (request.content_length or 0) > limit:
        raise TooLarge(sentence)
    data = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > limit:
            raise TooLarge(sentence)
    return bytes(data)


class TooLarge(ChatError):
    """More than is taken."""

    status = 413


def text(body: Body, key: str, limit: int = 64, default: str | None = None) -> str:
    """A string of the body."""
    value = body.get(key, default)
    if not isinstance(value, str):
        raise ChatError(f"请求缺少 {key}。")
    if len(value) > limit:
        raise ChatError(f"{key} 太长，最多 {limit} 个字。")
    return plain(value)


def names(body: Body, key: str) -> list[str]:
    """A list of people's keys, possibly empty."""
    value = body.get(key) or []
    if not isinstance(value, list) or len(value) > MAX_GROUP or not all(isinstance(item, str) for item in value):
        raise ChatError(f"{key} 应是一组人。")
    return [plain(item)[:64] for item in value]


def number(value: Any, what: str = "编号") -> int:
    """A message number, from JSON or from the address."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_NUMBER:
        raise ChatError(f"{what}不对。")
    return value


def maybe_number(value: Any) -> int | None:
    """A message number where there is one."""
    return None if value in (None, "") else number(value)


def draft(body: Body) -> Draft:
    """The message that a person wants to send."""
    makers = {"text": _text_draft, "voice": _voice_draft, "location": _location_draft}
    kind = body.get("type", "text")
    if not isinstance(kind, str) or kind not in makers:
        raise ChatError("不能发送这种消息。")
    return makers[kind](body)


def _text_draft(body: Body) -> Draft:
    said = body.get("text")
    if not isinstance(said, str) or is_blank(said):
        raise ChatError("不能发送空白消息。")
    if len(said) > MAX_SAID:
        raise ChatError(f"消息太长，最多 {MAX_SAID} 字，请分几条发。")
    return Draft(
        text=plain(said),
        mentions=tuple(names(body, "mentions")),
        quote=maybe_number(body.get("quote")),
        client=text(body, "client", 64, "") or None,
    )


def _voice_draft(body: Body) -> Draft:
    seconds = body.get("seconds")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= LONGEST_VOICE:
        raise ChatError(f"语音的时长是 1 到 {LONGEST_VOICE} 秒。")
    return Draft(type=MessageType.VOICE, seconds=seconds, quote=maybe_number(body.get("quote")),
                 client=text(body, "client", 64, "") or None)  # fmt: skip


def _location_draft(body: Body) -> Draft:
    name = text(body, "name", 100, "").strip()
    if is_blank(name):
        raise ChatError("请写地点的名称。")
    latitude, longitude = (_degrees(body.get(key), limit) for key, limit in (("latitude", 90), ("longitude", 180)))
    place = Location(latitude, longitude, name, text(body, "address", 200, "").strip())
    return Draft(type=MessageType.LOCATION, location=place, client=text(body, "client", 64, "") or None)


def _degrees(value: Any, limit: int) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not -limit <= value <= limit:
        raise ChatError("经纬度不对：纬度在 -90 到 90 之间，经度在 -180 到 180 之间。")
    return float(value)


def person_out(person: LocalPerson) -> Body:
    """A person for the page."""
    return {"id": person.key, "name": person.name, "role": person.role, "title": person.title}


def chat_out(chat: ChatSummary) -> Body:
    """A line of the list of chats."""
    return {
        "id": chat.id,
        "kind": chat.kind,
        "name": chat.name,
        "members": chat.members,
        "unread": chat.unread,
        "mentioned": chat.mentioned,
        "seen": chat.seen,
        "other": chat.other,
        "last": message_out(chat.last) if chat.last else None,
    }


def message_out(message: Message) -> Body:
    """A message for the page; of one taken back nothing of its content."""
    out: Body = {
        "n": message.n,
        "chat": message.chat,
        "sender": message.sender,
        "name": message.sender_name,
        "at": round(message.at.timestamp() * 1000),
        "type": message.type.value,
        "client": message.client,
    }
    return out | ({"recalled": True, "text": ""} if message.recalled else _content(message))


def _content(message: Message) -> Body:
    out: Body = {"recalled": False, "text": message.text, "mentions": list(message.mentions)}
    if message.quote:
        quote = message.quote
        out["quote"] = {"n": quote.n, "name": quote.sender_name, "text": quote.text, "recalled": quote.recalled}
    if message.picture and message.size:
        out["picture"] = {"id": message.picture, "width": message.size[0], "height": message.size[1]}
    if message.location:
        place = message.location
        out["location"] = {"name": place.name, "address": place.address,
                           "latitude": place.latitude, "longitude": place.longitude}  # fmt: skip
    if message.seconds:
        out["seconds"] = message.seconds
    return out


def change_out(change: Change) -> Body:
    """A change for the windows that are open."""
    message = message_out(change.message) if change.message else None
    return {"kind": change.kind, "chat": change.chat, "message": message, "n": change.n}
