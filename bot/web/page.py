"""The status page of an alert: one small file, no scripts, nothing from other hosts."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from zoneinfo import ZoneInfo

from handlers.alerts.publishing import Public
from storage.matters import AlertState

STYLE = """
body{margin:0;font:18px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#222;background:#f4f4f4}
main{max-width:34em;margin:0 auto;background:#fff;min-height:100vh}
header{padding:1em;color:#fff;background:#5a5a5a}
.sought header{background:#b3131b}
.found header{background:#1f7a3d}
h1{margin:0;font-size:1.1em}
.state{margin:0;font-size:1.9em;font-weight:bold}
section{padding:1em;overflow-wrap:anywhere}
p{margin:.4em 0}
img{width:100%;max-height:50vh;object-fit:contain;background:#eee}
.call{font-size:1.2em;font-weight:bold}
.call a{color:#b3131b;white-space:nowrap}
small{color:#666}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The Content-Security-Policy of every answer."""

STATES = {AlertState.CONFIRMED: "还在找", AlertState.FOUND: "已找到", AlertState.WITHDRAWN: "已撤销"}
STATES |= {AlertState.FALSE: "不属实", AlertState.DIED: "已经结束"}
_CLASSES = {AlertState.CONFIRMED: "sought", AlertState.FOUND: "found"}


def status_page(alert: Public, zone: ZoneInfo) -> str:
    """Whether somebody is still sought; after the end without name and photo."""
    body = _sought(alert) if alert.card else ["<p>之前的寻人消息请不要再转发。谢谢大家。</p>"]
    when = alert.now.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    title = f"寻人 M{alert.number}"
    header = f'<header><h1>{title}</h1><p class="state">{STATES[alert.state]}</p></header>'
    lines = "\n".join([*body, f"<p><small>{when} 更新 · 以本页为准</small></p>"])
    main = f'<main class="{_CLASSES.get(alert.state, "over")}">{header}\n<section>\n{lines}\n</section></main>'
    return _document(title, main)


def sentence_page(sentence: str) -> str:
    """A page that says why there is nothing to see."""
    return _document("寻人", f'<main class="over"><section>\n<p>{escape(sentence)}</p>\n</section></main>')


def _document(title: str, main: str) -> str:
    head = (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
    )
    return f"{head}<body>{main}</body></html>\n"


def _sought(alert: Public) -> list[str]:
    card = alert.card
    assert card is not None
    photo = [f'<img src="{alert.number}/photo" alt="照片">'] if card.picture_id else []
    facts = [f"<p>{escape(line)}</p>" for line in card.description.splitlines()]
    police, _, station = card.police.partition(" ")
    family = [(card.contact_name or "家属", card.phone)] if card.phone else []
    calls = [f'<p class="call">{escape(whom)} {_call(phone)}</p>' for whom, phone in (*family, (police, station))]
    return [
        *photo,
        *facts,
        f"<p>{escape(card.advice)}</p>",
        *calls,
        f"<p><small>{escape(card.verified)}</small></p>",
    ]


def _call(phone: str) -> str:
    """A phone number that a finger on it calls."""
    return f'<a href="tel:{"".join(re.findall("[0-9+]", phone))}">{escape(phone)}</a>'
