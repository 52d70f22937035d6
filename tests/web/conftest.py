"""A small town's chat, and a bot that says everything back."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.gateways.local import LocalChat, LocalPerson, LocalRoom

PEOPLE = [
    LocalPerson("wang", "王芳", "居民", "3号楼"),
    LocalPerson("li", "李强", "居民", "5号楼"),
    LocalPerson("zhao", "赵敏", "网格员", "柳园社区第一网格"),
    LocalPerson("qian", "钱进", "镇管理员", "柳河镇"),
]
ROOMS = [
    LocalRoom("g1", "柳园社区第一网格群", ("wang", "li", "zhao", "qian")),
    LocalRoom("g2", "柳园社区第二网格群", ("li", "qian")),
    LocalRoom("g3", "没有格格的群", ("wang", "li"), with_bot=False),
]


class Watch:
    """A clock that tests turn by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the database of a test may need longer than an asker of the real pages waits."""
    monkeypatch.setattr("bot.web.asking.PATIENCE", 60.0)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def chat(tmp_path: Path, watch: Watch) -> AsyncIterator[LocalChat]:
    async with LocalChat(tmp_path / "chat.db", now=watch) as chat:
        await chat.populate(ROOMS, PEOPLE)
        yield chat


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG", **options: object) -> bytes:
    """A small picture file."""
    out = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(out, kind, **options)
    return out.getvalue()
