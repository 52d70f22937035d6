"""Words out of Chinese text by jieba, whose 90 MB come into memory with the first question and not before."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Collection, Sequence
from typing import Any

from handlers.ports import Segmenter


class JiebaSegmenter(Segmenter):
    """One dictionary a process, loaded in a thread."""

    _words: Any = None

    async def cut_all(self, texts: Sequence[str], names: Collection[str]) -> list[list[str]]:
        """Many texts; `names` are words of the town."""
        return await asyncio.to_thread(self._cut_all, texts, names)

    def cut(self, text: str) -> list[str]:
        """One text, after `cut_all`: about 90 µs for 40 characters."""
        return list((JiebaSegmenter._words or _loaded()).lcut(text, HMM=False))

    def _cut_all(self, texts: Sequence[str], names: Collection[str]) -> list[list[str]]:
        if JiebaSegmenter._words is None:
            JiebaSegmenter._words = _loaded()
        for name in names:
            JiebaSegmenter._words.add_word(name)
        return [self.cut(text) for text in texts]


def _loaded() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is old, and its patterns and imports are deprecated
        import jieba
    jieba.setLogLevel(logging.ERROR)
    words = jieba.Tokenizer()
    words.initialize()
    return words
