"""Alerts as messages of the Common Alerting Protocol, CAP 1.2 (OASIS, 1 July 2010).

Each public word is a message of its own: the first an `Alert`, changes and renewals an `Update`, the end a `Cancel`
with the response `AllClear`; the last two name in `references` the messages whose place they take. Only the newest
is written, the others are gone; `incidents` holds all messages about one person together. Of others' messages only
those about missing persons are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from bot.cleaning import clean_name
from bot.formats.reading import BadDocument, Node, read_time
from bot.formats.writing import Publisher, add, add_known, root, to_bytes
from handlers.alerts.importing import Foreign
from handlers.alerts.publishing import Card, Public, Step, Word
from handlers.clipping import clip
from storage.matters import AlertState

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MIME = "application/cap+xml"

EVENT = "人员走失"
EVENT_CODE = "MEP"
"""Missing and Endangered Persons, of the SAME codes (FCC 24-83): what a machine can tell it by from a storm."""

OURS = "gridbot:"
"""Begins the names of parameters that only another 格格 reads."""

_TYPES = {Step.FIRST: "Alert", Step.CHANGE: "Update", Step.END: "Cancel"}


def cap_document(alert: Public, publisher: Publisher) -> bytes:
    """The message that stands now."""
    message = root("alert", {"": NAMESPACE})
    add(message, "identifier", _identifier(alert, alert.now, publisher))
    add(message, "sender", _sender(publisher))
    add(message, "sent", _time(alert.now.at, publisher))
    add(message, "status", "Actual")
    add(message, "msgType", _TYPES[alert.now.step])
    add(message, "scope", "Public")
    add_known(message, "references", " ".join(_extended(alert, word, publisher) for word in alert.replaced))
    add(message, "incidents", f"M{alert.number}")
    _info(message, alert, publisher)
    return to_bytes(message)


def _info(message: Element, alert: Public, publisher: Publisher) -> None:
    card = alert.card
    info = add(message, "info")
    add(info, "language", "zh-CN")
    add(info, "category", "Rescue")
    add(info, "event", EVENT)
    add(info, "responseType", "Monitor" if card else "AllClear")
    add(info, "urgency", "Immediate" if card else "Past")
    add(info, "severity", "Severe" if card else "Minor")
    add(info, "certainty", "Likely" if card is None or card.sure else "Possible")
    _pair(info, "eventCode", "SAME", EVENT_CODE)
    add(info, "effective", _time(alert.now.at, publisher))
    add(info, "expires", _time(alert.stands_until, publisher))
    add(info, "senderName", publisher.name)
    add(info, "headline", f"{alert.title}。{card.who}" if card and card.who else alert.title)
    if card:
        add(info, "description", f"{card.description}\n{card.verified}")
        add(info, "instruction", f"{card.advice}（{'、'.join(_calls(card))}）。")
    add(info, "web", publisher.page(alert.number))
    if card:
        add(info, "contact", "、".join(_calls(card)))
    _pair(info, "parameter", f"{OURS}state", alert.state if alert.state != "died" else "over")
    for name, value in card.facts if card else ():
        _pair(info, "parameter", OURS + name, value)
    if card and card.picture_id:
        picture = add(info, "resource")
        add(picture, "resourceDesc", "照片")
        add(picture, "mimeType", "image/jpeg")
        add(picture, "uri", f"{publisher.page(alert.number)}/photo")
    if alert.area:
        add(add(info, "area"), "areaDesc", alert.area)


def _calls(card: Card) -> list[str]:
    """Whom to call, as the card says."""
    family = f"{card.contact_name or '家属'} {card.phone}" if card.phone else ""
    return [call for call in (family, card.police) if call]


def _pair(info: Element, tag: str, name: str, value: str) -> None:
    pair = add(info, tag)
    add(pair, "valueName", name)
    add(pair, "value", value)


def _sender(publisher: Publisher) -> str:
    return f"gridbot@{publisher.domain}"


def _identifier(alert: Public, word: Word, publisher: Publisher) -> str:
    return f"{publisher.domain}-M{alert.number}-{word.id}"


def _extended(alert: Public, word: Word, publisher: Publisher) -> str:
    """CAP 1.2, 3.2.1 `references`: sender,identifier,sent."""
    return f"{_sender(publisher)},{_identifier(alert, word, publisher)},{_time(word.at, publisher)}"


def _time(moment: datetime, publisher: Publisher) -> str:
    """CAP 1.2, 3.3.2: with the offset in digits, and UTC as -00:00."""
    text = moment.astimezone(publisher.zone).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


_CODES = frozenset({EVENT_CODE, "CAE"})
"""Missing and Endangered Persons, Child Abduction Emergency."""

_MISSING = re.compile(r"走失|失踪|走丢|寻人|失联|missing|silver alert|amber alert|abduct", re.IGNORECASE)
_FOUND = re.compile(r"找到|寻获|已回家|平安|\bfound\b|located|safe", re.IGNORECASE)
_NOT_FOUND = re.compile(r"[没未]有?找到|not (?:been )?found", re.IGNORECASE)
_TEXTS = frozenset(
    {"name", "build", "clothes", "features", "health", "transport", "direction", "place"},
)


def read_cap(message: Node) -> Foreign:
    """Somebody else's message; BadDocument if it is none about a missing person, or is not meant in earnest."""
    sender, identifier = message.get(_tag("sender")), message.get(_tag("identifier"))
    sent, status = read_time(message.get(_tag("sent"))), message.get(_tag("status"))
    if not sender or not identifier or sent is None:
        raise BadDocument("CAP 缺 identifier、sender 或 sent")
    if status != "Actual":
        raise BadDocument(f"CAP 的 status 是 {clip(status, 20) or '空的'}，不是真的警报（Actual）")
    kind = message.get(_tag("msgType"))
    if kind not in ("Alert", "Update", "Cancel"):
        raise BadDocument(f"CAP 的 msgType 是 {clip(kind, 20) or '空的'}，只收 Alert、Update、Cancel")
    info = _info_of(message)
    earlier = tuple(_key(*reference) for reference in _references(message.get(_tag("references"))))
    if info is None and kind != "Cancel":
        raise BadDocument("CAP 里没有 info，不知道说的是谁")
    if info is not None and not (kind == "Cancel" and earlier) and not _about_missing(info):
        event = info.get(_tag("event")) or info.get(_tag("headline"))
        raise BadDocument(f"这是“{clip(event, 30)}”，不是寻人")
    return Foreign(
        source=f"外地消息（{clip(clean_name(sender), 60)}）",
        key=_key(sender, identifier),
        at=sent,
        text=_words(message, info),
        earlier=earlier,
        stated=dict(_stated(info)) if info else {},
        places=tuple(_places(info)) if info else (),
        over=_over(message, info, kind),
    )


