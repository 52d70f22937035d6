"""An alert as a message of the Common Alerting Protocol, CAP 1.2 (OASIS, 1 July 2010).

Each public word is a message of its own: the first an `Alert`, changes and renewals an `Update`, the end a `Cancel`
with the response `AllClear`; the last two name in `references` the messages whose place they take. Only the newest
is written, the others are gone; `incidents` holds all messages about one person together.
"""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element

from bot.formats.writing import Publisher, add, add_known, root, to_bytes
from handlers.alerts.publishing import Card, Public, Step, Word

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
