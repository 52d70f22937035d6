"""Public alerts as an Atom feed (RFC 4287) after PFIF 1.4, "Atom person feeds", with a link to each CAP message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from xml.etree.ElementTree import Element

from bot.formats import cap, pfif
from bot.formats.writing import Publisher, add, root, to_bytes, utc
from handlers.alerts.publishing import Public

NAMESPACE = "http://www.w3.org/2005/Atom"
MIME = "application/atom+xml"
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""When a feed without entries was last changed."""


def atom_document(alerts: Sequence[Public], publisher: Publisher) -> bytes:
    """The feed."""
    feed = root("feed", {"": NAMESPACE, "pfif": pfif.NAMESPACE})
    address, title = f"{publisher.base}/feed.atom", f"{publisher.name}：寻人"
    add(feed, "id", f"tag:{publisher.domain},2026:gridbot/alerts")
    add(feed, "title", title)
    add(feed, "subtitle", "网格员核实过的寻人，结束的也在内")
    add(feed, "updated", utc(updated(alerts)))
    add(feed, "link", rel="self", type=MIME, href=address)
    for alert in alerts:
        _entry(feed, alert, title, publisher)
    return to_bytes(feed)


def updated(alerts: Sequence[Public]) -> datetime:
    """When something last changed."""
    return max((changed(alert) for alert in alerts), default=BEGINNING)


def changed(alert: Public) -> datetime:
    """When an alert last changed."""
    return alert.kept_until if alert.gone else alert.now.at


def _entry(feed: Element, alert: Public, title: str, publisher: Publisher) -> None:
    entry, page = add(feed, "entry"), publisher.page(alert.number)
    pfif.add_person(entry, alert, publisher)
    add(entry, "id", f"pfif:{pfif.record_id(alert, publisher)}")
    add(entry, "title", pfif.full_name(alert) or alert.title)
    add(entry, "summary", alert.title)
    add(add(entry, "author"), "name", pfif.author_name(alert.card) if alert.card else publisher.name)
    add(entry, "updated", utc(changed(alert)))
    add(entry, "published", utc(alert.words[0].at))
    add(entry, "content", _content(alert), type="html")
    add(entry, "link", rel="alternate", type="text/html", href=page)
    add(entry, "link", rel="related", type=cap.MIME, href=f"{page}/cap.xml")
    add(entry, "link", rel="related", type=pfif.MIME, href=f"{page}/pfif.xml")
    add(add(entry, "source"), "title", title)


def _content(alert: Public) -> str:
    lines = [alert.title, *(alert.card.description.splitlines() if alert.card else ())]
    return "<br/>".join(escape(line) for line in lines)
