"""Which entry of the question bank answers a question: BM25 over words, and how sure that is.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with its usual
k1 = 1.2 and b = 0.75. A score alone says little across banks, so an answer also needs a margin over the second and
most of what the question asks to stand in the entry.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

K1, B = 1.2, 0.75
IN_ANSWER = 0.3
"""What a word counts that stands in the answer, beside one in the question."""

MARGIN = 1.25
COVERED, COVERED_UNASKED = 0.7, 0.85
"""Share of the question's weight that the entry must hold; more where nobody asked the bot."""

LONG = 3
"""Characters of a word that says enough alone, as 居住证 does."""

ASPECTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in (
        ("@钱", r"多少钱|费用|收费|价格|交多少|缴多少|缴费标准|要钱|免费|\d+\s?元"),
        ("@时", r"几点|几号|几月|什么时候|啥时候|何时|时间|末班|首班|多久|到哪天|截止|\d{1,2}[:：点]\d{0,2}|工作日"),
        ("@地", r"在哪|哪里|哪儿|去哪|到哪(?!天)|上哪|地址|地点|什么地方|窗口|大厅|服务站"),
        ("@话", r"电话|号码|找谁|联系谁|打给谁|热线|报修|\d{3,4}-?\d{7}"),
        ("@料", r"材料|手续|证件|带什么|带啥|带哪些|要什么|需要什么|要啥|身份证|户口本"),
        ("@件", r"条件|资格|能不能|可不可以|谁能|什么人|符合"),
    )
}
"""What is asked of a matter, however it is put; answers tell it by their figures."""

_STOP = frozenset(
    [
        "请问",
        "咨询",
        "一下",
        "怎么",
        "怎样",
        "如何",
        "咋",
        "怎么办",
        "办理",
        "办",
        "申请",
        "需要",
        "什么",
        "哪些",
        "哪",
        "哪个",
        "吗",
        "呢",
        "啊",
        "呀",
        "嘛",
        "么",
        "的",
        "了",
        "是",
        "有",
        "没有",
        "我",
        "我们",
        "我家",
        "你",
        "您",
        "想",
        "要",
        "能",
        "可以",
        "在",
        "去",
        "到",
        "和",
        "与",
        "给",
        "用",
        "就",
        "都",
        "也",
        "还",
        "那",
        "这",
        "个",
        "大家",
        "谁",
        "知道",
        "麻烦",
        "谢谢",
        "问",
        "现在",
        "今年",
        "村里",
        "社区",
        "咱们",
        "咱",
        "俺",
        "多少",
        "几",
        "请",
        "吧",
        "告诉",
        "时候",
        "地方",
        "应该",
        "哪里",
        "哪儿",
        "需",
        "带",
        "找",
        "号",
        "点",
        "几点",
        "钱",
        "电话",
        "号码",
        "打",
        "材料",
        "时间",
        "交",
        "缴",
        "收",
        "领",
        "要不要",
        "不要",
        "末班",
        "最",
        "晚",
    ]
)
"""Words that say nothing of what a question is about."""


def words_of(text: str, cut: Sequence[str]) -> list[str]:
    """The informative words of a text, out of all that it was cut into, and what it asks."""
    said = [word for one in cut if (word := one.strip().lower()) and word not in _STOP and re.match(r"\w", word)]
    return [*said, *(name for name, pattern in ASPECTS.items() if pattern.search(text))]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the words of each wording of its question, and of its answer; it counts below `path`."""

    number: int
    path: str
    wordings: tuple[tuple[str, ...], ...]
    answer: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found: its BM25 score, and what share of the question it covers (0 to 1)."""

    number: int
    score: float
    covered: float


class Index:
    """Entries that can be searched."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._among = Counter(word for one in entries for word in {*one.answer, *(w for q in one.wordings for w in q)})
        lengths = [len(wording) for one in entries for wording in one.wordings]
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0

    def _weight(self, word: str) -> float:
        count = self._among[word]
        return math.log(1 + (len(self._entries) - count + 0.5) / (count + 0.5))

    def find(self, words: Sequence[str], path: str) -> list[Hit]:
        """The entries for an area that have a word of the question, the best first; of equals the nearest area's."""
        asked = {word: self._weight(word) for word in dict.fromkeys(words)}
        found = [(self._hit(entry, asked), len(entry.path)) for entry in self._entries if path.startswith(entry.path)]
        found = [(hit, depth) for hit, depth in found if hit.score > 0]
        return [hit for hit, _ in sorted(found, key=lambda one: (-one[0].score, -one[1], one[0].number))]

    def _hit(self, entry: Entry, asked: Mapping[str, float]) -> Hit:
        total = sum(asked.values()) or 1.0
        best, covered = 0.0, 0.0
        for wording in entry.wordings:
            here = set(wording)
            score = sum(weight * self._share(len(wording)) for word, weight in asked.items() if word in here)
            held = sum(w for word, w in asked.items() if word in here or (word[0] == "@" and word in entry.answer))
            if score > best:
                best, covered = score, held / total
        if not best:
            return Hit(entry.number, 0.0, 0.0)
        return Hit(
            entry.number, best + IN_ANSWER * sum(w for word, w in asked.items() if word in entry.answer), covered
        )

    def _share(self, length: int) -> float:
        return (K1 + 1) / (1 + K1 * (1 - B + B * length / self._mean))

    def sure(self, words: Sequence[str], path: str, *, unasked: bool = False) -> Hit | None:
        """The entry that answers beyond doubt, or None."""
        matters = [word for word in words if word[0] != "@"]
        hits = self.find(words, path)
        if not hits or not matters or (unasked and len(words) < 2 and len(matters[0]) < LONG):
            return None
        clear = len(hits) == 1 or hits[0].score >= MARGIN * hits[1].score
        enough = hits[0].covered >= (COVERED_UNASKED if unasked else COVERED)
        return hits[0] if clear and enough else None
