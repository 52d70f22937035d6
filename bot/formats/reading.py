"""Reading XML of others: no document type and so no entities, nothing fetched, bounded in bytes, depth and elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.parsers import expat

from bot.cleaning import clean_text
from bot.config import reason
from bot.town import is_usual

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_ELEMENTS = 20_000
MAX_TEXT = 4000
"""Characters of one element that are kept."""


class BadDocument(Exception):
    """The document cannot be taken; the message is one sentence that says why."""


@dataclass(slots=True)
class Node:
    """An element: `tag` is its namespace, a space and its name."""

    tag: str
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Node]:
        """Its children of this name."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Node | None:
        """The first of them."""
        return next(self.all(tag), None)

    def get(self, tag: str) -> str:
        """The first one's text without space around it; empty if there is none."""
        child = self.first(tag)
        return clean_text(child.text).strip() if child else ""


def read_file(path: Path) -> Node:
    """The document's outermost element; BadDocument if it is none that we take."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadDocument(f"文件太大，最多 {MAX_BYTES // 1_000_000} MB")
        return read_bytes(path.read_bytes())
    except OSError as error:
        raise BadDocument(f"读不到（{reason(error)}）") from error


def read_bytes(data: bytes) -> Node:
    """The same from memory."""
    if len(data) > MAX_BYTES:
        raise BadDocument(f"文件太大，最多 {MAX_BYTES // 1_000_000} MB")
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self._open: list[Node] = []
        self._root: Node | None = None
        self._count = 0

    def read(self, data: bytes) -> Node:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._words
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BadDocument(f"不是正确的 XML（第 {error.lineno} 行附近）") from error
        except (ValueError, LookupError) as error:  # an encoding that the parser does not know
            raise BadDocument("XML 的编码看不懂，请存成 UTF-8") from error
        assert self._root is not None
        return self._root

    def _doctype(self, *_: object) -> None:
        raise BadDocument("XML 里有 DOCTYPE，这样的文件一律不收")

    def _start(self, tag: str, _: object) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise BadDocument("XML 太大或套得太深")
        node = Node(tag)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _words(self, text: str) -> None:
        node = self._open[-1]
        if (room := MAX_TEXT - len(node.text)) > 0:
            node.text += text[:room]


def read_time(text: str) -> datetime | None:
    """A date with its offset, as CAP, PFIF and Atom write it; None if it is none that can be reckoned with."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or not is_usual(moment):
        return None
    return moment.astimezone(UTC)
