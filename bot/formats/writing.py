"""Writing XML: elements in order, nothing empty, no character that XML 1.0 forbids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from bot.cleaning import clean_text
from bot.config import NO_DOMAIN, Config, ConfigError

_NEVER = dict.fromkeys((0xFFFE, 0xFFFF))
"""What `clean_text` leaves and XML 1.0 (2.2) does not allow."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes: `domain` is in every id, `base` the public address without a slash at its end."""

    name: str
    domain: str
    base: str
    zone: ZoneInfo

    def page(self, number: int) -> str:
        """The status page of an alert."""
        return f"{self.base}/m/{number}"


def publisher_of(config: Config) -> Publisher:
    """As the config has it; ConfigError if it names no domain."""
    if not config.domain:
        raise ConfigError(NO_DOMAIN)
    feed = config.feed
    local = f"http://{f'[{feed.host}]' if ':' in feed.host else feed.host}:{feed.port}"
    name = f"{config.bot_name}（{config.domain}）"
    return Publisher(name, config.domain, config.alerts.public_url or local, ZoneInfo(config.timezone))


def root(tag: str, namespaces: Mapping[str, str]) -> Element:
    """The outermost element; the prefix "" is the default namespace."""
    return Element(tag, {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in namespaces.items()})


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """An element at the end of `parent`, with text."""
    made = ElementTree.SubElement(parent, tag, attributes)
    made.text = legal(text) if text is not None else None
    return made


def add_known(parent: Element, tag: str, text: str) -> None:
    """The same, where there is something to say."""
    if text:
        add(parent, tag, text)


def legal(text: str) -> str:
    """Without characters that an XML document cannot hold."""
    return clean_text(text).translate(_NEVER)


def to_bytes(element: Element) -> bytes:
    """The document in UTF-8."""
    ElementTree.indent(element)
    data: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def utc(moment: datetime) -> str:
    """`2026-11-21T04:00:00Z`, as Atom and PFIF have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
