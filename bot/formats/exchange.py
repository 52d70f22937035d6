"""`gridbot import FILE.xml` and `gridbot export --what alerts`: alerts from and for other systems."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from bot.config import Config
from bot.formats import cap, pfif
from bot.formats.reading import BadDocument, Node, read_file
from bot.formats.writing import publisher_of
from handlers.alerts.importing import Foreign, take_in
from handlers.alerts.publishing import all_public
from handlers.ports import Outside
from handlers.turn import Turn, leave_traces
from storage.engine import Database, announce, retrying


def read_records(path: Path, now: datetime) -> list[Foreign]:
    """What a CAP or PFIF file says; BadDocument if it is neither."""
    root = read_file(path)
    if root.tag == f"{cap.NAMESPACE} alert":
        return [cap.read_cap(root)]
    if root.tag == f"{pfif.NAMESPACE} pfif":
        return pfif.read_pfif(root, now)
    raise BadDocument(f"{_kind(root)}，只收 CAP 1.2 的 alert 和 PFIF 1.4 的 pfif")


def _kind(root: Node) -> str:
    namespace, _, name = root.tag.rpartition(" ")
    return f"这是 {name[:40]}（{namespace[:60] or '没有命名空间'}）"


async def import_records(database: Database, config: Config, records: list[Foreign], code: str | None,
                         now: datetime) -> list[str]:  # fmt: skip
    """Take the records in, all or none; a sentence for each. Refusal names the first that cannot be."""
    said: list[str] = []

    async def attempt() -> None:
        said.clear()
        async with database.write() as session:
            for record in records:
                turn = Turn(session, now, Outside(config.rules))
                said.append(await take_in(turn, record, code))
                await leave_traces(session, [turn])
            await announce(session)

    await retrying(attempt)
    return said


async def export_alerts(database: Database, config: Config, directory: Path, now: datetime) -> list[Path]:
    """Write every public alert: a CAP message each, and one PFIF document. OSError if a file cannot be written."""
    publisher = publisher_of(config)
    async with database.read() as session:
        alerts = await all_public(Turn(session, now, Outside(config.rules)), most=None)
    written = [(directory / f"M{alert.number}.cap.xml", cap.cap_document(alert, publisher)) for alert in alerts]
    written.append((directory / "alerts.pfif.xml", pfif.pfif_document(alerts, publisher)))
    await asyncio.to_thread(_write, directory, written)
    return [path for path, _ in written]


def _write(directory: Path, written: list[tuple[Path, bytes]]) -> None:
    """Each file stands under its name only once it is whole."""
    directory.mkdir(parents=True, exist_ok=True)
    for path, data in written:
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
