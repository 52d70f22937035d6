"""What the text of a WeChat message holds besides what was said: quotes, mentions, XML. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from handlers.ports import MAX_TEXT, Location, Quote

_QUOTE_END = re.compile(r"」[ \t\r]{0,8}\n(?:[-—–] ?){5,120}[ \t\r]{0,8}(?:\n|$)")
"""Between what is quoted and the reply: 」, then a line of dashes. The repeats are bounded, so it stays linear."""

MENTION_END = "\u2005"
"""The narrow space that WeChat puts after a mention."""

_AFTER_NAME = r"(?=[\u2004-\u2006\u00a0\s]|$|[，,。.!！?？:：;；、~～])"
_OWN_PREFIX = re.compile(rf"(?:@[^{MENTION_END}\n]{{1,64}}{MENTION_END}\s?)+")

EVERYBODY = ("announcement@all", "notify@all")
"""What some puppets give as the mentioned id of @所有人."""


def clean(text: str) -> str:
    """Text that every database can hold, bounded."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def split_quote(text: str) -> tuple[Quote | None, str]:
    """A reply in the form 「name：text」, dashes, reply; the name stands in `sender` until it is resolved."""
    if not text.startswith("「"):
        return None, text
    end = _QUOTE_END.search(text)
    if end is None:
        return None, text
    name, colon, quoted = _split_colon(text[1 : end.start()])
    return Quote(None, quoted, name if colon else None), text[end.end() :]


def _split_colon(text: str) -> tuple[str, str, str]:
    """Name, colon and the rest; a name has no line break and at most 64 characters."""
    found = re.match(r"([^\n：:]{0,64})([：:])", text)
    if found is None:
        return "", "", text
    return found[1].strip(), found[2], text[found.end() :].strip()


def strip_mention(text: str, names: Iterable[str], *, sure: bool) -> tuple[str, bool]:
    """Take `@name` of the bot out of a text: what is left, and whether it was there.

    `sure` means that the chat system names the bot by id. Otherwise a name counts only where a space, a mark or
    the end follows: `@格格妈妈` is somebody else.
    """
    found = False
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        end = ("" if sure else _AFTER_NAME) + r"[\u2004-\u2006\u00a0 ]?"
        text, count = re.subn(r"(?<![A-Za-z0-9])@" + re.escape(name) + end, "", text)
        found = found or count > 0
    return (text.strip() if found else text), found


def strip_own_prefix(text: str) -> str:
    """A text of ours without the mentions that the gateway put before it, so that it is what was asked for."""
    found = _OWN_PREFIX.match(text)
    return text[found.end() :] if found else text


def address(text: str, names: Iterable[str]) -> str:
    """`text` with `@name` before it for each name that it does not show yet."""
    missing = [f"@{name}{MENTION_END}" for name in names if name and f"@{name}" not in text]
    return "".join(missing) + text


def parse_xml(text: str) -> ElementTree.Element | None:
    """The XML of a message, or None. Declarations of entities are refused: no message has a use for them."""
    text = text.strip()
    if not text.startswith("<") or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    if not text.startswith("<?xml") and text.startswith("<?"):
        return None
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return None


def words(root: ElementTree.Element | None, path: str) -> str:
    """The text at a path, or nothing."""
    return (root.findtext(path) or "").strip() if root is not None else ""


def xml_quote(text: str) -> tuple[Quote | None, str]:
    """A reply in the form of an appmsg with a `refermsg`."""
    if "<refermsg>" not in text:
        return None, text
    root = parse_xml(text)
    refer = root.find(".//appmsg/refermsg") if root is not None else None
    if refer is None:
        return None, text
    quoted = words(refer, "content")
    inner = parse_xml(quoted)
    if inner is not None:
        quoted = words(inner, ".//title")
    sender = words(refer, "chatusr") or words(refer, "fromusr") or None
    return Quote(words(refer, "svrid") or None, quoted, sender), words(root, ".//appmsg/title")


def link_text(text: str) -> str:
    """Title, description and address of a shared page, from its XML; other text as it is."""
    root = parse_xml(text)
    if root is None:
        return "" if text.lstrip().startswith("<") else text
    parts = (words(root, f".//appmsg/{name}") for name in ("title", "des", "url"))
    return "\n".join(part for part in parts if part)


def bundle_text(text: str) -> str:
    """What a forwarded bundle says: title, then each message as `name: text`."""
    root = parse_xml(text)
    if root is None:
        return link_text(text)
    record = parse_xml(words(root, ".//recorditem")) if root.find(".//recorditem") is not None else root
    lines = list(_bundle_lines(record)) or [words(root, ".//appmsg/des")]
    title = words(root, ".//appmsg/title") or words(record, "title")
    return "\n".join(line for line in (title, *lines) if line)


def _bundle_lines(record: ElementTree.Element | None) -> Iterator[str]:
    for item in record.iter("dataitem") if record is not None else ():
        said = words(item, "datadesc") or words(item, "datatitle")
        if said:
            name = words(item, "sourcename")
            yield f"{name}: {said}" if name else said


def xml_location(text: str) -> Location | None:
    """A location from its XML: `x` is the latitude, `y` the longitude."""
    root = parse_xml(text)
    if root is None:
        return None
    place = root if root.tag == "location" else root.find(".//location")
    if place is None:
        return None
    try:
        latitude, longitude = float(place.get("x", "")), float(place.get("y", ""))
    except ValueError:
        return None
    return Location(latitude, longitude, place.get("poiname", "")[:200], place.get("label", "")[:500])


def recalled_id(text: str) -> str:
    """The id of the message that a recall takes back: plain, or in the XML of the system message."""
    root = parse_xml(text)
    if root is None:
        return text.strip()
    return words(root, ".//newmsgid") or words(root, ".//msgid")


def plain(text: str) -> str:
    """Text for a message whose text may be XML that says nothing to people."""
    return "" if text.lstrip().startswith(("<?xml", "<msg", "<sysmsg")) else text


def json_words(text: str, *names: str) -> str:
    """Some strings of a JSON object, one a line."""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    found = (value.get(name) for name in names) if isinstance(value, dict) else ()
    return "\n".join(part for part in found if isinstance(part, str) and part)
