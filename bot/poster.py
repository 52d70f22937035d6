"""Draws the poster of an alert, in urgent red, and the green form that takes its place when the person is found.

One column of 900 pixels that a phone shows some 200 wide: what must be read there is 46 pixels high or more. From
the top: that it is urgent, and its number; who, with the photo; what to look for; whom to call; who vouches for it, and
until when it stands.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import segno
from PIL import Image, ImageDraw, UnidentifiedImageError

from bot.lettering import drawable, face, fitted, height
from handlers.alerts import describing, texts
from handlers.clipping import hide_identity_numbers
from storage.matters import Alert

WIDTH, MARGIN, GAP = 900, 48, 28
INNER = WIDTH - 2 * MARGIN
HEADER = 172
TALLEST = 3000
AIM = 1640
"""Pixels that a poster should not be higher than; above it the facts are set smaller."""
BELOW = 540
"""Pixels that what follows the facts takes."""
MAX_BYTES = 2 * 1024 * 1024

RED, DARK, INK, GREY = (204, 18, 26), (150, 8, 14), (22, 22, 22), (92, 92, 92)
WHITE, PALE, LINE = (255, 255, 255), (255, 240, 238), (226, 214, 212)
GREEN, LEAF = (20, 134, 74), (234, 247, 239)

Colour = tuple[int, int, int]

NAMES, BESIDE = (128, 112, 96, 80, 64), (120, 104, 88, 72, 60, 52)
ALONE = (168, 144, 120, 100, 84, 68)
FACTS = (76, 68, 60, 54, 48)
PHONES = (104, 92, 80, 68, 56, 44)
SMALL, LABEL = 34, 38
LABELS = 112
"""Width of the column in which the facts' names stand."""

NARROW, WIDE = 0.7, 1.9
"""Width by height between which a photo is shown whole; beyond, the middle of its upper part."""
UPRIGHT = 1.1
"""Width by height up to which a photo stands beside the name, and not above it."""
COLUMN, TALL = 420, 560
"""Width of an upright photo beside the name, and height of any photo."""
TRIMMED = 0.86
"""How much of a wide photo's height is shown at least, so that it fills the page from side to side."""
SMALLEST, LARGER = 48, 6
"""Pixels a photo must have to show anybody, and how many times it is enlarged at most."""
CODE = 190
"""Side of the code that a phone scans."""


@dataclass(frozen=True, slots=True)
class PosterFacts:
    """What stands on a poster; all but `number` may be empty.

    `about` is sex and age, `build` height and build, `lines` are (title, words), the words with line ends where a new
    line is to begin, `calls` are (whom, phone), the first the largest, `notes` small lines, `link` what the code opens.
    """

    number: str
    name: str = ""
    about: str = ""
    build: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    advice: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class FoundFacts:
    """What stands on the green form: nobody's name."""

    number: str
    person: str
    lines: tuple[str, ...]


def facts_of(alert: Alert, *, vouched: str, police: str, zone: ZoneInfo, public_url: str = "") -> PosterFacts:
    """An alert's facts in the order the eye needs them; the family's phone only if it may be shown.

    `vouched` is who verified it and when, `police` the police's phone, `public_url` where the live status stands.
    """
    looks = dict(describing.looks(alert))
    seen = "\n".join(
        part
        for part in (
            "，".join(one for one in (alert.place, describing.heading(alert.direction)) if one),
            describing.dated(alert.seen_at, alert.seen_precision, zone) if alert.seen_at else "",
        )
        if part
    )
    check = f"是否还在找：群里发“查 M{alert.id}”"
    pairs = [("穿着", looks.pop("穿着", "")), ("最后看到", seen), *looks.items()]
    return PosterFacts(
        number=f"M{alert.id}",
        name=alert.name,
        about=" ".join(part for part in (alert.sex, describing.age(alert)) if part),
        build="，".join(part for part in (describing.tallness(alert), alert.build) if part),
        lines=tuple((title, hide_identity_numbers(words)) for title, words in pairs if words),
        advice="可能有危险，别靠近，躲开后打 110"
        if describing.dangerous(alert)
        else f"看到请陪住{describing.pronoun(alert)}，别惊动、别追赶",
        calls=_whom_to_call(alert, police),
        notes=tuple(line for line in (vouched, texts.until(alert, zone), check) if line),
        link=f"{public_url.rstrip('/')}/m/{alert.id}" if public_url else "",
    )


