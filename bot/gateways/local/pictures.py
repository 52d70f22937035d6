"""Pictures are opened, turned upright, bounded and written anew, so that nothing hidden in a file travels on."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.gateways.local.records import ChatError
from bot.gateways.protocol import MAX_PICTURE

MAX_PIXELS = 50_000_000
"""A picture with more is refused before it is unpacked; phones make up to about 50 megapixels."""

LONGEST_SIDE = 2560
THUMB_SIDE = 360
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture as it is kept: JPEG or PNG, without metadata, and its thumbnail."""

    data: bytes
    thumb: bytes
    width: int
    height: int


def clean_picture(data: bytes) -> CleanPicture:
    """Check and rewrite what a person sent; `ChatError` says what is wrong with it."""
    image = _open(data)
    try:
        keep_png = image.format == "PNG"
        image = ImageOps.exif_transpose(image)
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        image = _flat(image)
        return CleanPicture(_encode(image, keep_png), _thumb(image), *image.size)
    except _BROKEN as error:
        raise ChatError("这张图片打不开，可能已损坏，请换一张。") from error


def checked_picture(data: bytes) -> CleanPicture:
    """A picture of the bot: already rewritten on its way out, so its bytes stay as they are."""
    image = _open(data)
    try:
        size = image.size
        return CleanPicture(data, _thumb(_flat(image)), *size)
    except _BROKEN as error:
        raise ChatError("图片已损坏。") from error


def media_type(data: bytes) -> str:
    """The type of a picture that we have written ourselves."""
    return "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"


_BROKEN = (OSError, ValueError, SyntaxError, struct.error, EOFError, IndexError, MemoryError)


def _open(data: bytes) -> Image.Image:
    if not data:
        raise ChatError("图片是空的，请重新选择。")
    if len(data) > MAX_PICTURE:
        raise ChatError("图片超过 10 MB，请压缩后再发。")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ChatError("图片尺寸太大，请缩小后再发。") from error
    except (UnidentifiedImageError, *_BROKEN) as error:
        raise ChatError("这不是能识别的图片，请发 JPG、PNG、GIF 或 WebP。") from error
    if image.width * image.height > MAX_PIXELS:
        raise ChatError("图片尺寸太大，请缩小后再发。")
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Plain RGB, what was see-through on white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        colours = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(colours, mask=colours.getchannel("A"))
        return ground
    return image.convert("RGB")


def _encode(image: Image.Image, keep_png: bool) -> bytes:
    if keep_png:
        data = _save(image, "PNG", optimize=True)
        if len(data) <= 2_000_000:
            return data
    return _save(image, "JPEG", quality=88)


def _thumb(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return _save(small, "JPEG", quality=80)


def _save(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    # A bare copy of the pixels: Pillow would otherwise carry EXIF and colour profiles over from `info`.
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    bare.save(out, kind, **options)
    return out.getvalue()
