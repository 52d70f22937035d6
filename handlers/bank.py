"""The question bank in memory: read anew when it has changed, and only when somebody asks something."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.ports import Segmenter
from handlers.ranking import Entry, Hit, Index, words_of
from storage.answers import Answer
from storage.areas import Area, LocalPlace
from storage.engine import run

MAX_ANSWER = 1000
MAX_ENTRIES = 5000
MAX_QUESTION = 200
"""Characters of a question that are looked at."""

_NO_WORD = re.compile(r"[\W_]+")
_MAY_ASK = re.compile(r"[?？]|吗|呢|么|怎|咋|哪|几|多少|什么|啥|谁|咨询|请问|查问题|要不要|能不能|是不是|如何")


# Put together once, which takes longer than to run them.
_LIVE = or_(col(Answer.valid_until).is_(None), col(Answer.valid_until) > bindparam("now"))
_COUNTED = select(func.count(), func.max(col(Answer.at)), func.min(col(Answer.valid_until))).where(_LIVE)
_LIVING = (
    select(Answer, col(Area.path))
    .join(Area, col(Area.id) == col(Answer.area_id))
    .where(_LIVE)
    .order_by(col(Answer.id))
    .limit(MAX_ENTRIES)
)


class Bank:
    """Finds the entry for a question. Empty, and without words, until the first question of a town that has one."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._index = Index(())
        self._state: tuple[object, ...] = (0, None)

    async def refresh(self, session: AsyncSession, texts: Iterable[str], now: datetime) -> None:
        """Read it if one of these texts may ask something and it is not what it was."""
        if not any(_MAY_ASK.search(text[:MAX_QUESTION]) for text in texts):
            return
        state = tuple((await run(session, _COUNTED, {"now": now})).one())
        if state == self._state:
            return
        rows = (await session.execute(_LIVING, {"now": now})).all()
        names = [*await session.scalars(select(Area.name)), *await session.scalars(select(LocalPlace.name))]
        await self._build([(answer, path) for answer, path in rows], names)
        self._state = state

    async def _build(self, rows: Sequence[tuple[Answer, str]], names: Sequence[str]) -> None:
        texts = {text for answer, _ in rows for text in (*wordings(answer), answer.answer)}
        order = sorted(texts)
        cut = dict(zip(order, await self._segmenter.cut_all(order, names), strict=True)) if order else {}
        self._index = Index(
            [
                Entry(
                    answer.id or 0,
                    path,
                    tuple(tuple(words_of(text, cut[text])) for text in wordings(answer)),
                    frozenset(words_of(answer.answer, cut[answer.answer])),
                )
                for answer, path in rows
            ]
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be found."""
        return self._state[0] == 0

    def sure(self, text: str, path: str, *, unasked: bool = False) -> Hit | None:
        """The entry that answers a question asked below `path` beyond doubt."""
        return None if self.empty else self._index.sure(self._words(text), path, unasked=unasked)

    def find(self, text: str, path: str) -> list[Hit]:
        """What may have to do with it, the best first."""
        return [] if self.empty else self._index.find(self._words(text), path)

    def _words(self, text: str) -> list[str]:
        return words_of(text[:MAX_QUESTION], self._segmenter.cut(text[:MAX_QUESTION]))


def plain(text: str) -> str:
    """A question as it counts: without marks and blanks."""
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", text)).lower()


def asks(answer: Answer) -> set[str]:
    """The question of an entry in all its wordings, as they count."""
    return {plain(text) for text in wordings(answer)}


def wordings(answer: Answer) -> list[str]:
    """The question of an entry in all its wordings."""
    return [answer.question, *filter(None, answer.others.split("\n"))]