def _whom_to_call(alert: Alert, police: str) -> tuple[tuple[str, str], ...]:
    family = ((alert.contact_name or "家属", alert.phone),) if alert.phone and alert.share_phone else ()
    return (*family, ("报警" if police == texts.EVERYBODYS else "派出所", police))


def found_facts(alert: Alert, zone: ZoneInfo) -> FoundFacts:
    """What the green form says of an alert that ended with the person found."""
    assert alert.ended_at is not None
    took = describing.span((alert.ended_at - alert.created_at).total_seconds())
    when = describing.dated(alert.ended_at, "", zone)
    thanks = ("谢谢各位邻居帮忙！", "之前的寻人消息请不要再转发")
    return FoundFacts(f"M{alert.id}", describing.nameless(alert), (f"{when} 找到\n前后 {took}", *thanks))


class _Sheet:
    """A picture that is filled from the top; `y` is how far it is."""

    def __init__(self, font: Path) -> None:
        self.image = Image.new("RGB", (WIDTH, TALLEST), WHITE)
        self.draw = ImageDraw.Draw(self.image)
        self.font = font
        self.y = 0

    def write(self, lines: Sequence[str], size: int, fill: Colour, x: float, y: float, anchor: str = "l") -> int:
        """Lines below each other, each in the middle of its own height; the y below them."""
        step = height(size)
        for number, line in enumerate(lines):
            middle = y + step * number + step / 2
            self.draw.text((x, middle), line, fill=fill, font=face(self.font, size), anchor=f"{anchor}m")
        return round(y + step * len(lines))

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: int = 24) -> None:
        """A filled box with round corners."""
        self.draw.rounded_rectangle((left, top, right, bottom), radius, fill=fill)

    def width(self, text: str, size: int) -> float:
        """How wide a line of text is."""
        return face(self.font, size).getlength(text)

    def png(self) -> bytes:
        """As far as it was filled."""
        return encoded(self.image.crop((0, 0, WIDTH, min(self.y, TALLEST))))


def draw_poster(facts: PosterFacts, photo: bytes | None, font: Path) -> bytes:
    """The poster as PNG, at most 2 MB. A photo that cannot be opened, or shows nothing, is left out."""
    sheet = _Sheet(font)
    _header(sheet, "紧急寻人", facts.number, RED)
    picture = _opened(photo)
    beside = ""
    if picture is None:
        _who_alone(sheet, facts)
    elif picture.width <= picture.height * UPRIGHT:
        beside = _who_beside(sheet, facts, picture)
    else:
        _who_below(sheet, facts, picture)
    _facts(sheet, [line for line in facts.lines if line[0] != beside])
    _advice(sheet, facts.advice)
    _calls(sheet, facts.calls)
    _notes(sheet, facts)
    return sheet.png()


