"""Fetching the pictures that handlers want, and making them fit to keep."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import datetime

from PIL import Image, ImageOps
from sqlalchemy import bindparam, select
from sqlmodel import col

from bot.gateways.protocol import Gateway, RateLimited, Refused
from bot.inbox import Inbox
from handlers.following import about, following
from handlers.ports import Clock, Event, EventKind
from storage.engine import Database
from storage.inbox import Picture

MAX_BYTES = 2 * 1024 * 1024
MAX_PIXELS = 40_000_000
SIDES = (1600, 1200, 900, 600)
"""Longest sides tried, in pixels, until the JPEG fits into MAX_BYTES."""

ORIENTATION, LYING = 0x0112, (5, 6, 7, 8)
"""The EXIF tag that says how a camera was held, and its values for a picture that lies on its side."""

DEADLINE_SECONDS = 20
MAX_TRIES = 3

log = logging.getLogger("gridbot.pictures")


class NotAPicture(Exception):
    """The bytes are no picture that can be shown."""


@dataclass(frozen=True, slots=True)
class Clean:
    """A picture as it is kept: JPEG, upright, without EXIF. `given` is how wide and high it came, upright."""

    data: bytes
    width: int
    height: int
    given: tuple[int, int]


def clean(data: bytes) -> Clean:
    """Re-encode; NotAPicture for anything that is not a picture or is unreasonably large."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NotAPicture("图片尺寸太大")
            given = image.size[::-1] if image.getexif().get(ORIENTATION, 1) in LYING else image.size
            image.draft("RGB", (SIDES[0], SIDES[0]))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except NotAPicture:
        raise
    except Exception as error:  # decoders raise anything on bytes made to break them
        raise NotAPicture("不是能打开的图片") from error
    for side in SIDES:
        upright.thumbnail((side, side))
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=85)
        if out.tell() <= MAX_BYTES:
            break
    return Clean(out.getvalue(), upright.width, upright.height, given)


def sized(data: bytes, size: tuple[int, int]) -> bytes:
    """A picture of ours (JPEG) in another size, width and height in pixels; as it is if it has that already."""
    with Image.open(io.BytesIO(data)) as image:
        if image.size == size or size[0] * size[1] > MAX_PIXELS:
            return data
        out = io.BytesIO()
        image.convert("RGB").resize(size).save(out, "JPEG", quality=80)
    return out.getvalue()


def _final(error: Exception) -> bool:
    """Whether another try would end the same: no picture, or refused for good (too large, gone)."""
    return isinstance(error, NotAPicture | Refused) and not isinstance(error, RateLimited)


def told(picture_id: int, now: datetime) -> Event:
    """That a wanted picture has come, or will not come."""
    return Event(f"picture-{picture_id}", EventKind.PICTURE, now, subject=str(picture_id))


_WANTED = (
    select(Picture)
    .where(Picture.account_id == bindparam("account"), Picture.state == "wanted")
    .order_by(col(Picture.id))
    .limit(16)
)


class Fetcher:
    """Fills wanted Picture rows and tells the inbox of each."""

    def __init__(self, database: Database, gateway: Gateway, account_id: int, inbox: Inbox, clock: Clock) -> None:
        self._database = database
        self._gateway = gateway
        self._account = account_id
        self._inbox = inbox
        self._clock = clock

    async def step(self) -> int:
        """Fetch what is wanted; how many rows were settled."""
        async with self._database.read() as session:
            wanted = list(await session.scalars(_WANTED, {"account": self._account}))
        settled = 0
        for picture in wanted:
            settled += await self._fetch(picture)
        return settled

    async def _fetch(self, picture: Picture) -> bool:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                data = await self._gateway.fetch_picture(picture.handle)
            made = await asyncio.to_thread(clean, data)
        except Exception as error:  # whatever a gateway makes of it, the other pictures go on
            with following(about(picture.inbox_id)):
                log.warning("picture %s: %s", picture.id, error)
            return await self._failed(picture, _final(error))
        async with self._database.write() as session:
            row = await session.get(Picture, picture.id)
            if row is None or row.state != "wanted":
                return True
            row.data, row.width, row.height, row.mime = made.data, made.width, made.height, "image/jpeg"
            row.digest, row.state = hashlib.sha256(made.data).hexdigest(), "ready"
        await self._tell(picture)
        return True

    async def _failed(self, picture: Picture, final: bool) -> bool:
        async with self._database.write() as session:
            row = await session.get(Picture, picture.id)
            if row is None or row.state != "wanted":
                return True
            row.tries += 1
            if final or row.tries >= MAX_TRIES:
                row.state = "failed"
            settled = row.state == "failed"
        if settled:
            await self._tell(picture)
        return settled

    async def _tell(self, picture: Picture) -> None:
        await self._inbox.put(told(picture.id or 0, self._clock.now()))
