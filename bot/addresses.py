"""Which addresses lie outside the own network: only there anything is sent that a config names."""

from __future__ import annotations

import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

WRAPPERS = (ip_network("64:ff9b::/96"), ip_network("::/96"))
"""RFC 6052 and RFC 4291 2.5.5.1: the last four bytes are an IPv4 address."""


def is_public(host: str) -> bool:
    """Whether an address (not a name) is one of the internet; one that wraps another is what it wraps."""
    address = ip_address(host)
    if isinstance(address, IPv6Address) and (inner := _wrapped(address)) is not None:
        address = inner
    return address.is_global and not address.is_multicast


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in WRAPPERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def is_inside(host: str) -> bool:
    """Whether a host of an address, as it is written, is known to be inside; a name may still lead there.

    Read as a client reads it: １２７。０。０。１, 127.1 and 2130706433 are addresses too.
    """
    host = unicodedata.normalize("NFKC", host).replace("。", ".").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(host)
    except ValueError:
        return _is_inside_number(host)


def _is_inside_number(host: str) -> bool:
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except (OSError, ValueError):
        return False