def draw_found(facts: FoundFacts, font: Path) -> bytes:
    """The green form as PNG."""
    sheet = _Sheet(font)
    _header(sheet, "已找到", facts.number, GREEN)
    sheet.box(MARGIN, sheet.y, WIDTH - MARGIN, sheet.y + 430, LEAF)
    _tick(sheet, WIDTH // 2, sheet.y + 140)
    size, lines = fitted(facts.person, font, (72, 64, 56, 48), INNER - 2 * GAP, 2)
    sheet.write(lines, size, GREEN, WIDTH / 2, sheet.y + 340 - height(size, len(lines)) / 2, "m")
    sheet.y += 430 + GAP
    for line in facts.lines:
        size, lines = fitted(line, font, (52, 46, 40), INNER, 2)
        sheet.y = sheet.write(lines, size, INK, WIDTH / 2, sheet.y, "m") + 6
    sheet.y += GAP
    sheet.draw.rectangle((0, sheet.y, WIDTH, sheet.y + 24), fill=GREEN)
    sheet.y += 24
    return sheet.png()


def _tick(sheet: _Sheet, x: int, y: int) -> None:
    sheet.draw.ellipse((x - 100, y - 100, x + 100, y + 100), fill=GREEN)
    sheet.draw.line([(x - 50, y + 4), (x - 14, y + 42), (x + 54, y - 38)], fill=WHITE, width=24, joint="curve")


def _header(sheet: _Sheet, title: str, number: str, colour: Colour) -> None:
    """A band across the top: what it is, and its number on a label."""
    sheet.draw.rectangle((0, 0, WIDTH, HEADER), fill=colour)
    size, words = fitted(number, sheet.font, (80, 64, 48), 300)
    left = WIDTH - MARGIN - sheet.width(words[0], size) - 56
    sheet.box(left, HEADER / 2 - 56, WIDTH - MARGIN, HEADER / 2 + 56, WHITE)
    sheet.write(words, size, colour, left + 28, HEADER / 2 - height(size) / 2)
    sheet.write([title], 112, WHITE, MARGIN, HEADER / 2 - height(112) / 2)
    sheet.y = HEADER + GAP


def _opened(photo: bytes | None) -> Image.Image | None:
    """The photo, its sides in a shape that fits a poster."""
    if not photo:
        return None
    try:
        with Image.open(io.BytesIO(photo)) as image:
            picture = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if min(picture.size) < SMALLEST:
        return None
    if picture.width < picture.height * NARROW:
        tall = round(picture.width / NARROW)
        top = (picture.height - tall) // 4  # a face is in the upper part
        return picture.crop((0, top, picture.width, top + tall))
    wide = round(picture.height * WIDE)
    left = max(0, (picture.width - wide) // 2)
    return picture.crop((left, 0, picture.width - left, picture.height))


def _framed(sheet: _Sheet, picture: Image.Image, left: int, width: int, tall: int) -> Image.Image:
    """Paste the photo as large as it fits, with a thin frame; it as it is shown."""
    scale = min(width / picture.width, tall / picture.height, LARGER)
    size = round(picture.width * scale), round(picture.height * scale)
    shown = picture.resize(size, Image.Resampling.LANCZOS)
    right, bottom = left + size[0] - 1, sheet.y + size[1] - 1
    sheet.image.paste(shown, (left, sheet.y))
    sheet.draw.rectangle((left, sheet.y, right, bottom), outline=LINE, width=3)
    return shown


def _who(facts: PosterFacts) -> list[str]:
    """The big lines: the name, sex and age; where neither is known, what it is about."""
    return [line for line in (drawable(facts.name), drawable(facts.about)) if line] or ["走失人员"]


def _who_beside(sheet: _Sheet, facts: PosterFacts, picture: Image.Image) -> str:
    """An upright photo with the big lines beside it, and the first fact if there is room; which fact that was."""
    shown = _framed(sheet, picture, MARGIN, COLUMN, TALL)
    left = MARGIN + shown.width + GAP
    width = WIDTH - MARGIN - left
    y = sheet.y - 14  # the letters begin below the top of their line
    for number, line in enumerate(_who(facts)):
        size, lines = _whole(sheet, line, BESIDE if not number else (84, 72, 64, 56), width, range(_broken(line), 5))
        y = sheet.write(lines, size, INK, left, y)
    if facts.build:
        size, lines = _whole(sheet, facts.build, (52, 48), width, range(2, 4))
        y = sheet.write(lines, size, INK, left, y + 6)
    bottom = sheet.y + shown.height
    title, y = _beside(sheet, facts, left, y + 16, bottom)
    sheet.y = max(bottom, y) + GAP
    return title


def _whole(sheet: _Sheet, text: str, sizes: Sequence[int], width: int, lines: range) -> tuple[int, list[str]]:
    """As `fitted`, in the fewest of these numbers of lines in which nothing is cut."""
    tried = [fitted(text, sheet.font, sizes, width, most) for most in lines]
    return next((one for one in tried if not _is_cut(one[1])), tried[-1])


def _is_cut(lines: Sequence[str]) -> bool:
    return any(line.endswith("…") for line in lines)


def _broken(line: str) -> int:
    """Lines that a big line takes at first: a name of up to four letters is never broken."""
    return 1 if len(line) <= 7 and (" " in line or len(line) <= 4) else 2


def _beside(sheet: _Sheet, facts: PosterFacts, left: int, y: int, bottom: int) -> tuple[str, int]:
    """The first fact beside the photo, where it fits whole; its title, and the y below."""
    if not facts.lines:
        return "", y
    title, words = facts.lines[0]
    room = (bottom + GAP - y - height(LABEL)) // height(54)
    if room < 1:
        return "", y
    size, lines = _whole(sheet, words, (60, 54), WIDTH - MARGIN - left, range(1, room + 1))
    if _is_cut(lines):
        return "", y
    y = sheet.write([title], LABEL, RED, left, y)
    return title, sheet.write(lines, size, INK, left, y)


def _who_below(sheet: _Sheet, facts: PosterFacts, picture: Image.Image) -> None:
    """A wide photo across the page, the big lines below it."""
    room = TALL - 40
    most = round(picture.width * room / INNER)
    if most < picture.height:
        cut = picture.height - max(most, round(picture.height * TRIMMED))
        picture = picture.crop((0, cut // 4, picture.width, picture.height - cut + cut // 4))
    scale = min(INNER / picture.width, room / picture.height, LARGER)
    sheet.y += _framed(sheet, picture, round((WIDTH - picture.width * scale) / 2), INNER, room).height
    sheet.y = _big_lines(sheet, facts, NAMES, MARGIN, INNER, sheet.y, INK) + 8


def _who_alone(sheet: _Sheet, facts: PosterFacts) -> None:
    """Without a photo the big lines stand for it, on a field of their own."""
    left, width, top = MARGIN + 44, INNER - 72, sheet.y + 18
    bottom = _big_lines(sheet, facts, ALONE, left, width, top, None) + 18
    sheet.box(MARGIN, sheet.y, WIDTH - MARGIN, bottom, PALE)
    sheet.draw.rectangle((MARGIN, sheet.y, MARGIN + 16, bottom), fill=RED)
    _big_lines(sheet, facts, ALONE, left, width, top, INK)
    sheet.y = bottom + GAP


def _big_lines(
    sheet: _Sheet, facts: PosterFacts, sizes: Sequence[int], left: int, width: int, y: int, fill: Colour | None
) -> int:
    """The big lines below each other, or side by side where they fit; the y below them. `fill` None only measures."""
    first, *rest = _who(facts)
    size, lines = fitted(first, sheet.font, sizes, width, 2 if len(first) > 12 else 1)
    placed = [(lines, size, left, y)]
    end = y + height(size, len(lines))
    for line in rest:
        used = sheet.width(lines[0], size) + 40
        smaller = [one for one in sizes if one <= size * 0.85] or [sizes[-1]]
        aside = next((one for one in smaller[:2] if used + sheet.width(line, one) <= width), None)
        if aside and len(lines) == 1:
            placed.append(([line], aside, round(left + used), y + round((height(size) - height(aside)) * 0.62)))
        else:
            size, lines = fitted(line, sheet.font, smaller, width)
            placed.append((lines, size, left, end))
            end += height(size, len(lines))
    if facts.build:
        size, lines = fitted(facts.build, sheet.font, (60, 54, 48), width)
        placed.append((lines, size, left, end))
        end += height(size, len(lines))
    for lines, size, x, top in placed if fill else ():
        sheet.write(lines, size, fill or INK, x, top)
    return end


_Row = tuple[str, int, list[str]]


def _rows(sheet: _Sheet, facts: Sequence[tuple[str, str]], size: int, most: int) -> list[_Row]:
    """(title, size, lines) of each fact at a size; the first two have one line more than the others."""
    width = INNER - LABELS
    return [
        (title, size, _lines(sheet, words, size, width, most + (number < 2)))
        for number, (title, words) in enumerate(facts)
        if drawable(words)
    ]


def _lines(sheet: _Sheet, words: str, size: int, width: int, most: int) -> list[str]:
    """At most so many lines; where some are cut, the last part, which is the time, keeps its own."""
    _, lines = fitted(words, sheet.font, (size,), width, most)
    first, _, last = drawable(words).rpartition("\n")
    if not first or not _is_cut(lines):
        return lines
    time = fitted(last, sheet.font, (size,), width)[1]
    return fitted(first, sheet.font, (size,), width, most - 1)[1] + time


def _tall(rows: Sequence[_Row]) -> int:
    return sum(height(size, len(lines)) + 18 for _, size, lines in rows)


def _facts(sheet: _Sheet, facts: Sequence[tuple[str, str]]) -> None:
    """What to look for, as large as there is room for it."""
    room = AIM - sheet.y - BELOW
    rows: list[_Row] = []
    for size in FACTS:
        rows = _rows(sheet, facts, size, 2)
        whole = not any(_is_cut(lines) for _, _, lines in rows)
        if whole and _tall(rows) <= room:
            break
    for title, size, lines in rows:
        _label(sheet, title, size, len(lines))
        sheet.y = sheet.write(lines, size, INK, MARGIN + LABELS, sheet.y) + 6
        sheet.draw.line((MARGIN, sheet.y, WIDTH - MARGIN, sheet.y), fill=LINE, width=2)
        sheet.y += 12


def _label(sheet: _Sheet, title: str, size: int, lines: int) -> None:
    """A fact's name beside its first line; one of four letters two by two, beside the middle of its lines."""
    halves = [title] if len(title) <= 2 else [title[:2], title[2:4]]
    letters = 44 if len(halves) == 1 else 36
    beside = height(size, lines if len(halves) > 1 and lines <= 2 else 1)
    sheet.write(halves, letters, RED, MARGIN, sheet.y + max(0, beside - height(letters, len(halves))) / 2)


def _advice(sheet: _Sheet, text: str) -> None:
    if not text:
        return
    size, lines = fitted(text, sheet.font, (54, 48, 44, 40), INNER)
    sheet.y = sheet.write(lines, size, DARK, WIDTH / 2, sheet.y + 4, "m") + 12


def _calls(sheet: _Sheet, calls: Sequence[tuple[str, str]]) -> None:
    """Whom to call: the first number as large as it fits, the others smaller below."""
    rows = []
    for number, (whom, phone) in enumerate(calls):
        sizes = PHONES if not number else PHONES[3:]
        size, lines = fitted(phone, sheet.font, sizes, INNER - 2 * GAP - 190)
        smaller, names = fitted(whom, sheet.font, (50, 42, 34), 180, 2)
        rows.append((max(height(size), height(smaller, len(names))), smaller, names, size, lines))
    if not rows:
        return
    bottom = sheet.y + sum(row[0] for row in rows) + 28
    sheet.box(MARGIN, sheet.y, WIDTH - MARGIN, bottom, RED)
    y = sheet.y + 14
    for tall, smaller, names, size, lines in rows:
        sheet.write(names, smaller, WHITE, MARGIN + GAP, y + (tall - height(smaller, len(names))) / 2)
        sheet.write(lines, size, WHITE, MARGIN + GAP + 190, y + (tall - height(size)) / 2)
        y += tall
    sheet.y = bottom + GAP


def _notes(sheet: _Sheet, facts: PosterFacts) -> None:
    """Who vouches for it and until when, with the code beside; a red line ends the page."""
    top = sheet.y
    width = INNER - (CODE + GAP if facts.link else 0)
    for line in facts.notes:
        size, lines = fitted(line, sheet.font, (40, SMALL, 30), width, 2)
        sheet.y = sheet.write(lines, size, GREY, MARGIN, sheet.y)
    if facts.link:
        code = _code(facts.link, CODE)
        sheet.image.paste(code, (WIDTH - MARGIN - code.width, top))
        middle = WIDTH - MARGIN - code.width / 2
        below = sheet.write(["扫码看近况"], 30, GREY, middle, top + code.height, "m")
        sheet.y = max(sheet.y, below)
    sheet.y += GAP
    sheet.draw.rectangle((0, sheet.y, WIDTH, sheet.y + 24), fill=RED)
    sheet.y += 24


def _code(link: str, side: int) -> Image.Image:
    """A QR code that opens the link, whole pixels to a module, as large as fits; the page around it is its margin."""
    rows = [bytes(row) for row in segno.make_qr(link, error="m").matrix]
    scale = max(2, side // len(rows))
    image = Image.new("L", (len(rows), len(rows)))
    image.putdata([0 if dark else 255 for row in rows for dark in row])
    return image.resize((len(rows) * scale,) * 2, Image.Resampling.NEAREST).convert("RGB")


def encoded(image: Image.Image) -> bytes:
    """As PNG of at most 2 MB; with fewer colours, then smaller, where a photo makes it too big."""
    half = image.width // 2, image.height // 2
    ways = (lambda: image, lambda: image.quantize(256), lambda: image.resize(half).quantize(256))
    data = b""
    for way in ways:  # each only if the one before was too big: they take longer than the drawing
        out = io.BytesIO()
        way().save(out, "PNG", compress_level=4)
        data = out.getvalue()
        if len(data) <= MAX_BYTES:
            break
    return data
