"""One `run` at a time on a file: a lock that the operating system drops with the process, however that ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.config import ConfigError, reason


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Nobody else holds this file meanwhile; ConfigError if somebody does. Who does not ask for it is not kept out."""
    path = Path(f"{file.resolve()}.lock")  # beside it: SQLite has locks of its own on the file
    try:
        lock = path.open("ab")
    except OSError as error:
        raise ConfigError(f"{path} 打不开（{reason(error)}）") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"{file} 正在用：格格已经在运行，先停掉它") from error
        yield
