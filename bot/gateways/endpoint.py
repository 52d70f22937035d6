"""Where a puppet service listens; apart from the gateway, so that reading the config loads no gRPC."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def parse_endpoint(endpoint: str) -> tuple[str, int, bool]:
    """Host, port and whether to use TLS (`https://host:port`); `ValueError` with a sentence if it is none."""
    mistake = ValueError(f"{endpoint!r} is no endpoint; write host:port, as in 127.0.0.1:8788")
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
        port = parts.port
    except ValueError:
        raise mistake from None
    rest = (parts.username, parts.password, parts.path.strip("/"), parts.query, parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(rest) or port == 0:
        raise mistake
    if re.search(r"[\s\x00-\x1f]", endpoint):
        raise mistake
    tls = parts.scheme == "https"
    if port is None and not tls:  # 80 is never meant
        raise mistake
    return parts.hostname, port or 443, tls