def _tag(name: str) -> str:
    return f"{NAMESPACE} {name}"


def _key(sender: str, identifier: str) -> str:
    return f"cap:{sender},{identifier}"[:400]


def _references(text: str) -> Iterator[tuple[str, str]]:
    """(sender, identifier) of each: sender,identifier,sent, separated by spaces."""
    for reference in text.split():
        sender, _, rest = reference.partition(",")
        identifier, _, sent = rest.rpartition(",")
        if sender and identifier and sent:
            yield sender, identifier


def _info_of(message: Node) -> Node | None:
    """The block in Chinese, else the first."""
    blocks = list(message.all(_tag("info")))
    chinese = (block for block in blocks if block.get(_tag("language")).lower().startswith("zh"))
    return next(chinese, blocks[0] if blocks else None)


def _about_missing(info: Node) -> bool:
    codes = {pair.get(_tag("value")) for pair in info.all(_tag("eventCode"))}
    named = f"{info.get(_tag('event'))} {info.get(_tag('headline'))}"
    return bool(codes & _CODES) or _MISSING.search(named) is not None


def _words(message: Node, info: Node | None) -> str:
    if info is None:
        return message.get(_tag("note"))
    parts = [info.get(_tag(name)) for name in ("headline", "description")]
    contact = info.get(_tag("contact"))
    return "\n".join(part for part in (*parts, f"电话：{contact}" if contact else "") if part)


def _stated(info: Node) -> Iterator[tuple[str, Any]]:
    """Facts that another 格格 wrote down one by one."""
    for pair in info.all(_tag("parameter")):
        name, value = pair.get(_tag("valueName")), pair.get(_tag("value"))
        if not name.startswith(OURS) or not value:
            continue
        name = name.removeprefix(OURS)
        if name in _TEXTS:
            yield name, clip(clean_name(value), 200)
        elif name == "sex" and value in ("男", "女"):
            yield name, value
        elif name == "age" and re.fullmatch(r"\d{1,3}(?:\.\d{1,3})?", value, re.ASCII):
            yield name, float(value)
            yield "age_precision", ""
        elif name == "age_precision" and value == "about":
            yield name, value
        elif name == "height_cm" and re.fullmatch(r"\d{2,3}", value, re.ASCII):
            yield name, int(value)
        elif name == "seen_at" and (moment := read_time(value)):
            yield name, moment


def _places(info: Node) -> Iterator[str]:
    for area in info.all(_tag("area")):
        yield area.get(_tag("areaDesc"))[:100]


def _over(message: Node, info: Node | None, kind: str) -> AlertState | None:
    """How it ended, as far as it says; None while it stands."""
    clear = info is not None and any(one.text.strip() == "AllClear" for one in info.all(_tag("responseType")))
    if kind != "Cancel" and not clear:
        return None
    words = f"{message.get(_tag('note'))} {_words(message, info)}"
    found = _FOUND.search(words) and not _NOT_FOUND.search(words)
    return AlertState.FOUND if found else AlertState.WITHDRAWN
