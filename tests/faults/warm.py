"""`gridbot` with everything loaded, before a line on standard input lets it begin: a start that takes no second."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import asyncpg  # noqa: F401

import bot.gateways.wechaty
import bot.running  # noqa: F401
from bot.cli import main
from handlers.understanding import Context, read

if __name__ == "__main__":
    read("楼道的灯坏了", Context(now=datetime.now(UTC)))
    if sys.stdin.readline():
        main()
